"""What an operation knows of its texts, places above all, kept in memory per process and made anew when its places
change, or its model."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Max, QuerySet

from rapport.operations import model
from rapport.operations.models import MADE_HERE, Operation, Place, PlaceName, told
from rapport.text.knowledge import Knowledge
from rapport.text.places import Entry, Gazetteer, named
from rapport.values import KM_PER_DEGREE, Precision, Spot

#: A point farther than this from every commune's seat is in none of them that we know [ours: communes of Haiti are 5 to
#: 25 km across].
COMMUNE_KM = 25.0
#: Places whose position is only the mean of their neighbours: known by name, never the commune of a point.
GUESSED = "neighbours"
#: Seconds for which nobody looks whether places or model changed: every SMS asks, and a new place can wait that long.
RECHECK_S = 2.0
#: With RECHECK_S: of a gazetteer of so many places changes are read within that time; a larger one is read again that
#: much more seldom, but at least every SLOWEST_S seconds. It takes up to 30 ms a thousand places [measured]: names
#: added one after the other cost a process a fiftieth of its time at most.
QUICK, SLOWEST_S = 1_000, 60.0
#: Origins of what people told us of places: learned from reports, for a file or here, or added on the desk. Never
#: drawn for readers: a name or a spot that nobody else uses may say who reported.
TOLD_HERE = ("reports", *MADE_HERE)


@dataclass(frozen=True, slots=True)
class _Stamp:
    """Changes when places come or go: they are replaced, never edited in place; and when another model is chosen, or
    its file is another."""

    places: int
    last: int
    languages: str
    model: str


@dataclass(frozen=True, slots=True)
class _Known:
    stamp: _Stamp
    good_until: float  # on the monotonic clock: nobody looks whether anything changed
    read_again: float  # on the same: until then places that changed wait
    knowledge: Knowledge
    communes: tuple[Spot, ...]
    points: npt.NDArray[Any]  # lon, lat of each commune, degrees


_known: dict[int, _Known] = {}
_lock = threading.Lock()


def drawable(operation: Operation) -> QuerySet[Place]:
    """The places whose names may stand on the map that everybody sees: all with a position, but not those TOLD_HERE,
    nor those whose position is GUESSED."""
    return operation.places.filter(lon__isnull=False, lat__isnull=False).exclude(origin__in=(*TOLD_HERE, GUESSED))


def areas(operation: Operation) -> QuerySet[Place]:
    """The areas readers may filter by: departments and communes that have a P-code, whatever the file says of their
    origin: the codes are official whatever taught us the position. Not the further names that they have here."""
    coded = operation.places.filter(precision__in=(Precision.ADM1, Precision.ADM2)).exclude(pcode="")
    return coded.exclude(origin__in=MADE_HERE)


def knowledge(operation: Operation) -> Knowledge:
    """The languages, gazetteer and model of an operation, for the text chain. At most RECHECK_S old; the places of a
    gazetteer of more than QUICK are older, SLOWEST_S at most."""
    return _of(operation).knowledge


def commune_of(operation: Operation, lon: float, lat: float) -> Spot | None:
    """The commune whose seat is nearest to a point (degrees), within COMMUNE_KM; None farther out.

    Seats stand for areas, because the gazetteer has no outlines: near a border it may name the neighbour. Its radius is
    doubled until the point lies within: what is said of a place must be true, and tells no more than a wide ring.
    """
    return communes_of(operation, [lon], [lat])[0]


def communes_of(operation: Operation, lons: Sequence[float], lats: Sequence[float]) -> list[Spot | None]:
    """`commune_of` for many points at once."""
    known = _of(operation)
    if not known.communes or not len(lons):
        return [None] * len(lons)
    east = (known.points[None, :, 0] - np.asarray(lons)[:, None] + 180) % 360 - 180
    north = known.points[None, :, 1] - np.asarray(lats)[:, None]
    km = np.hypot(east * np.cos(np.radians(np.asarray(lats)))[:, None], north) * KM_PER_DEGREE
    nearest = km.argmin(axis=1)
    away = km[np.arange(len(nearest)), nearest]
    return [_around(known.communes[i], d) if d <= COMMUNE_KM else None for i, d in zip(nearest, away, strict=True)]


def _around(seat: Spot, km: float) -> Spot:
    """The commune, wide enough to hold a point so far from its seat."""
    doublings = max(0, math.ceil(math.log2(km * 1000 / seat.radius_m))) if km and seat.radius_m else 0
    return replace(seat, radius_m=seat.radius_m << doublings) if doublings else seat


def regions(operation_id: int) -> dict[str, Spot]:
    """The region (admin 1) of each commune, and of itself, by P-code; where a region's position is unknown, none."""
    coded = Place.objects.filter(operation_id=operation_id).exclude(pcode="").exclude(origin__in=MADE_HERE)
    known = {place.pcode: place.spot for place in coded.filter(precision=Precision.ADM1)}
    communes = coded.filter(precision=Precision.ADM2).values_list("pcode", "parent_pcode")
    found = {pcode: spot for pcode, above in communes if (spot := known.get(above)) is not None}
    return found | {pcode: spot for pcode, spot in known.items() if spot is not None}


