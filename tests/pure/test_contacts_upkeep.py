"""Upkeep of an office's record: the right state on each day, and each change told exactly once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from rapport.contacts.model import Upkeep
from rapport.contacts.upkeep import Record, State, state

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
