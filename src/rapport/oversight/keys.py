"""Secrets by purpose, made on first use in RAPPORT_DATA_DIR/keys with mode 0600.

One file a purpose, one key a line, the newest first: a line put in front rotates the key, older ones still open what
they sealed. Losing `addresses` means that nobody can be answered; losing `pseudonyms` that senders are not recognised.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import urlsafe_b64encode
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Literal

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

KeyPurpose = Literal["django", "pseudonyms", "addresses", "channels", "attachments", "second_factor"]


def load(folder: Path, purpose: KeyPurpose) -> list[bytes]:
    """The keys of a purpose, newest first; makes the first one. 32 bytes each, in URL-safe base64."""
    path = folder / "keys" / purpose
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{purpose}.{token_hex(8)}")  # threads may come here together
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # the first process wins; the others read what it made
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return [line for line in path.read_bytes().split() if line]


@lru_cache(maxsize=8)
def _keys(purpose: KeyPurpose) -> tuple[bytes, ...]:
    return tuple(load(Path(settings.DATA_DIR), purpose))


@lru_cache(maxsize=8)
def _box(purpose: KeyPurpose) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in _keys(purpose)])


def seal(purpose: KeyPurpose, plain: bytes) -> bytes:
    """Encrypted and authenticated (Fernet: AES-128-CBC, HMAC-SHA256)."""
    return _box(purpose).encrypt(plain)


def unseal(purpose: KeyPurpose, sealed: bytes) -> bytes:
    """What was sealed; cryptography.fernet.InvalidToken if it was changed or the key is gone."""
    return _box(purpose).decrypt(sealed)


def pseudonym(scope: str, kind: str, value: str) -> str:
    """A keyed hash of an address within a scope (an operation), 22 characters: the same sender gets the same one."""
    text = "\x1f".join((scope, kind, value)).encode()
    # The oldest key, not the newest: pseudonyms must stay the same when a key is added.
    return urlsafe_b64encode(hmac.digest(_keys("pseudonyms")[-1], text, "sha256")[:16]).rstrip(b"=").decode()


def token_hash(token: str) -> str:
    """How a shown-once secret (API key, invitation, gateway address) is stored. They are long and random, so one
    SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
