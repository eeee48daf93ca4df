"""The data dictionary on the pages and at the command line: what it tells whom, and when it is sent again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.cli.main import run
from rapport.desk import actions
from rapport.formats.dictionary.fields import FIELDS, VERSION
from rapport.operations import fields
from rapport.operations.definition import parse
from rapport.operations.models import Category, Operation
from tests.pure.test_definition import SMALL
from tests.pure.test_fields import FIELDS as EXTRA
from tests.web.desk import DRAFT, report
from tests.web.public import publish

Capture = pytest.CaptureFixture[str]
WAYS = ("/sample/dictionary/", "/sample/dictionary.json", "/sample/dictionary.csv")
#: Asked for by the operation, and for the team alone.
HIDDEN = ("households", "What is needed", "Tents, tarpaulins", "x_depth", "Nearest town")


@pytest.fixture
def asking(operation: Operation) -> Operation:
    """The sample operation, asking seven things; one of them is for everybody."""
    operation.extra_fields = [fields.to_json(one) for one in parse(SMALL + EXTRA).fields]
    operation.save()
    return operation


def enter(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


# --- on the pages --------------------------------------------------------------------------------------------------


def test_the_page_has_every_field_at_an_anchor_with_its_codes(client: Client, asking: Operation) -> None:
    page = client.get(WAYS[0]).content.decode()
    for one in FIELDS:
        assert f'<h2 id="{one.name}">' in page
        assert f'href="#{one.name}"' in page
        assert one.hxl in page
    assert "Water shortage" in page  # a category
    assert "SMS to 4636" in page  # a way in
    assert "Partly damaged" in page  # a choice of an extra field
    assert 'id="x_damage"' in page


@pytest.mark.parametrize("way", [*WAYS, "/sample/dictionary.json?export=geojson"])
def test_fields_of_the_team_are_told_to_the_team_alone(way: str, asking: Operation, volunteer: Person) -> None:
    public, team = Client().get(way).content.decode(), enter(volunteer).get(way).content.decode()
    assert [word for word in HIDDEN if word in public] == []
    assert [word for word in HIDDEN if word not in team] == []


@pytest.mark.parametrize("way", WAYS)
def test_a_hidden_field_makes_no_difference_to_who_never_gets_it(way: str, asking: Operation, outsider: Person) -> None:
    """Neither the words nor the version nor the ETag tell that the desk asks for something more."""
    before = [(one.content, one.headers.get("ETag")) for one in (Client().get(way), enter(outsider).get(way))]
    asking.extra_fields = [one for one in asking.extra_fields if one["public"]]
    asking.save()
    after = [(one.content, one.headers.get("ETag")) for one in (Client().get(way), enter(outsider).get(way))]
    assert before[0] == after[0]
    assert before[1][1] == after[1][1]


def test_it_comes_in_the_language_of_the_reader(client: Client, asking: Operation) -> None:
    assert "Ce que veut dire chaque champ" in client.get(WAYS[0], headers={"accept-language": "fr"}).content.decode()
    schema = client.get(WAYS[1], headers={"accept-language": "fr"}).json()
    told = {one["name"]: one for one in schema["fields"]}
    assert told["summary"]["title"] == "Résumé"
    assert told["x_damage"]["title"] == "Dégâts"
    assert told["status"]["constraints"]["enum"][0] == "unverified"


@pytest.mark.parametrize("way", WAYS[1:])
def test_it_is_sent_again_only_when_it_has_changed(way: str, client: Client, operation: Operation) -> None:
    first = client.get(way)
    assert first["Cache-Control"] == "no-cache"
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in first["Vary"].split(",")}
    again = client.get(way, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Category.objects.filter(operation=operation, code="2b").update(names={"en": "No water"})
    assert client.get(way, headers={"if-none-match": first["ETag"]}).status_code == 200
    head: Any = client.head(way)
    assert (head.status_code, b"".join(head), head["Content-Type"]) == (200, b"", first["Content-Type"])


def test_the_version_changes_with_a_category(client: Client, operation: Operation) -> None:
    before = client.get(WAYS[1]).json()["version"]
    assert client.get(WAYS[1], headers={"accept-language": "ht"}).json()["version"] == before
    Category.objects.create(operation=operation, code="9", names={"en": "New"}, order=9)
    assert client.get(WAYS[1]).json()["version"] != before


def test_an_export_that_is_none_is_named_with_a_remedy(client: Client, operation: Operation) -> None:
    answer = client.get("/sample/dictionary.json?export=rss")
    assert (answer.status_code, answer.content) == (400, b"export: choose one of csv, geojson\n")


@pytest.mark.parametrize("ending", ["csv", "geojson"])
def test_a_table_names_its_schema(ending: str, client: Client, operation: Operation) -> None:
    link = client.get(f"/sample/events.{ending}")["Link"]
    assert link.endswith('>; rel="describedby"; type="application/json"')
    schema = client.get(link[1 : link.index(">")].removeprefix("http://testserver")).json()
    assert (schema["rapport:export"], schema["rapport:operation"]) == (ending, "sample")
    assert "Link" not in client.get("/sample/events.rss")


def test_readers_and_the_desk_are_led_to_it(client: Client, operation: Operation, lead: Person) -> None:
    event = publish(operation)
    link = 'href="/sample/dictionary/"'
    for page in ("/sample/?view=list", f"/sample/events/{event.ref}/"):
        assert link in client.get(page).content.decode()
    assert link in enter(lead).get("/sample/desk/protocol/").content.decode()


def test_what_no_export_gives_stands_on_the_page_of_an_event(operation: Operation, verifier: Person) -> None:
    """`publication` and `sources`: the entries without an export."""
    event = actions.accept(verifier, report(operation), DRAFT, publish=False)
    page = enter(verifier).get(f"/sample/events/{event.ref}/").content.decode()
    assert "A draft: only the team of this operation sees it." in page
    assert "SMS to 4636" in page
    assert [one.name for one in FIELDS if not one.found] == ["publication", "sources"]


# --- at the command line -------------------------------------------------------------------------------------------


def printed(capsys: Capture, *words: str) -> str:
    assert run(["dictionary", *words]) == 0
    return capsys.readouterr().out


def failed(capsys: Capture, *words: str) -> tuple[str, str]:
    assert run(["dictionary", *words]) == 1
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    return out, err


def test_it_is_shown_in_three_forms(capsys: Capture, client: Client, asking: Operation) -> None:
    assert "x_damage" in printed(capsys, "sample")
    assert printed(capsys, "show", "sample", "--format", "json") == client.get(WAYS[1]).content.decode()
    assert printed(capsys, "sample", "--format", "csv").encode().replace(b"\r\n", b"\n") == client.get(
        WAYS[2]
    ).content.replace(b"\r\n", b"\n")
    of_geojson = json.loads(printed(capsys, "sample", "--format", "json", "--export", "geojson"))
    assert of_geojson == client.get(f"{WAYS[1]}?export=geojson").json()


def test_without_an_operation_it_has_what_all_have(capsys: Capture) -> None:
    shown = printed(capsys)
    assert shown.startswith(f"Version {VERSION}\n")
    assert [line.split()[0] for line in shown.splitlines()[2:]] == [one.name for one in FIELDS]


def test_the_audience_says_whose_fields(capsys: Capture, asking: Operation) -> None:
    assert "x_households" not in printed(capsys, "sample")
    assert "x_households" in printed(capsys, "sample", "--audience", "team")
    assert failed(capsys, "sample", "--audience", "press")[1] == "house has no audience press; it has team, public.\n"
    assert "There is no operation nowhere" in failed(capsys, "nowhere")[1]


@pytest.mark.parametrize("ending", ["csv", "geojson"])
def test_a_file_that_fits_is_said_to(
    ending: str, capsys: Capture, asking: Operation, client: Client, volunteer: Person, tmp_path: Path
) -> None:
    publish(asking, "=1+1", summary="first\r\nsecond", extra={"damage": "total", "households": 4, "needs": ["water"]})
    for who, words in ((client, ()), (enter(volunteer), ("--audience", "team"))):
        file = tmp_path / f"mine.{ending}"
        file.write_bytes(who.get(f"/sample/events.{ending}").getvalue())
        assert f"it holds to the dictionary, version {VERSION}+" in printed(
            capsys, "check", str(file), "sample", *words
        )
    assert "x_needs: the dictionary has no such" in failed(capsys, "check", str(file), "sample")[0]


def test_a_file_that_does_not_fit_is_named_row_by_row(
    capsys: Capture, operation: Operation, client: Client, tmp_path: Path
) -> None:
    publish(operation)
    file = tmp_path / "mended.csv"
    file.write_bytes(client.get("/sample/events.csv").getvalue().replace(b",unverified,", b",true,"))
    out, err = failed(capsys, "check", str(file), "sample")
    assert out.startswith("row 2, status: 'true' is not in the list: use one of unverified,")
    assert err == f"{file} does not fit the dictionary in 1 place: mend them, or export it again.\n"
    assert failed(capsys, "check", str(file), "sample", "--json")[0].startswith("{")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "row 1, ref: the column is missing"),
        (b'{"type": "FeatureCollection", "features": [', "it is no JSON"),
        (b"{}", "it is no GeoJSON FeatureCollection"),
    ],
)
def test_a_file_that_is_none_is_said_to_be_so(
    content: bytes, says: str, capsys: Capture, operation: Operation, tmp_path: Path
) -> None:
    file = tmp_path / "broken"
    file.write_bytes(content)
    assert says in failed(capsys, "check", str(file), "sample")[0]


def test_no_more_faults_are_printed_than_can_be_read(capsys: Capture, operation: Operation, tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    file.write_bytes(b"ref\r\n" + b"?\r\n" * 500)
    out, err = failed(capsys, "check", str(file), "sample")
    assert len(out.splitlines()) == 100
    assert "more than 100" in err


def test_a_file_in_another_encoding_is_refused(capsys: Capture, operation: Operation, tmp_path: Path) -> None:
    file = tmp_path / "latin.csv"
    file.write_bytes("Léogâne".encode("latin-1"))
    assert "is not UTF-8; save it as UTF-8." in failed(capsys, "check", str(file), "sample")[1]
