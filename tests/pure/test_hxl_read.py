"""Files become tables: real ones, odd ones, and such as fight back."""

from __future__ import annotations

import csv
import io
import json
import random
import string
import time
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from rapport.errors import Refused
from rapport.formats.hxl import read_csv, read_json
from rapport.formats.hxl.read import read
from rapport.formats.hxl.table import ROW, Table
from rapport.formats.hxl.validate import validate
from rapport.formats.hxl.write import FORMS, Form, write
from tests.pure.hostile import FILES
from tests.pure.hxl_tables import DATA, lines, names, rows, tables, told, written

HERE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def refused(path: Path, data: str | bytes) -> str:
    with pytest.raises(Refused) as said:
        written(path, data)
    assert said.value.remedy
    return said.value.reason


# --- real files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "count", "first", "width"),
    [
        ("ethiopia_drought_affected_targeted_reached_by_cluster.csv", 391, 4, 34),
        ("whowhatwhere_afg_3w_data.csv", 1, 3, 15),
        ("gdacs_rss_information.csv", 49, 3, 15),
    ],
)
def test_real_files_are_read(name: str, count: int, first: int, width: int) -> None:
    table = read(DATA / name)
    frame = table.rows.collect()
    assert (frame.height, frame[ROW][0], len(table.columns)) == (count, first, width)
    assert not told(table)


def test_a_column_without_a_tag_is_kept_and_told() -> None:
    table = read(DATA / "whowhatwhere_afg_3w_data.csv")
    assert [one.column for one in table.notices if one.rule == "no_tag"] == ["admin_level"]
    assert "admin_level" in names(table)


# --- CSV -----------------------------------------------------------------------------------------------------------


def test_separators_encodings_and_line_ends_are_found_out(tmp_path: Path) -> None:
    text = "Organisation;Où\r\n#org;#adm1+name\r\nCroix-Rouge;Léogâne, sud\r\n"
    expected = [["Croix-Rouge", "Léogâne, sud"]]
    path = tmp_path / "t.csv"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le"):
        for separator in (";", "\t", "|"):
            for end in ("\n", "\r", "\r\n"):
                said = text.replace(";", separator).replace("\r\n", end).encode(encoding)
                assert rows(written(path, said)) == expected, (encoding, separator, end)
    table = written(path, text.encode("cp1252"))
    assert rows(table) == expected
    [finding] = [one for one in table.notices if one.rule == "encoding"]
    assert (finding.row, finding.column, finding.value) == (3, "#adm1+name", "Léogâne, sud")


@pytest.mark.parametrize(
    ("encoding", "header", "place"),
    [
        ("latin-1", "Lieu", "Léogâne"), ("mac-roman", "Lieu", "Léogâne"), ("shift_jis", "場所", "水が必要です"),
        ("cp1251", "Место", "Москва"), ("cp1256", "مكان,عدد", "حلب"), ("cp1250", "Miejsce", "Łódź"),
        ("big5", "地方", "臺北"),
    ],
)  # fmt: skip
def test_a_few_letters_are_enough_to_tell_an_encoding(tmp_path: Path, encoding: str, header: str, place: str) -> None:
    text = f"{header}\n#adm1+name,#reached\n{place},5\n"
    assert rows(written(tmp_path / "t.csv", text.encode(encoding))) == [[place, "5"]]


def test_every_cell_stays_the_text_it_is(tmp_path: Path) -> None:
    table = written(tmp_path / "t.csv", '#adm1+code,#meta\n007, a \n1e5,"x""y\nz"\n,TRUE\n')
    assert rows(table) == [["007", " a "], ["1e5", 'x"y\nz'], ["", "TRUE"]]


def test_rows_are_counted_as_a_spreadsheet_counts_them_and_blank_ones_left_out(tmp_path: Path) -> None:
    table = written(tmp_path / "t.csv", '"two\nlines",b\n#org,#adm1\n\n , \nWFP,HT\n,\nx\n')
    frame = table.rows.collect()
    assert frame.rows() == [(5, "WFP", "HT"), (7, "x", "")]


