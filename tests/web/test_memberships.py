"""An office in several networks: what each list says is kept apart, and the office alone sees what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts.directory import memberships
from rapport.contacts.model import Channel, Means, Office, Post
from rapport.contacts.models import Entry, Look
from rapport.contacts.models import Office as OfficeRow
from rapport.errors import NotAllowed, Refused
from rapport.operations.models import Operation
from rapport.oversight.models import Decision
from rapport.registry.models import Actor
from tests.web.contacts import named, network, of_team, office, officer, record, speaking, state, typed

pytestmark = pytest.mark.django_db
LISTS = "/sample/contacts/offices/kenya/technical/lists/"
OFFICE = "/sample/contacts/offices/kenya/technical/"


@pytest.fixture
def kenya(operation: Operation, lead: Person, someone: Callable[..., Person]) -> Actor:
    network(operation, lead, someone("carol", Held.CUSTODIAN))
    return state(operation, lead, "Kenya")


@pytest.fixture
def amina(kenya: Actor) -> Person:
    return officer(kenya, "amina")


@pytest.fixture
def desk(kenya: Actor, amina: Person, lead: Person) -> OfficeRow:
    return office(kenya, speaking(amina, kenya), of_team(lead, kenya.operation))


def short(**more: object) -> Office:
    """As a list says it that has one post with its address, and no more."""
    post = Post("Head of desk", channels=(Channel(Means.PHONE, "+254799999999"),))
    bare = replace(record("kenya"), title="", posts=(post,), channels=(), languages=(), authority="", note="")
    return replace(bare, hours="", time_zone="", **more)  # type: ignore[arg-type]


def enter(client: Client, person: Person) -> None:
    client.logout()
    client.force_login(person)


def test_a_list_says_less_than_our_record_and_its_differences_are_shown_line_by_line(
    client: Client, desk: OfficeRow, amina: Person
) -> None:
    enter(client, amina)
    data = {**typed(short()), "network": "OSCE", "source": "List of 3 March 2026"}
    answer = client.post(f"{LISTS}enter/", data)
    assert answer.status_code == 302, answer.content.decode()
    told = client.get(LISTS).content.decode()
    assert "phone +254799999999" in told
    assert "phone +2547000101" in told
    assert "Languages</th>" not in told, "of what the list says nothing it does not differ"
    assert "List of 3 March 2026" in told
    said = Decision.objects.latest("pk").after
    assert said["said"] == "entered what the list of OSCE says of kenya/technical"
    assert "+254" not in str(said)


def test_other_members_learn_that_lists_disagree_and_nothing_of_what_they_say(
    client: Client, desk: OfficeRow, kenya: Actor, amina: Person, lead: Person
) -> None:
    memberships.enter(speaking(amina, kenya), desk, "OSCE", "List of March", short())
    same = record("kenya", note="Another note")
    memberships.enter(speaking(amina, kenya), desk, "UN", "List of April", same)
    enter(client, officer(state(kenya.operation, lead, "Peru"), "pedro"))
    told = client.get(OFFICE).content.decode()
    assert "Other lists say otherwise about this office: OSCE. Be ready to try the next one." in told
    assert "+254799999999" not in told
    assert "List of March" not in told
    assert client.get(LISTS).status_code == 403
    assert client.post(f"{LISTS}enter/", {"network": "UN"}).status_code == 403
    enter(client, lead)
    assert "+254799999999" in client.get(LISTS).content.decode(), "the team sees it"


def test_who_is_told_to_go_by_another_list_is_shown_its_numbers_in_the_same_look(
    client: Client, desk: OfficeRow, kenya: Actor, amina: Person, lead: Person
) -> None:
    memberships.enter(speaking(amina, kenya), desk, "OSCE", "List of March", short())
    other = replace(short(), title="Desk", posts=(), languages=("sw",))
    say = memberships.enter(speaking(amina, kenya), desk, "UN", "List of May", other)
    abel, pedro = speaking(officer(kenya, "abel"), kenya), officer(state(kenya.operation, lead, "Peru"), "pedro")
    memberships.govern(abel, say)
    enter(client, pedro)
    told = client.get(OFFICE).content.decode()
    assert "the list of UN is the one to go by" in told
    assert "ask the network" in told, "it gives no number"
    assert "+254 799 999 999" not in told
    memberships.govern(abel, Entry.objects.get(network="OSCE"))
    looks = Look.objects.count()
    told = client.get(OFFICE).content.decode()
    assert "the list of OSCE is the one to go by" in told
    assert "+254 799 999 999" in told
    assert Look.objects.count() == looks + 1


def test_which_list_governs_says_another_person_than_who_entered_it(
    client: Client, desk: OfficeRow, kenya: Actor, amina: Person
) -> None:
    first = memberships.enter(speaking(amina, kenya), desk, "UN", "List of April", record("kenya"))
    with pytest.raises(Refused, match="another person"):
        memberships.govern(speaking(amina, kenya), first)
    enter(client, amina)
    assert "the one to go by</button>" not in client.get(LISTS).content.decode()
    abel = officer(kenya, "abel")
    enter(client, abel)
    client.post(f"{LISTS}{named(first)}/governs/")
    assert "For this office the list of UN is the one to go by." in client.get(OFFICE).content.decode()
    second = memberships.enter(speaking(amina, kenya), desk, "OAS", "List of May", record("kenya"))
    memberships.govern(speaking(abel, kenya), second)
    assert list(Entry.objects.filter(governs=True)) == [second], "one at most"
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.filter(pk=second.pk).update(governs_by=amina)


def test_what_is_entered_anew_governs_only_once_somebody_says_so_again_and_the_old_is_kept(
    client: Client, desk: OfficeRow, kenya: Actor, amina: Person
) -> None:
    who = speaking(amina, kenya)
    first = memberships.enter(who, desk, "UN", "List of April", record("kenya"))
    memberships.govern(speaking(officer(kenya, "abel"), kenya), first)
    memberships.enter(who, desk, "un", "List of May", short())
    assert [one.entry.source for one in memberships.listings(desk, None)] == ["List of May"]
    assert not Entry.objects.filter(governs=True, replaced_at=None).exists()
    enter(client, amina)
    second = Entry.objects.get(replaced_at=None)
    assert second.network == "UN", "the same list, however it is written"
    client.post(f"{LISTS}{named(second)}/out/")
    told = client.get(LISTS).content.decode()
    assert "Nobody has entered another list" in told
    assert "List of April" in told
    assert "List of May" in told


def test_what_cannot_be_is_refused_and_the_form_keeps_what_was_typed(
    client: Client, desk: OfficeRow, amina: Person
) -> None:
    enter(client, amina)
    wrong = {**typed(short()), "network": "OSCE", "source": "List of March", "posts.0.channels.0.value": "12"}
    answer = client.post(f"{LISTS}enter/", wrong)
    assert answer.status_code == 422
    assert "international form" in answer.content.decode()
    answer = client.post(f"{LISTS}enter/", {**typed(short()), "network": "", "source": "List of March"})
    assert answer.status_code == 422
    assert "List of March" in answer.content.decode()
    assert not Entry.objects.exists()


def test_who_speaks_for_another_state_enters_nothing(desk: OfficeRow, kenya: Actor, lead: Person) -> None:
    peru = state(kenya.operation, lead, "Peru")
    pedro = speaking(officer(peru, "pedro"), peru)
    with pytest.raises(NotAllowed):
        memberships.enter(pedro, desk, "UN", "List", record("kenya"))


def test_what_a_list_says_is_a_look_for_whoever_does_not_speak_for_the_state(
    client: Client, desk: OfficeRow, amina: Person, kenya: Actor, lead: Person
) -> None:
    memberships.enter(speaking(amina, kenya), desk, "UN", "List of May", short())
    enter(client, amina)
    client.get(LISTS)
    assert not Look.objects.exists()
    enter(client, lead)
    assert "+254799999999" in client.get(LISTS).content.decode()
    assert "+254799999999" in client.get(f"{LISTS}enter/?of={named(Entry.objects.get())}").content.decode()
    assert list(Look.objects.values_list("person__username", "kind")) == [("lea", "list")] * 2
