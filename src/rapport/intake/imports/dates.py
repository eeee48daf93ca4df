"""Pure: dates as people, spreadsheets and programs write them; in which order, with the evidence for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from rapport.errors import Refused
from rapport.intake.imports.plan import NUMBER_DATES
from rapport.text.fold import fold
from rapport.values import EARLIEST

#: A clock of the other side may be ahead by this much before its date counts as one in the future.
AHEAD = timedelta(days=1)
_SHOWN = 40  # characters of a cell that a remedy repeats

#: Names of months, folded: English, French, Spanish, Haitian Creole. A beginning of three letters or more is enough
#: where it can be only one ("juin" and "juillet" differ at the fourth).
_MONTHS = (
    ("january", "janvier", "enero", "janvye"), ("february", "fevrier", "febrero", "fevriye"),
    ("march", "mars", "marzo", "mas"), ("april", "avril", "abril", "avril"), ("may", "mai", "mayo", "me"),
    ("june", "juin", "junio", "jen"), ("july", "juillet", "julio", "jiye"), ("august", "aout", "agosto", "out"),
    ("september", "septembre", "septiembre", "septanm", "setiembre"), ("october", "octobre", "octubre", "oktob"),
    ("november", "novembre", "noviembre", "novanm"), ("december", "decembre", "diciembre", "desanm"),
)  # fmt: skip
#: Zones by letters that mean one thing: those of RFC 5322, section 4.3.
_ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8,
    "pdt": -7,
}  # fmt: skip

_NUMBERS = re.compile(
    r"(\d{1,4})([-/. ])(\d{1,2})\2(\d{1,4})(?:(?:[T ]|,|, )\s*(?:à |at )?(\d.*))?", re.ASCII | re.DOTALL
)
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?)?", re.ASCII)
_DAY_FIRST = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(\d{1,2})(?:st|nd|rd|th|er|º|ª)?[-/. ]+(?:de +)?([^\W\d]+)\.?,?"
    r"[-/. ]+(?:de[l]? +)?(\d{4}|\d\d)(?:[T, ]+(?:à |at )?(\d.*))?"
)
_MONTH_FIRST = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?([^\W\d]+)\.?[-/. ]+(\d{1,2})(?:st|nd|rd|th)?,?[-/. ]+(\d{4})(?:[T, ]+(?:at )?(\d.*))?"
)
_TIME = re.compile(
    r"(\d{1,2})(?:\s*[:h.]\s*(\d{2})|\s*(h))?(?:[:m.](\d{2})(?:[.,](\d{1,9}))?)?\s*([aApP])?\.?(?:[mM]\.?)?\s*"
    r"(Z|[A-Za-z]{2,4}|(?:UTC|GMT)?[+-]\d{2}:?(?:\d{2})?)?\s*",
    re.ASCII,
)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{2}):?(\d{2})?", re.IGNORECASE)

_NUMBER = re.compile(r"\d{1,14}(?:[.,]\d+)?", re.ASCII)
_PART_OF_DAY = re.compile(r"0?[.,]\d+|0", re.ASCII)
_SHORT_YEAR = re.compile(r"(\d\d)[-/. ]\d\d[-/. ](\d\d)(?!\d)", re.ASCII)
_DIFFERENT = 50

ReadDate = Callable[[str], datetime]
Parts = tuple[int, int, int]


class _NoDateError(ValueError):
    """What is written is no date; the text says why."""


class _BothWaysError(ValueError):
    """It reads as day and month, and as month and day, and the plan says neither."""


# --- one date ------------------------------------------------------------------------------------------------------


def date_reader(order: str, form: str, zone: str, now: datetime) -> ReadDate:
    """How the dates of a file are read: cell → moment in UTC. A zone in the cell counts, else the plan's.

    The reader raises Refused: no_date, date_both_ways, early_date, future_date.
    """
    local, limit = ZoneInfo(zone), now + AHEAD
    read = _by_form(form) if form else _by_order(order)

    def moment(said: str) -> datetime:
        try:
            found = read(said)
        except _BothWaysError as error:
            remedy = f"{_short(said)} reads both ways: say whether the day or the month is first."
            raise Refused("date_both_ways", remedy) from error
        except (ValueError, OverflowError) as error:
            why = f": {error}" if isinstance(error, _NoDateError) and str(error) else ""
            raise Refused("no_date", f"{_short(said)} is no date{_expected(order, form)}{why}.") from error
        if found.tzinfo is None:
            found = found.replace(tzinfo=local)
        if found < EARLIEST:
            raise Refused("early_date", f"{_short(said)} lies before {EARLIEST.year}.")
        if found > limit:
            raise Refused("future_date", f"{_short(said)} lies in the future.")
        return found.astimezone(UTC)

    return moment


def _short(said: str) -> str:
    return repr(said[:_SHOWN])


def _expected(order: str, form: str) -> str:
    if form:
        return {
            "excel": " as Excel counts days",
            "excel-1904": " as Excel counts days from 1904",
            "unix": " in seconds",
        }.get(form, f" of the form {form}")
    return {"DMY": " with the day first", "MDY": " with the month first", "YMD": " with the year first"}.get(order, "")


def at_the_hour(day: str, hour: str, form: str) -> str:
    """A date whose time stands in a column of its own, as one text. Both may be numbers as a workbook counts: days,
    and parts of a day. A workbook's date cell without a time says midnight; the column of times knows better."""
    if form in NUMBER_DATES and _NUMBER.fullmatch(day):
        with suppress(ValueError, OverflowError, OSError):
            day = f"{_from_number(day, form):%Y-%m-%d}"
    if _PART_OF_DAY.fullmatch(hour):
        seconds = min(round(float(hour.replace(",", ".")) * 86_400), 86_399)
        hour = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{day.removesuffix('T00:00:00').removesuffix(' 00:00:00')} {hour.rpartition('T')[2]}"


