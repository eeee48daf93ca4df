"""Which event a report most likely belongs to: asked anew each time its page is shown, and decided by a person."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rapport.accounts.models import Person
from rapport.desk import actions
from rapport.desk.record.undo import undo
from rapport.desk.report import belonging
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.models import Decision
from rapport.reports.models import Report, Suggestion, SuggestionKind
from rapport.values import Precision, Spot
from tests.web.desk import DELMAS, DRAFT, report
from tests.web.test_desk_alike import like
from tests.web.test_desk_pages import enter, path, text

__all__ = ["enter"]
JACMEL = Spot(-72.535, 18.234, Precision.STREET, 300, "Jacmel")


@pytest.fixture
def vero(enter: Any, volunteer: Person) -> Client:
    client: Client = enter(volunteer)
    return client


@pytest.fixture
def orphanage(operation: Operation, volunteer: Person) -> Event:
    """What the report is about, among others about the same place and the same need."""
    for n in range(12):
        actions.accept(volunteer, report(operation, f"Pa gen dlo nan lari {n}"), replace(DRAFT, title=f"No water {n}"))
    told = report(operation, "The orphanage Zanmi Jezi has no water for forty children", number="+50955500001")
    event = actions.accept(volunteer, told, replace(DRAFT, title="Orphanage without water"))
    actions.accept(volunteer, report(operation, "Wout la bloke"), replace(DRAFT, title="Road blocked", spot=JACMEL))
    return event


def placed(told: Report, spot: Spot = DELMAS) -> Report:
    value = {"lon": spot.lon, "lat": spot.lat, "name": spot.name, "precision": spot.precision.value,
             "radius_m": spot.radius_m}  # fmt: skip
    Suggestion.objects.create(
        report=told, kind=SuggestionKind.PLACE, value=value, score=0.9, reasons=["its name"], function="test 1"
    )
    return told


def offered(page: str) -> str:
    found = re.search(r'<section aria-labelledby="belonging">.*?</section>', page, re.S)
    assert found is not None
    return found[0]


def test_the_event_it_tells_of_is_offered_first_with_reasons(
    vero: Client, operation: Operation, orphanage: Event
) -> None:
    told = placed(report(operation, "Children of the orphanage Zanmi Jezi are thirsty"))
    shown = offered(text(vero.get(path(told))))
    refs = re.findall(r'name="event" value="(\w+)"', shown)
    assert refs[0] == orphanage.ref
    assert len(refs) <= 3
    for reason in ("“jezi”", "at the same place", "told by 1 independent sender<"):
        assert reason in shown, reason


def test_it_is_added_by_the_decision_that_there_is_and_one_undo_takes_it_out(
    vero: Client, operation: Operation, volunteer: Person, orphanage: Event
) -> None:
    told = placed(report(operation, "Children of the orphanage Zanmi Jezi are thirsty"))
    vero.post(path(told, "attach"), {"event": orphanage.ref, "suggestion": ""})
    assert orphanage.links.filter(report=told).exists()
    undo(volunteer, Decision.objects.latest("pk"))
    assert not orphanage.links.filter(report=told).exists()


def test_senders_are_counted_who_speak_independently(
    vero: Client, operation: Operation, volunteer: Person, orphanage: Event
) -> None:
    words = "Timoun nan òfelina Zanmi Jezi swaf anpil"
    for number in ("+50955500001", "+50955500001", "+50955500002"):
        actions.attach(volunteer, report(operation, words, number=number), orphanage)
    told = placed(report(operation, "Children of the orphanage Zanmi Jezi are thirsty"))
    assert "told by 2 independent senders" in offered(text(vero.get(path(told))))


def test_what_changed_since_the_report_came_counts(
    vero: Client, operation: Operation, volunteer: Person, orphanage: Event
) -> None:
    told = report(operation, "Lekòl Sen Jozèf pa gen tant")
    assert "No event stands out" in offered(text(vero.get(path(told))))
    actions.accept(volunteer, report(operation, "Lekòl Sen Jozèf bezwen tant"), replace(DRAFT, title="Tents"))
    assert "Tents" in offered(text(vero.get(path(told))))


def test_an_event_that_holds_a_later_near_duplicate_is_offered(
    vero: Client, operation: Operation, volunteer: Person, orphanage: Event
) -> None:
    told = report(operation, "Moun bezwen manje")
    later = report(operation, "Moun bezwen manje anpil")
    like(later, told)
    event = actions.accept(volunteer, later, replace(DRAFT, title="Hunger", spot=JACMEL, categories=("2a",)))
    shown = offered(text(vero.get(path(told))))
    assert re.findall(r'name="event" value="(\w+)"', shown)[0] == event.ref
    assert "a report of it says the same in like words" in shown


def test_nothing_is_offered_where_it_cannot_be_used(
    vero: Client, operation: Operation, volunteer: Person, orphanage: Event
) -> None:
    told = placed(report(operation, "Children of the orphanage Zanmi Jezi are thirsty"))
    actions.reject(volunteer, told, "A test.")
    assert 'id="belonging"' not in text(vero.get(path(told)))


def test_the_queries_do_not_grow_with_the_events(operation: Operation, volunteer: Person, orphanage: Event) -> None:
    def queries() -> int:
        told = placed(report(operation, "Children of the orphanage Zanmi Jezi are thirsty", categories_said=["2b"]))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert belonging.belonging(told, [], {}, DELMAS)
        return len(asked)

    few = queries()
    for n in range(60):
        actions.accept(volunteer, report(operation, f"Dlo {n} Zanmi"), replace(DRAFT, title=f"Water {n}"))
    assert queries() <= few + 2, "two of each event that is shown"
    assert few <= 18
