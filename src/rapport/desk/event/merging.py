"""Two reports of the same thing became two events, or one event holds two things: merge and split. Reports and their
texts stay as they are; undo.py takes merges and splits back in any order."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import draft as drafts
from rapport.desk.actions import CORROBORATING_SENDERS, allow_judged, allow_looser, new_event, touch, words
from rapport.desk.books import allow, decide, hold, independent_senders, locked, quoted
from rapport.desk.draft import EventDraft
from rapport.errors import Conflict, Refused
from rapport.events import log
from rapport.events.models import Event, EventReport
from rapport.oversight.models import Decision, DecisionKind
from rapport.values import Publication, Status


def merge(person: Person, event: Event, other: Event, reason: str = "", batch: Decision | None = None) -> Event:
    """All reports of `other` go to `event`, and `other` becomes part of it: readers get it no more, its address leads
    on. What `event` says, its status and its publication stay. Merging what a verifier has judged needs a verifier."""
    allow(person, Permission.DESK_EVENT_EDIT, event.operation_id)
    reason = words("reason", reason, needed=False)
    if event.pk == other.pk:
        raise Refused("same event", "This is the same event: choose another one.", field="event")
    if event.operation_id != other.operation_id:
        raise Refused("other operation", "The two events belong to different operations.", field="event")
    with transaction.atomic():
        hold([event.pk, other.pk])
        event, other = locked(event), locked(other)
        statuses = [event.status, other.status]
        allow_judged(person, event.operation_id, *statuses)
        _check_kept_back(event, other)
        before = {"publication": other.publication, "statuses": statuses}
        moved = EventReport.objects.filter(event=other).update(event=event)
        other.merged_into, other.publication = event, Publication.WITHDRAWN.value
        touch(other)
        touch(event)
        decide(
            person,
            event.operation_id,
            DecisionKind.MERGE,
            event_id=event.pk,
            other_event_id=other.pk,
            reason=reason,
            before=before,
            after={"event": event.ref, "other": other.ref, "reports": moved},
            batch=batch,
        )
        log.record(event.operation_id, [event.pk, other.pk])
    return event


def _check_kept_back(event: Event, other: Event) -> None:
    """What somebody said for keeping the one back must not be lost in the other."""
    if event.handling.looser_than(other.handling) or (other.persons_at_risk and not event.persons_at_risk):
        raise Conflict(
            f"More is said for keeping {quoted(other)} back than this event: its sensitivity, consent, names, personal"
            " data, area, owner, or that persons are at risk. Say so of this one first, or merge the other way round."
        )


def split(
    person: Person, event: Event, reports: Collection[int], draft: EventDraft, publish: bool, reason: str = ""
) -> Event:
    """These reports (by id) leave the event and become a new one, published or a draft. At least one must stay, and a
    corroborated event must keep enough senders."""
    allow(person, Permission.DESK_EVENT_EDIT, event.operation_id)
    reason = words("reason", reason, needed=False)
    new = new_event(person, event.operation, draft, publish)
    with transaction.atomic():
        event = locked(event)
        allow_judged(person, event.operation_id, event.status)
        allow_looser(person, event.operation_id, draft.handling, event.handling)
        going = _check_going(event, reports)
        drafts.save(new, draft)
        EventReport.objects.filter(event=event, report_id__in=going).update(event=new)
        touch(event)
        decide(
            person,
            event.operation_id,
            DecisionKind.SPLIT,
            event_id=event.pk,
            other_event_id=new.pk,
            reason=reason,
            before={"statuses": [event.status]},
            after={
                "event": event.ref,
                "other": new.ref,
                "reports": sorted(going),
                "publication": new.publication,
                "draft": drafts.to_json(draft),
            },
        )
        log.record(event.operation_id, [event.pk, new.pk])
    return new


def _check_going(event: Event, reports: Collection[int]) -> set[int]:
    there = set(EventReport.objects.filter(event=event).values_list("report_id", flat=True))
    going = there & set(reports)
    if len(going) < len(set(reports)):
        raise Conflict("Some of these reports are not part of this event any more: look, and choose again.")
    if not going:
        raise Refused("none", "Choose the reports that tell of something else.", field="report")
    if going == there:
        raise Refused("all", "At least one report stays: leave one unchecked, or edit the event.", field="report")
    if event.status == Status.CORROBORATED:
        left = independent_senders(event.pk, without=sorted(going))
        if left < CORROBORATING_SENDERS:
            raise Conflict(
                f"{quoted(event)} is corroborated and would keep {left} of {CORROBORATING_SENDERS} independent "
                "senders: change its status first, or leave more reports in it."
            )
    return going
