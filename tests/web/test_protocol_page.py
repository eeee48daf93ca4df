"""A protocol is proposed by one person and activated by another; everything obeys it from the next request on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.errors import Conflict, NotAllowed
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.sharing import activation
from rapport.sharing.models import ProtocolVersion, ReleaseEntry
from rapport.sharing.protocol import file
from rapport.sharing.protocol.library import text_of
from tests.web.desk import DRAFT, report

STRICT = text_of("house").replace('name = "house"', 'name = "sample"').replace(
    'why = "Published by', 'place = "adm2"\nwords = "none"\nwithout = ["sources"]\nwhy = "Published by'
)  # fmt: skip
NOBODY = text_of("closed").replace('name = "closed"', 'name = "sample"').replace('"2"', '"9"')
WAYS = (
    "/sample/?view=list",
    "/sample/events.rss",
    "/sample/events.atom",
    "/sample/events.geojson",
    "/sample/events.csv",
)


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Role.CUSTODIAN)


@pytest.fixture
def event(operation: Operation, verifier: Person) -> Event:
    actions.accept(verifier, report(operation), DRAFT)
    event = Event.objects.get()
    Event.objects.update(
        publication="published", commune_lon=-72.3, commune_lat=18.54, commune_radius_m=6000, commune_name="Delmas"
    )
    return event


def in_force(operation: Operation, text: str, lead: Person, custodian: Person) -> None:
    activation.activate(custodian, activation.propose(lead, operation, text, "agreed"), "agreed")


def got(client: Client, event: Event) -> dict[str, str]:
    """What the public gets on every way, as text."""
    answers = {
        way: client.get(way)
        for way in (*WAYS, f"/sample/events/{event.ref}/", "/sample/clusters.json?bbox=-75,17,-71,21&zoom=18")
    }
    return {
        way: b"".join(answer).decode() if answer.streaming else answer.content.decode()
        for way, answer in answers.items()
    }


def test_everything_obeys_from_the_next_request_on(
    client: Client, operation: Operation, event: Event, lead: Person, custodian: Person
) -> None:
    before = got(client, event)
    assert all("No water at Delmas 33" in text for text in before.values())
    in_force(operation, STRICT, lead, custodian)
    for way, text in got(client, event).items():
        assert "No water" not in text, way
        assert "Delmas 33" not in text, way
        assert "72.303" not in text, way
    in_force(operation, NOBODY, lead, custodian)
    for way, text in got(client, event).items():
        assert event.ref not in text or way.endswith(f"{event.ref}/"), way
    assert client.get(f"/sample/events/{event.ref}/").status_code == 410
    assert ReleaseEntry.objects.filter(audience="public").latest("seq").retracted


def test_a_search_finds_only_what_is_left(
    client: Client, operation: Operation, event: Event, lead: Person, custodian: Person
) -> None:
    in_force(operation, STRICT, lead, custodian)
    for filters in ("q=pump", "q=33", "source=sms", "area=-72.304,18.544,-72.302,18.546", "precision=street"):
        assert event.ref not in client.get(f"/sample/?view=list&{filters}").content.decode(), filters
        assert client.get(f"/sample/clusters.json?bbox=-75,17,-71,21&zoom=8&{filters}").json()["total"] == 0, filters


def test_two_people_are_needed(operation: Operation, lead: Person, custodian: Person, verifier: Person) -> None:
    proposed = activation.propose(lead, operation, STRICT, "")
    with pytest.raises(Conflict):
        activation.activate(lead, proposed, "")
    with pytest.raises(NotAllowed):
        activation.activate(verifier, proposed, "")
    assert activation.in_force(operation.pk) is None
    activation.activate(custodian, proposed, "")
    with pytest.raises(Conflict):
        activation.activate(custodian, proposed, "")
    kinds = Decision.objects.filter(kind=DecisionKind.PROTOCOL).order_by("pk").values_list("person", flat=True)
    assert list(kinds) == [lead.pk, custodian.pk]


def test_withdrawn_means_that_nothing_leaves(
    client: Client, operation: Operation, event: Event, lead: Person, custodian: Person
) -> None:
    in_force(operation, STRICT, lead, custodian)
    version = activation.in_force(operation.pk)
    assert version is not None
    activation.withdraw(lead, version, "a leak")
    assert event.ref not in client.get("/sample/events.geojson").getvalue().decode()
    assert client.get(f"/sample/events/{event.ref}/").status_code == 410


def test_the_page_proposes_shows_the_effect_and_activates(
    client: Client, operation: Operation, event: Event, lead: Person, custodian: Person
) -> None:
    client.force_login(lead)
    bad: Any = client.post(
        "/sample/desk/protocol/propose/", {"text": STRICT.replace("public", "pubic", 1), "reason": ""}
    )
    assert bad.status_code == 422
    assert "pubic" in bad.content.decode()
    client.post("/sample/desk/protocol/propose/", {"text": STRICT, "reason": "agreed in May"})
    version = operation.protocols.get()
    page = client.get(f"/sample/desk/protocol/{version.pk}/").content.decode()
    assert "somebody else must activate it" in page
    client = Client()
    client.force_login(custodian)
    page = client.get(f"/sample/desk/protocol/{version.pk}/").content.decode()
    public = page[page.index('<th scope="row">Everybody</th>') :].split("</tr>")[0]
    assert public.count("<td>1</td>") == 3  # one event now, one then, shown otherwise
    client.post(f"/sample/desk/protocol/{version.pk}/activate/", {"reason": ""})
    assert activation.in_force(operation.pk) == version
    client.post(f"/sample/desk/protocol/{version.pk}/withdraw/", {"reason": "a leak"})
    assert activation.in_force(operation.pk) is None


def test_what_holds_already_and_what_nobody_signed_are_refused_with_the_reason(
    operation: Operation, lead: Person, custodian: Person
) -> None:
    in_force(operation, STRICT, lead, custodian)
    with pytest.raises(Conflict, match="holds already"):
        activation.propose(lead, operation, STRICT, "")
    version = activation.propose(lead, operation, STRICT.replace('version = "3"', 'version = "4"'), "")
    ProtocolVersion.objects.filter(pk=version.pk).update(text=text_of("house"))
    client = Client()
    client.force_login(custodian)
    page = client.get(f"/sample/desk/protocol/{version.pk}/")
    assert (page.status_code, "not the one that was signed" in page.content.decode()) == (400, True)
    assert "not the one that was signed" in client.get(f"/sample/desk/protocol/play/?of={version.pk}").content.decode()
    with pytest.raises(Conflict, match="not the one that was signed"):
        activation.activate(custodian, version, "")


def test_a_feed_of_rounded_times_does_not_say_when_it_changed(
    operation: Operation, event: Event, someone: Callable[..., Person], custodian: Person, client: Client
) -> None:
    rounded = STRICT.replace('place = "adm2"', 'time = "day"')
    in_force(operation, rounded, someone("lea", Role.LEAD), custodian)
    ReleaseEntry.objects.update(at=datetime(2026, 3, 5, 17, 41, 23, tzinfo=UTC))
    answer = client.get("/sample/events.atom")
    assert "Last-Modified" not in answer.headers
    assert "17:41" not in b"".join(answer).decode()  # type: ignore[call-overload]
    plain = STRICT.replace('version = "3"', 'version = "4"')
    in_force(operation, plain, Person.objects.get(username="lea"), custodian)
    ReleaseEntry.objects.update(at=datetime(2026, 3, 5, 17, 41, 23, tzinfo=UTC))
    assert "Last-Modified" in client.get("/sample/events.atom").headers


def test_a_protocol_comes_as_a_file_too(operation: Operation, lead: Person, client: Client) -> None:
    client.force_login(lead)
    sent = {"file": SimpleUploadedFile("ours.toml", STRICT.encode()), "reason": "agreed in May"}
    assert client.post("/sample/desk/protocol/propose/", sent).status_code == 302
    assert operation.protocols.get().text == STRICT
    for size in (10_000_000, 4 * file.MOST_CHARACTERS + 1):
        large = SimpleUploadedFile("large.toml", b"#" * size)
        answer = client.post("/sample/desk/protocol/propose/", {"file": large, "reason": ""})
        assert answer.status_code == 413
        assert "files of at most" in answer.content.decode()
    assert client.post("/sample/desk/protocol/propose/", {"reason": ""}, CONTENT_LENGTH="many").status_code == 411
    assert operation.protocols.count() == 1
