"""Standing orders: a rule that a named person signed; its effects are that person's decisions until they revoke it.

The rule, as the operation's file gives it:
    {"source": slug,
     "when": [{"field": "APPROVED", "is": "YES"}, {"inside": "operation"}],                      all must hold
     "then": [{"accept": {"title_from": "INCIDENT TITLE", "precision": "locality"}}, {"publish": true}],
     "also": [{"when": [{"field": "VERIFIED", "is": "YES"}], "status": "verified"}]}             the last that holds
"""

from __future__ import annotations

import html
import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import draft as drafts
from rapport.desk.actions import JUDGED
from rapport.desk.books import allow, decide, moment
from rapport.desk.bulk import Row, accept_many
from rapport.desk.draft import EventDraft, Taxonomy
from rapport.errors import BadDefinition, Conflict, Refused
from rapport.operations.models import Operation, Source, StandingOrder
from rapport.oversight.models import DecisionKind
from rapport.reports.models import Report, Standing
from rapport.text.personal import has_contact_data
from rapport.values import DEFAULT_RADIUS_M, Json, Precision, Publication, Spot, Status

logger = logging.getLogger(__name__)


# --- pure: what a rule makes of a report ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule looks at."""

    source: str
    fields: Mapping[str, Json]
    inside: bool  # the place given lies in the operation's area


@dataclass(frozen=True, slots=True)
class Effects:
    """What a rule does with a report that it applies to, and why it applies."""

    title_from: str
    precision: Precision
    publication: Publication
    status: Status
    reason: str


def effects(rule: Mapping[str, Any], facts: Facts) -> Effects | None:
    """What the rule does with these facts, None if it leaves them alone. BadDefinition for a rule that cannot be."""
    accept, publication = _then(rule)
    further = [(_conditions(part), _status(part)) for part in rule.get("also", [])]
    conditions = _conditions(rule)
    if facts.source != rule.get("source") or not all(_holds(c, facts) for c in conditions):
        return None
    status = Status.UNVERIFIED
    reasons = [f"source is {facts.source}", *map(_words, conditions)]
    for more, said in further:
        if all(_holds(c, facts) for c in more):
            status = said
            reasons += [f"{_words(c)} ({said.value})" for c in more]
    return Effects(
        title_from=str(accept.get("title_from", "")),
        precision=_precision(accept.get("precision", Precision.LOCALITY.word)),
        publication=publication,
        status=status,
        reason=", ".join(reasons),
    )


def statuses(rule: Mapping[str, Any]) -> set[Status]:
    """Every status that the rule may give."""
    return {_status(part) for part in rule.get("also", [])}


def publishes(rule: Mapping[str, Any]) -> bool:
    return _then(rule)[1] == Publication.PUBLISHED


def clean_title(raw: str) -> str:
    """A title from a field of a file: HTML references and escaped quotes resolved, one line, at most 300 characters.

    `??`, where accents were lost long ago, is left: nobody knows what stood there. Empty, so that the title is composed
    of category and place, if it would show a person's number or address.
    """
    text = re.sub(r"\\(['\"])", r"\1", html.unescape(raw)).replace("\0", "")
    text = " ".join(text.split())[: drafts.TITLE_LENGTH].strip()
    return "" if has_contact_data(text) else text


def _then(rule: Mapping[str, Any]) -> tuple[Mapping[str, Any], Publication]:
    accept: Mapping[str, Any] | None = None
    publication = Publication.DRAFT
    for effect in rule.get("then", []):
        if "accept" in effect:
            accept = effect["accept"]
        elif effect.get("publish") is True:
            publication = Publication.PUBLISHED
        else:
            raise BadDefinition(f"then: nobody knows the effect {effect}; write accept or publish = true")
    if accept is None:
        raise BadDefinition("then: an order without accept does nothing; add accept")
    return accept, publication


