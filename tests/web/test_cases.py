"""Messages between offices: two people send, acknowledging agrees to nothing, clocks fire once, exercises stay such."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from rapport.accounts.models import Belonging, Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts import agreed, clocks
from rapport.contacts import network as network_file
from rapport.contacts.cases import clockwork, duty, going, owning, reading, taking, trying, writing
from rapport.contacts.cases.models import Attempt, Case, Clash, Dispatch, Fired, State
from rapport.contacts.cases.writing import Words
from rapport.contacts.escalation import Result
from rapport.contacts.kinds import FIELDS, Answer, Kind, Said
from rapport.contacts.lowtech.same import Sameness
from rapport.contacts.model import Channel, Means, Role
from rapport.contacts.models import Look
from rapport.contacts.templatetags.contacts import became
from rapport.desk import actions
from rapport.desk.sending import outbox
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events import releases
from rapport.events.models import Event
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Operation
from rapport.oversight.models import Decision
from rapport.reports.models import Sender
from rapport.sharing import activation
from rapport.sharing.models import Agreement
from rapport.sharing.protocol.library import text_of
from rapport.sharing.readers import organisation_reader
from rapport.values import Marking, Publication, Purpose
from tests.pure.office_messages import example
from tests.web.contacts import network, of_team, office, officer, speaking, state
from tests.web.desk import DRAFT, report
from tests.web.test_pings import MAIL

pytestmark = pytest.mark.django_db

NOTICED = {
    "what": "Wiper on a port's network", "seen_at": "2026-11-27T02:10Z", "systems": "own", "confidence": "moderate",
    "unknown": "How it came in",
}  # fmt: skip


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Held.CUSTODIAN)


class Side:
    """A State with a technical and a diplomatic office, and two people on duty."""

    def __init__(self, operation: Operation, lead: Person, custodian: Person, name: str) -> None:
        self.actor = state(operation, lead, name)
        team, other = of_team(lead, operation), of_team(custodian, operation)
        ways = (Channel(Means.EMAIL, f"duty@{self.actor.code}.example"), Channel(Means.SMS, "+25471100000"))
        self.office = office(self.actor, team, other, channels=ways, hours="24/7")
        self.diplomatic = office(self.actor, team, other, role=Role.DIPLOMATIC, hours="24/7")
        code = self.actor.code
        self.one = speaking(officer(self.actor, f"{code}-one"), self.actor)
        self.two = speaking(officer(self.actor, f"{code}-two"), self.actor)


@pytest.fixture
def kenya(operation: Operation, lead: Person, custodian: Person) -> Side:
    network(operation, lead, custodian)
    return Side(operation, lead, custodian, "Kenya")


@pytest.fixture
def peru(kenya: Side, operation: Operation, lead: Person, custodian: Person) -> Side:
    return Side(operation, lead, custodian, "Peru")


def sent(by: Side, to: Side, kind: Kind = Kind.NOTIFICATION, fields: dict[str, str] | None = None,
         *, exercise: bool = False, **more: object) -> Dispatch:  # fmt: skip
    words = Words(kind, fields or NOTICED, **more)  # type: ignore[arg-type]
    made = writing.begin(by.one, by.office, to.office, words, exercise=exercise)
    going.ready(by.one, made)
    return going.release(by.two, made)


def replied(by: Side, to: Dispatch, answer: Answer, text: str = "", **more: str) -> Dispatch:
    fields = {"about": to.ref, "answer": answer.value, "text": text, **more}
    made = going.ready(by.one, writing.draft(by.one, to.case, Words(Kind.REPLY, fields)))
    return made if made.state == State.SENT else going.release(by.two, made)


def later(by: Side, case: Case, kind: Kind, **fields: str) -> Dispatch:
    made = writing.draft(by.one, case, Words(kind, fields))
    return going.release(by.two, going.ready(by.one, made))


def at(one: Dispatch, hours: float) -> datetime:
    assert one.sent_at is not None
    return one.sent_at + timedelta(hours=hours)


def told() -> list[tuple[str, str, float]]:
    """Every clock that was not met: which, who owes, hours after the message went."""
    every = Fired.objects.select_related("dispatch").order_by("due", "pk")
    return [(one.which, one.by, round((one.due - one.dispatch.sent_at) / timedelta(hours=1), 2)) for one in every]


# --- two people ----------------------------------------------------------------------------------------------------


def test_one_person_writes_and_another_of_the_same_side_sends(kenya: Side, peru: Side) -> None:
    made = writing.begin(kenya.one, kenya.office, peru.office, Words(Kind.NOTIFICATION, NOTICED), exercise=False)
    with pytest.raises(Conflict, match="draft still"):
        going.release(kenya.two, made)
    going.ready(kenya.one, made)
    with pytest.raises(Refused, match="another person of your side"):
        going.release(kenya.one, made)
    with pytest.raises(NotAllowed):
        going.release(peru.one, made)
    assert not reading.dispatches(made.case).exists()
    gone = going.release(kenya.two, made)
    assert gone.ref == f"{made.case.ref}-01"
    assert reading.said_of(gone).fields == NOTICED
    with pytest.raises(Conflict, match="sent already"):
        going.release(kenya.two, made)
    with pytest.raises(Conflict, match="sent already"):
        writing.change(kenya.one, made, Words(Kind.NOTIFICATION, NOTICED))


def test_whoever_changes_a_draft_is_its_writer_and_sends_it_no_more(kenya: Side, peru: Side) -> None:
    made = writing.begin(kenya.one, kenya.office, peru.office, Words(Kind.NOTIFICATION, NOTICED), exercise=False)
    going.ready(kenya.one, made)
    writing.change(kenya.two, made, Words(Kind.NOTIFICATION, {**NOTICED, "unknown": "Everything"}))
    with pytest.raises(Conflict):
        going.release(kenya.one, made)
    going.ready(kenya.two, made)
    with pytest.raises(Refused, match="another person"):
        going.release(kenya.two, made)
    with pytest.raises(Conflict, match="read it again"):
        going.release(kenya.one, made)
    made.refresh_from_db()
    assert going.release(kenya.one, made).state == State.SENT


@pytest.mark.parametrize("kind", [kind for kind in writing.WRITTEN if kind in writing.BEGIN])
def test_each_kind_refuses_to_go_without_what_it_must_say(kenya: Side, peru: Side, kind: Kind) -> None:
    made = writing.begin(kenya.one, kenya.office, peru.office, Words(kind, {}), exercise=False)
    with pytest.raises(Refused) as refused:
        going.ready(kenya.one, made)
    assert refused.value.field == next(field.name for field in FIELDS[kind] if field.required)


def test_whoever_may_not_send_yet_is_told_all_that_is_missing_or_wrong(kenya: Side, peru: Side) -> None:
    fields = {"what": "Wiper \u202e", "confidence": "certain", "seen_at": "yesterday", "event": "e-nothing"}
    made = writing.begin(kenya.one, kenya.office, peru.office, Words(Kind.NOTIFICATION, fields), exercise=False)
    lacking = going.lacks(made)
    assert {one.field for one in lacking} == {"what", "confidence", "seen_at", "event", "systems", "unknown"}
    with pytest.raises(Refused) as refused:
        going.ready(kenya.one, made)
    assert all(one.said in refused.value.remedy for one in lacking)


def test_no_form_asks_who_is_behind_it() -> None:
    asked = {field.name for kind in Kind for field in FIELDS[kind] if field.required}
    assert not asked & {"attribution", "attributed_to", "actor", "accused", "responsible", "culprit", "intent"}


@pytest.mark.parametrize("answer", [Answer.RECEIVED, Answer.NOT_NOW, Answer.WRONG])
def test_a_reply_without_words_goes_at_once_by_one_person(kenya: Side, peru: Side, answer: Answer) -> None:
    first = sent(kenya, peru)
    made = writing.draft(peru.one, first.case, Words(Kind.REPLY, {"about": first.ref, "answer": answer.value}))
    assert going.ready(peru.one, made).state == State.SENT
    assert made.case.ref in Dispatch.objects.get(pk=made.pk).ref
    worded = writing.draft(
        peru.one, first.case, Words(Kind.REPLY, {"about": first.ref, "answer": answer.value, "text": "Because."})
    )
    assert going.ready(peru.one, worded).state == State.READY, "words in the State's name are seen by two"


def test_numbers_of_both_sides_never_meet(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    second = replied(peru, first, Answer.RECEIVED)
    third = later(kenya, first.case, Kind.CORRECTION, about=first.ref, reason="Wrong port", text="Mombasa")
    fourth = replied(peru, first, Answer.ANSWER, "We look into it.")
    case = first.case.ref
    assert [one.ref for one in (first, second, third, fourth)] == [
        f"{case}-{n}" for n in ("01", "02", "03", "04")
    ]  # fmt: skip


def test_only_who_sent_a_message_corrects_it_and_nobody_answers_themselves(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    with pytest.raises(Refused, match="Only whoever sent"):
        writing.draft(peru.one, first.case, Words(Kind.WITHDRAWAL, {"about": first.ref, "reason": "x"}))
    with pytest.raises(Refused, match="your own message"):
        writing.draft(kenya.one, first.case, Words(Kind.REPLY, {"about": first.ref, "answer": "received"}))
    with pytest.raises(Refused, match="Choose the message"):
        writing.draft(peru.one, first.case, Words(Kind.REPLY, {"about": "QQQQ-01", "answer": "received"}))
    with pytest.raises(Refused, match="begins a case"):
        writing.draft(peru.one, first.case, Words(Kind.NOTIFICATION, NOTICED))


def test_a_corrected_or_withdrawn_message_stays_readable(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    fixed = later(kenya, first.case, Kind.CORRECTION, about=first.ref, reason="Wrong port", text="Mombasa")
    gone = later(kenya, first.case, Kind.WITHDRAWAL, about=first.ref, reason="Sent twice")
    shown = reading.lines(peru.one, first.case)
    assert [one.ref for one in shown[0].changed_by] == [fixed.ref, gone.ref]
    assert shown[0].said.fields == NOTICED


def test_nobody_but_the_two_sides_reads_a_case(kenya: Side, peru: Side, lead: Person, operation: Operation) -> None:
    first = sent(kenya, peru)
    chile = Side(operation, lead, Person.objects.get(username="carol"), "Chile")
    for who in (chile.one, of_team(lead, operation)):
        assert not reading.cases_of(who).exists()
    assert list(reading.cases_of(peru.two)) == [first.case]


def test_nobody_of_the_other_side_learns_of_a_draft(kenya: Side, peru: Side) -> None:
    writing.begin(kenya.one, kenya.office, peru.office, Words(Kind.NOTIFICATION, NOTICED), exercise=False)
    assert reading.cases_of(kenya.two).exists()
    assert not reading.cases_of(peru.one).exists()


def test_a_case_begins_when_its_first_message_goes_and_not_when_somebody_began_to_write(
    kenya: Side, peru: Side
) -> None:
    """The other side would read how long they hesitated."""
    made = writing.begin(kenya.one, kenya.office, peru.office, Words(Kind.NOTIFICATION, NOTICED), exercise=False)
    Case.objects.update(begun_at=timezone.now() - timedelta(hours=9))
    first = going.release(kenya.two, going.ready(kenya.one, made))
    assert Case.objects.get().begun_at == first.sent_at
    Dispatch.objects.update(sent_at=at(first, -1))
    later(kenya, first.case, Kind.CORRECTION, about=first.ref, reason="Wrong port", text="Mombasa")
    assert Case.objects.get().begun_at == at(first, -1), "by its first message, whatever comes later"


def test_a_draft_that_somebody_threw_away_is_brought_back_or_gone_in_three_days(kenya: Side, peru: Side) -> None:
    made = writing.begin(kenya.one, kenya.office, peru.office, Words(Kind.NOTIFICATION, NOTICED), exercise=False)
    going.ready(kenya.one, made)
    writing.discard(kenya.two, made)
    assert not reading.cases_of(kenya.one).exists()
    with pytest.raises(Conflict, match="threw this draft away"):
        going.ready(kenya.one, made)
    (gone,) = duty.duty(kenya.one, timezone.now()).gone
    assert gone.gone_by == kenya.two.person
    with pytest.raises(NotAllowed):
        writing.bring_back(peru.one, made)
    writing.forget(timezone.now() + timedelta(days=2))
    assert writing.bring_back(kenya.one, made).state == State.DRAFT
    writing.discard(kenya.two, made)
    assert writing.forget(timezone.now() + writing.KEPT) == 1
    assert not Case.objects.exists()
    with pytest.raises(Conflict, match="not among what was thrown away"):
        writing.bring_back(kenya.one, made)
    said = [
        one["said"] for one in Decision.objects.filter(kind="contact").order_by("pk").values_list("after", flat=True)
    ]
    assert said[-3:] == ["threw a draft away", "brought a draft back", "threw a draft away"]


@pytest.mark.parametrize(
    "more", [{"text": "Because."}, {"caveats": "We admit it"}, {"next_at": "2027-01-01T10:00Z"}, {"marking": "CLEAR"}]
)
def test_one_person_alone_says_nothing_beside_the_answer(kenya: Side, peru: Side, more: dict[str, str]) -> None:
    first = sent(kenya, peru)
    marking, caveats = Marking[more.pop("marking", "AMBER")], more.pop("caveats", "")
    fields = {"about": first.ref, "answer": "received", **more}
    made = writing.draft(peru.one, first.case, Words(Kind.REPLY, fields, marking, caveats))
    assert going.ready(peru.one, made).state == State.READY
    if marking is Marking.AMBER:
        with pytest.raises(Refused, match="two people"):
            writing.at_once(peru.one, first.case, Words(Kind.REPLY, fields, marking, caveats))


def test_what_one_person_says_at_once_is_marked_as_what_it_answers(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru, marking=Marking.AMBER_STRICT)
    words = Words(Kind.REPLY, {"about": first.ref, "answer": "received"}, Marking.CLEAR)
    assert writing.at_once(peru.one, first.case, words).marking == Marking.AMBER_STRICT


# --- they are told -------------------------------------------------------------------------------------------------


def test_the_other_office_is_told_that_there_is_a_message_and_nothing_of_it(kenya: Side, peru: Side) -> None:
    with MAIL:
        first = sent(kenya, peru, caveats="Not to vendors")
    letter = OutboxMessage.objects.get(purpose="notice", sender__kind="email")
    assert first.ref in letter.body
    assert len(letter.body) <= 160
    assert "+2547000101" in letter.body.replace(" ", ""), "the number to call back"
    for words in ("Wiper", "port", "vendors", "How it came in"):
        assert words not in letter.body
    by_program = Attempt.objects.filter(dispatch=first, by=None)
    assert {one.means for one in by_program} == {"email", "sms"}


def waiting(by: Side, to: Side, *, exercise: bool = False) -> Dispatch:
    """A draft that waits for a second person."""
    made = writing.begin(by.one, by.office, to.office, Words(Kind.NOTIFICATION, NOTICED), exercise=exercise)
    return going.ready(by.one, made)


def asked() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(purpose="second").select_related("sender").order_by("pk"))


@pytest.mark.parametrize("exercise", [False, True])
def test_the_own_office_is_told_once_that_a_draft_waits_and_no_word_of_it(
    kenya: Side, peru: Side, exercise: bool
) -> None:
    """At night the second person sleeps beside the duty telephone."""
    with MAIL:
        one = waiting(kenya, peru, exercise=exercise)
        going.ready(kenya.one, one)
        writing.change(kenya.one, one, Words(Kind.NOTIFICATION, NOTICED))
        going.ready(kenya.one, one)
    text, letter = asked()
    assert [letter.sender.address.value, text.sender.address.value] == ["duty@kenya.example", "+25471100000"]
    assert f"draft 1 in case {one.case.ref} waits for a second person of your side" in text.body
    assert text.body.startswith("EXERCISE. ") == exercise
    assert letter.body == text.body
    for words in ("Wiper", "port", "otification", "Peru", "peru"):
        assert words not in text.body
    assert not Attempt.objects.exists(), "nobody was tried about it"
    with MAIL:
        went = going.release(kenya.two, going.unsent(kenya.two, one))
        fields = {"about": went.ref, "reason": "Sent twice"}
        going.ready(kenya.one, writing.draft(kenya.one, one.case, Words(Kind.WITHDRAWAL, fields)))
    assert f"draft 2 in case {one.case.ref}" in asked()[-1].body, "another draft is another one"
    assert len(asked()) == 4


def test_a_text_that_a_draft_waits_does_not_tell_how_much_others_write(kenya: Side, peru: Side) -> None:
    """Rows of all States are counted together."""
    with MAIL:
        waiting(kenya, peru)
        before = {word for each in asked() for word in re.findall(r"draft (\d+)", each.body)}
        for _ in range(5):
            waiting(peru, kenya)
        waiting(kenya, peru)
    assert before == {word for each in asked() for word in re.findall(r"draft (\d+)", each.body)} == {"1"}


def test_nobody_is_woken_for_a_draft_in_an_exercise_or_while_sending_is_stopped(
    kenya: Side, peru: Side, operation: Operation, lead: Person
) -> None:
    """What waits in the outbox until sending goes on would ring when all is over."""
    outbox.stop_sending(lead, operation, "")
    kenya.actor.operation.refresh_from_db()
    with MAIL:
        waiting(kenya, peru)
    assert asked() == []
    Operation.objects.update(sending_stopped_at=None, exercise=True)
    kenya.actor.operation.refresh_from_db()
    with MAIL:
        waiting(kenya, peru)
    assert asked() == []


def test_what_one_person_sends_alone_calls_no_second_one(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    before = len(asked())
    with MAIL:
        replied(peru, first, Answer.RECEIVED)
    assert len(asked()) == before


def test_an_exercise_says_so_first_and_is_never_a_real_case(kenya: Side, peru: Side) -> None:
    with MAIL:
        drill = sent(kenya, peru, exercise=True)
    assert drill.ref.startswith("X-")
    assert OutboxMessage.objects.filter(purpose="notice").first().body.startswith("EXERCISE ")  # type: ignore[union-attr]
    real = sent(kenya, peru)
    assert not real.ref.startswith("X-")
    with pytest.raises(Refused, match="Choose the message"):
        writing.draft(peru.one, real.case, Words(Kind.REPLY, {"about": drill.ref, "answer": "received"}))
    replied(peru, drill, Answer.ANSWER, "Over.")
    later(kenya, drill.case, Kind.CLOSURE, about=drill.case.ref, outcome="Played")
    real.case.refresh_from_db()
    assert real.case.closed_at is None
    assert {one.case_id for one in Dispatch.objects.filter(ref__startswith="X-")} == {drill.case_id}


def test_in_an_operation_that_is_an_exercise_every_case_is_one(kenya: Side, peru: Side, operation: Operation) -> None:
    operation.exercise = True
    operation.save()
    made = writing.begin(kenya.one, kenya.office, peru.office, Words(Kind.NOTIFICATION, NOTICED), exercise=False)
    assert made.case.exercise


# --- against the clock ---------------------------------------------------------------------------------------------


def test_silence_fires_each_clock_once_and_tells_nobody_else(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    for hours in (1.9, 2, 2.1, 5, 23.9, 24.1, 24.1, 47.9):
        clockwork.fire(at(first, hours))
    assert told() == [("acknowledge", "peru", 2.0), ("substance", "peru", 24.0), ("update", "kenya", 24.0)]
    clockwork.fire(at(first, 100))
    assert [one for one in told() if one[0] != "update"] == [("acknowledge", "peru", 2.0), ("substance", "peru", 24.0)]


def test_an_acknowledgement_stops_one_clock_and_an_answer_the_others(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    replied(peru, first, Answer.RECEIVED)
    clockwork.fire(at(first, 12))
    assert told() == []
    replied(peru, first, Answer.ANSWER, "We have seen it too.")
    later(kenya, first.case, Kind.CLOSURE, about=first.case.ref, outcome="Solved")
    clockwork.fire(at(first, 300))
    assert told() == []
    assert Case.objects.get().closed_at is not None


def test_cannot_discuss_now_is_a_reply(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    replied(peru, first, Answer.NOT_NOW)
    clockwork.fire(at(first, 23))
    clockwork.fire(at(first, 30))
    assert [one[0] for one in told()] == ["update"]


def test_the_other_side_may_see_the_outcome_otherwise(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    later(kenya, first.case, Kind.CLOSURE, about=first.case.ref, outcome="Solved together")
    later(peru, first.case, Kind.CLOSURE, about=first.case.ref, outcome="Not ours")
    outcomes = [one.said.fields["outcome"] for one in reading.lines(kenya.one, first.case)[1:]]
    assert outcomes == ["Solved together", "Not ours"]


def test_what_was_agreed_when_it_went_holds_and_not_what_is_agreed_later(
    kenya: Side, peru: Side, lead: Person, operation: Operation
) -> None:
    first = sent(kenya, peru)
    stricter = network_file.text_of("example").replace('acknowledge = "2h"', 'acknowledge = "1h"')
    agreed.load(lead, operation, stricter)
    clockwork.fire(at(first, 1.5))
    assert told() == []
    second = sent(kenya, peru)
    clockwork.fire(at(second, 1.5))
    assert told() == [("acknowledge", "peru", 1.0)]


# --- whom to try next ----------------------------------------------------------------------------------------------


def test_nobody_answers_and_the_plan_says_whom_to_try_next(kenya: Side, peru: Side) -> None:
    with MAIL:
        first = sent(kenya, peru)
    now = at(first, 3)
    plan = trying.plan(kenya.one, first, now)
    assert plan.next is not None
    assert plan.next.step.who == "Head of desk", "letters and text messages went already, by program"
    number = plan.number
    assert number is not None
    trying.note(kenya.one, first, number, "no answer", "Rang for two minutes")
    plan = trying.plan(kenya.two, first, timezone.now())
    assert plan.next is not None
    assert plan.next.step.who == "Deputy"
    assert plan.attempts[-1].note == "Rang for two minutes"
    assert b"two minutes" not in bytes(plan.attempts[-1].attempt.note_sealed)
    trying.note(kenya.two, first, plan.number or 0, "reached", "Took it down")
    assert trying.plan(kenya.one, first, timezone.now()).next is None
    assert reading.reached_at(first) is not None
    assert Look.objects.filter(kind="case", office=peru.office).exists(), "the office sees who looked it up"
    with pytest.raises(NotAllowed):
        trying.note(peru.one, first, 0, "reached", "")


def test_a_notice_that_was_taken_back_told_nobody_and_its_way_is_tried(kenya: Side, peru: Side, lead: Person) -> None:
    with MAIL:
        first = sent(kenya, peru)
    waits = trying.plan(kenya.one, first, at(first, 0.1))
    assert not waits.untold
    outbox.settle_all(lead, kenya.actor.operation, "cancel", "")
    plan = trying.plan(kenya.one, first, at(first, 0.1))
    assert plan.untold
    assert plan.next is not None
    assert plan.next.step.stage == "the office", "nobody was told by this way: it is no dead one, and the first to try"
    assert plan.next.at == at(first, 0.1), "there is no answer to wait for"
    assert {became(one.attempt) for one in plan.attempts} == {"taken back: nobody was told"}
    with pytest.raises(Refused, match="Say what came of it"):
        trying.note(kenya.one, first, plan.number or 0, "not sent", "")


@pytest.mark.parametrize(
    ("state", "said_stop", "result", "words"),
    [
        ("failed", False, "bounced", "failed"),
        ("stopped", True, "bounced", "not sent: the sender said STOP, or is blocked"),
        ("stopped", False, "not sent", "did not go: nobody was told"),
        ("sent", False, None, "sent"),
    ],
)
def test_only_what_was_tried_says_that_a_way_is_dead(
    kenya: Side, peru: Side, state: str, said_stop: bool, result: str | None, words: str
) -> None:
    with MAIL:
        first = sent(kenya, peru)
    OutboxMessage.objects.update(state=state)
    Sender.objects.update(stopped_at=first.sent_at if said_stop else None)
    by_program = Attempt.objects.filter(dispatch=first, by=None)
    assert {trying.result_of(one) for one in by_program} == {Result(result) if result else None}
    assert {became(one) for one in by_program} == {words}


def test_while_all_sending_is_stopped_nobody_waits_for_what_has_not_gone(kenya: Side, peru: Side, lead: Person) -> None:
    outbox.stop_sending(lead, kenya.actor.operation, "")
    with MAIL:
        first = sent(kenya, peru)
    plan = trying.plan(kenya.one, first, at(first, 0.1))
    assert plan.untold
    assert {became(one.attempt) for one in plan.attempts} == {"waits, since all sending is stopped: nobody was told"}
    outbox.resume_sending(lead, kenya.actor.operation, "")
    assert not trying.plan(kenya.one, first, at(first, 0.1)).untold


def test_after_its_own_offices_the_mission_and_then_the_lead(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    seen = []
    for _ in range(40):
        plan = trying.plan(kenya.one, first, timezone.now() + timedelta(days=1))
        if plan.next is None or plan.next.step.stage == "nobody left":
            break
        seen.append(plan.next.step.stage.value)
        trying.note(kenya.one, first, plan.number or 0, "no answer", "")
    assert list(dict.fromkeys(seen)) == [
        "the primary", "an alternate", "another office of the same party", "who stands behind the offices",
    ]  # fmt: skip


def test_a_message_marked_red_leaves_a_notice_that_says_nothing(kenya: Side, peru: Side) -> None:
    with MAIL:
        sent(kenya, peru, marking=Marking.RED)
    body = OutboxMessage.objects.filter(purpose="notice", sender__kind="email").get().body
    assert "TLP:RED" in body
    assert "Wiper" not in body


def test_clocks_run_by_the_hours_of_the_office_where_that_is_agreed(
    kenya: Side, peru: Side, lead: Person, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the night in which Europe's clocks go back, an office that opens at eight has two hours from then."""
    text = network_file.text_of("example").replace(
        "[times.notification]\n", "[times.notification]\noffice_hours = true\n"
    )
    agreed.load(lead, operation, text)
    custodian = Person.objects.get(username="carol")
    spain = state(operation, lead, "Spain")
    desk = office(spain, of_team(lead, operation), of_team(custodian, operation),
                  hours="mon-sun 08:00-17:00", time_zone="Europe/Madrid")  # fmt: skip
    made = writing.begin(kenya.one, kenya.office, desk, Words(Kind.NOTIFICATION, NOTICED), exercise=False)
    going.ready(kenya.one, made)
    night = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    monkeypatch.setattr("rapport.contacts.cases.going.timezone.now", lambda: night)
    first = going.release(kenya.two, made)
    monkeypatch.undo()
    clockwork.fire(datetime(2026, 10, 25, 8, 59, tzinfo=UTC))
    assert told() == []
    clockwork.fire(datetime(2026, 10, 25, 9, 1, tzinfo=UTC))
    due = Fired.objects.get(dispatch=first).due
    assert due == datetime(2026, 10, 25, 9, 0, tzinfo=UTC), "08:00 in Madrid is 07:00 UTC again"


