"""Pure: who talks to whom, as a graph: parties around a circle, lines between them.

A whole line is said by both sides; a broken one with an arrow by one side only; a thick one is named as track 1. None
of it hangs on colour. The matrix says the same as a table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapport.formats.markup import Xml
from rapport.registry.dialogues import Pair
from rapport.registry.pictures.circle import ordered, spots
from rapport.registry.pictures.labels import isolated, plain, wrapped
from rapport.registry.pictures.points import HEAD, Point, arrow, between, towards, xy
from rapport.registry.pictures.svg import Key, Svg, group, picture, sample, shape, words
from rapport.registry.pictures.talks import Talks, Words, counted, sayer, talks, told

MOST_PARTIES = 40  # beyond, lines become a cloth: the matrix shows more
WIDTH = 360  # of the drawing, in its own units: a phone
LETTER = 12
_LINE = 13
_ACROSS, _RADIUS = 76, 112  # least, of the circle: names need room beside it
_DOT = 5
_AWAY = 9  # from the middle of a dot to its name
_PITCH = {1: 22, 2: 32}  # from name to name on one side, by the lines of the longest
_EDGE = 20
_BEND = 0.35  # of its length a line bends towards the middle: past the dots between its ends


@dataclass(frozen=True, slots=True)
class Graph:
    """`left_out`: parties beyond MOST_PARTIES, those with the fewest pairs."""

    svg: Svg
    legend: tuple[Key, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Placed:
    x: float
    y: float
    label: tuple[str, ...]

    @property
    def at(self) -> Point:
        return self.x, self.y

    @property
    def side(self) -> int:
        return 1 if self.x > WIDTH / 2 else -1


def graph(pairs: Sequence[Pair], hrefs: Mapping[str, str] | None = None, said: Words | None = None) -> Graph:
    """The picture of these pairs; a party leads to its address in `hrefs`, if it has one there."""
    said, hrefs = said or Words(), hrefs or {}
    among = talks(pairs, MOST_PARTIES)
    if not among.pairs:
        return Graph(Svg(""), (), among.left_out)
    placed, height = _placed(among)
    middle = (WIDTH / 2, height / 2)
    ties = [_tie(pair, placed, middle, told(pair, among, said)) for pair in sorted(among.pairs, key=_on_top)]
    parties = [_party(name, placed[name], among, hrefs.get(name, ""), said) for name in placed]
    svg = picture(
        "who-talks",
        plain(said.title),
        counted(among, said),
        group("g", *ties, class_="ties", fill="none", stroke="currentColor"),
        *parties,
        links=any(hrefs.get(name) for name in placed),
        viewBox=f"0 0 {WIDTH} {height}",
        font_size=LETTER,
    )
    return Graph(svg, _legend(said), among.left_out)


def _on_top(pair: Pair) -> bool:
    """Broken lines are drawn last: under whole ones they would be lost."""
    return not pair.reciprocated


def _placed(among: Talks) -> tuple[dict[str, _Placed], int]:
    """Where each party stands, and how high the drawing is."""
    names = ordered(among.parties, [(pair.one, pair.other) for pair in among.pairs])
    around = spots(len(names))
    labels = [wrapped(name, _room(x)) for name, (x, _) in zip(names, around, strict=True)]
    radius = max(_RADIUS, -(-len(names) // 2) * _PITCH[max(map(len, labels))] / 2)
    placed = [
        _Placed(WIDTH / 2 + _ACROSS * x, _EDGE + radius * (1 + y), label)
        for (x, y), label in zip(around, labels, strict=True)
    ]
    return dict(zip(names, placed, strict=True)), round(2 * (radius + _EDGE))


def _room(x: float) -> float:
    """In em, from the dot of a party to the edge."""
    return (WIDTH / 2 - abs(x) * _ACROSS - _AWAY - 2) / LETTER


def _party(name: str, placed: _Placed, among: Talks, href: str, said: Words) -> Xml:
    heard = name in among.heard
    pairs = sum(name in (pair.one, pair.other) for pair in among.pairs)
    title = said.party % {"name": isolated(name), "pairs": pairs}
    children = [
        words("title", title if heard else f"{title}; {said.no_entry}"),
        _dot(*placed.at, heard),
        *_label(placed),
    ]
    link: dict[str, str] = {"href": href} if href else {}
    return group("a" if href else "g", *children, class_="party", **link)


def _dot(x: float, y: float, heard: bool) -> Xml:
    """Full for a party of whom the sources have an entry, else a broken ring."""
    if heard:
        return shape("circle", class_="heard", cx=x, cy=y, r=_DOT)
    look: dict[str, str] = {"fill": "none", "stroke": "currentColor", "stroke_dasharray": "2.5 2"}
    return shape("circle", class_="silent", cx=x, cy=y, r=_DOT, stroke_width=1.5, **look)


def _label(placed: _Placed) -> list[Xml]:
    top = placed.y + 4 - _LINE * (len(placed.label) - 1) / 2
    where: dict[str, float | str] = {
        "x": placed.x + placed.side * _AWAY,
        "text_anchor": "start" if placed.side == 1 else "end",
    }
    return [words("text", text, y=top + _LINE * line, **where) for line, text in enumerate(placed.label)]


def _tie(pair: Pair, placed: Mapping[str, _Placed], middle: Point, title: str) -> Xml:
    who = pair.one if pair.reciprocated else sayer(pair)
    other = pair.other if who == pair.one else pair.one
    start, end = placed[who].at, placed[other].at
    bend = towards(between(start, end, 0.5), middle, _BEND * math.dist(start, end))
    kind = f"tie {'both' if pair.reciprocated else 'one'}{' first' if pair.track == '1' else ''}"
    named = f"{isolated(pair.one)} – {isolated(pair.other)}: {title}"
    lines = _line(start, bend, end, pair.reciprocated, pair.track == "1")
    return group("g", words("title", named), *lines, class_=kind)


def _line(start: Point, bend: Point, end: Point, both: bool, first: bool) -> list[Xml]:
    tip = towards(end, bend, _DOT + 1)
    thick = 3.2 if first else 1.4
    ends = towards(start, bend, _DOT + 1), tip if both else towards(tip, bend, HEAD - 1)
    path = f"M{xy(ends[0])}Q{xy(bend)} {xy(ends[1])}"
    if both:
        return [shape("path", d=path, stroke_width=thick)]
    dashed = shape("path", d=path, stroke_width=thick, stroke_dasharray="5 4")
    return [dashed, shape("path", d=arrow(tip, bend), fill="currentColor", stroke="none")]


def _legend(said: Words) -> tuple[Key, ...]:
    ends = (-4.0, 8.0), (20.0, 8.0), (46.0, 8.0)
    lines = {said.both: (True, False), said.arrow: (False, False), said.first: (True, True)}
    drawn = [Key(sample("who-talks key", 40, 16, _stroke(*_line(*ends, *look))), text) for text, look in lines.items()]
    return (*drawn, Key(sample("who-talks key", 40, 16, _dot(20, 8, False)), said.silent))


def _stroke(*lines: Xml) -> Xml:
    return group("g", *lines, fill="none", stroke="currentColor")
