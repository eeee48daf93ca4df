"""A displaced place is within its radius, is always the same, and cannot be found again by asking often."""

from __future__ import annotations

import random
from datetime import datetime, tzinfo
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.sharing.coarser import displaced, in_area, place_left, time_left
from rapport.sharing.protocol.model import RADII_M, Area, Left, Rounding
from rapport.values import Precision, Spot, km_between

KEY = bytes(range(32))
places = st.builds(
    Spot,
    st.floats(-180, 180, allow_nan=False),
    st.floats(-79, 79, allow_nan=False),
    st.just(Precision.EXACT),
    st.just(0),
    st.just("a clinic"),
    st.just("HT0112"),
)


def metres(one: Spot, other: Spot) -> float:
    return km_between(one.lon, one.lat, other.lon, other.lat) * 1000


@given(places, st.sampled_from(RADII_M[:4]))
def test_the_truth_lies_within_the_radius_and_nothing_else_tells(spot: Spot, radius_m: int) -> None:
    moved = displaced(spot, radius_m, KEY)
    assert metres(spot, moved) <= radius_m * 1.01  # the globe is not flat
    assert moved.radius_m == radius_m
    assert (moved.name, moved.pcode) == ("", "")
    assert moved == displaced(spot, radius_m, KEY)


@given(places, st.sampled_from(RADII_M[:3]))
def test_the_coarser_answer_follows_from_the_finer_one(spot: Spot, radius_m: int) -> None:
    coarser = RADII_M[RADII_M.index(radius_m) + 1]
    other = Spot(spot.lon, spot.lat, Precision.EXACT, 0)
    near = displaced(other, radius_m, KEY)
    # Two truths with one finer answer have one coarser answer.
    moved = Spot(spot.lon + 1e-9, spot.lat, Precision.EXACT, 0)
    if displaced(moved, radius_m, KEY) == near:
        assert displaced(moved, coarser, KEY) == displaced(other, coarser, KEY)


@pytest.mark.parametrize("radius_m", RADII_M[:4])
def test_the_average_of_all_answers_is_no_nearer_than_one(radius_m: int) -> None:
    """Readers of every coarser radius collude, and the event is reported again at slightly other places."""
    rnd = random.Random(3)
    alone, together = [], []
    for _ in range(200):
        truth = Spot(rnd.uniform(-74, -72), rnd.uniform(18, 19), Precision.EXACT, 0)
        answers = [displaced(truth, radius, KEY) for radius in RADII_M[RADII_M.index(radius_m) : 4]]
        again = [
            displaced(
                Spot(truth.lon + rnd.gauss(0, 1e-5), truth.lat + rnd.gauss(0, 1e-5), Precision.EXACT, 0), radius_m, KEY
            )
            for _ in range(50)
        ]
        seen = {(one.lon, one.lat) for one in (*answers[:1], *again)}
        mean = Spot(
            sum(lon for lon, _ in seen) / len(seen), sum(lat for _, lat in seen) / len(seen), Precision.EXACT, 0
        )
        alone.append(metres(truth, answers[0]) / radius_m)
        together.append(metres(truth, mean) / radius_m)
    print(f"{radius_m} m: one answer {median(alone):.2f} of the radius away, best estimate {median(together):.2f}")  # noqa: T201 - the figure
    assert median(together) >= 0.3
    assert median(together) >= 0.9 * median(alone)


def test_another_key_is_another_place() -> None:
    spot = Spot(-72.3, 18.5, Precision.EXACT, 0)
    assert displaced(spot, 1_000, KEY) != displaced(spot, 1_000, bytes(32))


def test_an_area_is_never_finer_than_what_is_known() -> None:
    commune = Spot(-72.3, 18.5, Precision.ADM2, 6_000, "Delmas", "HT0112")
    region = Spot(-72.0, 18.6, Precision.ADM1, 40_000, "Ouest", "HT01")
    exact, coarse = Spot(-72.31, 18.51, Precision.EXACT, 50), Spot(-72, 19, Precision.COUNTRY, 150_000)
    assert in_area(exact, commune, region, Area.ADM3) == commune
    assert in_area(exact, commune, region, Area.ADM2) == commune
    assert in_area(exact, commune, region, Area.ADM1) == region
    assert in_area(exact, None, None, Area.ADM2) is None
    assert in_area(coarse, None, None, Area.ADM1) is None


def test_what_is_called_coarse_keeps_neither_its_point_nor_its_name() -> None:
    commune = Spot(-72.3, 18.5, Precision.ADM2, 6_000, "Delmas", "HT0112")
    region = Spot(-72.0, 18.6, Precision.ADM1, 40_000, "Ouest", "HT01")
    for precision in Precision:
        said = Spot(-72.338765, 18.543219, precision, 10_000, "Rue Gazou 12")
        assert in_area(said, commune, region, Area.ADM2) in {commune, region, None}
    wide = Spot(-72.291239, 18.512347, Precision.EXACT, 5_000, "Rue Canope 5")
    moved = place_left(wide, commune, region, Left(radius_m=5_000), KEY)
    assert moved is not None
    assert metres(moved, wide) > 500
    assert moved.name == ""


def test_no_area_is_given_where_nothing_is() -> None:
    commune, region = None, None
    exact = Spot(-72.31, 18.51, Precision.EXACT, 50)
    assert in_area(exact, commune, region, Area.NONE) is None


@given(
    st.datetimes(min_value=datetime(1900, 1, 2), timezones=st.timezones()), st.sampled_from(Rounding), st.timezones()
)
def test_a_rounded_time_is_never_later(at: datetime, rounding: Rounding, zone: tzinfo) -> None:
    left = time_left(at, rounding, zone)
    assert left is not None
    assert left.timestamp() <= at.timestamp()
    assert time_left(left, rounding, zone) == left


def test_a_day_is_a_day_where_it_happened() -> None:
    haiti = ZoneInfo("America/Port-au-Prince")
    evening = datetime(2010, 1, 12, 23, 30, tzinfo=haiti)
    assert time_left(evening, Rounding.DAY, haiti) == datetime(2010, 1, 12, tzinfo=haiti)
