"""How CAP writes values: times, numbers, points, lists of names and references. Reading gives None for what is none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from rapport.formats.cap.model import Circle, Point, Reference

DECIMALS = 6  # a tenth of a metre; Google asks for no more
#: No number of CAP needs more characters, and reading a long one takes time beyond its length.
_LONGEST_NUMBER = 40

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", re.ASCII)
_XSD_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:(Z)|([+-])(\d\d):(\d\d))", re.ASCII)
INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
_TOKEN = re.compile(r'"([^"]*)"|(\S+)')


def time(text: str) -> datetime | None:
    """The moment, to the second, with its offset. One without an offset is no moment."""
    found = _XSD_TIME.fullmatch(text.strip()[:_LONGEST_NUMBER])
    if not found:
        return None
    *parts, zulu, sign, hours, minutes = found.groups()
    if minutes and int(minutes) > 59:
        return None
    year, month, day, hour, minute, second = map(int, parts)
    offset = timedelta() if zulu else timedelta(hours=int(hours), minutes=int(minutes))
    midnight = (hour, minute, second) == (24, 0, 0)  # the end of a day (XML Schema, part 2, 3.2.7)
    try:
        zone = timezone(-offset if sign == "-" else offset)
        moment = datetime(year, month, day, 0 if midnight else hour, minute, second, tzinfo=zone)
        moment = moment + timedelta(days=1) if midnight else moment
        moment.astimezone(UTC)  # the first and the last day of the calendar have none in some zones
    except (ValueError, OverflowError):
        return None
    return moment


def written_time(moment: datetime) -> str:
    """With its own offset; UTC is written -00:00 (3.3.2). ValueError for what CAP cannot write."""
    offset = moment.utcoffset()
    if offset is None or offset.total_seconds() % 60 or moment.microsecond:
        raise ValueError("Give a time with an offset in whole minutes, and no fractions of a second.")
    text = moment.isoformat()
    return f"{text[:-6]}-00:00" if not offset else text


def is_writable(moment: datetime) -> bool:
    try:
        written_time(moment)
    except ValueError:
        return False
    return True


def integer(text: str) -> int | None:
    text = text.strip()
    return int(text) if len(text) <= _LONGEST_NUMBER and INTEGER.fullmatch(text) else None


def decimal(text: str) -> Decimal | None:
    text = text.strip()
    return Decimal(text) if len(text) <= _LONGEST_NUMBER and DECIMAL.fullmatch(text) else None


def point(text: str) -> Point | None:
    lat, comma, lon = text.partition(",")
    if not comma:
        return None
    north, east = decimal(lat), decimal(lon)
    return None if north is None or east is None else Point(float(north), float(east))


def points(text: str) -> tuple[Point, ...] | str:
    """The points of a polygon; or the first pair that is none."""
    found = []
    for pair in text.split():
        one = point(pair)
        if one is None:
            return pair
        found.append(one)
    return tuple(found)


def circle(text: str) -> Circle | None:
    parts = text.split()
    if len(parts) != 2:
        return None
    centre, radius = point(parts[0]), decimal(parts[1])
    return None if centre is None or radius is None else Circle(centre, float(radius))


def number(value: float) -> str:
    """At most six decimals, and no more than are needed."""
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def written_point(where: Point) -> str:
    return f"{number(where.lat)},{number(where.lon)}"


def names(text: str) -> tuple[str, ...]:
    """Space separated; those with spaces in double quotes (3.2.1, addresses and incidents)."""
    return tuple(quoted or bare for quoted, bare in _TOKEN.findall(text) if quoted or bare)


def written_names(parts: Iterable[str]) -> str:
    return " ".join(f'"{part}"' if any(map(str.isspace, part)) else part for part in parts)


def reference(text: str) -> Reference | None:
    """`sender,identifier,sent`."""
    parts = text.split(",")
    if len(parts) != 3 or not all(parts):
        return None
    sent = time(parts[2])
    return None if sent is None else Reference(parts[0], parts[1], sent)


def written_reference(one: Reference) -> str:
    return f"{one.sender},{one.identifier},{written_time(one.sent)}"
