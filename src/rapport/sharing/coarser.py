"""Pure: what a ruling leaves of a place, a time and texts. One way for a single Release and for whole indexes.

A displaced place must not be found again by asking often, in other areas or as several readers:
- it depends on a secret key and on the cell in which the true place lies, so asking again gives the same answer, and
  so do other events at the same place, and the same event when it is moved a little;
- it does not depend on who asks: two readers of one radius get one answer;
- the place for a larger radius is made from the place for the next smaller one, and from nothing else: whoever has both
  knows no more than whoever has the finer one. Independent answers could be averaged, and answers in one direction
  could be extended back to the truth.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import blake2b

from rapport.sharing.protocol.model import RADII_M, Area, Left, Rounding, Words
from rapport.text.personal import masked, spans_of
from rapport.values import DEFAULT_RADIUS_M, KM_PER_DEGREE, Precision, Spot

_M_PER_DEGREE = KM_PER_DEGREE * 1000
#: Side of the cells of true places, in parts of the radius: within one cell all places are displaced to one point.
_CELL = 0.25
#: A step goes at least this part of the way that it may go: right beside the truth would be no displacement [ours].
_LEAST = 0.5
#: The longest step, in parts of its radius: what a radius leaves beside the step before (at most a fifth,
#: model.RADII_M) and the way from a place to the middle of its cell. So the true place lies within the stated radius.
_MOST = 1 - 1 / 5 - _CELL * math.sqrt(0.5)


def place_left(spot: Spot | None, commune: Spot | None, region: Spot | None, left: Left, key: bytes) -> Spot | None:
    """What a ruling leaves of a place, whose commune and region (admin 2, admin 1) are given; None if nothing."""
    if "place" not in left.fields:
        return None
    spot = in_area(spot, commune, region, left.area)
    return displaced(spot, left.radius_m, key) if spot and is_moved(spot, left) else spot


def is_moved(spot: Spot, left: Left) -> bool:
    """Whether what `in_area` gave is displaced too: always where it is the place itself, however wide somebody says it
    is; an area's seat, which everybody knows, only by more than it is wide."""
    return bool(left.radius_m) and (not left.area or left.radius_m > spot.radius_m)


def in_area(spot: Spot | None, commune: Spot | None, region: Spot | None, area: Area) -> Spot | None:
    """The administrative area in place of the spot; None where that area is unknown.

    Whatever precision somebody stated, point and name of the spot itself are not given: whoever says "commune" of a
    shelter, to be careful, may have left its coordinates. Places of administrative level 3 are not stored, so level 2
    is given in their place: coarser, never finer.
    """
    if spot is None or area is Area.AS_IT_IS:
        return spot
    if area >= Area.COUNTRY or spot.precision is Precision.COUNTRY:
        return None
    return region if area is Area.ADM1 or spot.precision is Precision.ADM1 else commune


def displaced(spot: Spot, radius_m: int, key: bytes) -> Spot:
    """The spot moved by less than `radius_m`, by a secret key (32 bytes); without the name and code that would tell."""
    lon, lat = spot.lon, spot.lat
    for radius in RADII_M[: RADII_M.index(radius_m) + 1]:
        lon, lat = _step(lon, lat, radius, key)
    coarse = next(one for one in Precision if DEFAULT_RADIUS_M[one] >= radius_m)
    return Spot(round(lon, 6), round(lat, 6), max(spot.precision, coarse), max(radius_m, spot.radius_m))


def _step(lon: float, lat: float, radius_m: int, key: bytes) -> tuple[float, float]:
    """From the middle of the cell in which the point lies, some way in some direction; both from key and cell."""
    side = radius_m * _CELL / _M_PER_DEGREE
    row = math.floor(lat / side)
    # Never narrower than at 80 degrees: nearer the poles cells are wider than they are high, and safe.
    shrink = max(math.cos(math.radians((row + 0.5) * side)), math.cos(math.radians(80)))
    column = math.floor(lon / (side / shrink))
    seed = blake2b(f"{radius_m}/{row}/{column}".encode(), key=key, digest_size=16).digest()
    turn = int.from_bytes(seed[:8], "big") / 2**64 * 2 * math.pi
    least, most = _LEAST**2, 1.0
    part = math.sqrt(least + int.from_bytes(seed[8:], "big") / 2**64 * (most - least))  # even over the ring's area
    away = part * _MOST * radius_m / _M_PER_DEGREE
    moved_lat = (row + 0.5) * side + away * math.sin(turn)
    moved_lon = (column + 0.5) * (side / shrink) + away * math.cos(turn) / shrink
    return (moved_lon + 180) % 360 - 180, max(-90.0, min(90.0, moved_lat))


_ROUND: dict[Rounding, Callable[[datetime], datetime]] = {
    Rounding.NONE: lambda at: at,
    Rounding.HOUR: lambda at: at.replace(minute=0, second=0, microsecond=0),
    Rounding.DAY: lambda at: _midnight(at),
    Rounding.WEEK: lambda at: _midnight(at - timedelta(days=at.weekday())),
    Rounding.MONTH: lambda at: _midnight(at.replace(day=1)),
}


def _midnight(at: datetime) -> datetime:
    """The first one of that day, where clocks are set back at midnight."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def time_left(at: datetime | None, rounding: Rounding, zone: tzinfo) -> datetime | None:
    """A time rounded down to the hour, day, week or month that it was where it happened; in UTC."""
    if at is None or not rounding:
        return at
    # In UTC again: two times of one zone are compared by their clocks, which run the same hour twice in autumn.
    return _ROUND[rounding](at.astimezone(zone)).astimezone(UTC)


def words_left(title: str, summary: str, shared: str, words: Words) -> tuple[str, str]:
    """What is left of title and summary; `shared` is what a person wrote to stand in their place."""
    if words is Words.OWN:
        return title, summary
    if words is Words.MASKED:
        return _masked(title), _masked(summary)
    return "", shared if words is Words.SUMMARY else ""


def _masked(text: str) -> str:
    return masked(text, spans_of(text)) if text else ""
