"""KML 2.2 (OGC 07-147r2): events in a globe viewer, every column of the CSV beside each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape

from rapport.formats.context import FeedContext, utc
from rapport.formats.geojson import DECIMALS
from rapport.formats.markup import DECLARATION, Xml, branch, leaf
from rapport.formats.table import cells, header
from rapport.values import Release, Spot

CONTENT_TYPE = "application/vnd.google-earth.kml+xml"
NAMESPACE = "http://www.opengis.net/kml/2.2"
#: Columns that KML has elements of its own for.
_ELSEWHERE = frozenset({"headline", "summary", "occurred_at", "lat", "lon"})


def write(releases: Iterable[Release], context: FeedContext) -> Iterator[bytes]:
    """One Document with one Placemark a release, in the order given, piece by piece. What has no place has no geometry,
    so that counts agree."""
    yield f'{DECLARATION}<kml xmlns="{NAMESPACE}">\n<Document>\n{leaf("name", context.name)}\n'.encode()
    for release in releases:
        yield _placemark(release, context).encode()
    yield b"</Document>\n</kml>\n"


def _placemark(release: Release, context: FeedContext) -> Xml:
    at = release.occurred_at
    inside = [  # in the order of the schema
        leaf("name", release.headline(context.language)),
        *([leaf("description", escape(release.summary, quote=False))] if release.summary else []),  # taken for HTML
        *([branch("TimeStamp", leaf("when", utc(at)))] if at else []),
        branch("ExtendedData", *_data(release, context)),
        *_point(release.place),
    ]
    return branch("Placemark", *inside, id=f"event-{release.ref}")  # an id of XML begins with no digit


def _data(release: Release, context: FeedContext) -> Iterator[Xml]:
    for name, cell in zip(header(context), cells(release, context), strict=True):
        if name not in _ELSEWHERE and cell not in (None, ""):
            text = utc(cell) if isinstance(cell, datetime) else str(cell)
            yield branch("Data", leaf("value", text), name=name)


def _point(place: Spot | None) -> list[Xml]:
    if place is None:
        return []
    return [branch("Point", leaf("coordinates", f"{place.lon:.{DECIMALS}f},{place.lat:.{DECIMALS}f}"))]
