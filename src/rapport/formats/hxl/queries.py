"""Row queries, as libhxl has them (#sector=WASH, #reached>500, #org is empty), with meanings that do not surprise.

The value of the query says what is compared. With #date and a date, dates; with a number, numbers; else texts, as
cells.py makes them equal. Under a date or a number other cells never match, however they would sort.
Several columns may fit the pattern: = < > ~ and `is` want one of them, != !~ and `is not` want all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import polars as pl

from rapport.errors import Refused
from rapport.formats.hxl.cells import is_empty, normal, normal_text, number_of, numbers, spread
from rapport.formats.hxl.dates import date_of, dates
from rapport.formats.hxl.table import Column, Table, by_whole_column
from rapport.formats.hxl.tags import Pattern, parse_pattern
from rapport.formats.hxl.vocabulary import datatype

Kind = Literal["date", "number", "text"]
_QUERY = re.compile(r"([<>]=?|!?=|!?~|\bis\b)", re.IGNORECASE)
_BETWEEN = re.compile(r"\s+\|\s+(?=#)")
_LEADING_ZERO = re.compile(r"\s*0[0-9]+\s*", re.ASCII)
_CONDITIONS = ("empty", "number", "date", "min", "max")
_COMPARED: dict[str, Callable[[pl.Series, object], pl.Series]] = {
    "=": lambda cells, value: cells == value,
    "<": lambda cells, value: cells < value,
    "<=": lambda cells, value: cells <= value,
    ">": lambda cells, value: cells > value,
    ">=": lambda cells, value: cells >= value,
}


@dataclass(frozen=True, slots=True)
class Query:
    """`operator`: one of = < <= > >= ~ is; `negative` for != !~ and `is not`."""

    pattern: Pattern
    operator: str
    value: str
    negative: bool

    @property
    def kind(self) -> Kind:
        """What is compared. A number with a leading zero is a code."""
        if self.pattern.hashtag == "#date" and date_of(self.value) is not None:
            return "date"
        is_number = number_of(self.value) is not None and not _LEADING_ZERO.fullmatch(self.value)
        return "number" if is_number else "text"


def parse_query(text: str) -> Query:
    """Refused (bad_query, bad_pattern) if it is none."""
    parts = _QUERY.split(text, maxsplit=1)
    if len(parts) != 3:
        raise Refused("bad_query", f"{text[:60]!r} is no query: write it as #sector=WASH, #reached>500, #org is empty.")
    pattern, operator, value = parse_pattern(parts[0]), parts[1].lower(), " ".join(parts[2].split())
    if operator == "is":
        negative = value.lower().startswith("not ")
        condition = value.lower().removeprefix("not ").strip()
        if condition not in _CONDITIONS:
            raise Refused("bad_query", f"{value[:40]!r} is no condition: is, or is not, {', '.join(_CONDITIONS)}.")
        return Query(pattern, operator, condition, negative)
    if operator.endswith("~"):
        check_regex(value)
    return Query(pattern, operator.removeprefix("!"), value, operator.startswith("!"))


def parse_alternatives(text: str) -> tuple[Query, ...]:
    """Queries with ` | ` between, of which one must be true."""
    return tuple(parse_query(part) for part in _BETWEEN.split(text))


def where(table: Table, alternatives: Sequence[Query]) -> pl.Expr:
    """Which rows pass at least one of the queries. Refused (no_column) where a query's pattern fits none."""
    return reduce(lambda one, other: one | other, (_passes(table, query) for query in alternatives))


def _passes(table: Table, query: Query) -> pl.Expr:
    places = table.needed(query.pattern)
    tests = [
        by_whole_column(place, _test(query, table.columns[place], table.thousands), pl.Boolean()) for place in places
    ]
    return reduce(lambda one, other: one & other if query.negative else one | other, tests)


def _test(query: Query, column: Column, thousands: str) -> Callable[[pl.Series], pl.Series]:
    """Of one column's cells, which pass."""

    def passes(cells: pl.Series) -> pl.Series:
        found = _positive(query, column, thousands, cells).fill_null(False)
        return ~found if query.negative else found

    return passes


def _positive(query: Query, column: Column, thousands: str, cells: pl.Series) -> pl.Series:
    if query.operator == "is":
        return _is(query.value, column, thousands, cells)
    if query.operator == "~":
        return spread(cells, lambda distinct: distinct.str.contains(f"(?i){query.value}"))
    compared = _COMPARED[query.operator]
    if query.kind == "date":
        return compared(dates(cells), date_of(query.value))
    if query.kind == "number":
        return compared(numbers(cells, thousands), number_of(query.value))
    wanted = normal_text(query.value)
    return spread(cells, lambda distinct: compared(normal(distinct), wanted))


def _is(condition: str, column: Column, thousands: str, cells: pl.Series) -> pl.Series:
    if condition == "empty":
        return spread(cells, is_empty)
    if condition == "number":
        return numbers(cells, thousands).is_not_null()
    if condition == "date":
        return dates(cells).is_not_null()
    values = dates(cells) if datatype(column.tag) == "date" else numbers(cells, thousands)
    extreme = values.min() if condition == "min" else values.max()
    return values == extreme if extreme is not None else pl.Series([False]).new_from_index(0, len(cells))


def check_regex(pattern: str) -> None:
    """Refused (bad_query) unless it is a regular expression that takes a time in proportion to the text."""
    try:
        pl.Series([""]).str.contains(f"(?i){pattern}")
    except pl.exceptions.PolarsError as error:
        remedy = f"{pattern[:60]!r} is no regular expression that takes a bounded time: {str(error).splitlines()[-1]}"
        raise Refused("bad_query", remedy) from error
