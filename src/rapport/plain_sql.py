"""Plain SQL, for what is done for every message: with the ORM's the same work costs twice as much and more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from django.db import connection, models

_ASKED_AT_ONCE = 500  # keys in one query


def select(
    model: type[models.Model], columns: Sequence[str], key: str, values: Sequence[Any], after: str = "", at: Any = None
) -> list[Any]:
    """Rows of these columns whose key is one of the values, of them those whose column `after` is above `at`."""
    rows: list[Any] = []
    later = f" AND {connection.ops.quote_name(after)} > %s" if after else ""
    for start in range(0, len(values), _ASKED_AT_ONCE):
        part = values[start : start + _ASKED_AT_ONCE]
        marks = ", ".join(["%s"] * len(part))
        where = f"{connection.ops.quote_name(key)} IN ({marks}){later}"
        sql = f"SELECT {_names(columns)} FROM {table(model)} WHERE {where}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(sql, [*part, at] if after else part)
            rows += cursor.fetchall()
    return rows


def insert(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Many rows of the same columns in one go; one whose unique key is there already is passed over."""
    if rows:
        insert_tuples(model, list(rows[0]), (tuple(row.values()) for row in rows))


def insert_tuples(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """The same of rows without the columns' names."""
    marks = ", ".join(["%s"] * len(columns))
    sql = f"INSERT INTO {table(model)} ({_names(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(rows))


def table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _names(columns: Sequence[str]) -> str:
    return ", ".join(map(connection.ops.quote_name, columns))


def json(value: object) -> str:
    """As a column of JSON takes it."""
    return msgspec.json.encode(value).decode()


@lru_cache(maxsize=16)
def moment(at: datetime | None) -> Any:
    """The database's own form of a moment; most rows of a batch share theirs."""
    return connection.ops.adapt_datetimefield_value(at) if at is not None else None


def moment_of(kept: datetime | None) -> datetime | None:
    """A moment as a row of plain SQL has it: SQLite's is in UTC, and does not say so."""
    return kept.replace(tzinfo=UTC) if kept is not None and kept.tzinfo is None else kept
