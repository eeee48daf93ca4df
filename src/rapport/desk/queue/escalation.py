"""Where a waiting report goes before anybody decides it: sooner, to a verifier, to the translators. Each is a decision
that can be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.actions import words
from rapport.desk.books import allow, check_held_by_nobody_else, decide, standing_decisions, who_was_first
from rapport.desk.models import Lease
from rapport.desk.queue import ranks
from rapport.desk.queue.priority import MOST_URGENT
from rapport.errors import Conflict, Refused
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report, Standing


def prioritise(person: Person, report: Report, urgency: int | None, reason: str = "") -> Decision:
    """How urgent the report is, 0 to 3; the category's own urgency does not change it any more."""
    urgency = step(urgency)
    return _change(person, report, DecisionKind.PRIORITISE, "urgency", urgency, words("reason", reason, needed=False))


def step(urgency: int | None) -> int:
    """Refused unless it is one of the steps of urgency."""
    if urgency is None or not 0 <= urgency <= MOST_URGENT:
        raise Refused("urgency", f"Urgency goes from 0 to {MOST_URGENT}.", field="urgency")
    return urgency


def escalate(person: Person, report: Report, reason: str) -> Decision:
    """Passes the report to the verifiers: from now on only they are given it, and they first."""
    return _change(person, report, DecisionKind.ESCALATE, "for_verifier", True, words("reason", reason))


def to_translators(person: Person, report: Report, reason: str = "") -> Decision:
    """Passes the report to the translators; it comes back to everybody with its translation."""
    return _change(
        person, report, DecisionKind.TRANSLATORS, "for_translator", True, words("reason", reason, needed=False)
    )


def take_back(decision: Decision) -> None:
    """What stood before one of these decisions; for taking_back.py, in its transaction."""
    if decision.report_id is not None:
        Report.objects.filter(pk=decision.report_id).update(**decision.before)
        ranks.refresh([decision.report_id])


def translators_again(operation_id: int, report_id: int) -> None:
    """The same where a report was passed to the translators, or translated: the latest of these that still stands says
    whether it waits for them, in whatever order they are taken back."""
    kinds = (DecisionKind.TRANSLATORS, DecisionKind.TRANSLATE)
    last = standing_decisions(operation_id).filter(report_id=report_id, kind__in=kinds).order_by("pk").last()
    waits = last is not None and last.kind == DecisionKind.TRANSLATORS
    Report.objects.filter(pk=report_id).update(for_translator=waits)


_SAID = {"urgency": "has this urgency", "for_verifier": "waits for a verifier", "for_translator": "is translated"}


def _change(person: Person, report: Report, kind: DecisionKind, field: str, value: int | bool, reason: str) -> Decision:
    allow(person, Permission.DESK_REPORT_TRIAGE, report.operation_id)
    with transaction.atomic():
        now = _waiting(person, report)
        before = getattr(now, field)
        if before == value and not (field == "urgency" and unanswered(report.operation_id, [now])):
            raise Conflict(f"This report {_SAID[field]} already.")
        Report.objects.filter(pk=report.pk).update(**{field: value})
        setattr(report, field, value)
        if field != "urgency":  # somebody else works on it now
            Lease.objects.filter(report_id=report.pk).delete()
        made = decide(
            person,
            report.operation_id,
            kind,
            report_id=report.pk,
            reason=reason,
            before={field: before},
            after={field: value},
        )
        ranks.refresh([report.pk])  # with the decision: what a person has set counts otherwise
        return made


def unanswered(operation_id: int, reports: Sequence[Report]) -> set[int]:
    """Of these the reports whose words suggest some urgency, and nobody has said whether they are right: saying the
    urgency that they have is a decision too."""
    heard = {report.pk for report in reports if report.urgency_heard}
    return heard - ranks.set_by_hand(operation_id, heard) if heard else heard


def _waiting(person: Person, report: Report) -> Report:
    """The report's row, held until the transaction ends; Conflict if it has left the queue or somebody else has it."""
    row = Report.objects.select_for_update().filter(pk=report.pk, standing=Standing.WAITING).first()
    if row is None:
        raise Conflict(who_was_first(report))
    check_held_by_nobody_else(report, person)
    return row
