"""Pure: how often each value of a short scale was chosen, and where that stands in a small picture."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

WIDTH = 160  # of the drawings, in their own units: a cell of a table
LETTER = 11
_EDGE = 16
_FEWEST, _MOST = 2, 7  # values of a scale; beyond, the counts have no room in the dots


@dataclass(frozen=True, slots=True)
class Answers:
    """`counts`: how often `lowest` was chosen, `lowest` + 1, and so on; blanks are no answers."""

    counts: tuple[int, ...]
    lowest: int

    @classmethod
    def of(cls, counts: Sequence[int], lowest: int) -> Answers:
        """ValueError for a scale that is too short or too long, or a negative count."""
        if not _FEWEST <= len(counts) <= _MOST or min(counts) < 0:
            raise ValueError(f"a scale has {_FEWEST} to {_MOST} values, each with a count of 0 or more")
        return cls(tuple(counts), lowest)

    @property
    def chosen(self) -> list[int]:
        """The values that anybody chose, in order."""
        return [value for value, count in zip(self.values, self.counts, strict=True) if count]

    @property
    def values(self) -> range:
        return range(self.lowest, self.lowest + len(self.counts))

    @property
    def median(self) -> float:
        """The middle answer; between the two in the middle where their number is even."""
        upto = list(accumulate(self.counts))
        middle = ((upto[-1] - 1) // 2, upto[-1] // 2)
        return sum(self.values[bisect_right(upto, place)] for place in middle) / 2

    def at(self, value: float) -> float:
        """Where a value stands, in units of the drawing."""
        return _EDGE + (value - self.lowest) * (WIDTH - 2 * _EDGE) / (len(self.counts) - 1)
