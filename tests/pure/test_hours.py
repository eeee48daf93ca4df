"""Quiet hours: in local time, over midnight, and over the change of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from rapport.notify.hours import quiet_until

HAITI = ZoneInfo("America/Port-au-Prince")
NIGHT = {"quiet_from": "22:00", "quiet_to": "06:00"}


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2010, 1, day, hour, minute, tzinfo=HAITI)


def test_the_night_goes_over_midnight_in_local_time() -> None:
    assert quiet_until(NIGHT, HAITI, at(21, 59)) is None
    assert quiet_until(NIGHT, HAITI, at(22)) == at(6, day=24)
    assert quiet_until(NIGHT, HAITI, at(5, 59)) == at(6)
    assert quiet_until(NIGHT, HAITI, at(6)) is None
    assert quiet_until(NIGHT, HAITI, datetime(2010, 1, 24, 4, tzinfo=UTC)) == at(6, day=24)  # 23:00 in Haiti


def test_hours_within_one_day_and_none_at_all() -> None:
    noon = {"quiet_from": "12:00", "quiet_to": "13:00"}
    assert quiet_until(noon, HAITI, at(12, 30)) == at(13)
    assert quiet_until(noon, HAITI, at(13)) is None
    assert quiet_until({}, HAITI, at(3)) is None
    assert quiet_until({"quiet_from": "", "quiet_to": ""}, HAITI, at(3)) is None


@given(
    now=st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    begin=st.times().map(lambda at: at.strftime("%H:%M")),
    end=st.times().map(lambda at: at.strftime("%H:%M")),
)
def test_quiet_hours_end_within_a_day_at_the_time_they_name(now: datetime, begin: str, end: str) -> None:
    until = quiet_until({"quiet_from": begin, "quiet_to": end}, HAITI, now)
    if until is not None:
        assert timedelta() < until - now <= timedelta(hours=25)
        assert until.astimezone(HAITI).time() == time.fromisoformat(end) or until.dst() != now.astimezone(HAITI).dst()
