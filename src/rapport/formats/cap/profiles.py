"""What two who pass alerts on ask for beyond the standard: Google Public Alerts and the IFRC Alert Hub.

Google: the checks of its cap-library (Apache-2.0) and its pages for publishers. IFRC: what its open backend does with
a message. Not said here, because one message does not show it: that an Update or Cancel names all messages still in
force (chain.py does), that each separate area has a message of its own, and what is asked of feeds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from rapport.formats.cap import lexical
from rapport.formats.cap.catalogue import found
from rapport.formats.cap.finding import Finding
from rapport.formats.cap.message import Leaf, Message
from rapport.formats.cap.model import Alert, Area, Certainty, Info, Severity, Status, Urgency

GOOGLE_HEADLINE = 140
GOOGLE_AREA_DESC = 50
_SHAPE = re.compile(r"/(?:polygon|circle)\[\d+\]$")
_POLYGON = re.compile(r"/polygon\[\d+\]$")
_TIME = re.compile(r"/(?:sent|effective|onset|expires)$")
_LONG_FRACTION = re.compile(rf"\.\d{{{lexical.DECIMALS + 1},}}", re.ASCII)
_SINGLY_SPACED = re.compile(r"\S+(?: \S+)*")


def google(message: Message) -> Iterator[Finding]:
    alert, path = message.alert, message.path
    for where, leaf in message.leaves.items():
        if _SHAPE.search(where) and (long := _LONG_FRACTION.search(leaf.text)):
            yield found("google-decimals", where, "Round to six decimals: that is a tenth of a metre.", long[0])
    if alert is None:
        return
    if alert.status is Status.TEST:
        yield found("google-status", f"{path}/status", "Send it as Actual when it is one: Test is not shown.", "Test")
    if not alert.infos:
        yield found("google-info", f"{path}/info", "Add an info.")
    for at, info in enumerate(alert.infos, start=1):
        yield from _google_required(info, alert, f"{path}/info[{at}]")
        yield from _google_advised(info, alert, f"{path}/info[{at}]")
    yield from _google_together(alert, path)


def _google_required(info: Info, alert: Alert, path: str) -> Iterator[Finding]:
    if not info.description.strip():
        yield found("google-description", f"{path}/description", "Describe what happens.")
    if not info.web:
        yield found("google-web", f"{path}/web", "Add the address of a page about this alert.")
    if info.expires is None:
        yield found("google-expires", f"{path}/expires", "Say until when it counts.")
    elif (info.effective or alert.sent) > info.expires:
        yield found("google-effective", f"{path}/effective", "Let it take effect before it expires.")
    if not info.areas:
        yield found("google-area", f"{path}/area", "Add an area with a polygon, a circle or a geocode.")
    for at, area in enumerate(info.areas, start=1):
        if not (area.polygons or area.circles or area.geocodes):
            yield found("google-area", f"{path}/area[{at}]", "Add a polygon, a circle or a geocode.", area.area_desc)


def _google_advised(info: Info, alert: Alert, path: str) -> Iterator[Finding]:
    for name, there in (("expires", info.expires), ("effective", info.effective), ("onset", info.onset)):
        if there is not None and not there.utcoffset():
            remedy = "Write the time of the place, with its offset."
            yield found("google-offset", f"{path}/{name}", remedy, lexical.written_time(there))
    for rule, name, text in (
        ("google-sender-name", "senderName", info.sender_name), ("google-instruction", "instruction", info.instruction),
        ("google-contact", "contact", info.contact), ("google-response", "responseType", "".join(info.response_types)),
    ):  # fmt: skip
        if not text.strip():
            yield found(rule, f"{path}/{name}", f"Add {name}.")
    if not info.headline.strip() or len(info.headline) >= GOOGLE_HEADLINE or info.headline == info.description:
        remedy = f"Give a headline of less than {GOOGLE_HEADLINE} characters that is not the description."
        yield found("google-headline", f"{path}/headline", remedy, info.headline)
    if info.description.strip() and info.description == info.instruction:
        yield found(
            "google-repeats", f"{path}/instruction", "Say in instruction what to do, in description what happens."
        )
    judged: tuple[tuple[str, str, str], ...] = (
        ("urgency", info.urgency, Urgency.UNKNOWN), ("severity", info.severity, Severity.UNKNOWN),
        ("certainty", info.certainty, Certainty.UNKNOWN),
    )  # fmt: skip
    for name, value, unknown in judged:
        if value == unknown:
            yield found(
                "google-unknown", f"{path}/{name}", "Say it if you can: Unknown is shown late or not at all.", value
            )
    for at, area in enumerate(info.areas, start=1):
        yield from _google_area(area, f"{path}/area[{at}]")


def _google_area(area: Area, path: str) -> Iterator[Finding]:
    if area.geocodes and not (area.polygons or area.circles):
        yield found(
            "google-geocode", path, "Add a polygon or a circle: not every code is known to Google.", area.area_desc
        )
    if len(area.area_desc) >= GOOGLE_AREA_DESC:
        remedy = f"Use less than {GOOGLE_AREA_DESC} characters."
        yield found("google-area-desc", f"{path}/areaDesc", remedy, area.area_desc)
    for at, circle in enumerate(area.circles, start=1):
        if circle.radius == 0:
            yield found("google-radius", f"{path}/circle[{at}]", "Give a radius above 0.")


def _google_together(alert: Alert, path: str) -> Iterator[Finding]:
    events: dict[str, str] = {}
    for at, info in enumerate(alert.infos, start=1):
        first = alert.infos[0]
        if set(info.categories) != set(first.categories) or set(info.event_codes) != set(first.event_codes):
            remedy = "Give all infos the categories and eventCodes of the first."
            yield found("google-same", f"{path}/info[{at}]/category", remedy, ", ".join(info.categories))
        if events.setdefault(info.spoken, info.event) != info.event:
            remedy = f"Name one event in {info.spoken}, or send two messages: {events[info.spoken]} stands before."
            yield found("google-event", f"{path}/info[{at}]/event", remedy, info.event)


def ifrc(message: Message, now: datetime | None) -> Iterator[Finding]:
    """`now` is when the hub may read it; None lets nothing be over."""
    for path, leaf in message.leaves.items():
        yield from _ifrc_written(path, leaf)
    alert, path = message.alert, message.path
    if alert is None:
        return
    if alert.status is not Status.ACTUAL:
        yield found("ifrc-status", f"{path}/status", "The hub takes Actual only.", alert.status)
    if not alert.infos:
        yield found("ifrc-info", f"{path}/info", "Add an info.")
    for at, info in enumerate(alert.infos, start=1):
        yield from _ifrc_info(info, f"{path}/info[{at}]", now)


def _ifrc_written(path: str, leaf: Leaf) -> Iterator[Finding]:
    if _POLYGON.search(path) and not _SINGLY_SPACED.fullmatch(leaf.text):
        remedy = "Put one space between points, and nothing before and after: the hub loses the alert otherwise."
        yield found("ifrc-spaces", path, remedy, leaf.text)
    if _TIME.search(path):
        try:
            datetime.fromisoformat(leaf.text)
        except ValueError:
            yield found("ifrc-time", path, "Write the time as 2010-01-31T14:30:00-05:00.", leaf.text)


def _ifrc_info(info: Info, path: str, now: datetime | None) -> Iterator[Finding]:
    if not info.categories:
        yield found("ifrc-category", f"{path}/category", "Add a category.")
    if not info.event.strip():
        yield found("ifrc-event", f"{path}/event", "Say what happens.")
    if now is not None and info.expires is not None and info.expires <= now:
        remedy = "The hub skips what has expired. Send it again with a later time if it goes on."
        yield found("ifrc-expired", f"{path}/expires", remedy, lexical.written_time(info.expires))
    several = {"category": info.categories, "eventCode": info.event_codes, "responseType": info.response_types}
    for name, there in several.items():
        if len(there) > 1:
            yield found(
                "ifrc-first", f"{path}/{name}[2]", f"Put the one that matters first: of {len(there)} one is read."
            )
    for at, area in enumerate(info.areas, start=1):
        if not area.polygons:
            yield found("ifrc-placed", f"{path}/area[{at}]", "Add a polygon, or it is on no map.", area.area_desc)
