"""What is urgent is read first, then what concerns many, then what waits longest: exactly as the formula says."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.desk.queue import priority

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEIGHTS = st.fixed_dictionaries(
    {}, optional={key: st.floats(0, 1 if key == "heard" else 1000) for key in priority.WEIGHTS}
)
REPORT = st.tuples(
    st.floats(0, 1000),  # hours waited
    st.integers(0, 3),
    st.none() | st.integers(0, 10**6),
    st.booleans(),
    st.integers(0, 3),  # as its words suggest
)
Told = tuple[float, int, int | None, bool, int]


@given(WEIGHTS, REPORT, REPORT, st.floats(0, 10_000))
def test_the_order_kept_is_the_order_of_the_formula_at_any_moment(
    weights: dict[str, float],
    one: Told,
    other: Told,
    later: float,
) -> None:
    def points(report: Told) -> float:
        hours, urgency, people, trusted, heard = report
        return priority.points(weights, urgency, people, trusted, hours + later, heard)

    def rank(report: Told) -> float:
        hours, urgency, people, trusted, heard = report
        return priority.rank(weights, NOW - timedelta(hours=hours), urgency, people, trusted, heard=heard)

    difference = points(one) - points(other)
    if abs(difference) > 1e-3:  # a thousandth of an hour: below a clock's own error
        assert (rank(one) > rank(other)) == (difference > 0)


@given(WEIGHTS, REPORT, REPORT)
def test_what_was_passed_to_a_verifier_comes_before_everything(
    weights: dict[str, float],
    one: Told,
    other: Told,
) -> None:
    def rank(report: Told, escalated: bool) -> float:
        hours, urgency, people, trusted, heard = report
        return priority.rank(weights, NOW - timedelta(hours=hours), urgency, people, trusted, escalated, heard)

    assert rank(one, True) > rank(other, False)


def test_the_sum_is_told_as_it_is_made() -> None:
    told = priority.explained({}, urgency=1, people=40, hours=2.0)
    assert told == "32.5 points: urgency 1 × 24 + people log10(1 + 40) × 4 + 2.0 h waited"
    assert math.isclose(priority.points({}, 1, 40, False, 2.0), 24 + 4 * math.log10(41) + 2)
    assert priority.explained({"trusted": 5}, trusted=True) == "5.0 points: trusted sender 5 + 0 min waited"
    assert priority.explained({}, hours=0.2).startswith("In its turn, by how long it waits: 12 min waited.")


@given(st.floats(0, 1), st.integers(0, 3), st.integers(0, 3))
def test_what_words_suggest_counts_for_a_share_and_never_less_than_what_somebody_said(
    share: float, urgency: int, heard: int
) -> None:
    weights = {"urgency": 24.0, "heard": share}
    counted = priority.points(weights, urgency, heard=heard)
    assert counted == pytest.approx(24 * max(urgency, share * heard))
    assert priority.points({**weights, "heard": 0}, urgency, heard=heard) == priority.points(weights, urgency)


def test_a_suggested_urgency_is_told_as_one() -> None:
    told = priority.explained({}, heard=3, hours=1)
    assert told == "37.0 points: urgency 3 as its words suggest, not confirmed, × 24 × 0.5 + 1.0 h waited"
    assert "suggest" not in priority.explained({}, urgency=2, heard=3)
    assert "suggest" not in priority.explained({"heard": 0}, heard=3) + priority.formula({"heard": 0})
    assert priority.formula({}).startswith("24 × urgency (0 to 3; × 0.5 where only the words suggest it) + ")
