"""Pure: the table [retention] of an operation's file: after how many days what people sent is destroyed."""

from __future__ import annotations

from datetime import date, datetime

from rapport.operations.strict import Table
from rapport.oversight.retention.schedule import COUNTED_FROM, Schedule

LONGEST_DAYS = 36_500


def read_retention(top: Table) -> Schedule:
    """The schedule; one that destroys nothing where the file has no such table."""
    table = top.table("retention")
    if table is None:
        return Schedule()
    made = Schedule(
        addresses_days=_days(table, "addresses_days"),
        texts_days=_days(table, "texts_days"),
        attachments_days=_days(table, "attachments_days"),
        counted_from=table.one_of("counted_from", COUNTED_FROM, "receipt"),
        closed=_closed(table),
        backups_days=_days(table, "backups_days"),
    )
    table.nothing_else()
    if made.empty:
        raise table.bad("addresses_days", "this schedule destroys nothing; give some days, or leave the table out")
    if made.closed and made.counted_from != "closing":
        raise table.bad("closed", 'stands for nothing unless counted_from = "closing"')
    return made


def _days(table: Table, key: str) -> int:
    """At least one where the key is there: nothing is destroyed on the day it came, before anybody has read it."""
    return table.whole(key, 0, 1, LONGEST_DAYS) if key in table.data else table.whole(key, 0, 0, 0)


def _closed(table: Table) -> date | None:
    value = table.get("closed")
    if value is None:
        return None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise table.bad("closed", "write a day without quotes, as 2027-03-31")
    return value
