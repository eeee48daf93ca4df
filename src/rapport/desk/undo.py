"""Taking decisions back: for each a further decision, and what they changed is as if they had never been made. What
readers had seen is retracted.

Where reports stand follows anew from the decisions that still stand (history.py), so merges and splits come back in
any order. Of other decisions those go first that rest on the one in question. Many at once, what a bulk or a standing
order did, are taken back as far as nobody has touched it since; the rest is named and left alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.dateparse import parse_datetime

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import ask, attachments, escalation, placement, senders
from rapport.desk import draft as drafts
from rapport.desk.actions import CORROBORATING_SENDERS, JUDGED, touch
from rapport.desk.books import (
    allow,
    called,
    decide,
    hold,
    independent_senders,
    parts,
    senders_among,
    standing_decisions,
    told,
)
from rapport.desk.history import Placement, fold
from rapport.desk.orders import effects_of, signed_words
from rapport.desk.placement import Record
from rapport.errors import Conflict, NotAllowed
from rapport.events import log
from rapport.events.models import Event
from rapport.operations.models import StandingOrder
from rapport.oversight.models import OF_MANAGING, Decision, DecisionKind
from rapport.reports.models import Report, Standing, Translation
from rapport.values import Status

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
    K.MERGE: Permission.DESK_EVENT_EDIT,
    K.SPLIT: Permission.DESK_EVENT_EDIT,
    K.RESPOND: Permission.DESK_EVENT_EDIT,
    K.PRIORITISE: Permission.DESK_REPORT_TRIAGE,
    K.ESCALATE: Permission.DESK_REPORT_TRIAGE,
    K.TRANSLATORS: Permission.DESK_REPORT_TRIAGE,
    K.TRUST: Permission.DESK_SENDER_TRUST,
    K.ASK: Permission.DESK_SENDER_ASK,
    K.SHOW_FILE: Permission.DESK_FILE_PUBLISH,
    K.BULK: Permission.DESK_REPORT_READ,  # each part asks for what it needs
}
#: What history.py folds; undone by looking again without it.
_FOLDED = frozenset({K.ACCEPT, K.ATTACH, K.MERGE, K.SPLIT, K.PUBLISH})
#: Of these, each carries the next of its kind about the same thing.
_CHAINED_BY_EVENT = frozenset({K.EDIT, K.PUBLISH, K.VERIFY, K.RESPOND})
_CHAINED_BY_REPORT = frozenset({K.PRIORITISE, K.ESCALATE, K.TRANSLATORS})
PART = 500  # effects of an order taken back at once
_SHOWN_AT_MOST = 3  # blockers named in one message
_SPLIT_SINCE = (
    "Reports of it were split off since, and without them it is not told by enough senders: undo the split first."
)


@dataclass(frozen=True, slots=True)
class Left:
    """A decision that is left alone, and why."""

    decision: Decision
    why: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would be taken back, the newest first, and what would be left alone."""

    can: Sequence[Decision]
    left: Sequence[Left]


def undo(person: Person, decision: Decision) -> Decision:
    """Restores what was before the decision. Conflict if it was undone already, or if a later decision stands that
    rests on it: that one must be undone first. Of many made at once, all those come back that nobody has touched."""
    allow_undo(person, decision)
    with transaction.atomic():
        decision = Decision.objects.select_for_update(of=("self",)).select_related("person").get(pk=decision.pk)
        if decision.kind == K.BULK:
            return _undo_bulk(person, decision)
        found = outlook(person, [decision])
        if found.left:
            raise Conflict(found.left[0].why)
        return take_back(person, found.can)[0]


def undo_order(person: Person, order: StandingOrder, first: int, last: int) -> Outlook:
    """Takes back what the order did, a part of it at a time: of the decisions `first` to `last`, which the person saw,
    those that nobody has touched; the same part twice is done once. Conflict if nothing is left."""
    allow(person, Permission.OPERATIONS_ORDER_SIGN, order.operation_id)
    with transaction.atomic():
        found = outlook(person, effects_of(order).filter(pk__range=(first, last))[:PART])
        if not found.can:
            raise Conflict(found.left[0].why if found.left else "Nothing of what the order did is left to undo.")
        said = {"said": f"what the standing order {order.slug} did", **counted(found)}
        made = decide(person, order.operation_id, K.UNDO, order_id=order.pk, before={}, after=said)
        take_back(person, found.can, batch=made)
    return found


