"""The record of some events, read for history.py, and what follows from it written down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from rapport.desk.books import hold, parts, wait_again
from rapport.desk.record.history import Kind, Placement, Step, fold
from rapport.events.models import Event, EventReport
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report
from rapport.values import Publication

_KINDS: Mapping[str, Kind] = {
    DecisionKind.ACCEPT: "accept",
    DecisionKind.ATTACH: "attach",
    DecisionKind.MERGE: "merge",
    DecisionKind.SPLIT: "split",
    DecisionKind.PUBLISH: "publish",
}
_JOINING = (DecisionKind.MERGE, DecisionKind.SPLIT)


@dataclass(frozen=True, slots=True)
class Record:
    """What was decided about some events that hang together: the steps that stand, and as what each event was born."""

    events: frozenset[int]
    steps: tuple[Step, ...]
    born: Mapping[int, str]  # event → publication

    def without(self, numbers: Iterable[int]) -> Record:
        """The same record if these decisions did not stand."""
        left_out = frozenset(numbers)
        return Record(self.events, tuple(step for step in self.steps if step.number not in left_out), self.born)

    def placement(self) -> Placement:
        return fold(self.steps)


def read(event_ids: Iterable[int]) -> Record:
    """The record of these events and of all that were ever merged with or split from them. The events are held until
    the transaction ends; call inside one."""
    events = connected(event_ids)
    hold(events)
    if (more := connected(events)) != events:  # somebody joined others to them before we held them
        return read(more)
    steps: list[Step] = []
    born: dict[int, str] = {}
    for some in parts(sorted(events)):
        about = Decision.objects.filter(kind__in=_KINDS, event_id__in=some)
        for row in about.values_list("pk", "kind", "event_id", "other_event_id", "report_id", "after", "undone_by"):
            number, kind, event, other, report, after, undone = row
            if kind in (DecisionKind.ACCEPT, DecisionKind.SPLIT):  # what an event was born as stays, whatever is undone
                born[(other if kind == DecisionKind.SPLIT else event) or 0] = str(after["publication"])
            if undone is None:
                reports = after["reports"] if kind == DecisionKind.SPLIT else [report] if report else []
                said = str(after["publication"]) if kind == DecisionKind.PUBLISH else ""
                steps.append(Step(number, _KINDS[kind], event, other or 0, frozenset(reports), said))
    return Record(events, tuple(steps), born)


def connected(event_ids: Iterable[int]) -> frozenset[int]:
    """These events and all that hang together with them through merges and splits, undone ones too: a report that was
    split off after a merge stays away when the merge is undone."""
    found: set[int] = set()
    fresh = {event_id for event_id in event_ids if event_id}
    while fresh:
        found |= fresh
        near: set[int] = set()
        for some in parts(sorted(fresh)):
            joined = Decision.objects.filter(Q(event_id__in=some) | Q(other_event_id__in=some), kind__in=_JOINING)
            for pair in joined.values_list("event_id", "other_event_id"):
                near.update(event_id for event_id in pair if event_id)
        fresh = near - found
    return frozenset(found)


def write(before: Placement, after: Placement, born: Mapping[int, str]) -> set[int]:
    """Brings links, standings, merges and publications from what stood to what stands; the events concerned."""
    concerned = _move(before, after)
    for event in set(before.merged_into) | set(after.merged_into):
        target = after.merged_into.get(event)
        if target != before.merged_into.get(event):
            Event.objects.filter(pk=event).update(merged_into=target)
            concerned |= {event} | {one for one in (target, before.merged_into.get(event)) if one}
    concerned |= {
        event for event in set(before.said) | set(after.said) if before.said.get(event) != after.said.get(event)
    }
    _publish({event: first for event, first in born.items() if event in concerned}, after)
    return concerned


def _move(before: Placement, after: Placement) -> set[int]:
    """Reports go where they belong; the events that lost or got any."""
    into: dict[int | None, list[int]] = defaultdict(list)
    concerned: set[int] = set()
    for report in set(before.event_of) | set(after.event_of):
        old, new = before.event_of.get(report), after.event_of.get(report)
        if old != new:
            into[new].append(report)
            concerned |= {event for event in (old, new) if event}
    for target, reports in into.items():
        for some in parts(sorted(reports)):
            links = EventReport.objects.filter(report_id__in=some)
            if target is None:
                links.delete()
                wait_again(Report.objects.filter(pk__in=some))
            else:
                links.update(event_id=target)
    return concerned


def _publish(born: Mapping[int, str], after: Placement) -> None:
    """Writes whether readers get these events now; the first time an event is published stays."""
    now = timezone.now()
    becoming: dict[str, list[int]] = defaultdict(list)
    for event, publication in sorted(after.publications(born).items()):
        becoming[publication].append(event)
    for publication, ids in becoming.items():
        for some in parts(ids):
            rows = Event.objects.filter(pk__in=some)
            if publication == Publication.PUBLISHED:
                rows.filter(published_at__isnull=True).update(published_at=now)
            rows.update(publication=publication, updated_at=now)
