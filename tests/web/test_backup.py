"""What was backed up comes back, to the last cell, elsewhere; and whoever meddles with a backup gains nothing."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import sqlite3
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import msgspec
import psycopg
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import RapportError
from rapport.upkeep import archive, rows
from rapport.upkeep.backup import keep_newest
from rapport.upkeep.sealing import PIECE, Opener, Sealer
from tests.web import upkeep
from tests.web.upkeep import backed_up, equal, failure, rapport, restored, result
from tests.web.upkeep import rows as rows_of

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return upkeep.filled(tmp_path_factory.mktemp("source") / "data")


@pytest.fixture(scope="module")
def made(data: Path) -> Path:
    path = data.parent / "one.backup"
    backed_up(data, path)
    return path


# --- there and back ------------------------------------------------------------------------------------------------


def test_a_backup_restored_elsewhere_is_the_same_to_the_last_cell(data: Path, tmp_path: Path) -> None:
    there = tmp_path / "new"
    first = result(data, "backup", tmp_path / "one.backup")
    back = result(data, "restore", tmp_path / "one.backup", "--into", there)
    assert equal(first, back)
    assert equal(first, result(there, "backup", tmp_path / "again.backup"))
    assert back["rows"]["reports_report"] == back["rows"]["oversight_decision"] == 30
    files = ("attachments/ab/abcd.sealed", "imports/7.csv", "models/ours-1.npz")
    for name in ("keys/django", "keys/addresses", "keys/channels", *files):
        assert (there / name).read_bytes() == (data / name).read_bytes(), name
    assert not (there / "static").exists()  # made anew by whoever serves
    assert not (there / "imports" / ".half.part").exists()


def test_a_message_that_waited_goes_out_of_what_is_restored_only_if_a_person_says_so(
    data: Path, made: Path, tmp_path: Path
) -> None:
    there = tmp_path / "new"
    done = rapport(there, "restore", made, "--into", there)
    assert "1 messages to senders waited then and may have gone since" in done.stdout
    stands = "SELECT state, problem FROM notify_outboxmessage"
    assert rows_of(data, stands) == [("waiting", "")]
    assert rows_of(there, stands) == [("unsure", "Restored from a backup: it waited then, and may have gone since.")]


def test_nobody_else_can_read_a_backup_or_what_is_restored(data: Path, made: Path, tmp_path: Path) -> None:
    there = tmp_path / "new"
    restored(made, there)
    for path in (made, there, *there.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    assert not list(data.glob(".backup-*"))


def test_a_backup_that_failed_leaves_no_file_behind(data: Path, tmp_path: Path) -> None:
    (data / "attachments" / "not ours!").touch()
    try:
        with pytest.raises(RapportError, match="rename that file"):
            backed_up(data, tmp_path / "x.backup")
    finally:
        (data / "attachments" / "not ours!").unlink()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_backup_left_half_written_is_taken_away_in_time(data: Path, tmp_path: Path) -> None:
    left, fresh = (tmp_path / f".rapport-20260101T03170{n}Z.backup.{n}.part" for n in (1, 2))
    left.touch()
    fresh.touch()
    os.utime(left, (0, 0))
    backed_up(data, tmp_path / "x.backup")
    assert sorted(path.name for path in tmp_path.iterdir()) == [fresh.name, "x.backup"]


def test_a_file_that_is_there_is_not_written_over(data: Path, made: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(RapportError, match="choose another name"):
        backed_up(data, made)
    assert made.read_bytes() == before


def test_a_file_in_a_link_to_elsewhere_is_not_taken_along(data: Path, tmp_path: Path) -> None:
    (data / "attachments" / "passwd").symlink_to("/etc/passwd")
    try:
        assert "attachments/passwd" not in backed_up(data, tmp_path / "x.backup").files
    finally:
        (data / "attachments" / "passwd").unlink()


def test_timers_keep_so_many_of_the_newest(tmp_path: Path) -> None:
    for day in range(1, 4):
        (tmp_path / f"rapport-2010010{day}T000000Z.backup").touch()
    (tmp_path / "of-somebody-else.backup").touch()
    assert [path.name for path in keep_newest(tmp_path, 1)] == [
        "rapport-20100101T000000Z.backup",
        "rapport-20100102T000000Z.backup",
    ]
    assert len(list(tmp_path.iterdir())) == 2


def test_restore_touches_no_folder_that_holds_something(made: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(RapportError, match="not an empty folder"):
        restored(made, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


# --- sealed --------------------------------------------------------------------------------------------------------


@pytest.fixture
def _cheap_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second a passphrase is for whoever guesses it."""
    monkeypatch.setattr("rapport.upkeep.sealing._COST", 2)


