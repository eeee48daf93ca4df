from __future__ import annotations

import csv
import json
import math
import random
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.errors import BadDefinition
from rapport.events import due
from rapport.events.models import Event
from rapport.intake.imports.context import context_of
from rapport.intake.imports.mappings import columns_of
from rapport.intake.imports.store import new_source
from rapport.operations.definition import parse
from rapport.operations.gazetteer import commune_of, communes_of, forget, knowledge, match_place_name
from rapport.operations.gazetteer_file import PLACE_COLUMNS
from rapport.operations.load import Loaded, load, set_source_settings, source_settings
from rapport.operations.models import Operation, Place, PlaceName, StandingOrder, source_by_token
from rapport.oversight import keys
from rapport.sharing import activation
from rapport.sharing.models import ReleaseEntry
from rapport.sharing.protocol.library import text_of
from rapport.text.places import find
from rapport.values import KM_PER_DEGREE, Precision
from tests.web.public import publish

HAITI = Path(str(files("rapport") / "data" / "haiti-2010"))
FILE = (HAITI / "operation.toml").read_text(encoding="utf-8")


def loaded(text: str = FILE, folder: Path = HAITI) -> Loaded:
    return load(parse(text), folder)


@pytest.fixture
def haiti(db: None) -> Operation:
    return loaded().operation


