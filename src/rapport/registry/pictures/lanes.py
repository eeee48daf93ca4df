"""Pure: where the marks of a timeline stand: a lane for each body, and rows within it so that no two cover each other.

Places along the time are shares of the width (percent), so that one picture serves a phone and a desk and its letters
keep their size on both. What keeps apart at the least width keeps apart at every larger one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from rapport.registry.dates import Dated
from rapport.registry.pictures.labels import shortened, width

MOST_MARKS = 500  # events beyond stand in the list only [ours]
MOST_LANES = 40  # the bodies beyond have one lane together [ours]
EDGE = 6.0  # percent left free at each side
LETTER = 12  # pixels
_BOLD = 1.12  # bodies are written in bold letters, which are so much wider
_DESK = 3  # times the least width
RADIUS = 4.5  # of a mark, in pixels
_GAP = 3.0  # between two marks, in pixels
_STEPS = (1, 3, 6, *(12 * years for years in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)))  # in months


@dataclass(frozen=True, slots=True)
class Mark:
    """One event. `ref`: the id of its row in the list beside the picture; `when`: its date as the list writes it, ""
    for as its source does."""

    ref: str
    date: Dated
    bodies: tuple[str, ...]
    what: str
    when: str = ""

    @property
    def lanes(self) -> tuple[str, ...]:
        """Each body once; "" for an event of nobody."""
        return tuple(dict.fromkeys(self.bodies)) or ("",)


@dataclass(frozen=True, slots=True)
class Scale:
    """Days as shares of the width, in percent. Whole years, from the first that any mark touches to the last."""

    first: int  # ordinal of a day
    last: int  # exclusive

    @classmethod
    def of(cls, dates: Sequence[Dated]) -> Scale:
        first, last = min(one.first for one in dates), max(one.last for one in dates)
        return cls(date(first.year, 1, 1).toordinal(), date(last.year, 12, 31).toordinal() + 1)

    def at(self, day: float) -> float:
        return EDGE + (100 - 2 * EDGE) * (day - self.first) / (self.last - self.first)

    def ticks(self, least: int) -> list[Tick]:
        """Where years begin, or months where there are few years: as many as have room at the least width, in pixels,
        and those between them that have room on a desk."""
        years = date.fromordinal(self.first).year, date.fromordinal(self.last - 1).year
        coarse = next(step for step in _STEPS if self._has_room(step, years, least))
        fine = next(step for step in _STEPS if coarse % step == 0 and self._has_room(step, years, least * _DESK))
        begins = -(-years[0] * 12 // fine) * fine
        return [self._tick(month, coarse, least) for month in range(begins, years[1] * 12 + 12, fine)]

    def _has_room(self, step: int, years: tuple[int, int], width: int) -> bool:
        months = (years[1] - years[0] + 1) * 12
        return step == _STEPS[-1] or step * width * (1 - EDGE / 50) / months >= _letters(step)

    def _tick(self, month: int, coarse: int, least: int) -> Tick:
        day = date(month // 12, month % 12 + 1, 1)
        x, fine = self.at(day.toordinal()), month % coarse != 0
        text = f"{day:%Y-%m}" if day.month > 1 else str(day.year)
        fits = x / 100 * least * (_DESK if fine else 1) + _letters(month) <= least * (_DESK if fine else 1)
        return Tick(x, text if fits else "", fine)


def _letters(month: int) -> int:
    """Pixels that a year takes, or a month, with what is left free around it."""
    return 38 if month % 12 == 0 else 58


@dataclass(frozen=True, slots=True)
class Tick:
    """`fine`: shown where there is room for it."""

    at: float
    text: str
    fine: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark in one lane: from `start` to `end`, in percent, in a row; its number stands right of it, left where no
    room is (`side` -1), or on it (0)."""

    mark: Mark
    number: int  # of its row in the list
    first: bool  # of the lanes it stands in
    start: float
    end: float
    row: int
    side: int


@dataclass(slots=True, eq=False)
class Lane:
    label: str
    placed: list[Placed] = field(default_factory=list)
    #: For each row what it holds, as (from, to) in pixels at the least width.
    rows: list[list[tuple[float, float]]] = field(default_factory=list)

    def row_for(self, box: tuple[float, float]) -> int:
        """The first row where nothing is in the way, which then holds it."""
        for number, row in enumerate(self.rows):
            if all(box[0] >= end + _GAP or box[1] + _GAP <= start for start, end in row):
                row.append(box)
                return number
        self.rows.append([box])
        return len(self.rows) - 1


def laid(marks: Sequence[Mark], least: int, others: str) -> tuple[Scale, list[Lane], int]:
    """The lanes, by their first event; how many marks are drawn of those given, which are numbered as they come.

    An event of several bodies stands in the lane of each, under the same number.
    """
    drawn = _fitting(marks)
    scale = Scale.of([mark.date for mark in drawn])
    lanes = _lanes(drawn, least, others)
    for number, mark in sorted(enumerate(drawn, 1), key=lambda one: (one[1].date.first, one[1].date.last, one[0])):
        within = list(dict.fromkeys(lanes.get(body) or lanes[""] for body in mark.lanes))
        for lane in within:
            lane.placed.append(_placed(lane, mark, number, lane is within[0], scale, least))
    return scale, list(dict.fromkeys(lanes.values())), len(drawn)


def _fitting(marks: Sequence[Mark]) -> list[Mark]:
    drawn, left = [], MOST_MARKS
    for mark in marks:
        left -= len(mark.lanes)
        if left < 0:
            break
        drawn.append(mark)
    return drawn


def _lanes(marks: Sequence[Mark], least: int, others: str) -> dict[str, Lane]:
    """A lane for each body, in the order of their first events; beyond MOST_LANES the bodies with fewest share one."""
    begins: dict[str, tuple[date, date]] = {}
    count: dict[str, int] = {}
    for mark in marks:
        for body in mark.lanes:
            span = (mark.date.first, mark.date.last)
            begins[body] = min(begins.get(body, span), span)
            count[body] = count.get(body, 0) + 1
    own = sorted(count, key=lambda body: (-count[body], body))
    own = own if len(own) <= MOST_LANES else own[: MOST_LANES - 1]
    names = sorted(own, key=lambda body: (begins[body], body))
    made = {name: _lane(name or others, least) for name in names}
    return made if len(own) == len(count) else {**made, "": _lane(others, least)}


def _lane(name: str, least: int) -> Lane:
    letter = LETTER * _BOLD
    lane = Lane(shortened(name, least * 0.6 / letter))
    lane.row_for((0.0, 4 + width(lane.label) * letter))
    return lane


def _placed(lane: Lane, mark: Mark, number: int, first: bool, scale: Scale, least: int) -> Placed:
    start, end = scale.at(mark.date.first.toordinal()), scale.at(mark.date.last.toordinal() + 1)
    pixel = least / 100
    room = 3 + width(str(number)) * LETTER
    box = (start * pixel - RADIUS, end * pixel + RADIUS)
    if (end - start) * pixel >= room + 4:
        side = 0
    elif box[1] + room <= least:
        side, box = 1, (box[0], box[1] + room)
    else:
        side, box = -1, (box[0] - room, box[1])
    return Placed(mark, number, first, start, end, lane.row_for(box), side)
