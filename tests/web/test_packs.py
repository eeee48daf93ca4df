"""A release pack is whole, described, checked, and the same whenever it is made; it says what is new since another."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from frictionless import Package

from rapport.accounts.models import Person
from rapport.events import live, log
from rapport.events.models import Event
from rapport.exchange.models import Pack
from rapport.operations.models import Operation
from tests.web.public import publish, withdraw


def taken(client: Client, query: str = "") -> bytes:
    answer: Any = client.get(f"/sample/pack.zip{query}")
    assert answer.status_code == 200
    return b"".join(answer)


def inside(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def described(body: bytes) -> Any:
    return json.loads(inside(body)["datapackage.json"])


def changes(body: bytes) -> dict[str, str]:
    rows = csv.DictReader(io.StringIO(inside(body)["changes.csv"].decode(), newline=""))
    return {row["ref"]: row["change"] for row in rows}


def test_somebody_elses_validator_finds_nothing(client: Client, operation: Operation, tmp_path: Path) -> None:
    operation.licence = {"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}
    operation.save()
    for n in range(3):
        publish(operation, f"=cmd{n}|'", summary='a "quoted"\r\nline', affected_low=4)
    with zipfile.ZipFile(io.BytesIO(taken(client))) as archive:
        archive.extractall(tmp_path)
    package = Package(str(tmp_path / "datapackage.json"))
    report = package.validate()
    assert report.valid, report.flatten(["title", "message"])
    rows = {one.path: one.read_rows() for one in package.resources if one.type == "table"}
    assert {path: len(found) for path, found in rows.items()} == {"events.csv": 3, "events.hxl.csv": 3}


def test_each_file_has_its_size_and_checksum_and_the_whole_its_licence_and_protocol(
    client: Client, operation: Operation
) -> None:
    operation.licence = {"name": "CC-BY-4.0"}
    operation.save()
    publish(operation)
    body = taken(client)
    files, said = inside(body), described(body)
    for one in said["resources"]:
        assert one["bytes"] == len(files[one["path"]])
        assert one["hash"] == f"sha256:{hashlib.sha256(files[one['path']]).hexdigest()}"
    assert {one["path"] for one in said["resources"]} | {"datapackage.json"} == set(files)
    assert said["licenses"] == [{"name": "CC-BY-4.0"}]
    assert (said["rapport:protocol"], said["rapport:audience"], said["rapport:events"]) == ("house 3", "public", 1)


def test_the_same_state_makes_the_same_bytes(client: Client, operation: Operation) -> None:
    publish(operation)
    first, tag = taken(client), client.get("/sample/pack.zip").headers["ETag"]
    live.forget()
    assert taken(Client()) == first
    assert client.get("/sample/pack.zip", headers={"if-none-match": tag}).status_code == 304
    assert Pack.objects.count() == 1


def test_it_says_what_is_new_changed_and_gone_since_an_earlier_one(client: Client, operation: Operation) -> None:
    kept, edited, gone = (publish(operation, name) for name in ("kept", "edited", "gone"))
    assert described(taken(client))["version"] == "1"
    new, brief = publish(operation, "new"), publish(operation, "came and went")
    with transaction.atomic():
        Event.objects.filter(pk=edited.pk).update(title="otherwise")
        log.record(operation.pk, [edited.pk])
    withdraw(gone)
    withdraw(brief)
    body = taken(client, "?since=1")
    assert (described(body)["version"], described(body)["rapport:since"]) == ("2", "1")
    assert changes(body) == {new.ref: "new", edited.ref: "changed", gone.ref: "gone"}
    assert kept.ref.encode() in inside(body)["events.csv"]
    assert changes(taken(client, "?since=2")) == {}
    assert "changes.csv" not in inside(taken(client))


@pytest.mark.parametrize("query", ["?since=9", "?since=x", "?status=verified", "?limit=3"])
def test_what_cannot_be_given_is_refused_with_the_remedy(client: Client, operation: Operation, query: str) -> None:
    answer = client.get(f"/sample/pack.zip{query}")
    assert answer.status_code == 400
    assert b"pack" in answer.content


def test_versions_are_counted_for_each_audience_alone(client: Client, operation: Operation, volunteer: Person) -> None:
    publish(operation)
    taken(client)
    team = Client()
    team.force_login(volunteer)
    publish(operation, "a draft", publication="draft")
    assert described(taken(team))["version"] == "1"
    taken(team)
    assert described(taken(client))["version"] == "1", "the team's draft is no news for everybody"
    assert team.get("/sample/pack.zip").headers["Cache-Control"] == "private, no-cache"
