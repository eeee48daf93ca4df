"""The page on bad input names limits as the code has them, and tests that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from importlib import import_module

import pytest

from tests.guards.walk import ROOT

PAGE = ROOT / "docs" / "reference" / "bad-input.md"


def table(heading: str) -> Iterator[list[str]]:
    """The rows of the table below a heading, without its own."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    yield from ([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines)


LIMITS = {where.strip("`"): (limit, of) for limit, of, where in table("The limits")}
TESTS = sorted({row[-1].strip("`") for row in table("What is answered")})


@pytest.mark.parametrize("where", LIMITS)
def test_a_limit_is_what_the_code_says(where: str) -> None:
    path, _, name = where.partition(":")
    module = import_module("rapport." + path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    value = reduce(getattr, name.split("."), module)
    assert f"{value:,}" == LIMITS[where][0], LIMITS[where]


@pytest.mark.parametrize("named", TESTS)
def test_a_test_that_the_page_names_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    assert f"def {name}(" in (ROOT / "tests" / path).read_text(encoding="utf-8")


def test_each_kind_of_bad_input_has_its_readers_and_answers() -> None:
    rows = list(table("What is answered"))
    assert len(rows) >= 40
    assert all(reader and answer for _, reader, answer, _ in rows)
    assert len([row for row in rows if row[0].startswith("**")]) >= 10
