"""The database's files hold nothing any more of what was in them before."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from django.apps import apps
from django.db import OperationalError, connection

from rapport import plugins
from rapport.turns import turn

#: Times the log of SQLite is asked to become empty, a tenth of a second apart: readers hold it up for as long as they
#: read [ours].
_TRIES = 50


def compact() -> float:
    """Write the database's files anew without what is gone. Seconds that it took; nobody else writes meanwhile.
    OperationalError, which says what to do, if there is too little room on the disk, or readers do not let go."""
    began = time.monotonic()
    if connection.vendor == "sqlite":
        _sqlite()
    else:
        with connection.cursor() as cursor:
            for name in _tables():
                cursor.execute(f"VACUUM (FULL, ANALYZE) {connection.ops.quote_name(name)}")
    return time.monotonic() - began


def room_needed() -> tuple[int, int]:
    """Bytes that it needs on the disk of the database for a while, and how many are free there; zeros on another
    machine's disk."""
    if connection.vendor != "sqlite":
        return 0, 0
    path = Path(str(connection.settings_dict["NAME"]))
    # The new file comes to be in the log beside the old one, and SQLite may put another copy among the temporary files.
    return 2 * path.stat().st_size, shutil.disk_usage(path.parent).free


def _sqlite() -> None:
    needed, free = room_needed()
    if needed > free:
        raise OperationalError(
            f"Clearing the database's file needs {needed // 1_000_000} MB of the disk for a while, and"
            f" {free // 1_000_000} MB are free: make room, then rapport retention run."
        )
    with turn(), connection.cursor() as cursor:
        cursor.execute("VACUUM")
    empty_log()


def empty_log() -> None:
    """What stood in SQLite's log is in its file, and the log is empty. OperationalError if readers hold it up."""
    if connection.vendor != "sqlite":
        return
    with turn(), connection.cursor() as cursor:
        for _ in range(_TRIES):
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if not cursor.fetchone()[0]:
                return
            time.sleep(0.1)
    raise OperationalError("The database's log cannot be emptied: somebody reads for long. It is tried again later.")


def _tables() -> list[str]:
    """Of everything that anybody destroys."""
    named = {model for holder in plugins.retention() for model in holder.tables}
    return sorted(apps.get_model(model)._meta.db_table for model in named)
