"""What every action has in common: may this person, is the report still waiting, and the line in the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from django.db.models import QuerySet
from django.utils import formats, timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.models import Lease
from rapport.errors import Conflict, NotAllowed
from rapport.events.models import Event, EventReport
from rapport.events.sources import Voice, independent
from rapport.oversight.models import Decision, DecisionKind
from rapport.oversight.record import decide as decide
from rapport.oversight.switches import is_stopped
from rapport.reports.models import Report, Standing
from rapport.values import Trust

T = TypeVar("T")
#: Decisions that say where a report stands.
PLACING = (DecisionKind.ACCEPT, DecisionKind.ATTACH, DecisionKind.REJECT)
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
_PART = 500  # things named in one statement: below every database's limit of parameters


def parts(things: Sequence[T]) -> Iterator[Sequence[T]]:
    """A long list in pieces that one statement can name."""
    return (things[start : start + _PART] for start in range(0, len(things), _PART))


def allow(person: Person, permission: Permission, operation_id: int) -> None:
    """NotAllowed, naming the permission, unless the person holds it in this operation."""
    if not person.may(permission, operation_id):
        raise NotAllowed(f"This needs the permission {permission.value}, which {person.shown_name} does not hold here.")


def moment(at: datetime) -> str:
    """A time as colleagues say it, in the time zone that is active (the operation's, on the desk's pages)."""
    return formats.date_format(timezone.localtime(at), "j M H:i")


def gone(report: Report) -> str:
    """Since when a destroyed report's words are gone, in a sentence."""
    return f"(Its words were destroyed on {formats.date_format(timezone.localtime(report.destroyed_at), 'j F Y')}.)"


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
    check_held_by_nobody_else(report, person)
    Lease.objects.filter(report_id=report.pk).delete()
    report.standing = standing


def check_held_by_nobody_else(report: Report, person: Person) -> None:
    """Conflict, naming who, if somebody else works on the report."""
    running = Lease.objects.filter(report=report, until__gt=lapsed_at(report.operation_id))
    held = running.select_related("person").first()
    if held is not None and held.person_id != person.pk:
        raise Conflict(works_on(held))


def works_on(lease: Lease) -> str:
    return f"{lease.person.shown_name} works on this report until {moment(lease.until)}."


def who_was_first(report: Report) -> str:
    """Why a report cannot be decided about: it has left the queue."""
    return who_were_first(report.operation_id, [report.pk])[report.pk]


def who_were_first(operation_id: int, report_ids: Sequence[int]) -> dict[int, str]:
    """The same of many, in few queries."""
    said = dict.fromkeys(report_ids, "This report is not waiting any more.")
    for some in parts(report_ids):
        placing = standing_decisions(operation_id).filter(report_id__in=some, kind__in=PLACING).order_by("id")
        said.update({one.report_id or 0: f"This report is not waiting any more: {told(one)}." for one in placing})
    return said


def wait_again(reports: QuerySet[Report]) -> None:
    """These are decided about no more: they wait, but for those whose words are gone by now."""
    ids = list(reports.values_list("pk", flat=True))
    for some in parts(ids):
        again = Report.objects.filter(pk__in=some)
        again.filter(destroyed_at=None).update(standing=Standing.WAITING)
        again.filter(destroyed_at__isnull=False).update(standing=Standing.DESTROYED)


def hold(event_ids: Iterable[int]) -> None:
    """Nobody else changes these events until the transaction ends. Whoever changes several holds them first, all in
    the same order, and reports after them: the release log's clock is held from the first change on, and of two who
    each wait for what the other holds PostgreSQL turns one away."""
    for some in parts(sorted(set(event_ids))):
        list(Event.objects.select_for_update().filter(pk__in=some).order_by("pk").values_list("pk", flat=True))


def locked(event: Event) -> Event:
    """The event as it is now, held until the transaction ends; Conflict if it has become part of another, or if
    no report is left in it."""
    fresh = Event.objects.select_for_update(of=("self",)).select_related("merged_into").get(pk=event.pk)
    if fresh.merged_into is not None:
        raise Conflict(f"This event has become part of {quoted(fresh.merged_into)}: decide about that one.")
    if not EventReport.objects.filter(event=fresh).exists():
        raise Conflict("No report stands behind this event any more: accept the report anew.")
    return fresh


def independent_senders(event_id: int, without: Sequence[int] = ()) -> int:
    """How many independent senders told of the event, as events/sources.py counts them, leaving out some reports if
    asked. Reports without a sender do not count, nobody can tell them apart; nor do those of blocked senders, nor
    destroyed ones, whose words nobody can compare any more. A status that was given before stays."""
    links = EventReport.objects.filter(event_id=event_id).exclude(report_id__in=without)
    return senders_among(set(links.values_list("report_id", flat=True)))


def senders_among(reports: Iterable[int]) -> int:
    """The same of these reports."""
    voices: list[Voice] = []
    for some in parts(sorted(reports)):
        there = Report.objects.filter(pk__in=some, sender__isnull=False, destroyed_at=None)
        known = there.exclude(sender__trust=Trust.BLOCKED.value)
        said = known.order_by("pk").values_list("sender", "text", "signature__minhash")
        voices += [Voice(str(sender), text, bytes(minhash or b"")) for sender, text, minhash in said]
    return independent(voices)


def shown_senders(operation_id: int, reports: Iterable[int]) -> int | None:
    """The number that people see; None while counting is stopped."""
    return None if is_stopped("corroboration", operation_id) else senders_among(reports)


def lapsed_at(operation_id: int) -> datetime:
    """Leases that end by then hold nothing any more: now; long ago while holds do not end by themselves."""
    return _NEVER if is_stopped("leases", operation_id) else timezone.now()


def quoted(event: Event) -> str:
    """How a sentence names an event: its title if it has one, and its reference."""
    return f"“{event.title}” ({event.ref})" if event.title else f"event {event.ref}"