def _by_form(form: str) -> ReadDate:
    if form in NUMBER_DATES:
        return lambda said: _from_number(said, form)

    def read(said: str) -> datetime:
        try:
            return datetime.strptime(said, form)
        except ValueError:
            if said[10:11] != "T":
                raise
            return datetime.fromisoformat(said)  # a real date cell of a workbook

    return read


def _from_number(said: str, form: str) -> datetime:
    """Days since 30 December 1899 (Excel, whose year 1900 has a 29 February too many) or 1904, or seconds since 1970.
    Real date cells of a workbook come as ISO 8601, and are read as they are."""
    try:
        number = float(said.replace(",", "."))
    except ValueError:
        return _by_order("")(said)
    if form == "unix":
        return datetime.fromtimestamp(number / 1000 if number >= 100_000_000_000 else number, UTC)
    if not 1 <= number < 2_958_466:  # to 31 December 9999
        raise _NoDateError("the number of days is out of range")
    begin = datetime(1899, 12, 30) if form == "excel" else datetime(1904, 1, 1)
    return begin + timedelta(seconds=round(number * 86_400))


def _by_order(order: str) -> ReadDate:
    def read(said: str) -> datetime:
        if said[4:5] == "-" and said[:4].isdigit():
            try:
                return datetime.fromisoformat(said)
            except ValueError:
                pass
        numbers = _NUMBERS.fullmatch(said)
        if numbers:
            first, _, second, third, clock = numbers.groups()
            year, month, day = in_order(first, second, third, order)
        else:
            year, month, day, clock = _written(said)
        return _with_clock(year, month, day, clock)

    return read


def _written(said: str) -> tuple[int, int, int, str | None]:
    """Dates whose month is a word, or that have no marks at all."""
    if found := _COMPACT.fullmatch(said):
        year, month, day, *clock = found.groups()
        return int(year), int(month), int(day), ":".join(part for part in clock if part) or None
    if found := _DAY_FIRST.fullmatch(said):
        day, name, year, rest = found.groups()
    elif found := _MONTH_FIRST.fullmatch(said):
        name, day, year, rest = found.groups()
    else:
        raise _NoDateError
    return _year(year), _month(name), int(day), rest


