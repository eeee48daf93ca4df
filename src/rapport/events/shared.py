"""What was shared of what somebody sent, with whom: for that person, and for who answers them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rapport.accounts.models import Organisation
from rapport.events.models import Event, EventReport
from rapport.events.why import part_words
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.sharing import given
from rapport.sharing.active import policy_of
from rapport.sharing.models import NamedRelease
from rapport.sharing.protocol.model import Audience
from rapport.values import Precision, Purpose


@dataclass(frozen=True, slots=True)
class To:
    """An audience that had the event, from `since` until `until`, or still has it."""

    title: str  # "" for everybody
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Read:
    """A named reader that was given the event: for what, how much of it, by which rules."""

    by: str  # the organisation's name, or that of a key
    at: datetime
    purpose: Purpose
    parts: tuple[str, ...]  # names as in sharing/given.py:left
    precision: Precision | None
    radius_m: int
    protocol: str
    rules: str

    @property
    def said(self) -> str:
        return part_words(self.parts)


@dataclass(frozen=True, slots=True)
class Shared:
    """One event that rests, or once rested, on a report, and who got it."""

    ref: str
    to: Sequence[To]
    read: Sequence[Read]


def of_reports(operation: Operation, report_ids: Collection[int]) -> list[Shared]:
    """What was shared of these reports beyond the team, the oldest event first; events that nobody got are left out."""
    refs = dict(Event.objects.filter(operation=operation, pk__in=_events_of(report_ids)).values_list("pk", "ref"))
    to, read = _to(operation, refs), _read(operation, refs)
    return [Shared(refs[pk], to.get(pk, []), read.get(pk, [])) for pk in sorted(refs) if pk in to or pk in read]


def _events_of(report_ids: Collection[int]) -> set[int]:
    """The events that these reports are part of, or were before somebody merged, split or undid."""
    placed = Decision.objects.filter(kind__in=(DecisionKind.ACCEPT, DecisionKind.ATTACH), report_id__in=report_ids)
    linked = EventReport.objects.filter(report_id__in=report_ids)
    once = {pk for pk in placed.values_list("event_id", flat=True) if pk}
    return once | set(linked.values_list("event_id", flat=True))


def _to(operation: Operation, refs: Mapping[int, str]) -> dict[int, list[To]]:
    audiences = {one.name: one for one in policy_of(operation.pk).protocol.audiences}
    found: dict[int, list[To]] = {}
    for span in given.spans(operation.pk, refs):
        audience = audiences.get(span.audience)
        if audience is None or not audience.team:
            found.setdefault(span.event_id, []).append(To(_title(audience, span.audience), span.since, span.until))
    return found


def _title(audience: Audience | None, name: str) -> str:
    """What the protocol in force calls them; the bare name of those that only an earlier one knew."""
    if audience is None:
        return name
    return "" if audience.everyone else audience.title


def _read(operation: Operation, refs: Mapping[int, str]) -> dict[int, list[Read]]:
    rows = given.to_named(operation.pk, refs)
    slugs = {row.organisation for row in rows}
    names = dict(Organisation.objects.filter(slug__in=slugs).values_list("slug", "name"))
    found: dict[int, list[Read]] = {}
    for row in rows:
        found.setdefault(row.event_id, []).append(_reading(row, names.get(row.organisation, row.organisation)))
    return found


def _reading(row: NamedRelease, organisation: str) -> Read:
    precision = row.left.get("precision")
    return Read(
        by=organisation or row.key,
        at=row.at,
        purpose=Purpose(row.purpose),
        parts=tuple(row.left.get("parts", ())),
        precision=Precision(precision) if precision else None,
        radius_m=row.left.get("radius_m", 0),
        protocol=row.protocol,
        rules=row.rules,
    )
