"""What whoever is on duty, whoever compares and whoever runs the machine is told of messages between instances, so that
each knows what to do: what goes nowhere, what is not here, whose database was altered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.contacts import bundle, comparing, instance, receipts, signed
from rapport.contacts.cases import duty, reading
from rapport.contacts.cases.models import Dispatch
from rapport.contacts.escalation import Result
from rapport.contacts.members import Member
from rapport.contacts.model import Role
from rapport.contacts.peers import agreeing, files, ledgers, receiving, sending
from rapport.contacts.peers.agreeing import Entered
from rapport.contacts.peers.models import Inbound, Outbound, Peer
from rapport.errors import Refused
from rapport.operations.models import Operation
from rapport.oversight.models import KeptEntry
from tests.web.contacts import named, office
from tests.web.peers import ME, NOTICED, Door, There, agreed, entered, said
from tests.web.test_cases import Side
from tests.web.test_directory import enter
from tests.web.test_peers import (
    Away,
    _named,
    custodian,
    door,
    far,
    kenya,
    peru,
    run,
    team,
    theirs,
    there,
    there_sends,
    to_peru,
)

pytestmark = pytest.mark.django_db
__all__ = ["_named", "custodian", "door", "far", "kenya", "peru", "team", "there"]  # fixtures
DUTY = "/sample/contacts/duty/"


@pytest.fixture
def chile(kenya: Side, operation: Operation, lead: Person, custodian: Person) -> Side:
    """Another State whose people are here."""
    return Side(operation, lead, custodian, "Chile")


def page_of(client: Client, side: Side, at: str = DUTY) -> str:
    enter(client, side.one.person)
    return client.get(at).content.decode()


# --- what goes nowhere ---------------------------------------------------------------------------------------------


def test_what_goes_nowhere_by_itself_stands_on_duty_until_it_has_a_way_or_somebody_was_reached(
    kenya: Side, peru: Away, chile: Side, team: tuple[Member, Member], client: Client
) -> None:
    one = to_peru(kenya, peru)
    page = page_of(client, kenya)
    assert "Nobody of Peru reads here, and it goes nowhere by itself" in page
    assert f"/messages/{one.ref}/tries/" in page
    assert "goes nowhere" not in page_of(client, chile), "what others write is not told"
    agreed(*team, There())
    assert duty.duty(kenya.one, timezone.now()).nowhere == []
    agreeing.end(team[0], Peer.objects.get())
    assert "goes nowhere by itself" in page_of(client, kenya)
    one.attempts.create(target="peru", result=Result.REACHED.value, note_sealed=reading.sealed_note("Read to them"))
    found = duty.duty(kenya.one, timezone.now())
    assert (found.nowhere, found.stuck) == ([], [])


def test_what_a_party_reads_here_is_not_said_to_go_nowhere(kenya: Side, chile: Side) -> None:
    to_peru(kenya, chile)  # type: ignore[arg-type]
    assert duty.duty(kenya.one, timezone.now()).nowhere == []


def test_beside_a_refusal_stands_what_helps_and_no_file(
    kenya: Side, peru: Away, team: tuple[Member, Member], door: Door, far: There, client: Client
) -> None:
    agreed(*team, far, door.url)
    to_peru(kenya, peru)
    door.answer = lambda _: (400, b"The directory has no office.")
    sending.post_due(timezone.now())
    page = page_of(client, kenya)
    assert "when that is put right, it goes by itself" in page
    assert "Make a file for them" not in page
    door.answer = lambda _: (503, b"")
    sending.post_due(timezone.now() + timedelta(minutes=5))
    assert "Make a file for them" in page_of(client, kenya)
    at = f"/sample/contacts/peers/{named(Peer.objects.get())}/"
    assert "Nothing gets through: It answers with 503. It is tried again at " in page_of(client, kenya, at)
    sending.try_now(Peer.objects.get())
    assert "It is tried again within some seconds." in page_of(client, kenya, at)


def test_it_reached_them_when_they_say_within_what_can_be(kenya: Side, peru: Away, there: There) -> None:
    for late in (-timedelta(days=3), timedelta(minutes=10), timedelta(days=3)):
        to_peru(kenya, peru)
        row, now = Outbound.objects.latest("pk"), timezone.now() + timedelta(hours=1)
        at = row.made_at + late
        data = receipts.receipt(receipts.Receipt(there.name, row.number, row.hash, at), ME, there.key)
        peers = {there.name: signed.Peer((bytes.fromhex(there.public),))}
        sending.settle(row.peer, receipts.read(data, peers=peers, me=ME), data, now)
        row.refresh_from_db()
        row.dispatch.refresh_from_db()
        assert row.received_at == row.dispatch.delivered_at == min(max(at, row.made_at), now)


# --- what is not here ----------------------------------------------------------------------------------------------


def test_whom_a_message_is_for_that_is_not_taken_sees_it_on_duty_and_quietly(
    kenya: Side, chile: Side, peru: Away, there: There, operation: Operation, team: tuple[Member, Member],
    client: Client,
) -> None:  # fmt: skip
    for_kenya = there.sends(said(1, to="kenya/policy"))
    with pytest.raises(Refused):
        receiving.over_line(operation, for_kenya, timezone.now())
    page = page_of(client, kenya)
    assert "Message 1 of crisis.pe came, and is not taken here: The directory has no office kenya/policy." in page
    assert "when what it says is put right" in page
    assert f"/sample/contacts/peers/{named(Peer.objects.get())}/" in page
    assert "Nothing waits" not in page
    assert duty.duty(kenya.one, timezone.now()).loud == []
    assert "is not taken here" not in page_of(client, chile), "it is for Kenya, and not theirs"
    assert "messages have not come, or are not taken" in page_of(client, chile, "/sample/contacts/peers/")
    office(kenya.actor, *team, role=Role.POLICY)
    receiving.over_line(operation, for_kenya, timezone.now())
    assert "is not taken here" not in page_of(client, kenya)
    assert "or are not taken" not in page_of(client, kenya, "/sample/contacts/peers/")


def test_of_what_nobody_knows_for_whom_it_is_every_party_here_is_told(
    kenya: Side, chile: Side, peru: Away, there: There, operation: Operation, team: tuple[Member, Member],
    client: Client,
) -> None:  # fmt: skip
    with pytest.raises(Refused, match="Compare clocks"):
        receiving.over_line(operation, there.sends(said(1, at=timezone.now() + timedelta(days=2))), timezone.now())
    there.sends(said(3))
    receiving.over_line(operation, there.sends(said(5)), timezone.now())
    for side in (kenya, chile):
        page = page_of(client, side)
        assert "Compare clocks" in page
        assert (
            "have not come: 2. Ask for them: a file made on a page over there holds the messages of one party" in page
        )
    agreeing.end(team[0], Peer.objects.get())
    assert "Not here" not in page_of(client, kenya)


def test_whoever_took_a_file_is_told_to_tell_its_maker_what_was_refused_and_which_line(
    kenya: Side, peru: Away, there: There, client: Client
) -> None:
    enter(client, kenya.one.person)
    took = lambda *lines: client.post(  # noqa: E731
        "/sample/contacts/peers/take/", {"file": BytesIO(bundle.bundle(lines))}
    ).content.decode()
    assert "Tell whoever made the file" not in took(there.sends(said(1)))
    page = took(there_sends(there, said(3)), There("crisis.xx", 9).sends(said(5)))
    assert "Tell whoever made the file which, and why." in page
    assert "line 3: <strong>refused" in page, "as an editor counts: the head of the file is line 1"


# --- both ledgers --------------------------------------------------------------------------------------------------


def test_a_message_that_is_under_way_to_us_is_no_difference_until_a_receipt_was_given(
    kenya: Side, peru: Away, there: There, operation: Operation
) -> None:
    peer, sends = Peer.objects.get(), [there.sends(said(number)) for number in (1, 3)]
    bodies = [signed.parsed(one, 10**6) for one in sends]
    heads = [comparing.head(there.name, number, one.text, timezone.now()) for number, one in enumerate(bodies, 1)]
    export = comparing.exported(heads, sender=there.name, receiver=ME, made_at=timezone.now(), key=there.key)
    compared = lambda: ledgers.compare(operation, export)[1]  # noqa: E731
    receiving.over_line(operation, sends[0], timezone.now())
    assert (compared().equal, [one.number for one in compared().coming]) == (True, [2])
    assert "has not come here yet: it is under way" in comparing.in_words(compared())[2]
    receiving.over_line(operation, sends[1], timezone.now())
    assert compared().coming == ()
    Inbound.objects.filter(number=2).delete()
    assert (compared().equal, [one.number for one in compared().only_theirs]) == (False, [2]), "it was taken out here"
    Inbound.objects.filter(peer=peer).update(number=3)
    assert [one.number for one in compared().only_theirs] == [1, 2], "a later one has come"


@pytest.mark.parametrize("ours", [True, False])
def test_it_is_said_whose_database_was_altered(
    kenya: Side, peru: Away, there: There, operation: Operation, ours: bool
) -> None:
    receiving.over_line(operation, there.sends(said()), timezone.now())
    export = theirs(there, Peer.objects.get())
    if ours:
        Dispatch.objects.update(sealed=reading.sealed({**NOTICED, "what": "Nothing at all"}, ""))
    else:
        head = comparing.head(there.name, 1, "something else", timezone.now())
        export = comparing.exported([head], sender=there.name, receiver=ME, made_at=timezone.now(), key=there.key)
    found = ledgers.compare(operation, export)[1]
    assert (found.equal, len(found.differ), len(found.altered)) == (False, 1, int(ours))
    words = " ".join(comparing.in_words(found))
    assert ("stands here otherwise than it was signed" in words, "on their side. Lay" in words) == (ours, not ours)


# --- agreeing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [({"url": "http://crisis.pe/network"}, "url", "over https:// only"),
     ({"url": "https://Crisis.ke/other"}, "url", "address of this instance"),
     ({"keys": "own"}, "keys", "a key of this instance")],
)  # fmt: skip
def test_our_own_key_and_address_are_not_taken_for_theirs(
    peru: Away, team: tuple[Member, Member], settings: LazySettings, change: dict[str, Any], field: str, why: str
) -> None:
    settings.PUBLIC_URL = "https://crisis.ke"
    if change.get("keys") == "own":
        change = {"keys": (instance.own_keys()[0].public.hex(),)}
    given: Entered = replace(entered(There()), **change)
    with pytest.raises(Refused, match=why) as refused:
        agreeing.enter(team[0], given)
    assert refused.value.field == field
    agreeing.enter(team[0], entered(There(), "https://crisis.kenya.example/other"))


# --- files and the machine -----------------------------------------------------------------------------------------


def test_a_file_is_called_by_whose_messages_it_holds_and_by_its_day(
    kenya: Side, peru: Away, there: There, client: Client
) -> None:
    to_peru(kenya, peru)
    enter(client, kenya.one.person)
    answer = client.post(f"/sample/contacts/peers/{named(Peer.objects.get())}/file/")
    name = f"crisis.ke-kenya-to-crisis.pe-{timezone.localdate():%Y-%m-%d}.bundle"
    assert name in answer["Content-Disposition"]


def test_the_commands_write_over_no_file_and_say_when_it_has_ended(
    kenya: Side, peru: Away, there: There, team: tuple[Member, Member], operation: Operation, tmp_path: Path
) -> None:
    to_peru(kenya, peru)
    out = tmp_path / "out.bundle"
    files.take(operation, bundle.bundle([there.sends(said(1))]), timezone.now())
    out.write_text("not handed over yet")
    for command in ("bundle", "heads"):
        status, told = run(command, "--peer", there.name, "--out", str(out))
        assert (status, "is there already: choose another name" in told) == (1, True)
    assert out.read_text() == "not handed over yet"
    told = run("bundle", "--peer", there.name, "--out", str(tmp_path / "second.bundle"))[1]
    assert "1 message, 1 receipt." in told, "nothing was counted as handed over before"
    agreeing.end(team[0], Peer.objects.get())
    status, told = run("bundle", "--peer", there.name, "--out", str(tmp_path / "third.bundle"))
    assert (status, "has ended" in told, (tmp_path / "third.bundle").exists()) == (1, True, False)


def test_that_a_receipt_was_given_is_noted_by_number_with_nothing_of_who_writes_to_whom(
    kenya: Side, peru: Away, there: There, operation: Operation
) -> None:
    receiving.over_line(operation, there.sends(said()), timezone.now())
    found = [json.loads(one.body) for one in KeptEntry.objects.all() if "receipt given" in one.body]
    assert found == [{"became": "receipt given", "number": 1, "peer": Peer.objects.get().pk}]