def in_order(first: str, second: str, third: str, order: str) -> Parts:
    """Year, month and day of three numbers. Four digits are the year; of the other two the order decides, or that only
    one way is a date. Raises _BothWaysError, or _NoDateError where the order of the file does not fit."""
    if len(first) > 2:
        if len(first) != 4 or len(third) > 2:
            raise _NoDateError
        return int(first), int(second), int(third)
    if len(third) not in {2, 4}:
        raise _NoDateError
    if order == "YMD" and len(third) == 2:
        return _year(first), int(second), int(third)
    a, b = int(first), int(second)
    if order == "MDY":
        return _year(third), a, b
    if order in {"DMY", "YMD"}:
        return _year(third), b, a
    if len(third) == 2 and int(third) <= 31:
        raise _BothWaysError  # 10-01-12: even the year may stand anywhere
    if a <= 12 and b <= 12 and a != b:
        raise _BothWaysError
    return (_year(third), a, b) if b > 12 else (_year(third), b, a)


def _year(said: str) -> int:
    """Two digits as POSIX has it: 69 to 99 are of the last century."""
    number = int(said)
    return number if len(said) > 2 else number + (1900 if number >= 69 else 2000)


_MONTH_CACHE: dict[str, int] = {}


def _month(name: str) -> int:
    key = fold(name)
    if not (found := _MONTH_CACHE.get(key, 0)):
        numbers = {
            number
            for number, names in enumerate(_MONTHS, 1)
            for one in names
            if one == key or (len(key) >= 3 and one.startswith(key))
        }
        exact = {number for number, names in enumerate(_MONTHS, 1) if key in names}
        if len(numbers := exact or numbers) != 1:
            raise _NoDateError(f"{name[:20]!r} is no month")
        found = numbers.pop()
        if len(_MONTH_CACHE) < 1_000:
            _MONTH_CACHE[key] = found
    return found


def _with_clock(year: int, month: int, day: int, clock: str | None) -> datetime:
    if not clock:
        return datetime(year, month, day)
    found = _TIME.fullmatch(clock)
    if not found:
        raise _NoDateError(f"{clock[:20]!r} is no time")
    said_hour, minute, whole, second, part, half, zone = found.groups()
    hour = int(said_hour)
    if minute is None and not half and not whole:
        raise _NoDateError(f"{clock[:20]!r} is no time")
    if half:
        if not 1 <= hour <= 12:
            raise _NoDateError(f"{clock[:20]!r} is no time")
        hour = hour % 12 + (12 if half in "pP" else 0)
    micro = int(part[:6].ljust(6, "0")) if part else 0
    zoned = _zone(zone) if zone else None
    return datetime(year, month, day, hour, int(minute or 0), int(second or 0), micro, tzinfo=zoned)


def _zone(said: str) -> tzinfo:
    if (hours := _ZONES.get(said.lower())) is not None:
        return timezone(timedelta(hours=hours)) if hours else UTC
    found = _OFFSET.fullmatch(said)
    if not found:
        raise _NoDateError(f"{said!r} is no time zone that everybody reads the same")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(offset if found[1] == "+" else -offset)


# --- a column of dates ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DateGuess:
    """What a column of dates says about its order. `order` "" with `both` > 0: a person must say it."""

    order: str
    form: str
    said: tuple[str, ...]
    share: float  # of the filled cells that are dates at all


