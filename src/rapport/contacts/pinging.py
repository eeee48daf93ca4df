"""Pure: when to ping whom, what became of a ping, and what a network may say about all of them.

A ping comes at a moment that nobody can foresee, by each channel on its own, with a code that works once.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from rapport.contacts.hours import read
from rapport.contacts.model import Channel, Office, Role
from rapport.errors import BadDefinition

#: Bytes of a campaign's secret [ours: what nobody guesses].
LEAST_SEED = 16
#: Parties that a round has at least, or a role in it, before anything is said about it [ours].
SMALLEST_GROUP = 5
_BITS = 128  # of a number drawn


class Outcome(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    LATE = "late"
    WRONG = "wrong-person"
    BOUNCED = "bounced"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Planned:
    """A ping to come. `office`: its code."""

    office: str
    channel: Channel
    at: datetime


@dataclass(frozen=True, slots=True)
class Ping:
    """What is known of a ping, with the moments at which it was known here.

    answered_at  its code came back, which works once
    wrong        from somebody who said, or was found, not to be of that office
    bounced_at   its channel said that it reaches nobody
    """

    deadline: datetime
    answered_at: datetime | None = None
    wrong: bool = False
    bounced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pinged:
    """The outcome of one ping, private to its party."""

    party: str
    role: Role
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of pings. `by_role` has only roles that enough parties have."""

    all: Mapping[Outcome, int]
    by_role: Mapping[Role, Mapping[Outcome, int]]


def moments(
    offices: Iterable[Office], since: datetime, until: datetime, seed: bytes, *, inside_hours: bool = False
) -> tuple[Planned, ...]:
    """A random moment from `since` to `until` for each channel of each office, in whole seconds, the soonest first.

    The same `seed` gives the same moments, and an office more or less changes those of no other. Whoever has it can
    foresee them: it is a secret of the campaign. `inside_hours`: only while the office is open, all its open time being
    as likely. BadDefinition for a window without time, for a short secret, and for an office that is closed throughout.
    """
    if until - since < timedelta(seconds=1):
        raise BadDefinition("window: it ends before it begins; give a later end.")
    if len(seed) < LEAST_SEED:
        raise BadDefinition(f"seed: has {len(seed)} bytes; draw {LEAST_SEED} at random, or more.")
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    found: list[Planned] = []
    closed: list[str] = []
    for office in offices:
        pieces = [(since, until)]
        if inside_hours:
            pieces = read(office.hours, office.time_zone).open_between(since, until)
        seconds = sum((last - first) // timedelta(seconds=1) for first, last in pieces)
        if not seconds:
            closed.append(office.code)
            continue
        channels = {channel.address: channel for _, some in reversed(office.answering()) for channel in some}
        for channel in channels.values():
            drawn = _drawn(seed, office.code, *channel.address) * seconds >> _BITS
            found.append(Planned(office.code, channel, _at(pieces, drawn)))
    if closed:
        raise BadDefinition(f"window: {', '.join(closed)} is not open for a second of it; give a longer one.")
    return tuple(sorted(found, key=lambda one: (one.at, one.office, one.channel.address)))


def outcome(ping: Ping, now: datetime) -> Outcome | None:
    """What became of a ping by now; None while that is open. Each ping has one outcome at any moment.

    An answer up to the deadline decides at once, and over a bounce: whoever sends the code back has got it, and what
    machines report is sometimes wrong. So a bounce decides only at the deadline. What is decided stays, but for three
    things: "silent" becomes "late" when the right person answers after all, a wrong person's answer gives way to that
    of the address that was pinged, and what a program read in somebody's words to what a person reads in them. "Late"
    takes the place of "silent"; nobody counts both. A late answer of a wrong person, and one after a bounce, change
    nothing: no right person was heard, and the channel did not work in time [ours].
    """
    answered_at = ping.answered_at if ping.answered_at is not None and ping.answered_at <= now else None
    if answered_at is not None and answered_at <= ping.deadline:
        return Outcome.WRONG if ping.wrong else Outcome.ACKNOWLEDGED
    if now <= ping.deadline:
        return None
    if ping.bounced_at is not None and ping.bounced_at <= ping.deadline:
        return Outcome.BOUNCED
    return Outcome.LATE if answered_at is not None and not ping.wrong else Outcome.SILENT


def told(pinged: Sequence[Pinged]) -> Totals | None:
    """What all members are told of a round that is over; None where fewer than five parties have a ping in it.

    Every member knows their own pings and may subtract them. Five leave at least four others, in all together, in each
    role that is told, and in what the told roles leave of all: what is counted there may be any of the four. With two
    parties the rest was the other one. To be told once, at the end: of two answers to the same question the difference
    is a third, and tells whose ping was decided in between.

    What five do not hide: members who put theirs together subtract more, and four of five know the fifth; where all
    pings had one outcome, everybody knows everybody's; and the pings of a party with many ways are most of a number.
    """
    if len({one.party for one in pinged}) < SMALLEST_GROUP:
        return None
    return totals(pinged)


def totals(pinged: Iterable[Pinged]) -> Totals:
    """The list counted, as the network's team may see it at any time. A role that fewer than five parties have is not
    told apart; where the roles that are not would have fewer than five together, so that the rest says theirs, the
    smallest of the others is not either."""
    counts: defaultdict[Role, Counter[Outcome]] = defaultdict(Counter)
    parties: defaultdict[Role, set[str]] = defaultdict(set)
    for one in pinged:
        counts[one.role][one.outcome] += 1
        parties[one.role].add(one.party)
    by_size = sorted(parties, key=lambda role: (len(parties[role]), role))
    hidden = [role for role in by_size if len(parties[role]) < SMALLEST_GROUP]
    if hidden and len(set().union(*(parties[role] for role in hidden))) < SMALLEST_GROUP:
        hidden = by_size[: len(hidden) + 1]
    return Totals(
        all=_each(sum(counts.values(), Counter())),
        by_role={role: _each(counts[role]) for role in Role if role in counts and role not in hidden},
    )


def _each(counted: Counter[Outcome]) -> Mapping[Outcome, int]:
    return {one: counted[one] for one in Outcome}


def _drawn(seed: bytes, *parts: str) -> int:
    """A number of 128 bits that only the seed foretells."""
    # Lengths go before the parts, so that no two lists of them make the same message.
    message = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
    return int.from_bytes(hmac.digest(seed, message, hashlib.sha256)[: _BITS // 8])


def _at(pieces: Iterable[tuple[datetime, datetime]], seconds: int) -> datetime:
    """The moment after so many whole seconds of the pieces."""
    for first, last in pieces:
        here = (last - first) // timedelta(seconds=1)
        if seconds < here:
            return first + timedelta(seconds=seconds)
        seconds -= here
    raise AssertionError("the seconds of all pieces are more")
