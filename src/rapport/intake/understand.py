"""A report becomes a suggestion or an event. Runs in the worker, a batch at a time.

Killed at any moment, it goes on with the reports it had not finished.
"""

from __future__ import annotations

import logging
import traceback
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max
from django.utils import timezone

from rapport.desk import orders, ranks
from rapport.events.matching import Candidate, NearDuplicates
from rapport.events.models import EventReport
from rapport.operations.gazetteer import knowledge, match_place_name
from rapport.operations.models import Operation, StandingOrder
from rapport.reports.models import Report, Signature, Standing, Suggestion, SuggestionKind
from rapport.text import chain
from rapport.values import DEFAULT_RADIUS_M, Json, Precision, Spot, place_problem

BATCH = 100  # reports in one transaction: it holds SQLite's write lock for about a hundredth of a second
REMEMBERED = timedelta(days=14)  # how far back near-duplicates are looked for
SHOWN = 5  # candidates of one kind that are put before a person
FUNCTION = "understand 1"  # name and version of what makes the suggestions of this module

log = logging.getLogger(__name__)

Row = dict[str, Any]


def understand(limit: int = BATCH) -> int:
    """Work through the next reports; how many there were, 0 when nothing waits.

    A report that cannot be worked through is set aside and holds up no other. OperationalError and InterfaceError are
    the database's, not a report's: they reach the caller, and nothing of the batch is lost.
    """
    _forget_old()
    reports = _next(limit)
    _work_through(reports)
    return len(reports)


def _work_through(reports: Sequence[Report]) -> None:
    """Together if it can be; else one by one, and the one that fails even alone is set aside."""
    if not reports:
        return
    try:
        _understood(reports[0].operation, reports)
    except (OperationalError, InterfaceError):
        _unlearn(reports)
        raise
    except Exception as fault:  # noqa: BLE001  whatever one report brings about, those after it must be worked through
        _unlearn(reports)
        if len(reports) == 1:
            _set_aside(reports[0], fault)
        else:
            for report in reports:
                _work_through([report])


def _understood(operation: Operation, reports: Sequence[Report]) -> None:
    """4 what each seems to say · 5 near-duplicates, and where they stand · 6 standing orders, or the desk's queue."""
    # 4
    said = _analysed(operation, reports)
    # 5
    memory = _memory(operation)
    near = memory.still_there({report.pk: memory.near(report, said[report.pk]["signature"]) for report in reports})
    spots = _spots({candidate.id for found in near.values() for candidate in found})
    suggestions = [
        one for report in reports for one in _suggestions(operation, report, said[report.pk], near[report.pk], spots)
    ]
    # 6
    with transaction.atomic():
        if _claimed(reports):
            _write(said, suggestions)
            ranks.settle(operation, reports)
            orders.apply(_orders(operation), reports)


def _set_aside(report: Report, fault: Exception) -> None:
    """The report stays on the desk, without suggestions. The log says where it failed, without the fault's own words:
    they may quote the report."""
    where = "".join(traceback.format_tb(fault.__traceback__))
    log.error("report %s is set aside, without suggestions: %s at\n%s", report.ref, type(fault).__name__, where)
    Report.objects.filter(pk=report.pk).update(understood=True)


def waiting() -> int:
    """How many reports are not understood yet."""
    return Report.objects.filter(understood=False).count()


def newest() -> int:
    """The id of the newest report, by which one can tell how fast they come in."""
    return Report.objects.aggregate(newest=Max("id"))["newest"] or 0


def _next(limit: int) -> list[Report]:
    """The oldest reports that are not understood, all of one operation."""
    queue = Report.objects.filter(understood=False).order_by("id")
    first = queue.first()
    if first is None:
        return []
    return list(queue.filter(operation_id=first.operation_id).select_related("operation", "source")[:limit])


def _analysed(operation: Operation, reports: Sequence[Report]) -> dict[int, Row]:
    batch = pl.DataFrame(
        {"id": [report.pk for report in reports], "text": [report.text for report in reports]},
        schema={"id": pl.Int64, "text": pl.String},
    )
    return {row["id"]: row for row in chain.analyse(batch, knowledge(operation)).iter_rows(named=True)}


def _orders(operation: Operation) -> list[StandingOrder]:
    signed = StandingOrder.objects.filter(operation=operation, signed_at__isnull=False, revoked_at=None)
    return list(signed.select_related("operation", "signed_by").order_by("id"))


def _claimed(reports: Sequence[Report]) -> bool:
    """Whether these reports are this worker's: a second worker that took the same ones finds them done, and leaves."""
    ids = [report.pk for report in reports]
    mine = Report.objects.filter(pk__in=ids, understood=False).update(understood=True)
    if mine != len(ids):
        transaction.set_rollback(True)
    return mine == len(ids)


def _write(said: Mapping[int, Row], suggestions: Sequence[Suggestion]) -> None:
    Suggestion.objects.bulk_create(suggestions, batch_size=200)
    signatures = [Signature(report_id=pk, minhash=row["signature"]) for pk, row in said.items() if row["signature"]]
    Signature.objects.bulk_create(signatures, ignore_conflicts=True, batch_size=200)


# --- what is suggested ---------------------------------------------------------------------------------------------


def _suggestions(
    operation: Operation, report: Report, said: Row, near: Sequence[Candidate], spots: Mapping[int, Spot]
) -> Iterator[Suggestion]:
    if said["language"]:
        yield _suggestion(
            report, SuggestionKind.LANGUAGE, {"code": said["language"]}, 1.0, ["by its words"], chain.FUNCTION
        )
    places = [*_given_places(operation, report), *_named_places(said), *_places_of(near, spots)]
    for spot, score, reason, function in places[:SHOWN]:
        yield _suggestion(report, SuggestionKind.PLACE, _place_value(spot), score, [reason], function)
    for candidate in near[:SHOWN]:
        yield _suggestion(
            report,
            SuggestionKind.NEAR_DUPLICATE,
            {"report": candidate.id},
            candidate.score,
            list(candidate.reasons),
            FUNCTION,
        )


