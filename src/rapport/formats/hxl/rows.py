"""Rows that come one by one, from a workbook, from JSON or from a CSV that is not quite one, become a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import polars as pl

from rapport.errors import Refused
from rapport.formats.hxl import detect
from rapport.formats.hxl.table import ROW, Column, Finding, Table, names

#: Columns of a table [ours; the widest HXL file seen has 60].
COLUMNS_MOST = 1_000
ROWS_MOST = 20_000_000
_BATCH = 20_000  # rows
Numbered = tuple[int, Sequence[str]]


def table_from(rows: Iterable[Numbered]) -> Table:
    """A table of all rows of a sheet or file, whose first ones hold headers and hashtags.

    Refused: no_tags, too_many_columns, too_many_rows.
    """
    coming = iter(rows)
    first = list(islice(coming, detect.WITHIN))
    numbered = dict(first)
    top = [list(numbered.get(number, ())) for number in range(1, detect.WITHIN + 1)]
    found = detect.find(top)
    if found is None:
        raise Refused("no_tags", detect.missing(top))
    columns = detect.columns(top, found)
    below = chain((one for one in first if one[0] > found.row), coming)
    return gathered(columns, below).noted(*detect.notices(top, found, columns))


def gathered(columns: Sequence[Column], rows: Iterable[Numbered]) -> Table:
    """A table with these columns of these rows. Short rows are filled up; what stands beyond the last column becomes a
    column without a tag, and is told."""
    check_width(len(columns))
    frames: list[pl.DataFrame] = []
    longest, where, count = len(columns), 0, 0
    for batch in _batches(rows):
        count += len(batch)
        if count > ROWS_MOST:
            raise Refused("too_many_rows", f"The table has more than {ROWS_MOST:,} rows. Divide it.")
        width = max(len(columns), *(_filled_width(cells) for _, cells in batch))
        if width > longest:
            check_width(width)
            longest, where = width, next(number for number, cells in batch if _filled_width(cells) == width)
        frames.append(_frame(batch, width))
    made = [*columns, *(Column(f"column {at}") for at in range(len(columns) + 1, longest + 1))]
    rows_made = _joined(frames, longest)
    table = Table(tuple(made), rows_made.lazy())
    if longest == len(columns):
        return table
    text = f"goes on beyond the hashtags, to column {longest}: what stands there is kept in columns without a tag"
    return table.noted(Finding("warning", where, "", "", text, "long_row"))


def check_width(width: int) -> None:
    if width > COLUMNS_MOST:
        remedy = f"The table has {width:,} columns; at most {COLUMNS_MOST:,} are read. Leave out those not needed."
        raise Refused("too_many_columns", remedy)


def without_blank(frame: pl.DataFrame) -> pl.DataFrame:
    """Without the rows in which no cell holds more than white space."""
    first = frame[names(1)[0]]
    places = ((first < "!") | (first >= "\x7f")).arg_true()  # only these may begin with white space, or be empty
    blank = ~frame[places].select(pl.any_horizontal(pl.exclude(ROW).str.contains(r"\S"))).to_series()
    if not blank.any():
        return frame
    kept = pl.repeat(True, frame.height, eager=True).scatter(places.filter(blank), False)
    return frame.filter(kept)


def _filled_width(cells: Sequence[str]) -> int:
    width = len(cells)
    while width and not cells[width - 1].strip():
        width -= 1
    return width


def _batches(rows: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    coming = iter(rows)
    while batch := list(islice(coming, _BATCH)):
        if filled := [one for one in batch if any(cell.strip() for cell in one[1])]:
            yield filled


def _frame(batch: Sequence[Numbered], width: int) -> pl.DataFrame:
    filler = [""] * width
    cells = zip(*([*row[:width], *filler[len(row) :]] for _, row in batch), strict=True)
    made = {name: pl.Series(column, dtype=pl.String) for name, column in zip(names(width), cells, strict=True)}
    return pl.DataFrame({ROW: pl.Series([number for number, _ in batch], dtype=pl.UInt32), **made})


def _joined(frames: Sequence[pl.DataFrame], width: int) -> pl.DataFrame:
    schema = {ROW: pl.UInt32, **dict.fromkeys(names(width), pl.String)}
    empty = pl.DataFrame(schema=schema)
    return pl.concat([empty, *frames], how="diagonal").with_columns(pl.col(names(width)).fill_null(""))
