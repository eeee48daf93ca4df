"""An XLSForm's simple questions become fields; everything else is named, and a hostile form harms nobody."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from rapport.errors import Refused
from rapport.intake.imports import xlsform
from rapport.operations.definition import parse
from rapport.operations.fields import Field
from tests.pure.test_definition import SMALL

HEAD = ["type", "name", "label::English (en)", "label::French (fr)", "hint::English (en)", "required", "constraint",
        "relevant", "calculation"]  # fmt: skip
#: The shapes that rapid assessments have, written anew.
SURVEY = [
    HEAD,
    ["start", "start"],
    ["deviceid", "deviceid"],
    ["note", "welcome", "**Welcome**"],
    ["begin_group", "site", "The site"],
    ["select_one damage_level", "Damage-Level", "How badly is it <b>damaged</b>?", "Quels dégâts ?", "Look first",
     "yes"],
    ["select_multiple needs or_other", "needs", "What is needed?", "Que faut-il ?"],
    ["integer", "households", "Households", "Ménages", "", "true()", ". >= 0 and . <= 5000"],
    ["integer", "children", "Children", "Enfants", "", "", ".>0 and .<100", "${households} > 0"],
    ["decimal", "depth", "Depth, m", "", "", "", ". > 0"],
    ["date", "since", "Since when?", "Depuis quand ?"],
    ["geopoint", "gps", "Where?"],
    ["text", "remark", "Anything \"else\"?\nSay it.", "", "", "", "regex(., '^[a-z]+$')"],
    ["text", "remark", "Again"],
    ["end_group", ""],
    ["begin_repeat", "person", "Each person"],
    ["text", "person_name", "Name"],
    ["end_repeat", ""],
    ["calculate", "score", "", "", "", "", "", "", "1 + 1"],
    ["image", "photo", "A photo"],
    ["select_one nowhere", "lost", "A list that is not there"],
    ["text", "42", "A name of digits"],
]  # fmt: skip
CHOICES = [
    ["list_name", "name", "label::English (en)", "label::French (fr)"],
    ["damage_level", "none", "None", "Aucun"],
    ["damage_level", "total", "Destroyed", "Détruit"],
    ["needs", "1", "Water", "Eau"],
    ["needs", "tents and tarps", "Tents", ""],
    ["needs", "1", "Twice", ""],
]


def form(tmp_path: Path, survey: list[list[Any]], choices: list[list[Any]] | None = None) -> Path:
    path = tmp_path / "form.xlsx"
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    for name, rows in (("survey", survey), ("choices", choices or [])):
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return path


@pytest.fixture
def found(tmp_path: Path) -> xlsform.Form:
    return xlsform.read(form(tmp_path, SURVEY, CHOICES))


def test_simple_questions_become_fields_in_their_order(found: xlsform.Form) -> None:
    by_code: dict[str, Field] = {one.code: one for one in found.fields}
    assert list(by_code) == [
        "damage_level", "needs", "households", "children", "depth", "since", "gps", "remark"
    ]  # fmt: skip
    damage = by_code["damage_level"]
    assert damage.names == {"en": "How badly is it damaged?", "fr": "Quels dégâts ?"}
    assert (damage.help, damage.required, damage.several) == ({"en": "Look first"}, True, False)
    assert [(c.code, c.names["en"]) for c in damage.choices] == [("none", "None"), ("total", "Destroyed")]
    assert by_code["needs"].several
    assert [c.code for c in by_code["needs"].choices] == ["1", "tents_and_tarps"]
    assert (by_code["households"].least, by_code["households"].most, by_code["households"].whole) == (0, 5000, True)
    assert (by_code["children"].least, by_code["children"].most) == (1, 99)
    assert [by_code[code].kind for code in ("depth", "since", "gps", "remark")] == ["number", "date", "place", "text"]


def test_whatever_is_left_out_is_named_with_its_row(found: xlsform.Form) -> None:
    told = "\n".join(found.left_out)
    for said in (
        "row 7, needs: 1 choices that have no name of their own", "row 7, needs: or_other",
        "row 9, children: asked of everybody", "row 10, depth: its constraint . > 0 is left out",
        "row 12, gps: taken as the name of a place", "row 13, remark: its constraint",
        "row 14, remark: another question has this name", "row 16, person: a repeated group",
        "row 19, score: the type calculate", "row 20, photo: the type image", "row 21, lost: its list nowhere has no",
        "row 22, 42: its name has no letter",
    ):  # fmt: skip
        assert said in told
    assert "start" not in told


def test_what_is_printed_is_read_as_the_operations_file(found: xlsform.Form) -> None:
    assert parse(SMALL + "\n" + xlsform.toml(found)).fields == found.fields


def test_texts_without_a_language_are_in_the_one_given_and_odd_columns_are_named(tmp_path: Path) -> None:
    path = form(tmp_path, [["type", "name", "label", "label::Klingon"], ["text", "a", "Kisa?", "nuq"]])
    found = xlsform.read(path, "ht")
    assert found.fields[0].names == {"ht": "Kisa?"}
    assert "column label::Klingon" in found.left_out[0]
    with pytest.raises(Refused, match="no language code"):
        xlsform.read(path, "Kreyòl!")


def test_ten_thousand_questions_give_as_many_as_can_be_asked(tmp_path: Path) -> None:
    rows: list[list[Any]] = [HEAD, *(["text", f"q{n}", f"Question {n}"] for n in range(10_000))]
    found = xlsform.read(form(tmp_path, rows))
    assert len(found.fields) == 60
    assert len(found.left_out) == 9_940
    assert "at most 60 fields" in found.left_out[0]


HOSTILE = ["=1+1", '""" x', "]]", "a\\", "{ en = 1 }", "\u200fevil", "x" * 9_000, "\ud7ff", "'", "#", "${q}"]


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    rows: list[list[Any]] = [HEAD, *(["text", f"q{n}", text, text] for n, text in enumerate(HOSTILE))]
    choices = [["list_name", "name", "label::English (en)"], *(["c", text, text] for text in HOSTILE)]
    found = xlsform.read(form(tmp_path, [*rows, ["select_one c", "c", "C"]], choices))
    assert parse(SMALL + "\n" + xlsform.toml(found)).fields == found.fields


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda path: path.write_bytes(b"type,name\ntext,a\n"), "damaged"),
        (lambda path: path.write_bytes(b""), "damaged"),
        (lambda path: zipfile.ZipFile(path, "w").close(), "archive|damaged"),
        (lambda path: _bomb(path), "far too large"),
    ],
    ids=["text", "empty", "no-parts", "bomb"],
)
def test_what_is_no_form_is_refused_in_plain_words(tmp_path: Path, build: Any, says: str) -> None:
    path = tmp_path / "form.xlsx"
    build(path)
    with pytest.raises(Refused, match=says):
        xlsform.read(path)


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 20_000_000)


def test_another_workbook_is_told_from_a_form(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is this an XLSForm"):
        xlsform.read(form(tmp_path, [["date", "place"], ["2010-01-12", "Delmas"]]))
    path = tmp_path / "other.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Sheet1").write(0, 0, "x")
    book.close()
    with pytest.raises(Refused, match="no sheet 'survey'"):
        xlsform.read(path)
