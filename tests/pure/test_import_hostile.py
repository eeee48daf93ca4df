from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.intake.imports.guess import propose
from rapport.intake.imports.judge import judging
from rapport.intake.imports.plan import Plan
from rapport.intake.imports.reading import prepare, rows
from rapport.values import Message
from tests.pure.hostile import FILES
from tests.pure.importing import ABOUT, read_through

#: These take a second or more each: tens of megabytes, or a workbook that is read until it reaches a limit.
_SLOW = {"endless line.csv", "endless line without end.csv", "lying bomb.xlsx", "far cell.xlsx"}
MEMORY_MOST_MB = 300
SECONDS_MOST = 30


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.soak if name in _SLOW else ()) for name in FILES]
)
def test_a_file_that_fights_back_gets_its_verdict_and_every_row_its_own(name: str, tmp_path: Path) -> None:
    write, expected = FILES[name]
    path = tmp_path / name
    write(path)
    if expected.whole:
        with pytest.raises(Refused) as refused:
            read_through(path)
        assert refused.value.reason in expected.whole.split("|")
        assert refused.value.remedy
        return
    read = read_through(path)
    assert (len(read.messages), read.reasons) == (expected.good, dict(expected.refused))
    assert all(refused.row == number and refused.remedy for number, refused in read.refused.items())


def test_there_are_thirty_of_them() -> None:
    assert len(FILES) >= 30


@pytest.mark.soak
@pytest.mark.parametrize("name", FILES)
def test_no_hostile_file_takes_much_memory_or_time(name: str, tmp_path: Path) -> None:
    """In a process of its own, with the process that reads workbooks counted too."""
    path = tmp_path / name
    FILES[name][0](path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.pure.test_import_hostile", str(path)],
        capture_output=True, text=True, timeout=SECONDS_MOST, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    measured = json.loads(done.stdout)
    assert measured["peak_mb"] < MEMORY_MOST_MB, measured


# --- whatever the bytes are ----------------------------------------------------------------------------------------

_CELLS = st.sampled_from(["1", "dlo", "18.5", "-72.3", '"', '""', "é", "\0", "2010-01-14", "#N/A", " ", "'", "[", "{"])
_BETWEEN = st.sampled_from([",", ";", "\t", "|", "\r\n", "\n", "\r", ",", "\n"])
_TABLES = st.lists(st.tuples(_CELLS, _BETWEEN).map("".join), max_size=60).map("".join)
_BYTES = st.one_of(
    st.binary(max_size=400),
    _TABLES.map(lambda text: text.encode()),
    _TABLES.map(lambda text: b"id,text,date\r\n" + text.encode()),
    _TABLES.map(lambda text: text.encode("utf-16")),
    _TABLES.map(lambda text: text.encode("latin-1")),
    st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers() | st.none()), max_size=5).map(
        lambda lines: "\n".join(map(json.dumps, lines)).encode()
    ),
)


def _any_bytes(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any"
        path.write_bytes(data)
        try:
            ready = prepare(path, Path(folder) / "rows")
            plan = propose(ready, ABOUT).plan
        except Refused:
            return
        assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
        judge = judging(plan, ABOUT)
        found = list(rows(ready, plan))
        verdicts = [judge(row) for row in found]
        assert all(isinstance(one, Message | Refused) for one in verdicts)
        assert [row.number for row in found] == sorted({row.number for row in found})
        for start in {row.number for row in found[::3]}:
            assert list(map(repr, rows(ready, plan, start))) == [repr(row) for row in found if row.number > start]


@settings(max_examples=80)
@given(_BYTES)
def test_any_bytes_are_rows_with_verdicts_or_one_refusal_and_reading_can_begin_at_any_row(data: bytes) -> None:
    _any_bytes(data)


@pytest.mark.soak
@settings(max_examples=10_000)
@given(_BYTES)
def test_any_bytes_at_length(data: bytes) -> None:
    _any_bytes(data)


if __name__ == "__main__":
    import resource
    import time

    begun = time.monotonic()
    try:
        read_through(Path(sys.argv[1]))
    except Refused as refused:
        sys.stderr.write(str(refused))
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    took = round(time.monotonic() - begun, 1)
    sys.stdout.write(json.dumps({"peak_mb": peak // 1024, "workbook_mb": children // 1024, "seconds": took}))
