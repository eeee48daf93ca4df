"""The data dictionary says what leaves: no export writes a field that it lacks, and it has none that nothing gives."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields as attributes
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.events import live, log
from rapport.events.models import Event
from rapport.exchange.views import FORMATS
from rapport.formats import documented
from rapport.formats.dictionary.check import csv_faults, geojson_faults
from rapport.formats.dictionary.described import TABLES, table_schema
from rapport.formats.dictionary.fields import EXPORTS, FIELDS, NOT_FIELDS, VERSION, Code
from rapport.formats.dictionary.operation import Own, digest, entries, version
from rapport.operations import fields
from rapport.operations.definition import parse
from rapport.operations.models import Operation
from rapport.sharing import activation
from rapport.sharing.protocol import model
from rapport.values import Precision, Publication, Release, Response, Status
from tests.guards.canaries import PROTOCOLS
from tests.pure.releases import CONTEXT, FULL, releases
from tests.pure.test_definition import SMALL
from tests.pure.test_fields import FIELDS as EXTRA_FIELDS

#: What each version said. A change of rapport's own fields is a new version with a line of its own.
DIGESTS = {
    1: "25a548f8252b5adaeb95c759b208ecf52492054268f3634e550673365da318b2",
    2: "05995dc55258a660904b09feb4ecfe29a8c8c9318b3f395b1f9e052f353e33e6",
}
#: The released hashtags of HXL 1.1.
HASHTAGS = re.compile(
    "access|activity|adm[1-5]|affected|beneficiary|capacity|cause|channel|contact|country|crisis|currency|date|"
    "description|event|frequency|geo|group|impact|indicator|inneed|item|loc|meta|need|operations|org|output|"
    "population|reached|region|respondee|sector|service|severity|status|subsector|targeted|value"
)
_HXL = re.compile(r"#([a-z][a-z0-9]*)(\+[a-z][a-z0-9_]*)*")
OWN = Own(extra=CONTEXT.extra)


def written(ending: str, some: list[Release]) -> bytes:
    return b"".join(FORMATS[ending].write(some, CONTEXT))


def faults(ending: str, body: bytes, schema: Mapping[str, Any]) -> list[str]:
    text = body.decode()
    if ending == "csv":
        return [one.said("row") for one in csv_faults(schema, io.StringIO(text, newline=""))]
    return [one.said("feature") for one in geojson_faults(schema, json.loads(text))]


# --- what stands in it ---------------------------------------------------------------------------------------------


def test_no_field_changes_without_a_new_version() -> None:
    said = "count VERSION up in formats/dictionary/fields.py and enter the digest of what it now says in DIGESTS"
    assert list(DIGESTS) == list(range(1, VERSION + 1)), said
    assert digest(FIELDS) == DIGESTS[VERSION], said
    assert len(set(DIGESTS.values())) == len(DIGESTS)


def test_every_attribute_of_a_release_is_described_or_exempt_with_a_reason() -> None:
    described = {attribute for one in FIELDS for attribute in one.of}
    assert described | NOT_FIELDS.keys() == {one.name for one in attributes(Release)}
    assert described & NOT_FIELDS.keys() == set()


def test_every_field_of_a_protocol_governs_an_entry_and_every_entry_names_one() -> None:
    assert {one.goes_with for one in entries(OWN) if one.goes_with} == model.FIELDS


@pytest.mark.parametrize("one", FIELDS, ids=lambda one: one.name)
def test_each_entry_is_whole(one: Any) -> None:
    found = _HXL.fullmatch(one.hxl)
    assert found
    assert HASHTAGS.fullmatch(found[1])
    assert 1 <= one.since <= VERSION
    assert one.found.keys() <= set(EXPORTS)
    assert one.found or one.on_page, "nothing gives it"
    assert one.meaning.endswith(".")


def test_names_are_one_each() -> None:
    names = [one.name for one in FIELDS]
    assert len(set(names)) == len(names)
    assert not any(name.startswith(fields.PREFIX) for name in names)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("status", [one.value for one in Status]),
        ("response", [one.value for one in Response]),
        ("precision", [one.word for one in Precision]),
        ("publication", [one.value for one in Publication]),
    ],
)
def test_code_lists_are_whole(name: str, values: list[str]) -> None:
    codes: tuple[Code, ...] = next(one.codes for one in FIELDS if one.name == name)
    assert [one.value for one in codes] == values


def test_the_page_is_written_from_the_dictionary() -> None:
    assert documented.PAGE.read_text(encoding="utf-8") == documented.page(), "python -m rapport.formats.documented"


# --- what exports write --------------------------------------------------------------------------------------------


def test_every_format_there_is_stands_in_the_dictionary() -> None:
    """A new one is named in EXPORTS, and in TABLES if it is a table, and each entry says where it has the field."""
    assert set(FORMATS) == set(EXPORTS)


def test_every_column_and_property_is_an_entry_and_every_entry_is_given() -> None:
    header, row = csv.reader(io.StringIO(written("csv", [FULL]).decode(), newline=""))
    assert header == [one.name for one in entries(OWN) if one.is_column("csv")]
    assert [name for name, cell in zip(header, row, strict=True) if not cell] == []
    feature = json.loads(written("geojson", [FULL]))["features"][0]
    had = feature["properties"]
    assert set(had) == {one.name for one in entries(OWN) if one.is_column("geojson")}
    assert [name for name, value in had.items() if value in (None, "", [])] == []
    assert feature.keys() == {"type", "id", "geometry", "properties"}
    elsewhere = {one.found["geojson"] for one in FIELDS if "geojson" in one.found and not one.is_column("geojson")}
    assert elsewhere == {"geometry.coordinates", "categories.code"}


@pytest.mark.parametrize(("ending", "item"), [("rss", "item"), ("atom", "entry"), ("kml", "Placemark")])
def test_every_element_of_a_feed_is_an_entry_and_every_entry_is_given(ending: Any, item: str) -> None:
    root = ElementTree.fromstring(written(ending, [FULL]))
    found = next(one for one in root.iter() if one.tag.rpartition("}")[2] == item)
    spaces = {"georss": "georss:", **({"Atom": "atom:"} if ending == "rss" else {})}
    elements = {_element(child, spaces) for child in found} - {"ExtendedData"}
    data = {str(one.get("name")) for one in found.iter() if one.tag.endswith("}Data")}
    assert elements | data == {one.found[ending].partition(".")[0] for one in entries(OWN) if ending in one.found}


def _element(child: ElementTree.Element, prefixes: Mapping[str, str]) -> str:
    space, _, name = child.tag.rpartition("}")
    return next((prefix for part, prefix in prefixes.items() if part in space), "") + name


def test_every_property_of_a_calendar_is_an_entry_and_every_entry_is_given() -> None:
    lines = written("ics", [FULL, replace(FULL, occurred_at=None)]).decode().split("\r\n")
    inside = lines[lines.index("BEGIN:VEVENT") :]
    names = {line.partition(":")[0] for line in inside if line[:1] not in ("", " ")}
    # Of the calendar: its frame, an id of its own, when it was written, that nobody is busy, which time it is.
    frame = {"BEGIN", "END", "UID", "DTSTAMP", "TRANSP", "X-RAPPORT-DATED"}
    assert names - frame == {one.found["ics"] for one in entries(OWN) if "ics" in one.found}


@pytest.mark.parametrize("ending", TABLES)
@given(st.lists(releases, max_size=5, unique_by=lambda one: one.ref))
def test_whatever_is_released_fits_the_schema(ending: Any, some: list[Release]) -> None:
    schema = table_schema(entries(OWN), ending, version(OWN))
    assert faults(ending, written(ending, some), schema) == []


def test_a_column_that_nobody_described_is_found() -> None:
    """The guard is not blind: a further column, and an entry that no export gives."""
    schema = table_schema(entries(OWN), "csv", "1")
    body = written("csv", [FULL]).replace(b"ref,", b"novelty,ref,", 1).replace(b"\r\n7hq", b"\r\n1,7hq", 1)
    assert any("no such column" in one for one in faults("csv", body, schema))
    fewer = {**schema, "fields": schema["fields"][1:]}  # type: ignore[index]
    assert any("no such column" in one for one in faults("csv", written("csv", [FULL]), fewer))


# --- a real operation, as its readers get it -----------------------------------------------------------------------

_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40) | st.sampled_from(
    ["=1+1", "-2", "a|b", "\r\n", '"', "'=x", "Rele +509 3746-1928", "  "]
)
_times = st.datetimes(datetime(1901, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))
_SAID = {
    "households": st.integers(0, 5000),
    "damage": st.sampled_from(["none", "partial", "total"]),
    "needs": st.sampled_from([["water"], ["tents"], ["water", "tents"]]),
    "depth": st.floats(-9, 9) | st.integers(-(10**15), 10**15),
    "since": st.dates(datetime(1900, 1, 1).date(), datetime(2200, 12, 31).date()).map(lambda day: day.isoformat()),
    "nearest": _texts.filter(str.strip),
    "remark": _texts.filter(str.strip),
}
_places = st.none() | st.fixed_dictionaries({
    "lon": st.floats(-180, 180), "lat": st.floats(-90, 90), "precision": st.sampled_from(Precision),
    "radius_m": st.integers(0, 150_000), "place_name": _texts, "pcode": st.sampled_from(["", "HT0112"]),
    "commune_lon": st.just(-72.3), "commune_lat": st.just(18.55), "commune_radius_m": st.just(6000),
    "commune_name": st.just("Delmas"), "commune_pcode": st.just("HT0112"),
})  # fmt: skip
_events = st.fixed_dictionaries({
    "title": _texts, "summary": _texts, "status": st.sampled_from(Status), "response": st.sampled_from(Response),
    "publication": st.sampled_from(Publication), "occurred_at": st.none() | _times, "published_at": st.none() | _times,
    "affected_low": st.none() | st.integers(0, 10**6), "affected_high": st.none() | st.integers(10**6, 10**7),
    "extra": st.fixed_dictionaries({}, optional=_SAID),
})  # fmt: skip
_codes = st.sets(st.sampled_from(["2", "2a", "2b", "1a"]), max_size=3)


@pytest.fixture
def asking(operation: Operation) -> Operation:
    """The sample operation with an extra field of every kind, of which the public gets one."""
    operation.extra_fields = [fields.to_json(one) for one in parse(SMALL + EXTRA_FIELDS).fields]
    operation.save()
    return operation


@pytest.fixture(params=PROTOCOLS)
def under(request: Any, asking: Operation, lead: Person, someone: Callable[..., Person]) -> Operation:
    """The operation under each of the protocols."""
    proposed = activation.propose(lead, asking, PROTOCOLS[request.param], "agreed")
    activation.activate(someone("carol", Role.CUSTODIAN), proposed, "agreed")
    return asking


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink an example takes minutes
)
@given(st.lists(st.tuples(_events, _places, _codes), min_size=1, max_size=6))
def test_every_row_that_any_reader_gets_fits_the_dictionary_that_they_get(
    under: Operation, volunteer: Person, outsider: Person, some: list[Any]
) -> None:
    _made(under, some)
    rows = 0
    for client in (Client(), _signed_in(volunteer), _signed_in(outsider)):
        for ending in TABLES:
            schema = json.loads(client.get(f"/sample/dictionary.json?export={ending}").content)
            body = client.get(f"/sample/events.{ending}").getvalue()
            rows += body.count(b"\n") - 1
            assert faults(ending, body, schema) == []
    assert rows >= len(TABLES)  # the team gets all of them


def _made(operation: Operation, some: list[Any]) -> None:
    live.forget()
    known = {one.code: one for one in operation.categories.all()}
    with transaction.atomic():
        Event.objects.all().delete()
        for facts, place, codes in some:
            event = Event.objects.create(operation=operation, **facts, **(place or {}))
            event.categories.set([known[code] for code in codes])
            log.record(operation.pk, [event.pk])


def _signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client
