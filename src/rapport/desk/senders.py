"""Who sent it: trusted, unknown or blocked, and what became of what they sent before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.actions import CORROBORATING_SENDERS, words
from rapport.desk.books import allow, decide, independent_senders
from rapport.desk.queue import ranks
from rapport.errors import Conflict
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report, Sender, Standing
from rapport.values import Status, Trust

_LOOKED_AT = 200  # corroborated events of a sender that are counted through


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a sender's reports."""

    in_event: int
    rejected: int
    waiting: int

    @property
    def total(self) -> int:
        return self.in_event + self.rejected + self.waiting


def record_of(sender: Sender) -> Record:
    counted = Report.objects.filter(sender=sender).values_list("standing").annotate(n=Count("pk"))
    standings = Counter(dict(counted))
    return Record(standings[Standing.IN_EVENT], standings[Standing.REJECTED], standings[Standing.WAITING])


def set_trust(person: Person, sender: Sender, trust: Trust, reason: str) -> Decision:
    """Reports of a trusted sender are worked on sooner. Those of a blocked one are kept and offered to nobody, are not
    answered, and corroborate nothing."""
    allow(person, Permission.DESK_SENDER_TRUST, sender.operation_id)
    reason = words("reason", reason)
    with transaction.atomic():
        now = Sender.objects.select_for_update().get(pk=sender.pk)
        if now.trust == trust:
            raise Conflict(f"This sender is {trust.value} already.")
        before = now.trust
        _write(sender.pk, trust.value)
        sender.trust = trust.value
        return decide(
            person,
            sender.operation_id,
            DecisionKind.TRUST,
            sender_id=sender.pk,
            reason=reason,
            before={"trust": before},
            after={"trust": trust.value},
        )


def take_back(decision: Decision) -> None:
    """What stood before; for taking_back.py, in its transaction."""
    _write(decision.sender_id, decision.before["trust"])


def _write(pseudonym: str, trust: str) -> None:
    Sender.objects.filter(pk=pseudonym).update(trust=trust)
    waiting = Report.objects.filter(sender_id=pseudonym, standing=Standing.WAITING)
    ranks.refresh(waiting.values_list("pk", flat=True))


def blocked(operation: Operation) -> list[str]:
    """The pseudonyms of blocked senders: few, so that a long queue is counted without looking at every sender."""
    return list(Sender.objects.filter(operation=operation, trust=Trust.BLOCKED).values_list("pk", flat=True))


def rests_on_too_few(sender: Sender) -> list[Event]:
    """The sender's corroborated events that have too few independent senders now: somebody must look at them."""
    told = Event.objects.filter(links__report__sender=sender, status=Status.CORROBORATED).distinct()
    return [event for event in told[:_LOOKED_AT] if independent_senders(event.pk) < CORROBORATING_SENDERS]