def _undo_bulk(person: Person, bulk: Decision) -> Decision:
    if (earlier := Decision.objects.filter(undoes=bulk).select_related("person").first()) is not None:
        raise Conflict(f"This was undone already: {told(earlier)}.")
    found = outlook(person, list(bulk.parts.select_related("person")))
    if not found.can:
        raise Conflict(found.left[0].why if found.left else "Nothing of it is left to undo.")
    made = decide(person, bulk.operation_id, K.UNDO, before=bulk.after, after=counted(found), undoes=bulk)
    take_back(person, found.can, batch=made)
    return made


def counted(found: Outlook) -> dict[str, int]:
    """What an undo of many did, as its line in the record keeps it."""
    return {"undone": len(found.can), "left": len(found.left)}


def left_alone(person: Person, undone: Decision) -> Sequence[Left]:
    """What the undo of many at once did not take back, the newest first, and what stands in its way now; nothing for
    any other decision. What was undone by itself since is not there any more."""
    if undone.kind != K.UNDO or undone.undoes is None or undone.undoes.kind != K.BULK:
        return []
    rest = undone.undoes.parts.filter(undone_by__isnull=True).select_related("person")
    why = {left.decision.pk: left.why for left in outlook(person, rest).left}
    return [Left(one, why.get(one.pk, "Nothing stands in its way any more.")) for one in rest.order_by("-pk")]


def allow_undo(person: Person, decision: Decision) -> None:
    """One may take back what one may decide; another person's decision only with the right to undo."""
    if decision.kind == K.UNDO:
        raise Conflict("An undo is not undone: decide anew.")
    if decision.kind == K.REVOKE:
        raise Conflict("A revocation is not undone: sign the order anew.")
    if decision.kind == K.WITHDRAW:
        raise Conflict("A rollback is not undone: import the file again, and its reports are back.")
    if decision.kind in OF_MANAGING:
        raise Conflict("This is not undone here: change it again where it was changed, under People or Ways in.")
    if decision.kind not in _PERMISSIONS:
        raise Conflict("This kind of decision is not undone here.")
    allow(person, _PERMISSIONS[decision.kind], decision.operation_id)
    if _judges(decision):
        allow(person, Permission.DESK_EVENT_VERIFY, decision.operation_id)
    if decision.person_id != person.pk:
        allow(person, Permission.DESK_DECISION_UNDO, decision.operation_id)


def _judges(decision: Decision) -> bool:
    """Whether a verifier's word comes or goes with it."""
    statuses = decision.before.get("statuses", [])
    if decision.kind == K.VERIFY:
        statuses = [decision.before["status"], decision.after["status"]]
    return bool({Status(status) for status in statuses} & JUDGED)


# --- what can be taken back ----------------------------------------------------------------------------------------


def outlook(person: Person, decisions: Iterable[Decision]) -> Outlook:
    """Which of these can be taken back together, and what stands in the way of the others. Changes nothing."""
    with transaction.atomic():
        return _outlook(person, sorted(decisions, key=lambda decision: -decision.pk))


def _outlook(person: Person, chosen: Sequence[Decision]) -> Outlook:
    undone = _undone(chosen)
    later = _Later(chosen)
    can: dict[int, Decision] = {}
    left: list[Left] = []
    for decision in chosen:
        why = undone.get(decision.pk) or _may_not(person, decision) or _first_that(later.blocking(decision, can))
        if why:
            left.append(Left(decision, why))
        else:
            can[decision.pk] = decision
    for decision, why in _too_few_senders(can):
        left.append(Left(decision, why))
    return Outlook([decision for decision in chosen if decision.pk in can], left)


def _undone(decisions: Sequence[Decision]) -> dict[int, str]:
    found: dict[int, str] = {}
    for some in parts([decision.pk for decision in decisions]):
        for earlier in Decision.objects.filter(undoes__in=some).select_related("person"):
            found[earlier.undoes_id or 0] = f"This was undone already: {told(earlier)}."
    return found


def _may_not(person: Person, decision: Decision) -> str:
    try:
        allow_undo(person, decision)
    except (NotAllowed, Conflict) as reason:
        return str(reason)
    return ""


def _first_that(blockers: Sequence[Decision]) -> str:
    if not blockers:
        return ""
    more = "; and more" if len(blockers) > _SHOWN_AT_MOST else ""
    shown = blockers[:_SHOWN_AT_MOST]
    events = Event.objects.in_bulk({pk for one in shown for pk in (one.event_id, one.other_event_id) if pk})
    return f"Undo that first: {'; '.join(told(one) + _about(one, events) for one in shown)}{more}."


def _about(decision: Decision, events: Mapping[int, Event]) -> str:
    """Which events it was about: of two merges in one minute the one is found, and not the other."""
    event, other = events.get(decision.event_id or 0), events.get(decision.other_event_id or 0)
    if event is None:
        return ""
    if other is None:
        return f", {called(event)}"
    return f", {called(other)} {'into' if decision.kind == K.MERGE else 'off'} {called(event)}"


