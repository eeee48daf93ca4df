"""Rows as a spreadsheet counts them, and workbooks as they are meant."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter

from rapport import confined
from rapport.errors import BadDefinition, Refused
from rapport.formats import workbooks
from rapport.intake.imports import reading
from rapport.intake.imports.about import Row
from rapport.intake.imports.plan import Plan, column_names, header_hash
from tests.pure.importing import read_through, table

PLAN = Plan("csv", ("id", "text"), {"id": "id", "text": "text"})


def read(path: Path, plan: Plan = PLAN, start: int = 0) -> list[Row]:
    return list(reading.rows(path, plan, start))


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", ["id,text", '1,"two\r\nlines"', "", ",", "4,dlo"])
    assert [(row.number, row.cells) for row in read(path)] == [(2, ("1", "two\r\nlines")), (5, ("4", "dlo"))]
    assert [row.number for row in read(path, start=2)] == [5]


def test_a_broken_row_keeps_what_can_be_told_apart_for_whoever_mends_it(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", ["id,text", "1,dlo,manje", '2,"open', "3,dlo", '4,"x"y'])
    rows = read(path)
    assert [(row.number, row.cells, row.problem.reason if row.problem else "") for row in rows] == [
        (2, ("1", "dlo", "manje"), "ragged"),
        (3, ('2,"open',), "broken_row"),
        (4, ("3", "dlo"), ""),
        (5, ('4,"x"y',), "broken_row"),
    ]


def test_a_file_with_another_header_is_not_read_by_this_plan(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="'id' is missing"):
        read(table(tmp_path / "t.csv", ["number,text", "1,dlo"]))


def test_names_are_unique_and_no_column_is_without_one() -> None:
    assert column_names(["a", "", " a ", "a (2)", "b\nc"]) == ("a", "column 2", "a (2)", "a (2) (2)", "b c")
    assert column_names(["Place", "", "Date", "", ""], ["lat", "lon", "", "of what", ""]) == (
        "Place / lat", "Place / lon", "Date", "Date / of what", "column 5",
    )  # fmt: skip


def test_a_file_of_failed_rows_is_known_by_the_columns_it_had() -> None:
    assert header_hash(("a", "b", "row", "field", "problem")) == header_hash(("a", "b")) != header_hash(("b", "a"))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "xml"}, {"zone": "Mars/Phobos"}, {"roles": {"id": "text", "text": "text", "other": "id"}},
        {"roles": {"id": "lat", "text": "text"}}, {"roles": {"id": "boss", "text": "text"}}, {"roles": {"id": "id"}},
        {"roles": {"id": "title", "text": "title"}}, {"date_format": "%H:%M"}, {"delimiter": ";;"}, {"delimiter": '"'},
        {"header_row": -1}, {"columns": ["id", "id", "text"]}, {"decimal": "'"}, {"unknown": "1"}, {"header_row": "1"},
        {"category_separator": ""}, {"columns": "id"}, {"roles": ["text"]},
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_meant_says_which_key_is_wrong(change: dict[str, object]) -> None:
    with pytest.raises(BadDefinition, match=str(next(iter(change)))):
        Plan.from_json(PLAN.to_json() | change)


def test_a_plan_is_the_same_when_it_was_kept() -> None:
    plan = PLAN.changed(date_format="%d/%m/%Y", categories={"Dlo": "2b"}, zone="Asia/Kathmandu")
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


# --- workbooks -----------------------------------------------------------------------------------------------------


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "report.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Empty")
    sheet = book.add_worksheet("Field & data")
    day, moment = (book.add_format({"num_format": form}) for form in ("dd/mm/yyyy", "dd/mm/yyyy hh:mm"))
    sheet.write_row(3, 2, ["No", "Date", "Text", "How many"])  # the table begins at C4
    sheet.write_row(4, 2, [1, "", "Nou bezwen dlo", 12])
    sheet.write_datetime(4, 3, datetime(2010, 1, 14), day)
    sheet.write_row(6, 2, [2, "", "Kay kraze", 0.5])
    sheet.write_datetime(6, 3, datetime(2010, 1, 15, 8, 30), moment)
    sheet.write_formula(7, 4, "=NA()", None, "#N/A")
    sheet.write(7, 2, 3)
    book.add_worksheet("Other").write_row(0, 0, ["id", "text"])
    book.close()
    return path


def test_a_workbook_is_read_where_its_table_stands_with_real_dates_and_errors(workbook: Path) -> None:
    read = read_through(workbook)
    assert read.proposal.sheets == ("Empty", "Field & data", "Other")
    assert (read.proposal.plan.sheet, read.proposal.plan.header_row) == ("Field & data", 4)
    first, second = read.messages
    assert (first.gateway_id, first.text) == ("1", "Nou bezwen dlo")
    assert first.sent_at == datetime(2010, 1, 14, 5, tzinfo=UTC)
    assert second.sent_at == datetime(2010, 1, 15, 13, 30, tzinfo=UTC)
    assert {n: (one.reason, one.field) for n, one in read.refused.items()} == {8: ("error_cell", "Text")}


def test_a_sheet_that_somebody_hid_is_not_read_before_the_one_they_show(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = xlsxwriter.Workbook(path)
    for name in ("Old", "Shown", "Older"):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["id", "text", "note"])
        sheet.write_row(1, 0, [1, f"Nou bezwen dlo ({name})", "n"])
        if name != "Shown":
            sheet.hide()
    book.worksheets()[1].activate()
    book.worksheets()[1].set_first_sheet()
    book.close()
    read = read_through(path)
    assert [message.text for message in read.messages] == ["Nou bezwen dlo (Shown)"]
    told = next(line.said for line in read.proposal.evidence if line.about == "sheet")
    assert told == "the sheet 'Shown', one of 3; not read: 'Old' (hidden), 'Older' (hidden)"
    asked = read_through(path, sheet="Old")
    assert [message.text for message in asked.messages] == ["Nou bezwen dlo (Old)"]
    assert any("'Old', which is hidden" in line.said for line in asked.proposal.evidence)


def test_another_sheet_is_read_when_it_is_asked_for(workbook: Path, tmp_path: Path) -> None:
    workbooks.convert(workbook, tmp_path / "rows", "Other")
    assert workbooks.about(tmp_path / "rows")["sheet"] == "Other"
    with pytest.raises(Refused, match="no sheet 'Missing'"):
        workbooks.convert(workbook, tmp_path / "rows", "Missing")


def test_the_reader_of_workbooks_has_no_environment_no_files_and_little_memory(
    workbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_SECRET_OF_TESTS", "open sesame")
    tried = """
