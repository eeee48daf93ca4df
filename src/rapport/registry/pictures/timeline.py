"""Pure: processes over time, a lane for each body. The list beside it is the same in words: its rows have the numbers.

A day is a dot. A month, a part of a year or years is a bar with a broken edge over all days that the date may mean:
the picture is never more exact than the source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from urllib.parse import quote

from rapport.formats.characters import clean
from rapport.formats.markup import Xml
from rapport.registry.dates import Known
from rapport.registry.pictures.labels import _, isolated, plain
from rapport.registry.pictures.lanes import LETTER, RADIUS, Lane, Mark, Placed, Scale, Tick, laid
from rapport.registry.pictures.svg import Key, Svg, group, number, picture, sample, shape, words

LEAST = 320  # pixels: a phone
_ROW = 24  # pixels, as high as a finger's mark must be
_HEAD = 22
_BAR = 14
_FAINT: dict[str, str | float] = {"stroke": "currentColor", "stroke_opacity": 0.25}


@dataclass(frozen=True, slots=True)
class Words:
    """What the picture says, for translators; `%(…)s` are filled in."""

    title: str = _("Events over time")
    told: str = _(
        "Events: %(events)s. Bodies: %(bodies)s. From %(first)s to %(last)s. "
        "Each mark has the number of its row in the list, and leads there."
    )
    others: str = _("Others")
    day: str = _("on this day, or these days")
    rough: str = _("some time in these months or years")


@dataclass(frozen=True, slots=True)
class Timeline:
    """`left_out`: events that stand in the list only."""

    svg: Svg
    legend: tuple[Key, ...]
    left_out: int


def timeline(marks: Sequence[Mark], least: int = LEAST, said: Words | None = None) -> Timeline:
    """The picture of these events, numbered from 1 as they come: as wide as what it stands in, and legible from
    `least` pixels on. Of more than 500 marks (MOST_MARKS) the last are left out."""
    said = said or Words()
    scale, lanes, drawn = laid(marks, least, said.others) if marks else (Scale(1, 2), [], 0)
    if not drawn:
        return Timeline(Svg(""), (), len(marks))
    tops = list(accumulate((len(lane.rows) * _ROW for lane in lanes), initial=_HEAD))
    height = tops[-1] + _HEAD
    svg = picture(
        "over-time",
        plain(said.title),
        _told(said, marks[:drawn]),
        _axis(scale.ticks(least), height),
        *(_drawn(lane, top) for lane, top in zip(lanes, tops, strict=False)),
        links=True,
        width="100%",
        height=height,
        font_size=LETTER,
    )
    return Timeline(svg, _legend(said), len(marks) - drawn)


def _told(said: Words, marks: Sequence[Mark]) -> str:
    first = min(mark.date.first.year for mark in marks)
    last = max(mark.date.last.year for mark in marks)
    bodies = len({body for mark in marks for body in mark.bodies})
    return said.told % {"events": len(marks), "bodies": bodies, "first": first, "last": last}


def _axis(ticks: Sequence[Tick], height: int) -> Xml:
    return group("g", *(_tick(one, height) for one in ticks), class_="years", aria_hidden="true", **_FAINT)


def _tick(one: Tick, height: int) -> Xml:
    """A line from top to bottom where a year begins, with the year right of it at both ends."""
    x = _at(one.at)
    line = shape("line", x1=x, x2=x, y1=0, y2=height)
    texts = [words("text", one.text, x=x, dx=3, y=y, stroke="none") for y in (_HEAD - 8, height - 6) if one.text]
    return group("g", line, *texts, class_="fine" if one.fine else "coarse")


def _drawn(lane: Lane, top: int) -> Xml:
    edge = shape("line", class_="edge", x1=0, x2="100%", y1=top, y2=top, **_FAINT)
    label = words("text", lane.label, class_="body", x=4, y=top + _ROW / 2 + 4)
    return group("g", edge, label, *(_mark(one, top + _ROW * one.row + _ROW / 2) for one in lane.placed))


def _mark(one: Placed, y: float) -> Xml:
    """A link to the row of the event. In further lanes it is the same link again, which the keyboard passes over."""
    again: dict[str, str] = {} if one.first else {"tabindex": "-1"}
    x = {1: one.end, -1: one.start, 0: (one.start + one.end) / 2}[one.side]
    if one.mark.date.known is Known.DAY:
        x = (one.start + one.end) / 2
    anchor: dict[str, str] = {} if one.side == 1 else {"text_anchor": "end" if one.side else "middle"}
    label = words("text", str(one.number), x=_at(x), dx=one.side * (RADIUS + 3), y=y + 4, **anchor)
    return group(
        "a",
        words("title", _title(one)),
        *_sign(one, y),
        label,
        href=f"#{quote(clean(one.mark.ref))}",
        class_="when",
        **again,
    )


def _title(one: Placed) -> str:
    bodies = ", ".join(isolated(body) for body in dict.fromkeys(one.mark.bodies))
    when = one.mark.when or one.mark.date.written
    return plain(f"{one.number}. {when}, {bodies}: {isolated(one.mark.what)}")


def _sign(one: Placed, y: float) -> list[Xml]:
    middle = _at((one.start + one.end) / 2)
    hit = shape("circle", class_="hit", cx=middle, cy=y, r=_ROW / 2, fill_opacity=0)
    if one.mark.date.known is Known.DAY:
        return [hit, shape("circle", class_="day", cx=middle, cy=y, r=RADIUS)]
    if one.mark.date.known is Known.DAYS:
        ends: dict[str, str] = {"x1": _at(one.start), "x2": _at(one.end), "stroke_linecap": "round"}
        return [hit, shape("line", class_="days", y1=y, y2=y, stroke="currentColor", stroke_width=2 * RADIUS, **ends)]
    return [hit, _rough(_at(one.start), _at(one.end - one.start), y)]


def _rough(x: str, across: str, y: float) -> Xml:
    look: dict[str, str] = {"stroke": "currentColor", "stroke_dasharray": "2 2"}
    return shape("rect", class_="rough", x=x, y=y - _BAR / 2, width=across, height=_BAR, fill_opacity=0.2, **look)


def _legend(said: Words) -> tuple[Key, ...]:
    day = sample("over-time", 24, _ROW, shape("circle", class_="day", cx=12, cy=_ROW / 2, r=RADIUS))
    rough = sample("over-time", 24, _ROW, _rough("2", "20", _ROW / 2))
    return Key(day, said.day), Key(rough, said.rough)


def _at(percent: float) -> str:
    return f"{number(percent)}%"
