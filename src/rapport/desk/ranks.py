"""Where a report stands in the queue: urgency, people and rank, set when it is understood and kept right afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rapport.desk import priority
from rapport.desk.books import standing_decisions
from rapport.operations.models import Operation
from rapport.oversight.models import DecisionKind
from rapport.reports.models import Report, Standing
from rapport.values import Trust

_CHUNK = 500  # rows in one statement
#: The key by which an operation's extra field says that it counts people.
_COUNTS = "counts_people"


def settle(operation: Operation, reports: Sequence[Report]) -> None:
    """Urgency, people and rank of reports that have just come in; call in the transaction of their batch. Only what is
    certain counts: the categories that the sender named, and a number in a field that counts people."""
    urgencies, counting = _urgencies(operation), _counting(operation)
    if any(urgencies.values()) or counting:
        named = [r for r in reports if r.categories_said or r.extra]
        _put_right(operation, [r.pk for r in named], urgencies, counting)


def recount(operation: Operation) -> int:
    """Ranks of everything that waits, anew: weights, urgencies or the fields that count people have changed. How many
    changed. What a person has set stays."""
    urgencies, counting = _urgencies(operation), _counting(operation)
    waiting = Report.objects.filter(operation=operation, standing=Standing.WAITING).order_by("pk")
    return sum(
        _put_right(operation, part, urgencies, counting) for part in _parts(waiting.values_list("pk", flat=True))
    )


def changed(operation_id: int) -> list[str]:
    """The hook for a changed operation's file: says what followed."""
    moved = recount(Operation.objects.get(pk=operation_id))
    return [f"{moved} waiting reports have another place in the queue"] if moved else []


def refresh(report_ids: Iterable[int]) -> None:
    """The ranks of these reports, from what now stands in their rows; call in the transaction that changed it."""
    for part in _parts(report_ids):
        rows = list(_rows(part))
        for row in rows:
            row.rank = rank_of(row)
        Report.objects.bulk_update(rows, ["rank"], batch_size=_CHUNK)


def rank_of(report: Report) -> float:
    return priority.rank(
        report.operation.queue,
        report.received_at,
        report.urgency,
        report.people,
        trusted(report),
        report.for_verifier,
    )


def trusted(report: Report) -> bool:
    return report.sender is not None and report.sender.trust == Trust.TRUSTED


def _put_right(
    operation: Operation, ids: Sequence[int], urgencies: Mapping[str, int], counting: Collection[str]
) -> int:
    by_hand = set(
        standing_decisions(operation.pk)
        .filter(kind=DecisionKind.PRIORITISE, report_id__in=ids)
        .values_list("report_id", flat=True)
    )
    moved = []
    for row in _rows(ids):
        was = (row.urgency, row.people, row.rank)
        if row.pk not in by_hand:
            row.urgency = max((urgencies.get(code, 0) for code in row.categories_said), default=0)
        row.people = people_in(row.extra, counting)
        row.rank = rank_of(row)
        if was != (row.urgency, row.people, row.rank):
            moved.append(row)
    Report.objects.bulk_update(moved, ["urgency", "people", "rank"], batch_size=_CHUNK)
    return len(moved)


def people_in(extra: Mapping[str, Any], counting: Collection[str]) -> int | None:
    """The largest number in the fields that count people; None where none is given."""
    numbers = [value for code, value in extra.items() if code in counting]
    counts = [int(n) for n in numbers if isinstance(n, int | float) and not isinstance(n, bool) and 0 <= n < 2**31]
    return max(counts, default=None)


def _urgencies(operation: Operation) -> dict[str, int]:
    return dict(operation.categories.values_list("code", "urgency"))


def _counting(operation: Operation) -> set[str]:
    return {str(field["code"]) for field in operation.extra_fields if field.get(_COUNTS)}


def _rows(ids: Sequence[int]) -> Iterable[Report]:
    """The rows as they are now, held until the transaction ends, with what a rank is made of."""
    wanted = ("operation", "received_at", "categories_said", "extra", "urgency", "people", "for_verifier", "rank")
    rows = Report.objects.select_for_update(of=("self",)).filter(pk__in=ids).select_related("operation", "sender")
    return rows.only(*wanted, "operation__queue", "sender__trust")


def _parts(ids: Iterable[int]) -> Iterator[list[int]]:
    everything = list(ids)
    return (everything[start : start + _CHUNK] for start in range(0, len(everything), _CHUNK))