# --- typed in, and come again --------------------------------------------------------------------------------------


def spoken(by: Side, to: Side, number: str = "QQ77-01", **more: object) -> Said:
    """A message that somebody reads out on the telephone."""
    at = datetime(2026, 11, 27, 2, int(number[-2:]), tzinfo=UTC)
    usual = {"case": number.rpartition("-")[0], "kind": Kind.NOTIFICATION, "at": at, "fields": NOTICED}
    return Said(number, sender=by.office.code, to=to.office.code, **{**usual, **more})  # type: ignore[arg-type]


def test_a_case_begins_with_its_first_message_in_whatever_order_they_come(kenya: Side, peru: Side) -> None:
    late, early = spoken(kenya, peru, "QQ77-03"), spoken(kenya, peru, "QQ77-01")
    for said in (late, early):
        taking.take(peru.actor.operation, said, "https")
    assert Case.objects.get().begun_at == early.at


def test_words_that_nobody_has_confirmed_move_no_beginning(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    before = replace(spoken(kenya, peru, f"{first.case.ref}-03"), at=at(first, -900))
    assert taking.by_hand(peru.one, before).dispatch.owned == "asked"
    assert Case.objects.get().begun_at == first.sent_at


def test_what_was_read_out_is_typed_in_and_comes_again_over_the_line_without_a_double(kenya: Side, peru: Side) -> None:
    said = spoken(kenya, peru)
    first = taking.by_hand(peru.one, said)
    again = taking.take(peru.actor.operation, said, "https")
    assert (first.became, again.became) == (Sameness.DIFFERENT, Sameness.SAME)
    assert again.dispatch.pk == first.dispatch.pk
    assert Dispatch.objects.count() == 1
    assert reading.said_of(Dispatch.objects.get()) == said
    assert clockwork.of_case(Case.objects.get(), timezone.now())[0].owed_by("peru")


def test_other_words_under_a_number_are_kept_and_change_nothing(kenya: Side, peru: Side) -> None:
    said = spoken(kenya, peru)
    taking.by_hand(peru.one, said)
    other = replace(said, fields={**NOTICED, "what": "Nothing at all"})
    for _ in range(2):
        assert taking.take(peru.actor.operation, other, "https").became is Sameness.CONFLICT
    assert reading.said_of(Dispatch.objects.get()) == said
    assert Clash.objects.count() == 1


def test_messages_of_a_case_may_come_in_any_order(kenya: Side, peru: Side) -> None:
    said = spoken(kenya, peru)
    fixed = spoken(
        kenya, peru, "QQ77-03", kind=Kind.CORRECTION, fields={"about": "QQ77-01", "reason": "Slip", "text": "Mombasa"}
    )
    for one in (fixed, said):
        taking.take(peru.actor.operation, one, "file")
    assert Case.objects.get().begun_by == kenya.actor
    shown = reading.lines(peru.one, Case.objects.get())
    assert [one.said.ref for one in shown] == ["QQ77-01", "QQ77-03"]
    assert [one.ref for one in shown[0].changed_by] == ["QQ77-03"]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"exercise": True}, "Cases of exercises begin"),
        ({"fields": {**NOTICED, "what": ""}}, "is missing"),
        ({"number": "QQ77-02"}, "number of the other side"),
    ],
)
def test_what_cannot_be_is_not_taken(kenya: Side, peru: Side, more: dict[str, Any], problem: str) -> None:
    taking.by_hand(peru.one, spoken(kenya, peru, "QQ77-05"))
    with pytest.raises(Refused, match=problem):
        taking.by_hand(peru.one, spoken(kenya, peru, **more))
    assert Dispatch.objects.count() == 1


