"""Key files are exchanged: a key is put in front, old ones are taken out for good.

Each time the file as a whole is exchanged, so that whoever reads it reads it whole, and what it was before is wiped:
overwritten and flushed to the disk. Killed at any moment, the file is the one or the other, and what was left over is
wiped at the next exchange.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from cryptography.fernet import Fernet

from rapport.oversight.keys import KeyPurpose, load, path_of


def identity(key: bytes) -> str:
    """By which a key is named in the record; nobody gets back from it to the key."""
    return hashlib.sha256(b"rapport key " + key).hexdigest()[:16]


def identities(folder: Path, purpose: KeyPurpose) -> list[str]:
    """Of the keys of a purpose, the newest first."""
    return [identity(key) for key in load(folder, purpose)]


def put_in_front(folder: Path, purpose: KeyPurpose) -> str:
    """A new key seals from now on, the older ones open as before. Returns its identity."""
    key = Fernet.generate_key()
    _exchange(folder, purpose, [key, *load(folder, purpose)])
    return identity(key)


def keep_newest(folder: Path, purpose: KeyPurpose) -> None:
    """The older keys are gone for good, from this file. What they sealed is noise."""
    _exchange(folder, purpose, load(folder, purpose)[:1])


def take_up(folder: Path, purpose: KeyPurpose, waiting: KeyPurpose) -> str:
    """The key that waits under another purpose is the newest of this one from now on, and waits no more. Returns its
    identity. Killed in between, the same again does the rest."""
    [key], there = load(folder, waiting), load(folder, purpose)
    if key not in there:
        _exchange(folder, purpose, [key, *there])
    path = path_of(folder, waiting)
    _wipe(path)
    _sync(path.parent)
    return identity(key)


def wipe_left_over(folder: Path, purpose: KeyPurpose) -> None:
    """What an exchange that was killed left behind."""
    path = path_of(folder, purpose)
    for left in path.parent.glob(f".{purpose}.*"):
        with suppress(FileNotFoundError):
            if left.samefile(path):  # killed before the new file took its place
                left.unlink()
            else:
                _wipe(left)


def _exchange(folder: Path, purpose: KeyPurpose, keys: Sequence[bytes]) -> None:
    wipe_left_over(folder, purpose)
    path = path_of(folder, purpose)
    draft = path.with_name(f".{path.name}.{token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(b"".join(key + b"\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    before = path.with_name(f".{path.name}.{token_hex(8)}")
    os.link(path, before)  # by this name the old file is found again, whatever happens
    draft.replace(path)
    _sync(path.parent)
    _wipe(before)
    _sync(path.parent)


def _wipe(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(os.fstat(file.fileno()).st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
