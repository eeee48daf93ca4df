"""The release log of an audience moves when what the audience gets changes, and when nothing of that changes it stands
still: with it the feeds' ETags, the pulse of the pages and the time of the last change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.events import due, live
from rapport.events.models import Event
from rapport.events.releases import by_ref
from rapport.operations.models import Operation
from rapport.sharing import activation
from rapport.sharing.models import ReleaseEntry
from rapport.sharing.protocol.library import text_of
from rapport.values import Purpose, Reader
from tests.web.desk import DRAFT, report

PUBLIC = Reader()
#: Of every event only its category and its commune, for everybody beyond the team.
LITTLE = (
    text_of("house").replace('name = "house"', 'name = "sample"')
    + """
[[limit]]
name = "little"
beyond = "team"
for = ["view", "export", "alert", "push"]
place = "adm2"
words = "none"
fields = ["place", "occurred_at"]
why = "Only what and in which commune."
"""
)
NO_WORDS_ON_PAGES = LITTLE.replace('for = ["view", "export", "alert", "push"]', 'for = ["view"]')


@pytest.fixture
def agreed(operation: Operation, lead: Person, someone: Callable[..., Person]) -> Callable[[str], None]:
    custodian = someone("carol", Role.CUSTODIAN)
    return lambda text: activation.activate(custodian, activation.propose(lead, operation, text, "agreed"), "agreed")


@pytest.fixture
def event(operation: Operation, verifier: Person) -> Event:
    return actions.accept(verifier, report(operation), DRAFT)


def entries(audience: str) -> int:
    return ReleaseEntry.objects.filter(audience=audience).count()


def edited(verifier: Person, event: Event, **said: object) -> None:
    now = Event.objects.get(pk=event.pk)
    actions.edit(verifier, now, replace(actions.drafts.of_event(now), **said))  # type: ignore[arg-type]


def test_a_change_to_what_nobody_outside_gets_is_entered_for_the_team_alone(
    agreed: Callable[[str], None], operation: Operation, event: Event, verifier: Person
) -> None:
    agreed(LITTLE)
    while due.work_out(operation.pk):
        pass
    ReleaseEntry.objects.update(at=timezone.now() - timedelta(hours=1))
    public, team = entries("public"), entries("team")
    told, state = by_ref(operation, PUBLIC, Purpose.VIEW, event.ref), live.view(operation, PUBLIC).state
    edited(verifier, event, title="otherwise", summary="otherwise")
    assert (entries("public"), entries("team")) == (public, team + 1)
    assert by_ref(operation, PUBLIC, Purpose.VIEW, event.ref) == told
    assert live.view(operation, PUBLIC).state == state
    edited(verifier, event, categories=("2a",))
    assert entries("public") == public + 1
    after = by_ref(operation, PUBLIC, Purpose.VIEW, event.ref)
    assert after is not None
    assert told is not None
    assert after.updated_at > told.updated_at


def test_as_long_as_nobody_has_worked_out_what_is_given_each_change_is_entered(
    agreed: Callable[[str], None], event: Event, verifier: Person
) -> None:
    """Better told too much of when than too little of what."""
    agreed(LITTLE)
    before = entries("public")
    edited(verifier, event, title="otherwise")
    assert entries("public") == before + 1
    edited(verifier, event, title="otherwise again")  # from here on it is known
    assert entries("public") == before + 1


def test_a_protocol_that_changes_nothing_of_an_event_does_not_say_that_the_event_changed(
    agreed: Callable[[str], None], operation: Operation, event: Event
) -> None:
    before = by_ref(operation, PUBLIC, Purpose.VIEW, event.ref)
    agreed(LITTLE)
    after = by_ref(operation, PUBLIC, Purpose.VIEW, event.ref)
    assert before is not None
    assert after is not None
    assert (after.updated_at, after.title) == (before.updated_at, "")


def test_who_may_only_look_does_not_learn_of_changes_to_what_is_taken_away(
    agreed: Callable[[str], None], operation: Operation, event: Event, verifier: Person
) -> None:
    agreed(NO_WORDS_ON_PAGES)
    while due.work_out(operation.pk):
        pass
    looked, taken = (live.view(operation, PUBLIC, purpose).state for purpose in (Purpose.VIEW, Purpose.EXPORT))
    edited(verifier, event, summary="otherwise")
    assert live.view(operation, PUBLIC, Purpose.VIEW).state == looked
    assert live.view(operation, PUBLIC, Purpose.EXPORT).state != taken


@pytest.mark.parametrize("page", ["", "why/", "files/1", "files/1/small"])
def test_a_draft_costs_just_the_queries_of_a_typing_error(
    client: Client, operation: Operation, verifier: Person, page: str
) -> None:
    draft = actions.accept(verifier, report(operation), DRAFT, publish=False)
    asked = []
    for ref in ("zzzzzzzz", draft.ref):
        client.get("/sample/")  # whatever is read once is read
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(f"/sample/events/{ref}/{page}").status_code == 404
        asked.append([query["sql"].replace(ref, "") for query in queries.captured_queries])
    assert asked[0] == asked[1]
