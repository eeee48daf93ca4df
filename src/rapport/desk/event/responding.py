"""What is being done about an event: open, assigned, done, expired, and by whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.actions import touch, words
from rapport.desk.books import allow, decide, locked
from rapport.errors import Conflict, Refused
from rapport.events import log
from rapport.events.models import Event
from rapport.oversight.models import Decision, DecisionKind
from rapport.values import Response

#: How long an event may stay open before the desk says so [ours: two days without help are too long in any crisis].
USUAL = timedelta(hours=48)
LONGEST_NAME = 200


def respond(
    person: Person, event: Event, response: Response, by: str = "", reason: str = "", batch: Decision | None = None
) -> Event:
    """What is done about the event now. Assigned needs to say to whom; `by` is for the team and never released."""
    allow(person, Permission.DESK_EVENT_EDIT, event.operation_id)
    reason, by = words("reason", reason, needed=False), cleaned(response, by)
    with transaction.atomic():
        event = locked(event)
        if (event.response, event.response_by) == (response.value, by):
            raise Conflict(f"The response is {response.value} already.")
        before = shown(event)
        event.response, event.response_by, event.response_at = response.value, by, timezone.now()
        touch(event)
        decide(
            person,
            event.operation_id,
            DecisionKind.RESPOND,
            event_id=event.pk,
            reason=reason,
            before=before,
            after=shown(event),
            batch=batch,
        )
        log.record(event.operation_id, [event.pk])
    return event


def cleaned(response: Response, by: str) -> str:
    """By whom, in one line; Refused where it is needed and missing, or cannot be kept."""
    by = " ".join(by.split())
    if response == Response.OPEN:
        return ""
    if response == Response.ASSIGNED and not by:
        raise Refused("by", "Write who takes care of it: a team, an organisation.", field="by")
    if "\0" in by or len(by) > LONGEST_NAME:
        raise Refused("by", f"Write at most {LONGEST_NAME} characters.", field="by")
    return by


def shown(event: Event) -> dict[str, str | None]:
    """The response as a decision keeps it."""
    at = event.response_at
    return {"response": event.response, "response_by": event.response_by, "response_at": at.isoformat() if at else None}


def open_since(event: Event, now: datetime | None = None) -> datetime | None:
    """Since when the event has been open, if that is longer than usual; else None. Computed, never decided."""
    since = event.response_at or event.created_at
    overdue = event.response == Response.OPEN and (now or timezone.now()) - since > USUAL
    return since if overdue else None
