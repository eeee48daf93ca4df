"""Pure: a draft becomes a CAP message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from rapport.alerts.draft import AlertDraft, Wording
from rapport.formats.cap.model import (
    Alert,
    Area,
    Category,
    Certainty,
    Circle,
    Info,
    Named,
    Point,
    Polygon,
    Reference,
    Scope,
    Severity,
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
    bare: bool = False  # without an area


def bare(draft: AlertDraft, words: Mapping[str, Wording]) -> AlertDraft:
    """A cancellation that says nothing but that, in the words for each language: for those who had the alert and may
    not have it any more."""
    return replace(
        draft,
        categories=(Category.OTHER,),
        severity=Severity.UNKNOWN,
        certainty=Certainty.UNKNOWN,
        responses=(),
        onset=None,
        note="",
        wordings=tuple(words[one.language] for one in draft.wordings),
    )


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
    areas = () if issue.bare else (_area(draft),)
    zone = issue.sent.tzinfo
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
            onset=draft.onset and draft.onset.astimezone(zone),
            expires=draft.expires.astimezone(zone),
            sender_name=issue.sender_name,
            headline=_headline(wording, issue),
            description=wording.description,
            instruction=wording.instruction,
            web=issue.web,
            contact=issue.contact,
            areas=areas,
        )


def _headline(wording: Wording, issue: Issue) -> str:
    return f"{EXERCISE}: {wording.headline}" if issue.exercise else wording.headline


def _area(draft: AlertDraft) -> Area:
    """A circle stands beside its ring: the hub of the IFRC places rings only."""
    spot = draft.spot
    circles = () if draft.ring else (Circle(Point(spot.lat, spot.lon), spot.radius_m / 1000),)
    geocodes = (Named(PCODE, draft.unit.pcode),) if draft.unit else ()
    return Area(draft.area, polygons=tuple(map(Polygon, draft.rings())), circles=circles, geocodes=geocodes)
