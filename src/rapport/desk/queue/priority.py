"""Pure: in which order reports are worked on. What is urgent first, then what concerns many, then what waits longest.

    points = urgency · max(u, heard · v) + people · log10(1 + p) + trusted · t + hours waited

u is the report's urgency (0 to 3) by its categories or a person, v its urgency as its words suggest, which nobody has
confirmed; p how many people it speaks of, t 1 for a trusted sender. urgency, people, trusted and heard are the
operation's weights: the first three in hours of waiting (with urgency = 24, one step of urgency outweighs a day's
wait), heard the share at which a suggested urgency counts. Because everybody waits equally fast, the order is kept as a
number that stays: points less arrival.

`heard`, in all functions here: v; 0 where a person has set the urgency, whose word then stands alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

#: Hours of waiting that one step outweighs, where the operation's file says nothing [ours: a report that somebody may
#: die comes before everything of the last three days; a thousand people before everything of the last half day; words
#: that nobody has confirmed count half as much as what somebody said]. `heard` is a share, 0 to 1.
WEIGHTS: Mapping[str, float] = {"urgency": 24.0, "people": 4.0, "trusted": 2.0, "heard": 0.5}
MOST_URGENT = 3
#: What each step of urgency means, in words.
URGENCIES = ("none", "soon", "urgent", "life in danger")
#: Puts what was passed to a verifier before everything else: a hundred years of waiting, more than any weights give.
_ESCALATED = 876_000.0
_START = datetime(2000, 1, 1, tzinfo=UTC)


def points(
    weights: Mapping[str, Any],
    urgency: int = 0,
    people: int | None = None,
    trusted: bool = False,
    hours: float = 0.0,
    heard: int = 0,
) -> float:
    """What a report has by now; higher is sooner."""
    given: Mapping[str, float] = {**WEIGHTS, **weights}
    return (
        given["urgency"] * max(urgency, given["heard"] * heard)
        + given["people"] * math.log10(1 + (people or 0))
        + given["trusted"] * trusted
        + hours
    )


def rank(
    weights: Mapping[str, Any],
    received_at: datetime,
    urgency: int = 0,
    people: int | None = None,
    trusted: bool = False,
    escalated: bool = False,
    heard: int = 0,
) -> float:
    """The same order as `points` at any moment, as a number that stays: points at the start of 2000. What was passed
    to a verifier comes first."""
    first = _ESCALATED if escalated else 0.0
    waited = (received_at - _START).total_seconds() / 3600
    return first + points(weights, urgency, people, trusted, heard=heard) - waited


def by_words(weights: Mapping[str, Any], urgency: int, heard: int) -> bool:
    """Whether the urgency that counts is the one that its words suggest."""
    share: float = {**WEIGHTS, **weights}["heard"]
    return share * heard > urgency


def explained(
    weights: Mapping[str, Any],
    urgency: int = 0,
    people: int | None = None,
    trusted: bool = False,
    hours: float = 0.0,
    heard: int = 0,
) -> str:
    """The sum as a person can follow it: "32.4 points: urgency 1 × 24 + people log10(1 + 40) × 4 + 2.0 h waited"; in
    words where there is nothing to add up."""
    given: Mapping[str, float] = {**WEIGHTS, **weights}
    parts = []
    if by_words(weights, urgency, heard):
        parts += [f"urgency {heard} as its words suggest, not confirmed, × {given['urgency']:g} × {given['heard']:g}"]
    elif urgency:
        parts += [f"urgency {urgency} × {given['urgency']:g}"]
    parts += [f"people log10(1 + {people}) × {given['people']:g}"] if people else []
    parts += [f"trusted sender {given['trusted']:g}"] if trusted else []
    waited = f"{hours:.1f} h waited" if hours >= 1 else f"{round(60 * hours)} min waited"
    if not parts:
        return f"In its turn, by how long it waits: {waited}. Nothing known about it puts it further ahead."
    parts.append(waited)
    return f"{points(weights, urgency, people, trusted, hours, heard):.1f} points: {' + '.join(parts)}"


def formula(weights: Mapping[str, Any]) -> str:
    """The rule with an operation's weights, in one line."""
    given: Mapping[str, float] = {**WEIGHTS, **weights}
    suggested = f"; × {given['heard']:g} where only the words suggest it" if given["heard"] else ""
    return (
        f"{given['urgency']:g} × urgency (0 to {MOST_URGENT}{suggested}) + {given['people']:g} × log10(1 + people) "
        f"+ {given['trusted']:g} for a trusted sender + hours waited"
    )
