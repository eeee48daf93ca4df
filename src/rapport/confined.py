"""A program of ours that reads what strangers made runs in a process of its own: whatever the file does, it does there.

The process gets no environment and no names of files, so much memory and time; what it reads it is handed open, what it
makes goes through a pipe. `started` begins it; within it `begin` sets the limits before a library is loaded that reads
the file.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO

#: Files that it may have open at a time, the libraries' own among them [ours].
_OPEN_MOST = 32
_SOURCE = str(Path(__file__).resolve().parent.parent)
_START = "import sys; sys.path.insert(0, sys.argv[1]); from rapport.confined import begin; begin()"


@dataclass(frozen=True, slots=True)
class Program:
    """`run` is module:function; it is called with the arguments, as texts."""

    run: str
    memory: int  # bytes of address space
    seconds: int  # of processor time
    patience: float  # seconds until it is ended, however little it works


@contextmanager
def started(
    program: Program, *arguments: str, given: int | IO[bytes] = subprocess.PIPE
) -> Iterator[subprocess.Popen[bytes]]:
    """The process, with `given` as its standard input; its standard output is a pipe, and how much of it is read is for
    the reader to say. At the end it is gone."""
    said = (program.run, str(program.memory), str(program.seconds), *arguments)
    with subprocess.Popen(  # noqa: S603 - our own programs
        # -I: neither the environment nor the folder it is started in says which code runs.
        [sys.executable, "-I", "-B", "-c", _START, _SOURCE, *said],
        stdin=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what it complains about may quote the file
        cwd="/",
        env={"LANG": "C.UTF-8"},
        start_new_session=True,
    ) as process:
        ended = threading.Timer(program.patience, process.kill)
        ended.start()
        try:
            yield process
        finally:
            ended.cancel()
            process.kill()
            process.wait()


def begin() -> None:
    """What runs within the process; its exit status is what the function returns."""
    run, memory, seconds, *arguments = sys.argv[2:]
    limit(int(memory), int(seconds))
    module, _, name = run.partition(":")
    sys.exit(getattr(import_module(module), name)(*arguments))


def limit(memory: int, seconds: int) -> None:
    """What this process may use from now on: no file that it writes to, no process that it starts."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, _OPEN_MOST),
    ):
        resource.setrlimit(what, (most, most))
