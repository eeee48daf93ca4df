"""Reports of an import are taken back: kept, but counted nowhere.

What an automated function made of them goes with them: suggestions, and the events of a standing order, whose
acceptance is undone. What a person decided by hand is left alone, and named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.actions import words
from rapport.desk.books import allow, decide, hold, standing_decisions, told
from rapport.desk.models import Lease
from rapport.desk.queue import ranks
from rapport.desk.record.taking_back import take_back
from rapport.events.models import EventReport
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import LeftOut, Report, Signature, Standing, Suggestion
from rapport.values import Json

K = DecisionKind
#: Reports looked at together: below every database's limit of parameters in one statement.
TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Left:
    """A report that stays, and the decision by hand because of which it does."""

    report_id: int
    ref: str
    why: str


@dataclass(slots=True)
class Part:
    """What a withdrawal does, or would do, to some reports: reports = withdraw + left + gone."""

    withdraw: list[int] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    gone: int = 0  # withdrawn already
    undo: list[Decision] = field(default_factory=list)  # what standing orders decided about them, the newest first

    @property
    def events(self) -> list[int]:
        """The events that a standing order made of them."""
        return sorted({decision.event_id for decision in self.undo if decision.event_id is not None})


def begin(person: Person, operation_id: int, reason: str, what: Mapping[str, Json]) -> Decision:
    """The decision under which everything else of a withdrawal stands; `what` says which import. Call it in the
    transaction that marks the import."""
    allow(person, Permission.INTAKE_IMPORT_RUN, operation_id)
    return decide(person, operation_id, K.WITHDRAW, reason=words("reason", reason), before={}, after=what)


def look(operation_id: int, report_ids: Sequence[int]) -> Part:
    """What a withdrawal would do to these reports (TOGETHER at most); nothing is changed."""
    return _looked(operation_id, list(Report.objects.filter(pk__in=report_ids).order_by("pk")))


def withdraw(under: Decision, report_ids: Sequence[int]) -> Part:
    """Withdraw these reports (TOGETHER at most) under a decision that `begin` made, all or none of them. Those
    withdrawn already are passed over, so that it can be done again after a crash."""
    with transaction.atomic():
        # A report that comes into an event meanwhile comes by hand, and is left alone.
        hold(EventReport.objects.filter(report_id__in=report_ids).values_list("event_id", flat=True))
        reports = list(Report.objects.select_for_update().filter(pk__in=report_ids).order_by("pk"))
        part = _looked(under.operation_id, reports)
        take_back(under.person, part.undo, batch=under)  # their events are withdrawn
        Suggestion.objects.filter(report_id__in=part.withdraw).delete()
        Signature.objects.filter(report_id__in=part.withdraw).delete()
        LeftOut.objects.filter(report_id__in=part.withdraw).delete()
        Lease.objects.filter(report_id__in=part.withdraw).delete()
        # Understood, so that the worker passes them by; a second import asks for it anew.
        Report.objects.filter(pk__in=part.withdraw).update(
            standing=Standing.WITHDRAWN, understood=True, urgency_heard=0
        )
    return part


def revive(operation_id: int, report_ids: Sequence[int], import_no: int) -> None:
    """Withdrawn reports come in again with another import: they wait, and are looked at anew."""
    Report.objects.filter(pk__in=report_ids, standing=Standing.WITHDRAWN, destroyed_at=None).update(
        standing=Standing.WAITING, understood=False, import_no=import_no
    )
    ranks.wait_again(operation_id, report_ids)


def _looked(operation_id: int, reports: Sequence[Report]) -> Part:
    part = Part(gone=sum(report.standing == Standing.WITHDRAWN for report in reports))
    there = [report for report in reports if report.standing != Standing.WITHDRAWN]
    events = dict(
        EventReport.objects.filter(report_id__in=[report.pk for report in there]).values_list("report_id", "event_id")
    )
    about = _Decisions(operation_id, [report.pk for report in there], sorted(set(events.values())))
    for report in there:
        event_id = events.get(report.pk)
        by_hand = about.by_hand(report.pk, event_id)
        if by_hand is not None:
            part.left.append(Left(report.pk, report.ref, told(by_hand)))
        elif report.standing not in (Standing.WAITING, Standing.DESTROYED) and not about.by_order(report.pk):
            part.left.append(Left(report.pk, report.ref, "it is not known who decided about it"))
        else:
            part.withdraw.append(report.pk)
            part.undo += about.by_order(report.pk)
    part.undo.sort(key=lambda decision: -decision.pk)
    return part


class _Decisions:
    """The decisions that stand about some reports and the events made of them, asked for once."""

    def __init__(self, operation_id: int, reports: Sequence[int], events: Sequence[int]) -> None:
        wanted = Q(report_id__in=reports) | Q(event_id__in=events) | Q(other_event_id__in=events)
        self._by_report: dict[int, list[Decision]] = defaultdict(list)
        self._by_event: dict[int, list[Decision]] = defaultdict(list)
        for decision in standing_decisions(operation_id).filter(wanted).order_by("pk"):
            if decision.report_id is not None:
                self._by_report[decision.report_id].append(decision)
            for event_id in filter(None, {decision.event_id, decision.other_event_id}):
                self._by_event[event_id].append(decision)

    def by_hand(self, report_id: int, event_id: int | None) -> Decision | None:
        """The latest that a person made by hand about the report, or about the event made of it."""
        return max(filter(_hand, self._about(report_id, event_id)), key=lambda decision: decision.pk, default=None)

    def by_order(self, report_id: int) -> list[Decision]:
        return [decision for decision in self._by_report[report_id] if not _hand(decision)]

    def _about(self, report_id: int, event_id: int | None) -> Iterable[Decision]:
        return [*self._by_report[report_id], *(self._by_event[event_id] if event_id is not None else ())]


def _hand(decision: Decision) -> bool:
    """Neither a standing order's doing nor a withdrawal itself."""
    return decision.order_id is None and decision.kind != K.WITHDRAW