def guess_dates(cells: Iterable[str]) -> DateGuess:
    """The order in which a column's dates are written, and how many of them say so."""
    counts = dict.fromkeys(("DMY", "MDY", "YMD", "both", "same", "clear", "serial", "unix", "none"), 0)
    firsts: set[str] = set()
    thirds: set[str] = set()
    for cell in cells:
        if said := cell.strip():
            counts[_reads(said)] += 1
            if (short := _SHORT_YEAR.match(said)) and len(thirds) < _DIFFERENT:
                firsts.add(short[1])
                thirds.add(short[2])
    if not counts["YMD"] and len(thirds) > max(len(firsts), 3):
        # In the columns of two digits the last changes more than the first: the first may well be the year.
        counts["both"] += counts["DMY"] + counts["MDY"]
        counts["DMY"] = counts["MDY"] = 0
    filled = sum(counts.values())
    if not filled:
        return DateGuess("", "", (), 0.0)
    share = 1 - (counts["none"] + counts["serial"] + counts["unix"]) / filled
    for form, key, what in (("excel", "serial", "Excel's days"), ("unix", "unix", "seconds since 1970")):
        if counts[key] > 0.8 * filled:
            return DateGuess("", form, (f"{counts[key]:,} cells are numbers that fit {what}",), counts[key] / filled)
    order = _order(counts)
    return DateGuess(order, "", _evidence(counts, order), share)


def _reads(said: str) -> str:
    """In which orders one cell is a date: DMY, MDY or YMD only, both, same (either way the same day), clear (ISO, a
    month in words), serial or unix (a bare number), none."""
    if found := _NUMBERS.fullmatch(said):
        return _numbers_read(found[1], found[3], found[4])
    number = said.replace(",", ".", 1)
    if number.isascii() and number.replace(".", "", 1).isdigit():
        size = float(number)
        if len(said) == 8 and _COMPACT.fullmatch(said):
            return "clear"
        unix = 500_000_000 <= size < 4e9 or 5e11 <= size < 4e12
        return "serial" if 20_000 <= size < 80_000 else "unix" if unix else "none"  # 1954 to 2119
    try:
        _by_order("DMY")(said)
    except (ValueError, OverflowError):
        return "none"
    return "clear"


def _numbers_read(first: str, second: str, third: str) -> str:
    if len(first) == 4:
        return "clear" if int(second) <= 12 and int(third) <= 31 else "none"
    a, b = int(first), int(second)
    if len(third) == 2 and a > 31 and b <= 12:
        return "YMD"
    day_first, month_first = 1 <= b <= 12 and 1 <= a <= 31, 1 <= a <= 12 and 1 <= b <= 31
    if day_first and month_first:
        return "same" if a == b else "both"
    return "DMY" if day_first else "MDY" if month_first else "none"


def _order(counts: dict[str, int]) -> str:
    """The order that cells demand; "" where none does, or where more than one in twenty demands another."""
    demanded = sorted(((counts[one], one) for one in ("DMY", "MDY", "YMD")), reverse=True)
    (most, order), (second, _), _ = demanded
    return order if most and second <= most / 20 else ""


_ORDER_WORDS = {"DMY": "day/month", "MDY": "month/day", "YMD": "year/month/day"}


def _evidence(counts: dict[str, int], order: str) -> tuple[str, ...]:
    said = [f"{counts[one]:,} dates can only be {_ORDER_WORDS[one]}" for one in ("DMY", "MDY", "YMD") if counts[one]]
    if counts["both"]:
        other = {"DMY": "month/day", "MDY": "day/month"}.get(order)
        said.append(f"{counts['both']:,} would change as {other}" if other else f"{counts['both']:,} read both ways")
    if counts["same"]:
        said.append(f"{counts['same']:,} read the same")
    if counts["clear"]:
        said.append(f"{counts['clear']:,} are clear by themselves (year first, or the month in words)")
    if counts["none"]:
        said.append(f"{counts['none']:,} are no dates")
    if counts["serial"] or counts["unix"]:
        said.append(f"{counts['serial'] + counts['unix']:,} are bare numbers")
    if counts["both"] and not order:
        said.append("say whether the day or the month is first: until then those that read both ways are refused")
    return (", ".join(said),) if said else ()
