"""The database itself."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import version

from django.db import DatabaseError, connection
from django.utils import timezone

from rapport.reports.models import Report
from rapport.upkeep import upgrade
from rapport.upkeep.doctor.finding import Finding, fine, look, wrong

#: Two clocks that are further apart give wrong times to reports [ours].
_APART = timedelta(seconds=30)
_RESTORE = "Stop rapport, copy the folder aside, and restore the last backup into a new one."


def reached() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        yield wrong(
            "database", f"The database cannot be reached: {str(error).splitlines()[0]}.",
            _RESTORE if connection.vendor == "sqlite" else "Is its server running, and RAPPORT_DATABASE_URL right?",
        )  # fmt: skip
        return
    yield fine(
        "versions",
        f"rapport {version('rapport')}, Python {platform.python_version()}, "
        f"{connection.display_name} {_database_version()}.",
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            encoding = cursor.fetchone()[0]
        if encoding != "UTF8":
            yield wrong("database", f"The database is in {encoding}.", "Make one in UTF8: createdb --encoding UTF8.")


def _database_version() -> str:
    return ".".join(map(str, connection.get_database_version()))


def of_this_version() -> Iterator[Finding]:
    later, ahead = upgrade.unknown(), upgrade.missing()
    if not connection.introspection.table_names():
        yield wrong(
            "migrations", "The database is empty.",
            "If it held anything, restore the last backup into a new folder. To begin anew: rapport serve.",
        )  # fmt: skip
    elif later:
        yield wrong(
            "migrations", f"A later version of rapport was used on it ({later[0]}).", "Install that version again."
        )
    elif ahead:
        yield wrong(
            "migrations", f"It is of an earlier version: {len(ahead)} migrations are missing.", "rapport upgrade"
        )
    else:
        yield fine("migrations", "The database is of this version.")


def whole() -> Iterator[Finding]:
    """Only SQLite can be asked; PostgreSQL has its own checksums."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(3)")
        found = [str(row[0]) for row in cursor.fetchall()]
    if found == ["ok"]:
        yield fine("database", "SQLite finds its file whole.")
    else:
        yield wrong(
            "database", f"The database file is damaged: {'; '.join(found)}.",
            _RESTORE,
        )  # fmt: skip


def guarded() -> Iterator[Finding]:
    if upgrade.content_is_guarded():
        yield fine("reports", "What a report says cannot be changed.")
    else:
        yield wrong(
            "reports", "The database would let somebody change what a report says: its trigger is gone.",
            "Restore a backup, or ask whoever changed the database.",
        )  # fmt: skip


def clocks() -> Iterator[Finding]:
    now, newest = timezone.now(), Report.objects.order_by("-id").values_list("received_at", flat=True).first()
    if newest and newest - now > _APART:
        yield wrong(
            "clock", f"A report came in at {newest:%Y-%m-%d %H:%M} UTC, and the clock says {now:%Y-%m-%d %H:%M}.",
            "Set the clock right: timedatectl set-ntp true.",
        )  # fmt: skip
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            apart = abs(cursor.fetchone()[0] - timezone.now())
        if apart > _APART:
            yield look("clock", f"The database's clock is {apart.total_seconds():.0f} s off.", "Set both clocks right.")
