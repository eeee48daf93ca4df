"""Which events the desk offers: what a report may be attached to, how it is found, and what is listed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.desk import actions
from rapport.desk.record.undo import undo
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.models import Decision
from rapport.reports.models import Report, Suggestion, SuggestionKind
from rapport.values import Publication
from tests.web.desk import DRAFT, report
from tests.web.test_desk_pages import enter, form, path, text

__all__ = ["enter"]
DESK = "/sample/desk"


@pytest.fixture
def vero(enter: Any, volunteer: Person) -> Client:
    client: Client = enter(volunteer)
    return client


@pytest.fixture
def withdrawn(operation: Operation, volunteer: Person) -> Event:
    event = actions.accept(volunteer, report(operation, "Pa gen dlo"), DRAFT)
    return actions.publish(volunteer, event, Publication.WITHDRAWN, "The pump works again.")


def suggested(there: Event, here: Report) -> None:
    """A machine says that the report is nearly the same as the one in the event."""
    value = {"report": there.links.get().report_id}
    Suggestion.objects.create(
        report=here, kind=SuggestionKind.NEAR_DUPLICATE, value=value, score=0.9, reasons=["words"], function="test 1"
    )


def test_a_withdrawn_event_is_offered_nowhere(vero: Client, operation: Operation, withdrawn: Event) -> None:
    here = report(operation, "Pa gen dlo !")
    suggested(withdrawn, here)
    page = text(vero.get(path(here)))
    assert "(withdrawn)" in page
    assert f'value="{withdrawn.ref}"' not in page, (
        "neither beside what is nearly the same, nor as an event it may belong to"
    )
    assert f'value="{withdrawn.ref}"' not in text(vero.get(path(here), {"find": "No water"}))
    assert vero.get(f"{DESK}/find-events", {"q": "no water"}).json() == {"events": []}
    chosen = {"refs": here.ref, "do": "find", "find": "No water"}
    assert f'value="{withdrawn.ref}"' not in text(vero.post(f"{DESK}/selection/reports/decide/", chosen))


def test_an_event_that_readers_get_is_offered(vero: Client, operation: Operation, volunteer: Person) -> None:
    event, here = actions.accept(volunteer, report(operation, "Pa gen dlo"), DRAFT), report(operation, "Pa gen dlo !")
    suggested(event, here)
    assert text(vero.get(path(here))).count(f'value="{event.ref}"') == 2


def test_who_names_a_withdrawn_event_finds_it_marked_and_is_warned(
    vero: Client, operation: Operation, withdrawn: Event
) -> None:
    [found] = vero.get(f"{DESK}/find-events", {"q": withdrawn.ref.upper()}).json()["events"]
    assert (found["ref"], found["publication"]) == (withdrawn.ref, "withdrawn")
    warned = "It is withdrawn: no reader gets it"
    answer = vero.post(path(report(operation), "attach"), {"event": withdrawn.ref}, follow=True)
    assert warned in text(answer)
    many = {"refs": report(operation).ref, "do": "attach", "event": withdrawn.ref}
    assert warned in text(vero.post(f"{DESK}/selection/reports/decide/", many, follow=True))
    assert withdrawn.links.count() == 3


def test_a_withdrawn_event_is_found_to_be_merged(
    vero: Client, operation: Operation, volunteer: Person, withdrawn: Event
) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    assert f"?with={withdrawn.ref}" in text(vero.get(f"{DESK}/events/{event.ref}/merge/", {"find": "no water"}))


def test_an_event_is_found_by_the_name_it_is_shown_under(vero: Client, operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation), replace(DRAFT, title=""))
    actions.accept(volunteer, report(operation), replace(DRAFT, title="A school is open", spot=None, categories=()))
    for asked in ("Water shortage, Delmas 33", "water shortage delmas", "DELMAS, WATER"):
        found = vero.get(f"{DESK}/find-events", {"q": asked}).json()["events"]
        assert [one["ref"] for one in found] == [event.ref], asked
    assert [one["called"] for one in found] == ["Water shortage, Delmas 33"]
    for asked in ("food shortage delmas", "water jacmel", ",", "\u200b"):
        assert vero.get(f"{DESK}/find-events", {"q": asked}).json() == {"events": []}, asked


def test_an_event_without_reports_is_listed_when_asked_for(
    vero: Client, operation: Operation, volunteer: Person
) -> None:
    event, told = actions.accept(volunteer, report(operation), DRAFT), report(operation)
    gone = actions.accept(volunteer, told, DRAFT)
    undo(volunteer, Decision.objects.latest("pk"))

    def listed(**filters: str) -> list[bool]:
        page = text(vero.get(f"{DESK}/events/", filters))
        return [f'value="{one.ref}"' in page for one in (event, gone)]

    assert listed() == [True, False]
    assert listed(publication="withdrawn") == [False, False]
    assert listed(publication="empty") == [False, True]
    assert listed(q=gone.ref) == [False, True]
    assert "0 reports" not in text(vero.get(f"{DESK}/events/"))


# --- addresses that take a form ------------------------------------------------------------------------------------


def test_a_search_leads_to_the_reports_page_wherever_its_form_was_answered(vero: Client, operation: Operation) -> None:
    told = report(operation)
    answers = [
        vero.post(path(told, "accept"), {**form(), "look": "1", "place_name": "delm"}),
        vero.post(path(told, "accept"), form(lat="91")),
    ]
    for answer in answers:
        assert f'<form method="get" action="{path(told)}#attach"' in text(answer)


@pytest.mark.parametrize("what", ["accept", "attach", "reject", "translate", "take", "urgency", "ask"])
def test_the_address_of_a_decision_opened_as_a_page_is_the_reports_page(
    vero: Client, operation: Operation, what: str
) -> None:
    told = report(operation)
    assert vero.get(path(told, what))["Location"] == path(told)
    assert Client().get(path(told, what))["Location"].startswith("/accounts/login/")
    assert vero.put(path(told, what)).status_code == 405


@pytest.mark.parametrize("what", ["edit", "publication", "status", "response", "split", "merge/decide"])
def test_the_address_of_a_change_opened_as_a_page_is_the_events_page(
    vero: Client, operation: Operation, volunteer: Person, what: str
) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    here = f"{DESK}/events/{event.ref}/"
    assert vero.get(f"{here}{what}/")["Location"] == here


def test_the_search_for_an_event_to_merge_with_has_an_address(
    vero: Client, operation: Operation, volunteer: Person
) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    here = f"{DESK}/events/{event.ref}/merge/"
    assert f'<form method="get" action="{here}"' in text(vero.get(here))
