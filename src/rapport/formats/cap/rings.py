"""Do the edges of a ring meet where they should not? Exact arithmetic, and never more work than an Effort allows.

Our own code: shapely would bring GEOS, which is LGPL, for this one question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rapport.formats.cap.model import Point

#: Work for one message [ours], about half a second: ten for an edge, one for a pair of edges that share a longitude,
#: ten more where their boxes meet.
MOST_COMPARED = 2_000_000
_PER_DEGREE = (
    10**9
)  # so fine that a number of a file keeps its digits; whole numbers, so that the signs below are exact


class TooMuch(Exception):
    """The ring is so long or so tangled that it is not looked at to its end."""


class Effort:
    """What is left of the work that all rings of a message may take together."""

    def __init__(self, most: int = MOST_COMPARED) -> None:
        self.left = most

    def spend(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            raise TooMuch


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two edges by the number of their first point. They cross, or lie upon each other, or only touch."""

    edges: tuple[int, int]
    crosses: bool


class _Edge(NamedTuple):
    west: int
    east: int
    south: int
    north: int
    start: tuple[int, int]
    end: tuple[int, int]
    at: int


def first_meeting(points: Sequence[Point], effort: Effort) -> Meeting | None:
    """A pair of edges that cross; if none does, one that touch; None for a simple ring. The ring need not be closed:
    the edge that would close it counts. TooMuch beyond the effort."""
    touching = None
    for meeting in meetings(points, effort):
        if meeting.crosses:
            return meeting
        touching = touching or meeting
    return touching


def meetings(points: Sequence[Point], effort: Effort) -> Iterator[Meeting]:
    """All pairs, from west to east: only edges that share a longitude are compared."""
    effort.spend(10 * len(points))
    edges = _edges(points)
    neighbours = {edge.at: edges[at - 1].at for at, edge in enumerate(edges)}
    active: list[_Edge] = []
    for edge in sorted(edges):
        effort.spend(len(active) + 1)
        active = [one for one in active if one.east >= edge.west]
        for one in active:
            if one.south > edge.north or one.north < edge.south:
                continue
            if neighbours[one.at] == edge.at or neighbours[edge.at] == one.at:
                continue  # they share a corner
            effort.spend(10)
            crosses = _meet(one, edge)
            if crosses is not None:
                yield Meeting((min(one.at, edge.at), max(one.at, edge.at)), crosses)
        active.append(edge)


def _edges(points: Sequence[Point]) -> list[_Edge]:
    corners = [(round(one.lon * _PER_DEGREE), round(one.lat * _PER_DEGREE)) for one in points]
    found = []
    for at, start in enumerate(corners):
        end = corners[(at + 1) % len(corners)]
        if start != end:  # a point written twice makes no edge
            (west, east), (south, north) = sorted((start[0], end[0])), sorted((start[1], end[1]))
            found.append(_Edge(west, east, south, north, start, end, at))
    return found


def _side(edge: _Edge, where: tuple[int, int]) -> int:
    """On which side of an edge a point lies: 1 left, -1 right, 0 upon its line."""
    (x, y), (to_x, to_y) = edge.start, edge.end
    turn = (to_x - x) * (where[1] - y) - (to_y - y) * (where[0] - x)
    return (turn > 0) - (turn < 0)


def _meet(one: _Edge, other: _Edge) -> bool | None:
    """True if they cross or share a stretch, False if they touch in a point, None if they do not meet. Their boxes
    do."""
    a, b = _side(one, other.start), _side(one, other.end)
    c, d = _side(other, one.start), _side(other, one.end)
    if a == b == c == d == 0:
        shared = (
            min(one.east, other.east) - max(one.west, other.west),
            min(one.north, other.north) - max(one.south, other.south),
        )
        return max(shared) > 0
    if a * b > 0 or c * d > 0:
        return None
    return a * b < 0 and c * d < 0
