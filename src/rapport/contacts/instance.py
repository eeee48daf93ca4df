"""What this installation is called by other ones, and the keys with which it signs what leaves it for them."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from rapport.contacts.signed import MOST_KEYS
from rapport.oversight import keys
from rapport.oversight.ledger.chain import fingerprint

NAMELESS = "rapport"


def name() -> str:
    """As RAPPORT_INSTANCE says, or the host of RAPPORT_PUBLIC_URL. It stands in everything that was ever signed here,
    so it never changes."""
    return settings.INSTANCE or urlsplit(settings.PUBLIC_URL).hostname or NAMELESS


def signing_key() -> Ed25519PrivateKey:
    """The newest one."""
    return keys.signing("envelopes")[0]


def public_keys() -> dict[str, bytes]:
    """Its public keys by fingerprint, the newest first: one, or two while they are exchanged."""
    raw = [key.public_key().public_bytes_raw() for key in keys.signing("envelopes")[:MOST_KEYS]]
    return {fingerprint(one): one for one in raw}


def marks() -> list[str]:
    """Its public keys for people to compare by voice: 128 bits each, so that nobody finds another key of the same.
    The first half is the short name that files and letters have."""
    return [sha256(one).hexdigest()[:32] for one in public_keys().values()]
