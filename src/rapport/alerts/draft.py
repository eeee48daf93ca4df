"""Pure: what somebody writes to warn people, before it is a message."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from rapport.formats.cap.model import (
    Category,
    Certainty,
    MsgType,
    Point,
    ResponseType,
    Severity,
    Urgency,
)
from rapport.values import DEFAULT_RADIUS_M, KM_PER_DEGREE, Json, Precision, Spot, km_between

#: Corners of the ring that stands beside a circle, for who reads no circles [ours: it then leaves out 1 % of the area].
CORNERS = 36


@dataclass(frozen=True, slots=True)
class Wording:
    """What an alert says in one language (ISO 639-1)."""

    language: str
    event: str  # what happens, in a word or two: flood
    headline: str
    description: str
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """An administrative unit by its P-code, and how large it is."""

    pcode: str
    precision: Precision


@dataclass(frozen=True, slots=True)
class AlertDraft:
    """The area is a circle (`centre`, `radius_m`), or a ring of points where `ring` has any; `unit` where the circle is
    that of an administrative unit. `note`: why it is updated or cancelled."""

    msg_type: MsgType
    categories: tuple[Category, ...]
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    expires: datetime
    area: str  # in words
    wordings: tuple[Wording, ...]
    responses: tuple[ResponseType, ...] = ()
    onset: datetime | None = None
    centre: Point | None = None
    radius_m: int = 0
    unit: Unit | None = None
    ring: tuple[Point, ...] = ()
    note: str = ""

    def as_json(self) -> dict[str, Json]:
        made: dict[str, Json] = msgspec.to_builtins(self)
        return made

    @classmethod
    def from_json(cls, kept: Json) -> AlertDraft:
        return msgspec.convert(kept, cls)

    @property
    def spot(self) -> Spot:
        """A circle around all of the area, as exact as it is small."""
        centre, radius = _around(self.ring) if self.ring else (self.centre, self.radius_m)
        if centre is None:
            raise ValueError("A draft without an area is no draft.")
        if self.unit is not None:
            return Spot(centre.lon, centre.lat, self.unit.precision, radius, self.area, self.unit.pcode)
        return Spot(centre.lon, centre.lat, precision_of(radius), radius, self.area)

    def rings(self) -> tuple[tuple[Point, ...], ...]:
        """The outline: as it was drawn, or that of the circle."""
        return (self.ring,) if self.ring else around(self.spot)


def precision_of(radius_m: int) -> Precision:
    """The coarsest precision whose usual radius is no larger."""
    return max((one for one in Precision if DEFAULT_RADIUS_M[one] <= radius_m), default=Precision.EXACT)


def around(spot: Spot) -> tuple[tuple[Point, ...], ...]:
    """The circle around a spot as a closed ring against the clock; two where it crosses the 180th meridian, since the
    edges of a CAP polygon do not; none where it reaches a pole."""
    reach = spot.radius_m / (1000 * KM_PER_DEGREE)  # degrees of latitude
    if abs(spot.lat) + reach >= 90:
        return ()
    wide = reach / math.cos(math.radians(abs(spot.lat) + reach / 2))
    turns = (2 * math.pi * n / CORNERS for n in range(CORNERS))
    ring = [(spot.lat + reach * math.sin(turn), spot.lon + wide * math.cos(turn)) for turn in turns]
    if wide >= 180:
        return ()
    if spot.lon + wide > 180:
        parts = [(_west_of(ring, 180), 0), (_west_of([(lat, -lon) for lat, lon in ring], -180), 360)]
        return tuple(_ring([(lat, (-lon if shift else lon) - shift) for lat, lon in part]) for part, shift in parts)
    if spot.lon - wide < -180:
        mirrored = around(replace(spot, lon=-spot.lon))
        return tuple(_ring([(lat, -lon) for lat, lon in one[:-1]]) for one in mirrored)
    return (_ring(ring),)


def _west_of(ring: Sequence[tuple[float, float]], meridian: float) -> list[tuple[float, float]]:
    """What of a convex ring lies west of a meridian."""
    kept: list[tuple[float, float]] = []
    for (lat, lon), (next_lat, next_lon) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if lon <= meridian:
            kept.append((lat, lon))
        if (lon < meridian < next_lon) or (next_lon < meridian < lon):
            part = (meridian - lon) / (next_lon - lon)
            kept.append((lat + part * (next_lat - lat), meridian))
    return kept


def _ring(corners: Sequence[tuple[float, float]]) -> tuple[Point, ...]:
    """Closed, rounded as CAP writes it."""
    points = [Point(round(lat, 6), round(lon, 6)) for lat, lon in corners]
    return (*points, points[0])


def _around(ring: tuple[Point, ...]) -> tuple[Point, int]:
    """The middle of the box around a ring, and how far its farthest corner is from there, in metres."""
    lats, lons = [one.lat for one in ring], [one.lon for one in ring]
    middle = Point((min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2)
    farthest = max(km_between(middle.lon, middle.lat, one.lon, one.lat) for one in ring)
    return middle, math.ceil(farthest * 1000)
