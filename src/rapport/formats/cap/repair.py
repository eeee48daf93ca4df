"""Polygons that cannot be drawn are made such that can, and each change is told.

A ring that is open is closed. A ring that crosses itself is cut at the crossing into two, and again until none
crosses: the same line, walked in pieces. What it wound around lies in one of the pieces, so their union warns nobody
less. Nothing else is changed, and nothing happens unasked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from rapport.formats.cap.catalogue import found
from rapport.formats.cap.finding import Finding
from rapport.formats.cap.lexical import DECIMALS
from rapport.formats.cap.model import Alert, Area, Point, Polygon
from rapport.formats.cap.rings import Effort, TooMuch, first_meeting
from rapport.formats.cap.rules.area import on_earth

#: Cuts of one ring [ours]: what crosses itself more often was not drawn by a hand that meant it.
MOST_CUTS = 64


def repaired(alert: Alert) -> tuple[Alert, tuple[Finding, ...]]:
    """The alert with polygons that can be drawn, and a note for each that was changed. What cannot be repaired
    stays."""
    effort = Effort()
    notes: list[Finding] = []
    infos = tuple(
        replace(
            info,
            areas=tuple(
                _area(area, effort, notes, f"/alert/info[{at}]/area[{number}]")
                for number, area in enumerate(info.areas, start=1)
            ),
        )
        for at, info in enumerate(alert.infos, start=1)
    )
    return replace(alert, infos=infos), tuple(notes)


def _area(area: Area, effort: Effort, notes: list[Finding], path: str) -> Area:
    polygons: list[Polygon] = []
    for at, polygon in enumerate(area.polygons, start=1):
        polygons += _polygon(polygon, effort, notes, f"{path}/polygon[{at}]")
    return replace(area, polygons=tuple(polygons))


def _polygon(polygon: Polygon, effort: Effort, notes: list[Finding], path: str) -> list[Polygon]:
    points = polygon.points
    if len(set(points)) < 3 or not all(map(on_earth, points)):
        return [polygon]
    if points[0] != points[-1]:
        points = (*points, points[0])
        notes.append(found("ring-closed", path, "Its first point was added at its end. Ask the sender to do so."))
    try:
        rings = simple_rings(points, effort)
    except TooMuch:
        rings = None
    if rings is None or len(rings) == 1:
        return [Polygon(points)]
    notes.append(found("ring-cut", path, f"It crossed itself and was cut into {len(rings)} polygons. Look at the map."))
    return [Polygon(ring) for ring in rings]


def simple_rings(points: Sequence[Point], effort: Effort) -> tuple[tuple[Point, ...], ...] | None:
    """Closed rings without crossings that together are the ring given; None where that takes more than MOST_CUTS."""
    waiting, rings, cuts = [tuple(points[:-1])], [], 0
    while waiting:
        corners = waiting.pop()
        meeting = first_meeting(corners, effort)
        if meeting is None or not meeting.crosses:
            if _has_area(corners):
                rings.append((*corners, corners[0]))
            continue
        cuts += 1
        if cuts > MOST_CUTS:
            return None
        one, other = meeting.edges
        where = _crossing(corners, one, other)
        waiting.append((*corners[: one + 1], where, *corners[other + 1 :]))
        waiting.append((where, *corners[one + 1 : other + 1]))
    return tuple(rings) or None


def _crossing(corners: Sequence[Point], one: int, other: int) -> Point:
    """Where two edges cross, to six decimals; of edges upon each other, a corner that both hold."""
    a, b = corners[one], corners[(one + 1) % len(corners)]
    c, d = corners[other], corners[(other + 1) % len(corners)]
    ax, ay, bx, by, cx, cy, dx, dy = map(Fraction, (a.lon, a.lat, b.lon, b.lat, c.lon, c.lat, d.lon, d.lat))
    across = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if not across:
        return sorted((a, b, c, d))[1]
    along = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / across
    return Point(round(float(ay + along * (by - ay)), DECIMALS), round(float(ax + along * (bx - ax)), DECIMALS))


def _has_area(corners: Sequence[Point]) -> bool:
    twice = sum(
        Fraction(a.lon) * Fraction(b.lat) - Fraction(b.lon) * Fraction(a.lat)
        for a, b in zip(corners, (*corners[1:], corners[0]), strict=True)
    )
    return twice != 0