def test_what_was_typed_in_as_words_of_a_party_that_writes_here_counts_when_they_say_so(
    kenya: Side, peru: Side
) -> None:
    first = sent(kenya, peru)
    answered = {"about": first.ref, "answer": "answer", "text": "Yes, our service"}
    told = Said(f"{first.case.ref}-02", first.case.ref, Kind.REPLY, peru.office.code, kenya.office.code,
                timezone.now().replace(second=0, microsecond=0), answered)  # fmt: skip
    made = taking.by_hand(kenya.one, told).dispatch
    now = timezone.now()

    def owed() -> set[clocks.Which]:
        (running,) = (one for one in clockwork.of_case(first.case, now) if one.dispatch.pk == first.pk)
        return {one.which for one in running.owed_by("peru")}

    before = owed()
    assert clocks.Which.SUBSTANCE in before
    assert [one.pk for one in duty.duty(peru.one, now + timedelta(days=90)).typed] == [made.pk], "loud until answered"
    with pytest.raises(NotAllowed):
        owning.own(kenya.two, made, said=True)
    owning.own(peru.one, made, said=False)
    assert owed() == before
    with pytest.raises(Conflict):
        owning.own(peru.two, made, said=True)
    Dispatch.objects.filter(pk=made.pk).update(owned="asked")
    owning.own(peru.two, made, said=True)
    assert clocks.Which.SUBSTANCE not in owed()
    assert (made.typed_by, made.way) == (kenya.one.person, "hand")


