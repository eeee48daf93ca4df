"""Land and borders to draw a map on, from rapport's own package data: no tile server, no other host.

The data is Natural Earth's (public domain), as TopoJSON of the npm package world-atlas (ISC). To make it anew:
`make basemap`.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.values import Box

#: A view wider than this many degrees is drawn from the coarse data: the fine one would be megabytes.
COARSE_FROM_DEGREES = 40.0
#: What can be seen: a map this many pixels wide shows no detail smaller than its width divided by it. Around the box,
#: where people look only in passing, a sixth of it.
_PIXELS = 2_000
_AROUND = 6
_DECIMALS = 4  # of a degree: 11 m

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class _World:
    """`rings` and `borders` are arrays of shape (points, 2): lon, lat in degrees; a ring's last point is its first.
    `polygons` holds indexes of rings: the outline, then its holes."""

    rings: list[Array]
    polygons: list[list[int]]
    borders: list[Array]


@dataclass(frozen=True, slots=True)
class _Detail:
    """The least distance between points in degrees, in the box people came to see."""

    box: Box
    degrees: float


@lru_cache(maxsize=32)
def land_for(box: Box, margin: float) -> dict[str, Any]:
    """Land and borders in a box and `margin` degrees around it, as a GeoJSON collection of two features.

    Their property `kind` is `land` (a MultiPolygon, cut at the edge) or `border` (a MultiLineString). Coordinates have
    four decimals. The answer is kept and shared: do not change it. A box across the antimeridian gives both its sides.
    """
    parts = list(_parts(box, margin))
    width = sum(part.east - part.west for part in parts)
    world = _world("110m" if width > COARSE_FROM_DEGREES else "10m")
    detail = _Detail(box, width / _PIXELS)
    land = [polygon for part in parts for polygon in _land(world, part, detail)]
    borders = [line for part in parts for line in _borders(world, part, detail)]
    return {
        "type": "FeatureCollection",
        "features": [_feature("land", "MultiPolygon", land), _feature("border", "MultiLineString", borders)],
    }


def _parts(box: Box, margin: float) -> Iterator[Box]:
    south, north = max(-90.0, box.south - margin), min(90.0, box.north + margin)
    if box.west <= box.east:
        yield Box(max(-180.0, box.west - margin), south, min(180.0, box.east + margin), north)
    else:
        yield Box(max(-180.0, box.west - margin), south, 180.0, north)
        yield Box(-180.0, south, min(180.0, box.east + margin), north)


def _feature(kind: str, shape: str, coordinates: list[Any]) -> dict[str, Any]:
    geometry = {"type": shape, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"kind": kind}, "geometry": geometry}


# --- cutting -------------------------------------------------------------------------------------------------------


def _land(world: _World, box: Box, detail: _Detail) -> Iterator[list[list[list[float]]]]:
    for polygon in world.polygons:
        rings = [_listed(_simpler(ring, detail)) for index in polygon if len(ring := clip(world.rings[index], box))]
        rings = [ring for ring in rings if len(ring) >= 4]
        if rings:
            yield rings


def _borders(world: _World, box: Box, detail: _Detail) -> Iterator[list[list[float]]]:
    """The runs of each border's points in the box, with one point beyond each end so that none stops short."""
    for line in world.borders:
        inside = _inside(line, box)
        near = inside | np.roll(inside, 1) | np.roll(inside, -1)
        near[0], near[-1] = inside[:2].any(), inside[-2:].any()
        for run in np.split(np.arange(len(line)), np.flatnonzero(np.diff(near)) + 1):
            if near[run[0]] and len(run) >= 2:
                yield _listed(_simpler(line[run], detail))


def _inside(points: Array, box: Box) -> Array:
    lon, lat = points[:, 0], points[:, 1]
    found: Array = (lon >= box.west) & (lon <= box.east) & (lat >= box.south) & (lat <= box.north)
    return found


def clip(ring: Array, box: Box) -> Array:
    """A closed ring cut to a box, closed again (Sutherland and Hodgman's way); empty if nothing is left."""
    if not _touches(ring, box):
        return ring[:0]
    points = ring[:-1]
    for axis, limit, sign in ((0, box.west, 1), (0, box.east, -1), (1, box.south, 1), (1, box.north, -1)):
        points = _cut(points, axis, limit, sign)
    return np.concatenate([points, points[:1]])


def _touches(ring: Array, box: Box) -> bool:
    (west, south), (east, north) = ring.min(axis=0), ring.max(axis=0)
    return bool(west <= box.east and east >= box.west and south <= box.north and north >= box.south)


