"""Secrets by purpose, made on first use in RAPPORT_DATA_DIR/keys with mode 0600.

One file a purpose, one key a line, the newest first: a line put in front rotates the key, older ones still open what
they sealed. Losing `addresses` means that nobody can be answered; losing `pseudonyms` that senders are not recognised,
so it is not made anew while any are known. Retention puts new keys in front and takes old ones out for good
(key_files.py), while other processes go on: each looks, whenever it opens or seals, whether the file is another one.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Literal

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from rapport.errors import RapportError, TryAgain

log = logging.getLogger(__name__)
KeyPurpose = Literal[
    "django", "pseudonyms", "addresses", "channels", "attachments", "second_factor", "displacement", "ledger",
    "contacts", "envelopes", "envelopes_next",
]  # fmt: skip


def load(folder: Path, purpose: KeyPurpose) -> list[bytes]:
    """The keys of a purpose, newest first; makes the first one. 32 bytes each, in URL-safe base64. RapportError if the
    file holds none: a full disk or a broken one left it empty, and a new key would open nothing."""
    path = path_of(folder, purpose)
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
    # Once more: a file that was exchanged between opening and reading it has been wiped.
    found = _lines(path) or _lines(path)
    if not found:
        raise RapportError(f"The key file {path} is empty or damaged: bring it back from a backup.")
    return found


def path_of(folder: Path, purpose: KeyPurpose) -> Path:
    return folder / "keys" / purpose


def _lines(path: Path) -> list[bytes]:
    """The keys in a file; none if it holds anything else."""
    found = path.read_bytes().split()
    return found if all(map(_is_key, found)) else []


def _is_key(line: bytes) -> bool:
    try:
        Fernet(line)
    except ValueError:
        return False
    return True


#: Which file it is: number, time of change in nanoseconds, bytes. None if there is none.
Edition = tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class _Box:
    edition: Edition
    newest: Fernet
    all: MultiFernet


_boxes: dict[tuple[Path, KeyPurpose], _Box] = {}


def edition(purpose: KeyPurpose) -> Edition:
    """Another one whenever keys were put in or taken out."""
    try:
        found = path_of(settings.DATA_DIR, purpose).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _box(purpose: KeyPurpose) -> _Box:
    now, name = edition(purpose), (settings.DATA_DIR, purpose)
    made = _boxes.get(name)
    if made is None or (now is not None and made.edition != now):  # a file that is gone makes nobody forget
        fernets = [Fernet(key) for key in load(settings.DATA_DIR, purpose)]
        made = _boxes[name] = _Box(now, fernets[0], MultiFernet(fernets))
    return made


def forget() -> None:
    """What this process remembers of the key files; the next use reads them."""
    _boxes.clear()
    _pseudonyms.cache_clear()
    _displacement.cache_clear()
    _derived.cache_clear()


def seal(purpose: KeyPurpose, plain: bytes) -> bytes:
    """Encrypted and authenticated (Fernet: AES-128-CBC, HMAC-SHA256)."""
    return _box(purpose).all.encrypt(plain)


def unseal(purpose: KeyPurpose, sealed: bytes) -> bytes:
    """What was sealed; cryptography.fernet.InvalidToken if it was changed or the key is gone."""
    return _box(purpose).all.decrypt(sealed)


def renewed(purpose: KeyPurpose, sealed: bytes) -> bytes:
    """The same under the newest key; as it is if that sealed it. InvalidToken as above."""
    box = _box(purpose)
    try:
        box.newest.decrypt(sealed)
    except InvalidToken:
        return box.all.rotate(sealed)
    return sealed


def signing(purpose: KeyPurpose) -> list[Ed25519PrivateKey]:
    """The keys of a purpose as keys to sign with (Ed25519; a line's 32 bytes are the seed), the newest first."""
    return [Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(key)) for key in load(settings.DATA_DIR, purpose)]


@lru_cache(maxsize=16)
def _pseudonyms(folder: Path, known: Callable[[], bool]) -> bytes:
    path = folder / "keys" / "pseudonyms"
    # Looked at once more behind it: another process may have made the first key, and then the first sender.
    if not path.exists() and known() and not path.exists():
        log.error("%s is gone, and senders are known by it: bring it back from a backup", path)
        raise TryAgain("The key keys/pseudonyms is gone, by which senders are known: bring it back from a backup.")
    # The oldest key, not the newest: pseudonyms must stay the same when a key is added.
    return load(folder, "pseudonyms")[-1]


def pseudonym(scope: str, kind: str, value: str, known: Callable[[], bool]) -> str:
    """A keyed hash of an address within a scope (an operation), 22 characters: the same sender gets the same one.

    `known`, a plain function, says whether senders have pseudonyms already. If they have and the key is gone, TryAgain:
    with a new one, whom somebody blocked and who said STOP would be others from now on.
    """
    text = "\x1f".join((scope, kind, value)).encode()
    key = _pseudonyms(settings.DATA_DIR, known)
    return urlsafe_b64encode(hmac.digest(key, text, "sha256")[:16]).rstrip(b"=").decode()


@lru_cache(maxsize=16)
def _displacement(folder: Path) -> bytes:
    return urlsafe_b64decode(load(folder, "displacement")[-1])


def displacement() -> bytes:
    """The 32 bytes by which places are moved before readers get them. The oldest key, not the newest: with another one
    every place would be given a second time, and the two could be averaged."""
    return _displacement(settings.DATA_DIR)


@lru_cache(maxsize=16)
def _derived(folder: Path, purpose: KeyPurpose, use: str) -> bytes:
    oldest = urlsafe_b64decode(load(folder, purpose)[-1])
    return HKDF(SHA256(), length=32, salt=None, info=use.encode()).derive(oldest)


def derived(purpose: KeyPurpose, use: str) -> bytes:
    """32 bytes for one use of a purpose beside sealing (HKDF, RFC 5869): they tell nothing of the key, nor of what
    another use gets. From the oldest key, so that they stay the same when one is added."""
    return _derived(settings.DATA_DIR, purpose, use)


def silence_mark(pseudonym: str) -> str:
    """Under what it is remembered that the one with this pseudonym wants no messages, or is blocked, when the sender
    itself was destroyed: a keyed hash, 22 characters, from which nobody gets back to what they sent."""
    key = _pseudonyms(settings.DATA_DIR, _nobody)
    return urlsafe_b64encode(hmac.digest(key, f"silence\x1f{pseudonym}".encode(), "sha256")[:16]).rstrip(b"=").decode()


def _nobody() -> bool:
    return False


def token_hash(token: str) -> str:
    """How a shown-once secret (API key, invitation, gateway address) is stored. They are long and random, so one
    SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
