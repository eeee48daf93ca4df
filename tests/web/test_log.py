"""The release log of an audience moves when what the audience gets changes, and when nothing of that changes it stands
still: with it the feeds' ETags, the pulse of the pages and the time of the last change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.events import due, live
from rapport.events.models import Event
from rapport.events.releases import by_ref
from rapport.operations.models import Category, Operation
from rapport.sharing import activation
from rapport.sharing.handling import Handling
from rapport.sharing.models import ReleaseEntry
from rapport.sharing.protocol.library import text_of
from rapport.values import Purpose, Reader
from tests.web.desk import DRAFT, report

PUBLIC = Reader()
HOUSE = text_of("house").replace('name = "house"', 'name = "sample"', 1)
#: Of every event only its category and its commune, for everybody beyond the team.
LITTLE = (
    HOUSE
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

#: By commune, whoever holds the area.
HELD = HOUSE.replace(
    '[[audience]]\nname = "public"',
    '[[audience]]\nname = "partners"\ntitle = "Partners"\nsectors = ["health"]\n\n[[audience]]\nname = "public"',
).replace('to = ["public"]', 'to = ["partners", "public"]') + "".join(
    f"""
[[limit]]
name = "held-by-{who}"
beyond = "team"
{asked}
place = "adm2"
words = "none"
why = "By commune."
"""
    for who, asked in (
        ("government", 'when = { control = ["government"] }\nunless = { control = ["unknown"] }'),
        ("others", 'unless = { control = ["government"] }'),
    )
)


@pytest.fixture
def agreed(operation: Operation, lead: Person, someone: Callable[..., Person]) -> Callable[[str], None]:
    custodian = someone("carol", Role.CUSTODIAN)
    return lambda text: activation.activate(custodian, activation.propose(lead, operation, text, "agreed"), "agreed")


@pytest.fixture
def event(operation: Operation, verifier: Person) -> Event:
    return actions.accept(verifier, report(operation), DRAFT)


def settled(operation: Operation) -> None:
    """What each audience has is worked out; what was entered just now lies an hour back."""
    while due.work_out(operation.pk):
        pass
    now = timezone.now()
    ReleaseEntry.objects.filter(at__gt=now - timedelta(minutes=30)).update(at=F("at") - timedelta(hours=1))
    live.forget()


def told(answer: Any) -> tuple[str, str]:
    """What an answer says, and its ETag."""
    said = b"".join(answer) if answer.streaming else answer.content
    return said.decode(), answer.headers.get("ETag", "")


def entries(audience: str) -> int:
    return ReleaseEntry.objects.filter(audience=audience).count()


def edited(verifier: Person, event: Event, **said: object) -> None:
    now = Event.objects.get(pk=event.pk)
    actions.edit(verifier, now, replace(actions.drafts.of_event(now), **said))  # type: ignore[arg-type]


def test_a_change_to_what_nobody_outside_gets_is_entered_for_the_team_alone(
    agreed: Callable[[str], None], operation: Operation, event: Event, verifier: Person
) -> None:
    agreed(LITTLE)
    settled(operation)
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
    settled(operation)
    before = by_ref(operation, PUBLIC, Purpose.EXPORT, event.ref)
    agreed(HOUSE)
    settled(operation)
    after = by_ref(operation, PUBLIC, Purpose.EXPORT, event.ref)
    assert before is not None
    assert after is not None
    assert (after.updated_at, after.title) == (before.updated_at, before.title)
    assert after.protocol != before.protocol


def test_a_protocol_that_gives_less_of_an_event_changes_its_time_of_change(
    agreed: Callable[[str], None], operation: Operation, event: Event
) -> None:
    """Whoever keeps events by the time of their last change would else keep the place and the words for ever. Log and
    ETag say so at the same moment."""
    settled(operation)
    before = by_ref(operation, PUBLIC, Purpose.EXPORT, event.ref)
    agreed(LITTLE)
    state = live.view(operation, PUBLIC, Purpose.EXPORT).state
    settled(operation)
    after = by_ref(operation, PUBLIC, Purpose.EXPORT, event.ref)
    assert before is not None
    assert after is not None
    assert (before.title, after.title) == (DRAFT.title, "")
    assert after.updated_at > before.updated_at
    assert live.view(operation, PUBLIC, Purpose.EXPORT).state != state


def test_two_protocols_in_a_row_do_not_hide_what_the_first_gave(
    agreed: Callable[[str], None], operation: Operation, event: Event
) -> None:
    """Nobody knows who fetched what in the minutes between."""
    settled(operation)
    before = by_ref(operation, PUBLIC, Purpose.EXPORT, event.ref)
    agreed(LITTLE)
    agreed(HOUSE.replace('version = "3"', 'version = "4"'))
    settled(operation)
    after = by_ref(operation, PUBLIC, Purpose.EXPORT, event.ref)
    assert before is not None
    assert after is not None
    assert after.updated_at > before.updated_at


def test_a_rule_that_is_told_to_nobody_can_be_another_and_nobody_learns_it(
    client: Client, agreed: Callable[[str], None], operation: Operation, event: Event, verifier: Person
) -> None:
    """Who holds an area is hidden; two rules of one outcome and one reason speak of it. Partners are told which."""
    agreed(HELD)
    edited(verifier, event, handling=Handling(control="government"))
    settled(operation)
    ways = [f"/sample/events.{ending}" for ending in ("geojson", "csv", "atom")]
    ways += [f"/sample/events/{event.ref}/why/", "/sample/pulse"]
    before, partners = [told(client.get(way)) for way in ways], entries("partners")
    edited(verifier, event, handling=Handling(control="rebels"))
    assert [told(client.get(way)) for way in ways] == before
    assert entries("partners") == partners + 1


def test_after_names_were_changed_a_hidden_edit_tells_nothing(
    client: Client, agreed: Callable[[str], None], operation: Operation, event: Event, verifier: Person
) -> None:
    """Another name of a category is told by the feeds themselves, and no reader's log has it."""
    agreed(LITTLE)
    settled(operation)
    Category.objects.filter(code="2b").update(names={"en": "Water, lacking"})
    before = told(client.get("/sample/events.geojson"))
    edited(verifier, event, title="otherwise", summary="otherwise")
    assert told(client.get("/sample/events.geojson")) == before


def test_who_may_only_look_does_not_learn_of_changes_to_what_is_taken_away(
    agreed: Callable[[str], None], operation: Operation, event: Event, verifier: Person
) -> None:
    agreed(NO_WORDS_ON_PAGES)
    settled(operation)
    looked, taken = (live.view(operation, PUBLIC, purpose).state for purpose in (Purpose.VIEW, Purpose.EXPORT))
    edited(verifier, event, summary="otherwise")
    assert live.view(operation, PUBLIC, Purpose.VIEW).state == looked
    assert live.view(operation, PUBLIC, Purpose.EXPORT).state != taken


def test_pages_are_told_that_something_changed_and_not_how_often(
    client: Client, agreed: Callable[[str], None], operation: Operation, event: Event, verifier: Person
) -> None:
    """Counting would tell of what changed for those who take events away: the log is one for all purposes."""
    agreed(NO_WORDS_ON_PAGES)
    settled(operation)
    first = client.get("/sample/pulse").json()
    edited(verifier, event, categories=("2a",))
    second = client.get("/sample/pulse").json()
    assert list(first) == list(second) == ["state"]
    assert first["state"] != second["state"]
    assert {len(first["state"]), len(second["state"])} == {32}
    assert "seq" not in client.get("/sample/clusters.json").json()


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
