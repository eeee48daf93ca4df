"""Why do I see this? Each reader is told which rules of which protocol give it to them, and nothing that is hidden."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.sharing import activation, organisations
from rapport.sharing.models import ProtocolVersion
from rapport.sharing.protocol.library import text_of
from rapport.values import Publication
from tests.web.desk import DRAFT, report

AGREED = text_of("house").replace('name = "house"', 'name = "agreed"').replace(
    'why = "Published by',
    'place = "adm2"\nwords = "masked"\ntime = "day"\ndelay_hours = 2\nwithout = ["sources", "reports"]\n'
    'marking = "TLP:GREEN"\nwhy = "Published by',
)  # fmt: skip


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Role.CUSTODIAN)


@pytest.fixture
def event(operation: Operation, verifier: Person) -> Event:
    made = actions.accept(verifier, report(operation), DRAFT)
    Event.objects.update(
        commune_lon=-72.3, commune_lat=18.54, commune_radius_m=6000, commune_name="Delmas",
        published_at=timezone.now() - timedelta(hours=3),
    )  # fmt: skip
    return made


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def why(client: Client, event: Event, **headers: str) -> str:
    return words(client.get(f"/sample/events/{event.ref}/why/", headers=headers).content.decode())


def words(html: str) -> str:
    """What a reader reads, without its marks."""
    main = html[html.index("<main") : html.index("</main")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).replace("&#x27;", "'")


def agreed(operation: Operation, lead: Person, custodian: Person, text: str = AGREED) -> ProtocolVersion:
    proposed = activation.propose(lead, operation, text, "")
    activation.activate(custodian, proposed, "")
    return proposed


def test_everybody_is_told_the_rule_in_words_and_what_it_leaves(
    client: Client, operation: Operation, event: Event, lead: Person, custodian: Person
) -> None:
    assert f'href="/sample/events/{event.ref}/why/"' in client.get(f"/sample/events/{event.ref}/").content.decode()
    text = why(client, event)
    for told in ("Everybody", "Published by the operation's desk", "it came with rapport", "house, version 3"):
        assert told in text
    agreed(operation, lead, custodian)
    text = why(client, event)
    for told in (
        "The place is given by commune, or coarser.", "Personal data in texts is masked.", "by the day",
        "2 hours after", "Left out: sources, number of reports.", "TLP:GREEN", "within your community",
        "agreed, version 3", "low: showing it does no harm",
    ):  # fmt: skip
        assert told in text, told
    for hidden in ("lea", "carol", "public gives", "What others get"):
        assert hidden not in text.split(), hidden


def test_who_is_known_is_told_the_rules_and_who_signed(
    operation: Operation, event: Event, lead: Person, custodian: Person, outsider: Person
) -> None:
    agreed(operation, lead, custodian)
    partner = organisations.add(lead, operation.pk, "who", "WHO", "un", [])
    stranger = why(as_(outsider), event)  # an account of this machine is nobody here yet
    assert "proposed by lea" not in stranger
    organisations.join(lead, operation.pk, partner, outsider.username)
    text = why(as_(outsider), event)
    assert "proposed by lea, activated by carol" in text
    assert re.search(r"public gives: Published by .* events names the sensitivity", text)
    assert "What others get" not in text
    headers = as_(outsider).get(f"/sample/events/{event.ref}/why/").headers
    assert "private" in headers["Cache-Control"]


def test_the_team_is_told_what_every_other_audience_gets(
    operation: Operation, event: Event, lead: Person, custodian: Person, verifier: Person
) -> None:
    agreed(operation, lead, custodian)
    text = why(as_(verifier), event)
    assert re.search(r"What others get of it .* Everybody yes public , events The place is given by commune", text)
    actions.publish(verifier, event, Publication.WITHDRAWN, "wrong")
    text = why(as_(verifier), event)
    assert re.search(r"Everybody no events No rule of the protocol grants it\.", text)


def test_when_a_protocol_was_withdrawn_the_team_is_told_by_whom(
    client: Client, operation: Operation, event: Event, lead: Person, custodian: Person
) -> None:
    activation.withdraw(lead, agreed(operation, lead, custodian), "a leak")
    assert client.get(f"/sample/events/{event.ref}/why/").status_code == 410
    text = why(as_(custodian), event)
    assert "the protocol agreed before was withdrawn" in text
    assert "Withdrawn by lea" in text


def test_who_does_not_get_the_event_gets_what_its_page_gives(
    client: Client, operation: Operation, event: Event, verifier: Person, lead: Person, custodian: Person
) -> None:
    def same(ref: str, status: int) -> None:
        page, asked = client.get(f"/sample/events/{ref}/"), client.get(f"/sample/events/{ref}/why/")
        assert page.status_code == asked.status_code == status
        assert words(page.content.decode()) == words(asked.content.decode())

    draft = actions.accept(verifier, report(operation), DRAFT, publish=False)
    same(draft.ref, 404)
    same("00000000", 404)
    actions.publish(verifier, event, Publication.WITHDRAWN, "wrong")
    same(event.ref, 410)
    assert client.head(f"/sample/events/{event.ref}/why/").status_code == 410


def test_what_is_left_out_is_said_of_the_rule_and_not_of_the_event(
    client: Client, operation: Operation, event: Event, lead: Person, custodian: Person
) -> None:
    """Whether the event had a title, sources or an exact place changes nothing of what everybody is told."""
    agreed(operation, lead, custodian, AGREED.replace('"sources", "reports"', '"title", "summary", "place"'))
    before = why(client, event)
    Event.objects.update(title="", summary="", precision=7, radius_m=90_000, lon=-72.1, place_name="", response_by="x")
    assert why(client, event) == before
    assert "Left out: title, summary, place." in before


def test_it_is_told_in_the_languages_of_the_operation(client: Client, operation: Operation, event: Event) -> None:
    assert "Pourquoi est-ce que je vois ceci ?" in why(client, event, accept_language="fr")
    assert "Tout le monde" in why(client, event, accept_language="fr")
    assert "Poukisa m wè sa a ?" in why(client, event, accept_language="ht")


def test_every_feed_leads_to_it(client: Client, operation: Operation, event: Event) -> None:
    address = f"http://testserver/sample/events/{event.ref}/why/"
    for ending in ("geojson", "csv", "rss", "atom"):
        assert client.get(f"/sample/events.{ending}").getvalue().decode().count(address) == 1, ending
