"""Pure: dates as sources give them, with how exactly they are known."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rapport.errors import BadDefinition

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:/(\d\d))?)?)?")
_YEARS = re.compile(r"(\d{4})/(\d{4})")
_PART = re.compile(r"(\d{4}) (early|middle|late)")
#: Months of a part of a year [ours: thirds].
_PARTS = {"early": (1, 4), "middle": (5, 8), "late": (9, 12)}


class Known(StrEnum):
    """How exactly a date is known; the days between `first` and `last` are all that is said."""

    DAY = "day"
    DAYS = "days"
    MONTH = "month"
    PART = "part of a year"
    YEAR = "year"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Dated:
    """A date as it is written, from the first to the last day that it may mean, both inclusive."""

    written: str
    first: date
    last: date
    known: Known


def dated(text: str) -> Dated:
    """`2013-06-20`, `2013-06-20/21`, `2013-06`, `2015 early`, `2015`, `2003/2005`. BadDefinition for anything else."""
    try:
        return _dated(text)
    except ValueError as error:
        remedy = "write it as 2013-06-20, 2013-06-20/21, 2013-06, 2015 early, 2015 or 2003/2005"
        raise BadDefinition(f"{text!r} is no date: {remedy}") from error


def _dated(text: str) -> Dated:
    if found := _YEARS.fullmatch(text):
        first, last = date(int(found[1]), 1, 1), date(int(found[2]), 12, 31)
        return _in_order(text, first, last, Known.YEARS)
    if found := _PART.fullmatch(text):
        months = _PARTS[found[2]]
        return Dated(text, date(int(found[1]), months[0], 1), _end(int(found[1]), months[1]), Known.PART)
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError
    year, month, day, other = (int(part) if part else 0 for part in found.groups())
    if other:
        return _in_order(text, date(year, month, day), date(year, month, other), Known.DAYS)
    if day:
        return Dated(text, date(year, month, day), date(year, month, day), Known.DAY)
    if month:
        return Dated(text, date(year, month, 1), _end(year, month), Known.MONTH)
    return Dated(text, date(year, 1, 1), date(year, 12, 31), Known.YEAR)


def _in_order(text: str, first: date, last: date, known: Known) -> Dated:
    if last <= first:
        raise ValueError
    return Dated(text, first, last, known)


def _end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
