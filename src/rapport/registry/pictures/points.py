"""Pure: points of a drawing, and arrows."""

from __future__ import annotations

import math

from rapport.registry.pictures.svg import number

HEAD = 9  # length of an arrow's head, in units of a drawing

Point = tuple[float, float]


def between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def towards(start: Point, to: Point, length: float) -> Point:
    """That far on the way, at most all of it."""
    return between(start, to, length / max(math.dist(start, to), length))


def arrow(tip: Point, back: Point) -> str:
    """The data of a path: a head that comes from `back`."""
    base = towards(tip, back, HEAD)
    x, y = (base[0] - tip[0]) * 0.5, (base[1] - tip[1]) * 0.5
    return f"M{xy(tip)}L{xy((base[0] - y, base[1] + x))}L{xy((base[0] + y, base[1] - x))}Z"


def xy(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"
