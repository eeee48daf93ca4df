"""Where a waiting report goes before anybody decides it: sooner, to a verifier, to the translators. Each is a decision
that can be taken back."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import ranks
from rapport.desk.books import allow, decide, who_was_first, works_on
from rapport.desk.models import Lease
from rapport.desk.priority import MOST_URGENT
from rapport.errors import Conflict, Refused
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report, Standing

REASON_LENGTH = 2_000


def prioritise(person: Person, report: Report, urgency: int, reason: str = "") -> Decision:
    """How urgent the report is, 0 to 3; the category's own urgency does not change it any more."""
    if not 0 <= urgency <= MOST_URGENT:
        raise Refused("urgency", f"Urgency goes from 0 to {MOST_URGENT}.", field="urgency")
    return _change(person, report, DecisionKind.PRIORITISE, "urgency", urgency, _words(reason, needed=False))


def escalate(person: Person, report: Report, reason: str) -> Decision:
    """Passes the report to the verifiers: from now on only they are given it, and they first."""
    return _change(person, report, DecisionKind.ESCALATE, "for_verifier", True, _words(reason, needed=True))


def to_translators(person: Person, report: Report, reason: str = "") -> Decision:
    """Passes the report to the translators; it comes back to everybody with its translation."""
    return _change(person, report, DecisionKind.TRANSLATORS, "for_translator", True, _words(reason, needed=False))


def take_back(decision: Decision) -> None:
    """What stood before one of these decisions; for undo.py, in its transaction."""
    if decision.report_id is not None:
        Report.objects.filter(pk=decision.report_id).update(**decision.before)
        ranks.refresh([decision.report_id])


_SAID = {"urgency": "has this urgency", "for_verifier": "waits for a verifier", "for_translator": "is translated"}


def _change(person: Person, report: Report, kind: DecisionKind, field: str, value: int | bool, reason: str) -> Decision:
    allow(person, Permission.DESK_REPORT_TRIAGE, report.operation_id)
    with transaction.atomic():
        now = _waiting(person, report)
        before = getattr(now, field)
        if before == value:
            raise Conflict(f"This report {_SAID[field]} already.")
        Report.objects.filter(pk=report.pk).update(**{field: value})
        setattr(report, field, value)
        ranks.refresh([report.pk])
        if field != "urgency":  # somebody else works on it now
            Lease.objects.filter(report_id=report.pk).delete()
        return decide(
            person,
            report.operation_id,
            kind,
            report_id=report.pk,
            reason=reason,
            before={field: before},
            after={field: value},
        )


def _waiting(person: Person, report: Report) -> Report:
    """The report's row, held until the transaction ends; Conflict if it has left the queue or somebody else has it."""
    row = Report.objects.select_for_update().filter(pk=report.pk, standing=Standing.WAITING).first()
    if row is None:
        raise Conflict(who_was_first(report))
    held = Lease.objects.filter(report_id=row.pk, until__gt=timezone.now()).select_related("person").first()
    if held is not None and held.person_id != person.pk:
        raise Conflict(works_on(held))
    return row


def _words(reason: str, *, needed: bool) -> str:
    reason = reason.strip()
    if (needed and not reason) or "\0" in reason or len(reason) > REASON_LENGTH:
        raise Refused("reason", f"Write the reason, 1 to {REASON_LENGTH} characters.", field="reason")
    return reason
