"""A file becomes Messages: what each says, and what in it goes against the schema.

A message that breaks the schema is read all the same as far as it can be: an Alert is made if everything that must be
there is there and every listed value is one of the list. Nothing is guessed and nothing dropped without a finding.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from lxml import etree

from rapport.formats.cap import lexical, parsing
from rapport.formats.cap.grammar import V10, VERSIONS
from rapport.formats.cap.message import Document, Leaf, Message
from rapport.formats.cap.model import (
    Alert,
    Area,
    Category,
    Certainty,
    Circle,
    Info,
    MsgType,
    Named,
    Polygon,
    Reference,
    Resource,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
)
from rapport.formats.cap.schema import Node, Walk

#: Points of all polygons of a message [ours]: the finest outline of a country has fewer.
MOST_POINTS = 100_000
#: References, addresses and incidents [ours]: a storm of two weeks has some hundred messages.
MOST_NAMED = 2_000

_Listed = TypeVar("_Listed", bound=StrEnum)
_Shape = TypeVar("_Shape")


def read_all(data: bytes) -> Document:
    """Everything that a CAP file or an EDXL-DE 1.0 envelope holds. Refused for what is neither, or not safe."""
    root = parsing.parse(data)
    messages = tuple(
        _message(element, path, data if element is root else etree.tostring(element, with_tail=False))
        for path, element in parsing.alerts(root)
    )
    return Document(messages, parsing.links(root))


def read(data: bytes) -> Message:
    """The message of a file that holds one. Refused for what is not CAP, or not safe."""
    document = read_all(data)
    if len(document.messages) != 1:
        raise parsing.refused_envelope(len(document.messages), len(document.links))
    return document.messages[0]


def _message(element: etree._Element, path: str, data: bytes) -> Message:
    version = VERSIONS[str(etree.QName(element).namespace)]
    walk = Walk(version)
    node = walk.alert(element, path)
    reader = _Reader(walk)
    alert = reader.alert(node)
    leaves = {one.path: Leaf(one.line, one.text) for one in node.everything()}
    signatures = len(element.findall(f"{{{parsing.XMLDSIG}}}Signature"))
    return Message(version.name, alert, tuple(walk.findings), data, path, signatures, leaves, reader.moved)


class _CannotSay(Exception):
    """Something without which there is no Alert; the walk has said what."""


class _Reader:
    def __init__(self, walk: Walk) -> None:
        self._find = walk.find
        self._version = walk.version
        self._points_left = MOST_POINTS
        self.moved: dict[str, str] = {}

    def alert(self, node: Node) -> Alert | None:
        try:
            return self._alert(node)
        except _CannotSay:
            return None

    def _alert(self, node: Node) -> Alert:
        if (password := node.first("password")) is not None:
            self._find(
                "credential-sent",
                password.path,
                "Send no password in a message that anybody reads.",
                line=password.line,
            )
        if self._version is V10 and not node.all("scope"):
            self._find(
                "scope-unsaid", f"{node.path}/scope", "Say for whom it is: add scope, as Public.", line=node.line
            )
        sent = lexical.time(node.said("sent"))
        if sent is None:
            raise _CannotSay
        return Alert(
            identifier=_required(node, "identifier"), sender=_required(node, "sender"), sent=sent,
            status=_one(node, "status", Status), msg_type=_one(node, "msgType", MsgType),
            scope=_one(node, "scope", Scope),
            source=node.said("source"), restriction=node.said("restriction"), note=node.said("note"),
            codes=tuple(one.text for one in node.all("code")),
            addresses=self._names(node, "addresses"), incidents=self._names(node, "incidents"),
            references=self._references(node),
            infos=tuple(self._info(one) for one in node.all("info")),
        )  # fmt: skip

    def _names(self, node: Node, name: str) -> tuple[str, ...]:
        one = node.first(name)
        if one is None:
            return ()
        if one.text.count('"') % 2:
            self._find("quotes", one.path, "Close the double quotes around a name with spaces.", one.text, one.line)
        return self._so_many(lexical.names(one.text), one)

    def _references(self, node: Node) -> tuple[Reference, ...]:
        one = node.first("references")
        found = []
        for triple in self._so_many(tuple(one.text.split()), one) if one else ():
            read = lexical.reference(triple)
            if read is not None:
                found.append(read)
            elif one is not None:
                remedy = "Write sender,identifier,sent of the earlier message, as they stand there."
                self._find("triple", one.path, remedy, triple, one.line)
        return tuple(found)

    def _so_many(self, named: tuple[str, ...], node: Node) -> tuple[str, ...]:
        if len(named) > MOST_NAMED:
            remedy = f"It names {len(named):,}; the first {MOST_NAMED:,} are read. Name those that still count."
            self._find("too-many-named", node.path, remedy, line=node.line)
        return named[:MOST_NAMED]

    def _info(self, node: Node) -> Info:
        return Info(
            language=node.said("language").strip(),
            categories=_all(node, "category", Category), event=_required(node, "event"),
            response_types=_all(node, "responseType", ResponseType),
            urgency=_one(node, "urgency", Urgency), severity=_one(node, "severity", Severity),
            certainty=self._certainty(node),
            audience=node.said("audience"), event_codes=self._named(node, "eventCode"),
            effective=lexical.time(node.said("effective")), onset=lexical.time(node.said("onset")),
            expires=lexical.time(node.said("expires")),
            sender_name=node.said("senderName"), headline=node.said("headline"),
            description=node.said("description"), instruction=node.said("instruction"),
            web=node.said("web").strip(), contact=node.said("contact"),
            parameters=self._named(node, "parameter"),
            resources=tuple(_resource(one) for one in node.all("resource")),
            areas=tuple(self._area(one) for one in node.all("area")),
        )  # fmt: skip

    def _certainty(self, node: Node) -> Certainty:
        one = node.first("certainty")
        if one is not None and one.text == "Very Likely":
            self._find(
                "very-likely", one.path, "Write Likely: later versions have no more than that.", one.text, one.line
            )
            return Certainty.LIKELY
        return _one(node, "certainty", Certainty)

    def _named(self, node: Node, name: str) -> tuple[Named, ...]:
        if self._version is V10:  # one text, name=value
            return tuple(Named(*_split(one.text)) for one in node.all(name))
        return tuple(Named(one.said("valueName"), one.said("value")) for one in node.all(name))

    def _area(self, node: Node) -> Area:
        return Area(
            area_desc=node.said("areaDesc"),
            polygons=self._shapes(node, "polygon", self._polygon), circles=self._shapes(node, "circle", self._circle),
            geocodes=self._named(node, "geocode"),
            altitude=lexical.decimal(node.said("altitude")), ceiling=lexical.decimal(node.said("ceiling")),
        )  # fmt: skip

    def _shapes(self, node: Node, name: str, read: Callable[[Node], _Shape | None]) -> tuple[_Shape, ...]:
        found: list[_Shape] = []
        for one in node.all(name):
            shape = read(one)
            if shape is not None:
                found.append(shape)
                self.moved[f"{node.path}/{name}[{len(found)}]"] = one.path
        return tuple(found)

    def _polygon(self, node: Node) -> Polygon | None:
        self._points_left -= node.text.count(",")
        if self._points_left < 0:
            remedy = f"A message may have {MOST_POINTS:,} points. Draw it coarser: a metre is five decimals."
            self._find("too-many-points", node.path, remedy, line=node.line)
            return None
        points = lexical.points(node.text)
        if isinstance(points, str):
            remedy = "Write each point as lat,lon in degrees without a space between, and a space after it."
            self._find("points", node.path, remedy, points, node.line)
            return None
        return Polygon(points)

    def _circle(self, node: Node) -> Circle | None:
        circle = lexical.circle(node.text)
        if circle is None:
            remedy = "Write lat,lon in degrees, a space, and the radius in kilometres."
            self._find("circle", node.path, remedy, node.text, node.line)
        return circle


def _resource(node: Node) -> Resource:
    return Resource( resource_desc=node.said("resourceDesc"),
mime_type=node.said("mimeType"), size=lexical.integer(node.said("size")), uri=node.said("uri").strip(),
deref_uri=node.said("derefUri"), digest=node.said("digest"),
    )  # fmt: skip


def _split(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _required(node: Node, name: str) -> str:
    if not node.all(name):
        raise _CannotSay
    return node.said(name)


def _one(node: Node, name: str, listed: type[_Listed]) -> _Listed:
    return _meant(node.said(name), listed)


def _all(node: Node, name: str, listed: type[_Listed]) -> tuple[_Listed, ...]:
    return tuple(_meant(one.text, listed) for one in node.all(name))


def _meant(text: str, listed: type[_Listed]) -> _Listed:
    """Spaces around a value change nothing of what it says; the walk has said that they stand there."""
    try:
        return listed(text.strip())
    except ValueError:
        raise _CannotSay from None
