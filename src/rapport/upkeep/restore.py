"""A backup becomes a data folder again, and a database: START at `restore`."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rapport.errors import RapportError
from rapport.upkeep import archive, books
from rapport.upkeep.backup import DATABASE, TABLES, Told, is_sqlite
from rapport.upkeep.rows import PostgresStore, SqliteStore, Store, connect

if TYPE_CHECKING:
    from django.db.migrations.loader import MigrationLoader

#: Puts the rows of a backup where they go, compares them there, and holds what waited to be sent: how many messages.
Fill = Callable[["Unpacked"], int]

_UNPACKED = ".restoring"
#: Bytes that stay free on the disk beyond what is unpacked [ours].
_SPARE = 100_000_000
#: What waited then may have gone since, through the server that was backed up. A rehearsal would send it to real people
#: once more, and so would a server put back with a backup of the night's quiet hours. Nobody can know: a person says.
_OUTBOX = "notify_outboxmessage"
_HOLD = f"UPDATE {_OUTBOX} SET state = 'unsure' WHERE state IN ('waiting', 'sending')"  # noqa: S608 - all constant
_HELD_BECAUSE = (
    f"UPDATE {_OUTBOX} SET problem = 'Restored from a backup: it waited then, and may have gone since.'"  # noqa: S608
    " WHERE state IN ('waiting', 'sending')"
)


@dataclass(frozen=True, slots=True)
class Restored:
    """`held`: messages that waited to be sent, and now wait for a person to say whether they went."""

    manifest: archive.Manifest
    held: int


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A backup that was checked and lies in a folder of its own; nothing of it is in use yet."""

    folder: Path
    into: Path
    manifest: archive.Manifest


def restore(path: Path, into: Path, passphrase: bytes | None, told: Told, fill: Fill) -> Restored:
    """1 check the backup · 2 unpack it within `into`, where nothing takes it for data yet · 3 `fill`: take_database,
    where the file that the backup brings is to be the database, or else put the rows where they go · 4 the folder gets
    it. What fails leaves the folder empty.
    """
    unpacked = unpack(path, into, passphrase, told)
    try:
        held = fill(unpacked)
        settle(unpacked)
    except BaseException:
        give_up(into)
        raise
    return Restored(unpacked.manifest, held)


def unpack(path: Path, into: Path, passphrase: bytes | None, told: Told) -> Unpacked:
    """Check the whole backup, then unpack it within the folder `into`, which must be empty or not there.

    RapportError if it is damaged, too large or hostile: nothing was written then.
    """
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise RapportError(f"{into} is not an empty folder: name one that is empty or not there yet.")
    room = (
        shutil.disk_usage(next(parent for parent in (into, *into.absolute().parents) if parent.exists())).free - _SPARE
    )
    manifest = archive.check(path, passphrase, lambda count: told("Checking", count), max(room, 0))
    folder = into / _UNPACKED
    folder.mkdir(mode=0o700, parents=True)
    into.chmod(0o700)
    try:
        archive.unpack(path, passphrase, folder, manifest, lambda count: told("Unpacking", count))
    except BaseException:
        give_up(into)
        raise
    return Unpacked(folder, into, manifest)


def give_up(into: Path) -> None:
    """Take away what was unpacked; the folder is empty again."""
    shutil.rmtree(into / _UNPACKED, ignore_errors=True)


def settle(unpacked: Unpacked) -> None:
    """The data folder gets what was unpacked: the last step, when everything was compared."""
    shutil.rmtree(unpacked.folder / TABLES, ignore_errors=True)
    for path in sorted(unpacked.folder.iterdir()):
        path.rename(unpacked.into / path.name)
    unpacked.folder.rmdir()


def take_database(unpacked: Unpacked) -> int:
    """The SQLite file of the backup is to be the database: RapportError unless it holds what the backup says."""
    if unpacked.manifest.database != "sqlite":
        raise RapportError("The backup is of PostgreSQL: it brings rows, and no database file.")
    books.sound(unpacked.folder / DATABASE)
    with books.sqlite_file(unpacked.folder / DATABASE) as store:
        _compare(unpacked.manifest.books, store)
    connection = sqlite3.connect(unpacked.folder / DATABASE)
    try:
        with connection:
            return _hold(SqliteStore(connection))
    finally:
        connection.close()


