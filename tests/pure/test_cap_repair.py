"""A polygon that cannot be drawn is made one that can, with a note; nobody in it is left out."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rapport.formats.cap.model import Alert, Area, Point, Polygon
from rapport.formats.cap.reading import read
from rapport.formats.cap.repair import repaired
from rapport.formats.cap.rings import Effort, TooMuch, first_meeting
from rapport.formats.cap.validation import is_valid, validate
from rapport.formats.cap.writing import write
from tests.pure.cap_alerts import good, rings


def with_ring(*points: tuple[float, float]) -> Alert:
    alert = read(good()).alert
    assert alert is not None
    area = Area("Léogâne", polygons=(Polygon(tuple(Point(*one) for one in points)),))
    return replace(alert, infos=(replace(alert.infos[0], areas=(area,)),))


def polygons(alert: Alert) -> tuple[tuple[Point, ...], ...]:
    return tuple(one.points for one in alert.infos[0].areas[0].polygons)


def test_an_open_ring_is_closed_and_it_is_said() -> None:
    alert, notes = repaired(with_ring((0, 0), (0, 1), (1, 1)))
    assert polygons(alert) == (((0, 0), (0, 1), (1, 1), (0, 0)),)
    assert [(one.severity, one.rule, one.path) for one in notes] == [
        ("note", "ring-closed", "/alert/info[1]/area[1]/polygon[1]")
    ]


def test_a_bow_tie_becomes_two_triangles_and_it_is_said() -> None:
    alert, notes = repaired(with_ring((0, 0), (2, 2), (2, 0), (0, 2), (0, 0)))
    assert [set(one) for one in polygons(alert)] == [{(1, 1), (2, 2), (2, 0)}, {(0, 0), (1, 1), (0, 2)}]
    assert [one.rule for one in notes] == ["ring-cut"]
    assert "2 polygons" in notes[0].remedy
    assert is_valid(validate(read(write(alert))))


def test_what_is_right_is_left_as_it_is() -> None:
    alert = read(good()).alert
    assert alert is not None
    assert repaired(alert) == (alert, ())


@pytest.mark.parametrize(
    "points",
    [
        ((0, 0), (0, 0), (0, 0), (0, 0)),  # a point
        ((0, 0), (0, 1), (0, 0), (0, 1)),  # a line
        ((0, 0), (0, 200), (1, 1), (0, 0)),  # not on earth
        tuple((at * 7 % 50 / 10, at * 13 % 51 / 10) for at in range(400)),  # a scribble
    ],
)
def test_what_nobody_can_have_meant_stays_and_is_not_written(points: tuple[tuple[float, float], ...]) -> None:
    alert, notes = repaired(with_ring(*points))
    assert [one.rule for one in notes] in ([], ["ring-closed"])
    assert len(polygons(alert)) == 1


def winding(where: Point, ring: tuple[Point, ...]) -> int:
    """How often a ring goes around a point (Sunday's algorithm)."""
    turns = 0
    for a, b in pairwise(ring):
        left = (b.lon - a.lon) * (where.lat - a.lat) - (where.lon - a.lon) * (b.lat - a.lat)
        if a.lat <= where.lat < b.lat and left > 0:
            turns += 1
        elif b.lat <= where.lat < a.lat and left < 0:
            turns -= 1
    return turns


CORNER = st.tuples(st.integers(0, 40), st.integers(0, 40))


@given(st.lists(CORNER, min_size=4, max_size=12, unique=True), st.lists(CORNER, min_size=20, max_size=20))
@settings(max_examples=60)
def test_whoever_was_within_the_ring_is_within_the_repaired_ones(
    corners: list[tuple[int, int]], asked: list[tuple[int, int]]
) -> None:
    before = tuple(Point(*one) for one in (*corners, corners[0]))
    alert, notes = repaired(with_ring(*before))
    assume(any(one.rule == "ring-cut" for one in notes))
    after = polygons(alert)
    for ring in after:
        meeting = first_meeting(ring[:-1], Effort())
        assert meeting is None or not meeting.crosses
        assert ring[0] == ring[-1]
    for lat, lon in asked:
        where = Point(lat + 0.3137, lon + 0.4219)  # on no edge
        if winding(where, before):
            assert any(winding(where, ring) for ring in after)


@given(rings())
def test_a_simple_ring_meets_itself_nowhere(ring: Polygon) -> None:
    meeting = first_meeting(ring.points[:-1], Effort())
    assert meeting is None or not meeting.crosses


@given(st.lists(CORNER, min_size=3, max_size=10))
@settings(max_examples=100)
def test_crossings_are_found_as_by_looking_at_every_pair(corners: list[tuple[int, int]]) -> None:
    """The sweep leaves no pair out: the plain way, without it, gives the same answer."""
    points = [Point(*one) for one in corners]
    found = first_meeting(points, Effort())
    assert (found is not None and found.crosses) == crosses(points)


def crosses(points: list[Point]) -> bool:
    """Two edges with no corner in common whose ends lie on different sides of each other, or that share a stretch."""
    kept = [one for at, one in enumerate(points) if one != points[at - 1]]
    edges = [(kept[at - 1], kept[at]) for at in range(len(kept))]
    return any(
        cut(*edges[one], *edges[other])
        for one in range(len(edges))
        for other in range(one + 2, len(edges))
        if (one, other) != (0, len(edges) - 1)
    )


def side(a: Point, b: Point, c: Point) -> float:
    return (b.lon - a.lon) * (c.lat - a.lat) - (b.lat - a.lat) * (c.lon - a.lon)


def cut(a: Point, b: Point, c: Point, d: Point) -> bool:
    ends = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    if not any(ends):
        shared = [min(max(a[axis], b[axis]), max(c[axis], d[axis])) - max(min(a[axis], b[axis]), min(c[axis], d[axis]))
                  for axis in (0, 1)]  # fmt: skip
        return min(shared) >= 0 and max(shared) > 0
    return ends[0] * ends[1] < 0 and ends[2] * ends[3] < 0


def test_a_ring_too_tangled_to_look_at_says_so() -> None:
    comb = [Point(at / 1000, 1 + at % 2 * 80) for at in range(5_001)]
    with pytest.raises(TooMuch):
        first_meeting(comb, Effort())
