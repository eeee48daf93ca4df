"""What an operation knows of places, kept in memory per process and made anew when its places change."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Max, QuerySet

from rapport.operations.models import Operation, Place
from rapport.text.chain import Knowledge
from rapport.text.places import Entry, Gazetteer, named
from rapport.values import Precision, Spot

#: A point farther than this from every commune's seat is in none of them that we know [ours: communes of Haiti are 5 to
#: 25 km across].
COMMUNE_KM = 25.0
#: Places whose position is only the mean of their neighbours: known by name, never the commune of a point.
GUESSED = "neighbours"
#: Seconds for which nobody looks whether places changed: every SMS asks, and a new place can wait that long.
RECHECK_S = 2.0
_KM_PER_DEGREE = 111.2
#: Origins of what people here told us of places: learned from reports, or added on the desk. Never drawn for readers: a
#: name or a spot that nobody else uses may say who reported.
TOLD_HERE = ("reports", "desk")

Stamp = tuple[int, int, int, str]


@dataclass(frozen=True, slots=True)
class _Known:
    stamp: Stamp
    good_until: float  # on the monotonic clock
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
    """The areas readers may filter by: departments and communes that have a P-code, wherever the row comes from. The
    codes are official whatever taught us the position."""
    return operation.places.filter(precision__in=(Precision.ADM1, Precision.ADM2)).exclude(pcode="")


def knowledge(operation: Operation) -> Knowledge:
    """The languages and gazetteer of an operation, for the text chain. At most RECHECK_S old."""
    return _of(operation).knowledge


def commune_of(operation: Operation, lon: float, lat: float) -> Spot | None:
    """The commune whose seat is nearest to a point (degrees), within COMMUNE_KM; None farther out.

    Seats stand for areas, because the gazetteer has no outlines: near a border it may name the neighbour.
    """
    return communes_of(operation, [lon], [lat])[0]


def communes_of(operation: Operation, lons: Sequence[float], lats: Sequence[float]) -> list[Spot | None]:
    """`commune_of` for many points at once."""
    known = _of(operation)
    if not known.communes or not len(lons):
        return [None] * len(lons)
    east = (known.points[None, :, 0] - np.asarray(lons)[:, None] + 180) % 360 - 180
    north = known.points[None, :, 1] - np.asarray(lats)[:, None]
    km = np.hypot(east * np.cos(np.radians(np.asarray(lats)))[:, None], north) * _KM_PER_DEGREE
    nearest = km.argmin(axis=1)
    near = km[np.arange(len(nearest)), nearest] <= COMMUNE_KM
    return [known.communes[i] if ok else None for i, ok in zip(nearest, near, strict=True)]


def match_place_name(operation: Operation, text: str) -> Spot | None:
    """The place that a field for a place's name means ("Jacmel, Haiti"); None if the gazetteer does not know it."""
    found = named(text, knowledge(operation).gazetteer)
    return found.spot if found else None


def _of(operation: Operation) -> _Known:
    known = _known.get(operation.pk)
    if known is not None and time.monotonic() < known.good_until:
        return known
    with _lock:
        stamp = _stamp(operation)
        known = _known.get(operation.pk)
        good_until = time.monotonic() + RECHECK_S
        known = replace(known, good_until=good_until) if known and known.stamp == stamp else _read(operation, stamp)
        _known[operation.pk] = known
    return known


def forget() -> None:
    """Drop what is kept of every operation: the database behind it was exchanged."""
    _known.clear()


def _stamp(operation: Operation) -> Stamp:
    """Changes when places come or go: they are replaced, never edited in place."""
    seen = Place.objects.filter(operation=operation).aggregate(count=Count("id"), last=Max("id"))
    return (operation.pk, seen["count"], seen["last"] or 0, ",".join(operation.languages))


def _read(operation: Operation, stamp: Stamp) -> _Known:
    rows = Place.objects.filter(operation=operation, lon__isnull=False, lat__isnull=False).order_by("id")
    places = [(place, spot) for place in rows.prefetch_related("names") if (spot := place.spot)]
    entries = [Entry(spot, (place.name, *(name.name for name in place.names.all()))) for place, spot in places]
    communes = tuple(s for p, s in places if s.precision == Precision.ADM2 and p.origin != GUESSED)
    points = np.array([(spot.lon, spot.lat) for spot in communes]).reshape(-1, 2)
    return _Known(
        stamp, time.monotonic() + RECHECK_S, Knowledge(tuple(operation.languages), Gazetteer(entries)), communes, points
    )
