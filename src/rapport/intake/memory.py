"""What the worker remembers of recent reports, by operation: near-duplicates are found among them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

import numpy as np
import polars as pl
from django.utils import timezone

from rapport.events.matching import Candidate, NearDuplicates, Said
from rapport.intake import fresh
from rapport.intake.fresh import Fresh
from rapport.plain_sql import select
from rapport.reports.models import Report, Signature, Standing
from rapport.text import signature
from rapport.text.columns import Texts
from rapport.text.kernels.plain import made_plain

REMEMBERED = timedelta(days=14)  # how far back near-duplicates are looked for
SHOWN = 5  # near-duplicates that are put before a person
_RECALLED = 1_000  # reports read at a time when it starts


@dataclass(slots=True)
class Memory:
    """The recent reports of an operation, in this process; read from the database when it starts."""

    operation_id: int
    index: NearDuplicates = field(default_factory=NearDuplicates)
    arrived: deque[tuple[datetime, int]] = field(default_factory=deque)  # the oldest first
    lock: threading.Lock = field(default_factory=threading.Lock)  # of the two above

    def recall(self) -> None:
        recent = Signature.objects.filter(
            report__operation_id=self.operation_id,
            report__understood=True,
            report__received_at__gte=timezone.now() - REMEMBERED,
        )
        kept = recent.order_by("report__received_at", "report_id").values_list("report_id", "minhash").iterator()
        while some := dict(islice(kept, _RECALLED)):
            reports = fresh.of(list(some))
            plain = made_plain(Texts.of(pl.Series([report.text for report in reports], dtype=pl.String)))[0]
            self._add(reports, plain, [bytes(some[report.pk]) for report in reports])

    def near(
        self, reports: Sequence[Fresh], plain: Texts, minhashes: Sequence[bytes]
    ) -> Mapping[int, Sequence[Candidate]]:
        """Of each the earlier reports in nearly the same words, the likest first; remembers them all. `plain` and
        `minhashes`: of each its plain text and its signature. Needs no database."""
        ids = [report.pk for report in reports]
        with self.lock:
            self._add(reports, plain, minhashes)
            return dict(zip(ids, self.index.near_all(ids, SHOWN), strict=True))

    def add(self, reports: Sequence[Fresh], plain: Texts, minhashes: Sequence[bytes]) -> None:
        """Remembers them, and looks for none that are like them. As `near`."""
        with self.lock:
            self._add(reports, plain, minhashes)

    def still_there(self, near: Mapping[int, Sequence[Candidate]]) -> Mapping[int, Sequence[Candidate]]:
        """Without reports that were withdrawn or destroyed since, in this process or another; they are forgotten."""
        gone = _gone({candidate.id for candidates in near.values() for candidate in candidates})
        if not gone:
            return near
        self.drop(gone)
        with self.lock:
            changed = [pk for pk, candidates in near.items() if any(one.id in gone for one in candidates)]
            return {**near, **{pk: self.index.near(pk, SHOWN) for pk in changed}}

    def _add(self, reports: Sequence[Fresh], plain: Texts, minhashes: Sequence[bytes]) -> None:
        """Those that are not there yet."""
        new = [at for at, report in enumerate(reports) if report.pk not in self.index]
        if len(new) < len(reports):
            reports, minhashes = [reports[at] for at in new], [minhashes[at] for at in new]
            plain = plain.rows(np.array(new, np.int64))
        self.index.add(
            [Said(one.pk, one.lon, one.lat, one.said_at) for one in reports], plain, signature.read(minhashes)
        )
        self.arrived.extend((report.received_at, report.pk) for report in reports)

    def drop(self, ids: Collection[int]) -> None:
        """As if they had not come."""
        with self.lock:
            for pk in ids:
                self.index.remove(pk)

    def forget_before(self, at: datetime) -> None:
        """Take out what arrived before: by arrival, for an old file that is read in today is new here."""
        with self.lock:
            while self.arrived and self.arrived[0][0] < at:
                self.index.remove(self.arrived.popleft()[1])


def _gone(ids: Collection[int]) -> set[int]:
    rows = select(Report, ("id", "standing", "destroyed_at"), "id", list(ids))
    return {pk for pk, standing, destroyed in rows if standing == Standing.WITHDRAWN or destroyed is not None}


_memories: dict[int, Memory] = {}


def memory(operation_id: int) -> Memory:
    """Of an operation; read when it is asked for first."""
    if operation_id not in _memories:
        made = Memory(operation_id)
        made.recall()
        _memories[operation_id] = made
    return _memories[operation_id]


def forget_old() -> None:
    """What arrived longer ago than REMEMBERED."""
    for one in _memories.values():
        one.forget_before(timezone.now() - REMEMBERED)


def unlearn(reports: Sequence[Fresh]) -> None:
    """As if they had not been looked at: else, tried again, they would be found as earlier reports."""
    for report in reports:
        if known := _memories.get(report.operation_id):
            known.drop([report.pk])


def destroyed(operation_id: int, ids: Collection[int]) -> None:
    """As if they had not come. For whoever destroys them, in this process."""
    if known := _memories.get(operation_id):
        known.drop(ids)


def forget() -> None:
    """Drop what is remembered of every operation: the database behind it was exchanged."""
    _memories.clear()
