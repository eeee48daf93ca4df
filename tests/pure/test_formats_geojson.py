"""GeoJSON: whatever people wrote, the answer parses and says what the release says."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given

from rapport.formats import geojson
from rapport.formats.characters import clean
from rapport.values import Release
from tests.pure.releases import CONTEXT, lists, releases


def features(some: list[Release]) -> list[dict[str, Any]]:
    collection = json.loads(b"".join(geojson.write(some, CONTEXT)).decode())
    assert collection["type"] == "FeatureCollection"
    found: list[dict[str, Any]] = collection["features"]
    return found


@given(lists)
def test_every_release_is_one_feature_in_the_same_order(some: list[Release]) -> None:
    assert [feature["id"] for feature in features(some)] == [release.ref for release in some]


@given(releases)
def test_texts_come_back_without_forbidden_characters_only(release: Release) -> None:
    properties = features([release])[0]["properties"]
    assert properties["summary"] == clean(release.summary)
    assert properties["headline"] == clean(release.headline("fr"))
    assert [one["code"] for one in properties["categories"]] == [one.code for one in release.categories]


@given(releases)
def test_coordinates_are_longitude_latitude_with_six_decimals(release: Release) -> None:
    geometry = features([release])[0]["geometry"]
    if release.place is None:
        assert geometry is None
    else:
        assert geometry == {
            "type": "Point",
            "coordinates": [round(release.place.lon, 6), round(release.place.lat, 6)],
        }


@given(releases)
def test_numbers_of_people_and_the_extent_of_the_place_are_stated(release: Release) -> None:
    properties = features([release])[0]["properties"]
    affected = release.affected
    assert properties["affected_low"] == (affected.low if affected else None)
    assert properties["affected_high"] == (affected.high if affected else None)
    assert properties["radius_m"] == (release.place.radius_m if release.place else None)
    assert properties["precision"] == (release.place.precision.word if release.place else None)


@given(releases)
def test_every_extra_field_is_a_property_null_where_nothing_was_said(release: Release) -> None:
    properties, said = features([release])[0]["properties"], {one.code: one.value for one in release.extra}
    assert properties["response"] == release.response.value
    assert properties["why"] == f"{properties['url']}why/"
    assert (properties["x_damage"], properties["x_needs"]) == (said.get("damage"), said.get("needs"))
    assert properties["x_remark"] == (clean(str(said["remark"])) if "remark" in said else None)


def test_what_the_extra_fields_mean_stands_before_the_features() -> None:
    fields = json.loads(b"".join(geojson.write([], CONTEXT)))["fields"]
    assert fields[0] == {
        "name": "x_damage", "kind": "choice", "names": {"en": "Damage"}, "hxl": "#impact+damage",
        "choices": {"total": {"en": "Destroyed"}},
    }  # fmt: skip


def test_no_release_is_still_a_collection() -> None:
    assert features([]) == []
