"""Processes that write much to one SQLite file take turns, so that none of them starves.

SQLite does not queue: whoever finds the file locked sleeps, up to a tenth of a second at a time, and whoever writes
without a pause takes the lock again before the other one wakes. A lock of the system wakes who waits at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

try:
    import fcntl
except ImportError:  # a system without such locks; SQLite's own waiting does then
    fcntl = None  # type: ignore[assignment]


@contextmanager
def turn() -> Iterator[None]:
    """Around a transaction of those that write again and again. Nothing on another database, nor within a larger
    transaction: that one has the file locked already, and whoever holds a turn may be waiting for it."""
    if fcntl is None or connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with Path(settings.DATA_DIR, "turns.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # given back when the file is closed, also by kill -9
        yield
