"""Messages of another instance: taken once, by whatever way, and only from whom two people agreed on; ours wait until
it is proven that they arrived."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.cli.contacts import contacts
from rapport.contacts import bundle, comparing, envelope, instance, receipts, signed
from rapport.contacts.cards import grouped
from rapport.contacts.cases import reading, taking
from rapport.contacts.cases.models import Clash, Dispatch
from rapport.contacts.kinds import Kind, Said
from rapport.contacts.members import Member
from rapport.contacts.peers import agreeing, files, holding, ledgers, receiving, sending
from rapport.contacts.peers.models import Inbound, Outbound, Peer, Turned
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.intake import limits
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.registry.models import Actor
from rapport.values import Marking
from tests.web.contacts import named, network, of_team, office, officer, state
from tests.web.peers import ME, NOTICED, Door, There, agreed, entered, said
from tests.web.test_cases import Side, sent
from tests.web.test_directory import enter
from tests.web.test_polling import certificate

pytestmark = pytest.mark.django_db
__all__ = ["certificate"]  # a fixture


@pytest.fixture(autouse=True)
def _named(settings: LazySettings) -> None:
    settings.INSTANCE = ME
    settings.POLL_INSIDE = frozenset({"127.0.0.1", "localhost"})
    limits.forget()


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Held.CUSTODIAN)


@pytest.fixture
def kenya(operation: Operation, lead: Person, custodian: Person) -> Side:
    """Whose people are here."""
    network(operation, lead, custodian)
    return Side(operation, lead, custodian, "Kenya")


@pytest.fixture
def team(operation: Operation, lead: Person, custodian: Person) -> tuple[Member, Member]:
    return of_team(lead, operation), of_team(custodian, operation)


class Away:
    """A State whose people are elsewhere: here it has an office in the directory and nobody."""

    def __init__(self, actor: Actor, team: tuple[Member, Member]) -> None:
        self.actor = actor
        self.office = office(actor, *team, hours="24/7")


@pytest.fixture
def peru(kenya: Side, operation: Operation, lead: Person, team: tuple[Member, Member]) -> Away:
    return Away(state(operation, lead, "Peru"), team)


@pytest.fixture
def there(peru: Away, team: tuple[Member, Member]) -> There:
    made = There()
    agreed(*team, made)
    return made


@pytest.fixture
def far() -> There:
    """Of which nobody here knows yet."""
    return There()


@pytest.fixture
def door(far: There) -> Iterator[Door]:
    made = Door(far)
    yield made
    made.close()


def to_peru(kenya: Side, peru: Away, **more: Any) -> Dispatch:
    return sent(kenya, peru, **more)  # type: ignore[arg-type]


def lined(peer: Peer) -> list[tuple[int, bool, int]]:
    """What stands in the chain that goes out: number, whether a receipt is there, tries."""
    rows = Outbound.objects.filter(peer=peer).order_by("number")
    return [(one.number, one.received_at is not None, one.tries) for one in rows]


# --- two people agree on it ----------------------------------------------------------------------------------------


def test_one_person_enters_an_instance_and_another_confirms_what_was_read_aloud(
    peru: Away, team: tuple[Member, Member], kenya: Side
) -> None:
    there, (one, other) = There(), team
    terms = agreeing.enter(one, entered(there))
    assert holding.known(one.operation.pk) == {}
    with pytest.raises(Refused, match="another person confirms"):
        agreeing.confirm(one, terms, there.aloud)
    with pytest.raises(Refused, match="not the keys"):
        agreeing.confirm(other, terms, There(seed=8).aloud)
    with pytest.raises(NotAllowed):
        agreeing.confirm(kenya.one, terms, there.aloud)
    with pytest.raises(Refused, match="eight groups"):
        agreeing.confirm(other, terms, there.mark)
    agreeing.confirm(other, terms, f" {there.aloud[:4].upper()} {there.aloud[4:]} ")
    assert holding.known(one.operation.pk)[there.name].speaks_for == {"peru"}
    with pytest.raises(Conflict):
        agreeing.confirm(other, terms, there.aloud)
    agreeing.end(one, terms.peer)
    assert holding.known(one.operation.pk) == {}


def test_who_writes_from_here_or_from_another_instance_writes_from_no_second_one(
    there: There, team: tuple[Member, Member]
) -> None:
    with pytest.raises(Refused, match="write from here"):
        agreeing.enter(team[0], entered(There("crisis.xx", 9), parties=("kenya",)))
    terms = agreeing.enter(team[0], entered(There("crisis.xx", 9)))
    with pytest.raises(Refused, match=r"writes from crisis\.pe"):
        agreeing.confirm(team[1], terms, There(seed=9).aloud)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"instance": "Crisis PE"}, "instance"), ({"instance": ME}, "instance"), ({"title": " "}, "title"),
     ({"url": "http://crisis.pe/network"}, "url"), ({"url": "https://crisis.pe"}, "url"),
     ({"url": "https://u:p@crisis.pe/n"}, "url"), ({"url": "https://[crisis"}, "url"), ({"keys": ()}, "keys"),
     ({"keys": ("00",)}, "keys"), ({"parties": ()}, "parties"), ({"parties": ("nobody",)}, "parties"),
     ({"retired": ("x",)}, "retired")],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_field(
    peru: Away, team: tuple[Member, Member], wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        agreeing.enter(team[0], entered(There(), **wrong))
    assert refused.value.field == field


# --- ours go out ---------------------------------------------------------------------------------------------------


def test_a_message_waits_signed_and_numbered_until_a_receipt_proves_that_it_arrived(
    kenya: Side, peru: Away, team: tuple[Member, Member], door: Door, far: There
) -> None:
    terms = agreed(*team, far, door.url)
    ours = [to_peru(kenya, peru), to_peru(kenya, peru)]
    assert sending.post_due(timezone.now()) == 2
    bodies = [json.loads(one)["body"] for one in door.bodies]
    assert [one["number"] for one in bodies] == [1, 2]
    assert bodies[1]["prev"] == signed.hash_of(signed.parsed(door.bodies[0], 10**6).text)
    assert lined(terms.peer) == [(1, True, 1), (2, True, 1)]
    for one in ours:
        one.refresh_from_db()
        assert one.delivered_at is not None
    assert sending.post_due(timezone.now() + timedelta(days=1)) == 0


def test_nothing_is_lost_while_the_line_is_down_and_nothing_doubled_when_an_answer_never_came(
    kenya: Side, peru: Away, team: tuple[Member, Member], door: Door, far: There
) -> None:
    terms, usual = agreed(*team, far, door.url), door.answer
    to_peru(kenya, peru)
    to_peru(kenya, peru)
    now = timezone.now()
    door.answer = lambda _: (503, b"")
    assert sending.post_due(now) == 1, "one that fails keeps the others from trying in vain"
    assert "503" in Peer.objects.get().line_problem
    assert sending.post_due(now + timedelta(seconds=30)) == 0, "it is not asked again at once"
    door.answer = lambda _: None
    assert sending.post_due(now + timedelta(minutes=2)) == 1
    door.answer = usual
    assert sending.post_due(now + timedelta(minutes=10)) == 2
    assert [received for _, received, _ in lined(terms.peer)] == [True, True]
    assert len(set(door.bodies)) == 2, "what is posted again is the same, letter by letter"


@pytest.mark.parametrize("answer", ["other", "older", "forged", "nonsense", "refused"])
def test_an_answer_that_proves_nothing_leaves_the_message_waiting(
    kenya: Side, peru: Away, team: tuple[Member, Member], door: Door, far: There, answer: str
) -> None:
    terms = agreed(*team, far, door.url)
    to_peru(kenya, peru)
    sending.post_due(timezone.now())
    earlier = far.receipt(door.bodies[0])
    last = to_peru(kenya, peru)
    answers: dict[str, Callable[[bytes], tuple[int, bytes]]] = {
        "other": lambda body: (200, There(seed=9).receipt(body)),
        "older": lambda _: (200, earlier),
        "forged": lambda body: (200, far.receipt(body).replace(b'"number":2', b'"number":1')),
        "nonsense": lambda _: (200, b"<html>"),
        "refused": lambda _: (400, b"The directory has no office peru/technical.\x1b[2J"),
    }
    door.answer = answers[answer]
    assert sending.post_due(timezone.now()) == 1
    assert lined(terms.peer)[1][1] is False
    problem = Outbound.objects.get(number=2).problem
    assert problem.startswith("They ")
    assert "\x1b" not in problem
    last.refresh_from_db()
    assert last.delivered_at is None


def test_it_goes_over_https_to_a_machine_that_shows_who_it_is_and_to_no_other(
    kenya: Side, peru: Away, team: tuple[Member, Member], door: Door, far: There, certificate: ssl.SSLContext,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    door.speak_tls(certificate)
    terms = agreed(*team, far, door.url)
    to_peru(kenya, peru)
    now = timezone.now()
    sending.post_due(now)
    assert "certificate cannot be verified" in Peer.objects.get().line_problem
    assert door.bodies == []
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    sending.post_due(now + timedelta(minutes=2))
    assert lined(terms.peer) == [(1, True, 2)]


@pytest.mark.parametrize(("inside", "status", "why"), [(False, 200, "inside a network"), (True, 302, "leads on")])
def test_nothing_is_posted_into_a_network_unless_allowed_nor_to_where_an_answer_leads(
    kenya: Side, peru: Away, team: tuple[Member, Member], door: Door, far: There, settings: LazySettings,
    inside: bool, status: int, why: str,
) -> None:  # fmt: skip
    agreed(*team, far, door.url)
    to_peru(kenya, peru)
    settings.POLL_INSIDE = settings.POLL_INSIDE if inside else frozenset()
    door.answer = lambda _: (status, b"")
    sending.post_due(timezone.now())
    assert why in Peer.objects.get().line_problem
    assert len(door.bodies) == int(inside)


def test_somebody_who_knows_that_the_line_is_back_need_not_wait(
    kenya: Side, peru: Away, team: tuple[Member, Member], door: Door, far: There
) -> None:
    terms, usual = agreed(*team, far, door.url), door.answer
    to_peru(kenya, peru)
    door.answer = lambda _: None
    now = timezone.now()
    sending.post_due(now)
    door.answer = usual
    assert sending.post_due(now) == 0
    sending.try_now(terms.peer)
    assert sending.post_due(timezone.now()) == 1
    assert lined(terms.peer) == [(1, True, 2)]


def test_a_key_that_was_exchanged_before_it_arrived_signs_it_anew_under_the_same_number(
    kenya: Side, peru: Away, there: There, tmp_path: Path, settings: LazySettings
) -> None:
    to_peru(kenya, peru)
    row = Outbound.objects.get()
    before = sending.bytes_of(row)
    path = keys.path_of(settings.DATA_DIR, "envelopes")
    kept = path.read_bytes()
    path.write_bytes(Fernet.generate_key() + b"\n" + Fernet.generate_key() + b"\n")
    try:
        after = sending.bytes_of(row)
        assert signed.parsed(after, 10**6).text == signed.parsed(before, 10**6).text
        assert signed.parsed(after, 10**6).key in instance.public_keys()
    finally:
        path.write_bytes(kept)


# --- theirs come in ------------------------------------------------------------------------------------------------


def post(url: str, data: bytes) -> tuple[int, bytes]:
    """Over real HTTP, as another instance does."""
    request = urllib.request.Request(f"{url}/sample/contacts/exchange/", data, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


@pytest.mark.django_db(transaction=True)
def test_a_message_is_taken_once_and_each_time_its_receipt_is_given(live_server: Any, there: There) -> None:
    data = there.sends(said())
    status, receipt = post(live_server.url, data)
    assert status == 200
    assert post(live_server.url, data) == (200, receipt), "the first receipt may have been lost"
    kept = Dispatch.objects.get()
    assert (kept.ref, kept.way, Inbound.objects.count()) == ("PERU42-01", "https", 1)
    ours = signed.Peer(tuple(instance.public_keys().values()))
    proof = receipts.read(receipt, peers={ME: ours}, me=there.name)
    assert receipts.proves(proof, 1, signed.hash_of(signed.parsed(data, 10**6).text))


@pytest.mark.django_db(transaction=True)
def test_the_same_message_eight_times_at_once_is_there_once(live_server: Any, there: There) -> None:
    data = there.sends(said())
    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(lambda _: post(live_server.url, data), range(8)))
    assert [status for status, _ in answers] == [200]
    assert (Dispatch.objects.count(), Inbound.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_what_is_forged_replayed_or_not_for_us_is_refused_and_counted_and_says_nothing_to_strangers(
    live_server: Any, there: There, client: Client, lead: Person
) -> None:
    first = there.sends(said())
    assert post(live_server.url, first)[0] == 200
    stranger, thief = There("crisis.xx", 9), There(seed=9)
    other = There()
    other.number, other.prev = there.number, there.prev
    tries: list[tuple[bytes, int, str]] = [
        (stranger.sends(said(3)), 403, "signed by no instance"),
        (thief.sends(said(3)), 403, "signed by no instance"),
        (there_sends(there, said(3)).replace(b"Wiper", b"Viper"), 403, "signed by no instance"),
        (b"{}", 400, "no"),
        (b"\xff" * 100, 400, "not JSON"),
        (b"x" * (envelope.LARGEST + 1), 413, "at most"),
        (there_sends(there, said(3), to="crisis.ht"), 400, "crisis.ht"),
        (there_sends(there, said(3, sender="kenya/technical", to="peru/technical")), 400, "does not write for"),
        (there_sends(there, said(3, to="peru/policy")), 400, "reads for 'peru'"),
        (there_sends(there, said(3, to="nobody/policy")), 400, "no office"),
        (There().sends(said(5)), 400, "Another message came before"),
        (There().sends(said(1, case="X-PERU", exercise=True)), 400, "Another message came before"),
        (there_sends(there, said(1, fields={**NOTICED, "unknown": "Nothing"})), 400, "came before as message 1"),
        (there_sends(There(), said(3), number=1), 400, "does not follow"),
    ]
    for data, status, why in tries:
        answer = post(live_server.url, data)
        assert (answer[0], why in answer[1].decode()) == (status, True), answer
    strangers = {post(live_server.url, data)[1] for data, status, _ in tries if status == 403}
    assert len(strangers) == 1, "who has proven nothing cannot tell a known name from an unknown one"
    assert [one.ref for one in Dispatch.objects.all()] == ["PERU42-01"]
    counted = {(one.instance, one.reason): one.count for one in Turned.objects.all()}
    assert counted["", "unknown_sender"] == counted["", "bad_signature"] == 2
    assert counted[there.name, "broken_chain"] == 1
    enter(client, lead)
    shown = client.get("/sample/contacts/peers/").content.decode()
    assert "does not follow" in shown
    assert client.get("/sample/contacts/exchange/").status_code == 405


def there_sends(there: There, one: Said, to: str = ME, number: int | None = None) -> bytes:
    """The next message of a chain, without going on to the one after: it is refused, and so never was."""
    before = there.number, there.prev
    if number is not None:
        there.number, there.prev = number, "1" * 64
    data = there.sends(one, to)
    there.number, there.prev = before
    return data


@pytest.mark.django_db(transaction=True)
def test_an_exercise_takes_no_real_message_and_a_real_network_keeps_exercises_apart(
    live_server: Any, there: There, operation: Operation
) -> None:
    assert post(live_server.url, there.sends(said(1, case="X-PERU", exercise=True)))[0] == 200
    assert Dispatch.objects.get().case.exercise
    Operation.objects.filter(pk=operation.pk).update(exercise=True)
    status, why = post(live_server.url, there.sends(said()))
    assert (status, b"no real message" in why) == (400, True)


@pytest.mark.django_db(transaction=True)
def test_after_the_end_nothing_is_taken_from_there(live_server: Any, there: There, team: tuple[Member, Member]) -> None:
    agreeing.end(team[0], Peer.objects.get())
    assert post(live_server.url, there.sends(said()))[0] == 403


def test_who_floods_is_slowed_down(there: There, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EXCHANGES_PER_MINUTE", 3)
    answers = [client.post("/sample/contacts/exchange/", b"{}", "application/json").status_code for _ in range(5)]
    assert answers == [400, 400, 400, 429, 429]
    assert Turned.objects.get().count == 3


# --- by a stick or an e-mail ---------------------------------------------------------------------------------------


def test_a_file_holds_what_has_no_receipt_of_ones_own_side_and_nothing_marked_red(
    kenya: Side, peru: Away, there: There, client: Client
) -> None:
    open_one, red = to_peru(kenya, peru), to_peru(kenya, peru, marking=Marking.RED)
    peer = Peer.objects.get()
    made = files.make(peer, kenya.one.actors)
    assert (made.messages, made.red) == (1, (red.ref,))
    assert open_one.ref.encode() in made.data
    assert red.ref.encode() not in made.data
    assert files.make(peer, ()).messages == 0, "of parties for which somebody does not speak it holds nothing"
    enter(client, kenya.one.person)
    answer = client.post(f"/sample/contacts/peers/{named(peer)}/file/")
    assert answer.content == made.data
    assert red.ref in client.get(f"/sample/contacts/peers/{named(peer)}/").content.decode()


def test_a_file_is_taken_message_by_message_and_receipts_go_back_in_a_file(
    kenya: Side, peru: Away, there: There, client: Client
) -> None:
    ours = to_peru(kenya, peru)
    one, lost, three = (there.sends(said(number)) for number in (1, 3, 5))
    away = there_sends(there, said(7, to="nobody/policy"))
    proof = there.receipt(sending.bytes_of(Outbound.objects.get()))
    data = bundle.bundle([three, one, away, proof, one])
    enter(client, kenya.one.person)
    page = client.post("/sample/contacts/peers/take/", {"file": BytesIO(data)}).content.decode()
    words = ("new", "was here already", "our message has arrived", "refused")
    assert [page.count(f"<strong>{word}</strong>") for word in words] == [2, 1, 1, 1]
    assert "have not come: 2." in page
    assert "no office nobody/policy" in page
    ours.refresh_from_db()
    assert ours.delivered_at is not None
    peer = Peer.objects.get()
    back = files.make(peer, kenya.one.actors)
    assert (back.messages, back.receipts) == (0, 2)
    assert files.make(peer, kenya.one.actors).receipts == 0
    again = files.take(peer.operation, bundle.bundle([one, lost]), timezone.now())
    assert [line.became for line in again.lines] == ["new", "here"]
    assert files.make(peer, kenya.one.actors).receipts == 2, "whoever brings it again has lost the receipt"
    assert receiving.gaps(peer) == (
        "Message 4 of crisis.pe came, and is not taken here: The directory has no office nobody/policy.",
    )


def test_a_file_that_is_none_or_damaged_says_so(kenya: Side, there: There, client: Client) -> None:
    enter(client, kenya.one.person)
    answer = client.post("/sample/contacts/peers/take/", {"file": BytesIO(b"holiday photos")})
    assert answer.status_code == 422
    good = bundle.bundle([there.sends(said(1)), there.sends(said(3))])
    damaged = good.replace(b"Wiper", b"Viper", 1)
    page = client.post("/sample/contacts/peers/take/", {"file": BytesIO(damaged)}).content.decode()
    assert "damaged" in page
    assert page.count("<strong>new") == 1


def test_typed_in_first_it_is_there_once_when_it_comes_signed_and_other_words_are_told(
    kenya: Side, peru: Away, there: There, operation: Operation
) -> None:
    one, two = said(1), said(3)
    taking.by_hand(kenya.one, replace(one, fields={**NOTICED, "what": f" {NOTICED['what']}\r\n"}))
    taking.by_hand(kenya.one, replace(two, fields={**NOTICED, "what": "Misheard"}))
    receiving.over_line(operation, there.sends(one), timezone.now())
    receiving.over_line(operation, there.sends(two), timezone.now())
    assert [each.ref for each in Dispatch.objects.order_by("ref")] == ["PERU42-01", "PERU42-03"]
    assert Clash.objects.get().dispatch.ref == "PERU42-03"
    assert Inbound.objects.count() == 2


# --- both ledgers --------------------------------------------------------------------------------------------------


def theirs(there: There, peer: Peer) -> bytes:
    """What the other side holds, if nothing was altered on either."""
    heads = ledgers.heads(peer)
    return comparing.exported(heads, sender=there.name, receiver=ME, made_at=timezone.now(), key=there.key)


@pytest.mark.parametrize("table", ["outbound.sealed", "inbound.sealed", "sent.sealed", "came.sealed", "came.marking"])
def test_one_byte_that_somebody_altered_in_the_database_is_found(
    kenya: Side, peru: Away, there: There, operation: Operation, client: Client, lead: Person, table: str
) -> None:
    out = to_peru(kenya, peru)
    receiving.over_line(operation, there.sends(said()), timezone.now())
    peer, came = Peer.objects.get(), Dispatch.objects.get(ref="PERU42-01")
    export = theirs(there, peer)
    words = comparing.in_words(ledgers.compare(operation, export)[1])
    assert words[0] == "Both sides hold the same 2 messages, letter by letter."
    rows: dict[str, Any] = {
        "outbound": Outbound.objects, "inbound": Inbound.objects, "sent": Dispatch.objects.filter(pk=out.pk),
        "came": Dispatch.objects.filter(pk=came.pk),
    }  # fmt: skip
    which, _, column = table.partition(".")
    if column == "marking":
        rows[which].update(marking=Marking.CLEAR.value)
    else:
        before = bytes(rows[which].get().sealed)
        rows[which].update(sealed=before[:40] + bytes([before[40] ^ 1]) + before[41:])
    found = ledgers.compare(operation, export)[1]
    assert len(found.differ) == 1, found
    enter(client, lead)
    page = client.post("/sample/contacts/peers/compare/", {"file": BytesIO(export)}).content.decode()
    assert "stands here otherwise than it was signed" in page


def test_words_altered_with_a_new_seal_are_found_although_what_was_signed_is_whole(
    kenya: Side, peru: Away, there: There, operation: Operation
) -> None:
    receiving.over_line(operation, there.sends(said()), timezone.now())
    export = theirs(there, Peer.objects.get())
    Dispatch.objects.update(sealed=reading.sealed({**NOTICED, "what": "Nothing at all"}, ""))
    assert len(ledgers.compare(operation, export)[1].differ) == 1


def test_a_ledger_for_the_other_side_has_no_word_of_any_message(
    kenya: Side, peru: Away, there: There, client: Client, lead: Person
) -> None:
    to_peru(kenya, peru)
    enter(client, lead)
    answer = client.post(f"/sample/contacts/peers/{named(Peer.objects.get())}/ledger/")
    found = json.loads(answer.content)["body"]["heads"]
    assert [one[:2] for one in found] == [[ME, 1]]
    assert b"Wiper" not in answer.content


# --- pages ---------------------------------------------------------------------------------------------------------


def test_the_pages_lead_from_entering_to_the_end(
    kenya: Side, peru: Away, client: Client, lead: Person, custodian: Person
) -> None:
    far = There()
    enter(client, lead)
    form = {"instance": far.name, "title": "Crisis desk", "url": "https://crisis.pe/n", "parties": ["peru"]}
    wrong = client.post("/sample/contacts/peers/enter/", {**form, "keys": "x"})
    assert (wrong.status_code, "64 figures" in wrong.content.decode()) == (422, True)
    client.post("/sample/contacts/peers/enter/", {**form, "keys": far.public})
    at = f"/sample/contacts/peers/{named(Peer.objects.get())}/"
    page = client.get(at).content.decode()
    assert "another person confirms" in page
    enter(client, custodian)
    shown = client.get(at).content.decode()
    assert far.mark not in shown.replace(" ", ""), "who confirms types what they heard, not what they read"
    client.post(f"{at}confirm/", {"heard": grouped(far.aloud)})
    assert "https://crisis.pe/n" in client.get(at).content.decode()
    assert far.public in client.get(f"/sample/contacts/peers/enter/?instance={far.name}").content.decode()
    client.post(f"{at}try/")
    client.post(f"{at}end/")
    assert "Ended" in client.get(at).content.decode()
    enter(client, kenya.one.person)
    assert client.get("/sample/contacts/peers/").status_code == 200
    assert client.post(f"{at}confirm/", {"heard": grouped(far.aloud)}).status_code == 403


def test_the_team_sees_that_something_waits_and_no_reference_and_a_third_party_sees_neither(
    kenya: Side, peru: Away, there: There, client: Client, lead: Person
) -> None:
    out = to_peru(kenya, peru)
    enter(client, lead)
    at = f"/sample/contacts/peers/{named(Peer.objects.get())}/"
    page = client.get(at).content.decode()
    assert "1 message has no receipt yet." in page
    assert out.ref not in page
    third = officer(state(peru.actor.operation, lead, "Chile"), "chile-one")
    enter(client, third)
    assert "0 messages have no receipt yet." in client.get(at).content.decode(), "what others write is not told"
    assert client.post(f"{at}ledger/").status_code == 403


def test_the_other_side_does_not_change_our_words_with_a_correction_of_its_own(
    kenya: Side, peru: Away, there: There, operation: Operation
) -> None:
    ours = to_peru(kenya, peru)
    theirs_ = said(2, case=ours.case.ref, kind=Kind.CORRECTION, fields={
        "about": ours.ref, "reason": "So it pleases us", "text": "Nothing happened",
    })  # fmt: skip
    receiving.over_line(operation, there.sends(theirs_), timezone.now())
    changed = {line.dispatch.ref: line.changed_by for line in reading.lines(kenya.one, ours.case)}
    assert changed == {ours.ref: [], theirs_.ref: []}


# --- on the machine ------------------------------------------------------------------------------------------------


def run(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(contacts, args)
    return done.exit_code, f"{done.output}{done.exception or ''}"


def test_the_commands_do_as_the_pages_do(kenya: Side, peru: Away, there: There, tmp_path: Path) -> None:
    ours, red = to_peru(kenya, peru), to_peru(kenya, peru, marking=Marking.RED)
    out = tmp_path / "out.bundle"
    status, said_ = run("bundle", "--peer", there.name, "--out", str(out))
    assert (status, red.ref in said_, ours.ref.encode() in out.read_bytes()) == (0, True, True)
    theirs_ = tmp_path / "in.bundle"
    theirs_.write_bytes(bundle.bundle([there.sends(said()), there_sends(there, said(3, to="nobody/policy"))]))
    status, said_ = run("take", "--operation", "sample", str(theirs_))
    assert (status, "PERU42-01 of crisis.pe: new" in said_, "1 of 2 lines refused" in said_) == (1, True, True)
    ledger = tmp_path / "heads.json"
    ledger.write_bytes(theirs(there, Peer.objects.get()))
    assert run("compare", "--operation", "sample", str(ledger))[0] == 0
    Inbound.objects.update(sealed=b"?")
    status, said_ = run("compare", "--operation", "sample", str(ledger))
    assert (status, "otherwise than it was signed" in said_) == (1, True)
    assert run("heads", "--peer", there.name, "--out", str(tmp_path / "ours.json"))[0] == 0
    assert instance.name() in run("key")[1]
    assert "Nobody here knows" in run("heads", "--peer", "crisis.xx", "--out", str(ledger))[1]
