"""Taking back decisions that nothing rests on (outlook.py): for each a further decision, and what it changed is as if
it had never been made. What is folded (history.py) follows anew from what still stands; for each other kind it is said
here how it is restored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.utils.dateparse import parse_datetime

from rapport.accounts.models import Person
from rapport.desk import draft as drafts
from rapport.desk import senders
from rapport.desk.actions import CORROBORATING_SENDERS, touch
from rapport.desk.books import hold, independent_senders, parts, wait_again
from rapport.desk.naming import names
from rapport.desk.queue import escalation
from rapport.desk.record import placement
from rapport.desk.report import attachments
from rapport.desk.sending import ask
from rapport.desk.standing_orders.orders import signed_words
from rapport.errors import Conflict
from rapport.events import log
from rapport.events.models import Event
from rapport.operations.models import StandingOrder
from rapport.oversight.models import Decision, DecisionKind
from rapport.oversight.record import decide_all
from rapport.reports.models import Report, Standing, Translation
from rapport.values import Status

K = DecisionKind
#: What history.py folds; undone by looking again without it.
FOLDED = frozenset({K.ACCEPT, K.ATTACH, K.MERGE, K.SPLIT, K.PUBLISH})


def take_back(person: Person, decisions: Sequence[Decision], batch: Decision | None = None) -> list[Decision]:
    """Writes the undos and what follows from them; call inside a transaction, with decisions that nothing rests on
    (`outlook` finds them; withdraw.py looks for itself)."""
    if not decisions:
        return []
    concerned = events_of(decisions)
    hold(concerned)
    folded = [one for one in decisions if one.kind in FOLDED]
    record = placement.read(one.event_id or 0 for one in folded) if folded else None
    made = [_undoing(person, one, batch) for one in decisions]
    decide_all(made)
    for decision in decisions:
        if decision.kind in _RESTORE:
            _RESTORE[decision.kind](decision)
    _waiting_again([one.report_id for one in decisions if one.kind == K.REJECT and one.report_id])
    if record is not None:
        after = record.without(one.pk for one in folded)
        concerned |= placement.write(record.placement(), after.placement(), record.born)
    log.record(decisions[0].operation_id, concerned)
    return made


def events_of(decisions: Iterable[Decision]) -> set[int]:
    """The events that these decisions changed."""
    found: set[int] = set()
    for one in decisions:
        found |= {event for event in (one.event_id, one.other_event_id) if event}
        if one.kind == K.SHOW_FILE:
            found |= attachments.shown_in(one)
    return found


def _undoing(person: Person, decision: Decision, batch: Decision | None) -> Decision:
    return Decision(
        person=person,
        operation_id=decision.operation_id,
        kind=K.UNDO,
        report_id=decision.report_id,
        event_id=decision.event_id,
        other_event_id=decision.other_event_id,
        sender_id=decision.sender_id,
        order_id=decision.order_id if decision.kind == K.SIGN else None,
        before=decision.after,
        after=decision.before,
        undoes=decision,
        batch=batch,
    )


def _waiting_again(reports: Sequence[int]) -> None:
    for some in parts(reports):
        wait_again(Report.objects.filter(pk__in=some, standing=Standing.REJECTED))


# --- what kinds that are not folded restore --------------------------------------------------------------------------


def _event(decision: Decision) -> Event:
    return Event.objects.select_for_update().get(pk=_named(decision.event_id))


def _translate(decision: Decision) -> None:
    Translation.objects.filter(pk=decision.after["translation"]).delete()
    _translators(decision)


def _translators(decision: Decision) -> None:
    escalation.translators_again(decision.operation_id, _named(decision.report_id))


def _edit(decision: Decision) -> None:
    event = _event(decision)
    known = event.operation.categories.values_list("code", flat=True)
    drafts.save(event, drafts.from_json(decision.before, list(known)))


def _publication(decision: Decision) -> None:
    """Since when readers had it; whether they get it follows from what still stands."""
    Event.objects.filter(pk=_named(decision.event_id)).update(published_at=_time(decision.before["published_at"]))


def _status(decision: Decision) -> None:
    event = _event(decision)
    before = Status(decision.before["status"])
    if before == Status.CORROBORATED and independent_senders(event.pk) < CORROBORATING_SENDERS:
        raise Conflict("It would be corroborated again, but it is not told by enough independent senders any more.")
    event.status = before.value
    touch(event)


def _response(decision: Decision) -> None:
    event, before = _event(decision), decision.before
    event.response, event.response_by = before["response"], before["response_by"]
    event.response_at = _time(before["response_at"])
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
    K.TRANSLATE: _translate,
    K.EDIT: _edit,
    K.PUBLISH: _publication,
    K.VERIFY: _status,
    K.RESPOND: _response,
    K.SIGN: _signature,
    K.PRIORITISE: escalation.take_back,
    K.ESCALATE: escalation.take_back,
    K.TRANSLATORS: _translators,
    K.TRUST: senders.take_back,
    K.ASK: ask.take_back,
    K.SHOW_FILE: attachments.take_back,
    K.NAME_PLACE: names.forget,
    K.NO_PLACE: names.know_again,
}
