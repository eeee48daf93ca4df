"""Pure: how much room a text takes, and what is left of it where there is less.

The server has no fonts: widths are those of the widest letters among DejaVu Sans, Liberation Sans and Noto Sans, so
that what fits here fits on screen [measured: the names of all countries in ten languages take at most 0.97 of it].
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import islice

LONGEST = 300  # characters of a text in a picture, its titles too [ours]
_MARKS = 3  # on one letter: Vietnamese has two; hundreds of them reach into other rows
_PARTS = 12  # of one sign: a family of four with a colour of skin each has eleven
_JOINER = "\u200d"
_TURNS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))  # UAX #9, 2: explicit directions
_NARROW, _SLIM, _WIDE = (
    frozenset(" !'(),./:;I[\\]ijl|-·"),
    frozenset('frtJsczk"*?`_L–'),
    frozenset("mwMW@%#&+<=>~^…—→←æœÆŒЖШЩЮМФЫжшщюмфы"),
)


def _(text: str) -> str:
    """Marks a text that the pages translate: web/messages.py collects it."""
    return text


def plain(text: str) -> str:
    """One line of at most LONGEST characters, without piles of marks on a letter."""
    line = " ".join(text[: LONGEST * 4].split())
    short = "".join(islice(_signs(line), LONGEST))[:LONGEST]
    return short if short == line and len(text) <= LONGEST * 4 else short[: LONGEST - 1].rstrip() + "…"


def isolated(text: str) -> str:
    """The text for the middle of a sentence: which way it is written leaves what stands around it alone. Signs that
    turn the direction are left out: one of them could end the isolation."""
    return f"\u2068{plain(text.translate(_TURNS))}\u2069"


def width(text: str) -> float:
    """In em, rather too much than too little."""
    return sum(_width(character) for character in unicodedata.normalize("NFKC", text))


def shortened(text: str, room: float) -> str:
    """As much of a text as fits, in em, with … for what does not."""
    line = plain(text)
    if width(line) <= room:
        return line
    kept, left = "", room - width("…")
    for sign in _signs(line):
        left -= width(sign)
        if left < 0:
            break
        kept += sign
    return kept.rstrip() + "…"


def wrapped(text: str, room: float) -> tuple[str, ...]:
    """The text on one line or two, broken between words; what does not fit on the second is left out."""
    line = plain(text)
    if width(line) <= room:
        return (line,)
    parts = line.split(" ")
    fitting = [place for place in range(1, len(parts)) if width(" ".join(parts[:place])) <= room]
    if not fitting:
        return (shortened(line, room),)
    return " ".join(parts[: fitting[-1]]), shortened(" ".join(parts[fitting[-1] :]), room)


def _width(character: str) -> float:
    kind = unicodedata.category(character)
    if kind in {"Mn", "Me", "Cf"}:
        return 0.0
    if unicodedata.east_asian_width(character) in {"W", "F"} or kind in {"So", "Sk"}:
        return 1.3 if kind in {"So", "Sk"} else 1.0
    if character in _NARROW:
        return 0.41
    if character in _SLIM:
        return 0.59
    if character in _WIDE:
        return 1.08
    return 0.65 if character.isascii() and not character.isupper() else 0.8


def _signs(text: str) -> Iterator[str]:
    """What readers take for one letter or picture, so that nothing is cut in two."""
    sign = ""
    for character in text:
        if sign and not _belongs(character, sign):
            yield sign
            sign = ""
        marks = sum(unicodedata.category(one) in {"Mn", "Me"} for one in sign[1:])
        piled = unicodedata.category(character) in {"Mn", "Me"} and marks >= _MARKS
        sign += "" if piled or len(sign) >= _PARTS else character
    if sign:
        yield sign


def _belongs(character: str, sign: str) -> bool:
    if "\U0001f1e6" <= character <= "\U0001f1ff":  # two letters of a flag
        return len(sign) == 1 and "\U0001f1e6" <= sign <= "\U0001f1ff"
    joined = character == _JOINER or sign.endswith(_JOINER)
    return joined or unicodedata.category(character) in {"Mn", "Me", "Mc"} or "\U0001f3fb" <= character <= "\U0001f3ff"
