"""The map's index for an operation and audience, kept in memory and brought up to date from the release log.

Every request looks at the log first, so what it sees includes every change committed before it.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import datetime

from django.db import close_old_connections
from django.db.models import Min
from django.utils import timezone

from rapport.events.filters import Filters
from rapport.events.index import Index, Selection, Wanted
from rapport.events.models import Event
from rapport.events.rows import Asked, rows
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.sharing.models import ReleaseClock, ReleaseEntry
from rapport.values import Purpose, Reader

TAIL_LIMIT = 5_000  # changed events that are carried beside the main block before it is built anew


@dataclass(frozen=True, slots=True)
class View:
    """An operation's events as one reader gets them, at one moment."""

    index: Index
    #: Changes whenever what the reader gets may have: the log moved, another rule holds, a delay is over. Opaque: how
    #: often the log moved would tell of what the audience gets for other purposes.
    state: str

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


def view(operation: Operation, reader: Reader, purpose: Purpose = Purpose.VIEW) -> View:
    """What this reader may see of the operation's events now, for a purpose."""
    asked = Asked.of(operation.pk, reader, purpose)
    return _kept(operation.pk, asked.audience.name, asked.purpose).current(asked)


@dataclass(slots=True)
class _Kept:
    """One index and the lock under which it is replaced."""

    index: Index | None = None
    rules: str = ""
    at: datetime = field(default_factory=timezone.now)  # up to when delays were looked at
    next_due: datetime | None = None  # when a delay is over next
    rebuilding: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def current(self, asked: Asked) -> View:
        seq = _clock(asked)
        index = self.index
        if index is None or not self._holds(asked, index, seq):
            with self.lock:
                index = self._brought(asked)
        # The end of a delay is not in the log, but adds to what is given, so that is counted. When the next one
        # ends would tell of events that this reader never gets.
        return View(index, _opaque(f"{asked.audience.name}/{index.seq}/{asked.rules}/{index.size}"))

    def _holds(self, asked: Asked, index: Index, seq: int) -> bool:
        return index.seq == seq and self.rules == asked.rules and (not self.next_due or asked.now < self.next_due)

    def _brought(self, asked: Asked) -> Index:
        seq = _clock(asked)
        index = self.index
        # The first request, other rules, or a database put back to an earlier state.
        if index is None or index.seq > seq or self.rules != asked.rules:
            index = _build(asked)
        elif not self._holds(asked, index, seq):
            index = _caught_up(index, asked, seq, _came_due(asked, self.at))
        self.index, self.rules, self.at, self.next_due = index, asked.rules, asked.now, _next_due(asked)
        if len(index.tail.ids) > TAIL_LIMIT and not self.rebuilding:
            self.rebuilding = True
            threading.Thread(target=self._rebuild, args=(asked,), name="map index", daemon=True).start()
        return index

    def _rebuild(self, asked: Asked) -> None:
        """Build the main block anew beside the requests, then catch up with what changed meanwhile."""
        try:
            fresh = _build(asked)
            with self.lock:
                if self.rules == asked.rules:
                    # Delays that ended since are looked at with the next request.
                    self.index, self.at, self.next_due = fresh, min(self.at, asked.now), asked.now
        finally:
            self.rebuilding = False
            close_old_connections()


_all: dict[tuple[int, str, Purpose], _Kept] = {}
_all_lock = threading.Lock()


def _kept(operation_id: int, audience: str, purpose: Purpose) -> _Kept:
    with _all_lock:
        return _all.setdefault((operation_id, audience, purpose), _Kept())


def forget() -> None:
    """Drop every index: the database behind them was exchanged."""
    with _all_lock:
        _all.clear()


def _opaque(state: str) -> str:
    return hashlib.blake2b(state.encode(), digest_size=16, key=keys.displacement(), person=b"state").hexdigest()


def _clock(asked: Asked) -> int:
    clock = ReleaseClock.objects.filter(operation_id=asked.operation_id, audience=asked.audience.name)
    return clock.values_list(f"{asked.purpose.value}_seq", flat=True).first() or 0


def _next_due(asked: Asked) -> datetime | None:
    """When the first of the events that are kept back for a while is due; None if none is."""
    published = Event.objects.filter(operation_id=asked.operation_id, published_at__isnull=False)
    due = []
    for delay in asked.delays:
        first = published.filter(published_at__gt=asked.now - delay).aggregate(first=Min("published_at"))["first"]
        due += [first + delay] if first else []
    return min(due, default=None)


def _came_due(asked: Asked, since: datetime) -> set[int]:
    """Events whose delay ended after `since`."""
    published = Event.objects.filter(operation_id=asked.operation_id)
    return {
        event_id
        for delay in asked.delays
        for event_id in published.filter(
            published_at__gt=since - delay, published_at__lte=asked.now - delay
        ).values_list("id", flat=True)
    }


def _build(asked: Asked) -> Index:
    # Before the rows: what commits in between is applied again, which changes nothing.
    seq = _clock(asked)
    return Index.build(rows(asked, None), seq)


def _caught_up(index: Index, asked: Asked, seq: int, due: set[int]) -> Index:
    log = ReleaseEntry.objects.filter(operation_id=asked.operation_id, audience=asked.audience.name)
    changed = set(log.filter(seq__gt=index.seq).values_list("event_id", flat=True)) | due
    wanted = sorted(changed | {int(event_id) for event_id in index.tail.ids})
    found = rows(asked, wanted)
    return index.updated(found, sorted(set(wanted) - set(found.ids)), seq)
