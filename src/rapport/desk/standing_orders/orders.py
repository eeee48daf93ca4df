"""Standing orders: a rule that a named person signed; its effects are that person's decisions until they revoke it.

What a rule says and how it is read: rules.py.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import draft as drafts
from rapport.desk.actions import JUDGED, words
from rapport.desk.as_said import draft_of
from rapport.desk.books import allow, decide, moment
from rapport.desk.draft import EventDraft, Taxonomy
from rapport.desk.standing_orders.bulk import Row, accept_many
from rapport.desk.standing_orders.rules import Facts, effects, publishes, statuses
from rapport.errors import BadDefinition, Conflict, Refused
from rapport.operations import fields
from rapport.operations.models import Operation, Source, StandingOrder
from rapport.oversight.models import Decision, DecisionKind
from rapport.oversight.switches import is_stopped
from rapport.reports.models import Report, Standing
from rapport.values import Status

logger = logging.getLogger(__name__)


# --- applying ------------------------------------------------------------------------------------------------------


def apply(orders: Iterable[StandingOrder], reports: Iterable[Report]) -> int:
    """Lets the orders in force act on waiting reports of their operations; how many reports became events.

    None does while standing orders are stopped there. The first order that applies to a report has it. An order whose
    signer may no longer sign does nothing, and one that cannot be read is logged: the reports wait on the desk.
    """
    by_operation: dict[int, list[Report]] = defaultdict(list)
    for report in reports:
        if report.standing == Standing.WAITING and not is_stopped("standing-orders", report.operation_id):
            by_operation[report.operation_id].append(report)
    done = 0
    for order in orders:
        waiting = by_operation.get(order.operation_id)
        if waiting and order.in_force and order.signed_by and (rows := _usable_rows(order, order.signed_by, waiting)):
            done += len(accept_many(order.signed_by, order, rows))
            taken = {row.report.pk for row in rows}
            by_operation[order.operation_id] = [report for report in waiting if report.pk not in taken]
    return done


def _usable_rows(order: StandingOrder, signer: Person, reports: Sequence[Report]) -> list[Row]:
    if missing(signer, order):
        logger.warning("standing order %s rests: its signer may not do by hand what it does", order.slug)
        return []
    try:
        return _rows(order, reports)
    except BadDefinition as error:
        logger.error("standing order %s cannot be used: %s", order.slug, error)
        return []


def _rows(order: StandingOrder, reports: Sequence[Report]) -> list[Row]:
    operation = order.operation
    sources = dict(Source.objects.filter(operation=operation).values_list("pk", "slug"))
    known = frozenset(Taxonomy.of(operation).by_code)
    asked = fields.stored(operation.extra_fields)
    rows: list[Row] = []
    for report in reports:
        facts = Facts(sources[report.source_id], report.fields, _inside(operation, report))
        if found := effects(order.rule, facts):
            draft = draft_of(report, found.precision, found.title_from, known, asked)
            if _possible(operation, draft):
                rows.append(Row(report, draft, found.publication, found.status, found.reason))
    return rows


def _inside(operation: Operation, report: Report) -> bool:
    return report.lon is not None and report.lat is not None and operation.box.holds(report.lon, report.lat)


def _possible(operation: Operation, draft: EventDraft) -> bool:
    """A report of which no event can be made as the order says waits for a person."""
    try:
        drafts.check(operation, draft)
    except Refused:
        return False
    return True


# --- signing -------------------------------------------------------------------------------------------------------


def missing(person: Person, order: StandingOrder) -> list[Permission]:
    """The permissions that the person lacks to stand behind this order: nobody signs what they may not do by hand."""
    wanted = [Permission.OPERATIONS_ORDER_SIGN, Permission.DESK_REPORT_TRIAGE]
    if publishes(order.rule):
        wanted.append(Permission.DESK_EVENT_PUBLISH)
    if statuses(order.rule) & JUDGED:
        wanted.append(Permission.DESK_EVENT_VERIFY)
    return [permission for permission in wanted if not person.may(permission, order.operation_id)]


def sign(person: Person, order: StandingOrder) -> StandingOrder:
    """From now on the order acts in the person's name."""
    allow(person, Permission.OPERATIONS_ORDER_SIGN, order.operation_id)
    effects(order.rule, Facts("", {}, inside=False))  # a rule that cannot be read is not signed
    if Status.CORROBORATED in statuses(order.rule):
        raise Refused("corroborated", "One report alone is never corroborated: take it out of the order.", field="rule")
    for permission in missing(person, order):
        allow(person, permission, order.operation_id)
    with transaction.atomic():
        order = StandingOrder.objects.select_for_update().get(pk=order.pk)
        if order.in_force and order.signed_by and order.signed_at:
            raise Conflict(f"{order.signed_by.shown_name} signed this order, {moment(order.signed_at)}.")
        before = signature(order)
        order.signed_by, order.signed_at = person, timezone.now()
        order.revoked_by = order.revoked_at = None
        order.save()
        decide(
            person,
            order.operation_id,
            DecisionKind.SIGN,
            order_id=order.pk,
            before=before,
            after=signed_words(order),
        )
    return order


def revoke(person: Person, order: StandingOrder, reason: str = "") -> StandingOrder:
    """The order does nothing any more; what it did stands until it is undone."""
    allow(person, Permission.OPERATIONS_ORDER_SIGN, order.operation_id)
    reason = words("reason", reason, needed=False)
    with transaction.atomic():
        order = StandingOrder.objects.select_for_update().get(pk=order.pk)
        if not order.in_force:
            raise Conflict("This order is not in force.")
        before = signature(order)
        order.revoked_by, order.revoked_at = person, timezone.now()
        order.save()
        decide(
            person,
            order.operation_id,
            DecisionKind.REVOKE,
            order_id=order.pk,
            reason=reason,
            before=before,
            after=signature(order),
        )
    return order


def effects_of(order: StandingOrder) -> QuerySet[Decision]:
    """What the order did since it was last signed and nobody has undone, the newest first."""
    signed = Decision.objects.filter(order_id=order.pk, kind=DecisionKind.SIGN).order_by("-pk")
    since = signed.values_list("pk", flat=True).first() or 0
    made = Decision.objects.filter(operation=order.operation, order_id=order.pk, kind=DecisionKind.ACCEPT)
    return made.filter(pk__gt=since, undone_by__isnull=True).select_related("person").order_by("-pk")


def signed_words(order: StandingOrder) -> dict[str, Any]:
    """The signature and what it stands under, as the decision to sign keeps them."""
    return {**signature(order), "text": order.text, "rule": order.rule}


def signature(order: StandingOrder) -> dict[str, Any]:
    """Who signed and revoked, as a decision keeps it."""
    return {
        "signed_by": order.signed_by_id,
        "signed_at": order.signed_at and order.signed_at.isoformat(),
        "revoked_by": order.revoked_by_id,
        "revoked_at": order.revoked_at and order.revoked_at.isoformat(),
    }
