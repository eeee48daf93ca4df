"""What this installation is called by other ones, and the keys with which it signs what leaves it for them.

One key signs. The next one can be made beforehand, and handed to the other sides while it signs nothing; once they have
confirmed it, it takes over. The one before signs nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from rapport.contacts.models import Export
from rapport.contacts.peers.models import Outbound
from rapport.contacts.signed import MOST_KEYS, read_aloud
from rapport.errors import RapportError
from rapport.operations.models import Operation
from rapport.oversight import key_files, keys
from rapport.oversight.ledger import entries
from rapport.oversight.ledger.chain import fingerprint

NAMELESS = "rapport"


def name() -> str:
    """As RAPPORT_INSTANCE says, or the host of RAPPORT_PUBLIC_URL. It stands in everything that was ever signed here,
    so it never changes."""
    return settings.INSTANCE or urlsplit(settings.PUBLIC_URL).hostname or NAMELESS


def address(operation: Operation) -> str:
    """Of an operation, for the other side to enter; "" where this installation does not know how it is reached."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/{operation.slug}" if settings.PUBLIC_URL else ""


@dataclass(frozen=True, slots=True)
class OwnKey:
    """One of our public keys. `state`: it signs; it is the next one, and signs nothing yet; or the one before, which
    signs nothing any more."""

    public: bytes
    state: Literal["signs", "next", "before"]

    @property
    def mark(self) -> str:
        """The short name by which what it has signed names it."""
        return fingerprint(self.public)

    @property
    def aloud(self) -> str:
        return read_aloud(self.public)


def signing_key() -> Ed25519PrivateKey:
    return _signing()[0]


def _signing() -> list[Ed25519PrivateKey]:
    """RapportError while the key file is gone: a new key would sign at once, and nobody over there knows it."""
    if lost():
        raise RapportError(
            "The key file keys/envelopes is gone, and this instance has signed with a key of it: bring the file back"
            " from a backup."
        )
    return keys.signing("envelopes")


def lost() -> bool:
    """Whether there is no key, and once was one that others have."""
    if keys.path_of(settings.DATA_DIR, "envelopes").exists():
        return False
    return Outbound.objects.exists() or Export.objects.filter(digest__gt="").exists()


def own_keys() -> list[OwnKey]:
    """The one that signs, the next one and the one before, as far as there are such."""
    signs, *before = _signing()
    following = keys.signing("envelopes_next") if _waits() else []
    return [
        OwnKey(_public(signs), "signs"),
        *(OwnKey(_public(one), "next") for one in following if _public(one) != _public(signs)),
        *(OwnKey(_public(one), "before") for one in before[:1]),
    ]


def public_keys() -> dict[str, bytes]:
    """What the other side can take for ours, by fingerprint: one, or two while keys are exchanged."""
    return {one.mark: one.public for one in own_keys()[:MOST_KEYS]}


def make_next() -> None:
    """A key that signs nothing yet: to be handed over. Again it changes nothing."""
    with transaction.atomic():
        made = not _waits()
        [key] = keys.signing("envelopes_next")
        if made:
            _note(_public(key), "next")


def switch() -> None:
    """The next key signs from now on. RapportError where none was made."""
    if not _waits():
        raise RapportError("There is no next key. Make one, and hand it over: rapport contacts key --next.")
    with transaction.atomic():
        [key] = keys.signing("envelopes_next")
        _note(_public(key), "signs")
        key_files.take_up(settings.DATA_DIR, "envelopes", "envelopes_next")


def _waits() -> bool:
    return keys.path_of(settings.DATA_DIR, "envelopes_next").exists()


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def _note(public: bytes, became: str) -> None:
    """In the ledger of each network: whoever runs the machine did it, at no page."""
    for operation in Operation.objects.filter(kind="network"):
        entries.contact(operation.pk, {"key": fingerprint(public), "became": became})


def marks() -> list[str]:
    """Its public keys for people to compare by voice."""
    return [one.aloud for one in own_keys()[:MOST_KEYS]]
