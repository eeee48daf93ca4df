"""What anybody sees: the same events on the map, in the list and along time, in few bytes and in their language."""

from __future__ import annotations

import gzip
import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po
from django.contrib.staticfiles import finders
from django.template import Context
from django.test import Client, override_settings
from django.utils import timezone, translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rapport.accounts.models import Person
from rapport.accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from rapport.events import live
from rapport.operations.models import Operation, Place
from rapport.values import Precision, Publication, Range, Status
from rapport.web import languages, messages
from rapport.web.templatetags import rapport as tags
from tests.web.public import DELMAS, NOON, publish, withdraw

LARGEST_PAGE = 30 * 1024  # bytes on the line, with the stylesheet
LOCALES = sorted(messages.LOCALE.glob("*/LC_MESSAGES/django.po"))
PUBLIC_PARTS = ("events/", "web/", "intake/form.py", "intake/automated.py",
                "intake/templates/", "oversight/register.py", "sharing/policy.py", "django/")  # fmt: skip


@pytest.fixture
def crowd(operation: Operation) -> Operation:
    """60 events of every status and precision, three of them without a place."""
    kinds = list(Precision)
    for number in range(60):
        place: dict[str, Any] = {
            "lon": -72.6 + number / 100,
            "lat": 18.3 + number / 200,
            "precision": kinds[number % 7],
            "radius_m": 3000,
        }
        if number % 20 == 0:
            place = {"lon": None, "lat": None, "precision": None}
        publish(
            operation, f"Event {number}", "2a" if number % 3 else "2b", status=list(Status)[number % 5].value,
            occurred_at=NOON + timedelta(hours=7 * number), **place,
        )  # fmt: skip
    return operation


def page(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, address
    return answer.content.decode()


def refs(html: str) -> list[str]:
    return re.findall(r'data-ref="([^"]+)"', html)


# --- who sees what -------------------------------------------------------------------------------------------------


def test_the_number_of_the_disaster_is_shown_where_there_is_one(client: Client, operation: Operation) -> None:
    assert "GLIDE" not in page(client, "/sample/")
    Operation.objects.update(glide="EQ-2010-000009-HTI")
    assert "EQ-2010-000009-HTI" in page(client, "/sample/")


def test_only_published_events_are_shown_to_everybody_and_drafts_to_the_team(
    client: Client, operation: Operation, volunteer: Person
) -> None:
    public, draft = publish(operation), publish(operation, "Rumour", publication=Publication.DRAFT.value)
    assert refs(page(client, "/sample/")) == [public.ref]
    assert client.get(f"/sample/events/{draft.ref}/").status_code == 404
    client.force_login(volunteer, backend="django.contrib.auth.backends.ModelBackend")
    assert set(refs(page(client, "/sample/"))) == {public.ref, draft.ref}
    assert "/sample/desk/" in page(client, f"/sample/events/{draft.ref}/")


@pytest.mark.parametrize("role", Role)
def test_who_may_not_read_the_desk_reads_what_everybody_reads(
    client: Client, operation: Operation, someone: Callable[..., Person], role: Role
) -> None:
    draft = publish(operation, "Rumour", publication=Publication.DRAFT.value)
    client.force_login(someone("paul", role), backend="django.contrib.auth.backends.ModelBackend")
    reads = Permission.DESK_REPORT_READ in ROLE_PERMISSIONS[role]
    assert refs(page(client, "/sample/")) == ([draft.ref] if reads else [])
    assert client.get(f"/sample/events/{draft.ref}/").status_code == (200 if reads else 404)
    answer = client.get("/sample/events.geojson")
    assert (draft.ref in answer.getvalue().decode()) is reads
    assert ('"/sample/desk/"' in page(client, "/sample/")) is reads


def test_who_could_be_harmed_is_shown_in_the_commune_only_and_without_words(
    client: Client, operation: Operation
) -> None:
    event = publish(operation, "Child alone at Rue 7", "1a", persons_at_risk=True, summary="Blue gate", lon=-72.31234)
    addresses = ("/sample/", f"/sample/events/{event.ref}/", "/sample/clusters.json", "/sample/?q=Rue")
    told = "".join(page(client, address) for address in addresses).replace("/sample/?q=Rue", "").replace('"Rue"', "")
    assert "Highly vulnerable, Delmas" in told
    for secret in ("Child", "Rue 7", "Blue gate", "72.31234"):
        assert secret not in told


def test_what_was_withdrawn_says_so_and_what_never_was_does_not(client: Client, operation: Operation) -> None:
    event = publish(operation)
    address = f"/sample/events/{event.ref}/"
    page(client, address)
    withdraw(event)
    assert client.get(address).status_code == 410
    assert "is not shown any more" in client.get(address).content.decode()
    assert client.get("/sample/events/zzzzzzzz/").status_code == 404
    assert refs(page(client, "/sample/")) == []


def test_an_event_says_what_is_known_and_how_exactly(client: Client, operation: Operation) -> None:
    event = publish(
        operation, status="corroborated", precision=Precision.LOCALITY, radius_m=2000, affected_low=40,
        affected_high=60, updated_at=timezone.now(),
    )  # fmt: skip
    html = page(client, f"/sample/events/{event.ref}/")
    for text in (
        'data-status="corroborated"', "corroborated", "40 to 60 people", "town or neighbourhood", "within 2 km",
        "17 January 2010, 12:00 EST", "Published by the operation", "Water shortage", "just now", 'class="area"',
    ):  # fmt: skip
        assert text in html, text


# --- one set of filters --------------------------------------------------------------------------------------------

some_filters = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from(["event", "1", "event 3", "nothing"]),
        "category": st.lists(st.sampled_from(["2", "2a", "2b", "1a", "9"]), max_size=2),
        "status": st.lists(st.sampled_from([status.value for status in Status]), max_size=2),
        "precision": st.lists(st.sampled_from([precision.word for precision in Precision]), max_size=2),
        "from": st.sampled_from(["2010-01-01", "2010-01-20"]),
        "to": st.sampled_from(["2010-01-25", "2010-02-28"]),
        "area": st.sampled_from(["HT01", "HT0112", "-72.5,18,-72,19", "170,-10,-170,10"]),
    },
)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=some_filters, zoom=st.integers(0, 22))
def test_list_map_and_timeline_hold_the_same_events(
    client: Client, crowd: Operation, filters: dict[str, Any], zoom: int
) -> None:
    found = client.get("/sample/clusters.json", {**filters, "zoom": zoom}).json()
    assert sum(one["count"] for one in found["clusters"]) + found["unmapped"] == found["total"]
    listed = refs(client.get("/sample/", filters).content.decode())
    listed += refs(client.get("/sample/", {**filters, "page": 2}).content.decode()) if len(listed) == 50 else []
    assert len(listed) == len(set(listed)) == found["total"]
    bars = re.findall(r"<title>[^<]*: ([\d,]+)\s*</title>", client.get("/sample/", filters).content.decode())
    assert sum(int(bar) for bar in bars) == found["total"]


