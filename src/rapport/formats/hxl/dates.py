"""Dates of a column, each as a text that sorts as time does.

ISO 8601 first, and strictly: 2025, 2025-01, 2025-01-05 (with a time or without), 20250105, 2025-W05, and quarters as
2025-Q1, which are not ISO's. Then RFC 822, as feeds write. Day and month in numbers are read in the order that the
column as a whole demands: a cell that reads both ways in a column that does not say is no date.
Serial numbers of spreadsheets are never dates here: a workbook's real dates have become ISO when it was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from email.utils import parsedate
from typing import Literal

import polars as pl

from rapport.formats.hxl.cells import coded

Order = Literal["", "DMY", "MDY"]
_ISO = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d))?|(\d\d)(\d\d)|-?W(\d\d)(?:-?([1-7]))?|-?Q([1-4]))?"
    r"(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?)?\s*(?:Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII | re.IGNORECASE,
)
_NUMBERS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[T ,]+\d\d?:\d\d(?::\d\d)?)?", re.ASCII)
_RFC_822 = re.compile(
    r"(?:[A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4}(?: \d\d:\d\d(?::\d\d)?(?: [A-Z]{1,4}| [+-]\d{4})?)?", re.ASCII
)
_YEARS = range(1000, 3000)
_LONGEST = 60  # characters; no date is longer [ours]


def dates(cells: pl.Series) -> pl.Series:
    """String; null for what is no date. Days are YYYY-MM-DD, months YYYY-MM, years YYYY; a week is the day on which it
    begins and a W, a quarter its first month and a Q, so that all of them sort together and none equals another."""
    if cells.is_empty():
        return cells
    places, distinct = coded(cells)
    texts = [" ".join(text.split()) if len(text) <= _LONGEST else "" for text in distinct.to_list()]
    demanded = order_of(texts)
    return pl.Series([_date(text, demanded) for text in texts], dtype=pl.String).gather(places)


def date_of(text: str) -> str | None:
    found: str | None = dates(pl.Series([text], dtype=pl.String))[0]
    return found


def order_of(texts: Iterable[str]) -> Order:
    """The order that the dates of a column demand; "" where none does, or where they demand both."""
    demanded: set[Order] = set()
    for text in texts:
        if found := _NUMBERS.fullmatch(text):
            first, second = int(found[1]), int(found[3])
            if 12 < first <= 31 and second <= 12:
                demanded.add("DMY")
            elif 12 < second <= 31 and first <= 12:
                demanded.add("MDY")
    return demanded.pop() if len(demanded) == 1 else ""


def both_ways(texts: Iterable[str]) -> list[str]:
    """Those that read as day and month, and as month and day."""
    found = [(text, _NUMBERS.fullmatch(" ".join(text.split()))) for text in texts]
    return [text for text, one in found if one and int(one[1]) <= 12 and int(one[3]) <= 12 and one[1] != one[3]]


def _date(text: str, order: Order) -> str | None:
    try:
        if found := _ISO.fullmatch(text):
            return _iso(found)
        if found := _NUMBERS.fullmatch(text):
            return _by_order(int(found[1]), int(found[3]), int(found[4]), order)
        if _RFC_822.fullmatch(text) and (parts := parsedate(text)):
            return _day(*parts[:3])
    except ValueError:
        pass
    return None


def _iso(found: re.Match[str]) -> str | None:
    year, month, day, month_2, day_2, week, weekday, quarter, hour, minute, second = found.groups()
    if int(year) not in _YEARS or (hour and (int(hour) > 24 or int(minute or 0) > 59 or int(second or 0) > 60)):
        return None
    if week:
        begins = date.fromisocalendar(int(year), int(week), int(weekday or 1))
        return begins.isoformat() + ("" if weekday else "W")
    if quarter:
        return f"{year}-{int(quarter) * 3 - 2:02d}Q"
    month, day = month or month_2, day or day_2
    if day:
        return _day(int(year), int(month), int(day))
    if not month:
        return year
    return f"{year}-{month}" if 1 <= int(month) <= 12 else None


def _by_order(first: int, second: int, year: int, order: Order) -> str | None:
    if first > 12 or order == "DMY" or first == second:
        return _day(year, second, first)
    if second > 12 or order == "MDY":
        return _day(year, first, second)
    return None


def _day(year: int, month: int, day: int) -> str | None:
    return date(year, month, day).isoformat() if year in _YEARS else None
