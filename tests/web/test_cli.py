"""Every command helps, answers in JSON when asked, and says in one line what to do when it cannot."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import pytest
from django.db import OperationalError
from django.test import Client

from rapport.accounts import api_keys
from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.cli.main import cli, run
from rapport.cli.worker import work
from rapport.intake.imports import mappings, store
from rapport.intake.imports import run as imports
from rapport.intake.models import Import
from rapport.operations.definition import Columns
from rapport.operations.load import set_source_settings
from rapport.operations.models import Operation, Source, source_by_token
from rapport.reports.models import Report
from tests.migrated import migrated

Capture = pytest.CaptureFixture[str]


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


EVERY = dict(commands())


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_helps(words: tuple[str, ...], capsys: Capture) -> None:
    assert run([*words, "--help"]) == 0
    assert f"Usage: rapport {' '.join(words)}" in capsys.readouterr().out


def failure(capsys: Capture, *words: str) -> str:
    assert run(words) != 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    return err


def result(capsys: Capture, *words: str) -> object:
    assert run([*words, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["frob"], "rapport --help"),
        (["accounts"], "rapport accounts --help"),
        (["accounts", "add"], "rapport accounts add --help"),
        (["accounts", "add", "x", "--role", "lead"], "--operation and --role together"),
        (["accounts", "add", "no spaces please"], "letters, digits"),
        (["accounts", "password", "nobody"], "rapport accounts list"),
        (["accounts", "role", "nobody", "sample", "lead"], "rapport accounts list"),
        (["accounts", "key", "add", "sample", "fax", "x"], "there are: api, sms, web"),
        (["accounts", "key", "revoke", "77"], "rapport accounts key list"),
        (["operation", "sources", "nowhere"], "rapport operation list"),
        (["operation", "address", "sample", "web"], "needs no address"),
        (["operation", "add", "/nowhere.toml"], "/nowhere.toml"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_goes_wrong_is_one_line_that_says_what_to_do(
    words: list[str], advice: str, operation: Operation, capsys: Capture
) -> None:
    assert advice in failure(capsys, *words)


def test_an_operation_file_with_a_mistake_is_refused_in_one_line(tmp_path: Path, db: None, capsys: Capture) -> None:
    file = tmp_path / "operation.toml"
    file.write_text("slug = ")
    assert failure(capsys, "operation", "add", str(file))


def test_an_account_is_made_with_a_role_and_a_password_that_works(operation: Operation, capsys: Capture) -> None:
    made = result(capsys, "accounts", "add", "mia", "--operation", "sample", "--role", "lead")
    assert isinstance(made, dict)
    person = Person.objects.get(username="mia")
    assert person.roles_in(operation.pk) == {Role.LEAD}
    assert Client().login(username="mia", password=made["password"])


def test_a_role_that_cannot_be_given_leaves_no_account(operation: Operation, capsys: Capture) -> None:
    failure(capsys, "accounts", "add", "mia", "--operation", "nowhere", "--role", "lead")
    assert not Person.objects.filter(username="mia").exists()


def test_a_password_is_reset_without_mail(volunteer: Person, capsys: Capture) -> None:
    changed = result(capsys, "accounts", "password", "vero")
    assert isinstance(changed, dict)
    assert Client().login(username="vero", password=changed["password"])
    assert not Client().login(username="vero", password="a long enough password")


def test_a_password_is_read_from_standard_input(
    volunteer: Person, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = tmp_path / "password"
    given.write_text("seven grey herons\n")
    with given.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert run(["accounts", "password", "vero", "--stdin"]) == 0
    assert "seven grey herons" not in capsys.readouterr().out
    assert Client().login(username="vero", password="seven grey herons")


def test_roles_come_and_go(volunteer: Person, operation: Operation, capsys: Capture) -> None:
    assert run(["accounts", "role", "vero", "sample", "verifier"]) == 0
    capsys.readouterr()
    listed = result(capsys, "accounts", "list", "--operation", "sample")
    assert isinstance(listed, list)
    assert listed[0]["roles"] == ["sample:verifier", "sample:volunteer"]
    assert run(["accounts", "role", "vero", "sample", "volunteer", "--remove"]) == 0
    assert set(volunteer.memberships.values_list("role", flat=True)) == {"verifier"}


def test_a_closed_account_does_not_sign_in(volunteer: Person, capsys: Capture) -> None:
    assert run(["accounts", "disable", "vero"]) == 0
    assert not Client().login(username="vero", password="a long enough password")
    assert run(["accounts", "disable", "vero", "--enable"]) == 0
    assert Client().login(username="vero", password="a long enough password")


def test_a_key_is_made_listed_and_revoked(operation: Operation, capsys: Capture) -> None:
    api_keys.forget()
    made = result(capsys, "accounts", "key", "add", "sample", "api", "the hospital")
    assert isinstance(made, dict)
    assert api_keys.find(made["key"])
    listed = result(capsys, "accounts", "key", "list")
    assert isinstance(listed, list)
    assert made["key"] not in json.dumps(listed)
    assert run(["accounts", "key", "revoke", str(listed[0]["id"])]) == 0
    assert api_keys.find(made["key"]) is None


def test_a_gateway_gets_a_new_address(operation: Operation, capsys: Capture) -> None:
    made = result(capsys, "operation", "address", "sample", "sms")
    assert isinstance(made, dict)
    assert source_by_token("smssync", made["address"].split("/")[-2])


def test_operations_and_their_sources_are_listed(operation: Operation, capsys: Capture) -> None:
    operations = result(capsys, "operation", "list")
    sources = result(capsys, "operation", "sources", "sample")
    assert isinstance(operations, list)
    assert isinstance(sources, list)
    assert [row["slug"] for row in operations] == ["sample"]
    assert [row["source"] for row in sources] == ["api", "sms", "web"]


@pytest.mark.parametrize(
    ("setting", "advice"),
    [
        ({"RAPPORT_DATA_DIRR": "x"}, "did you mean RAPPORT_DATA_DIR?"),
        ({"RAPPORT_THREADS": "many"}, "RAPPORT_THREADS='many'"),
        ({"RAPPORT_DATA_DIR": "/proc/nowhere"}, "/proc/nowhere"),
        ({"RAPPORT_DATABASE_URL": "sqlite:////dev/null"}, "database"),
    ],
)
def test_a_wrong_setting_is_one_line_too(setting: dict[str, str], advice: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rapport.cli", "operation", "list"],
        env=os.environ | setting, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert advice in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_in_a_wrong_folder_nothing_is_made(tmp_path: Path) -> None:
    settings = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    for words in (["operation", "list"], ["worker"], ["backup", "x"], ["import", "a", "b", __file__]):
        done = subprocess.run(
            [sys.executable, "-m", "rapport.cli", *words],
            cwd=tmp_path, env=settings, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr.startswith("There is no rapport data here: ")
        assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_tables_that_are_not_there_yet_are_explained(tmp_path: Path) -> None:
    (tmp_path / "rapport.db").touch()
    done = subprocess.run(
        [sys.executable, "-m", "rapport.cli", "operation", "list"],
        env=os.environ | {"RAPPORT_DATA_DIR": str(tmp_path), "RAPPORT_DATABASE_URL": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "The database is not set up for this version: run rapport serve or rapport migrate.\n"


def test_help_is_quick(capsys: Capture) -> None:
    """The figure is printed, not asserted: a busy machine is no fault."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "rapport.cli", "--help"], capture_output=True, check=True)
    with capsys.disabled():
        sys.stdout.write(f"\nrapport --help: {time.perf_counter() - started:.2f} s (aim 0.5)\n")


