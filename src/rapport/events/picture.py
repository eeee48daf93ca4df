"""Pure: a small map drawn by the server, for pages without script and for the page of one event."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapport.values import Box, Spot

EARTH_M = 40_075_017.0  # length of the equator
WIDTH = 480  # of the drawing, in its own units
TALLEST = 480
LEAST_PIN = 9.0
LARGEST_PIN = 32.0
MOST_NAMES = 14


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of the world a drawing shows, in web Mercator; x and y are units of the drawing."""

    box: Box
    height: int
    scale: float  # units for the whole equator
    left: float
    top: float

    @classmethod
    def of(cls, box: Box) -> Frame:
        """The frame that shows a box, widened where it would be taller than wide or have no extent."""
        west, north = _mercator(box.west, box.north)
        east, south = _mercator(box.east, box.south)
        east += 1.0 if east < west else 0.0
        across = max(east - west, (south - north) * WIDTH / TALLEST, 1e-5)
        left = (west + east - across) / 2
        down = min(max(south - north, across / 3), across * TALLEST / WIDTH)
        top = (north + south - down) / 2
        scale = WIDTH / across
        shown = Box(_lon(left), _lat(top + down), _lon(left + across), _lat(top))
        return cls(shown, round(down * scale), scale, left, top)

    @property
    def zoom(self) -> int:
        """The web map zoom that comes nearest, at most 20."""
        return max(0, min(20, int(math.log2(self.scale / 256))))

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        x, y = _mercator(lon, lat)
        x += round(self.left + WIDTH / self.scale / 2 - x)  # the copy of the meridian that is in the frame
        return (x - self.left) * self.scale, (y - self.top) * self.scale

    def units(self, metres: float, lat: float) -> float:
        return metres / (EARTH_M * max(0.05, math.cos(math.radians(lat)))) * self.scale


@dataclass(frozen=True, slots=True)
class Name:
    x: float
    y: float
    text: str


def around(spot: Spot) -> Box:
    """The surroundings of one place: three times its radius each way, from 20 km on, so that coast and towns show where
    it lies."""
    reach = max(spot.radius_m * 3, 20_000)
    lat = reach / EARTH_M * 360
    lon = lat / max(0.05, math.cos(math.radians(spot.lat)))
    return Box(spot.lon - lon, max(-85.0, spot.lat - lat), spot.lon + lon, min(85.0, spot.lat + lat))


def outlines(frame: Frame, drawing: Mapping[str, Any], shape: str) -> str:
    """All lines of a GeoJSON collection's features of one shape as the data of an SVG path, in whole units. Shapes are
    `Polygon` and `LineString`, each with its `Multi…`."""
    geometries = [feature["geometry"] for feature in drawing.get("features", ())]
    wanted = [geometry for geometry in geometries if shape in geometry["type"]]
    return "".join(_line(frame, line, shape == "Polygon") for geometry in wanted for line in _lines(geometry))


def _lines(geometry: Mapping[str, Any]) -> Iterator[Sequence[Sequence[float]]]:
    match geometry["type"]:
        case "LineString":
            yield geometry["coordinates"]
        case "MultiLineString" | "Polygon":
            yield from geometry["coordinates"]
        case "MultiPolygon":
            for polygon in geometry["coordinates"]:
                yield from polygon


def _line(frame: Frame, line: Sequence[Sequence[float]], closed: bool) -> str:
    """One line, without points that fall on the same unit; "" if none of it comes near the frame."""
    points = [tuple(round(value) for value in frame.xy(point[0], point[1])) for point in line]
    if not _near(points, frame):
        return ""
    fewer = [point for place, point in enumerate(points) if place == 0 or point != points[place - 1]]
    if len(fewer) < (3 if closed else 2):
        return ""
    return "M" + "L".join(f"{x} {y}" for x, y in fewer) + ("Z" if closed else "")


def _near(points: Sequence[tuple[int, ...]], frame: Frame) -> bool:
    across, down = [point[0] for point in points], [point[1] for point in points]
    return max(across) >= 0 and min(across) <= WIDTH and max(down) >= 0 and min(down) <= frame.height


def names(frame: Frame, places: Iterable[tuple[str, float, float]]) -> list[Name]:
    """The names to write, the first given first, as far as they do not cover each other."""
    written: list[Name] = []
    for text, lon, lat in places:
        x, y = frame.xy(lon, lat)
        free = all(abs(x - n.x) > 4 * (len(text) + len(n.text)) or abs(y - n.y) > 20 for n in written)
        if free and 40 < x < WIDTH - 40 and 20 < y < frame.height - 10:
            written.append(Name(round(x, 1), round(y, 1), text))
        if len(written) == MOST_NAMES:
            break
    return written


def pin_radius(count: int, most: int) -> float:
    """The area follows the count; never smaller than its number can be read in."""
    least = LEAST_PIN + 3 * len(str(count))
    return round(max(least, LARGEST_PIN * math.sqrt(count / max(1, most))), 1)


def zoomed(frame: Frame, lon: float, lat: float) -> Box:
    """A quarter of the frame's width and height around a point: what a click on a cluster leads to."""
    across, down = (frame.box.east - frame.box.west) % 360 / 8, (frame.box.north - frame.box.south) / 8
    return Box(round(lon - across, 4), round(lat - down, 4), round(lon + across, 4), round(lat + down, 4))


def _mercator(lon: float, lat: float) -> tuple[float, float]:
    radians = math.radians(max(-85.0, min(85.0, lat)))
    return (lon + 180) / 360, 0.5 - math.asinh(math.tan(radians)) / (2 * math.pi)


def _lon(x: float) -> float:
    return x * 360 - 180


def _lat(y: float) -> float:
    return math.degrees(math.atan(math.sinh((0.5 - y) * 2 * math.pi)))
