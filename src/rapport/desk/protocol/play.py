"""What a protocol would change: whom it gives how many events, and for how many it is something else than now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from rapport.events.index import Rows
from rapport.events.rows import Asked, rows
from rapport.operations.models import Operation
from rapport.sharing.active import policy_of
from rapport.sharing.policy import Policy
from rapport.sharing.protocol.model import Audience, Protocol
from rapport.values import Purpose


@dataclass(frozen=True, slots=True)
class Effect:
    """What an audience would get of the operation's events, beside what it gets now."""

    audience: Audience
    now: int  # events it is shown today: by the audience of this name, else as everybody
    then: int
    more: int  # not shown now, shown then
    fewer: int
    otherwise: int  # shown both times, with another place, other words or times


def effects(operation: Operation, protocol: Protocol) -> list[Effect]:
    """The effect on each of the protocol's audiences of looking at the operation's events."""
    today, then = policy_of(operation.pk), Policy(protocol)
    return [_effect(operation.pk, today, then, audience) for audience in protocol.audiences]


def _effect(operation_id: int, today: Policy, then: Policy, audience: Audience) -> Effect:
    known = {one.name: one for one in today.protocol.audiences}
    before = _seen(operation_id, today, known.get(audience.name, today.protocol.audiences[-1]))
    after = _seen(operation_id, then, audience)
    both = before.keys() & after.keys()
    return Effect(
        audience=audience,
        now=len(before),
        then=len(after),
        more=len(after.keys() - before.keys()),
        fewer=len(before.keys() - after.keys()),
        otherwise=sum(before[event_id] != after[event_id] for event_id in both),
    )


def _seen(operation_id: int, policy: Policy, audience: Audience) -> dict[int, tuple[object, ...]]:
    """What is shown of each event, so that two protocols can be compared event by event."""
    got: Rows = rows(Asked(operation_id, audience, Purpose.VIEW, policy, timezone.now()), None)
    told = {slug: set(ids) for slug, ids in got.sources.items()}
    columns = zip(got.ids, got.lon, got.lat, got.precision, got.radius_m, got.words, got.at, got.response, strict=True)
    return {
        # NaN, which no place is, would be unlike itself.
        pk: (None if lon != lon else (lon, lat), precision, radius, words, at, response, _of(pk, told))
        for pk, lon, lat, precision, radius, words, at, response in columns
    }


def _of(event_id: int, told: Mapping[str, set[int]]) -> tuple[str, ...]:
    return tuple(sorted(slug for slug, ids in told.items() if event_id in ids))
