"""Pure: a draft becomes a CAP message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rapport.alerts.draft import AlertDraft, Wording
from rapport.formats.cap.model import (
    Alert,
    Area,
    Circle,
    Info,
    Named,
    Point,
    Polygon,
    Reference,
    Scope,
    Status,
)

#: How receivers are told that a geocode is a P-code of the Common Operational Datasets.
PCODE = "P-code"
EXERCISE = "EXERCISE"


@dataclass(frozen=True, slots=True)
class Issue:
    """What a message says beside its draft: who sends it, when, to whom, about which messages before it."""

    identifier: str
    sender: str
    sender_name: str
    sent: datetime
    web: str
    contact: str = ""
    exercise: str = ""  # its name; "" for the real thing
    restriction: str = ""  # to whom it goes; "" for everybody
    references: tuple[Reference, ...] = ()


def message(draft: AlertDraft, issue: Issue) -> Alert:
    """One info a language, all of one area. An exercise says so in status, note and headlines: a receiver may look at
    one of them only."""
    notes = [f"{EXERCISE}: {issue.exercise}"] if issue.exercise else []
    return Alert(
        identifier=issue.identifier,
        sender=issue.sender,
        sent=issue.sent,
        status=Status.EXERCISE if issue.exercise else Status.ACTUAL,
        msg_type=draft.msg_type,
        scope=Scope.RESTRICTED if issue.restriction else Scope.PUBLIC,
        restriction=issue.restriction,
        note=" ".join(filter(None, [*notes, draft.note])),
        references=issue.references,
        infos=tuple(_infos(draft, issue)),
    )


def _infos(draft: AlertDraft, issue: Issue) -> Iterator[Info]:
    area = _area(draft)
    for wording in draft.wordings:
        yield Info(
            language=wording.language,
            categories=draft.categories,
            event=wording.event,
            response_types=draft.responses,
            urgency=draft.urgency,
            severity=draft.severity,
            certainty=draft.certainty,
            effective=issue.sent,
            onset=draft.onset,
            expires=draft.expires,
            sender_name=issue.sender_name,
            headline=_headline(wording, issue),
            description=wording.description,
            instruction=wording.instruction,
            web=issue.web,
            contact=issue.contact,
            areas=(area,),
        )


def _headline(wording: Wording, issue: Issue) -> str:
    return f"{EXERCISE}: {wording.headline}" if issue.exercise else wording.headline


def _area(draft: AlertDraft) -> Area:
    """A circle stands beside its ring: the hub of the IFRC places rings only."""
    spot = draft.spot
    circles = () if draft.ring else (Circle(Point(spot.lat, spot.lon), spot.radius_m / 1000),)
    geocodes = (Named(PCODE, draft.unit.pcode),) if draft.unit else ()
    return Area(draft.area, polygons=tuple(map(Polygon, draft.rings())), circles=circles, geocodes=geocodes)
