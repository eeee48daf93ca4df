"""The directory: two people for every change, no list of numbers, and whoever looks is seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts import agreed
from rapport.contacts.directory import looking, nominating
from rapport.contacts.model import Channel, Means, Role
from rapport.contacts.models import Alarm, Look, Nomination, Office, State
from rapport.contacts.network import text_of
from rapport.contacts.records import opened
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind, EntryKind, LedgerEntry
from rapport.registry.models import Actor
from rapport.sharing.models import Agreement
from tests.web.contacts import WHY, last, named, network, of_team, office, officer, record, speaking, state, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Held.CUSTODIAN)


@pytest.fixture
def kenya(operation: Operation, lead: Person, custodian: Person) -> Actor:
    network(operation, lead, custodian)
    return state(operation, lead, "Kenya")


@pytest.fixture
def peru(kenya: Actor, lead: Person) -> Actor:
    return state(kenya.operation, lead, "Peru")


def enter(client: Client, person: Person) -> None:
    client.logout()
    client.force_login(person)


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(f"/sample/contacts/{path}")
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


# --- two people ----------------------------------------------------------------------------------------------------


def test_one_person_nominates_and_another_approves_before_anybody_reads_it(
    client: Client, kenya: Actor, peru: Actor, lead: Person
) -> None:
    amina, pedro = officer(kenya, "amina"), officer(peru, "pedro")
    enter(client, amina)
    answer = client.post("/sample/contacts/offices/kenya/technical/nominate/", typed(record("kenya")))
    assert answer.status_code == 302, answer.content.decode()
    made = Nomination.objects.get()
    assert opened(made.sealed) == record("kenya"), "what was typed is what is kept"
    assert "another person decides" in page(client, f"nominations/{named(made)}/")
    assert client.post(f"/sample/contacts/nominations/{named(made)}/approve/").status_code == 403
    enter(client, pedro)
    page(client, "offices/kenya/technical/", 404)
    page(client, f"nominations/{named(made)}/", 404)
    enter(client, lead)
    assert client.post(f"/sample/contacts/nominations/{named(made)}/approve/").status_code == 302
    enter(client, pedro)
    told = page(client, "offices/kenya/technical/")
    assert "+254 700 0101" not in told
    assert 'href="tel:+2547000101"' in told
    assert "TLP:AMBER" in told


def test_an_office_reads_as_what_it_was_looked_at_whatever_that_was(
    client: Client, kenya: Actor, peru: Actor, lead: Person, custodian: Person
) -> None:
    there = office(kenya, of_team(lead, kenya.operation), of_team(custodian, kenya.operation))
    for kind in ("page", "ping", "reply", looking.CASE, "card", "tree", "export", "directory"):
        looking.look(of_team(lead, kenya.operation), there, kind)
    enter(client, officer(kenya, "amina"))
    assert "for a ping" in page(client, "offices/kenya/technical/")


def test_nobody_approves_what_they_nominated_themselves_not_even_a_lead(kenya: Actor, lead: Person) -> None:
    made = nominating.nominate(of_team(lead, kenya.operation), kenya, record("kenya"), WHY)
    with pytest.raises(Refused, match="another person"):
        nominating.approve(of_team(lead, kenya.operation), made)
    with pytest.raises(Refused, match="another person"):
        nominating.refuse(of_team(lead, kenya.operation), made, "no")
    made.refresh_from_db()
    assert made.state == State.WAITING


def test_a_record_of_one_person_is_refused_and_the_form_keeps_what_was_typed(client: Client, kenya: Actor) -> None:
    enter(client, officer(kenya, "amina"))
    whole = record("kenya")
    alone = replace(whole, posts=whole.posts[:1], authority="Says nothing in public.")
    answer = client.post("/sample/contacts/offices/kenya/technical/nominate/", typed(alone))
    assert answer.status_code == 422
    told = answer.content.decode()
    assert "at least 2 who answer in their place" in told
    assert "Says nothing in public." in told
    assert not Office.objects.exists()


def test_who_speaks_for_one_state_changes_nothing_of_another(client: Client, kenya: Actor, peru: Actor) -> None:
    pedro = officer(peru, "pedro")
    enter(client, pedro)
    assert client.get("/sample/contacts/offices/kenya/technical/nominate/").status_code == 403
    assert client.post("/sample/contacts/offices/kenya/technical/nominate/", typed(record("kenya"))).status_code == 403
    with pytest.raises(NotAllowed):
        nominating.nominate(speaking(pedro, peru), kenya, record("kenya"), WHY)
    with pytest.raises(Refused, match="not of peru"):
        nominating.nominate(speaking(pedro, peru), peru, record("kenya"), WHY)


def test_a_change_shows_what_it_changes_and_what_counted_is_kept(
    client: Client, kenya: Actor, lead: Person, custodian: Person
) -> None:
    team = of_team(lead, kenya.operation)
    amina = officer(kenya, "amina")
    first = office(kenya, speaking(amina, kenya), team)
    moved = replace(record("kenya"), channels=(Channel(Means.PHONE, "+254711000000", "at night"),))
    changed = nominating.nominate(speaking(amina, kenya), kenya, moved, "A new number")
    with pytest.raises(Conflict, match="waits already"):
        nominating.nominate(team, kenya, record("kenya"), WHY)
    enter(client, custodian)
    told = page(client, f"nominations/{named(changed)}/")
    assert "<del><bdi>email duty@kenya.example</bdi></del>" in told
    assert "<ins><bdi>phone +254711000000 (at night)</bdi></ins>" in told
    nominating.approve(team, changed)
    assert list(Nomination.objects.filter(office=first).order_by("number").values_list("state", flat=True)) == [
        State.REPLACED, State.APPROVED,
    ]  # fmt: skip
    said = Decision.objects.filter(kind=DecisionKind.CONTACT).values_list("after", flat=True)
    assert list(said)[-1]["content"] == changed.digest
    assert "+254" not in str(list(said)), "the record of decisions says no number"


def test_a_refusal_says_why_and_leaves_what_counted(client: Client, kenya: Actor, lead: Person) -> None:
    amina = officer(kenya, "amina")
    first = office(kenya, speaking(amina, kenya), of_team(lead, kenya.operation))
    nominating.nominate(speaking(amina, kenya), kenya, record("kenya", title="Another desk"), WHY)
    enter(client, lead)
    path = f"/sample/contacts/nominations/{named(last(first))}/refuse/"
    assert client.post(path, {"reason": ""}).status_code == 302
    assert last(first).state == State.WAITING, "no refusal without a reason"
    client.post(path, {"reason": "The note names another desk."})
    enter(client, amina)
    assert "The note names another desk." in page(client, f"nominations/{named(last(first))}/")
    assert "Cyber desk of kenya" in page(client, "offices/kenya/technical/")


def test_a_closed_office_is_reached_by_nobody(client: Client, kenya: Actor, peru: Actor, lead: Person) -> None:
    amina = officer(kenya, "amina")
    first = office(kenya, speaking(amina, kenya), of_team(lead, kenya.operation))
    closing = nominating.close(speaking(amina, kenya), first, "The desk is dissolved")
    enter(client, officer(peru, "pedro"))
    assert "duty@kenya.example" in page(client, "offices/kenya/technical/")
    nominating.approve(of_team(lead, kenya.operation), closing)
    page(client, "offices/kenya/technical/", 404)
    assert "offices/kenya/technical/" not in page(client, "")


def test_the_database_holds_no_number_in_the_clear(kenya: Actor, lead: Person) -> None:
    office(kenya, speaking(officer(kenya, "amina"), kenya), of_team(lead, kenya.operation))
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM contacts_nomination")
        kept = bytes(cursor.fetchone()[0])
    assert b"+2547000101" not in kept
    assert b"duty@" not in kept


NOMINATE = "/sample/contacts/offices/kenya/technical/nominate/"


def test_a_form_that_was_begun_before_another_change_proposes_no_old_number_and_keeps_what_was_typed(
    client: Client, kenya: Actor, lead: Person
) -> None:
    amina, team = speaking(officer(kenya, "amina"), kenya), of_team(lead, kenya.operation)
    made = office(kenya, amina, team)
    began = last(made).digest
    enter(client, officer(kenya, "abel"))
    assert f'name="began" value="{began}"' in client.get(NOMINATE).content.decode()
    newer = replace(record("kenya"), channels=(Channel(Means.PHONE, "+254711000000"),))
    nominating.approve(team, nominating.nominate(amina, kenya, newer, "A new number"))
    old = {**typed(replace(record("kenya"), authority="Says nothing.")), "began": began}
    answer = client.post(NOMINATE, old)
    assert answer.status_code == 409
    told = answer.content.decode()
    assert "<ins><bdi>phone +254711000000</bdi></ins>" in told
    assert "Says nothing." in told
    assert "duty@kenya.example" in told, "what was typed stays"
    assert not Nomination.objects.filter(state=State.WAITING).exists()
    now = last(made).digest
    assert f'name="began" value="{now}"' in told
    assert client.post(NOMINATE, {**old, "began": now}).status_code == 302, "now they know of it"


def test_nobody_confirms_a_record_that_they_were_not_shown(client: Client, kenya: Actor, lead: Person) -> None:
    amina, team = officer(kenya, "amina"), of_team(lead, kenya.operation)
    made = office(kenya, speaking(amina, kenya), team)
    read = last(made).digest
    enter(client, amina)
    assert f'name="read" value="{read}"' in page(client, "offices/kenya/technical/")
    nominating.approve(team, nominating.nominate(speaking(amina, kenya), kenya, record("kenya", note="New"), WHY))
    for old in (read, ""):
        data = {"how": "Called every number", "read": old}
        client.post("/sample/contacts/offices/kenya/technical/verify/", data)
        assert "Another record was approved" in page(client, "offices/kenya/technical/")
    assert not made.verifications.filter(how="Called every number").exists()


def test_an_approved_change_says_afterwards_too_what_it_changed(client: Client, kenya: Actor, lead: Person) -> None:
    amina, team = speaking(officer(kenya, "amina"), kenya), of_team(lead, kenya.operation)
    office(kenya, amina, team)
    changed = nominating.nominate(amina, kenya, record("kenya", title="Another desk"), WHY)
    nominating.approve(team, changed)
    nominating.approve(team, nominating.nominate(amina, kenya, record("kenya", title="A third desk"), WHY))
    enter(client, amina.person)
    told = page(client, f"nominations/{named(changed)}/")
    assert "<del><bdi>Cyber desk of kenya</bdi></del>" in told
    assert "<ins><bdi>Another desk</bdi></ins>" in told


def test_an_office_of_a_role_that_the_network_did_not_agree_on_is_not_nominated_and_one_that_is_there_stays(
    client: Client, kenya: Actor, lead: Person
) -> None:
    amina, team = officer(kenya, "amina"), of_team(lead, kenya.operation)
    office(kenya, speaking(amina, kenya), team, role=Role.POLICY)
    waits = nominating.nominate(speaking(amina, kenya), kenya, record("kenya", Role.POLICY), WHY)
    everything = text_of("example")
    agreed.load(lead, kenya.operation, everything.replace('"technical", "policy"]', '"technical"]'))
    with pytest.raises(Refused, match=r"diplomatic, technical\. Not on policy"):
        nominating.nominate(team, kenya, record("kenya", Role.POLICY), WHY)
    with pytest.raises(Refused, match="Not on policy"):
        nominating.approve(team, waits)
    enter(client, amina)
    told = page(client, "")
    assert "no role of this network" in told
    assert "offices/kenya/policy/" in told
    assert "no role of this network" in page(client, "offices/kenya/policy/")
    nominating.withdraw(speaking(amina, kenya), waits)
    gone = nominating.close(speaking(amina, kenya), waits.office, "Not agreed on")
    nominating.approve(team, gone)
    assert "policy" not in page(client, "")


def test_what_was_refused_is_corrected_and_not_typed_anew(
    client: Client, kenya: Actor, peru: Actor, lead: Person
) -> None:
    amina, team = officer(kenya, "amina"), of_team(lead, kenya.operation)
    office(kenya, speaking(amina, kenya), team)
    one = nominating.nominate(speaking(amina, kenya), kenya, record("kenya", authority="Long typed words."), WHY)
    nominating.refuse(team, one, "The note is of another year.")
    enter(client, amina)
    assert f"nominate/?of={named(one)}" in page(client, f"nominations/{named(one)}/")
    assert "Long typed words." in client.get(f"{NOMINATE}?of={named(one)}").content.decode()
    nominating.approve(team, nominating.nominate(speaking(amina, kenya), kenya, record("kenya", title="New desk"), WHY))
    assert "<ins><bdi>New desk</bdi></ins>" in client.get(f"{NOMINATE}?of={named(one)}").content.decode()
    enter(client, officer(peru, "pedro"))
    for path in (f"{NOMINATE}?of={named(one)}", NOMINATE.replace("kenya", "peru") + f"?of={named(one)}"):
        assert "Long typed words." not in client.get(path).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("time_zone", "localtime", "the time zone of a place"), ("time_zone", "Factory", "the time zone of a place"),
     ("time_zone", "posixrules", "Africa/Nairobi"), ("valid_until", "2026-01-31", "This day is over")],
)  # fmt: skip
def test_all_that_is_wrong_is_said_at_once_with_why_now(
    client: Client, kenya: Actor, field: str, value: str, said: str
) -> None:
    enter(client, officer(kenya, "amina"))
    answer = client.post(NOMINATE, {**typed(record("kenya"), ""), "authority": "", field: value})
    assert answer.status_code == 422
    told = answer.content.decode()
    for one in (said, "may decide by itself", "Say why, in a few words"):
        assert one in told


# --- who looks -----------------------------------------------------------------------------------------------------


def test_the_list_names_offices_and_no_way_to_reach_them(
    client: Client, kenya: Actor, peru: Actor, lead: Person
) -> None:
    office(kenya, speaking(officer(kenya, "amina"), kenya), of_team(lead, kenya.operation))
    enter(client, officer(peru, "pedro"))
    told = page(client, "")
    assert "Kenya" in told
    assert "+254" not in told
    assert "duty@" not in told
    assert not Look.objects.exists()
    assert "Nothing is called so" in page(client, "?q=zzz")
    assert "Kenya" in page(client, "?q=ken&role=technical")
    assert "Nothing is called so" in page(client, "?q=ken&role=policy")


def test_nobody_outside_the_network_reads_any_of_it(
    client: Client, kenya: Actor, lead: Person, outsider: Person
) -> None:
    office(kenya, speaking(officer(kenya, "amina"), kenya), of_team(lead, kenya.operation))
    for path in ("", "offices/kenya/technical/", "nominations/", "alarms/"):
        assert client.get(f"/sample/contacts/{path}").status_code == 302
    enter(client, outsider)
    for path in ("", "offices/kenya/technical/", "nominations/", "alarms/"):
        assert client.get(f"/sample/contacts/{path}").status_code == 403


def test_a_state_whose_agreement_ended_is_shown_nothing(
    client: Client, kenya: Actor, peru: Actor, lead: Person
) -> None:
    office(kenya, speaking(officer(kenya, "amina"), kenya), of_team(lead, kenya.operation))
    enter(client, officer(peru, "pedro"))
    page(client, "offices/kenya/technical/")
    Agreement.objects.filter(receiver=peru.organisation).update(ended_at=timezone.now())
    page(client, "offices/kenya/technical/", 404)
    assert "offices/kenya/technical/" not in page(client, "")


def test_each_look_is_noted_in_the_ledger_and_seen_by_the_office(
    client: Client, kenya: Actor, peru: Actor, lead: Person
) -> None:
    amina, pedro = officer(kenya, "amina"), officer(peru, "pedro")
    office(kenya, speaking(amina, kenya), of_team(lead, kenya.operation))
    enter(client, pedro)
    assert "the office sees it" in page(client, "offices/kenya/technical/")
    page(client, "offices/kenya/technical/")
    assert Look.objects.filter(person=pedro, organisation=peru.organisation).count() == 2
    assert LedgerEntry.objects.filter(kind=EntryKind.LOOK).count() == 2
    enter(client, amina)
    told = page(client, "offices/kenya/technical/")
    assert "Who looked at it" in told
    assert "pedro" in told
    enter(client, pedro)
    assert "Who looked at it" not in page(client, "offices/kenya/technical/")


@pytest.mark.parametrize(
    ("kind", "words"),
    [("page", "on its page"), ("card", "card"), ("tree", "phone tree"), ("export", "signed directory"),
     ("reply", "for a message to it"), ("case", "for a message to it"), ("ping", "for a ping")],
)  # fmt: skip
def test_the_office_reads_for_what_somebody_looked_at_it(
    client: Client, kenya: Actor, lead: Person, kind: str, words: str
) -> None:
    amina = officer(kenya, "amina")
    made = office(kenya, speaking(amina, kenya), of_team(lead, kenya.operation))
    assert looking.look(of_team(lead, kenya.operation), made, kind) is not None
    enter(client, amina)
    assert f"<td>{words}</td>" in page(client, "offices/kenya/technical/")


def test_a_page_on_which_there_is_nothing_yet_says_what_comes_next(client: Client, kenya: Actor, lead: Person) -> None:
    directory = 'href="/sample/contacts/">To the directory'
    for person, next_steps in (
        (officer(kenya, "amina"), {"nominations/": directory, "pings/": directory, "peers/": "which enters it"}),
        (lead, {"nominations/": directory, "pings/": 'href="#start"', "peers/": "/sample/contacts/peers/enter/",
                "alarms/": 'href="/sample/desk/ledger/"'}),
    ):  # fmt: skip
        enter(client, person)
        for path, step in next_steps.items():
            assert step in page(client, path).split("<main")[1], path


@pytest.mark.parametrize(("states", "requests"), [(7, 60), pytest.param(193, 1_000, marks=pytest.mark.long)])
def test_a_member_who_goes_through_the_directory_is_stopped_and_the_team_is_told(
    client: Client, kenya: Actor, lead: Person, operation: Operation, states: int, requests: int
) -> None:
    team, other = of_team(lead, operation), of_team(Person.objects.get(username="carol"), operation)
    paths = []
    for number in range(states):
        one = Actor.objects.create(operation=operation, code=f"s{number}", name=f"State {number}", kind="state")
        for role in Role:
            office(one, team, other, role=role)
            paths.append((one.code, role.value))
    amina = officer(kenya, "amina")
    enter(client, amina)
    reached, shown = set(), 0
    for ask in range(requests):
        code, role = paths[ask % len(paths)]
        answer = client.get(f"/sample/contacts/offices/{code}/{role}/")
        if answer.status_code == 200:
            reached.add((code, role))
            shown += 1
            assert f"duty@{code}.example" in answer.content.decode()
        else:
            assert answer.status_code == 429
            assert "duty@" not in answer.content.decode()
    assert len(reached) == looking.MEMBER.most
    print(f"share learned by {requests} requests: {len(reached)} of {len(paths)}")  # noqa: T201
    assert set(Alarm.objects.values_list("kind", flat=True)) == {Alarm.MANY, Alarm.STOPPED}
    assert Alarm.objects.count() == 2
    assert Look.objects.filter(person=amina).count() == shown, "the log is complete"
    enter(client, lead)
    assert "amina" in page(client, "alarms/")
    client.post(f"/sample/contacts/alarms/{named(Alarm.objects.earliest('pk'))}/seen/")
    assert "seen by" in page(client, "alarms/")


def test_colleagues_together_are_shown_no_more_than_one_organisation_needs(
    client: Client, kenya: Actor, lead: Person, operation: Operation
) -> None:
    team, custodian = of_team(lead, operation), Person.objects.get(username="carol")
    for number in range(40):
        one = Actor.objects.create(operation=operation, code=f"s{number}", name=f"State {number}", kind="state")
        office(one, team, of_team(custodian, operation))
    reached = set()
    for turn in range(4):
        enter(client, officer(kenya, f"amina{turn}"))
        for number in range(turn * 10, turn * 10 + 10):
            if client.get(f"/sample/contacts/offices/s{number}/technical/").status_code == 200:
                reached.add(number)
    assert len(reached) == looking.MEMBER.together


def numbers(told: str) -> set[str]:
    return set(re.findall(r"\+254\d+", told.replace(" ", "")))


def test_the_team_reads_no_number_on_the_pages_for_changing_them_without_a_look(
    client: Client, kenya: Actor, lead: Person, custodian: Person
) -> None:
    amina = officer(kenya, "amina")
    made = office(kenya, speaking(amina, kenya), of_team(lead, kenya.operation))
    assert not Look.objects.exists()
    for one, path, kind in (
        (lead, "offices/kenya/technical/nominate/", "changing"),
        (custodian, f"nominations/{named(nominating.nominate(speaking(amina, kenya), kenya, record('kenya'), WHY))}/",
         "deciding"),
    ):  # fmt: skip
        before = Look.objects.count()
        enter(client, one)
        page(client, path)
        look = Look.objects.latest("pk")
        assert (Look.objects.count(), look.person, look.office, look.kind) == (before + 1, one, made, kind)
    enter(client, amina)
    told = page(client, "offices/kenya/technical/")
    assert "in order to change it" in told
    assert "with a nomination that waits" in told
    seen = Look.objects.exclude(person=amina).count()
    page(client, "offices/kenya/technical/nominate/")
    page(client, f"nominations/{named(last(made))}/")
    assert Look.objects.exclude(person=amina).count() == seen, "one's own are none"


def test_what_is_decided_is_shown_to_its_own_state_alone(
    client: Client, kenya: Actor, lead: Person, custodian: Person
) -> None:
    amina, team = officer(kenya, "amina"), of_team(lead, kenya.operation)
    made = office(kenya, team, of_team(custodian, kenya.operation))
    nominating.approve(of_team(custodian, kenya.operation), nominating.nominate(team, kenya, record("kenya"), WHY))
    every = [f"nominations/{named(one)}/" for one in Nomination.objects.filter(office=made)]
    assert len(every) == 2
    for one in (lead, custodian):
        enter(client, one)
        for path in every:
            told = page(client, path)
            assert not numbers(told)
            assert "shown to its own State alone" in told
    assert not Look.objects.exists()
    enter(client, amina)
    assert numbers(page(client, every[0]))


def test_the_team_that_goes_through_the_forms_is_stopped_too(
    client: Client, kenya: Actor, lead: Person, custodian: Person, operation: Operation
) -> None:
    """Also with nominations of its own: the page of each shows what counts now beside it."""
    team, other = of_team(lead, operation), of_team(custodian, operation)
    paths, made = [], []
    for number in range(looking.TEAM.most + 3):
        one = Actor.objects.create(operation=operation, code=f"s{number}", name=f"State {number}", kind="state")
        office(one, team, other)
        moved = nominating.nominate(team, one, record(one.code, title="Moved"), WHY)
        made.append(moved)
        paths.append(f"nominations/{named(moved)}/" if number % 2 else f"offices/{one.code}/technical/nominate/")
    enter(client, lead)
    answers = [client.get(f"/sample/contacts/{path}").status_code for path in paths]
    assert answers == [200] * looking.TEAM.most + [429] * 3
    assert Alarm.objects.filter(person=lead, kind=Alarm.STOPPED).exists()
    enter(client, custodian)
    for one in made:
        page(client, f"nominations/{named(one)}/")  # who decides is not stopped
    assert Look.objects.filter(person=custodian).count() == len(made), "and each is noted"
    assert Alarm.objects.filter(person=custodian, kind=Alarm.MANY).exists()


def test_whoever_works_on_the_desk_too_is_not_of_the_team(
    client: Client, kenya: Actor, peru: Actor, lead: Person
) -> None:
    """Not by what they may read there, nor with what they may do for their own State."""
    office(kenya, speaking(officer(kenya, "amina"), kenya), of_team(lead, kenya.operation))
    pedro = officer(peru, "pedro")
    pedro.memberships.create(operation=kenya.operation, role=Held.VERIFIER)
    enter(client, pedro)
    page(client, "offices/kenya/technical/nominate/", 403)
    page(client, "offices/kenya/technical/lists/", 403)
    assert client.post("/sample/contacts/offices/kenya/technical/verify/", {"how": "I know"}).status_code == 403
    page(client, "nominations/")
    Agreement.objects.filter(receiver=peru.organisation).update(ended_at=timezone.now())
    page(client, "offices/kenya/technical/", 404)


def test_each_kind_of_look_has_its_words_on_the_page_of_the_office(client: Client, kenya: Actor, lead: Person) -> None:
    amina = officer(kenya, "amina")
    made = office(kenya, speaking(amina, kenya), of_team(lead, kenya.operation))
    for kind in ("page", "card", "tree", "export", "reply", "ping", "case", "deciding", "changing", "list"):
        looking.noted(of_team(lead, kenya.operation), made, kind)
    enter(client, amina)
    assert "for a ping" in page(client, "offices/kenya/technical/")


# --- whether it is right still -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "said"),
    [(149, "current"), (180, "current"), (181, "not confirmed lately"), (239, "not confirmed lately"),
     (240, "do not rely on it")],
)  # fmt: skip
def test_a_record_that_nobody_confirms_says_so(
    client: Client, kenya: Actor, peru: Actor, lead: Person, days: int, said: str
) -> None:
    made = office(kenya, speaking(officer(kenya, "amina"), kenya), of_team(lead, kenya.operation))
    Office.objects.filter(pk=made.pk).update(verified_at=timezone.now() - timedelta(days=days, minutes=1))
    enter(client, officer(peru, "pedro"))
    assert said in page(client, "")
    assert said in page(client, "offices/kenya/technical/")


@pytest.mark.parametrize(
    ("days", "said"),
    [(149, ""), (150, "Soon others are told so."), (181, "Others are told that nobody confirmed it lately"),
     (240, "Others are told not to rely on it.")],
)  # fmt: skip
def test_a_state_is_told_on_its_pages_that_its_record_grows_old(
    client: Client, kenya: Actor, peru: Actor, lead: Person, days: int, said: str
) -> None:
    amina = officer(kenya, "amina")
    made = office(kenya, speaking(amina, kenya), of_team(lead, kenya.operation))
    Office.objects.filter(pk=made.pk).update(verified_at=timezone.now() - timedelta(days=days, minutes=1))
    for person, own in ((amina, True), (officer(peru, "pedro"), False)):
        enter(client, person)
        for path in ("", "duty/"):
            told = page(client, path)
            assert (f"last confirmed {days} days ago" in told) == (own and bool(said))
            assert said in told or not own


def test_whoever_confirms_a_record_says_how_they_know(client: Client, kenya: Actor, lead: Person) -> None:
    amina = officer(kenya, "amina")
    made = office(kenya, speaking(amina, kenya), of_team(lead, kenya.operation))
    Office.objects.filter(pk=made.pk).update(verified_at=timezone.now() - timedelta(days=200))
    enter(client, amina)
    read = last(made).digest
    client.post("/sample/contacts/offices/kenya/technical/verify/", {"how": "", "read": read})
    assert "not confirmed lately" in page(client, "offices/kenya/technical/")
    client.post("/sample/contacts/offices/kenya/technical/verify/", {"how": "Called every number today", "read": read})
    told = page(client, "offices/kenya/technical/")
    assert "Called every number today" in told
    assert "not confirmed lately" not in told


def test_the_page_says_whether_somebody_is_there_now(client: Client, kenya: Actor, peru: Actor, lead: Person) -> None:
    team = of_team(lead, kenya.operation)
    office(kenya, speaking(officer(kenya, "amina"), kenya), team)
    office(kenya, speaking(officer(kenya, "abel"), kenya), team, role=Role.POLICY, hours="24/7")
    enter(client, officer(peru, "pedro"))
    assert "Staffed day and night." in page(client, "offices/kenya/policy/")
    told = page(client, "offices/kenya/technical/")
    assert ("Staffed now, until" in told) != ("Not staffed now: from" in told)