def _suggestion(
    report: Report, kind: SuggestionKind, value: dict[str, Json], score: float, reasons: list[str], function: str
) -> Suggestion:
    return Suggestion(report=report, kind=kind, value=value, score=round(score, 3), reasons=reasons, function=function)


def _place_value(spot: Spot) -> dict[str, Json]:
    return {
        "lon": spot.lon,
        "lat": spot.lat,
        "precision": spot.precision.value,
        "radius_m": spot.radius_m,
        "name": spot.name,
        "pcode": spot.pcode,
    }


Place = tuple[Spot, float, str, str]  # where, score, reason, the function that says so


def _given_places(operation: Operation, report: Report) -> Iterator[Place]:
    """The place that came beside the text: coordinates, and the name in the field for it."""
    if report.lon is not None and report.lat is not None:
        problem = place_problem(report.lon, report.lat, operation.box)
        if not problem:
            yield _point(report.lon, report.lat, report.place_said), 0.9, "coordinates that came with it", FUNCTION
        elif problem == "swapped":
            swapped = _point(report.lat, report.lon, report.place_said)
            yield swapped, 0.6, "coordinates that came with it, exchanged: as given they lie outside", FUNCTION
    if report.place_said:
        spot = match_place_name(operation, report.place_said)
        if spot is not None:
            yield spot, 0.7, f"the place was given as “{report.place_said}”", FUNCTION


def _point(lon: float, lat: float, name: str) -> Spot:
    return Spot(lon, lat, Precision.LOCALITY, DEFAULT_RADIUS_M[Precision.LOCALITY], name)


def _named_places(said: Row) -> Iterator[Place]:
    for found in said["places"]:
        precision = Precision(found["precision"])
        spot = Spot(found["lon"], found["lat"], precision, found["radius_m"], found["name"], found["pcode"])
        yield spot, found["score"], f"“{found['text']}”: {found['reason']}", chain.FUNCTION


def _places_of(near: Sequence[Candidate], spots: Mapping[int, Spot]) -> Iterator[Place]:
    """Where a report in nearly the same words has been placed by somebody before."""
    for candidate in near:
        if spot := spots.get(candidate.id):
            yield spot, candidate.score * 0.8, "a report in nearly the same words is placed there", FUNCTION


def _spots(reports: Collection[int]) -> dict[int, Spot]:
    """Where the events of these reports stand, of those that have an event with a place."""
    if not reports:
        return {}
    links = EventReport.objects.filter(report_id__in=reports).select_related("event")
    return {link.report_id: spot for link in links if (spot := link.event.spot)}


# --- near-duplicates -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Memory:
    """The signatures of an operation's recent reports, in this process; read from the database when it starts."""

    operation_id: int
    index: NearDuplicates = field(default_factory=NearDuplicates)
    arrived: deque[tuple[datetime, int]] = field(default_factory=deque)  # the oldest first

    def recall(self) -> None:
        recent = Signature.objects.filter(
            report__operation_id=self.operation_id,
            report__understood=True,
            report__received_at__gte=timezone.now() - REMEMBERED,
        ).select_related("report")
        for one in (
            recent.only("minhash", "report__lon", "report__lat", "report__sent_at", "report__received_at")
            .order_by("report__received_at")
            .iterator()
        ):
            self._add(one.report, bytes(one.minhash))

    def near(self, report: Report, minhash: bytes) -> list[Candidate]:
        """Earlier reports in nearly the same words, the likest first; remembers this one."""
        if not minhash:
            return []
        at = report.sent_at or report.received_at
        found = self.index.near(minhash, report.lon, report.lat, at, without=report.pk)
        self._add(report, minhash)
        return found

    def still_there(self, near: Mapping[int, list[Candidate]]) -> dict[int, list[Candidate]]:
        """Without reports that a rollback has withdrawn since, in this process or another; they are forgotten."""
        found = {candidate.id for candidates in near.values() for candidate in candidates}
        gone = set(Report.objects.filter(pk__in=found, standing=Standing.WITHDRAWN).values_list("pk", flat=True))
        for pk in gone:
            self.index.remove(pk)
        return {pk: [one for one in candidates if one.id not in gone] for pk, candidates in near.items()}

    def _add(self, report: Report, minhash: bytes) -> None:
        at = report.sent_at or report.received_at
        self.index.add(report.pk, minhash, report.lon, report.lat, at)
        self.arrived.append((report.received_at, report.pk))

    def forget_before(self, at: datetime) -> None:
        """Take out what arrived before: by arrival, for an old file that is read in today is new here."""
        while self.arrived and self.arrived[0][0] < at:
            self.index.remove(self.arrived.popleft()[1])


_memories: dict[int, _Memory] = {}


def _memory(operation: Operation) -> _Memory:
    if operation.pk not in _memories:
        memory = _Memory(operation.pk)
        memory.recall()
        _memories[operation.pk] = memory
    return _memories[operation.pk]


def _forget_old() -> None:
    for memory in _memories.values():
        memory.forget_before(timezone.now() - REMEMBERED)


def _unlearn(reports: Sequence[Report]) -> None:
    """As if they had not been looked at: else, tried again, they would be found as earlier reports."""
    if memory := _memories.get(reports[0].operation_id):
        for report in reports:
            memory.index.remove(report.pk)


def forget() -> None:
    """Drop what is remembered of every operation: the database behind it was exchanged."""
    _memories.clear()
