"""An Alert becomes a CAP 1.2 file, always the same bytes: one alert, UTF-8, elements in the order of the schema, one
a line.

Rings are closed, points stand one space apart with at most six decimals, times keep their offset and UTC is -00:00.
Empty text is left out, except where the schema needs the element; so are the control characters that XML forbids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import islice

from rapport.formats.cap import lexical, rules
from rapport.formats.cap.catalogue import found
from rapport.formats.cap.finding import Finding, Unwritable
from rapport.formats.cap.grammar import V12
from rapport.formats.cap.model import Alert, Area, Circle, Info, Named, Point, Polygon, Resource
from rapport.formats.cap.schema import MOST_FINDINGS
from rapport.formats.markup import DECLARATION, Xml, branch, leaf

CONTENT_TYPE = "application/cap+xml"


def write(alert: Alert) -> bytes:
    """The file. Unwritable where it would not be valid: its `findings` say why. A ring that is open is closed,
    nothing else is mended."""
    alert = rounded(alert)
    errors = (one for one in rules.check(alert) if one.severity == "error")
    wrong = [*_times_fault(alert)] or [*islice(errors, MOST_FINDINGS)]
    if wrong:
        raise Unwritable(wrong)
    head, *rest = _alert(alert)
    return f'{DECLARATION}<alert xmlns="{V12.namespace}">\n{head}\n{_lines(rest)}</alert>\n'.encode()


def rounded(alert: Alert) -> Alert:
    """The alert as a reader gets it: points at six decimals, rings closed."""
    infos = tuple(replace(info, areas=tuple(map(_rounded_area, info.areas))) for info in alert.infos)
    return replace(alert, infos=infos)


def _rounded_area(area: Area) -> Area:
    return replace(
        area,
        polygons=tuple(Polygon(_closed(tuple(map(_rounded, one.points)))) for one in area.polygons),
        circles=tuple(Circle(_rounded(one.centre), float(lexical.number(one.radius))) for one in area.circles),
    )


def _rounded(where: Point) -> Point:
    return Point(float(lexical.number(where.lat)), float(lexical.number(where.lon)))


def _closed(points: tuple[Point, ...]) -> tuple[Point, ...]:
    return points if not points or points[0] == points[-1] else (*points, points[0])


def _times_fault(alert: Alert) -> Iterator[Finding]:
    """Times that CAP cannot write: without an offset, with fractions of a second."""
    times: list[tuple[str, datetime | None]] = [("/alert/sent", alert.sent)]
    for at, info in enumerate(alert.infos, start=1):
        times += [(f"/alert/info[{at}]/{name}", getattr(info, name)) for name in ("effective", "onset", "expires")]
    for path, moment in times:
        if moment is not None and not lexical.is_writable(moment):
            yield found("time", path, "Give it an offset in whole minutes and no fractions of a second.", str(moment))
        elif moment is not None and abs(moment.utcoffset().total_seconds()) > 14 * 3600:  # type: ignore[union-attr]
            yield found("offset", path, "No place on earth is more than 14 hours from UTC.", str(moment))


# --- element by element --------------------------------------------------------------------------------------------


def _lines(elements: Iterable[Xml]) -> str:
    return "".join(one if one.endswith("\n") else f"{one}\n" for one in elements)


def _some(name: str, text: str) -> list[Xml]:
    return [leaf(name, text)] if text else []


def _moment(name: str, moment: datetime | None) -> list[Xml]:
    return [] if moment is None else [leaf(name, lexical.written_time(moment))]


def _number(name: str, number: int | Decimal | None) -> list[Xml]:
    return [] if number is None else [leaf(name, f"{number:f}" if isinstance(number, Decimal) else str(number))]


def _each(name: str, texts: Iterable[str]) -> list[Xml]:
    return [leaf(name, text) for text in texts]


def _pairs(name: str, pairs: Iterable[Named]) -> list[Xml]:
    return [branch(name, leaf("valueName", pair.name), leaf("value", pair.value)) for pair in pairs]


def _alert(alert: Alert) -> Iterator[Xml]:
    yield leaf("identifier", alert.identifier)
    yield leaf("sender", alert.sender)
    yield from _moment("sent", alert.sent)
    yield leaf("status", alert.status)
    yield leaf("msgType", alert.msg_type)
    yield from _some("source", alert.source)
    yield leaf("scope", alert.scope)
    yield from _some("restriction", alert.restriction)
    yield from _some("addresses", lexical.written_names(alert.addresses))
    yield from _each("code", alert.codes)
    yield from _some("note", alert.note)
    yield from _some("references", " ".join(map(lexical.written_reference, alert.references)))
    yield from _some("incidents", lexical.written_names(alert.incidents))
    for info in alert.infos:
        yield Xml(f"<info>\n{_lines(_info(info))}</info>\n")


def _info(info: Info) -> Iterator[Xml]:
    yield from _some("language", info.language)
    yield from _each("category", info.categories)
    yield leaf("event", info.event)
    yield from _each("responseType", info.response_types)
    yield leaf("urgency", info.urgency)
    yield leaf("severity", info.severity)
    yield leaf("certainty", info.certainty)
    yield from _some("audience", info.audience)
    yield from _pairs("eventCode", info.event_codes)
    yield from _moment("effective", info.effective)
    yield from _moment("onset", info.onset)
    yield from _moment("expires", info.expires)
    yield from _some("senderName", info.sender_name)
    yield from _some("headline", info.headline)
    yield from _some("description", info.description)
    yield from _some("instruction", info.instruction)
    yield from _some("web", info.web)
    yield from _some("contact", info.contact)
    yield from _pairs("parameter", info.parameters)
    for resource in info.resources:
        yield branch("resource", *_resource(resource))
    for area in info.areas:
        yield Xml(f"<area>\n{_lines(_area(area))}</area>\n")


def _resource(resource: Resource) -> Iterator[Xml]:
    yield leaf("resourceDesc", resource.resource_desc)
    yield leaf("mimeType", resource.mime_type)
    yield from _number("size", resource.size)
    yield from _some("uri", resource.uri)
    yield from _some("derefUri", resource.deref_uri)
    yield from _some("digest", resource.digest)


def _area(area: Area) -> Iterator[Xml]:
    yield leaf("areaDesc", area.area_desc)
    yield from _each("polygon", (" ".join(map(lexical.written_point, one.points)) for one in area.polygons))
    yield from _each("circle", (f"{lexical.written_point(o.centre)} {lexical.number(o.radius)}" for o in area.circles))
    yield from _pairs("geocode", area.geocodes)
    yield from _number("altitude", area.altitude)
    yield from _number("ceiling", area.ceiling)
