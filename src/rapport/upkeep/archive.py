"""The file of a backup: a tar archive, compressed with gzip, sealed if somebody gave a passphrase.

Its last member is `manifest.json`: what the other members are (size, SHA-256), and what the database held. Only plain
files with names of our own kind are in it. Reading trusts nothing: headers are read one block at a time, nothing is
written while a file is checked, and what is not in the manifest is refused.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from rapport.errors import RapportError
from rapport.upkeep.books import Books
from rapport.upkeep.rows import Digest
from rapport.upkeep.sealing import MAGIC, Opener, Sealer

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "rapport.db"
#: Bytes read at once; and the most a manifest may have: 100,000 files need some 15 MB [ours].
_PIECE = 1024 * 1024
_LARGEST_MANIFEST = 256 * 1024 * 1024
#: gzip's level: 2 packs rows of text to a quarter at three times the speed of the usual 6 [ours].
_LEVEL = 2
#: keys/pseudonyms, attachments/ab/abcdef.sealed, rapport.db, tables/reports_report.ndjson; at most 100 bytes (ustar).
_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_.\-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.\-]*){0,5}", re.ASCII)
_BLOCK = tarfile.BLOCKSIZE
_DAMAGED = "The backup is damaged or was not made by rapport: {}. Use another copy of it."

#: Called with the bytes that went through since the last call.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class File:
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds. `ledger` is the digest of the decisions in their order, `reports` that of the reports'
    content: both say the same on SQLite and PostgreSQL, and the same after an upgrade."""

    format: int = FORMAT
    rapport: str
    made_at: str
    database: str  # sqlite: the file rapport.db · postgresql: tables/*.ndjson, in the lines of rows.py
    migrations: list[tuple[str, str]]
    tables: dict[str, Digest]
    columns: dict[str, list[str]]
    ledger: Digest
    reports: Digest
    files: dict[str, File] = field(default_factory=dict)

    @property
    def books(self) -> Books:
        return Books(self.tables, self.columns, self.ledger, self.reports, self.migrations)


def fits(name: str) -> bool:
    """Whether a member may be called so."""
    return len(name) <= tarfile.LENGTH_NAME and _NAME.fullmatch(name) is not None


class Writer:
    """Puts members into an archive one after the other; their sizes and digests come into the manifest."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._file = file
        self._progress = progress
        self.files: dict[str, File] = {}

    def add(self, name: str, content: IO[bytes], size: int) -> None:
        """The first `size` bytes of the content: a file that grows meanwhile is taken as it was."""
        if not fits(name) or name in self.files:
            raise RapportError(f"{name} cannot be in a backup: rename that file.")
        self._file.write(_header(name, size))
        digest, left = hashlib.sha256(), size
        while left:
            piece = content.read(min(_PIECE, left))
            if not piece:
                raise RapportError(f"{name} became shorter while it was read: make the backup again.")
            digest.update(piece)
            self._file.write(piece)
            left -= len(piece)
            self._progress(len(piece))
        self._file.write(bytes(-size % _BLOCK))
        self.files[name] = File(size, digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        text = msgspec.json.encode(manifest)
        self._file.write(_header(MANIFEST, len(text)) + text + bytes(-len(text) % _BLOCK) + bytes(2 * _BLOCK))


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


@contextmanager
def writing(path: Path, passphrase: bytes | None, progress: Progress) -> Iterator[Writer]:
    """A new archive at that path, mode 0600, on disk when the block ends."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        sealer = Sealer(file, passphrase) if passphrase else None
        with gzip.GzipFile(filename="", fileobj=sealer or file, mode="wb", compresslevel=_LEVEL) as packed:
            yield Writer(cast(IO[bytes], packed), progress)
        if sealer:
            sealer.close()
        file.flush()
        os.fsync(file.fileno())


def _may_be_filled(room: int) -> str:
    return f"{room // 1_000_000:,} MB of the disk may be filled" if room >= 1_000_000 else "the disk is full, or nearly"


def check(path: Path, passphrase: bytes | None, progress: Progress, room: int | None = None) -> Manifest:
    """Read all of it, write nothing; the manifest. RapportError if it is damaged, hostile or above `room` bytes."""
    found: dict[str, File] = {}
    with _reading(path, passphrase) as file:
        manifest, total = None, 0
        for name, size, content in _members(file, progress):
            if manifest is not None:
                raise RapportError(_DAMAGED.format("something follows its end"))
            total += size
            if room is not None and total > room:
                raise RapportError(f"There is not enough space: {_may_be_filled(room)}, and the backup needs more.")
            if name == MANIFEST:
                manifest = _manifest(content, size)
            elif name in found:
                raise RapportError(_DAMAGED.format(f"{name} is there twice"))
            else:
                found[name] = _digest(content, size)
    if manifest is None:
        raise RapportError(_DAMAGED.format("its end is missing"))
    for name in sorted(found.keys() | manifest.files.keys()):
        if found.get(name) != manifest.files.get(name):
            raise RapportError(_DAMAGED.format(f"{name} is not what it was"))
    if manifest.database == "sqlite" and DATABASE not in found:
        raise RapportError(_DAMAGED.format("there is no database in it"))
    return manifest