def test_a_sealed_backup_opens_with_its_passphrase_only(data: Path, tmp_path: Path) -> None:
    sealed, there = tmp_path / "sealed.backup", tmp_path / "new"
    (tmp_path / "words").write_text("seven grey herons\n")
    first = result(data, "backup", sealed, "--passphrase-file", tmp_path / "words")
    assert first["sealed"]
    assert b"kan 7" not in sealed.read_bytes()
    for words, said in ((None, "--passphrase-file"), (b"seven gray herons", "passphrase is another")):
        with pytest.raises(RapportError, match=said):
            restored(sealed, there, words)
        assert not there.exists()
    assert restored(sealed, there, b"seven grey herons").ledger.sha256 == first["ledger"]


def seal(plain: bytes) -> bytes:
    out = io.BytesIO()
    with Sealer(out, b"a passphrase") as sealer:
        sealer.write(plain)
    return out.getvalue()


@pytest.mark.usefixtures("_cheap_guesses")
@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])
def test_what_was_sealed_comes_back(length: int) -> None:
    plain = bytes(length)
    assert io.BufferedReader(Opener(io.BytesIO(seal(plain)), b"a passphrase")).read() == plain


@pytest.mark.usefixtures("_cheap_guesses")
@pytest.mark.parametrize("cut", [1, 17, PIECE + 16, PIECE + 17])
def test_a_sealed_file_that_is_cut_off_or_reordered_does_not_open(cut: int) -> None:
    sealed = seal(bytes(2 * PIECE + 5))
    first = slice(len(sealed) - 2 * (PIECE + 16) - 21, len(sealed) - (PIECE + 16) - 21)
    second = slice(first.stop, first.stop + PIECE + 16)
    for broken in (sealed[:-cut], sealed[: first.start] + sealed[second] + sealed[first] + sealed[second.stop :]):
        with pytest.raises(RapportError):
            io.BufferedReader(Opener(io.BytesIO(broken), b"a passphrase")).read()


# --- hostile and damaged -------------------------------------------------------------------------------------------


