"""What people who had read a report said it speaks of, from the record of decisions: START at `readings`.

What counts is the categories that a person chose for this one report: by accepting it, and later by changing the
categories of an event that it alone stands behind. The categories that they left out are what it does not speak of.

What says nothing of a report's words, and does not count: decisions that were undone, and reports that were withdrawn;
what a standing order did, for nobody had read; attaching a report to an event, and accepting many together, whose
categories are chosen for all of them; rejecting, for the reasons are other ones than what it speaks of (no place, told
twice, nothing to do).
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Collection, Iterator, Mapping, Sequence

import polars as pl

from rapport.desk.books import parts, standing_decisions
from rapport.errors import Refused
from rapport.events.models import EventReport
from rapport.operations.categories import lines
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.oversight.models import DecisionKind
from rapport.oversight.switches import is_stopped
from rapport.reports.models import Report, Sender, Standing, Translation
from rapport.text.chain import Batch
from rapport.text.labels import categories
from rapport.text.labels.readings import APART, Reading, first_alike
from rapport.text.language import detected

K = DecisionKind


def readings(operation: Operation) -> list[Reading]:
    """1 the categories that people chose · 2 which reports are nearly the same, of all there are · 3 which of those are
    set apart · 4 what the categories say of labels. In the order in which the reports came. Refused while learning is
    stopped here."""
    if is_stopped("training", operation.pk):
        raise Refused("stopped", f"Learning from decisions is stopped in {operation.slug}: a lead can resume it.")
    said = by_hand(operation)  # 1
    reports = list(Report.objects.filter(operation=operation).order_by("pk").values_list("pk", "ref", "text"))
    firsts = first_alike([text for _, _, text in reports]).tolist()  # 2
    read = [at for at, (pk, _, text) in enumerate(reports) if pk in said and text.strip()]
    apart = {first: _is_apart(operation, reports[first][1]) for first in {firsts[at] for at in read}}  # 3
    languages = _languages([reports[at][2] for at in read], operation.languages)
    translations = _translations([reports[at][0] for at in read])
    meant = categories.meant(dict(operation.categories.values_list("code", "hxl")))
    above = codes_above(operation)
    found = []
    for at, language in zip(read, languages, strict=True):
        pk, _, text = reports[at]
        spoken = categories.spoken(said[pk], meant, above)  # 4
        if spoken:
            further = translations.get(pk, {})
            found.append(
                Reading((text, *further.values()), (language, *further), spoken, firsts[at], apart[firsts[at]])
            )
    return found


def by_hand(operation: Operation) -> dict[int, frozenset[str]]:
    """Report → the codes of the categories that a person who had read it chose, as was last said."""
    decided = standing_decisions(operation.pk).filter(order_id=None, batch=None).order_by("pk")
    rows = decided.filter(kind=K.ACCEPT).values_list("report_id", "after__draft__categories")
    said = {pk: frozenset(codes) for pk, codes in rows if pk is not None and codes is not None}
    changed = decided.filter(kind=K.EDIT).values_list("event_id", "before__categories", "after__categories")
    edited = {event or 0: codes for event, before, codes in changed if sorted(before) != sorted(codes)}
    for event, report in _alone(list(edited)):
        said[report] = frozenset(edited[event])
    standing = Report.objects.filter(operation=operation, standing=Standing.IN_EVENT, destroyed_at=None)
    there = {pk for some in parts(sorted(said)) for pk in standing.filter(pk__in=some).values_list("pk", flat=True)}
    return {pk: codes for pk, codes in said.items() if pk in there}


def codes_above(operation: Operation) -> dict[str, tuple[str, ...]]:
    """The code of each category → itself and those of the categories above it."""
    return {line[0].code: tuple(one.code for one in line) for line in lines(operation.categories.all()).values()}


def _alone(events: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Those of the events that one report stands behind, with it."""
    held: dict[int, list[int]] = {}
    for some in parts(events):
        for event, report in EventReport.objects.filter(event_id__in=some).values_list("event_id", "report_id"):
            held.setdefault(event, []).append(report)
    return ((event, reports[0]) for event, reports in held.items() if len(reports) == 1)


def _is_apart(operation: Operation, ref: str) -> bool:
    """By a hash that nobody can foretell who lacks the key, and that stays."""
    hashed = keys.pseudonym(f"{operation.slug} set apart", "ref", ref, _any_sender)
    return int.from_bytes(urlsafe_b64decode(f"{hashed}==")[:8]) < APART * 2**64


def _any_sender() -> bool:
    return Sender.objects.exists()


def _languages(texts: Sequence[str], expected: Collection[str]) -> Sequence[str]:
    """As the worker finds them."""
    read = Batch.of(pl.Series(texts, dtype=pl.String))
    return detected(read.original, read.plain, read.positions, tuple(expected)).known()


def _translations(reports: Sequence[int]) -> Mapping[int, dict[str, str]]:
    """Report → language → the newest translation into it."""
    found: dict[int, dict[str, str]] = {}
    for some in parts(reports):
        rows = Translation.objects.filter(report_id__in=some).order_by("pk")
        for report, language, text in rows.values_list("report_id", "language", "text"):
            found.setdefault(report, {})[language] = text
    return found
