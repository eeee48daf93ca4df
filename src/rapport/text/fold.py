"""Fold a text so that spellings of the same thing become equal. plain.py knows where each character came from.

Folded: compatibility forms resolved, lower case, Latin accents gone, everything that is neither letter, digit nor a
mark of another script one space. Vowel signs of Indic and Arabic scripts stay, and so do the joiners U+200C and U+200D,
which carry meaning there. Other invisible characters become a space: between words they are used as one.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_JOINERS = "\u200c\u200d"
#: Characters remembered at a time, a few hundred kB: more than the texts of one country use [ours].
_KNOWN = 4096


@lru_cache(_KNOWN)
def folded_character(character: str) -> str:
    """What one character becomes: nothing, a space, or one or more letters."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(_kept(part) for part in decomposed if not "\u0300" <= part <= "\u036f")


def _kept(part: str) -> str:
    return part if part.isalnum() or part in _JOINERS or unicodedata.category(part).startswith("M") else " "


class _Table(dict[int, str]):
    """Fills itself: `str.translate` asks for a code point once, then it is known. Full, it begins anew."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _KNOWN:
            self.clear()
        self[code] = folded = folded_character(chr(code))
        return folded


_TABLE = _Table()


def fold(text: str) -> str:
    """The folded text: words with one space between them. fold(fold(x)) == fold(x)."""
    return " ".join(text.translate(_TABLE).split())


def fold_with_positions(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the index in `text` that it came from."""
    letters: list[str] = []
    positions: list[int] = []
    for index, character in enumerate(text):
        for letter in folded_character(character):
            if letter != " " or (letters and letters[-1] != " "):
                letters.append(letter)
                positions.append(index)
    if letters and letters[-1] == " ":
        letters.pop()
        positions.pop()
    return "".join(letters), positions
