"""Pure: how far several people agree in what they rate: Krippendorff's alpha (K. Krippendorff, Computing Krippendorff's
Alpha-Reliability, 2011).

Our own: the packages found are under the GPL, and it is forty lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Floats = npt.NDArray[np.float64]


def alpha(ratings: Sequence[Sequence[float | None]], level: Level) -> float | None:
    """Of ratings by rater and then by unit, None where somebody gave none: 1 for full agreement, 0 for what chance
    gives, below it for less. None where it is not defined: fewer than two ratings of any unit, or one value only; that
    is not full agreement, for nobody could have differed. ValueError for rows of different length, or a negative value
    on a ratio scale.
    """
    if len({len(row) for row in ratings}) > 1:
        raise ValueError("every rater has a place for every unit")
    counts, values = _counts(ratings)
    if level == "ratio" and len(values) and values[0] < 0:
        raise ValueError("a ratio scale has no values below 0")
    pairable = counts[counts.sum(axis=1) >= 2]
    if not len(pairable):
        return None
    of_unit = pairable.sum(axis=1)
    # Coincidences: each unit's pairs count together as its ratings (section C of the paper).
    observed = np.zeros((len(values), len(values)))
    for unit, n in zip(pairable, of_unit, strict=True):
        observed += (np.outer(unit, unit) - np.diag(unit)) / (n - 1)
    totals = observed.sum(axis=1)
    n = totals.sum()
    expected = (np.outer(totals, totals) - np.diag(totals)) / (n - 1)
    distance = _distances(values, totals, level)
    by_chance = float((expected * distance).sum())
    return 1 - float((observed * distance).sum()) / by_chance if by_chance else None


def _counts(ratings: Sequence[Sequence[float | None]]) -> tuple[Floats, Floats]:
    """For each unit how often each value was given; the values in order."""
    units = len(ratings[0]) if ratings else 0
    values = np.array(sorted({float(one) for row in ratings for one in row if one is not None}))
    counts = np.zeros((units, len(values)))
    for row in ratings:
        for unit, one in enumerate(row):
            if one is not None:
                counts[unit, int(np.searchsorted(values, one))] += 1
    return counts, values


def _distances(values: Floats, totals: Floats, level: Level) -> Floats:
    """The squared difference of each two values on that scale."""
    left, right = values[:, None], values[None, :]
    apart: Floats = left - right
    if level == "nominal":
        apart = np.sign(apart)
    elif level == "ratio":
        both = left + right
        apart = np.divide(apart, both, out=np.zeros_like(both), where=both != 0)
    elif level == "ordinal":
        ranks = np.cumsum(totals) - totals / 2  # the rank of a value is the middle of all that have it
        apart = ranks[:, None] - ranks[None, :]
    return np.square(apart)
