"""The addresses of contacts tell a member nothing of what others do: no number of a row stands in one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.urls.converters import IntConverter

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts.cases import duty, writing
from rapport.contacts.cases.models import Dispatch
from rapport.contacts.cases.writing import Words
from rapport.contacts.converters import written
from rapport.contacts.directory import nominating
from rapport.contacts.kinds import Kind
from rapport.contacts.opaque import Numbered
from rapport.operations.models import Operation
from rapport.oversight import key_files, keys
from tests.guards.walk import routes
from tests.web.contacts import named, network, record
from tests.web.test_cases import NOTICED, Side

pytestmark = pytest.mark.django_db


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Held.CUSTODIAN)


@pytest.fixture
def kenya(operation: Operation, lead: Person, custodian: Person) -> Side:
    network(operation, lead, custodian)
    return Side(operation, lead, custodian, "Kenya")


@pytest.fixture
def peru(kenya: Side, operation: Operation, lead: Person, custodian: Person) -> Side:
    return Side(operation, lead, custodian, "Peru")


@pytest.fixture
def own_keys(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    """An installation of its own, for tests that change keys."""
    settings.DATA_DIR = tmp_path
    keys.forget()
    yield
    keys.forget()


def at_work(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def written_by(side: Side, other: Side) -> Dispatch:
    return writing.begin(side.one, side.office, other.office, Words(Kind.NOTIFICATION, NOTICED), exercise=False)


def numbers_in(page: str) -> list[str]:
    """What its links, forms and fields say that is a plain number, but for how often something may be."""
    main = page.split("<main")[1].split("</main>")[0]
    said = re.findall(r'(?:href|action|formaction|id|aria-labelledby)="([^"]*)"', main)
    said += re.findall(r'<(?:input|option)[^>]* name="(?:office|of|call)"[^>]* value="([^"]*)"', main)
    return [one for one in said if re.search(r"(?:^|[/=-])\d+(?:$|[/&#-])", one) and not one.startswith("tel:")]


def test_no_address_of_contacts_holds_a_number_of_a_row() -> None:
    mine = [route for route in routes() if "/contacts/" in route.path]
    assert len(mine) > 70
    assert [
        route.shown for route in mine if any(isinstance(one, IntConverter) for one in route.arguments.values())
    ] == []


def test_drafts_of_two_states_do_not_tell_which_was_first_nor_how_many_others_there_are(
    kenya: Side, peru: Side
) -> None:
    """One member writes a draft now and then, and reads the address: what lies between tells nothing."""
    addresses = []
    for _ in range(8):
        own = written_by(kenya, peru)
        written_by(peru, kenya)
        at = reverse("contacts_draft", args=["sample", own.pk])
        assert at_work(kenya.one.person).get(at).status_code == 200
        assert at in at_work(kenya.one.person).get("/sample/contacts/duty/").content.decode()
        addresses.append(at)
    assert len(set(addresses)) == 8
    assert addresses != sorted(addresses)
    assert len({address[:-20] for address in addresses}) == 8, "the first signs of each are others"


def test_pages_name_drafts_nominations_and_hand_overs_by_no_number(kenya: Side, peru: Side) -> None:
    written_by(kenya, peru)
    duty.hand_over(kenya.one, kenya.actor, "Call Lima at 22:00")
    told = nominating.nominate(kenya.one, kenya.actor, record("kenya", title="Night desk"), "Because")
    nominating.withdraw(kenya.one, told)
    client = at_work(kenya.two.person)
    paths = ["", "duty/", "nominations/", f"nominations/{named(told)}/", "representatives/", "exports/", "cases/",
             "offices/kenya/technical/", "offices/kenya/technical/lists/", "pings/"]  # fmt: skip
    for path in paths:
        answer = client.get(f"/sample/contacts/{path}")
        assert answer.status_code == 200, path
        assert numbers_in(answer.content.decode()) == [], path
    again = re.search(r"nominate/\?of=(\w+)", client.get(f"/sample/contacts/{paths[3]}").content.decode())
    assert again is not None
    begun = client.get(f"/sample/contacts/offices/kenya/technical/nominate/?of={again[1]}").content.decode()
    assert "Night desk" in begun
    plain = client.get(f"/sample/contacts/offices/kenya/technical/nominate/?of={told.pk}").content.decode()
    assert "Night desk" not in plain


def test_a_number_a_made_up_address_and_one_of_another_kind_are_not_found(kenya: Side, peru: Side) -> None:
    own, client = written_by(kenya, peru), at_work(kenya.one.person)
    there = named(own)
    assert client.get(f"/sample/contacts/drafts/{there}/").status_code == 200
    nomination, export = (written(of, own.pk) for of in (Numbered.NOMINATION, Numbered.EXPORT))
    changed = there[:-2] + ("a" if there[-2] != "a" else "b") + there[-1]
    for other in (own.pk, "1", "a" * 26, changed, there.upper(), f"{there}a", there[1:], nomination, export):
        assert client.get(f"/sample/contacts/drafts/{other}/").status_code == 404, other
        assert client.post(f"/sample/contacts/drafts/{other}/discard/").status_code == 404, other
    assert client.get(f"/sample/contacts/nominations/{there}/").status_code == 404
    assert client.post(f"/sample/contacts/duty/{there}/heard/").status_code == 404
    assert Dispatch.objects.get(pk=own.pk).state == own.state


def test_the_address_of_another_states_draft_is_not_found_by_who_has_it(kenya: Side, peru: Side) -> None:
    at = reverse("contacts_draft", args=["sample", written_by(peru, kenya).pk])
    assert at_work(kenya.one.person).get(at).status_code == 404


@pytest.mark.usefixtures("own_keys")
def test_an_address_is_the_same_when_a_key_is_added_and_another_in_another_installation(
    settings: LazySettings, tmp_path: Path
) -> None:
    before = written(Numbered.DRAFT, 3)
    key_files.put_in_front(tmp_path, "contacts")
    keys.forget()
    assert written(Numbered.DRAFT, 3) == before
    settings.DATA_DIR = tmp_path / "elsewhere"
    assert written(Numbered.DRAFT, 3) != before
    assert not (tmp_path / "keys" / "addresses").exists(), "no other key is used for it"
