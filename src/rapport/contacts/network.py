"""Pure: the file of a network, read strictly. The format: docs/reference/network-file.md.

All that is wrong with a file is said at once: whoever writes one passes it round, and asks its members only once more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib.resources import files
from itertools import islice
from typing import ParamSpec, TypeVar

from rapport.contacts.kinds import BEGIN, Kind
from rapport.contacts.model import Network, Role, Times, Upkeep
from rapport.errors import BadDefinition
from rapport.operations.shipped import Shelf
from rapport.operations.strict import CODE, SLUG, Table, parsed

MOST_CHARACTERS = 100_000  # of a file [ours: ours has three thousand]
#: Kinds that ask somebody for something; nobody waits for an answer to the others.
TIMED = tuple(kind for kind in Kind if kind in BEGIN or kind is Kind.CLARIFICATION)
#: The shortest and longest time that can be agreed, and the shortest between two updates [ours].
LEAST, MOST, LEAST_UPDATE = timedelta(minutes=5), timedelta(days=90), timedelta(hours=1)
#: Days of upkeep: no record counts for more than ten years [ours].
MOST_DAYS = 3_650
MOST_UNKNOWN = 20  # keys of a table that are named [ours: the nearest known key is searched for each]
_SHELF = Shelf(files("rapport.data") / "networks", "file of a network")
names = _SHELF.names
text_of = _SHELF.text_of
_SPAN = re.compile(r"([1-9]\d{0,4}) ?(min|h|d)")
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_CODES = "codes of parties: letters, digits, dot, hyphen and underscore, at most 40"
P = ParamSpec("P")
T = TypeVar("T")


class _Faults:
    """Reads on after a fault, so that all of them can be said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def unless(self, instead: T, reading: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What was read, or `instead` of it."""
        try:
            return reading(*args, **kwargs)
        except BadDefinition as fault:
            self.said.append(str(fault))
            return instead

    def rest(self, table: Table) -> None:
        self.said += (str(fault) for fault in islice(table.unknown(), MOST_UNKNOWN))


def read(text: str) -> Network:
    """What the members of a network agreed. BadDefinition names every fault, a line each, with its table and key."""
    top, faults = Table(parsed(text.removeprefix("\ufeff"), MOST_CHARACTERS), ""), _Faults()
    slug = faults.unless("", top.text, "slug", None, SLUG, "with small letters, digits and hyphens")
    title = faults.unless("", top.text, "title")
    source = faults.unless("", top.text, "source")
    roles: tuple[Role, ...] = faults.unless((), _roles, top)
    mission = faults.unless("", top.text, "mission", "")
    third: tuple[str, ...] = faults.unless((), top.texts, "third_parties", CODE, _CODES)
    upkeep = _upkeep(faults.unless(None, top.table, "upkeep"), faults)
    times, said_by = _all_times(faults.unless(None, top.table, "times"), faults)
    faults.rest(top)
    if faults.said:
        raise BadDefinition("\n".join(faults.said))
    return Network(slug, title, source, roles, upkeep, times, said_by, mission, third)


def _roles(top: Table) -> tuple[Role, ...]:
    known = [role.value for role in Role]
    said = top.texts("roles", needed=True)
    for one in said:
        if one not in known:
            raise top.bad("roles", f"{one[:60]!r} is not one of {', '.join(known)}")
    return tuple(Role(one) for one in said)


def _upkeep(table: Table | None, faults: _Faults) -> Upkeep:
    usual = Upkeep()
    if table is None:
        return usual
    before = len(faults.said)
    remind, good, suspend = (
        faults.unless(days, table.whole, key, days, 1, MOST_DAYS)
        for key, days in (("remind", usual.remind), ("good", usual.good), ("suspend", usual.suspend))
    )
    if len(faults.said) == before and not remind < good < suspend:
        remedy = f"the days go up: remind ({remind}) before good ({good}) before suspend ({suspend})"
        faults.said.append(str(table.bad("remind", remedy)))
    said_by = faults.unless("", table.text, "source")
    faults.rest(table)
    return Upkeep(remind, good, suspend, said_by)


def _all_times(table: Table | None, faults: _Faults) -> tuple[Mapping[str, Times], Mapping[str, str]]:
    times: dict[str, Times] = {}
    said_by: dict[str, str] = {}
    if table is None:
        return times, said_by
    for kind in TIMED:
        inner = faults.unless(None, table.table, kind.value)
        if inner is not None:
            times[kind.value] = _times(inner, kind, faults)
            said_by[kind.value] = faults.unless("", inner.text, "source")
            faults.rest(inner)
    faults.rest(table)
    return times, said_by


def _times(table: Table, kind: Kind, faults: _Faults) -> Times:
    deliver, acknowledge, substance = (
        faults.unless(None, _span, table, key, LEAST) for key in ("deliver", "acknowledge", "substance")
    )
    # What does not begin a case belongs to one that has updates of its own.
    update = faults.unless(None, _span, table, "update", LEAST_UPDATE) if kind in BEGIN else None
    spans = [span for span in (deliver, acknowledge, substance) if span is not None]
    if not any(key in table.data for key in ("deliver", "acknowledge", "substance", "update")):
        faults.said.append(str(table.bad("acknowledge", "no time is agreed; write one, or leave the table out")))
    if spans != sorted(spans):
        remedy = "deliver is not longer than acknowledge, and that not longer than substance"
        faults.said.append(str(table.bad("acknowledge", remedy)))
    return Times(deliver, acknowledge, substance, update, faults.unless(False, table.flag, "office_hours"))


def _span(table: Table, key: str, least: timedelta) -> timedelta | None:
    said = table.text(key, "")
    if key not in table.data:
        return None
    match = _SPAN.fullmatch(said)
    span = int(match[1]) * _UNITS[match[2]] if match else timedelta()
    if not least <= span <= MOST:
        shortest = "5min" if least is LEAST else "1h"
        raise table.bad(key, f"{said[:60]!r} does not fit; write a time as 30min, 2h or 5d, from {shortest} to 90d")
    return span
