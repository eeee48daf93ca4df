"""What the protocol gives later, or until a day, reaches the release log when its time has come, and only then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.events import live
from rapport.events.due import tell, work_out
from rapport.events.models import Event
from rapport.events.rows import Asked
from rapport.operations.models import Operation
from rapport.sharing import activation
from rapport.sharing.models import LogLook, ProtocolVersion, ReleaseEntry
from rapport.sharing.protocol.file import digest
from rapport.sharing.protocol.library import text_of
from rapport.values import PUBLIC, Purpose
from tests.web.desk import DRAFT, report

HOUSE = text_of("house").replace('name = "house"', 'name = "sample"')
LATER = HOUSE.replace('why = "Published by', 'delay_hours = 24\nwhy = "Published by')


def agreed(operation: Operation, someone: Callable[..., Person], text: str) -> None:
    lead, custodian = someone("lea", Role.LEAD), someone("carol", Role.CUSTODIAN)
    activation.activate(custodian, activation.propose(lead, operation, text, "agreed"), "agreed")


def ran_out(moment: datetime) -> None:
    """The same protocol, whose grant ran out at that moment without anybody doing anything."""
    text = HOUSE.replace('why = "Published by', f'until = {moment.isoformat()}\nwhy = "Published by')
    ProtocolVersion.objects.update(text=text, digest=digest(text))


def logged(event: Event) -> list[bool]:
    """The public log's entries of an event: whether each takes it back."""
    entries = ReleaseEntry.objects.filter(audience="public", event_id=event.pk).order_by("seq")
    return list(entries.values_list("retracted", flat=True))


@pytest.fixture
def publishing(volunteer: Person, operation: Operation) -> Callable[[], Event]:
    return lambda: actions.accept(volunteer, report(operation), DRAFT)


def test_the_end_of_a_delay_is_entered_once_and_for_whom_it_ends(
    operation: Operation, someone: Callable[..., Person], publishing: Callable[[], Event]
) -> None:
    agreed(operation, someone, LATER)
    event = publishing()
    assert tell(operation.pk) == 0
    assert logged(event) == []
    Event.objects.update(published_at=timezone.now() - timedelta(hours=24, seconds=1))
    LogLook.objects.update(at=timezone.now() - timedelta(minutes=1))
    assert tell(operation.pk) == 2  # for the public; and for the team, since this test changed the time it is told
    assert logged(event) == [False]
    assert tell(operation.pk) == 0


def test_what_a_rule_gave_until_a_day_is_taken_back_when_it_is_over(
    operation: Operation, someone: Callable[..., Person], publishing: Callable[[], Event]
) -> None:
    agreed(operation, someone, HOUSE)
    event = publishing()
    now = timezone.now()
    ran_out(now - timedelta(minutes=1))
    LogLook.objects.update(at=now - timedelta(minutes=5))
    assert tell(operation.pk) == 1
    assert logged(event) == [False, True]
    assert tell(operation.pk) == 0


def test_a_protocol_without_delays_and_dates_is_not_looked_at(
    operation: Operation, publishing: Callable[[], Event]
) -> None:
    publishing()
    before = LogLook.objects.get().at
    assert tell(operation.pk) == 0
    assert LogLook.objects.get().at == before


def test_what_ran_out_before_the_worker_came_to_it_is_taken_back(
    operation: Operation, someone: Callable[..., Person], publishing: Callable[[], Event]
) -> None:
    """A protocol enters what it gives at once; what that is in full is worked out later. Else the log would have given
    an event that nobody gets any more, and would never say so."""
    event = publishing()
    agreed(operation, someone, HOUSE)
    ran_out(timezone.now() - timedelta(seconds=1))
    assert work_out(operation.pk) == 1
    assert logged(event) == [False, False, True]
    assert work_out(operation.pk) == 0


def test_an_index_made_anew_beside_requests_has_what_came_due_meanwhile(
    operation: Operation,
    someone: Callable[..., Person],
    publishing: Callable[[], Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "close_old_connections", lambda: None)  # this test has one connection only
    agreed(operation, someone, LATER)
    publishing()
    asked = Asked.of(operation.pk, PUBLIC, Purpose.VIEW)
    later = replace(asked, now=asked.now + timedelta(hours=25))
    kept = live._kept(operation.pk, "public", Purpose.VIEW)
    kept.current(asked)
    assert kept.current(later).index.size == 1
    kept._rebuild(asked)  # begun before the delay ended, done after a request that saw its end
    assert kept.current(replace(later, now=later.now + timedelta(minutes=1))).index.size == 1
