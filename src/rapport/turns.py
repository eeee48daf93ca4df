"""Processes that write much to one SQLite file take turns, so that none of them starves; and locks between processes.

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


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Whether this process has the lock of that name, in the data folder, to itself; nobody waits for it."""
    with _locked(Path(settings.DATA_DIR), name, shared=False, wait=False) as mine:
        yield mine


@contextmanager
def keys_are_copied(*, exclusive: bool, folder: Path | None = None) -> Iterator[bool]:
    """Around the making of a backup: from the first row to the last key no key is taken out. Whoever takes one out asks
    `exclusive`, and is told whether nobody copies now."""
    with _locked(folder or Path(settings.DATA_DIR), "keys.lock", shared=not exclusive, wait=not exclusive) as mine:
        yield mine


@contextmanager
def _locked(folder: Path, name: str, *, shared: bool, wait: bool) -> Iterator[bool]:
    if fcntl is None:
        yield True
        return
    with Path(folder, name).open("ab") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
