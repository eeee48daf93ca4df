"""A backup while eight gateways send is whole and goes on elsewhere; a database of the first version is upgraded."""

from __future__ import annotations

import io
import json
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from rapport.cli.bench_ground import HOST, Ground, Server, free_port, make
from tests.guards.walk import ROOT
from tests.migrated import migrated
from tests.stories.gateways import Senders, kept, sound
from tests.web.upkeep import environment, equal, rapport, result, rows

pytestmark = pytest.mark.soak

WRITERS = 8
BACKUPS = 5
PHOTOS = 3
FIRST_VERSION = "418c03dc"


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return make(migrated(tmp_path / "live"))


@pytest.fixture
def server(ground: Ground) -> Iterator[Server]:
    with Server(Path(ground.folder), free_port()) as running:
        yield running


def photo(number: int) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (320, 240), (number % 256, 80, 120)).save(out, "JPEG")
    return out.getvalue()


class Photographers:
    """Send a report with a photo by the API, one after the other."""

    def __init__(self, ground: Ground, port: int) -> None:
        self._ground, self._port = ground, port
        self._stop = threading.Event()
        self.taken = 0

    def __enter__(self) -> Photographers:
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(PHOTOS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, who: int) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            report = json.dumps({"text": f"Foto {who} {number}", "id": f"{who}-{number}"}).encode()
            if self._post(self._form({"report": (None, report), "files": ("p.jpg", photo(number))})) in {200, 201}:
                self.taken += 1

    def _form(self, parts: dict[str, tuple[str | None, bytes]]) -> bytes:
        lines: list[bytes] = []
        for name, (file, content) in parts.items():
            given = f'; filename="{file}"\r\nContent-Type: image/jpeg' if file else ""
            lines += [b"--line", f'Content-Disposition: form-data; name="{name}"{given}'.encode(), b"", content]
        return b"\r\n".join([*lines, b"--line--", b""])

    def _post(self, body: bytes) -> int:
        connection = HTTPConnection(HOST, self._port, timeout=60)
        try:
            connection.request(
                "POST", f"/api/{self._ground.operation}/reports", body,
                {"Authorization": f"Bearer {self._ground.key}", "Content-Type": "multipart/form-data; boundary=line"},
            )  # fmt: skip
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()


def test_backups_while_eight_gateways_send_hold_all_that_was_acknowledged_and_go_on_elsewhere(
    ground: Ground, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live, senders, told = Path(ground.folder), Senders(ground, server.port, WRITERS), []
    with Photographers(ground, server.port) as photographers, senders.sending():
        time.sleep(2)
        for number in range(BACKUPS):
            before, file, there = list(senders.acknowledged), tmp_path / f"{number}.backup", tmp_path / f"new{number}"
            made = result(live, "backup", file)
            during = len(senders.acknowledged) - len(before)
            restored = result(live, "restore", file, "--into", there)
            assert equal(made, restored)
            assert set(before) <= set(kept(there / "rapport.db"))
            assert sound(there / "rapport.db")
            assert lost_files(there) == []
            told.append((made["rows"]["reports_report"], made["rows"]["reports_attachment"], during, made["seconds"]))
            assert made["rows"]["reports_report"] >= len(before)
    assert photographers.taken > 0
    assert all(during > 0 for _, _, during, _ in told)  # nobody was held up
    assert set(senders.statuses) <= {200, 503}
    last = tmp_path / f"new{BACKUPS - 1}"
    goes_on(last, ground, senders)
    with capsys.disabled():
        for reports, files, during, seconds in told:
            line = f"{reports} reports, {files} photos; {during} acknowledged while it was made, {seconds} s"
            sys.stdout.write(f"\nbackup = restored, counts and ledger: {line}")
        sys.stdout.write(f"\nslowest answer to a gateway: {senders.slowest:.2f} s\n")


def lost_files(data: Path) -> list[str]:
    """Rows of attachments whose file is not in the folder."""
    named = [stored for (stored,) in rows(data, "SELECT stored FROM reports_attachment WHERE length(key_sealed) > 0")]
    return [name for name in named if not (data / "attachments" / "originals" / name[:2] / name).exists()]


def goes_on(data: Path, ground: Ground, senders: Senders) -> None:
    """What was restored takes messages at the same addresses, and knows those it has: a repeat makes no second one."""
    there = sum(kept(data / "rapport.db").values())
    with Server(data, free_port()) as elsewhere:
        again = Senders(ground, elsewhere.port, WRITERS)  # the same phones with the same ids from the beginning
        with again.sending():
            time.sleep(2)
        assert len(again.acknowledged) > 0
    after = kept(data / "rapport.db")
    assert max(after.values()) == 1
    assert sum(after.values()) >= there


# --- a database of the first version ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def first_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder that the first version makes of the reports of Haiti, by its own code."""
    made = tmp_path_factory.mktemp("first")
    packed = subprocess.run(["git", "archive", FIRST_VERSION, "src"], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip("needs the repository with its history")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
        tar.extractall(made, filter="data")
    subprocess.run(
        [sys.executable, "-m", "rapport.cli", "demo", "--no-serve"],
        env=environment(made / "data", PYTHONPATH=str(made / "src")), check=True, capture_output=True,
    )  # fmt: skip
    return made / "data"


TEXTS = (
    "SELECT ref, received_at, sent_at, text, categories_said, lon, lat, place_said, fields FROM reports_report"
    " ORDER BY id"
)
LEDGER = (
    "SELECT id, operation_id, person_id, kind, at, report_id, event_id, order_id, suggestion_id, reason, evidence,"
    " before, after, undoes_id FROM oversight_decision ORDER BY id"
)


def test_the_first_versions_database_is_upgraded_and_says_the_same(
    first_version: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "1 migrations are missing" not in rapport(first_version, "doctor").stdout
    before = rows(first_version, TEXTS), rows(first_version, LEDGER)
    tables = [name for (name,) in rows(first_version, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    counted = {
        name: rows(first_version, f"SELECT count(*) FROM {name}")
        for name in tables
        if name.split("_")[0] in {"reports", "events", "oversight", "operations", "accounts", "sharing", "notify"}
    }
    done = result(first_version, "upgrade")
    assert (rows(first_version, TEXTS), rows(first_version, LEDGER)) == before
    assert len(before[0]) == 3099
    assert {name: rows(first_version, f"SELECT count(*) FROM {name}") for name in counted} == counted
    assert sound(first_version / "rapport.db")
    connection = sqlite3.connect(first_version / "rapport.db")
    with pytest.raises(sqlite3.IntegrityError, match="kept as it came"):
        connection.execute("UPDATE reports_report SET text = '' WHERE id = 1")
    connection.close()
    with Server(first_version, free_port()) as server:
        page = HTTPConnection(HOST, server.port, timeout=60)
        page.request("GET", "/haiti-2010/")
        assert page.getresponse().status == 200
        page.close()
    with capsys.disabled():
        sys.stdout.write(
            f"\nupgrade from the first version: {len(done['migrations'])} migrations; {len(before[0])} reports,"
            f" {len(before[1])} decisions the same; record of decisions {done['ledger'][:16]}\n"
        )


def test_its_backup_can_be_restored_and_upgraded_too(first_version: Path, tmp_path: Path) -> None:
    """The way of whoever moves to a new machine and a new version at once."""
    made = result(first_version, "backup", tmp_path / "x.backup")
    assert equal(made, result(first_version, "restore", tmp_path / "x.backup", "--into", tmp_path / "new"))