import sys; sys.path.insert(0, sys.argv[1])
from rapport.confined import limit
limit(*map(int, sys.argv[3:5]))
import json, os
said = [sorted(os.environ), os.getcwd(), sys.argv[5:]]
try:
    open("/tmp/rapport-written-by-the-reader", "w").write("x" * 10_000); said.append("written")
except OSError:
    said.append("not written")
try:
    bytearray(2 ** 31); said.append("much memory")
except MemoryError:
    said.append("little memory")
print("tried", json.dumps(said), sep="\\n"); sys.stdout.flush(); os._exit(3)
"""
    monkeypatch.setattr(confined, "_START", tried)
    with pytest.raises(Refused) as said:
        workbooks.convert(workbook, tmp_path / "rows", "Other")
    environment, folder, arguments, written, memory = json.loads(said.value.remedy)
    assert set(environment) <= {"LANG", "LC_CTYPE"}
    assert (folder, arguments, written, memory) == ("/", ["Other"], "not written", "little memory")


@pytest.mark.parametrize(
    ("program", "reason"),
    [("import time; time.sleep(60)", "slow_workbook"), ("import os; os.kill(os.getpid(), 11)", "large_workbook"),
     ("import sys\nwhile True: sys.stdout.write('x' * 1000000)", "large_workbook")],
)  # fmt: skip
def test_a_reader_of_workbooks_that_runs_wild_is_ended(
    program: str, reason: str, workbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined, "_START", program)
    monkeypatch.setattr(
        workbooks, "READER", replace(workbooks.READER, patience=0.5 if reason == "slow_workbook" else 30)
    )
    monkeypatch.setattr(workbooks, "ROWS_MOST", 5_000_000)
    with pytest.raises(Refused) as said:
        workbooks.convert(workbook, tmp_path / "rows")
    assert said.value.reason == reason


@pytest.mark.parametrize("begins", [datetime(1900, 1, 1), datetime(1904, 1, 1)])
def test_workbooks_of_both_calendars_say_the_same_day(begins: datetime, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = xlsxwriter.Workbook(str(path), {"date_1904": begins.year == 1904})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["date", "text"])
    sheet.write_datetime(1, 0, datetime(2010, 1, 14, 10), book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
    sheet.write(1, 1, "dlo")
    book.close()
    (message,) = read_through(path).messages
    assert message.sent_at == datetime(2010, 1, 14, 15, tzinfo=UTC)


def test_merged_cells_say_in_all_of_them_what_the_first_says(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["id", "location", "text"])
    sheet.merge_range(1, 1, 3, 1, "Jacmel")
    for row in (1, 2, 3):
        sheet.write(row, 0, row)
        sheet.write(row, 2, f"Nou bezwen dlo {row}")
    book.close()
    assert [message.place.name for message in read_through(path).messages if message.place] == ["Jacmel"] * 3


_ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.2"><office:body><office:spreadsheet><table:table table:name="Reports">
<table:table-row><table:table-cell office:value-type="string"><text:p>date</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>text</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="date" office:date-value="2010-01-14T10:00:00"><text:p>x</text:p>
</table:table-cell><table:table-cell office:value-type="string"><text:p>Nou bezwen dlo</text:p></table:table-cell>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""


def test_a_table_of_libreoffice_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "t.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", _ODS.replace("\n", ""))
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    (message,) = read_through(path).messages
    assert (message.text, message.sent_at) == ("Nou bezwen dlo", datetime(2010, 1, 14, 15, tzinfo=UTC))


# --- memory --------------------------------------------------------------------------------------------------------

_MEASURE = """
import sys
from pathlib import Path
from tests.pure.importing import ABOUT
from rapport.intake.imports.guess import propose
from rapport.intake.imports.judge import judging
from rapport.intake.imports.reading import rows
plan = propose(Path(sys.argv[1]), ABOUT).plan
judge = judging(plan, ABOUT)
count = sum(judge(row) is not None for row in rows(Path(sys.argv[1]), plan))
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(count, int(peak) // 1024)
"""


@pytest.mark.soak
def test_half_a_gigabyte_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    row = '{},2010-01-14 10:00,18.54,-72.34,Water,"Nou bezwen dlo, ak manje. ' + "Tanpri ede nou. " * 12 + '"\r\n'
    with path.open("w") as file:
        file.write("id,date,lat,lon,category,text\r\n")
        for begin in range(0, 2_000_000, 1_000):
            file.write("".join(row.format(n) for n in range(begin, begin + 1_000)))
    assert path.stat().st_size > 500_000_000
    done = subprocess.run([sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, check=True)
    count, peak = map(int, done.stdout.split())
    assert count == 2_000_000
    assert peak < 300


def test_notes_in_front_of_the_table_are_not_taken_for_it(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "book.xlsx")
    notes = book.add_worksheet("Read me")
    notes.write_column(0, 0, ["Needs assessment", "As of 14 January", "Contact: the field office"])
    data = book.add_worksheet("Data")
    data.write_row(0, 0, ["id", "date", "text"])
    data.write_row(1, 0, [1, "14 January 2010", "Nou bezwen dlo"])
    book.close()
    read = read_through(tmp_path / "book.xlsx")
    assert [message.text for message in read.messages] == ["Nou bezwen dlo"]
    assert "'Data', one of 2; not read: 'Read me'" in " ".join(one.said for one in read.proposal.evidence)


def test_a_workbook_of_one_list_is_read_however_small_it_is(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "book.xlsx")
    book.add_worksheet("Messages").write_column(0, 0, ["message", "Nou bezwen dlo"])
    book.close()
    assert [message.text for message in read_through(tmp_path / "book.xlsx").messages] == ["Nou bezwen dlo"]
