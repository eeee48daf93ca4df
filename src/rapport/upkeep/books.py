"""What must be the same before and after: the rows of every table, the record of decisions, the reports' content."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from rapport.errors import RapportError
from rapport.upkeep.rows import Digest, PostgresStore, SqliteStore, Store, Table, connect, digest

#: table of the record of decisions; table of the reports and their columns that are never changed
DECISIONS = "oversight_decision"
REPORTS = "reports_report"
CONTENT = (
    "id", "operation_id", "source_id", "ref", "received_at", "sent_at", "sender_id", "text", "language_said",
    "categories_said", "lon", "lat", "place_said", "fields", "extra", "original_sealed",
)  # fmt: skip
#: Tables that Django itself fills when it migrates: an upgrade may add rows to them.
OF_MIGRATION = frozenset({"django_migrations", "django_content_type", "auth_permission"})


@dataclass(frozen=True, slots=True)
class Books:
    """What a database holds. `columns` are those that the digests are of."""

    tables: Mapping[str, Digest]
    columns: Mapping[str, Sequence[str]]
    ledger: Digest
    reports: Digest
    migrations: Sequence[tuple[str, str]]


def take(store: Store, tables: Mapping[str, Digest] | None = None) -> Books:
    """The books of an open database; `tables` if their digests are known already."""
    found = store.tables()
    return Books(
        tables={name: digest(store, table) for name, table in found.items()} if tables is None else tables,
        columns={name: list(table.columns) for name, table in found.items()},
        ledger=_part(store, found, DECISIONS, None),
        reports=_part(store, found, REPORTS, CONTENT),
        migrations=store.migrations() if "django_migrations" in found else [],
    )


def _part(store: Store, found: Mapping[str, Table], name: str, columns: Sequence[str] | None) -> Digest:
    if name not in found:
        raise RapportError("The database has no reports and decisions: it is not set up. Run rapport serve first.")
    there = found[name].columns
    return digest(store, found[name], [column for column in columns or sorted(there) if column in there])


def differences(before: Books, store: Store, *, upgraded: bool = False) -> list[str]:
    """What a database does not hold as it was, in words; nothing is as it should be. After an upgrade tables may have
    further columns and their rows other values, but their number, the decisions and what the reports say stay."""
    found, wrong = store.tables(), []
    for name, was in before.tables.items():
        if upgraded and name in OF_MIGRATION:
            continue
        if name not in found:
            wrong += [f"table {name} is gone"] if was.rows or not upgraded else []
            continue
        now = digest(store, found[name], found[name].key if upgraded else None)
        if now.rows != was.rows:
            wrong.append(f"{name} had {was.rows} rows and has {now.rows}")
        elif not upgraded and now != was:
            wrong.append(f"{name} holds other values than before")
    for name, was, columns in (
        (DECISIONS, before.ledger, sorted(before.columns[DECISIONS])),
        (REPORTS, before.reports, [column for column in CONTENT if column in before.columns[REPORTS]]),
    ):
        if name in found and digest(store, found[name], columns) != was:
            wrong.append(f"{name}: the content is not what it was")
    return wrong


@contextmanager
def sqlite_file(path: Path) -> Iterator[SqliteStore]:
    """A database file that nobody else uses; it is only read."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")  # the file may come from anywhere
        yield SqliteStore(connection)
    finally:
        connection.close()


def sound(path: Path) -> None:
    """RapportError unless SQLite finds the file whole and every row that another one names is there."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        faults = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
        lost = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise RapportError(f"The database file is damaged: {error}.") from error
    finally:
        connection.close()
    if faults != ["ok"]:
        raise RapportError(f"The database file is damaged: {'; '.join(faults)}.")
    if lost:
        raise RapportError(f"A row of {lost[0]} names a row of {lost[2]} that is not there.")


@contextmanager
def snapshot(settings: Mapping[str, Any]) -> Iterator[PostgresStore]:
    """PostgreSQL as it is at one moment, while others go on writing."""
    with connect(settings) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield PostgresStore(connection)
