"""Near-duplicates in a stream: the group of each message, found among those of a sliding window.

Who could be alike is found by keys: 21 bands of 3 bins of the MinHash signature (a pair meets there with chance .60 at
similarity .35, .94 at .5, .9999 at .7), and the first 16 bytes, by which what was only cut is met. Each key leads to
the newest message that has it, and from there to the ones before.

What meets is compared by its own pieces, the runs of six bytes of the plain text without spaces. The likeness of two
messages is the larger of
- the share of their pieces that they have in common, of all that either has. Of texts of more than 192 bytes it is the
  share of equal bins of their signatures.
- the share of the smaller one's pieces that the other has, less WITHIN: a copy that was cut, or passed on with words
  added, lies within the other whole. It counts only where the first share is WITHIN_LEAST, or WITHIN_PIECES are in
  common: a few common words lie within many messages. It is unknown for a smaller one of more than 192 bytes.

A message from SAME on joins the group of the one it is likest (the newest of equals), if that group's first message is
RELATED to it: else chains form, of messages each like the one before and the last not like the first. The group has the
number of its first message, also after that one has left the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.columns import Texts
from rapport.text.kernels import groups as kernel

Array = npt.NDArray[Any]
#: Likeness from which messages are near-duplicates, and from which they may be related. At .35 chains form.
SAME = 0.50
RELATED = 0.35
#: [ours], chosen on half of the edited copies of evaluation/duplicates.py, and kept on the other half.
WITHIN = 0.30
WITHIN_LEAST = 0.30
WITHIN_PIECES = 48
#: Messages remembered unless told otherwise: about 150 MB when full. 600,000 take about 390 MB [computed].
CAPACITY = 200_000
#: Messages of one key that are compared when somebody asks what is near.
DEEPEST = 100
_FIRST_ROOM = 1 << 10
_ROOM_EACH = 32  # candidates a message for which there is room at first
_RULES = kernel.Rules(SAME, RELATED, WITHIN, WITHIN_LEAST, WITHIN_PIECES)


@dataclass(frozen=True, slots=True)
class Grouped:
    """Of each message of a batch: `numbers`, its own, int64, rising by one; `groups`, the number of its group's first
    message, its own if it is the first; `likeness`, float64, to the likest one; `nearest`, the number of that one, -1
    if none is RELATED."""

    numbers: Array
    groups: Array
    likeness: Array
    nearest: Array


@dataclass(frozen=True, slots=True)
class Near:
    """A message like another one; `share` is the first of the two shares, which may be the likeness or less."""

    number: int
    likeness: float
    share: float


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs of like messages: `rows`, which of those asked about, rising; `numbers`, the earlier one; `likeness` and
    `shares` as in Near."""

    rows: Array
    numbers: Array
    likeness: Array
    shares: Array