def test_what_the_map_does_not_show_at_first_is_counted_below_it(client: Client, operation: Operation) -> None:
    publish(operation)
    assert "outside the operation" not in client.get("/sample/").content.decode()
    publish(operation, "Earthquake in Micronesia", lon=141.6, lat=7.2)
    for address in ("/sample/", "/sample/?q=Micronesia"):
        assert "1 event lies outside the operation's area" in client.get(address).content.decode()
    for address in ("/sample/?q=Water", "/sample/?area=140,0,150,10"):
        assert "outside the operation" not in client.get(address).content.decode()


def test_a_day_on_the_timeline_is_the_day_it_was_there_whatever_the_clocks_say_today(
    client: Client, operation: Operation
) -> None:
    """Clocks in Haiti change in March and November."""
    zone = ZoneInfo(operation.time_zone)
    winter, summer = datetime(2020, 1, 15, 23, 30, tzinfo=zone), datetime(2020, 7, 15, 0, 30, tzinfo=zone)
    publish(operation, occurred_at=winter)
    publish(operation, occurred_at=summer)
    for first, day, last in (("2020-01-10", "2020-01-15", "2020-01-20"), ("2020-07-10", "2020-07-15", "2020-07-20")):
        html = page(client, f"/sample/?from={first}&to={last}")
        assert f"from={day}&amp;to={day}" in html


def test_the_last_second_of_a_day_is_of_that_day_on_every_database(client: Client, operation: Operation) -> None:
    late = datetime(2010, 1, 17, 23, 59, 59, 700_000, tzinfo=ZoneInfo(operation.time_zone))
    long_ago = datetime(1969, 12, 31, 23, 59, 59, 700_000, tzinfo=ZoneInfo(operation.time_zone))
    for moment in (late, long_ago):
        event, day = publish(operation, occurred_at=moment), moment.date().isoformat()
        assert refs(page(client, f"/sample/?from={day}&to={day}")) == [event.ref]


