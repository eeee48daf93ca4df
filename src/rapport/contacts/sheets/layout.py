"""Pure: which line of a sheet stands where, on pages of paper."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapport.contacts.rows import Block, Row, isolated, plain
from rapport.contacts.sheets.fonts import drawable, width


@dataclass(frozen=True, slots=True)
class Paper:
    """In points (1/72 inch)."""

    wide: float
    high: float
    margin: float
    size: float  # of letters

    @property
    def leading(self) -> float:
        return self.size * 1.35

    @property
    def room(self) -> float:
        return self.wide - 2 * self.margin


#: For the wallet: A7, 74 by 105 mm. For a wall or a folder: A4, 210 by 297 mm (both ISO 216).
WALLET, SHEET = Paper(209.8, 297.6, 14, 7), Paper(595.3, 841.9, 45, 10)


@dataclass(frozen=True, slots=True)
class Line:
    """`part` is the number of the title or row it belongs to; `tag` its kind in PDF: H1, H2, P."""

    text: str
    page: int
    across: float
    up: float
    size: float
    tag: str
    part: int


def laid(blocks: Iterable[Block], paper: Paper, foot: str) -> list[Line]:
    """Above the foot that every page has. A block stays on one page where it can."""
    lowest = paper.margin + (len(foot_lines(foot, paper)) + 0.5) * foot_size(paper) * 1.25
    top, page, up, part = paper.high - paper.margin, 0, paper.high - paper.margin, 0
    found: list[Line] = []
    for number, block in enumerate(blocks):
        parts = list(_parts(block, paper, "H2" if number else "H1"))
        high = sum(len(lines) * size * 1.35 for lines, size, _ in parts) + paper.leading / 2
        if up < top and up - high < lowest:
            page, up = (page + 1, top) if high <= top - lowest or up - 4 * paper.leading < lowest else (page, up)
        for lines, size, tag in parts:
            for indent, text in lines:
                if up - size * 1.35 < lowest:
                    page, up = page + 1, top
                up -= size * 1.35
                found.append(Line(text, page, paper.margin + indent, up, size, tag, part))
            part += 1
        up -= paper.leading / 2
    return found


def _parts(block: Block, paper: Paper, tag: str) -> Iterator[tuple[list[tuple[float, str]], float, str]]:
    large = paper.size * 1.25
    yield [(0.0, one) for one in wrapped(drawable(plain(block.title)), paper.room, large)], large, tag
    for row in block.rows:
        yield list(_row(row, paper)), paper.size, "P"


def _row(row: Row, paper: Paper) -> Iterator[tuple[float, str]]:
    """A value for which there is no room beside its label begins on a line of its own, as in the text."""
    label, text, indent = drawable(plain(row.label)), drawable(plain(row.text)), paper.size * 1.5
    if not label:
        yield from ((0.0, one) for one in wrapped(text, paper.room, paper.size))
    elif width(f"{label}: {text}") * paper.size / 1000 <= paper.room:
        yield 0.0, f"{isolated(label)}: {isolated(text)}"
    else:
        yield from ((0.0, one) for one in wrapped(f"{label}:", paper.room, paper.size))
        yield from ((indent, one) for one in wrapped(text, paper.room - indent, paper.size))


def wrapped(text: str, room: float, size: float) -> list[str]:
    """Lines of words; a word that no line has room for goes on in the next one."""
    found, line = [], ""
    for word in (piece for whole in text.split(" ") for piece in _pieces(whole, room, size)):
        longer = f"{line} {word}" if line else word
        if line and width(longer) * size / 1000 > room:
            found.append(isolated(line))
            line = word
        else:
            line = longer
    return [*found, isolated(line)] if line else found


def _pieces(word: str, room: float, size: float) -> Iterator[str]:
    while width(word) * size / 1000 > room:
        # Joined letters may be wider than fewer of them: what the search finds is held against the room once more.
        fits = bisect_right(range(len(word)), room, key=lambda end: width(word[:end]) * size / 1000) - 1
        while fits > 1 and width(word[:fits]) * size / 1000 > room:
            fits -= 1
        yield word[: max(1, fits)]
        word = word[max(1, fits) :]
    if word:
        yield word


def foot_lines(foot: str, paper: Paper, page: int = 0, count: int = 1) -> list[str]:
    """What stands at the foot of a page, whole; the page's number in a line of its own."""
    return [*wrapped(drawable(plain(foot)), paper.room, foot_size(paper)), f"{page + 1} / {count}"]


def foot_size(paper: Paper) -> float:
    return paper.size * 0.8