class Window:
    """The last messages, `capacity` at most and no older than `span` (in the unit of the times given, None for any
    age). A message's answer depends on those before it alone, and not on how they were cut into batches."""

    def __init__(self, capacity: int = CAPACITY, span: int | None = None) -> None:
        self._capacity = capacity
        self._span = np.iinfo(np.int64).max >> 2 if span is None else span
        self._most_slots = _power(kernel.KEYS * (capacity + 1) * 8 // 7 + 1)
        self._ring = kernel.ring(min(capacity, _FIRST_ROOM))
        self._slots = np.zeros(min(self._most_slots, _power(4 * kernel.KEYS)), np.uint64)
        self._state = np.zeros(kernel.STATE, np.int64)
        self._state[kernel.NEXT] = self._state[kernel.OLDEST] = 1
        self._room = kernel.desk(kernel.KEYS * DEEPEST)

    @property
    def oldest(self) -> int:
        """The number of the oldest message that is remembered; numbers begin at 1."""
        return int(self._state[kernel.OLDEST])

    @property
    def size_bytes(self) -> int:
        """Memory that is taken now."""
        return int(self._slots.nbytes + sum(part.nbytes for part in self._ring))

    def add(self, plain: Texts, signatures: Array, times: Array | None = None) -> Grouped:
        """Put plain texts in, with their signatures (n, 64; uint32) and, where `span` is used, their times (n; int64).
        A time before one that was given already counts as that one. A text without letters has a group of its own."""
        count = len(plain)
        times = np.zeros(count, np.int64) if times is None else times
        first = int(self._state[kernel.NEXT])
        groups, nearest = np.empty(count, np.int64), np.empty(count, np.int64)
        likeness = np.empty(count)
        row = 0
        while True:
            row = kernel.enter(
                self._ring, self._slots, self._state, self._limits(), _RULES, self._room, plain.data, plain.starts,
                signatures, times, row, groups, likeness, nearest,
            )  # fmt: skip
            if row == count:
                return Grouped(np.arange(first, first + count), groups, likeness, nearest)
            self._make_room()

    def near(self, number: int, deep: int = DEEPEST) -> list[Near]:
        """Messages before this one that are RELATED to it at least: the likest, and of equals the newest first. Of each
        key the newest `deep` are compared, DEEPEST at most: a flood of one text costs no more than some copies."""
        found = self.near_all(np.array([number]), deep)
        columns = (found.numbers.tolist(), found.likeness.tolist(), found.shares.tolist())
        return sorted((Near(*one) for one in zip(*columns, strict=True)), key=lambda one: (-one.likeness, -one.number))

    def near_all(self, numbers: Array, deep: int = DEEPEST) -> Found:
        """The same of many messages (int64) at once, in no order."""
        count = len(numbers)
        ends = np.zeros(count, np.int64)
        room = len(self._room.found) + _ROOM_EACH * count
        columns: tuple[Array, ...] = (np.empty(room, np.int64), np.empty(room), np.empty(room))
        row = 0
        while True:
            row = kernel.earlier_of(
                self._ring, self._state, numbers, row, self._room, min(deep, DEEPEST), _RULES, ends, *columns
            )
            if row == count:
                break
            columns = tuple(np.concatenate((column, np.empty_like(column))) for column in columns)
        last = int(ends[-1]) if count else 0
        rows = np.repeat(np.arange(count), np.diff(ends, prepend=0))
        return Found(rows, *(column[:last] for column in columns))

    def group(self, number: int) -> int:
        """The number of the first message of a message's group; its own when it is not remembered."""
        return int(self._ring.heads[number % len(self._ring.heads)]) if self._remembers(number) else number

    def remove(self, number: int) -> None:
        """Forget a message and its text; nothing happens if it is not remembered. Its group goes on."""
        if self._remembers(number):
            at = number % len(self._ring.gone)
            self._ring.gone[at] = 1
            self._ring.kept[at] = 0
            self._ring.bins[at] = 0

    def _remembers(self, number: int) -> bool:
        return bool(self._state[kernel.OLDEST] <= number < self._state[kernel.NEXT])

    def _limits(self) -> Array:
        size = len(self._slots)
        most = size // 2 if size < self._most_slots else size * 7 // 8
        return np.array([self._capacity, self._span, most], np.int64)

    def _make_room(self) -> None:
        """A longer ring if it is full; the table without what is too old, twice as long if half of it may be alive."""
        oldest, following = self._state[kernel.OLDEST], self._state[kernel.NEXT]
        length = len(self._ring.sizes)
        if following - oldest >= length:
            longer = kernel.ring(min(2 * length, self._capacity))
            alive = np.arange(oldest, following)
            for part, other in zip(self._ring, longer, strict=True):
                other[alive % len(longer.sizes)] = part[alive % length]
            self._ring = longer
        if self._state[kernel.USED] + kernel.KEYS > self._limits()[2]:
            size = len(self._slots)
            half_alive = (following - oldest + 1) * kernel.KEYS * 2 > size
            slots = np.zeros(2 * size if half_alive and size < self._most_slots else size, np.uint64)
            kernel.moved(self._slots, slots, self._state)
            self._slots = slots


def _power(least: int) -> int:
    """The next power of two."""
    return 1 << (least - 1).bit_length()
