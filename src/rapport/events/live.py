"""The map's index for an operation and audience, kept in memory and brought up to date from the release log.

Every request looks at the log first, so what it sees includes every change committed before it.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import close_old_connections
from django.db.models import F, Func, IntegerField, QuerySet
from django.db.models.functions import Coalesce

from rapport.events import extra, log
from rapport.events.filters import Filters
from rapport.events.index import NO_TIME, Index, Rows, Selection, Wanted
from rapport.events.models import Event
from rapport.operations.categories import lines
from rapport.operations.models import Category, Operation
from rapport.sharing.models import ReleaseClock, ReleaseEntry
from rapport.values import Audience, Json, Reader

TAIL_LIMIT = 5_000  # changed events that are carried beside the main block before it is built anew


@dataclass(frozen=True, slots=True)
class View:
    """An operation's events as one reader gets them, at one moment."""

    index: Index

    @property
    def seq(self) -> int:
        return self.index.seq

    def select(self, filters: Filters) -> Selection:
        return self.index.select(
            Wanted(
                text=filters.text,
                categories=filters.categories,
                statuses=tuple(status.value for status in filters.statuses),
                precisions=tuple(int(precision) for precision in filters.precisions),
                sources=filters.sources,
                responses=tuple(response.value for response in filters.responses),
                choices=filters.extra,
                since=int(filters.since.timestamp()) if filters.since else None,
                until=int(filters.until.timestamp()) if filters.until else None,
                box=filters.box,
                pcode=filters.pcode,
            )
        )


def view(operation: Operation, reader: Reader) -> View:
    """What this reader may see of the operation's events now."""
    return View(_kept(operation.pk, reader.audience).current())


@dataclass(slots=True)
class _Kept:
    """One index and the lock under which it is replaced."""

    operation_id: int
    audience: Audience
    index: Index | None = None
    rebuilding: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def current(self) -> Index:
        seq = _clock(self.operation_id, self.audience)
        index = self.index
        if index is not None and index.seq == seq:
            return index
        with self.lock:
            seq = _clock(self.operation_id, self.audience)
            index = self.index
            if index is None or index.seq > seq:  # the first request, or a database put back to an earlier state
                index = _build(self.operation_id, self.audience)
            elif index.seq < seq:
                index = _caught_up(index, self.operation_id, self.audience, seq)
            self.index = index
            if len(index.tail.ids) > TAIL_LIMIT and not self.rebuilding:
                self.rebuilding = True
                threading.Thread(target=self._rebuild, name="map index", daemon=True).start()
        return index

    def _rebuild(self) -> None:
        """Build the main block anew beside the requests, then catch up with what changed meanwhile."""
        try:
            fresh = _build(self.operation_id, self.audience)
            with self.lock:
                self.index = fresh
        finally:
            self.rebuilding = False
            close_old_connections()


_all: dict[tuple[int, Audience], _Kept] = {}
_all_lock = threading.Lock()


def _kept(operation_id: int, audience: Audience) -> _Kept:
    with _all_lock:
        return _all.setdefault((operation_id, audience), _Kept(operation_id, audience))


def forget() -> None:
    """Drop every index: the database behind them was exchanged."""
    with _all_lock:
        _all.clear()


def _clock(operation_id: int, audience: Audience) -> int:
    clock = ReleaseClock.objects.filter(operation_id=operation_id, audience=audience)
    return clock.values_list("seq", flat=True).first() or 0


def _build(operation_id: int, audience: Audience) -> Index:
    # Before the rows: what commits in between is applied again, which changes nothing.
    seq = _clock(operation_id, audience)
    return Index.build(_rows(operation_id, audience, None), seq)


def _caught_up(index: Index, operation_id: int, audience: Audience, seq: int) -> Index:
    changed = set(
        ReleaseEntry.objects.filter(operation_id=operation_id, audience=audience, seq__gt=index.seq).values_list(
            "event_id", flat=True
        )
    )
    wanted = sorted(changed | {int(event_id) for event_id in index.tail.ids})
    rows = _rows(operation_id, audience, wanted)
    return index.updated(rows, sorted(set(wanted) - set(rows.ids)), seq)


class Epoch(Func):
    """A moment as whole seconds since 1970, rounded down: an event of 23:59:59.7 belongs to the day that ends."""

    output_field = IntegerField()
    template = "CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s)) AS BIGINT)"

    def as_sqlite(self, compiler, connection, **extra):  # type: ignore[no-untyped-def]
        return self.as_sql(compiler, connection, template="unixepoch(%(expressions)s)", **extra)


