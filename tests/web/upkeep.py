"""A data folder with something of everything in it, and commands run on it as whoever runs the machine runs them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rapport.upkeep.archive import Manifest
from rapport.upkeep.backup import backup
from rapport.upkeep.restore import restore, take_database
from tests.migrated import migrated

#: Makes the tables (up to the migrations named, else all) and some rows: an operation, reports, who decided about them.
FILL = """
import sys
from rapport.cli.output import set_up
set_up(from_nothing=True)
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
targets = [tuple(one.split(".")) for one in sys.argv[1:]] or executor.loader.graph.leaf_nodes()
executor.migrate(targets)
models = MigrationExecutor(connection).loader.project_state(targets).apps
from django.utils import timezone
from rapport.oversight import keys
from rapport.values import Kept
person = models.get_model("accounts", "Person").objects.create(username="lea", password="!")
operation = models.get_model("operations", "Operation").objects.create(
    slug="sample", kind="crisis", names={"en": "Sample", "ht": "Egzanp"}, time_zone="UTC", west=-74.6, south=17.9,
    east=-71.5, north=20.2, languages=["ht", "en"], definition_hash="")
source = models.get_model("operations", "Source").objects.create(
    operation=operation, slug="sms", channel="smssync", settings_sealed=keys.seal("channels", b"{}"))
sender = models.get_model("reports", "Sender").objects.create(
    pseudonym=keys.pseudonym("sample", "tel", "50955500001", lambda: False), operation=operation, kind="tel",
    address_sealed=keys.seal("addresses", b"+50955500001"))
for number in range(30):
    report = models.get_model("reports", "Report").objects.create(
        operation=operation, source=source, ref=f"{number:026}", received_at=timezone.now(), sender=sender,
        text=f"Nou bezwen dlo nan kan {number} \\u0001 '\\\\N\\t\\U0001f4a7",
        categories_said=["2b", "1a"], lon=-72.3, lat=18.0 + number / 7,
        fields={"b": 1.0, "a": {"y": None, "x": [True, 12345678901234567890]}},
        original_sealed=b"\\x00\\xff" * number)
    models.get_model("reports", "Signature").objects.create(report=report, minhash=bytes(range(256)))
    models.get_model("oversight", "Decision").objects.create(
        operation=operation, person=person, kind="reject", report_id=report.pk,
        before={"standing": "waiting"}, after={"z": 1, "a": 2})
models.get_model("notify", "OutboxMessage").objects.create(
    operation=operation, source=source, sender=sender, report_ref="0" * 26, purpose="received",
    language="ht", body="Mèsi")
connection.close()
"""

#: The last migrations of the first version that people used.
FIRST_VERSION = (
    "accounts.0002_initial", "desk.0001_initial", "events.0001_initial", "intake.0001_initial", "notify.0001_initial",
    "operations.0001_initial", "oversight.0001_initial", "reports.0002_kept_as_it_came", "sharing.0001_initial",
    "auth.0012_alter_user_first_name_max_length", "contenttypes.0002_remove_content_type_name", "sessions.0001_initial",
    "account.0009_emailaddress_unique_primary_email",
)  # fmt: skip


def environment(data: Path, **more: str) -> dict[str, str]:
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "DJANGO_"))}
    return rest | {"RAPPORT_DATA_DIR": str(data)} | more


def filled(data: Path, *migrations: str) -> Path:
    if not migrations:
        migrated(data)
    subprocess.run(
        [sys.executable, "-c", FILL, *migrations],
        env=environment(data),
        check=True,
        capture_output=True,
        text=True,
    )
    for name, content in (
        ("attachments/ab/abcd.sealed", b"sealed photo"),
        ("imports/7.csv", b"id,text\n1,dlo\n"),
        ("models/ours-1.npz", b"weights"),
    ):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(content)
    (data / "static").mkdir(exist_ok=True)
    (data / "static" / "made-anew.css").touch()
    (data / "imports" / ".half.part").write_bytes(b"still coming")
    return data


def rapport(data: Path, *words: object, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rapport.cli", *map(str, words)],
        env=environment(data, **more), capture_output=True, text=True, check=False,
    )  # fmt: skip


def result(data: Path, *words: object, **more: str) -> dict[str, Any]:
    done = rapport(data, *words, "--json", **more)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def failure(data: Path, *words: object, **more: str) -> str:
    done = rapport(data, *words, **more)
    assert done.returncode == 1, done.stdout
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def backed_up(data: Path, to: Path, passphrase: bytes | None = None) -> Manifest:
    """As `rapport backup` does it, without the second that a process takes to start."""
    return backup(to, data, sqlite_in(data), passphrase, lambda what, count: None).manifest


def restored(path: Path, into: Path, passphrase: bytes | None = None) -> Manifest:
    return restore(path, into, passphrase, lambda what, count: None, take_database).manifest


def sqlite_in(data: Path) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(data / "rapport.db")}


def rows(data: Path, query: str, values: Sequence[object] = ()) -> list[Any]:
    connection = sqlite3.connect(data / "rapport.db")
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def change(data: Path, query: str) -> None:
    connection = sqlite3.connect(data / "rapport.db")
    with connection:
        connection.execute(query)
    connection.close()


def equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two results that commands printed say the same of what there is."""
    return all(one[name] == other[name] for name in ("rows", "ledger", "reports"))
