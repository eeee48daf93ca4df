"""Taking a decision back: a further decision that restores what was before. What readers had seen is retracted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.dateparse import parse_datetime

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import ask, escalation, senders
from rapport.desk import draft as drafts
from rapport.desk.actions import CORROBORATING_SENDERS, JUDGED, touch
from rapport.desk.books import allow, decide, give_back, independent_senders, standing_decisions, told
from rapport.desk.orders import signed_words
from rapport.errors import Conflict
from rapport.events import log
from rapport.events.models import Event
from rapport.operations.models import StandingOrder
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report, Translation
from rapport.values import Publication, Status

K = DecisionKind
_PERMISSIONS: Mapping[str, Permission] = {
    K.ACCEPT: Permission.DESK_REPORT_TRIAGE,
    K.ATTACH: Permission.DESK_REPORT_TRIAGE,
    K.REJECT: Permission.DESK_REPORT_TRIAGE,
    K.TRANSLATE: Permission.DESK_REPORT_TRANSLATE,
    K.EDIT: Permission.DESK_EVENT_EDIT,
    K.PUBLISH: Permission.DESK_EVENT_PUBLISH,
    K.VERIFY: Permission.DESK_EVENT_EDIT,
    K.SIGN: Permission.OPERATIONS_ORDER_SIGN,
    K.PRIORITISE: Permission.DESK_REPORT_TRIAGE,
    K.ESCALATE: Permission.DESK_REPORT_TRIAGE,
    K.TRANSLATORS: Permission.DESK_REPORT_TRIAGE,
    K.TRUST: Permission.DESK_SENDER_TRUST,
    K.ASK: Permission.DESK_SENDER_ASK,
}
_SHOWN_AT_MOST = 3  # blockers named in one message


def undo(person: Person, decision: Decision) -> Decision:
    """Restores what was before the decision. Conflict if it was undone already, or if a later decision stands that
    rests on it: that one must be undone first."""
    allow_undo(person, decision)
    with transaction.atomic():
        decision = Decision.objects.select_for_update(of=("self",)).select_related("person").get(pk=decision.pk)
        _check_standing(decision)
        _RESTORE[decision.kind](decision)
        made = decide(
            person,
            decision.operation_id,
            K.UNDO,
            report_id=decision.report_id,
            event_id=decision.event_id,
            order_id=decision.order_id if decision.kind == K.SIGN else None,
            sender_id=decision.sender_id,
            before=decision.after,
            after=decision.before,
            undoes=decision,
        )
        if decision.event_id is not None:
            log.record(decision.operation_id, [decision.event_id])
    return made


def allow_undo(person: Person, decision: Decision) -> None:
    """One may take back what one may decide; another person's decision only with the right to undo."""
    if decision.kind == K.UNDO:
        raise Conflict("An undo is not undone: decide anew.")
    if decision.kind == K.REVOKE:
        raise Conflict("A revocation is not undone: sign the order anew.")
    allow(person, _PERMISSIONS[decision.kind], decision.operation_id)
    if decision.kind == K.VERIFY and _judges(decision):
        allow(person, Permission.DESK_EVENT_VERIFY, decision.operation_id)
    if decision.person_id != person.pk:
        allow(person, Permission.DESK_DECISION_UNDO, decision.operation_id)


def _judges(decision: Decision) -> bool:
    return bool({Status(decision.before["status"]), Status(decision.after["status"])} & JUDGED)


def _check_standing(decision: Decision) -> None:
    earlier = Decision.objects.filter(undoes=decision).select_related("person").first()
    if earlier is not None:
        raise Conflict(f"This was undone already: {told(earlier)}.")
    later = standing_decisions(decision.operation_id).filter(id__gt=decision.pk).filter(_same_thing(decision))
    blockers = [told(blocker) for blocker in later.order_by("-id")[: _SHOWN_AT_MOST + 1]]
    if blockers:
        more = "; and more" if len(blockers) > _SHOWN_AT_MOST else ""
        raise Conflict(f"Undo that first: {'; '.join(blockers[:_SHOWN_AT_MOST])}{more}.")


