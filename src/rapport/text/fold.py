"""Fold a text so that spellings of the same thing become equal, and find the way back to the original's characters.

Folded: compatibility forms resolved, lower case, Latin accents gone, everything that is neither letter, digit nor a
mark of another script one space. Vowel signs of Indic and Arabic scripts stay, and so do the joiners U+200C and U+200D,
which carry meaning there. Other invisible characters become a space: between words they are used as one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_JOINERS = "\u200c\u200d"
#: Letters of other scripts that look like Latin ones; folded only in words that also hold Latin letters.
_LOOKS_LIKE = str.maketrans("аеорсухіјѕкмтнвԁԛԝɡοανρτυκι", "aeopcyxijskmthbdqwgoavptuki")
_WORD_WITH_LOOKALIKE = re.compile(r"\w*[\u0370-\u03ff\u0400-\u052f\u0261]\w*")
_LATIN = re.compile(r"[a-z]")
#: Characters remembered at a time, a few hundred kB: more than the texts of one country use [ours].
_KNOWN = 4096


@lru_cache(_KNOWN)
def _folded(character: str) -> str:
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
        self[code] = folded = _folded(chr(code))
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
        for letter in _folded(character):
            if letter != " " or (letters and letters[-1] != " "):
                letters.append(letter)
                positions.append(index)
    if letters and letters[-1] == " ":
        letters.pop()
        positions.pop()
    return "".join(letters), positions


def unmask(folded: str) -> str:
    """Look-alike letters of other scripts made Latin, in words that mix both: real Cyrillic or Greek stays itself."""
    return _WORD_WITH_LOOKALIKE.sub(_unmask_word, folded)


def _unmask_word(match: re.Match[str]) -> str:
    word = match.group()
    return word.translate(_LOOKS_LIKE) if _LATIN.search(word) else word
