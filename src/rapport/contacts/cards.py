"""Pure: an office on a card for the wallet, and who is called after whom on one sheet.

The order is that of the record: the office's own channels, the primary's, each alternate's; then the party's other
roles, the mission, a third party that all agreed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rapport.contacts.model import Channel, Network, Office
from rapport.contacts.rows import Block, Row, written

CARD, SHEET = 40, 80  # columns
_DAY = 24 * 60  # minutes
_OTHER_DAY = {-1: " (day before)", 0: "", 1: " (day after)"}
_CLOCK = re.compile(r"\b([0-2]\d):([0-5]\d)\b")


def card(office: Office, on: date) -> str:
    """At most 40 columns. Times in UTC are those of the day `on`."""
    return written(card_blocks(office, on), CARD)


def card_blocks(office: Office, on: date) -> tuple[Block, ...]:
    steps = tuple(_step(number, who, by) for number, (who, by) in enumerate(office.reached_by(), 1))
    keys = tuple(Row(one.kind, _grouped(one.fingerprint)) for one in office.keys)
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


def _grouped(fingerprint: str) -> str:
    """By fours, as people compare it."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def tree_blocks(offices: Iterable[Office], network: Network, on: date) -> tuple[Block, ...]:
    """A block for each party, in the order of their codes; last what holds for all."""
    by_party: dict[str, list[Office]] = {}
    for office in offices:
        by_party.setdefault(office.party, []).append(office)
    parties = tuple(
        Block(f"{party}: try in this order", tuple(_tree(by_party[party], network, on))) for party in sorted(by_party)
    )
    return (Block(f"Phone tree of {network.title}", ()), *parties, Block("If nobody answers", tuple(_after(network))))


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


def _after(network: Network) -> Iterator[Row]:
    if network.mission:
        yield Row("Next", network.mission)
    if network.third_parties:
        yield Row("Then a third party that all agreed on", ", ".join(network.third_parties))
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
