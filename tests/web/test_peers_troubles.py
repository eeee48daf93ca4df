"""What goes wrong between two instances, and who is told what to do: nothing agreed yet, a line that is down, keys that
are exchanged, numbers that have not come, files that are none."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from rapport.accounts.models import Organisation, Person
from rapport.contacts import bundle, comparing, envelope, instance, receipts, signed
from rapport.contacts.cards import grouped
from rapport.contacts.cases import duty, reading, taking, writing
from rapport.contacts.cases.models import Clash, Dispatch
from rapport.contacts.cases.writing import Words
from rapport.contacts.kinds import Kind
from rapport.contacts.lowtech.same import content as lowtech_content
from rapport.contacts.members import Member
from rapport.contacts.model import Role
from rapport.contacts.peers import agreeing, files, holding, ledgers, receiving, sending
from rapport.contacts.peers.models import Outbound, Peer, Terms, Turned
from rapport.errors import NotAllowed, Refused
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.oversight.models import Decision, KeptEntry
from rapport.upkeep.doctor import instances
from tests.web.contacts import named, office
from tests.web.peers import ME, Door, There, agreed, entered, said
from tests.web.test_cases import NOTICED, Side, later
from tests.web.test_directory import enter
from tests.web.test_peers import (
    Away,
    _named,
    custodian,
    door,
    far,
    kenya,
    lined,
    peru,
    run,
    team,
    theirs,
    there,
    to_peru,
)

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2026, 1, 2, tzinfo=UTC)
__all__ = ["_named", "custodian", "door", "far", "kenya", "peru", "team", "there"]  # fixtures


def corrected(by: Side, one: Dispatch) -> Dispatch:
    return later(by, one.case, Kind.CORRECTION, about=one.ref, reason="Counted again", text="Two of five")


def case_page(client: Client, one: Dispatch) -> str:
    return client.get(f"/sample/contacts/cases/{one.case.ref}/").content.decode()


# --- nothing is agreed yet -----------------------------------------------------------------------------------------


def test_what_was_sent_while_nothing_was_agreed_goes_in_its_order_once_two_people_agree(
    kenya: Side, peru: Away, team: tuple[Member, Member], door: Door, far: There
) -> None:
    first = to_peru(kenya, peru)
    agreed(*team, far, door.url)
    second = to_peru(kenya, peru)
    peer = Peer.objects.get()
    agreeing.end(team[0], peer)
    third = corrected(kenya, first)
    terms = agreed(*team, far, door.url)
    assert [one.dispatch.ref for one in Outbound.objects.order_by("number")] == [first.ref, second.ref, third.ref]
    assert sending.post_due(timezone.now()) == 3
    assert all(received for _, received, _ in lined(terms.peer))
    agreed(*team, far, door.url)
    assert Outbound.objects.count() == 3, "what was agreed is changed: nothing goes twice"


def test_what_waits_for_an_instance_that_is_given_up_goes_to_the_one_that_follows(
    kenya: Side, peru: Away, there: There, team: tuple[Member, Member]
) -> None:
    waits = to_peru(kenya, peru)
    agreeing.end(team[0], Peer.objects.get())
    agreed(*team, There("new.pe", 9))
    assert Outbound.objects.get(peer__instance="new.pe").dispatch == waits


def test_what_people_of_a_party_have_opened_here_is_not_sent_after_them(
    kenya: Side, peru: Away, team: tuple[Member, Member]
) -> None:
    to_peru(kenya, peru)
    Dispatch.objects.update(delivered_at=timezone.now())
    agreed(*team, There())
    assert not Outbound.objects.exists()


def test_whoever_writes_to_a_party_that_reads_nowhere_is_told_before_and_after(
    kenya: Side, peru: Away, client: Client, team: tuple[Member, Member]
) -> None:
    draft = writing.begin(kenya.one, kenya.office, peru.office, Words(Kind.NOTIFICATION, NOTICED), exercise=False)
    enter(client, kenya.one.person)
    at = f"/sample/contacts/drafts/{named(draft)}/"
    assert "it goes nowhere by itself" in client.get(at).content.decode()
    sent = to_peru(kenya, peru)
    assert "it goes nowhere by itself" in case_page(client, sent)
    agreed(*team, There())
    assert "goes nowhere" not in client.get(at).content.decode() + case_page(client, sent)


def test_what_is_about_a_message_that_has_not_come_says_so(
    kenya: Side, peru: Away, there: There, operation: Operation, client: Client
) -> None:
    words = {"about": "PERU42-01", "reason": "Counted again", "text": "Two of five"}
    receiving.over_line(operation, there.sends(said(3, kind=Kind.CORRECTION, fields=words)), timezone.now())
    enter(client, kenya.one.person)
    page = case_page(client, Dispatch.objects.get())
    assert "about PERU42-01, which has not come" in page
    receiving.over_line(operation, there.sends(said(1)), timezone.now())
    assert "has not come" not in case_page(client, Dispatch.objects.get(ref="PERU42-01"))


# --- the line ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "why"),
    [(None, "Their machine does not answer since"), ((400, b"The directory has no office."), "no office"),
     ((404, b"<!doctype html><title>Not here</title>"), "with a page, not with a receipt")],
)  # fmt: skip
def test_whoever_is_on_duty_sees_that_a_message_does_not_get_through_and_why(
    kenya: Side, peru: Away, team: tuple[Member, Member], door: Door, far: There, client: Client,
    answer: Any, why: str,
) -> None:  # fmt: skip
    terms, usual = agreed(*team, far, door.url), door.answer
    one = to_peru(kenya, peru)
    door.answer = lambda _: answer
    now = timezone.now()
    sending.post_due(now)
    since = Peer.objects.get().line_since
    sending.post_due(now + timedelta(minutes=2))
    assert Peer.objects.get().line_since == since, "since the first try that failed"
    enter(client, kenya.two.person)
    pages = [
        client.get("/sample/contacts/duty/").content.decode(), case_page(client, one),
        client.get(f"/sample/contacts/cases/{one.case.ref}/messages/{one.ref}/tries/").content.decode(),
    ]  # fmt: skip
    for page in pages:
        assert why in page
        assert f"/sample/contacts/peers/{named(terms.peer)}/" in page
        assert "doctype html&gt;" not in page
    door.answer = usual
    sending.try_now(terms.peer)
    sending.post_due(timezone.now())
    assert why not in client.get("/sample/contacts/duty/").content.decode()
    assert Peer.objects.get().line_since is None


def test_doctor_tells_of_lines_that_are_down_and_of_what_was_not_taken(
    kenya: Side, peru: Away, team: tuple[Member, Member], door: Door, far: There
) -> None:
    agreed(*team, far, door.url)
    assert [*instances.lines()] == []
    to_peru(kenya, peru)
    door.answer = lambda _: None
    sending.post_due(timezone.now())
    assert [one.said.startswith("Nothing gets through to crisis.pe since") for one in instances.lines()] == [True]
    door.answer = lambda _: (400, b"No office")
    sending.post_due(timezone.now() + timedelta(minutes=5))
    assert [one.said for one in instances.lines()] == ["1 message was not taken by crisis.pe."]


# --- keys ----------------------------------------------------------------------------------------------------------


def test_what_was_signed_with_the_key_before_is_signed_with_the_one_that_signs_now(
    kenya: Side, peru: Away, there: There, settings: LazySettings
) -> None:
    to_peru(kenya, peru)
    row = Outbound.objects.get()
    before = signed.parsed(sending.bytes_of(row), 10**6)
    path = keys.path_of(settings.DATA_DIR, "envelopes")
    kept = path.read_bytes()
    path.write_bytes(Fernet.generate_key() + b"\n" + kept)
    try:
        after = signed.parsed(sending.bytes_of(row), 10**6)
    finally:
        path.write_bytes(kept)
    assert (after.text, after.key == before.key) == (before.text, False)


@pytest.fixture
def own_keys(settings: LazySettings) -> Iterator[None]:
    """The keys with which this instance signs are as before when the test ends."""
    path = keys.path_of(settings.DATA_DIR, "envelopes")
    instance.signing_key()
    kept, following = path.read_bytes(), keys.path_of(settings.DATA_DIR, "envelopes_next")
    following.unlink(missing_ok=True)
    yield
    path.write_bytes(kept)
    following.unlink(missing_ok=True)


def test_the_next_key_is_handed_over_before_it_signs_and_nothing_stands_still_when_it_does(
    kenya: Side, peru: Away, there: There, operation: Operation, own_keys: None, client: Client
) -> None:
    to_peru(kenya, peru)
    row, before = Outbound.objects.get(), instance.signing_key().public_key().public_bytes_raw()
    assert "There is no next key" in run("key", "--switch")[1]
    said_ = run("key", "--next")[1]
    assert run("key", "--next")[1] == said_, "it is made once"
    signs, following = instance.own_keys()
    assert (signs.public, signs.state, following.state) == (before, "signs", "next")
    assert following.public.hex() in said_
    enter(client, kenya.one.person)
    page = client.get("/sample/contacts/peers/").content.decode()
    assert grouped(following.aloud) in page
    assert "it signs nothing yet" in page
    theirs = {instance.name(): signed.Peer((before, following.public), frozenset({"kenya"}))}
    reads = lambda: envelope.read(sending.bytes_of(row), peers=theirs, me=there.name, now=timezone.now())  # noqa: E731
    assert reads().number == 1
    assert signed.parsed(sending.bytes_of(row), 10**6).key == signs.mark
    assert run("key", "--switch")[0] == 0
    assert [(one.mark, one.state) for one in instance.own_keys()] == [(following.mark, "signs"), (signs.mark, "before")]
    assert reads().number == 1
    assert signed.parsed(sending.bytes_of(row), 10**6).key == following.mark
    noted = [
        json.loads(one.body)
        for one in KeptEntry.objects.order_by("pk")
        if '"became"' in one.body and '"key"' in one.body
    ]
    assert [(one["key"], one["became"]) for one in noted] == [(following.mark, "next"), (following.mark, "signs")]


def test_killed_while_the_next_key_takes_over_it_takes_over_when_told_again(
    own_keys: None, operation: Operation, settings: LazySettings
) -> None:
    instance.make_next()
    path = keys.path_of(settings.DATA_DIR, "envelopes_next")
    following = path.read_bytes()
    instance.switch()
    path.write_bytes(following)
    assert [one.state for one in instance.own_keys()] == ["signs", "before"]
    instance.switch()
    assert not path.exists()
    assert len(keys.signing("envelopes")) == 2


def comes(way: str, other: There, operation: Operation, send: Callable[[], Dispatch], door: Door) -> None:
    """Something under another key, in one of the ways in which it can come."""
    match way:
        case "line":
            with pytest.raises(Refused):
                receiving.over_line(operation, other.sends(said()), timezone.now())
        case "file":
            files.take(operation, bundle.bundle([other.sends(said())]), timezone.now())
        case _:
            send()
            door.answer = lambda body: (200, other.receipt(body))
            sending.post_due(timezone.now())


@pytest.mark.parametrize("way", ["line", "file", "receipt"])
def test_what_comes_in_the_name_of_a_peer_under_another_key_is_told_until_somebody_has_called_them(
    kenya: Side, peru: Away, team: tuple[Member, Member], door: Door, far: There, operation: Operation, client: Client,
    way: str,
) -> None:  # fmt: skip
    terms, other, now = agreed(*team, far, door.url), There(seed=9), timezone.now()
    comes(way, other, operation, lambda: to_peru(kenya, peru), door)
    enter(client, kenya.one.person)
    at = f"/sample/contacts/peers/{named(terms.peer)}/"
    pages = ("/sample/contacts/duty/", "/sample/contacts/peers/", at)
    read = lambda: [client.get(page).content.decode() for page in pages]  # noqa: E731
    assert all("a key that is not agreed" in page for page in read())
    assert "Anybody can send such a thing" in read()[0]
    assert duty.duty(kenya.one, now).loud == [], "whoever likes could ring it at any hour"
    assert any("a key that is not agreed" in one.said for one in instances.lines())
    receiving.over_line(operation, far.sends(said()), now)
    assert all("a key that is not agreed" in page for page in read()), "a genuine message answers nothing"
    assert "Noted" in client.post(f"{at}called/", follow=True).content.decode()
    assert Decision.objects.latest("pk").after["said"] == "called crisis.pe about a key that is not agreed"
    assert not any("a key that is not agreed" in one.said for one in instances.lines())
    assert "have called" not in read()[0]
    assert "Somebody has called them already" in client.post(f"{at}called/", follow=True).content.decode()


def test_after_a_call_nobody_is_told_again_for_a_day_whoever_sends_what(
    kenya: Side, peru: Away, there: There, operation: Operation, team: tuple[Member, Member]
) -> None:
    now, peer = timezone.now(), Peer.objects.get()
    data = bundle.bundle([There(seed=9).sends(said())])
    told = lambda at: [files.take(operation, data, at), *holding.strange(operation.pk)][1:]  # noqa: E731
    assert told(now) == [peer]
    with pytest.raises(NotAllowed):
        agreeing.called(replace(kenya.one, actors=()), peer)
    agreeing.called(team[0], peer)
    assert told(now + timedelta(hours=23)) == []
    assert sum(Turned.objects.values_list("count", flat=True)) == 2, "it is counted all the same"
    assert told(now + timedelta(hours=25)) == [peer]


# --- one database is altered ---------------------------------------------------------------------------------------


def differs(operation: Operation, there: There) -> Callable[[], int]:
    """How many messages are found to be others than they were by now."""
    export = theirs(there, Peer.objects.get())
    return lambda: len(ledgers.compare(operation, export)[1].differ)


@pytest.mark.parametrize(
    "change",
    [{"about": None}, {"about": "other"}, {"answer": "answer"}, {"next_at": LONG_AGO}, {"kind": "clarification"},
     {"to": "other"}, {"sent_at": LONG_AGO}, {"state": "draft"}, {"content": "0" * 64}],
    ids=lambda one: "-".join(map(str, (*one, *one.values())))[:20],
)  # fmt: skip
def test_what_pages_show_beside_the_words_is_compared_too(
    kenya: Side, peru: Away, there: There, operation: Operation, change: dict[str, Any]
) -> None:
    first = to_peru(kenya, peru)
    words = {"about": first.ref, "answer": "received"}
    reply = said(2, case=first.case.ref, kind=Kind.REPLY, fields=words)
    receiving.over_line(operation, there.sends(reply), timezone.now())
    receiving.over_line(operation, there.sends(said(1)), timezone.now())
    found = differs(operation, there)
    assert found() == 0
    others = {"about": Dispatch.objects.get(ref="PERU42-01"), "to": kenya.diplomatic}
    Dispatch.objects.filter(ref=reply.ref).update(
        **{name: others[name] if value == "other" else value for name, value in change.items()}
    )
    assert found() == 1


def test_whose_case_it_is_is_compared_too(kenya: Side, peru: Away, there: There, operation: Operation) -> None:
    receiving.over_line(operation, there.sends(said()), timezone.now())
    found = differs(operation, there)
    Dispatch.objects.get().case.__class__.objects.update(begun_by=kenya.actor, with_actor=peru.actor)
    assert found() == 1


@pytest.mark.parametrize("ours", [True, False])
def test_other_words_with_a_note_that_people_were_told_are_found_all_the_same(
    kenya: Side, peru: Away, there: There, operation: Operation, ours: bool
) -> None:
    to_peru(kenya, peru)
    receiving.over_line(operation, there.sends(said(1)), timezone.now())
    receiving.over_line(operation, there.sends(said(3, fields={**NOTICED, "what": "Nothing at all"})), timezone.now())
    found = differs(operation, there)
    one = Dispatch.objects.get(way="here") if ours else Dispatch.objects.get(ref="PERU42-01")
    before, other = bytes(one.sealed), bytes(Dispatch.objects.get(ref="PERU42-03").sealed)
    Dispatch.objects.filter(pk=one.pk).update(sealed=other)
    Clash.objects.create(dispatch=one, content=one.content, sealed=other, way="https")
    assert found() == 1
    if ours:
        Clash.objects.update(sealed=before)
        now = lowtech_content(reading.said_of(Dispatch.objects.get(pk=one.pk)))
        Dispatch.objects.filter(pk=one.pk).update(content=now)
        assert found() == 1, "what was signed here is what was sent, whatever came under its number"


def test_other_words_of_which_people_were_told_are_no_difference(
    kenya: Side, peru: Away, there: There, operation: Operation
) -> None:
    one = said(1)
    taking.by_hand(kenya.one, replace(one, fields={**NOTICED, "what": "Misheard"}))
    receiving.over_line(operation, there.sends(one), timezone.now())
    assert differs(operation, there)() == 0
    assert Clash.objects.count() == 1


# --- numbers, and files that are none ------------------------------------------------------------------------------


def test_a_gap_that_asking_does_not_close_says_why_and_the_other_side_finds_its_messages_by_number(
    kenya: Side, peru: Away, there: There, operation: Operation, client: Client, team: tuple[Member, Member]
) -> None:
    peer = Peer.objects.get()
    receiving.over_line(operation, there.sends(said(1)), timezone.now())
    unknown = there.sends(said(3, to="kenya/policy"))
    later_on = there.sends(said(5, to="kenya/policy"))
    there.sends(said(7))
    last = there.sends(said(9))
    with pytest.raises(Refused):
        receiving.over_line(operation, unknown, timezone.now())
    files.take(operation, bundle.bundle([later_on, last]), timezone.now())
    told = receiving.gaps(peer)
    assert [one.partition(":")[0] for one in told] == [
        "From crisis.pe these messages have not come", "Message 2 of crisis.pe came, and is not taken here",
        "Message 3 of crisis.pe came, and is not taken here",
    ]  # fmt: skip
    assert "come: 4. Ask" in told[0]
    assert told[1].endswith("here: The directory has no office kenya/policy.")
    office(kenya.actor, *team, role=Role.POLICY)
    receiving.over_line(operation, unknown, timezone.now())
    assert "Message 2" not in " ".join(receiving.gaps(peer))
    ours = to_peru(kenya, peru)
    enter(client, kenya.one.person)
    assert f"message 1: {ours.ref}" in client.get(f"/sample/contacts/peers/{named(peer)}/").content.decode()


def test_a_message_of_a_version_that_nobody_here_reads_is_known_to_be_theirs(
    kenya: Side, peru: Away, there: There, operation: Operation
) -> None:
    found = json.loads(there.sends(said(1)))["body"]
    found["said"]["kind"] = "treaty"
    with pytest.raises(Refused, match="kind"):
        receiving.over_line(operation, signed.signed(found, there.key), timezone.now())
    assert Turned.objects.get().instance == there.name
    assert "'treaty'" in receiving.gaps(Peer.objects.get())[0]


def test_the_team_is_not_offered_a_file_that_it_cannot_make(
    kenya: Side, peru: Away, there: There, client: Client, lead: Person
) -> None:
    to_peru(kenya, peru)
    at = f"/sample/contacts/peers/{named(Peer.objects.get())}/"
    enter(client, lead)
    page = client.get(at).content.decode()
    assert "Make the file" not in page
    assert "Whoever is on duty for the party that wrote them" in page
    enter(client, kenya.one.person)
    assert "Make the file" in client.get(at).content.decode()


def brought(client: Client, data: bytes) -> str:
    return client.post("/sample/contacts/peers/take/", {"file": BytesIO(data)}).content.decode()


def test_wrong_files_say_what_they_are(kenya: Side, peru: Away, there: There, client: Client, lead: Person) -> None:
    to_peru(kenya, peru)
    peer = Peer.objects.get()
    own, packed = files.make(peer, kenya.one.actors).data, b"PK\x03\x04" + b"x" * 50
    enter(client, kenya.one.person)
    assert "This is your own file" in brought(client, own)
    assert "unpack it" in brought(client, packed)
    lines = bundle.bundle([there.sends(said(1)), there.sends(said(3))]).replace(b"\n", b"\r\n")
    page = brought(client, lines)
    assert (page.count("<strong>new"), "damaged" in page) == (2, False)
    enter(client, lead)
    compare: Callable[[bytes], str] = lambda data: client.post(  # noqa: E731
        "/sample/contacts/peers/compare/", {"file": BytesIO(data)}, follow=True
    ).content.decode()
    assert "This is your own file" in compare(ledgers.export(peer, timezone.now()))
    assert "unpack it" in compare(packed)


def test_a_file_full_of_nonsense_is_read_at_once_and_told_in_few_words(
    kenya: Side, there: There, client: Client
) -> None:
    enter(client, kenya.one.person)
    data = b"\n".join([b"{}"] * 9_999)
    began = time.monotonic()
    page = brought(client, data)
    assert time.monotonic() - began < 10
    assert (page.count("<strong>refused"), "9898 more lines were refused" in page) == (100, True)
    assert Turned.objects.get().count == 9_998


def test_reasons_name_no_field_of_the_program(kenya: Side, there: There, operation: Operation, client: Client) -> None:
    data = there.sends(said(to="kenya/policy"))
    answer = client.post("/sample/contacts/exchange/", data, "application/json")
    assert answer.content.startswith(b"The directory has no office")
    assert Turned.objects.get().said.startswith("The directory has no office")
    enter(client, kenya.one.person)
    assert "<bdi>The directory has no office" in brought(client, bundle.bundle([data]))


def test_what_is_under_way_or_younger_than_their_ledger_is_no_difference(
    kenya: Side, peru: Away, there: There, operation: Operation, client: Client, lead: Person
) -> None:
    to_peru(kenya, peru)
    made_at = timezone.now() - timedelta(minutes=5)
    old = comparing.exported([], sender=there.name, receiver=ME, made_at=made_at, key=there.key)
    compared = lambda: comparing.in_words(ledgers.compare(operation, old)[1])  # noqa: E731
    assert compared()[0] == "Both sides hold the same 0 messages, letter by letter."
    assert compared()[2].endswith("has no receipt yet: it is under way, or they did not take it.")
    row = Outbound.objects.get()
    sending.settle(row.peer, receipts_read(there, row), there.receipt(sending.bytes_of(row)), timezone.now())
    receiving.over_line(operation, there.sends(said()), timezone.now())
    assert [one.endswith("is younger than their ledger: ask for a new one.") for one in compared()[2:]] == [True, True]
    enter(client, lead)
    page = client.post("/sample/contacts/peers/compare/", {"file": BytesIO(old + b"\r\n")}).content.decode()
    shown = date_format(timezone.localtime(made_at, ZoneInfo(operation.time_zone)), "j M Y H:i")
    assert f"Their ledger was made {shown}." in page
    assert "differ" not in page
    Outbound.objects.update(received_at=made_at - timedelta(minutes=5))
    assert compared()[0].startswith("The two ledgers differ.")


def receipts_read(there: There, row: Outbound) -> receipts.Receipt:
    peers = {there.name: signed.Peer((bytes.fromhex(there.public),))}
    return receipts.read(there.receipt(sending.bytes_of(row)), peers=peers, me=ME)


# --- agreeing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["https://crisis.pe/network/contacts", "https://crisis.pe/network/contacts/exchange/"])
def test_an_address_that_goes_on_behind_the_operation_is_refused_with_the_form_that_is_expected(
    peru: Away, team: tuple[Member, Member], url: str
) -> None:
    with pytest.raises(Refused, match=r"as https://crisis\.example/network") as refused:
        agreeing.enter(team[0], entered(There(), url))
    assert refused.value.field == "url"


def test_our_own_address_is_told_for_the_other_side_to_enter(
    kenya: Side, client: Client, settings: LazySettings
) -> None:
    settings.PUBLIC_URL = "https://crisis.ke"
    enter(client, kenya.one.person)
    assert "https://crisis.ke/sample</code>" in client.get("/sample/contacts/peers/").content.decode()
    assert "Address: https://crisis.ke/sample\n" in run("key")[1]


def test_what_was_refused_at_first_stands_in_no_list(
    peru: Away, team: tuple[Member, Member], client: Client, lead: Person
) -> None:
    terms = agreeing.enter(team[0], entered(There()))
    enter(client, lead)
    assert "crisis.pe" in client.get("/sample/contacts/peers/").content.decode()
    agreeing.refuse(team[1], terms)
    assert "crisis.pe" not in client.get("/sample/contacts/peers/").content.decode()
    agreed(*team, There())
    agreeing.refuse(team[1], agreeing.enter(team[0], entered(There(), "https://crisis.pe/n")))
    assert "crisis.pe" in client.get("/sample/contacts/peers/").content.decode(), "what was confirmed counts on"


def test_whoever_confirms_sees_what_differs_and_types_fingerprints_as_they_like(
    peru: Away, there: There, team: tuple[Member, Member], client: Client, custodian: Person
) -> None:
    other = There(seed=9)
    given = entered(there, "https://crisis.pe/n", keys=(there.public, other.public), retired=("0" * 16,))
    terms = agreeing.enter(team[0], given)
    enter(client, custodian)
    page = client.get(f"/sample/contacts/peers/{named(terms.peer)}/").content.decode()
    assert "<s><bdi>none: by file</bdi></s> → <strong><bdi>https://crisis.pe/n</bdi>" in page
    assert "1 new, 0 not any more" in page
    assert "0" * 16 in page
    assert grouped(other.aloud) not in page
    agreeing.confirm(team[1], terms, f"{other.aloud}, {there.aloud}")
    with pytest.raises(Refused, match="one or the other"):
        agreeing.enter(team[0], entered(there, retired=(there.mark,)))
    gone = There(seed=10)
    form = {"instance": there.name, "title": "Peru", "keys": there.public, "parties": ["peru"],
            "retired": f"{grouped(gone.aloud)}\n{other.mark} {'0' * 16}"}  # fmt: skip
    assert client.post("/sample/contacts/peers/enter/", form).status_code == 302
    assert Terms.objects.latest("pk").retired == [gone.mark, other.mark, "0" * 16]


def test_whom_the_protocol_gives_no_office_is_told_why(kenya: Side, peru: Away, client: Client) -> None:
    enter(client, kenya.one.person)
    assert "your organisation is of kind" not in client.get("/sample/contacts/").content.decode()
    Organisation.objects.filter(slug="kenya").update(kind="authority")
    page = client.get("/sample/contacts/").content.decode()
    assert "The protocol gives you none of the offices of others: your organisation is of kind “authority”" in page
