"""What the record tells of contacts to those whom they do not concern: that something happened, and when."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts.callers import books
from rapport.contacts.cases import clockwork, duty, taking, trying
from rapport.contacts.cases.models import Dispatch
from rapport.contacts.kinds import Answer
from rapport.contacts.model import Means, Role
from rapport.contacts.models import Ping
from rapport.contacts.pings import running, starting
from rapport.contacts.pings.starting import Terms
from rapport.operations.models import Operation
from rapport.oversight.ledger import chain, checking, entries, seal
from rapport.oversight.ledger.chain import Wrong
from rapport.oversight.models import Decision, DecisionKind, EntryKind, KeptEntry, LedgerEntry
from rapport.sharing import organisations
from tests.web.contacts import network, of_team
from tests.web.test_callers import agreed
from tests.web.test_cases import NOTICED, Side, at, replied, sent, spoken
from tests.web.test_directory import enter, page
from tests.web.test_pings import MAIL

pytestmark = pytest.mark.django_db
ABOUT_CONTACTS = (EntryKind.CONTACT, EntryKind.LOOK)


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
def told(kenya: Side, peru: Side, client: Client, lead: Person) -> Dispatch:
    """Of everything that is entered about contacts something, sealed: a message, an answer, a clock that was not met,
    a call that nobody took, one message read out and come again in other words, words asked of a caller, a look, and
    a ping that nobody answered."""
    with MAIL:
        first = sent(kenya, peru)
        trying.note(kenya.one, first, trying.plan(kenya.one, first, at(first, 3)).number or 0, "no answer", "")
        clockwork.fire(at(first, 3))
        replied(peru, first, Answer.RECEIVED)
        taking.by_hand(peru.one, spoken(kenya, peru))
        taking.take(peru.actor.operation, spoken(kenya, peru, fields={**NOTICED, "what": "Another"}), "https")
        agreed(kenya, peru)
        books.check(kenya.one, kenya.actor, peru.actor, books.ask(kenya.one, kenya.actor, peru.actor).number, "acorn")
        duty.hand_over(kenya.one, kenya.actor, "Quiet")
        enter(client, kenya.two.person)
        page(client, "offices/peru/technical/")
        now = timezone.now()
        terms = Terms("Spring", now, now + timedelta(days=10), 48, frozenset(Role), frozenset({Means.EMAIL}))
        starting.start(of_team(lead, kenya.actor.operation), terms)
        while running.send_due(terms.closes_at):
            pass
        for ping in Ping.objects.all():
            running.settle(ping, now + timedelta(days=40))
    seal.seal()
    return first


def bodies(*kinds: EntryKind) -> list[dict[str, object]]:
    found = LedgerEntry.objects.filter(kind__in=kinds).order_by("pk").values_list("body", flat=True)
    return [json.loads(body) for body in found]


def wrong() -> list[tuple[str, str]]:
    return [(fault.wrong.value, fault.said) for fault in checking.verify().faults]


# --- copies of the ledger ------------------------------------------------------------------------------------------


def test_a_copy_taken_in_another_operation_names_no_party_office_person_outcome_clock_or_message(
    told: Dispatch, client: Client, operation: Operation
) -> None:
    elsewhere = Operation.objects.create(slug="other", kind="crisis", west=0, south=0, east=1, north=1)
    haitian = Person.objects.create_user("haitian", password="a long enough password")
    Membership.objects.create(person=haitian, operation=elsewhere, role=Held.LEAD)
    enter(client, haitian)
    copy = b"".join(client.get("/other/desk/ledger/export").streaming_content).decode()  # type: ignore[attr-defined]
    kept = "".join(KeptEntry.objects.values_list("body", flat=True))
    words = {"acknowledge", "clock", "outcome", "silent", "no answer", "attempt", "became", "sent", "received",
             "other words", "wrong", "content", "dispatch", "ping", "office", "look"}  # fmt: skip
    assert [word for word in words if f'"{word}"' not in kept] == [], "the story has all of it"
    marks = set(Dispatch.objects.values_list("content", flat=True))
    assert {mark for mark in marks if mark in kept} == marks != set()
    names = set(Person.objects.values_list("username", flat=True)) | {"kenya", "peru", told.case.ref, *marks}
    lines = [json.loads(line) for line in copy.splitlines()]
    about = [line for line in lines if line.get("kind") in ABOUT_CONTACTS]
    assert len(about) == KeptEntry.objects.count() > 12
    assert {tuple(sorted(line["body"])) for line in about} == {("commitment", "kept")}
    decided = [line["body"] for line in lines if line.get("body", {}).get("kind") == "contact"]
    assert len(decided) == Decision.objects.filter(kind=DecisionKind.CONTACT).count() > 5
    assert {tuple(sorted(body)) for body in decided} == {("commitment", "decision", "kind")}
    assert [name for name in names if re.search(rf"\b{name}\b", copy, re.IGNORECASE)] == []
    there = json.dumps([*about, *decided])
    assert [word for word in words - {"look"} if f'"{word}"' in there] == [], "a look is a kind of entry"


def test_without_the_salt_nobody_finds_out_what_an_entry_says_by_guessing(told: Dispatch) -> None:
    copy = "".join(checking.exported())
    for row in KeptEntry.objects.all():
        known = {column: getattr(row, column) for column in entries.KEPT}
        assert entries.kept_commitment(known, row.salt) in copy
        assert entries.kept_commitment(known, "") not in copy
        assert len(row.salt) == 32
    assert KeptEntry.objects.values("salt").distinct().count() == KeptEntry.objects.count()


@pytest.mark.parametrize("role", [Held.LEAD, Held.CUSTODIAN, Held.ADMIN])
def test_the_ledgers_page_says_that_something_became_and_not_of_what(
    told: Dispatch, client: Client, role: Held, someone: Callable[..., Person]
) -> None:
    enter(client, someone("gad", role))
    text = ""
    for number in (1, 2):
        text += client.get(f"/sample/desk/ledger/?verify=1&page={number}").content.decode().split("<main")[1]
    assert "whole to" in text
    assert f"so is every kept entry ({KeptEntry.objects.count()})" in text
    assert "A look at how an office is reached: kept entry" in text
    assert "Somebody changed the directory: decision" in text
    hidden = ("kenya-one", "kenya-two", "peru", "acknowledge", "silent", "no answer", "outcome", "commitment")
    assert [word for word in hidden if word in text] == []


# --- behind our back -----------------------------------------------------------------------------------------------


def test_what_is_kept_is_as_it_was_entered_sealed_or_not(told: Dispatch) -> None:
    assert wrong() == []
    verdict = checking.verify()
    assert (verdict.kept, verdict.waiting) == (KeptEntry.objects.count(), 0)
    entries.contact(told.case.operation_id, {"dispatch": told.pk, "became": "arrived"})
    assert wrong() == []
    assert checking.verify().waiting == 1


def test_one_letter_changed_in_a_kept_entry_is_found(told: Dispatch) -> None:
    row = KeptEntry.objects.filter(body__contains='"outcome":"silent"').earliest("pk")
    KeptEntry.objects.filter(pk=row.pk).update(body=row.body.replace("silent", "silens"))
    seq = next(
        one.seq for one in LedgerEntry.objects.filter(kind="contact") if json.loads(one.body).get("kept") == row.pk
    )
    assert wrong() == [(Wrong.ROW_CHANGED, f"kept entry {row.pk} is not as entry {seq} records it")]


@pytest.mark.parametrize("column", [name for name in entries.KEPT if name != "id"] + ["salt"])
def test_a_kept_entry_changed_in_any_column_is_found(column: str, told: Dispatch) -> None:
    row = KeptEntry.objects.latest("pk")
    other = {"kind": "look", "made_at": row.made_at - timedelta(seconds=1), "body": "{}", "salt": ""}.get(column)
    if column == "operation_id":
        other = Operation.objects.create(slug="other", kind="crisis", west=0, south=0, east=1, north=1).pk
    KeptEntry.objects.filter(pk=row.pk).update(**{column: other})
    assert [kind for kind, _ in wrong()] == [Wrong.ROW_CHANGED]
    assert {field.attname for field in KeptEntry._meta.concrete_fields} == {*entries.KEPT, "salt"}


def test_a_kept_entry_that_is_gone_or_was_slipped_in_is_found(told: Dispatch) -> None:
    gone = KeptEntry.objects.latest("pk")
    slipped = KeptEntry.objects.create(kind=gone.kind, operation=gone.operation, body=gone.body, salt=gone.salt)
    gone_pk = gone.pk
    gone.delete()
    said = wrong()
    assert [kind for kind, _ in said] == [Wrong.ROW_MISSING, Wrong.NOT_ENTERED]
    assert said[0][1].startswith(f"kept entry {gone_pk} is missing: entry ")
    assert said[1][1] == f"kept entry {slipped.pk} is not in the ledger"


def test_who_decided_about_contacts_is_committed_to_though_no_copy_says_it(told: Dispatch, lead: Person) -> None:
    one = Decision.objects.filter(kind=DecisionKind.CONTACT).exclude(person=lead).latest("pk")
    Decision.objects.filter(pk=one.pk).update(person=lead)
    assert [kind for kind, _ in wrong()] == [Wrong.ROW_CHANGED]


def test_entries_of_earlier_versions_stay_as_they_were_sealed_and_no_page_tells_them(
    told: Dispatch, client: Client, lead: Person
) -> None:
    operation_id = told.case.operation_id
    entries.append(EntryKind.CONTACT, operation_id, {"by": "peru", "clock": "acknowledge", "dispatch": 9})
    entries.append(EntryKind.LOOK, operation_id, {"look": 12, "office": 13, "person": 20})
    one = Decision.objects.filter(kind=DecisionKind.CONTACT).latest("pk")
    body = chain.canonical(json.loads(entries.body_of(one)) | {"person": one.person_id})
    LedgerEntry.objects.create(kind=EntryKind.DECISION, operation_id=operation_id, body=body)
    seal.seal()
    assert wrong() == []
    enter(client, lead)
    text = client.get("/sample/desk/ledger/").content.decode()
    assert text.count("not shown") == 2
    assert not re.search(r"by peru|office 13|clock", text)


# --- the desk ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Held.VOLUNTEER, Held.TRANSLATOR, Held.VERIFIER])
def test_the_desk_is_not_told_that_anybody_wrote_or_who_belongs_to_which_state(
    told: Dispatch, client: Client, role: Held, lead: Person, operation: Operation, someone: Callable[..., Person]
) -> None:
    organisations.leave(lead, operation.pk, organisations.find("peru"), "peru-two")
    enter(client, someone("vera", role))
    text = client.get("/sample/desk/decisions/").content.decode()
    assert "changed the protocol" in text
    hidden = ("kenya-one", "peru-two", "sent a message", "calls with", "handed the duty", "nominat", "round of pings")
    assert [word for word in hidden if word in text] == []
    for one in Decision.objects.filter(kind=DecisionKind.CONTACT):
        assert client.post(f"/sample/desk/decisions/{one.pk}/undo/").status_code == 404
    assert "Page 1" not in text, "they are not counted either"
    enter(client, lead)
    text = client.get("/sample/desk/decisions/").content.decode()
    assert "sent a message to another office" in text
    assert "peru-two does not belong to Peru any more" in text


def test_nobody_is_told_with_whom_words_for_calls_were_agreed(told: Dispatch) -> None:
    said = [str(one.after["said"]) for one in Decision.objects.filter(kind=DecisionKind.CONTACT)]
    assert "entered a secret for calls with another party" in said
    assert [one for one in said if "calls with" in one and re.search("kenya|peru", one)] == []


def test_in_a_network_only_those_who_manage_them_see_who_belongs_to_an_organisation(
    kenya: Side, client: Client, operation: Operation, volunteer: Person, custodian: Person
) -> None:
    number = organisations.find("kenya").pk
    paths = ("/sample/desk/organisations/", f"/sample/desk/organisations/{number}/")
    enter(client, volunteer)
    assert [client.get(path).status_code for path in paths] == [403, 403]
    assert "/desk/organisations/" not in client.get("/sample/desk/partners/").content.decode()
    enter(client, custodian)
    assert "kenya-one" in client.get(paths[1]).content.decode()
    assert paths[0] in client.get("/sample/desk/partners/").content.decode()
    Operation.objects.filter(pk=operation.pk).update(kind="crisis")
    enter(client, volunteer)
    assert "kenya-one" in client.get(paths[1]).content.decode()
