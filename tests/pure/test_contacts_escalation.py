"""Escalation: channel after channel and office after office, no dead channel twice, and silence told to nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.escalation import (
    BY_HAND,
    NOBODY_LEFT,
    WAITS,
    Again,
    Attempt,
    Result,
    Stage,
    Step,
    next_step,
    plan,
)
from rapport.contacts.model import Channel, Means, Network, Office, Post, Role, Upkeep

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DUTY = Channel(Means.PHONE, "+6790000001", "ask for the duty officer")
PRIMARY = (Channel(Means.EMAIL, "primary@example.org"), Channel(Means.SMS, "+6790000002"))
FIRST = (Channel(Means.PHONE, "+6790000003"), Channel(Means.PHONE, "+6790000001"))  # the second is the duty line
SECOND = (Channel(Means.FAX, "+6790000004"),)
OTHER = Channel(Means.EMAIL, "embassy@example.org")
OFFICE = Office(
    "FJ",
    Role.TECHNICAL,
    "Response team",
    (Post("Head", channels=PRIMARY), Post("Deputy", channels=FIRST), Post("Analyst", channels=SECOND)),
    channels=(DUTY,),
)
DIPLOMATIC = Office("FJ", Role.DIPLOMATIC, "Ministry", (Post("Desk", channels=(OTHER,)),))
FOREIGN = Office("WS", Role.DIPLOMATIC, "Ministry", (Post("Desk", channels=(OTHER,)),))
NETWORK = Network(
    "n", "N", "-", tuple(Role), Upkeep(), {}, mission="the permanent mission", third_parties=("FJ", "CH", "NO")
)
STEPS = plan(OFFICE, [FOREIGN, OFFICE, DIPLOMATIC], NETWORK)


def attempt(step: Step, minutes: float = 0, result: Result | None = None) -> Attempt:
    return Attempt(step.target, step.channel, NOW + minutes * MINUTE, result)


def test_the_plan_goes_from_the_office_to_the_lead() -> None:
    assert [(step.stage, step.who) for step in STEPS] == [
        (Stage.OFFICE, "Response team"),
        (Stage.PRIMARY, "Head"),
        (Stage.PRIMARY, "Head"),
        (Stage.ALTERNATE, "Deputy"),
        (Stage.ALTERNATE, "Analyst"),
        (Stage.ROLE, "Desk"),
        (Stage.MISSION, "the permanent mission"),
        (Stage.THIRD, "CH"),
        (Stage.THIRD, "NO"),
        (Stage.LEAD, NOBODY_LEFT),
    ]
    assert {step.target for step in STEPS} == {"FJ/technical", "FJ/diplomatic", "FJ", "CH", "NO", ""}


def test_an_office_whose_record_counts_no_more_is_tried_after_the_others_of_its_party() -> None:
    found = plan(OFFICE, [DIPLOMATIC], NETWORK, doubtful=True)
    assert [step.stage for step in found[:2]] == [Stage.ROLE, Stage.OFFICE]
    assert [step.stage for step in found[-4:]] == [Stage.MISSION, Stage.THIRD, Stage.THIRD, Stage.LEAD]
    assert sorted(found, key=str) == sorted(STEPS, key=str), "nothing is lost by it"


def test_a_party_alone_in_its_network_comes_to_the_lead_too() -> None:
    bare = Network("n", "N", "-", tuple(Role), Upkeep(), {})
    assert plan(Office("FJ", Role.POLICY, "Ministry", ()), [], bare) == (Step(Stage.LEAD, "", NOBODY_LEFT),)


@pytest.mark.parametrize("result", [Result.BOUNCED, Result.NO_ANSWER, Result.WRONG])
def test_after_what_failed_at_once_the_next_goes_at_once(result: Result) -> None:
    later = NOW + 2 * MINUTE
    following = next_step(STEPS, [attempt(STEPS[0], 1, result)], later)
    assert following is not None
    assert (following.step, following.at) == (STEPS[1], later)


def test_where_nothing_is_heard_the_next_waits_as_long_as_the_channel_needs() -> None:
    made = [attempt(STEPS[0], 0, Result.NO_ANSWER), attempt(STEPS[1], 1)]
    following = next_step(STEPS, made, NOW + 2 * MINUTE)
    assert following is not None
    assert (following.step, following.at) == (STEPS[2], NOW + MINUTE + WAITS[Means.EMAIL])
    overdue = next_step(STEPS, made, NOW + 300 * MINUTE)
    assert overdue is not None
    assert overdue.at == NOW + 300 * MINUTE


def test_a_mission_is_given_the_time_of_people() -> None:
    made = [attempt(step, 0, Result.NO_ANSWER) for step in STEPS[:6]] + [attempt(STEPS[6], 5)]
    following = next_step(STEPS, made, NOW + 6 * MINUTE)
    assert following is not None
    assert (following.step.who, following.at) == ("CH", NOW + 5 * MINUTE + BY_HAND)


def test_nothing_more_is_tried_once_somebody_was_reached() -> None:
    assert next_step(STEPS, [attempt(STEPS[0], 0, Result.BOUNCED), attempt(STEPS[1], 1, Result.REACHED)], NOW) is None


def test_a_way_by_which_nothing_was_sent_is_as_good_as_before_and_nobody_waits_for_it() -> None:
    made = [attempt(STEPS[0], 0, Result.NO_ANSWER), attempt(STEPS[1], 1, Result.NOT_SENT)]
    following = next_step(STEPS, made, NOW + 2 * MINUTE)
    assert following is not None
    assert (following.step, following.at) == (STEPS[1], NOW + 2 * MINUTE)


def test_a_dead_channel_is_tried_again_only_when_a_person_asks() -> None:
    dead = attempt(STEPS[0], 0, Result.BOUNCED)
    asked = Again(DUTY, NOW + 5 * MINUTE)
    following = next_step(STEPS, [dead], NOW + 6 * MINUTE, [asked])
    assert following is not None
    assert following.step == STEPS[0]
    once = next_step(STEPS, [dead, attempt(STEPS[0], 7, Result.BOUNCED)], NOW + 8 * MINUTE, [asked])
    assert once is not None
    assert once.step == STEPS[1]


def test_a_channel_that_failed_for_one_office_is_not_tried_for_another() -> None:
    shared = Office("FJ", Role.POLICY, "Office of the premier", (), channels=(OTHER,))
    steps = plan(shared, [DIPLOMATIC], NETWORK)
    failed = Attempt("FJ/diplomatic", OTHER, NOW, Result.BOUNCED)
    following = next_step(steps, [failed], NOW)
    assert following is not None
    assert following.step.stage is Stage.MISSION


@given(st.lists(st.sampled_from([None, Result.BOUNCED, Result.NO_ANSWER, Result.WRONG]), min_size=10, max_size=10))
def test_followed_to_its_end_the_plan_takes_each_step_once_and_ends_with_the_lead(results: list[Result | None]) -> None:
    made: list[Attempt] = []
    now, taken = NOW, []
    for result in results:
        following = next_step(STEPS, made, now)
        assert following is not None
        assert following.at >= now
        now = following.at
        taken.append(following.step)
        made.append(Attempt(following.step.target, following.step.channel, now, result))
    assert tuple(taken) == STEPS
    assert next_step(STEPS, made, now + timedelta(days=99)) is None


def test_no_step_gives_a_number_away_in_a_log() -> None:
    assert "+679" not in repr(STEPS)
    assert "example.org" not in repr(STEPS)