def _hold(store: Store) -> int:
    outbox = store.tables().get(_OUTBOX)
    if outbox is None:
        return 0
    if "problem" in outbox.columns:  # the first version kept no reasons
        store.change(_HELD_BECAUSE)
    return store.change(_HOLD)


def _compare(held: books.Books, store: Store) -> None:
    wrong = books.differences(held, store)
    if wrong:
        raise RapportError(f"What was restored is not what was backed up: {'; '.join(wrong[:5])}. Nothing is in use.")


def fill(unpacked: Unpacked, database: Mapping[str, Any], told: Told) -> int:
    """Rows into the database that Django is set up for, which is empty: its tables are made as they were when the
    backup was made, filled in one transaction, and compared before it ends."""
    _make_tables(unpacked.manifest, database)
    if is_sqlite(database):
        connection = sqlite3.connect(database["NAME"], isolation_level=None)
        try:
            connection.execute("PRAGMA foreign_keys = OFF")  # a row may name one that comes later
            connection.execute("BEGIN IMMEDIATE")
            for table in SqliteStore(connection).tables():
                connection.execute(f'DELETE FROM "{table}"')  # noqa: S608 - names from the database itself
            held = _load(unpacked, SqliteStore(connection), told)
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = DELETE")  # one file, that can be moved
        finally:
            connection.close()
        books.sound(Path(database["NAME"]))
        return held
    with connect(database) as postgres:
        store = PostgresStore(postgres)
        names = ", ".join(f'"{name}"' for name in store.tables())
        postgres.execute(
            f"TRUNCATE {names} RESTART IDENTITY".encode()
        )  # what migrations put in stands in the backup too
        held = _load(unpacked, store, told)
    (unpacked.folder / DATABASE).unlink(missing_ok=True)  # nobody shall take it for the data
    return held


def _load(unpacked: Unpacked, store: Store, told: Told) -> int:
    held, tables = unpacked.manifest, store.tables()
    unknown = [
        name for name in held.tables if name not in tables or set(held.columns[name]) != set(tables[name].columns)
    ]
    if unknown:
        raise RapportError(f"The backup has tables that this version makes otherwise: {', '.join(unknown[:5])}.")
    for name in held.tables:
        columns = held.columns[name]
        store.load(tables[name], columns, _told_of(_lines(unpacked, name, columns), told))
    _compare(unpacked.manifest.books, store)
    return _hold(store)


def _told_of(lines: Iterator[bytes], told: Told) -> Iterator[bytes]:
    for line in lines:
        told("Filling the database", len(line) + 1)
        yield line


def _lines(unpacked: Unpacked, name: str, columns: list[str]) -> Iterator[bytes]:
    if unpacked.manifest.database == "sqlite":
        with books.sqlite_file(unpacked.folder / DATABASE) as store:
            yield from store.lines(store.tables()[name], columns)
    else:
        with (unpacked.folder / TABLES / f"{name}.ndjson").open("rb") as file:
            for line in file:
                yield line.rstrip(b"\n")


def _make_tables(manifest: archive.Manifest, database: Mapping[str, Any]) -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    if connection.introspection.table_names():
        raise RapportError("The database is not empty: make a new, empty one and name it in RAPPORT_DATABASE_URL.")
    executor = MigrationExecutor(connection)
    applied = {(app, name) for app, name in manifest.migrations}
    unknown = applied - executor.loader.disk_migrations.keys()
    if unknown:
        names = ", ".join(f"{app} {name}" for app, name in sorted(unknown)[:3])
        raise RapportError(f"The backup is of a later version of rapport ({names}): restore it with that version.")
    executor.migrate(_last(applied, executor.loader))
    connection.close()


def _last(applied: set[tuple[str, str]], loader: MigrationLoader) -> list[tuple[str, str]]:
    """Those of the applied migrations that no other of them follows."""
    there = (applied & loader.graph.nodes.keys()) | {
        key for key, squashed in loader.replacements.items() if applied.issuperset(squashed.replaces)
    }
    return [
        key for key in sorted(there) if not any(child.key in there for child in loader.graph.node_map[key].children)
    ]
