"""`rapport serve`: one server process and the worker beside it, from nothing to answering in about two seconds."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from rapport.cli.output import MakesData
from rapport.errors import RapportError

#: Connections the kernel and the server hold while threads are busy; beyond it a gateway gets a refusal and repeats.
BACKLOG = 1024
#: Seconds before a worker that died is started again: doubled each time, until one has run for WELL seconds.
FIRST_PAUSE, LONGEST_PAUSE, WELL = 0.5, 60, 60
#: Seconds a request may still take when the server is told to end.
GRACE = 10


def _static_state() -> str:
    """A digest of name, size and time of every static file there is: some milliseconds for hundreds of files."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_static() -> bool:
    """Gather the static files under the data folder if they are not the ones there already; whether it did."""
    from django.conf import settings
    from django.core.management import call_command

    stamp = Path(settings.STATIC_ROOT) / ".state"
    state = _static_state()
    if stamp.exists() and stamp.read_text() == state:
        return False
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(state)
    return True


def prepare() -> None:
    """Everything that must be there before the first request: tables and static files."""
    from rapport.upkeep.upgrade import bring_up_to_date

    bring_up_to_date()
    collect_static()


class Beside:
    """The worker as a child process: started again when it dies, ended with the server."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = self._spawn()
        threading.Thread(target=self._keep, name="keep-worker", daemon=True).start()

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "rapport.cli", "worker", "--parent", str(os.getpid())]
        return subprocess.Popen(command)  # noqa: S603 - our own command

    def _keep(self) -> None:
        pause = FIRST_PAUSE
        while self._process is not None:
            started = time.monotonic()
            self._process.wait()
            if time.monotonic() - started > WELL:
                pause = FIRST_PAUSE
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, LONGEST_PAUSE)
            self._process = self._spawn()

    def stop(self) -> None:
        self._stopping.set()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()


def _claim(host: str, port: int) -> None:
    """RapportError unless the port is free. The server shares ports on purpose, so a second one would go unnoticed."""
    deadline = time.monotonic() + 3  # a server that was just killed needs a moment to let go
    while True:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if time.monotonic() > deadline:
                    reason = error.strerror or str(error)
                    raise RapportError(
                        f"Cannot listen on {host}:{port} ({reason}): choose another with --port."
                    ) from error
            else:
                return
        time.sleep(0.2)


def _end_without_parent(parent: int) -> None:
    """A server whose main process was killed would go on answering, unseen: it ends itself."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


def _load(parent: int) -> Callable[..., Any]:
    """Runs in the serving process: the application, with an eye on the main process."""
    threading.Thread(target=_end_without_parent, args=(parent,), name="watch-parent", daemon=True).start()
    from rapport.text.ready import prepare as prepare_text
    from rapport.web.wsgi import application

    threading.Thread(target=prepare_text, name="prepare-text", daemon=True).start()
    return application


def _load_here(parent: int) -> Callable[[], Callable[..., Any]]:
    return lambda: _load(parent)


def listen(host: str, port: int, *, with_worker: bool) -> None:
    """Serve until SIGTERM or Ctrl-C. Django is set up and `prepare()` was called."""
    from django.conf import settings
    from django.db import connections
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    _claim(host, port)
    connections.close_all()  # the serving process is a fork: it opens its own
    server = Server(
        "rapport.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,  # one process: the map's index and the group commit live in memory
        blocking_threads=settings.THREADS,
        blocking_threads_idle_timeout=600,  # each thread has a database connection: keep both
        backlog=BACKLOG,
        backpressure=BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
        websockets=False,
        log_level=LogLevels.error,
    )
    if with_worker:
        beside = Beside()
        server.on_startup(beside.start)
        server.on_shutdown(beside.stop)
    server.serve(target_loader=_load_here(os.getpid()), wrap_loader=False)


@click.command(cls=MakesData)
@click.option("--port", type=click.IntRange(1, 65535), default=8036, envvar="PORT", show_default=True, show_envvar=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 behind a proxy in a container.")
@click.option("--worker/--no-worker", "with_worker", default=True, help="Run the worker beside the server.")
def serve(port: int, host: str, with_worker: bool) -> None:
    """Serve pages, gateways and API until SIGTERM or Ctrl-C.

    Before it starts, the database is migrated and the static files are gathered, where needed.
    """
    prepare()
    click.echo(f"rapport serves on http://{host}:{port}/ (Ctrl-C ends it)", err=True)
    listen(host, port, with_worker=with_worker)


@click.command(cls=MakesData)
def migrate() -> None:
    """Bring the database to the form that this version needs; `rapport serve` does it by itself."""
    from rapport.upkeep.upgrade import bring_up_to_date

    click.echo("Migrated." if bring_up_to_date() else "Nothing to migrate.")