def match_place_name(operation: Operation, text: str) -> Spot | None:
    """The place that a field for a place's name means ("Jacmel, Haiti"); None if the gazetteer does not know it."""
    found = named(text, knowledge(operation).gazetteer)
    return found.spot if found else None


def _of(operation: Operation) -> _Known:
    known = _known.get(operation.pk)
    if known is not None and time.monotonic() < known.good_until:
        return known
    with _lock:
        stamp, now = _stamp(operation), time.monotonic()
        known = _known.get(operation.pk)
        if known and (known.stamp == stamp or (now < known.read_again and _only_places(known.stamp, stamp))):
            known = replace(known, good_until=now + RECHECK_S)
        else:
            known = _read(operation, stamp)
        _known[operation.pk] = known
    return known


def forget() -> None:
    """Drop what is kept of every operation: the database behind it was exchanged."""
    _known.clear()


def _only_places(before: _Stamp, now: _Stamp) -> bool:
    """Whether places are all that changed."""
    return (before.languages, before.model) == (now.languages, now.model)


def _stamp(operation: Operation) -> _Stamp:
    seen = Place.objects.filter(operation=operation).aggregate(count=Count("id"), last=Max("id"))
    languages = ",".join(operation.languages)
    return _Stamp(seen["count"], seen["last"] or 0, languages, model.state(_model(operation)))


def _model(operation: Operation) -> str:
    """As it is now: whoever asks may have read the operation long ago."""
    return Operation.objects.filter(pk=operation.pk).values_list("model", flat=True).first() or ""


def _read(operation: Operation, stamp: _Stamp) -> _Known:
    places = _places(operation)
    entries = [Entry(one.spot, one.names, one.told) for one in places]
    no_seats = (GUESSED, *MADE_HERE)
    communes = tuple(one.spot for one in places if one.spot.precision == Precision.ADM2 and one.origin not in no_seats)
    points = np.array([(spot.lon, spot.lat) for spot in communes]).reshape(-1, 2)
    now = time.monotonic()
    return _Known(
        stamp,
        now + RECHECK_S,
        now + min(SLOWEST_S, RECHECK_S * len(places) / QUICK),
        Knowledge(
            tuple(operation.languages), Gazetteer(entries, operation.languages), model.working(_model(operation))
        ),
        communes,
        points,
    )


@dataclass(frozen=True, slots=True)
class _Placed:
    """A place with a position. Read in columns: thousands of rows as models take ten times as long."""

    spot: Spot
    names: tuple[str, ...]
    origin: str
    told: str


def _places(operation: Operation) -> list[_Placed]:
    """Those of files first: a P-code means the file's place, and not a further name that was added here."""
    further: dict[int, list[str]] = defaultdict(list)
    others = PlaceName.objects.filter(place__operation=operation).order_by("id")
    for place, name in others.values_list("place_id", "name"):
        further[place].append(name)
    rows = Place.objects.filter(operation=operation, lon__isnull=False, lat__isnull=False).order_by("id")
    columns = ("id", "name", "lon", "lat", "precision", "radius_m", "pcode", "origin", "reports")
    places = [
        _Placed(
            Spot(lon, lat, Precision(precision), radius, name, pcode), (name, *further[pk]), origin,
            told(origin, reports),
        )
        for pk, name, lon, lat, precision, radius, pcode, origin, reports in rows.values_list(*columns)
        if lon is not None and lat is not None
    ]  # fmt: skip
    return sorted(places, key=lambda one: one.origin in MADE_HERE)
