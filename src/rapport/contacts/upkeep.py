"""Pure: how far an office's record still counts, by when somebody last verified it.

Day n is reached when n times 24 hours have passed since the verification, counted in UTC [ours]: so a record has the
same age everywhere, and no change of a clock makes a day longer. The dates of validity are days in UTC, both inclusive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from rapport.contacts.model import Upkeep


class State(StrEnum):
    NOT_YET = "not yet valid"
    CURRENT = "current"
    REMIND = "reminder due"  # it counts still
    STALE = "stale"
    SUSPENDED = "suspended"  # nobody is pointed to it
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Record:
    """What the state of a record follows from: the last verification, or the approval if there was none since."""

    verified_at: datetime
    upkeep: Upkeep
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    at: datetime
    state: State  # from then on


def state(record: Record, now: datetime) -> State:
    """The dates of validity come first: what was verified yesterday lapses all the same."""
    today, days, upkeep = now.astimezone(UTC).date(), now - record.verified_at, record.upkeep
    if record.valid_until is not None and today > record.valid_until:
        return State.LAPSED
    if record.valid_from is not None and today < record.valid_from:
        return State.NOT_YET
    if days >= timedelta(days=upkeep.suspend):
        return State.SUSPENDED
    if days >= timedelta(days=upkeep.good + 1):
        return State.STALE
    return State.REMIND if days >= timedelta(days=upkeep.remind) else State.CURRENT


def changes(record: Record, since: datetime, until: datetime) -> tuple[Change, ...]:
    """The changes after `since` and up to `until` that come of time passing, each of which somebody is to be told.

    However time is cut into windows, each change falls into one. What a person does (verifies it, sets other dates)
    makes another record, with changes of its own.
    """
    marks = sorted(mark for mark in set(_marks(record)) if since < mark <= until)
    found = ((mark, state(record, mark), state(record, mark - timedelta.resolution)) for mark in marks)
    return tuple(Change(mark, after) for mark, after, before in found if after is not before)


def _marks(record: Record) -> Iterator[datetime]:
    """The moments at which the state may change, in UTC."""
    for days in (record.upkeep.remind, record.upkeep.good + 1, record.upkeep.suspend):
        yield record.verified_at.astimezone(UTC) + timedelta(days=days)
    if record.valid_from is not None:
        yield datetime.combine(record.valid_from, time(), UTC)
    if record.valid_until is not None and record.valid_until < date.max:
        yield datetime.combine(record.valid_until + timedelta(days=1), time(), UTC)
