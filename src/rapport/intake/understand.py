"""A report becomes a suggestion or an event. Runs in the worker, a batch at a time.

Killed at any moment, it goes on with the reports it had not finished.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import chain

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from rapport import plugins
from rapport.desk.queue import ranks
from rapport.desk.standing_orders import orders
from rapport.errors import place_of
from rapport.events.matching import Candidate
from rapport.events.models import Event, EventReport
from rapport.intake import fresh, memory, overload, suggestions
from rapport.intake.ahead import Ahead, Read
from rapport.intake.fresh import Fresh
from rapport.intake.suggestions import Suggested
from rapport.operations.models import Operation, StandingOrder
from rapport.plain_sql import insert_tuples, select
from rapport.reports.models import LeftOut, Report, Signature
from rapport.turns import turn
from rapport.values import Spot

BATCH = 2_000  # reports worked through together at most: the more, the less each one costs
_WRITTEN = 1_000  # reports in one transaction: it holds SQLite's write lock for a thirtieth of a second [measured]

#: The same where a standing order may make events of them, which takes ten times as long.
_OBEYED = 100

log = logging.getLogger(__name__)
_ahead = Ahead()


def understand(limit: int = BATCH) -> int:
    """Work through the next reports; how many there were, 0 when nothing waits.

    A report that cannot be worked through is set aside and holds up no other. OperationalError and InterfaceError are
    the database's, not a report's: they reach the caller, and nothing of the batch is lost.
    """
    memory.forget_old()
    if ids := fresh.ids(limit):
        full = len(ids) == limit
        _hand_on(ids)
        _work_through(_ahead.reports(ids), partial(_understood, limit=limit if full else 0))
    else:
        ids = overload.left_out(limit)
        _work_through(fresh.of(ids), _gone_over)
    return len(ids)


def _hand_on(ids: Sequence[int]) -> None:
    """In a network, what answers something that another room had sent is taken up there, and is done."""
    operation_id = Report.objects.values_list("operation_id", flat=True).get(pk=ids[0])
    if Operation.objects.filter(pk=operation_id, kind="network").exists():
        for takes in plugins.inbound():
            takes(operation_id, ids)


def _work_through(reports: Sequence[Fresh], work: Callable[[Operation, Sequence[Fresh]], None]) -> None:
    """Together if it can be; else one by one, and the one that fails even alone is set aside."""
    if not reports:
        return
    try:
        work(Operation.objects.get(pk=reports[0].operation_id), reports)
    except (OperationalError, InterfaceError):
        _unlearn(reports)
        raise
    except Exception as fault:  # noqa: BLE001  whatever one report brings about, those after it must be worked through
        _unlearn(reports)
        if len(reports) == 1:
            _set_aside(reports[0], fault)
        else:
            for report in reports:
                _work_through([report], work)


def _unlearn(reports: Sequence[Fresh]) -> None:
    """As if neither they nor those behind them had been looked at: tried again, they come in the same order."""
    memory.unlearn([*reports, *_ahead.forget()])


def _understood(operation: Operation, reports: Sequence[Fresh], limit: int) -> None:
    """4 what each seems to say, and its near-duplicates · 5 where these stand · 6 standing orders, or the desk's queue.

    `limit`: how many more are looked at ahead, 0 where no more wait."""
    known = memory.memory(operation.pk)
    if limit and overload.far_behind(reports):
        reports, limit = overload.sampled(operation, known, reports), 0
    if not reports:
        return
    read = _ahead.read(operation, known, reports, limit)  # 4
    near = known.still_there(read.near)  # 5
    suggested = _suggested(operation, reports, read, near)
    together = _OBEYED if _orders(operation) else _WRITTEN  # 6
    for start in range(0, len(reports), together):
        part = slice(start, start + together)
        _settle(operation, reports[part], read.part(part), suggested[part])


def _settle(operation: Operation, reports: Sequence[Fresh], read: Read, suggested: Sequence[list[Suggested]]) -> None:
    """All of it in one transaction, or none."""
    with turn(), transaction.atomic():
        if fresh.claimed(reports):
            suggestions.write(chain.from_iterable(suggested), timezone.now())
            signed = ((report.pk, row["signature"]) for report, row in zip(reports, read.said, strict=True))
            insert_tuples(Signature, ("report_id", "minhash"), (row for row in signed if row[1]))
            ranks.hear(operation, _urgencies(reports, read))
            overload.note(operation, overload.counted(reports, [row["language"] for row in read.said], read.repeated))
            ranks.settle(operation, [report.pk for report in reports if report.given])
            _obey(operation, reports)


def _gone_over(operation: Operation, reports: Sequence[Fresh]) -> None:
    """Of reports that were left out, what each seems to say, now that it is calm."""
    known = memory.memory(operation.pk)
    read = _ahead.read(operation, known, reports, 0)
    near = known.still_there(read.near)
    suggested = _suggested(operation, reports, read, near)
    with transaction.atomic():
        if overload.taken_up([report.pk for report in reports]):
            suggestions.write(chain.from_iterable(suggested), timezone.now())
            ranks.hear(operation, _unheard(_urgencies(reports, read)))
            _obey(operation, reports)


def _urgencies(reports: Sequence[Fresh], read: Read) -> dict[int, int]:
    """Of those whose words suggest some urgency, which, by report."""
    return {report.pk: row["urgency"] for report, row in zip(reports, read.said, strict=True) if row["urgency"]}


def _unheard(urgencies: dict[int, int]) -> dict[int, int]:
    """Without reports whose urgency counts already: they were read before (desk/automated/actions.py)."""
    heard = Report.objects.filter(pk__in=list(urgencies), urgency_heard__gt=0).values_list("pk", flat=True)
    return {pk: level for pk, level in urgencies.items() if pk not in set(heard)}


def _suggested(
    operation: Operation, reports: Sequence[Fresh], read: Read, near: Mapping[int, Sequence[Candidate]]
) -> list[list[Suggested]]:
    """Of each of the reports."""
    spots = _spots({candidate.id for found in near.values() for candidate in found})
    made = []
    for report, said, words in zip(reports, read.said, read.words, strict=True):
        like = near.get(report.pk, ())
        places = () if "places" in read.off else suggestions.of_places(report, said, like, operation, spots)
        made.append([*words, *places, *suggestions.beside(report.pk, like)])
    return made


def _obey(operation: Operation, reports: Sequence[Fresh]) -> None:
    """The standing orders act on those that still wait, in the transaction of whoever calls."""
    if in_force := _orders(operation):
        whole = Report.objects.filter(pk__in=[report.pk for report in reports]).order_by("id")
        orders.apply(in_force, whole.select_related("operation", "source"))


def _orders(operation: Operation) -> list[StandingOrder]:
    signed = StandingOrder.objects.filter(operation=operation, signed_at__isnull=False, revoked_at=None)
    return list(signed.select_related("operation", "signed_by").order_by("id"))


def _spots(reports: Collection[int]) -> Mapping[int, Spot]:
    """Where the events of these reports stand, of those that have an event with a place."""
    links = dict(select(EventReport, ("report_id", "event_id"), "report_id", list(reports)))
    events = Event.objects.in_bulk(set(links.values())) if links else {}
    return {report: spot for report, event in links.items() if (spot := events[event].spot)}


def _set_aside(report: Fresh, fault: Exception) -> None:
    """The report stays on the desk, without suggestions; the log says where it failed."""
    kept = Report.objects.filter(pk=report.pk)
    log.error("report %s is set aside, without suggestions: %s", kept.get().ref, place_of(fault))
    kept.update(understood=True)
    LeftOut.objects.filter(report_id=report.pk).delete()
