"""Pure: a catalogue of what can be had, as JSON-LD in the terms of DCAT 3 (W3C Recommendation, 22 August 2024)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from rapport.formats.context import utc
from rapport.formats.pack import Licence
from rapport.values import Box, Json

CONTENT_TYPE = "application/ld+json"
_CONTEXT: Mapping[str, Json] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "gsp": "http://www.opengis.net/ont/geosparql#",
}
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"


@dataclass(frozen=True, slots=True)
class Distribution:
    """One way in which a data set can be had. `schema`: the address of what its columns mean."""

    title: str
    address: str
    media_type: str
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """What one operation gives. `names` and `descriptions` by language; `modified`: when it last changed."""

    page: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str]
    keywords: Sequence[Mapping[str, str]]
    identifier: str
    box: Box
    issued: datetime
    modified: datetime
    licence: Licence | None
    distributions: Sequence[Distribution]


def written(address: str, title: str, datasets: Sequence[Dataset]) -> bytes:
    """The catalogue at that address."""
    said: dict[str, Json] = {
        "@context": dict(_CONTEXT),
        "@id": address,
        "@type": "dcat:Catalog",
        "dct:title": title,
        "dcat:dataset": [_dataset(one) for one in datasets],
    }
    return msgspec.json.format(msgspec.json.encode(said), indent=1) + b"\n"


def _dataset(one: Dataset) -> Json:
    said: dict[str, Json] = {
        "@id": f"{one.page}#data",
        "@type": "dcat:Dataset",
        "dct:identifier": one.identifier,
        "dct:title": _by_language(one.names),
        "dct:issued": _moment(one.issued),
        "dct:modified": _moment(one.modified),
        "dcat:landingPage": {"@id": one.page},
        "dct:spatial": {
            "@type": "dct:Location",
            "dcat:bbox": {"@type": "gsp:wktLiteral", "@value": _polygon(one.box)},
        },
        "dcat:distribution": [_distribution(each) for each in one.distributions],
    }
    if one.descriptions:
        said["dct:description"] = _by_language(one.descriptions)
    if one.keywords:
        said["dcat:keyword"] = [word for names in one.keywords for word in _by_language(names)]
    if one.licence is not None:
        said["dct:license"] = {"@id": one.licence.path} if one.licence.path else one.licence.name
    return said


def _distribution(one: Distribution) -> Json:
    kind = one.media_type.partition(";")[0]
    said: dict[str, Json] = {
        "@type": "dcat:Distribution",
        "dct:title": one.title,
        "dcat:downloadURL": {"@id": one.address},
        "dcat:accessURL": {"@id": one.address},
        "dcat:mediaType": {"@id": f"{_MEDIA_TYPES}{kind}"},
    }
    if one.schema:
        said["dct:conformsTo"] = {"@id": one.schema}
    return said


def _by_language(texts: Mapping[str, str]) -> list[Json]:
    return [{"@language": language, "@value": text} for language, text in texts.items()]


def _moment(at: datetime) -> Json:
    return {"@type": "xsd:dateTime", "@value": utc(at)}


def _polygon(box: Box) -> str:
    """Well-known text; two halves where the box crosses the antimeridian (RFC 7946, section 3.1.9)."""
    rings = ", ".join(f"(({ring}))" for ring in _rings(box))
    return f"MULTIPOLYGON ({rings})"


def _rings(box: Box) -> Iterator[str]:
    parts = [(box.west, box.east)] if box.west <= box.east else [(box.west, 180.0), (-180.0, box.east)]
    for west, east in parts:
        corners = (west, box.south), (east, box.south), (east, box.north), (west, box.north), (west, box.south)
        yield ", ".join(f"{lon} {lat}" for lon, lat in corners)
