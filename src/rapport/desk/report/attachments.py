"""Files that came with reports, on the desk: what is said of them, and who decides that readers get one.

Pages: attachment_pages.py."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.actions import words
from rapport.desk.books import allow, decide, hold
from rapport.errors import Conflict
from rapport.events import log
from rapport.events.models import Event, new_ref
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.attachments import kinds
from rapport.reports.models import Attachment, AttachmentState
from rapport.values import Publication

# --- what people decide --------------------------------------------------------------------------------------------


def show_to_readers(person: Person, attachment: Attachment, reason: str) -> Decision:
    """Readers get the cleaned copy of this one file with the event that its report is part of now. Conflict if there is
    no copy, no published event, or persons would be at risk."""
    return _decide(person, attachment, shown=True, reason=reason)


def hide_from_readers(person: Person, attachment: Attachment, reason: str) -> Decision:
    """Readers get the file no more, from the next request on."""
    return _decide(person, attachment, shown=False, reason=reason)


def _decide(person: Person, attachment: Attachment, *, shown: bool, reason: str) -> Decision:
    operation_id = attachment.report.operation_id
    allow(person, Permission.DESK_FILE_PUBLISH, operation_id)
    reason = words("reason", reason)
    with transaction.atomic():
        hold(_events_of(attachment))
        row = Attachment.objects.select_for_update().get(pk=attachment.pk)
        event = _event_for(row) if shown else None
        if event is None and row.published_in is None:
            raise Conflict("Readers do not get this file.")
        if event is not None and row.published_in == event.pk:
            raise Conflict("Readers get this file already.")
        with_event = event or Event.objects.filter(pk=row.published_in or 0).first()
        made = decide(
            person,
            operation_id,
            DecisionKind.SHOW_FILE,
            report_id=row.report_id,
            event_id=with_event.pk if with_event else None,
            reason=reason,
            before=_said(row, row.published_in, with_event),
            after=_said(row, event.pk if event else None, with_event),
        )
        Attachment.objects.filter(pk=row.pk).update(published_in=event.pk if event else None, ref=row.ref or new_ref())
        if with_event is not None:
            _changed(with_event)
    attachment.published_in = event.pk if event else None
    return made


def _said(row: Attachment, event_id: int | None, with_event: Event | None) -> dict[str, object]:
    return {"file": row.pk, "number": row.number, "shown_in": event_id, "ref": with_event.ref if with_event else ""}


def _events_of(attachment: Attachment) -> QuerySet[Event, int]:
    """The event that its report is part of, and the one with which readers get it."""
    shown_in = Attachment.objects.filter(pk=attachment.pk).values("published_in")
    about = Event.objects.filter(Q(links__report=attachment.report_id) | Q(pk__in=shown_in))
    return about.values_list("pk", flat=True)


def _event_for(row: Attachment) -> Event:
    """The event with which the file can be shown; Conflict, with the reason, if there is none."""
    event = Event.objects.filter(links__report=row.report_id).first()
    if why := stands_in_the_way(row, event):
        raise Conflict(why)
    assert event is not None  # noqa: S101 - else something stood in the way
    return event


def stands_in_the_way(row: Attachment, event: Event | None) -> str:
    """Why this file cannot be shown to readers; "" if it can."""
    if row.state != AttachmentState.CLEAN:
        return "There is no cleaned copy of this file, and readers never get an original."
    if event is None:
        return "Its report is part of no event: accept it first, or attach it to one."
    if event.publication != Publication.PUBLISHED:
        return "Its event is not published: publish it first."
    if event.persons_at_risk:
        return "Its event concerns persons at risk: no files of it are shown."
    return ""


def _changed(event: Event) -> None:
    """Readers' feeds and pages look at the event anew."""
    Event.objects.filter(pk=event.pk).update(updated_at=timezone.now())
    log.record(event.operation_id, [event.pk])


def shown_in(decision: Decision) -> set[int]:
    """The events with which readers got the file before one of these decisions and after it; since its report was split
    off or merged they are two, of which the decision names one."""
    return {said["shown_in"] for said in (decision.before, decision.after) if said["shown_in"]}


def take_back(decision: Decision) -> None:
    """What stood before one of these decisions; for taking_back.py, in its transaction."""
    before, after = decision.before, decision.after
    now = Attachment.objects.filter(pk=after["file"], published_in=after["shown_in"])
    if not now.update(published_in=before["shown_in"]):
        raise Conflict("Something else was decided about this file since: undo that first.")


# --- what pages show -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Described:
    """A file as the desk speaks of it. `label` like "photo 1 of 3"; small_width and small_height in points."""

    attachment: Attachment
    ref: str  # of its report
    label: str
    group: str
    measure: str
    small_width: int | None
    small_height: int | None
    shown: bool  # readers get it now


def described(attachment: Attachment, of: int = 0) -> Described:
    kind = kinds.of_type(attachment.found_type)
    count = of or Attachment.objects.filter(report_id=attachment.report_id).count()
    width, height = _small_size(attachment)
    link = getattr(attachment.report, "link", None)
    return Described(
        attachment=attachment,
        ref=attachment.report.ref,
        label=f"{kind.group} {attachment.number} of {count}",
        group=kind.group,
        measure=_measure(attachment),
        small_width=width,
        small_height=height,
        shown=link is not None
        and link.event_id == attachment.published_in
        and not stands_in_the_way(attachment, link.event),
    )


def of_report(report_id: int) -> list[Described]:
    return _described(Attachment.objects.filter(report_id=report_id))


def of_event(event_id: int) -> list[Described]:
    """The files of all reports in an event."""
    return _described(Attachment.objects.filter(report__link__event_id=event_id))


def _described(rows: QuerySet[Attachment]) -> list[Described]:
    found = list(rows.select_related("report__link__event").order_by("report_id", "number"))
    counts: dict[int, int] = {}
    for row in found:
        counts[row.report_id] = max(row.number, counts.get(row.report_id, 0))
    return [described(row, counts[row.report_id]) for row in found]


def _measure(row: Attachment) -> str:
    parts = []
    if row.width and row.height:
        parts.append(f"{row.width} × {row.height}")
    if row.seconds is not None:
        parts.append(f"{int(row.seconds) // 60}:{int(row.seconds) % 60:02} min")
    if row.pages:
        parts.append(f"{row.pages} page{'' if row.pages == 1 else 's'}")
    return ", ".join(parts)


def _small_size(row: Attachment) -> tuple[int | None, int | None]:
    """The shape of the small picture, so that the page does not jump when it comes."""
    if not (row.width and row.height):
        return None, None
    share = min(1.0, 400 / max(row.width, row.height))
    return max(1, round(row.width * share)), max(1, round(row.height * share))
