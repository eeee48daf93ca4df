"""A table (CSV, UTF-8) becomes Messages, row by row, in constant memory; every row gets a verdict."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from rapport.errors import BadDefinition, Refused
from rapport.operations.definition import Columns
from rapport.operations.load import source_settings
from rapport.operations.models import Source
from rapport.values import EARLIEST, GivenPlace, Message, place_problem

#: A clock of the other side may be ahead by this much before its date counts as one in the future.
_AHEAD = timedelta(days=1)
_LONGEST_CELL = 1_000_000  # characters
_HEADER_ROWS = 1


@dataclass(frozen=True, slots=True)
class TableMapping:
    """Which columns mean what, which label is which category's code, and in which zone dates without one are."""

    columns: Columns
    labels: Mapping[str, str]
    zone: ZoneInfo


def mapping_of(source: Source) -> TableMapping:
    """The mapping that the operation's file gave a source of channel `file`; BadDefinition if it gave none."""
    settings = source_settings(source)
    if "columns" not in settings:
        raise BadDefinition(f"the source {source} says no columns; add [sources.columns] to the operation's file")
    return TableMapping(Columns(**settings["columns"]), settings["labels"], ZoneInfo(source.operation.time_zone))


def messages(file: Path | TextIO, mapping: TableMapping, *, now: datetime | None = None) -> Iterator[Message | Refused]:
    """One Message or Refused a row, in the file's order; a row that cannot be read does not stop the others.

    Refused names row (as a spreadsheet counts, the header being row 1), column and remedy. What concerns the whole file
    is raised as Refused: not UTF-8, no header, a column that is missing or there twice.
    """
    limit = (now or datetime.now(UTC)) + _AHEAD
    with _opened(file) as opened:
        rows = csv.reader(opened, strict=True)
        header = _header(rows, mapping.columns)
        for number, cells in _numbered(rows):
            yield cells if isinstance(cells, Refused) else _verdict(number, header, cells, mapping, limit)


@contextmanager
def _opened(file: Path | TextIO) -> Iterator[TextIO]:
    csv.field_size_limit(_LONGEST_CELL)
    try:
        if isinstance(file, Path):
            with file.open(newline="", encoding="utf-8-sig") as opened:
                yield opened
        else:
            yield file
    except UnicodeDecodeError as error:
        raise Refused("not_utf8", f"Save the file as CSV in UTF-8 (byte {error.start} is not).") from error
    except OSError as error:
        raise Refused("no_file", f"The file cannot be read: {error.strerror}.") from error


def _header(rows: Iterator[list[str]], columns: Columns) -> list[str]:
    try:
        header = [name.strip() for name in next(rows, [])]
    except csv.Error as error:
        raise Refused("no_table", f"This is no CSV file: {error}.", row=_HEADER_ROWS) from error
    wanted = (columns.id, columns.text, columns.title, columns.date, columns.lat, columns.lon, columns.place,
              columns.categories)  # fmt: skip
    for name in filter(None, wanted):
        if name not in header:
            raise Refused("no_column", "The first row must name this column.", row=_HEADER_ROWS, field=name)
    for name in header:
        if header.count(name) > 1:
            raise Refused("same_column", "Two columns have this name; rename one.", row=_HEADER_ROWS, field=name)
    return header


def _numbered(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str] | Refused]]:
    """Rows as a spreadsheet counts them; empty lines count, and give nothing."""
    number = _HEADER_ROWS
    while True:
        number += 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, Refused("broken_row", f"The row cannot be read: {error}.", row=number)
            continue
        if cells:
            yield number, cells


def _verdict(
    number: int, header: list[str], cells: list[str], mapping: TableMapping, limit: datetime
) -> Message | Refused:
    if len(cells) != len(header):
        wrong = f"The row has {len(cells)} cells, the header {len(header)}; look for a missing or unclosed quote."
        return Refused("ragged", wrong, row=number)
    try:
        return _message(dict(zip(header, cells, strict=True)), mapping, limit)
    except Refused as refused:
        return Refused(refused.reason, refused.remedy, row=number, field=refused.field)


