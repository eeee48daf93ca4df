"""plain.plain over many texts: the same characters from the same positions, and which kinds of things were undone."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.columns import Texts
from rapport.text.fold import folded_character
from rapport.text.kernels.compiled import compiled
from rapport.text.plain import INVISIBLE, LOOKS_LIKE, SPELT_OUT, Undone

Array = npt.NDArray[Any]
_SPACE, _MARK = 32, 1
_LINK, _ACCOUNT, _INVISIBLE = int(Undone.LINK), int(Undone.ACCOUNT), int(Undone.INVISIBLE)
_SPELT_OUT, _LOOKALIKE, _CUT = int(Undone.SPELT_OUT), int(Undone.LOOKALIKE), int(Undone.CUT)
#: What the table says of a code point beside what it becomes.
_UNKNOWN, _KNOWN, _BLANK, _HIDDEN = 0, 1, 2, 4
_CODES = 0x110000
_AT_ONCE = 4096  # unknown code points that one look notes; more are found by the next


class Table:
    """What every code point becomes, learnt when it is first met: 6 MB, and 150,000 code points at most."""

    def __init__(self) -> None:
        self.kinds = np.zeros(_CODES, np.uint8)
        self.where = np.zeros(_CODES, np.int32)  # its bytes in `pool`: begin * 64 + length
        self.pool = np.zeros(1 << 16, np.uint8)
        self._used = 0
        self._learning = Lock()

    def learn(self, codes: Iterable[int]) -> None:
        with self._learning:
            for code in codes:
                if not self.kinds[code]:
                    self._learn(code)

    def _learn(self, code: int) -> None:
        character = chr(code)
        hidden = character in INVISIBLE
        becomes = bytes([_MARK]) if hidden else folded_character(character).encode(errors="ignore")
        end = self._used + len(becomes)
        if end > len(self.pool):
            self.pool = np.concatenate([self.pool, np.zeros_like(self.pool)])
        self.pool[self._used : end] = np.frombuffer(becomes, np.uint8)
        self.where[code] = self._used * 64 + len(becomes)
        self.kinds[code] = _KNOWN | (_BLANK if character.isspace() else 0) | (_HIDDEN if hidden else 0)
        self._used = end


def _looks_like() -> Array:
    """For each code point below 0x530 the Latin letter that it looks like, 0 for none; all take two bytes."""
    table = np.zeros(0x530, np.uint8)
    for letter, latin in LOOKS_LIKE.items():
        table[ord(letter)] = ord(latin)
    return table


_TABLE = Table()
_LOOKS = _looks_like()


def made_plain(texts: Texts) -> tuple[Texts, Array, Array]:
    """The plain texts; for each of their bytes the index of the original's character, int32; and for each text the
    kinds of what was undone, uint8."""
    unknown = np.zeros(_AT_ONCE, np.int64)
    while True:
        room, missing = _measured(texts.data, _TABLE.kinds, _TABLE.where, unknown)
        if not missing:
            break
        _TABLE.learn(set(unknown[:missing].tolist()))
    data = np.empty(room + 1, np.uint8)
    positions = np.empty(room + 1, np.int32)
    starts = np.empty(len(texts) + 1, np.int64)
    undone = np.zeros(len(texts), np.uint8)
    size = _all(
        texts.data, texts.starts, _TABLE.kinds, _TABLE.where, _TABLE.pool, _LOOKS, data, positions, starts, undone
    )
    return Texts(data[:size], starts), positions[:size], undone


@compiled
def _decoded(data: Array, at: int) -> tuple[int, int]:
    """The code point that begins at a byte, and how many bytes it takes."""
    first = int(data[at])
    if first < 0x80:
        return first, 1
    if first < 0xE0:
        return (first & 0x1F) << 6 | (int(data[at + 1]) & 0x3F), 2
    if first < 0xF0:
        return (first & 0x0F) << 12 | (int(data[at + 1]) & 0x3F) << 6 | (int(data[at + 2]) & 0x3F), 3
    return (
        (first & 0x07) << 18
        | (int(data[at + 1]) & 0x3F) << 12
        | (int(data[at + 2]) & 0x3F) << 6
        | (int(data[at + 3]) & 0x3F)
    ), 4


@compiled
def _measured(data: Array, kinds: Array, where: Array, unknown: Array) -> tuple[int, int]:
    """How many bytes the folded texts take at most, and how many code points the table lacks; `unknown` names them."""
    at, room, missing = 0, 0, 0
    while at < len(data):
        code, width = _decoded(data, at)
        at += width
        if kinds[code]:
            room += where[code] & 63
        elif missing < len(unknown):
            unknown[missing] = code
            missing += 1
        room += 1  # a link or an account becomes one space
    return room, missing


@compiled
def _all(
    data: Array, starts: Array, kinds: Array, where: Array, pool: Array, looks: Array,
    out: Array, positions: Array, begins: Array, undone: Array,
) -> int:  # fmt: skip
    size = 0
    for row in range(len(starts) - 1):
        begins[row] = size
        end, found, cut, hidden = _read(
            data, starts[row], starts[row + 1], kinds, where, pool, out, positions, size
        )  # 1
        if cut:
            before = end
            end = _without_last_word(out, size, end)  # 2
            found |= _CUT if end != before else 0
        if hidden:
            end, more = _visible(out, positions, size, end)  # 3
            found |= more
        end, more = _joined(out, positions, size, end)  # 4
        found |= more
        end, more = _unmasked(out, positions, size, end, looks)  # 5
        found |= more
        for at in range(end - 2, size, -1):
            if out[at] == _SPACE:
                positions[at] = positions[at + 1]
        undone[row] = found
        size = end
    begins[len(starts) - 1] = size
    return size


@compiled
def _read(
    data: Array, at: int, end: int, kinds: Array, where: Array, pool: Array, out: Array, positions: Array, begin: int
) -> tuple[int, int, bool, bool]:
    """Where the letters end in `out`; what was undone; whether the text was cut at its end, and holds hidden marks."""
    size, index, found = begin, 0, 0
    within, hidden = False, False
    last = 0  # the last code point that is not blank
    while at < end:
        code, width = _decoded(data, at)
        if not kinds[code] & _BLANK:
            last = code
        if not within and code < 0x80 and _begins_link(data, at, end):
            found |= _LINK
            size = _space(out, positions, begin, size, index)
            while at < end:
                code, width = _decoded(data, at)
                if kinds[code] & _BLANK:
                    break
                last = code
                at += width
                index += 1
            continue
        if not within and code == 0x40 and at + 1 < end and _of_an_account(data, at + 1, kinds, where, pool):
            found |= _ACCOUNT
            size = _space(out, positions, begin, _without_forwarded(out, begin, size), index)
            at += 1
            index += 1
            while at < end and _of_an_account(data, at, kinds, where, pool):
                last, width = _decoded(data, at)
                at += width
                index += 1
            if at < end and data[at] == 0x3A:
                last = 0x3A
                at += 1
                index += 1
            continue
        within = False
        if kinds[code] & _HIDDEN:
            out[size] = _MARK
            positions[size] = index
            size += 1
            hidden = True
        else:
            first, length = where[code] >> 6, where[code] & 63
            for byte in range(first, first + length):
                if pool[byte] == _SPACE:
                    size = _space(out, positions, begin, size, index)
                    within = False
                else:
                    out[size] = pool[byte]
                    positions[size] = index
                    size += 1
                    within = True
        at += width
        index += 1
    return _trimmed(out, begin, size), found, last == 0x2026, hidden


@compiled
def _space(out: Array, positions: Array, begin: int, size: int, index: int) -> int:
    """A space after a word; none after another one, and none at the beginning."""
    if size == begin or out[size - 1] == _SPACE:
        return size
    out[size] = _SPACE
    positions[size] = index
    return size + 1


@compiled
def _trimmed(out: Array, begin: int, end: int) -> int:
    return end - 1 if end > begin and out[end - 1] == _SPACE else end


@compiled
def _begins_link(data: Array, at: int, end: int) -> bool:
    first = data[at] | 0x20
    if first == 0x77:  # www.
        return at + 4 <= end and data[at + 1] | 0x20 == 0x77 and data[at + 2] | 0x20 == 0x77 and data[at + 3] == 0x2E
    if first != 0x68 or at + 7 > end:  # http
        return False
    if data[at + 1] | 0x20 != 0x74 or data[at + 2] | 0x20 != 0x74 or data[at + 3] | 0x20 != 0x70:
        return False
    colon = at + 5 if data[at + 4] | 0x20 == 0x73 else at + 4
    return colon + 3 <= end and data[colon] == 0x3A and data[colon + 1] == 0x2F and data[colon + 2] == 0x2F


@compiled
def _of_an_account(data: Array, at: int, kinds: Array, where: Array, pool: Array) -> bool:
    code, _ = _decoded(data, at)
    length = where[code] & 63
    if code == 0x5F:
        return True
    return not kinds[code] & _HIDDEN and length > 0 and pool[(where[code] >> 6) + length - 1] != _SPACE


@compiled
def _without_forwarded(out: Array, begin: int, size: int) -> int:
    end = _trimmed(out, begin, size)
    if end - begin < 2 or out[end - 2] != 0x72 or out[end - 1] != 0x74:
        return size
    return end - 2 if end - 2 == begin or out[end - 3] == _SPACE else size


@compiled
def _without_last_word(out: Array, begin: int, end: int) -> int:
    at = end
    while at > begin and out[at - 1] != _SPACE:
        at -= 1
    return at - 1 if at > begin else end


@compiled
def _visible(out: Array, positions: Array, begin: int, end: int) -> tuple[int, int]:
    size, at, found = begin, begin, 0
    while at < end:
        stop, letters, pieces, marks = at, 0, 0, 0
        fresh = True
        while stop < end and out[stop] != _SPACE:
            if out[stop] == _MARK:
                marks += 1
                fresh = True
            else:
                letters += 1 if out[stop] & 0xC0 != 0x80 else 0
                pieces += 1 if fresh else 0
                fresh = False
            stop += 1
        found |= _INVISIBLE if marks else 0
        for byte in range(at, stop):
            if out[byte] != _MARK:
                out[size] = out[byte]
                positions[size] = positions[byte]
                size += 1
            elif letters >= 2 * pieces:
                size = _space(out, positions, begin, size, positions[byte])
        if stop < end:
            size = _space(out, positions, begin, size, positions[stop])
        at = stop + 1
    return _trimmed(out, begin, size), found


@compiled
def _joined(out: Array, positions: Array, begin: int, end: int) -> tuple[int, int]:
    size, at, found = begin, begin, 0
    while at < end:
        stop = at  # behind the last of the letters that stand alone from here on
        alone = 0
        while stop < end and 0x61 <= out[stop] <= 0x7A and (stop + 1 == end or out[stop + 1] == _SPACE):
            alone += 1
            stop += 2
        if alone >= SPELT_OUT:
            found = _SPELT_OUT
            for byte in range(at, stop, 2):
                out[size] = out[byte]
                positions[size] = positions[byte]
                size += 1
            if stop < end:
                size = _space(out, positions, begin, size, positions[stop])
            at = stop
            continue
        stop = max(stop, at)
        while at < end and (at < stop or out[at] != _SPACE):
            out[size] = out[at]
            positions[size] = positions[at]
            size += 1
            at += 1
        if at < end:
            size = _space(out, positions, begin, size, positions[at])
            at += 1
    return size, found


@compiled
def _unmasked(out: Array, positions: Array, begin: int, end: int, looks: Array) -> tuple[int, int]:
    size, at, found = begin, begin, 0
    while at < end:
        stop, latin, alike = at, False, False
        while stop < end and out[stop] != _SPACE:
            latin = latin or 0x61 <= out[stop] <= 0x7A
            alike = alike or (0xC9 <= out[stop] < 0xD5 and looks[_decoded(out, stop)[0]] != 0)
            stop += 1
        masked = latin and alike
        found |= _LOOKALIKE if masked else 0
        byte = at
        while byte < min(stop + 1, end):
            if masked and 0xC9 <= out[byte] < 0xD5 and looks[_decoded(out, byte)[0]]:
                out[size] = looks[_decoded(out, byte)[0]]
                positions[size] = positions[byte]
                byte += 2
            else:
                out[size] = out[byte]
                positions[size] = positions[byte]
                byte += 1
            size += 1
        at = stop + 1
    return size, found
