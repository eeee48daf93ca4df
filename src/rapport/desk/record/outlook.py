"""Which decisions can be taken back together, and what stands in the way of the others.

Of decisions that are not folded (history.py) those go first that rest on the one in question. A corroborated event
keeps its independent senders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.actions import CORROBORATING_SENDERS, JUDGED, JUDGED_STAYS, LOOSER
from rapport.desk.books import allow, parts, quoted, senders_among, standing_decisions, told
from rapport.desk.record import placement
from rapport.desk.record.history import Placement, fold
from rapport.desk.record.placement import Record
from rapport.errors import Conflict, NotAllowed
from rapport.events.models import Event
from rapport.oversight.models import OF_MANAGING, Decision, DecisionKind
from rapport.sharing.handling import NOTHING_SAID, Handling
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
    K.NAME_PLACE: Permission.DESK_EVENT_EDIT,
    K.NO_PLACE: Permission.DESK_EVENT_EDIT,
    K.BULK: Permission.DESK_REPORT_READ,  # each part asks for what it needs
}
#: Of these, each carries the next of its kind about the same thing.
_CHAINED_BY_EVENT = frozenset({K.EDIT, K.PUBLISH, K.VERIFY, K.RESPOND})
_CHAINED_BY_REPORT = frozenset({K.PRIORITISE, K.ESCALATE})
#: Of these, an undo changes what an event says or which reports it holds.
_CHANGES_EVENT = frozenset({K.ATTACH, K.EDIT, K.MERGE, K.SPLIT})
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


def outlook(person: Person, decisions: Iterable[Decision]) -> Outlook:
    """Which of these can be taken back together, and what stands in the way of the others. Changes nothing."""
    with transaction.atomic():
        return _outlook(person, sorted(decisions, key=lambda decision: -decision.pk))


def _outlook(person: Person, chosen: Sequence[Decision]) -> Outlook:
    undone = undone_among(chosen)
    judged = judged_now(chosen)
    later = _Later(chosen)
    can: dict[int, Decision] = {}
    left: list[Left] = []
    for decision in chosen:
        why = (
            undone.get(decision.pk) or _may_not(person, decision, judged) or _first_that(later.blocking(decision, can))
        )
        if why:
            left.append(Left(decision, why))
        else:
            can[decision.pk] = decision
    for decision, why in _too_few_senders(can):
        left.append(Left(decision, why))
    return Outlook([decision for decision in chosen if decision.pk in can], left)


def undone_among(decisions: Sequence[Decision]) -> dict[int, str]:
    """Those of them that somebody has undone already: who and when, in a sentence."""
    found: dict[int, str] = {}
    for some in parts([decision.pk for decision in decisions]):
        for earlier in Decision.objects.filter(undoes__in=some).select_related("person"):
            found[earlier.undoes_id or 0] = f"This was undone already: {told(earlier)}."
    return found


def _may_not(person: Person, decision: Decision, judged: Container[int]) -> str:
    try:
        allow_undo(person, decision, judged)
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
        return f", {quoted(event)}"
    return f", {quoted(other)} {'into' if decision.kind == K.MERGE else 'off'} {quoted(event)}"


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


# --- who may -----------------------------------------------------------------------------------------------------


def judged_now(decisions: Iterable[Decision]) -> frozenset[int]:
    """Of the events that these decisions are about, those that a verifier has judged, in few queries."""
    about = {pk for one in decisions if one.kind in _CHANGES_EVENT for pk in (one.event_id, one.other_event_id) if pk}
    judged: set[int] = set()
    for some in parts(sorted(about)):
        judged.update(Event.objects.filter(pk__in=some, status__in=JUDGED).values_list("pk", flat=True))
    return frozenset(judged)


def allow_undo(person: Person, decision: Decision, judged: Container[int]) -> None:
    """One may take back what one may decide; another person's decision only with the right to undo, and about what a
    verifier has judged (`judged_now`) only a verifier."""
    if decision.kind == K.UNDO:
        raise Conflict("An undo is not undone: decide anew.")
    if decision.kind == K.REVOKE:
        raise Conflict("A revocation is not undone: sign the order anew.")
    if decision.kind == K.WITHDRAW:
        raise Conflict("A rollback is not undone: import the file again, and its reports are back.")
    if decision.kind in OF_MANAGING:
        raise Conflict(
            "This is not undone here: change it again where it was changed, under People, Ways in, Model or Automated."
        )
    if decision.kind not in _PERMISSIONS:
        raise Conflict("This kind of decision is not undone here.")
    allow(person, _PERMISSIONS[decision.kind], decision.operation_id)
    if _judges(decision):
        allow(person, Permission.DESK_EVENT_VERIFY, decision.operation_id)
    if _changes(decision, judged) and not person.may(Permission.DESK_EVENT_VERIFY, decision.operation_id):
        raise NotAllowed(JUDGED_STAYS)
    if _loosens(person, decision) and not person.may(Permission.DESK_EVENT_VERIFY, decision.operation_id):
        raise NotAllowed(LOOSER)
    if decision.person_id != person.pk:
        allow(person, Permission.DESK_DECISION_UNDO, decision.operation_id)


def _loosens(person: Person, decision: Decision) -> bool:
    """Whether an undo takes away what somebody else said for keeping an event back."""
    if decision.kind == K.EDIT:
        was, said = (Handling.from_json(one.get("handling", {})) for one in (decision.before, decision.after))
        return decision.person_id != person.pk and was.looser_than(said)
    if decision.kind == K.ACCEPT:
        event = Event.objects.get(pk=decision.event_id or 0)
        own = Handling.from_json(decision.after["draft"].get("handling", {}))
        mine = own if decision.person_id == person.pk else NOTHING_SAID
        return mine.looser_than(event.handling)
    return False


def _changes(decision: Decision, judged: Container[int]) -> bool:
    """Whether an undo changes what a verifier has judged. Who withdrew it by mistake takes that back: it says the same
    and holds the same as before."""
    return decision.kind in _CHANGES_EVENT and (decision.event_id in judged or decision.other_event_id in judged)


def _judges(decision: Decision) -> bool:
    """Whether a verifier's word comes or goes with it."""
    statuses = decision.before.get("statuses", [])
    if decision.kind == K.VERIFY:
        statuses = [decision.before["status"], decision.after["status"]]
    return bool({Status(status) for status in statuses} & JUDGED)