def _cut(points: Array, axis: int, limit: float, sign: int) -> Array:
    """The points of an open ring on one side of a line, and where its edges cross the line."""
    following = np.roll(points, -1, axis=0)
    inside = sign * points[:, axis] >= sign * limit
    crosses = inside != np.roll(inside, -1)
    run = np.where(crosses, following[:, axis] - points[:, axis], 1.0)
    crossing = points + (following - points) * ((limit - points[:, axis]) / run)[:, None]
    crossing[:, axis] = limit
    kept: Array = np.stack([points, crossing], axis=1)[np.stack([inside, crosses], axis=1)]
    return kept


def _simpler(line: Array, detail: _Detail) -> Array:
    """The line without points too near to the last one kept; both its ends stay."""
    steps = np.where(_inside_either(line, detail.box), detail.degrees, detail.degrees * _AROUND)
    kept, last = [0], line[0]
    for index in range(1, len(line) - 1):
        if abs(line[index] - last).max() >= steps[index]:
            kept.append(index)
            last = line[index]
    return line[[*kept, len(line) - 1]]


def _inside_either(points: Array, box: Box) -> Array:
    if box.west <= box.east:
        return _inside(points, box)
    sides = (Box(box.west, box.south, 180, box.north), Box(-180, box.south, box.east, box.north))
    found: Array = _inside(points, sides[0]) | _inside(points, sides[1])
    return found


def _listed(line: Array) -> list[list[float]]:
    rounded: list[list[float]] = np.round(line, _DECIMALS).tolist()
    return rounded


# --- the stored world ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def _world(scale: str) -> _World:
    stored = (files("rapport") / "data" / "basemap" / f"world-{scale}.json.gz").read_bytes()
    topology = json.loads(gzip.decompress(stored))
    arcs = [_degrees(arc, topology["transform"]) for arc in topology["arcs"]]
    rings: list[Array] = []
    polygons: list[list[int]] = []
    for polygon in topology["objects"]["land"]["arcs"]:
        polygons.append(list(range(len(rings), len(rings) + len(polygon))))
        rings += [_joined(ring, arcs) for ring in polygon]
    borders = [_joined(line, arcs) for line in topology["objects"]["borders"]["arcs"]]
    return _World(rings, polygons, borders)


def _degrees(arc: Sequence[Sequence[int]], transform: dict[str, list[float]]) -> Array:
    """TopoJSON stores whole numbers, each the difference from the one before."""
    steps: Array = np.cumsum(np.array(arc), axis=0)
    degrees: Array = steps * np.array(transform["scale"]) + np.array(transform["translate"])
    return degrees


def _joined(indexes: Sequence[int], arcs: Sequence[Array]) -> Array:
    """Arcs end to end; a negative index ~i is arc i backwards. Each begins where the one before ended."""
    found = [arcs[index] if index >= 0 else arcs[~index][::-1] for index in indexes]
    return np.concatenate([found[0], *(arc[1:] for arc in found[1:])])


def reduced(topology: dict[str, Any]) -> dict[str, Any]:
    """A world-atlas topology with its land, and the arcs that two countries share as borders; nothing else."""
    land = [polygon for one in _geometries(topology, "land") for polygon in _polygons(one)]
    countries = [p for one in _geometries(topology, "countries") for p in _polygons(one)]
    uses = Counter(index if index >= 0 else ~index for polygon in countries for ring in polygon for index in ring)
    return {
        "type": "Topology",
        "transform": topology["transform"],
        "objects": {
            "land": {"type": "MultiPolygon", "arcs": land},
            "borders": {"type": "MultiLineString", "arcs": [[index] for index, n in sorted(uses.items()) if n > 1]},
        },
        "arcs": topology["arcs"],
    }


def _geometries(topology: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = topology["objects"][name]["geometries"]
    return found


def _polygons(geometry: dict[str, Any]) -> list[list[list[int]]]:
    arcs: list[Any] = geometry["arcs"]
    return [arcs] if geometry["type"] == "Polygon" else arcs


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the base map's data from the unpacked npm package world-atlas.")
    parser.add_argument("package", type=Path, help="the folder that holds countries-10m.json and countries-110m.json")
    package = parser.parse_args().package
    for scale in ("10m", "110m"):
        topology = json.loads((package / f"countries-{scale}.json").read_text(encoding="utf-8"))
        plain = json.dumps(reduced(topology), separators=(",", ":")).encode()
        target = Path(str(files("rapport") / "data" / "basemap" / f"world-{scale}.json.gz"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(gzip.compress(plain, 9, mtime=0))


if __name__ == "__main__":
    main()