def test_what_stands_beyond_the_hashtags_is_kept_and_told(tmp_path: Path) -> None:
    table = written(tmp_path / "t.csv", "#org,#adm1\nWFP,HT01\nUNHCR,HT02,more,,\n")
    assert rows(table) == [["WFP", "HT01", ""], ["UNHCR", "HT02", "more"]]
    [finding] = [one for one in table.notices if one.rule == "long_row"]
    assert finding.row == 3


def test_a_row_that_cannot_be_read_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    table = written(tmp_path / "t.csv", '#org,#adm1\nWFP,HT01\n"UNHCR"x,HT02\nIOM,HT03\n')
    assert rows(table) == [["WFP", "HT01"], ["IOM", "HT03"]]
    assert [(one.row, one.severity) for one in table.notices if one.rule == "broken_row"] == [(3, "error")]


def test_bytes_that_are_no_letters_cost_their_row_only(tmp_path: Path) -> None:
    good = b"".join(b"Croix-Rouge,L\xc3\xa9og\xc3\xa2ne\n" for _ in range(30))
    table = written(tmp_path / "t.csv", b"#org,#adm1\n" + good + b"WFP,L\xe9og\xe2ne\n")
    assert len(rows(table)) == 30
    assert [(one.row, one.column) for one in table.notices if one.rule == "undecodable"] == [(32, "#adm1")]


def test_nul_bytes_are_taken_out_and_told(tmp_path: Path) -> None:
    table = written(tmp_path / "t.csv", b"#org,#adm1\nW\0FP,HT01\n" + b"x,y\n" * 100)
    assert rows(table)[0] == ["WFP", "HT01"]
    assert told(table) == ["nul"]


odd = st.text(st.sampled_from("ab\",;\n\r' #+é=-@\t"), max_size=8)


@HERE
@given(st.lists(st.lists(odd, min_size=2, max_size=3), max_size=5))
def test_what_a_csv_writer_wrote_is_read_as_it_was(tmp_path: Path, cells: list[list[str]]) -> None:
    body = [[one.replace("\r", "") for one in (*row, "")[:3]] for row in cells]
    table = written(tmp_path / "t.csv", lines(["#org", "#adm1", "#meta"], *body))
    unsafe = [[one[1:] if read_csv.as_written(pl.Series([one]))[0] != one else one for one in row] for row in body]
    assert rows(table) == [row for row in unsafe if any(one.strip() for one in row)]


@HERE
@given(st.text(st.sampled_from('ab",\n '), max_size=40))
@example('5" pipe,b\nc,6" pipe\n')
@example('a,"open\nc,d\n')
def test_polars_never_reads_otherwise_than_a_strict_reader_of_csv(tmp_path: Path, body: str) -> None:
    """A quote in the wrong place, read by several threads at once, must not move cells to other rows."""
    head = "#org,#adm1\n"
    try:
        strict = list(csv.reader(io.StringIO(head + body, newline=""), strict=True))[1:]
    except csv.Error:
        strict = None
    assume(strict is None or all(len(row) <= 2 for row in strict))
    table = written(tmp_path / "t.csv", head + body)
    if strict is None:
        assert "error" in [one.severity for one in table.notices]
    else:
        assert rows(table) == [[*row, ""][:2] for row in strict if any(one.strip() for one in row)]


# --- JSON ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_json_in_another_encoding_than_it_should_be_in_is_read(tmp_path: Path, encoding: str) -> None:
    assert rows(written(tmp_path / "t.json", ' [{"#org": "Léogâne"}]'.encode(encoding))) == [["Léogâne"]]