def test_a_box_is_counted_in_its_clusters(client: Client, crowd: Operation) -> None:
    found = client.get("/sample/clusters.json", {"bbox": "-72.5,18.2,-72.3,18.5", "zoom": 12}).json()
    assert found["total"] == found["unmapped"] + sum(one["count"] for one in found["clusters"]) < 60
    single = next(one for one in found["clusters"] if one["count"] == 1)
    assert page(client, f"/sample/events/{single['ref']}/").count(single["title"])
    assert single["radius_m"] == 3000


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("from", "2010-13-01", "write a day as 2010-01-31"),
        ("status", "sure", "choose one of"),
        ("area", "1,2,3", "write four numbers"),
        ("q", "x" * 101, "at most 100"),
        ("precision", "nearly", "choose one of"),
    ],
)
def test_a_filter_that_cannot_be_read_is_explained_beside_its_field(
    client: Client, operation: Operation, field: str, value: str, remedy: str
) -> None:
    answer = client.get("/sample/", {field: value, "to": "2010-05-01"})
    assert answer.status_code == 400
    assert re.search(f'<p class="error"[^>]*>[^<]*{remedy}', answer.content.decode())
    assert 'value="2010-05-01"' in answer.content.decode()
    assert client.get("/sample/clusters.json", {field: value}).json()["field"] == field


@pytest.mark.parametrize("query", ["bbox=1,2", "bbox=a,b,c,d", "bbox=0,9,1,2", "zoom=-1", "zoom=x", "zoom=²"])
def test_a_box_or_zoom_that_cannot_be_read_is_refused(client: Client, operation: Operation, query: str) -> None:
    assert client.get(f"/sample/clusters.json?{query}").status_code == 400


def test_every_department_and_commune_with_a_code_can_be_chosen(client: Client, operation: Operation) -> None:
    for name, pcode, parent, precision, origin in (
        ("Ouest", "HT01", "HTI", Precision.ADM1, "survey"), ("Cité", "HT0113", "HT01", Precision.ADM2, "geonames"),
        ("Bainet", "HT0214", "HT02", Precision.ADM2, "reports"), ("No code", "", "HT01", Precision.ADM2, "pcodes"),
        ("A section", "HT0113-01", "HT0113", Precision.ADM3, "pcodes"),
    ):  # fmt: skip
        Place.objects.create(
            operation=operation, name=name, pcode=pcode, parent_pcode=parent, precision=precision, origin=origin
        )
    html = page(client, "/sample/?area=HT0113")
    areas = re.search(r'<select id="area".*?</select>', html, re.DOTALL)
    assert areas is not None
    group = re.search(r'<optgroup label="Ouest">(.*?)</optgroup>(.*)', areas[0], re.DOTALL)
    assert group is not None
    assert re.findall(r'value="(\w+)"', group[1]) == ["HT01", "HT0113", "HT0112", "HT0121"]  # itself, then by name
    assert re.findall(r'value="(\w+)"', group[2]) == ["HT0214", "HT0211"]  # their department is not known
    assert "No code" not in areas[0]
    assert "A section" not in areas[0]
    assert 'class="chips"' in html
    assert "Cité" in html[html.index('class="chips"') :]


def test_each_filter_that_is_on_can_be_taken_off(client: Client, crowd: Operation) -> None:
    html = page(client, "/sample/?q=event&status=verified&category=2a&category=2b")
    chips = re.search(r'<ul class="chips".*?</ul>', html, re.DOTALL)
    assert chips is not None
    assert 'href="?q=event&amp;category=2b&amp;status=verified"' in chips[0]
    assert 'href="?category=2a&amp;category=2b&amp;status=verified"' in chips[0]


def test_pages_lead_to_newer_and_older_events_and_keep_the_filters(client: Client, crowd: Operation) -> None:
    first = page(client, "/sample/?q=event")
    assert "page 1 of 2" in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = page(client, "/sample/" + older[1].replace("&amp;", "&"))
    assert len(refs(first)) == 50
    assert not set(refs(first)) & set(refs(second))
    assert refs(page(client, "/sample/?page=999")) == refs(page(client, "/sample/?page=2"))
    assert refs(page(client, "/sample/?page=0x")) == refs(first)


# --- live ----------------------------------------------------------------------------------------------------------


