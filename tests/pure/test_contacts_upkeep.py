"""Upkeep of an office's record: the right state on each day, and each change told exactly once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.model import Upkeep
from rapport.contacts.upkeep import Record, State, changes, state

SECOND = timedelta(seconds=1)
DAYS = [
    (0, State.CURRENT),
    (149, State.CURRENT),
    (150, State.REMIND),
    (180, State.REMIND),
    (181, State.STALE),
    (239, State.STALE),
    (240, State.SUSPENDED),
]
#: A plain day, days before a leap day, and days before the clocks of Europe change.
VERIFIED = [
    datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
    datetime(2023, 9, 20, 23, 59, 59, tzinfo=UTC),
    datetime(2024, 2, 29, tzinfo=UTC),
    datetime(2026, 3, 28, 23, tzinfo=ZoneInfo("Europe/Tallinn")),
    datetime(2026, 11, 27, 12, tzinfo=timezone(timedelta(hours=12, minutes=45))),
]


@pytest.mark.parametrize("verified_at", VERIFIED)
@pytest.mark.parametrize(("day", "expected"), DAYS)
def test_a_record_has_the_state_of_its_day_from_the_first_second_of_it_on(
    verified_at: datetime, day: int, expected: State
) -> None:
    record = Record(verified_at, Upkeep())
    begins = verified_at.astimezone(UTC) + timedelta(days=day)
    assert state(record, begins) is expected
    assert state(record, begins + timedelta(days=1) - SECOND) is expected


@pytest.mark.parametrize("verified_at", VERIFIED)
def test_the_second_before_a_day_begins_still_has_the_state_of_the_day_before(verified_at: datetime) -> None:
    before = {150: State.CURRENT, 181: State.REMIND, 240: State.STALE}
    for day, expected in before.items():
        begins = verified_at.astimezone(UTC) + timedelta(days=day)
        assert state(Record(verified_at, Upkeep()), begins - SECOND) is expected


def test_a_new_verification_makes_a_stale_record_current() -> None:
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert state(Record(now - timedelta(days=200), Upkeep()), now) is State.STALE
    assert state(Record(now, Upkeep()), now) is State.CURRENT


def test_dates_of_validity_are_whole_days_and_come_before_any_verification() -> None:
    record = Record(
        datetime(2026, 11, 1, tzinfo=UTC), Upkeep(), valid_from=date(2026, 11, 10), valid_until=date(2026, 11, 20)
    )
    said = {
        datetime(2026, 11, 9, 23, 59, 59, tzinfo=UTC): State.NOT_YET,
        datetime(2026, 11, 10, tzinfo=UTC): State.CURRENT,
        datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC): State.CURRENT,
        datetime(2026, 11, 21, tzinfo=UTC): State.LAPSED,
        datetime(2028, 1, 1, tzinfo=UTC): State.LAPSED,
    }
    assert {at: state(record, at) for at in said} == said


def test_a_year_of_silence_is_told_in_four_changes() -> None:
    verified = datetime(2026, 1, 1, 12, tzinfo=UTC)
    record = Record(verified, Upkeep(), valid_until=date(2026, 12, 31))
    told = changes(record, verified, verified + timedelta(days=400))
    assert [(change.state, (change.at - verified).days) for change in told] == [
        (State.REMIND, 150), (State.STALE, 181), (State.SUSPENDED, 240), (State.LAPSED, 364),
    ]  # fmt: skip


def test_what_lapses_before_it_is_stale_is_told_only_that() -> None:
    verified = datetime(2026, 1, 1, tzinfo=UTC)
    told = changes(Record(verified, Upkeep(), valid_until=date(2026, 2, 1)), verified, verified + timedelta(days=400))
    assert [change.state for change in told] == [State.LAPSED]


@st.composite
def recorded(draw: st.DrawFn) -> Record:
    at = draw(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))
    days = draw(st.sampled_from([(150, 180, 240), (1, 2, 3), (5, 9, 10)]))
    first, last = draw(st.none() | st.integers(-10, 300)), draw(st.none() | st.integers(0, 400))
    dates = [None if day is None else at.date() + timedelta(days=day) for day in (first, last)]
    return Record(at, Upkeep(*days), *dates)


records = recorded()


#: Minutes after the verification: any, and those in which something changes.
cuts_at = st.integers(-20 * 24 * 60, 420 * 24 * 60) | st.sampled_from([1, 2, 3, 5, 10, 150, 181, 240]).map(
    lambda day: day * 24 * 60
)


@given(records, st.lists(cuts_at, min_size=2, max_size=12, unique=True))
def test_each_change_falls_into_one_window_however_time_is_cut(record: Record, cuts: list[int]) -> None:
    times = [record.verified_at + timedelta(minutes=cut) for cut in sorted(cuts)]
    pieces = [change for since, until in pairwise(times) for change in changes(record, since, until)]
    assert tuple(pieces) == changes(record, times[0], times[-1])


@given(records, st.integers(-20, 420), st.integers(1, 100))
def test_changes_lead_from_the_state_before_to_the_state_after(record: Record, day: int, days: int) -> None:
    since = record.verified_at + timedelta(days=day)
    until = since + timedelta(days=days)
    told = changes(record, since, until)
    assert state(record, until) is (told[-1].state if told else state(record, since))
    assert all(state(record, change.at) is change.state for change in told)
