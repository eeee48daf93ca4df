"""People who decide about the same events at the same moment wait for each other, and nobody is turned away by the
database. On whichever one the tests run on: PostgreSQL ends one of two that wait for each other for ever."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from rapport.accounts.models import Person
from rapport.desk import actions, many
from rapport.desk.event import responding
from rapport.desk.record.undo import undo
from rapport.desk.report import attachments
from rapport.errors import Conflict
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.models import Decision
from rapport.reports.models import Attachment
from rapport.values import Response
from tests.together import at_once
from tests.web.desk import DRAFT, books, report

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS, ROUNDS, PAIRS = 12, 3, 15


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


def test_one_undoes_a_selection_while_another_undoes_each(operation: Operation, lead: Person, verifier: Person) -> None:
    """Nothing is taken back twice; whoever comes second is told so."""
    for number in range(PAIRS):
        chosen = [report(operation, f"Dlo {number} {one}") for one in range(4)]
        refs = [one.ref for one in chosen]
        act = [
            lambda refs=refs: many.reject(lead, operation, refs, "Not for us."),
            lambda refs=refs: many.together(lead, operation, refs, DRAFT, publish=True),
        ][number % 2]
        bulk = act().decision
        parts = list(bulk.parts.order_by("-pk"))

        def together(bulk: Decision = bulk) -> None:
            with suppress(Conflict):
                undo(lead, bulk)

        def one_by_one(parts: list[Decision] = parts) -> None:
            for part in parts:
                with suppress(Conflict):
                    undo(verifier, part)

        assert at_once(together, one_by_one) == []
        assert {part.undone_by.kind for part in bulk.parts.select_related("undone_by")} == {"undo"}
    assert books(operation) == {"waiting": PAIRS * 4}


def test_a_file_is_shown_and_taken_back_by_two_at_once(operation: Operation, lead: Person, verifier: Person) -> None:
    told = report(operation, "Dlo")
    actions.accept(lead, told, DRAFT)
    file = Attachment.objects.create(
        report=told, number=1, found_type="image/jpeg", size=1, sha256="0" * 64, key_sealed=b"", stored="1" * 32,
        state="clean", copy_type="image/jpeg",
    )  # fmt: skip
    for _ in range(PAIRS):
        made = attachments.show_to_readers(lead, file, "It shows the pump.")

        def hide() -> None:
            with suppress(Conflict):
                attachments.hide_from_readers(verifier, file, "A face is seen.")

        def take_back(made: Decision = made) -> None:
            with suppress(Conflict):
                undo(lead, made)

        assert at_once(hide, take_back) == []
        assert Attachment.objects.get().published_in is None