def test_the_pulse_changes_when_an_event_does_and_not_otherwise(client: Client, operation: Operation) -> None:
    event = publish(operation)
    first = client.get("/sample/pulse")
    assert client.get("/sample/pulse", headers={"If-None-Match": first["ETag"]}).status_code == 304
    withdraw(event)
    after = client.get("/sample/pulse", headers={"If-None-Match": first["ETag"]})
    assert after.status_code == 200
    assert after.json()["state"] != first.json()["state"]
    assert f'data-state="{after.json()["state"]}"' in page(client, "/sample/"), (
        "the page begins where the pulse goes on"
    )


def test_news_are_the_list_and_the_timeline_only(client: Client, operation: Operation) -> None:
    event = publish(operation)
    part = page(client, "/sample/?part=results")
    assert refs(part) == [event.ref]
    assert "<html" not in part


# --- the line ------------------------------------------------------------------------------------------------------


@pytest.fixture
def addresses(crowd: Operation) -> list[str]:
    ref = publish(crowd, precision=Precision.ADM2, radius_m=9000).ref
    return ["/", "/about/", "/sample/", "/sample/?q=nothing", "/sample/?view=list", f"/sample/events/{ref}/"]


def test_pages_are_small_enough_for_a_bad_line(client: Client, addresses: list[str]) -> None:
    style = len(gzip.compress(Path(str(finders.find("rapport.css"))).read_bytes()))
    for address in addresses:
        sent = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert sent["Content-Encoding"] == "gzip"
        assert len(sent.content) + style <= LARGEST_PAGE, address


def test_no_page_holds_script_or_style_of_its_own_or_names_another_host(client: Client, addresses: list[str]) -> None:
    for address in addresses:
        html = page(client, address)
        assert re.findall(r"<script(?![^>]*\bsrc=)|\bstyle=|<style|\bon[a-z]+=|javascript:", html) == [], address
        assert re.findall(r"""(?:src|href|action)=["'](?:https?:)?//""", html) == [], address


# --- languages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "word"), [("fr", "Chercher"), ("ht", "Chèche"), ("en", "Search")])
def test_pages_speak_the_readers_language(client: Client, crowd: Operation, code: str, word: str) -> None:
    html = page(client, "/sample/", **{"Accept-Language": code})
    assert f'<html lang="{code}"' in html
    assert word in html
    assert crowd.names[code].replace("'", "&#x27;") in html


def test_a_reader_chooses_a_language_without_script(client: Client, operation: Operation) -> None:
    chosen = client.post("/language/", {"language": "ht", "next": "/sample/?q=dlo"})
    assert chosen["Location"] == "/sample/?q=dlo"
    assert '<html lang="ht"' in page(client, "/sample/")


@override_settings(LANGUAGES=[("en", "English"), ("ar", "العربية")])
def test_a_language_written_from_the_right_turns_the_page(client: Client, operation: Operation) -> None:
    assert '<html lang="ar" dir="rtl"' in page(client, "/sample/", **{"Accept-Language": "ar"})


def test_a_language_is_one_file(tmp_path: Path) -> None:
    po = tmp_path / "tzm" / "LC_MESSAGES" / "django.po"
    po.parent.mkdir(parents=True)
    po.write_text('msgid ""\nmsgstr ""\n"X-Language-Name: Tamaziɣt\\n"\n\nmsgid "a"\nmsgstr "b"\n', "utf-8")
    assert languages.discover(tmp_path) == [("en", "English"), ("tzm", "Tamaziɣt")]


def test_translations_are_collected_and_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    assert messages.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("po", LOCALES, ids=lambda po: po.parts[-3])
def test_everything_the_public_reads_is_translated(po: Path) -> None:
    with po.open("rb") as file:
        catalog = read_po(file, domain="django")
    missing = [
        message.id
        for message in catalog
        if message.id and any(place.startswith(PUBLIC_PARTS) for place, _ in message.locations)
        if not (message.string if isinstance(message.string, str) else all(message.string))
    ]
    assert missing == []


@pytest.mark.parametrize("po", LOCALES, ids=lambda po: po.parts[-3])
def test_translations_keep_every_placeholder(po: Path) -> None:
    def holes(text: str) -> set[str]:
        return set(re.findall(r"%\(\w+\)s|\{\w+\}|<[^>]+>", text))

    with po.open("rb") as file:
        catalog = read_po(file, domain="django")
    for message in catalog:
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        wanted = holes(message.id if isinstance(message.id, str) else message.id[-1])
        assert all(holes(text) == wanted for text in texts if text and message.id), message.id


