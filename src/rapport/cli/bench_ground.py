"""Where benches and soak tests happen: an operation in a data folder of its own, and the real server on it.

`python -m rapport.cli.bench_ground FOLDER` makes the ground and prints it as JSON; it runs as a process of its own,
because Django reads the data folder once.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from importlib.resources import files
from pathlib import Path
from types import TracebackType

from rapport.errors import RapportError

HOST = "127.0.0.1"
SECRET = "open sesame"  # noqa: S105 - of a gateway that lives as long as a bench
NO_LIMIT = 2_000_000_000  # messages a minute
_SAMPLE = "haiti-2010"
_START = 60  # seconds a server may take until it answers


@dataclass(frozen=True, slots=True)
class Ground:
    """An operation that takes SMS and NDJSON without a limit of rate."""

    folder: str
    operation: str
    gateway: str  # path to post SMSSync messages to
    api: str  # path to post NDJSON to
    key: str

    @property
    def database(self) -> Path:
        return Path(self.folder) / "rapport.db"


@contextlib.contextmanager
def temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """A folder that is gone afterwards. By default on the disk that outlives a restart: /tmp is often memory, where an
    fsync costs nothing."""
    where = parent or next((path for path in (Path("/var/tmp"),) if path.is_dir()), Path(tempfile.gettempdir()))  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix="rapport-bench-", dir=where))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make(folder: Path) -> Ground:
    """Migrate a database in the folder and load the sample operation into it, with an open gateway and a key."""
    command = [sys.executable, "-m", "rapport.cli.bench_ground", str(folder)]
    done = subprocess.run(command, env=environment(folder), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RapportError(f"The ground could not be made: {done.stderr.strip()[-500:]}")
    return Ground(**json.loads(done.stdout.splitlines()[-1]))


def environment(folder: Path) -> dict[str, str]:
    """What a process on that data folder starts with: none of this process's own RAPPORT_ settings."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "DJANGO_"))}
    return rest | {"RAPPORT_DATA_DIR": str(folder)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Server:
    """`rapport serve` with its worker, as a child of this process and the head of its own process group."""

    def __init__(self, folder: Path, port: int, command: list[str] | None = None) -> None:
        self.port = port
        self._folder = folder
        self._command = command or [sys.executable, "-m", "rapport.cli", "serve", "--port", str(port)]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        return self._folder / "server.log"

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                self._command, env=environment(self._folder), stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + _START
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RapportError(f"The server did not start: {self.log.read_text(errors='replace')[-500:]}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether it is up."""
        connection = HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status < 500
        except OSError:
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """kill -9 to all of its processes at the same moment: nobody has time to tidy up."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def processes(self) -> list[int]:
        """The ids of all of its processes; on Linux only."""
        return list(_group(self._process.pid)) if self._process is not None else []

    def kill_one(self, pid: int) -> None:
        """kill -9 to one of its processes."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)

    def start_again(self) -> None:
        """What whoever watches over it does: start it if its first process has gone, then wait until it answers."""
        deadline = time.monotonic() + _START
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                self.kill()  # what is left of it
                self.start()
                return
            if self.answers():
                return
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask it to end; what does not end in time is killed."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(20)
            self.kill()

    def resident_mb(self) -> float | None:
        """Memory of the largest of its processes (the one that serves) in MB; None where /proc does not say."""
        if self._process is None or not Path("/proc/self/status").exists():
            return None
        return max(map(_resident_mb, self.processes()), default=None)


def _group(leader: int) -> Iterator[int]:
    """The processes of a process group."""
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            if os.getpgid(int(path.name)) == leader:
                yield int(path.name)


def _resident_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _make_here(folder: Path) -> Ground:
    from rapport.cli.output import set_up

    set_up(from_nothing=True)
    from rapport.accounts import api_keys
    from rapport.cli.serve import prepare
    from rapport.operations.definition import parse
    from rapport.operations.load import load, new_token, set_source_settings
    from rapport.operations.models import Source

    prepare()
    sample = Path(str(files("rapport") / "data" / _SAMPLE))
    operation = load(parse((sample / "operation.toml").read_text()), sample).operation
    Source.objects.filter(operation=operation).update(per_minute=NO_LIMIT)
    phone = operation.sources.filter(channel="smssync").order_by("pk")[0]
    programs = operation.sources.filter(channel="api").order_by("pk")[0]
    set_source_settings(phone, {"secret": SECRET})
    return Ground(
        folder=str(folder),
        operation=operation.slug,
        gateway=f"/in/smssync/{new_token(phone)}/",
        api=f"/api/{operation.slug}/reports.ndjson",
        key=api_keys.make(programs.pk, operation.pk, "bench", by=None),
    )


if __name__ == "__main__":
    print(json.dumps(asdict(_make_here(Path(sys.argv[1])))))
