"""What rapport writes is valid to somebody else's program: the schema of KML, models of GeoJSON, a reader of calendars,
of workbooks, of HXL. CAP: test_cap_writing.py; RSS and Atom: test_formats_feeds.py; packs: tests/web/test_packs.py."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import icalendar
import pykml
import pytest
from geojson_pydantic import FeatureCollection
from hypothesis import given, settings
from lxml import etree
from openpyxl import load_workbook

from rapport.formats import geojson, ical, kml, table, xlsx
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
def test_geojson_is_what_rfc_7946_says(some: list[Release]) -> None:
    body = b"".join(geojson.write(some, CONTEXT))
    found = FeatureCollection.model_validate_json(body)
    assert [feature.id for feature in found.features] == [one.ref for one in some]
    assert [feature.geometry is not None for feature in found.features] == [one.place is not None for one in some]
    assert json.loads(found.model_dump_json())["features"] == json.loads(body)["features"]


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


def test_a_text_that_looks_like_the_xml_of_a_workbook_stays_a_text() -> None:
    """xlsxwriter would take it for its own, and the formula in it with it."""
    planted = '<r></r></is></c><c r="ZZ2"><f>1+1</f><v>2</v></c><c r="ZZ3" t="inlineStr"><is><r></r>'
    written = b"".join(xlsx.write([replace(FULL, title=planted, summary="<r>&</r>")], CONTEXT))
    sheet = load_workbook(io.BytesIO(written))["Events"]
    assert [cell for row in sheet for cell in row if cell.data_type == "f"] == []
    assert sheet.max_column < 100
    assert sheet["B2"].value == planted.replace("<r>", "_x003C_r>", 1), "openpyxl does not undo what ECMA-376 writes so"


#: libhxl, in the environment that `make bench-peer` makes: it brings a library under the GPL, so it is none of ours.
PEER = Path(__file__).parents[2] / "build" / "peer-hxl" / "bin" / "python"
READ_BY_LIBHXL = """
import hxl, json, sys
for path in sys.argv[1:]:
    table = hxl.data(path, hxl.InputOptions(allow_local=True))
    print(json.dumps([table.headers, table.display_tags, [row.values for row in table]]))
"""


@pytest.mark.soak
def test_libhxl_reads_the_same_headers_hashtags_and_cells(tmp_path: Path) -> None:
    if not PEER.exists():
        pytest.skip("make bench-peer first: libhxl is not in this environment")
    written: list[list[list[str]]] = []

    @settings(max_examples=300, database=None)
    @given(lists)
    def write(some: list[Release]) -> None:
        body = b"".join(table.write_hxl([*some, FULL], CONTEXT))
        written.append(list(csv.reader(io.StringIO(body.decode(), newline=""))))
        (tmp_path / f"{len(written) - 1}.csv").write_bytes(body)

    write()
    paths = [str(tmp_path / f"{at}.csv") for at in range(len(written))]
    done = subprocess.run([PEER, "-I", "-c", READ_BY_LIBHXL, *paths], capture_output=True, text=True, check=True)
    for line, (names, tags, *cells) in zip(done.stdout.splitlines(), written, strict=True):
        assert _one_line(json.loads(line)) == _one_line([names, tags, cells])


def _one_line(said: list[Any]) -> list[Any]:
    """libhxl reads every line end as a line feed, and hashtags in its own writing."""
    return [_one_line(one) if isinstance(one, list) else " ".join(str(one).split()) for one in said]


def test_the_same_events_make_the_same_workbook() -> None:
    once, again = (b"".join(xlsx.write([FULL], CONTEXT)) for _ in range(2))
    assert once == again
