"""The list of departures from libhxl in the reference: each has the test that it names."""

from __future__ import annotations

import re

from tests.guards.walk import ROOT


def test_every_departure_is_held_by_a_test() -> None:
    page = (ROOT / "docs" / "reference" / "hxl.md").read_text(encoding="utf-8")
    rows = [line for line in page.partition("## Where rapport departs")[2].splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    there = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "pure").glob("test_hxl_*.py"))
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, row
        assert [name for name in named if f"def {name}(" not in there] == [], row
