"""Every decision stands in the ledger, nothing personal does, and what was altered behind its back is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Organisation, Person
from rapport.accounts.permissions import Role
from rapport.cli.main import cli
from rapport.desk import actions, many
from rapport.desk.glass import breaking
from rapport.desk.record.undo import undo
from rapport.errors import Conflict, RapportError
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.ledger import chain, checking, entries, seal
from rapport.oversight.ledger.chain import Wrong
from rapport.oversight.models import Decision, DecisionKind, EntryKind, Glass, LedgerCheckpoint, LedgerEntry, LedgerHead
from rapport.oversight.record import decide, restate
from rapport.reports.models import Report
from rapport.sharing import activation, active, agreements, partner_keys
from rapport.sharing.agreements import Terms
from rapport.sharing.models import Agreement, PartnerKey, ProtocolVersion
from rapport.sharing.protocol.library import text_of
from rapport.upkeep.doctor import work
from rapport.upkeep.doctor.finding import Level
from rapport.values import Publication, Purpose, Status
from tests.web.desk import DRAFT, report

OWN = text_of("house").replace('name = "house"', 'name = "sample"') + "# adm2\n"
PHONE, NAME, TEXT = "+50937654321", "Wozlin Kanari", "kanari anba tonèl la"


def entered() -> list[dict[str, Any]]:
    return [json.loads(body) for body in LedgerEntry.objects.order_by("id").values_list("body", flat=True)]


def story(operation: Operation, lead: Person) -> list[Event]:
    """What people do on a desk, with something to recognise in every text they write."""
    first, second, third = (
        actions.accept(lead, report(operation, f"{TEXT} {number}", number=f"{PHONE}{number}"), DRAFT)
        for number in range(3)
    )
    actions.set_status(lead, second, Status.VERIFIED, reason=f"{NAME}, {PHONE}", evidence=TEXT)
    actions.publish(lead, first, Publication.WITHDRAWN, f"{NAME} said so")
    waiting = [report(operation, f"{TEXT} {number}", number=PHONE).ref for number in range(40, 44)]
    many.reject(lead, operation, waiting, f"{NAME}: {TEXT}")
    bulk = many.publish(lead, operation, [first.ref, second.ref, third.ref], Publication.PUBLISHED, "").decision
    undo(lead, bulk)
    return [first, second, third]


@pytest.fixture
def told(operation: Operation, lead: Person) -> list[Event]:
    """The story, sealed."""
    made = story(operation, lead)
    seal.seal()
    return made


def wrong() -> list[tuple[str, str]]:
    return [(fault.wrong.value, fault.said) for fault in checking.verify().faults]


# --- what goes in --------------------------------------------------------------------------------------------------


def test_every_decision_has_its_entry_and_the_ledger_is_whole(told: list[Event]) -> None:
    verdict = checking.verify()
    assert verdict.faults == []
    assert verdict.decisions == Decision.objects.count() == LedgerEntry.objects.filter(kind="decision").count() > 12
    assert (verdict.entries, verdict.waiting) == (verdict.decisions, 0)
    assert list(LedgerEntry.objects.order_by("id").values_list("seq", flat=True)) == list(range(1, verdict.entries + 1))


def test_an_entry_stands_or_falls_with_its_decision(operation: Operation, lead: Person) -> None:
    with suppress(RuntimeError), transaction.atomic():
        decide(lead, operation.pk, DecisionKind.EDIT, before={}, after={})
        raise RuntimeError
    assert not LedgerEntry.objects.exists()


def test_nothing_personal_stands_in_the_ledger(told: list[Event], lead: Person) -> None:
    entries.signed_in(lead.pk, [(told[0].operation_id, "lead")])
    seal.checkpoint()
    kept = "".join(checking.exported())
    assert all(word in str(list(Decision.objects.values())) for word in (NAME, TEXT, DRAFT.title))
    hidden = (*PHONE.split(), *NAME.split(), *TEXT.split(), *DRAFT.title.split(), "Delmas", f'"{lead.username}"')
    plain = kept + json.dumps([json.loads(line) for line in kept.splitlines()], ensure_ascii=False)
    assert [word for word in hidden if len(word) > 2 and word.casefold() in plain.casefold()] == []
    senders = {one for one in Decision.objects.values_list("sender_id", flat=True) if one}
    assert not any(one in kept for one in senders)


def test_what_a_decision_did_is_said_otherwise_only_until_it_is_sealed(operation: Operation, lead: Person) -> None:
    made = decide(lead, operation.pk, DecisionKind.BULK, before={}, after={"count": 3})
    restate(made, {"count": 2})
    seal.seal()
    assert wrong() == []
    with pytest.raises(Conflict, match="not changed any more"), transaction.atomic():
        restate(made, {"count": 1})
    assert wrong() == []


def test_other_rooms_enter_releases_policies_and_retention(operation: Operation) -> None:
    entries.releases(operation.pk, "partner", "export", "0" * 64, 12, "key 4")
    entries.policy(operation.pk, {"version": 2, "sha256": "1" * 64, "share": 0.5})
    entries.retention(operation.pk, {"rule": "senders after 90 days", "senders": 31})
    seal.seal()
    assert wrong() == []
    assert [one["count"] for one in entered() if "count" in one] == [12]


@pytest.mark.parametrize(("role", "count"), [(Role.LEAD, 1), (Role.CUSTODIAN, 1), (Role.ADMIN, 1), (Role.VERIFIER, 0)])
def test_who_can_do_harm_is_entered_when_signing_in(
    role: Role, count: int, someone: Callable[..., Person], client: Client
) -> None:
    person = someone("gad", role)
    client.post("/accounts/login/", {"login": "gad", "password": "wrong"})
    answer = client.post("/accounts/login/", {"login": "gad", "password": "a long enough password"})
    assert answer.status_code == 302
    kept = LedgerEntry.objects.filter(kind=EntryKind.SIGN_IN)
    assert [json.loads(one.body) for one in kept] == [{"person": person.pk, "roles": [role.value]}] * count


# --- sealing -------------------------------------------------------------------------------------------------------


def test_an_entry_seen_late_is_sealed_later_and_not_lost(told: list[Event], operation: Operation) -> None:
    """On PostgreSQL a transaction may commit after another one that began, and numbered its entry, later."""
    newest = LedgerEntry.objects.latest("id").pk
    for pk in (newest + 2, newest + 1):
        LedgerEntry.objects.create(pk=pk, operation=operation, kind=EntryKind.POLICY, body="{}")
        seal.seal()
    late, early = (LedgerEntry.objects.get(pk=pk).seq for pk in (newest + 1, newest + 2))
    assert late == early + 1
    assert wrong() == []


def test_a_clock_that_is_set_back_does_not_set_the_ledger_back(told: list[Event], operation: Operation) -> None:
    ahead = timezone.now() + timedelta(hours=3)
    LedgerHead.objects.update(at=ahead)
    entries.policy(operation.pk, {"version": 2})
    seal.seal()
    assert LedgerEntry.objects.latest("seq").at == ahead
    assert wrong() == []


def test_checkpoints_come_by_themselves_now_and_then(operation: Operation) -> None:
    assert not seal.checkpoint_when_due()
    entries.policy(operation.pk, {"version": 1})
    seal.seal()
    assert seal.checkpoint_when_due()
    entries.policy(operation.pk, {"version": 2})
    seal.seal()
    assert not seal.checkpoint_when_due()
    LedgerCheckpoint.objects.update(at=timezone.now() - seal.CHECKPOINT_EVERY)
    assert seal.checkpoint_when_due()
    assert not seal.checkpoint_when_due()
    assert LedgerCheckpoint.objects.count() == 2


def test_nothing_is_signed_where_nothing_stands(db: None) -> None:
    with pytest.raises(RapportError, match="no entries yet"):
        seal.checkpoint()


# --- behind our back -----------------------------------------------------------------------------------------------


def in_database(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize("column", [name for name in entries.COMMITTED if name not in {"id", "undoes_id", "batch_id"}])
def test_a_decision_changed_behind_our_back_is_found(column: str, told: list[Event], outsider: Person) -> None:
    one = Decision.objects.filter(undone_by=None, batch=None).latest("id")
    other = {
        "person_id": outsider.pk, "at": one.at - timedelta(days=1),
        "before": {"a": 1}, "after": {"a": 1}, "kind": "edit", "reason": "Another.", "evidence": "Another.",
        "sender_id": "another",
    }.get(column, 987654)  # fmt: skip
    if column == "operation_id":
        made = Operation.objects.get(pk=one.operation_id)
        made.pk, made.slug = None, "other"
        made.save()
        other = made.pk
    Decision.objects.filter(pk=one.pk).update(**{column: other})
    assert [kind for kind, _ in wrong()] == [Wrong.ROW_CHANGED]


def test_every_column_of_a_decision_is_committed_to() -> None:
    assert {field.attname for field in Decision._meta.concrete_fields} == {*entries.COMMITTED, "salt"}


def test_a_decision_that_is_gone_or_was_slipped_in_is_found(told: list[Event], lead: Person) -> None:
    one = Decision.objects.get(kind=DecisionKind.VERIFY)
    one.delete()
    slipped = Decision.objects.create(operation=told[0].operation, person=lead, kind="verify")
    assert [kind for kind, _ in wrong()] == [Wrong.ROW_MISSING, Wrong.NOT_ENTERED]
    assert f"decision {slipped.pk} is not in the ledger" in wrong()[1]


def test_what_was_destroyed_is_counted_and_not_held_to_be_changed(told: list[Event]) -> None:
    one = Decision.objects.get(kind=DecisionKind.VERIFY)
    Decision.objects.filter(pk=one.pk).update(salt="", reason="", evidence="")
    assert [kind for kind, _ in wrong()] == [Wrong.ROW_CHANGED], "no run of retention emptied it"
    entries.retention(one.operation_id, {"decisions": 1})
    verdict = checking.verify()
    assert (verdict.faults, verdict.destroyed) == ([], 1)


def test_a_sealed_entry_changed_in_the_database_is_found(told: list[Event]) -> None:
    in_database("UPDATE oversight_ledgerentry SET kind = 'policy' WHERE seq = 3")
    assert (Wrong.CHANGED, "entry 3 was changed: its hash is another one") in wrong()


@pytest.mark.parametrize("body", ["{not json", '{"a":NaN}', '{"a":1e999}', "null"])
def test_a_body_made_unreadable_is_found_here_and_in_a_copy_and_stops_no_page(
    body: str, told: list[Event], lead: Person, tmp_path: Path
) -> None:
    in_database("UPDATE oversight_ledgerentry SET body = %s WHERE seq = 3", body)
    assert (Wrong.CHANGED, "entry 3 was changed: its hash is another one") in wrong()
    copy = tmp_path / "ledger.ndjson"
    run("export", copy)
    status, said = run("verify", "--file", copy)
    assert (status, "entry 3 was changed" in said) == (1, True)
    assert signed_in(lead).get("/sample/desk/ledger/?verify=1").status_code == 200


def test_a_tail_that_was_cut_is_found(told: list[Event], tmp_path: Path) -> None:
    handed_out = seal.checkpoint()
    in_database("DELETE FROM oversight_ledgerentry WHERE seq > %s", handed_out.seq - 2)
    in_database("DELETE FROM oversight_ledgercheckpoint")
    cut = [fault for fault in checking.verify([handed_out]).faults if fault.wrong == Wrong.CUT]
    assert len(cut) == 2, "by the checkpoint, and by the database's own note"
    LedgerHead.objects.update(seq=handed_out.seq - 2)
    assert Wrong.CUT in {fault.wrong for fault in checking.verify([handed_out]).faults}


# --- what decides sharing -----------------------------------------------------------------------------------------


@pytest.fixture
def shared(operation: Operation, lead: Person, someone: Callable[..., Person]) -> Operation:
    """A protocol holds, another held and was withdrawn; an agreement was renewed, another ended; of two keys one is
    revoked; a glass is broken."""
    custodian, now = someone("carol", Role.CUSTODIAN), timezone.now()
    for text in (OWN.replace('"3"', '"0"', 1), OWN):
        version = activation.propose(lead, operation, text, "agreed")
        activation.activate(custodian, version, "agreed")
        if text != OWN:
            activation.withdraw(custodian, version, "A slip.")
    receiver = Organisation.objects.create(slug="who", name="WHO")
    terms = Terms("OCHA", frozenset({Purpose.VIEW}), now, now + timedelta(days=30), "Signed.")
    first = agreements.agree(custodian, operation, receiver, terms)
    for name in ("who-map", "who-dashboard"):
        partner_keys.make(custodian, first, name)
    partner_keys.revoke(custodian, PartnerKey.objects.get(name="who-map"))
    agreements.renew(custodian, first, now + timedelta(days=60), "Renewed.")
    east = now.astimezone(ZoneInfo("Asia/Tokyo")) + timedelta(days=9)
    agreements.end(custodian, agreements.agree(custodian, operation, receiver, replace(terms, ends=east)), "Over.")
    breaking.break_glass(custodian, report(operation, TEXT, number=PHONE), "a child is lost")
    assert breaking.look(custodian, Report.objects.get()) is not None
    return operation


def test_what_decides_sharing_is_as_it_was_entered(shared: Operation) -> None:
    assert wrong() == []
    seal.seal()
    assert wrong() == []
    assert said_by_doctor() == []


def said_by_doctor() -> list[str]:
    return [one.said for one in work.sharing() if one.level is not Level.FINE]


FORGED = {
    "text": ("UPDATE sharing_protocolversion SET text = replace(text, 'adm2', 'none')", "not the one that was signed"),
    "digest": ("UPDATE sharing_protocolversion SET digest = 'f'", "records it: digest"),
    "activated by": ("UPDATE sharing_protocolversion SET activated_by_id = proposed_by_id", "records it: person"),
    "activated at": (
        "UPDATE sharing_protocolversion SET activated_at = '2026-01-01 00:00:00+00:00'",
        "records it: when it was activated",
    ),
    "not withdrawn": (
        "UPDATE sharing_protocolversion SET withdrawn_at = NULL, withdrawn_by_id = NULL",
        "records it: not withdrawn any more",
    ),
    "withdrawn": (
        "UPDATE sharing_protocolversion SET withdrawn_at = activated_at, withdrawn_by_id = activated_by_id",
        "that it was withdrawn is not in the ledger",
    ),
    "protocol gone": ("DELETE FROM sharing_protocolversion", "is missing: entry"),
    "prolonged": ("UPDATE sharing_agreement SET ends = '2027-12-31 00:00:00+00:00'", "records it: ends"),
    "earlier": ("UPDATE sharing_agreement SET starts = '2025-12-31 00:00:00+00:00'", "records it: starts"),
    "widened": ("UPDATE sharing_agreement SET purposes = '[\"view\", \"push\"]'", "records it: purposes"),
    "not ended": ("UPDATE sharing_agreement SET ended_at = NULL", "records it: not ended any more"),
    "signed by": ("UPDATE sharing_agreement SET signed_by_id = (SELECT min(id) FROM accounts_person)", "it: person"),
    "agreement gone": ("DELETE FROM sharing_agreement WHERE renewed_from_id IS NOT NULL", "is missing: entry"),
    "key revoked no more": ("UPDATE sharing_partnerkey SET revoked_at = NULL", "records it: not revoked any more"),
    "key of another": ("UPDATE sharing_partnerkey SET key_hash = 'f' WHERE revoked_at IS NULL", "records it: digest"),
    "key prolonged": (
        "UPDATE sharing_partnerkey SET agreement_id = (SELECT max(id) FROM sharing_agreement)", "records it: under",
    ),
    "key gone": ("DELETE FROM sharing_partnerkey WHERE revoked_at IS NULL", "is missing: entry"),
    "glass gone": ("DELETE FROM oversight_glass", "glass 1 is missing: entry"),
    "glass open": ("UPDATE oversight_glass SET until = '2036-01-01 00:00:00+00:00'", "records it: hours"),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGED)
def test_what_decides_sharing_changed_behind_our_back_is_found(what: str, shared: Operation) -> None:
    seal.seal()
    sql, told = FORGED[what]
    if "oversight_glass" in sql:
        in_database("DELETE FROM oversight_glassnotice")
        told = told.replace("glass 1", f"glass {Glass.objects.get().pk}")
    in_database(sql)
    assert any(told in said for _, said in wrong()), wrong()
    assert said_by_doctor()


def test_protocols_agreements_and_keys_that_were_slipped_in_are_found(shared: Operation, lead: Person) -> None:
    seal.seal()
    key = PartnerKey.objects.latest("pk")
    key.key_hash = "of a key that nobody was given"
    for row in (ProtocolVersion.objects.latest("pk"), Agreement.objects.latest("pk"), key):
        row.pk = None
        row.save()
    assert [(kind, said.split()[0]) for kind, said in wrong()] == [
        (Wrong.NOT_ENTERED, "protocol"),
        (Wrong.NOT_ENTERED, "agreement"),
        (Wrong.NOT_ENTERED, "partner_key"),
    ]


def test_under_a_text_that_nobody_signed_nothing_leaves_the_team(shared: Operation) -> None:
    active.version_policy.cache_clear()  # as a process does that starts anew
    assert active.policy_of(shared.pk).tag == "sample/3"
    ProtocolVersion.objects.update(text=OWN.replace("adm2", "none"))
    active.version_policy.cache_clear()
    assert active.policy_of(shared.pk).tag == "closed/2"


# --- the command ---------------------------------------------------------------------------------------------------


def run(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["ledger", *map(str, words)], standalone_mode=False)
    if done.exception:
        raise done.exception
    return int(done.return_value or 0), done.output


def test_it_is_verified_exported_and_checked_elsewhere(told: list[Event], tmp_path: Path) -> None:
    copy, key, handed_out = tmp_path / "ledger.ndjson", tmp_path / "key.pem", tmp_path / "checkpoint.json"
    key.write_text(run("key")[1])
    handed_out.write_text(run("checkpoint")[1])
    run("export", copy)
    count = LedgerEntry.objects.count()
    status, said = run("verify", "--checkpoint", handed_out)
    assert (status, said.splitlines()[0].split(" to ")[0]) == (0, f"{count} entries, whole")
    status, said = run("verify", "--file", copy, "--public-key", key, "--checkpoint", handed_out, "--json")
    assert (status, json.loads(said)["whole"], json.loads(said)["checkpoints"]) == (0, True, 2)
    assert "compare it" in run("verify", "--file", copy)[1]

    kept = copy.read_text().splitlines()
    copy.write_text("\n".join(line for line in kept if '"seq":4,' not in line))
    assert run("verify", "--file", copy) == (
        1, f"missing: entry 4 is missing\n{count - 1} entries, 1 fault. The ledger is not whole.\n"
    )  # fmt: skip
    copy.write_text("\n".join(kept[:-4]))
    status, said = run("verify", "--file", copy, "--public-key", key, "--checkpoint", handed_out)
    assert (status, said.split(":")[0]) == (1, "tail cut")


def test_who_wants_to_keep_something_of_an_empty_ledger_is_told(db: None) -> None:
    assert run("verify") == (0, "0 entries: nothing is sealed yet.\n")


# --- the page ------------------------------------------------------------------------------------------------------


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("role", [Role.LEAD, Role.CUSTODIAN, Role.ADMIN])
def test_the_page_says_what_was_entered_and_verifies(
    role: Role, told: list[Event], someone: Callable[..., Person]
) -> None:
    client = signed_in(someone("gad", role))
    assert (
        "/sample/desk/ledger/"
        in client.get("/sample/people/" if role != Role.CUSTODIAN else "/sample/").content.decode()
    )
    page = client.get("/sample/desk/ledger/").content.decode()
    assert "lea changed status: decision" in page
    assert "whole to" not in page
    assert "entries, whole to" in client.get("/sample/desk/ledger/?verify=1").content.decode()
    Decision.objects.filter(kind=DecisionKind.VERIFY).update(reason="Another.")
    assert "The ledger is not whole" in client.get("/sample/desk/ledger/?verify=1").content.decode()


def test_copies_are_handed_out(told: list[Event], lead: Person) -> None:
    client = signed_in(lead)
    signed = json.loads(client.post("/sample/desk/ledger/checkpoint").content)["checkpoint"]
    assert signed["seq"] == LedgerEntry.objects.count()
    copy = client.get("/sample/desk/ledger/export")
    assert b"".join(copy.streaming_content).decode() == "".join(checking.exported())  # type: ignore[attr-defined]
    assert client.get("/sample/desk/ledger/key").content.startswith(b"-----BEGIN PUBLIC KEY-----")


def test_an_empty_ledger_says_so(operation: Operation, lead: Person) -> None:
    client = signed_in(lead)
    assert "Nothing has been entered" in client.get("/sample/desk/ledger/?verify=1").content.decode()
    assert client.post("/sample/desk/ledger/checkpoint", follow=True).content.decode().count("no entries yet") == 1


# --- from before ---------------------------------------------------------------------------------------------------


def test_decisions_of_an_earlier_version_enter_when_it_is_upgraded(told: list[Event]) -> None:
    from importlib import import_module

    from django.apps import apps

    for model in (LedgerEntry, LedgerHead, LedgerCheckpoint):
        model.objects.all().delete()
    Decision.objects.update(salt="0" * 32)
    with connection.schema_editor() if connection.vendor != "sqlite" else _Editor() as editor:
        import_module("rapport.oversight.migrations.0007_ledger_of_earlier_decisions").enter(apps, editor)
    seal.seal()
    assert wrong() == []
    assert Decision.objects.values("salt").distinct().count() == Decision.objects.count()


def test_partners_keys_of_an_earlier_version_enter_when_it_is_upgraded(shared: Operation) -> None:
    from importlib import import_module

    from django.apps import apps

    LedgerEntry.objects.filter(body__contains="partner_key").delete()
    assert [kind for kind, _ in wrong()] == [Wrong.NOT_ENTERED] * 2
    with connection.schema_editor() if connection.vendor != "sqlite" else _Editor() as editor:
        import_module("rapport.oversight.migrations.0014_keys_of_partners").enter(apps, editor)
    seal.seal()
    assert wrong() == []


class _Editor:
    """SQLite's schema editor cannot be had within a transaction."""

    connection = connection

    def __enter__(self) -> _Editor:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_the_form_is_the_one_that_is_written_down() -> None:
    """Whoever checks a copy with a program of their own must get the same hash in ten years."""
    (entry,) = chain.seal([chain.Draft("2026-01-17T12:00:00.000000Z", "sample", "policy", '{"a":1}')], 0, chain.START,
                          "2026-01-17T12:00:01.000000Z")  # fmt: skip
    assert entry.hash == "f1b31a66fcf545c322b336f3dec5017b87f3e812e6e4682ec955f002c670cd70"
