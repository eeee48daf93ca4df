"""Attachments on disk: RAPPORT_DATA_DIR/attachments/{originals,copies,small}, mode 0600, sealed, under random names and
with a key of their own. That key lies sealed in the attachment's row: with it gone the files are noise.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from rapport.errors import Refused, TryAgain
from rapport.oversight import keys
from rapport.reports.attachments import kinds
from rapport.reports.attachments.copies import Copy
from rapport.reports.models import Attachment, AttachmentState
from rapport.values import GivenFile

log = logging.getLogger(__name__)

Shelf = Literal["originals", "copies", "small"]
_SHELVES: tuple[Shelf, ...] = ("originals", "copies", "small")
#: Seconds after which a file that belongs to no report is taken away [ours: longer than any request or import lasts].
LEFT_OVER = 24 * 3600
#: Bytes of the disk that files leave free [ours: some 100,000 reports with the log of the database]. Anybody can send
#: files, and a disk that is full takes no report at all.
KEPT_FREE = 500_000_000
_SEALED = 2  # bytes on disk for one of a file: sealed it is a third larger, and a copy of it comes beside it


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file that is on disk, with what its row will say."""

    number: int
    name: str
    said_type: str
    found_type: str
    size: int
    sha256: str
    key_sealed: bytes
    stored: str


def check(files: Sequence[GivenFile]) -> None:
    """Refused, with the remedy, if one of the files is not taken, or they would leave too little room for reports."""
    kinds.check(files)
    if files and _free() - _SEALED * sum(len(file.data) for file in files) < KEPT_FREE:
        remedy = "The server has no room for files now: send the report without them, and the files later."
        raise Refused("no_room", remedy, field="files")


def _free() -> int:
    """Bytes free on the disk of the data folder; a folder that is not there is found out when it is written to."""
    try:
        return shutil.disk_usage(settings.DATA_DIR).free
    except OSError:
        return sys.maxsize


def put(files: Sequence[GivenFile]) -> tuple[Sealed, ...]:
    """Seals the files and returns when they are on disk. Refused if one is not taken, TryAgain if the disk is full."""
    check(files)
    done: list[Sealed] = []
    try:
        for number, file in enumerate(files, 1):
            done.append(_put(number, file))
    except OSError as error:
        discard(done)
        raise TryAgain(f"a file could not be written: {error.strerror}") from error
    return tuple(done)


def _put(number: int, file: GivenFile) -> Sealed:
    kind = kinds.kind_of(file.data)
    if kind is None:
        raise ValueError("a file that was not checked")
    key, stored = Fernet.generate_key(), secrets.token_hex(16)
    _write("originals", stored, Fernet(key).encrypt(file.data))
    return Sealed(
        number=number,
        name=kinds.harmless_name(file.name),
        said_type=kinds.harmless_type(file.content_type),
        found_type=kind.type,
        size=len(file.data),
        sha256=hashlib.sha256(file.data).hexdigest(),
        key_sealed=keys.seal("attachments", key),
        stored=stored,
    )


def discard(sealed: Iterable[Sealed]) -> None:
    """Takes away files that came to belong to nothing: their report was there already."""
    for one in sealed:
        _remove(one.stored)


def original(attachment: Attachment) -> bytes:
    """The file as it came. Only for the cleaner. OSError or InvalidToken if it cannot be had."""
    return _box(attachment).decrypt(_path("originals", attachment.stored).read_bytes())


def has_original(attachment: Attachment) -> bool:
    """Whether the file as it came is on disk; for whoever looks whether all is well."""
    return _path("originals", attachment.stored).exists()


def keep_copy(attachment: Attachment, copy: Copy) -> None:
    """On disk when it returns; a copy that was there is replaced."""
    box = _box(attachment)
    _write("copies", attachment.stored, box.encrypt(copy.data))
    if copy.small:
        _write("small", attachment.stored, box.encrypt(copy.small))


def copy(attachment: Attachment) -> bytes | None:
    """The cleaned copy; None if there is none."""
    return _read("copies", attachment) if attachment.state == AttachmentState.CLEAN else None


def small(attachment: Attachment) -> bytes | None:
    """The small picture of the cleaned copy; None if there is none."""
    return _read("small", attachment) if attachment.state == AttachmentState.CLEAN and attachment.small_size else None


def destroy(attachment: Attachment) -> None:
    """Destroys original and copies for good: the key first, then the files. The row stays, with hash and time."""
    Attachment.objects.filter(pk=attachment.pk).update(
        key_sealed=b"",
        state=AttachmentState.REFUSED,
        problem="it was destroyed",
        published_in=None,
        small_size=0,
        name="",
    )
    _remove(attachment.stored)


def sweep(now: float | None = None) -> int:
    """Takes away files of LEFT_OVER seconds and more that belong to no attachment, and says how many: a request that
    broke off between disk and database leaves one."""
    oldest = (time.time() if now is None else now) - LEFT_OVER
    gone = 0
    for shelf in _SHELVES:
        for folder in (Path(settings.DATA_DIR) / "attachments" / shelf).glob("*"):
            # One question for a folder, not one for a file: those of a large operation are tens of thousands.
            here = Attachment.objects.filter(stored__range=(folder.name, f"{folder.name}g"))  # names are hexadecimal
            belong = set(here.values_list("stored", flat=True))
            for path in folder.glob("*"):
                with contextlib.suppress(FileNotFoundError):
                    if path.stat().st_mtime < oldest and path.name.partition(".")[0] not in belong:
                        path.unlink()
                        gone += 1
    return gone


def _path(shelf: Shelf, stored: str) -> Path:
    return Path(settings.DATA_DIR) / "attachments" / shelf / stored[:2] / stored


def _box(attachment: Attachment) -> Fernet:
    return Fernet(keys.unseal("attachments", bytes(attachment.key_sealed)))


def _read(shelf: Shelf, attachment: Attachment) -> bytes | None:
    try:
        return _box(attachment).decrypt(_path(shelf, attachment.stored).read_bytes())
    except (OSError, InvalidToken):
        log.error("attachment %s: its file in %s cannot be read", attachment.pk, shelf)
        return None


def _write(shelf: Shelf, stored: str, sealed: bytes) -> None:
    """Whole or not at all under its name, and on disk: the file, then its folder."""
    path = _path(shelf, stored)
    _make(path.parent)
    draft = path.with_name(f"{stored}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _make(folder: Path) -> None:
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(stored: str) -> None:
    for shelf in _SHELVES:
        _path(shelf, stored).unlink(missing_ok=True)
