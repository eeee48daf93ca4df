"""Whatever a file holds, a reader of tables reads it or refuses it in words, and soon. At length; by `make soak`."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.formats.hxl.read import read
from rapport.formats.hxl.schema import parse_schema
from rapport.formats.hxl.validate import validate
from rapport.formats.hxl.write import write_json_rows, write_objects, write_xlsx
from tests.pure.hxl_tables import DATA, table

pytestmark = pytest.mark.soak

SAMPLE = table("#org,#reached,#date,#adm1+code", "WFP,5,2025-01-05,HT01", '"a ""b"", c",n/a,05/06/2025,é', "=1,,,")
#: Pieces that mean something to some reader.
PIECES = (
    b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\0", b"#", b"+", b"#org", b"[", b"]", b"{", b"}", b":",
    b"\\u0000", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\xe9", b"1e999", b"null", b"PK\x03\x04", b"=",
    b"<c t=\"e\">",     b"9" * 400,
)  # fmt: skip
CASES = int(os.environ.get("FUZZ_CASES", "2000"))
slowest: dict[str, tuple[float, int]] = {}


def made(form: str) -> bytes:
    if form == "csv":
        return (DATA / "ethiopia_drought_affected_targeted_reached_by_cluster.csv").read_bytes()[:6_000]
    out = io.BytesIO()
    {"json": write_objects, "json-rows": write_json_rows, "xlsx": write_xlsx}[form](SAMPLE, out)
    return out.getvalue()


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """The file with some of it cut out, doubled, or replaced by what means something."""
    data = whole
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.sampled_from([0, 1, 2, 10, 200])))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=4)) * draw(st.sampled_from([1, 1, 1, 2, 50, 2_000]))
        data = data[:at] + piece + draw(st.sampled_from([data[at:to], b""])) + data[to:]
    return data


def tried(path: Path, form: str, data: bytes) -> None:
    path.write_bytes(data)
    began = time.perf_counter()
    with suppress(Refused):
        found = read(path)
        assert not found.rows.collect().null_count().sum_horizontal()[0]
        validate(found)
        parse_schema(found)
    took = time.perf_counter() - began
    slowest[form] = max(slowest.get(form, (0.0, 0)), (took, len(data)))


@pytest.mark.parametrize(
    ("form", "cases"), [("csv", CASES), ("json", CASES), ("json-rows", CASES), ("xlsx", CASES // 20)]
)
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, form: str, cases: int) -> None:
    whole = made(form)

    @settings(max_examples=cases, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(damaged(whole))
    def run(data: bytes) -> None:
        tried(tmp_path / "t", form, data)

    run()
    seconds, size = slowest[form]
    told = {"reader": form, "inputs": cases, "slowest_s": round(seconds, 3), "bytes": size}
    sys.stdout.write(f"{json.dumps(told)}\n")
    assert seconds < 30
