"""Before an export a reader sees what they would take, in which formats, and what each format loses."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.exchange import views
from rapport.exchange.taking import OFFERED
from rapport.exchange.views import FORMATS
from rapport.operations.models import Operation
from tests.web.public import publish


def page(client: Client, query: str = "", status: int = 200) -> str:
    answer = client.get(f"/sample/take/{query}")
    assert answer.status_code == status
    return answer.content.decode()


def test_every_format_is_offered_with_the_filters_of_the_map(client: Client, operation: Operation) -> None:
    publish(operation)
    assert set(OFFERED) == set(FORMATS)
    told = page(client, "?status=verified")
    addresses = re.findall(r'class="button" href="(/sample/events\.[^"]+)"', told)
    assert addresses == [f"/sample/events.{ending}?status=verified" for ending in OFFERED]
    assert "0 events" in told
    assert "1 event," in page(client)
    for address in addresses:
        assert client.get(address).status_code == 200


def test_what_each_format_loses_is_said_before_it_is_taken(client: Client, operation: Operation) -> None:
    cards = {card.split("<")[0]: card for card in page(client).split('<section class="card">\n<h2>')[1:]}
    assert "People affected, at least" in cards["RSS"]
    assert "People affected, at least" not in cards["CSV"]
    assert "the headline stands in its place" in cards["RSS"]


def test_a_filter_that_cannot_be_used_is_said_with_the_remedy(client: Client, operation: Operation) -> None:
    told = page(client, "?status=sure", 400)
    assert "This filter was not understood" in told
    assert "status" in told


@pytest.mark.parametrize("ending", ["xlsx", "kml", "ics", "hxl.csv"])
def test_the_further_formats_give_what_the_csv_gives(client: Client, operation: Operation, ending: str) -> None:
    """The same events, for the same reader, with the same guards: a draft is in none of them."""
    publish(operation, "Water at the pump")
    publish(operation, "Not for everybody", publication="draft")
    answer: Any = client.get(f"/sample/events.{ending}")
    body = b"".join(answer)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="sample-events.{ending}"'
    assert answer.headers["ETag"] == client.get(f"/sample/events.{ending}").headers["ETag"]
    if ending != "xlsx":
        assert (b"Water at the pump" in body, b"Not for everybody" in body) == (True, False)


def test_a_workbook_that_could_not_hold_them_is_refused_with_the_way_out(
    client: Client, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        publish(operation, name)
    monkeypatch.setitem(views.FORMATS, "xlsx", replace(views.FORMATS["xlsx"], holds=1))  # type: ignore[arg-type]
    answer = client.get("/sample/events.xlsx")
    assert (answer.status_code, "take events.csv" in answer.content.decode()) == (400, True)
    assert client.get("/sample/events.xlsx?limit=1").status_code == 200


def test_the_team_is_told_that_its_files_hold_more_than_others_get(
    client: Client, operation: Operation, lead: Person
) -> None:
    publish(operation)
    publish(operation, "Not for everybody", publication="draft")
    assert "read as the team" not in page(client)
    client.force_login(lead)
    told = page(client)
    assert "read as the team" in told
    assert ("2 events," in told, "Everybody gets 1 event." in told) == (True, True)


def test_the_team_takes_what_everybody_gets_to_pass_it_on(client: Client, operation: Operation, lead: Person) -> None:
    publish(operation)
    publish(operation, "Not for everybody", publication="draft")
    client.force_login(lead)
    stranger = Client()
    for ending in ("csv", "geojson", "atom"):
        theirs = b"".join(stranger.get(f"/sample/events.{ending}"))  # type: ignore[call-overload]
        assert b"".join(client.get(f"/sample/events.{ending}?as=everybody")) == theirs  # type: ignore[call-overload]
    assert b"".join(client.get("/sample/pack.zip?as=everybody")) == b"".join(  # type: ignore[call-overload]
        stranger.get("/sample/pack.zip")  # type: ignore[call-overload]
    )
    misspelt = b"".join(client.get("/sample/events.csv?as=evrybody"))  # type: ignore[call-overload]
    assert misspelt == b"".join(stranger.get("/sample/events.csv")), "never more"  # type: ignore[call-overload]
    named = client.get("/sample/pack.zip").headers["Content-Disposition"]
    assert 'filename="sample-team-1.zip"' in named
    told = client.get("/sample/take/?as=everybody").content.decode()
    assert "as everybody gets them" in told
    assert 'href="/sample/events.csv?as=everybody"' in told