def test_one_s_own_receipt_goes_although_the_other_side_typed_one_in(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    received = {"about": first.ref, "answer": "received"}
    told = Said(f"{first.case.ref}-02", first.case.ref, Kind.REPLY, peru.office.code, kenya.office.code,
                timezone.now().replace(second=0, microsecond=0), received)  # fmt: skip
    taking.by_hand(kenya.one, told)
    assert replied(peru, first, Answer.RECEIVED).ref.endswith("-04")


def test_by_a_message_typed_in_its_sender_owes_nothing(kenya: Side, peru: Side) -> None:
    made = taking.by_hand(peru.one, spoken(kenya, peru)).dispatch
    (running,) = clockwork.of_case(made.case, timezone.now())
    assert {one.by for one in running.clocks} == {"peru"}
    assert running.escalates_from is None


def test_a_slip_in_what_is_typed_in_is_told(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    case = first.case.ref
    with pytest.raises(Refused, match="far from the last one of Kenya"):
        taking.by_hand(peru.one, replace(spoken(kenya, peru), ref=f"{case}-99", case=case))
    with pytest.raises(Refused, match="in time to come"):
        taking.by_hand(peru.one, spoken(kenya, peru, at=datetime(2099, 1, 1, tzinfo=UTC)))
    with pytest.raises(Refused, match="nobody types one in"):
        taking.by_hand(peru.one, spoken(kenya, peru, kind=Kind.PING, fields=dict(example(Kind.PING).fields)))
    with pytest.raises(Refused, match="of the same party"):
        taking.by_hand(peru.one, replace(spoken(kenya, peru), sender=peru.diplomatic.code))
    assert Dispatch.objects.get() == first


def test_in_an_exercise_no_real_message_is_typed_in(kenya: Side, peru: Side) -> None:
    Operation.objects.update(exercise=True)
    kenya.office.operation.refresh_from_db()
    with pytest.raises(Refused, match="is an exercise"):
        taking.by_hand(replace(peru.one, operation=kenya.office.operation), spoken(kenya, peru))


def test_only_the_side_that_it_is_for_types_it_in(kenya: Side, peru: Side) -> None:
    with pytest.raises(NotAllowed):
        taking.by_hand(kenya.one, spoken(kenya, peru))
    with pytest.raises(Refused, match="no office chile/technical"):
        taking.by_hand(peru.one, replace(spoken(kenya, peru), sender="chile/technical"))


# --- an event goes with it -----------------------------------------------------------------------------------------


def published(operation: Operation, lead: Person) -> str:
    """The reference of an event that the desk published."""
    draft = replace(DRAFT, title="Harbour systems down", summary="All terminals")
    return actions.accept(lead, report(operation, "Wiper in the harbour of Jacmel"), draft).ref


def test_of_an_event_goes_what_the_protocol_gives_the_other_side(
    kenya: Side, peru: Side, operation: Operation, lead: Person
) -> None:
    ref = published(operation, lead)
    first = sent(kenya, peru, fields={**NOTICED, "event": ref})
    words = reading.said_of(first).fields["event"]
    assert words.startswith(f"{ref}: Harbour systems down")
    actions.publish(lead, Event.objects.get(ref=ref), Publication.WITHDRAWN, "Withdrawn again")
    made = writing.begin(
        kenya.one, kenya.office, peru.office, Words(Kind.NOTIFICATION, {**NOTICED, "event": ref}), exercise=False
    )
    with pytest.raises(Refused, match="gives Peru, or you, nothing of an event"):
        going.ready(kenya.one, made)
    assert reading.said_of(first).fields["event"] == words, "what has gone has gone"


def test_of_an_event_nobody_reads_by_a_draft_what_the_protocol_gives_another_party(
    kenya: Side, peru: Side, operation: Operation, lead: Person, custodian: Person
) -> None:
    text = text_of("network").replace('name = "network"', 'name = "sample"').replace('version = "2"', 'version = "9"')
    for before, after in (
        ('name = "events"\nlevel = "low"', 'name = "events"\nlevel = "moderate"'),
        ('level = ["moderate", "high"]', 'level = ["high"]'),
        ('[[audience]]\nname = "members"',
         '[[audience]]\nname = "peru"\ntitle = "Peru"\norganisations = ["peru"]\n\n[[audience]]\nname = "members"'),
        ('[[limit]]\nname = "small-counts"',
         '[[grant]]\nname = "for-peru"\nto = ["peru"]\nwhen = { level = ["moderate"], publication = ["published"] }\n'
         'marking = "TLP:AMBER"\nwhy = "Theirs."\n\n[[limit]]\nname = "small-counts"'),
        ('to = ["members"]', 'to = ["members", "peru"]'),
    ):  # fmt: skip
        assert before in text
        text = text.replace(before, after)
    activation.activate(custodian, activation.propose(lead, operation, text, "Peru's own"), "")
    Agreement.objects.update(purposes=["view", "export", "push"])
    ref = published(operation, lead)
    reads = [
        organisation_reader(operation, side.actor.organisation) for side in (peru, kenya) if side.actor.organisation
    ]
    assert [releases.by_ref(operation, who, Purpose.PUSH, ref) is not None for who in reads] == [True, False]
    words = Words(Kind.NOTIFICATION, {**NOTICED, "event": ref})
    theirs = writing.begin(peru.one, peru.office, kenya.office, words, exercise=False)
    for made in (theirs, writing.begin(kenya.one, kenya.office, peru.office, words, exercise=False)):
        with pytest.raises(Refused, match="or you, nothing of an event"):
            going.what_goes(made)


def test_nobody_closes_or_withdraws_in_the_name_of_a_party_that_writes_here_itself(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    case = first.case.ref
    for kind, fields in (
        (Kind.CLOSURE, {"about": case, "outcome": "It was us"}),
        (Kind.WITHDRAWAL, {"about": first.ref, "reason": "Never mind"}),
    ):
        said = spoken(kenya, peru, f"{case}-11", kind=kind, fields=fields)
        with pytest.raises(Refused, match="write here themselves"):
            taking.by_hand(peru.one, said)
    first.case.refresh_from_db()
    assert first.case.closed_at is None
    Belonging.objects.filter(organisation=kenya.actor.organisation).delete()
    closing = spoken(kenya, peru, f"{case}-11", kind=Kind.CLOSURE, fields={"about": case, "outcome": "Solved"})
    assert taking.by_hand(peru.one, closing).became is Sameness.DIFFERENT, "of one that has no line it is taken"


def test_whom_to_call_shows_no_number_that_the_protocol_does_not_give(kenya: Side, peru: Side) -> None:
    first = sent(kenya, peru)
    Agreement.objects.filter(receiver=kenya.actor.organisation).update(ended_at=timezone.now())
    who = speaking(kenya.one.person, kenya.actor)  # as the next request finds them
    plan = trying.plan(who, first, timezone.now() + timedelta(hours=3))
    assert all(step.channel is None for step in plan.steps)
    assert plan.next is not None
    assert plan.next.step.channel is None
