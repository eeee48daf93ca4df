"""What stands where in CAP 1.0, 1.1 and 1.2, as their schemas say: order, how often, and which values.

Our own tables, not the schemas themselves: a schema processor says "this element is not expected", these say what to
do; and the schemas of 1.0 and 1.1 need not be shipped. The tests hold the table of 1.2 against the OASIS schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from rapport.formats.cap import model

Kind = Literal["text", "time", "integer", "decimal", "language", "uri"]
UNBOUNDED = 1 << 30


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a sequence: at least `least` times, at most `most`. It holds either `children`, in their order, or
    text of a `kind`, perhaps one of `choices`."""

    name: str
    least: int = 1
    most: int = 1
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    children: tuple[Element, ...] = ()


def _of(enumeration: type[StrEnum], *without: str) -> tuple[str, ...]:
    return tuple(one.value for one in enumeration if one.value not in without)


def _optional(name: str, kind: Kind = "text") -> Element:
    return Element(name, 0, kind=kind)


def _pair(name: str) -> Element:
    return Element(name, 0, UNBOUNDED, children=(Element("valueName"), Element("value")))


_RESOURCE = (
    Element("resourceDesc"), Element("mimeType"), _optional("size", "integer"), _optional("uri", "uri"),
    _optional("derefUri"), _optional("digest"),
)  # fmt: skip
_AREA = (
    Element("areaDesc"), Element("polygon", 0, UNBOUNDED), Element("circle", 0, UNBOUNDED), _pair("geocode"),
    _optional("altitude", "decimal"), _optional("ceiling", "decimal"),
)  # fmt: skip
_INFO = (
    _optional("language", "language"),
    Element("category", 1, UNBOUNDED, choices=_of(model.Category)),
    Element("event"),
    Element("responseType", 0, UNBOUNDED, choices=_of(model.ResponseType)),
    Element("urgency", choices=_of(model.Urgency)),
    Element("severity", choices=_of(model.Severity)),
    Element("certainty", choices=_of(model.Certainty)),
    _optional("audience"),
    _pair("eventCode"),
    _optional("effective", "time"), _optional("onset", "time"), _optional("expires", "time"),
    _optional("senderName"), _optional("headline"), _optional("description"), _optional("instruction"),
    _optional("web", "uri"), _optional("contact"),
    _pair("parameter"),
    Element("resource", 0, UNBOUNDED, children=_RESOURCE),
    Element("area", 0, UNBOUNDED, children=_AREA),
)  # fmt: skip
_ALERT = (
    Element("identifier"), Element("sender"), Element("sent", kind="time"),
    Element("status", choices=_of(model.Status)),
    Element("msgType", choices=_of(model.MsgType)),
    _optional("source"),
    Element("scope", choices=_of(model.Scope)),
    _optional("restriction"), _optional("addresses"),
    Element("code", 0, UNBOUNDED),
    _optional("note"), _optional("references"), _optional("incidents"),
    Element("info", 0, UNBOUNDED, children=_INFO),
)  # fmt: skip


def _changed(elements: tuple[Element, ...], changes: Mapping[str, Element]) -> tuple[Element, ...]:
    return tuple(
        replace(found, children=_changed(found.children, changes)) if found.children else found
        for found in (changes.get(one.name, one) for one in elements)
    )


_FREE_HEIGHTS = {"altitude": _optional("altitude"), "ceiling": _optional("ceiling"), "mimeType": _optional("mimeType")}
_ALERT_11 = _changed(
    _ALERT,
    {
        **_FREE_HEIGHTS,
        "responseType": Element("responseType", 0, UNBOUNDED, choices=_of(model.ResponseType, "Avoid", "AllClear")),
    },
)


def _first_version() -> tuple[Element, ...]:
    """1.0: codes are one text, `name=value`; the same in fewer elements, and a password."""
    changed = _changed(
        _ALERT,
        {
            **_FREE_HEIGHTS,
            "status": Element("status", choices=_of(model.Status, "Draft")),
            "scope": Element("scope", 0, choices=_of(model.Scope)),
            "category": Element("category", 0, UNBOUNDED, choices=_of(model.Category, "CBRNE")),
            "certainty": Element("certainty", choices=("Very Likely", *_of(model.Certainty, "Observed"))),
            **{name: Element(name, 0, UNBOUNDED) for name in ("eventCode", "parameter", "geocode")},
        },
    )
    at = [one.name for one in changed].index("source")
    return _without((*changed[:at], _optional("password"), *changed[at:]), frozenset({"responseType", "derefUri"}))


def _without(elements: tuple[Element, ...], names: frozenset[str]) -> tuple[Element, ...]:
    return tuple(replace(one, children=_without(one.children, names)) for one in elements if one.name not in names)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of CAP: what stands in its alert. XML signatures may follow the last info in each (3.3.4.1; the
    schemas of 1.0 and 1.1 forget them)."""

    name: str
    namespace: str
    elements: tuple[Element, ...]


V10 = Version("1.0", "http://www.incident.com/cap/1.0", _first_version())
V11 = Version("1.1", "urn:oasis:names:tc:emergency:cap:1.1", _ALERT_11)
V12 = Version("1.2", "urn:oasis:names:tc:emergency:cap:1.2", _ALERT)
VERSIONS: Mapping[str, Version] = {one.namespace: one for one in (V10, V11, V12)}
