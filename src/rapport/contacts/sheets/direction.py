"""Pure: in which order the parts of a line stand, where some are read from right to left.

The rules of UAX 9 (Unicode's bidirectional algorithm), as far as a sheet needs them: the line runs from left to right,
and what rows.py:isolated has put between isolates runs the other way. In it a number, its plus sign and the blanks
within it stay together and run from left to right [ours, a higher protocol as UAX 9 HL3 allows: a telephone number in
another order is another number].
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

_ISOLATE = re.compile("\u2068([^\u2068\u2069]*)\u2069")
_TURNED = frozenset({"R", "AL"})
_FORWARD = frozenset({"L", "EN", "AN"})


@dataclass(frozen=True, slots=True)
class Run:
    """Letters that are read in one direction."""

    text: str
    turned: bool  # from right to left


def runs(line: str) -> list[Run]:
    """The line in runs, in the order in which they stand on paper, from left to right."""
    found: list[Run] = []
    for number, part in enumerate(_ISOLATE.split(line)):
        found += _part(part) if number % 2 else [Run(part, False)]
    return [one for one in found if one.text]


def _part(text: str) -> Iterator[Run]:
    """The part that runs from right to left: its last run stands first."""
    marked = zip(text, _forward(text), strict=True)
    found = [
        (forward, "".join(letter for letter, _ in group)) for forward, group in groupby(marked, lambda one: one[1])
    ]
    for forward, letters in reversed(found):
        yield Run(letters, not forward)


def _forward(text: str) -> list[bool]:
    """Of each letter whether it is read from left to right: what has no direction of its own goes with what it stands
    between, and where both sides differ with the part (N1, N2); a mark with its letter (W1)."""
    kinds = [unicodedata.bidirectional(letter) for letter in text]
    own: list[bool | None] = [True if kind in _FORWARD else False if kind in _TURNED else None for kind in kinds]
    for at, kind in enumerate(kinds):
        if kind == "NSM" and at:
            own[at] = own[at - 1]
        elif kind == "ES" and at + 1 < len(kinds) and kinds[at + 1] == "EN":
            own[at] = True
    after, following = [False] * len(own), False
    for at in range(len(own) - 1, -1, -1):
        after[at] = following
        known = own[at]
        following = following if known is None else known
    found, before = [], False
    for at, known in enumerate(own):
        before = before if known is None else known
        found.append(before and after[at] if known is None else known)
    return found
