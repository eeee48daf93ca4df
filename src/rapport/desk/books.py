"""What every action has in common: may this person, is the report still waiting, and the line in the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import formats, timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.models import Lease
from rapport.errors import Conflict, NotAllowed
from rapport.events.models import Event, EventReport
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report, Standing
from rapport.values import Trust

#: Decisions that say where a report stands.
PLACING = (DecisionKind.ACCEPT, DecisionKind.ATTACH, DecisionKind.REJECT)


def allow(person: Person, permission: Permission, operation_id: int) -> None:
    """NotAllowed, naming the permission, unless the person holds it in this operation."""
    if not person.may(permission, operation_id):
        raise NotAllowed(f"This needs the permission {permission.value}, which {person.shown_name} does not hold here.")


def moment(at: datetime) -> str:
    """A time as colleagues say it, in the time zone that is active (the operation's, on the desk's pages)."""
    return formats.date_format(timezone.localtime(at), "j M H:i")


def told(decision: Decision) -> str:
    """Who did what, and when."""
    return f"{decision.person.shown_name} {DecisionKind(decision.kind).label}, {moment(decision.at)}"


def standing_decisions(operation_id: int) -> QuerySet[Decision]:
    """The decisions of an operation that nobody has undone, without the undos themselves."""
    return (
        Decision.objects.filter(operation_id=operation_id, undone_by__isnull=True)
        .exclude(kind=DecisionKind.UNDO)
        .select_related("person")
    )


def claim(report: Report, standing: Standing, person: Person) -> None:
    """Takes a waiting report out of the queue and ends its lease; call inside a transaction.

    Conflict, naming who, if it has left or somebody else holds it: nobody is pushed aside while they write.
    """
    if not Report.objects.filter(pk=report.pk, standing=Standing.WAITING).update(standing=standing):
        raise Conflict(who_was_first(report))
    # The report's row is locked now, and nobody can take it while we look.
    held = Lease.objects.filter(report_id=report.pk, until__gt=timezone.now()).select_related("person").first()
    if held is not None and held.person_id != person.pk:
        raise Conflict(works_on(held))
    Lease.objects.filter(report_id=report.pk).delete()
    report.standing = standing


def works_on(lease: Lease) -> str:
    return f"{lease.person.shown_name} works on this report until {moment(lease.until)}."


def give_back(report_id: int) -> None:
    """The report waits on the desk again, in no event."""
    EventReport.objects.filter(report_id=report_id).delete()
    Report.objects.filter(pk=report_id).update(standing=Standing.WAITING)


def who_was_first(report: Report) -> str:
    first = standing_decisions(report.operation_id).filter(report_id=report.pk, kind__in=PLACING).order_by("id").last()
    if first is None:
        return "This report is not waiting any more."
    return f"This report is not waiting any more: {told(first)}."


def locked(event: Event) -> Event:
    """The event as it is now, held until the transaction ends; Conflict if its only report was taken back."""
    fresh = Event.objects.select_for_update().get(pk=event.pk)
    if not EventReport.objects.filter(event=fresh).exists():
        raise Conflict("No report stands behind this event any more: accept the report anew.")
    return fresh


def independent_senders(event_id: int, without: Sequence[int] = ()) -> int:
    """How many different senders told of the event, leaving out some reports if asked. Reports without a sender do not
    count, for nobody can tell them apart; nor do those of blocked senders."""
    links = EventReport.objects.filter(event_id=event_id, report__sender__isnull=False).exclude(report_id__in=without)
    links = links.exclude(report__sender__trust=Trust.BLOCKED)
    return links.values("report__sender").distinct().count()


def decide(
    person: Person,
    operation_id: int,
    kind: DecisionKind,
    *,
    report_id: int | None = None,
    event_id: int | None = None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    **more: Any,
) -> Decision:
    """The line in the record; `more` holds reason, evidence, suggestion_id, order_id, undoes."""
    return Decision.objects.create(
        person=person,
        operation_id=operation_id,
        kind=kind,
        report_id=report_id,
        event_id=event_id,
        before=dict(before),
        after=dict(after),
        **more,
    )
