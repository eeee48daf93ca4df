"""Tables written: each form, safe in a spreadsheet, whole or not at all; and the same without HXL."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.formats.dictionary.check import Wrong, check_value
from rapport.formats.hxl import package
from rapport.formats.hxl import write as writing
from rapport.formats.hxl.cells import number_of
from rapport.formats.hxl.read import read
from rapport.formats.hxl.table import Table
from rapport.formats.hxl.write import Form, save, write
from rapport.formats.table import FORMULA, as_written
from tests.pure.hxl_tables import DATA, rows, table, tables


def made(of: Table, form: Form) -> bytes:
    out = io.BytesIO()
    write(of, out, form)
    return out.getvalue()


def test_a_csv_has_headers_hashtags_and_rows() -> None:
    of = read(DATA / "whowhatwhere_afg_3w_data.csv")
    lines = made(of, "csv").decode().split("\r\n")
    assert lines[0].startswith("Month,ADM1_PCODE,")
    assert lines[1].startswith("#date+reported,#adm1+code,")
    assert lines[2].startswith("2021-01,IQG01,")
    assert lines[3:] == [""]


@given(st.text(st.sampled_from("=+-@'\t\n a1"), max_size=6))
def test_what_a_spreadsheet_would_run_is_made_safe_and_numbers_stay(cell: str) -> None:
    of = table("#org,#x", f'"{cell}",x')
    [_, _, row] = list(csv.reader(io.StringIO(made(of, "csv").decode(), newline="")))
    assert as_written(row[0]) == cell
    assert row[0].startswith("'") or number_of(cell) is not None or not re.match(FORMULA, row[0])


def test_objects_have_keys_in_ascii_order_and_equal_columns_become_one_list() -> None:
    """The standard says so; libhxl loses the second column."""
    of = table("#affected+f+children,#sector,#sector,#sector,no tag", "5,WASH,,Health,x", "6,,,,y")
    assert json.loads(made(of, "json")) == [
        {"#affected+children+f": "5", "#sector": "WASH,Health"}, {"#affected+children+f": "6", "#sector": ""}
    ]  # fmt: skip
    assert json.loads(made(of, "json-rows"))[1] == ["#affected+f+children", "#sector", "#sector", "#sector", ""]
    assert json.loads(made(table("#org"), "json")) == []


def test_a_workbook_is_opened_by_others_and_its_numbers_are_numbers(tmp_path: Path) -> None:
    save(table("#org,#reached,#adm1+code", "=1+1,5,007", "x,n/a,1"), tmp_path / "t.xlsx", "xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").active
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        ["#org", "#reached", "#adm1+code"], ["=1+1", 5, "007"], ["x", "n/a", "1"]
    ]  # fmt: skip
    assert sheet["A3"].data_type == "s"


def test_a_text_that_looks_like_the_inside_of_a_workbook_comes_back_as_it_was(tmp_path: Path) -> None:
    odd = ["<r>&</r>", "<r><t>a</t></r>", "_x000D_", "_x005F_x000D_", "_x000D_x000D_"]
    save(table("#org", *odd), tmp_path / "t.xlsx", "xlsx")
    assert rows(read(tmp_path / "t.xlsx")) == [[text] for text in odd]


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "t.xlsx"
    out.write_text("before")
    monkeypatch.setattr(writing, "_SHEET_ROWS", 3)
    with pytest.raises(Refused, match="write CSV"):
        save(table("#org", "a", "b"), out, "xlsx")
    assert out.read_text() == "before"
    assert list(tmp_path.iterdir()) == [out]


# --- without HXL ---------------------------------------------------------------------------------------------------


def test_plain_columns_are_named_as_hdx_names_them_and_none_twice() -> None:
    of = table("#country+code,#adm1+code,#date+start,#reached+f,#reached+f,no tag", "HT,HT01,2025-01-01,1,2,x")
    named = package.plain_names(of.columns)
    assert named == [
        "location_code", "admin1_code", "reference_period_start", "reached_f", "reached_f_2", "column_6"
    ]  # fmt: skip


def test_the_schema_beside_the_data_says_type_hashtag_and_digest(tmp_path: Path) -> None:
    of = table("#adm1+code,#reached,#date,#inneed", "HT01,5,2025-01-31,80 418", "HT02,,2025-02-28,7")
    data, description = package.save(of, tmp_path / "made", "needs")
    [resource] = json.loads(description.read_text())["resources"]
    assert resource["hash"] == f"sha256:{hashlib.sha256(data.read_bytes()).hexdigest()}"
    fields = resource["schema"]["fields"]
    assert [(one["name"], one["type"], one["rapport:hxl"]) for one in fields] == [
        ("admin1_code", "string", "#adm1+code"), ("reached", "number", "#reached"), ("date", "date", "#date"),
        ("inneed", "string", "#inneed"),
    ]  # fmt: skip
    assert data.read_text().startswith("admin1_code,reached,date,inneed\n")


@given(tables(st.sampled_from(["5", "n/a", "2025-01-31", "", "-1.5", "=1", "nan", "1e999", "2025-02-30"])))
def test_no_schema_is_broken_by_its_own_data(of: Table) -> None:
    data = package.plain_csv(of)
    [resource] = package.describe(of, "t", data)["resources"]
    parsed = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert parsed[0] == [one["name"] for one in resource["schema"]["fields"]]
    for row in parsed[1:]:
        for field, cell in zip(resource["schema"]["fields"], row, strict=True):
            try:
                check_value(field, cell, [""], {"string": str, "number": float, "date": str})
            except Wrong as wrong:
                pytest.fail(str(wrong))


def test_a_name_for_a_package_has_plain_letters() -> None:
    assert package.named("3W Haïti (final)") == "3w-ha-ti-final"
    assert package.named("東京") == "table"


def test_rows_that_were_written_plain_are_the_same_rows() -> None:
    of = read(DATA / "gdacs_rss_information.csv")
    parsed = list(csv.reader(io.StringIO(package.plain_csv(of).decode(), newline="")))
    assert [[as_written(cell) for cell in row] for row in parsed[1:]] == rows(of)
