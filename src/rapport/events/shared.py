"""What was shared of what somebody sent, with whom: for that person, and for who answers them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

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

_PLACING = (DecisionKind.ACCEPT, DecisionKind.ATTACH)
_JOINING = (DecisionKind.MERGE, DecisionKind.SPLIT)


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
    """What was shared of these reports beyond the team, the oldest event first; events that nobody got are left out.
    Only of the time while a report was part of an event: what it was before, and becomes after, is others' affair."""
    within = _within(report_ids)
    refs = dict(Event.objects.filter(operation=operation, pk__in=within).values_list("pk", "ref"))
    to, read = _to(operation, refs, within), _read(operation, refs, within)
    return [Shared(refs[pk], to.get(pk, []), read.get(pk, [])) for pk in sorted(refs) if pk in to or pk in read]


@dataclass(frozen=True, slots=True)
class _Time:
    """While a report was part of an event; `until` None: it still is."""

    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)

    def cut(self, since: datetime, until: datetime | None) -> tuple[datetime, datetime | None] | None:
        """What of that time lies within this one; None for nothing."""
        ends = [end for end in (self.until, until) if end is not None]
        first, last = max(self.since, since), min(ends, default=None)
        return (first, last) if last is None or first < last else None


def _within(report_ids: Collection[int]) -> dict[int, _Time]:
    """The events that these reports are part of, or were, each with since when and until when."""
    placed = Decision.objects.filter(kind__in=_PLACING, report_id__in=report_ids, event_id__isnull=False)
    linked = set(EventReport.objects.filter(report_id__in=report_ids).values_list("event_id", flat=True))
    found: dict[int, _Time] = {}
    for event_id, at, undone_at in placed.order_by("pk").values_list("event_id", "at", "undone_by__at"):
        if event_id is not None:
            since = min(at, found[event_id].since) if event_id in found else at
            found[event_id] = _Time(since, None if event_id in linked else undone_at or _left(event_id, at))
    for event_id in linked - found.keys():  # a merge or a split brought it there
        moved = Decision.objects.filter(Q(event_id=event_id) | Q(other_event_id=event_id), kind__in=_JOINING)
        came = moved.order_by("-pk").values_list("at", flat=True).first()
        if came is not None:
            found[event_id] = _Time(came, None)
    return found


def _left(event_id: int, at: datetime) -> datetime | None:
    """When a merge or a split took a report out of the event that it had come to at that moment."""
    moved = Decision.objects.filter(Q(event_id=event_id) | Q(other_event_id=event_id), kind__in=_JOINING, at__gt=at)
    return moved.order_by("pk").values_list("at", flat=True).first()


def _to(operation: Operation, refs: Mapping[int, str], within: Mapping[int, _Time]) -> dict[int, list[To]]:
    audiences = {one.name: one for one in policy_of(operation.pk).protocol.audiences}
    found: dict[int, list[To]] = {}
    for span in given.spans(operation.pk, refs):
        audience = audiences.get(span.audience)
        times = within[span.event_id].cut(span.since, span.until)
        if times and (audience is None or not audience.team):
            found.setdefault(span.event_id, []).append(To(_title(audience, span.audience), *times))
    return found


def _title(audience: Audience | None, name: str) -> str:
    """What the protocol in force calls them; the bare name of those that only an earlier one knew."""
    if audience is None:
        return name
    return "" if audience.everyone else audience.title


def _read(operation: Operation, refs: Mapping[int, str], within: Mapping[int, _Time]) -> dict[int, list[Read]]:
    rows = [row for row in given.to_named(operation.pk, refs) if within[row.item_id].holds(row.at)]
    slugs = {row.organisation for row in rows}
    names = dict(Organisation.objects.filter(slug__in=slugs).values_list("slug", "name"))
    found: dict[int, list[Read]] = {}
    for row in rows:
        found.setdefault(row.item_id, []).append(_reading(row, names.get(row.organisation, row.organisation)))
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
