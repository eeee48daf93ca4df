"""The release log: how readers, the map's index, feeds and ETags learn that events changed."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from rapport.events.models import Event, EventReport
from rapport.sharing.models import ReleaseEntry, next_seqs
from rapport.sharing.queries import released
from rapport.values import Audience, Publication, Purpose, Reader

#: What stands by itself: no part of another event, and told by a report. What was merged, or is taken back,
#: is withdrawn for every reader; the team, who get withdrawn events too, would count it twice, or for ever.
_BY_ITSELF = Q(merged_into__isnull=True) & (
    ~Q(publication=Publication.WITHDRAWN.value) | Exists(EventReport.objects.filter(event=OuterRef("pk")))
)


def record(operation_id: int, event_ids: Iterable[int]) -> None:
    """Write into each audience's log that these events changed; call in the transaction that changed them.

    An event that the audience does not get any more is entered as retracted; one that it never got is not entered.
    """
    ids = sorted(set(event_ids))
    if not ids:
        return
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("events.log.record must share the transaction of the change")
    for audience in Audience:
        entries = _entries(operation_id, audience, ids)
        for entry, seq in zip(entries, next_seqs(operation_id, audience, len(entries)), strict=True):
            entry.seq = seq
        ReleaseEntry.objects.bulk_create(entries, batch_size=500)


def listed(events: QuerySet[Event], audience: Audience) -> QuerySet[Event]:
    """Those of the events that maps, lists, counts and feeds give to the audience, with the columns of `released`."""
    return released(events.filter(_BY_ITSELF), Reader(audience), Purpose.VIEW)


def _entries(operation_id: int, audience: Audience, ids: list[int]) -> list[ReleaseEntry]:
    now = timezone.now()
    entries = []
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        shown = set(listed(Event.objects.filter(id__in=part), audience).values_list("id", flat=True))
        had = _last_given(operation_id, audience, [event_id for event_id in part if event_id not in shown])
        entries += [
            ReleaseEntry(
                operation_id=operation_id, audience=audience, event_id=event_id, retracted=event_id in had, at=now
            )
            for event_id in part
            if event_id in shown or event_id in had
        ]
    return entries


def _last_given(operation_id: int, audience: Audience, ids: list[int]) -> set[int]:
    """Those of the events that the audience has and has not been asked to give back yet."""
    log = ReleaseEntry.objects.filter(operation_id=operation_id, audience=audience, event_id__in=ids).order_by("seq")
    last = dict(log.values_list("event_id", "retracted"))  # the later entry of an event replaces the earlier
    return {event_id for event_id, retracted in last.items() if not retracted}
