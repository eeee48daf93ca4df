"""The address of what a reader had once says that it was taken back, and nothing more: neither what became of it since,
nor anything of what the reader never had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Organisation, Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.event import merging
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.sharing import activation, agreements, partner_keys
from rapport.sharing.agreements import Terms
from rapport.sharing.models import ProtocolVersion
from rapport.sharing.protocol.library import text_of
from rapport.values import Publication, Purpose
from tests.web.desk import DRAFT, report

HOUSE = text_of("house").replace('name = "house"', 'name = "sample"', 1)


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Role.CUSTODIAN)


@pytest.fixture
def agreed(operation: Operation, lead: Person, custodian: Person) -> Callable[[str], None]:
    return lambda text: activation.activate(custodian, activation.propose(lead, operation, text, "agreed"), "agreed")


@pytest.fixture
def event(operation: Operation, verifier: Person) -> Event:
    return actions.accept(verifier, report(operation), DRAFT)


@pytest.fixture
def church(operation: Operation, verifier: Person) -> Event:
    return actions.accept(verifier, report(operation), replace(DRAFT, title="At the church"))


def page(event: Event) -> str:
    return f"/sample/events/{event.ref}/"


# --- what became part of another ------------------------------------------------------------------------------------


def test_what_was_taken_back_before_it_was_merged_does_not_lead_to_what_it_is_part_of(
    client: Client, event: Event, church: Event, verifier: Person
) -> None:
    actions.publish(verifier, event, Publication.DRAFT, "It is not sure.")
    assert client.get(page(event)).status_code == 410
    merging.merge(verifier, church, event)
    assert client.get(page(event)).status_code == 410
    assert client.get(f"{page(event)}why/").status_code == 410
    client.force_login(verifier)
    assert client.get(page(event)).headers["Location"] == page(church), "the team had it until then"


def test_an_address_leads_on_only_over_what_the_reader_had_until_it_was_merged(
    client: Client, operation: Operation, event: Event, church: Event, verifier: Person
) -> None:
    last = actions.accept(verifier, report(operation), replace(DRAFT, title="At the market"))
    merging.merge(verifier, church, event)
    assert client.get(page(event)).headers["Location"] == page(church)
    actions.publish(verifier, church, Publication.DRAFT, "It is not sure.")
    assert client.get(page(event)).status_code == 410
    merging.merge(verifier, last, church)
    assert client.get(page(event)).status_code == 410
    assert client.get(page(church)).status_code == 410


# --- what another protocol gave -------------------------------------------------------------------------------------

NO_PAGES = """
[[limit]]
name = "no-pages"
beyond = "team"
for = ["view"]
nothing = true
why = "No pages."
"""


def cluster(name: str, version: str = "1", sector: str = "health") -> str:
    """The house's protocol, but what was for everybody goes to one cluster."""
    whom = f'[[audience]]\nname = "{name}"\ntitle = "Cluster"\nsectors = ["{sector}"]\n\n[[audience]]\nname = "public"'
    text = HOUSE.replace('version = "3"', f'version = "{version}"', 1)
    return text.replace('[[audience]]\nname = "public"', whom).replace('to = ["public"]', f'to = ["{name}"]')


@pytest.fixture
def partner(operation: Operation, custodian: Person) -> Client:
    """Reads with the key of an organisation of the health cluster."""
    who = Organisation.objects.create(slug="who", name="WHO", kind="un", sectors=["health"])
    now = timezone.now()
    terms = Terms("The operation", frozenset(Purpose) - {Purpose.WORK}, now, now + timedelta(days=9), "Agreed by mail.")
    key = partner_keys.make(custodian, agreements.agree(custodian, operation, who, terms), "who-dashboard")
    return Client(headers={"authorization": f"Bearer {key}"})


def test_what_is_still_exported_and_not_shown_any_more_is_gone_from_its_page(
    client: Client, agreed: Callable[[str], None], event: Event
) -> None:
    assert client.get(page(event)).status_code == 200
    agreed(HOUSE + NO_PAGES)
    assert client.get(page(event)).status_code == 410
    assert event.ref.encode() in b"".join(client.get("/sample/events.csv"))


def test_what_was_only_ever_exported_is_not_gone_from_a_page_that_nobody_had(
    client: Client, agreed: Callable[[str], None], operation: Operation, verifier: Person
) -> None:
    agreed(HOUSE + NO_PAGES)
    event = actions.accept(verifier, report(operation), DRAFT)
    assert client.get(page(event)).status_code == 404
    actions.publish(verifier, event, Publication.WITHDRAWN, "It is not true.")
    assert client.get(page(event)).status_code == 404


@pytest.mark.parametrize("after", ["withdrawn", "renamed"])
def test_a_partner_whom_the_protocol_knows_no_more_is_told_that_what_they_had_is_taken_back(
    after: str, partner: Client, agreed: Callable[[str], None], operation: Operation, verifier: Person, lead: Person
) -> None:
    agreed(cluster("cluster"))
    event = actions.accept(verifier, report(operation), DRAFT)
    assert partner.get(page(event)).status_code == 200
    if after == "withdrawn":
        activation.withdraw(lead, ProtocolVersion.objects.get(), "Stop.")
    else:
        agreed(cluster("health", "2") + NO_PAGES)
    assert partner.get(page(event)).status_code == 410
    assert partner.get(f"{page(event)}why/").status_code == 410
    assert Client().get(page(event)).status_code == 404, "everybody else never had it"


def test_a_partner_is_not_told_what_others_had_under_the_name_that_was_theirs_once(
    partner: Client, agreed: Callable[[str], None], operation: Operation, verifier: Person
) -> None:
    agreed(cluster("cluster"))
    agreed(cluster("cluster", "2", sector="water"))
    event = actions.accept(verifier, report(operation), DRAFT)
    assert partner.get(page(event)).status_code == 404
    actions.publish(verifier, event, Publication.WITHDRAWN, "It is not true.")
    assert partner.get(page(event)).status_code == 404