def packed(build: Callable[[tarfile.TarFile], None]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        build(tar)
    return out.getvalue()


def member(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    def build(tar: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, link, len(content)
        tar.addfile(info, io.BytesIO(content))

    return packed(build)


def manifest_alone(files: dict[str, archive.File]) -> bytes:
    empty = rows.Digest(0, "")
    text = msgspec.json.encode(
        archive.Manifest(
            rapport="0", made_at="", database="sqlite", migrations=[], tables={}, columns={}, ledger=empty,
            reports=empty, files=files,
        )
    )  # fmt: skip
    return member(archive.MANIFEST, text)


HOSTILE = {
    "above the folder": member("../../etc/cron.d/x"),
    "above, deeper": member("keys/../../x"),
    "absolute": member("/etc/passwd"),
    "a symbolic link": member("keys", b"", tarfile.SYMTYPE, "/etc"),
    "a hard link": member("keys/django", b"", tarfile.LNKTYPE, "/etc/shadow"),
    "a device": member("keys/zero", b"", tarfile.CHRTYPE),
    "a folder": member("keys", b"", tarfile.DIRTYPE),
    "a long name": member("a" * 5000),
    "a name with a line end": member("keys/a\nb"),
    "a hidden name": member("keys/.x"),
    "no manifest": member("keys/django"),
    "a manifest that lacks a file": manifest_alone({"keys/django": archive.File(1, "0" * 64)}),
    "no database": manifest_alone({}),
    "a manifest that is no JSON": member(archive.MANIFEST, b"{"),
    "no archive": b"PK\x03\x04 nothing of ours",
    "nothing": b"",
    "half a header": gzip.compress(b"x" * 100),
    "no header": gzip.compress(b"x" * 1024),
    "deep JSON": member(archive.MANIFEST, b"[" * 100_000),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_is_refused_before_anything_is_written(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "hostile.backup"
    path.write_bytes(content)
    with pytest.raises(RapportError):
        archive.check(path, None, lambda _: None)
    assert [one.name for one in tmp_path.iterdir()] == ["hostile.backup"]


def test_a_bomb_is_given_up_when_it_is_larger_than_the_disk(tmp_path: Path) -> None:
    path, passed = tmp_path / "bomb.backup", 0
    path.write_bytes(member("keys/bomb", bytes(50_000_000)))
    assert path.stat().st_size < 100_000

    def count(more: int) -> None:
        nonlocal passed
        passed += more

    with pytest.raises(RapportError, match="not enough space: 1 MB of the disk may be filled"):
        archive.check(path, None, count, room=1_000_000)
    with pytest.raises(RapportError, match="not enough space: the disk is full, or nearly"):
        archive.check(path, None, count, room=0)
    assert passed == 0


def test_a_name_of_a_gigabyte_is_not_read_into_memory(tmp_path: Path) -> None:
    """GNU's long names stand in a member before: Python's reader would take all of it."""
    path = tmp_path / "name.backup"
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 10**10
    path.write_bytes(gzip.compress(info.tobuf(tarfile.GNU_FORMAT)))
    with pytest.raises(RapportError, match="no plain file"):
        archive.check(path, None, lambda _: None)


@given(st.data())
def test_one_changed_byte_is_noticed_or_changes_nothing(data: st.DataObject) -> None:
    """The last bits of a gzip stream fill a byte up and mean nothing."""
    whole = whole_archive()
    at = data.draw(st.integers(10, len(whole) - 1))
    other = data.draw(st.integers(1, 255))
    with_change = bytearray(whole)
    with_change[at] ^= other
    path = Path(settings.DATA_DIR) / "changed.backup"
    path.write_bytes(with_change)
    try:
        held = archive.check(path, None, lambda _: None)
    except RapportError:
        return
    path.write_bytes(whole)
    assert held == archive.check(path, None, lambda _: None)


def whole_archive() -> bytes:
    """A small one. gzip's own check is of the whole stream: it must not be the only one, nor fail in its own words."""
    path = Path(settings.DATA_DIR) / "small.backup"
    path.unlink(missing_ok=True)
    empty = rows.Digest(0, "")
    with archive.writing(path, None, lambda _: None) as writer:
        writer.add("keys/django", io.BytesIO(b"secret"), 6)
        writer.finish(
            archive.Manifest(
                rapport="0", made_at="", database="sqlite", migrations=[], tables={}, columns={}, ledger=empty,
                reports=empty, files=writer.files,
            )
        )  # fmt: skip
    return path.read_bytes()


def test_a_database_that_is_not_the_one_described_is_not_restored(data: Path, made: Path, tmp_path: Path) -> None:
    """Somebody exchanged the file and wrote its new sum into the list: the counts still tell."""
    shutil.copytree(data, tmp_path / "copy")
    upkeep.change(tmp_path / "copy", "DELETE FROM oversight_decision WHERE id = 30")
    upkeep.change(tmp_path / "copy", "PRAGMA user_version = 1")
    sqlite3.connect(tmp_path / "copy" / "rapport.db").execute("PRAGMA journal_mode = DELETE")
    manifest = archive.check(made, None, lambda _: None)
    forged = tmp_path / "forged.backup"
    with archive.writing(forged, None, lambda _: None) as writer:
        path = tmp_path / "copy" / "rapport.db"
        with path.open("rb") as file:
            writer.add("rapport.db", file, path.stat().st_size)
        writer.finish(replace(manifest, files=writer.files))
    with pytest.raises(RapportError, match="oversight_decision had 30 rows and has 29"):
        restored(forged, tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())


# --- from one database to the other ----------------------------------------------------------------------------------


@pytest.fixture
def empty_postgres() -> Iterator[str]:
    """The address of a database that is there for this test only."""
    server = settings.DATABASES["default"]
    if server["ENGINE"].endswith("sqlite3"):
        pytest.skip("needs PostgreSQL in RAPPORT_DATABASE_URL")
    where = {"host": server["HOST"], "port": server["PORT"], "user": server["USER"], "password": server["PASSWORD"]}
    name = f"upkeep_{os.getpid()}"
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            secret = f":{quote(server['PASSWORD'])}" if server["PASSWORD"] else ""
            yield f"postgresql://{server['USER']}{secret}@{server['HOST']}:{server['PORT']}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.mark.soak
@pytest.mark.postgres
def test_sqlite_to_postgresql_and_back_changes_no_cell(
    data: Path, made: Path, empty_postgres: str, tmp_path: Path
) -> None:
    there, back = tmp_path / "postgres", tmp_path / "sqlite"
    first = result(data, "restore", made, "--into", there, RAPPORT_DATABASE_URL=empty_postgres)
    second = result(there, "backup", tmp_path / "two.backup", RAPPORT_DATABASE_URL=empty_postgres)
    assert (first["database"], second["database"]) == ("sqlite", "postgresql")
    assert equal(first, second)
    assert not (there / "rapport.db").exists()
    assert equal(second, result(data, "restore", tmp_path / "two.backup", "--into", back))
    assert equal(second, result(back, "backup", tmp_path / "three.backup"))
    with pytest.raises(sqlite3.IntegrityError, match="kept as it came"):
        upkeep.change(back, "UPDATE reports_report SET text = ''")
    assert "not empty" in failure(data, "restore", made, "--into", tmp_path / "x", RAPPORT_DATABASE_URL=empty_postgres)


@pytest.mark.postgres
def test_in_postgresql_new_rows_get_new_numbers(data: Path, made: Path, empty_postgres: str, tmp_path: Path) -> None:
    result(data, "restore", made, "--into", tmp_path / "new", RAPPORT_DATABASE_URL=empty_postgres)
    with psycopg.connect(empty_postgres) as connection:
        number = connection.execute("INSERT INTO auth_group (name) VALUES ('x') RETURNING id").fetchone()
        after = connection.execute("SELECT nextval(pg_get_serial_sequence('reports_report', 'id'))").fetchone()
    assert (number, after) == ((1,), (31,))


@pytest.mark.postgres
def test_in_postgresql_a_backup_is_of_one_moment_while_others_write(
    data: Path, made: Path, empty_postgres: str, tmp_path: Path
) -> None:
    there = tmp_path / "new"
    result(data, "restore", made, "--into", there, RAPPORT_DATABASE_URL=empty_postgres)
    written, stop = [0], threading.Event()

    def write() -> None:
        """A row in each of two tables, always in one transaction."""
        with psycopg.connect(empty_postgres, autocommit=True) as connection:
            while not stop.is_set():
                with connection.transaction():
                    connection.execute("INSERT INTO auth_group (name) VALUES (%s)", [str(written[0])])
                    connection.execute("INSERT INTO django_session VALUES (%s, '', now())", [str(written[0])])
                written[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            before = written[0]
            rows = result(there, "backup", tmp_path / f"{number}.backup", RAPPORT_DATABASE_URL=empty_postgres)["rows"]
            assert rows["auth_group"] == rows["django_session"] >= before
            assert written[0] > before, "the backup held up who writes"
    finally:
        stop.set()
        writer.join()


@pytest.mark.postgres
def test_in_postgresql_a_database_of_the_first_version_is_upgraded(empty_postgres: str, tmp_path: Path) -> None:
    old, file, there = upkeep.filled(tmp_path / "old", *upkeep.FIRST_VERSION), tmp_path / "old.backup", tmp_path / "new"
    backed_up(old, file)
    first = result(old, "restore", file, "--into", there, RAPPORT_DATABASE_URL=empty_postgres)
    done = result(there, "upgrade", RAPPORT_DATABASE_URL=empty_postgres)
    assert done["migrations"]
    assert (done["reports"], done["ledger"]) == (first["reports"], first["ledger"])
    again = result(there, "upgrade", RAPPORT_DATABASE_URL=empty_postgres)
    assert again == {"migrations": [], "backup": None}
    now = result(there, "backup", tmp_path / "now.backup", RAPPORT_DATABASE_URL=empty_postgres)
    assert now["rows"]["reports_report"] == first["rows"]["reports_report"] == 30
    with psycopg.connect(empty_postgres) as connection, pytest.raises(psycopg.Error, match="kept as it came"):
        connection.execute("UPDATE reports_report SET text = ''")
