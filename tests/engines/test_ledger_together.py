"""People decide and two workers seal at the same moment: one chain without gaps, on whichever database this runs."""

from __future__ import annotations

import pytest

from rapport.accounts.models import Person
from rapport.operations.models import Operation
from rapport.oversight.ledger import checking, seal
from rapport.oversight.models import Decision, DecisionKind, LedgerEntry
from rapport.oversight.record import decide_all
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS, TOGETHER = 25, 20


def test_entries_come_from_many_and_are_sealed_by_two_without_a_gap(operation: Operation, lead: Person) -> None:
    def decide() -> None:
        for _ in range(ROUNDS):
            made = [Decision(operation=operation, person=lead, kind=DecisionKind.REJECT) for _ in range(TOGETHER)]
            decide_all(made)

    def work() -> None:
        for _ in range(ROUNDS):
            seal.seal()
            seal.checkpoint_when_due()

    assert at_once(decide, decide, work, work) == []
    seal.checkpoint()
    verdict = checking.verify()
    assert verdict.faults == []
    assert verdict.entries == verdict.decisions == 2 * ROUNDS * TOGETHER
    assert set(LedgerEntry.objects.values_list("seq", flat=True)) == set(range(1, verdict.entries + 1))