# --- words and times -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=12), "12 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=29), "29 d ago"),
    ],
)
def test_times_are_ages_with_the_exact_moment_beside(operation: Operation, age: timedelta, words: str) -> None:
    shown = tags.ago(Context({"operation": operation}), timezone.now() - age)
    assert words in shown
    assert re.search(r'title="\d+ \w+ \d{4}, \d\d:\d\d E[SD]T"', shown)
    assert 'class="visually-hidden"' in shown


def test_old_times_are_dates_in_the_operations_zone(operation: Operation) -> None:
    assert ">16 January 2010<" in tags.ago(Context({"operation": operation}), NOON - timedelta(hours=13))


@pytest.mark.parametrize(
    ("count", "words"),
    [(Range(20, None), "at least 20 people"), (Range(1, 1), "1 person"), (Range(40, 60), "40 to 60 people")],
)
def test_people_are_counted_as_ranges(count: Range, words: str) -> None:
    assert tags.people(count) == words


def test_kreyol_has_its_own_months() -> None:
    with translation.override("ht"):
        assert tags.day(NOON.date()) == "17 janvye 2010"


# --- the map's data ------------------------------------------------------------------------------------------------


def test_names_on_the_map_are_all_but_those_told_here_and_those_guessed(client: Client, operation: Operation) -> None:
    for origin in ("desk", "reports", "neighbours", "geonames", "survey"):
        Place.objects.create(
            operation=operation, name=f"From {origin}", precision=Precision.LOCALITY, origin=origin,
            lon=DELMAS["lon"], lat=DELMAS["lat"],
        )  # fmt: skip
    found = {place["name"] for place in client.get("/sample/places.json?bbox=-73,18,-72,19").json()["places"]}
    assert found == {"From geonames", "From survey", "Delmas", "Jacmel", "Léogâne"}


def test_the_base_map_is_served_by_rapport_itself(client: Client, operation: Operation) -> None:
    land = client.get("/basemap/sample.json").json()
    assert {feature["properties"]["kind"] for feature in land["features"]} == {"land", "border"}


@pytest.fixture
def layers(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "layers").mkdir()
    with override_settings(DATA_DIR=tmp_path):
        yield tmp_path / "layers"


def test_the_operators_layers_are_offered_and_nothing_else_is(
    client: Client, operation: Operation, layers: Path
) -> None:
    (layers / "camps.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    (layers.parent / "secret.geojson").write_text("{}")
    assert "camps" in page(client, "/sample/")
    answer = client.get("/sample/layers/camps.geojson")
    assert b"".join(answer) == b'{"type": "FeatureCollection", "features": []}'  # type: ignore[arg-type]
    for name, status in (("..%2Fsecret", 404), ("secret", 404), ("camps.geojson%00", 400)):
        assert client.get(f"/sample/layers/{name}.geojson").status_code == status


def test_tiles_come_from_a_file_and_count_rows_from_the_north(
    client: Client, operation: Operation, layers: Path
) -> None:
    with sqlite3.connect(layers / "relief.mbtiles") as file:
        file.execute("CREATE TABLE metadata (name text, value text)")
        file.execute("CREATE TABLE tiles (zoom_level int, tile_column int, tile_row int, tile_data blob)")
        file.execute("INSERT INTO metadata VALUES ('format', 'png')")
        file.execute("INSERT INTO tiles VALUES (3, 2, 4, x'89504e47')")
    file.close()
    found = client.get("/tiles/relief/3/2/3")
    assert (found["Content-Type"], found.content) == ("image/png", b"\x89PNG")
    for nothing in ("3/2/4", f"3/{10**30}/3", f"3/2/{10**30}", f"{10**30}/2/3", "3/8/3"):
        assert client.get(f"/tiles/relief/{nothing}").status_code == 404
    assert client.get("/tiles/other/3/2/3").status_code == 404
    assert "relief" in page(client, "/sample/")


def test_an_operation_without_events_says_what_will_come(client: Client, operation: Operation) -> None:
    live.forget()
    assert "No event is published yet" in page(client, "/sample/")
    assert "Nothing matches these filters" in page(client, "/sample/?q=water")


def test_a_server_without_operations_says_how_to_add_one(client: Client, db: None) -> None:
    assert "rapport operation add" in page(client, "/")


def test_somebody_without_a_role_is_a_reader_like_all(
    client: Client, operation: Operation, someone: Callable[..., Person]
) -> None:
    publish(operation, "Hidden", publication=Publication.DRAFT.value)
    client.force_login(someone("paul"), backend="django.contrib.auth.backends.ModelBackend")
    assert refs(page(client, "/sample/")) == []
