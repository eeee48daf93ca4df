"""What is wrong is found, said in plain words and told what to do about; what is well is not complained of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone

from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import Role
from rapport.intake.models import Import, ImportState
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Operation, Source
from rapport.oversight import keys
from rapport.reports.models import Report, Sender
from rapport.upkeep.doctor import folder, setting_up, work
from rapport.upkeep.doctor.finding import Finding, Level
from rapport.web import environment
from tests.web import upkeep


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


def test_keys_that_others_can_read_are_found(data: Path) -> None:
    (data / "keys" / "django").chmod(0o644)
    assert "chmod 600" in said(folder.keys(data))
    (data / "keys" / "django").unlink()
    assert "There are no keys" in said(folder.keys(data))


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
    Report.objects.create(**report, ref="a" * 26, received_at=timezone.now())
    assert said(work.understanding()) == ""  # it came this second
    Report.objects.create(**report, ref="b" * 26, received_at=timezone.now() - timedelta(minutes=5))
    assert "1 reports have waited" in said(work.understanding())


def test_messages_that_should_have_gone_are_told_unless_somebody_stopped_them(operation: Operation) -> None:
    sender = Sender.objects.create(pseudonym="p" * 22, operation=operation, kind="tel", address_sealed=b"x")
    OutboxMessage.objects.create(
        operation=operation, source=operation.sources.get(slug="sms"), sender=sender, purpose="received", language="ht",
        body="Mèsi", created_at=timezone.now() - timedelta(hours=1),
    )  # fmt: skip
    assert "1 messages to senders have waited" in said(work.outbox())
    Operation.objects.update(sending_stopped_at=timezone.now())
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


def test_sources_that_can_take_nothing_are_named(operation: Operation) -> None:
    Source.objects.filter(slug="sms").update(token_hash="", settings_sealed=keys.seal("channels", b"{}"))
    told = said(setting_up.sources())
    assert "rapport accounts key add sample api" in told
    assert "rapport operation address sample sms" in told
    assert "lacks secret" in told


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
