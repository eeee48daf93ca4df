"""The one set of filters that map, list, timeline and feeds share; the address bar holds them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from rapport.errors import Refused
from rapport.operations.fields import PREFIX
from rapport.values import Box, Precision, Response, Status

MAX_TEXT = 100  # characters of a search

Word = TypeVar("Word", Status, Response)


class Query(Protocol):
    """What a QueryDict offers."""

    def getlist(self, key: str) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty means everything. Values of one filter are joined by or, filters by and; `until` is exclusive."""

    text: str = ""
    categories: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    precisions: tuple[Precision, ...] = ()
    sources: tuple[str, ...] = ()
    responses: tuple[Response, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()  # code of an extra field, codes of its choices
    since: datetime | None = None
    until: datetime | None = None
    since_day: date | None = None
    until_day: date | None = None  # inclusive, as the person wrote it
    box: Box | None = None
    pcode: str = ""

    def query(self) -> str:
        """These filters as an address's query, always in the same order."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [("category", code) for code in self.categories]
        pairs += [("status", status.value) for status in self.statuses]
        pairs += [("precision", precision.word) for precision in self.precisions]
        pairs += [("source", slug) for slug in self.sources]
        pairs += [("response", response.value) for response in self.responses]
        pairs += [(PREFIX + code, choice) for code, choices in self.extra for choice in choices]
        pairs += [("from", self.since_day.isoformat())] if self.since_day else []
        pairs += [("to", self.until_day.isoformat())] if self.until_day else []
        pairs += [("area", self.area)] if self.area else []
        return urlencode(pairs)

    @property
    def area(self) -> str:
        """The area as written in the address: a P-code, or west,south,east,north."""
        if self.box:
            return ",".join(f"{side:.10g}" for side in (self.box.west, self.box.south, self.box.east, self.box.north))
        return self.pcode

    def without(self, name: str) -> Filters:
        """The same filters less one, by its name in the address."""
        if name.startswith(PREFIX):
            return replace(self, extra=tuple(pair for pair in self.extra if PREFIX + pair[0] != name))
        empty: Mapping[str, Filters] = {
            "q": replace(self, text=""),
            "category": replace(self, categories=()),
            "status": replace(self, statuses=()),
            "precision": replace(self, precisions=()),
            "source": replace(self, sources=()),
            "response": replace(self, responses=()),
            "from": replace(self, since=None, since_day=None),
            "to": replace(self, until=None, until_day=None),
            "area": replace(self, box=None, pcode=""),
        }
        return empty[name]


def parse(query: Query, time_zone: str = "UTC", extra: Iterable[str] = ()) -> Filters:
    """Filters from an address; days are days of the operation's time zone, `extra` the codes of the extra fields by
    which this reader can filter. Refused names the field and the remedy."""
    zone = ZoneInfo(time_zone)
    since_day = _day(query, "from")
    until_day = _day(query, "to")
    if since_day and until_day and since_day > until_day:
        raise Refused("bad_filter", "the first day is after the last; exchange them", field="from")
    area = _one(query, "area")
    box = parse_box(area, "area") if "," in area else None
    text = " ".join(_one(query, "q").split())
    if len(text) > MAX_TEXT:
        raise Refused("bad_filter", f"search for at most {MAX_TEXT} characters", field="q")
    return Filters(
        text=text,
        categories=_several(query, "category"),
        statuses=tuple(_word(Status, "status", word) for word in _several(query, "status")),
        precisions=tuple(_precision(word) for word in _several(query, "precision")),
        sources=_several(query, "source"),
        responses=tuple(_word(Response, "response", word) for word in _several(query, "response")),
        extra=tuple((code, chosen) for code in sorted(extra) if (chosen := _several(query, PREFIX + code))),
        since=datetime.combine(since_day, time(), zone).astimezone(UTC) if since_day else None,
        until=datetime.combine(until_day + timedelta(days=1), time(), zone).astimezone(UTC) if until_day else None,
        since_day=since_day,
        until_day=until_day,
        box=box,
        pcode="" if box else area,
    )


def parse_box(text: str, field: str) -> Box:
    """West,south,east,north in degrees; west may be larger than east across the antimeridian."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Refused("bad_filter", "write four numbers: west,south,east,north", field=field) from error
    if not all(map(math.isfinite, (west, south, east, north))) or not -90 <= south <= north <= 90:
        raise Refused("bad_filter", "south and north are degrees between -90 and 90, south first", field=field)
    if not (-360 <= west <= 360 and -360 <= east <= 360):
        raise Refused("bad_filter", "west and east are degrees between -180 and 180", field=field)
    if east - west >= 360:
        return Box(-180, south, 180, north)
    return Box(_wrapped(west), south, _wrapped(east), north)


def _wrapped(lon: float) -> float:
    """The same meridian between -180 and 180; maps that were panned around the globe ask for others."""
    return lon if -180 <= lon <= 180 else (lon + 180) % 360 - 180


def _one(query: Query, name: str) -> str:
    values = query.getlist(name)
    text = values[-1].strip() if values else ""
    if "\0" in text:
        raise Refused("bad_filter", "remove the NUL character", field=name)
    return text


def _several(query: Query, name: str) -> tuple[str, ...]:
    # Sorted and unique, so that one selection has one address and one ETag.
    return tuple(sorted({value.strip() for value in query.getlist(name) if value.strip() and "\0" not in value}))


def _day(query: Query, name: str) -> date | None:
    text = _one(query, name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Refused("bad_filter", "write a day as 2010-01-31", field=name) from error
    if not 1900 <= day.year <= 2200:
        raise Refused("bad_filter", "write a year between 1900 and 2200", field=name)
    return day


def _word(kind: type[Word], field: str, word: str) -> Word:
    try:
        return kind(word)
    except ValueError as error:
        raise Refused("bad_filter", f"choose one of {', '.join(kind)}", field=field) from error


def _precision(word: str) -> Precision:
    try:
        return Precision[word.upper()]
    except KeyError as error:
        words = ", ".join(precision.word for precision in Precision)
        raise Refused("bad_filter", f"choose one of {words}", field="precision") from error
