"""GeoJSON (RFC 7946): longitude before latitude, WGS 84, one feature a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from rapport.formats.characters import clean
from rapport.formats.context import ExtraColumn, FeedContext, utc
from rapport.values import Json, Release, Spot, named

CONTENT_TYPE = "application/geo+json"
DECIMALS = 6  # of a degree: 11 cm (RFC 7946, section 11.2)


def write(releases: Iterable[Release], context: FeedContext) -> Iterator[bytes]:
    """A FeatureCollection, piece by piece. An event without a place has `geometry` null, so that counts agree. What the
    operation's extra fields mean stands in the member `fields`, which is ours (RFC 7946, section 6.1)."""
    fields = b'"fields":' + msgspec.json.encode([_field(one) for one in context.extra]) + b"," if context.extra else b""
    yield b'{"type":"FeatureCollection",' + fields + b'"features":['
    between = b"\n"
    for release in releases:
        yield between + msgspec.json.encode(_feature(release, context))
        between = b",\n"
    yield b"\n]}\n"


def _feature(release: Release, context: FeedContext) -> dict[str, Json]:
    return {
        "type": "Feature",
        "id": release.ref,
        "geometry": _geometry(release.place),
        "properties": {
            **_what(release, context),
            **_when(release),
            **_where(release.place),
            **_how_many(release),
            **_extra(release, context),
        },
    }


def _geometry(place: Spot | None) -> dict[str, Json] | None:
    if place is None:
        return None
    return {"type": "Point", "coordinates": [round(place.lon, DECIMALS), round(place.lat, DECIMALS)]}


def _what(release: Release, context: FeedContext) -> dict[str, Json]:
    return {
        "ref": release.ref,
        "url": context.event_url(release.ref),
        "why": context.why_url(release.ref),
        "marking": release.marking.value if release.marking else None,
        "headline": clean(release.headline(context.language)),
        "summary": clean(release.summary),
        "categories": [
            {"code": clean(category.code), "name": clean(named(category.names, context.language))}
            for category in release.categories
        ],
        "status": release.status.value,
        "response": release.response.value if release.response else None,
        "files": [context.file_url(release.ref, file.ref) for file in release.files],
    }


def _field(one: ExtraColumn) -> dict[str, Json]:
    described: dict[str, Json] = {"name": one.name, "kind": one.kind, "names": _cleaned(one.names)}
    if one.hxl:
        described["hxl"] = one.hxl
    if one.labels:
        described["choices"] = {code: _cleaned(names) for code, names in one.labels.items()}
    return described


def _cleaned(names: Mapping[str, str]) -> dict[str, Json]:
    return {language: clean(name) for language, name in names.items()}


def _extra(release: Release, context: FeedContext) -> dict[str, Json]:
    """Every extra field that this reader may see; null where the event has no value."""
    known = {one.code: one.value for one in release.extra}
    return {column.name: _value(known.get(column.code)) for column in context.extra}


def _value(value: Json) -> Json:
    return clean(value) if isinstance(value, str) else value


def _when(release: Release) -> dict[str, Json]:
    return {
        "occurred_at": utc(release.occurred_at) if release.occurred_at else None,
        "published_at": utc(release.published_at) if release.published_at else None,
        "updated_at": utc(release.updated_at),
    }


def _where(place: Spot | None) -> dict[str, Json]:
    return {
        "precision": place.precision.word if place else None,
        "radius_m": place.radius_m if place else None,
        "place": clean(place.name) if place else "",
        "pcode": clean(place.pcode) if place else "",
    }


def _how_many(release: Release) -> dict[str, Json]:
    affected = release.affected
    return {
        "affected_low": affected.low if affected else None,
        "affected_high": affected.high if affected else None,
        "reports": release.reports,
    }
