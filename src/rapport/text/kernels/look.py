"""look.look over many texts: the same marks and places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.columns import Texts
from rapport.text.kernels.compiled import compiled
from rapport.text.kernels.plain import _decoded
from rapport.text.look import (
    ACCOUNT,
    BETWEEN,
    BLANK,
    CODE_SIGNS,
    COORDINATES,
    DIGIT,
    DIGITS_SHIFT,
    EMAIL,
    HIDDEN,
    LEAST_DIGITS,
    LEAST_REAL,
    LETTER,
    LINKED_NUMBER,
    LOOKS,
    MARK_DEGREES,
    MARK_LINK,
    MARK_MAIL,
    MARK_PLUS_CODE,
    NUMBER,
    STOP,
    WIDEST_BETWEEN,
    WIDEST_GAP,
    folded_letter,
    kind_of,
)  # fmt: skip

Array = npt.NDArray[Any]

_UNKNOWN = 0
_CODES = 0x110000
_AT_ONCE = 4096
_SEED, _PRIME, _STEP = 0xCBF29CE484222325, 0x100000001B3, 0x9E3779B97F4A7C15
_ALL = (1 << 64) - 1
_CODE_SIGNS = np.array([chr(byte) in CODE_SIGNS for byte in range(256)])


class Characters:
    """What kind each code point is and what it folds to, learnt when it is first met."""

    def __init__(self) -> None:
        self.kinds = np.zeros(_CODES, np.uint8)
        self.folds = np.zeros(_CODES, np.uint32)
        self._learning = Lock()

    def learn(self, codes: Iterable[int]) -> None:
        with self._learning:
            for code in codes:
                self.folds[code] = ord(folded_letter(chr(code)))
                self.kinds[code] = kind_of(chr(code))


class Vocabulary:
    """Folded phrases, each with the marks it gives to a text, as a table of hashes."""

    def __init__(self, phrases: Mapping[tuple[str, ...], int]) -> None:
        slots = 1 << (4 * len(phrases)).bit_length()
        self.keys = np.zeros(slots, np.uint64)
        self.marks = np.zeros(slots, np.uint64)
        for words, marks in phrases.items():
            key = _key(words)
            slot = key & (slots - 1)
            while self.keys[slot] and int(self.keys[slot]) != key:
                slot = (slot + 1) & (slots - 1)
            self.keys[slot] = key
            self.marks[slot] |= np.uint64(marks)


def _key(words: tuple[str, ...]) -> int:
    """The hash of a folded phrase: FNV-1a over the letters of a word, words chained."""
    key = 0
    for word in words:
        hashed = _SEED
        for letter in word:
            hashed = ((hashed ^ ord(letter)) * _PRIME) & _ALL
        hashed ^= hashed >> 29
        key = ((key * _STEP + hashed) & _ALL) if key else hashed
    return key


CHARACTERS = Characters()


def looked_at(texts: Texts, vocabulary: Vocabulary) -> tuple[Array, Array]:
    """For each text the marks of its phrases, uint64; and the places worth a look in the order in which they end,
    int64 (places, 4): row, start and end in characters, what."""
    unknown = np.zeros(_AT_ONCE, np.int64)
    while missing := _unknown(texts.data, CHARACTERS.kinds, unknown):
        CHARACTERS.learn(set(unknown[:missing].tolist()))
    marks = np.zeros(len(texts), np.uint64)
    places = np.empty((len(texts.data) // 2 + 1, 4), np.int64)  # the shortest, "@ab", has three bytes
    count = _look(
        texts.data, texts.starts, CHARACTERS.kinds, CHARACTERS.folds, vocabulary.keys, vocabulary.marks, marks, places
    )
    return marks, places[:count].copy()


@compiled
def _unknown(data: Array, kinds: Array, unknown: Array) -> int:
    at, missing = 0, 0
    while at < len(data) and missing < len(unknown):
        code, width = _decoded(data, at)
        at += width
        if kinds[code] == _UNKNOWN:
            unknown[missing] = code
            missing += 1
    return missing


@compiled
def _look(
    data: Array, starts: Array, kinds: Array, folds: Array, keys: Array, given: Array, marks: Array, places: Array
) -> int:
    count = 0
    # A number that is being read: where it starts and ends, its digits, those that are no letters, the characters
    # since its last digit, and whether that one was a word.
    run = np.zeros(6, np.int64)
    for row in range(len(starts) - 1):
        at, end, index = starts[row], starts[row + 1], 0
        one, two = np.uint64(0), np.uint64(0)  # the phrase of the word before, and of the two before
        linked = False
        whole_start, whole_end = -1, -1  # the last token of digits alone
        point_start, point_end = -1, -1  # the last number with three decimals
        run[0] = -1
        while at < end:
            code, width = _decoded(data, at)
            kind = kinds[code]
            if LETTER <= kind <= DIGIT:
                begin, begin_at = index, at
                last, digits, looks, others, leading = index, 0, 0, 0, 0
                hashed = np.uint64(_SEED)
                while at < end:
                    code, width = _decoded(data, at)
                    kind = kinds[code]
                    if LETTER <= kind <= DIGIT:
                        last = index + 1
                        digits += kind == DIGIT
                        looks += kind == LOOKS
                        others += kind == LETTER
                        leading += looks + others == 0
                        hashed = (hashed ^ np.uint64(folds[code])) * np.uint64(_PRIME)
                    elif kind != HIDDEN:
                        break
                    at += width
                    index += 1
                hashed ^= hashed >> np.uint64(29)
                if digits == 0:
                    found, pair = _marks(hashed, keys, given), np.uint64(0)
                    if one:
                        pair = one * np.uint64(_STEP) + hashed
                        found |= _marks(pair, keys, given)
                    if two:
                        found |= _marks(two * np.uint64(_STEP) + hashed, keys, given)
                    one, two = hashed, pair
                    says = int(found >> np.uint64(DIGITS_SHIFT))
                    if found & np.uint64(MARK_LINK) and at < end and data[at] == 0x2E:  # www.
                        linked = True
                    linked = linked or (at + 2 < end and data[at] == 0x3A and data[at + 1] == data[at + 2] == 0x2F)
                    marks[row] |= found
                    if says:
                        _add(run, begin, last, says, says, True)
                    elif others == 0:
                        _add(run, begin, last, looks, 0, False)
                    else:
                        count = _flush(run, places, count, row, linked)
                    continue
                one, two = np.uint64(0), np.uint64(0)
                if others == 0:
                    _add(run, begin, last, digits + looks, digits, False)
                else:
                    count = _stretches(data, begin_at, at, begin, kinds, run, places, count, row, linked)
                if leading >= 3 and whole_start >= 0 and whole_end + 1 == begin and data[begin_at - 1] == 0x2E:
                    if point_start >= 0 and 0 < whole_start - point_end <= WIDEST_BETWEEN:
                        count = _put(places, count, row, point_start, begin + leading, COORDINATES)
                        point_start = -1
                    else:
                        point_start = whole_start
                    point_end = begin + leading
                whole_start, whole_end = (begin, last) if digits == last - begin and digits <= 3 else (-1, -1)
                continue
            if kind == HIDDEN:
                at += width
                index += 1
                continue
            if code == 0x40 or code == 0xFF20:
                count = _flush(run, places, count, row, linked)
                count = _address(data, starts[row], at, width, end, index, kinds, places, count, row)
            elif code == 0x28 or code == 0x5B or code == 0x7B:  # "(at)", "[at]", "{at}"
                mail = at + 1 + (at + 1 < end and data[at + 1] == 0x20)
                if mail + 1 < end and data[mail] | 0x20 == 0x61 and data[mail + 1] | 0x20 == 0x74:
                    marks[row] |= np.uint64(MARK_MAIL)
            elif code == 0xB0 or code == 0xBA:
                marks[row] |= np.uint64(MARK_DEGREES)
            elif (
                code == 0x2B and index > 3 and at + 1 < end and _CODE_SIGNS[data[at - 1]] and _CODE_SIGNS[data[at + 1]]
            ):
                marks[row] |= np.uint64(MARK_PLUS_CODE)
            if linked and kind in (STOP, BLANK):
                count = _flush(run, places, count, row, linked)
                linked = False
            if run[0] >= 0:
                run[4] += 1
                says_word = run[5] == 1 and (code == 0x2C or code == 0x3B)
                begins_anew = (code == 0x2B or code == 0xFF0B) and run[2] >= LEAST_DIGITS
                if begins_anew or run[4] > WIDEST_GAP or not (kind in (BLANK, BETWEEN) or says_word):
                    count = _flush(run, places, count, row, linked)
            at += width
            index += 1
        count = _flush(run, places, count, row, linked)
    return count


@compiled
def _marks(key: np.uint64, keys: Array, given: Array) -> np.uint64:
    slot = key & np.uint64(len(keys) - 1)
    while keys[slot]:
        if keys[slot] == key:
            return given[slot]  # type: ignore[no-any-return]
        slot = (slot + np.uint64(1)) & np.uint64(len(keys) - 1)
    return np.uint64(0)


@compiled
def _add(run: Array, start: int, end: int, digits: int, real: int, word: bool) -> None:
    if run[0] < 0:
        run[0], run[2], run[3] = start, 0, 0
    run[1] = end
    run[2] += digits
    run[3] += real
    run[4] = 0
    run[5] = word


@compiled
def _flush(run: Array, places: Array, count: int, row: int, linked: bool) -> int:
    """The number that was read ends here, and is worth a look if it has enough digits."""
    if run[0] >= 0 and run[2] >= LEAST_DIGITS and run[3] >= LEAST_REAL:
        count = _put(places, count, row, run[0], run[1], LINKED_NUMBER if linked else NUMBER)
    run[0] = -1
    return count


@compiled
def _put(places: Array, count: int, row: int, start: int, end: int, what: int) -> int:
    places[count, 0], places[count, 1], places[count, 2], places[count, 3] = row, start, end, what
    return count + 1


@compiled
def _stretches(
    data: Array,
    at: int,
    end: int,
    index: int,
    kinds: Array,
    run: Array,
    places: Array,
    count: int,
    row: int,
    linked: bool,
) -> int:
    """The digits of a word that has letters too ("tel5550123"). A letter that looks like a digit is one between digits
    and at the word's own ends, not beside another letter."""
    start, end_real, after, digits, real, pending = -1, -1, -1, 0, 0, 0
    beside = False  # a letter stands before
    while at < end:
        code, width = _decoded(data, at)
        kind = kinds[code]
        if kind == DIGIT:
            start = index if start < 0 else start
            digits += 1 + pending
            real += 1
            pending = 0
            end_real = index + 1
        elif kind == LOOKS and (start >= 0 or not beside):
            start = index if start < 0 else start
            pending += 1
            after = index + 1
        elif kind == LETTER:
            if real:
                _add(run, start, end_real, digits, real, False)
            count = _flush(run, places, count, row, linked)
            start, digits, real, pending, beside = -1, 0, 0, 0, True
        at += width
        index += 1
    if real:
        _add(run, start, after if pending else end_real, digits + pending, real, False)
    return count


