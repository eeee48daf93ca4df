"""The catalogue lists what this reader can have, for people and for programs, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.test import Client

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.operations.models import Operation
from tests.web.public import publish


def catalogue(client: Client) -> Any:
    answer = client.get("/catalogue.jsonld")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/ld+json")
    return json.loads(answer.content)


def test_each_way_in_which_data_can_be_had_is_listed_and_works(client: Client, operation: Operation) -> None:
    operation.licence = {"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}
    operation.save()
    publish(operation)
    (data,) = catalogue(client)["dcat:dataset"]
    assert data["dct:license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    assert {"@language": "fr", "@value": "Opération d'essai"} in data["dct:title"]
    box = "MULTIPOLYGON (((-74.6 17.9, -71.5 17.9, -71.5 20.2, -74.6 20.2, -74.6 17.9)))"
    assert data["dct:spatial"]["dcat:bbox"]["@value"] == box
    for one in data["dcat:distribution"]:
        answer = client.get(one["dcat:downloadURL"]["@id"].removeprefix("http://testserver"))
        kind = one["dcat:mediaType"]["@id"].removeprefix("https://www.iana.org/assignments/media-types/")
        assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (200, kind)


def test_a_box_across_the_antimeridian_is_two(client: Client, operation: Operation) -> None:
    Operation.objects.update(west=170, east=-170)
    (data,) = catalogue(client)["dcat:dataset"]
    assert data["dct:spatial"]["dcat:bbox"]["@value"].count("((") == 2


def test_the_page_counts_what_this_reader_gets_and_says_under_which_licence(
    client: Client, operation: Operation, someone: Callable[..., Person]
) -> None:
    publish(operation)
    publish(operation, "a draft", publication="draft")
    page = client.get("/catalogue/").content.decode()
    assert "<dt>Events</dt><dd>1" in page
    assert "none stated" in page
    team = Client()
    team.force_login(someone("vera", Role.VOLUNTEER))
    assert "<dt>Events</dt><dd>2" in team.get("/catalogue/").content.decode()


def test_without_an_operation_it_is_empty_and_says_so(client: Client, db: None) -> None:
    assert "There is no operation yet" in client.get("/catalogue/").content.decode()
    assert catalogue(client)["dcat:dataset"] == []


def test_asked_again_it_is_sent_only_if_it_changed(client: Client, operation: Operation) -> None:
    publish(operation)
    tag = client.get("/catalogue.jsonld").headers["ETag"]
    assert client.get("/catalogue.jsonld", headers={"if-none-match": tag}).status_code == 304
