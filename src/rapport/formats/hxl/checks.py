"""What a rule asks of the cells of one column: each check says which cells fail, and what to do about them.

That an empty cell fails none of them, is for the caller to see to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

import polars as pl

from rapport.formats.hxl.cells import is_empty, normal, number_of, numbers, single_spaced, spread
from rapport.formats.hxl.dates import date_of, dates
from rapport.formats.hxl.schema import Rule
from rapport.formats.hxl.table import Column
from rapport.formats.hxl.vocabulary import datatype

_FORMS = {
    "url": (r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s]+", "is no address: it begins with https:// and a host"),
    "email": (r"^[^@\s]+@[^@\s]+$", "is no e-mail address"),
    "phone": (r"^\+?[0-9xX()\s.-]{5,}$", "is no phone number: write it with its country, as +509 12 34 56 78"),
}
_STRAY = r"^\s|\s$|\s\s|[\t\r\n]"
_RARE = 0.05  # of the mean number of cells a spelling has (libhxl)
_LIKE = 0.8  # likeness from which a rare value may be a slip [ours]
#: Spellings that are compared with each other, and how long they may be: so the time is bounded [ours].
_RARE_MOST, _COMMON_MOST, _LONGEST = 100, 500, 100
_TRIMMED_FROM = 10  # numbers; from here on the least and the greatest do not count (libhxl)
_DEVIATIONS = 3

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Failed:
    """`cells`: Boolean for every cell of the column. `say`: value → what is wrong and what to do."""

    cells: pl.Series
    say: Say


def of_cells(rule: Rule, column: Column, cells: pl.Series, thousands: str) -> Iterator[Failed]:
    """The checks that look at each cell by itself: `cells` may be the different ones of the column."""
    if rule.datatype:
        yield from _datatype(rule.datatype, cells, thousands)
    if rule.minimum:
        yield _limit(rule.minimum, column, cells, thousands, least=True)
    if rule.maximum:
        yield _limit(rule.maximum, column, cells, thousands, least=False)
    if rule.regex:
        pattern = rule.regex if rule.case else f"(?i){rule.regex}"
        yield Failed(~cells.str.contains(pattern), always(f"does not fit /{rule.regex}/"))
    if rule.values:
        yield _among(rule, cells)
    if rule.whitespace:
        yield Failed(cells.str.contains(_STRAY), always("has white space around it or too much within: take it out"))


def of_columns(rule: Rule, column: Column, cells: pl.Series, thousands: str) -> Iterator[Failed]:
    """The checks that hold each cell against the others of its column."""
    if not (rule.consistent or rule.spelling or rule.outliers):
        return
    filled = ~spread(cells, is_empty)
    if rule.consistent:
        yield _consistent(column, cells, filled, thousands)
    if rule.spelling:
        yield _spelling(rule, cells, filled)
    if rule.outliers:
        yield from _outliers(cells, thousands)


def always(text: str) -> Say:
    return lambda _: text


# --- one cell at a time --------------------------------------------------------------------------------------------


def _datatype(kind: str, cells: pl.Series, thousands: str) -> Iterator[Failed]:
    if kind == "number":
        yield Failed(numbers(cells, thousands).is_null(), _no_number)
    elif kind == "date":
        yield Failed(dates(cells).is_null(), always("is no date that reads one way only: write it as 2025-01-31"))
    elif kind in _FORMS:
        pattern, text = _FORMS[kind]
        yield Failed(~cells.str.strip_chars().str.contains(pattern), always(text))


def _no_number(value: str) -> str:
    bare = value.replace(",", "").replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
    if number_of(bare) is not None:
        return f"is no number: write {bare}, or say which mark stands between thousands"
    return "is no number: write digits, with a point before decimals, or leave the cell empty"


def _limit(limit: str, column: Column, cells: pl.Series, thousands: str, *, least: bool) -> Failed:
    """Cells of another kind than the limit are no matter of a range."""
    day = date_of(limit) if datatype(column.tag) == "date" else None
    number = number_of(limit)
    values: pl.Series
    bound: object
    if day is not None:
        values, bound = dates(cells), day
    elif number is not None:
        values, bound = numbers(cells, thousands), number
    else:
        values, bound = normal(cells), normal(pl.Series([limit]))[0]
    beyond = values < bound if least else values > bound
    return Failed(beyond, always(f"must be {'at least' if least else 'at most'} {limit}"))


def _among(rule: Rule, cells: pl.Series) -> Failed:
    form = single_spaced if rule.case else normal
    allowed = dict(zip(form(pl.Series(rule.values)).to_list(), rule.values, strict=True))
    inside = form(cells).is_in(list(allowed))

    @cache
    def say(value: str) -> str:
        near = _near(form(pl.Series([value]))[0], list(allowed))
        if near:
            return f"is not in the list: write {allowed[near]!r}, if that is meant"
        return f"is not in the list: use one of {', '.join(rule.values[:10])}{' …' if len(rule.values) > 10 else ''}"

    return Failed(~inside, say)


def _near(text: str, others: Sequence[str]) -> str:
    """The one of them that is most like the text; "" if none is."""
    short = [one for one in others[:_COMMON_MOST] if len(one) <= _LONGEST] if len(text) <= _LONGEST else []
    return next(iter(get_close_matches(text, short, 1, _LIKE)), "")


# --- beside the others ---------------------------------------------------------------------------------------------


def _consistent(column: Column, cells: pl.Series, filled: pl.Series, thousands: str) -> Failed:
    is_number = numbers(cells, thousands).is_not_null()
    is_date = (
        dates(cells).is_not_null()
        if datatype(column.tag) == "date"
        else pl.Series([False]).new_from_index(0, len(cells))
    )
    kinds = pl.DataFrame({"d": is_date, "n": is_number}).select(
        pl.when("d").then(pl.lit("a date")).when("n").then(pl.lit("a number")).otherwise(pl.lit("a text"))
    ).to_series()  # fmt: skip
    counted = kinds.filter(filled).value_counts(sort=True)
    usual = counted[0, 0] if counted.height else ""
    return Failed(kinds != usual, always(f"is not {usual}, as most cells of this column are"))


def _spelling(rule: Rule, cells: pl.Series, filled: pl.Series) -> Failed:
    """Rare spellings that are nearly common ones; not looked at where no value is much more common than others."""
    form = single_spaced if rule.case else normal
    said = form(cells)
    counted = said.filter(filled).value_counts(sort=True)
    slips: dict[str, str] = {}
    if counted.height:
        values, counts = counted.to_series(0), counted.to_series(1)
        mean, deviation = float(str(counts.mean())), float(str(counts.std(ddof=0)))
        rare = counts <= mean * _RARE
        if deviation <= mean and rare.any():
            common = values.filter(~rare).to_list()
            near = ((one, _near(one, common)) for one in values.filter(rare).tail(_RARE_MOST))
            slips = {one: found for one, found in near if found}
    failed = said.is_in(list(slips))

    def say(value: str) -> str:
        meant = slips.get(form(pl.Series([value]))[0], "")
        return f"{rule.description or 'is rare'}: perhaps {meant!r}"

    return Failed(failed, say)


def _outliers(cells: pl.Series, thousands: str) -> Iterator[Failed]:
    """Numbers more than three standard deviations from the mean, the extremes left out of both (libhxl); not where the
    numbers differ so much that the mean says nothing."""
    values = numbers(cells, thousands)
    usual = values.drop_nulls().sort()
    if len(usual) >= _TRIMMED_FROM:
        usual = usual[1:-1]
    if usual.is_empty():
        return
    mean, deviation = float(str(usual.mean())), float(str(usual.std(ddof=0)))
    if mean and deviation / abs(mean) > 1:
        return
    text = f"is far from the others (mean {mean:,.6g}): look whether it is right"
    yield Failed((values - mean).abs() > _DEVIATIONS * deviation, always(text))
