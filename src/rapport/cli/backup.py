"""`rapport backup`, `restore` and `upgrade`: everything in one file, the way back, and a new version."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli.output import NeedsModels, as_json, set_up, show
from rapport.errors import RapportError
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.upkeep.archive import Manifest
    from rapport.upkeep.backup import Made, Told
    from rapport.upkeep.restore import Unpacked

_FILE = click.Path(dir_okay=False, path_type=Path)
_THERE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_passphrase_file = click.option(
    "--passphrase-file", type=_THERE, help="Seal the backup with the first line of this file, or open it with it."
)


@click.command(cls=NeedsModels)
@click.argument("file", type=_FILE, required=False)
@click.option("--to-folder", type=_FOLDER, help="Name it by its time, in this folder: for timers.")
@click.option("--keep", type=click.IntRange(1), help="With --to-folder: delete all but so many of the newest.")
@_passphrase_file
@as_json
def backup(
    file: Path | None, to_folder: Path | None, keep: int | None, passphrase_file: Path | None, to_json: bool
) -> None:
    """Write everything to FILE while rapport goes on: database, keys, attachments, imports. Then read it back.

    It holds the keys to every sender's address. Without --passphrase-file, keep it as you keep the data folder itself.
    """
    from django.conf import settings

    from rapport.upkeep.backup import backup as make
    from rapport.upkeep.backup import keep_newest, new_name

    if bool(file) == bool(to_folder):
        raise click.UsageError("Name a FILE, or a folder with --to-folder.")
    if keep and not to_folder:
        raise click.UsageError("--keep goes with --to-folder.")
    if to_folder:
        to_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = (file or Path(to_folder or "") / new_name()).absolute()
    passphrase = _passphrase(passphrase_file)
    with _told() as told:
        made = make(path, settings.DATA_DIR, settings.DATABASES["default"], passphrase, told)
    gone = keep_newest(to_folder, keep) if to_folder and keep else []
    result = _result(made.manifest) | {
        "file": str(path), "size": made.size, "sealed": made.sealed, "seconds": round(made.seconds, 2),
        "deleted": [one.name for one in gone],
    }  # fmt: skip
    show(result, to_json, [*_backed_up(made), *[f"Deleted: {one.name}" for one in gone]])


def _result(manifest: Manifest) -> dict[str, Json]:
    return {
        "made_at": manifest.made_at,
        "rapport": manifest.rapport,
        "database": manifest.database,
        "rows": {name: table.rows for name, table in manifest.tables.items()},
        "files": len(manifest.files),
        "ledger": manifest.ledger.sha256,
        "reports": manifest.reports.sha256,
    }


def _backed_up(made: Made) -> list[str]:
    lines = [
        f"{made.path}: {made.size / 1_000_000:.1f} MB in {made.seconds:.1f} s, read back and found whole.",
        _counted(made.manifest),
    ]
    if not made.sealed:
        lines.append("It holds the keys to every sender's address: keep it as safe as the data folder itself.")
    return lines


def _counted(manifest: Manifest) -> str:
    from rapport.upkeep.books import DECISIONS, REPORTS

    rows = sum(table.rows for table in manifest.tables.values())
    return (
        f"{manifest.tables[REPORTS].rows} reports, {manifest.tables[DECISIONS].rows} decisions, {rows} rows in"
        f" {len(manifest.tables)} tables, {len(manifest.files)} files."
        f" Record of decisions: {manifest.ledger.sha256[:16]}"
    )


@click.command()
@click.argument("file", type=_THERE)
@click.option("--into", type=_FOLDER, required=True, help="The new data folder: empty, or not there yet.")
@_passphrase_file
@as_json
def restore(file: Path, into: Path, passphrase_file: Path | None, to_json: bool) -> None:
    """Make a data folder of the backup FILE; and, if RAPPORT_DATABASE_URL names an empty PostgreSQL database, fill it.

    All of it is checked before anything is written, and compared with what was backed up before it is called done. A
    backup of either database can be restored into the other.
    """
    from rapport.upkeep import restore as way_back
    from rapport.web import environment

    database = environment.read()["RAPPORT_DATABASE_URL"]
    in_file = database["ENGINE"].endswith("sqlite3")
    if in_file and os.environ.get("RAPPORT_DATABASE_URL"):
        raise RapportError("A database that is a file is restored within the data folder: unset RAPPORT_DATABASE_URL.")
    with _told() as told:

        def fill(unpacked: Unpacked) -> int:
            if in_file and unpacked.manifest.database == "sqlite":
                return way_back.take_database(unpacked)
            return _fill(unpacked, told)

        done = way_back.restore(file, into.absolute(), _passphrase(passphrase_file), told, fill)
    where = "the database that RAPPORT_DATABASE_URL names" if not in_file else str(into / "rapport.db")
    show(
        _result(done.manifest) | {"into": str(into), "messages_held": done.held},
        to_json,
        [
            f"Restored into {into} and {where}: every count and digest is as it was at {done.manifest.made_at}.",
            _counted(done.manifest),
            *_held(done.held),
            f"To go on with it: RAPPORT_DATA_DIR={into} rapport serve",
        ],
    )


def _held(count: int) -> list[str]:
    if not count:
        return []
    return [
        f"{count} messages to senders waited then and may have gone since: a person says on the page of messages out"
        " whether they are sent."
    ]


def _fill(unpacked: Unpacked, told: Told) -> int:
    """Django is set up on what was unpacked, and only now: it would make keys of its own where there are none."""
    os.environ["RAPPORT_DATA_DIR"] = str(unpacked.folder)
    set_up(from_nothing=True)
    from django.conf import settings

    from rapport.upkeep import restore as way_back

    return way_back.fill(unpacked, settings.DATABASES["default"], told)


@click.command(cls=NeedsModels)
@click.option("--backup-to", type=_FILE, help="Where the backup goes; by itself into backups/ in the data folder.")
@_passphrase_file
@as_json
def upgrade(backup_to: Path | None, passphrase_file: Path | None, to_json: bool) -> None:
    """Bring the data of an earlier version to this one, after a backup, and compare what they hold.

    Stop rapport first. If anything is not as it was, the database is put back, or you are told how.
    """
    from django.conf import settings

    from rapport.upkeep.backup import new_name
    from rapport.upkeep.upgrade import upgrade as bring

    path = (backup_to or settings.DATA_DIR / "backups" / f"before-upgrade-{new_name()}").absolute()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _told() as told:
        done = bring(path, settings.DATA_DIR, settings.DATABASES["default"], _passphrase(passphrase_file), told)
    if done is None:
        show({"migrations": [], "backup": None}, to_json, ["Nothing to upgrade: the database is of this version."])
        return
    show(
        _result(done.made.manifest) | {"migrations": list(done.migrations), "backup": str(done.made.path)},
        to_json,
        [
            f"Upgraded: {len(done.migrations)} migrations. Every report and decision is as it was before.",
            _counted(done.made.manifest),
            f"The way back: install the version that you had, then rapport restore {done.made.path} --into NEW_FOLDER",
        ],
    )


def _passphrase(file: Path | None) -> bytes | None:
    from rapport.upkeep.sealing import SHORTEST

    if file is None:
        return None
    line = (file.read_bytes().splitlines() or [b""])[0].strip()
    if len(line) < SHORTEST:
        raise RapportError(f"The first line of {file} is the passphrase: at least {SHORTEST} characters.")
    return line


@contextmanager
def _told() -> Iterator[Told]:
    """Says on a terminal what is being done and how much of it is."""
    from rich.console import Console
    from rich.status import Status

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda what, count: None
        return
    doing, done, shown = "", 0, 0.0
    with Status("", console=console) as status:

        def told(what: str, count: int) -> None:
            nonlocal doing, done, shown
            doing, done = (what, done + count) if what == doing else (what, count)
            if time.monotonic() - shown > 0.1:
                shown = time.monotonic()
                status.update(f"{doing} {done / 1_000_000:.0f} MB")

        yield told
