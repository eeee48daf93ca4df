"""A database with all its tables, made once for all processes of a test run and copied by whoever begins with one.

Every migration from nothing costs seconds of processor time; the tests that are about just that still pay them.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from rapport.cli.bench_ground import environment


def migrated(data: Path) -> Path:
    """A data folder whose SQLite file is as `rapport migrate` leaves it, without keys; returns the folder."""
    data.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(template(), data / "rapport.db")
    return data


def template() -> Path:
    """The file to copy. It lies in the data folder of the tests, which is new in each run."""
    folder = Path(settings.DATA_DIR) / "template"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the others wait for the first; released when the file is closed
        made = folder / "made.db"
        if not made.exists():
            command = [sys.executable, "-m", "rapport.cli", "migrate"]
            subprocess.run(command, env=environment(folder), check=True, capture_output=True)
            (folder / "rapport.db").rename(made)  # its last connection is closed: no -wal beside it holds anything
    return made
