"""CSV: a spreadsheet never runs what somebody wrote into a report."""

from __future__ import annotations

import csv
import io

from hypothesis import given

from rapport.formats import table
from rapport.formats.characters import clean
from rapport.values import Release
from tests.pure.releases import CONTEXT, lists, releases

NUMBERS = {"lat", "lon", "radius_m", "affected_low", "affected_high", "reports", "x_depth"}
COLUMNS = (*table.COLUMNS, "x_damage", "x_needs", "x_remark", "x_depth")


def rows(some: list[Release]) -> list[dict[str, str]]:
    written = b"".join(table.write(some, CONTEXT)).decode()
    reader = csv.DictReader(io.StringIO(written, newline=""), strict=True)
    found = list(reader)
    assert tuple(reader.fieldnames or ()) == COLUMNS
    return found


@given(lists)
def test_every_release_is_one_row_of_all_columns(some: list[Release]) -> None:
    found = rows(some)
    assert [row["ref"] for row in found] == [release.ref for release in some]
    assert all(set(row) == set(COLUMNS) and None not in row.values() for row in found)


@given(lists)
def test_no_text_cell_begins_as_a_formula(some: list[Release]) -> None:
    for row in rows(some):
        for name, cell in row.items():
            if name not in NUMBERS:
                assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
                assert not cell.startswith(("\t", "\r", "\n"))


@given(releases)
def test_what_was_made_safe_can_be_read_as_written(release: Release) -> None:
    row = rows([release])[0]
    assert table.as_written(row["summary"]) == clean(release.summary)
    assert table.as_written(row["headline"]) == clean(release.headline("fr"))
    if release.place:
        assert table.as_written(row["place"]) == clean(release.place.name)


@given(releases)
def test_numbers_stay_numbers(release: Release) -> None:
    row = rows([release])[0]
    if release.place:
        assert float(row["lon"]) == round(release.place.lon, 6)
        assert float(row["lat"]) == round(release.place.lat, 6)
    else:
        assert row["lon"] == row["lat"] == ""
    assert int(row["reports"]) == release.reports


@given(releases)
def test_extra_fields_are_columns_of_their_own(release: Release) -> None:
    row, said = rows([release])[0], {one.code: one.value for one in release.extra}
    assert row["response"] == release.response.value
    assert row["why"] == f"{row['url']}why/"
    assert row["x_damage"] == ("total" if "damage" in said else "")
    assert row["x_needs"] == ("water|tents" if "needs" in said else "")
    assert table.as_written(row["x_remark"]) == clean(str(said.get("remark", "")))
    assert (float(row["x_depth"]) if "depth" in said else row["x_depth"]) == said.get("depth", "")


def test_lines_end_with_cr_and_lf() -> None:
    assert b"".join(table.write([], CONTEXT)).endswith(b",x_depth\r\n")
