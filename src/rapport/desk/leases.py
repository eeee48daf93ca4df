"""Who is at which report: no two people are given the same one, and nobody keeps one for ever."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow, who_was_first, works_on
from rapport.desk.models import Lease
from rapport.errors import Conflict
from rapport.operations.models import Operation
from rapport.reports.models import Report, Standing, Suggestion, SuggestionKind

#: How long a report is held [ours: long enough to read, translate and place it; short enough to lose a volunteer].
DURATION = timedelta(minutes=10)
#: How many reports are tried when others are faster, before the queue is said to be empty.
_ATTEMPTS = 50


@dataclass(frozen=True, slots=True)
class DeskFilters:
    """Which part of the queue somebody works on: source slug, language code, text in the message; "" for all."""

    source: str = ""
    language: str = ""
    text: str = ""


def waiting(operation: Operation, filters: DeskFilters | None = None) -> QuerySet[Report]:
    """The queue, in the order of priority.py."""
    filters = filters or DeskFilters()
    queue = Report.objects.filter(operation=operation, standing=Standing.WAITING)
    if filters.source:
        queue = queue.filter(source__slug=filters.source)
    if filters.language:
        suggested = Suggestion.objects.filter(
            report=OuterRef("pk"), kind=SuggestionKind.LANGUAGE, value__code=filters.language
        )
        queue = queue.filter(Q(language_said=filters.language) | Exists(suggested))
    if filters.text:
        queue = queue.filter(Q(text__icontains=filters.text) | Q(ref=filters.text))
    return queue.order_by("-rank", "id")


def take(person: Person, report: Report) -> Lease:
    """The person holds the report for ten minutes from now, again if they did already; Conflict, naming who, if
    somebody else does or it has left the queue."""
    allow(person, Permission.DESK_REPORT_TRIAGE, report.operation_id)
    now = timezone.now()
    with transaction.atomic():
        if not Report.objects.select_for_update().filter(pk=report.pk, standing=Standing.WAITING).exists():
            raise Conflict(who_was_first(report))
        free = Lease.objects.filter(Q(person=person) | Q(until__lte=now), report=report)
        if free.update(person=person, until=now + DURATION):
            return Lease.objects.get(report=report)
        # The lock on the report's row keeps a second person from making one at the same time.
        lease, made = Lease.objects.get_or_create(report=report, defaults={"person": person, "until": now + DURATION})
    if not made:
        raise Conflict(works_on(lease))
    return lease


def release(person: Person, report: Report) -> None:
    """Gives the report back to the queue, if the person holds it."""
    Lease.objects.filter(person=person, report=report).delete()


def holder(report: Report) -> Lease | None:
    """The lease that is running, if any."""
    return Lease.objects.select_related("person").filter(report=report, until__gt=timezone.now()).first()


def next_report(
    operation: Operation, person: Person, filters: DeskFilters | None = None, after: Report | None = None
) -> Report | None:
    """The report that the person holds already, else the first waiting one that nobody holds; None if there is none.

    With `after` the person passes that report by: its lease ends and the search goes on behind it, then from the start.
    """
    allow(person, Permission.DESK_REPORT_TRIAGE, operation.pk)
    if after is not None:
        release(person, after)
    passed = {after.pk} if after else set()
    for _ in range(_ATTEMPTS):
        report = _candidate(operation, person, filters, after, passed)
        if report is None:
            return None
        try:
            take(person, report)
        except Conflict:
            passed.add(report.pk)  # somebody was faster
        else:
            return report
    return None


def _candidate(
    operation: Operation, person: Person, filters: DeskFilters | None, after: Report | None, passed: Collection[int]
) -> Report | None:
    free = waiting(operation, filters).filter(
        Q(lease__isnull=True) | Q(lease__until__lte=timezone.now()) | Q(lease__person=person)
    )
    free = free.exclude(pk__in=passed)
    if after is not None:
        behind = Q(rank__lt=after.rank) | Q(rank=after.rank, pk__gt=after.pk)
        return free.filter(behind).first() or free.first()
    return free.filter(lease__person=person, lease__until__gt=timezone.now()).first() or free.first()


def held(operation: Operation, now: datetime | None = None) -> QuerySet[Lease]:
    """Who holds what at this moment."""
    running = Lease.objects.filter(report__operation=operation, until__gt=now or timezone.now())
    return running.filter(report__standing=Standing.WAITING).select_related("person", "report").order_by("until")
