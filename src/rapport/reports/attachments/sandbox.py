"""Starts the cleaner as a process of its own, waits for it and ends it. Whatever the file does to it, it does there."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from pathlib import Path

import rapport
from rapport.reports.attachments.copies import MAX_COPY, Copy, Unclean, unpacked
from rapport.reports.attachments.kinds import Kind

TIMEOUT = 90  # seconds until the cleaner is ended, however little it works [ours: beside others on a slow machine]
_SOURCE = str(Path(rapport.__file__).resolve().parent.parent)
_START = "import sys; sys.path.insert(0, sys.argv[1]); from rapport.reports.attachments.clean import main; main()"


def cleaned(data: bytes, kind: Kind) -> Copy:
    """The cleaned copy of a file of that kind; Unclean, with the reason, if there can be none."""
    if not kind.copied:
        raise Unclean(f"{kind.ending.upper()} files cannot be decoded here; ask the sender for another kind")
    # -I: neither the environment nor the folder it is started in says which code runs.
    with subprocess.Popen(  # noqa: S603 - our own program; the type is one of ours
        [sys.executable, "-I", "-B", "-c", _START, _SOURCE, kind.type],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what it complains about may quote the file
        cwd="/",
        env={"LANG": "C.UTF-8"},
        start_new_session=True,
    ) as process:
        ended = threading.Timer(TIMEOUT, process.kill)
        ended.start()
        try:
            answer = _exchanged(process, data)
        finally:
            ended.cancel()
            process.kill()
            process.wait()
    if answer is None:
        raise Unclean("its copy would be larger than its limit")
    if not answer:
        raise Unclean("the program that decodes it broke off, or took too long")
    return unpacked(answer)


def _exchanged(process: subprocess.Popen[bytes], data: bytes) -> bytes | None:
    """What it answers; None if that is more than it may."""
    given, answered = process.stdin, process.stdout
    if given is None or answered is None:
        raise ValueError("a process without pipes")

    def give() -> None:
        with contextlib.suppress(OSError):  # it ended before it had read everything
            given.write(data)
        with contextlib.suppress(OSError):
            given.close()

    giving = threading.Thread(target=give, daemon=True)
    giving.start()
    answer = answered.read(MAX_COPY + 1)
    if len(answer) > MAX_COPY:
        process.kill()
    giving.join(TIMEOUT)
    return None if len(answer) > MAX_COPY else answer
