"""Who writes into an operation's release logs at the same moment as somebody else enters what holds when both are
done. On SQLite whoever writes is alone anyway."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.events import due, live
from rapport.events.filters import Filters
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.sharing import activation
from rapport.sharing.models import LogLook
from rapport.sharing.protocol.library import text_of
from rapport.values import PUBLIC
from tests.together import at_once
from tests.web.desk import DRAFT, report

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
HOUSE = text_of("house").replace('name = "house"', 'name = "sample"', 1)
NOTHING = '\n[[limit]]\nname = "none"\nbeyond = "team"\nnothing = true\nwhy = "Nothing yet."\n'
LATER = '\n[[limit]]\nname = "late"\nbeyond = "team"\ndelay_hours = 24\nwhy = "A day later."\n'
LESS = '\n[[limit]]\nname = "less"\nbeyond = "team"\nwords = "none"\nwhy = "No words."\n'
WAITS_S = 0.5  # so long a transaction stays open while another one runs into it


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Role.CUSTODIAN)


def edit(person: Person, event: Event, category: str) -> None:
    now = Event.objects.get(pk=event.pk)
    actions.edit(person, now, replace(actions.drafts.of_event(now), categories=(category,)))


def in_one(work: Callable[[], object], done: threading.Event, waits: Callable[[], object]) -> Callable[[], None]:
    """The work in a transaction that stays open for a while after it."""

    def run() -> None:
        with transaction.atomic():
            work()
            done.set()
            waits()

    return run


def test_what_the_desk_publishes_during_an_activation_reaches_the_logs_of_the_new_protocol(
    operation: Operation, lead: Person, custodian: Person, verifier: Person
) -> None:
    activation.activate(custodian, activation.propose(lead, operation, HOUSE + NOTHING, "agreed"), "agreed")
    wide = activation.propose(lead, operation, HOUSE.replace('version = "3"', 'version = "4"'), "agreed")
    actions.accept(verifier, report(operation), DRAFT)
    activated, published, looked = threading.Event(), threading.Event(), threading.Event()
    activate = in_one(lambda: activation.activate(custodian, wide, "agreed"), activated, lambda: time.sleep(WAITS_S))
    publish = in_one(lambda: actions.accept(verifier, report(operation), DRAFT), published, lambda: looked.wait(20))

    def look() -> None:
        published.wait(20)
        live.view(operation, PUBLIC)  # the index of the new protocol is made while the event is not committed
        looked.set()

    assert at_once(activate, lambda: (activated.wait(20), publish()), look) == []
    assert live.view(operation, PUBLIC).index.size == 2


def test_a_delay_that_ends_while_the_desk_edits_leaves_in_the_log_what_is_given(
    operation: Operation, lead: Person, custodian: Person, verifier: Person
) -> None:
    """Else the log has what was before the edit: taken back later, it would be no change, and maps would keep it."""
    activation.activate(custodian, activation.propose(lead, operation, HOUSE + LATER, "agreed"), "agreed")
    event = actions.accept(verifier, report(operation), DRAFT)
    Event.objects.filter(pk=event.pk).update(published_at=timezone.now() - timedelta(hours=25))
    LogLook.objects.update(at=timezone.now() - timedelta(hours=2))
    edited = threading.Event()
    editing = in_one(lambda: edit(verifier, event, "2a"), edited, lambda: time.sleep(WAITS_S))
    assert at_once(editing, lambda: (edited.wait(20), due.tell(operation.pk))) == []
    assert live.view(operation, PUBLIC).select(Filters(categories=("2a",))).total == 1
    edit(verifier, event, "2b")
    assert live.view(operation, PUBLIC).select(Filters(categories=("2a",))).total == 0


def test_what_the_worker_works_out_while_the_desk_edits_is_not_written_over_the_edit(
    operation: Operation, lead: Person, custodian: Person, verifier: Person
) -> None:
    event = actions.accept(verifier, report(operation), DRAFT)
    activation.activate(custodian, activation.propose(lead, operation, HOUSE + LESS, "agreed"), "agreed")
    edited = threading.Event()
    editing = in_one(lambda: edit(verifier, event, "2a"), edited, lambda: time.sleep(WAITS_S))
    assert at_once(editing, lambda: (edited.wait(20), due.work_out(operation.pk))) == []
    assert live.view(operation, PUBLIC).select(Filters(categories=("2a",))).total == 1
    edit(verifier, event, "2b")
    assert live.view(operation, PUBLIC).select(Filters(categories=("2a",))).total == 0
