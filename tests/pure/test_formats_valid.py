"""What rapport writes is valid to somebody else's program: the schema of KML, a reader of calendars, of workbooks."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import icalendar
import pykml
import pytest
from hypothesis import given
from lxml import etree
from openpyxl import load_workbook

from rapport.formats import ical, kml, xlsx
from rapport.values import Release
from tests.pure.releases import CONTEXT, FULL, lists

#: As the Open Geospatial Consortium publishes it; it lies in the package `pykml`.
SCHEMA = Path(str(pykml.__file__)).parent / "schemas" / "ogckml22.xsd"


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA))


@given(some=lists)
def test_kml_holds_to_its_schema(schema: etree.XMLSchema, some: list[Release]) -> None:
    document = etree.fromstring(b"".join(kml.write([*some, FULL], CONTEXT)))
    refs = [one.ref for one in some]
    if len({*refs, FULL.ref}) == len(refs) + 1:  # ids are one each, as they are in an operation
        schema.assertValid(document)


@given(lists)
def test_a_calendar_is_read_without_a_fault(some: list[Release]) -> None:
    calendar = icalendar.Calendar.from_ical(b"".join(ical.write(some, CONTEXT)))
    events = calendar.walk("VEVENT")
    assert len(events) == len(some)
    assert [event.errors for event in events] == [[]] * len(some)
    assert [bool(event["UID"] and event["DTSTAMP"] and event["DTSTART"]) for event in events] == [True] * len(some)


def test_a_workbook_holds_numbers_dates_and_texts_and_never_a_formula() -> None:
    hostile = replace(FULL, title="=HYPERLINK(1)", summary="+1")
    sheet = load_workbook(io.BytesIO(b"".join(xlsx.write([hostile], CONTEXT))))["Events"]
    names = [cell.value for cell in sheet[1]]
    kinds = {name: cell.data_type for name, cell in zip(names, sheet[2], strict=True)}
    assert kinds["headline"] == kinds["summary"] != "f"
    assert (kinds["occurred_at"], kinds["lat"], kinds["reports"]) == ("d", "n", "n")
    assert sheet["B2"].value == "=HYPERLINK(1)"


def test_the_same_events_make_the_same_workbook() -> None:
    once, again = (b"".join(xlsx.write([FULL], CONTEXT)) for _ in range(2))
    assert once == again
