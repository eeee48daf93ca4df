"""Where: shapes that can be drawn, heights that make sense (CAP 1.2, 3.2.4)."""

from __future__ import annotations

from collections.abc import Iterator

from rapport.formats.cap import lexical
from rapport.formats.cap.catalogue import found
from rapport.formats.cap.finding import Finding
from rapport.formats.cap.model import Area, Circle, Point, Polygon
from rapport.formats.cap.rings import Effort, TooMuch, first_meeting
from rapport.formats.cap.rules.info import codes

Box = tuple[float, float, float, float]  # south, west, north, east


def check(area: Area, home: Box | None, effort: Effort, path: str) -> Iterator[Finding]:
    if not area.area_desc.strip():
        yield found("empty", f"{path}/areaDesc", "Say in words where it is.")
    if not (area.polygons or area.circles or area.geocodes):
        remedy = "Add a polygon, a circle or a geocode: words alone are on no map."
        yield found("area-unmapped", path, remedy, area.area_desc)
    for at, polygon in enumerate(area.polygons, start=1):
        yield from _polygon(polygon, home, effort, f"{path}/polygon[{at}]")
    for at, circle in enumerate(area.circles, start=1):
        yield from _circle(circle, f"{path}/circle[{at}]")
    yield from codes(area.geocodes, f"{path}/geocode")
    if area.ceiling is not None and area.altitude is None:
        remedy = "Add altitude, where the layer begins, in feet above mean sea level."
        yield found("ceiling-alone", f"{path}/ceiling", remedy, str(area.ceiling))
    elif area.ceiling is not None and area.altitude is not None and area.ceiling < area.altitude:
        remedy = f"It is below altitude, {area.altitude}. Exchange them."
        yield found("ceiling-low", f"{path}/ceiling", remedy, str(area.ceiling))


def _polygon(polygon: Polygon, home: Box | None, effort: Effort, path: str) -> Iterator[Finding]:
    points = polygon.points
    if outside := next((one for one in points if not on_earth(one)), None):
        swapped = on_earth(Point(outside.lon, outside.lat))
        remedy = "Latitude comes first: they look exchanged." if swapped else "Write lat,lon within 90 and 180 degrees."
        yield found("ring-range", path, remedy, _shown(outside))
        return
    if len(points) < 4:
        remedy = f"It has {len(points)} points. Give three corners at least, and the first one again."
        yield found("ring-short", path, remedy, " ".join(map(_shown, points)))
        return
    if points[0] != points[-1]:
        yield found("ring-open", path, f"Close it: write {_shown(points[0])} again at its end.", _shown(points[-1]))
    if home and _swapped(points, home):
        remedy = "It lies in the sender's country only with latitude and longitude exchanged. Latitude comes first."
        yield found("ring-swapped", path, remedy, _shown(points[0]))
    try:
        meeting = first_meeting(points, effort)
    except TooMuch:
        yield found("ring-unchecked", path, "Draw it coarser, or as several polygons.", f"{len(points)} points")
        return
    if meeting is not None:
        one, other = (f"{_shown(points[at])} to {_shown(points[(at + 1) % len(points)])}" for at in meeting.edges)
        rule, word = ("ring-crosses", "crosses") if meeting.crosses else ("ring-touches", "touches")
        yield found(rule, path, f"The edge from {one} {word} that from {other}. Draw it as several polygons.")


def _circle(circle: Circle, path: str) -> Iterator[Finding]:
    if not on_earth(circle.centre):
        swapped = on_earth(Point(circle.centre.lon, circle.centre.lat))
        remedy = "Latitude comes first: they look exchanged." if swapped else "Write lat,lon within 90 and 180 degrees."
        yield found("circle-range", path, remedy, _shown(circle.centre))
    if not 0 <= circle.radius < float("inf"):
        yield found("radius-negative", path, "Write the radius in kilometres.", lexical.number(circle.radius))
    elif circle.radius == 0:
        yield found("radius-zero", path, "Say how far around the point it is, in kilometres.", "0")


def on_earth(where: Point) -> bool:
    return -90 <= where.lat <= 90 and -180 <= where.lon <= 180


def _swapped(points: tuple[Point, ...], home: Box) -> bool:
    south, west, north, east = home
    inside = [south <= one.lat <= north and west <= one.lon <= east for one in points]
    exchanged = [south <= one.lon <= north and west <= one.lat <= east for one in points]
    return not any(inside) and all(exchanged)


def _shown(where: Point) -> str:
    return lexical.written_point(where)
