"""Items become Releases: what pages and feeds show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from rapport.events import log
from rapport.events.items import items
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.sharing import given
from rapport.sharing.active import policy_of
from rapport.sharing.items import Item
from rapport.sharing.policy import Policy
from rapport.sharing.queries import released
from rapport.sharing.release import release
from rapport.values import Purpose, Reader, Release


def releases(operation: Operation, reader: Reader, purpose: Purpose, ids: Sequence[int]) -> list[Release]:
    """The releases of these events for this reader, in the order of `ids`; what is not released is left out. What goes
    to a named reader is written down first."""
    made = released_items(operation, policy_of(operation.pk), reader, purpose, ids, timezone.now())
    return [one for _, one in made]


def released_items(
    operation: Operation, policy: Policy, reader: Reader, purpose: Purpose, ids: Sequence[int], now: datetime
) -> list[tuple[Item, Release]]:
    """The same by a protocol that was read already, each with the Item that it was made of."""
    known = items(operation, ids, policy)
    changed = log.changed(operation.pk, policy.protocol.audience_of(reader, purpose).name, purpose, ids)
    made = (
        (event_id, release(policy, known[event_id], reader, purpose, now, changed.get(event_id)))
        for event_id in ids
        if event_id in known
    )
    left = {event_id: one for event_id, one in made if one is not None}
    given.record(operation.pk, policy.protocol, reader, left)
    return [(known[event_id], one) for event_id, one in left.items()]


def by_ref(operation: Operation, reader: Reader, purpose: Purpose, ref: str) -> Release | None:
    """The release of one event by its public id. The same one query finds out that there is none and that this reader
    does not get it: how long an answer takes does not tell the two apart."""
    found = given_by_ref(operation, reader, purpose, ref)
    return next(iter(releases(operation, reader, purpose, [found])), None) if found else None


def given_by_ref(operation: Operation, reader: Reader, purpose: Purpose, ref: str) -> int | None:
    """Of that event the key, if this reader gets it."""
    policy, now = policy_of(operation.pk), timezone.now()
    events = Event.objects.filter(operation=operation, ref=ref)
    return released(events, policy, reader, purpose, now).values_list("pk", flat=True).first()
