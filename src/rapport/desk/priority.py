"""Pure: in which order reports are worked on. What is urgent first, then what concerns many, then what waits longest.

    points = urgency · u + people · log10(1 + p) + trusted · t + hours waited

u is the report's urgency (0 to 3), p how many people it speaks of, t 1 for a trusted sender; urgency, people and
trusted are the operation's weights, counted in hours of waiting: with urgency = 24, one step of urgency outweighs a
day's wait. Because everybody waits equally fast, the order is kept as a number that stays: points less arrival.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

#: Hours of waiting that one step outweighs, where the operation's file says nothing [ours: a report that somebody may
#: die comes before everything of the last three days; a thousand people before everything of the last half day].
WEIGHTS: Mapping[str, float] = {"urgency": 24.0, "people": 4.0, "trusted": 2.0}
MOST_URGENT = 3
_START = datetime(2000, 1, 1, tzinfo=UTC)


def points(
    weights: Mapping[str, Any], urgency: int = 0, people: int | None = None, trusted: bool = False, hours: float = 0.0
) -> float:
    """What a report has by now; higher is sooner."""
    given: Mapping[str, float] = {**WEIGHTS, **weights}
    return (
        given["urgency"] * urgency
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
) -> float:
    """The same order as `points` at any moment, as a number that stays: points at the start of 2000."""
    return points(weights, urgency, people, trusted) - (received_at - _START).total_seconds() / 3600
