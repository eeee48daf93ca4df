"""The data dictionary as programs read it, and what it says of a file that does not fit."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from rapport.formats import geojson, table
from rapport.formats.context import ExtraColumn
from rapport.formats.dictionary.check import csv_faults, geojson_faults
from rapport.formats.dictionary.described import COLUMNS, Tongue, as_csv, table_schema, written
from rapport.formats.dictionary.operation import Own, entries, version
from rapport.values import CategoryName, Response, Spot
from tests.pure.releases import CONTEXT, FULL

FIELDS = (
    ExtraColumn("x_damage", "damage", {"en": "Damage", "fr": "Dégâts"}, "choice", "", {"total": {"en": "Destroyed"}}),
    ExtraColumn("x_needs", "needs", {"en": "Needs"}, "choice", "", {"water": {}, "tents": {}}, several=True),
    ExtraColumn("x_depth", "depth", {"en": "Depth"}, "number", "", {}, help={"en": "In metres."}, public=False),
    ExtraColumn("x_since", "since", {"en": "Since"}, "date", "", {}),
)
OWN = Own((CategoryName("2a", {"en": "Food"}, "#need+food"), CategoryName("2b", {"en": "Water"})), {"sms": {}}, FIELDS)
SAMPLE = replace(CONTEXT, extra=FIELDS)
RELEASE = replace(FULL, extra=tuple(one for one in FULL.extra if one.code != "remark"))


def schema(export: Any, own: Own | None = OWN, tongue: Tongue | None = None) -> Any:
    made = table_schema(entries(own), export, version(own), "sample", tongue or Tongue())
    return json.loads(written(made))


def column(name: str, export: str = "csv", **more: Any) -> Any:
    return next(one for one in schema(export, **more)["fields"] if one["name"] == name)


# --- the schema ----------------------------------------------------------------------------------------------------


def test_the_schema_has_the_columns_of_the_csv_in_their_order() -> None:
    names = [one["name"] for one in schema("csv")["fields"]]
    assert names == [*table.COLUMNS, "x_damage", "x_needs", "x_depth", "x_since"]
    assert schema("csv")["fieldsMatch"] == "exact"
    assert schema("csv")["primaryKey"] == ["ref"]


def test_standard_properties_come_first_and_ours_are_named_so() -> None:
    for export in ("csv", "geojson"):
        for one in schema(export)["fields"]:
            ours = [key.startswith("rapport:") for key in one]
            assert ours == sorted(ours)
            assert {"name", "title", "type", "description"} <= one.keys()


def test_a_code_list_is_an_enumeration_with_labels() -> None:
    status = column("status")
    assert status["constraints"]["enum"][:2] == ["unverified", "corroborated"]
    assert status["categories"][2] == {"value": "verified", "label": "A verifier has checked it and found it true."}


def test_several_values_are_one_cell_in_csv_and_an_array_in_geojson() -> None:
    codes = column("category_codes")
    assert codes["constraints"]["pattern"] == r"(2a|2b)(\|(2a|2b))*"
    assert codes["rapport:separator"] == "|"
    assert codes["rapport:codes"][0] == {"value": "2a", "label": "Food", "hxl": "#need+food"}
    needs = column("x_needs", "geojson")
    assert (needs["type"], needs["constraints"]["jsonSchema"]["items"]["enum"]) == ("array", ["water", "tents"])


def test_an_extra_field_comes_in_the_readers_language_with_what_the_file_says() -> None:
    assert column("x_damage", tongue=Tongue("fr"))["title"] == "Dégâts"
    depth = column("x_depth")
    assert (depth["type"], depth["rapport:goes_with"], depth["rapport:sensitivity"]) == ("number", "extra", "high")
    assert depth["description"] == "In metres. Only the team of this operation gets it."
    assert column("x_since")["type"] == "date"


def test_the_version_follows_what_the_operation_brings_in_every_language_alike() -> None:
    told = version(OWN)
    assert told.startswith(f"{version()}+")
    assert version(Own(OWN.categories, OWN.sources, FIELDS[:3])) != told
    assert version(Own(OWN.categories[:1], OWN.sources, FIELDS)) != told
    assert {schema(export, tongue=Tongue(one))["version"] for one in ("en", "fr") for export in ("csv", "geojson")} == {
        told
    }


def test_the_dictionary_as_csv_has_one_row_a_field() -> None:
    rows = list(csv.DictReader(io.StringIO(b"".join(as_csv(entries(OWN), version(OWN))).decode(), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert [row["name"] for row in rows] == [one.name for one in entries(OWN)]
    status = next(row for row in rows if row["name"] == "status")
    assert (status["csv"], status["rss"], status["version"]) == ("status", "category", version(OWN))
    assert status["codes"].startswith("unverified: Somebody said so.")


# --- a file that does not fit --------------------------------------------------------------------------------------


def csv_said(change: Callable[[list[list[str]]], None]) -> list[str]:
    """What is said of a CSV of two events after a change to its cells."""
    body = b"".join(table.write([RELEASE, replace(RELEASE, ref="8hq2m4kd")], SAMPLE)).decode()
    rows = list(csv.reader(io.StringIO(body, newline="")))
    change(rows)
    again = io.StringIO(newline="")
    csv.writer(again).writerows(rows)
    again.seek(0)
    return [one.said("row") for one in csv_faults(schema("csv"), again)]


def geojson_said(change: Callable[[Any], object]) -> list[str]:
    document = json.loads(b"".join(geojson.write([RELEASE, replace(RELEASE, ref="8hq2m4kd")], SAMPLE)))
    change(document["features"][1])
    return [one.said("feature") for one in geojson_faults(schema("geojson"), document)]


def test_what_rapport_writes_fits() -> None:
    assert csv_said(lambda rows: None) == []
    assert geojson_said(lambda feature: None) == []


@pytest.mark.parametrize(
    ("name", "cell", "says"),
    [
        ("ref", "", "row 3, ref: nothing is not allowed: it must have a value."),
        ("ref", "7hq2m4kd", "row 3, ref: '7hq2m4kd' stands in an earlier row too: each event has one."),
        ("ref", "I", "row 3, ref: 'I' does not fit [0-9abcdefghjkmnpqrstvwxyz]{8}: copy it from the export again."),
        ("status", "sure", "row 3, status: 'sure' is not in the list: use one of unverified, corroborated, verified"),
        ("category_codes", "2a|9", "row 3, category_codes: '2a|9' is not in the list: use 2a, 2b, several with |"),
        ("category_codes", "2a|", "is not in the list"),
        ("x_needs", "water;tents", "is not in the list: use water, tents, several with | between."),
        ("occurred_at", "14/01/2010", "row 3, occurred_at: '14/01/2010' must be a time in UTC, as 2010-01-31T14:30"),
        ("occurred_at", "2010-02-30T00:00:00Z", "must be a time in UTC"),
        ("occurred_at", "2010-01-31T14:30:00+02:00", "must be a time in UTC"),
        ("x_since", "31.1.2010", "must be a day, as 2010-01-31."),
        ("lat", "118.5", "row 3, lat: '118.5' must be at most 90."),
        ("lat", "18,5", "must be a number in digits, with a point."),
        ("lon", "-181", "must be at least -180."),
        ("reports", "2.5", "must be a whole number in digits."),
        ("reports", "٣", "must be a whole number in digits."),
        ("pcode", "H" * 21, "must have at most 20 characters."),
        ("url", "the map", "is no address: it must begin with http:// or https://."),
    ],
)
def test_a_wrong_cell_is_named_with_row_field_and_remedy(name: str, cell: str, says: str) -> None:
    def change(rows: list[list[str]]) -> None:
        rows[2][rows[0].index(name)] = cell

    (said,) = csv_said(change)
    assert said.startswith(says) or says in said


def test_columns_are_named_that_are_missing_new_twice_or_moved() -> None:
    def renamed(rows: list[list[str]]) -> None:
        rows[0][5] = "state"

    def moved(rows: list[list[str]]) -> None:
        for row in rows:
            row[0], row[1] = row[1], row[0]

    def doubled(rows: list[list[str]]) -> None:
        for row in rows:
            row.append(row[5])

    assert [one[:21] for one in csv_said(renamed)] == ["row 1, status: the co", "row 1, state: the dic"]
    assert csv_said(moved) == ["row 1, ref: the columns are in another order: put them as the dictionary has them."]
    assert csv_said(doubled) == ["row 1, status: two columns have this name: keep one."]


def test_a_row_that_is_too_short_or_cut_off_is_named() -> None:
    assert csv_said(lambda rows: rows[2].pop()) == ["row 3: it has 25 cells, the header 26: one for each column."]
    cut = io.StringIO('ref,headline\r\n"7hq', newline="")
    assert [one.text[:30] for one in csv_faults(schema("csv"), cut)][-1] == "it cannot be read as CSV (unex"


def test_rows_are_counted_as_a_spreadsheet_shows_them() -> None:
    """A line break within a cell begins no row, and what was made safe is read as it was written."""
    told = replace(RELEASE, summary="=1+1\nand\u2028more", status=RELEASE.status)
    body = b"".join(table.write([told, replace(RELEASE, ref="8hq2m4kd")], SAMPLE)).decode()
    broken = body.replace("8hq2m4kd", "", 1)
    found = list(csv_faults(schema("csv"), io.StringIO(broken, newline="")))
    assert [(one.row, one.field) for one in found] == [(3, "ref")]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("status", None, "feature 2, status: nothing is not allowed: it must have a value."),
        ("reports", "2", "feature 2, reports: '2' must be a whole number."),
        ("reports", True, "must be a whole number."),
        ("x_depth", "deep", "must be a number."),
        ("headline", 7, "must be a text."),
        ("files", "https://map.example.org/1", "must be a list."),
        ("categories", [{"code": "9", "name": "No"}], "is not in the list: use one of 2a, 2b."),
        ("categories", [{"code": "2a"}], "must hold objects of code and name."),
        ("categories", ["2a"], "must hold objects."),
        ("x_needs", ["water", "bread"], "is not in the list: use one of water, tents."),
    ],
)
def test_a_wrong_property_is_named_with_feature_field_and_remedy(name: str, value: Any, says: str) -> None:
    (said,) = geojson_said(lambda feature: feature["properties"].update({name: value}))
    assert said.startswith(says) or says in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda one: one["properties"].pop("place"), "feature 2, place: the property is missing: write null where"),
        (lambda one: one["properties"].update(sender=1), "feature 2, sender: the dictionary has no such property"),
        (lambda one: one.update(id="x"), "feature 2, id: it must be the same as ref."),
        (lambda one: one.update(geometry={"type": "Point", "coordinates": [18, 95]}), "feature 2, geometry: it must"),
        (lambda one: one.update(geometry={"type": "Polygon", "coordinates": []}), "feature 2, geometry: it must"),
        (lambda one: one.update(properties=None), "feature 2: it has no properties"),
    ],
)
def test_a_wrong_feature_is_named(change: Callable[[Any], object], says: str) -> None:
    (said,) = geojson_said(change)
    assert said.startswith(says)


@pytest.mark.parametrize("document", [None, [], {}, {"type": "Feature"}, {"type": "FeatureCollection"}])
def test_what_is_no_collection_is_said_to_be_none(document: Any) -> None:
    (fault,) = geojson_faults(schema("geojson"), document)
    assert fault.said("feature") == "file: it is no GeoJSON FeatureCollection: export it again."


def test_an_event_of_which_little_is_left_fits_too() -> None:
    bare = replace(
        RELEASE, title="", summary="", categories=(), occurred_at=None, published_at=None, place=None, affected=None,
        reports=None, response=None, extra=(), files=(),
    )  # fmt: skip
    for made in (bare, replace(bare, place=Spot(180.0, -90.0, FULL.place.precision, 0))):  # type: ignore[union-attr]
        body = b"".join(table.write([made], SAMPLE)).decode()
        assert list(csv_faults(schema("csv"), io.StringIO(body, newline=""))) == []
        document = json.loads(b"".join(geojson.write([made], SAMPLE)))
        assert list(geojson_faults(schema("geojson"), document)) == []


def test_times_before_the_year_1000_and_every_response_fit() -> None:
    for response in Response:
        made = replace(RELEASE, response=response, occurred_at=datetime(900, 1, 1, tzinfo=UTC))
        body = b"".join(table.write([made], SAMPLE)).decode()
        assert list(csv_faults(schema("csv"), io.StringIO(body, newline=""))) == []