def order() -> StandingOrder:
    return StandingOrder.objects.get(slug="historic-map")


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Each test has a database of its own, under the same numbers."""
    forget()
    yield
    forget()


# --- loading -------------------------------------------------------------------------------------------------------


def test_everything_in_the_file_is_there(haiti: Operation) -> None:
    assert haiti.exercise
    assert haiti.categories.count() == 41
    assert haiti.categories.get(code="2a").parent == haiti.categories.get(code="2")
    assert haiti.categories.get(code="8d").persons_at_risk
    assert [category.code for category in haiti.categories.all()][:3] == ["1", "1a", "1b"]
    assert {source.channel for source in haiti.sources.all()} == {"web", "api", "smssync", "twilio", "file"}
    assert not order().in_force


@pytest.mark.django_db
def test_loading_again_changes_nothing() -> None:
    first = loaded()
    counts = Place.objects.count(), PlaceName.objects.count()
    again = loaded()
    assert first.added
    assert (again.added, again.changed, again.tokens) == ((), (), {})
    assert (Place.objects.count(), PlaceName.objects.count()) == counts


@pytest.mark.django_db
def test_a_gateways_address_is_told_once_and_stored_as_a_hash() -> None:
    tokens = loaded().tokens
    assert set(tokens) == {"sms-4636", "twilio"}
    source = source_by_token("smssync", tokens["sms-4636"])
    assert source is not None
    assert source.slug == "sms-4636"
    assert source.token_hash == keys.token_hash(tokens["sms-4636"])


def test_a_change_in_the_file_is_made_and_named(haiti: Operation) -> None:
    changed = loaded(FILE.replace('en = "Food shortage"', 'en = "No food"'))
    assert changed.changed == ("operation haiti-2010", "category 2a")  # the operation keeps the hash of its file
    assert haiti.categories.get(code="2a").names["en"] == "No food"


def test_a_category_in_use_stays_when_the_file_drops_it_and_another_goes(haiti: Operation) -> None:
    event = Event.objects.create(operation=haiti, title="A fire")
    event.categories.add(haiti.categories.get(code="1d"))
    parts = FILE.split("[[categories]]")
    dropped = [part for part in parts if not part.startswith(('\ncode = "1d"', '\ncode = "5e"'))]
    loaded("[[categories]]".join(dropped))
    codes = [category.code for category in haiti.categories.all()]
    assert "5e" not in codes
    assert codes[-1] == "1d"
    assert event.categories.get().code == "1d"


MARK = "persons_at_risk = true\n"


@pytest.mark.parametrize("marked", ["2b", "2"])
def test_a_category_marked_as_persons_at_risk_covers_what_is_published_already(
    client: Client, haiti: Operation, marked: str
) -> None:
    event, other = publish(haiti, "Water at Rue 7", lon=-72.31234), publish(haiti, "Fire", "1d", lat=18.2)
    before = list(ReleaseEntry.objects.values_list("id", flat=True))
    address = "/haiti-2010/clusters.json?zoom=18"
    assert "72.31234" in client.get(address).content.decode()  # the index is in memory

    done = loaded(FILE.replace(f'code = "{marked}"\n', f'code = "{marked}"\n{MARK}'))

    assert "events that now show readers their commune only: 1" in done.changed
    told = [client.get(one).content.decode() for one in (address, f"/haiti-2010/events/{event.ref}/", "/haiti-2010/")]
    assert not any(secret in page for page in told for secret in ("72.31234", "Rue 7"))
    entries = ReleaseEntry.objects.filter(operation=haiti, audience="public").exclude(id__in=before)
    assert [entry.event_id for entry in entries] == [event.pk]
    other.refresh_from_db()
    assert not other.persons_at_risk

    loaded()
    assert "72.31234" in client.get(address).content.decode()


def test_a_category_moved_below_another_takes_its_events_along(client: Client, haiti: Operation) -> None:
    event = publish(haiti, "Water at Rue 7")
    address = "/haiti-2010/clusters.json?category=1a"
    assert client.get(address).json()["total"] == 0
    loaded(FILE.replace('code = "2b"\nparent = "2"', 'code = "2b"\nparent = "1a"'))
    assert client.get(address).json()["total"] == 1
    event.refresh_from_db()
    assert event.persons_at_risk  # 1a speaks of them


def test_a_source_gone_from_the_file_takes_no_more(haiti: Operation) -> None:
    parts = FILE.split("[[sources]]")
    loaded("[[sources]]".join(part for part in parts if 'slug = "twilio"' not in part))
    assert not haiti.sources.get(slug="twilio").active
    loaded()
    assert not haiti.sources.get(slug="twilio").active, "a person paused it, or the file did: a person resumes it"


def test_a_source_that_somebody_named_at_an_import_goes_on_when_the_file_is_loaded_again(haiti: Operation) -> None:
    made = new_source(None, haiti, "A partner's table")
    loaded()
    assert haiti.sources.get(pk=made.pk).active


def test_a_paused_source_stays_paused_when_the_file_is_loaded_again(haiti: Operation) -> None:
    haiti.sources.filter(slug="twilio").update(active=False)
    loaded()
    assert not haiti.sources.get(slug="twilio").active


def test_a_signature_is_lost_when_what_was_signed_changes(haiti: Operation) -> None:
    lead = Person.objects.create_user("lea", password="a long enough password")
    StandingOrder.objects.update(signed_by=lead, signed_at=timezone.now())
    loaded()
    assert order().in_force
    loaded(FILE.replace('field = "APPROVED", is = "YES"', 'field = "APPROVED", is = "NO"'))
    assert not order().in_force
    assert order().signed_by is None


def test_a_signature_is_lost_when_the_file_drops_the_order(haiti: Operation) -> None:
    lead = Person.objects.create_user("lea", password="a long enough password")
    StandingOrder.objects.update(signed_by=lead, signed_at=timezone.now())
    loaded(FILE.partition("[[orders]]")[0])
    assert not order().in_force


def test_settings_of_a_source_are_sealed_and_survive_loading(haiti: Operation) -> None:
    source = haiti.sources.get(slug="sms-4636")
    assert source_settings(source) == {}
    set_source_settings(source, {"secret": "open sesame"})
    loaded()
    source.refresh_from_db()
    assert source_settings(source) == {"secret": "open sesame"}
    assert b"sesame" not in bytes(source.settings_sealed)


def test_the_file_sources_mapping_is_kept_with_it(haiti: Operation) -> None:
    source = haiti.sources.select_related("operation").get(channel="file")
    columns = columns_of(source)
    assert columns is not None
    assert columns.id == "Serial"
    assert context_of(source).labels["3. Public Health"] == "3"
    assert columns_of(haiti.sources.get(slug="web")) is None


# --- gazetteer -----------------------------------------------------------------------------------------------------


def gazetteer(folder: Path, *rows: str) -> Path:
    text = "\n".join([",".join(PLACE_COLUMNS), *rows]) + "\n"
    (folder / "gazetteer.csv").write_text(text, encoding="utf-8")
    return folder


def test_haiti_has_its_departments_and_communes_on_the_map(haiti: Operation) -> None:
    of = {precision: haiti.places.filter(precision=precision) for precision in Precision}
    assert of[Precision.ADM1].count() == 10
    assert of[Precision.ADM2].count() == 140
    assert all(haiti.box.holds(place.lon, place.lat) for place in haiti.places.all())  # type: ignore[arg-type]
    assert of[Precision.ADM2].values("pcode").distinct().count() == 140


def test_no_place_of_haiti_looks_like_a_way_to_reach_somebody() -> None:
    with (HAITI / "gazetteer.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert "@" not in row["name"]
            assert sum(character.isdigit() for character in row["name"]) <= 3


def test_places_follow_the_file_and_those_of_the_desk_stay(haiti: Operation, tmp_path: Path) -> None:
    Place.objects.create(
        operation=haiti, name="Camp 12", precision=Precision.LOCALITY, lon=-72.3, lat=18.5, origin="desk"
    )
    row = "Jacmel,HT0211,HT02,adm2,-72.5,18.2,6000,geonames,ht:Jakmèl;Yaquimo"
    result = loaded(folder=gazetteer(tmp_path, row))
    assert {place.name for place in haiti.places.all()} == {"Jacmel", "Camp 12"}
    assert set(PlaceName.objects.values_list("name", "language")) == {("Jakmèl", "ht"), ("Yaquimo", "")}
    assert result.changed == ("1 places", "251 places deleted")


@pytest.mark.parametrize("moved", ["the region", "the commune"])
def test_readers_who_get_the_region_alone_are_told_when_the_gazetteer_moves_it(
    client: Client, operation: Operation, lead: Person, someone: Callable[..., Person], tmp_path: Path, moved: str
) -> None:
    """Moved itself, or its commune is another region's now."""
    west, south = "Ouest,HT01,HT,adm1,{lon},18.6,40000,x,", "Sud,HT07,HT,adm1,-73.8,18.3,40000,x,"
    delmas = "Delmas,HT0112,{above},adm2,-72.3,18.55,6000,x,"
    file = FILE.replace('slug = "haiti-2010"', 'slug = "sample"')
    loaded(file, gazetteer(tmp_path, west.format(lon=-72.4), south, delmas.format(above="HT01")))
    protocol = text_of("house").replace('name = "house"', 'name = "sample"', 1)
    protocol += '\n[[limit]]\nname = "region"\nbeyond = "team"\nplace = "adm1"\nwhy = "The region."\n'
    version = activation.propose(lead, operation, protocol, "agreed")
    activation.activate(someone("carol", Role.CUSTODIAN), version, "agreed")
    publish(operation)
    publish(operation, "Elsewhere", **dict.fromkeys(("pcode", "commune_pcode"), "HT0711"))
    while due.work_out(operation.pk):
        pass
    log = ReleaseEntry.objects.filter(audience="public")
    entries, map_before = log.count(), client.get("/sample/clusters.json?zoom=9").json()["clusters"]
    tag, before = etag_and_places(client)

    lon, above = (-72.5, "HT01") if moved == "the region" else (-72.4, "HT07")
    done = loaded(file, gazetteer(tmp_path, west.format(lon=lon), south, delmas.format(above=above)))

    assert "entries in release logs, because of regions that moved: 1" in done.changed
    assert log.count() == entries + 1
    tag_after, after = etag_and_places(client)
    assert after != before
    assert tag_after != tag
    assert client.get("/sample/clusters.json?zoom=9").json()["clusters"] != map_before


