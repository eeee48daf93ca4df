"""The record of decisions: how a line is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapport.accounts.models import Person
from rapport.oversight.models import Decision, DecisionKind


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
    return Decision.objects.create(
        person=person,
        operation_id=operation_id,
        kind=kind,
        report_id=report_id,
        event_id=event_id,
        before=dict(before),
        after=dict(after),
        **more,
    )
