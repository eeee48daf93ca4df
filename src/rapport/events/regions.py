"""What follows for events when the gazetteer says otherwise where regions are, or which communes belong to them."""

from __future__ import annotations

from collections.abc import Set

from django.db.models import Q

from rapport.events import log
from rapport.events.models import Event

_CHUNK = 500


def changed(operation_id: int, codes: Set[str]) -> list[str]:
    """Tell the readers of events in these communes and regions who get of a place its region alone. Call in the
    transaction of the change. Returns what was done, in words."""
    known, within = sorted(codes), set[int]()
    for start in range(0, len(known), _CHUNK):
        some = known[start : start + _CHUNK]
        # An event in a commune belongs to that commune's region, whatever P-code its own place has.
        here = Q(commune_pcode__in=some) | Q(commune_pcode="", pcode__in=some)
        within |= set(Event.objects.filter(here, operation_id=operation_id).values_list("pk", flat=True))
    told = log.record(operation_id, within)
    return [f"entries in release logs, because of regions that moved: {told}"] if told else []
