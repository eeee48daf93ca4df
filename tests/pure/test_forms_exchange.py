"""A filled questionnaire goes out and comes back field by field; what is no such file is refused in words."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from rapport.errors import Refused
from rapport.registry.forms.exchange import JSON_MOST, from_json, from_xlsx, to_json, to_xlsx
from rapport.registry.forms.model import Form, Sheet
from rapport.registry.forms.sheets import ABOUT
from rapport.registry.forms.workbook_read import XLSX_MOST
from rapport.registry.forms.workbook_write import ANSWERS
from tests.pure.filled_forms import ODD, every_kind, forms, sheet

FORM = every_kind()
FORMS = forms()
EMPTY = Sheet("ours", "1", FORM.digest, "Sample State", "self", "R1", "", {}, "")


def generated(seed: int) -> tuple[Form, Sheet]:
    form = FORMS[seed % len(FORMS)]
    return form, sheet(form, random.Random(seed))


def by_xlsx(seed: int) -> tuple[Sheet, Sheet]:
    form, one = generated(seed)
    return one, from_xlsx(form, to_xlsx(form, one))


def came_back(pairs: Any) -> int:
    """How many; each field of each is compared by itself, with its type: 1 is not "1", and a blank is not there."""
    count = 0
    for one, again in pairs:
        assert again == one
        assert list(again.answers) == list(one.answers)
        assert json.dumps(again.answers) == json.dumps(one.answers)
        count += 1
    return count


def by_json(seed: int) -> tuple[Sheet, Sheet]:
    form, one = generated(seed)
    return one, from_json(form, to_json(form, one))


def test_surveys_come_back_from_both_files() -> None:
    assert came_back(map(by_json, range(300))) == 300
    with ThreadPoolExecutor(2) as pool:
        assert came_back(pool.map(by_xlsx, range(12))) == 12


@pytest.mark.soak
@pytest.mark.parametrize("by", [by_json, by_xlsx])
def test_a_thousand_surveys_come_back_field_by_field(by: Callable[[int], tuple[Sheet, Sheet]]) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert came_back(pool.map(by, range(1_000))) == 1_000


def test_every_odd_text_comes_back_from_a_workbook_and_none_is_a_formula() -> None:
    lines = [{"what": text} for text in ODD[:20]]
    answers: Any = {"text": ODD[0], "long": "\r\n".join(ODD), "level.evidence": lines, "rows": [{"what": "😀" * 500}]}
    more = replace(EMPTY, actor=ODD[3], respondent=ODD[4], remark="\n".join(ODD[20:]), answers=answers)
    data = to_xlsx(FORM, more)
    assert from_xlsx(FORM, data) == more
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert [cell for one in book for row in one for cell in row if cell.data_type == "f" or cell.hyperlink] == []


def test_the_longest_sheet_fits_into_both_files() -> None:
    form = every_kind()
    answers: Any = {"long": "😀" * 10_000, "rows": [{"what": "é" * 1_000} for _ in range(20)]}
    one = replace(EMPTY, answers=answers)
    assert from_json(form, to_json(form, one)) == from_xlsx(form, to_xlsx(form, one)) == one


# --- filled in by people -------------------------------------------------------------------------------------------


def typed(data: bytes, change: Callable[[Any], None]) -> bytes:
    """The workbook as another program saves it, after somebody typed into it."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book[ANSWERS])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def row_of(page: Any, code: str, part: str = "") -> int:
    return next(row[0].row for row in page if row[0].value == code and str(row[1].value or "") == part)


def fill(page: Any, **cells: Any) -> None:
    """`rows_2=("a", "law")`: the second row of rows; the rest by code."""
    for name, value in cells.items():
        code, _, part = name.partition("_")
        row = row_of(page, f"#{name}") if name in ABOUT else row_of(page, code, part)
        for at, cell in enumerate(value if isinstance(value, tuple) else (value,), 4):
            page.cell(row, at).value = cell


