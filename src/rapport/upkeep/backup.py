"""A backup while everything goes on: START at `backup`."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec

from rapport.errors import RapportError
from rapport.turns import keys_are_copied
from rapport.upkeep import archive, books
from rapport.upkeep.rows import Counter, Digest

#: Folders of the data folder that are part of a backup; the others (static files, caches) are made anew.
FOLDERS = ("keys", "attachments", "imports", "layers", "models")
DATABASE = archive.DATABASE
TABLES = "tables"
LAST = "last-backup.json"
NAME = "rapport-{:%Y%m%dT%H%M%SZ}.backup"
_OURS = "rapport-[0-9]*T[0-9]*Z.backup"
_STAGING = ".backup-"
#: Pages of SQLite copied between two signs of progress: 32 MB [ours].
_PAGES = 8192
#: Seconds after which a copy that a killed backup left behind is taken away [ours].
_LEFT_BEHIND = 24 * 3600

#: Called with what is being done now, and the bytes it did since the last call.
Told = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    path: Path
    size: int
    sealed: bool
    seconds: float
    manifest: archive.Manifest


def backup(path: Path, data: Path, database: Mapping[str, Any], passphrase: bytes | None, told: Told) -> Made:
    """Write one file with everything that is needed to go on elsewhere, and read it back.

    1 the database as it is at one moment · 2 what it holds, counted · 3 the files, copied later than the rows that name
    them: a file is there before its row · 4 the archive read again and compared. The file appears under its name when
    all of that was well.
    """
    if path.exists():
        raise RapportError(f"{path} is there already: choose another name.")
    began = time.monotonic()
    _take_away(path.parent.glob(f".{_OURS}.*.part"))
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    # Keys taken out after the rows were copied would open none of them.
    with keys_are_copied(exclusive=False, folder=data), _staging(data) as staging:
        held = _database(database, staging, told)
        try:
            with archive.writing(draft, passphrase, lambda count: told("Writing", count)) as writer:
                _add_all(writer, staging)
                for folder in FOLDERS:
                    _add_all(writer, data / folder, folder)
                writer.finish(_manifest(database, held, writer))
            manifest = archive.check(draft, passphrase, lambda count: told("Reading back", count))
            os.link(draft, path)  # unlike rename it does not take the place of another file
        finally:
            draft.unlink(missing_ok=True)
    made = Made(path, path.stat().st_size, passphrase is not None, time.monotonic() - began, manifest)
    _note(data, made)
    return made


def keep_newest(folder: Path, count: int) -> list[Path]:
    """Delete all but the newest `count` backups that carry our names; which ones went."""
    gone = sorted(folder.glob(_OURS))[:-count]
    for path in gone:
        path.unlink()
    return gone


def new_name() -> str:
    return NAME.format(datetime.now(UTC))


@contextmanager
def _staging(data: Path) -> Iterator[Path]:
    """A folder that only we can look into, beside what it is a copy of; gone afterwards."""
    _take_away(data.glob(f"{_STAGING}*"))
    folder = Path(mkdtemp(prefix=_STAGING, dir=data))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take_away(paths: Iterable[Path]) -> None:
    """What a killed backup left half made: each of these is as large as a backup."""
    for path in paths:
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _LEFT_BEHIND:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def is_sqlite(database: Mapping[str, Any]) -> bool:
    return str(database["ENGINE"]).endswith("sqlite3")


def _database(database: Mapping[str, Any], staging: Path, told: Told) -> books.Books:
    return _sqlite(Path(database["NAME"]), staging, told) if is_sqlite(database) else _postgres(database, staging, told)


def _sqlite(path: Path, staging: Path, told: Told) -> books.Books:
    copy_sqlite(path, staging / DATABASE, told)
    told("Counting", 0)
    books.sound(staging / DATABASE)
    with books.sqlite_file(staging / DATABASE) as store:
        return books.take(store)


def copy_sqlite(path: Path, to: Path, told: Told) -> None:
    """The database as it is at one moment. Writers are not held up: one transaction reads the old state to its end, so
    that the copy need not begin again whenever somebody writes."""
    live = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=30, isolation_level=None)
    copy = sqlite3.connect(to, isolation_level=None)
    done = 0

    def progress(_: int, remaining: int, total: int) -> None:
        nonlocal done
        told("Copying the database", (total - remaining - done) * page)
        done = total - remaining

    try:
        page = int(live.execute("PRAGMA page_size").fetchone()[0])
        live.execute("BEGIN")
        live.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()  # from here on it stands still for us
        live.backup(copy, pages=_PAGES, progress=progress)
        live.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
    finally:
        copy.close()
        live.close()
    to.chmod(0o600)


def _postgres(database: Mapping[str, Any], staging: Path, told: Told) -> books.Books:
    (staging / TABLES).mkdir(mode=0o700)
    digests: dict[str, Digest] = {}
    with books.snapshot(database) as store:
        for name, table in store.tables().items():
            counter = Counter()
            with (staging / TABLES / f"{name}.ndjson").open("xb") as file:
                for line in counter.over(store.lines(table, list(table.columns))):
                    file.write(line + b"\n")
                    told("Copying the database", len(line) + 1)
            digests[name] = counter.digest
        told("Counting", 0)
        return books.take(store, digests)


def _add_all(writer: archive.Writer, folder: Path, under: str = "") -> None:
    for path in sorted(folder.rglob("*")):
        within = path.relative_to(folder)
        if any(part.startswith(".") for part in within.parts) or path.is_symlink() or not path.is_file():
            continue  # a name that begins with a dot is of a file that is being written
        try:
            file = path.open("rb")
        except FileNotFoundError:
            continue  # taken away since we looked: an import that ended, a file that was destroyed
        with file:
            writer.add((Path(under) / within).as_posix(), file, os.fstat(file.fileno()).st_size)


def _manifest(database: Mapping[str, Any], held: books.Books, writer: archive.Writer) -> archive.Manifest:
    return archive.Manifest(
        rapport=version("rapport"),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        database="sqlite" if is_sqlite(database) else "postgresql",
        migrations=list(held.migrations),
        tables=dict(held.tables),
        columns={name: list(columns) for name, columns in held.columns.items()},
        ledger=held.ledger,
        reports=held.reports,
        files=writer.files,
    )


def _note(data: Path, made: Made) -> None:
    """For whoever asks when the last one was made."""
    draft = data / f".{LAST}.{os.getpid()}"
    draft.write_bytes(
        msgspec.json.encode({"made_at": made.manifest.made_at, "file": str(made.path), "size": made.size})
    )
    draft.replace(data / LAST)