def etag_and_places(client: Client) -> tuple[str, list[object]]:
    answer = client.get("/sample/events.geojson")
    found = json.loads(b"".join(answer.streaming_content))["features"]  # type: ignore[attr-defined]
    return answer["ETag"], [one["geometry"] for one in found]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("Jacmel,HT0211,HT02,town,-72.5,18.2,6000,x,", "line 2: precision must be one of"),
        ("Jacmel,HT0211,HT02,adm2,west,18.2,6000,x,", "line 2: lon must be degrees"),
        ("Jacmel,HT0211,HT02,adm2,-72.5,98.2,6000,x,", "line 2: lat is beyond 90"),
        (",HT0211,HT02,adm2,-72.5,18.2,6000,x,", "line 2: name is empty"),
        ("Jacmel,HT0211,HT02,adm2", "line 2: the row ends before the column lon"),
        ("Jacmel,HT0211,HT02,adm2,-72.5,18.2,6000,x,,", "line 2: there are cells beyond the column names"),
        ("Jacmel,HT0211,HT02,adm2,-72.5,18.2,2km,x,", "line 2: radius_m must be whole metres"),
        ("Jacmel,HT0211,HT02,adm2,-72.5,18.2,²,x,", "line 2: radius_m must be whole metres"),
    ],
)
@pytest.mark.django_db
def test_a_bad_gazetteer_is_refused_and_nothing_is_loaded(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(BadDefinition, match=says):
        loaded(folder=gazetteer(tmp_path, row))
    assert not Operation.objects.exists()


@pytest.mark.django_db
def test_a_gazetteer_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDefinition, match=r"gazetteer\.csv: cannot be read"):
        loaded(folder=tmp_path)


