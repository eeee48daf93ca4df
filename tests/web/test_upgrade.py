"""An upgrade keeps every report and decision, or the database is again as it was."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.web import upkeep
from tests.web.upkeep import FIRST_VERSION, change, failure, result, rows

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def of_first_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return upkeep.filled(tmp_path_factory.mktemp("old") / "data", *FIRST_VERSION)


@pytest.fixture
def old(of_first_version: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(of_first_version, tmp_path / "data"))


CONTENT = (
    "SELECT ref, received_at, text, categories_said, lon, lat, fields, original_sealed FROM reports_report ORDER BY id"
)
DECIDED = "SELECT id, person_id, kind, at, report_id, before, after FROM oversight_decision ORDER BY id"


def test_a_database_of_the_first_version_is_upgraded_with_all_it_held(old: Path) -> None:
    before = rows(old, CONTENT), rows(old, DECIDED)
    done = result(old, "upgrade")
    assert "reports.0004_still_as_it_came" in done["migrations"]
    assert (rows(old, CONTENT), rows(old, DECIDED)) == before
    assert len(before[0]) == len(before[1]) == 30
    with pytest.raises(sqlite3.IntegrityError, match="kept as it came"):
        change(old, "UPDATE reports_report SET text = 'another'")
    assert Path(done["backup"]).stat().st_mode & 0o077 == 0
    assert result(old, "upgrade") == {"migrations": [], "backup": None}


def test_an_upgrade_that_fails_puts_the_database_back(old: Path) -> None:
    """A table of the new version is there already, which no migration expects."""
    change(old, "CREATE TABLE reports_attachment (id integer PRIMARY KEY)")
    before = rows(old, "SELECT app, name FROM django_migrations ORDER BY id"), rows(old, CONTENT)
    said = failure(old, "upgrade")
    assert "did not succeed" in said
    assert "again as it was before" in said
    assert (rows(old, "SELECT app, name FROM django_migrations ORDER BY id"), rows(old, CONTENT)) == before
    assert rows(old, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.soak
def test_an_upgrade_that_loses_a_row_is_taken_back(old: Path) -> None:
    change(
        old,
        "CREATE TRIGGER thief AFTER INSERT ON django_migrations BEGIN DELETE FROM intake_refusalcount; END",
    )
    change(old, "INSERT INTO intake_refusalcount (day, reason, count) VALUES ('2010-01-17', 'empty', 3)")
    assert "intake_refusalcount had 1 rows and has 0" in failure(old, "upgrade")
    assert rows(old, "SELECT count FROM intake_refusalcount") == [(3,)]


def test_while_rapport_runs_nothing_is_upgraded(old: Path) -> None:
    running = sqlite3.connect(old / "rapport.db")
    running.execute("PRAGMA journal_mode = WAL")
    running.execute("SELECT count(*) FROM reports_report").fetchone()
    try:
        assert "stop rapport first" in failure(old, "upgrade")
    finally:
        running.close()
    assert not rows(old, "SELECT 1 FROM django_migrations WHERE name = '0004_still_as_it_came'")


@pytest.mark.soak
def test_a_database_of_a_later_version_is_left_alone(old: Path) -> None:
    change(old, "INSERT INTO django_migrations (app, name, applied) VALUES ('reports', '0999_later', '2030-01-01')")
    assert "later version of rapport (reports.0999_later)" in failure(old, "upgrade")
