"""Pure: when an office is staffed, and when so much of that time has passed.

An office is open whenever a clock on its wall shows a time within its hours [ours]. So an hour that the wall clock
leaves out is not worked, and an hour that it shows twice is worked twice, whatever the law of the zone was that day.
All moments are aware and come back in UTC; what passes between two of them is counted in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rapport.errors import BadDefinition
from rapport.operations.strict import time_zone

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
#: Longest text, most days off, and minutes a week that an office has at least [ours]: what is open for a minute would
#: make a clock of some days run for centuries.
MOST_CHARACTERS, MOST_CLOSED, LEAST_OPEN = 8_000, 366, 60
#: Within it an office closes, or it is said to stay open [ours].
FAR = timedelta(days=400)
#: The zone's clock is asked this often; no zone is known to change and change back within it.
_STEP = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_EXAMPLE = "mon-fri 08:00-17:00; sat 09:00-12:00"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_SPAN = re.compile(r"(\d\d):([0-5]\d) ?- ?(\d\d):([0-5]\d)")

Minutes = tuple[int, int]  # of a local day, from (inclusive) and to (exclusive), 0 to 1440


@dataclass(frozen=True, slots=True)
class Hours:
    """`days`: Monday first, the minutes in which the office is open, in order and apart; `closed`: local days off."""

    days: tuple[tuple[Minutes, ...], ...]
    closed: frozenset[date]
    zone: ZoneInfo

    def is_open(self, at: datetime) -> bool:
        local = _utc(at).astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(first <= minute < last for first, last in self._open_on(local.date()))

    def opens_next(self, at: datetime) -> datetime:
        """The first moment from `at` on at which it is open: `at` itself, if it is."""
        return next(self._pieces(_utc(at)))[0]

    def closes_next(self, at: datetime) -> datetime | None:
        """The first moment from `at` on at which it is closed; None if it stays open for 400 days."""
        end = at = _utc(at)
        for first, last in self._pieces(at):
            if first > end:
                return end
            end = last
            if end - at > FAR:
                break
        return None

    def after_open(self, start: datetime, duration: timedelta) -> datetime:
        """The first moment at which the office was open for `duration` since `start`."""
        left, start = duration, _utc(start)
        if left <= timedelta():
            return start
        for first, last in self._pieces(start):
            if last - first >= left:
                return first + left
            left -= last - first
        raise AssertionError("an office opens again and again")

    def open_between(self, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
        """The pieces of open time from `since` to `until`, in order; some touch."""
        found, until = [], _utc(until)
        for first, last in self._pieces(_utc(since)):
            if first >= until:
                break
            found.append((first, min(last, until)))
        return found

    def _open_on(self, day: date) -> tuple[Minutes, ...]:
        return () if day in self.closed else self.days[day.weekday()]

    def _pieces(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open time from `since` on, in order and without end; each piece in one local day and under one offset."""
        for start, end, offset in self._stretches(since):
            from_wall, to_wall = _wall(start, offset), _wall(end, offset)
            midnight = datetime.combine(from_wall.date(), time())
            while midnight < to_wall:
                for first, last in self._open_on(midnight.date()):
                    opens = max(midnight + timedelta(minutes=first), from_wall)
                    closes = min(midnight + timedelta(minutes=last), to_wall)
                    if opens < closes:
                        yield (opens - offset).replace(tzinfo=UTC), (closes - offset).replace(tzinfo=UTC)
                midnight += timedelta(days=1)

    def _stretches(self, since: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
        """Stretches of UTC in which the zone's clock is not changed, with its offset; without end."""
        start = since
        while True:
            offset, end = self._offset(start), start + _STEP
            if self._offset(end) != offset:
                same = start
                while end - same > _INSTANT:
                    middle = same + (end - same) / 2
                    same, end = (middle, end) if self._offset(middle) == offset else (same, middle)
            yield start, end, offset
            start = end

    def _offset(self, at: datetime) -> timedelta:
        return at.astimezone(self.zone).utcoffset() or timedelta()


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a moment says its zone")
    return at.astimezone(UTC)


def _wall(at: datetime, offset: timedelta) -> datetime:
    return at.replace(tzinfo=None) + offset


# --- reading -------------------------------------------------------------------------------------------------------


def read(text: str, zone: str) -> Hours:
    """Hours from `24/7`, or parts between semicolons: days and times (`mon-fri 08:00-12:00, 13:00-17:00`, over midnight
    `sat 22:00-06:00`), and `closed 2026-12-25, 2027-01-01`: whole local days. `zone`: of IANA, as America/Lima.
    BadDefinition says which part is wrong, and how to write it."""
    where = time_zone(zone)
    if len(text) > MOST_CHARACTERS:
        raise BadDefinition(f"hours: has {len(text):,} characters; write at most {MOST_CHARACTERS:,}.")
    week: list[list[Minutes]] = [[] for _ in WEEK]
    said_in: dict[int, int] = {}
    closed: set[date] = set()
    for number, part in enumerate(text.lower().replace("–", "-").split(";"), 1):
        part = " ".join(part.split())
        try:
            if part.startswith("closed"):
                closed.update(_dates(part.removeprefix("closed")))
            elif part:
                _add(week, said_in, number, *_days_and_spans(part))
        except ValueError as fault:
            raise BadDefinition(f"hours, part {number} “{part[:60]}”: {fault}") from None
    if not said_in:
        raise BadDefinition(f"hours: say when the office is open, as 24/7 or {_EXAMPLE}.")
    if len(closed) > MOST_CLOSED:
        raise BadDefinition(f"hours: {len(closed)} days are closed; write at most {MOST_CLOSED}, those that come next.")
    days = tuple(_in_order(WEEK[day], spans) for day, spans in enumerate(week))
    if sum(last - first for spans in days for first, last in spans) < LEAST_OPEN:
        raise BadDefinition(f"hours: less than {LEAST_OPEN} minutes a week; write all hours, as {_EXAMPLE}.")
    return Hours(days, frozenset(closed), where)


def _add(
    week: list[list[Minutes]], said_in: dict[int, int], number: int, days: list[int], spans: list[Minutes]
) -> None:
    for day in days:
        if day in said_in:
            raise ValueError(f"{WEEK[day]} is in part {said_in[day]} too; write all times of a day in one part.")
        said_in[day] = number
        for first, last in spans:
            week[day].append((first, min(last, DAY)))
            if last > DAY:
                week[(day + 1) % 7].append((0, last - DAY))


def _days_and_spans(part: str) -> tuple[list[int], list[Minutes]]:
    """The last minute of a span that goes over midnight is more than 1440."""
    if part == "24/7":
        return list(range(7)), [(0, DAY)]
    digit = re.search(r"\d", part)
    if digit is None:
        raise ValueError(f"there is no time in it; write it as {_EXAMPLE}.")
    return _days(part[: digit.start()]), [_span(one.strip()) for one in part[digit.start() :].split(",")]


def _days(said: str) -> list[int]:
    found: list[int] = []
    for one in said.split(","):
        ends = [end.strip() for end in one.split("-")]
        if len(ends) > 2 or not all(end in WEEK for end in ends):
            raise ValueError(f"“{one.strip()[:60]}” is no day; write {', '.join(WEEK)}, or mon-fri.")
        first, last = WEEK.index(ends[0]), WEEK.index(ends[-1])
        found += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    return found


def _span(said: str) -> Minutes:
    match = _SPAN.fullmatch(said)
    if match is None:
        raise ValueError(f"“{said[:60]}” is no time from and to; write it with four digits each, as 08:00-17:00.")
    hour, minute, to_hour, to_minute = (int(number) for number in match.groups())
    first, last = hour * 60 + minute, to_hour * 60 + to_minute
    if first >= DAY or last > DAY:
        raise ValueError(f"“{said}” is past midnight; a day goes from 00:00 to 24:00.")
    if first == last:
        raise ValueError(f"“{said}” begins when it ends; for a whole day write 00:00-24:00.")
    return first, last if last > first else last + DAY


def _dates(said: str) -> list[date]:
    found = []
    for one in said.split(","):
        try:
            if not _DATE.fullmatch(one.strip()):
                raise ValueError
            found.append(date.fromisoformat(one.strip()))
        except ValueError:
            raise ValueError(
                f"“{one.strip()[:60]}” is no day of the calendar; write it as closed 2026-12-25."
            ) from None
    return found


def _in_order(day: str, spans: list[Minutes]) -> tuple[Minutes, ...]:
    made: list[Minutes] = []
    for first, last in sorted(spans):
        if made and first < made[-1][1]:
            raise BadDefinition(
                f"hours: two times on {day} overlap, or one goes over midnight into it; write them apart."
            )
        if made and first == made[-1][1]:
            made[-1] = (made[-1][0], last)
        else:
            made.append((first, last))
    return tuple(made)
