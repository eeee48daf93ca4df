"""A file of 2 GB comes in, and the process that takes it in stays small."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rapport.cli.bench_ground import environment, make, temporary_folder
from tests.migrated import migrated

pytestmark = pytest.mark.soak
ROWS = 100_000
ROW = 20_000  # bytes, nearly all of them in a column that is left out: the file is large, not the database
MOST_MB = 300

_MAPPING = """
import django; django.setup()
from rapport.intake.imports.plan import Plan, header_hash
from rapport.intake.models import ImportMapping
from rapport.operations.models import Operation
columns = ("id", "text", "filler")
plan = Plan("csv", columns, {"id": "id", "text": "text", "filler": "left_out"})
ImportMapping.objects.create(operation=Operation.objects.get(), name="large", header_hash=header_hash(columns),
                             plan=plan.to_json())
"""
#: Runs a command and says at the end how much memory it had, in KiB. In a small process of its own: Linux counts to a
#: process what the one had that started it, and the process of these tests is large.
_MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(process.pid, 0)
print(used.ru_maxrss, file=sys.stderr, flush=True)
os._exit(os.waitstatus_to_exitcode(status))
"""


def test_two_gigabytes_come_in_within_300_mb() -> None:
    with temporary_folder() as folder:
        ground = make(migrated(folder))
        env = environment(folder) | {"DJANGO_SETTINGS_MODULE": "rapport.web.settings"}
        subprocess.run([sys.executable, "-c", _MAPPING], env=env, check=True)
        file = folder / "large.csv"
        write(file)
        assert file.stat().st_size > 2_000_000_000
        command = [sys.executable, "-m", "rapport.cli", "import", ground.operation, "--source", "large", str(file),
                   "--mapping", "large", "--json"]  # fmt: skip
        measured = subprocess.run([sys.executable, "-c", _MEASURED, *command], env=env, capture_output=True, check=True)
        result, peak = json.loads(measured.stdout), int(measured.stderr.split()[-1]) / 1024
        sys.stderr.write(f"\n{file.stat().st_size / 1e9:.2f} GB, {ROWS:,} rows: {peak:.0f} MB at the most\n")
    assert (result["state"], result["new"], result["refused"]) == ("done", ROWS, [])
    assert peak < MOST_MB


def write(path: Path) -> None:
    filler = "x" * ROW
    with path.open("w", encoding="utf-8") as file:
        file.write("id,text,filler\n")
        for number in range(ROWS):
            file.write(f"{number},Nou bezwen dlo nan kan {number},{filler}\n")
