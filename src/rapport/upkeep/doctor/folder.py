"""The data folder and the settings."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast, get_args
from urllib.parse import urlsplit

import msgspec

from rapport.errors import RapportError
from rapport.oversight.keys import KeyPurpose, load
from rapport.upkeep.backup import LAST
from rapport.upkeep.doctor.finding import Finding, fine, look, wrong

#: Bytes free on the disk below which it is wrong, and below which somebody should look [ours: SQLite needs room for its
#: log, and an import of a large file takes hundreds of MB].
_FULL, _NEARLY_FULL = 200_000_000, 2_000_000_000
#: A log of SQLite above this is not folded back: something reads for very long [ours; settings keep it at 64 MB].
_LONG_LOG = 512_000_000
#: A backup a day, with two hours of grace [ours].
_DAILY = timedelta(hours=26)
_HERE = ("localhost", "127.0.0.1", "::1")


def settings(found: Mapping[str, Any]) -> Iterator[Finding]:
    url = found["RAPPORT_PUBLIC_URL"]
    parts = urlsplit(url)
    if not url:
        yield look(
            "public_url", "RAPPORT_PUBLIC_URL is not set.",
            "For a server that others reach, set it to its address, as https://map.example.org: links, cookies and the"
            " signatures of gateways rest on it.",
        )  # fmt: skip
    elif parts.scheme == "http" and parts.hostname not in _HERE:
        yield wrong(
            "public_url", f"{url} is without TLS: passwords and reports can be read on the way.",
            "Put Caddy or nginx in front and set an https address: docs/how-to/run-on-a-server.md.",
        )  # fmt: skip
    elif parts.scheme == "https" and not found["RAPPORT_TRUST_PROXY"]:
        yield look(
            "trust_proxy", "RAPPORT_PUBLIC_URL is https, and RAPPORT_TRUST_PROXY is 0.",
            "Behind a proxy set it to 1: else all readers have the proxy's address and share one limit.",
        )  # fmt: skip
    else:
        yield fine("public_url", f"The public address is {url}.")
    if found["RAPPORT_DEBUG"]:
        yield (wrong if url else look)(
            "debug", "RAPPORT_DEBUG is 1: error pages show source code and settings.", "Unset it on a public server."
        )


def data(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield wrong(
            "data_folder", f"There is no data folder {folder}.",
            "Stand in the folder where rapport runs, or name it in RAPPORT_DATA_DIR. To begin anew: rapport serve.",
        )  # fmt: skip
        return
    owner, mine = folder.stat().st_uid, os.geteuid()
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield wrong(
            "data_folder", f"{_name(mine)} may not write in {folder}, which belongs to {_name(owner)}.",
            f"Run as {_name(owner)}: sudo -u {_name(owner)} rapport doctor.",
        )  # fmt: skip
    elif owner != mine:
        yield look(
            "data_folder", f"{folder} belongs to {_name(owner)}, and this is {_name(mine)}.",
            f"Run commands as {_name(owner)} (sudo -u {_name(owner)} …), or files appear that the server cannot write.",
        )  # fmt: skip
    elif folder.stat().st_mode & stat.S_IWOTH:
        yield wrong(
            "data_folder", f"Everybody on this machine may write in {folder}, and put another database, or other keys,"
            " in place of these.", f"chmod 700 {folder}",
        )  # fmt: skip
    else:
        yield fine("data_folder", f"The data folder is {folder}.")
    if folder.stat().st_mode & 0o007 and any(_open(path) for path in folder.glob("*.db")):
        yield look(
            "data_folder", f"Everybody on this machine can read {folder} and the database in it.", f"chmod 700 {folder}"
        )


def _open(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o004)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def keys(folder: Path) -> Iterator[Finding]:
    """Their files; whether they open what was sealed is looked at with the database."""
    if not folder.is_dir():
        return
    there = sorted(path for path in (folder / "keys").glob("*") if path.is_file())
    if not there:
        yield wrong(
            "keys", f"There are no keys in {folder / 'keys'}.",
            "Bring them back from a backup before anything starts: new ones open nothing that was sealed before.",
        )  # fmt: skip
        return
    for path in there:
        if path.name in get_args(KeyPurpose) and (fault := _damage(folder, path.name)):
            yield wrong("key_files", fault, "Nothing that was sealed with it can be opened before it is back.")
    loose = [path for path in there if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if loose:
        names = ", ".join(path.name for path in loose)
        yield wrong("keys", f"Others on this machine may read these keys: {names}.", f"chmod 600 {folder}/keys/*")
    else:
        yield fine("keys", f"{len(there)} keys, readable by their owner only.")


def _damage(folder: Path, name: str) -> str:
    try:
        load(folder, cast(KeyPurpose, name))
    except RapportError as error:
        return str(error)
    except PermissionError:
        return f"The key file {folder / 'keys' / name} may not be read by {_name(os.geteuid())}."
    return ""


def space(folder: Path, database: Path | None) -> Iterator[Finding]:
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    size = database.stat().st_size if database and database.exists() else 0
    said = f"{free / 1e9:.1f} GB are free on the disk of {folder}."
    if free < _FULL:
        yield wrong("space", said, "Make room now: soon no message can be kept, and gateways will have to repeat.")
    elif free < max(_NEARLY_FULL, 2 * size):
        yield look("space", said, "Make room: a backup needs as much as the database again.")
    else:
        yield fine("space", said)
    log = database.with_name(f"{database.name}-wal") if database else None
    if log and log.exists() and log.stat().st_size > _LONG_LOG:
        yield look(
            "log", f"SQLite's log has {log.stat().st_size / 1e6:.0f} MB: something has been reading for very long.",
            "Look for a forgotten sqlite3 or copy of the database; restart rapport.",
        )  # fmt: skip


def last_backup(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        return
    try:
        note = msgspec.json.decode((folder / LAST).read_bytes(), type=dict[str, Any])
        at = datetime.fromisoformat(str(note["made_at"]))
    except (OSError, ValueError, KeyError):
        yield look(
            "backup", "No backup was made yet.", "rapport backup FILE, or a timer: docs/how-to/back-up-and-restore.md."
        )
        return
    age = datetime.now(UTC) - at
    said = f"The last backup is {age.total_seconds() / 3600:.0f} hours old: {note.get('file', '')}."
    if age > _DAILY:
        yield look("backup", said, "Make one a day by a timer: docs/how-to/back-up-and-restore.md.")
    else:
        yield fine("backup", said)