def test_an_empty_workbook_is_filled_in_a_spreadsheet() -> None:
    def change(page: Any) -> None:
        fill(page, said_by="third party", text="=1+1", choice="yes – Yes – of course", choices_a="x", choices_c=" X ")
        fill(page, level=3.0, scale="5 – five", number=12.50, date="2015-01-02", rows_2=("Law on X", "law – Law", 2015))
        fill(page, rows_4=("", "body"))
        page.cell(row_of(page, "text"), 4).data_type = "s"

    made = from_xlsx(FORM, typed(to_xlsx(FORM, None), change))
    assert made.said_by == "third party"
    assert made.answers == {
        "text": "=1+1", "choice": "yes", "choices": ["a", "c"], "level": 3, "scale": 5, "number": 12.5,
        "date": "2015-01-02", "rows": [{"what": "Law on X", "kind": "law", "since": "2015"}, {"kind": "body"}],
    }  # fmt: skip


def test_an_empty_workbook_has_lists_to_choose_from_and_says_how_to_fill_it_in() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(FORM, None)))
    assert book.sheetnames == ["Read me", ANSWERS, "Lists"]
    assert book["Lists"].sheet_state == "hidden"
    page = book[ANSWERS]
    row = row_of(page, "level")
    opened = next(one for one in page.data_validations.dataValidation if f"D{row}" in one.sqref)
    column = opened.formula1.removeprefix("Lists!$")[0]
    assert [book["Lists"][f"{column}{at}"].value for at in range(1, 6)] == [
        "0 – none", "1 – some", "2 – half", "3 – most", "4 – all"
    ]  # fmt: skip
    assert page.cell(row_of(page, "text"), 4).number_format == "@", "what is typed stays a text"
    assert "Every question may be left blank." in " ".join(str(one[0].value) for one in book["Read me"])


def test_what_another_program_saves_again_is_the_same() -> None:
    one = sheet(FORM, random.Random(7))
    assert from_xlsx(FORM, typed(to_xlsx(FORM, one), lambda page: None)) == one


def test_a_line_may_be_copied_for_one_more_row_and_a_real_date_is_a_date() -> None:
    from datetime import datetime

    def change(page: Any) -> None:
        fill(page, said_by="self", date=datetime(2015, 1, 2))
        page.cell(row_of(page, "date"), 4).number_format = "yyyy-mm-dd"
        page.append(["rows", 5, "", "One more"])

    made = from_xlsx(FORM, typed(to_xlsx(FORM, None), change))
    assert made.answers == {"date": "2015-01-02", "rows": [{"what": "One more"}]}


def test_what_people_get_wrong_is_named_all_together_with_line_and_remedy() -> None:
    def change(page: Any) -> None:
        fill(
            page,
            actor="y",
            view="north",
            level=7,
            text=("a", "b"),
            rows_1=("a", "", "", "b"),
            choices_a="maybe",
            date="soon",
        )
        for line in (["qqq", "", "", "x"], ["", "", "", "x"], ["date", "", "", "2015"], ["#actor", "", "", "x"]):
            page.append(line)
        for _ in range(21):
            page.append(["level.evidence", 1, "", "x"])

    with pytest.raises(Refused) as caught:
        from_xlsx(FORM, typed(to_xlsx(FORM, None), change))
    for says in (
        "said_by: say who says so: self or third party",
        "view: “north” is not one of security, operational, diplomatic",
        "level (A level): “7” is not one of 0, 1, 2, 3, 4",
        "(text): something stands in column E, where nothing is read",
        "(rows): something stands in column G, where nothing is read",
        "(choices): write x beside what holds",
        "date (A date): 'soon' is no date",
        "qqq: ours 1 has no such question",
        "(no code): an answer stands beside no code",
        "(date): this code stands on two lines; keep one",
        "(#actor): this code stands on two lines; keep one",
        "level.evidence (Evidence): this has 21 rows",
    ):
        assert says in str(caught.value)


