"""Hands a file to the cleaner, which is a process of its own, and takes the copy that it makes."""

from __future__ import annotations

import contextlib
import subprocess
import threading

from rapport.confined import Program, started
from rapport.reports.attachments.copies import MAX_COPY, Copy, Unclean, unpacked
from rapport.reports.attachments.kinds import Kind

CLEANER = Program(
    run="rapport.reports.attachments.clean:main",
    memory=1536 * 1024 * 1024,  # [ours: 50 megapixels as RGBA, twice, and the libraries]
    seconds=40,  # [ours: thirty pages full of drawings take 20]
    patience=90,  # [ours: beside others on a slow machine]
)


def cleaned(data: bytes, kind: Kind) -> Copy:
    """The cleaned copy of a file of that kind; Unclean, with the reason, if there can be none."""
    if not kind.copied:
        raise Unclean(f"{kind.ending.upper()} files cannot be decoded here; ask the sender for another kind")
    with started(CLEANER, kind.type) as process:
        answer = _exchanged(process, data)
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
    giving.join(CLEANER.patience)
    return None if len(answer) > MAX_COPY else answer
