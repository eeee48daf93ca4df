"""Who is at which report: no two people are given the same one, and nobody keeps one for ever."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTransform
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow, lapsed_at, who_was_first, works_on
from rapport.desk.models import Lease
from rapport.errors import Conflict
from rapport.operations import fields
from rapport.operations.models import Operation
from rapport.oversight.switches import is_stopped
from rapport.reports.models import Report, Standing, Suggestion, SuggestionKind
from rapport.values import Trust

#: How long a report is held [ours: long enough to read, translate and place it; short enough to lose a volunteer].
DURATION = timedelta(minutes=10)
#: How many reports are tried when others are faster, before the queue is said to be empty.
_ATTEMPTS = 50


@dataclass(frozen=True, slots=True)
class DeskFilters:
    """Which part of the queue somebody works on: source slug, language code, text in the message, one of PARTS, an
    answer to an extra field as `code:choice`; "" for all. Reports of blocked senders are in no part but their own."""

    source: str = ""
    language: str = ""
    text: str = ""
    part: str = ""
    answer: str = ""


#: What a person passed to a verifier stays first.
_BY_ARRIVAL = ("-for_verifier", "id")
#: Parts of the queue, with their names for people.
PARTS: Mapping[str, str] = {
    "urgent": "urgent",
    "verifier": "for a verifier",
    "translators": "for translators",
    "trusted": "of trusted senders",
    "blocked": "of blocked senders",
}
#: Nobody is without a sender and blocked: said so that the database need not compare with nothing.
_NOT_BLOCKED = Q(sender__isnull=True) | Q(sender__trust__in=(Trust.UNKNOWN, Trust.TRUSTED))
_CHOSEN: Mapping[str, Q] = {
    "urgent": Q(urgency__gt=0),
    "verifier": Q(for_verifier=True),
    "translators": Q(for_translator=True),
    "trusted": Q(sender__trust=Trust.TRUSTED),
    "blocked": Q(sender__trust=Trust.BLOCKED),
}


def waiting(operation: Operation, filters: DeskFilters | None = None) -> QuerySet[Report]:
    """The queue, in the order of priority.py."""
    filters = filters or DeskFilters()
    queue = Report.objects.filter(operation=operation, standing=Standing.WAITING)
    queue = queue.filter(_CHOSEN.get(filters.part, Q()))
    if filters.part != "blocked":
        queue = queue.filter(_NOT_BLOCKED)
    if filters.source:
        queue = queue.filter(source__slug=filters.source)
    if filters.language:
        suggested = Suggestion.objects.filter(
            report=OuterRef("pk"), kind=SuggestionKind.LANGUAGE, value__code=filters.language
        )
        queue = queue.filter(Q(language_said=filters.language) | Exists(suggested))
    if filters.text:
        queue = queue.filter(Q(text__icontains=filters.text) | Q(ref=filters.text))
    if filters.answer:
        queue = _answered(queue, operation, *filters.answer.split(":", 1))
    return queue.order_by(*(_BY_ARRIVAL if by_arrival(operation.pk) else ("-rank", "id")))


def by_arrival(operation_id: int) -> bool:
    """Whether the queue's order is stopped: then what waits comes in the order in which it came."""
    return is_stopped("queue", operation_id)


def in_turn(operation: Operation, report: Report) -> tuple[float, int]:
    """Sorts reports that have been read from the database as `waiting` does."""
    return (-report.for_verifier if by_arrival(operation.pk) else -report.rank), report.pk


def _answered(queue: QuerySet[Report], operation: Operation, code: str, choice: str = "") -> QuerySet[Report]:
    """Those that chose this in that extra field."""
    several = {one.code for one in fields.stored(operation.extra_fields) if one.several}
    answered = queue.alias(answered=KeyTransform(code, "extra"))
    # A list is text to both databases here: a code has no quotation mark, so that one between two is the whole code.
    return answered.filter(Q(answered__icontains=f'"{choice}"') if code in several else Q(answered=choice))


