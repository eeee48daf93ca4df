"""To be entered as one of a State's people is not to speak for it: those who do say so, and all see who does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module

import pytest
from click.testing import CliRunner
from django.apps import apps
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from rapport.accounts import invitations, people
from rapport.accounts.models import Belonging, Membership, Person
from rapport.accounts.permissions import Role as Held
from rapport.cli.main import cli
from rapport.contacts.cases.models import Dispatch
from rapport.contacts.directory import nominating
from rapport.contacts.exports import releasing
from rapport.contacts.members import Member, writes_here
from rapport.contacts.models import Representative
from rapport.contacts.peers import agreeing
from rapport.contacts.representatives import confirming
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.registry.models import Actor
from rapport.sharing import organisations, partner_keys
from rapport.sharing.models import Agreement
from tests.guards.walk import routes
from tests.web.contacts import (
    WHY,
    entry,
    named,
    network,
    newcomer,
    of_team,
    office,
    officer,
    record,
    speaking,
    state,
)
from tests.web.peers import There, entered
from tests.web.test_cases import Side, sent

pytestmark = pytest.mark.django_db
PAGE = "/sample/contacts/representatives/"


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


def at_work(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(person: Person, path: str = "representatives/", status: int = 200) -> str:
    answer = at_work(person).get(f"/sample/contacts/{path}")
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


def press(person: Person, what: str, number: int, actor: Actor) -> str:
    """What the person reads afterwards."""
    path = reverse(f"contacts_representative_{what}", args=["sample", number])
    answer = at_work(person).post(path, {"actor": actor.code}, follow=True)
    return str(answer.content.decode())


# --- a newcomer ----------------------------------------------------------------------------------------------------


def test_a_newcomer_reads_what_they_wait_for_and_nothing_else(
    operation: Operation, lead: Person, custodian: Person
) -> None:
    network(operation, lead, custodian)
    kenya, peru = Side(operation, lead, custodian, "Kenya"), Side(operation, lead, custodian, "Peru")
    first = sent(kenya, peru)
    pia = newcomer(peru.actor, "pia")
    client, tried = at_work(pia), 0
    fill = {"operation": "sample", "ref": first.case.ref, "message": first.ref, "actor": "kenya", "role": "technical",
            "number": 1, "kind": "notification", "link": "none"}  # fmt: skip
    for route in routes():
        if route.path.startswith("<slug:operation>/contacts/") and route.access.startswith("contacts:"):
            path = route.filled(fill)
            for answer in (client.get(path), client.post(path)):
                assert answer.status_code in {403, 405}, path
                assert "Wiper" not in answer.content.decode()
                assert "+254" not in answer.content.decode()
            tried += 1
    assert tried > 60
    told = page(pia, "duty/", 403)
    assert "You do not speak for anybody here yet" in told
    assert "You were entered by lea" in told
    assert "Somebody who speaks for it already must say that they know you" in told
    assert Dispatch.objects.get(pk=first.pk).delivered_at is None, "it is new there still"
    assert "Peru" not in page(kenya.one.person, "representatives/")
    press(peru.one.person, "confirm", entry(pia, peru.actor).pk, peru.actor)
    assert "Wiper" in page(pia, f"cases/{first.case.ref}/")


def test_everybody_of_a_state_is_asked_loudly_whether_they_know_a_newcomer(kenya: Actor, peru: Actor) -> None:
    amina, abel, pedro = officer(kenya, "amina"), officer(kenya, "abel"), officer(peru, "pedro")
    assert 'data-alarms=""' in page(abel, "duty/")
    nia = newcomer(kenya, "nia")
    for one in (amina, abel):
        told = page(one, "duty/")
        assert "nia (nia) asks to speak for Kenya." in told
        assert "entered by lea" in told
        assert 'data-alarms="asks:nia:kenya"' in told, "it rings"
        assert "Nothing waits" not in told
    assert "nia" not in page(pedro, "duty/") + page(pedro)
    assert "nia speaks for Kenya from now on" in press(abel, "confirm", entry(nia, kenya).pk, kenya)
    assert "asks to speak" not in page(amina, "duty/")
    told = page(amina)
    assert re.search(r"nia</bdi></strong> \(nia\).*since .*entered by lea,.*confirmed by abel", told)
    assert "3 people speak for you" in page(amina, "duty/")
    made = Decision.objects.filter(kind=DecisionKind.CONTACT).latest("pk")
    assert made.person == abel
    assert made.after["said"] == "confirmed who speaks for kenya"


def test_whoever_nobody_knows_is_asked_about_no_more_and_can_be_confirmed_after_all(kenya: Actor) -> None:
    amina, nia = officer(kenya, "amina"), newcomer(kenya, "nia")
    assert "they do not speak for you" in press(amina, "refuse", entry(nia, kenya).pk, kenya)
    assert "asks to speak" not in page(amina, "duty/")
    assert "not known to amina" in page(amina)
    assert "they do not know you" in page(nia, "duty/", 403)
    press(amina, "confirm", entry(nia, kenya).pk, kenya)
    page(nia, "duty/")


def test_whoever_speaks_for_nobody_reads_times_with_their_zone(kenya: Actor) -> None:
    """Their own clock may be another: their office's is the page's no more."""
    amina, nia = officer(kenya, "amina"), officer(kenya, "nia")
    there = Representative.objects.get(person=nia)
    confirming.end(speaking(amina, kenya), there)
    told = page(nia, "duty/", 403)
    assert re.search(r"You were entered by lea, \d+ \w+ \d{4} \d\d:\d\d \(America/Port-au-Prince\)\.", told)
    assert re.search(r"said on \d+ \w+ \d{4} \d\d:\d\d \(America/Port-au-Prince\) that you speak for it no more", told)
    entry(nia, kenya).delete()
    told = page(nia, "duty/")
    assert "You belong to no State or organisation" in told
    assert re.search(r"It is \w+ \d\d:\d\d \(America/Port-au-Prince\)", told)


def test_nobody_confirms_themselves_and_no_other_state_does(kenya: Actor, peru: Actor) -> None:
    officer(kenya, "amina")
    pedro, nia = officer(peru, "pedro"), newcomer(kenya, "nia")
    asked = entry(nia, kenya)
    assert at_work(nia).post(f"{PAGE}{named(asked)}/confirm/", {"actor": "kenya"}).status_code == 403
    assert at_work(pedro).post(f"{PAGE}{named(asked)}/confirm/", {"actor": "kenya"}).status_code == 404
    with pytest.raises(NotAllowed):
        confirming.confirm(speaking(pedro, peru), asked, kenya)
    with pytest.raises(Refused, match="of themselves"):
        confirming.confirm(speaking(nia, kenya), asked, kenya)
    with pytest.raises(IntegrityError), transaction.atomic():
        Representative.objects.create(
            actor=kenya, person=nia, belonging=asked, entered_at=asked.created_at, confirmed_by=nia,
            confirmed_at=timezone.now(),
        )  # fmt: skip
    page(nia, "duty/", 403)


# --- the first ones ------------------------------------------------------------------------------------------------


def test_the_first_one_is_confirmed_by_another_of_the_team_than_who_entered_them_and_then_no_more(
    kenya: Actor, lead: Person, custodian: Person
) -> None:
    amina = newcomer(kenya, "amina")
    asked = entry(amina, kenya)
    assert not writes_here(kenya)
    assert "another one of the team confirms" in page(lead)
    assert "You entered this person yourself" in press(lead, "confirm", asked.pk, kenya)
    assert "another person of the network" in page(amina, "duty/", 403)
    assert "Who speaks for whom (1)" in page(custodian, "")
    press(custodian, "confirm", asked.pk, kenya)
    page(amina, "duty/")
    assert writes_here(kenya)
    abel = newcomer(kenya, "abel")
    assert "One of those who speak for it says so." in page(custodian)
    assert "People speak for Kenya already" in press(custodian, "confirm", entry(abel, kenya).pk, kenya)
    with pytest.raises(Conflict, match="already"):
        confirming.confirm(of_team(custodian, kenya.operation), asked, kenya)
    page(abel, "duty/", 403)


def test_the_team_cannot_end_and_confirm_alone_what_one_of_it_entered(kenya: Actor, lead: Person) -> None:
    """Taken out and entered anew by the same one, it is that one who entered them."""
    amina = officer(kenya, "amina")
    assert kenya.organisation is not None
    organisations.leave(lead, kenya.operation_id, kenya.organisation, "amina")
    page(amina, "duty/", 200)
    assert "You spoke for Kenya until lea took you out" in page(amina, "duty/")
    organisations.join(lead, kenya.operation_id, kenya.organisation, "amina")
    page(amina, "duty/", 403)
    assert "You entered this person yourself" in press(lead, "confirm", entry(amina, kenya).pk, kenya)
    assert not writes_here(kenya)


def test_whoever_runs_the_machine_confirms_by_a_command(kenya: Actor) -> None:
    amina = newcomer(kenya, "amina")
    done = CliRunner().invoke(cli, ["contacts", "confirm", "amina", "kenya", "--operation", "sample"])
    assert done.output == "amina speaks for Kenya in sample.\n", done.output
    assert "confirmed by Whoever runs the machine" in page(amina)
    for words in (["nobody", "kenya"], ["amina", "peru"], ["amina", "kenya"]):
        done = CliRunner().invoke(cli, ["contacts", "confirm", *words, "--operation", "sample"])
        assert done.exit_code != 0


# --- ending it -----------------------------------------------------------------------------------------------------


def test_anybody_of_a_state_ends_it_for_another_from_the_next_request_on(kenya: Actor, peru: Actor) -> None:
    amina, abel, pedro = officer(kenya, "amina"), officer(kenya, "abel"), officer(peru, "pedro")
    there = Representative.objects.get(person=abel)
    browser = at_work(abel)
    assert browser.get("/sample/contacts/duty/").status_code == 200
    assert at_work(pedro).post(f"{PAGE}{named(there)}/end/").status_code == 404
    assert "Ended: abel" in press(amina, "end", there.pk, kenya)
    told = browser.get("/sample/contacts/duty/")
    assert told.status_code == 403
    assert "that you speak for it no more" in told.content.decode()
    assert "ended by amina" in page(amina)
    with pytest.raises(NotAllowed):
        confirming.end(speaking(abel, kenya), Representative.objects.get(person=amina))
    press(amina, "confirm", entry(abel, kenya).pk, kenya)
    assert browser.get("/sample/contacts/duty/").status_code == 200
    own = Representative.objects.get(person=amina)
    assert "Another person of your side" in press(amina, "end", own.pk, kenya)


# --- the team is never of a party ----------------------------------------------------------------------------------


def test_the_team_does_not_enter_itself_as_a_states_people(
    kenya: Actor, lead: Person, custodian: Person, operation: Operation
) -> None:
    assert kenya.organisation is not None
    path = f"/sample/desk/organisations/{kenya.organisation_id}/join/"
    for one in (lead, custodian):
        told = at_work(one).post(path, {"username": one.username}, follow=True).content.decode()
        assert f"{one.username} is of this network&#x27;s team" in told
    token, _made = invitations.invite_partner(custodian, operation.pk, kenya.organisation)
    answer = at_work(lead).post(f"/accounts/invitation/{token}/accept/")
    assert answer.status_code == 400
    assert "network&#x27;s team" in answer.content.decode()
    assert not Belonging.objects.exists()


def test_whoever_speaks_for_a_state_gets_no_role_of_the_team(kenya: Actor, lead: Person, operation: Operation) -> None:
    amina = officer(kenya, "amina")
    for role in (Held.LEAD, Held.CUSTODIAN):
        with pytest.raises(Refused, match="belongs to Kenya in this network"):
            people.give(amina, operation.pk, role)
    token, invitation = invitations.invite(lead, operation.pk, Held.LEAD)
    with pytest.raises(Refused, match="Take them out"):
        invitations.accept(invitation.token_hash, amina)
    invitation.refresh_from_db()
    assert invitation.accepted_at is None, "the link is not spent"
    assert token
    people.give(amina, operation.pk, Held.TRANSLATOR)
    assert not Membership.objects.filter(person=amina, role=Held.LEAD).exists()


def test_in_a_crisis_a_lead_may_belong_to_an_organisation_as_before(operation: Operation, lead: Person) -> None:
    made = organisations.add(lead, operation.pk, "relief", "Relief", "ngo", [])
    assert organisations.join(lead, operation.pk, made, "lea")


def test_whoever_is_both_from_before_reads_nothing_as_either(
    operation: Operation, lead: Person, custodian: Person
) -> None:
    network(operation, lead, custodian)
    kenya, peru = Side(operation, lead, custodian, "Kenya"), Side(operation, lead, custodian, "Peru")
    first = sent(kenya, peru)
    here = Belonging.objects.create(person=lead, operation=operation, organisation=peru.actor.organisation)
    Representative.objects.create(
        actor=peru.actor, person=lead, belonging=here, entered_at=here.created_at, confirmed_at=timezone.now()
    )
    for path in ("", "duty/", f"cases/{first.case.ref}/", "nominations/", "alarms/", "network/", "pings/"):
        assert "Nobody is both" in page(lead, path, 403)
    assert Dispatch.objects.get(pk=first.pk).delivered_at is None
    assert "(lea)" not in page(peru.one.person).split("Before, and refused")[0]
    at_work(custodian).post(f"/sample/desk/organisations/{peru.actor.organisation_id}/leave/", {"username": "lea"})
    page(lead, "nominations/")


# --- installations that were there before --------------------------------------------------------------------------


def test_whoever_was_entered_before_anybody_was_asked_speaks_on(
    kenya: Actor, lead: Person, operation: Operation
) -> None:
    amina, organisation = newcomer(kenya, "amina"), kenya.organisation
    Belonging.objects.create(person=lead, operation=operation, organisation=organisation)
    import_module("rapport.contacts.migrations.0008_entered_before").confirm(apps, None)
    assert [one.person for one in Representative.objects.all()] == [amina], "and nobody of the team"
    assert "entered before anybody was asked" in page(amina)


def test_a_partner_key_opens_no_page_where_people_are_at_work(
    operation: Operation, lead: Person, custodian: Person
) -> None:
    network(operation, lead, custodian)
    kenya, peru = Side(operation, lead, custodian, "Kenya"), Side(operation, lead, custodian, "Peru")
    key = partner_keys.make(lead, Agreement.objects.get(receiver=peru.actor.organisation), "peru-system")
    Agreement.objects.filter(receiver=kenya.actor.organisation).update(ended_at=timezone.now())
    client, bearer = at_work(kenya.one.person), {"HTTP_AUTHORIZATION": f"Bearer {key}"}
    assert client.get("/sample/contacts/offices/peru/technical/", **bearer).status_code == 404
    assert Client().get("/sample/contacts/offices/peru/technical/", **bearer).status_code == 302


# --- one lead is not two people ------------------------------------------------------------------------------------


def out(by: Person, actor: Actor, *people_: Person) -> None:
    assert actor.organisation is not None
    for one in people_:
        organisations.leave(by, actor.operation_id, actor.organisation, one.username)


def test_a_lead_who_lets_in_a_second_lead_makes_nobody_a_states_voice(
    operation: Operation, lead: Person, custodian: Person, someone: Callable[..., Person]
) -> None:
    """The case that Kenya and Peru have is not read by whom one lead wants to read it; where a custodian confirms new
    people all the same, the other side and those who were there before read that."""
    network(operation, lead, custodian)
    kenya, peru = Side(operation, lead, custodian, "Kenya"), Side(operation, lead, custodian, "Peru")
    first, sock = sent(kenya, peru), someone("sock", Held.LEAD)
    case = f"cases/{first.case.ref}/"
    out(lead, peru.actor, peru.one.person, peru.two.person)
    mallory = newcomer(peru.actor, "mallory")
    told = press(sock, "confirm", entry(mallory, peru.actor).pk, peru.actor)
    assert "nobody can tell whether you are two people" in told
    assert "Others spoke for it before, and nobody does now." in told
    assert "Wiper" not in page(mallory, case, 403)
    assert "other people speak" not in page(kenya.one.person, case)
    assert "You spoke for Peru until lea took you out" in page(peru.one.person, "duty/")
    assert "network's team: <bdi>carol</bdi>, <bdi>lea</bdi>, <bdi>sock</bdi>." in page(peru.one.person, "duty/")

    press(custodian, "confirm", entry(mallory, peru.actor).pk, peru.actor)
    assert "Wiper" in page(mallory, case)
    assert "other people speak for Peru here, and none of those from before let them in" in page(kenya.one.person, case)


def test_those_whom_one_of_the_party_let_in_are_no_new_people(
    operation: Operation, lead: Person, custodian: Person
) -> None:
    network(operation, lead, custodian)
    kenya, peru = Side(operation, lead, custodian, "Kenya"), Side(operation, lead, custodian, "Peru")
    first, pia = sent(kenya, peru), officer(peru.actor, "pia")
    out(lead, peru.actor, peru.one.person)
    confirming.end(peru.two, Representative.objects.get(person=pia))
    assert "other people speak" not in page(kenya.one.person, f"cases/{first.case.ref}/")
    told = page(peru.two.person, "duty/")
    assert "They speak for you no more" in told
    assert "lea ended it" in told
    assert "<bdi>pia</bdi>" not in told, "what one did oneself is no news"
    assert "peru-two said on" in page(pia, "duty/", 403)


@pytest.mark.parametrize("what", ["nomination", "copy", "instance"])
def test_two_leads_are_no_two_people_elsewhere_either(
    what: str, kenya: Actor, lead: Person, custodian: Person, someone: Callable[..., Person]
) -> None:
    one, sock = of_team(lead, kenya.operation), of_team(someone("sock", Held.LEAD), kenya.operation)
    guard = of_team(custodian, kenya.operation)
    assert kenya.organisation is not None
    decide: Callable[[Member], object]
    if what == "nomination":
        made = nominating.nominate(one, kenya, record("kenya"), WHY)
        decide = lambda who: nominating.approve(who, made)  # noqa: E731
    elif what == "copy":
        office(kenya, one, guard)
        asked = releasing.ask(one, kenya.organisation, [], "For the safe")
        decide = lambda who: releasing.release(who, asked)  # noqa: E731
    else:
        there = There()
        terms = agreeing.enter(one, entered(there, parties=("kenya",)))
        decide = lambda who: agreeing.confirm(who, terms, there.aloud)  # noqa: E731
    with pytest.raises(Refused) as refused:
        decide(sock)
    assert refused.value.reason == "apart"
    decide(guard)


def test_a_newcomer_ends_it_for_nobody_who_was_there_before(kenya: Actor) -> None:
    amina, nia = officer(kenya, "amina"), officer(kenya, "nia")
    old = Representative.objects.get(person=amina)
    with pytest.raises(Refused, match="less than 14 days"):
        confirming.end(speaking(nia, kenya), old)
    Representative.objects.filter(person=nia).update(confirmed_at=timezone.now() - timedelta(days=15))
    Representative.objects.filter(person=amina).update(confirmed_at=timezone.now() - timedelta(days=400))
    confirming.end(speaking(nia, kenya), old)
    abel = officer(kenya, "abel")
    confirming.end(speaking(nia, kenya), Representative.objects.get(person=abel))
