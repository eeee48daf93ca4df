"""Killed while it enters and seals, the ledger is whole, and holds every decision that was made."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rapport.cli.bench_ground import environment, make
from tests.migrated import migrated

pytestmark = pytest.mark.soak

KILLS = 10
#: Decides as fast as it can in one thread, one or many at once, and seals in another; says what is committed.
WORK = """
import threading
import django
django.setup()
from rapport.accounts.models import Person
from rapport.operations.models import Operation
from rapport.oversight.ledger import seal
from rapport.oversight.models import Decision, DecisionKind
from rapport.oversight.record import decide_all

operation = Operation.objects.get()
person, _ = Person.objects.get_or_create(username="vero")

def sealing():
    while True:
        seal.seal()
        seal.checkpoint_when_due()

threading.Thread(target=sealing, daemon=True).start()
count = 0
while True:
    count = count % 40 + 1
    made = [
        Decision(operation=operation, person=person, kind=DecisionKind.REJECT, report_id=number, reason="No.")
        for number in range(count)
    ]
    decide_all(made)
    print(*(one.pk for one in made), flush=True)
"""


def test_killed_ten_times_it_is_whole_and_lacks_nothing(tmp_path: Path) -> None:
    ground, dice = make(migrated(tmp_path)), random.Random(2010)
    settings = environment(Path(ground.folder)) | {"DJANGO_SETTINGS_MODULE": "rapport.web.settings"}
    said = tmp_path / "said"
    sealed = []
    for _ in range(KILLS):
        with said.open("ab") as out:
            process = subprocess.Popen([sys.executable, "-c", WORK], env=settings, stdout=out)
            before = said.stat().st_size
            while said.stat().st_size == before:  # until it is at work
                assert process.poll() is None
                time.sleep(0.05)
            time.sleep(dice.uniform(0.1, 1.0))
            process.kill()
            process.wait()
            out.write(b"\n")  # a line that was cut by the kill ends here
        found = verified(settings)
        assert (found["whole"], found["faults"]) == (True, [])
        sealed.append(found["entries"])
    acknowledged = [line.split() for line in said.read_text().splitlines()]
    count = sum(map(len, acknowledged))
    print(f"{count} decisions acknowledged, {found['decisions']} there, {sealed} sealed after each kill")  # noqa: T201
    assert sealed == sorted(sealed), "it goes on where it was"
    assert len(set(sealed)) > KILLS / 2, "or it was killed before it came to anything"
    assert found["decisions"] >= count > KILLS * 20
    assert found["decisions"] == found["entries"] + found["waiting"]
    assert subprocess.run(
        [sys.executable, "-m", "rapport.cli", "ledger", "checkpoint"], env=settings, check=True, capture_output=True
    ).stdout
    assert verified(settings)["waiting"] == 0


def verified(settings: dict[str, str]) -> dict[str, int | bool | list[object]]:
    command = [sys.executable, "-m", "rapport.cli", "ledger", "verify", "--json"]
    done = subprocess.run(command, env=settings, check=False, capture_output=True, text=True)
    assert done.stdout, done.stderr
    answer: dict[str, int | bool | list[object]] = json.loads(done.stdout)
    return answer
