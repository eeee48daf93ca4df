"""Pure: an office on a card for the wallet, and who is called after whom on one sheet.

The order is that of the record: the office's own channels, the primary's, each alternate's; then the party's other
roles, the mission, a third party that all agreed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rapport.contacts.model import Channel, Network, Office
from rapport.contacts.rows import Block, Row, written
from rapport.contacts.upkeep import State

CARD, SHEET = 40, 80  # columns
_DAY = 24 * 60  # minutes
_OTHER_DAY = {-1: " (day before)", 0: "", 1: " (day after)"}
_CLOCK = re.compile(r"\b([0-2]\d):([0-5]\d)\b")

#: What a record is called that does not count like any other, for who holds the paper.
_SAID: Mapping[State, str] = {
    State.STALE: "not confirmed lately: be ready to try the next one",
    State.SUSPENDED: "not confirmed for long: do not rely on it",
    State.LAPSED: "its nomination has ended",
    State.NOT_YET: "not yet valid",
}


@dataclass(frozen=True, slots=True)
class Copied:
    """An office as a copy has it: when its record was last confirmed, how far it counted when the copy was made, and
    which lists of other networks say otherwise, in words."""

    office: Office
    confirmed: date
    state: State = State.CURRENT
    lists: str = ""


def known(one: Copied, whose: str = "") -> Iterator[Row]:
    """What whoever reads a copy must know of a record beside what it says."""
    yield Row(f"Last confirmed{whose}", one.confirmed.isoformat())
    if one.state in _SAID:
        yield Row(f"Beware{whose}", _SAID[one.state])
    if one.lists:
        yield Row(f"Other lists{whose}", one.lists)


def card(office: Office, on: date) -> str:
    """At most 40 columns. Times in UTC are those of the day `on`."""
    return written(card_blocks(office, on), CARD)


def card_blocks(office: Office, on: date) -> tuple[Block, ...]:
    steps = tuple(_step(number, who, by) for number, (who, by) in enumerate(office.reached_by(), 1))
    keys = tuple(Row(one.kind, grouped(one.fingerprint)) for one in office.keys)
    found = (
        Block(office.title, (Row("", f"{office.party}, {office.role}"), *_about(office, on))),
        Block("Try in this order", steps or (Row("", "No channel is known."),)),
        Block("Who calls you?", (Row("", "Call back on a number that stands here."),)),
    )
    return (*found, Block("Keys", keys)) if keys else found


def _about(office: Office, on: date) -> Iterator[Row]:
    yield Row("Open", f"{office.hours} ({office.time_zone})")
    yield from in_utc(office.hours, office.time_zone, on)
    if office.languages:
        yield Row("Languages", ", ".join(office.languages))
    if office.authority:
        yield Row("May decide", office.authority)
    if office.valid_until:
        yield Row("Valid until", office.valid_until.isoformat())


def _step(number: int, who: str, by: Channel) -> Row:
    note = f" ({by.note})" if by.note else ""
    return Row(f"{number}. {who}, {by.means}", f"{by.value}{note}")


def grouped(fingerprint: str) -> str:
    """By fours, as people compare it."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def tree_blocks(offices: Iterable[Office], network: Network, on: date, names: Mapping[str, str]) -> tuple[Block, ...]:
    """A block for each party, in the order of their codes; last what holds for all. `names`: of parties, by code."""
    by_party: dict[str, list[Office]] = {}
    for office in offices:
        by_party.setdefault(office.party, []).append(office)
    parties = tuple(
        Block(f"{names.get(party, party)}: try in this order", tuple(_tree(by_party[party], network, on)))
        for party in sorted(by_party)
    )
    third = [names.get(one, one) for one in network.third_parties if one not in by_party]
    last = Block("If nobody answers", tuple(_after(network, third)))
    return (Block(f"Phone tree of {network.title}", ()), *parties, last)


def _tree(offices: Sequence[Office], network: Network, on: date) -> Iterator[Row]:
    roles = [*network.roles, *(one.role for one in offices if one.role not in network.roles)]
    number = 0
    for office in sorted(offices, key=lambda one: roles.index(one.role)):
        yield Row(f"{office.role}", f"{office.title}. {', '.join(office.languages)}".rstrip(". ") + ".")
        yield from _about_hours(office, on)
        for who, by in office.reached_by():
            number += 1
            yield _step(number, who, by)


def _about_hours(office: Office, on: date) -> Iterator[Row]:
    yield Row("Open", f"{office.hours} ({office.time_zone})")
    yield from in_utc(office.hours, office.time_zone, on)
    if office.valid_until:
        yield Row("Valid until", office.valid_until.isoformat())


def _after(network: Network, third: Sequence[str]) -> Iterator[Row]:
    if network.mission:
        yield Row("Next", network.mission)
    if third:
        yield Row("Then a third party that all agreed on", ", ".join(third))
    yield Row("Nobody left", "Tell the lead. That somebody is silent is published by nobody.")


# --- hours in UTC --------------------------------------------------------------------------------------------------


def in_utc(hours: str, zone: str, on: date) -> Iterator[Row]:
    """The same hours as a clock in UTC shows them on a day, and when the zone's clock changes next. Nothing for an
    office that is always open, or lives by UTC; a word for a zone that nobody knows here."""
    if not _CLOCK.search(hours):
        return
    try:
        known = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Row("In UTC", f"not known: no zone is called {zone[:40]} here")
        return
    minutes = _offset(known, on)
    if minutes == 0 and _changes(known, on) is None:
        return
    yield Row("In UTC", f"{_CLOCK.sub(lambda found: _shifted(found, minutes), hours)} (on {on.isoformat()})")
    day = _changes(known, on)
    if day is not None:
        yield Row("Clock changes", f"{day.isoformat()}, by {_offset(known, day) - minutes:+} minutes")


def _offset(zone: ZoneInfo, on: date) -> int:
    """Minutes that the zone is ahead of UTC at noon of a day."""
    ahead = datetime.combine(on, time(12), zone).utcoffset() or timedelta()
    return round(ahead.total_seconds() / 60)


def _changes(zone: ZoneInfo, on: date) -> date | None:
    """The next day of another offset, within a year."""
    now = _offset(zone, on)
    days = (on + timedelta(days=number) for number in range(1, 367))
    return next((day for day in days if _offset(zone, day) != now), None)


def _shifted(found: re.Match[str], minutes: int) -> str:
    """A clock time in UTC, and whether that is another day."""
    days, minute = divmod(int(found[1]) * 60 + int(found[2]) - minutes, _DAY)
    return f"{minute // 60:02}:{minute % 60:02}{_OTHER_DAY[(days > 0) - (days < 0)]}"
