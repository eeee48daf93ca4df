"""Coordinates that people and programs give are judged in one way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.values import Box, km_between, place_problem

HAITI = Box(-74.6, 17.9, -71.5, 20.2)
FIJI = Box(176.0, -21.0, -178.0, -12.0)  # across the antimeridian
ROUND_ZERO = Box(-5.0, -5.0, 5.0, 5.0)


@pytest.mark.parametrize(
    ("lon", "lat", "box", "problem"),
    [
        (-72.3, 18.5, HAITI, ""),
        (18.5, -72.3, HAITI, "swapped"),
        (2.35, 48.85, HAITI, "outside"),
        (2.35, 48.85, None, ""),
        (0.0, 0.0, HAITI, "zero"),
        (0.0, 0.0, ROUND_ZERO, "zero"),
        (0.00005, -0.00005, None, "zero"),
        (0.0, 0.0002, ROUND_ZERO, ""),
        (-72.3, 91.0, HAITI, "not_a_coordinate"),
        (181.0, 18.0, None, "not_a_coordinate"),
        (float("nan"), 18.0, HAITI, "not_a_coordinate"),
        (float("inf"), 18.0, None, "not_a_coordinate"),
        (179.0, -17.0, FIJI, ""),
        (-17.0, 179.0, FIJI, "swapped"),
    ],
)
def test_what_is_wrong_with_a_point_is_said_in_a_word(lon: float, lat: float, box: Box | None, problem: str) -> None:
    assert place_problem(lon, lat, box) == problem


@given(st.floats(), st.floats())
def test_a_point_without_a_problem_is_on_the_globe_and_in_the_box(lon: float, lat: float) -> None:
    if not place_problem(lon, lat):
        assert -180 <= lon <= 180
        assert -90 <= lat <= 90
    assert HAITI.holds(lon, lat) == (place_problem(lon, lat, HAITI) == "")


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [((-72.34, 18.54), (-72.34, 18.54), 0), ((-72.34, 18.54), (-72.53, 18.23), 40.0), ((0, 60), (1, 60), 55.6),
     ((179.9, -17), (-179.9, -17), 21.3), ((-179.9, -17), (179.9, -17), 21.3)],
)  # fmt: skip
def test_how_far_two_points_are_apart_also_across_the_antimeridian(
    one: tuple[float, float], other: tuple[float, float], km: float
) -> None:
    assert km_between(*one, *other) == pytest.approx(km, rel=0.02)
