"""XLSX (Office Open XML): the table of the CSV with real numbers and dates, and what each column means beside it.

Written to a file that no other process can open, because a workbook is a ZIP whose parts are known only at the end.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from rapport.formats.characters import clean
from rapport.formats.context import FeedContext, utc
from rapport.formats.dictionary.fields import FIELDS
from rapport.formats.table import Cell, cells, header
from rapport.values import Release

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_575  # below the header (Excel specifications and limits)
MOST_CHARACTERS = 32_767  # in a cell (likewise)
DIGITS = 15  # of a number (likewise)
#: Earlier days are numbered otherwise by Excel, which holds 1900 for a leap year: they are written as text.
FIRST_DAY = datetime(1900, 3, 1, tzinfo=UTC)
_CHUNK = 64 * 1024  # bytes
# How a workbook writes characters that XML does not hold, and what would be read as such (ECMA-376, ST_Xstring).
_LIKE_AN_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\ufffe\uffff]")


class TextSheet(Worksheet):  # type: ignore[misc]
    """A sheet, of a workbook in constant memory, whose texts stay what they are. xlsxwriter takes one that begins with
    <r> for XML and writes it as such, formulas and all; and of `_x000D_x000D_` it makes another text."""

    @staticmethod
    def _escape_control_characters(text: str) -> str:
        escaped = _LIKE_AN_ESCAPE.sub("_x005F_", text)
        escaped = _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", escaped)
        return f"_x003C_{escaped[1:]}" if escaped.startswith("<r>") else escaped


def write(releases: Iterable[Release], context: FeedContext) -> Iterator[bytes]:
    """A workbook of two sheets, *Events* and *Fields*; the same bytes for the same releases and context."""
    with tempfile.TemporaryFile() as file:
        _fill(file, releases, context)
        file.seek(0)
        while piece := file.read(_CHUNK):
            yield piece


def text_of(text: str) -> str:
    """A text as a cell holds it: without what XML forbids, lines ended as Excel ends them, not too long."""
    return clean(text).replace("\r\n", "\n").replace("\r", "\n")[:MOST_CHARACTERS]


def number_of(number: float) -> float:
    """A number as a cell holds it."""
    return float(f"{number:.{DIGITS}g}")


def _fill(file: IO[bytes], releases: Iterable[Release], context: FeedContext) -> None:
    # In constant memory: each row is written to disk when the next one begins.
    book = Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    made = context.updated.astimezone(UTC).replace(tzinfo=None)
    book.set_properties({"title": clean(context.name), "created": made, "comments": context.page_url()})
    bold = book.add_format({"bold": True})
    moment = book.add_format({"num_format": 'yyyy-mm-dd"T"hh:mm:ss"Z"'})
    events = book.add_worksheet("Events", TextSheet)
    _head(events, header(context), bold)
    for row, release in enumerate(releases, 1):
        for column, cell in enumerate(cells(release, context)):
            _write(events, row, column, cell, moment)
    _fields(book.add_worksheet("Fields", TextSheet), context, bold)
    book.close()


def _head(sheet: Worksheet, names: Iterable[str], bold: Any) -> None:
    sheet.freeze_panes(1, 1)
    for column, name in enumerate(names):
        sheet.write_string(0, column, name, bold)


def _write(sheet: Worksheet, row: int, column: int, cell: Cell | datetime, moment: Any) -> None:
    """Always as what it is: a text that looks like a formula or an address stays a text."""
    if isinstance(cell, datetime):
        if cell >= FIRST_DAY:
            sheet.write_datetime(row, column, cell.astimezone(UTC).replace(tzinfo=None, microsecond=0), moment)
        else:
            sheet.write_string(row, column, utc(cell))
    elif isinstance(cell, str):
        if text := text_of(cell):
            sheet.write_string(row, column, text)
    elif cell is not None:
        sheet.write_number(row, column, number_of(cell))


def _fields(sheet: Worksheet, context: FeedContext, bold: Any) -> None:
    """What the columns mean, in English: the whole dictionary is at an address of its own."""
    _head(sheet, ("field", "meaning", "hxl"), bold)
    known = {one.name: (str(one.meaning), one.hxl) for one in FIELDS}
    extra = {one.name: (one.help.get("en", ""), one.hxl) for one in context.extra}
    for row, name in enumerate(header(context), 1):
        for column, text in enumerate((name, *{**known, **extra}[name])):
            sheet.write_string(row, column, text_of(text))
