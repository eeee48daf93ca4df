"""Clocks of a message: each fires once, stops at the right reply, and says in plain words what is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.contacts.clocks import (
    Clock,
    Happened,
    Sent,
    What,
    Which,
    clocks,
    escalates_from,
    fired,
    happened,
    left,
)
from rapport.contacts.hours import read
from rapport.contacts.kinds import Answer, Kind, Said
from rapport.contacts.model import Times

T = datetime(2026, 11, 27, 16, 30, tzinfo=UTC)  # a Friday
HOUR = timedelta(hours=1)
TIMES = Times(HOUR, 2 * HOUR, 24 * HOUR, 24 * HOUR)
SAID = Said("DAX7-01", "DAX7", Kind.NOTIFICATION, "EE/technical", "FJ/technical", T, {})
SENT = Sent(SAID, TIMES, read("24/7", "Pacific/Fiji"))
ALL = [Which.DELIVER, Which.ACKNOWLEDGE, Which.SUBSTANCE, Which.UPDATE]


def reply(hours: float, answer: Answer, next_at: float | None = None, by: str = "FJ/technical") -> Happened:
    return Happened(T + hours * HOUR, What.REPLIED, by, answer, None if next_at is None else T + next_at * HOUR)


def running(*happenings: Happened, sent: Sent = SENT) -> list[Which]:
    return sorted((clock.which for clock in clocks(sent, happenings) if clock.stopped_at is None), key=ALL.index)


def firing(*happenings: Happened, days: float = 30, sent: Sent = SENT) -> list[tuple[Which, float]]:
    found = fired(clocks(sent, happenings), T, T + days * 24 * HOUR)
    return [(clock.which, (clock.due - T) / HOUR) for clock in found]


# --- what stops what -----------------------------------------------------------------------------------------------


def test_a_message_starts_four_clocks_and_each_fires_when_nothing_happens() -> None:
    assert running() == ALL
    assert firing(days=2.5) == [
        (Which.DELIVER, 1), (Which.ACKNOWLEDGE, 2), (Which.SUBSTANCE, 24), (Which.UPDATE, 24), (Which.UPDATE, 48),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "left_running"),
    [
        (Answer.RECEIVED, [Which.SUBSTANCE, Which.UPDATE]),
        (Answer.NOT_NOW, [Which.UPDATE]),
        (Answer.ANSWER, [Which.UPDATE]),
        (Answer.WRONG, [Which.SUBSTANCE, Which.UPDATE]),
    ],
)
def test_each_reply_stops_what_it_answers_and_no_reply_stops_the_updates(
    answer: Answer, left_running: list[Which]
) -> None:
    assert running(reply(0.5, answer)) == left_running


def test_delivery_stops_only_its_own_clock() -> None:
    assert running(Happened(T + HOUR / 2, What.DELIVERED)) == ALL[1:]


def test_a_reply_in_the_very_moment_is_in_time_and_a_second_later_is_not() -> None:
    assert (Which.ACKNOWLEDGE, 2) not in firing(reply(2, Answer.RECEIVED))
    assert (Which.ACKNOWLEDGE, 2) in firing(reply(2 + 1 / 3600, Answer.RECEIVED))


def test_two_offices_that_answer_at_once_lose_nothing() -> None:
    at_once = [reply(1.5, Answer.ANSWER), reply(1.5, Answer.RECEIVED, 30, "FJ/policy")]
    for happenings in (at_once, at_once[::-1]):
        assert (Which.UPDATE, 30.0) in firing(*happenings, days=2)
        assert running(*happenings) == [Which.UPDATE, Which.UPDATE]


def test_what_a_third_party_says_stops_no_clock_of_the_office_that_was_asked() -> None:
    assert running(reply(0.5, Answer.ANSWER, by="CH/technical")) == ALL


@pytest.mark.parametrize("what", [What.ENDED, What.CLOSED])
@pytest.mark.parametrize("hours", [0.5, 1.5, 25, 100])
def test_a_withdrawal_or_a_closure_by_whoever_asked_stops_all(hours: float, what: What) -> None:
    end = Happened(T + hours * HOUR, what, "EE/technical")
    assert running(end) == []
    assert all(when < hours for _, when in firing(end))
    assert running(end, reply(hours + 1, Answer.ANSWER, 200)) == []


def test_nobody_rids_themselves_of_an_answer_by_closing_the_case() -> None:
    here, close = Happened(T + HOUR / 2, What.DELIVERED, "FJ/technical"), Happened(T + HOUR, What.CLOSED, "FJ/policy")
    assert running(here, close) == [Which.SUBSTANCE]  # they have read it, and wait for no news of it
    assert escalates_from(SENT, [here, close], T + 25 * HOUR) == T + 24 * HOUR
    wrote = Happened(T + 2 * HOUR, What.WROTE, "EE/technical")
    assert running(here, close, wrote) == [Which.SUBSTANCE]
    assert running(here, close, reply(30, Answer.ANSWER)) == []
    both = Happened(T + 3 * HOUR, What.CLOSED, "EE/technical")
    assert running(here, close, both) == []
    assert escalates_from(SENT, [here, close, both], T + 25 * HOUR) is None


def test_a_closure_that_crosses_a_message_is_no_sign_that_it_was_read() -> None:
    close = Happened(T + HOUR / 4, What.CLOSED, "FJ/technical")
    assert running(close) == [Which.DELIVER, Which.ACKNOWLEDGE, Which.SUBSTANCE]


def test_a_correction_asks_for_an_answer_anew() -> None:
    corrected = Happened(T + 10 * HOUR, What.CORRECTED, "EE/technical")
    assert (Which.SUBSTANCE, 34) in firing(corrected)
    assert (Which.SUBSTANCE, 24) not in firing(corrected)
    assert (Which.SUBSTANCE, 34) in firing(reply(5, Answer.ANSWER), corrected)
    late = Happened(T + 30 * HOUR, What.CORRECTED, "EE/technical")
    assert [when for which, when in firing(late) if which is Which.SUBSTANCE] == [24, 54]


# --- updates -------------------------------------------------------------------------------------------------------


def test_updates_are_due_again_and_again_from_the_last_word_of_the_side_that_owes_them() -> None:
    wrote = Happened(T + 20 * HOUR, What.WROTE, "EE/policy")
    theirs = Happened(T + 30 * HOUR, What.WROTE, "FJ/technical")
    assert [when for which, when in firing(wrote, theirs, days=4) if which is Which.UPDATE] == [44, 68, 92]


def test_who_promised_to_write_again_owes_that_once_and_until_they_write() -> None:
    promised = reply(1, Answer.NOT_NOW, 10)
    theirs = [c for c in fired(clocks(SENT, [promised]), T, T + 90 * HOUR) if c.by == "FJ"]
    assert [(c.which, c.due) for c in theirs] == [(Which.UPDATE, T + 10 * HOUR)]
    kept = Happened(T + 9 * HOUR, What.WROTE, "FJ/technical")
    assert not [c for c in fired(clocks(SENT, [promised, kept]), T, T + 90 * HOUR) if c.by == "FJ"]


def test_a_promise_for_a_moment_that_has_passed_promises_nothing() -> None:
    assert not [c for c in clocks(SENT, [reply(5, Answer.RECEIVED, 4)]) if c.by == "FJ" and c.which is Which.UPDATE]


def test_a_question_within_a_case_owes_no_updates_of_its_own() -> None:
    asked = replace(SENT, said=replace(SAID, kind=Kind.CLARIFICATION))
    assert Which.UPDATE not in running(sent=asked)


# --- hours ---------------------------------------------------------------------------------------------------------


def test_clocks_that_run_by_hours_wait_for_the_office_but_updates_do_not() -> None:
    hours = read("mon-fri 08:00-17:00", "UTC")
    sent = Sent(SAID, replace(TIMES, office_hours=True), hours)  # half an hour before the weekend
    due = {clock.which: clock.due for clock in clocks(sent, [])}
    assert due[Which.DELIVER] == datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
    assert due[Which.ACKNOWLEDGE] == datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
    assert due[Which.UPDATE] == T + 24 * HOUR


def test_exercises_have_the_same_clocks() -> None:
    drill = replace(SENT, said=replace(SAID, exercise=True))
    assert clocks(drill, [reply(1, Answer.WRONG)]) == clocks(SENT, [reply(1, Answer.WRONG)])


# --- however time is cut -------------------------------------------------------------------------------------------

happenings = st.lists(
    st.builds(
        Happened,
        st.integers(-60, 9 * 24 * 60).map(lambda minute: T + timedelta(minutes=minute)),
        st.sampled_from([*What, What.REPLIED]),
        st.sampled_from(["EE/technical", "FJ/technical", "FJ/policy", "CH/technical"]),
        st.sampled_from(Answer),
        st.none() | st.integers(0, 12 * 24).map(lambda hour: T + hour * HOUR),
    ),
    max_size=8,
)
times = st.builds(
    Times,
    *[st.none() | st.integers(1, 100).map(lambda hour: hour * HOUR)] * 4,
    office_hours=st.booleans(),
)
sent = st.builds(
    lambda times, hours: Sent(SAID, times, read(*hours)),
    times,
    st.sampled_from([("24/7", "UTC"), ("mon-fri 08:00-17:00", "Pacific/Fiji"), ("sat 22:00-06:00", "Europe/London")]),
)


@given(sent, happenings, st.lists(st.integers(-10, 14 * 24 * 4), min_size=2, max_size=15, unique=True))
@settings(deadline=None)
def test_every_clock_fires_once_however_time_is_cut(sent: Sent, happenings: list[Happened], cuts: list[int]) -> None:
    moments = [T + timedelta(minutes=15 * cut) for cut in sorted(cuts)]
    made = clocks(sent, happenings)
    pieces = [one for since, until in pairwise(moments) for one in fired(made, since, until)]
    assert tuple(pieces) == fired(made, moments[0], moments[-1])


@given(sent, happenings, st.lists(st.integers(0, 14 * 24 * 4), min_size=2, max_size=15, unique=True))
@settings(deadline=None)
def test_what_happens_later_changes_nothing_that_has_fired(
    sent: Sent, happenings: list[Happened], cuts: list[int]
) -> None:
    """A worker that wakes now and then, and knows only what has happened by then, fires what one at the end does."""
    moments = [T + timedelta(minutes=15 * cut) for cut in sorted(cuts)]
    seen = []
    for since, until in pairwise(moments):
        known = [one for one in happenings if one.at <= until]
        seen += [(one.which, one.by, one.due) for one in fired(clocks(sent, known), since, until)]
    whole = fired(clocks(sent, happenings), moments[0], moments[-1])
    assert seen == [(one.which, one.by, one.due) for one in whole]
    assert len(set(seen)) == len(seen)


@given(sent, happenings, st.randoms())
@settings(deadline=None)
def test_the_order_in_which_one_hears_of_things_does_not_matter(
    sent: Sent, happenings: list[Happened], chance: Random
) -> None:
    shuffled = chance.sample(happenings, len(happenings))
    assert clocks(sent, shuffled) == clocks(sent, happenings)


@given(sent, happenings)
@settings(deadline=None)
def test_no_clock_is_due_before_the_message_or_stops_before_it(sent: Sent, happenings: list[Happened]) -> None:
    for clock in clocks(sent, happenings):
        assert clock.due > T
        assert clock.stopped_at is None or clock.stopped_at >= T


# --- escalation ----------------------------------------------------------------------------------------------------


def test_escalation_begins_with_the_first_clock_that_nobody_met_and_a_late_reply_ends_it() -> None:
    assert escalates_from(SENT, [], T + HOUR / 2) is None
    assert escalates_from(SENT, [], T + 3 * HOUR) == T + HOUR
    late = reply(2.5, Answer.NOT_NOW)
    assert escalates_from(SENT, [late], T + 2.4 * HOUR) == T + HOUR
    assert escalates_from(SENT, [late], T + 200 * HOUR) is None


def test_the_wrong_office_calls_for_the_next_one_at_once_until_another_replies() -> None:
    wrong = reply(0.2, Answer.WRONG)
    assert escalates_from(SENT, [wrong], T + HOUR / 2) == wrong.at
    assert escalates_from(SENT, [wrong, reply(0.4, Answer.RECEIVED, by="FJ/policy")], T + HOUR / 2) is None
    assert escalates_from(SENT, [reply(0.1, Answer.RECEIVED), wrong], T + HOUR / 2) == wrong.at
    ended = Happened(T + 0.3 * HOUR, What.ENDED, "EE/technical")
    assert escalates_from(SENT, [wrong, ended], T + HOUR) is None


# --- messages as they come -----------------------------------------------------------------------------------------


def later(kind: Kind, sender: str = "FJ/technical", **fields: str) -> Said:
    return Said("DAX7-02", "DAX7", kind, sender, "EE/technical", T + HOUR, fields)


def test_messages_of_a_case_say_what_they_mean_for_the_clocks() -> None:
    answered = later(Kind.REPLY, about="DAX7-01", answer="not-now", next_at="2026-11-28T06:00Z")
    found = happened(SAID, answered, T + 2 * HOUR)
    assert found == Happened(
        T + 2 * HOUR, What.REPLIED, "FJ/technical", Answer.NOT_NOW, datetime(2026, 11, 28, 6, tzinfo=UTC)
    )
    said = {
        What.CLOSED: [later(Kind.CLOSURE, about="DAX7")],
        What.ENDED: [later(Kind.WITHDRAWAL, "EE/technical", about="DAX7-01")],
        What.CORRECTED: [later(Kind.CORRECTION, "EE/technical", about="DAX7-01")],
        What.WROTE: [
            later(Kind.INFORMATION),
            later(Kind.REPLY, about="DAX7-05", answer="answer"),
            later(Kind.WITHDRAWAL, about="DAX7-05"),
        ],
        What.REPLIED: [later(Kind.CLARIFICATION, about="DAX7-01")],  # whoever asks about it has it
    }
    for what, messages in said.items():
        for message in messages:
            means = happened(SAID, message, T)
            assert means is not None
            assert means.what is what


def test_nobody_withdraws_a_message_of_the_other_side() -> None:
    means = happened(SAID, later(Kind.WITHDRAWAL, about="DAX7-01"), T)
    assert means is not None
    assert means.what is not What.ENDED


def test_another_case_and_an_exercise_stop_no_clock() -> None:
    ends = later(Kind.CLOSURE, about="DAX7")
    assert happened(SAID, replace(ends, case="QQQ1"), T) is None
    assert happened(SAID, replace(ends, exercise=True), T) is None
    assert happened(SAID, SAID, T) is None


# --- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (80, "in 1 h 20 min"),
        (60, "in 1 h"),
        (59.9, "in 59 min"),
        (0.5, "in under 1 min"),
        (0, "under 1 min ago"),
        (-40, "40 min ago"),
        (47 * 60 + 5, "in 47 h 5 min"),
        (48 * 60, "in 2 d"),
        (76 * 60 + 59, "in 3 d 4 h"),
        (-76 * 60, "3 d 4 h ago"),
    ],
)
def test_what_is_left_is_said_in_words_that_a_tired_person_reads(minutes: float, words: str) -> None:
    clock = Clock(Which.ACKNOWLEDGE, T, "FJ")
    assert left(clock, T - timedelta(minutes=minutes)) == words


def test_nothing_is_left_of_a_clock_that_was_stopped() -> None:
    assert left(Clock(Which.ACKNOWLEDGE, T, "FJ", stopped_at=T), T) == "stopped"
