"""What a protocol would change: whom it gives how many events, and for how many it is something else than now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapport.desk.protocol.changes import Side
from rapport.sharing.protocol.model import Audience
from rapport.sharing.protocol.played import Change


@dataclass(frozen=True, slots=True)
class Effect:
    """What an audience would get of the events, beside what it gets now."""

    audience: Audience
    now: int  # events it is shown today: by the audience of this name, else as everybody
    then: int
    more: int  # not shown now, shown then
    fewer: int
    otherwise: int  # shown both times, with another place, other words, times or fields


def effects(sides: Iterable[Side]) -> list[Effect]:
    """The effect on each audience."""
    return [_effect(side) for side in sides]


def _effect(side: Side) -> Effect:
    counts, (now, then) = side.counts(), side.shown()
    otherwise = counts[Change.MORE] + counts[Change.LESS] + counts[Change.OTHER]
    return Effect(side.audience, now, then, counts[Change.SHOWN], counts[Change.HIDDEN], otherwise)
