"""A table with hashtags, as it was read: its columns, its rows as text, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from rapport.errors import Refused
from rapport.formats.hxl.tags import Pattern, Tag
from rapport.values import Json

Severity = Literal["info", "warning", "error"]
#: The column of `Table.rows` that has each row's number in its file.
ROW = "row"
_SHOWN = 80  # characters of a value that a finding repeats
_NAMED = 12  # columns that a remedy lists


@dataclass(frozen=True, slots=True)
class Column:
    """`header`: what stands above the tag; `tag` None where the file has none, or a malformed one."""

    header: str
    tag: Tag | None = None

    @property
    def name(self) -> str:
        """What people call it: its tag, else its header."""
        return str(self.tag) if self.tag else self.header


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should look at. `row` as a spreadsheet counts (0: the table as a whole), `column` its
    tag or header ("" for the whole row), `value` what stands there, `text` what is wrong and what to do."""

    severity: Severity
    row: int
    column: str
    value: str
    text: str
    rule: str = ""

    def as_json(self) -> dict[str, Json]:
        return {
            "severity": self.severity, "row": self.row, "column": self.column, "value": self.value, "text": self.text,
            "rule": self.rule,
        }  # fmt: skip

    def said(self) -> str:
        """In one line."""
        where = ", ".join([*([f"row {self.row}"] if self.row else []), *([self.column] if self.column else [])])
        value = f"{shown(self.value)} " if self.value else ""
        return f"{self.severity}: {where or 'table'}: {value}{self.text}"


@dataclass(frozen=True, slots=True)
class Table:
    """`rows`: ROW (UInt32), then a String column named by its place, "0" on, for each of `columns`; no nulls. Rows
    without a filled cell are left out. `thousands`: the mark that was declared to stand in numbers ("" for none)."""

    columns: tuple[Column, ...]
    rows: pl.LazyFrame
    notices: tuple[Finding, ...] = ()
    thousands: str = ""

    def places(self, pattern: Pattern) -> list[int]:
        """Which columns a pattern picks, from 0."""
        return [at for at, column in enumerate(self.columns) if pattern.matches(column.tag)]

    def needed(self, pattern: Pattern) -> list[int]:
        """The same; Refused (no_column) where it picks none: a slip of the pen must not look like an empty answer."""
        found = self.places(pattern)
        if not found:
            tags = [str(column.tag) for column in self.columns if column.tag]
            more = f" and {len(tags) - _NAMED} more" if len(tags) > _NAMED else ""
            there = f"{', '.join(tags[:_NAMED])}{more}" if tags else "none"
            raise Refused("no_column", f"No column fits {pattern}; the table has {there}.")
        return found

    def noted(self, *more: Finding) -> Table:
        return replace(self, notices=(*self.notices, *more))

    def kept(self, places: Sequence[int]) -> Table:
        """With these columns only, in this order."""
        named = [pl.col(str(place)).alias(str(at)) for at, place in enumerate(places)]
        columns = tuple(self.columns[place] for place in places)
        return replace(self, columns=columns, rows=self.rows.select(ROW, *named))


def names(count: int) -> list[str]:
    """The names of that many columns in `Table.rows`."""
    return [str(at) for at in range(count)]


def by_whole_column(place: int, answer: Callable[[pl.Series], pl.Series], dtype: pl.DataType) -> pl.Expr:
    """What `answer` says of a column as a whole, as an expression over `Table.rows`."""
    return pl.col(str(place)).map_batches(answer, return_dtype=dtype)


def table_of(columns: Iterable[Column], rows: Iterable[Sequence[str]], first_row: int = 3) -> Table:
    """A small table made here, its rows numbered from `first_row`; short rows are filled up."""
    columns = tuple(columns)
    width = len(columns)
    filled = [[*row[:width], *[""] * (width - len(row))] for row in rows]
    frame = pl.DataFrame(filled, schema=dict.fromkeys(names(width), pl.String), orient="row")
    return Table(columns, frame.lazy().with_row_index(ROW, first_row))


def shown(value: str) -> str:
    """A value as it stands in a sentence."""
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")
