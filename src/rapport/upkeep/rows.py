"""What a database holds, read and written the same on SQLite and PostgreSQL, whatever version made it.

A row is one line: a JSON array of its columns in a form that belongs to neither database, so that the digest of a table
is the same in both, and lines from one can be loaded into the other:

    moments  "2010-01-17 12:00:00.25", UTC      truths  0 or 1        bytes  base64
    uuids    32 hexadecimal digits              JSON    as it is, keys sorted
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, LiteralString, Protocol, cast
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql

from rapport.errors import RapportError

Form = Literal["plain", "text", "moment", "truth", "json", "uuid", "bytes", "other"]

#: Rows fetched at once from PostgreSQL, and written at once to SQLite [ours].
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the database itself describes it: its columns by name, with the form of each, and its key. Two
    databases may have the same columns in another order."""

    name: str
    columns: Mapping[str, Form]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    rows: int
    sha256: str


class Store(Protocol):
    """A database that is open, at one moment."""

    def tables(self) -> dict[str, Table]: ...

    def lines(self, table: Table, columns: Sequence[str]) -> Iterator[bytes]:
        """These columns of every row, in the order of the key."""

    def load(self, table: Table, columns: Sequence[str], lines: Iterable[bytes]) -> None:
        """Put rows into a table that is empty, within the transaction of whoever called."""

    def migrations(self) -> list[tuple[str, str]]:
        """Which migrations were applied, as (app, name), sorted."""

    def change(self, statement: LiteralString) -> int:
        """Run an UPDATE that both databases understand, within the transaction of whoever called: how many rows."""


class Counter:
    """Takes the digest of lines that pass through."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()
        self._rows = 0

    def over(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            self._sum.update(line + b"\n")
            self._rows += 1
            yield line

    @property
    def digest(self) -> Digest:
        return Digest(self._rows, self._sum.hexdigest())


def digest(store: Store, table: Table, columns: Sequence[str] | None = None) -> Digest:
    """How many rows a table has, and the SHA-256 of all their lines."""
    counter = Counter()
    for _ in counter.over(store.lines(table, list(table.columns) if columns is None else columns)):
        pass
    return counter.digest


def _line(row: Sequence[object]) -> bytes:
    # Keys of JSON objects are sorted: PostgreSQL does not keep their order.
    return msgspec.json.encode(row, order="sorted")


class SqliteStore:
    """Reads with the connection's own transaction; `text_factory` and the like must be as they come."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def tables(self) -> dict[str, Table]:
        found = self._connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            " ORDER BY name"
        ).fetchall()
        return {name: self._table(name, made) for name, made in found}

    def _table(self, name: str, made: str) -> Table:
        json = set(re.findall(r'JSON_VALID\("([^"]+)"\)', made))
        rows = self._connection.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
        columns = {column: _sqlite_form(kind, column in json) for _, column, kind, *_ in rows}
        key = sorted((number, column) for _, column, _, _, _, number in rows if number)
        return Table(name, dict(sorted(columns.items())), tuple(column for _, column in key))

    def lines(self, table: Table, columns: Sequence[str]) -> Iterator[bytes]:
        json = [number for number, column in enumerate(columns) if table.columns[column] == "json"]
        query = f"SELECT {_names(columns)} FROM {_quoted(table.name)} ORDER BY {_names(table.key) or 'rowid'}"  # noqa: S608
        for row in self._connection.execute(query):
            if not json:
                yield _line(row)
                continue
            cells = list(row)
            for number in json:
                if cells[number] is not None:
                    cells[number] = msgspec.json.decode(cells[number])
            yield _line(cells)

    def load(self, table: Table, columns: Sequence[str], lines: Iterable[bytes]) -> None:
        forms = [table.columns[column] for column in columns]
        marks = ", ".join("?" * len(columns))
        query = f"INSERT INTO {_quoted(table.name)} ({_names(columns)}) VALUES ({marks})"  # noqa: S608
        self._connection.executemany(query, (_sqlite_row(row, forms) for row in _decoded(lines, len(columns))))

    def migrations(self) -> list[tuple[str, str]]:
        return sorted(self._connection.execute("SELECT app, name FROM django_migrations"))

    def change(self, statement: LiteralString) -> int:
        return self._connection.execute(statement).rowcount


def _sqlite_form(kind: str, json: bool) -> Form:
    if json:
        return "json"
    forms: dict[str, Form] = {"datetime": "moment", "bool": "truth", "blob": "bytes", "char(32)": "uuid"}
    return forms.get(kind.lower(), "plain")


def _sqlite_row(row: list[Any], forms: Sequence[Form]) -> list[object]:
    """As the database takes it; its own text of moments, truths and uuids is what stands in lines."""
    return [
        value
        if value is None
        else msgspec.json.encode(value).decode()
        if form == "json"
        else b64decode(value)
        if form == "bytes"
        else value
        for value, form in zip(row, forms, strict=True)
    ]


