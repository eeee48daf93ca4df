"""Pure: how the answers to one question spread, small enough for a cell of a table; and two waves below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapport.formats.markup import Xml
from rapport.registry.pictures.labels import _, plain
from rapport.registry.pictures.points import HEAD, Point, arrow, towards, xy
from rapport.registry.pictures.scale import LETTER, WIDTH, Answers
from rapport.registry.pictures.svg import Svg, group, number, picture, shape, words

_ROW, _HEIGHT = 15, 52  # where the dots stand; of the drawing
_LARGEST = 14.0  # radius of a dot


@dataclass(frozen=True, slots=True)
class Words:
    """What the pictures say, for translators; `%(…)s` are filled in."""

    spread: str = _("answers: %(answers)s; median: %(median)s; from %(lowest)s to %(highest)s; of each value: %(each)s")
    change: str = _("Before: %(before)s. After: %(after)s.")
    suppressed: str = _("too few answers to be shown")
    none: str = _("no answers")
    point: str = "."  # of decimals


@dataclass(frozen=True, slots=True)
class Spread:
    """`told`: the picture in words, which also stands in it; where nothing can be drawn `svg` is "" and the page writes
    `told`."""

    svg: Svg
    told: str


def spread(counts: Sequence[int] | None, lowest: int, said: Words | None = None) -> Spread:
    """How often `lowest`, `lowest` + 1 … were answered, None where that is suppressed: a dot for each value with its
    count, a line over the range, a mark at the median."""
    said = said or Words()
    if counts is None:
        return Spread(Svg(""), said.suppressed)
    answers = Answers.of(counts, lowest)
    if not answers.chosen:
        return Spread(Svg(""), said.none)
    told = plain(_told(answers, said))
    children = [_range(answers, _ROW), *_dots(answers), _median(answers, _ROW + 15), *_values(answers, _HEIGHT - 2)]
    return Spread(_drawn("spread", told, children, _HEIGHT), told)


def change(before: Sequence[int] | None, after: Sequence[int] | None, lowest: int, said: Words | None = None) -> Spread:
    """Two waves of the same question: each its range and median, the earlier above, and an arrow from median to
    median. Nothing is drawn where either is suppressed or empty."""
    said = said or Words()
    waves = [spread(counts, lowest, said) for counts in (before, after)]
    told = said.change % {"before": waves[0].told, "after": waves[1].told}
    if before is None or after is None or not all(wave.svg for wave in waves):
        return Spread(Svg(""), told)
    old, new = Answers.of(before, lowest), Answers.of(after, lowest)
    moved = _arrow((old.at(old.median), 14), (new.at(new.median), 30))
    children = [_wave(old, 8, "before"), _wave(new, 36, "after"), moved, *_values(new, 56)]
    return Spread(_drawn("spread change", plain(told), children, 59), told)


def _drawn(kind: str, told: str, children: Sequence[Xml], height: int) -> Svg:
    size = {"width": WIDTH, "height": height, "font_size": LETTER}
    return picture(kind, told, "", *children, links=False, viewBox=f"0 0 {WIDTH} {height}", **size)


def _told(answers: Answers, said: Words) -> str:
    each = ", ".join(f"{value}: {count}" for value, count in zip(answers.values, answers.counts, strict=True))
    return said.spread % {
        "answers": sum(answers.counts),
        "median": _number(answers.median, said),
        "lowest": answers.chosen[0],
        "highest": answers.chosen[-1],
        "each": each,
    }


def _number(value: float, said: Words) -> str:
    return number(value).replace(".", said.point)


def _range(answers: Answers, y: float) -> Xml:
    ends = {"x1": answers.at(answers.chosen[0]), "x2": answers.at(answers.chosen[-1])}
    return shape("line", class_="range", y1=y, y2=y, stroke="currentColor", stroke_width=2, **ends)


def _dots(answers: Answers) -> list[Xml]:
    """The area of a dot follows the count, but for the least that its number can be read in."""
    largest = min(_LARGEST, (answers.at(1) - answers.at(0)) / 2 - 0.5)
    most = max(answers.counts)
    dots = []
    for value, count in zip(answers.values, answers.counts, strict=True):
        if count:
            text = str(count) if _room(str(count)) <= largest else "…"
            x, radius = answers.at(value), max(_room(text), largest * (count / most) ** 0.5)
            dots.append(shape("circle", cx=x, cy=_ROW, r=radius, fill="#fff", stroke="currentColor"))
            dots.append(words("text", text, x=x, y=_ROW + 4, text_anchor="middle"))
    return dots


def _room(text: str) -> float:
    """The radius of the least dot that a number is read in."""
    return 4.5 + 3 * len(text)


def _median(answers: Answers, y: float) -> Xml:
    """A triangle that points up to the median."""
    x = answers.at(answers.median)
    return shape("path", class_="median", d=f"M{xy((x, y))}l4.5 7h-9Z", fill="currentColor")


def _values(answers: Answers, y: float) -> list[Xml]:
    names = [words("text", str(value), x=answers.at(value), y=y, text_anchor="middle") for value in answers.values]
    return [group("g", *names, class_="scale")]


def _wave(answers: Answers, y: float, kind: str) -> Xml:
    """A range, and a diamond at the median: hollow for the earlier wave, full for the later."""
    sign: dict[str, str] = {"fill": "#fff", "stroke": "currentColor"} if kind == "before" else {}
    diamond = f"M{xy((answers.at(answers.median), y - 6))}l6 6l-6 6l-6 -6Z"
    return group("g", _range(answers, y), shape("path", d=diamond, **sign), class_=kind)


def _arrow(start: Point, tip: Point) -> Xml:
    line = {"x1": start[0], "y1": start[1], **dict(zip(("x2", "y2"), towards(tip, start, HEAD - 1), strict=True))}
    return group("g", shape("line", stroke="currentColor", **line), shape("path", d=arrow(tip, start)), class_="arrow")
