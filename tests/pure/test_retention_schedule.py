"""When something is due, as the operation's file says it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import BadDefinition
from rapport.operations import definition
from rapport.oversight.retention import schedule
from rapport.oversight.retention.schedule import Schedule

SAMPLE = Path(definition.__file__).parents[1] / "data" / "haiti-2010" / "operation.toml"
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAYS = st.integers(0, 36_500)


def parsed(table: str) -> Schedule:
    return definition.parse(f"{SAMPLE.read_text(encoding='utf-8')}\n[retention]\n{table}").retention


def test_without_the_table_nothing_is_ever_due() -> None:
    kept = definition.parse(SAMPLE.read_text(encoding="utf-8")).retention
    assert kept.empty
    assert kept.before(NOW) == {}


def test_days_count_from_the_receipt() -> None:
    kept = parsed("addresses_days = 90\ntexts_days = 365")
    assert kept.before(NOW) == {"addresses": NOW - timedelta(days=90), "texts": NOW - timedelta(days=365)}


def test_with_closing_nothing_is_due_before_so_many_days_after_it() -> None:
    open_still = parsed('texts_days = 30\ncounted_from = "closing"')
    assert open_still.before(NOW) == {}
    closed = parsed('texts_days = 30\nattachments_days = 10\ncounted_from = "closing"\nclosed = 2027-02-10')
    assert set(closed.before(NOW)) == {"attachments"}
    assert set(closed.before(NOW + timedelta(days=30))) == {"attachments", "texts"}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("texts_days = 0", "whole number between 1"),
        ("texts_days = -3", "whole number between 1"),
        ("texts_days = 30.5", "whole number"),
        ("texts_days = true", "whole number"),
        ('texts_days = "30"', "whole number"),
        ("text_days = 30", "did you mean texts_days"),
        ("backups_days = 30", "destroys nothing"),
        ('texts_days = 30\ncounted_from = "opening"', "not one of receipt, closing"),
        ("texts_days = 30\nclosed = 2027-02-10", 'unless counted_from = "closing"'),
        ('texts_days = 30\ncounted_from = "closing"\nclosed = "2027-02-10"', "without quotes"),
    ],
)
def test_what_cannot_be_meant_is_named(table: str, said: str) -> None:
    with pytest.raises(BadDefinition, match=said) as error:
        parsed(table)
    assert "[retention]" in str(error.value)


@given(DAYS, DAYS, DAYS, st.sampled_from(schedule.COUNTED_FROM), st.none() | st.dates(date(2020, 1, 1)), DAYS)
def test_it_is_read_as_it_was_kept(a: int, t: int, f: int, counted: str, closed: date | None, backups: int) -> None:
    made = Schedule(a, t, f, counted, closed, backups)
    assert schedule.of(made.to_json()) == made
    if made.closed and made.closed > NOW.date() and counted == "closing":
        assert made.before(NOW) == {}, "nothing is due before the operation closes"
