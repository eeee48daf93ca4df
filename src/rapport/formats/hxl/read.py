"""A file with hashtags becomes a Table, whatever it is written in: CSV and its like, a workbook, or JSON.

Only the file itself is read: no address that stands in it is ever opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from rapport.errors import Refused
from rapport.formats import workbooks
from rapport.formats.delimited import opened, refuse_others
from rapport.formats.hxl.read_csv import read_csv
from rapport.formats.hxl.read_json import is_json, read_json
from rapport.formats.hxl.rows import Numbered, table_from
from rapport.formats.hxl.table import Table

_ARCHIVE = (b"PK\x03\x04", b"PK\x05\x06", workbooks.OLD_WORKBOOK)
_SHEETS_TRIED = 10


def read(path: Path, *, sheet: str = "", thousands: str = "", most: int = 0) -> Table:
    """`sheet` of a workbook; "" is the first one with hashtags. `thousands`: the mark that stands in its numbers.
    `most` bytes that are read, where that is less than the readers' own limits: in memory a CSV takes four times that.

    Refused for what is no table, has no hashtags or is over a limit, with what to do; what is only odd stands in the
    table's notices.
    """
    with opened(path) as file:
        start = file.read(4096)
        size = path.stat().st_size
    if most and size > most:
        raise Refused("too_large", f"The file has {size:,} bytes; at most {most:,} are read here.")
    if not start:
        raise Refused("empty_file", "The file is empty.")
    if start.startswith(_ARCHIVE):
        table = _read_workbook(path, sheet)
    elif is_json(start):
        table = read_json(path)
    else:
        refuse_others(start)
        table = read_csv(path)
    return replace(table, thousands=thousands)


def _read_workbook(path: Path, sheet: str) -> Table:
    """The sheet asked for; else the first that has hashtags, the first that looks like a table being tried first."""
    with TemporaryDirectory() as folder:
        rows = Path(folder) / "rows"
        workbooks.convert(path, rows, sheet)
        said = workbooks.about(rows)
        others = [name for name in said["sheets"] if name != said["sheet"]][: _SHEETS_TRIED - 1]
        try:
            return table_from(_rows(rows))
        except Refused as refused:
            if refused.reason != "no_tags" or sheet:
                raise
            without = refused
        for name in others:
            try:
                workbooks.convert(path, rows, name)
                return table_from(_rows(rows))
            except Refused as refused:
                if refused.reason not in {"no_tags", "empty_file"}:
                    raise
        raise without


def _rows(path: Path) -> Iterator[Numbered]:
    decode = msgspec.json.Decoder(list[Any]).decode
    with path.open("rb") as file:
        file.readline()  # about the workbook
        for line in file:
            number, *cells = decode(line)
            yield number, cells
