"""The map drawn by the server shows what lies in its box where it lies."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.events import picture
from rapport.values import Box, Precision, Spot

HAITI = Box(-74.6, 17.9, -71.5, 20.2)
lons, lats = st.floats(-179, 179), st.floats(-80, 80)


@given(st.tuples(lons, lons), st.tuples(lats, lats), st.floats(0, 1), st.floats(0, 1))
def test_what_lies_in_the_box_lies_in_the_frame(
    across: tuple[float, float], down: tuple[float, float], east: float, north: float
) -> None:
    box = Box(min(across), min(down), max(across), max(down))
    frame = picture.Frame.of(box)
    x, y = frame.xy(box.west + east * (box.east - box.west), box.south + north * (box.north - box.south))
    assert -1 <= x <= picture.WIDTH + 1
    assert -1 <= y <= frame.height + 1
    assert frame.height <= picture.TALLEST
    assert 0 <= frame.zoom <= 20


def test_a_box_across_the_antimeridian_is_one_frame() -> None:
    frame = picture.Frame.of(Box(177, -20, -178, -15))  # Fiji
    west, east = frame.xy(178, -18), frame.xy(-179, -18)
    assert 0 < west[0] < east[0] < picture.WIDTH


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_the_area_of_a_mark_follows_its_count(one: int, most: int) -> None:
    one, most = min(one, most), max(one, most)
    radius = picture.pin_radius(one, most)
    assert radius >= picture.LEAST_PIN
    exact = picture.LARGEST_PIN * math.sqrt(one / most)
    assert radius == pytest.approx(max(exact, picture.LEAST_PIN + 3 * len(str(one))), abs=0.06)


def test_the_surroundings_hold_the_whole_area() -> None:
    spot = Spot(-72.3, 18.5, Precision.ADM1, 40_000)
    frame = picture.Frame.of(picture.around(spot))
    assert 2 * frame.units(spot.radius_m, spot.lat) < picture.WIDTH


def test_names_do_not_cover_each_other() -> None:
    crowded = [("Port-au-Prince", -72.33 + n / 1000, 18.54) for n in range(50)]
    assert len(picture.names(picture.Frame.of(HAITI), crowded)) == 1


def test_land_outside_the_frame_is_not_drawn() -> None:
    def square(lon: float) -> list[list[list[float]]]:
        return [[[lon, 18.0], [lon + 1, 18.0], [lon + 1, 19.0], [lon, 18.0]]]

    land = {"features": [{"geometry": {"type": "MultiPolygon", "coordinates": [square(-73), square(30)]}}]}
    drawn = picture.outlines(picture.Frame.of(HAITI), land, "Polygon")
    assert drawn.count("M") == drawn.count("Z") == 1
    assert picture.outlines(picture.Frame.of(HAITI), land, "LineString") == ""
