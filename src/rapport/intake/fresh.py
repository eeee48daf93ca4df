"""Reports that the worker has not looked through yet: how many, the next ones, and that they are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from rapport.plain_sql import moment_of, table
from rapport.reports.models import Report
from rapport.values import Json

_COLUMNS = (
    "id", "operation_id", "received_at", "sent_at", "text", "lon", "lat", "place_said", "categories_said", "extra",
)  # fmt: skip
_EMPTY: tuple[Json, ...] = ("[]", "{}", [], {})


@dataclass(frozen=True, slots=True)
class Fresh:
    """What it takes to look a report through. `given`: it names categories, or answers the operation's own fields."""

    pk: int
    operation_id: int
    received_at: datetime
    said_at: datetime  # as the other side says, else when it was received
    text: str
    lon: float | None
    lat: float | None
    place_said: str
    given: bool


def ids(limit: int) -> list[int]:
    """The ids of the oldest that are not looked through, up to `limit`, all of one operation."""
    queue = Report.objects.filter(understood=False).order_by("id").values_list("id", "operation_id")
    found = list(queue[:limit])
    return [pk for pk, operation in found if operation == found[0][1]]


def behind(last: Fresh, limit: int) -> list[Fresh]:
    """Those that come next after `last`, up to `limit`, as far as they are of the same operation."""
    rows = _rows("id > %s AND NOT understood ORDER BY id LIMIT %s", [last.pk, limit])
    return list(takewhile(lambda row: row.operation_id == last.operation_id, rows))


def of(ids: Sequence[int]) -> list[Fresh]:
    """These, in the order in which they came."""
    return _rows(f"id IN ({', '.join(['%s'] * len(ids))}) ORDER BY id", ids) if ids else []


def _rows(where: str, given: Sequence[int]) -> list[Fresh]:
    sql = f"SELECT {', '.join(_COLUMNS)} FROM {table(Report)} WHERE {where}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return [_fresh(*row) for row in cursor.fetchall()]


def _fresh(
    pk: int, operation: int, received: Any, sent: Any, text: str, lon: float | None, lat: float | None, place: str,
    categories: Any, extra: Any,
) -> Fresh:  # fmt: skip
    received_at = moment_of(received)
    if received_at is None:
        raise ValueError("a report was received at some moment")
    given = categories not in _EMPTY or extra not in _EMPTY
    return Fresh(pk, operation, received_at, moment_of(sent) or received_at, text, lon, lat, place, given)


def waiting(most: int | None = None) -> int:
    """How many are not looked through yet; counted up to `most`."""
    return Report.objects.filter(understood=False)[:most].count()


def newest() -> int:
    """The id of the newest report, by which one can tell how fast they come in."""
    return Report.objects.aggregate(newest=Max("id"))["newest"] or 0


def claimed(reports: Sequence[Fresh]) -> bool:
    """Marks them as looked through, in the transaction of whoever calls. False, and the transaction is undone, if they
    are not this worker's: a second worker that took the same ones finds them done, and leaves."""
    marks = ", ".join(["%s"] * len(reports))
    sql = f"UPDATE {table(Report)} SET understood = %s WHERE id IN ({marks}) AND NOT understood"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [True, *(report.pk for report in reports)])
        mine: int = cursor.rowcount
    if mine != len(reports):
        transaction.set_rollback(True)
    return mine == len(reports)