def _rows(operation_id: int, audience: Audience, ids: Sequence[int] | None) -> Rows:
    """The events released to the audience as columns: all of the operation, or those of `ids`."""
    base = Event.objects.filter(operation_id=operation_id)
    parts = [None] if ids is None else [ids[start : start + 500] for start in range(0, len(ids), 500)]
    found: list[tuple[Any, ...]] = []
    links: list[tuple[int, int]] = []
    told: list[tuple[int, str]] = []
    answers: list[tuple[int, dict[str, Json]]] = []
    choosing = [one.code for one in extra.filters(Operation.objects.get(pk=operation_id), Reader(audience))]
    for part in parts:
        some = base if part is None else base.filter(id__in=part)
        seen = log.listed(some, audience)
        found += _columns(seen)
        answers += _answers(seen) if choosing else []
        links += _links(operation_id, part)
        told += _told(operation_id, part)
    shown = {row[0] for row in found}
    columns = list(zip(*found, strict=True)) or [()] * 10
    nan = float("nan")
    return Rows(
        ids=columns[0],
        lon=[nan if lon is None else lon for lon in columns[1]],
        lat=[nan if lat is None else lat for lat in columns[2]],
        at=[NO_TIME if at is None else at for at in columns[3]],
        status=columns[4],
        precision=[precision or 0 for precision in columns[5]],
        radius_m=[radius or 0 for radius in columns[6]],
        pcode=columns[7],
        words=columns[8],
        categories=_by_code(operation_id, links, shown),
        sources=_by_slug(told, shown),
        response=columns[9],
        choices=_by_choice(choosing, answers, shown),
    )


def _columns(events: QuerySet[Event]) -> list[tuple[Any, ...]]:
    at = Epoch(Coalesce(F("occurred_at"), F("created_at")))
    rows = events.order_by().values_list(
        "id", "seen_lon", "seen_lat", at, "status", "seen_precision", "seen_radius_m", "seen_pcode", "seen_words",
        "response",
    )  # fmt: skip
    return list(rows.iterator(chunk_size=20_000))


def _answers(events: QuerySet[Event]) -> list[tuple[int, dict[str, Json]]]:
    return list(events.order_by().values_list("id", F("seen_extra")).iterator(chunk_size=20_000))


def _links(operation_id: int, ids: Sequence[int] | None) -> list[tuple[int, int]]:
    links = Event.categories.through.objects.order_by()
    some = links.filter(event__operation_id=operation_id) if ids is None else links.filter(event_id__in=ids)
    return list(some.values_list("event_id", "category_id").iterator(chunk_size=20_000))


def _told(operation_id: int, ids: Sequence[int] | None) -> list[tuple[int, str]]:
    events = Event.objects.filter(operation_id=operation_id) if ids is None else Event.objects.filter(id__in=ids)
    told = events.filter(links__isnull=False).values_list("id", "links__report__source__slug").order_by().distinct()
    return list(told.iterator(chunk_size=20_000))


def _by_code(operation_id: int, links: list[tuple[int, int]], shown: set[object]) -> dict[str, list[int]]:
    """Event ids by category code; a category holds the events of those below it too."""
    known = lines(Category.objects.filter(operation_id=operation_id))
    codes = {pk: [category.code for category in line] for pk, line in known.items()}
    grouped: dict[str, list[int]] = defaultdict(list)
    for event_id, category_id in links:
        if event_id in shown:
            for code in codes[category_id]:
                grouped[code].append(event_id)
    return grouped


def _by_choice(
    codes: Sequence[str], answers: list[tuple[int, dict[str, Json]]], shown: set[object]
) -> dict[str, dict[str, list[int]]]:
    """Event ids by extra field and choice."""
    grouped: dict[str, dict[str, list[int]]] = {code: defaultdict(list) for code in codes}
    for event_id, answered in answers:
        for code in grouped.keys() & answered.keys() if event_id in shown else ():
            value = answered[code]
            for choice in value if isinstance(value, list) else [value]:
                grouped[code][str(choice)].append(event_id)
    return grouped


def _by_slug(told: list[tuple[int, str]], shown: set[object]) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = defaultdict(list)
    for event_id, slug in told:
        if event_id in shown:
            grouped[slug].append(event_id)
    return grouped
