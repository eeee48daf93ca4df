"""`rapport demo` loads a sample of norms, measures and processes too, by the same doors as everybody."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from rapport.accounts.models import Membership, Person
from rapport.cli import demo
from rapport.contacts.models import Office
from rapport.operations.models import Operation
from rapport.oversight.models import Decision
from rapport.registry.editing import files
from rapport.registry.models import RegistryFile
from rapport.sharing.models import ProtocolVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> None:
    for username, _ in demo.CAST:
        Person.objects.create_user(username, password="a long enough password")


def everything() -> list[object]:
    kept = (Operation, Membership, ProtocolVersion, RegistryFile, Decision)
    return [list(model.objects.order_by("pk").values()) for model in kept]


def test_the_sample_watch_shows_what_the_shipped_files_hold(people: None, client: Client) -> None:
    demo._watch()
    told = client.get("/cyber-watch/registry/").content.decode()
    for count in ("11 norms", "16 measures", "6 measures", "32 dated events", "15 pairs"):
        assert count in told
    assert "/cyber-watch/report/" not in told, "it takes no reports"
    decided = Decision.objects.filter(operation__slug="cyber-watch").order_by("id")
    assert [one.person.username for one in decided] == ["lead", "custodian", "lead", "lead", "lead", "lead"]


def test_again_it_changes_nothing(people: None) -> None:
    demo._watch()
    before, began = everything(), time.perf_counter()
    demo._watch()
    assert everything() == before
    assert time.perf_counter() - began < 2, "seconds"


def test_what_people_did_there_stays(people: None) -> None:
    demo._watch()
    operation, lead = Operation.objects.get(slug="cyber-watch"), Person.objects.get(username="lead")
    text = RegistryFile.objects.get(slug="un-norms").text.replace('version = "', 'version = "ours-', 1)
    files.load(lead, operation, text)
    Membership.objects.filter(person__username="verifier").delete()
    before = everything()
    demo._watch()
    assert everything() == before


def test_the_sample_network_has_offices_that_two_people_brought_in_and_people_on_duty(
    people: None, client: Client
) -> None:
    demo.demo_network.add(demo._operation, demo._folder(demo.NETWORK), demo._agree)
    operation = Operation.objects.get(slug="sample-network")
    assert operation.exercise, "nothing leaves the machine"
    assert Office.objects.filter(operation=operation).count() == 5
    client.force_login(Person.objects.get(username="ostland-1"))
    assert "Nothing waits" in client.get("/sample-network/contacts/duty/").content.decode()
    told = client.get("/sample-network/contacts/offices/westland/technical/").content.decode()
    assert "+9992000100" in told
    before = everything()
    demo.demo_network.add(demo._operation, demo._folder(demo.NETWORK), demo._agree)
    assert everything() == before
