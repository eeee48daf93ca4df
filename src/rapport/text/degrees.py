"""Pure: coordinates as people and instruments write them, in WGS 84 degrees."""

from __future__ import annotations

import re
from math import isfinite

from rapport.errors import Refused

_SHOWN = 40
#: Characters of a cell that may be degrees, or a pair of them: POINT and two numbers to the nanometre have 80. On
#: longer ones, and on runs of spaces, the patterns below take a time that grows with the square of the length or worse.
_LONGEST = 160
_PLAIN = re.compile(r"[+-]?\d{1,3}(?:\.\d+)?", re.ASCII)
#: Degrees, minutes and seconds with or without their signs, but something between them; a letter of the compass before
#: or behind. O is west in French, Spanish and Haitian Creole (ouest, oeste, lwès is written O or L).
_SEXAGESIMAL = re.compile(
    r"([NSEWO])?\s*([+-]?\d{1,3}(?:\.\d+)?)\s*[°ºd:]?\s*(?:(?<=[°ºd:\s])(\d{1,2}(?:\.\d+)?)\s*['′’m:]?\s*)?"
    r"(?:(?<=['′’m:\s])(\d{1,2}(?:\.\d+)?)\s*(?:\"|″|”|''|′′|s)?)?\s*([NSEWO])?",
    re.IGNORECASE,
)
#: The three with points between them, two digits for minutes and for seconds: no other number is written so.
_DOTTED = re.compile(r"([NSEWO])?\s*([+-]?\d{1,3})\.([0-5]\d)\.([0-5]\d)\s*([NSEWO])?", re.IGNORECASE | re.ASCII)
#: Points, or commas, more than one: what a spreadsheet of another country makes of 18.533333.
_POINTS = re.compile(r"[NSEWO]?\s*[+-]?\d{1,3}([.,])\d+(?:\1\d+)+\s*°?\s*[NSEWO]?", re.IGNORECASE)
_WKT = re.compile(r"(?:SRID=4326;\s*)?POINT\s*Z?\s*\(\s*(\S+)\s+(\S+?)(?:\s+\S+)?\s*\)", re.IGNORECASE)
_GEOJSON = re.compile(r"\[\s*([+-]?[\d.]+)\s*,\s*([+-]?[\d.]+)\s*(?:,\s*[+-]?[\d.]+\s*)?\]")
_COMPASS = re.compile(r"[NSEWO]", re.IGNORECASE)


def degrees(said: str, most: int, decimal: str = ".") -> float:
    """A latitude (most 90) or longitude (most 180). Refused: no_place."""
    said = said.strip()
    try:
        value = float(said)
    except ValueError:
        value = _read(said.replace(",", ".") if decimal == "," else said, most)
    if not isfinite(value) or abs(value) > most:
        raise Refused("no_place", f"{said[:_SHOWN]!r} is not between -{most} and {most} degrees.")
    return value


def _read(said: str, most: int) -> float:
    if len(said) > _LONGEST:
        raise Refused("no_place", f"{said[:_SHOWN]!r} … is too long for a number of degrees.")
    text = " ".join(said.replace("−", "-").split())
    if _PLAIN.fullmatch(text):
        return float(text)
    found = _DOTTED.fullmatch(text) or _SEXAGESIMAL.fullmatch(text)
    if not found and has_points(text):
        remedy = "has more than one point. Write one, as 18.533333, or degrees, minutes and seconds, as 18°30'20\"."
        raise Refused("no_place", f"{said[:_SHOWN]!r} {remedy}")
    if not found:
        raise Refused("no_place", f"{said[:_SHOWN]!r} is no number of degrees.")
    before, whole, minutes, seconds, behind = found.groups()
    letter = (before or behind or "").upper()
    if (before and behind) or (letter and letter not in ("NS" if most == 90 else "EWO")):
        raise Refused("no_place", f"{said[:_SHOWN]!r} has a letter that does not fit a {_name(most)}.")
    parts = [part for part in (whole, minutes, seconds) if part]
    if any("." in part for part in parts[:-1]):
        raise Refused("no_place", f"{said[:_SHOWN]!r} has a fraction before its end: is it one number, or two?")
    if (minutes and float(minutes) >= 60) or (seconds and float(seconds) >= 60):
        raise Refused("no_place", f"{said[:_SHOWN]!r} has 60 minutes or seconds, or more.")
    size = sexagesimal(whole, minutes, seconds)
    return -size if whole.startswith("-") or letter in {"S", "W", "O"} else size


def sexagesimal(whole: str, minutes: str | None, seconds: str | None) -> float:
    """How many degrees these are, without their sign."""
    return abs(float(whole)) + float(minutes or 0) / 60 + float(seconds or 0) / 3600


def has_points(said: str) -> bool:
    """Whether it is like a number of degrees, but has more points than one, or commas: nobody can tell what it was."""
    return len(said) <= _LONGEST and bool(_POINTS.fullmatch(said)) and not _DOTTED.fullmatch(said)


def _name(most: int) -> str:
    return "latitude" if most == 90 else "longitude"


def pair(said: str, order: str = "lat_lon", decimal: str = ".") -> tuple[float, float]:
    """Longitude and latitude out of one cell: "18.5, -72.3", "18.5 -72.3 0 12" (with height and accuracy, as ODK
    writes), degrees with letters in either order, POINT(lon lat), [lon, lat]. Refused: no_place."""
    text = said.strip()
    if len(text) > _LONGEST:
        raise Refused("no_place", f"{text[:_SHOWN]!r} … is too long for a pair of latitude and longitude.")
    if found := _WKT.fullmatch(text) or _GEOJSON.fullmatch(text):
        return degrees(found[1], 180), degrees(found[2], 90)
    first, second = _halves(text.strip("()[] "), decimal)
    if _is_longitude(first) or _is_latitude(second) or (order == "lon_lat" and not _COMPASS.search(text)):
        first, second = second, first
    return degrees(second, 180, decimal), degrees(first, 90, decimal)


def _is_longitude(half: str) -> bool:
    return bool(re.search(r"[EWO]", half, re.IGNORECASE))


def _is_latitude(half: str) -> bool:
    return bool(re.search(r"[NS]", half, re.IGNORECASE))


def _halves(text: str, decimal: str) -> tuple[str, str]:
    between = r"\s*[;|/]\s*|\s+" if decimal == "," and "," in text else r"\s*[,;|/]\s*|\s+"
    if found := re.fullmatch(r"(.*?[NS])[\s,;/|]*(.*[EWO])|(.*?[EWO])[\s,;/|]*(.*[NS])", text, re.IGNORECASE):
        first, second, third, fourth = found.groups()
        return (first, second) if first else (third, fourth)
    if found := re.fullmatch(r"([NS].*?)[\s,;/|]+([EWO].*)|([EWO].*?)[\s,;/|]+([NS].*)", text, re.IGNORECASE):
        first, second, third, fourth = found.groups()
        return (first, second) if first else (third, fourth)
    parts = [part for part in re.split(between, text) if part]
    if len(parts) not in {2, 3, 4}:
        raise Refused("no_place", f"{text[:_SHOWN]!r} is no pair of latitude and longitude.")
    return parts[0], parts[1]
