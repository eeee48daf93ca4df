"""The queue is worked in the order that the operation chose; what goes to whom is a decision that can be taken back."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.accounts.models import Person
from rapport.desk import actions, many, senders
from rapport.desk.books import independent_senders
from rapport.desk.queue import escalation, figures, leases, priority, ranks
from rapport.desk.queue.leases import DeskFilters, next_report
from rapport.desk.record.undo import undo
from rapport.desk.sending.ask import UNANSWERED, ask
from rapport.errors import BadDefinition, Conflict, NotAllowed, Refused
from rapport.intake.keep import keep
from rapport.intake.understand import understand
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.operations.definition import parse
from rapport.operations.load import load
from rapport.operations.models import Category, Operation, Source
from rapport.oversight.models import Decision
from rapport.reports.models import LeftOut, Report
from rapport.text import chain
from rapport.values import Address, Message, Trust
from tests.web.desk import DRAFT, report, sender

ROSE = "50937001122"


def urgent(operation: Operation, code: str = "1a", urgency: int = 3) -> None:
    Category.objects.filter(operation=operation, code=code).update(urgency=urgency)


# --- the order -----------------------------------------------------------------------------------------------------


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.none() | st.integers(1, 5000), st.booleans(), st.integers(0, 200)),
        min_size=2,
        max_size=8,
        unique=True,
    )
)
def test_reports_are_given_in_the_order_of_the_formula(
    operation: Operation, volunteer: Person, said: list[tuple[int, int | None, bool, int]]
) -> None:
    Report.objects.all().delete()
    operation.queue = {"urgency": 30.0, "people": 7.0, "trusted": 3.0}
    operation.save()
    now, wanted = timezone.now(), []
    for number, (urgency, people, trusted, hours) in enumerate(said):
        told = report(
            operation, number=f"5093{number}", received_at=now - timedelta(hours=hours), urgency=urgency, people=people
        )
        told.sender.trust = Trust.TRUSTED if trusted else Trust.UNKNOWN  # type: ignore[union-attr]
        told.sender.save()  # type: ignore[union-attr]
        wanted.append((-priority.points(operation.queue, urgency, people, trusted, hours), told.pk))
    ranks.refresh(Report.objects.values_list("pk", flat=True))
    given_out, last = [], None
    for _ in said:
        last = next_report(operation, volunteer, after=last)
        assert last is not None
        given_out.append(last.pk)
    assert given_out == [pk for _, pk in sorted(wanted)]


def test_a_new_urgent_report_comes_first(operation: Operation, volunteer: Person) -> None:
    urgent(operation)
    source = Source.objects.get(operation=operation, slug="sms")
    report(operation, "Old", received_at=timezone.now() - timedelta(hours=70))
    keep(source, [Message("Nou bezwen èd", gateway_id="1"), Message("Moun anba", gateway_id="2", categories=("1a",))])
    understand()
    assert Report.objects.get(text="Moun anba").urgency == 3
    assert next_report(operation, volunteer) == Report.objects.get(text="Moun anba")


def test_a_number_in_a_field_that_counts_people_counts(operation: Operation) -> None:
    operation.extra_fields = [{"code": "families", "kind": "number", "counts_people": True}]
    operation.save()
    source = Source.objects.get(operation=operation, slug="api")
    keep(source, [Message("Dlo", gateway_id="1", extra={"families": 40})])
    understand()
    told = Report.objects.get()
    assert told.people == 40
    assert told.rank == pytest.approx(priority.rank({}, told.received_at, people=40, heard=told.urgency_heard))


# --- what words suggest --------------------------------------------------------------------------------------------

TRAPPED = "Please help us, my sister is trapped under the collapsed house and badly hurt, we need a doctor"


def heard(operation: Operation, *texts: str, **more: Any) -> list[Report]:
    """Messages that came in and were read, in this order."""
    source = Source.objects.get(operation=operation, slug="sms")
    kept = keep(source, [Message(text, gateway_id=text, **more) for text in texts])
    understand()
    return [Report.objects.get(ref=one.ref) for one in kept]


def test_an_urgent_wording_comes_before_an_older_harmless_one(operation: Operation, volunteer: Person) -> None:
    report(operation, "The market is open", received_at=timezone.now() - timedelta(hours=5))
    (told,) = heard(operation, TRAPPED)
    assert (told.urgency, told.urgency_heard) == (0, 3)
    suggestion = told.suggestions.get(kind="urgency")
    assert suggestion.value == {"level": 3}
    assert re.match(r"its words speak of (medical help|search and rescue): \d+ % sure", suggestion.reasons[0])
    assert f"{suggestion.score:.0%}".replace("%", " %") in suggestion.reasons[0]
    assert suggestion.function.startswith("crisis-1 ")
    assert next_report(operation, volunteer) == told
    assert not Decision.objects.exists()


def test_words_for_a_person_at_risk_are_urgent_where_the_model_says_nothing(operation: Operation) -> None:
    (told,) = heard(operation, "People trapped under Hotel Montana, can hear voices")
    assert told.urgency_heard == 3
    suggestion = told.suggestions.get(kind="urgency")
    assert suggestion.value == {"level": 3}
    assert suggestion.reasons == ["its words say that somebody is trapped"]
    assert suggestion.function == chain.FUNCTION


def test_what_says_nothing_urgent_waits_in_its_turn(operation: Operation) -> None:
    (told,) = heard(operation, "The market is open today")
    assert (told.urgency_heard, told.suggestions.filter(kind="urgency").exists()) == (0, False)


def test_what_a_person_has_set_stands_alone_until_it_is_taken_back(operation: Operation, volunteer: Person) -> None:
    (told,) = heard(operation, TRAPPED)
    before = told.rank
    decision = escalation.prioritise(volunteer, told, 0, "A line from a film.")
    told.refresh_from_db()
    assert told.rank == pytest.approx(priority.rank({}, told.received_at))
    with pytest.raises(Conflict, match="already"):
        escalation.prioritise(volunteer, told, 0)
    ranks.recount(operation)
    told.refresh_from_db()
    assert told.rank == pytest.approx(priority.rank({}, told.received_at))
    undo(volunteer, decision)
    told.refresh_from_db()
    assert told.rank == pytest.approx(before)


def test_many_are_said_to_be_not_urgent_at_once(operation: Operation, volunteer: Person) -> None:
    reports = heard(operation, TRAPPED, f"{TRAPPED} in Jacmel")
    refs = [told.ref for told in reports]
    many.prioritise(volunteer, operation, refs, 0, ticked=refs)
    for told in Report.objects.all():
        assert told.rank == pytest.approx(priority.rank({}, told.received_at))
    with pytest.raises(Conflict, match="so already"):
        many.prioritise(volunteer, operation, refs, 0, ticked=refs)


def test_a_person_who_was_faster_than_the_worker_stands(operation: Operation, volunteer: Person) -> None:
    source = Source.objects.get(operation=operation, slug="sms")
    keep(source, [Message(TRAPPED, gateway_id="1")])
    told = Report.objects.get()
    decision = escalation.prioritise(volunteer, told, 1)
    understand()
    told.refresh_from_db()
    assert told.rank == pytest.approx(priority.rank({}, told.received_at, 1))
    undo(volunteer, decision)
    told.refresh_from_db()
    assert told.rank == pytest.approx(priority.rank({}, told.received_at, heard=3))


def test_words_count_no_less_than_nothing_and_no_more_than_what_the_sender_said(operation: Operation) -> None:
    urgent(operation, urgency=2)
    (said,) = heard(operation, TRAPPED, categories=("1a",))
    assert said.rank == pytest.approx(priority.rank({}, said.received_at, 2))
    urgent(operation, urgency=1)
    assert ranks.recount(operation) == 1
    said.refresh_from_db()
    assert said.rank == pytest.approx(priority.rank({}, said.received_at, 1, heard=3))


def test_nothing_moves_when_what_was_counted_on_arrival_is_counted_again(operation: Operation) -> None:
    known = sender(operation, ROSE)
    known.trust = Trust.TRUSTED
    known.save()
    (told,) = heard(operation, TRAPPED, sender=Address("tel", ROSE))
    assert told.rank == pytest.approx(priority.rank({}, told.received_at, trusted=True, heard=3))
    assert ranks.recount(operation) == 0
    ranks.refresh([told.pk])
    assert Report.objects.get().rank == pytest.approx(told.rank)


def test_what_comes_back_to_the_queue_still_says_what_it_says(operation: Operation, volunteer: Person) -> None:
    (told,) = heard(operation, TRAPPED)
    actions.reject(volunteer, told, "Not for us.")
    undo(volunteer, Decision.objects.get(kind="reject"))
    assert Report.objects.get().rank == pytest.approx(priority.rank({}, told.received_at, heard=3))


def test_what_was_left_out_for_lack_of_time_is_heard_later(operation: Operation) -> None:
    (told,) = heard(operation, TRAPPED)
    told.suggestions.all().delete()
    Report.objects.update(urgency_heard=0, rank=priority.rank({}, told.received_at))
    LeftOut.objects.create(report=told)
    understand()
    again = Report.objects.get()
    assert (again.urgency_heard, again.rank) == (3, pytest.approx(told.rank))


@pytest.mark.parametrize("many", [2_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_the_next_report_of_a_long_queue_is_found_by_an_index(
    operation: Operation, volunteer: Person, many: int
) -> None:
    source, now = Source.objects.get(operation=operation, slug="sms"), timezone.now()
    Report.objects.bulk_create(
        [
            Report(
                operation=operation, source=source, ref=f"{i:026d}", received_at=now, text="x", rank=i * 7919 % 100_003
            )
            for i in range(many)
        ],
        batch_size=5_000,
    )
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = next_report(operation, volunteer)
    assert found is not None
    ordered = [query["sql"] for query in asked if "ORDER BY" in query["sql"] and '"rank"' in query["sql"]]
    assert ordered
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for sql in ordered:
                cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"))
                plan = " ".join(str(row[-1]) for row in cursor.fetchall())
                assert "report_queue" in plan
                assert "TEMP B-TREE" not in plan


OPERATION = """
slug = "sample"
kind = "crisis"
time_zone = "America/Port-au-Prince"
bbox = [-74.6, 17.9, -71.5, 20.2]
languages = ["ht"]
[names]
en = "Sample"
[queue]
urgency = {weight}
heard = {heard}
[[categories]]
code = "fire"
names = {{ en = "Fire" }}
urgency = {urgency}
[[sources]]
slug = "api"
channel = "api"
names = {{ en = "API" }}
"""


def test_a_changed_file_moves_what_waits_but_not_what_a_person_has_set(
    operation: Operation, volunteer: Person, tmp_path: Path
) -> None:
    operation = load(parse(OPERATION.format(weight=10, urgency=1, heard=0)), tmp_path).operation
    source = Source.objects.get(operation=operation, slug="api")
    keep(
        source, [Message("a", gateway_id="a", categories=("fire",)), Message("b", gateway_id="b", categories=("fire",))]
    )
    understand()
    by_hand, other = Report.objects.order_by("id")
    escalation.prioritise(volunteer, by_hand, 0, "An old photo.")
    account = load(parse(OPERATION.format(weight=20, urgency=2, heard=0)), tmp_path)
    assert "1 waiting reports have another place in the queue" in account.changed
    by_hand.refresh_from_db(), other.refresh_from_db()
    assert (by_hand.urgency, other.urgency) == (0, 2)
    assert other.rank == pytest.approx(priority.rank({"urgency": 20}, other.received_at, 2))


def test_an_operation_turns_off_what_words_suggest(operation: Operation, tmp_path: Path) -> None:
    operation = load(parse(OPERATION.format(weight=24, urgency=1, heard=0)), tmp_path).operation
    source = Source.objects.get(operation=operation, slug="api")
    keep(source, [Message(TRAPPED, gateway_id="a")])
    understand()
    told = Report.objects.get()
    assert (told.urgency_heard, told.rank) == (3, pytest.approx(priority.rank({}, told.received_at)))
    account = load(parse(OPERATION.format(weight=24, urgency=1, heard=0.5)), tmp_path)
    assert "1 waiting reports have another place in the queue" in account.changed
    assert Report.objects.get().rank == pytest.approx(priority.rank({}, told.received_at, heard=3))
    with pytest.raises(BadDefinition, match="heard"):
        parse(OPERATION.format(weight=24, urgency=1, heard=1.5))


def test_what_comes_back_to_the_queue_has_the_place_that_is_its_own_by_now(
    operation: Operation, volunteer: Person, verifier: Person
) -> None:
    waiting = report(operation)
    accepted, rejected = (report(operation, number=ROSE, categories_said=["1a"]) for _ in range(2))
    event = actions.accept(volunteer, accepted, DRAFT)
    actions.reject(volunteer, rejected, "Not for us.")
    senders.set_trust(verifier, sender(operation, ROSE), Trust.TRUSTED, "Nurse at the clinic.")
    urgent(operation)
    undo(volunteer, Decision.objects.get(kind="accept", event_id=event.pk))
    undo(volunteer, Decision.objects.get(kind="reject"))
    assert list(leases.waiting(operation)) == [accepted, rejected, waiting]
    for told in Report.objects.filter(sender__isnull=False):
        assert (told.urgency, told.rank) == (3, pytest.approx(priority.rank({}, told.received_at, 3, trusted=True)))


# --- to whom -------------------------------------------------------------------------------------------------------


def test_urgency_set_by_a_person_moves_the_report_and_is_taken_back(operation: Operation, volunteer: Person) -> None:
    first, second = report(operation), report(operation)
    decision = escalation.prioritise(volunteer, second, 3)
    assert next_report(operation, volunteer, after=None) == second
    with pytest.raises(Conflict, match="already"):
        escalation.prioritise(volunteer, second, 3)
    undo(volunteer, decision)
    leases.release(volunteer, second)
    second.refresh_from_db()
    assert second.urgency == 0
    assert next_report(operation, volunteer) == first


def test_what_is_passed_to_a_verifier_is_offered_to_verifiers_only_and_first(
    operation: Operation, volunteer: Person, verifier: Person
) -> None:
    first, doubtful = report(operation), report(operation)
    urgent_one = report(operation)
    escalation.prioritise(volunteer, urgent_one, 3)
    leases.take(volunteer, doubtful)
    with pytest.raises(Refused):
        escalation.escalate(volunteer, doubtful, "  ")
    decision = escalation.escalate(volunteer, doubtful, "A name is given: is it true?")
    assert leases.holder(doubtful) is None
    assert next_report(operation, volunteer) == urgent_one
    assert next_report(operation, volunteer, after=urgent_one) == first
    assert next_report(operation, verifier) == doubtful
    leases.release(verifier, doubtful)
    undo(verifier, decision)
    assert next_report(operation, volunteer, after=first) == doubtful


def test_what_is_passed_to_the_translators_comes_back_with_its_translation(
    operation: Operation, volunteer: Person
) -> None:
    told = report(operation)
    escalation.to_translators(volunteer, told)
    assert next_report(operation, volunteer) is None
    actions.translate(volunteer, told, "en", "No water in Delmas 33")
    assert next_report(operation, volunteer) == told
    undo(volunteer, Decision.objects.get(kind="translate"))
    told.refresh_from_db()
    assert told.for_translator


@pytest.mark.parametrize("first", ["translate", "translators"])
def test_once_passing_on_and_translating_are_both_taken_back_nobody_waits_for_translators(
    operation: Operation, volunteer: Person, first: str
) -> None:
    told = report(operation)
    escalation.to_translators(volunteer, told)
    actions.translate(volunteer, told, "en", "No water in Delmas 33")
    for kind in sorted(("translate", "translators"), key=lambda kind: kind != first):
        undo(volunteer, Decision.objects.get(kind=kind))
    assert next_report(operation, volunteer) == told
    told.refresh_from_db()
    assert not told.for_translator


def test_what_was_passed_to_the_translators_again_waits_for_them_until_that_is_taken_back(
    operation: Operation, volunteer: Person
) -> None:
    told = report(operation)
    escalation.to_translators(volunteer, told)
    actions.translate(volunteer, told, "en", "No water")
    again = escalation.to_translators(volunteer, told, "The second half is missing.")
    undo(volunteer, Decision.objects.get(kind="translate"))
    assert next_report(operation, volunteer) is None
    undo(volunteer, again)
    told.refresh_from_db()
    assert told.for_translator  # as before it was translated


# --- senders -------------------------------------------------------------------------------------------------------


def test_a_blocked_sender_is_offered_to_nobody_not_answered_and_corroborates_nothing(
    operation: Operation, volunteer: Person, verifier: Person
) -> None:
    source = Source.objects.get(operation=operation, slug="sms")
    rose = Address("tel", ROSE)
    [kept] = keep(source, [Message("Dlo", gateway_id="1", sender=rose)])
    told = Report.objects.get(ref=kept.ref)
    assert told.sender is not None
    event = actions.accept(volunteer, told, DRAFT)
    assert independent_senders(event.pk) == 1
    decision = senders.set_trust(verifier, told.sender, Trust.BLOCKED, "Sends the same lie every day.")
    assert independent_senders(event.pk) == 0
    OutboxMessage.objects.all().delete()
    [second] = keep(source, [Message("Manje", gateway_id="2", sender=rose)])
    assert second.reply == ""
    assert not OutboxMessage.objects.exists()
    assert next_report(operation, volunteer) is None
    assert next_report(operation, volunteer, DeskFilters(part="blocked")) is None
    assert leases.waiting(operation).count() == 0
    assert leases.waiting(operation, DeskFilters(part="blocked")).count() == figures.of(operation).blocked == 1
    undo(verifier, decision)
    assert next_report(operation, volunteer) == Report.objects.get(ref=second.ref)


def test_trust_moves_what_waits_and_what_comes(operation: Operation, verifier: Person, volunteer: Person) -> None:
    older, told = report(operation), report(operation, number=ROSE)
    assert told.sender is not None
    with pytest.raises(NotAllowed):
        senders.set_trust(volunteer, told.sender, Trust.TRUSTED, "Nurse.")
    first = senders.set_trust(verifier, told.sender, Trust.TRUSTED, "Nurse at the clinic.")
    assert list(leases.waiting(operation)) == [told, older]
    keep(
        Source.objects.get(operation=operation, slug="sms"),
        [Message("Med", gateway_id="1", sender=Address("tel", ROSE))],
    )
    new = Report.objects.latest("id")
    assert new.rank == pytest.approx(priority.rank({}, new.received_at, trusted=True))
    senders.set_trust(verifier, told.sender, Trust.BLOCKED, "The phone was stolen.")
    with pytest.raises(Conflict, match="Undo that first"):
        undo(verifier, first)


def test_who_leaves_an_event_with_too_few_senders_is_told(
    operation: Operation, volunteer: Person, verifier: Person
) -> None:
    first, second = report(operation, number=ROSE), report(operation, number="50937009999")
    event = actions.accept(volunteer, first, DRAFT)
    actions.attach(volunteer, second, event)
    actions.set_status(volunteer, event, actions.Status.CORROBORATED)
    assert senders.rests_on_too_few(sender(operation, ROSE)) == []
    senders.set_trust(verifier, sender(operation, ROSE), Trust.BLOCKED, "Not the person they say.")
    assert senders.rests_on_too_few(sender(operation, ROSE)) == [event]


# --- asking --------------------------------------------------------------------------------------------------------


def test_a_question_goes_to_the_outbox_once_and_can_be_taken_back_while_it_waits(
    operation: Operation, volunteer: Person
) -> None:
    told, form = report(operation, number=ROSE), uuid.uuid4()
    for _ in range(2):
        ask(volunteer, told, "Ki kote ou ye?", "ht", form)
    message = OutboxMessage.objects.get()
    assert (message.body, message.purpose, message.state, message.person) == (
        "Ki kote ou ye?", "question", OutboxState.WAITING, volunteer,
    )  # fmt: skip
    undo(volunteer, Decision.objects.get(kind="ask"))
    message.refresh_from_db()
    assert message.state == OutboxState.CANCELLED


def test_nobody_is_asked_without_end(operation: Operation, volunteer: Person) -> None:
    told, forms = report(operation, number=ROSE), [uuid.uuid4() for _ in range(UNANSWERED)]
    for form in [*forms, forms[-1]]:  # the last one is sent twice
        ask(volunteer, told, "Ki kote ou ye?", "ht", form)
    with pytest.raises(Refused) as refused:
        ask(volunteer, told, "Ki kote ou ye?", "ht", uuid.uuid4())
    assert "wait for an answer" in refused.value.remedy
    assert OutboxMessage.objects.count() == UNANSWERED
    report(operation, number=ROSE)  # the sender writes again
    ask(volunteer, told, "Konbyen moun?", "ht", uuid.uuid4())


def test_a_question_that_has_gone_is_not_taken_back(operation: Operation, volunteer: Person) -> None:
    ask(volunteer, report(operation, number=ROSE), "Ki kote ou ye?", "ht", uuid.uuid4())
    OutboxMessage.objects.update(state=OutboxState.HANDED)
    with pytest.raises(Conflict, match="gone out"):
        undo(volunteer, Decision.objects.get())
    assert Decision.objects.count() == 1


def test_who_cannot_be_asked_is_said_plainly(operation: Operation, volunteer: Person, outsider: Person) -> None:
    def refusal(told: Report, text: str = "Ki kote?") -> str:
        with pytest.raises(Refused) as refused:
            ask(volunteer, told, text, "ht", uuid.uuid4())
        return refused.value.remedy

    told = report(operation, number=ROSE)
    rose = sender(operation, ROSE)
    assert "1 to 160" in refusal(told, "x" * 161)
    assert "without a sender" in refusal(report(operation))
    web = Source.objects.get(operation=operation, slug="web")
    Source.objects.filter(slug="sms").update(active=False)
    assert "No gateway of this operation" in refusal(report(operation, number=ROSE, source=web))
    Source.objects.filter(slug="sms").update(active=True)
    rose.stopped_at = timezone.now()
    rose.save()
    assert "said STOP" in refusal(told)
    rose.stopped_at, rose.trust = None, Trust.BLOCKED
    rose.save()
    assert "blocked" in refusal(told)
    rose.trust = Trust.UNKNOWN
    rose.save()
    Operation.objects.update(sending_stopped_at=timezone.now())
    assert "stopped" in refusal(told)
    with pytest.raises(NotAllowed):
        ask(outsider, told, "Ki kote?", "ht", uuid.uuid4())
    assert not OutboxMessage.objects.exists()
