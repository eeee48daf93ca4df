"""Tables written: CSV, XLSX, and JSON in both of its forms (HXL 1.1, "JSON encoding").

Cells that a spreadsheet would run are made safe in CSV, as in all our tables (formats/table.py); XLSX has texts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Literal

import msgspec
import polars as pl

from rapport.errors import Refused
from rapport.formats.characters import clean
from rapport.formats.hxl.cells import numbers
from rapport.formats.hxl.table import ROW, Table, names
from rapport.formats.hxl.vocabulary import datatype
from rapport.formats.table import FORMULA, line, safe

Form = Literal["csv", "xlsx", "json", "json-rows"]
FORMS: tuple[Form, ...] = ("csv", "xlsx", "json", "json-rows")
_SHEET_ROWS = 1_048_576
_BATCH = 20_000  # rows
_RISKY = rf"^(?:{FORMULA})"


def save(table: Table, path: Path, form: Form) -> None:
    """Into a file that is there whole or not at all. Refused: too_many_rows for a sheet."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("xb") as file:
            write(table, file, form)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write(table: Table, file: IO[bytes], form: Form) -> None:
    _WRITERS[form](table, file)


# --- CSV -----------------------------------------------------------------------------------------------------------


def write_csv(table: Table, file: IO[bytes]) -> None:
    """Headers, hashtags, rows; UTF-8 with CRLF (RFC 4180)."""
    file.write(line([safe(column.header) for column in table.columns]))
    file.write(line(_tags(table)))
    write_rows(table, file)


def write_rows(table: Table, file: IO[bytes]) -> None:
    """The rows alone."""
    frame = table.rows.select(names(len(table.columns))).collect()
    # Most columns have no cell that begins with one of these signs, and all are asked at once.
    asked = frame.select(pl.all().pipe(_suspect).any().name.prefix("suspect "), (pl.all() == "").any())
    for name in names(len(table.columns)):
        cells = frame[name]
        if asked[f"suspect {name}"][0]:
            cells = safe_cells(cells)
        if asked[name][0]:  # an empty cell is written as nothing, not as an empty text between quotes
            cells = cells.set(cells == "", None)
        frame = frame.with_columns(cells)
    frame.write_csv(file, include_header=False, line_terminator="\r\n", batch_size=8192)


def _suspect(cells: pl.Expr) -> pl.Expr:
    """Whether a cell may begin like a formula: to compare is quicker than to match."""
    return ((cells < ".") & (cells != "")) | ((cells >= "=") & (cells < "A")) | (cells >= "\x7f")


def safe_cells(cells: pl.Series) -> pl.Series:
    """As a spreadsheet shows them and never runs them. A number stays one: a western longitude begins with a minus."""
    places = cells.to_frame("cells").select(_suspect(pl.col("cells"))).to_series().arg_true()
    some = cells.gather(places)
    risky = some.str.contains(_RISKY) & numbers(some).is_null()
    if not risky.any():
        return cells
    return cells.scatter(places.filter(risky), some.filter(risky).map_elements(safe, return_dtype=pl.String))


# --- JSON ----------------------------------------------------------------------------------------------------------


def write_objects(table: Table, file: IO[bytes]) -> None:
    """A list of objects named by tags. Columns with the same tag become a comma list under one name, as the standard
    says; columns without a tag are left out, for nothing names them."""
    places: dict[str, list[str]] = {}
    for at, column in enumerate(table.columns):
        if column.tag:
            places.setdefault(column.tag.key, []).append(str(at))
    named = [_comma_list(some).alias(name) for name, some in places.items()]
    _write_list(file, (_objects(frame) for frame in _batches(table, named)))


def _comma_list(places: list[str]) -> pl.Expr:
    if len(places) == 1:
        return pl.col(places[0])
    return pl.concat_str(
        [pl.when(pl.col(one) != "").then(pl.col(one)) for one in places], separator=",", ignore_nulls=True
    )


def _objects(frame: pl.DataFrame) -> list[bytes]:
    return frame.write_ndjson().encode().splitlines()


def write_json_rows(table: Table, file: IO[bytes]) -> None:
    """A list of rows: headers, hashtags, then the cells."""
    heads = [[column.header for column in table.columns], _tags(table)]
    encode = msgspec.json.Encoder().encode
    frames = _batches(table, [pl.col(name) for name in names(len(table.columns))])
    rows = ([encode(row) for row in frame.iter_rows()] for frame in frames)
    _write_list(file, _with_first([encode(head) for head in heads], rows))


def _with_first(first: list[bytes], others: Iterator[list[bytes]]) -> Iterator[list[bytes]]:
    yield first
    yield from others


def _write_list(file: IO[bytes], pieces: Iterator[list[bytes]]) -> None:
    between = b"[\n"
    for piece in pieces:
        if piece:
            file.write(between + b",\n".join(piece))
            between = b",\n"
    file.write(b"\n]\n" if between == b",\n" else b"[]\n")


def _batches(table: Table, expressions: list[pl.Expr]) -> Iterator[pl.DataFrame]:
    frame = table.rows.collect()
    for piece in frame.iter_slices(_BATCH):
        yield piece.select(expressions)


# --- XLSX ----------------------------------------------------------------------------------------------------------


def write_xlsx(table: Table, file: IO[bytes]) -> None:
    """One sheet. Texts are written as texts; numbers as numbers where the hashtag says that the column has them.

    Refused: too_many_rows."""
    import xlsxwriter

    from rapport.formats.xlsx import TextSheet

    frame = table.rows.drop(ROW).collect()
    if frame.height + 2 > _SHEET_ROWS:
        raise Refused("too_many_rows", f"A sheet has {_SHEET_ROWS:,} rows, the table {frame.height:,}: write CSV.")
    made = BytesIO()
    book = xlsxwriter.Workbook(made, {"constant_memory": True})
    sheet = book.add_worksheet("HXL", TextSheet)
    for at, column in enumerate(table.columns):
        sheet.write_string(0, at, clean(column.header))
    for at, tag in enumerate(_tags(table)):
        sheet.write_string(1, at, tag)
    typed = [at for at, column in enumerate(table.columns) if datatype(column.tag) == "number"]
    figures = {at: numbers(frame[str(at)]).to_list() for at in typed}
    for number, row in enumerate(frame.iter_rows()):
        for at, cell in enumerate(row):
            if at in figures and (figure := figures[at][number]) is not None:
                sheet.write_number(number + 2, at, figure)
            elif cell:
                sheet.write_string(number + 2, at, clean(cell)[:32_767])
    book.close()
    file.write(made.getvalue())


def _tags(table: Table) -> list[str]:
    return [str(column.tag) if column.tag else "" for column in table.columns]


_WRITERS: dict[Form, Callable[[Table, IO[bytes]], None]] = {
    "csv": write_csv, "xlsx": write_xlsx, "json": write_objects, "json-rows": write_json_rows,
}  # fmt: skip
