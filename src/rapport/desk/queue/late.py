"""What came in faster than it could be read, told on the desk: few suggestions then do not mean that it was calm.

intake/overload.py keeps the record; here it becomes what a person reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from rapport.operations.models import Operation
from rapport.reports.models import LeftOut, Overload, Report

#: How far back is told [ours: a shift comes back after a day at most].
TOLD = timedelta(hours=24)
#: More that are not looked through yet than this are told of: fewer are done before anybody has read it [ours].
MANY = 1_000
#: Nobody need know it more exactly, and counting takes time just then.
COUNTED = 100_000
#: Languages that the notice names; its table has all.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Spoken:
    """Messages of one language that got their suggestions late. `language`: a code, "" where unsure; `longest`: how
    long one of them waited, in words."""

    language: str
    late: int
    longest: str


@dataclass(frozen=True, slots=True)
class Line:
    """What the record says of an hour and a language: numbers of messages; see reports.models.Overload."""

    hour: datetime
    language: str
    late: int
    longest: str
    repeated: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages that wait for their suggestions; `more`: it was not counted further."""

    count: int
    more: bool
    oldest: str


@dataclass(frozen=True, slots=True)
class Notice:
    """`since`: the first hour of the last 24 in which something came late or was left for later. `later`: repeats that
    were looked at later, `still`: that are still to be. `others`: how many more languages were late than are named."""

    since: datetime | None
    yesterday: bool
    spoken: Sequence[Spoken]
    others: int
    later: int
    still: int
    lines: Sequence[Line]
    backlog: Backlog | None


def notice(operation: Operation) -> Notice | None:
    """What is to be told; None when all was read in time."""
    now = timezone.now()
    record = Overload.objects.filter(operation=operation, hour__gt=now - TOLD).filter(Q(late__gt=0) | Q(left_out__gt=0))
    rows = list(record.order_by("-hour", "-late", "language"))
    still = LeftOut.objects.filter(report__operation=operation).count()
    waiting = _backlog(operation, now)
    if not (rows or still or waiting):
        return None
    since = rows[-1].hour if rows else None
    spoken = _spoken(rows)
    return Notice(
        since=since,
        yesterday=since is not None and timezone.localdate(since) != timezone.localdate(now),
        spoken=spoken[:NAMED],
        others=len(spoken[NAMED:]),
        later=max(0, sum(row.left_out for row in rows) - still),
        still=still,
        lines=[
            Line(row.hour, row.language, row.late, in_words(row.longest_s), row.repeated, row.left_out) for row in rows
        ],
        backlog=waiting,
    )


def _spoken(rows: Iterable[Overload]) -> list[Spoken]:
    """By language, where most were late first."""
    late: dict[str, int] = {}
    longest: dict[str, int] = {}
    for row in rows:
        if row.late:
            late[row.language] = late.get(row.language, 0) + row.late
            longest[row.language] = max(longest.get(row.language, 0), row.longest_s)
    ordered = sorted(late, key=lambda language: (-late[language], language))
    return [Spoken(language, late[language], in_words(longest[language])) for language in ordered]


def _backlog(operation: Operation, now: datetime) -> Backlog | None:
    fresh = Report.objects.filter(understood=False).order_by("id")
    if fresh[: MANY + 1].count() <= MANY:  # of all operations: an index has them, and it is mostly empty
        return None
    # A sum, for which no index of operations helps: that one holds every report that there is.
    own = fresh.alias(whose=F("operation_id") + 0).filter(whose=operation.pk)
    count = own[: COUNTED + 1].count()
    if count <= MANY:
        return None
    oldest = own.values_list("received_at", flat=True)[0]
    return Backlog(min(count, COUNTED), count > COUNTED, in_words((now - oldest).total_seconds()))


def in_words(seconds: float) -> str:
    """How long somebody waited at most, rounded up."""
    for size, unit in ((1, "s"), (60, "min")):
        count = -int(-seconds // size)
        if count < (100 if unit == "s" else 120):
            return f"{count} {unit}"
    return f"{-int(-seconds // 3600)} h"
