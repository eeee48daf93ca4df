"""The names of a gazetteer in many plain texts, and which texts may hold coordinates or codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.kernels.compiled import compiled
from rapport.text.kernels.minhash import mixed

Array = npt.NDArray[Any]
_SPACE, _PLUS = 32, 0x2B
_OFFSET, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
#: What `numbers` says of a text.
COORDINATES, PLUS_CODE = 1, 2
_ASKS = 2  # of a pair of coordinates that is written with signs, letters or decimals, each half shows one


class Table:
    """Names, and the words that they begin with, found by their hash: open addressing, at most half full.

    A phrase is the first words of a name, or all of them; it is a slice of the names' bytes, `pool`.
    """

    def __init__(self, names: list[str]) -> None:
        phrases: dict[bytes, int] = {}
        begins: list[int] = []
        found: list[int] = []
        more: list[bool] = []
        pool = bytearray()
        for index, name in enumerate(names):
            whole = name.encode()
            ends = [at for at, byte in enumerate(whole) if byte == _SPACE] + [len(whole)]
            for end in ends:
                phrase = phrases.setdefault(whole[:end], len(phrases))
                if phrase == len(begins):
                    begins.append(len(pool))
                    found.append(-1)
                    more.append(False)
                if end == len(whole):
                    found[phrase] = index
                else:
                    more[phrase] = True
            pool += whole
        self.pool = np.frombuffer(bytes(pool) or b"\0", np.uint8)
        self.begins = np.array(begins, np.int64)
        self.lengths = np.array([len(phrase) for phrase in phrases], np.int64)
        self.names = np.array(found, np.int32)
        self.more = np.array(more, np.bool_)
        self.hashes = np.zeros(len(phrases), np.uint64)
        self.slots = np.full(1 << (2 * len(phrases) + 1).bit_length(), -1, np.int32)
        _fill(self.pool, self.begins, self.lengths, self.hashes, self.slots)


def names_in(data: Array, starts: Array, positions: Array, longest: int, table: Table) -> Array:
    """Every name of whole words that begins within the first `longest` characters of its original, also names within
    others: (row, first byte in `data`, byte behind the last, name), int64, in the order of the bytes, shorter first."""
    hits = np.empty((len(starts) + 64, 4), np.int64)
    while True:
        count = _names_in(
            data, starts, positions, longest, table.pool, table.begins, table.lengths, table.names, table.more,
            table.hashes, table.slots, hits,
        )  # fmt: skip
        if count <= len(hits):
            return hits[:count]
        hits = np.empty((count, 4), np.int64)


@compiled
def _fill(pool: Array, begins: Array, lengths: Array, hashes: Array, slots: Array) -> None:
    for phrase in range(len(begins)):
        hashed = _OFFSET
        for at in range(begins[phrase], begins[phrase] + lengths[phrase]):
            hashed = (hashed ^ np.uint64(pool[at])) * _PRIME
        hashes[phrase] = hashed
        slot = mixed(hashed) & np.uint64(len(slots) - 1)
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & np.uint64(len(slots) - 1)
        slots[slot] = phrase


@compiled
def _names_in(
    data: Array, starts: Array, positions: Array, longest: int, pool: Array, begins: Array, lengths: Array,
    names: Array, more: Array, hashes: Array, slots: Array, hits: Array,
) -> int:  # fmt: skip
    """How many hits there are; those that `hits` has room for are in it. The hash of a phrase goes on to the next word,
    so a word is read once for each name that the words before it begin."""
    count = 0
    for row in range(len(starts) - 1):
        at, end = starts[row], starts[row + 1]
        while at < end and positions[at] < longest:
            following = -1
            stop, hashed = at, _OFFSET
            while stop < end:
                while stop < end and data[stop] != _SPACE:
                    hashed = (hashed ^ np.uint64(data[stop])) * _PRIME
                    stop += 1
                following = stop + 1 if following < 0 else following
                phrase = _phrase(data, at, stop, hashed, pool, begins, lengths, hashes, slots)
                if phrase < 0:
                    break
                if names[phrase] >= 0:
                    if count < len(hits):
                        hits[count, 0] = row
                        hits[count, 1] = at
                        hits[count, 2] = stop
                        hits[count, 3] = names[phrase]
                    count += 1
                if not more[phrase]:
                    break
                hashed = (hashed ^ np.uint64(_SPACE)) * _PRIME
                stop += 1
            at = following
    return count


@compiled
def _phrase(
    data: Array, at: int, stop: int, hashed: np.uint64, pool: Array, begins: Array, lengths: Array, hashes: Array,
    slots: Array,
) -> int:  # fmt: skip
    """The phrase that these bytes are, -1 if none."""
    slot = mixed(hashed) & np.uint64(len(slots) - 1)
    while slots[slot] >= 0:
        phrase = slots[slot]
        if hashes[phrase] == hashed and lengths[phrase] == stop - at:
            same, begin = True, begins[phrase]
            for byte in range(stop - at):
                same = same and pool[begin + byte] == data[at + byte]
            if same:
                return int(phrase)
        slot = (slot + np.uint64(1)) & np.uint64(len(slots) - 1)
    return -1


@compiled
def numbers(data: Array, starts: Array, asks: Array) -> None:
    """Whether each original may hold COORDINATES or a PLUS_CODE, into `asks` (uint8). Says yes rather too often.

    Coordinates: two or more of a number with two decimals, one with a degree sign behind it, a letter of the compass
    beside it; or a digit beyond ASCII. A plus code: two characters on either side of a plus.
    """
    for row in range(len(starts) - 1):
        begin, end = starts[row], starts[row + 1]
        seen, wanted = 0, 0
        for at in range(begin, end):
            byte = data[at]
            if 0x30 <= byte <= 0x39:
                seen += _is_marked(data, at, begin, end)
            elif byte == _PLUS and at - begin >= 4 and at + 2 < end:
                if _of_a_code(data[at - 1]) and _of_a_code(data[at - 2]) and _of_a_code(data[at - 4]):
                    wanted |= PLUS_CODE if _of_a_code(data[at + 1]) and _of_a_code(data[at + 2]) else 0
            elif byte >= 0xD9 and _is_a_digit_elsewhere(data, at, end):
                seen = _ASKS
        asks[row] = wanted | (COORDINATES if seen >= _ASKS else 0)


@compiled
def _is_marked(data: Array, at: int, begin: int, end: int) -> int:
    """1 if behind this digit come a point and two digits, a comma and four ("10,000" is a number), a degree sign or a
    letter of the compass, or such a letter stands before it."""
    if at + 3 < end and (data[at + 1] == 0x2E or data[at + 1] == 0x2C):
        needed = 2 if data[at + 1] == 0x2E else 4
        digits = 0
        while digits < needed and at + 2 + digits < end and _is_digit(data[at + 2 + digits]):
            digits += 1
        return 1 if digits == needed else 0
    if at + 2 < end and data[at + 1] == 0xC2 and (data[at + 2] == 0xB0 or data[at + 2] == 0xBA):
        return 1
    before = at - 1
    while before > begin and data[before] == _SPACE and at - before < 3:
        before -= 1
    if before >= begin and _is_compass(data[before]) and (before == begin or not _is_letter(data[before - 1])):
        return 1
    behind = at + 1
    while behind < end and behind - at < 5 and _is_between(data[behind]):
        behind += 1
    alone = behind + 1 >= end or not _is_letter(data[behind + 1])
    return 1 if behind < end and (data[behind] >= 0x80 or (_is_compass(data[behind]) and alone)) else 0


@compiled
def _is_between(byte: int) -> bool:
    """A space, or the signs of minutes and seconds that ASCII has."""
    return bool(byte == _SPACE or byte == 0x27 or byte == 0x22)


@compiled
def _is_digit(byte: int) -> bool:
    return 0x30 <= byte <= 0x39


@compiled
def _is_letter(byte: int) -> bool:
    return 0x61 <= byte | 0x20 <= 0x7A


@compiled
def _is_compass(byte: int) -> bool:
    low = byte | 0x20
    return low == 0x6E or low == 0x73 or low == 0x65 or low == 0x77 or low == 0x6F


@compiled
def _of_a_code(byte: int) -> bool:
    """2 to 9, or one of the letters CFGHJMPQRVWX; 0 pads."""
    if 0x30 <= byte <= 0x39:
        return byte != 0x31
    low = byte | 0x20
    if low < 0x63 or low > 0x78:
        return False
    return (
        low != 0x64
        and low != 0x65
        and low != 0x69
        and not 0x6B <= low <= 0x6C
        and not 0x6E <= low <= 0x6F
        and not 0x73 <= low <= 0x75
    )


@compiled
def _is_a_digit_elsewhere(data: Array, at: int, end: int) -> bool:
    """Arabic-Indic, Persian, Devanagari, Bengali or Burmese."""
    first = int(data[at])
    second = int(data[at + 1]) if at + 1 < end else 0
    third = int(data[at + 2]) if at + 2 < end else 0
    if first == 0xD9:
        return 0xA0 <= second <= 0xA9
    if first == 0xDB:
        return 0xB0 <= second <= 0xB9
    if first == 0xE0:
        return (second == 0xA5 or second == 0xA7) and 0xA6 <= third <= 0xAF
    return first == 0xE1 and second == 0x81 and 0x80 <= third <= 0x89
