"""iCalendar (RFC 5545): the timeline in a calendar program. An event stands at the moment when it happened; where that
is not known, at that when it was published, and then it says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from rapport.formats.characters import clean
from rapport.formats.context import FeedContext
from rapport.formats.geojson import DECIMALS
from rapport.values import Release, named

CONTENT_TYPE = "text/calendar; charset=utf-8"
_OCTETS = 75  # of a line, without its end (section 3.1)
_ESCAPED = re.compile(r"[\\;,]")  # section 3.3.11


def write(releases: Iterable[Release], context: FeedContext) -> Iterator[bytes]:
    """One calendar with one VEVENT a release, in the order given, piece by piece."""
    yield _lines([
        ("BEGIN", "VCALENDAR"),
        ("VERSION", "2.0"),
        ("PRODID", "-//rapport//events//EN"),
        ("NAME", _text(context.name)),  # RFC 7986; older programs read the next one
        ("X-WR-CALNAME", _text(context.name)),
        ("URL", context.page_url()),
    ])  # fmt: skip
    for release in releases:
        yield _lines(_event(release, context))
    yield _lines([("END", "VCALENDAR")])


def text_of(text: str) -> str:
    """A text as it comes back: without control characters, lines ended by LF."""
    return clean(text).replace("\r\n", "\n").replace("\r", "\n").replace("\x7f", "")


def _event(release: Release, context: FeedContext) -> Iterator[tuple[str, str]]:
    place, published = release.place, release.published_at
    yield "BEGIN", "VEVENT"
    yield "UID", context.event_id(release.ref)
    yield "DTSTAMP", _moment(release.updated_at)
    yield "DTSTART", _moment(release.occurred_at or published or release.updated_at)
    if release.occurred_at is None:
        yield "X-RAPPORT-DATED", "PUBLISHED"  # happened at an unknown time
    yield "SUMMARY", _text(release.headline(context.language))
    if release.summary:
        yield "DESCRIPTION", _text(release.summary)
    if release.categories:
        yield (
            "CATEGORIES",
            ",".join(_text(clean(named(one.names, context.language)) or one.code) for one in release.categories),
        )
    if place is not None:
        yield "GEO", f"{place.lat:.{DECIMALS}f};{place.lon:.{DECIMALS}f}"
        yield "X-RAPPORT-RADIUS", str(place.radius_m)
        if place.name:
            yield "LOCATION", _text(place.name)
    if published:
        yield "CREATED", _moment(published)
    yield "LAST-MODIFIED", _moment(release.updated_at)
    yield "URL", context.event_url(release.ref)
    yield "X-RAPPORT-REF", release.ref
    yield "X-RAPPORT-STATUS", release.status.value
    yield "X-RAPPORT-WHY", context.why_url(release.ref)
    if release.marking:
        yield "X-RAPPORT-MARKING", release.marking.value
    yield "TRANSP", "TRANSPARENT"  # nobody is busy because of it
    yield "END", "VEVENT"


def _moment(at: datetime) -> str:
    """In UTC (section 3.3.5, form 2)."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    return _ESCAPED.sub(r"\\\g<0>", text_of(text)).replace("\n", "\\n")


def _lines(properties: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(_folded(f"{name}:{value}".encode()) for name, value in properties)


def _folded(line: bytes) -> bytes:
    """The content line in pieces that no character is cut by; a piece after the first begins with a blank."""
    pieces, start = [], 0
    while start < len(line):
        end = min(start + _OCTETS - bool(start), len(line))
        while end < len(line) and line[end] & 0xC0 == 0x80:  # within a character of UTF-8
            end -= 1
        pieces.append(line[start:end])
        start = end
    return b"\r\n ".join(pieces) + b"\r\n"
