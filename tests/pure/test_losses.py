"""What an export loses is what the loss report says, for every format: generated events are written, read back by
programs that are not ours, and compared field by field."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

import feedparser
import icalendar
import pytest
from geojson_pydantic import Feature, FeatureCollection, Point
from hypothesis import example, given
from lxml import etree
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape as unescape_cell

from rapport.exchange.views import FORMATS
from rapport.formats.dictionary.fields import EXPORTS, Entry
from rapport.formats.dictionary.operation import Own, entries
from rapport.formats.losses import Value, left, losses, record
from rapport.formats.table import BETWEEN, as_written
from rapport.values import CategoryName, Release, Spot
from tests.pure.releases import CONTEXT, FULL, lists

ENTRIES = entries(Own(extra=CONTEXT.extra))
BY_NAME = {one.name: one for one in ENTRIES}
Read = list[dict[str, Value]]


# --- read by others ------------------------------------------------------------------------------------------------


def typed(one: Entry, text: Any) -> Value:
    """The value of a field from a cell's text."""
    if text in (None, ""):
        return [] if one.several else None
    if one.several:
        return str(text).split(BETWEEN)
    if one.type == "datetime":
        return text if isinstance(text, datetime) else moment(text)
    if one.type in ("number", "integer"):
        return float(text)
    return str(text)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def read_csv(body: bytes, tags: int = 0) -> Read:
    header, *rows = list(csv.reader(io.StringIO(body.decode(), newline="")))
    return [
        {name: typed(BY_NAME[name], as_written(cell)) for name, cell in zip(header, row, strict=True)}
        for row in rows[tags:]
    ]


def read_hxl(body: bytes) -> Read:
    tags = list(csv.reader(io.StringIO(body.decode(), newline="")))[1]
    assert all(re.fullmatch(r"(#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*)?", tag) for tag in tags)
    return read_csv(body, tags=1)


def read_xlsx(body: bytes) -> Read:
    book = load_workbook(io.BytesIO(body))
    assert book.sheetnames == ["Events", "Fields"]
    header, *rows = list(book["Events"].values)
    found = []
    for row in rows:
        cells = {str(name): cell for name, cell in zip(header, row, strict=True)}
        times = {name: cell.replace(tzinfo=UTC) for name, cell in cells.items() if isinstance(cell, datetime)}
        # It does not take `_x0041_` for what it stands for (ECMA-376, part 1, section 22.9.2.19).
        texts = {name: unescape_cell(cell) for name, cell in cells.items() if isinstance(cell, str)}
        found.append({name: typed(BY_NAME[name], cell) for name, cell in (cells | times | texts).items()})
    return found


def read_geojson(body: bytes) -> Read:
    found = []
    for feature in FeatureCollection[Feature[Point, dict[str, Any]]].model_validate_json(body).features:
        said = dict(feature.properties or {})
        lon, lat = feature.geometry.coordinates if feature.geometry else (None, None)
        said["category_codes"] = [one["code"] for one in said["categories"]]
        said["categories"] = [one["name"] for one in said["categories"]]
        times = {name: moment(said[name]) for name in ("occurred_at", "published_at", "updated_at") if said[name]}
        found.append({**said, **times, "lon": lon, "lat": lat})
    return found


def read_kml(body: bytes) -> Read:
    k = "{http://www.opengis.net/kml/2.2}"
    found = []
    for mark in etree.fromstring(body).iter(f"{k}Placemark"):
        data = {str(one.get("name")): one.findtext(f"{k}value") for one in mark.iter(f"{k}Data")}
        lon, lat, *_ = [*(mark.findtext(f"{k}Point/{k}coordinates") or "").split(","), None][:2]
        data |= {
            "headline": mark.findtext(f"{k}name"), "summary": unescape(mark.findtext(f"{k}description") or ""),
            "occurred_at": mark.findtext(f"{k}TimeStamp/{k}when"), "lon": lon, "lat": lat,
        }  # fmt: skip
        found.append({one.name: typed(one, data.get(one.name)) for one in ENTRIES})
    return found


GEO, ATOM = "{http://www.georss.org/georss}", "{http://www.w3.org/2005/Atom}"


def placed(item: Any) -> dict[str, Value]:
    lat, lon = (item.findtext(f"{GEO}point") or " ").split(" ")
    radius = item.findtext(f"{GEO}radius")
    return {
        "lat": float(lat) if lat else None, "lon": float(lon) if lon else None,
        "radius_m": int(radius) if radius else None, "place": item.findtext(f"{GEO}featurename"),
    }  # fmt: skip


def read_rss(body: bytes) -> Read:
    assert not feedparser.parse(body).bozo
    found: Read = []
    for item in etree.fromstring(body).iter("item"):
        kinds = [(one.get("domain"), one.text or "") for one in item.findall("category")]
        link = item.findtext("link") or ""
        assert item.findtext("guid") == CONTEXT.event_id(link.split("/")[-2])
        found.append({
            "ref": link.split("/")[-2], "headline": item.findtext("title"),
            "summary": unescape(item.findtext("description") or ""), "url": link,
            "categories": [text for kind, text in kinds if kind == CONTEXT.scheme("category")],
            "status": next(text for kind, text in kinds if kind == CONTEXT.scheme("status")),
            "published_at": parsedate_to_datetime(item.findtext("pubDate") or ""),
            "why": next(one.get("href") for one in item.findall(f"{ATOM}link")), **placed(item),
        })  # fmt: skip
    return found


