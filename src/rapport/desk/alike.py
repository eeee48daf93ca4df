"""Reports that say nearly the same, and which of them one decision may cover.

Whoever decides about one of them has read that one. The decision covers the others as far as they visibly say the same;
one with another number, place, date or negation is set apart, with the difference in words, until a person ticks it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection

from rapport.desk.books import parts
from rapport.operations.gazetteer import knowledge
from rapport.operations.models import Operation
from rapport.oversight.switches import is_stopped
from rapport.plain_sql import table
from rapport.reports.models import Report, Signature, Standing, Suggestion, SuggestionKind
from rapport.text.differences import MOST as MOST_LETTERS
from rapport.text.differences import Difference, beyond, covered
from rapport.text.groups import SAME
from rapport.text.plain import plain
from rapport.values import Json

#: Others that one decision takes beside the report that was read (many.MOST in all).
_OTHERS = 499
OTHERWISE = "the wording differs, or is too long to compare"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some letters of a text; `differs` where the one that is shown says something else."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Apart:
    """A report that is not covered by what is decided about `head`, the one of its group that is shown first.
    `differs`: what `head` says, and what it says instead."""

    report: Report
    head: Report
    differs: tuple[Difference, ...]

    @property
    def said(self) -> str:
        """Like “number: 3 → 5”."""
        return "; ".join(f"{d.kind}: {d.one or 'none'} → {d.other or 'none'}" for d in self.differs) or OTHERWISE

    @property
    def pieces(self) -> list[Piece]:
        """Its text, with what differs marked."""
        return list(_pieces(self.report.text, {word for d in self.differs for word in d.other.split()}))


@dataclass(frozen=True, slots=True)
class Compared:
    """`covered`: by its reference each report that says the same as the one shown, whose reference follows."""

    covered: Mapping[str, str]
    apart: Sequence[Apart]


@dataclass(frozen=True, slots=True)
class Together:
    """The references of `others` that one decision may cover with the report that is read; `more`: there are others
    still, beyond what one decision takes."""

    others: Sequence[str]
    more: bool


def near(report: Report, suggestions: Sequence[Suggestion]) -> dict[int, Suggestion]:
    """The reports that say nearly the same, earlier and later ones, the likest first; each with the suggestion that
    says so. `suggestions`: those of the report. None while finding them is stopped."""
    if is_stopped("near-duplicates", report.operation_id):
        return {}
    found = {int(s.value["report"]): s for s in suggestions if s.kind == SuggestionKind.NEAR_DUPLICATE}
    later = Suggestion.objects.filter(named=report.pk, report__operation=report.operation_id).order_by("-score", "id")
    for suggestion in later[:_OTHERS]:
        found.setdefault(suggestion.report_id, suggestion)
    return dict(sorted(found.items(), key=lambda one: -one[1].score))


def waiting(report: Report) -> Together:
    """Whoever waits with this report and says nearly the same, the nearest first: each is like it, or like one that is,
    for of a message that hundreds pass on a report names only the few likest. The way leads over waiting ones alone, so
    that all hang together when `compare` looks what each says. One query, in plain SQL: such a chain is long, and
    whoever is asked for the first rows alone goes no further along it. None while finding them is stopped."""
    if is_stopped("near-duplicates", report.operation_id):
        return Together([], False)
    kept, said = table(Report), table(Suggestion)
    other = "CASE WHEN s.report_id = alike.id THEN s.named ELSE s.report_id END"
    sql = (
        f"WITH RECURSIVE alike(id) AS (SELECT id FROM {kept} WHERE id = %s UNION "  # noqa: S608
        f"SELECT {other} FROM alike CROSS JOIN {said} s "
        "WHERE (s.report_id = alike.id OR s.named = alike.id) AND s.score >= %s "
        f"AND (SELECT standing FROM {kept} WHERE id = {other} AND operation_id = %s) = %s) "
        f"SELECT (SELECT ref FROM {kept} WHERE id = alike.id) FROM alike LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [report.pk, SAME, report.operation_id, Standing.WAITING.value, _OTHERS + 2])
        refs = [ref for (ref,) in cursor.fetchall() if ref != report.ref]
    return Together(refs[:_OTHERS], len(refs) > _OTHERS)


def compare(operation: Operation, reports: Sequence[Report]) -> Compared:
    """Of these reports, in the order in which they are shown, those in groups that say nearly the same: the first of a
    group is the one shown, and each other is covered by it or stands apart."""
    heads, pairs = _heads(reports)
    if not heads:
        return Compared({}, ())
    names = knowledge(operation).gazetteer.by_name
    shares = _shares(heads)
    same: dict[str, str] = {}
    apart: list[Apart] = []
    for report in reports:
        if (head := heads.get(report.pk)) is None:
            continue
        like = (report.pk, head.pk) in pairs or shares.get(report.pk, 0.0) >= SAME
        if report.text == head.text or (like and covered(report.text, head.text, names)):
            same[report.ref] = head.ref
        else:
            found = beyond(report.text, head.text, names)
            apart.append(Apart(report, head, tuple(Difference(d.kind, d.other, d.one) for d in found)))
    return Compared(same, apart)


def record(covered: Mapping[str, str], ticked: Sequence[Apart], apart: Sequence[Apart]) -> dict[str, Json]:
    """What was covered and what was not, as the decision keeps it; nothing if no two said nearly the same."""
    if not (covered or ticked or apart):
        return {}
    return {"covered": dict(covered), "ticked": _differing(ticked), "apart": _differing(apart)}


def _differing(some: Sequence[Apart]) -> list[Json]:
    return [{"report": one.report.ref, "of": one.head.ref, "differs": one.said} for one in some]


def _heads(reports: Sequence[Report]) -> tuple[dict[int, Report], set[tuple[int, int]]]:
    """For each report of a group but the first, the first; and who was found to be like whom, both ways."""
    shown = {report.pk: report for report in reports}
    place = {pk: index for index, pk in enumerate(shown)}
    first = {pk: pk for pk in shown}

    def root(pk: int) -> int:
        while first[pk] != pk:
            first[pk] = pk = first[first[pk]]
        return pk

    pairs: set[tuple[int, int]] = set()
    for some in parts(list(shown)):
        found = Suggestion.objects.filter(kind=SuggestionKind.NEAR_DUPLICATE, report_id__in=some, score__gte=SAME)
        for one, other in found.values_list("report_id", "named"):
            if other is not None and other in shown:
                pairs |= {(one, other), (other, one)}
                a, b = sorted((root(one), root(other)), key=place.__getitem__)
                first[b] = a
    return {pk: shown[root(pk)] for pk in shown if root(pk) != pk}, pairs


def _shares(heads: Mapping[int, Report]) -> dict[int, float]:
    """Of each the share of its signature that its head has too: in a large group not every pair is written down."""
    wanted = sorted({*heads, *(head.pk for head in heads.values())})
    known: dict[int, bytes] = {}
    for some in parts(wanted):
        known.update((pk, bytes(row)) for pk, row in Signature.objects.filter(pk__in=some).values_list("pk", "minhash"))
    return {
        pk: float((np.frombuffer(known[pk], np.uint32) == np.frombuffer(known[head.pk], np.uint32)).mean())
        for pk, head in heads.items()
        if pk in known and head.pk in known
    }


def _pieces(text: str, words: Collection[str]) -> Iterator[Piece]:
    told = plain(text[:MOST_LETTERS])
    start = at = 0
    for word in told.text.split(" "):
        if word in words:
            here, end = told.positions[at], told.positions[at + len(word) - 1] + 1
            yield Piece(text[start:here], False)
            yield Piece(text[here:end], True)
            start = end
        at += len(word) + 1
    yield Piece(text[start:], False)
