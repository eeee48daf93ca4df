"""What a verifier has judged stays as it was judged, whatever others press; withdrawing it is everybody's brake."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.desk import actions, many
from rapport.desk.record.undo import undo
from rapport.errors import NotAllowed, Refused
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Suggestion, SuggestionKind
from rapport.values import Publication, Status
from tests.web.desk import DRAFT, books, report
from tests.web.test_desk_pages import enter, form, path, text

__all__ = ["enter"]
DESK = "/sample/desk"
VERIFIERS = "only a verifier"


@pytest.fixture
def vero(enter: Any, volunteer: Person) -> Client:
    client: Client = enter(volunteer)
    return client


@pytest.fixture
def vincent(enter: Any, verifier: Person) -> Client:
    client: Client = enter(verifier)
    return client


@pytest.fixture
def verified(operation: Operation, volunteer: Person, verifier: Person) -> Event:
    """An event of two reports that the volunteer made and rewrote, and the verifier then verified."""
    event = actions.accept(volunteer, report(operation, "Pa gen dlo"), DRAFT)
    actions.edit(volunteer, event, replace(DRAFT, summary="Two pumps are broken."))
    actions.attach(volunteer, report(operation, "Ponp lan kraze"), event)
    return actions.set_status(verifier, event, Status.VERIFIED, "Seen.", "A photograph.")


def last(kind: DecisionKind) -> Decision:
    return Decision.objects.filter(kind=kind).latest("pk")


def test_only_a_verifier_attaches_to_what_is_verified(
    operation: Operation, volunteer: Person, verifier: Person, verified: Event
) -> None:
    told = report(operation)
    with pytest.raises(NotAllowed, match=r"only a verifier .* desk:event:verify"):
        actions.attach(volunteer, told, verified)
    with pytest.raises(NotAllowed, match=VERIFIERS):
        many.attach(volunteer, operation, [told.ref, report(operation).ref], verified)
    assert books(operation) == {"in_event": 2, "waiting": 2}
    actions.attach(verifier, told, verified)
    assert books(operation) == {"in_event": 3, "waiting": 1}


def test_whoever_may_publish_withdraws_with_a_reason_and_a_verifier_publishes_again(
    volunteer: Person, verifier: Person, verified: Event
) -> None:
    with pytest.raises(Refused, match="reason"):
        actions.publish(volunteer, verified, Publication.WITHDRAWN)
    with pytest.raises(Refused, match="reason"):
        actions.publish(volunteer, verified, Publication.DRAFT)
    actions.publish(volunteer, verified, Publication.WITHDRAWN, "It names a hiding place.")
    for again in (Publication.PUBLISHED, Publication.DRAFT):
        with pytest.raises(NotAllowed, match=VERIFIERS):
            actions.publish(volunteer, verified, again, "I was wrong.")
    assert actions.publish(verifier, verified, Publication.PUBLISHED).publication == "published"


def test_who_withdrew_it_by_mistake_takes_that_back(volunteer: Person, verified: Event) -> None:
    actions.publish(volunteer, verified, Publication.WITHDRAWN, "The wrong one.")
    undo(volunteer, last(DecisionKind.PUBLISH))
    verified.refresh_from_db()
    assert (verified.publication, verified.status) == ("published", "verified")


def test_of_many_published_at_once_the_judged_ones_are_left_alone_and_named(
    operation: Operation, volunteer: Person, verified: Event
) -> None:
    other = actions.accept(volunteer, report(operation), DRAFT)
    refs = [verified.ref, other.ref]
    assert many.publish(volunteer, operation, refs, Publication.WITHDRAWN, "A drill.").left == []
    done = many.publish(volunteer, operation, refs, Publication.PUBLISHED)
    assert [(one.ref, VERIFIERS in one.why) for one in done.left] == [(verified.ref, True)]
    other.refresh_from_db()
    assert other.publication == "published"


@pytest.mark.parametrize("kind", [DecisionKind.EDIT, DecisionKind.ATTACH])
def test_what_came_before_the_verdict_is_taken_back_by_a_verifier_only(
    vero: Client, volunteer: Person, verifier: Person, verified: Event, kind: DecisionKind
) -> None:
    decision = last(kind)
    with pytest.raises(NotAllowed, match=VERIFIERS):
        undo(volunteer, decision)
    page = text(vero.get(f"{DESK}/events/{verified.ref}/"))
    assert f"/decisions/{decision.pk}/undo/" not in page
    undo(verifier, decision)


def test_reports_merged_in_before_the_verdict_stay_without_a_verifier(
    operation: Operation, volunteer: Person, verifier: Person
) -> None:
    first, other = (actions.accept(volunteer, report(operation), DRAFT) for _ in range(2))
    many.merge(volunteer, operation, [first.ref, other.ref], first)
    actions.set_status(verifier, first, Status.REFUTED, "Nobody there.", "Called the school.")
    with pytest.raises(NotAllowed, match=VERIFIERS):
        undo(volunteer, last(DecisionKind.MERGE))
    undo(verifier, last(DecisionKind.MERGE))


def test_a_report_that_belongs_to_a_verified_event_waits_for_a_verifier(
    vero: Client, vincent: Client, operation: Operation, verified: Event
) -> None:
    told, inside = report(operation, "Ponp lan kraze !"), verified.links.latest("pk").report
    near, value = SuggestionKind.NEAR_DUPLICATE, {"report": inside.pk}
    Suggestion.objects.create(report=told, kind=near, value=value, score=0.9, reasons=["words"], function="test 1")
    button, searched = f'name="event" value="{verified.ref}"', {"find": "No water"}
    page = text(vero.get(path(told), searched))
    assert button not in page
    assert page.count("only a verifier attaches to it") == 3, "nearly the same, likely, and found"
    assert text(vincent.get(path(told), searched)).count(button) == 3
    [found] = vero.get(f"{DESK}/find-events", {"q": "no water"}).json()["events"]
    assert found["closed"]
    answer = vero.post(path(told, "attach"), {"event": verified.ref})
    assert answer.status_code == 403
    assert VERIFIERS in text(answer)
    assert 'id="decide"' in text(answer), "the report's own page, to be decided about in another way"
    chosen = {"refs": told.ref, "event": verified.ref, "find": "No water"}
    assert button not in text(vero.post(f"{DESK}/selection/reports/decide/", {**chosen, "do": "find"}))
    assert VERIFIERS in text(vero.post(f"{DESK}/selection/reports/decide/", {**chosen, "do": "attach"}))
    assert books(operation) == {"in_event": 2, "waiting": 1}
    assert told.suggestions.count() == 1


def test_a_withdrawn_verified_event_says_who_publishes_it_again(
    vero: Client, vincent: Client, volunteer: Person, verified: Event
) -> None:
    here = f"{DESK}/events/{verified.ref}/"
    assert "Withdraw it" in text(vero.get(here))
    actions.publish(volunteer, verified, Publication.WITHDRAWN, "It names a hiding place.")
    assert "only a verifier publishes it again" in text(vero.get(here))
    assert "Publish it" not in text(vero.get(here))
    assert "Publish it" in text(vincent.get(here))


# --- the pages -----------------------------------------------------------------------------------------------------


def test_what_a_verifier_has_judged_is_read_not_filled_in(vero: Client, vincent: Client, verified: Event) -> None:
    here = f"{DESK}/events/{verified.ref}/"
    page = text(vero.get(here))
    assert "only a verifier changes what it says" in page
    assert "Two pumps are broken." in page
    assert "Water shortage" in page
    for what in ("edit", "split", "merge", "status"):
        assert f"{here}{what}/" not in page
        assert f"{here}{what}/" in text(vincent.get(here))
    assert f"{here}response/" in page, "what is done about it everybody says"


def test_who_is_overtaken_by_a_verdict_keeps_what_was_written_and_finds_back(vero: Client, verified: Event) -> None:
    here = f"{DESK}/events/{verified.ref}/"
    typed = form(title="Water is back", summary="A tanker came <at noon>.", seen=verified.updated_at.isoformat())
    answer = vero.post(f"{here}edit/", typed)
    assert answer.status_code == 403
    page = text(answer)
    for shown in ("only a verifier", "What you had written", "Water is back", "&lt;at noon&gt;", f'href="{here}"'):
        assert shown in page
    judged = {"status": "unverified", "reason": "It is not so.", "evidence": "I was there."}
    page = text(vero.post(f"{here}status/", judged))
    assert "It is not so." in page
    assert "I was there." in page


def test_who_lost_the_role_meanwhile_keeps_what_was_written_and_finds_back(
    vero: Client, operation: Operation, volunteer: Person
) -> None:
    told = report(operation)
    volunteer.memberships.update(role="custodian")
    answer = vero.post(path(told, "reject"), {"reason": "It was told before."})
    assert answer.status_code == 403
    assert "It was told before." in text(answer)
    assert f'href="{path(told)}">Back to the report' in text(answer)
