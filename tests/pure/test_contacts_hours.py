"""Hours of an office: a clock on its wall decides, over midnight, over changes of the clock, in any zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.contacts.hours import DAY, MOST_CHARACTERS, WEEK, Hours, read
from rapport.errors import BadDefinition

MINUTE = timedelta(minutes=1)
#: Each with a week in which its clock was changed, by whatever law held then; and two with odd offsets.
CHANGES = [
    ("Europe/London", datetime(2026, 3, 27, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 10, 23, tzinfo=UTC)),
    ("America/Port-au-Prince", datetime(2026, 11, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 3, tzinfo=UTC)),  # half an hour
    ("Pacific/Chatham", datetime(2026, 9, 25, tzinfo=UTC)),  # +12:45 and +13:45
    ("Asia/Kathmandu", datetime(2026, 1, 1, tzinfo=UTC)),  # +5:45
    ("Antarctica/Troll", datetime(2026, 3, 28, tzinfo=UTC)),  # two hours
    ("Pacific/Apia", datetime(2011, 12, 29, tzinfo=UTC)),  # no 30 December 2011
    ("Asia/Pyongyang", datetime(2018, 5, 3, tzinfo=UTC)),  # changed by half an hour for good
    ("America/Caracas", datetime(2016, 4, 30, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 2, 14, tzinfo=UTC)),  # set back for Ramadan
    ("Europe/Istanbul", datetime(2016, 9, 6, tzinfo=UTC)),  # did not go back
]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def written(draw: st.DrawFn) -> tuple[str, set[tuple[int, int]]]:
    """Hours as text, and the (weekday, minute of the day) at which they say that the office is open."""
    parts, open_at = [], set()
    for day, name in enumerate(WEEK):
        if not draw(st.booleans()):
            continue
        first = draw(st.integers(0, DAY - 61))
        last = draw(st.integers(first + 60, DAY))
        parts.append(f"{name} {clock(first)}-{clock(last)}")
        open_at |= {(day, minute) for minute in range(first, last)}
    if not parts:
        night = draw(st.integers(18 * 60, DAY - 1))
        morning = draw(st.integers(60, 6 * 60))
        parts = [f"mon-sun {clock(night)}-{clock(morning)}"]
        open_at = {(day, minute) for day in range(7) for minute in (*range(night, DAY), *range(morning))}
    return "; ".join(draw(st.permutations(parts))), open_at


@st.composite
def weeks(draw: st.DrawFn) -> tuple[Hours, list[datetime], list[bool]]:
    """Hours, the minutes of days around a change of the clock, and for each whether its wall shows an open time."""
    zone, change = draw(st.sampled_from(CHANGES))
    text, open_at = draw(written())
    start = change + timedelta(minutes=draw(st.integers(-DAY, DAY)))
    minutes = [start + step * MINUTE for step in range(5 * DAY)]
    closed = draw(st.sets(st.sampled_from([(change + timedelta(days=day)).date() for day in range(4)]), max_size=2))
    if closed:
        text += f"; closed {', '.join(sorted(day.isoformat() for day in closed))}"
    walls = [at.astimezone(ZoneInfo(zone)) for at in minutes]
    shown = [(w.weekday(), w.hour * 60 + w.minute) in open_at and w.date() not in closed for w in walls]
    return read(text, zone), minutes, shown


@given(weeks(), st.integers(0, 2 * DAY), st.integers(0, 30 * 60))
@settings(max_examples=200, deadline=None)
def test_hours_agree_with_a_watch_that_looks_at_the_wall_every_minute(
    week: tuple[Hours, list[datetime], list[bool]], begin: int, wanted: int
) -> None:
    hours, minutes, shown = week
    at = minutes[begin]
    assert hours.is_open(at) is shown[begin]
    for asked, state in ((hours.opens_next(at), True), (hours.closes_next(at), False)):
        expected = next((minutes[i] for i in range(begin, len(minutes)) if shown[i] is state), None)
        assert asked == expected if expected else asked is None or asked > minutes[-1]
    passed = 0
    due = at if wanted == 0 else None
    for i in range(begin, len(minutes)):
        passed += shown[i]
        if due is None and passed == wanted:
            due = minutes[i] + MINUTE
    asked = hours.after_open(at, timedelta(minutes=wanted))
    assert asked == due if due else asked > minutes[-1]
    pieces = hours.open_between(at, minutes[-1] + MINUTE)
    assert sum((last - first for first, last in pieces), timedelta()) == passed * MINUTE


@given(weeks(), st.integers(0, DAY), st.integers(0, 1000), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_open_time_in_two_parts_is_the_open_time_in_one(
    week: tuple[Hours, list[datetime], list[bool]], begin: int, first: int, second: int
) -> None:
    hours, minutes, _ = week
    half = hours.after_open(minutes[begin], timedelta(minutes=first))
    assert hours.after_open(half, timedelta(minutes=second)) == hours.after_open(
        minutes[begin], timedelta(minutes=first + second)
    )


def test_a_duty_line_is_always_open() -> None:
    always = read("24/7", "Asia/Kathmandu")
    assert always.is_open(utc(2026, 12, 25, 3))
    assert always.opens_next(utc(2026, 12, 25, 3)) == utc(2026, 12, 25, 3)
    assert always.closes_next(utc(2026, 12, 25, 3)) is None
    assert always.after_open(utc(2026, 3, 28, 12), timedelta(days=2)) == utc(2026, 3, 30, 12)


def test_a_message_on_friday_evening_is_due_on_monday_morning() -> None:
    office = read("mon-fri 08:00-17:00; sat 09:00-12:00; closed 2026-11-30", "America/Port-au-Prince")
    friday = utc(2026, 11, 27, 21, 30)  # 16:30 in Haiti
    assert office.closes_next(friday) == utc(2026, 11, 27, 22)
    assert office.after_open(friday, timedelta(hours=3)) == utc(2026, 11, 28, 16, 30)
    assert office.after_open(friday, timedelta(hours=4)) == utc(2026, 12, 1, 13, 30)  # Monday is a day off


def test_what_ends_with_the_working_day_is_due_at_its_end_and_not_in_the_next() -> None:
    office = read("mon-fri 08:00-16:00", "UTC")
    assert office.after_open(utc(2026, 11, 27, 8), timedelta(hours=8)) == utc(2026, 11, 27, 16)


def test_a_night_goes_over_midnight_also_from_sunday_into_monday() -> None:
    nights = read("fri-sun 22:00-06:00", "UTC")
    assert [nights.is_open(utc(2026, 11, 30, hour)) for hour in (0, 5, 6, 22)] == [True, True, False, False]
    assert nights.closes_next(utc(2026, 11, 29, 23)) == utc(2026, 11, 30, 6)


def test_an_hour_that_does_not_exist_is_not_worked_and_one_that_comes_twice_is() -> None:
    nights = read("mon-sun 01:00-02:00", "Europe/London")  # on 29 March 2026 the clock goes from 01:00 to 02:00
    assert nights.opens_next(utc(2026, 3, 28, 12)) == utc(2026, 3, 30, 0)
    assert nights.closes_next(utc(2026, 10, 25, 0)) == utc(2026, 10, 25, 2)  # 01:00 to 02:00 twice


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "say when the office is open"),
        ("closed 2026-12-25", "say when the office is open"),
        ("mon-fri 8-17", "part 1 “mon-fri 8-17”: “8-17” is no time"),
        ("mon 08:00-17:00; funday 09:00-12:00", "part 2 “funday 09:00-12:00”: “funday” is no day"),
        ("mon-wed-fri 08:00-17:00", "is no day; write mon"),
        ("mon 08:00-17:00; closed 2026-02-30", "part 2 “closed 2026-02-30”: “2026-02-30” is no day of the calendar"),
        ("mon 08:00-17:00; closed 25.12.2026", "write it as closed 2026-12-25"),
        ("mon-fri 08:00-17:00; fri 08:00-12:00", "fri is in part 1 too"),
        ("24/7; sat 08:00-12:00", "sat is in part 1 too"),
        ("mon 08:00-12:00, 11:00-13:00", "two times on mon overlap"),
        ("mon 22:00-06:00; tue 05:00-07:00", "two times on tue overlap"),
        ("mon 08:00-08:00", "for a whole day write 00:00-24:00"),
        ("mon 08:00-25:00", "past midnight"),
        ("mon 24:00-08:00", "past midnight"),
        ("mon", "there is no time in it"),
        ("mon " + "1" * 7_000, "is no time"),
        ("funday" * 1_000 + " 08:00-17:00", "is no day"),
        ("mon 08:00-08:30", "less than 60 minutes a week"),
        ("m" * (MOST_CHARACTERS + 1), "write at most 8,000"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_part_and_a_remedy(text: str, says: str) -> None:
    with pytest.raises(BadDefinition) as caught:
        read(text, "UTC")
    assert says in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "../etc/passwd", "Europe", "", "a\0b", "x" * 5000])
def test_a_zone_that_nobody_knows_is_refused(zone: str) -> None:
    with pytest.raises(BadDefinition, match="time zone database"):
        read("24/7", zone)


def test_more_than_a_year_of_days_off_is_refused() -> None:
    days = [date(2026, 1, 1) + timedelta(days=step) for step in range(367)]
    with pytest.raises(BadDefinition, match="367 days are closed"):
        read("24/7; closed " + ", ".join(day.isoformat() for day in days), "UTC")


@given(st.text(alphabet="montuewdhfrisa 0123456789:-–,;/closed\n", max_size=200))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        hours = read(text, "Asia/Kathmandu")
    except BadDefinition:
        return
    assert hours.is_open(hours.opens_next(utc(2026, 11, 27)))


def test_the_fewest_hours_and_the_longest_times_end_all_the_same() -> None:
    slow = read("mon 00:00-01:00", "Europe/London")
    due = slow.after_open(utc(2026, 11, 27), timedelta(days=90))
    assert utc(2067, 1, 1) < due < utc(2069, 1, 1)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        read("24/7", "UTC").is_open(datetime(2026, 11, 27))
