"""Who writes into an operation's release logs: one at a time, and the stamps that entries get."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import F
from django.utils import timezone

from rapport.sharing.models import LogLook, ReleaseClock
from rapport.values import Purpose


def hold(operation_id: int) -> LogLook:
    """Nobody else writes into the operation's logs until this transaction ends. Held before anything is read of what
    is entered, the protocol first of all: else what somebody else commits meanwhile is written over by what was before.

    It comes after all else that the transaction holds: events, reports, rows of the desk. Of two who each wait for what
    the other holds PostgreSQL turns one away. On SQLite whoever writes is alone anyway.
    """
    rows = LogLook.objects.select_for_update()
    return rows.get_or_create(operation_id=operation_id, defaults={"at": timezone.now()})[0]


def next_seqs(operation_id: int, audience: str, count: int) -> range:
    """The next `count` stamps of an audience's release log, for whoever holds it."""
    if not count:
        return range(0)
    last = _moved(operation_id, audience, count)
    return range(last - count + 1, last + 1)


def moved_for(operation_id: int, audience: str, last: Mapping[Purpose, int]) -> None:
    """The last stamps that changed something for each of these purposes, of those just taken."""
    clock = ReleaseClock.objects.filter(operation_id=operation_id, audience=audience)
    if last:
        clock.update(**{f"{purpose.value}_seq": seq for purpose, seq in last.items()})


def last_seq(operation_id: int, audience: str) -> int:
    """The last stamp of an audience's release log, for whoever holds it."""
    return _moved(operation_id, audience, 0)


def _moved(operation_id: int, audience: str, by: int) -> int:
    clock = ReleaseClock.objects.filter(operation_id=operation_id, audience=audience)
    if not clock.update(seq=F("seq") + by):
        ReleaseClock.objects.create(operation_id=operation_id, audience=audience, seq=by)
    return clock.values_list("seq", flat=True).get()