def test_both_forms_of_json_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    objects = [{"#org": "WFP", "#reached": 5, "#adm1": None}, {"#org": "IOM", "#date": True, "#adm1": ["a", "b"]}]
    table = written(path, json.dumps(objects))
    assert names(table) == ["#org", "#reached", "#adm1", "#date"]
    assert rows(table) == [["WFP", "5", "", ""], ["IOM", "", "a, b", "true"]]
    table = written(path, json.dumps([["Org", "People"], ["#org", "#reached"], ["WFP", 5.0], ["IOM"]]))
    assert rows(table) == [["WFP", "5"], ["IOM", ""]]
    assert [column.header for column in table.columns] == ["Org", "People"]
    assert rows(written(path, "\ufeff" + json.dumps(objects))) == rows(
        written(path, json.dumps(objects).encode("utf-16"))
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty_file"),
        ("{}", "not_json"),
        ("[", "not_json"),
        ('[{"#org": "x"}, 1]', "not_json"),
        ('[["#org"], {"#org": 1}]', "not_json"),
        ('[{"a": 1, "b": 2}]', "no_tags"),
        ("[]", "no_tags"),
        ("[1, 2]", "not_json"),
        ("[" * 1_000 + "]" * 1_000, "too_deep"),
        ("[" * 1_000_000, "too_deep"),
        (json.dumps([{"#org": [[[[[[[[[[1]]]]]]]]]]}]), "too_deep"),
        (json.dumps([{f"#a{n}": 1 for n in range(1_001)}]), "too_many_columns"),
    ],
)
def test_json_that_is_no_table_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    if reason == "too_deep" and text.startswith("[[[") and text.endswith("["):
        assert refused(tmp_path / "t.json", text) in {"too_deep", "not_json"}
    else:
        assert refused(tmp_path / "t.json", text) == reason


# --- workbooks -----------------------------------------------------------------------------------------------------