# --- what is no such file ------------------------------------------------------------------------------------------

OTHERS = [
    (FORMS[1], "This file answers ours 1; here oas-measures-survey"),
    (replace(FORM, version="2"), "This file answers ours 1; here ours 2 is asked"),
    (replace(FORM, title="Changed"), "This file answers other words of ours 1 than are asked here"),
]


@pytest.mark.parametrize(("form", "says"), OTHERS, ids=["form", "version", "words"])
def test_the_file_of_another_form_or_version_is_refused_and_named(form: Form, says: str) -> None:
    for read, data in ((from_json, to_json(FORM, EMPTY)), (from_xlsx, to_xlsx(FORM, EMPTY))):
        with pytest.raises(Refused, match=says):
            read(form, data)
    for write in (to_json, to_xlsx):
        with pytest.raises(Refused, match=says):
            write(form, EMPTY)


def changed(**parts: Any) -> bytes:
    return json.dumps({**json.loads(to_json(FORM, EMPTY)), **parts}).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "This is not JSON"),
        (b"\xff", "not UTF-8"),
        (b"[" * 200_000, "nested without end"),
        (b'{"a":' * 200_000, "nested without end"),
        (b"[]", "The file is no JSON object"),
        (b"{}", "The file has no “rapport”"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b'{"a": NaN}', "NaN is no number of JSON"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "not JSON"),
        (b" " * (JSON_MOST + 1), "at most 8,000,000 are read"),
        (changed(rapport="something"), "does not say that it holds answers"),
        (changed(score=7), "has “score”, which nobody knows"),
        (changed(form="ours"), "“form” is no JSON object"),
        (changed(answers=[]), "“answers” is no JSON object"),
        (changed(answers={"q": 1}), "q: ours 1 has no such question"),
        (changed(answers={"level": 9, "scale": 9}), "level (A level): “9” is not one of 0, 1, 2, 3, 4; choose one,"),
        (changed(answers={str(number): 1 for number in range(50)}), "40 more codes are of no question"),
        (changed(answers={f"q{number}": {} for number in range(50_000)}), "49,990 more codes are of no question"),
        (changed(answers={"choices": ["a"] * 500_000}), "one is chosen twice"),
        (changed(form={"slug": [[]] * 100_000, "version": "1", "sha256": ""}), "This file answers 1; here ours 1"),
        (b"{" + b",".join(b'"%d":0' % number for number in range(300_000)) + b',"7":0}', "'7' stands twice"),
        (changed(answers={"text": "\ud800"}), "U+D800"),
        (changed(actor=None), "actor: write a text"),
        (changed(actor="x" * 201), "actor: this has 201 characters; write at most 200"),
        (changed(said_by="both"), "said_by: say who says so: self or third party"),
        (changed(view="mine"), "view: “mine” is not one of security, operational, diplomatic"),
        (changed(remark="\0"), "remark: character 1 is the control character U+0000"),
    ],
)
def test_json_that_is_no_sheet_is_refused_with_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(Refused) as caught:
        from_json(FORM, data)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 3_000


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 30_000_000)
    return out.getvalue()


def without_answers() -> bytes:
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "cannot be read"),
        (to_json(FORM, EMPTY), "cannot be read"),
        (to_xlsx(FORM, EMPTY)[:5_000], "cannot be read"),
        (bomb(), "far too large"),
        (without_answers(), "no sheet “Answers”"),
        (b" " * (XLSX_MOST + 1), "at most 10,000,000 are read"),
        (typed(to_xlsx(FORM, EMPTY), lambda page: page.delete_rows(2, 3)), "This file answers a form without a name"),
        (typed(to_xlsx(FORM, EMPTY), lambda page: page.delete_cols(1, 2)), "This file answers a form without a name"),
    ],
)
def test_a_workbook_that_is_no_sheet_is_refused_with_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(Refused) as caught:
        from_xlsx(FORM, data)
    assert says in str(caught.value)