def _same_thing(decision: Decision) -> Q:
    """The later decisions that rest on this one. An acceptance carries everything about its event; of the others, each
    carries the next of its kind."""
    if decision.kind == K.ACCEPT:
        return Q(event_id=decision.event_id)
    if decision.kind == K.SIGN:
        return Q(order_id=decision.order_id, kind=K.SIGN)
    if decision.kind in (K.EDIT, K.PUBLISH, K.VERIFY):
        return Q(event_id=decision.event_id, kind=decision.kind)
    if decision.kind in (K.PRIORITISE, K.ESCALATE, K.TRANSLATORS):
        return Q(report_id=decision.report_id, kind=decision.kind)
    if decision.kind == K.TRUST:
        return Q(sender_id=decision.sender_id, kind=K.TRUST)
    if decision.kind == K.ATTACH and not _still_corroborated_without(decision):
        return Q(event_id=decision.event_id, kind=K.VERIFY, after__status=Status.CORROBORATED.value)
    return Q(pk__in=())


def _still_corroborated_without(decision: Decision) -> bool:
    """Whether enough independent senders remain when the report has left the event."""
    left = independent_senders(_named(decision.event_id), without=[_named(decision.report_id)])
    return left >= CORROBORATING_SENDERS


# --- what each kind restores ---------------------------------------------------------------------------------------


def _event(decision: Decision) -> Event:
    return Event.objects.select_for_update().get(pk=_named(decision.event_id))


def _accept(decision: Decision) -> None:
    """The report waits again; the event, with nothing behind it, is withdrawn for good."""
    _report_back(decision)
    event = _event(decision)
    event.publication = Publication.WITHDRAWN.value
    touch(event)


def _attach(decision: Decision) -> None:
    _report_back(decision)
    touch(_event(decision))


def _report_back(decision: Decision) -> None:
    give_back(_named(decision.report_id))


def _translate(decision: Decision) -> None:
    Translation.objects.filter(pk=decision.after["translation"]).delete()
    if decision.before.get("for_translator"):
        Report.objects.filter(pk=_named(decision.report_id)).update(for_translator=True)


def _edit(decision: Decision) -> None:
    event = _event(decision)
    known = event.operation.categories.values_list("code", flat=True)
    drafts.save(event, drafts.from_json(decision.before, list(known)))


def _publication(decision: Decision) -> None:
    event = _event(decision)
    event.publication = decision.before["publication"]
    event.published_at = _time(decision.before["published_at"])
    touch(event)


def _status(decision: Decision) -> None:
    event = _event(decision)
    event.status = decision.before["status"]
    touch(event)


def _signature(decision: Decision) -> None:
    """Only while the order is as it was signed: no name comes to stand under other words, or under an ended order."""
    before, order = decision.before, StandingOrder.objects.select_for_update().get(pk=_named(decision.order_id))
    if signed_words(order) != decision.after:
        raise Conflict("This signature does not stand any more: the order was revoked, or has changed since.")
    StandingOrder.objects.filter(pk=order.pk).update(
        signed_by=before["signed_by"],
        signed_at=_time(before["signed_at"]),
        revoked_by=before["revoked_by"],
        revoked_at=_time(before["revoked_at"]),
    )


def _time(text: str | None) -> Any:
    return parse_datetime(text) if text else None


def _named(pk: int | None) -> int:
    """The subject that a decision of this kind always names."""
    if pk is None:
        raise Conflict("This decision does not say what it was about; it cannot be undone.")
    return pk


_RESTORE: Mapping[str, Callable[[Decision], None]] = {
    K.ACCEPT: _accept,
    K.ATTACH: _attach,
    K.REJECT: _report_back,
    K.TRANSLATE: _translate,
    K.EDIT: _edit,
    K.PUBLISH: _publication,
    K.VERIFY: _status,
    K.SIGN: _signature,
    K.PRIORITISE: escalation.take_back,
    K.ESCALATE: escalation.take_back,
    K.TRANSLATORS: escalation.take_back,
    K.TRUST: senders.take_back,
    K.ASK: ask.take_back,
}