def test_the_sheet_with_hashtags_is_found(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = xlsxwriter.Workbook(path)
    notes = book.add_worksheet("Notes")
    for at in range(20):
        notes.write_row(at, 0, ["Read", "this", "first", at])
    sheet = book.add_worksheet("Data")
    sheet.write_row(1, 1, ["Organisation", "When"])
    sheet.write_row(2, 1, ["#org", "#reached"])
    sheet.write_row(4, 1, ["007", 12])
    book.close()
    table = read(path)
    assert table.rows.collect().rows() == [(5, "007", "12")]
    with pytest.raises(Refused, match="no sheet"):
        read(path, sheet="Other")
    with pytest.raises(Refused, match="no hashtags"):
        read(path, sheet="Notes")


# --- and back ------------------------------------------------------------------------------------------------------


@settings(HERE, max_examples=40)
@given(tables(), st.sampled_from([form for form in FORMS if form != "xlsx"]))
def test_what_was_written_is_read_as_it_was(tmp_path: Path, table: Table, form: Form) -> None:
    made = io.BytesIO()
    write(table, made, form)
    if form == "json" and not rows(table):
        return  # no object, no names
    again = written(tmp_path / "t", made.getvalue())
    keys = [column.tag.key for column in table.columns if column.tag]
    assert [column.tag.key for column in again.columns if column.tag] == keys
    assert rows(again) == rows(table)


def test_a_workbook_that_was_written_is_read_as_it_was(tmp_path: Path) -> None:
    table = written(tmp_path / "t.csv", "#org,#reached,#adm1\n=1+1,5,007\n@x,n/a,é\n-5,-2.5,東京\n")
    made = io.BytesIO()
    write(table, made, "xlsx")
    (tmp_path / "t.xlsx").write_bytes(made.getvalue())
    assert rows(read(tmp_path / "t.xlsx")) == rows(table)
    with zipfile.ZipFile(io.BytesIO(made.getvalue())) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml"), "a text became a formula"


# --- files that fight back -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"), (b"\xef\xbb\xbf \n", "empty_file"), (b"a,b\n1,2\n", "no_tags"),
        (b"<html><table>", "html"), (b"<?xml version='1.0'?>", "xml"), (b"\x1f\x8b\x08", "not_a_table"),
        (b"PK\x03\x04nothing", "broken_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "broken_workbook"),
        (b"\0" * 5_000, "empty_file"), (random.Random(1).randbytes(9_000), "not_text"),
        (",".join(f"#a{n}" for n in range(1_001)).encode(), "too_many_columns"),
        (b"#e," * 10_000_000, "too_many_columns"), (b'"' * 1_000_001, "no_tags"),
        (b"x" * 9_000_000, "no_tags"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_the_reason_in_little_time(tmp_path: Path, data: bytes, reason: str) -> None:
    began = time.process_time()
    assert refused(tmp_path / "t.csv", data) == reason
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "name", ["bomb.xlsx", "archive.zip", "entities in the strings.xlsx", "a cell beyond any sheet.xlsx"]
)
def test_a_workbook_that_fights_back_is_refused_as_imports_refuse_it(tmp_path: Path, name: str) -> None:
    write_it, expected = FILES[name]
    write_it(tmp_path / "t.xlsx")
    with pytest.raises(Refused) as said:
        read(tmp_path / "t.xlsx")
    assert said.value.reason in expected.whole.split("|")


def test_dates_in_five_orders_are_told_row_by_row_and_those_that_read_one_way_are_kept(tmp_path: Path) -> None:
    cells = ["2010-01-14", "14/01/2010", "01/14/2010", "20100114", '"Jan 14, 2010"', "05/06/2010"]
    table = written(tmp_path / "t.csv", "#date\n" + "\n".join(cells))
    assert table.rows.collect().height == len(cells)
    told = [(one.row, one.value) for one in validate(table).findings if one.rule == "dates"]
    assert told == [(6, "Jan 14, 2010"), (7, "05/06/2010")]


def test_a_row_of_millions_of_cells_is_left_out_and_told(tmp_path: Path) -> None:
    table = written(tmp_path / "t.csv", b"#org,#adm1\nWFP,HT01\n" + b"a," * 5_000_000 + b"\nIOM,HT02\n")
    assert rows(table) == [["WFP", "HT01"], ["IOM", "HT02"]]
    assert [(one.row, one.rule) for one in table.notices if one.severity == "error"] == [(3, "endless_row")]


@pytest.mark.soak
def test_a_million_objects_are_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    with path.open("w") as file:
        file.write("[" + ",\n".join(['{"#org":"x","#reached":1}'] * 1_000_000) + "]")
    tracemalloc.start()
    assert read(path).rows.collect().height == 1_000_000
    assert tracemalloc.get_traced_memory()[1] < 500_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    "item", [b"{" + b",".join(b'"#a%d":1' % n for n in range(500_000)) + b"}", b"[" + b"1," * 2_000_000 + b"1]"]
)
def test_an_object_or_row_of_millions_of_cells_is_refused_before_it_is_made(tmp_path: Path, item: bytes) -> None:
    """Ten million names would take 2 GB and 20 s."""
    assert refused(tmp_path / "t.json", b'[{"#org": "x"},' + item + b"]") == "endless_row"


@pytest.mark.parametrize("levels", [1_000, 100_000])
def test_json_without_a_bottom_is_refused_and_says_so(tmp_path: Path, levels: int) -> None:
    for opens, closes in ((b"[", b"]"), (b'{"a":', b"}")):
        inner = opens * levels + b"1" + closes * levels
        for whole in (inner, b'[{"#org": ' + inner + b"}]", b'[["#org"],[' + inner + b"]]"):
            assert refused(tmp_path / "t.json", whole) in {"too_deep", "not_json"}
    assert refused(tmp_path / "t.json", b'[{"#org": ' + b"[" * levels + b"]" * levels + b"}]") == "too_deep"


def test_a_list_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_json, "ITEMS_MOST", 10)
    assert refused(tmp_path / "t.json", json.dumps([["#org"]] * 11)) == "too_many_rows"
    assert len(rows(written(tmp_path / "t.json", json.dumps([["#org"], *[["a"]] * 9])))) == 9
    monkeypatch.setattr(read_json, "SIZE_MOST", 10)
    assert refused(tmp_path / "t.json", json.dumps([["#org"]] * 3)) == "too_large"
    with pytest.raises(Refused, match="at most 5 are read here"):
        read(tmp_path / "t.json", most=5)
    monkeypatch.setattr(read_csv, "SIZE_MOST", 10)
    assert refused(tmp_path / "t.csv", "#org\n" * 4) == "too_large"


names_of_objects = st.sampled_from(["#org", "#a", "x"])
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names_of_objects, inner),
)


@settings(HERE, max_examples=60)
@given(st.one_of(
    st.binary(max_size=200),
    st.text(max_size=120).map(lambda text: f"#org,#adm1\n{text}".encode("utf-8", "surrogatepass")),
    st.text(st.sampled_from(string.printable), max_size=120).map(lambda text: f'[["#org"],{text}'.encode()),
    values.map(lambda value: json.dumps(value).encode()),
))  # fmt: skip
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t").write_bytes(data)
    with suppress(Refused):
        table = read(tmp_path / "t")
        frame = table.rows.collect()
        assert frame.width == len(table.columns) + 1
        assert not frame.null_count().sum_horizontal()[0]
