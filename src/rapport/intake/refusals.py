"""What was not taken: counted in memory, written every few seconds. Hostile requests cost no write each."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from multiprocessing.util import Finalize

from django.db import DatabaseError, connection, transaction
from django.db.models import F

from rapport.intake.models import RefusalCount
from rapport.operations.models import Source

#: Seconds between two writes.
INTERVAL = 3.0

_Key = tuple[int | None, date, str]  # source, day (UTC), reason
_lock = threading.Lock()
_waiting: Counter[_Key] = Counter()
_due = 0.0
_timer: threading.Timer | None = None
_log = logging.getLogger(__name__)


def count(source: Source | None, reason: str, number: int = 1) -> None:
    """Notes refusals; `source` is None where none was found. Writes what has gathered when it is due."""
    _write_at_exit(os.getpid())
    with _lock:
        _waiting[(source.pk if source else None, datetime.now(UTC).date(), reason)] += number
        _wake_up()
    flush_if_due()


def _wake_up() -> None:
    """A gateway may fall silent after its last refusal: then nobody would come by to write it."""
    global _timer
    if not connection.in_atomic_block and (_timer is None or not _timer.is_alive()):
        _timer = threading.Timer(INTERVAL, _flush_alone)
        _timer.daemon = True
        _timer.start()


def _flush_alone() -> None:
    flush()
    connection.close()  # this thread ends here


@lru_cache(maxsize=1)
def _write_at_exit(process: int) -> None:
    """Once for each process: unlike atexit, Finalize also runs in those that a server starts, but not what their
    parent registered before."""
    Finalize(None, _last_write, exitpriority=0)


def _last_write() -> None:
    with suppress(DatabaseError):  # there is no later to keep them for
        _write(_take())


def flush_if_due() -> None:
    """Writes the counts if the last write is INTERVAL seconds ago; every request of a gateway asks."""
    global _due
    with _lock:
        now = time.monotonic()
        if not _waiting or now < _due:
            return
        _due = now + INTERVAL
    flush()


def flush() -> None:
    """Writes all counts that have gathered. A database that is away keeps them waiting."""
    taken = _take()
    try:
        _write(taken)
    except DatabaseError as error:
        _log.warning("refusal counts wait for the database: %s", error)
        with _lock:
            _waiting.update(taken)


def _take() -> dict[_Key, int]:
    with _lock:
        taken = dict(_waiting)
        _waiting.clear()
    return taken


def _write(counts: dict[_Key, int]) -> None:
    if not counts:
        return
    with transaction.atomic():
        sources = Source.objects.in_bulk([key[0] for key in counts if key[0] is not None])
        for (source_id, day, reason), number in counts.items():
            source = None if source_id is None else sources.get(source_id)
            if source_id is not None and source is None:
                continue  # the source was deleted, and its counts with it
            row, _ = RefusalCount.objects.get_or_create(source=source, day=day, reason=reason)
            RefusalCount.objects.filter(pk=row.pk).update(count=F("count") + number)


def forget() -> None:
    """Drops what has not been written; for tests, whose databases do not outlive them."""
    global _due
    with _lock:
        _waiting.clear()
        _due = 0.0
