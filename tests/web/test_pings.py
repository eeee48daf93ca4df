"""Pings: nobody foresees one, each is answered once, each has one outcome, and only totals are told."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.contacts import work
from rapport.contacts.directory import nominating
from rapport.contacts.model import Channel, Means, Role
from rapport.contacts.models import Campaign, Look, Office, Ping
from rapport.contacts.pinging import Outcome
from rapport.contacts.pings import aiming, answering, hearing, results, running, starting, wording
from rapport.contacts.pings.starting import Terms
from rapport.contacts.templatetags.contacts import spaced
from rapport.desk.sending import outbox
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.intake.keep import keep
from rapport.intake.polling.letter import read
from rapport.intake.understand import understand
from rapport.notify import claims, send
from rapport.notify.mail import server
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.operations.models import Operation, Source
from rapport.oversight.models import Decision, EntryKind, KeptEntry, LedgerEntry
from rapport.registry.models import Actor
from rapport.reports.models import Report, Sender, Standing
from rapport.text.sms import length
from rapport.values import Address, Message, Trust
from tests.web.contacts import named, network, of_team, office, officer, speaking, state
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
    made = starting.start(of_team(lead, kenya.operation), terms(**more))
    while running.send_due(made.closes_at):
        pass
    return made


def out() -> None:
    """The outbox has sent all that waited in it."""
    OutboxMessage.objects.filter(state=OutboxState.WAITING).update(state=OutboxState.SENT)


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
        starting.start(of_team(lead, kenya.operation), terms(means=means))
    assert not Campaign.objects.exists()


def test_each_way_is_tried_once_at_a_moment_within_the_window(kenya: Actor, lead: Person) -> None:
    made = starting.start(of_team(lead, kenya.operation), terms(means=frozenset({Means.EMAIL, Means.PHONE})))
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
    assert send._letter(told, send.outgoing_of(told)).subject == told.body.partition("\n")[0], (
        "the list of letters says what it is"
    )
    assert "To Kenya, technical office: answer with" in told.body, "else nobody knows whether they are it"
    assert "It agrees to nothing." in told.body
    assert link_of(told).startswith("/sample/contacts/ping/")
    ping = Ping.objects.get()
    assert code_of(told) not in (ping.code, ping.link), "only their hashes are kept"


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_that_a_draft_waits_fits_in_as_few_sms_as_its_letters_allow(language: str) -> None:
    text = wording.second(language, "Réseau d'échange", "X-DAX7AB", 12, exercise=True)
    assert text.startswith("EXERCISE. ")
    assert "12" in text
    assert "X-DAX7AB" in text
    assert "\n" not in text
    assert "?" not in text
    assert length(text).parts <= (1 if language in {"en", "fr", "es", "zh"} else 2)


@pytest.mark.parametrize("language", wording.LANGUAGES)
@pytest.mark.parametrize(
    "whom",
    [
        wording.Whom("Nordnet", "Kenya", Role.TECHNICAL),
        wording.Whom(
            "Network of contacts of the whole region", "Bosnia and Herzegovina, Côte d’Ivoire", Role.DIPLOMATIC
        ),
    ],
)
def test_it_says_in_a_language_of_the_office_whose_test_it_is_and_to_whom(language: str, whom: wording.Whom) -> None:
    codes, until = wording.drawn(), timezone.now()
    letter = wording.letter(language, whom, codes, until, "https://n.example/x", exercise=True)
    assert whom.party in letter
    short = wording.sms(language, whom, codes, until, exercise=True)
    assert length(short).parts == 1, "each SMS more is a cost, and comes in pieces"
    assert whom.party[:2].rstrip() in short
    for text in (letter, short):
        assert text.startswith("EXERCISE. ")
        assert codes.typed in hearing.codes_in(f"Re: {text}")
        assert hearing.own_words(f"ok\n\n{text}".replace(" ", "\n", 12), None).startswith("ok")
        assert codes.typed not in hearing.codes_in(hearing.own_words(f"ok\n\n{text}", None)), "it is ours"
        wrong = text.split(codes.typed)[-2].split()[-1] if text is letter else wording.WORDS["wrong"][language][0]
        assert hearing.says_wrong(f"Sorry: {wrong.strip('«»:').lower()} {codes.typed}")


def test_only_who_may_starts_one_and_slips_are_told(kenya: Actor, lead: Person) -> None:
    amina = officer(kenya, "amina")
    with pytest.raises(NotAllowed):
        starting.start(speaking(amina, kenya), terms())
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
            starting.start(team, terms(**wrong))
        assert refused.value.field == field
    assert not Campaign.objects.exists()


def test_stopped_nothing_more_goes_and_what_went_is_answered_still(kenya: Actor, lead: Person) -> None:
    made = starting.start(of_team(lead, kenya.operation), terms(means=frozenset({Means.EMAIL, Means.SMS})))
    first = made.pings.earliest("due_at")
    running.send_due(first.due_at)
    starting.stop(of_team(lead, kenya.operation), made)
    assert made.pings.get().pk == first.pk
    with pytest.raises(Conflict):
        starting.stop(of_team(lead, kenya.operation), made)


def test_when_the_way_out_is_gone_a_ping_gets_another_moment_and_the_team_reads_why(
    client: Client, kenya: Actor, lead: Person
) -> None:
    """It is for the team to mend: nothing of it is held against the office."""
    made = starting.start(of_team(lead, kenya.operation), terms())
    due = made.opens_at + timedelta(days=1)
    Ping.objects.update(due_at=due)
    with override_settings(SMTP=None):
        assert running.send_due(due) == 0
    ping = made.pings.get()
    assert (ping.sent_at, ping.bounced_at, ping.outcome) == (None, None, "")
    assert due < ping.due_at <= made.closes_at
    enter(client, lead)
    told = client.get(f"/sample/contacts/pings/{made.ref}/").content.decode()
    assert "1 could not go, and gets another moment: E-mail is not set up" in told
    assert running.send_due(made.closes_at) == 1
    assert made.pings.get().problem == ""


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


QUOTED = "\n\nOn Monday the network wrote:\n> TEST of contacts\n> Answer with {code}\n"
STRANGER = "someone@elsewhere.example"
BOUNCE = {"Return-Path": "<>"}
PROGRAM = {"Auto-Submitted": "auto-replied"}


def by_letter(kenya: Actor, body: str, sender: str = "Duty@Kenya.example", **headers: str) -> Report:
    """A letter comes in that repeats ours of the round, or names its code."""
    code = code_of(OutboxMessage.objects.filter(purpose="ping").earliest("pk"))
    mail = EmailMessage()
    mail["From"], mail["Subject"] = sender, headers.pop("Subject", "Re: TEST of contacts, Sample operation.")
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(body.format(code=code, ours=OutboxMessage.objects.filter(purpose="ping").earliest("pk").body))
    source = Source.objects.get(operation=kenya.operation, slug="sms")
    kept = keep(source, [read(mail.as_bytes()).message])[0]
    understand()
    return Report.objects.get(ref=kept.ref)


@pytest.mark.parametrize(
    ("body", "sender", "headers", "expected"),
    [
        ("ok" + QUOTED, "Duty@Kenya.example", {}, "acknowledged"),
        ("\n\nOn Monday the network wrote:\n> Answer with {code}\n\nok", "duty@kenya.example", {}, "acknowledged"),
        (
            "ok\n\nVon: Network\nGesendet: Montag\n\n{ours}",
            "duty@kenya.example",
            {"Subject": "AW: TEST"},
            "acknowledged",
        ),
        ("ok {code}", STRANGER, {}, "acknowledged"),
        ("Dear all,\n\nthis is the wrong office.\n\nJo" + QUOTED, "duty@kenya.example", {}, "wrong-person"),
        ("Sorry, we are the wrong ones: {code}", STRANGER, {}, "wrong-person"),
        ("{code}\n\nConfidential. If you have received this in error, delete it.", STRANGER, {}, "acknowledged"),
        ("We have nothing to do with it. Please take us off." + QUOTED, STRANGER, {}, None),
        ("Who is this for?\n\n---------- Forwarded message ---------\n{ours}", STRANGER, {"Subject": "Fwd: T"}, None),
        ("Who is this for?\n\n{ours}", STRANGER, {}, None),
        ("{ours}", STRANGER, {}, None),
        ("Ich bin bis Montag fort." + QUOTED, "duty@kenya.example", {"Subject": "Abwesenheitsnotiz: TEST"}, None),
        ("I am out of the office." + QUOTED, "duty@kenya.example", {}, None),
        (QUOTED, "duty@kenya.example", {}, None),
        ("I am away." + QUOTED, "duty@kenya.example", PROGRAM, ""),
        ("No such user. {code}", "mailer@kenya.example", BOUNCE, "bounced"),
    ],
)
def test_a_letter_answers_as_a_person_would_read_it(
    kenya: Actor, lead: Person, body: str, sender: str, headers: dict[str, str], expected: str | None
) -> None:
    """Their own words count, not what they repeat of ours; but whoever was pinged need only press Reply and say ok.
    None: it says nothing of the office, and stays on the desk for a person to read."""
    begun(kenya, lead)
    out()
    Ping.objects.update(deadline=timezone.now() + timedelta(hours=1))
    report = by_letter(kenya, body, sender, **headers)
    assert report.standing == (Standing.WAITING if expected is None else Standing.TAKEN)
    ping = Ping.objects.get()
    if expected == "bounced":
        assert ping.outcome == ""
        running.decide_due(ping.deadline + timedelta(seconds=1))  # type: ignore[operator]
        ping.refresh_from_db()
    assert ping.outcome == (expected or "")


def test_the_team_reads_what_was_said_beside_the_ping_and_others_do_not(
    client: Client, kenya: Actor, lead: Person
) -> None:
    made = begun(kenya, lead)
    Ping.objects.update(due_at=made.opens_at, deadline=timezone.now() + timedelta(hours=1))
    by_letter(kenya, "Please take us off." + QUOTED, STRANGER)
    by_letter(kenya, "ok, but write to nights@ after six" + QUOTED)
    enter(client, lead)
    told = campaign_page(client, made)
    assert "Please take us off." in told
    assert "Not counted as an answer: it is on the desk." in told
    assert "but write to nights@ after six" in told
    assert "On Monday the network wrote" not in told
    enter(client, officer(kenya, "amina"))
    assert "take us off" not in campaign_page(client, made)


def test_the_team_reads_that_an_answer_came_from_elsewhere_than_where_the_ping_went(
    client: Client, kenya: Actor, lead: Person
) -> None:
    """Whoever has the code can say what they like: who judges their words must know that it was another."""
    made = begun(kenya, lead, means=frozenset({Means.SMS}))
    Ping.objects.update(due_at=made.opens_at, deadline=timezone.now() + timedelta(hours=1))
    code, elsewhere = code_of(OutboxMessage.objects.get()), "From another address or number than the one that was"
    sms(kenya.operation, f"yes {code}")
    enter(client, lead)
    assert elsewhere not in campaign_page(client, made)
    sms(kenya.operation, f"we are no desk {code}", "+254799999999")
    told = campaign_page(client, made)
    assert told.count(elsewhere) == 1
    assert elsewhere in told.split("we are no desk")[1].split("</p>")[0]
    enter(client, officer(kenya, "amina"))
    assert elsewhere not in campaign_page(client, made)


def test_each_code_of_a_message_is_taken_up(kenya: Actor, lead: Person) -> None:
    begun(kenya, lead, means=frozenset({Means.SMS, Means.EMAIL}))
    Ping.objects.update(deadline=timezone.now() + timedelta(hours=1))
    first, second = (code_of(one) for one in OutboxMessage.objects.all())
    sms(kenya.operation, f"We got {first} and also {second}", "+254799999999")
    assert [one.outcome for one in Ping.objects.all()] == ["acknowledged", "acknowledged"]


@pytest.mark.parametrize(("hours", "before", "after"), [(1, "wrong-person", "acknowledged"), (-1, "silent", "late")])
def test_whoever_was_pinged_may_still_say_that_they_are_it(
    kenya: Actor, lead: Person, hours: int, before: str, after: str
) -> None:
    """Somebody to whom it was passed on has said that it is not theirs."""
    begun(kenya, lead, means=frozenset({Means.SMS}))
    out()
    Ping.objects.update(deadline=timezone.now() + timedelta(hours=hours))
    running.decide_due(timezone.now())
    code = code_of(OutboxMessage.objects.get())
    sms(kenya.operation, f"Sorry, you are WRONG here: {code}", "+254799999999")
    assert Ping.objects.get().outcome == before
    sms(kenya.operation, f"all well {code}", "+254788888888")
    assert Ping.objects.get().outcome == before, "a third one says nothing of it"
    sms(kenya.operation, code)
    assert Ping.objects.get().outcome == after
    sms(kenya.operation, f"WRONG {code}")
    assert Ping.objects.get().outcome == after


@pytest.mark.parametrize(
    "typed",
    [
        "2fn3.mx52",
        "2FN3_MX52",
        "2 F N 3 - M X 5 2",
        "2fn3 mx52",
        "2 f n 3 m x 5 2",
        "*2FN3–MX52*",
        "2FN3\nMX52",
        "(2FN3MX52)",
    ],
)
def test_a_code_is_found_however_it_is_typed(typed: str) -> None:
    assert hearing.codes_in(f"we have got it, thanks: {typed} greetings from the desk")[0] == "2FN3-MX52"


def test_codes_are_found_behind_any_number_of_words_and_soon() -> None:
    start = time.monotonic()
    assert hearing.codes_in("have read that were been " * 500 + "2FN3-MX52")[1] == "2FN3-MX52"
    for long in ("2 F N 3 " * 5_000, "TEST of contacts, " * 2_000, "\n>" * 20_000, "A-" * 20_000):
        hearing.codes_in(long)
        hearing.own_words(long, 0)
        hearing.own_words(long, None)
    assert time.monotonic() - start < 2


def test_nobody_answered_the_call_is_silence_and_an_answer_after_it_is_late(
    client: Client, kenya: Actor, lead: Person
) -> None:
    made = starting.start(of_team(lead, kenya.operation), terms(means=frozenset({Means.PHONE})))
    Ping.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    first, second, third = made.pings.order_by("pk")
    enter(client, lead)
    told = client.get(f"/sample/contacts/pings/{made.ref}/?call={named(first)}").content.decode()
    assert "Nobody answered</button>" in told
    for ping in (first, second):
        client.post(f"/sample/contacts/pings/{made.ref}/{named(ping)}/called/", {"became": "nobody"})
    with pytest.raises(Conflict):
        answering.by_hand(of_team(lead, kenya.operation), first, "nobody")
    answering.by_hand(of_team(lead, kenya.operation), second, "answered")
    first.refresh_from_db()
    assert running.decide_due(later(first, 47)) == 0, "they may still call back"
    running.decide_due(later(first, 49))
    Ping.objects.filter(pk=first.pk).update(deadline=timezone.now() - timedelta(minutes=1))
    assert [one.outcome for one in made.pings.order_by("pk")] == ["silent", "acknowledged", ""]
    assert 'value="answered"' in client.get(f"/sample/contacts/pings/{made.ref}/?call={named(first)}").content.decode()
    answering.by_hand(of_team(lead, kenya.operation), first, "answered")
    assert Ping.objects.get(pk=first.pk).outcome == Outcome.LATE
    running.leave_out(made.over_at + timedelta(seconds=1))
    assert not made.pings.filter(pk=third.pk).exists()
    assert "1 ping was never sent or called" in campaign_page(client, made)


def test_who_hears_by_another_way_that_a_letter_has_arrived_notes_it(
    client: Client, kenya: Actor, lead: Person
) -> None:
    made = begun(kenya, lead)
    Ping.objects.update(due_at=made.opens_at, deadline=timezone.now() + timedelta(hours=1))
    enter(client, lead)
    told = campaign_page(client, made)
    assert 'value="answered"' in told
    assert "Nobody answered" not in told
    path = f"/sample/contacts/pings/{made.ref}/{named(Ping.objects.get())}/called/"
    assert client.post(path, {"became": "nobody"}).status_code == 404
    client.post(path, {"became": "answered"})
    assert Ping.objects.get().outcome == Outcome.ACKNOWLEDGED


def test_what_a_program_read_a_person_may_read_otherwise_and_what_somebody_pressed_not(
    client: Client, kenya: Actor, lead: Person
) -> None:
    made = begun(kenya, lead, means=frozenset({Means.SMS}))
    now = timezone.now()
    Ping.objects.update(due_at=now, sent_at=now, deadline=now + timedelta(hours=1))
    sms(kenya.operation, f"That desk has moved away from us. {code_of(OutboxMessage.objects.get(purpose='ping'))}")
    ping = made.pings.get()
    assert ping.outcome == Outcome.ACKNOWLEDGED, "no word of it is one for a wrong office"
    enter(client, lead)
    page, note = f"/sample/contacts/pings/{made.ref}/", f"/sample/contacts/pings/{made.ref}/{named(ping)}/called/"
    assert "No: they say it is another office" in client.get(page).content.decode()
    client.post(note, {"became": "wrong"})
    assert made.pings.get().outcome == Outcome.WRONG
    kept = json.loads(KeptEntry.objects.filter(body__contains="instead_of").latest("pk").body)
    assert (kept["outcome"], kept["instead_of"]) == ("wrong-person", "acknowledged")
    assert "is another office" in Decision.objects.latest("pk").after["said"]
    assert "It says so already" in client.post(note, {"became": "wrong"}, follow=True).content.decode()
    client.post(note, {"became": "answered"})
    assert made.pings.get().outcome == Outcome.ACKNOWLEDGED
    enter(client, officer(kenya, "amina"))
    assert "read by a program" not in campaign_page(client, made), "it is the team's"

    enter(client, lead)
    Ping.objects.update(answered_by="link")
    assert "read by a program" not in campaign_page(client, made)
    assert "answered already" in client.post(note, {"became": "wrong"}, follow=True).content.decode()
    assert made.pings.get().outcome == Outcome.ACKNOWLEDGED


def test_somebody_calls_by_hand_and_notes_what_came_of_it(client: Client, kenya: Actor, lead: Person) -> None:
    made = starting.start(of_team(lead, kenya.operation), terms(means=frozenset({Means.PHONE})))
    Ping.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    enter(client, lead)
    told = client.get(f"/sample/contacts/pings/{made.ref}/").content.decode()
    assert "+254 700 0101" not in told
    first, second, third = made.pings.order_by("pk")
    numbers = [spaced(aiming.taken(one).channel.value) for one in made.pings.all()]
    assert not any(number in told for number in numbers), "a round of pings is no list of all numbers"
    assert not Look.objects.exists()
    told = client.get(f"/sample/contacts/pings/{made.ref}/?call={named(second)}").content.decode()
    assert sum(number in told for number in numbers) == 1
    assert told.count("Wrong person</button>") == 1
    assert [(one.person, one.kind) for one in Look.objects.all()] == [(lead, "ping")], "the office sees who looked"
    for ping, became in ((first, "answered"), (second, "wrong"), (third, "dead")):
        client.post(f"/sample/contacts/pings/{made.ref}/{named(ping)}/called/", {"became": became})
    running.decide_due(timezone.now() + timedelta(hours=49))
    assert [one.outcome for one in made.pings.order_by("pk")] == ["acknowledged", "wrong-person", "bounced"]


@pytest.mark.parametrize("became", ["answered", "wrong", "dead"])
def test_nothing_can_have_become_of_a_call_whose_moment_has_not_come(kenya: Actor, lead: Person, became: str) -> None:
    team = of_team(lead, kenya.operation)
    starting.start(team, terms(means=frozenset({Means.PHONE})))
    Ping.objects.update(due_at=timezone.now() + timedelta(days=1))
    with pytest.raises(Conflict):
        answering.by_hand(team, Ping.objects.earliest("pk"), became)
    assert not Ping.objects.exclude(bounced_at=None, answered_at=None).exists()


# --- by the record that counts now ---------------------------------------------------------------------------------


def renewed(kenya: Actor, lead: Person, custodian: Person, **more: object) -> None:
    office(kenya, of_team(lead, kenya.operation), of_team(custodian, kenya.operation), **more)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (("+254722000000", "+254711000000"), ["+254711000000"]),
        (("+254722000000", "+254733000000"), ["+254722000000"]),
        ((), []),
    ],
)
def test_a_ping_goes_to_what_counts_on_that_day(
    client: Client, kenya: Actor, lead: Person, custodian: Person, numbers: Sequence[str], expected: list[str]
) -> None:
    """The same number if it is there still, else another of its kind; where there is none it is left out."""
    made = starting.start(of_team(lead, kenya.operation), terms(means=frozenset({Means.SMS})))
    mail = Channel(Means.EMAIL, "duty@kenya.example")
    renewed(kenya, lead, custodian, channels=(mail, *(Channel(Means.SMS, one) for one in numbers)))
    assert running.send_due(made.closes_at) == len(expected)
    assert [one.sender.address.value for one in OutboxMessage.objects.all()] == expected
    assert [aiming.taken(one).channel.value for one in made.pings.all()] == expected
    assert Campaign.objects.get().untried == 1 - len(expected)


def test_two_pings_never_go_to_one_number(kenya: Actor, lead: Person, custodian: Person) -> None:
    renewed(kenya, lead, custodian, channels=(Channel(Means.SMS, "+254711000000"), Channel(Means.SMS, "+254712000000")))
    made = starting.start(of_team(lead, kenya.operation), terms(means=frozenset({Means.SMS})))
    renewed(kenya, lead, custodian, channels=(Channel(Means.SMS, "+254722000000"),))
    running.send_due(made.closes_at)
    assert [one.sender.address.value for one in OutboxMessage.objects.all()] == ["+254722000000"]
    assert made.pings.count() == 1


@pytest.mark.parametrize("means", [Means.SMS, Means.PHONE])
def test_an_office_that_was_closed_is_not_pinged(
    client: Client, kenya: Actor, lead: Person, custodian: Person, means: Means
) -> None:
    made = starting.start(of_team(lead, kenya.operation), terms(means=frozenset({means})))
    team = of_team(lead, kenya.operation)
    nominating.approve(of_team(custodian, kenya.operation), nominating.close(team, Office.objects.get(), "abolished"))
    Ping.objects.update(due_at=made.opens_at)
    enter(client, lead)
    assert "Whom to call" not in campaign_page(client, made)
    if means is Means.PHONE:
        with pytest.raises(Conflict):
            answering.by_hand(team, Ping.objects.earliest("pk"), "nobody")
    assert running.send_due(made.closes_at) == 0
    running.leave_out(made.over_at + timedelta(seconds=1))
    assert not OutboxMessage.objects.exists()
    assert not Ping.objects.exists()
    assert not LedgerEntry.objects.filter(body__contains="outcome").exists()


# --- outcomes ------------------------------------------------------------------------------------------------------


def test_silence_is_decided_at_the_deadline_and_a_late_answer_takes_its_place(
    client: Client, kenya: Actor, lead: Person
) -> None:
    made = begun(kenya, lead)
    out()
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
    assert sum(results.totals(made).all.values()) == 1


def test_what_the_gateway_gave_up_is_not_delivered(kenya: Actor, lead: Person) -> None:
    made = begun(kenya, lead)
    OutboxMessage.objects.update(state=OutboxState.FAILED, problem="The server knows no such mailbox.")
    assert running.bounce(timezone.now()) == 1
    running.decide_due(later(made.pings.get(), 49))
    one = made.pings.get()
    assert (one.outcome, one.problem) == ("bounced", "The server knows no such mailbox.")


# --- the team's own switches ---------------------------------------------------------------------------------------

BEGAN_ANEW = {"sent_at": None, "deadline": None, "code": None, "link": None, "message": None, "bounced_at": None}


def began_anew(ping: Ping) -> bool:
    """It has another moment of its window, and nothing of the first try."""
    return all(getattr(ping, name) == value for name, value in BEGAN_ANEW.items()) and ping.outcome == ""


def in_outbox(kenya: Actor, lead: Person, **more: object) -> Ping:
    """A ping of a round of ten days that has been put in the outbox on the first."""
    made = starting.start(of_team(lead, kenya.operation), terms(**more))
    Ping.objects.update(due_at=made.opens_at)
    assert running.send_due(made.opens_at) == 1
    return made.pings.get()


def test_what_the_team_takes_back_is_no_dead_number_and_goes_at_another_moment(kenya: Actor, lead: Person) -> None:
    ping = in_outbox(kenya, lead)
    first = code_of(OutboxMessage.objects.get())
    outbox.settle_all(lead, kenya.operation, "cancel", "wrong text")
    now = later(ping, 60)
    assert (running.bounce(now), running.decide_due(now)) == (0, 0), "nothing was tried: neither dead nor silent"
    assert running.take_back(now) == 1
    ping.refresh_from_db()
    assert began_anew(ping)
    assert now <= ping.due_at <= ping.campaign.closes_at
    assert running.send_due(ping.due_at) == 1
    assert code_of(OutboxMessage.objects.latest("pk")) != first
    out()
    ping.refresh_from_db()
    assert running.decide_due(later(ping, 49)) == 1
    assert Ping.objects.get().outcome == Outcome.SILENT


def test_while_all_sending_is_stopped_what_waits_is_not_held_against_an_office(kenya: Actor, lead: Person) -> None:
    ping = in_outbox(kenya, lead)
    outbox.stop_sending(lead, kenya.operation, "the gateway is being moved")
    assert running.take_back(later(ping, 1)) == 1
    ping.refresh_from_db()
    assert began_anew(ping)
    assert OutboxMessage.objects.get().state == OutboxState.CANCELLED, "it does not come with its old date as well"
    assert running.send_due(ping.due_at) == 0
    outbox.resume_sending(lead, kenya.operation, "")
    assert running.send_due(ping.due_at) == 1


def test_what_stays_in_the_outbox_until_its_time_is_over_is_no_silence(kenya: Actor, lead: Person) -> None:
    ping = in_outbox(kenya, lead)
    assert (running.take_back(later(ping, 47)), running.decide_due(later(ping, 49))) == (0, 0)
    assert running.take_back(later(ping, 49)) == 1
    ping.refresh_from_db()
    assert began_anew(ping)


def test_what_may_have_gone_counts_and_so_does_their_stop_but_no_block_of_ours(kenya: Actor, lead: Person) -> None:
    ping = in_outbox(kenya, lead)
    OutboxMessage.objects.update(state=OutboxState.UNSURE, gone=True)
    assert running.take_back(later(ping, 49)) == 0
    OutboxMessage.objects.update(state=OutboxState.STOPPED, gone=False)
    Sender.objects.update(stopped_at=ping.sent_at)
    assert (running.take_back(later(ping, 1)), running.bounce(later(ping, 1))) == (0, 1)
    running.decide_due(later(ping, 49))
    assert Ping.objects.get().outcome == Outcome.BOUNCED
    Ping.objects.update(outcome="", bounced_at=None)
    Sender.objects.update(stopped_at=None, trust=Trust.BLOCKED)
    assert (running.bounce(later(ping, 1)), running.take_back(later(ping, 1))) == (0, 1)


def test_where_no_moment_is_left_a_ping_is_none_of_its_round_and_the_ledger_says_so(kenya: Actor, lead: Person) -> None:
    ping = in_outbox(kenya, lead, answer_hours=300)
    outbox.settle_all(lead, kenya.operation, "cancel", "wrong text")
    assert running.take_back(ping.campaign.closes_at + timedelta(minutes=1)) == 1
    assert not Ping.objects.exists()
    said = KeptEntry.objects.filter(kind=EntryKind.CONTACT).latest("pk").body
    assert '"became":"never sent"' in said
    assert "outcome" not in said


@pytest.mark.parametrize("means", [Means.EMAIL, Means.PHONE])
def test_what_has_not_gone_when_a_round_is_over_counts_nowhere(kenya: Actor, lead: Person, means: Means) -> None:
    made = starting.start(of_team(lead, kenya.operation), terms(means=frozenset({means})))
    assert running.leave_out(made.closes_at) == 0
    late = made.closes_at + timedelta(hours=1)
    assert running.send_due(late) == 0, "a ping comes within the window"
    assert running.leave_out(late) == (1 if means is Means.EMAIL else 0), "calls are made until the round is over"
    running.leave_out(made.over_at + timedelta(seconds=1))
    assert not Ping.objects.exists()
    assert not LedgerEntry.objects.filter(body__contains="outcome").exists()


# --- what all members are told -------------------------------------------------------------------------------------

PEERS = ("Peru", "Chile", "Fiji", "Nauru")


def rounds_over(made: Campaign, silent: str = "") -> None:
    """All have answered but the office of one party, and the time for answers is over."""
    out()
    for ping in made.pings.select_related("office__actor"):
        if ping.office.actor.name != silent:
            Ping.objects.filter(pk=ping.pk).update(answered_at=ping.sent_at)
        running.settle(ping, later(ping, 49))


def joined_by(kenya: Actor, lead: Person, custodian: Person, names: Sequence[str]) -> None:
    for name in names:
        made = state(kenya.operation, lead, name)
        office(made, of_team(lead, kenya.operation), of_team(custodian, kenya.operation))


def campaign_page(client: Client, made: Campaign) -> str:
    return client.get(f"/sample/contacts/pings/{made.ref}/").content.decode().split("<main")[1]


def test_results_are_private_and_totals_are_told_once_the_round_is_over(
    client: Client, kenya: Actor, lead: Person, custodian: Person
) -> None:
    joined_by(kenya, lead, custodian, PEERS)
    made = begun(kenya, lead)
    Ping.objects.update(due_at=timezone.now() - timedelta(hours=1))
    pedro = officer(Actor.objects.get(code="peru"), "pedro")
    rounds_over(made, silent="Kenya")
    results.tell_due(made.over_at - timedelta(seconds=1))
    enter(client, pedro)
    told = campaign_page(client, made)
    assert "Peru" in told
    assert "Kenya" not in told
    assert "<dt>no answer</dt>" not in told, "all others have answered: so the silent one would be known at once"
    assert f"on {made.over_at.astimezone(ZoneInfo('Africa/Nairobi')):%-d %b %Y %H:%M} at the latest" in told
    for counted in ("wait for an answer", "not gone yet"):
        assert counted not in told, "whoever counts along sees when an answer comes"
    assert results.tell_due(made.over_at + timedelta(seconds=1)) == 1
    told = campaign_page(client, made)
    assert re.search(r"<dt>no answer</dt><dd>1</dd>", told)
    assert "Kenya" not in told
    enter(client, lead)
    assert "Kenya" in campaign_page(client, made)
    client.logout()
    assert client.get("/sample/contacts/pings/").status_code == 302


def test_the_team_sees_its_numbers_at_any_time(client: Client, kenya: Actor, lead: Person) -> None:
    made = begun(kenya, lead)
    rounds_over(made, silent="Kenya")
    enter(client, lead)
    assert re.search(r"<dt>no answer</dt><dd>1</dd>", campaign_page(client, made))


def test_in_a_small_network_there_are_no_totals_they_would_be_the_other_ones(
    client: Client, kenya: Actor, lead: Person, custodian: Person
) -> None:
    joined_by(kenya, lead, custodian, PEERS[:3])
    made = begun(kenya, lead)
    rounds_over(made, silent="Kenya")
    assert results.tell_due(made.over_at + timedelta(seconds=1)) == 1
    enter(client, officer(Actor.objects.get(code="peru"), "pedro"))
    told = campaign_page(client, made)
    assert "There are no totals: fewer than five parties" in told
    assert "<dt>no answer</dt>" not in told


def test_what_comes_after_the_end_changes_no_total_that_members_read(
    client: Client, kenya: Actor, lead: Person, custodian: Person
) -> None:
    joined_by(kenya, lead, custodian, PEERS)
    made = begun(kenya, lead)
    rounds_over(made, silent="Kenya")
    results.tell_due(made.over_at + timedelta(seconds=1))
    made.refresh_from_db()
    before = results.told(made)
    silent = made.pings.get(outcome=Outcome.SILENT)
    Ping.objects.filter(pk=silent.pk).update(answered_at=later(silent, 50))
    assert running.settle(silent, later(silent, 51))
    assert results.totals(made).all[Outcome.LATE] == 1
    assert results.tell_due(made.over_at + timedelta(days=1)) == 0
    made.refresh_from_db()
    assert results.told(made) == before


def test_a_round_that_was_stopped_is_over_when_its_last_ping_can_be_answered_no_more(
    kenya: Actor, lead: Person
) -> None:
    ping = in_outbox(kenya, lead)
    out()
    starting.stop(of_team(lead, kenya.operation), ping.campaign)
    made = Campaign.objects.get()
    assert ping.deadline is not None
    assert ping.deadline <= made.over_at < made.closes_at
    assert results.tell_due(made.over_at + timedelta(seconds=1)) == 0, "its last outcome is not written down yet"
    running.decide_due(made.over_at + timedelta(seconds=1))
    assert results.tell_due(made.over_at + timedelta(seconds=1)) == 1


def test_nobody_is_told_beforehand_not_even_who_started_it(client: Client, kenya: Actor, lead: Person) -> None:
    made = starting.start(of_team(lead, kenya.operation), terms())
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
    starting.start(of_team(lead, kenya.operation), terms())
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