def unpack(path: Path, passphrase: bytes | None, into: Path, manifest: Manifest, progress: Progress) -> None:
    """Write the members into a folder that is empty; the archive was checked."""
    with _reading(path, passphrase) as file:
        for name, size, content in _members(file, progress):
            if name == MANIFEST:
                return
            target = into / name
            for parent in reversed(target.relative_to(into).parents[:-1]):  # mkdir's `parents` have no mode
                (into / parent).mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                if _digest(content, size, out) != manifest.files.get(name):
                    raise RapportError(_DAMAGED.format(f"{name} changed while it was read"))


def take_out(path: Path, passphrase: bytes | None, name: str, to: Path) -> None:
    """Write one member to a new file; the archive was checked."""
    with _reading(path, passphrase) as file, to.open("xb") as out:
        to.chmod(0o600)
        for found, size, content in _members(file, lambda _: None):
            if found == name:
                _digest(content, size, out)
                out.flush()
                os.fsync(out.fileno())
                return
    raise RapportError(_DAMAGED.format(f"{name} is missing"))


@contextmanager
def _reading(path: Path, passphrase: bytes | None) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        sealed = file.read(len(MAGIC)) == MAGIC
        file.seek(0)
        if sealed and not passphrase:
            raise RapportError("The backup is sealed: give --passphrase-file with the passphrase it was made with.")
        inner: Any = io.BufferedReader(Opener(file, passphrase)) if sealed and passphrase else file
        try:
            with gzip.GzipFile(fileobj=inner) as packed:
                yield cast(IO[bytes], packed)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise RapportError(_DAMAGED.format(str(error) or "its end is missing")) from error


def _members(file: IO[bytes], progress: Progress) -> Iterator[tuple[str, int, _Part]]:
    """Name, size and content of each member, in their order; what the caller leaves of a content is passed over."""
    while any(block := _exactly(file, _BLOCK)):
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeError) as error:
            raise RapportError(_DAMAGED.format("a header cannot be read")) from error
        if info.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or not fits(info.name) or info.size < 0:
            raise RapportError(_DAMAGED.format(f"{info.name[:60]!r} is no plain file of ours"))
        content = _Part(file, info.size, progress)
        yield info.name, info.size, content
        content.pass_over()
        _exactly(file, -info.size % _BLOCK)
    while rest := file.read(_PIECE):
        if any(rest):
            raise RapportError(_DAMAGED.format("something follows its end"))


class _Part:
    """The next `left` bytes of a file."""

    def __init__(self, file: IO[bytes], left: int, progress: Progress) -> None:
        self._file = file
        self._left = left
        self._progress = progress

    def read(self) -> bytes:
        piece = self._file.read(min(_PIECE, self._left)) if self._left else b""
        if self._left and not piece:
            raise RapportError(_DAMAGED.format("its end is missing"))
        self._left -= len(piece)
        self._progress(len(piece))
        return piece

    def pass_over(self) -> None:
        while self.read():
            pass


def _exactly(file: IO[bytes], count: int) -> bytes:
    block = file.read(count)
    if len(block) != count:
        raise RapportError(_DAMAGED.format("its end is missing"))
    return block


def _digest(content: _Part, size: int, out: IO[bytes] | None = None) -> File:
    digest = hashlib.sha256()
    while piece := content.read():
        digest.update(piece)
        if out is not None:
            out.write(piece)
    return File(size, digest.hexdigest())


def _manifest(content: _Part, size: int) -> Manifest:
    if size > _LARGEST_MANIFEST:
        raise RapportError(_DAMAGED.format("its list of contents is too long"))
    try:
        manifest = msgspec.json.decode(b"".join(iter(content.read, b"")), type=Manifest)
    except msgspec.DecodeError as error:
        raise RapportError(_DAMAGED.format("its list of contents cannot be read")) from error
    if manifest.format != FORMAT:
        raise RapportError(
            f"The backup was made by rapport {manifest.rapport[:20]}: restore it with that version or a later one."
        )
    return manifest
