"""Pure: what stands on a sheet of paper, as blocks of rows, and as plain text of so many columns.

Whatever draws sheets (plain text here, PDF elsewhere) takes the same blocks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapport.contacts.sound import unsound

_INDENT = "  "


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

    A value that holds right-to-left letters stands between isolates (Unicode, UAX 9), so that figures and commas
    beside it stay where they are; its letters keep the order in which they were typed.
    """
    return "".join(f"{line}\n" for block in blocks for line in (*_lines(block, columns), ""))


def _lines(block: Block, columns: int) -> Iterator[str]:
    yield from _wrapped(_plain(block.title), columns, "")
    for row in block.rows:
        label, text = _plain(row.label), _plain(row.text)
        yield from _wrapped(f"{label}: {text}" if label else text, columns, _INDENT)


def _plain(text: str) -> str:
    """In one line: what somebody wrote into a field makes no line that looks like another field."""
    return " ".join("".join("\ufffd" if unsound(one) else one for one in text).split())


def _wrapped(text: str, columns: int, indent: str) -> Iterator[str]:
    line = ""
    for word in _pieces(text, columns - len(indent)):
        longer = f"{line} {word}" if line else word
        if line and width(indent + longer) > columns:
            yield _kept_in_order(line)
            line = indent + word
        else:
            line = longer
    if line:
        yield _kept_in_order(line)


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


def width(text: str) -> int:
    """In columns of a terminal or a fax."""
    return sum(_width(letter) for letter in text)


def _width(letter: str) -> int:
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1


def _kept_in_order(line: str) -> str:
    if not any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in line):
        return line
    indent = line[: len(line) - len(line.lstrip(" "))]
    label, colon, text = line[len(indent) :].rpartition(": ")
    return f"{indent}{label}{colon}\u2068{text}\u2069"
