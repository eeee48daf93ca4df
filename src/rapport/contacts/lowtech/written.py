"""Pure: text that keeps every sign of it where blanks get lost, lines are broken anew and people type.

[ours] A star says what cannot be seen: `*n` a new line, `*s` a blank that would get lost (at either end, or after
another), `*u00A0;` a sign that nobody sees, by its number in Unicode; `**`, `*<` and `*>` are the sign itself. What is
left has single blanks only, so it may be broken into lines at any blank. A star at the end of a line says that the word
goes on in the next one. What begins with a star and a capital letter or a figure is free for those who use this.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from rapport.errors import Refused

#: What people must know who read or write it.
LEGEND = (
    "*n is a new line, *s a blank, ** a star; a star before a mark is that mark; *u and a number is a sign by its "
    "number in Unicode. A star at the end of a line: the word goes on."
)

_JOINERS = "\u200c\u200d"  # they change how letters look, so they are seen
#: Other, separator: control and format signs, halves of pairs, signs for private use or without a meaning; blanks.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Me", "Mc"})
_SIGN_MOST = 8  # code points that are kept on one line [ours: more are piled up on purpose]
_TOKEN = re.compile(r"\*u[0-9A-Fa-f]{1,6};|\*.|.", re.DOTALL)
_ESCAPE = re.compile(r"\*(u[0-9A-Fa-f]{1,6};|.|$)", re.DOTALL)
_MEANINGS = {"n": "\n", "s": " ", " ": "", "": "", "*": "*", "<": "<", ">": ">"}
_WRITTEN = re.compile(r"[^!-)+-;=?-~]")  # all but ASCII that stands for itself


def escaped(text: str) -> str:
    """The text in one line, of single blanks only."""
    last = len(text) - 1

    def one(found: re.Match[str]) -> str:
        sign, place = found[0], found.start()
        if sign == " ":
            return "*s" if place in (0, last) or text[place - 1] == " " else " "
        if sign == "\n":
            return "*n"
        if sign in "*<>":
            return f"*{sign}"
        if sign not in _JOINERS and unicodedata.category(sign) in _HIDDEN:
            return f"*u{ord(sign):04X};"
        return sign

    return _WRITTEN.sub(one, text)


def unescaped(text: str) -> str:
    """The text that `escaped` was given, whatever lines it was broken into. Refused if a star stands alone."""
    return _ESCAPE.sub(_meant, together(text))


def together(text: str) -> str:
    """In one line, with single blanks, as it was before lines were broken and blanks added."""
    return " ".join(text.split())


def _meant(found: re.Match[str]) -> str:
    sign = found[1]
    if sign in _MEANINGS:
        return _MEANINGS[sign]
    if sign[:1] == "u" and len(sign) > 1 and (number := int(sign[1:-1], 16)) <= 0x10FFFF:
        return chr(number)
    raise Refused("star", f"“*{sign}” means nothing: look at the stars again, a star itself is written **.")


def broken(text: str, fits: Callable[[str], bool]) -> list[str]:
    """What `escaped` made, in lines that all fit: broken at blanks, and within words that are longer than a line.

    `fits` says so of a line; it must fit a sign of eight code points and a star.
    """
    done, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if fits(longer):
            line = longer
        elif fits(word):
            done.append(line)
            line = word
        else:
            *full, line = _cut(line, word, fits)
            done += full
    return [*done, line]


def _cut(line: str, word: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """A line that is begun, filled with the word and as many more as it takes; the last has room."""
    line = f"{line} " if line else ""
    for sign in _signs(word):
        if not fits(f"{line}{sign}*"):
            yield line[:-1] if line.endswith(" ") else f"{line}*"
            line = ""
        line += sign
    yield line


def _signs(word: str) -> Iterator[str]:
    """What readers take for one sign: a letter with its marks, a picture of several, an escape."""
    sign, points = "", 0
    for found in _TOKEN.finditer(word):
        token = found[0]
        belongs = token in _JOINERS or sign.endswith("\u200d") or unicodedata.category(token[0]) in _MARKS
        if sign and not (belongs and points < _SIGN_MOST):
            yield sign
            sign, points = "", 0
        sign, points = sign + token, points + 1
    if sign:
        yield sign


def width(text: str) -> int:
    """In columns: wide signs count two, marks and joiners none (Unicode Standard Annex 11; ambiguous ones one)."""
    return sum(_columns(sign) for sign in text)


def _columns(sign: str) -> int:
    if sign.isascii():
        return 1
    if unicodedata.category(sign) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(sign) in {"W", "F"} else 1
