"""labels.grams over many texts: their buckets for training, and the sums of a model's rows for what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.kernels.compiled import compiled
from rapport.text.kernels.minhash import mixed

Array = npt.NDArray[Any]
BITS = 17
BUCKETS = 1 << BITS
LONGEST = 20_000  # bytes of a text that are read: the grams of a longer one say no more
_SHORTEST_GRAM, _LONGEST_GRAM = 3, 5
_SPACE = 32
_BASIS, _PRIME = 0xCBF29CE484222325, 0x100000001B3
_WORDS_APART = 31
LONGEST_WORD = 400  # letters; what is longer is no word, and is read as several


@compiled
def gathered(data: Array, starts: Array, out: Array, ends: Array) -> int:
    """Write the buckets of each text's grams into `out` (int32, 4 · bytes + texts) and where they end into `ends`
    (int64, one a text); how many there are."""
    size = 0
    at_ = np.empty(LONGEST_WORD + 3, np.int64)
    for row in range(len(starts) - 1):
        size = _grams(data, starts[row], _end(data, starts[row], starts[row + 1]), out, size, at_)
        ends[row] = size
    return size


@compiled
def summed(data: Array, starts: Array, weights: Array, sums: Array, counts: Array) -> None:
    """Add up the rows of `weights` (BUCKETS, labels; int8) of each text's grams into `sums` (texts, labels; int32).
    `counts` (texts; int32): how many grams there were."""
    labels = weights.shape[1]
    longest = 0
    for row in range(len(starts) - 1):
        longest = max(longest, min(starts[row + 1] - starts[row], LONGEST))
    found = np.empty(4 * longest + 4, np.int32)
    at_ = np.empty(LONGEST_WORD + 3, np.int64)
    for row in range(len(starts) - 1):
        size = _grams(data, starts[row], _end(data, starts[row], starts[row + 1]), found, 0, at_)
        own = sums[row]
        own[:] = 0
        fours = size - size % 4
        for at in range(0, fours, 4):  # four at a time: the sums are fetched and put back a quarter as often
            a, b, c, d = weights[found[at]], weights[found[at + 1]], weights[found[at + 2]], weights[found[at + 3]]
            for label in range(labels):
                first, second = np.int16(a[label]) + np.int16(b[label]), np.int16(c[label]) + np.int16(d[label])
                own[label] += first + second
        for at in range(fours, size):
            a = weights[found[at]]
            for label in range(labels):
                own[label] += a[label]
        counts[row] = size


@compiled
def _end(data: Array, begin: int, end: int) -> int:
    """Where what is read of a text ends: behind a whole letter."""
    if end - begin <= LONGEST:
        return end
    at = begin + LONGEST
    while data[at] & 0xC0 == 0x80:
        at -= 1
    return at


@compiled
def _grams(data: Array, begin: int, end: int, out: Array, size: int, at_: Array) -> int:
    """The buckets of one text's grams behind `size`; the new size. `at_`: room for a word's code points."""
    first = size
    before = np.uint64(0)
    at = begin
    while at < end:
        whole = np.uint64(_BASIS)
        letters = 1  # at_[0] is the space in front
        stop = at
        while stop < end and data[stop] != _SPACE:
            if data[stop] & 0xC0 != 0x80:
                if letters > LONGEST_WORD:
                    break
                at_[letters] = stop
                letters += 1
            whole = (whole ^ np.uint64(data[stop])) * np.uint64(_PRIME)
            stop += 1
        at_[letters] = stop  # the space behind
        word = mixed(whole)
        out[size] = np.int32(word & np.uint64(BUCKETS - 1))
        size += 1
        if size > first + 1:
            out[size] = np.int32(mixed(before * np.uint64(_WORDS_APART) + word) & np.uint64(BUCKETS - 1))
            size += 1
        before = word
        for start in range(letters + 2 - _SHORTEST_GRAM):
            hashed = np.uint64(_BASIS)
            if start == 0:
                hashed = (hashed ^ np.uint64(_SPACE)) * np.uint64(_PRIME)
            byte = at_[max(start, 1)]
            for length in range(1, min(_LONGEST_GRAM, letters + 1 - start) + 1):
                last = start + length  # behind the gram; letters + 1 is behind the space
                while byte < at_[min(last, letters)]:
                    hashed = (hashed ^ np.uint64(data[byte])) * np.uint64(_PRIME)
                    byte += 1
                if last > letters:
                    hashed = (hashed ^ np.uint64(_SPACE)) * np.uint64(_PRIME)
                if length >= _SHORTEST_GRAM:
                    out[size] = np.int32(mixed(hashed + np.uint64(length)) & np.uint64(BUCKETS - 1))
                    size += 1
        at = stop + 1 if stop < end and data[stop] == _SPACE else stop
    return size