def test_help_imports_no_django() -> None:
    script = "import sys; from rapport.cli.main import run; run(['--help']); sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0


def test_a_worker_finishes_its_batch_and_stops_when_told() -> None:
    stop = threading.Event()
    batches: list[int] = []

    def understand() -> int:
        batches.append(1)
        if len(batches) == 3:
            stop.set()
        return 0 if len(batches) == 2 else 5

    work({"understand": understand}, lambda: 0, stop)
    assert len(batches) == 3


@pytest.mark.django_db(transaction=True)
def test_a_job_that_fails_is_tried_again_and_its_words_stay_out_of_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("rapport.cli.worker.AWAY", 0.01)
    stop, tries = threading.Event(), 0
    quoted = "+50955501234 said: nou bezwen dlo"

    def send() -> int:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ValueError(quoted)
        stop.set()
        return 1

    work({"send": send}, lambda: 0, stop)
    assert tries == 3
    assert "send failed" in caplog.text
    assert "ValueError at" in caplog.text
    assert "+50955501234" not in caplog.text
    assert "dlo" not in caplog.text


def test_a_worker_with_nothing_to_do_asks_only_what_its_job_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapport.cli.worker.PAUSE", 0.001)
    stop, looks, asked = threading.Event(), 0, 0

    def idle() -> int:
        nonlocal looks
        looks += 1
        if looks == 20:
            stop.set()
        return 0

    def newest() -> int:
        nonlocal asked
        asked += 1
        return 0

    work({"idle": idle}, newest, stop)
    assert (looks, asked) == (20, 1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_waits_for_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapport.cli.worker.AWAY", 0.01)
    stop, tries = threading.Event(), 0

    def understand() -> int:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise OperationalError("database or disk is full")
        stop.set()
        return 1

    work({"understand": understand}, lambda: 0, stop)
    assert tries == 3


def test_a_worker_ends_with_the_process_that_started_it() -> None:
    def understand() -> int:
        raise AssertionError("it should not begin")

    work({"understand": understand}, lambda: 0, threading.Event(), parent=-1)


# --- tables --------------------------------------------------------------------------------------------------------


@pytest.fixture
def file_source(operation: Operation) -> Source:
    made = Source.objects.create(operation=operation, slug="table", channel="file", names={"en": "A table"})
    set_source_settings(made, {"columns": asdict(Columns(text="text", id="id")), "labels": {}})
    return made


def test_a_table_is_taken_in_once_however_often_it_is_imported(
    file_source: Source, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text("id,text\n" + "".join(f"{i},Nou bezwen dlo nan kan {i}\n" for i in range(2500)))
    taken = result(capsys, "import", "sample", "table", str(file))
    assert isinstance(taken, dict)
    assert taken | {"import": 0} == {
        "import": 0, "state": "done", "rows": 2500, "new": 2500, "already": 0, "differs": 0, "refused": [],
        "read_as": "Read as the operation's file, for table says.",
    }  # fmt: skip
    again = result(capsys, "import", "sample", "table", str(file))
    assert isinstance(again, dict)
    assert (again["new"], again["already"]) == (0, 2500)
    assert Report.objects.count() == 2500


def test_an_import_is_taken_back_in_a_persons_name(
    file_source: Source, lead: Person, volunteer: Person, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text("id,text\n1,dlo\n2,manje\n")
    taken = result(capsys, "import", "sample", "table", str(file))
    assert isinstance(taken, dict)
    number = str(taken["import"])
    assert "--as" in failure(capsys, "import", "--rollback", number)
    assert "reason" in failure(capsys, "import", "--rollback", number, "--as", lead.username)
    assert failure(capsys, "import", "--rollback", number, "--as", volunteer.username, "--reason", "x")
    assert Report.objects.exclude(standing="withdrawn").count() == 2
    done = result(capsys, "import", "--rollback", number, "--as", lead.username, "--reason", "The wrong file.")
    assert done == {"import": taken["import"], "state": "rolled_back", "withdrawn": 2, "left": 0}
    assert not Report.objects.exclude(standing="withdrawn").exists()
    assert "rolled back: there is nothing to go on with" in failure(capsys, "import", "--resume", number)
    again = result(capsys, "import", "sample", "table", str(file))
    assert again["new"] == 2
    assert "there is nothing to go on with" in failure(capsys, "import", "--resume", str(again["import"]))


def test_a_full_disk_says_how_to_go_on(
    file_source: Source, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text("id,text\n1,dlo\n")

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    said = failure(capsys, "import", "sample", "table", str(file))
    assert "disk is full" in said
    assert "rapport import --resume" in said


def test_a_bad_row_is_named_and_counted_and_stops_nothing(file_source: Source, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "reports.csv"
    file.write_text("id,text\n1,dlo\n2,\n3,manje\n")
    taken = result(capsys, "import", "sample", "table", str(file))
    assert isinstance(taken, dict)
    assert (taken["new"], [refused["row"] for refused in taken["refused"]]) == (2, [3])
    assert file_source.refusals.get().count == 1


def test_a_worker_that_is_quicker_changes_nothing_of_what_was_asked(
    operation: Operation, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's worker finds the import before the command has taken it, and looks it through meanwhile."""
    add, plan, mine = store.add, imports.plan, imports._me

    def worker(batches: int) -> None:
        monkeypatch.setattr(imports, "_me", lambda: "the worker")
        assert [imports.step() for _ in range(batches)]
        monkeypatch.setattr(imports, "_me", mine)

    def add_and_be_late(*given: Any, **more: Any) -> Any:
        one = add(*given, **more)
        worker(1)
        return one

    def plan_and_be_late(one: Any) -> None:
        plan(one)
        worker(1)

    monkeypatch.setattr(store, "add", add_and_be_late)
    monkeypatch.setattr(imports, "plan", plan_and_be_late)
    file = tmp_path / "reports.csv"
    file.write_text("id,text\n1,Nou bezwen dlo\n2,Nou bezwen manje\n")
    taken = result(capsys, "import", "sample", "--source", "quick", str(file), "--yes")
    assert isinstance(taken, dict)
    assert (taken["state"], taken["new"]) == ("done", 2)
    assert Report.objects.count() == 2


def test_a_dry_run_says_how_it_read_the_file_and_commands_no_terminal(
    operation: Operation, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "reports.csv"
    file.write_text("id,message,date\n1,Nou bezwen dlo\x9b31m,14/01/2010\n2,Nou bezwen manje,15/01/2010\n")
    assert run(["import", "sample", "--source", "looked", str(file), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "message: text" in said
    assert "2 dates can only be day/month" in said
    assert "text Nou bezwen dlo" in said  # PostgreSQL keeps its own order of what is understood
    assert "\x9b" not in said
    assert not Report.objects.exists()


def test_a_mapping_of_another_source_takes_no_file_over_unseen(
    operation: Operation, lead: Person, tmp_path: Path, capsys: Capture
) -> None:
    """03/04/2010 is in April for one partner and in March for the other, under the same names of columns."""
    file = tmp_path / "reports.csv"
    file.write_text("id,message,date\n1,Nou bezwen dlo,03/04/2010\n")
    first = result(capsys, "import", "sample", "--source", "French partner", str(file), "--dry-run")
    one = Import.objects.get(pk=first["import"])
    one.plan = {**one.plan, "date_order": "DMY"}
    mappings.save(lead, one, "weekly")
    other = result(capsys, "import", "sample", "--source", "US partner", str(file))
    assert (other["state"], Report.objects.count()) == ("ready", 0), "a person looks at it first"
    assert "“weekly”" in other["read_as"]
    assert "the source french-partner" in other["read_as"]
    assert run(["import", "sample", "--source", "French partner", str(file)]) == 0
    assert "Read as the mapping “weekly” says." in capsys.readouterr().out
    assert Report.objects.count() == 1
    named = result(capsys, "import", "sample", "--source", "US partner", "--mapping", "weekly", str(file))
    assert (named["state"], named["read_as"]) == ("done", "Read as the mapping “weekly” says."), "it was asked for"


@pytest.mark.parametrize("content", [b"", b"\1\2\3\4" * 50, b"{}"])
def test_a_new_source_is_not_left_behind_by_a_file_that_cannot_be_read(
    content: bytes, operation: Operation, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "reports.csv"
    file.write_bytes(content)
    assert failure(capsys, "import", "sample", "--source", "Somebody new", str(file))
    assert not Source.objects.filter(channel="file").exists()


@pytest.mark.parametrize("content", [b"", b"other,columns\n1,2\n", b"\xff\xfe\x00", b"id,text,text\n"])
def test_a_file_that_is_no_such_table_is_refused_in_one_line(
    content: bytes, file_source: Source, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "reports.csv"
    file.write_bytes(content)
    assert failure(capsys, "import", "sample", "table", str(file))
    assert not Report.objects.exists()


# --- the server ----------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def children(pid: int) -> dict[int, str]:
    """Process id and command line; each thread has children of its own."""
    listed = [child for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()]
    return {int(child): Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ") for child in listed}


def worker_of(pid: int) -> int | None:
    return next((child for child, line in children(pid).items() if " worker " in line), None)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.read() == b"ok\n")
    except OSError:
        return False


@contextmanager
def serving(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`rapport serve` on a data folder and port of its own."""
    port = free_port()
    environment = os.environ | {"RAPPORT_DATA_DIR": str(data)}
    process = subprocess.Popen(
        [sys.executable, "-m", "rapport.cli", "serve", "--port", str(port)], env=environment, stderr=subprocess.PIPE
    )
    try:
        wait_for(lambda: healthy(port) or process.poll() is not None, 90)  # migrations and static files take their time
        yield process, port
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with serving(migrated(tmp_path / "data")) as begun:
        yield begun


@pytest.fixture
def server_from_nothing(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with serving(tmp_path / "data") as begun:
        yield begun


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
def test_what_a_command_makes_is_for_its_owner_alone_also_in_a_folder_that_was_there(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name != "RAPPORT_DATABASE_URL"}
    environment["RAPPORT_DATA_DIR"] = str(tmp_path)
    subprocess.run(
        [sys.executable, "-m", "rapport.cli", "migrate"], env=environment, check=True, capture_output=True, umask=0o022
    )
    assert (tmp_path / "rapport.db").stat().st_mode & 0o077 == 0


def test_server_and_worker_start_from_nothing_and_end_together(
    server_from_nothing: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    process, port = server_from_nothing
    assert healthy(port)
    first = worker_of(process.pid)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: worker_of(process.pid) not in {None, first})  # a worker that died is started again
    family = list(children(process.pid))
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert not any(alive(pid) for pid in family)
    assert (tmp_path / "data" / "static" / "staticfiles.json").exists()


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
def test_nothing_is_left_behind_when_the_server_is_killed(server: tuple[subprocess.Popen[bytes], int]) -> None:
    process, _ = server
    family = list(children(process.pid))
    assert len(family) >= 2
    process.kill()
    wait_for(lambda: not any(alive(pid) for pid in family))


@pytest.mark.long
def test_a_second_server_on_the_port_says_so(server: tuple[subprocess.Popen[bytes], int], tmp_path: Path) -> None:
    _, port = server
    second = subprocess.run(
        [sys.executable, "-m", "rapport.cli", "serve", "--port", str(port), "--no-worker"],
        env=os.environ | {"RAPPORT_DATA_DIR": str(tmp_path / "data")},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    assert "choose another with --port" in second.stderr
