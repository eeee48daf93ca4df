"""Pure: the timeline's bars. Days become weeks and weeks months before there are more bars than a phone can show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

MOST_BARS = 62  # two months of days; on a phone of 390 pixels a bar is then 6 wide [ours]
WIDTH, HEIGHT = 620, 120  # of the drawing, in its own units


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: first and last day (inclusive), events, and where it stands in the drawing."""

    first: date
    last: date
    count: int
    x: float
    y: float
    width: float
    height: float


def bars(days: Iterable[tuple[date, int]]) -> list[Bar]:
    """Bars for the days given, from the first day to the last without a gap; [] for no days."""
    counted = list(days)
    if not counted:
        return []
    spans = _spans(min(day for day, _ in counted), max(day for day, _ in counted))
    sums = [0] * len(spans)
    for day, count in counted:
        sums[next(i for i, (_, last) in enumerate(spans) if day <= last)] += count
    return _drawn(spans, sums)


def _spans(first: date, last: date) -> list[tuple[date, date]]:
    days = (last - first).days + 1
    if days <= MOST_BARS:
        return [(day, day) for day in (first + timedelta(n) for n in range(days))]
    if days <= MOST_BARS * 7:
        monday = first - timedelta(first.weekday())
        starts = (monday + timedelta(weeks=n) for n in range(days // 7 + 2))
        return [(day, day + timedelta(6)) for day in starts if day <= last]
    return _months(first, last)


def _months(first: date, last: date) -> list[tuple[date, date]]:
    """Runs of whole months, as many to a bar as it takes to stay below MOST_BARS."""
    total = (last.year - first.year) * 12 + last.month - first.month + 1
    step = -(-total // MOST_BARS)
    starts = [_month(first, n) for n in range(0, total + step, step)]
    return [(one, after - timedelta(1)) for one, after in pairwise(starts)]


def _month(first: date, after: int) -> date:
    years, month = divmod(first.month - 1 + after, 12)
    return date(first.year + years, month + 1, 1)


def _drawn(spans: Sequence[tuple[date, date]], sums: Sequence[int]) -> list[Bar]:
    pitch = min(WIDTH / len(spans), 40)
    most = max(sums)
    drawn = []
    for number, ((first, last), count) in enumerate(zip(spans, sums, strict=True)):
        # Two units at least: one event beside a thousand is still to be seen.
        height = max(2.0, HEIGHT * count / most) if count else 0.0
        x, y = round(number * pitch, 1), round(HEIGHT - height, 1)
        drawn.append(Bar(first, last, count, x, y, round(max(1.0, pitch - 2), 1), round(height, 1)))
    return drawn
