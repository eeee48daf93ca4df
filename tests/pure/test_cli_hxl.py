"""`rapport hxl`: a file in, a file out; what is wrong in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rapport.cli.main import run

Capture = pytest.CaptureFixture[str]
TABLE = "Org,Sector,People\n#org,#sector,#reached\nWFP,Food,5\nIOM,WASH,n/a\niom,wash,70\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    return path


def out(capsys: Capture, *words: object) -> list[str]:
    """The rows below the hashtags."""
    assert run(["hxl", *map(str, words)]) == 0
    return capsys.readouterr().out.splitlines()[2:]


def failure(capsys: Capture, *words: object) -> str:
    assert run(["hxl", *map(str, words)]) != 0
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    return err


def test_each_verb_makes_a_table_of_a_table(capsys: Capture, file: Path, tmp_path: Path) -> None:
    assert out(capsys, "select", file, "org") == ["WFP", "IOM", "iom"]
    assert out(capsys, "select", file, "org", "--not") == ["Food,5", "WASH,n/a", "wash,70"]
    assert out(capsys, "filter", file, "#sector=WASH", "#reached>5") == ["iom,wash,70"]
    assert out(capsys, "filter", file, "#sector=WASH | #sector=food", "--not") == []
    assert out(capsys, "dedup", file, "#org,#sector") == ["WFP,Food,5", "IOM,WASH,n/a"]
    assert out(capsys, "sort", file, "#reached", "--reverse") == ["IOM,WASH,n/a", "iom,wash,70", "WFP,Food,5"]
    assert out(capsys, "count", file, "#sector", "--get", "count()", "--get", "sum(#reached)") == [
        "Food,1,5",
        "WASH,2,70",
    ]
    other = tmp_path / "other.csv"
    other.write_text("#org,#contact\nwfp,desk\n")
    assert out(capsys, "merge", file, other, "--by", "#org", "--bring", "#contact") == [
        "WFP,Food,5,desk", "IOM,WASH,n/a,", "iom,wash,70,"
    ]  # fmt: skip


def test_a_file_becomes_another_form_and_back(capsys: Capture, file: Path, tmp_path: Path) -> None:
    for ending in ("xlsx", "json", "csv"):
        made = tmp_path / f"made.{ending}"
        assert run(["hxl", "convert", str(file), "--out", str(made)]) == 0
        assert out(capsys, "convert", made) == TABLE.splitlines()[2:]
    assert run(["hxl", "convert", str(file), "--format", "json-rows"]) == 0
    assert json.loads(capsys.readouterr().out)[1] == ["#org", "#sector", "#reached"]


def test_plain_columns_and_their_schema_go_into_a_folder(file: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(["hxl", "convert", str(file), "--package", str(tmp_path / "made")]) == 0
    assert capsys.readouterr().out == ""
    assert sorted(one.name for one in (tmp_path / "made").iterdir()) == ["datapackage.json", "t.csv"]


def test_validate_names_each_fault_and_ends_with_1(capsys: Capture, file: Path, tmp_path: Path) -> None:
    assert run(["hxl", "validate", str(file), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["error"]) == (3, 1)
    [fault] = [one for one in found["findings"] if one["severity"] == "error"]
    assert (fault["row"], fault["column"], fault["value"]) == (4, "#reached", "n/a")
    schema = tmp_path / "schema.csv"
    schema.write_text("#valid_tag,#valid_required\n#org,true\n")
    assert run(["hxl", "validate", str(file), "--schema", str(schema)]) == 0
    assert "3 rows, no fault" in capsys.readouterr().out


def test_what_is_odd_is_told_beside_the_result(capsys: Capture, file: Path) -> None:
    assert run(["hxl", "filter", str(file), "#reached>5"]) == 0
    told = capsys.readouterr()
    assert "'n/a' 1 cells hold no number" in told.err
    assert "cells hold" not in told.out


def test_what_cannot_be_done_is_said_in_one_line(capsys: Capture, file: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_text("a,b\n1,2\n")
    assert f"{plain}: The first 25 rows hold no hashtags" in failure(capsys, "validate", plain)
    assert "No column fits #adm1; the table has #org, #sector, #reached." in failure(capsys, "select", file, "#adm1")
    assert "say with --format what to write" in failure(capsys, "convert", file, "--out", tmp_path / "t.doc")
    assert "is no query" in failure(capsys, "filter", file, "#org")
    assert "median" in failure(capsys, "count", file, "#org", "--get", "median(#reached)")
