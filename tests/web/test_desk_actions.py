"""Every action of the desk: what it does, who may, and that it can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk import draft as drafts
from rapport.desk.draft import EventDraft
from rapport.desk.record.undo import undo
from rapport.errors import Conflict, NotAllowed, RapportError, Refused
from rapport.events.models import Event, EventReport
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Standing
from rapport.sharing.models import ReleaseEntry
from rapport.values import Precision, Publication, Range, Spot, Status
from tests.together import at_once
from tests.web.desk import DELMAS, DRAFT, books, report


def last(operation: Operation) -> Decision:
    return Decision.objects.filter(operation=operation).latest("id")


def public_log(operation: Operation) -> list[bool]:
    """What the public was told: True is a retraction."""
    entries = ReleaseEntry.objects.filter(operation=operation, audience="public")
    return list(entries.order_by("seq").values_list("retracted", flat=True))


# --- accept --------------------------------------------------------------------------------------------------------


def test_an_accepted_report_is_an_event_that_readers_get(operation: Operation, volunteer: Person) -> None:
    told = report(operation)
    event = actions.accept(volunteer, told, DRAFT)
    event = Event.objects.get(pk=event.pk)
    assert (event.title, event.publication, event.status) == (DRAFT.title, "published", "unverified")
    assert event.spot == DELMAS
    assert event.published_at is not None
    assert books(operation) == {"in_event": 1}
    assert public_log(operation) == [False]
    decision = last(operation)
    assert (decision.person, decision.kind, decision.report_id, decision.event_id) == (
        volunteer, DecisionKind.ACCEPT, told.pk, event.pk,
    )  # fmt: skip


def test_a_draft_is_told_to_the_team_alone(operation: Operation, volunteer: Person) -> None:
    actions.accept(volunteer, report(operation), DRAFT, publish=False)
    assert public_log(operation) == []


def test_undone_the_report_waits_again_and_the_public_gets_a_retraction(
    operation: Operation, volunteer: Person
) -> None:
    told = report(operation)
    event = actions.accept(volunteer, told, DRAFT)
    taken_back = undo(volunteer, last(operation))
    assert books(operation) == {"waiting": 1}
    assert Event.objects.get(pk=event.pk).publication == "withdrawn"
    assert public_log(operation) == [False, True]
    assert taken_back.undoes is not None
    assert actions.accept(volunteer, told, DRAFT).pk != event.pk, "decided anew"


def test_an_event_with_no_report_behind_it_stays_gone(operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    undo(volunteer, last(operation))
    for action in (
        lambda: actions.publish(volunteer, event, Publication.PUBLISHED),
        lambda: actions.edit(volunteer, event, DRAFT),
        lambda: actions.attach(volunteer, report(operation), event),
        lambda: actions.set_status(volunteer, event, Status.CORROBORATED),
    ):
        with pytest.raises(Conflict, match="No report stands behind"):
            action()


def test_the_second_to_accept_is_told_who_was_first(operation: Operation, volunteer: Person, verifier: Person) -> None:
    told = report(operation)
    actions.accept(verifier, told, DRAFT)
    with pytest.raises(Conflict, match="vincent accepted as a new event"):
        actions.accept(volunteer, told, DRAFT)
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_decide_at_once_one_wins(operation: Operation, someone: Callable[..., Person]) -> None:
    people = [someone(f"person{number}", Role.VOLUNTEER) for number in range(8)]
    told = report(operation)
    outcomes: list[str] = []

    def decide(person: Person) -> None:
        try:
            if person.pk % 2:
                actions.accept(person, told, DRAFT)
            else:
                actions.reject(person, told, "A test of the line.")
            outcomes.append("done")
        except Conflict as conflict:
            outcomes.append("first" if "person" in str(conflict) else str(conflict))

    assert at_once(*(partial(decide, person) for person in people)) == []
    assert sorted(outcomes) == ["done"] + ["first"] * 7
    assert Decision.objects.count() == 1
    books(operation)


def test_a_category_of_persons_at_risk_marks_the_event(operation: Operation, volunteer: Person) -> None:
    above = operation.categories.get(code="2")
    above.persons_at_risk = True
    above.save()
    itself = actions.accept(volunteer, report(operation), EventDraft(categories=("1a",)))
    inherited = actions.accept(volunteer, report(operation), EventDraft(categories=("2a",)))
    other = actions.accept(volunteer, report(operation), EventDraft())
    assert (itself.persons_at_risk, inherited.persons_at_risk, other.persons_at_risk) == (True, True, False)


def test_the_commune_is_stored_beside_the_place_unless_the_place_is_coarser(
    operation: Operation, volunteer: Person
) -> None:
    fine = actions.accept(volunteer, report(operation), DRAFT)
    coarse = actions.accept(
        volunteer, report(operation), EventDraft(spot=Spot(-72.303, 18.545, Precision.ADM1, 40_000))
    )
    assert fine.commune is not None
    assert fine.commune.name == "Delmas"
    assert coarse.commune is None


# --- what cannot be ------------------------------------------------------------------------------------------------


def at(lon: float, lat: float, radius_m: int = 50) -> EventDraft:
    return EventDraft(spot=Spot(lon, lat, Precision.EXACT, radius_m))


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (at(0, 0), "null island"),
        (at(18.5, -72.3), "swapped"),
        (at(-72.3, 91), "coordinates"),
        (at(181, 18), "coordinates"),
        (at(float("nan"), 18), "coordinates"),
        (at(5.73, 50.22), "outside"),
        (at(-72.3, 18.5, radius_m=2_000_000), "radius"),
        (EventDraft(affected=Range(20, 10)), "affected"),
        (EventDraft(affected=Range(-1, None)), "affected"),
        (EventDraft(title="x" * 301), "too long"),
        (EventDraft(summary="a\0b"), "nul"),
        (EventDraft(title="Call +509 5550 1234"), "contact data"),
        (EventDraft(categories=("9z",)), "category"),
        (EventDraft(occurred_at=timezone.now() + timedelta(days=2)), "future"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    operation: Operation, volunteer: Person, draft: EventDraft, reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        actions.accept(volunteer, report(operation), draft)
    assert refused.value.reason == reason
    assert books(operation) == {"waiting": 1}
    assert not Event.objects.exists()
    assert not Decision.objects.exists()


def test_a_place_outside_is_taken_when_it_is_meant(operation: Operation, volunteer: Person) -> None:
    event = actions.accept(
        volunteer,
        report(operation),
        EventDraft(spot=Spot(-70.0, 18.5, Precision.ADM2, 10_000), outside_confirmed=True),
    )
    assert event.lon == -70.0


# --- attach and reject ---------------------------------------------------------------------------------------------


def test_reports_of_one_event_join_it_and_leave_it_unchanged(operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    told = [report(operation, f"Toujou pa gen dlo {n}") for n in range(5)]
    for one in told:
        actions.attach(volunteer, one, event)
    assert EventReport.objects.filter(event=event).count() == 6
    for decision in Decision.objects.filter(kind=DecisionKind.ATTACH):
        undo(volunteer, decision)
    assert books(operation) == {"in_event": 1, "waiting": 5}
    assert [type(one).objects.get(pk=one.pk).text for one in told] == [one.text for one in told]


def test_a_report_is_not_attached_to_another_operations_event(operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    told = report(operation)
    other = Operation.objects.get(pk=operation.pk)
    other.pk, other.slug = None, "other"
    other.save()
    Membership.objects.create(person=volunteer, operation=other, role=Role.VOLUNTEER)
    type(event).objects.filter(pk=event.pk).update(operation=other)
    event.refresh_from_db()
    with pytest.raises(Refused, match="different operations"):
        actions.attach(volunteer, told, event)


def test_rejecting_needs_a_reason_and_is_undone(operation: Operation, volunteer: Person) -> None:
    told = report(operation)
    with pytest.raises(Refused, match="reason"):
        actions.reject(volunteer, told, "  ")
    actions.reject(volunteer, told, "An advertisement.")
    assert books(operation) == {"rejected": 1}
    undo(volunteer, last(operation))
    assert books(operation) == {"waiting": 1}


# --- publication, edit, translation --------------------------------------------------------------------------------


def test_withdrawing_retracts_and_undoing_shows_again(operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    with pytest.raises(Refused, match="reason"):
        actions.publish(volunteer, event, Publication.WITHDRAWN)
    actions.publish(volunteer, event, Publication.WITHDRAWN, "Wrong village.")
    with pytest.raises(Conflict, match="withdrawn already"):
        actions.publish(volunteer, event, Publication.WITHDRAWN, "Wrong village.")
    undo(volunteer, last(operation))
    event.refresh_from_db()
    assert event.publication == "published"
    assert public_log(operation) == [False, True, False]


def test_an_edit_is_restored_word_for_word(operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    before = drafts.of_event(event)
    changed = EventDraft("Water again", "", ("1a", "2a"), None, timezone.now(), Range(10, None))
    actions.edit(volunteer, event, changed)
    event.refresh_from_db()
    assert event.persons_at_risk
    assert event.affected == Range(10, None)
    undo(volunteer, last(operation))
    event.refresh_from_db()
    assert drafts.of_event(event) == before
    assert not event.persons_at_risk
    assert event.commune is not None


def test_saving_what_is_there_already_is_no_decision(operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    actions.edit(volunteer, event, DRAFT)
    assert Decision.objects.count() == 1


def test_who_edits_what_somebody_changed_meanwhile_is_told(
    operation: Operation, volunteer: Person, verifier: Person
) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    seen = event.updated_at
    actions.edit(verifier, event, EventDraft(title="Somewhere else"))
    with pytest.raises(Conflict, match="vincent edited"):
        actions.edit(volunteer, event, EventDraft(title="Mine"), seen=seen)


def test_a_translation_stands_beside_the_original(operation: Operation, volunteer: Person) -> None:
    told = report(operation)
    actions.translate(volunteer, told, "en", "No water in Delmas 33")
    assert told.translations.get().text == "No water in Delmas 33"
    told.refresh_from_db()
    assert told.text == "Pa gen dlo nan Delmas 33"
    undo(volunteer, last(operation))
    assert not told.translations.exists()


# --- status --------------------------------------------------------------------------------------------------------


def test_two_messages_of_one_sender_never_corroborate(operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation, number="+50955500001"), DRAFT)
    actions.attach(volunteer, report(operation, number="+50955500001"), event)
    actions.attach(volunteer, report(operation), event)
    actions.attach(volunteer, report(operation), event)
    with pytest.raises(Conflict, match="2 independent senders; this event has 1"):
        actions.set_status(volunteer, event, Status.CORROBORATED)
    actions.attach(volunteer, report(operation, number="+50955500002"), event)
    assert actions.set_status(volunteer, event, Status.CORROBORATED).status == "corroborated"


def test_a_corroborated_event_keeps_its_senders(operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation, number="+50955500001"), DRAFT)
    actions.attach(volunteer, report(operation, number="+50955500002"), event)
    attached = last(operation)
    actions.set_status(volunteer, event, Status.CORROBORATED)
    with pytest.raises(Conflict, match="Undo that first: vero changed status"):
        undo(volunteer, attached)
    undo(volunteer, last(operation))
    undo(volunteer, attached)


@pytest.mark.parametrize("status", [Status.VERIFIED, Status.REFUTED, Status.UNVERIFIABLE])
def test_a_verifiers_word_needs_reason_and_evidence(
    operation: Operation, volunteer: Person, verifier: Person, status: Status
) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    with pytest.raises(NotAllowed, match="desk:event:verify"):
        actions.set_status(volunteer, event, status, "Saw it.", "A photograph.")
    with pytest.raises(Refused, match="evidence"):
        actions.set_status(verifier, event, status, "Saw it.")
    actions.set_status(verifier, event, status, "Called the health post.", "Note of the call, 14:10.")
    decision = last(operation)
    assert (decision.reason, decision.evidence) == ("Called the health post.", "Note of the call, 14:10.")
    with pytest.raises(NotAllowed, match="desk:event:verify"):
        actions.set_status(volunteer, event, Status.UNVERIFIED)
    with pytest.raises(NotAllowed, match="desk:event:verify"):
        undo(volunteer, decision)
    undo(verifier, decision)
    event.refresh_from_db()
    assert event.status == "unverified"


# --- undo ----------------------------------------------------------------------------------------------------------


def test_nothing_is_undone_twice_and_no_undo_undone(operation: Operation, volunteer: Person, verifier: Person) -> None:
    actions.reject(volunteer, report(operation), "A test.")
    decision = last(operation)
    taken_back = undo(verifier, decision)
    with pytest.raises(Conflict, match="undone already: vincent"):
        undo(volunteer, decision)
    with pytest.raises(Conflict, match="decide anew"):
        undo(volunteer, taken_back)


def test_what_others_built_upon_is_undone_last(operation: Operation, volunteer: Person, verifier: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    accepted = last(operation)
    actions.attach(verifier, report(operation), event)
    with pytest.raises(Conflict, match="Undo that first: vincent attached to an event"):
        undo(volunteer, accepted)
    undo(volunteer, last(operation))
    undo(volunteer, accepted)
    assert books(operation) == {"waiting": 2}


def test_of_two_edits_the_later_is_undone_first(operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    actions.edit(volunteer, event, EventDraft(title="One"))
    first = last(operation)
    actions.edit(volunteer, event, EventDraft(title="Two"))
    with pytest.raises(Conflict, match="Undo that first"):
        undo(volunteer, first)


# --- who may -------------------------------------------------------------------------------------------------------


def test_who_has_no_role_can_decide_nothing(operation: Operation, volunteer: Person, outsider: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    told = report(operation)
    decision = last(operation)
    for action in (
        lambda: actions.accept(outsider, told, DRAFT),
        lambda: actions.attach(outsider, told, event),
        lambda: actions.reject(outsider, told, "No."),
        lambda: actions.translate(outsider, told, "en", "No water"),
        lambda: actions.edit(outsider, event, EventDraft()),
        lambda: actions.publish(outsider, event, Publication.WITHDRAWN, "No."),
        lambda: actions.set_status(outsider, event, Status.CORROBORATED),
        lambda: undo(outsider, decision),
    ):
        with pytest.raises(NotAllowed):
            action()
    assert Decision.objects.count() == 1


def test_a_translator_translates_and_takes_back_only_their_own(
    operation: Operation, volunteer: Person, someone: Callable[..., Person]
) -> None:
    translator = someone("tina", Role.TRANSLATOR)
    told = report(operation)
    actions.translate(translator, told, "en", "No water")
    own = last(operation)
    actions.translate(volunteer, told, "fr", "Pas d'eau")
    with pytest.raises(NotAllowed, match="desk:decision:undo"):
        undo(translator, last(operation))
    undo(translator, own)
    with pytest.raises(NotAllowed, match="desk:report:triage"):
        actions.accept(translator, told, DRAFT)


def test_an_action_that_fails_half_way_leaves_nothing(
    operation: Operation, volunteer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RapportError("the disk is full")

    monkeypatch.setattr("rapport.events.log.record", broken)
    told = report(operation)
    with pytest.raises(RapportError):
        actions.accept(volunteer, told, DRAFT)
    told.refresh_from_db()
    assert told.standing == Standing.WAITING
    assert not Event.objects.exists()
    assert not Decision.objects.exists()


def test_a_reason_that_nobody_had_to_write_is_kept_whole_or_not_at_all(operation: Operation, verifier: Person) -> None:
    event = actions.accept(verifier, report(operation), DRAFT, publish=False)
    for reason in ("a\0b", "x" * (actions.REASON_LENGTH + 1)):
        with pytest.raises(Refused, match="reason"):
            actions.publish(verifier, event, Publication.PUBLISHED, reason)
        with pytest.raises(Refused, match="evidence"):
            actions.set_status(verifier, event, Status.CORROBORATED, evidence=reason)


def test_a_verified_event_is_rewritten_by_a_verifier_only(
    operation: Operation, volunteer: Person, verifier: Person
) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    actions.set_status(verifier, event, Status.VERIFIED, "seen", "a photograph")
    changed = replace(DRAFT, title="Something else")
    with pytest.raises(NotAllowed):
        actions.edit(volunteer, event, changed)
    assert actions.edit(verifier, event, changed).title == "Something else"


def test_a_code_that_the_gazetteer_does_not_know_is_refused(operation: Operation, volunteer: Person) -> None:
    assert DRAFT.spot is not None
    draft = replace(DRAFT, spot=replace(DRAFT.spot, pcode="+509 5550 4444"))
    with pytest.raises(Refused, match="P-code"):
        actions.accept(volunteer, report(operation), draft)
