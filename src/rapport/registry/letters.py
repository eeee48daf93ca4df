"""Pure: a text by what people see as one letter or one word of it, in any script. Offsets count code points."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import accumulate, pairwise

from rapport.text.plain import INVISIBLE

_JOINER = "\u200d"
_FLAG = range(0x1F1E6, 0x1F200)  # two of them are a flag
_CHANGES_ONE_BEFORE = frozenset({*map(chr, range(0x1F3FB, 0x1F400)), *map(chr, range(0xE0020, 0xE0080)), _JOINER})
#: Scripts that put no space between words: each letter counts as one [ours].
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
#: What programs put for what people type.
_TYPED = str.maketrans("‘’‚‛“”„‟«»‐‑‒–—―−", '\'\'\'\'""""""-------')


@lru_cache(maxsize=4)  # the passages of many comments are looked for in one text
def letters(text: str) -> tuple[int, ...]:
    """Where each letter begins, with its marks: an accent, a vowel sign, a skin tone stay with what they change."""
    starts: list[int] = []
    before, flags = "", 0
    for at, one in enumerate(text):
        flags = flags + 1 if ord(one) in _FLAG else 0
        joined = before and (
            before == _JOINER
            or one in _CHANGES_ONE_BEFORE
            or (not one.isascii() and unicodedata.category(one)[0] == "M")
            or (flags and flags % 2 == 0)
            or (before == "\r" and one == "\n")
        )
        if not joined:
            starts.append(at)
        before = one
    return tuple(starts)


def whole(text: str, start: int, end: int) -> tuple[int, int]:
    """The same passage, widened so that it parts no letter."""
    starts = letters(text)
    behind = bisect_left(starts, end)
    return starts[bisect_right(starts, start) - 1], starts[behind] if behind < len(starts) else len(text)


def words(text: str) -> list[str]:
    """The words of a text, the white space between them and each other sign, in order: joined they are the text."""
    found: list[str] = []
    kind = ""
    for start, end in pairwise([*letters(text), len(text)]):
        letter = text[start:end]
        same, kind = kind, _kind(letter[0])
        if kind and kind == same:
            found[-1] += letter
        else:
            found.append(letter)
    return found


@lru_cache(maxsize=4)
def edges(text: str) -> tuple[int, ...]:
    """Where each word begins, and the end."""
    return (0, *accumulate(map(len, words(text))))


def _kind(letter: str) -> str:
    if letter.isspace():
        return "space"
    return "word" if letter.isalnum() and not _UNSPACED.match(letter) else ""


def plainer(text: str) -> tuple[str, list[int]]:
    """The text as somebody would copy or type it, and for each of its characters the index in `text`: white space is
    one space, nothing is invisible, accents stand behind their letters, quotation marks and dashes are plain ones."""
    made: list[str] = []
    positions: list[int] = []
    for at, one in enumerate(text.translate(_TYPED)):
        if one in INVISIBLE or (one.isspace() and made and made[-1] == " "):
            continue
        for part in " " if one.isspace() else unicodedata.normalize("NFD", one):
            made.append(part)
            positions.append(at)
    return "".join(made), positions
