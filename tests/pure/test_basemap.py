from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.operations.basemap import clip, land_for
from rapport.values import Box

HAITI = Box(-74.6, 17.9, -71.5, 20.2)


def coordinates(box: Box, margin: float, kind: str) -> list[list[list[float]]]:
    """All rings or lines of a kind."""
    (found,) = [f["geometry"] for f in land_for(box, margin)["features"] if f["properties"]["kind"] == kind]
    if found["type"] == "MultiPolygon":
        return [ring for polygon in found["coordinates"] for ring in polygon]
    return list(found["coordinates"])


def on_land(lon: float, lat: float, rings: list[list[list[float]]]) -> bool:
    """Whether a ray to the east crosses the outlines an odd number of times."""
    crossings = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) / (y2 - y1) * (x2 - x1):
                crossings += 1
    return crossings % 2 == 1


def test_haitis_map_is_small() -> None:
    assert len(json.dumps(land_for(HAITI, 4.0))) < 40_000


@pytest.mark.parametrize(
    ("name", "lon", "lat", "land"),
    [
        ("Hinche", -72.012, 19.141, True),
        ("Santo Domingo", -70.0, 18.6, True),
        ("Léogâne", -72.60, 18.48, True),
        ("the gulf of La Gonâve", -73.3, 19.2, False),
        ("the sea south of Jacmel", -72.5, 17.95, False),
        ("La Gonâve", -73.0, 18.85, True),
    ],
)
def test_land_is_where_people_live(name: str, lon: float, lat: float, land: bool) -> None:
    assert on_land(lon, lat, coordinates(HAITI, 4.0, "land")) is land


def test_the_border_between_haiti_and_its_neighbour_is_there() -> None:
    border = max(coordinates(HAITI, 0.0, "border"), key=len)
    assert all(-72.1 < lon < -71.5 for lon, _ in border)
    assert min(lat for _, lat in border) < 18.7 < 19.2 < max(lat for _, lat in border)


def test_outlines_are_closed_and_within_the_box() -> None:
    for ring in coordinates(HAITI, 1.0, "land"):
        assert ring[0] == ring[-1]
        assert all(-75.6 <= lon <= -70.5 and 16.9 <= lat <= 21.2 for lon, lat in ring)


def test_a_box_across_the_antimeridian_shows_both_its_sides() -> None:
    lons = [lon for ring in coordinates(Box(177, -20, -178, -15), 0.5, "land") for lon, _ in ring]
    assert min(lons) < -178
    assert max(lons) > 177


def test_the_open_sea_has_no_land() -> None:
    assert coordinates(Box(-40, 30, -39, 31), 0.0, "land") == []


@given(
    st.floats(-180, 179), st.floats(-90, 89), st.floats(0.1, 30), st.floats(0.1, 30),
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=3, max_size=12),
)  # fmt: skip
def test_whatever_is_cut_stays_in_the_box(
    west: float, south: float, width: float, height: float, corners: list[tuple[float, float]]
) -> None:
    box = Box(west, south, min(180.0, west + width), min(90.0, south + height))
    cut = clip(np.array([*corners, corners[0]]), box)
    assert len(cut) == 0 or (cut[0] == cut[-1]).all()
    assert ((cut[:, 0] >= box.west - 1e-9) & (cut[:, 0] <= box.east + 1e-9)).all()
    assert ((cut[:, 1] >= box.south - 1e-9) & (cut[:, 1] <= box.north + 1e-9)).all()
