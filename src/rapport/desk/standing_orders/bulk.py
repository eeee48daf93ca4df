"""What a standing order does to a batch of reports: the signer's decisions, each with its own line in the record. What
a person decides about many reports is written in the same way (many.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from django.db import transaction

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import draft as drafts
from rapport.desk.actions import JUDGED, accepted, set_publication
from rapport.desk.books import allow, parts
from rapport.desk.draft import EventDraft, Taxonomy
from rapport.desk.models import Lease
from rapport.errors import Refused
from rapport.events import log
from rapport.events.models import Event, EventReport
from rapport.operations.gazetteer import communes_of
from rapport.operations.models import Operation, StandingOrder
from rapport.oversight.models import Decision, DecisionKind
from rapport.oversight.record import decide_all
from rapport.reports.models import Report, Standing
from rapport.values import Publication, Spot, Status


class Row(NamedTuple):
    """A report, what the order makes of it, and why it applies."""

    report: Report
    draft: EventDraft
    publication: Publication
    status: Status
    reason: str


_CHUNK = 500  # rows written in one statement
Categories = Event.categories.through


def accept_many(person: Person, order: StandingOrder, rows: Sequence[Row]) -> list[Event]:
    """Each report that still waits becomes an event; the others were decided by somebody meanwhile and are left alone.
    Nothing happens if the order was revoked meanwhile.

    Fails as a whole with NotAllowed if the person may not do each of these things by hand, or Refused if a draft
    cannot be.
    """
    _allow(person, order, rows)
    operation = order.operation
    for row in rows:
        if row.report.operation_id != operation.pk:
            raise Refused("other operation", "Order and report belong to different operations.", field="report")
        drafts.check(operation, row.draft)
    with transaction.atomic():
        taxonomy = Taxonomy.of(operation)  # read inside: a file loaded meanwhile may have marked persons at risk
        rows = claim(rows) if _still_in_force(person, order) else []
        return write(operation, taxonomy, rows, partial(_decision, person, order))


def write(
    operation: Operation, taxonomy: Taxonomy, rows: Sequence[Row], decision: Callable[[Event, Row], Decision]
) -> list[Event]:
    """An event of each row, with what `decision` says of it in the record; call inside a transaction that has claimed
    the rows."""
    events = _events(operation, taxonomy, rows)
    Event.objects.bulk_create(events, batch_size=_CHUNK)
    made = list(zip(events, rows, strict=True))
    EventReport.objects.bulk_create(
        [EventReport(event=event, report=row.report) for event, row in made], batch_size=_CHUNK
    )
    Categories.objects.bulk_create(
        [
            Categories(event_id=event.pk, category_id=category.pk)
            for event, row in made
            for category in taxonomy.chosen(row.draft.categories)
        ],
        batch_size=_CHUNK,
    )
    decide_all([decision(event, row) for event, row in made])
    log.record(operation.pk, [event.pk for event in events])
    return events


def _allow(person: Person, order: StandingOrder, rows: Sequence[Row]) -> None:
    allow(person, Permission.DESK_REPORT_TRIAGE, order.operation_id)
    if any(row.publication == Publication.PUBLISHED for row in rows):
        allow(person, Permission.DESK_EVENT_PUBLISH, order.operation_id)
    if any(row.status in JUDGED for row in rows):
        allow(person, Permission.DESK_EVENT_VERIFY, order.operation_id)
    if any(row.status == Status.CORROBORATED for row in rows):
        raise Refused("corroborated", "One report alone is never corroborated.", field="status")


def _still_in_force(person: Person, order: StandingOrder) -> bool:
    """Nobody revoked it since it was read; a revocation waits until this batch is written, or comes before it."""
    orders = StandingOrder.objects.select_for_update().filter(pk=order.pk, signed_by=person, revoked_at__isnull=True)
    return orders.exists()


def claim(rows: Sequence[Row]) -> list[Row]:
    """The rows whose report still waits, taken out of the queue."""
    ids = [row.report.pk for row in rows]
    waiting: set[int] = set()
    for part in parts(sorted(ids)):
        queue = Report.objects.select_for_update().filter(pk__in=part, standing=Standing.WAITING)
        taken = set(queue.order_by("pk").values_list("pk", flat=True))
        Report.objects.filter(pk__in=taken).update(standing=Standing.IN_EVENT)
        Lease.objects.filter(report_id__in=taken).delete()
        waiting |= taken
    return [row for row in rows if row.report.pk in waiting]


def _events(operation: Operation, taxonomy: Taxonomy, rows: Sequence[Row]) -> list[Event]:
    communes = _communes(operation, [row.draft.spot for row in rows])
    events = []
    for row, commune in zip(rows, communes, strict=True):
        event = Event(operation=operation, status=row.status.value)
        set_publication(event, row.publication)
        at_risk = taxonomy.at_risk(taxonomy.chosen(row.draft.categories))
        drafts.fill(event, row.draft, at_risk=at_risk, commune=commune)
        events.append(event)
    return events


def _communes(operation: Operation, spots: Sequence[Spot | None]) -> list[Spot | None]:
    """The commune of each place, all looked up at once; None where there is no place or it is known too coarsely."""
    placed = [spot for spot in spots if spot and drafts.coarse_enough(spot)]
    found = iter(communes_of(operation, [spot.lon for spot in placed], [spot.lat for spot in placed]))
    return [next(found) if spot and drafts.coarse_enough(spot) else None for spot in spots]


def _decision(person: Person, order: StandingOrder, event: Event, row: Row) -> Decision:
    return Decision(
        operation_id=event.operation_id,
        person=person,
        kind=DecisionKind.ACCEPT,
        order_id=order.pk,
        report_id=row.report.pk,
        event_id=event.pk,
        reason=row.reason,
        before={"standing": Standing.WAITING},
        after=accepted(event, row.draft),
    )
