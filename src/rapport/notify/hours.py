"""Pure: the hours in which nobody is written to who has not just written to us."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from rapport.values import Json

#: Whoever wrote this long ago is awake, and is answered at any hour [ours].
JUST_WROTE = timedelta(minutes=15)


def quiet_until(sending: Mapping[str, Json], zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the quiet hours end in which `now` lies; None outside of them, and where there are none.

    `sending` is the [sending] table of the operation's file: quiet_from and quiet_to, as 22:00, in local time. From
    22:00 to 06:00 goes over midnight; the same time twice is a whole day.
    """
    begin, end = sending.get("quiet_from"), sending.get("quiet_to")
    if not (isinstance(begin, str) and isinstance(end, str) and begin and end):
        return None
    local = now.astimezone(zone)
    starts, ends = time.fromisoformat(begin), time.fromisoformat(end)
    clock = local.time()
    inside = starts <= clock < ends if starts < ends else clock >= starts or clock < ends
    if not inside:
        return None
    until = datetime.combine(local.date(), ends, zone)
    return until if until > local else datetime.combine(local.date() + timedelta(days=1), ends, zone)
