"""What is wrong is found, said in plain words and told what to do about; what is well is not complained of."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.test import override_settings
from django.utils import timezone

from rapport.accounts.models import Membership, Person
from rapport.accounts.operator import operator
from rapport.accounts.permissions import Role
from rapport.contacts import instance
from rapport.contacts.models import Export
from rapport.errors import RapportError, TryAgain
from rapport.intake.keep import keep
from rapport.intake.models import Import, ImportState
from rapport.notify import mail
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Operation, Source
from rapport.oversight import keys
from rapport.oversight.ledger import entries
from rapport.oversight.models import LedgerEntry
from rapport.reports.models import LeftOut, Overload, Report, Sender
from rapport.upkeep.doctor import folder, instances, setting_up, work
from rapport.upkeep.doctor.finding import Finding, Level
from rapport.values import Address, Message
from rapport.web import environment
from tests.contracts.gateways_out import HOST, post
from tests.web import upkeep
from tests.web.outbox import message, send_all, writer


def said(findings: Iterator[Finding]) -> str:
    return "\n".join(f"{one.said} {one.remedy}" for one in findings if one.level is not Level.FINE)


# --- folder and settings -------------------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir(mode=0o700)
    keys.load(made, "django")
    return made


def test_a_good_folder_is_not_complained_of(data: Path) -> None:
    assert said(folder.data(data)) == said(folder.keys(data)) == ""


def test_a_wrong_folder_is_named(tmp_path: Path) -> None:
    assert "There is no data folder" in said(folder.data(tmp_path / "var"))


@pytest.mark.parametrize("mode", [0o777, 0o702, 0o1777])
def test_a_folder_in_which_everybody_may_write_is_wrong(mode: int, data: Path) -> None:
    data.chmod(mode)
    assert "Everybody on this machine may write" in said(folder.data(data))
    assert [one.level for one in folder.data(data)] == [Level.WRONG]
    data.chmod(0o750)
    assert said(folder.data(data)) == ""


def test_keys_that_others_can_read_are_found(data: Path) -> None:
    (data / "keys" / "django").chmod(0o644)
    assert "chmod 600" in said(folder.keys(data))
    (data / "keys" / "django").unlink()
    assert "There are no keys" in said(folder.keys(data))


def test_a_key_file_that_a_full_disk_left_empty_is_named(data: Path) -> None:
    (data / "keys" / "django").write_bytes(b"")
    assert "keys/django is empty or damaged: bring it back from a backup" in said(folder.keys(data))
    (data / "keys" / "django").write_bytes(b"not a key\n")
    assert "keys/django is empty or damaged" in said(folder.keys(data))


def test_a_database_that_everybody_can_read_is_found(data: Path) -> None:
    (data / "rapport.db").touch(mode=0o644)
    data.chmod(0o755)
    assert f"chmod 700 {data}" in said(folder.data(data))


def test_an_old_backup_and_none_are_told(data: Path) -> None:
    assert "No backup" in said(folder.last_backup(data))
    (data / "last-backup.json").write_text(json.dumps({"made_at": "2010-01-17T00:00:00+00:00", "file": "x"}))
    assert "hours old" in said(folder.last_backup(data))


@pytest.mark.parametrize(
    ("given", "level", "word"),
    [
        ({}, Level.LOOK, "not set"),
        ({"RAPPORT_PUBLIC_URL": "http://map.example.org"}, Level.WRONG, "without TLS"),
        ({"RAPPORT_PUBLIC_URL": "https://map.example.org"}, Level.LOOK, "RAPPORT_TRUST_PROXY"),
        ({"RAPPORT_PUBLIC_URL": "http://localhost:8036"}, Level.FINE, "public address"),
        ({"RAPPORT_PUBLIC_URL": "https://map.example.org", "RAPPORT_TRUST_PROXY": "1"}, Level.FINE, "public address"),
    ],
)
def test_settings_that_do_not_fit_together_are_told(given: dict[str, str], level: Level, word: str) -> None:
    (finding,) = folder.settings(environment.read(given))
    assert finding.level is level
    assert word in finding.said


# --- the worker's work ---------------------------------------------------------------------------------------------


def test_reports_that_nobody_looked_through_mean_that_no_worker_runs(operation: Operation) -> None:
    report = {"operation": operation, "source": operation.sources.get(slug="web"), "text": "dlo"}
    assert [one.said for one in work.understanding()] == ["No report waits for the worker."]
    Report.objects.create(**report, ref="a" * 26, received_at=timezone.now() - timedelta(seconds=20))
    (young,) = work.understanding()  # nobody can tell yet whether a worker runs
    assert young.level is Level.FINE
    assert re.fullmatch(r"1 reports wait for the worker, the oldest for 2\d s\.", young.said)
    Report.objects.create(**report, ref="b" * 26, received_at=timezone.now() - timedelta(minutes=5))
    assert "1 reports have waited" in said(work.understanding())


def test_entries_of_the_ledger_that_nobody_seals_are_told(operation: Operation) -> None:
    entries.policy(operation.pk, {"became": "proposed"})
    assert said(work.ledger()) == ""
    LedgerEntry.objects.update(made_at=timezone.now() - timedelta(minutes=11))
    assert "1 entries of the ledger have waited over ten minutes" in said(work.ledger())


def test_suggestions_that_came_late_or_still_are_to_come_are_told(operation: Operation) -> None:
    assert said(work.overload()) == ""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for back, language, late in ((0, "ht", 1_200), (1, "en", 4), (2, "ht", 7)):
        Overload.objects.create(
            operation=operation, hour=hour - timedelta(hours=back), language=language, late=late, longest_s=100 + back
        )
    assert "1204 reports of sample got their suggestions late, up to 101 s" in said(work.overload())
    Overload.objects.all().delete()
    report = {"operation": operation, "source": operation.sources.get(slug="web"), "text": "dlo"}
    for ref, minutes in (("a", 9), ("b", 11)):
        made = Report.objects.create(**report, ref=ref * 26, received_at=timezone.now() - timedelta(minutes=minutes))
        LeftOut.objects.create(report=made)
    assert "1 reports that were left for a calm moment have waited over ten minutes" in said(work.overload())
    assert [one.level for one in work.overload()] == [Level.LOOK]


def test_messages_that_should_have_gone_are_told_unless_somebody_stopped_them(operation: Operation) -> None:
    sender = Sender.objects.create(pseudonym="p" * 22, operation=operation, kind="tel", address_sealed=b"x")
    OutboxMessage.objects.create(
        operation=operation, source=operation.sources.get(slug="sms"), sender=sender, purpose="received", language="ht",
        body="Mèsi", created_at=timezone.now() - timedelta(hours=1),
    )  # fmt: skip
    assert "1 messages to senders have waited" in said(work.outbox())
    Operation.objects.update(sending_stopped_at=timezone.now())
    assert said(work.outbox()) == ""


def test_messages_that_no_way_out_is_set_up_for_are_told_with_what_is_lacking(operation: Operation) -> None:
    web = operation.sources.get(slug="web")
    rose = writer(operation, web, "rose@example.org", "email")
    message(web, to=rose, created_at=timezone.now() - timedelta(hours=1))
    send_all()  # the worker looks for a way out, finds none, and looks again in a minute
    assert OutboxMessage.objects.filter(next_at__gt=timezone.now()).exists()
    assert "1 messages of sample cannot go: E-mail is not set up: see RAPPORT_SMTP_URL" in said(work.outbox())


def test_in_quiet_hours_waiting_is_right(operation: Operation) -> None:
    message(operation.sources.get(slug="sms"), created_at=timezone.now() - timedelta(hours=1))
    assert "have waited over ten minutes" in said(work.outbox())
    Operation.objects.update(sending={"quiet_from": "00:00", "quiet_to": "00:00"})
    assert said(work.outbox()) == ""


def test_an_import_that_stands_still_is_named(operation: Operation) -> None:
    Import.objects.create(
        operation=operation, file_name="reports.csv", stored="1", size=1, sha256="", state=ImportState.RUNNING,
        done_rows=4000, created_at=timezone.now() - timedelta(hours=1),
    )  # fmt: skip
    assert "reports.csv into sample stands still at row 4000" in said(work.imports())


# --- what was set up -----------------------------------------------------------------------------------------------


def test_a_key_that_opens_nothing_any_more_is_found(operation: Operation) -> None:
    assert said(setting_up.seals()) == ""
    Source.objects.filter(slug="sms").update(settings_sealed=b"sealed with a key that is gone")
    assert "keys/channels does not open" in said(setting_up.seals())


@pytest.fixture
def own_folder(operation: Operation, tmp_path: Path) -> Iterator[Path]:
    """A data folder of this test alone, whose keys may get lost."""
    with override_settings(DATA_DIR=tmp_path / "own"):
        Source.objects.filter(slug="sms").update(settings_sealed=keys.seal("channels", b"{}"))
        yield tmp_path / "own"


def forget_keys() -> None:
    """As a process that starts anew."""
    keys.forget()


def test_a_lost_key_of_pseudonyms_is_told_and_not_made_anew(operation: Operation, own_folder: Path) -> None:
    sms = Source.objects.select_related("operation").get(slug="sms")
    rose, dlo = Address("tel", "+50955500001"), Message("Nou bezwen dlo", gateway_id="1")
    key = own_folder / "keys" / "pseudonyms"
    assert said(setting_up.pseudonyms()) == "", "nobody has written yet"
    keep(sms, [replace(dlo, sender=rose)])
    assert said(setting_up.pseudonyms()) == ""
    kept = key.rename(own_folder / "pseudonyms.kept")
    forget_keys()
    assert "Senders are not known again" in said(setting_up.pseudonyms())
    with pytest.raises(TryAgain, match="keys/pseudonyms is gone"):  # the gateway repeats it when the key is back
        keep(sms, [replace(dlo, gateway_id="2", sender=rose)])
    assert not key.exists()
    keep(sms, [replace(dlo, gateway_id="3")])  # of no sender: there is nobody to take for another
    kept.rename(key)
    keep(sms, [replace(dlo, gateway_id="2", sender=rose)])
    assert Sender.objects.count() == 1
    assert said(setting_up.pseudonyms()) == ""


def test_a_lost_key_that_others_know_is_told_and_not_made_anew(operation: Operation, own_folder: Path) -> None:
    """A new one would sign at once: both directions would stand still, and nobody would know why."""
    key = own_folder / "keys" / "envelopes"
    assert instance.own_keys(), "the first one is made when it is wanted"
    assert said(instances.signs()) == ""
    kept = key.rename(own_folder / "envelopes.kept")
    assert instance.own_keys(), "nobody knows the one before"
    key.unlink()
    Export.objects.create(
        operation=operation, kind="directory", for_whom="Peru", state="made", digest="0" * 64, asked_by=operator()
    )
    assert "keys/envelopes is gone" in said(instances.signs())
    with pytest.raises(RapportError, match="keys/envelopes is gone"):
        instance.signing_key()
    assert not key.exists()
    kept.rename(key)
    assert said(instances.signs()) == ""


def test_a_key_of_pseudonyms_that_is_another_one_is_found(operation: Operation, own_folder: Path) -> None:
    sms = Source.objects.select_related("operation").get(slug="sms")
    keep(sms, [Message("Nou bezwen dlo", gateway_id="1", sender=Address("tel", "+50955500001"))])
    key = own_folder / "keys" / "pseudonyms"
    first = key.read_bytes()
    key.write_bytes(Fernet.generate_key() + b"\n")
    forget_keys()
    assert "Senders are not known again" in said(setting_up.pseudonyms())
    key.write_bytes(key.read_bytes() + first)
    forget_keys()
    assert said(setting_up.pseudonyms()) == "", "the oldest key is the last line"


def test_sources_that_can_take_nothing_are_named(operation: Operation) -> None:
    Source.objects.filter(slug="sms").update(token_hash="", settings_sealed=keys.seal("channels", b"{}"))
    told = said(setting_up.sources())
    assert "rapport accounts key add sample api" in told
    assert "rapport operation address sample sms" in told
    assert "lacks secret" in told


def test_answers_that_are_lacking_or_do_not_say_how_to_end_them_are_told(operation: Operation) -> None:
    told = said(setting_up.answers())
    assert "sample has no answers in fr" in told
    assert "The answers of sample in en, ht do not say how to end them" in told
    texts = {"received": "Thank you. Send STOP to get no more.", "ask_place": "Where?", "stopped": "You get no more."}
    Operation.objects.update(replies=dict.fromkeys(operation.languages, texts))
    assert said(setting_up.answers()) == ""


def test_a_mail_server_that_does_not_let_us_in_is_told_and_no_letter_is_sent() -> None:
    with override_settings(SMTP=None, MAIL_FROM="reports@example.org"):
        assert "RAPPORT_SMTP_URL is not set" in said(setting_up.mails())
    with post() as server, override_settings(SMTP=mail.Server(HOST, server.port, False), MAIL_FROM="a@example.org"):
        assert said(setting_up.mails()) == ""
        assert server.letters == []
        stopped = server.port
    with override_settings(SMTP=mail.Server(HOST, stopped, False), MAIL_FROM="a@example.org"):
        assert "No connection to the mail server" in said(setting_up.mails())


def test_an_operation_that_nobody_leads_and_a_lead_without_a_second_factor_are_told(
    operation: Operation, lead: Person
) -> None:
    told = said(setting_up.people())
    assert "sample has no lead" not in told
    assert "sample has no admin" in told
    assert "second factor: lea" in told
    Authenticator.objects.create(user=lead, type=Authenticator.Type.TOTP, data={})
    assert "second factor" not in said(setting_up.people())
    Membership.objects.filter(person=lead, role=Role.LEAD).delete()
    assert "sample has no lead" in said(setting_up.people())


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return upkeep.filled(tmp_path_factory.mktemp("doctor") / "data")


def examined(data: Path, **more: str) -> tuple[int, dict[str, list[Any]]]:
    done = upkeep.rapport(data, "doctor", "--json", **more)
    found: dict[str, list[Any]] = {}
    for one in json.loads(done.stdout):
        found.setdefault(one["level"], []).append(one)
    assert all(one["remedy"] for level in ("wrong", "look at") for one in found.get(level, ()))
    return done.returncode, found


def test_the_command_ends_with_what_is_worst_and_changes_nothing(whole: Path, tmp_path: Path) -> None:
    status, found = examined(whole)
    assert (status, "wrong" in found) == (1, False)
    assert {one["about"] for one in found["fine"]} >= {"data_folder", "keys", "migrations", "database", "reports"}
    broken = Path(shutil.copytree(whole, tmp_path / "data"))
    shutil.rmtree(broken / "keys")
    before = sorted(broken.rglob("*"))
    status, found = examined(broken)
    assert (status, found["wrong"][0]["about"]) == (2, "keys")
    assert sorted(broken.rglob("*")) == before


def test_a_key_file_or_database_that_was_emptied_is_told_in_plain_words(whole: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(whole, tmp_path / "data"))
    for name, word in (("rapport.db", "The database is empty."), ("keys/django", "keys/django is empty or damaged")):
        (broken / name).write_bytes(b"")
        status, found = examined(broken)
        assert status == 2
        assert word in " ".join(one["said"] for one in found["wrong"])


def test_a_damaged_file_of_sqlite_is_no_matter_of_a_server(whole: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(whole, tmp_path / "data"))
    (broken / "rapport.db").write_bytes(b"not a database" * 500)
    assert "restore the last backup" in examined(broken)[1]["wrong"][0]["remedy"]


@pytest.mark.soak
@pytest.mark.parametrize(
    ("change", "about"),
    [
        ("DROP TRIGGER report_kept_as_it_came", "reports"),
        ("DELETE FROM django_migrations WHERE app = 'desk' AND name <> '0001_initial'", "migrations"),
        (
            "INSERT INTO django_migrations (app, name, applied) VALUES ('desk', '0999_later', '2030-01-01')",
            "migrations",
        ),
        ("UPDATE reports_report SET received_at = '2099-01-01 00:00:00'", "clock"),
    ],
)
def test_what_happened_to_the_database_is_found(change: str, about: str, whole: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(whole, tmp_path / "data"))
    if about == "clock":
        upkeep.change(data, "DROP TRIGGER report_kept_as_it_came")
    upkeep.change(data, change)
    status, found = examined(data)
    assert status == 2
    assert about in {one["about"] for one in found["wrong"]}


def test_a_setting_that_is_misspelt_is_the_first_thing_told(whole: Path) -> None:
    status, found = examined(whole, RAPPORT_PUBLIC_ULR="https://map.example.org")
    assert status == 2
    assert "did you mean RAPPORT_PUBLIC_URL?" in found["wrong"][0]["said"]
