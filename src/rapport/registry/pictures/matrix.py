"""Pure: who talks to whom as a table: rows say, columns are whom they name. The page writes it as a table of HTML,
which is read out and printed better than any drawing; only the signs in its cells are drawn.

An empty cell is never a no: nobody is asked whom they do not talk to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapport.formats.markup import Xml
from rapport.registry.dialogues import Pair
from rapport.registry.pictures.svg import Key, Svg, sample, shape, words
from rapport.registry.pictures.talks import Talks, Words, talks, told

MOST_PARTIES = 60  # 3,600 cells: what a browser still prints [ours]


class Said(StrEnum):
    """What a cell shows; also its class."""

    BOTH = "both"
    ROW = "row"  # the party of the row says so, that of the column does not
    COLUMN = "column"
    BLANK = "blank"
    UNKNOWN = "unknown"  # the party of the row has no entry in the sources
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Cell:
    """`told`: the cell in words, "" for an empty one. `pair`: with its sources."""

    said: Said
    track: str
    told: str
    sign: Svg
    pair: Pair | None = None


@dataclass(frozen=True, slots=True)
class Row:
    party: str
    heard: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows and columns are the same `parties`."""

    parties: tuple[str, ...]
    rows: tuple[Row, ...]
    legend: tuple[Key, ...]
    left_out: tuple[str, ...]


def matrix(pairs: Sequence[Pair], said: Words | None = None) -> Matrix:
    said = said or Words()
    among = talks(pairs, MOST_PARTIES)
    of = {(pair.one, pair.other): pair for pair in among.pairs}
    rows = [
        Row(
            party, party in among.heard, tuple(_cell(party, other, of, among, said) for other in among.parties)
        )
        for party in among.parties
    ]  # fmt: skip
    return Matrix(among.parties, tuple(rows), _legend(said), among.left_out)


def _cell(party: str, other: str, of: dict[tuple[str, str], Pair], among: Talks, said: Words) -> Cell:
    pair = of.get((min(party, other), max(party, other)))
    if party == other:
        return Cell(Said.SELF, "", "", Svg(""))
    if pair is None:
        unknown = party not in among.heard
        return (
            Cell(Said.UNKNOWN, "", said.no_entry, _SIGNS[Said.UNKNOWN])
            if unknown
            else Cell(Said.BLANK, "", "", Svg(""))
        )
    kind = Said.BOTH if pair.reciprocated else Said.ROW if party in pair.said_by else Said.COLUMN
    return Cell(kind, pair.track, told(pair, among, said), _SIGNS[kind], pair)


def _sign(kind: Said, *shapes: Xml) -> Svg:
    return sample(f"sign {kind}", 14, 14, *shapes)


def _disc(fill: str) -> Xml:
    return shape("circle", cx=7, cy=7, r=6, fill=fill, stroke="currentColor", stroke_width=1.5)


def _lines(path: str, fill: str = "none") -> Xml:
    return shape("path", d=path, fill=fill, stroke="currentColor")


#: A whole disc, its half next to the row's name, its half below the column's name, hatching.
_SIGNS = {
    Said.BOTH: _sign(Said.BOTH, _disc("currentColor")),
    Said.ROW: _sign(Said.ROW, _disc("none"), _lines("M7 1A6 6 0 0 0 7 13Z", "currentColor")),
    Said.COLUMN: _sign(Said.COLUMN, _disc("none"), _lines("M1 7A6 6 0 0 1 13 7Z", "currentColor")),
    Said.UNKNOWN: _sign(Said.UNKNOWN, _lines("M0 5L5 0M0 10L10 0M1 14L14 1M6 14L14 6M11 14L14 11")),
}
_EMPTY = _sign(Said.BLANK, _lines("M.5 .5H13.5V13.5H.5Z"))
_ONE = sample("sign", 14, 14, words("text", "1", x=7, y=12, text_anchor="middle", font_size=14))


def _legend(said: Words) -> tuple[Key, ...]:
    means = (said.both, said.row, said.column, said.unknown)
    signs = [Key(sign, text) for sign, text in zip(_SIGNS.values(), means, strict=True)]
    return (*signs, Key(_EMPTY, said.blank), Key(_ONE, said.first))