class _Later:
    """The decisions that stand and were made after some others, found in few queries."""

    def __init__(self, decisions: Sequence[Decision]) -> None:
        self.by_event: dict[int, list[Decision]] = defaultdict(list)
        self.by_report: dict[int, list[Decision]] = defaultdict(list)
        self.by_order: dict[int, list[Decision]] = defaultdict(list)
        self.by_sender: dict[str, list[Decision]] = defaultdict(list)
        if not decisions:
            return
        standing = standing_decisions(decisions[0].operation_id).filter(pk__gt=min(one.pk for one in decisions))
        events = {event for one in decisions for event in (one.event_id, one.other_event_id) if event}
        found: dict[int, Decision] = {}
        for some in parts(sorted(events)):
            found.update({d.pk: d for d in standing.filter(Q(event_id__in=some) | Q(other_event_id__in=some))})
        for one in found.values():
            for event in {one.event_id, one.other_event_id} - {None}:
                self.by_event[event or 0].append(one)
        for one in standing.filter(kind=K.SPLIT):
            for report in one.after["reports"]:
                self.by_report[report].append(one)
        reports = [one.report_id for one in decisions if one.kind in _CHAINED_BY_REPORT and one.report_id]
        for some in parts(reports):
            for one in standing.filter(report_id__in=some, kind__in=_CHAINED_BY_REPORT):
                self.by_report[one.report_id or 0].append(one)
        for one in standing.filter(kind=K.SIGN, order_id__in={d.order_id for d in decisions if d.kind == K.SIGN}):
            self.by_order[one.order_id or 0].append(one)
        for one in standing.filter(kind=K.TRUST, sender_id__in={d.sender_id for d in decisions if d.kind == K.TRUST}):
            self.by_sender[one.sender_id].append(one)

    def blocking(self, decision: Decision, leaving: Mapping[int, Decision]) -> list[Decision]:
        """Those that rest on this one and are not taken back with it, the newest first."""
        near = {
            one.pk: one
            for one in (
                *self.by_event.get(decision.event_id or 0, ()),
                *self.by_event.get(decision.other_event_id or 0, ()),
                *self.by_report.get(decision.report_id or 0, ()),
                *self.by_order.get(decision.order_id or 0, ()),
                *self.by_sender.get(decision.sender_id, ()),
            )
        }
        resting = [one for one in near.values() if one.pk > decision.pk and one.pk not in leaving]
        return sorted((one for one in resting if _rests(one, decision)), key=lambda one: -one.pk)


def _rests(later: Decision, on: Decision) -> bool:
    """Whether the later of two decisions that stand rests on the earlier. An acceptance carries everything about its
    event, a split everything said about the new one, but merges and splits do not carry each other."""
    if on.kind in (K.ACCEPT, K.ATTACH) and later.kind == K.SPLIT and on.report_id in later.after["reports"]:
        return True
    if on.kind == K.ACCEPT:
        return on.event_id in (later.event_id, later.other_event_id)
    if on.kind == K.SPLIT:
        return later.event_id == on.other_event_id and later.kind not in (K.MERGE, K.SPLIT)
    if on.kind in _CHAINED_BY_EVENT:
        if later.kind == K.MERGE:  # while it is part of another, nothing about it changes
            return later.other_event_id == on.event_id
        return later.kind == on.kind and later.event_id == on.event_id
    if on.kind in _CHAINED_BY_REPORT:
        return later.kind == on.kind and later.report_id == on.report_id
    if on.kind == K.SHOW_FILE:
        return later.kind == K.SHOW_FILE and later.after["file"] == on.after["file"]
    if on.kind == K.TRUST:
        return later.kind == K.TRUST and later.sender_id == on.sender_id
    return on.kind == K.SIGN and later.kind == K.SIGN and later.order_id == on.order_id


# --- a corroborated event keeps its senders ------------------------------------------------------------------------


def _too_few_senders(can: dict[int, Decision]) -> list[tuple[Decision, str]]:
    """Takes those out of `can` without which a corroborated event would have too few independent senders; each with
    the sentence that says what to do first."""
    out: list[tuple[Decision, str]] = []
    moving = {pk: one for pk, one in can.items() if one.kind in (K.ACCEPT, K.ATTACH, K.MERGE, K.SPLIT)}
    concerned = placement.connected(one.event_id or 0 for one in moving.values())
    if not _corroborated_by(concerned):
        return out
    record = placement.read(concerned)
    said = _corroborated_by(record.events)
    while moving:
        spoilt = _spoilt(record, moving, said)
        if not spoilt:
            return out
        for pk, why in spoilt.items():
            out.append((moving.pop(pk), why))
            can.pop(pk)
            # What was to go only together with it stays too.
            for other in [one for one in can.values() if one.pk < pk and _rests(out[-1][0], one)]:
                out.append((other, _first_that([out[-1][0]])))
                can.pop(other.pk)
                moving.pop(other.pk, None)
    return out


