"""What the HXL bench says, on a table that is small enough for a test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rapport.cli import bench_hxl, bench_hxl_data
from rapport.errors import RapportError


def test_its_table_is_the_same_each_time_and_about_one_cell_in_fifty_is_wrong(tmp_path: Path) -> None:
    bench_hxl_data.write(tmp_path / "a.csv", 2_000)
    bench_hxl_data.write(tmp_path / "b.csv", 2_000)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    frame = bench_hxl_data.frame(20_000)
    assert frame.width == len(bench_hxl_data.HEADERS) == 12
    assert 0.01 < (frame["#date+reported"] == "n/a").mean() < 0.03  # type: ignore[operator]


@pytest.mark.soak
def test_without_a_peer_what_compares_is_left_out_with_a_word_why() -> None:
    figures = {one.name: one for one in bench_hxl.measure(2_000, None)}
    assert {"parse_s", "sort_s", "roundtrip_s", "rss_mb", "xlsx_rows_per_s"} <= figures.keys()
    assert all((one.value or 0) > 0 for one in figures.values() if "ratio" not in one.name)
    assert figures["median_ratio"].value is None
    assert "no --peer was given" in figures["median_ratio"].unit


@pytest.mark.long
def test_an_environment_without_the_peer_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RapportError):
        list(bench_hxl.measure(1_000, Path(sys.executable)))
    assert "No module named 'hxl'" in capfd.readouterr().err