def _conditions(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    conditions: list[Mapping[str, Any]] = part.get("when", [])
    for condition in conditions:
        if condition.get("inside") != "operation" and not isinstance(condition.get("field"), str):
            raise BadDefinition(
                f'when: nobody knows the condition {condition}; write field and is, or inside = "operation"'
            )
    return conditions


def _holds(condition: Mapping[str, Any], facts: Facts) -> bool:
    if "inside" in condition:
        return facts.inside
    found = facts.fields.get(condition["field"])
    return found is not None and str(found).strip() == str(condition.get("is", ""))


def _words(condition: Mapping[str, Any]) -> str:
    if "inside" in condition:
        return "the place lies inside the operation"
    return f"{condition['field']} is {condition.get('is', '')}"


def _status(part: Mapping[str, Any]) -> Status:
    try:
        return Status(part.get("status", ""))
    except ValueError as error:
        raise BadDefinition(f"also: {part.get('status')!r} is no status; write one of {', '.join(Status)}") from error


def _precision(word: str) -> Precision:
    try:
        return Precision[word.upper()]
    except KeyError as error:
        raise BadDefinition(
            f"precision: {word!r} is none; write one of {', '.join(p.word for p in Precision)}"
        ) from error


# --- applying ------------------------------------------------------------------------------------------------------


def apply(orders: Iterable[StandingOrder], reports: Iterable[Report]) -> int:
    """Lets the orders in force act on waiting reports of their operations; how many reports became events.

    The first order that applies to a report has it. An order whose signer may no longer sign does nothing, and one that
    cannot be read is logged: the reports wait on the desk.
    """
    by_operation: dict[int, list[Report]] = defaultdict(list)
    for report in reports:
        if report.standing == Standing.WAITING:
            by_operation[report.operation_id].append(report)
    done = 0
    for order in orders:
        waiting = by_operation.get(order.operation_id)
        if waiting and order.in_force:
            made = _apply_one(order, waiting)
            by_operation[order.operation_id] = [report for report in waiting if report.pk not in made]
            done += len(made)
    return done


def _apply_one(order: StandingOrder, reports: Sequence[Report]) -> set[int]:
    signer = order.signed_by
    if signer is None or missing(signer, order):
        logger.warning("standing order %s rests: its signer may not do by hand what it does", order.slug)
        return set()
    try:
        rows = _rows(order, reports)
    except BadDefinition as error:
        logger.error("standing order %s cannot be used: %s", order.slug, error)
        return set()
    accept_many(signer, order, rows)
    return {report.pk for report, _, _, _ in rows}


def _rows(order: StandingOrder, reports: Sequence[Report]) -> list[Row]:
    operation = order.operation
    sources = dict(Source.objects.filter(operation=operation).values_list("pk", "slug"))
    known = frozenset(Taxonomy.of(operation).by_code)
    rows: list[Row] = []
    for report in reports:
        facts = Facts(sources[report.source_id], report.fields, _inside(operation, report))
        if found := effects(order.rule, facts):
            draft = _draft(report, found, known)
            if _possible(operation, draft):
                rows.append((report, draft, found.publication, found.status))
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


def _draft(report: Report, found: Effects, known: frozenset[str]) -> EventDraft:
    return EventDraft(
        title=clean_title(str(report.fields.get(found.title_from) or "")),
        categories=tuple(dict.fromkeys(code for code in report.categories_said if code in known)),
        spot=_spot(report, found.precision),
        occurred_at=_not_later_than_now(report.sent_at),
    )


def _spot(report: Report, precision: Precision) -> Spot | None:
    if report.lon is None or report.lat is None:
        return None
    name = "" if has_contact_data(report.place_said) else " ".join(report.place_said.split())
    return Spot(report.lon, report.lat, precision, DEFAULT_RADIUS_M[precision], name)


def _not_later_than_now(at: datetime | None) -> datetime | None:
    return at if at is not None and at <= timezone.now() else None


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
            after={**signature(order), "text": order.text, "rule": order.rule},
        )
    return order


def revoke(person: Person, order: StandingOrder, reason: str = "") -> StandingOrder:
    """The order does nothing any more; what it did stands until it is undone."""
    allow(person, Permission.OPERATIONS_ORDER_SIGN, order.operation_id)
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
            reason=reason.strip(),
            before=before,
            after=signature(order),
        )
    return order


def signature(order: StandingOrder) -> dict[str, Any]:
    """Who signed and revoked, as a decision keeps it."""
    return {
        "signed_by": order.signed_by_id,
        "signed_at": order.signed_at and order.signed_at.isoformat(),
        "revoked_by": order.revoked_by_id,
        "revoked_at": order.revoked_at and order.revoked_at.isoformat(),
    }