def _corroborated_by(events: Iterable[int]) -> dict[int, Decision]:
    """The events that are corroborated, or were before a verifier judged, with the decision that said so."""
    found: dict[int, Decision] = {}
    for some in parts(sorted(events)):
        said = Decision.objects.filter(event_id__in=some, kind=K.VERIFY, undone_by__isnull=True)
        for one in said.filter(after__status=Status.CORROBORATED.value).select_related("person").order_by("pk"):
            found[one.event_id or 0] = one
    return found


def _spoilt(record: Record, moving: Mapping[int, Decision], said: Mapping[int, Decision]) -> dict[int, str]:
    """Of the decisions about to go, those that would leave one of the corroborated events with too few senders."""
    before, left = record.placement(), record.without(moving)
    after = left.placement()
    spoilt: dict[int, str] = {}
    for event, verified in said.items():
        was, now = _senders(before, event), _senders(after, event)
        if event in before.merged_into and event not in after.merged_into:  # it comes back: with what it went with?
            merged = next(step.number for step in record.steps if step.kind == "merge" and step.other == event)
            was = _senders(fold(step for step in left.steps if step.number < merged), event)
        if event not in after.merged_into and now < CORROBORATING_SENDERS and now < was:
            split_off = event in before.merged_into
            why = _SPLIT_SINCE if split_off else _first_that([verified])
            spoilt.update({pk: why for pk, one in moving.items() if event in _lines(before, one)})
    for pk, one in moving.items():
        for event in _line(before, one.event_id or 0):
            if event in said and event in after.merged_into:  # its senders would be missing when it comes back
                merged = next(step.number for step in record.steps if step.kind == "merge" and step.other == event)
                spoilt[pk] = _first_that([Decision.objects.select_related("person").get(pk=merged)])
    return spoilt


def _senders(where: Placement, event: int) -> int:
    return senders_among(where.reports_in(event))


def _lines(where: Placement, decision: Decision) -> list[int]:
    return [one for event in (decision.event_id, decision.other_event_id) if event for one in _line(where, event)]


def _line(where: Placement, event: int) -> list[int]:
    """The event, and each event that it has become part of."""
    line = [event]
    while line[-1] in where.merged_into:
        line.append(where.merged_into[line[-1]])
    return line


# --- taking back ---------------------------------------------------------------------------------------------------


def take_back(person: Person, decisions: Sequence[Decision], batch: Decision | None = None) -> list[Decision]:
    """Writes the undos and what follows from them; call inside a transaction, with decisions that nothing rests on
    (`outlook` finds them; withdraw.py looks for itself)."""
    if not decisions:
        return []
    concerned = {event for one in decisions for event in (one.event_id, one.other_event_id) if event}
    hold(concerned)
    folded = [one for one in decisions if one.kind in _FOLDED]
    record = placement.read(one.event_id or 0 for one in folded) if folded else None
    made = [_undoing(person, one, batch) for one in decisions]
    Decision.objects.bulk_create(made, batch_size=500)
    for decision in decisions:
        if decision.kind in _RESTORE:
            _RESTORE[decision.kind](decision)
    _waiting_again([one.report_id for one in decisions if one.kind == K.REJECT and one.report_id])
    if record is not None:
        after = record.without(one.pk for one in folded)
        concerned |= placement.write(record.placement(), after.placement(), record.born)
    log.record(decisions[0].operation_id, concerned)
    return made


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
        Report.objects.filter(pk__in=some, standing=Standing.REJECTED).update(standing=Standing.WAITING)


# --- what kinds that are not folded restore --------------------------------------------------------------------------


def _event(decision: Decision) -> Event:
    return Event.objects.select_for_update().get(pk=_named(decision.event_id))


def _translate(decision: Decision) -> None:
    Translation.objects.filter(pk=decision.after["translation"]).delete()
    if decision.before.get("for_translator"):
        Report.objects.filter(pk=_named(decision.report_id)).update(for_translator=True)


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
    K.TRANSLATORS: escalation.take_back,
    K.TRUST: senders.take_back,
    K.ASK: ask.take_back,
    K.SHOW_FILE: attachments.take_back,
}