def test_what_is_known_of_places_follows_the_database(haiti: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    assert match_place_name(haiti, "Camp Ti Solèy") is None
    Place.objects.create(
        operation=haiti, name="Camp Ti Solèy", precision=Precision.LOCALITY, lon=-72.3, lat=18.5, origin="desk"
    )
    monkeypatch.setattr("rapport.operations.gazetteer.RECHECK_S", 0.0)
    forget()
    assert match_place_name(haiti, "Camp Ti Solèy") is not None
    haiti.places.filter(name="Camp Ti Solèy").delete()
    assert match_place_name(haiti, "Camp Ti Solèy") is None


@pytest.mark.parametrize(
    ("lon", "lat", "name"),
    [(-72.535, 18.234, "Jacmel"), (-72.285, 18.512, "Pétion-Ville"), (-72.63, 18.5, "Léogâne"), (-69.9, 18.5, None)],
)
def test_a_point_lies_in_the_commune_whose_seat_is_near(
    haiti: Operation, lon: float, lat: float, name: str | None
) -> None:
    found = commune_of(haiti, lon, lat)
    assert (found.name if found else None) == name
    assert communes_of(haiti, [lon, lon], [lat, lat]) == [found, found]
    assert found is None or (found.precision is Precision.ADM2 and found.pcode.startswith("HT"))


def test_a_point_lies_within_the_radius_that_its_commune_is_given_with(haiti: Operation) -> None:
    """Whatever is shown in place of a point must be true of it, and is never narrower than the gazetteer says."""
    dice = random.Random(5)
    points = [(dice.uniform(-74.4, -71.7), dice.uniform(18.0, 20.0)) for _ in range(400)]
    found = communes_of(haiti, *zip(*points, strict=True))
    radii = {one.pcode: one.radius_m for one in haiti.places.filter(precision=Precision.ADM2)}
    known = [(point, one) for point, one in zip(points, found, strict=True) if one is not None]
    for (lon, lat), one in known:
        assert metres(lon, lat, one.lon, one.lat) <= one.radius_m
        assert one.radius_m in {radii[one.pcode] << n for n in range(4)}
    assert any(one.radius_m > radii[one.pcode] for _, one in known)


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    north = (other_lat - lat) * KM_PER_DEGREE
    return math.hypot((other_lon - lon) * math.cos(math.radians(lat)) * KM_PER_DEGREE, north) * 1000


def test_no_point_is_put_into_a_commune_of_guessed_position(haiti: Operation) -> None:
    guessed = haiti.places.filter(origin="neighbours")
    assert guessed.exists()
    for place in guessed:
        assert place.spot is not None
        found = commune_of(haiti, place.spot.lon, place.spot.lat)
        assert found is None or found.pcode != place.pcode


def test_communes_of_no_points_are_none_and_of_an_operation_without_places_unknown(operation: Operation) -> None:
    assert communes_of(operation, [], []) == []
    Place.objects.all().delete()
    forget()
    assert communes_of(operation, [-72.3], [18.5]) == [None]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Nou nan Kafou, nou bezwen dlo", "Carrefour"),
        ("Gen moun ki blese nan Leyogàn", "Léogâne"),
        ("delmas 33 in port au prince", "Delmas 33"),
        ("Lopital Potoprens plen", "Port-au-Prince"),
    ],
)
def test_kreyol_names_are_found(haiti: Operation, text: str, name: str) -> None:
    assert find(text, knowledge(haiti).gazetteer)[0].spot.name == name
