"""Coordinates that people and programs give, checked for the usual mistakes."""

from __future__ import annotations

import math

from django.utils.translation import gettext as _

from rapport.errors import Refused
from rapport.values import Box, place_problem


def check(lon: float | None, lat: float | None, box: Box) -> bool:
    """Whether the point (WGS 84 degrees) lies outside the operation's box: it is taken all the same.

    Both None is no point, and fine. Refused(400) with the field and a remedy for half a pair, values that are no
    coordinates, (0, 0), and a pair that lies in the box only when read the other way round.
    """
    if lon is None and lat is None:
        return False
    if lon is None or lat is None:
        raise _wrong("half_place", "lat" if lat is None else "lon", _("Give both latitude and longitude, or neither."))
    problem = place_problem(lon, lat, box)
    if problem == "not_a_coordinate":
        raise _out_of_range(lon, lat)
    if problem == "zero":
        raise _wrong("zero_place", "lat", _("0, 0 lies in the ocean. Leave the coordinates out if they are not known."))
    if problem == "swapped":
        raise _swapped(lon, lat)
    return problem == "outside"


def _out_of_range(lon: float, lat: float) -> Refused:
    if not place_problem(lat, lon):
        return _swapped(lon, lat)
    if math.isfinite(lat) and abs(lat) <= 90:
        return _wrong("no_place", "lon", _("Longitude goes from -180 to 180 degrees."))
    return _wrong("no_place", "lat", _("Latitude goes from -90 to 90 degrees."))


def _swapped(lon: float, lat: float) -> Refused:
    text = _("Latitude and longitude look swapped: did you mean latitude %(lat)s, longitude %(lon)s?")
    return _wrong("swapped_place", "lat", text % {"lat": f"{lon:g}", "lon": f"{lat:g}"})


def _wrong(reason: str, field: str, remedy: str) -> Refused:
    return Refused(reason, remedy, field=field)
