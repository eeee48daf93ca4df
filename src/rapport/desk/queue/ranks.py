"""Where a report stands in the queue: urgency, people and rank, set when it is understood and kept right afterwards."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from rapport.desk.books import parts, standing_decisions
from rapport.desk.queue import priority
from rapport.operations.models import Operation
from rapport.oversight.models import DecisionKind
from rapport.plain_sql import table
from rapport.reports.models import Report, Standing
from rapport.values import Trust

#: The key by which an operation's extra field says that it counts people.
_COUNTS = "counts_people"
#: Ranks nearer than this are the same (hours): sums in another order differ in the last digits.
_SAME = 1e-6


def hear(operation: Operation, levels: Mapping[int, int]) -> None:
    """The urgency, 1 to 3, that the words of these reports suggest, which had none before; call in the transaction that
    writes the suggestions, before `settle`. In plain SQL, as it is done for every message that comes in. Where a person
    was faster and has set the urgency, theirs alone counts."""
    if not levels:
        return
    by_hand = set_by_hand(operation.pk, levels)
    ahead = [priority.points(operation.queue, heard=level) for level in range(priority.MOST_URGENT + 1)]
    sql = f"UPDATE {table(Report)} SET urgency_heard = %s, rank = rank + %s WHERE id = %s"  # noqa: S608
    rows = [(level, 0.0 if pk in by_hand else ahead[level], pk) for pk, level in levels.items()]
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def settle(operation: Operation, report_ids: Sequence[int]) -> None:
    """Urgency, people and rank of reports that have just come in and name categories or answer the operation's own
    fields; call in the transaction of their batch. Of these is certain what the sender named and answered; what the
    words suggest (`hear`) counts beside it."""
    urgencies, counting = _urgencies(operation), _counting(operation)
    if report_ids and (any(urgencies.values()) or counting):
        _put_right(operation.pk, report_ids, urgencies, counting)


def recount(operation: Operation) -> int:
    """Ranks of everything that waits, anew: weights, urgencies or the fields that count people have changed. How many
    changed. What a person has set stays."""
    urgencies, counting = _urgencies(operation), _counting(operation)
    waiting = Report.objects.filter(operation=operation, standing=Standing.WAITING).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True))
    return sum(_put_right(operation.pk, part, urgencies, counting) for part in parts(ids))


def wait_again(operation_id: int, report_ids: Collection[int]) -> None:
    """Reports that come back to the queue have the place that is theirs by now: while they were out of it, nothing that
    changed was counted for them. Call in the transaction that brings them back."""
    if not report_ids:  # an undo of an edit brings none back
        return
    operation = Operation.objects.get(pk=operation_id)
    urgencies, counting = _urgencies(operation), _counting(operation)
    for part in parts(sorted(report_ids)):
        _put_right(operation_id, part, urgencies, counting)


def changed(operation_id: int) -> list[str]:
    """The hook for a changed operation's file: says what followed."""
    moved = recount(Operation.objects.get(pk=operation_id))
    return [f"{moved} waiting reports have another place in the queue"] if moved else []


def refresh(report_ids: Iterable[int]) -> None:
    """The ranks of these reports, from what now stands in their rows; call in the transaction that changed it."""
    for part in parts(sorted(report_ids)):
        rows = list(_rows(part))
        by_hand = {pk for one in {row.operation_id for row in rows} for pk in set_by_hand(one, part)}
        for row in rows:
            row.rank = _rank_of(row, row.pk in by_hand)
        Report.objects.bulk_update(rows, ["rank"])


def _rank_of(report: Report, by_hand: bool) -> float:
    return priority.rank(
        report.operation.queue,
        report.received_at,
        report.urgency,
        report.people,
        trusted(report),
        report.for_verifier,
        0 if by_hand else report.urgency_heard,
    )


def set_by_hand(operation_id: int, report_ids: Iterable[int]) -> set[int]:
    """Of these the reports whose urgency a person has set, and nobody has taken that back."""
    decisions = standing_decisions(operation_id).filter(kind=DecisionKind.PRIORITISE, report_id__in=list(report_ids))
    return {pk for pk in decisions.values_list("report_id", flat=True) if pk is not None}


def trusted(report: Report) -> bool:
    return report.sender is not None and report.sender.trust == Trust.TRUSTED


def _put_right(operation_id: int, ids: Sequence[int], urgencies: Mapping[str, int], counting: Collection[str]) -> int:
    by_hand = set_by_hand(operation_id, ids)
    moved = []
    for row in _rows(ids):
        was = (row.urgency, row.people)
        if row.pk not in by_hand:
            row.urgency = max((urgencies.get(code, 0) for code in row.categories_said), default=0)
        row.people = people_in(row.extra, counting)
        rank = _rank_of(row, row.pk in by_hand)
        if was != (row.urgency, row.people) or not math.isclose(rank, row.rank, rel_tol=0, abs_tol=_SAME):
            row.rank = rank
            moved.append(row)
    Report.objects.bulk_update(moved, ["urgency", "people", "rank"])
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
    wanted = (
        "operation", "received_at", "categories_said", "extra", "urgency", "urgency_heard", "people", "for_verifier",
        "rank",
    )  # fmt: skip
    rows = Report.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    return rows.select_related("operation", "sender").only(*wanted, "operation__queue", "sender__trust")
