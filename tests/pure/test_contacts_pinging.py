"""Pings: at moments that nobody foresees, with one outcome each, and totals that give no party away."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.hours import read
from rapport.contacts.model import Channel, Means, Office, Post, Role
from rapport.contacts.pinging import Outcome, Ping, Pinged, Totals, moments, outcome, told, totals
from rapport.errors import BadDefinition

T = datetime(2026, 11, 2, tzinfo=UTC)
WEEK = timedelta(days=7)
DEADLINE = T + timedelta(hours=48)
SEED = bytes(range(16))
PHONE, MAIL = Channel(Means.PHONE, "+6790000001"), Channel(Means.EMAIL, "duty@example.org")


def office(number: int, hours: str = "24/7", zone: str = "UTC") -> Office:
    posts = (Post("Head", channels=(PHONE, MAIL)),)
    return Office(f"P{number}", Role.TECHNICAL, "Team", posts, (PHONE,), hours=hours, time_zone=zone)


def at(hours: float) -> datetime:
    return T + timedelta(hours=hours)


# --- when ----------------------------------------------------------------------------------------------------------


def test_each_channel_of_each_office_is_pinged_once_within_the_window() -> None:
    planned = moments([office(number) for number in range(50)], T, T + WEEK, SEED)
    assert Counter((one.office, one.channel.means) for one in planned) == {
        (f"P{number}/technical", means): 1 for number in range(50) for means in (Means.PHONE, Means.EMAIL)
    }
    assert all(T <= one.at < T + WEEK for one in planned)
    assert [one.at for one in planned] == sorted(one.at for one in planned)


def test_moments_are_the_same_with_the_secret_and_others_without_it() -> None:
    offices = [office(number) for number in range(20)]
    planned = moments(offices, T, T + WEEK, SEED)
    assert moments(offices, T, T + WEEK, SEED) == planned
    assert not {one.at for one in moments(offices, T, T + WEEK, SEED[::-1])} & {one.at for one in planned}


def test_an_office_more_changes_the_moment_of_no_other() -> None:
    few = moments([office(1), office(2)], T, T + WEEK, SEED)
    assert set(few) < set(moments([office(0), office(2), office(1), office(3)], T, T + WEEK, SEED))


def test_no_day_of_the_window_is_more_likely_than_another() -> None:
    planned = moments([office(number) for number in range(3_500)], T, T + WEEK, SEED)
    per_day = Counter((one.at - T).days for one in planned)
    assert set(per_day) == set(range(7))
    assert all(850 < count < 1_150 for count in per_day.values())  # of 1,000 expected: five standard deviations


@given(st.binary(min_size=16, max_size=32), st.integers(1, 20 * 24))
def test_inside_hours_means_while_the_office_is_open(seed: bytes, hours: int) -> None:
    offices = [office(1, "mon-sun 22:00-02:30", "Asia/Kathmandu"), office(2, "mon-fri 08:00-17:00", "Pacific/Chatham")]
    until = T + timedelta(days=3, hours=hours)
    for one in moments(offices, T, until, seed, inside_hours=True):
        of = next(each for each in offices if each.code == one.office)
        assert read(of.hours, of.time_zone).is_open(one.at)
        assert T <= one.at < until


def test_what_cannot_be_planned_is_said_with_the_offices_that_it_concerns() -> None:
    weekend = T + timedelta(days=5)
    offices = [office(1), office(2, "mon-fri 08:00-17:00"), office(3, "mon 08:00-17:00")]
    with pytest.raises(BadDefinition, match=r"P2/technical, P3/technical .* longer"):
        moments(offices, weekend, weekend + timedelta(days=1), SEED, inside_hours=True)
    with pytest.raises(BadDefinition, match="later end"):
        moments(offices, T, T, SEED)
    with pytest.raises(BadDefinition, match="15 bytes"):
        moments(offices, T, T + WEEK, SEED[:15])


# --- what became of it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ping", "before", "after"),
    [
        (Ping(DEADLINE), None, Outcome.SILENT),
        (Ping(DEADLINE, answered_at=at(3)), Outcome.ACKNOWLEDGED, Outcome.ACKNOWLEDGED),
        (Ping(DEADLINE, answered_at=DEADLINE), Outcome.ACKNOWLEDGED, Outcome.ACKNOWLEDGED),
        (Ping(DEADLINE, answered_at=at(3), wrong=True), Outcome.WRONG, Outcome.WRONG),
        (Ping(DEADLINE, bounced_at=at(1)), None, Outcome.BOUNCED),
        (Ping(DEADLINE, bounced_at=at(1), answered_at=at(3)), Outcome.ACKNOWLEDGED, Outcome.ACKNOWLEDGED),
        (Ping(DEADLINE, bounced_at=at(1), answered_at=at(3), wrong=True), Outcome.WRONG, Outcome.WRONG),
        (Ping(DEADLINE, bounced_at=at(4), answered_at=at(3)), Outcome.ACKNOWLEDGED, Outcome.ACKNOWLEDGED),
        (Ping(DEADLINE, answered_at=at(60)), None, Outcome.LATE),
        (Ping(DEADLINE, answered_at=at(60), wrong=True), None, Outcome.SILENT),
        (Ping(DEADLINE, bounced_at=at(1), answered_at=at(60)), None, Outcome.BOUNCED),
        (Ping(DEADLINE, bounced_at=at(50)), None, Outcome.SILENT),
        (Ping(DEADLINE, bounced_at=at(50), answered_at=at(60)), None, Outcome.LATE),
    ],
)
def test_a_ping_has_the_outcome_of_what_is_known(ping: Ping, before: Outcome | None, after: Outcome) -> None:
    assert outcome(ping, DEADLINE) is before
    assert outcome(ping, at(100)) is after


pings = st.builds(
    Ping,
    st.just(DEADLINE),
    st.none() | st.integers(0, 100).map(at),
    st.booleans(),
    st.none() | st.integers(0, 100).map(at),
)


@given(pings)
def test_what_is_decided_stays_but_that_silent_becomes_late(ping: Ping) -> None:
    said = [outcome(ping, at(hour)) for hour in range(130)]
    changes = [(one, two) for one, two in pairwise(said) if one is not two]
    assert all(one is None for one, _ in changes[:1])
    assert all(pair == (Outcome.SILENT, Outcome.LATE) for pair in changes[1:])
    assert said[-1] is not None


@given(pings, st.integers(0, 130))
def test_an_outcome_rests_on_nothing_that_comes_later(ping: Ping, hour: int) -> None:
    now = at(hour)
    known = replace(
        ping,
        answered_at=ping.answered_at if ping.answered_at and ping.answered_at <= now else None,
        bounced_at=ping.bounced_at if ping.bounced_at and ping.bounced_at <= now else None,
    )
    assert outcome(known, now) is outcome(ping, now)


# --- what all may know ---------------------------------------------------------------------------------------------


def group(role: Role, parties: int, said: Outcome = Outcome.ACKNOWLEDGED, each: int = 1) -> list[Pinged]:
    return [Pinged(f"{role}-{number}", role, said) for number in range(parties) for _ in range(each)]


def roles(found: Totals) -> list[Role]:
    return list(found.by_role)


def test_a_role_of_few_parties_is_not_told_apart_however_often_they_are_pinged() -> None:
    found = totals([*group(Role.TECHNICAL, 5), *group(Role.POLICY, 4, Outcome.SILENT, 20), *group(Role.DIPLOMATIC, 9)])
    assert found.all[Outcome.SILENT] == 80
    assert Role.POLICY not in found.by_role


def test_what_is_not_said_of_a_role_cannot_be_had_by_taking_away_the_others() -> None:
    assert roles(totals([*group(Role.TECHNICAL, 6), *group(Role.POLICY, 4), *group(Role.DIPLOMATIC, 9)])) == [
        Role.DIPLOMATIC
    ]
    assert roles(totals([*group(Role.TECHNICAL, 50), *group(Role.POLICY, 1)])) == []
    together = [*group(Role.TECHNICAL, 3), *group(Role.POLICY, 3), *group(Role.DIPLOMATIC, 9)]
    assert roles(totals(together)) == [Role.DIPLOMATIC]


def test_roles_of_enough_parties_are_told_apart() -> None:
    everybody = [*group(Role.TECHNICAL, 5), *group(Role.POLICY, 5, Outcome.LATE), *group(Role.DIPLOMATIC, 5)]
    assert roles(totals(everybody)) == list(Role)
    assert totals(everybody).by_role[Role.POLICY] == {one: 5 * (one is Outcome.LATE) for one in Outcome}
    assert totals([]).all == dict.fromkeys(Outcome, 0)


def test_nothing_is_told_where_what_is_left_after_ones_own_is_of_few() -> None:
    assert told([]) is None
    assert told(group(Role.TECHNICAL, 4, each=20)) is None
    four = [
        *group(Role.TECHNICAL, 4),
        *(Pinged(f"{Role.TECHNICAL}-{number}", Role.POLICY, Outcome.LATE) for number in range(4)),
    ]
    assert told(four) is None, "parties are counted, not their offices"
    five = group(Role.TECHNICAL, 5)
    assert told(five) == totals(five)


@given(
    st.lists(
        st.builds(
            Pinged, st.sampled_from([f"P{n}" for n in range(8)]), st.sampled_from(Role), st.sampled_from(Outcome)
        ),
        max_size=60,
    )
)
def test_totals_are_the_list_counted_and_no_small_group_can_be_told(pinged: list[Pinged]) -> None:
    found = totals(pinged)
    assert found.all == {one: sum(each.outcome is one for each in pinged) for one in Outcome}
    for role, counts in found.by_role.items():
        mine = [each for each in pinged if each.role is role]
        assert len({each.party for each in mine}) >= 5
        assert counts == {one: sum(each.outcome is one for each in mine) for one in Outcome}
    rest = {each.party for each in pinged if each.role not in found.by_role}
    assert not found.by_role or not rest or len(rest) >= 5


@given(
    st.lists(
        st.builds(
            Pinged, st.sampled_from([f"P{n}" for n in range(8)]), st.sampled_from(Role), st.sampled_from(Outcome)
        ),
        max_size=60,
    ),
    st.integers(0, 7),
)
def test_whoever_subtracts_their_own_has_four_others_left_in_every_number(pinged: list[Pinged], who: int) -> None:
    found = told(pinged)
    if found is None:
        assert len({one.party for one in pinged}) < 5
        return
    given_away = [set(Role), *({role} for role in found.by_role), set(Role) - set(found.by_role)]
    for some in given_away:
        parties = {one.party for one in pinged if one.role in some}
        assert not parties or len(parties - {f"P{who}"}) >= 4
