"""More comes in than can be looked through. Nothing is lost, and what comes late or later is written down.

Every report is kept and on the desk at once, whatever happens here. What is late are the suggestions:
1. behind by BEHIND: of reports with the same words only the first one is read; the others get what it got.
2. behind by FAR_BEHIND: of large groups of near-duplicates one in ONE_IN is read. The others are put beside the ones
   like them, and gone over when it is calm again. Reports that came with a place, categories or answers never wait so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from rapport.intake import fresh, suggestions
from rapport.intake.fresh import Fresh
from rapport.intake.memory import Memory
from rapport.operations.gazetteer import knowledge
from rapport.operations.models import Operation
from rapport.oversight.switches import is_stopped, stopped
from rapport.reports.models import LeftOut, Overload, Signature, Suggestion
from rapport.text import chain, language, signature

#: From when on there is too much to do [ours]: nobody on the desk notices ten seconds; after a minute a person has read
#: a report whose suggestions are not there.
BEHIND = timedelta(seconds=10)
FAR_BEHIND = timedelta(seconds=60)
#: Messages that are older when they come are an archive's: nobody waits for them, and no record is kept [ours].
NEWS = timedelta(days=1)
#: A group is large from so many on; of those behind them one in ONE_IN is read as the first ones were [ours].
LARGE = 20
ONE_IN = 10
#: Functions of the register without which nothing is sampled.
_SAMPLES_BY = frozenset({"overload", "near-duplicates"})


def behind(reports: Sequence[Fresh]) -> bool:
    """Whether the first of these, the oldest, has waited too long."""
    return _waited(reports) > BEHIND and not is_stopped("overload", reports[0].operation_id)


def far_behind(reports: Sequence[Fresh]) -> bool:
    """Whether it has waited much too long, and it can be told which of them are alike."""
    return _waited(reports) > FAR_BEHIND and stopped(reports[0].operation_id).isdisjoint(_SAMPLES_BY)


def _waited(reports: Sequence[Fresh]) -> timedelta:
    return timezone.now() - reports[0].received_at if reports else timedelta()


def sampled(operation: Operation, known: Memory, reports: Sequence[Fresh]) -> Sequence[Fresh]:
    """Those that are read now. Of the others it is written down beside which ones they stand, and that they were left
    out. All of it in one transaction; what stops it leaves all reports as they were."""
    read = chain.Batch.of(pl.Series([report.text for report in reports], dtype=pl.String))
    signed = signature.signatures(read.plain)
    near = known.near(reports, read.plain, signed)
    left = [at for at, report in enumerate(reports) if not report.given and not _read_now(known, report)]
    if not left:
        return reports
    spoken = _spoken(operation, read)
    out = [reports[at] for at in left]
    with transaction.atomic():
        if not fresh.claimed(out):
            return reports
        suggestions.write(
            (one for report in out for one in suggestions.beside(report.pk, near[report.pk])), timezone.now()
        )
        Signature.objects.bulk_create(
            [Signature(report_id=reports[at].pk, minhash=signed[at]) for at in left if signed[at]],
            ignore_conflicts=True,
        )
        LeftOut.objects.bulk_create([LeftOut(report_id=report.pk) for report in out], ignore_conflicts=True)
        note(operation, Count(left_out=Counter(spoken[at] for at in left)))
    gone = {report.pk for report in out}
    return [report for report in reports if report.pk not in gone]


def _spoken(operation: Operation, read: chain.Batch) -> Sequence[str]:
    if is_stopped("language", operation.pk):
        return [""] * len(read.original)
    return language.detected(read.original, read.plain, read.positions, knowledge(operation).languages).language


def _read_now(known: Memory, report: Fresh) -> bool:
    if report.lon is not None or report.place_said:
        return True
    place = known.index.place_in_group(report.pk)
    return place <= LARGE or place % ONE_IN == 0


def left_out(limit: int) -> list[int]:
    """Ids of reports to be gone over now that it is calm, of one operation, the oldest first."""
    waiting = LeftOut.objects.order_by("report_id").values_list("report_id", "report__operation_id")
    ids = list(waiting[:limit])
    return [pk for pk, operation in ids if operation == ids[0][1]]


def taken_up(ids: Sequence[int]) -> bool:
    """They are gone over: what was suggested for lack of time is taken away, in the transaction of whoever calls. False
    if somebody else has done so."""
    gone, _ = LeftOut.objects.filter(report_id__in=ids).delete()
    if gone == len(ids):
        Suggestion.objects.filter(report_id__in=ids).delete()
        return True
    transaction.set_rollback(True)
    return False


# --- the record ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """By language: reports that were late, seconds that the longest of them waited, repeated, left out."""

    late: Mapping[str, int] = field(default_factory=dict)
    longest_s: Mapping[str, int] = field(default_factory=dict)
    repeated: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


def counted(reports: Sequence[Fresh], languages: Sequence[str], repeated: Sequence[bool]) -> Count:
    """Of reports that have just been looked through. `repeated`: whether it got what another one got."""
    now = timezone.now()
    late: Counter[str] = Counter()
    longest: dict[str, int] = {}
    copies: Counter[str] = Counter()
    for report, spoken, copy in zip(reports, languages, repeated, strict=True):
        if report.received_at - report.said_at > NEWS:
            continue
        copies[spoken] += copy
        waited = now - report.received_at
        if waited > BEHIND:
            late[spoken] += 1
            longest[spoken] = max(longest.get(spoken, 0), int(waited.total_seconds()))
    return Count(late, longest, +copies)


def note(operation: Operation, count: Count) -> None:
    """Into the record, in the transaction of whoever calls."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for spoken in sorted({*count.late, *count.repeated, *count.left_out}):
        row, _ = Overload.objects.get_or_create(operation=operation, hour=hour, language=spoken)
        Overload.objects.filter(pk=row.pk).update(
            late=F("late") + count.late.get(spoken, 0),
            longest_s=Greatest(F("longest_s"), count.longest_s.get(spoken, 0)),
            repeated=F("repeated") + count.repeated.get(spoken, 0),
            left_out=F("left_out") + count.left_out.get(spoken, 0),
        )
