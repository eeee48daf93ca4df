"""RSS and Atom: always well-formed, and readers find every event with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from types import ModuleType

import feedparser
import pytest
from hypothesis import given
from lxml import etree

from rapport.formats import atom, rss
from rapport.formats.characters import clean
from rapport.formats.context import FeedContext, utc
from rapport.values import Release
from tests.pure.releases import CONTEXT, lists, releases

A = "{http://www.w3.org/2005/Atom}"
G = "{http://www.georss.org/georss}"

Write = Callable[[Iterable[Release], FeedContext], Iterator[bytes]]


def parse(write: Write, some: list[Release]) -> etree._Element:
    strict = etree.XMLParser(resolve_entities=False)
    return etree.fromstring(b"".join(write(some, CONTEXT)), strict)


def text(element: etree._Element, name: str) -> str | None:
    found = element.find(name)
    return None if found is None else (found.text or "")


@given(lists)
def test_atom_holds_each_release_with_its_texts(some: list[Release]) -> None:
    entries = parse(atom.write, some).findall(f"{A}entry")
    assert [text(entry, f"{A}id") for entry in entries] == [CONTEXT.event_id(release.ref) for release in some]
    assert [text(entry, f"{A}title") for entry in entries] == [clean(one.headline("fr")) for one in some]
    assert [text(entry, f"{A}summary") or "" for entry in entries] == [clean(one.summary) for one in some]
    assert [text(entry, f"{A}updated") for entry in entries] == [utc(one.updated_at) for one in some]


@given(lists)
def test_rss_holds_each_release_with_its_texts(some: list[Release]) -> None:
    items = parse(rss.write, some).findall("channel/item")
    assert [text(item, "guid") for item in items] == [CONTEXT.event_id(release.ref) for release in some]
    assert [text(item, "title") for item in items] == [clean(one.headline("fr")) for one in some]


@given(releases)
def test_rss_descriptions_hold_no_markup_of_the_author(release: Release) -> None:
    item = parse(rss.write, [replace(release, summary="<script>alert(1)</script> & more")]).findall("channel/item")[0]
    assert text(item, "description") == "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"


@given(releases)
def test_places_are_latitude_longitude_with_their_radius(release: Release) -> None:
    for item in (
        parse(rss.write, [release]).findall("channel/item")[0],
        parse(atom.write, [release]).findall(f"{A}entry")[0],
    ):
        if release.place is None:
            assert text(item, f"{G}point") is None
        else:
            assert text(item, f"{G}point") == f"{release.place.lat:.6f} {release.place.lon:.6f}"
            assert (text(item, f"{G}radius") or "0") == str(release.place.radius_m)


@pytest.mark.parametrize("module", [rss, atom])
@given(some=lists)
def test_a_feed_reader_finds_no_fault(module: ModuleType, some: list[Release]) -> None:
    feed = feedparser.parse(b"".join(module.write(some, CONTEXT)), response_headers={"content-type": "application/xml"})
    assert not feed.bozo, feed.get("bozo_exception")
    assert [entry.id for entry in feed.entries] == [CONTEXT.event_id(release.ref) for release in some]
    for entry, release in zip(feed.entries, some, strict=True):
        assert ("where" in entry) == (release.place is not None)
        if release.place:
            lon, lat = entry.where["coordinates"]
            assert (lon, lat) == (
                pytest.approx(release.place.lon, abs=1e-6),
                pytest.approx(release.place.lat, abs=1e-6),
            )
        assert entry.link == CONTEXT.event_url(release.ref)


@pytest.mark.parametrize(("module", "ending"), [(rss, "rss"), (atom, "atom")])
def test_a_feed_names_itself_and_its_page(module: ModuleType, ending: str) -> None:
    feed = feedparser.parse(b"".join(module.write([], CONTEXT)), response_headers={"content-type": "application/xml"})
    links = {link.rel: link.href for link in feed.feed.links}
    assert links["self"] == f"https://map.example.org/sample/events.{ending}?category=2a&status=verified"
    assert links["alternate"] == "https://map.example.org/sample/?category=2a&status=verified"
    assert feed.feed.updated_parsed[:5] == (2010, 1, 20, 12, 30)


def test_ids_survive_a_move_to_another_address() -> None:
    moved = replace(CONTEXT, base_url="https://elsewhere.example.net")
    assert moved.event_id("abcd1234") == CONTEXT.event_id("abcd1234")
    assert moved.feed_id() == CONTEXT.feed_id()
