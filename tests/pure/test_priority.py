"""What is urgent is read first, then what concerns many, then what waits longest: exactly as the formula says."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rapport.desk import priority

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEIGHTS = st.fixed_dictionaries({}, optional={key: st.floats(0, 1000) for key in priority.WEIGHTS})
REPORT = st.tuples(
    st.floats(0, 1000),  # hours waited
    st.integers(0, 3),
    st.none() | st.integers(0, 10**6),
    st.booleans(),
)


@given(WEIGHTS, REPORT, REPORT, st.floats(0, 10_000))
def test_the_order_kept_is_the_order_of_the_formula_at_any_moment(
    weights: dict[str, float],
    one: tuple[float, int, int | None, bool],
    other: tuple[float, int, int | None, bool],
    later: float,
) -> None:
    def points(report: tuple[float, int, int | None, bool]) -> float:
        hours, urgency, people, trusted = report
        return priority.points(weights, urgency, people, trusted, hours + later)

    def rank(report: tuple[float, int, int | None, bool]) -> float:
        hours, *rest = report
        return priority.rank(weights, NOW - timedelta(hours=hours), *rest)

    difference = points(one) - points(other)
    if abs(difference) > 1e-3:  # a thousandth of an hour: below a clock's own error
        assert (rank(one) > rank(other)) == (difference > 0)


@given(WEIGHTS, REPORT, REPORT)
def test_what_was_passed_to_a_verifier_comes_before_everything(
    weights: dict[str, float],
    one: tuple[float, int, int | None, bool],
    other: tuple[float, int, int | None, bool],
) -> None:
    passed = priority.rank(weights, NOW - timedelta(hours=one[0]), *one[1:], escalated=True)
    assert passed > priority.rank(weights, NOW - timedelta(hours=other[0]), *other[1:])


def test_the_sum_is_told_as_it_is_made() -> None:
    told = priority.explained({}, urgency=1, people=40, hours=2.0)
    assert told == "32.5 points: urgency 1 × 24 + people log10(1 + 40) × 4 + 2.0 h waited"
    assert math.isclose(priority.points({}, 1, 40, False, 2.0), 24 + 4 * math.log10(41) + 2)
    assert priority.explained({"trusted": 5}, trusted=True) == "5.0 points: trusted sender 5 + 0.0 h waited"
