"""The difference between two protocols, event by event: for which audience what becomes something else, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from rapport.sharing.policy import Policy
from rapport.sharing.protocol.kinds import Crowd, Ints
from rapport.sharing.protocol.model import Audience
from rapport.sharing.protocol.played import Answers, Change, Given, Got, answers, because, change, differences
from rapport.values import Purpose

CHANGES: Mapping[Change, str] = {
    Change.SHOWN: "shown anew",
    Change.HIDDEN: "hidden",
    Change.MORE: "more of it",
    Change.LESS: "less of it",
    Change.OTHER: "otherwise",
    Change.HELD: "still not shown",
}
_NUMBERS = {one: number for number, one in enumerate(CHANGES, 1)}  # 0: the same


@dataclass(frozen=True, slots=True)
class Side:
    """What one audience gets of a crowd under two protocols."""

    audience: Audience
    was: Answers
    becomes: Answers
    change: Ints  # one of _NUMBERS for each event

    def counts(self) -> Mapping[Change, int]:
        found = np.bincount(self.change, minlength=len(_NUMBERS) + 1)
        return {one: int(found[number]) for one, number in _NUMBERS.items()}

    def shown(self) -> tuple[int, int]:
        """How many events it is shown before and after."""
        before, after = (
            sum(n for one, n in zip(some.gots, some.counts, strict=True) if one.given is Given.SHOWN)
            for some in (self.was, self.becomes)
        )
        return before, after


def sides(crowd: Crowd, before: Policy, after: Policy, purpose: Purpose, now: datetime) -> list[Side]:
    """A side for each audience of either protocol. Whom one of them does not tell apart gets there what everybody
    gets."""
    known = {one.name: one for one in before.protocol.audiences}
    new = {one.name for one in after.protocol.audiences}
    dropped = [one for one in before.protocol.audiences if one.name not in new]
    everybody = before.protocol.audiences[-1], after.protocol.audiences[-1]
    pairs = [(known.get(one.name, everybody[0]), one, one) for one in after.protocol.audiences]
    pairs += [(one, everybody[1], one) for one in dropped]
    return [
        _side(shown, answers(crowd, before, was, purpose, now), answers(crowd, after, becomes, purpose, now))
        for was, becomes, shown in pairs
    ]


def _side(audience: Audience, was: Answers, becomes: Answers) -> Side:
    width = len(becomes.gots) or 1
    pairs, of = np.unique(was.of * width + becomes.of, return_inverse=True)
    found = [change(was.gots[int(one) // width], becomes.gots[int(one) % width]) for one in pairs]
    numbers = np.array([_NUMBERS[one] if one else 0 for one in found], dtype=np.int64)
    return Side(audience, was, becomes, numbers[of.reshape(-1)] if len(numbers) else was.of)


@dataclass(frozen=True, slots=True)
class Found:
    """Those of all events and audiences that become something else, an event's audiences one after the other."""

    events: Ints  # positions in the crowd
    sides: Ints  # positions in the list of sides

    def __len__(self) -> int:
        return len(self.events)

    def part(self, numbers: Sequence[int]) -> Found:
        """Those of these running numbers."""
        some = np.asarray(numbers, dtype=np.int64)
        return Found(self.events[some], self.sides[some])


def found(some: Sequence[Side], audience: str, kind: Change | None) -> Found:
    """What changes, for one audience or all ("" ), in one way or any."""
    columns = [side.change if audience in {"", side.audience.name} else np.zeros_like(side.change) for side in some]
    table = np.stack(columns, axis=1)
    events, at = np.nonzero(table == _NUMBERS[kind] if kind else table)
    return Found(events, at)


@dataclass(frozen=True, slots=True)
class Changed:
    """One event and audience for whom it becomes something else."""

    id: int
    audience: Audience
    kind: str
    differences: Sequence[tuple[str, str, str]]  # about what, was, becomes
    why: Sequence[tuple[str, str]]  # names of rules, reasons


def told(crowd: Crowd, some: Sequence[Side], part: Found, before: Policy, after: Policy) -> list[Changed]:
    """These changes in words."""
    return [
        _told(crowd, some[int(at)], int(event), before, after)
        for event, at in zip(part.events, part.sides, strict=True)
    ]


def _told(crowd: Crowd, side: Side, event: int, before: Policy, after: Policy) -> Changed:
    was: Got = side.was.gots[side.was.of[event]]
    becomes: Got = side.becomes.gots[side.becomes.of[event]]
    kind = change(was, becomes)
    return Changed(
        int(crowd.ids[event]),
        side.audience,
        CHANGES[kind] if kind else "",
        list(differences(was, becomes)),
        because(was, becomes, before.protocol, after.protocol),
    )
