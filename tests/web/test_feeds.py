"""Feeds: what the map shows, what a reader may have, and nothing twice."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.events import due, live
from rapport.events.log import record
from rapport.events.models import Event
from rapport.operations.models import Category, Operation
from rapport.sharing import activation
from rapport.sharing.models import ReleaseEntry
from rapport.sharing.protocol.library import text_of
from rapport.values import Precision, Publication, Status

ENDINGS = ["geojson", "csv", "rss", "atom"]
SECRET = "the address nobody may see"
#: Everybody may look at what is of moderate sensitivity, and not take it away.
EXPORTED = (
    text_of("house").replace('name = "house"', 'name = "sample"', 1)
    + """
[[limit]]
name = "pages-only"
beyond = "team"
for = ["export"]
unless = { level = ["low"] }
nothing = true
why = "To be looked at."
"""
)

Make = Callable[..., Event]


@pytest.fixture(autouse=True)
def _fresh_index() -> Iterator[None]:
    live.forget()
    yield
    live.forget()


@pytest.fixture
def event(operation: Operation) -> Make:
    """Makes an event as the desk does: with its entry in the release log, an hour ago."""

    def make(title: str = "Water needed", code: str = "2b", **values: Any) -> Event:
        known = {
            "publication": Publication.PUBLISHED, "lon": -72.303, "lat": 18.545, "precision": Precision.STREET,
            "radius_m": 300, "place_name": "Delmas", "published_at": datetime(2010, 1, 20, tzinfo=UTC),
        }  # fmt: skip
        category = Category.objects.get(operation=operation, code=code)
        with transaction.atomic():
            made = Event.objects.create(
                operation=operation, title=title, persons_at_risk=category.persons_at_risk, **{**known, **values}
            )
            made.categories.add(category)
            record(operation.pk, [made.pk])
        ReleaseEntry.objects.update(at=timezone.now() - timedelta(hours=1))
        return made

    return make


def read(client: Client, ending: str, query: str = "", **headers: str) -> Any:
    return client.get(f"/sample/events.{ending}{query}", headers=headers)


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def refs(client: Client, ending: str, query: str = "") -> list[str]:
    """The references of the events in a feed, in its order."""
    content = body(read(client, ending, query))
    if ending == "geojson":
        return [feature["id"] for feature in json.loads(content)["features"]]
    if ending == "csv":
        return [row["ref"] for row in csv.DictReader(io.StringIO(content.decode(), newline=""))]
    entries = feedparser.parse(content, response_headers={"content-type": "application/xml"}).entries
    return [entry.link.rstrip("/").rsplit("/", 1)[-1] for entry in entries]


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_operation_has_a_valid_empty_feed(client: Client, operation: Operation, ending: str) -> None:
    assert refs(client, ending) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_public_gets_published_events_only(client: Client, event: Make, ending: str) -> None:
    shown = event()
    event("A draft", publication=Publication.DRAFT)
    event("Taken back", publication=Publication.WITHDRAWN)
    assert refs(client, ending) == [shown.ref]


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_team_gets_drafts_too(client: Client, event: Make, volunteer: Person, ending: str) -> None:
    event(), event("A draft", publication=Publication.DRAFT)
    client.force_login(volunteer)
    assert len(refs(client, ending)) == 2


@pytest.mark.parametrize("ending", ENDINGS)
def test_persons_at_risk_are_shown_with_their_commune_and_without_words(
    client: Client, event: Make, ending: str
) -> None:
    event(
        SECRET, "1a", summary=SECRET, place_name=SECRET, lon=-72.111111, lat=18.111111,
        commune_lon=-72.3, commune_lat=18.5, commune_radius_m=6000, commune_name="Delmas",
    )  # fmt: skip
    content = body(read(client, ending)).decode()
    assert SECRET not in content
    assert "72.11111" not in content
    assert "Highly vulnerable, Delmas" in content


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4), ("?category=2b", 2), ("?category=2", 3), ("?status=verified", 1), ("?category=2b&status=verified", 1),
        ("?area=-73,18,-72,19", 3), ("?precision=adm2", 1), ("?q=food", 1), ("?q=nothing+of+the+kind", 0),
        ("?from=2010-01-14&to=2010-01-15", 1),
    ],
)  # fmt: skip
def test_every_filter_of_the_map_holds_for_every_feed(
    client: Client, event: Make, operation: Operation, ending: str, query: str, count: int
) -> None:
    event(status=Status.VERIFIED)
    event("Water at the market", occurred_at=datetime(2010, 1, 14, 12, tzinfo=UTC))
    event("Food for forty", "2a", precision=Precision.ADM2)
    event("Somewhere", "1a", lon=None, lat=None, precision=None)
    assert len(refs(client, ending, query)) == count


@pytest.mark.parametrize("ending", ENDINGS)
def test_newest_first(client: Client, event: Make, ending: str) -> None:
    old = event(occurred_at=datetime(2010, 1, 12, tzinfo=UTC))
    new = event(occurred_at=datetime(2010, 1, 14, tzinfo=UTC))
    middle = event(occurred_at=datetime(2010, 1, 13, tzinfo=UTC))
    assert refs(client, ending) == [new.ref, middle.ref, old.ref]


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_unchanged_feed_is_not_sent_again(client: Client, event: Make, ending: str) -> None:
    event()
    first = read(client, ending)
    again = read(client, ending, **{"if-none-match": first["ETag"]})
    assert (first.status_code, again.status_code, body(again)) == (200, 304, b"")
    assert again["ETag"] == first["ETag"]
    assert not first["ETag"].startswith("W/")


@pytest.mark.parametrize("ending", ENDINGS)
def test_any_change_makes_another_etag(client: Client, event: Make, operation: Operation, ending: str) -> None:
    one = event()
    before = read(client, ending)["ETag"]
    with transaction.atomic():
        Event.objects.filter(pk=one.pk).update(status=Status.VERIFIED)
        record(operation.pk, [one.pk])
    answer = read(client, ending, **{"if-none-match": before})
    assert (answer.status_code, answer["ETag"] != before) == (200, True)


@pytest.mark.parametrize("ending", ENDINGS)
def test_who_asks_by_date_alone_is_sent_the_whole_feed(
    client: Client, event: Make, operation: Operation, ending: str
) -> None:
    """A category that has another name, or a delay that ended, changes no time that a date could tell of."""
    event("")
    since = read(client, ending)["Last-Modified"]
    Category.objects.filter(code="2b").update(names={"en": "Water, lacking"})
    Operation.objects.update(definition_hash="another")  # as operations/load.py leaves it
    answer = read(client, ending, **{"if-modified-since": since})
    assert (answer.status_code, answer["Last-Modified"]) == (200, since)
    assert "Water, lacking" in body(answer).decode()


def changed(event: Event, **columns: Any) -> None:
    with transaction.atomic():
        Event.objects.filter(pk=event.pk).update(**columns)
        record(event.operation_id, [event.pk])


def deleted(client: Client, query: str = "") -> list[str | None]:
    """The ids that Atom says are to be deleted, in its order."""
    feed = ElementTree.fromstring(body(read(client, "atom", query)))
    found = feed.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    assert all(datetime.fromisoformat(one.attrib["when"]) <= timezone.now() for one in found)
    return [one.get("ref") for one in found]


def test_atom_says_what_readers_had_and_have_to_delete(client: Client, event: Make, operation: Operation) -> None:
    kept, first, second = event("Kept"), event("First"), event("Second")
    never = event("Never published", publication=Publication.DRAFT)
    ids = {one.title: one.id for one in feedparser.parse(body(read(client, "atom"))).entries}
    assert deleted(client) == []
    for one in (first, second, never):
        changed(one, publication=Publication.WITHDRAWN)
    assert deleted(client) == deleted(client, "?category=2a") == [ids["Second"], ids["First"]], "the newest first"
    found = feedparser.parse(body(read(client, "atom")))
    assert (found.bozo, [one.id for one in found.entries]) == (0, [ids["Kept"]])
    changed(first, publication=Publication.PUBLISHED)
    assert deleted(client) == [ids["Second"]]
    assert kept.ref in refs(client, "atom")


def test_atom_says_nothing_of_what_was_shown_on_pages_alone_or_long_ago(
    client: Client, event: Make, operation: Operation, lead: Person, someone: Callable[..., Person]
) -> None:
    custodian = someone("carol", Role.CUSTODIAN)
    activation.activate(custodian, activation.propose(lead, operation, EXPORTED, "agreed"), "agreed")
    looked_at, long_ago = event("Looked at", sensitivity="moderate"), event("Long ago")
    taken = event("Taken away")
    while due.work_out(operation.pk):
        pass
    changed(long_ago, publication=Publication.WITHDRAWN)
    ReleaseEntry.objects.update(at=timezone.now() - timedelta(days=91))
    assert len(deleted(client)) == 1, "ninety days before the log moved last"
    for one in (looked_at, taken):
        changed(one, publication=Publication.WITHDRAWN)
    assert len(deleted(client)) == 1


def test_atom_says_to_delete_what_may_be_looked_at_still(
    client: Client, event: Make, operation: Operation, lead: Person, someone: Callable[..., Person]
) -> None:
    custodian = someone("carol", Role.CUSTODIAN)
    activation.activate(custodian, activation.propose(lead, operation, EXPORTED, "agreed"), "agreed")
    one = event("Taken away")
    assert (refs(client, "atom"), deleted(client)) == ([one.ref], [])
    changed(one, sensitivity="moderate")
    assert (refs(client, "atom"), len(deleted(client))) == ([], 1)
    assert client.get(f"/sample/events/{one.ref}/").status_code == 200


def test_reader_language_filter_and_format_have_etags_of_their_own(
    client: Client, event: Make, volunteer: Person
) -> None:
    event()
    seen = [read(client, ending)["ETag"] for ending in ENDINGS]
    seen.append(read(client, "geojson", "?category=2a")["ETag"])
    seen.append(read(client, "geojson", **{"accept-language": "fr"})["ETag"])
    seen.append(read(client, "rss", "?limit=3")["ETag"])
    client.force_login(volunteer)
    team = read(client, "geojson")
    seen.append(team["ETag"])
    assert len(set(seen)) == len(seen)
    assert "private" in team["Cache-Control"]
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in team["Vary"].split(",")}


def test_names_come_in_the_language_of_the_reader(client: Client, event: Make, operation: Operation) -> None:
    Category.objects.filter(code="2b").update(names={"en": "Water shortage", "fr": "Pénurie d'eau"})
    event("")
    assert "Pénurie d'eau, Delmas" in body(read(client, "atom", **{"accept-language": "fr"})).decode()
    assert "Water shortage, Delmas" in body(read(client, "atom", **{"accept-language": "en"})).decode()


@pytest.mark.parametrize("ending", ["rss", "atom"])
def test_news_feeds_give_the_newest_hundred_unless_asked(client: Client, event: Make, ending: str) -> None:
    for _ in range(103):
        event()
    assert len(refs(client, ending)) == 100
    assert len(refs(client, ending, "?limit=102")) == 102
    assert len(refs(client, ending, "?limit=2")) == 2
    assert len(refs(client, "geojson")) == 103


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?status=sure", "status: choose one of"), ("?from=yesterday", "from: write a day"),
        ("?area=1,2,3", "area: write four numbers"), ("?precision=near", "precision: choose one of"),
        ("?limit=0", "limit: write a whole number"), ("?limit=many", "limit: write a whole number"),
    ],
)  # fmt: skip
def test_a_bad_filter_is_named_with_its_remedy(
    client: Client, operation: Operation, ending: str, query: str, says: str
) -> None:
    answer = read(client, ending, query)
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert body(answer).decode().startswith(says)


def test_a_news_feed_has_an_upper_limit(client: Client, operation: Operation) -> None:
    assert b"at most 1000" in body(read(client, "rss", "?limit=1001"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_head_says_what_get_would_without_its_body(client: Client, event: Make, ending: str) -> None:
    event()
    get, head = read(client, ending), client.head(f"/sample/events.{ending}")
    assert (head.status_code, body(head)) == (200, b"")
    assert head.headers.get("Content-Length") is None, "rather none than that of nothing"
    for name in ("ETag", "Content-Type", "Last-Modified", "Cache-Control"):
        assert head[name] == get[name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_feeds_take_nothing(client: Client, operation: Operation, ending: str) -> None:
    assert client.post(f"/sample/events.{ending}").status_code == 405


def test_a_table_is_offered_as_a_file(client: Client, operation: Operation) -> None:
    assert read(client, "csv")["Content-Disposition"] == 'attachment; filename="sample-events.csv"'


def test_a_long_feed_is_whole_and_streamed_in_pages(
    client: Client, event: Make, operation: Operation, django_assert_max_num_queries: Any
) -> None:
    wanted = [
        Event(
            operation=operation, title=f"Event {n}", publication=Publication.PUBLISHED, lon=-72.3, lat=18.5, precision=1
        )
        for n in range(1203)
    ]
    Event.objects.bulk_create(wanted)
    with transaction.atomic():
        record(operation.pk, Event.objects.values_list("pk", flat=True))
    answer = read(client, "geojson")
    assert answer.streaming
    with django_assert_max_num_queries(3 * 7):
        found = json.loads(body(answer))["features"]
    assert len({feature["id"] for feature in found}) == len(found) == 1203


def test_no_such_operation(client: Client, db: None) -> None:
    assert client.get("/nowhere/events.geojson").status_code == 404