def _decoded(lines: Iterable[bytes], width: int) -> Iterator[list[Any]]:
    for line in lines:
        row = msgspec.json.decode(line)
        if not isinstance(row, list) or len(row) != width:
            raise RapportError("A row of the backup has not the columns that the backup says it has.")
        yield row


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _names(columns: Iterable[str]) -> str:
    return ", ".join(map(_quoted, columns))


class PostgresStore:
    """A connection of our own: Django's reads JSON and moments in its way. Call `connect`."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def tables(self) -> dict[str, Table]:
        found: dict[str, dict[str, Form]] = {}
        for table, column, kind in self._connection.execute(
            "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'"
            " ORDER BY c.table_name, c.ordinal_position"
        ):
            found.setdefault(table, {})[column] = _POSTGRES_FORMS.get(kind, "plain")
        keys: dict[str, list[str]] = {}
        for table, column in self._connection.execute(
            "SELECT k.table_name, k.column_name FROM information_schema.key_column_usage k"
            " JOIN information_schema.table_constraints c USING (constraint_schema, constraint_name)"
            " WHERE c.constraint_type = 'PRIMARY KEY' AND k.table_schema = current_schema()"
            " ORDER BY k.table_name, k.ordinal_position"
        ):
            keys.setdefault(table, []).append(column)
        return {
            name: Table(name, dict(sorted(columns.items())), tuple(keys.get(name, ())))
            for name, columns in found.items()
        }

    def lines(self, table: Table, columns: Sequence[str]) -> Iterator[bytes]:
        forms = [table.columns[column] for column in columns]
        foreign = [number for number, form in enumerate(forms) if form in {"moment", "truth", "uuid", "other"}]
        query = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(
            _composed(columns),
            sql.Identifier(table.name),
            sql.SQL(", ").join(_ordered(table, column) for column in table.key or table.columns),
        )
        with self._connection.cursor(f"lines of {table.name}") as cursor:
            cursor.itersize = _BATCH
            for row in cursor.execute(query):
                cells = list(row)
                for number in foreign:
                    cells[number] = _neutral(cells[number], forms[number])
                yield _line(cells)

    def load(self, table: Table, columns: Sequence[str], lines: Iterable[bytes]) -> None:
        forms = [table.columns[column] for column in columns]
        query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), _composed(columns))
        with self._connection.cursor() as cursor, cursor.copy(query) as copy:
            for row in _decoded(lines, len(columns)):
                copy.write_row([_copied(value, form) for value, form in zip(row, forms, strict=True)])
        self._continue_numbers(table)

    def _continue_numbers(self, table: Table) -> None:
        """The next row gets a number that no loaded one has."""
        for column in table.key:
            found = self._connection.execute(
                "SELECT pg_get_serial_sequence(quote_ident(%s), %s)", (table.name, column)
            ).fetchone()
            if found and found[0]:
                self._connection.execute(
                    sql.SQL(
                        "SELECT setval(%s, greatest((SELECT max({}) FROM {}), 1), (SELECT count(*) > 0 FROM {}))"
                    ).format(sql.Identifier(column), sql.Identifier(table.name), sql.Identifier(table.name)),
                    (found[0],),
                )

    def migrations(self) -> list[tuple[str, str]]:
        return sorted(cast(Any, self._connection.execute("SELECT app, name FROM django_migrations").fetchall()))

    def change(self, statement: LiteralString) -> int:
        return self._connection.execute(statement).rowcount


_POSTGRES_FORMS: Mapping[str, Form] = {
    "timestamp with time zone": "moment",
    "boolean": "truth",
    "jsonb": "json",
    "bytea": "bytes",
    "uuid": "uuid",
    "date": "other",
    "inet": "other",
    "character varying": "text",
    "text": "text",
}


def _composed(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _ordered(table: Table, column: str) -> sql.Composable:
    """Texts in the order of their bytes, as SQLite has them, whatever the database's language."""
    return sql.Identifier(column) + sql.SQL(' COLLATE "C"' if table.columns[column] == "text" else "")


def _neutral(value: Any, form: Form) -> object:
    match value, form:
        case datetime(), "moment":
            return str(value.astimezone(UTC).replace(tzinfo=None))
        case bool(), "truth":
            return int(value)
        case UUID(), "uuid":
            return value.hex
        case None, _:
            return None
    return str(value)


def _copied(value: Any, form: Form) -> object:
    if value is None:
        return None
    if form == "json":
        return msgspec.json.encode(value).decode()
    if form == "bytes":
        return b64decode(value)
    return str(value)


def connect(settings: Mapping[str, Any]) -> psycopg.Connection[tuple[Any, ...]]:
    """To the database that Django's settings name, at UTC, outside of Django."""
    names = (("dbname", "NAME"), ("user", "USER"), ("password", "PASSWORD"), ("host", "HOST"), ("port", "PORT"))
    given = {name: settings[setting] for name, setting in names if settings.get(setting)}
    try:
        return psycopg.connect(**given, options="-c timezone=UTC")
    except psycopg.OperationalError as error:
        raise RapportError(f"The database cannot be used: {str(error).splitlines()[0]}") from error
