"""Killed in the middle of a run, again and again, it is complete in the end, and nobody else lost anything."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.web.retention import filled, found_in, script
from tests.web.test_retention_on_disk import ASKED, NEIGHBOURS
from tests.web.upkeep import environment, rapport, result

pytestmark = pytest.mark.soak

KILLS = 8
NEIGHBOURS_MANY = 3_000


def test_killed_in_the_middle_it_goes_on_and_is_complete(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = filled(data, NEIGHBOURS_MANY)
    before = json.loads(script(data, NEIGHBOURS))
    dice = random.Random(4636)
    first = ("destroy", "sample", "--report", made["refs"][0], *ASKED, "--yes")
    stages = set()
    for number in range(KILLS):
        words = first if number == 0 else ("run",)
        running = subprocess.Popen(
            [sys.executable, "-m", "rapport.cli", "retention", *words],
            env=environment(data), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while not (data / "retention.lock").exists() and running.poll() is None:
            time.sleep(0.01)  # it has begun
        time.sleep(dice.uniform(0.05, 1.2) if number == 0 else dice.uniform(0.6, 2.4))
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        runs = result(data, "retention", "status", "sample")["runs"]
        stages |= {one["stage"] for one in runs}
    assert stages - {"done"}, "or the kills came to nothing"
    done = rapport(data, "retention", "run", "--json")
    assert done.returncode == 0, done.stderr
    last = result(data, "retention", "status", "sample")["runs"][0]
    assert last["stage"] == "done"
    assert last["destroyed"]["addresses"] == 1
    assert found_in(data) == []
    assert found_in(data, (made["pseudonym"],)) == []
    assert not list((data / "keys").glob(".*")), "what an exchange of keys left is wiped at the next"
    after = json.loads(script(data, NEIGHBOURS))
    assert set(before["addresses"]) - set(after["addresses"]) == {"+50937011234"}
    assert len(after["addresses"]) == len(before["addresses"]) - 1
    assert after["files"] == ["Pawol vwazen"]
    assert after["rows"] == before["rows"]
    assert len((data / "keys" / "addresses").read_bytes().split()) == 1
