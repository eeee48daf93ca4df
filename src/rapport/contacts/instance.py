"""What this installation is called by other ones, and the keys with which it signs what leaves it for them."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from rapport.contacts.signed import MOST_KEYS
from rapport.oversight import keys
from rapport.oversight.ledger.chain import fingerprint

NAMELESS = "rapport"


def name() -> str:
    """The host of its address, as RAPPORT_PUBLIC_URL says it."""
    return urlsplit(settings.PUBLIC_URL).hostname or NAMELESS


def public_keys() -> dict[str, bytes]:
    """Its public keys by fingerprint, the newest first: one, or two while they are exchanged."""
    raw = [key.public_key().public_bytes_raw() for key in keys.signing("envelopes")[:MOST_KEYS]]
    return {fingerprint(one): one for one in raw}
