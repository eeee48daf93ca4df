"""CSV (RFC 4180): one event a row, safe to open in a spreadsheet; also with a row of HXL hashtags below the header.

A cell that a spreadsheet would take for a formula is given an apostrophe in front; `as_written` takes it away again.
Numbers stay numbers: a western longitude begins with a minus sign and means it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from rapport.formats.characters import clean
from rapport.formats.context import FeedContext, utc
from rapport.formats.dictionary.fields import FIELDS
from rapport.formats.geojson import DECIMALS
from rapport.values import Json, Release, Spot, named

CONTENT_TYPE = "text/csv; charset=utf-8"
COLUMNS = tuple(one.name for one in FIELDS if one.is_column("csv"))
_TAGS = tuple(one.hxl for one in FIELDS if one.is_column("csv"))
BETWEEN = "|"  # several categories or choices in one cell

Cell = str | int | float | None

# What begins a formula in Excel, LibreOffice or Google Sheets, the full-width forms too (OWASP, "CSV Injection").
# Apostrophes may stand before it, so that adding one can always be undone.
FORMULA = r"['\s]*[=+\-@＝＋－＠]|'*[\t\r\n]"
_FORMULA = re.compile(FORMULA)


def write(releases: Iterable[Release], context: FeedContext) -> Iterator[bytes]:
    """A header and one row a release, UTF-8 with CRLF, piece by piece. Extra fields are the last columns."""
    yield line(header(context))
    yield from _rows(releases, context)


def write_hxl(releases: Iterable[Release], context: FeedContext) -> Iterator[bytes]:
    """The same with the hashtags of HXL 1.1 in the second row; an extra field for which the operation gave none has
    an empty cell there."""
    yield line(header(context))
    yield line([*_TAGS, *(column.hxl for column in context.extra)])
    yield from _rows(releases, context)


def header(context: FeedContext) -> list[str]:
    """Names of the columns."""
    return [*COLUMNS, *(column.name for column in context.extra)]


def _rows(releases: Iterable[Release], context: FeedContext) -> Iterator[bytes]:
    for release in releases:
        yield line([safe(utc(cell) if isinstance(cell, datetime) else cell) for cell in cells(release, context)])


def as_written(cell: str) -> str:
    """The text of a cell as it was before it was made safe."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def line(cells: Iterable[Cell]) -> bytes:
    """One row, with CRLF. What is not safe must have been made so."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue().encode()


def safe(cell: Cell) -> Cell:
    """The cell as a spreadsheet shows it and never runs it; `as_written` takes the apostrophe away again."""
    if not isinstance(cell, str):
        return cell
    text = clean(cell)
    return f"'{text}" if _FORMULA.match(text) else text


def cells(release: Release, context: FeedContext) -> list[Cell | datetime]:
    """The values of one row, in the order of the header; texts as they are, moments with a zone."""
    affected = release.affected
    return [
        release.ref,
        release.headline(context.language),
        release.summary,
        BETWEEN.join(category.code for category in release.categories),
        BETWEEN.join(named(category.names, context.language) for category in release.categories),
        release.status.value,
        release.occurred_at,
        release.published_at,
        release.updated_at,
        *_place_cells(release.place),
        affected.low if affected else None,
        affected.high if affected else None,
        release.reports,
        context.event_url(release.ref),
        release.response.value if release.response else None,
        context.why_url(release.ref),
        release.marking.value if release.marking else None,
        *_extra_cells(release, context),
    ]


def _extra_cells(release: Release, context: FeedContext) -> list[Cell]:
    known = {one.code: one.value for one in release.extra}
    return [_extra_cell(known.get(column.code)) for column in context.extra]


def _extra_cell(value: Json) -> Cell:
    if isinstance(value, list):
        return BETWEEN.join(map(str, value))
    return value if isinstance(value, int | float | None) else str(value)


def _place_cells(place: Spot | None) -> list[Cell]:
    if place is None:
        return [None, None, None, None, None, None]
    lat, lon = round(place.lat, DECIMALS), round(place.lon, DECIMALS)
    return [lat, lon, place.precision.word, place.radius_m, place.name, place.pcode]
