"""Pure: how far an office's record still counts, by when somebody last verified it.

Day n is reached when n times 24 hours have passed since the verification, counted in UTC [ours]: so a record has the
same age everywhere, and no change of a clock makes a day longer. The dates of validity are days in UTC, both inclusive.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from rapport.contacts.model import Upkeep


class State(StrEnum):
    NOT_YET = "not yet valid"
    CURRENT = "current"
    REMIND = "reminder due"  # it counts still
    STALE = "stale"
    SUSPENDED = "suspended"  # nobody is pointed to it
    LAPSED = "lapsed"

    @property
    def counts(self) -> bool:
        """Whether people are pointed to a record of this state, and copies have it."""
        return self in {State.CURRENT, State.REMIND, State.STALE}


@dataclass(frozen=True, slots=True)
class Record:
    """What the state of a record follows from: the last verification, or the approval if there was none since."""

    verified_at: datetime
    upkeep: Upkeep
    valid_from: date | None = None
    valid_until: date | None = None


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