def read_atom(body: bytes) -> Read:
    assert not feedparser.parse(body).bozo
    found: Read = []
    for entry in etree.fromstring(body).iter(f"{ATOM}entry"):
        kinds = entry.findall(f"{ATOM}category")
        mine = [one for one in kinds if one.get("scheme") == CONTEXT.scheme("category")]
        links = {one.get("rel"): str(one.get("href")) for one in entry.findall(f"{ATOM}link")}
        published = entry.findtext(f"{ATOM}published")
        found.append({
            "ref": links["alternate"].split("/")[-2], "headline": entry.findtext(f"{ATOM}title"),
            "summary": entry.findtext(f"{ATOM}summary"), "url": links["alternate"], "why": links["describedby"],
            "category_codes": [str(one.get("term")) for one in mine],
            "categories": [str(one.get("label")) for one in mine],
            "status": next(one.get("term") for one in kinds if one.get("scheme") == CONTEXT.scheme("status")),
            "published_at": moment(published) if published else None,
            "updated_at": moment(entry.findtext(f"{ATOM}updated") or ""),
            "marking": entry.findtext(f"{ATOM}rights"), **placed(entry),
        })  # fmt: skip
    return found


def read_ics(body: bytes) -> Read:
    found: Read = []
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    for event in icalendar.Calendar.from_ical(body).walk("VEVENT"):

        def said(name: str, event: Any = event) -> str | None:
            return str(event[name]) if name in event else None

        geo = event.get("GEO")
        known = {
            "ref": said("X-RAPPORT-REF"), "headline": said("SUMMARY"), "summary": said("DESCRIPTION"),
            "categories": [str(one) for one in event["CATEGORIES"].cats] if "CATEGORIES" in event else [],
            "status": said("X-RAPPORT-STATUS"), "place": said("LOCATION"), "url": said("URL"),
            "occurred_at": None if "X-RAPPORT-DATED" in event else event["DTSTART"].dt,
            "published_at": event["CREATED"].dt if "CREATED" in event else None,
            "updated_at": event["LAST-MODIFIED"].dt, "why": said("X-RAPPORT-WHY"), "marking": said("X-RAPPORT-MARKING"),
            "lat": geo.latitude if geo else None, "lon": geo.longitude if geo else None,
            "radius_m": int(event["X-RAPPORT-RADIUS"]) if geo else None,
        }  # fmt: skip
        found.append(known)
    return found


READERS: Mapping[str, Callable[[bytes], Read]] = {
    "csv": read_csv, "hxl.csv": read_hxl, "xlsx": read_xlsx, "geojson": read_geojson, "kml": read_kml,
    "rss": read_rss, "atom": read_atom, "ics": read_ics,
}  # fmt: skip


# --- the promise ---------------------------------------------------------------------------------------------------


def plain(said: Mapping[str, Value], export: str) -> dict[str, Value]:
    """Nothing is written as nothing, however a format writes that."""
    return {
        one.name: said.get(one.name) or (0 if said.get(one.name) == 0 else None)
        for one in ENTRIES
        if export in one.found
    }


def expected(some: Sequence[Release], export: Any) -> list[dict[str, Value]]:
    return [plain(left(record(one, CONTEXT), ENTRIES, export), export) for one in some]


def test_every_format_is_read_by_somebody_else() -> None:
    assert set(READERS) == set(FORMATS) == set(EXPORTS)


@pytest.mark.parametrize("export", EXPORTS)
@given(lists)
@example([FULL])
@example([replace(FULL, place=Spot(-72.3, 18.5, FULL.place.precision, 0), published_at=None, occurred_at=None)])  # type: ignore[union-attr]
@example([replace(FULL, categories=(CategoryName("2a", {}), CategoryName("2b", {"fr": "a,b;c\\n"})), summary="")])
@example([replace(FULL, title="x" * 40_000, summary="_x0041_ \r\n\r \x85\u2028 \\n \\, ")])
def test_what_comes_back_is_what_the_report_says(export: Any, some: list[Release]) -> None:
    body = b"".join(FORMATS[export].write(some, CONTEXT))
    assert [plain(one, export) for one in READERS[export](body)] == expected(some, export)


def test_the_report_is_not_blind() -> None:
    """Of a field that a format leaves out nothing comes back, and of one that it changes not the same."""
    for export in EXPORTS:
        body = b"".join(FORMATS[export].write([FULL], CONTEXT))
        (found,) = READERS[export](body)
        missing = {loss.entry.name for loss in losses(ENTRIES, export) if not loss.kept}
        assert not missing & {name for name, value in found.items() if value not in (None, [])}
        assert {"ref", "headline", "status"} <= {loss.entry.name for loss in losses(ENTRIES, export) if loss.kept}