def _message(row: Mapping[str, str], mapping: TableMapping, limit: datetime) -> Message:
    columns = mapping.columns
    text = _cell(row, columns.text) or _cell(row, columns.title)
    if not text.strip():
        raise Refused("empty", "A report needs a text.", field=columns.text)
    if any("\0" in cell for cell in row.values()):
        raise Refused("nul", "The row holds NUL characters; remove them.", field=_first_with_nul(row))
    return Message(
        text=text,
        gateway_id=_id(row, columns),
        sent_at=_date(row, mapping, limit),
        place=_place(row, columns),
        categories=_codes(row, mapping),
        # Everything else as it stands, also what was read from it: the date as written, labels nobody knew.
        fields={name: cell for name, cell in row.items() if name and name not in (columns.id, columns.text)},
    )


def _cell(row: Mapping[str, str], column: str) -> str:
    return row[column] if column else ""


def _first_with_nul(row: Mapping[str, str]) -> str:
    return next(name for name, cell in row.items() if "\0" in cell)


def _id(row: Mapping[str, str], columns: Columns) -> str:
    """By what a second import knows the row: its id, in a table without ids the row itself."""
    if not columns.id:
        return "row " + hashlib.sha256("\x1f".join(row.values()).encode()).hexdigest()[:32]
    found = _cell(row, columns.id).strip()
    if not found:
        raise Refused("no_id", "The row needs its id: by it a second import knows what is there.", field=columns.id)
    return found


def _date(row: Mapping[str, str], mapping: TableMapping, limit: datetime) -> datetime | None:
    """The date in UTC; without a zone it is local time of the operation."""
    column, form = mapping.columns.date, mapping.columns.date_format
    said = _cell(row, column).strip()
    if not said:
        return None
    try:
        read = datetime.strptime(said, form)
    except ValueError as error:
        raise Refused("no_date", f"{said[:40]!r} is no date of the form {form}.", field=column) from error
    moment = read if read.tzinfo else read.replace(tzinfo=mapping.zone)
    if moment < EARLIEST:
        raise Refused("early_date", f"{said[:40]!r} lies before {EARLIEST.year}.", field=column)
    if moment > limit:
        raise Refused("future_date", f"{said[:40]!r} lies in the future.", field=column)
    return moment.astimezone(UTC)


def _place(row: Mapping[str, str], columns: Columns) -> GivenPlace | None:
    lat, lon = _degrees(row, columns.lat, 90), _degrees(row, columns.lon, 180)
    if (lat is None) != (lon is None):
        missing = columns.lat if lat is None else columns.lon
        raise Refused("half_place", "Give both latitude and longitude, or neither.", field=missing)
    if lat is not None and lon is not None and place_problem(lon, lat) == "zero":
        lat = lon = None  # not known; the cells stay among the fields as they are
    name = _cell(row, columns.place).strip()
    return GivenPlace(lon, lat, name) if name or lat is not None else None


def _degrees(row: Mapping[str, str], column: str, most: int) -> float | None:
    said = _cell(row, column).strip()
    if not said:
        return None
    try:
        value = float(said)
    except ValueError as error:
        raise Refused("no_place", f"{said[:40]!r} is no number of degrees.", field=column) from error
    if not isfinite(value) or abs(value) > most:
        raise Refused("no_place", f"{said[:40]!r} is not between -{most} and {most} degrees.", field=column)
    return value


def _codes(row: Mapping[str, str], mapping: TableMapping) -> tuple[str, ...]:
    """The codes of the labels in the cell, each once. Labels may hold the separator's comma without its space."""
    separator = mapping.columns.category_separator
    labels = (
        label.strip().rstrip(separator.strip()) for label in _cell(row, mapping.columns.categories).split(separator)
    )
    return tuple(dict.fromkeys(mapping.labels[label] for label in labels if label in mapping.labels))