def take(person: Person, report: Report, to: Permission = Permission.DESK_REPORT_TRIAGE) -> Lease:
    """The person holds the report for ten minutes from now, again if they did already; Conflict, naming who, if
    somebody else does or it has left the queue. NotAllowed unless they may do what they take it `to` do."""
    allow(person, to, report.operation_id)
    now = timezone.now()
    with transaction.atomic():
        if not Report.objects.select_for_update().filter(pk=report.pk, standing=Standing.WAITING).exists():
            raise Conflict(who_was_first(report))
        free = Lease.objects.filter(Q(person=person) | Q(until__lte=lapsed_at(report.operation_id)), report=report)
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
    return (
        Lease.objects.select_related("person").filter(report=report, until__gt=lapsed_at(report.operation_id)).first()
    )


def next_report(
    operation: Operation,
    person: Person,
    filters: DeskFilters | None = None,
    after: Report | None = None,
    passed: Collection[int] = (),
) -> Report | None:
    """The report that the person holds already, else the first waiting one that nobody holds; None if there is none.

    With `after` the person passes that report by: its lease ends and the search goes on behind it, then from the start.
    What they `passed` by earlier comes when nothing else is left.
    """
    allow(person, Permission.DESK_REPORT_TRIAGE, operation.pk)
    return give(person, operation.pk, _offered(operation, person, filters or DeskFilters()), after, passed=passed)


def _offered(operation: Operation, person: Person, filters: DeskFilters) -> QuerySet[Report]:
    """What this person may be given. What was passed to a verifier stands first, by its rank, and is skipped for
    others; what waits for translators is theirs until somebody asks for just that part."""
    queue = waiting(operation, filters)
    if filters.part == "blocked":
        return queue.none()
    if not person.may(Permission.DESK_EVENT_VERIFY, operation.pk):
        queue = queue.filter(for_verifier=False)
    return queue if filters.part == "translators" else queue.filter(for_translator=False)


def give(
    person: Person,
    operation_id: int,
    offered: QuerySet[Report],
    after: Report | None = None,
    to: Permission = Permission.DESK_REPORT_TRIAGE,
    passed: Collection[int] = (),
) -> Report | None:
    """The first of the reports offered, of this operation, that nobody else holds, held by the person from now on."""
    if after is not None:
        release(person, after)
    gone = {after.pk} if after else set()
    for _ in range(_ATTEMPTS):
        report = _candidate(offered, person, lapsed_at(operation_id), after, gone, passed)
        if report is None:
            return None
        try:
            take(person, report, to)
        except Conflict:
            gone.add(report.pk)  # somebody was faster
        else:
            return report
    return None


def _candidate(
    offered: QuerySet[Report],
    person: Person,
    lapsed: datetime,
    after: Report | None,
    gone: Collection[int],
    passed: Collection[int],
) -> Report | None:
    free = offered.filter(Q(lease__isnull=True) | Q(lease__until__lte=lapsed) | Q(lease__person=person))
    free = free.exclude(pk__in=gone)
    fresh = free.exclude(pk__in=passed)
    if after is not None:
        behind = _behind(after)
        return fresh.filter(behind).first() or fresh.first() or free.filter(behind).first() or free.first()
    mine = list(Lease.objects.filter(person=person, until__gt=lapsed).values_list("report_id", flat=True))
    return (free.filter(pk__in=mine).first() if mine else None) or fresh.first() or free.first()


def _behind(after: Report) -> Q:
    """What comes after this report in the order of the queue."""
    if by_arrival(after.operation_id):
        return Q(for_verifier__lt=after.for_verifier) | Q(for_verifier=after.for_verifier, pk__gt=after.pk)
    return Q(rank__lt=after.rank) | Q(rank=after.rank, pk__gt=after.pk)


def held(operation: Operation, now: datetime | None = None) -> QuerySet[Lease]:
    """Who holds what at this moment."""
    running = Lease.objects.filter(report__operation=operation, until__gt=now or lapsed_at(operation.pk))
    return running.filter(report__standing=Standing.WAITING).select_related("person", "report").order_by("until")
