"""What the protocol gives later, or until a day, reaches the release log when its time has come, and only then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.events.due import tell
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.sharing import activation
from rapport.sharing.models import LogLook, ProtocolVersion, ReleaseEntry
from rapport.sharing.protocol.file import digest
from rapport.sharing.protocol.library import text_of
from tests.web.desk import DRAFT, report

HOUSE = text_of("house").replace('name = "house"', 'name = "sample"')
LATER = HOUSE.replace('why = "Published by', 'delay_hours = 24\nwhy = "Published by')


def agreed(operation: Operation, someone: Callable[..., Person], text: str) -> None:
    lead, custodian = someone("lea", Role.LEAD), someone("carol", Role.CUSTODIAN)
    activation.activate(custodian, activation.propose(lead, operation, text, "agreed"), "agreed")


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
    # The same protocol, whose grant ran out a minute ago without anybody doing anything.
    over = f'until = {(now - timedelta(minutes=1)).isoformat()}\nwhy = "Published by'
    text = HOUSE.replace('why = "Published by', over)
    ProtocolVersion.objects.update(text=text, digest=digest(text))
    LogLook.objects.create(operation=operation, at=now - timedelta(minutes=5))
    assert tell(operation.pk) == 1
    assert logged(event) == [False, True]
    assert tell(operation.pk) == 0


def test_a_protocol_without_delays_and_dates_is_not_looked_at(
    operation: Operation, publishing: Callable[[], Event]
) -> None:
    publishing()
    assert tell(operation.pk) == 0
    assert not LogLook.objects.exists()
