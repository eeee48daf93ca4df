"""What is kept of an office, sealed; and in which state its record is by the clock."""

from __future__ import annotations

import hashlib
from secrets import token_bytes

from rapport.contacts import checking
from rapport.contacts.model import Office
from rapport.oversight import keys

_SALT = 16  # bytes


def sealed(office: Office) -> tuple[bytes, str]:
    """What the database keeps of it, and a digest that says which content it was and tells nothing of it: of salt and
    content, and the salt is sealed too."""
    data = token_bytes(_SALT) + checking.written(office)
    return keys.seal("contacts", data), hashlib.sha256(data).hexdigest()


def opened(kept: bytes | memoryview) -> Office:
    return checking.read(keys.unseal("contacts", bytes(kept))[_SALT:])
