"""The timeline's bars hold every event once, in order, and there are never more of them than fit."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rapport.events.bars import HEIGHT, MOST_BARS, WIDTH, bars

days = st.dates(date(1990, 1, 1), date(2040, 1, 1))


@given(st.dictionaries(days, st.integers(1, 10_000), max_size=40))
def test_every_event_is_in_one_bar(counted: dict[date, int]) -> None:
    made = bars(counted.items())
    assert sum(bar.count for bar in made) == sum(counted.values())
    for bar in made:
        assert bar.count == sum(count for day, count in counted.items() if bar.first <= day <= bar.last)


@given(st.sets(days, min_size=1, max_size=10))
def test_bars_follow_each_other_without_a_gap_and_fit(found: set[date]) -> None:
    made = bars((day, 1) for day in found)
    assert len(made) <= MOST_BARS + 1
    assert made[0].first <= min(found) <= max(found) <= made[-1].last
    for one, after in pairwise(made):
        assert one.last + timedelta(1) == after.first
        assert one.x < after.x
    assert made[-1].x + made[-1].width <= WIDTH + 1
    assert all(0 <= bar.y <= HEIGHT and bar.height <= HEIGHT for bar in made)


def test_one_event_beside_a_thousand_is_still_seen() -> None:
    small, large = bars([(date(2010, 1, 1), 1), (date(2010, 1, 2), 1000)])
    assert small.height >= 2
    assert large.height == HEIGHT