@compiled
def _address(
    data: Array,
    begin: int,
    at: int,
    width: int,
    end: int,
    index: int,
    kinds: Array,
    places: Array,
    count: int,
    row: int,
) -> int:
    """The e-mail address or the account's name around an @ sign. A space may stand on either side of an address's sign.
    The words before and behind are read up to the next @ at most, so that the whole stays linear."""
    behind = at + width
    stop, named, is_name = _domain(data, behind, end, kinds)
    spaced = 0
    if not stop and behind < end and data[behind] == 0x20:
        spaced = 1
        stop, _, _ = _domain(data, behind + 1, end, kinds)
    if stop:
        start = _local(data, begin, at, kinds)
        if not start and at > begin and data[at - 1] == 0x20:
            start = _local(data, begin, at - 1, kinds)
            start += 1 if start else 0
        if start:
            return _put(places, count, row, index - start, index + 1 + spaced + stop, EMAIL)
    if at > begin:
        back = _before(data, at)
        code, _ = _decoded(data, back)
        if code in (0x2E, 0x40, 0x5F, 0xFF20) or LETTER <= kinds[code] <= DIGIT:
            return count
    if named >= 2 and is_name:
        return _put(places, count, row, index, index + 1 + named, ACCOUNT)
    return count


@compiled
def _domain(data: Array, at: int, end: int, kinds: Array) -> tuple[int, int, bool]:
    """Characters of a host name with a dot that begins here, 0 for none; and those of an account's name, and whether
    it is one: digits alone are none before a decimal point."""
    stop, label, letters, dots, count = 0, 0, 0, 0, 0
    named, naming, has_letter = 0, True, False
    while at < end:
        code, width = _decoded(data, at)
        kind = kinds[code]
        if kind == HIDDEN:
            count += 1
        elif LETTER <= kind <= DIGIT:
            count += 1
            label += 1
            is_letter = kind in (LETTER, LOOKS)
            letters = letters + 1 if is_letter and letters == label - 1 else letters
            if dots and letters >= 2 and letters == label:
                stop = count
            if naming:
                named = count
                has_letter = has_letter or is_letter
        elif code == 0x5F or code == 0x2D:
            count += 1
            label += 1
            naming = naming and code == 0x5F
            if naming:
                named = count
                has_letter = True
        elif (code == 0x2E or code == 0xFF0E) and label:
            count += 1
            dots += 1
            label, letters, naming = 0, 0, False
        else:
            break
        at += width
    return stop, named, has_letter or naming


@compiled
def _local(data: Array, begin: int, at: int, kinds: Array) -> int:
    """How many characters before here are of the part of an address before its sign."""
    count = 0
    while at > begin:
        at = _before(data, at)
        code, _ = _decoded(data, at)
        kind = kinds[code]
        if not (LETTER <= kind <= HIDDEN or code in (0x2E, 0x5F, 0x25, 0x2B, 0x2D)):
            break
        count += 1
    return count


@compiled
def _before(data: Array, at: int) -> int:
    """Where the character before this one begins."""
    at -= 1
    while data[at] & 0xC0 == 0x80:
        at -= 1
    return at
