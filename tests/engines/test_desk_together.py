"""People who decide about the same events at the same moment wait for each other, and nobody is turned away by the
database. On whichever one the tests run on: PostgreSQL ends one of two that wait for each other for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import connection

from rapport.accounts.models import Person
from rapport.desk import actions, many, responding
from rapport.errors import Conflict
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.models import Decision
from rapport.values import Response
from tests.web.desk import DRAFT, report

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS, ROUNDS, PAIRS = 12, 3, 15


def at_once(*works: Callable[[], object]) -> list[BaseException]:
    """Do all of it at the same time; what went wrong."""
    start, faults = threading.Barrier(len(works)), list[BaseException]()

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait(timeout=60)
            work()
        except Exception as error:  # noqa: BLE001 - the test says it
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_one_decides_about_many_events_while_others_decide_about_each(operation: Operation, lead: Person) -> None:
    events = [actions.accept(lead, report(operation, f"Dlo {number}"), DRAFT) for number in range(EVENTS)]
    refs = [event.ref for event in events]

    def together() -> None:
        for number in range(ROUNDS):
            many.respond(lead, operation, refs, Response.ASSIGNED, f"Team {number}")

    def one_by_one() -> None:
        for number in range(ROUNDS):
            for event in events:  # from the other end than the selection
                responding.respond(lead, Event.objects.get(pk=event.pk), Response.ASSIGNED, f"Rose {number}")

    assert at_once(together, one_by_one) == []
    assert Decision.objects.filter(kind="respond").count() == 2 * EVENTS * ROUNDS


def test_one_attaches_many_reports_while_another_attaches_each(
    operation: Operation, lead: Person, verifier: Person
) -> None:
    event = actions.accept(lead, report(operation, "Dlo"), DRAFT)
    reports = [report(operation, f"Manje {number}") for number in range(PAIRS * 2)]
    pairs = list(zip(reports[::2], reports[1::2], strict=True))
    again = threading.Barrier(2)

    def together() -> None:
        for pair in pairs:
            again.wait(timeout=60)
            with suppress(Conflict):  # the other one was first with all of them
                many.attach(lead, operation, [one.ref for one in pair], event)

    def one_by_one() -> None:
        for pair in pairs:
            again.wait(timeout=60)
            for one in reversed(pair):
                with suppress(Conflict):
                    actions.attach(verifier, one, event)

    assert at_once(together, one_by_one) == []
    assert event.links.count() == len(reports) + 1
    assert Decision.objects.filter(kind="attach").count() == len(reports)
