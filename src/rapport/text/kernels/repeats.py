"""Which texts only say one word or two over and over: how often these stand there says nothing then.

A whole sentence that is passed on many times in one message is none of these: it still says what it says.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.kernels.compiled import compiled
from rapport.text.kernels.grams import LONGEST

Array = npt.NDArray[Any]

#: Words of a text that repeats itself, at least; at most two of them differ, and fewer than one in so many [ours].
LEAST_WORDS, ONE_IN = 8, 5
#: Bytes after which a word is cut, so that a million times "1" is many words [ours].
_PIECE = 32
_SPACE = 32


def repeating(data: Array, starts: Array) -> Array:
    """For each of these plain texts whether it repeats itself, bool; by its first LONGEST bytes."""
    found = np.zeros(len(starts) - 1, np.bool_)
    _repeating(data, starts, found)
    return found


@compiled
def _repeating(data: Array, starts: Array, found: Array) -> None:
    for row in range(len(starts) - 1):
        at, end = starts[row], min(starts[row + 1], starts[row] + LONGEST)
        words, different = 0, 0
        one, two = np.uint64(0), np.uint64(0)
        while at < end and different <= 2:  # nearly every text ends at its third word
            if data[at] == _SPACE:
                at += 1
                continue
            hashed, stop = np.uint64(0xCBF29CE484222325), min(at + _PIECE, end)
            while at < stop and data[at] != _SPACE:
                hashed = (hashed ^ np.uint64(data[at])) * np.uint64(0x100000001B3)
                at += 1
            words += 1
            if different == 0 or (hashed != one and (different == 1 or hashed != two)):
                different += 1
                one, two = hashed, one
        found[row] = words >= LEAST_WORDS and different <= 2 and different * ONE_IN < words
