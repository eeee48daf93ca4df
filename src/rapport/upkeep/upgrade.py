"""The database becomes what this version needs, and what it held is compared: START at `upgrade`."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rapport.errors import RapportError
from rapport.upkeep import archive, books
from rapport.upkeep.backup import DATABASE, Made, Told, backup, is_sqlite
from rapport.upkeep.rows import PostgresStore, Store, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = "report_kept_as_it_came"


@dataclass(frozen=True, slots=True)
class Upgraded:
    migrations: tuple[str, ...]  # what was applied, as app.name
    made: Made


def missing() -> list[str]:
    """The migrations that this version has and the database has not, as app.name."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def unknown() -> list[str]:
    """The migrations that the database has and this version does not know: it was used with a later one."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    return [f"{app}.{name}" for app, name in sorted(loader.applied_migrations.keys() - loader.disk_migrations.keys())]


def bring_up_to_date() -> bool:
    """Apply the migrations that are missing; whether there were any."""
    from django.core.management import call_command

    if not missing():
        return False
    call_command("migrate", verbosity=0, interactive=False)
    return True


def upgrade(
    path: Path, data: Path, database: Mapping[str, Any], passphrase: bytes | None, told: Told
) -> Upgraded | None:
    """Bring a database that nobody uses to the form this version needs; None if it has it already.

    1 nobody else is connected · 2 a backup · 3 migrate · 4 compare with the backup: the number of rows, the decisions,
    the content of the reports, and that content still cannot be changed. What fails is taken back by itself on SQLite;
    on PostgreSQL the error says how.
    """
    ahead = missing()
    if unknown():
        raise RapportError(
            f"The database is of a later version of rapport ({unknown()[0]}): install that one, or restore."
        )
    if not ahead:
        return None
    _alone(database)
    made = backup(path, data, database, passphrase, told)
    try:
        bring_up_to_date()
        told("Comparing", 0)
        _compare(made, database)
    except Exception as error:
        raise RapportError(
            f"The upgrade did not succeed: {_first_line(error)} {_back(made, database, passphrase)}"
        ) from error
    return Upgraded(tuple(ahead), made)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".") + "."


def _alone(database: Mapping[str, Any]) -> None:
    """RapportError if somebody else has the database open: what they write now would be lost with a way back."""
    from django.db import connection

    connection.close()
    if is_sqlite(database):
        with closing(sqlite3.connect(database["NAME"], timeout=1, isolation_level=None)) as probe:
            try:
                probe.execute(
                    "PRAGMA journal_mode = DELETE"
                )  # SQLite does it only for who is alone; Django sets WAL again
            except sqlite3.OperationalError as error:
                raise RapportError(_IN_USE) from error
        return
    with connect(database) as probe_of_postgres:
        others = probe_of_postgres.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        ).fetchone()
    if others and others[0]:
        raise RapportError(_IN_USE)


_IN_USE = "The database is in use: stop rapport first (systemctl stop rapport, or Ctrl-C), then upgrade."


@contextmanager
def opened(database: Mapping[str, Any]) -> Iterator[Store]:
    """The database of these settings, only to read."""
    if is_sqlite(database):
        with books.sqlite_file(Path(database["NAME"])) as store:
            yield store
    else:
        with connect(database) as connection:
            connection.read_only = True
            yield PostgresStore(connection)


def _compare(made: Made, database: Mapping[str, Any]) -> None:
    from django.db import connection

    connection.close()
    with opened(database) as store:
        wrong = books.differences(made.manifest.books, store, upgraded=True)
    if is_sqlite(database):
        books.sound(Path(database["NAME"]))
    if not content_is_guarded():
        wrong.append("the content of reports could be changed")
    if missing():
        wrong.append("migrations are still missing")
    connection.close()
    if wrong:
        raise RapportError(f"{'; '.join(wrong[:5])}.")


def content_is_guarded() -> bool:
    """Whether the database itself refuses to change what a report says; tried on one and rolled back."""
    from django.db import DatabaseError, connection, transaction

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {books.REPORTS}")  # noqa: S608
        if not cursor.fetchone()[0]:
            return True  # nothing to try it on
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {books.REPORTS} SET text = text || 'x' WHERE id = (SELECT min(id) FROM {books.REPORTS})"  # noqa: S608
            )
            transaction.set_rollback(True)
    except DatabaseError as error:
        return "kept as it came" in str(error)
    return False


def _back(made: Made, database: Mapping[str, Any], passphrase: bytes | None) -> str:
    """Put the database back if it is a file; what to tell whoever upgrades."""
    again = "Install the version that you had and start it."
    if not is_sqlite(database):
        return (
            f"The backup {made.path} holds everything as it was: make an empty database, then rapport restore"
            f" {made.path} --into NEW_FOLDER with RAPPORT_DATABASE_URL naming it. {again}"
        )
    from django.db import connection

    connection.close()
    path = Path(database["NAME"])
    draft = path.with_name(f".{path.name}.back")
    draft.unlink(missing_ok=True)
    archive.take_out(made.path, passphrase, DATABASE, draft)
    for log in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        log.unlink(missing_ok=True)
    draft.replace(path)
    return f"The database is again as it was before (it also stands in {made.path}). {again}"
