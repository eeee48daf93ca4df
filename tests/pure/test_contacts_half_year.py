"""Half a year of a network of 193 parties, hour after hour of one worker: nothing is told twice, nothing is lost.

One office in five changes its staff in a year, after which its channels reach the wrong person until it verifies its
record; one channel in ten is dead; some answer late, some never, and some offices never verify anything [ours].
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from rapport.contacts.model import Channel, Means, Network, Office, Post, Role
from rapport.contacts.network import read, text_of
from rapport.contacts.pinging import Outcome, Ping, Pinged, moments, outcome, totals
from rapport.contacts.upkeep import Record, State, state

BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
DAYS = 184
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NETWORK: Network = read(text_of("example"))
ZONES = ["UTC", "Pacific/Fiji", "Asia/Kathmandu", "America/Port-au-Prince", "Europe/Tallinn", "Pacific/Chatham"]


@dataclass(frozen=True, slots=True)
class Sent:
    office: Office
    ping: Ping
    at: datetime
    dead: bool


@dataclass(slots=True)
class World:
    """What happened: for each office the moments at which it verified its record; all pings; what the worker told."""

    verified: dict[str, list[datetime]]
    pings: list[Sent]
    told: list[tuple[str, State, datetime]] = field(default_factory=list)  # office, state, when
    outcomes: defaultdict[int, list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    runs: list[datetime] = field(default_factory=list)


def offices(chance: Random) -> list[Office]:
    made = []
    for number in range(193):
        for role in Role:
            way = f"{number:03}{list(Role).index(role)}"
            channels = (Channel(Means.EMAIL, f"poc-{way}@example.org"), Channel(Means.PHONE, f"+999{way}"))
            hours = chance.choice(["24/7", "mon-fri 08:00-17:00", "mon-sun 22:00-06:00"])
            posts = tuple(Post(title) for title in ("Head", "Deputy", "Second deputy"))
            made.append(
                Office(f"P{number:03}", role, "Office", posts, channels, hours=hours, time_zone=chance.choice(ZONES))
            )
    return made


def verifications(chance: Random) -> list[datetime]:
    """From the last one before the half year on. One office in five does nothing any more."""
    at = BEGIN - timedelta(minutes=chance.randrange(200 * 24 * 60))
    found = [at]
    if chance.random() < 0.8:
        while at < BEGIN + DAYS * DAY:
            at += timedelta(days=chance.randrange(100, 230), minutes=chance.randrange(24 * 60))
            if at > BEGIN:
                found.append(at)
    return found


def pinged(chance: Random, listed: list[Office], verified: dict[str, list[datetime]]) -> list[Sent]:
    """Three rounds of two weeks each."""
    limit = NETWORK.times["ping"].acknowledge
    assert limit is not None
    dead = {channel.address for office in listed for channel in office.channels if chance.random() < 0.10}
    left = {one.code: BEGIN + DAY * chance.randrange(DAYS) for one in listed if chance.random() < 0.20 * DAYS / 365}
    by_code = {one.code: one for one in listed}
    made = []
    for number in range(3):
        since = BEGIN + number * 60 * DAY
        for one in moments(listed, since, since + 14 * DAY, chance.randbytes(16), inside_hours=number == 1):
            gone = left.get(one.office)
            wrong = gone is not None and gone < one.at and not any(gone < at <= one.at for at in verified[one.office])
            answered = one.at + chance.lognormvariate(1.5, 1.5) * HOUR if chance.random() < 0.9 else None
            ping = Ping(one.at + limit, answered, wrong)
            broken = one.channel.address in dead
            if broken:
                ping = Ping(one.at + limit, None, False, one.at + HOUR if one.channel.means is Means.EMAIL else None)
            made.append(Sent(by_code[one.office], ping, one.at, broken))
    return made


@pytest.fixture(scope="module")
def world() -> World:
    chance = Random(1998)
    listed = offices(chance)
    verified = {one.code: verifications(chance) for one in listed}
    world = World(verified, pinged(chance, listed, verified))
    waiting = dict(enumerate(world.pings))
    last, said_last = BEGIN, {code: state(Record(at[0], NETWORK.upkeep), BEGIN) for code, at in verified.items()}
    while last < BEGIN + DAYS * DAY:
        now = min(last + timedelta(minutes=chance.randrange(60, 48 * 60)), BEGIN + DAYS * DAY)
        world.runs.append(now)
        for code, moments_of in verified.items():
            found = state(Record(max(at for at in moments_of if at <= now), NETWORK.upkeep), now)
            if found is not said_last[code]:
                world.told.append((code, found, now))
                said_last[code] = found
        for number, one in list(waiting.items()):
            said = outcome(one.ping, now)
            if said is not None and world.outcomes[number][-1:] != [said]:
                world.outcomes[number].append(said)
            if now > one.ping.deadline + 60 * DAY:
                del waiting[number]
        last = now
    return world


def test_every_ping_has_one_outcome_and_only_silence_may_become_late(world: World) -> None:
    assert len(world.pings) == 193 * 3 * 2 * 3
    assert sorted(world.outcomes) == list(range(len(world.pings)))
    histories = Counter(tuple(said) for said in world.outcomes.values())
    assert set(histories) == {*((one,) for one in Outcome), (Outcome.SILENT, Outcome.LATE)}


def test_what_became_of_pings_is_what_happened_to_them(world: World) -> None:
    for number, one in enumerate(world.pings):
        final = world.outcomes[number][-1]
        if one.dead:
            assert final in (Outcome.BOUNCED, Outcome.SILENT)
        elif one.ping.answered_at is not None and one.ping.answered_at <= one.at + 48 * HOUR:
            assert final is (Outcome.WRONG if one.ping.wrong else Outcome.ACKNOWLEDGED)
        else:
            assert final in (Outcome.LATE, Outcome.SILENT)


def test_totals_are_the_list_counted(world: World) -> None:
    private = [Pinged(one.office.party, one.office.role, world.outcomes[n][-1]) for n, one in enumerate(world.pings)]
    found = totals(private)
    assert found.all == Counter(one.outcome for one in private)
    assert sum(found.all.values()) == len(world.pings)
    assert list(found.by_role) == list(Role)
    for role, counts in found.by_role.items():
        for each in Outcome:
            assert counts[each] == sum((one.role, one.outcome) == (role, each) for one in private)
    few = {f"P{number:03}" for number in range(4)}
    assert not totals([one for one in private if one.role is not Role.POLICY or one.party in few]).by_role.get(
        Role.POLICY
    )


@pytest.mark.parametrize(("day", "flag"), [(150, State.REMIND), (181, State.STALE), (240, State.SUSPENDED)])
def test_every_record_is_flagged_once_by_the_first_run_of_its_day_and_no_other_is(
    world: World, day: int, flag: State
) -> None:
    expected = []
    for code, verified in world.verified.items():
        for at, following in zip(verified, [*verified[1:], datetime.max.replace(tzinfo=UTC)], strict=True):
            run = next((run for run in world.runs if run >= at + day * DAY), following)
            if at + day * DAY > BEGIN and run < following:
                expected.append((code, run))
    assert len(expected) > 50
    assert sorted((code, at) for code, said, at in world.told if said is flag) == sorted(expected)
