"""Pure: what stands on a sheet of paper, as blocks of rows, and as plain text of so many columns.

Whatever draws sheets (plain text here, PDF elsewhere) takes the same blocks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapport.contacts.lowtech.written import width
from rapport.contacts.sound import unsound

_INDENT = "  "
_TURNED = {"R", "AL"}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a sheet; `label` may be empty."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under a title."""

    title: str
    rows: tuple[Row, ...]


def written(blocks: Iterable[Block], columns: int) -> str:
    """Plain text, no line wider than `columns` (East Asian wide letters take two), a blank line after each block.

    A value for which there is no room beside its label begins on a line of its own, so that no number is broken that
    fits on one. Right-to-left words stand between isolates (Unicode, UAX 9): the figures beside them stay in order.
    """
    return "".join(f"{line}\n" for block in blocks for line in (*_lines(block, columns), ""))


def _lines(block: Block, columns: int) -> Iterator[str]:
    yield from _wrapped(plain(block.title), columns, "")
    for row in block.rows:
        label, text = plain(row.label), plain(row.text)
        if not label:
            yield from _wrapped(text, columns, "")
        elif width(f"{label}: {text}") <= columns:
            yield f"{isolated(label)}: {isolated(text)}"
        else:
            yield from _wrapped(f"{label}:", columns, "")
            yield from _wrapped(text, columns, _INDENT)


def plain(text: str) -> str:
    """In one line: what somebody wrote into a field makes no line that looks like another field."""
    return " ".join("".join("\ufffd" if unsound(one) else one for one in text).split())


def _wrapped(text: str, columns: int, indent: str) -> Iterator[str]:
    line = ""
    for word in _pieces(text, columns - len(indent)):
        longer = f"{line} {word}" if line else word
        if line and width(longer) > columns - len(indent):
            yield indent + isolated(line)
            line = word
        else:
            line = longer
    if line:
        yield indent + isolated(line)


def _pieces(text: str, columns: int) -> Iterator[str]:
    """The words; one that no line has room for in several pieces, never between a letter and its marks."""
    for word in text.split(" "):
        piece, room = "", columns
        for letter in word:
            wide = width(letter)
            if wide > room:
                yield piece
                piece, room = "", columns
            piece, room = piece + letter, room - wide
        if piece:
            yield piece


def isolated(line: str) -> str:
    """From its first right-to-left word to its last."""
    words = line.split(" ")
    turned = [place for place, word in enumerate(words) if _TURNED & {unicodedata.bidirectional(one) for one in word}]
    if turned:
        last = words[turned[-1]].rstrip(",.:")
        words[turned[-1]] = f"{last}\u2069{words[turned[-1]][len(last) :]}"
        words[turned[0]] = f"\u2068{words[turned[0]]}"
    return " ".join(words)
