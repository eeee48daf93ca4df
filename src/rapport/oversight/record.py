"""The record of decisions: how a line is written, with its entry in the ledger. Nothing else writes decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from rapport.accounts.models import Person
from rapport.errors import Conflict
from rapport.oversight.ledger import entries
from rapport.oversight.models import Decision, DecisionKind, EntryKind, LedgerEntry

_CHUNK = 500  # rows written in one statement


def decide(
    person: Person,
    operation_id: int,
    kind: DecisionKind,
    *,
    report_id: int | None = None,
    event_id: int | None = None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    **more: Any,
) -> Decision:
    """The line in the record; `more` holds reason, evidence, suggestion_id, order_id, other_event_id, batch,
    undoes."""
    made = Decision(
        person=person,
        operation_id=operation_id,
        kind=kind,
        report_id=report_id,
        event_id=event_id,
        before=dict(before),
        after=dict(after),
        **more,
    )
    decide_all([made])
    return made


@transaction.atomic(savepoint=False)
def decide_all(decisions: Sequence[Decision]) -> None:
    """Many lines at once, made by the caller and not written yet; they have their ids afterwards."""
    Decision.objects.bulk_create(decisions, batch_size=_CHUNK)
    entries.decided(decisions)


@transaction.atomic(savepoint=False)
def restate(decision: Decision, after: Mapping[str, Any]) -> None:
    """Say otherwise what a decision did, in the transaction that wrote it and before anybody has read it. Conflict if
    it is sealed."""
    said = entries.body_of(decision)
    decision.after = dict(after)
    decision.save(update_fields=["after"])
    unsealed = LedgerEntry.objects.filter(seq=None, kind=EntryKind.DECISION, body=said)
    if unsealed.update(body=entries.body_of(decision)) != 1:
        raise Conflict("This decision stands in the ledger already and is not changed any more.")
