"""The map as the server draws it, for pages without script and for the page of one event: what its template needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rapport.events import mapdata, picture
from rapport.events.filters import Filters
from rapport.events.index import Cluster, Selection
from rapport.operations.basemap import land_for
from rapport.operations.models import Operation
from rapport.values import Box, Reader, Release, Spot

#: Places are drawn as areas from this radius on: a pin would claim more than is known.
AREA_FROM_M = 1000


@dataclass(frozen=True, slots=True)
class Pin:
    """A mark on the drawing, in its units; `area` is the radius of a place known only roughly, else 0."""

    x: float
    y: float
    count: int
    r: float
    area: float
    query: str = ""  # leads closer, for several events
    release: Release | None = None


@dataclass(frozen=True, slots=True)
class Sketch:
    width: int
    height: int
    land: str  # data of an SVG path
    borders: str
    names: Sequence[picture.Name]
    pins: Sequence[Pin]
    area: str = ""  # data of an SVG path


def of_selection(operation: Operation, who: Reader, filters: Filters, chosen: Selection) -> Sketch:
    """The events chosen, as clusters in the operation's box or the box filtered for."""
    frame = picture.Frame.of(filters.box or operation.box)
    found = sorted(chosen.clusters(frame.box, frame.zoom), key=lambda cluster: -cluster.count)
    named = mapdata.single_events(operation, who, found)
    return drawn(operation, frame, found, named, filters)


def drawn(
    operation: Operation, frame: picture.Frame, found: list[Cluster], named: Mapping[int, Release], filters: Filters
) -> Sketch:
    """These clusters, the largest first, in a frame; `named` are the releases of single events."""
    return _sketch(operation, frame, _pins(frame, found, named, filters))


def of_place(operation: Operation, spot: Spot) -> Sketch:
    """One place in its surroundings."""
    frame = picture.Frame.of(picture.around(spot))
    x, y = frame.xy(spot.lon, spot.lat)
    return _sketch(operation, frame, [Pin(round(x, 1), round(y, 1), 1, 11, _area(frame, spot.radius_m, spot.lat))])


def of_area(operation: Operation, spot: Spot, rings: Sequence[Sequence[tuple[float, float]]]) -> Sketch:
    """An area in its surroundings, as the rings (latitude, longitude) of its outline; `spot` is a circle around it."""
    frame = picture.Frame.of(picture.around(spot))
    lines = [[(lon, lat) for lat, lon in ring] for ring in rings]
    outline = {"features": [{"geometry": {"type": "Polygon", "coordinates": lines}}]}
    return replace(_sketch(operation, frame, []), area=picture.outlines(frame, outline, "Polygon"))


def _pins(frame: picture.Frame, found: list[Cluster], named: Mapping[int, Release], filters: Filters) -> list[Pin]:
    most = found[0].count if found else 1
    pins = []
    for one in found:
        x, y = frame.xy(one.lon, one.lat)
        closer = replace(filters, box=picture.zoomed(frame, one.lon, one.lat), pcode="").query()
        pins.append(
            Pin(
                round(x, 1),
                round(y, 1),
                one.count,
                picture.pin_radius(one.count, most),
                _area(frame, one.radius_m, one.lat),
                closer if one.count > 1 else "",
                named.get(one.event_id or 0),
            )
        )
    return pins


def _area(frame: picture.Frame, radius_m: int, lat: float) -> float:
    return round(frame.units(radius_m, lat), 1) if radius_m >= AREA_FROM_M else 0


def _sketch(operation: Operation, frame: picture.Frame, pins: Sequence[Pin]) -> Sketch:
    land, borders = _outlines(operation.box, frame)
    places = mapdata.names_in(operation, frame.box, 60)
    names = picture.names(frame, ((name, lon, lat) for name, lon, lat, _ in places))
    return Sketch(picture.WIDTH, frame.height, land, borders, names, pins)


@lru_cache(maxsize=64)
def _outlines(box: Box, frame: picture.Frame) -> tuple[str, str]:
    drawing = land_for(box, mapdata.MARGIN)
    return picture.outlines(frame, drawing, "Polygon"), picture.outlines(frame, drawing, "LineString")
