"""What language.py asks of every letter: the original's letters where a plain text has words, and what a language's
pieces add up to."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.kernels.compiled import compiled
from rapport.text.kernels.distinct import same
from rapport.text.kernels.minhash import mixed
from rapport.text.kernels.plain import _decoded

Array = npt.NDArray[Any]
_SPACE = 32
#: Bytes of the shortest and longest pieces that the model knows, and the size of the table that finds them.
SHORTEST, LONGEST = 2, 5
SLOTS = 17
_COUNTED = 257  # bytes of a word, each of which adds 255 at most: what two bytes hold
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd, half of its bits set: the high bits depend on all of a key
_SLOT, _BIT, _LAST = np.uint64(64 - SLOTS), np.uint64(61 - SLOTS), np.uint64((1 << SLOTS) - 1)
_KEY = np.uint64(8 * LONGEST + 3)  # bits of a key: its bytes, and how many they are
_WHOLE = np.uint64((1 << (8 * LONGEST + 3)) - 1)
#: What is written for a digit, which parts words, and for what is best left as folding made it.
APART, AS_PLAIN = 0, 1


@compiled
def lettered(
    data: Array, starts: Array, plain: Array, begins: Array, positions: Array, letters: Array, most: int,
    out: Array, ends: Array,
) -> None:  # fmt: skip
    """Fill `out` and `ends` with each text's words in its own lower-case letters, at most `most` bytes of them.

    `positions` leads from each byte of `plain` to a character of the original; `letters` from a code point to what is
    written for it. A space stands before the first word and behind every word. `out` needs the bytes of `plain` three
    times and two for each text.
    """
    size = 0
    for row in range(len(starts) - 1):
        ends[row] = size
        limit = size + most
        out[size] = _SPACE
        size += 1
        source, index = starts[row], 0  # a byte of the original, and which character begins there
        last, as_plain = -1, False
        for at in range(begins[row], begins[row + 1]):
            byte = plain[at]
            if byte == _SPACE:
                size = _apart(out, size)
                continue
            if positions[at] == last:  # more of what one character became
                if as_plain:
                    out[size] = byte
                    size += 1
                continue
            if size >= limit:
                break
            last = positions[at]
            while index < last:
                source += _width(data[source])
                index += 1
            code, _ = _decoded(data, source)
            becomes = int(letters[code]) if code < len(letters) else AS_PLAIN
            if becomes == APART:
                as_plain = False
                size = _apart(out, size)
                continue
            borrowed = 0x370 <= becomes < 0x530 and int(byte) < 0x80
            as_plain = becomes == AS_PLAIN or borrowed
            if as_plain:
                out[size] = byte
                size += 1
            else:
                size = _encoded(out, size, becomes)
        size = _apart(out, size)
        if size == ends[row] + 1:
            size -= 1
    ends[len(starts) - 1] = size


@compiled
def _apart(out: Array, size: int) -> int:
    if out[size - 1] == _SPACE:
        return size
    out[size] = _SPACE
    return size + 1


@compiled
def _width(first: int) -> int:
    return 1 if first < 0x80 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4


@compiled
def _encoded(out: Array, size: int, code: int) -> int:
    """The UTF-8 of a code point below 0x10000."""
    if code < 0x80:
        out[size] = code
        return size + 1
    if code < 0x800:
        out[size] = 0xC0 | code >> 6
        out[size + 1] = 0x80 | code & 0x3F
        return size + 2
    out[size] = 0xE0 | code >> 12
    out[size + 1] = 0x80 | code >> 6 & 0x3F
    out[size + 2] = 0x80 | code & 0x3F
    return size + 3


@compiled
def slots(keys: Array, seen: Array, table: Array) -> None:
    """Fill a hash table of 2 ** SLOTS (each key with the number of its piece above it, 0 for none), and `seen`, eight
    times as many bits, of which those of the keys are set."""
    for number in range(len(keys)):
        hashed = keys[number] * _SPREAD
        bit = hashed >> _BIT
        seen[bit >> np.uint64(3)] |= np.uint8(1) << np.uint8(bit & np.uint64(7))
        at = hashed >> _SLOT
        while table[at]:
            at = (at + np.uint64(1)) & _LAST
        table[at] = np.uint64(number) << _KEY | keys[number]


@compiled
def _piece(last: np.uint64, length: int, seen: Array, table: Array) -> np.int64:
    """The number of the longest piece that the model knows among the last bytes, -1 for none."""
    for size in range(min(length, LONGEST), SHORTEST - 1, -1):
        shift = np.uint64(64 - 8 * size)
        key = (last << shift) >> shift | np.uint64(size) << np.uint64(8 * LONGEST)
        hashed = key * _SPREAD
        bit = hashed >> _BIT
        if not seen[bit >> np.uint64(3)] >> np.uint8(bit & np.uint64(7)) & 1:
            continue
        at = hashed >> _SLOT
        while table[at]:
            if table[at] & _WHOLE == key:
                return np.int64(table[at] >> _KEY)
            at = (at + np.uint64(1)) & _LAST
    return np.int64(-1)


@compiled
def worded(
    data: Array, starts: Array, chosen: Array, table: Array, begins: Array, tokens: Array, ends: Array
) -> int:  # fmt: skip
    """Number the different words of the chosen texts, and say how many there are.

    Fill `begins` with where each begins, at the space before it; `tokens` (int32) with the number of each word of each
    text, and `ends` (chosen + 1) with where each text's begin there. All are long enough for every word being
    different. `table`: as of firsts.
    """
    table[:] = -1
    words, size = 0, 0
    for number in range(len(chosen)):
        ends[number] = size
        at, end = starts[chosen[number]], starts[chosen[number] + 1]
        while at + 1 < end:
            begin = at
            at += 1
            hashed = np.uint64(0)
            while data[at] != _SPACE:
                hashed = (hashed ^ np.uint64(data[at])) * np.uint64(0x100000001B3)
                at += 1
            slot = mixed(hashed) & np.uint64(len(table) - 1)
            while table[slot] >= 0 and not same(data, begins[table[slot]], begin, at - begin + 1):
                slot = (slot + np.uint64(1)) & np.uint64(len(table) - 1)
            if table[slot] < 0:
                table[slot] = words
                begins[words] = begin
                words += 1
            tokens[size] = table[slot]
            size += 1
    ends[len(chosen)] = size
    return words


@compiled
def weighed(data: Array, begins: Array, seen: Array, table: Array, weights: Array, out: Array, sizes: Array) -> None:
    """Fill `out` (words, languages; uint16) with what the pieces of each word weigh, the spaces around it included, and
    `sizes` with its bytes. `weights` (pieces, languages; uint8). Behind the first _COUNTED bytes nothing is weighed."""
    for word in range(len(begins)):
        own = out[word]
        own[:] = 0
        at = begins[word]
        last = np.uint64(data[at])
        length = 1
        while True:
            at += 1
            length += 1
            last = last << np.uint64(8) | np.uint64(data[at])
            piece = _piece(last, length, seen, table)
            if piece >= 0 and length <= _COUNTED:
                for language in range(len(own)):
                    own[language] += weights[piece, language]
            if data[at] == _SPACE:
                break
        sizes[word] = length - 2


@compiled
def divided(
    tokens: Array,
    ends: Array,
    words: Array,
    sizes: Array,
    own: int,
    change: int,
    sums: Array,
    parts: Array,
    ways: Array,
) -> None:
    """What each text weighs in every language, and how its words divide into the `own` first ones.

    `words` and `sizes` as of weighed. Fill `sums` (texts, languages; int32); `ways` (texts; int32) with what the best
    way through the words weighs on which each change of language costs `change`; and `parts` (texts, own; int32) with
    the bytes that are in each language on it.
    """
    longest = 1
    for text in range(len(ends) - 1):
        longest = max(longest, ends[text + 1] - ends[text])
    froms = np.empty((longest, own), np.int16)
    so_far = np.empty(own, np.int64)
    for text in range(len(ends) - 1):
        total = sums[text]
        total[:] = 0
        so_far[:] = 0
        for at in range(ends[text], ends[text + 1]):
            word = words[tokens[at]]
            for language in range(len(total)):
                total[language] += word[language]
            best = 0
            for language in range(1, own):
                if so_far[language] > so_far[best]:
                    best = language
            top = so_far[best] - change
            for language in range(own):
                stays = so_far[language] >= top
                froms[at - ends[text], language] = language if stays else best
                so_far[language] = (so_far[language] if stays else top) + word[language]
        parts[text] = 0
        language = int(np.argmax(so_far))
        ways[text] = so_far[language]
        for at in range(ends[text + 1] - 1, ends[text] - 1, -1):
            parts[text, language] += sizes[tokens[at]]
            language = froms[at - ends[text], language]
