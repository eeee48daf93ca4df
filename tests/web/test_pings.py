"""Pings: nobody foresees one, each is answered once, each has one outcome, and only totals are told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts import work
from rapport.contacts.model import Channel, Means, Role
from rapport.contacts.models import Campaign, Look, Office, Ping
from rapport.contacts.pinging import Outcome
from rapport.contacts.pings import answering, running, wording
from rapport.contacts.pings.running import Terms
from rapport.contacts.records import opened
from rapport.contacts.templatetags.contacts import spaced
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.intake.keep import keep
from rapport.intake.understand import understand
from rapport.notify import claims, send
from rapport.notify.mail import server
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.operations.models import Operation, Source
from rapport.oversight.models import EntryKind, KeptEntry, LedgerEntry
from rapport.registry.models import Actor
from rapport.reports.models import Report, Sender, Standing
from rapport.values import Address, Message
from tests.web.contacts import network, of_team, office, officer, speaking, state
from tests.web.test_directory import enter

pytestmark = [pytest.mark.django_db]
MAIL = override_settings(
    SMTP=server("smtp://127.0.0.1:2525"), MAIL_FROM="network@example.org", PUBLIC_URL="https://network.example"
)


@pytest.fixture(autouse=True)
def _letters_go() -> Iterator[None]:
    with MAIL:
        yield


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Held.CUSTODIAN)


@pytest.fixture
def kenya(operation: Operation, lead: Person, custodian: Person) -> Actor:
    """A State whose office has an e-mail address, a number for SMS, and telephones."""
    network(operation, lead, custodian)
    made = state(operation, lead, "Kenya")
    ways = (Channel(Means.EMAIL, "duty@kenya.example"), Channel(Means.SMS, "+254711000000"))
    office(made, of_team(lead, operation), of_team(custodian, operation), channels=ways)
    return made


def terms(**more: object) -> Terms:
    now = timezone.now()
    usual = {
        "title": "Spring round", "opens_at": now, "closes_at": now + timedelta(days=10), "answer_hours": 48,
        "roles": frozenset(Role), "means": frozenset({Means.EMAIL}),
    }  # fmt: skip
    return Terms(**{**usual, **more})  # type: ignore[arg-type]


def begun(kenya: Actor, lead: Person, **more: object) -> Campaign:
    """A round in which all that is to go has gone."""
    made = running.start(of_team(lead, kenya.operation), terms(**more))
    while running.send_due(made.closes_at):
        pass
    return made


def later(ping: Ping, hours: float) -> datetime:
    assert ping.sent_at is not None
    return ping.sent_at + timedelta(hours=hours)


def code_of(message: OutboxMessage) -> str:
    found = re.search(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}\b", message.body)
    assert found is not None, message.body
    return found[0]


def link_of(message: OutboxMessage) -> str:
    return message.body.rpartition("https://network.example")[2].strip()


def sms(operation: Operation, text: str, number: str = "+254711000000") -> Report:
    source = Source.objects.get(operation=operation, slug="sms")
    kept = keep(source, [Message(text, gateway_id=text, sender=Address("tel", number))])[0]
    understand()
    return Report.objects.get(ref=kept.ref)


# --- started, and sent ---------------------------------------------------------------------------------------------


def test_a_round_that_cannot_go_is_refused_before_it_is_told_of_the_offices(kenya: Actor, lead: Person) -> None:
    means = frozenset({Means.EMAIL, Means.PHONE})
    with override_settings(SMTP=None), pytest.raises(Refused, match="Nothing can go by email now: E-mail is not"):
        running.start(of_team(lead, kenya.operation), terms(means=means))
    assert not Campaign.objects.exists()


def test_each_way_is_tried_once_at_a_moment_within_the_window(kenya: Actor, lead: Person) -> None:
    made = running.start(of_team(lead, kenya.operation), terms(means=frozenset({Means.EMAIL, Means.PHONE})))
    pings = list(made.pings.all())
    assert sorted(one.means for one in pings) == ["email", "phone", "phone", "phone"]
    assert all(made.opens_at <= one.due_at <= made.closes_at for one in pings)
    assert len({one.due_at for one in pings}) == 4
    assert running.send_due(min(one.due_at for one in pings) - timedelta(seconds=1)) == 0
    assert running.send_due(made.closes_at) == 1, "telephones are called by people"
    assert running.send_due(made.closes_at) == 0
    assert OutboxMessage.objects.get().sender.address == Address("email", "duty@kenya.example")


def test_a_ping_says_what_it_is_and_holds_a_code_and_a_link(kenya: Actor, lead: Person) -> None:
    begun(kenya, lead, exercise=True)
    told = OutboxMessage.objects.get()
    assert told.body.startswith("EXERCISE. TEST of contacts, Sample operation. Nothing has happened.")
    assert send._letter(told, send.outgoing_of(told)).subject == "EXERCISE: Sample operation"
    assert "It agrees to nothing." in told.body
    assert link_of(told).startswith("/sample/contacts/ping/")
    ping = Ping.objects.get()
    assert code_of(told) not in (ping.code, ping.link), "only their hashes are kept"


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_it_is_written_in_a_language_that_the_office_answers_in(language: str) -> None:
    codes = wording.drawn()
    text = wording.text(language, "N", codes, timezone.now(), "https://n.example/x", exercise=False)
    assert codes.typed in wording.codes_in(f"Re: {text}")
    assert wording.codes_in(codes.typed) == [codes.typed]
    assert wording.codes_in(f"send {codes.typed.lower().replace('-', ' ')} now")[-1] == codes.typed
    wrong = text.split(codes.typed)[-2].split()[-1].strip("«»:")
    assert wording.says_wrong(f" {wrong} {codes.typed}")
    assert not wording.says_wrong(text)


def test_only_who_may_starts_one_and_slips_are_told(kenya: Actor, lead: Person) -> None:
    amina = officer(kenya, "amina")
    with pytest.raises(NotAllowed):
        running.start(speaking(amina, kenya), terms())
    team, now = of_team(lead, kenya.operation), timezone.now()
    for wrong, field in (
        ({"title": " "}, "title"),
        ({"opens_at": now - timedelta(hours=1)}, "opens_at"),
        ({"closes_at": now}, "closes_at"),
        ({"answer_hours": 0}, "answer_hours"),
        ({"means": frozenset({Means.RADIO})}, "means"),
        ({"roles": frozenset({Role.POLICY})}, "roles"),
    ):
        with pytest.raises(Refused) as refused:
            running.start(team, terms(**wrong))
        assert refused.value.field == field
    assert not Campaign.objects.exists()


def test_stopped_nothing_more_goes_and_what_went_is_answered_still(kenya: Actor, lead: Person) -> None:
    made = running.start(of_team(lead, kenya.operation), terms(means=frozenset({Means.EMAIL, Means.SMS})))
    first = made.pings.earliest("due_at")
    running.send_due(first.due_at)
    running.stop(of_team(lead, kenya.operation), made)
    assert made.pings.get().pk == first.pk
    with pytest.raises(Conflict):
        running.stop(of_team(lead, kenya.operation), made)


def test_when_the_way_out_is_gone_a_ping_counts_as_not_delivered_and_says_why(
    client: Client, kenya: Actor, lead: Person
) -> None:
    made = running.start(of_team(lead, kenya.operation), terms())
    with override_settings(SMTP=None):
        running.send_due(made.closes_at)
    ping = made.pings.get()
    assert "E-mail is not set up" in ping.problem
    client.force_login(lead)
    told = client.get(f"/sample/contacts/pings/{made.ref}/").content.decode()
    assert "0 wait for an answer" in told, "nobody can answer what nobody got"
    running.decide_due(later(ping, 49))
    assert made.pings.get().outcome == Outcome.BOUNCED


# --- answered ------------------------------------------------------------------------------------------------------


def test_a_link_answers_once_and_looking_at_it_answers_nothing(client: Client, kenya: Actor, lead: Person) -> None:
    begun(kenya, lead)
    path = link_of(OutboxMessage.objects.get())
    for _ in range(3):
        assert "It has arrived" in client.get(path).content.decode()
    assert Ping.objects.get().answered_at is None
    Ping.objects.update(deadline=timezone.now() + timedelta(hours=1))
    told = client.post(path, {"became": "answered"}).content.decode()
    assert "this way to reach you works" in told
    assert Ping.objects.get().outcome == Outcome.ACKNOWLEDGED
    again = client.post(path, {"became": "wrong"})
    assert again.status_code == 409
    assert "works once" in again.content.decode()
    assert not Ping.objects.get().wrong
    assert client.get("/sample/contacts/ping/nonsense/").status_code == 404


def test_an_sms_with_the_code_answers_and_never_comes_to_the_desk(kenya: Actor, lead: Person) -> None:
    begun(kenya, lead, means=frozenset({Means.SMS}))
    Ping.objects.update(deadline=timezone.now() + timedelta(hours=1))
    code = code_of(OutboxMessage.objects.get(purpose="ping"))
    report = sms(kenya.operation, f"ok {code.lower().replace('-', '')}")
    assert report.standing == Standing.TAKEN
    assert Ping.objects.get().outcome == Outcome.ACKNOWLEDGED
    other = sms(kenya.operation, "Flood in the port, please help")
    assert other.standing == Standing.WAITING, "what is no answer is for the desk"
    again = sms(kenya.operation, f"WRONG {code}")
    assert again.standing == Standing.TAKEN
    assert Ping.objects.get().outcome == Outcome.ACKNOWLEDGED, "a code works once"


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        (
            "Re: Network\n\nReceived, thank you.\n\nOn Monday the network wrote:\n> Answer with {code}",
            {},
            "acknowledged",
        ),
        ("Re: Network\n\nWrong office, sorry.\n> Answer with {code}", {}, "wrong-person"),
        ("Out of office\n\nI am away.\n> {code}", {"automatic": "auto-submitted: auto-replied"}, ""),
        ("Undelivered\n\nNo such user. {code}", {"automatic": "a report of delivery"}, "bounced"),
    ],
)
def test_a_letter_answers_as_a_person_would_read_it(
    kenya: Actor, lead: Person, text: str, fields: dict[str, str], expected: str
) -> None:
    begun(kenya, lead)
    Ping.objects.update(deadline=timezone.now() + timedelta(hours=1))
    said = text.format(code=code_of(OutboxMessage.objects.get()))
    subject = said.partition("\n")[0]
    source = Source.objects.get(operation=kenya.operation, slug="sms")
    keep(source, [Message(said, gateway_id="1", fields={"subject": subject, **fields})])
    understand()
    assert Report.objects.get().standing == Standing.TAKEN
    ping = Ping.objects.get()
    if expected == "bounced":
        assert ping.outcome == ""
        running.decide_due(ping.deadline + timedelta(seconds=1))  # type: ignore[operator]
        ping.refresh_from_db()
    assert ping.outcome == expected


def test_somebody_calls_by_hand_and_notes_what_came_of_it(client: Client, kenya: Actor, lead: Person) -> None:
    made = running.start(of_team(lead, kenya.operation), terms(means=frozenset({Means.PHONE})))
    Ping.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    enter(client, lead)
    told = client.get(f"/sample/contacts/pings/{made.ref}/").content.decode()
    assert "+254 700 0101" not in told
    first, second, third = made.pings.order_by("pk")
    numbers = [
        spaced(running.channel_of(opened(one.nomination.sealed), one.place)[1].value) for one in made.pings.all()
    ]
    assert not any(number in told for number in numbers), "a round of pings is no list of all numbers"
    assert not Look.objects.exists()
    told = client.get(f"/sample/contacts/pings/{made.ref}/?call={second.pk}").content.decode()
    assert sum(number in told for number in numbers) == 1
    assert told.count("Wrong person</button>") == 1
    assert [(one.person, one.kind) for one in Look.objects.all()] == [(lead, "ping")], "the office sees who looked"
    for ping, became in ((first, "answered"), (second, "wrong"), (third, "dead")):
        client.post(f"/sample/contacts/pings/{made.ref}/{ping.pk}/called/", {"became": became})
    running.decide_due(timezone.now() + timedelta(hours=49))
    assert [one.outcome for one in made.pings.order_by("pk")] == ["acknowledged", "wrong-person", "bounced"]


@pytest.mark.parametrize("became", ["answered", "wrong", "dead"])
def test_nothing_can_have_become_of_a_call_whose_moment_has_not_come(kenya: Actor, lead: Person, became: str) -> None:
    team = of_team(lead, kenya.operation)
    running.start(team, terms(means=frozenset({Means.PHONE})))
    Ping.objects.update(due_at=timezone.now() + timedelta(days=1))
    with pytest.raises(Conflict):
        answering.by_hand(team, Ping.objects.earliest("pk"), became)
    assert not Ping.objects.exclude(bounced_at=None, answered_at=None).exists()


# --- outcomes ------------------------------------------------------------------------------------------------------


def test_silence_is_decided_at_the_deadline_and_a_late_answer_takes_its_place(
    client: Client, kenya: Actor, lead: Person
) -> None:
    made = begun(kenya, lead)
    ping = made.pings.get()
    assert running.decide_due(later(ping, 47.9)) == 0
    Ping.objects.update(deadline=timezone.now() - timedelta(hours=1))
    assert running.decide_due(timezone.now()) == 1
    assert running.decide_due(timezone.now()) == 0
    assert made.pings.get().outcome == Outcome.SILENT
    client.post(link_of(OutboxMessage.objects.get()), {"became": "answered"})
    assert made.pings.get().outcome == Outcome.LATE
    said = [one.body for one in KeptEntry.objects.filter(kind=EntryKind.CONTACT).order_by("pk")]
    assert len(said) == 2
    assert '"outcome":"silent"' in said[0]
    assert '"instead_of":"silent"' in said[1]
    assert sum(running.totals(made).all.values()) == 1


def test_what_the_gateway_gave_up_is_not_delivered(kenya: Actor, lead: Person) -> None:
    made = begun(kenya, lead)
    OutboxMessage.objects.update(state=OutboxState.FAILED, problem="The server knows no such mailbox.")
    assert running.bounce(timezone.now()) == 1
    running.decide_due(later(made.pings.get(), 49))
    one = made.pings.get()
    assert (one.outcome, one.problem) == ("bounced", "The server knows no such mailbox.")


def test_results_are_private_and_totals_are_for_all(
    client: Client, kenya: Actor, lead: Person, custodian: Person
) -> None:
    peru = state(kenya.operation, lead, "Peru")
    office(peru, of_team(lead, kenya.operation), of_team(custodian, kenya.operation))
    made = begun(kenya, lead)
    for ping in made.pings.all():
        running.settle(ping, later(ping, 49))
    Ping.objects.update(due_at=timezone.now() - timedelta(hours=1))
    enter(client, officer(peru, "pedro"))
    told = client.get(f"/sample/contacts/pings/{made.ref}/").content.decode()
    assert "Peru" in told
    assert "Kenya" not in told
    assert re.search(r"<dt>no answer</dt><dd>2</dd>", told)
    enter(client, lead)
    assert "Kenya" in client.get(f"/sample/contacts/pings/{made.ref}/").content.decode()
    client.logout()
    assert client.get("/sample/contacts/pings/").status_code == 302


def test_nobody_is_told_beforehand_not_even_who_started_it(client: Client, kenya: Actor, lead: Person) -> None:
    made = running.start(of_team(lead, kenya.operation), terms())
    Ping.objects.update(due_at=timezone.now() + timedelta(days=3))
    due = Ping.objects.get().due_at
    for person in (lead, officer(kenya, "amina")):
        enter(client, person)
        told = client.get(f"/sample/contacts/pings/{made.ref}/").content.decode()
        assert f"{due.day} {due:%b}" not in told.split("<main")[1].split("hours to answer")[1]


# --- records that grow old -----------------------------------------------------------------------------------------


def test_an_office_is_told_once_that_its_record_grows_old(kenya: Actor, lead: Person) -> None:
    begin = timezone.now()
    Office.objects.update(verified_at=begin)
    told = []
    for day in range(260):
        for _ in range(2):
            if work.tell_of_age(begin + timedelta(days=day, minutes=1)):
                told.append((day, Office.objects.get().told))
    assert told == [(150, "REMIND"), (181, "STALE"), (240, "SUSPENDED")]
    assert OutboxMessage.objects.filter(purpose="notice").count() == 2
    assert LedgerEntry.objects.filter(kind=EntryKind.CONTACT).count() == 3


def test_the_worker_does_all_of_it(kenya: Actor, lead: Person) -> None:
    running.start(of_team(lead, kenya.operation), terms())
    Ping.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    work._looked.clear()
    assert work.step() == 1
    assert work.step() == 0
    assert Ping.objects.get().sent_at is not None


def test_an_office_need_not_have_written_before_and_is_reached_at_any_hour(kenya: Actor, lead: Person) -> None:
    kenya.operation.sending = {"quiet_from": "00:00", "quiet_to": "00:00"}
    kenya.operation.save()
    begun(kenya, lead)
    assert not Report.objects.exists()
    assert Sender.objects.count() == 1
    lanes = claims.lanes(timezone.now())
    assert [one.body for one in claims.claim(lanes[0], 5, timezone.now())] == [OutboxMessage.objects.get().body]
