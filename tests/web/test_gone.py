"""The address of what a reader had once says that it was taken back, and nothing more: neither what became of it since,
nor anything of what the reader never had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.event import merging
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.sharing import activation
from rapport.sharing.protocol.library import text_of
from rapport.values import Publication
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
