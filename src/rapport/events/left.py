"""What each audience has of an event, as digests: so that its release log moves when that changes, and only then.

Of a change to what an audience does not get, nobody there learns that it happened: not by the log, an ETag, the pulse
of a page or a time of change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
from django.db.models import F, QuerySet

from rapport.events.items import BY_ITSELF, items
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.sharing.items import Item
from rapport.sharing.models import ReleaseEntry
from rapport.sharing.policy import Policy
from rapport.sharing.protocol.model import PURPOSES, Audience
from rapport.sharing.release import release_to
from rapport.values import Purpose

#: By purpose, in the order of PURPOSES; "" where nothing is given.
Digests = tuple[str, ...]
NOTHING: Digests = ("",) * len(PURPOSES)
_BYTES = 12  # two states of one event are told apart; there is nobody to be fooled [ours]
_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
_NONE = "-"
#: What an audience had for a while, when it was not worked out in time: something, like nothing else.
FORGOTTEN = "?"


def left(operation: Operation, policy: Policy, ids: Sequence[int], now: datetime) -> Mapping[tuple[str, int], Digests]:
    """What each audience of the protocol has of these events now: audience and event → digests, of those it has."""
    standing = Event.objects.filter(BY_ITSELF, operation=operation, pk__in=ids)
    known = items(operation, list(standing.values_list("pk", flat=True)), policy)
    found: dict[tuple[str, int], Digests] = {}
    for audience in policy.protocol.audiences:
        alike = _alike(policy, audience, now)
        for event_id, item in known.items():
            made = {first: _digest(policy, item, audience, first, now) for first in dict.fromkeys(alike)}
            if any(made.values()):
                found[audience.name, event_id] = tuple(made[first] for first in alike)
    return found


def as_kept(digests: Digests) -> str:
    """As the release log keeps them; most protocols rule alike for all purposes. Never ""."""
    return " ".join(one or _NONE for one in (digests[:1] if len(set(digests)) == 1 else digests))


def as_read(text: str) -> Digests:
    parts = ["" if one == _NONE else one for one in text.split()]
    return tuple(parts if len(parts) > 1 else parts * len(PURPOSES))


def bits(purposes: Iterable[Purpose]) -> int:
    """As the release log keeps a set of purposes."""
    return sum(1 << PURPOSES.index(purpose) for purpose in purposes)


def concerning(log: QuerySet[ReleaseEntry], purpose: Purpose) -> QuerySet[ReleaseEntry]:
    """Those entries of a log that changed something for this purpose."""
    return log.annotate(concerned=F("purposes").bitand(bits([purpose]))).filter(concerned__gt=0)


def purposes(bits: int) -> list[Purpose]:
    return [purpose for n, purpose in enumerate(PURPOSES) if bits >> n & 1]


def _alike(policy: Policy, audience: Audience, now: datetime) -> list[Purpose]:
    """For each purpose the first one with the same rules."""
    rules = [policy.rules(audience.name, purpose, now) for purpose in PURPOSES]
    return [PURPOSES[rules.index(one)] for one in rules]


def _digest(policy: Policy, item: Item, audience: Audience, purpose: Purpose, now: datetime) -> str:
    """Of all that readers are given of the item, also by a filter: of the categories above its own."""
    made = release_to(policy, item, audience, purpose, now)
    if made is None:
        return ""
    said = msgspec.json.encode(
        (
            # By which rules everybody gets it is told to nobody among them. Names, and which protocol holds, change
            # for all events at once, and come with every answer.
            replace(
                made, updated_at=_ALWAYS, purpose=Purpose.VIEW, protocol="", categories=(), extra=(),
                rule="" if audience.everyone else made.rule,
            ),
            sorted(category.code for category in made.categories),
            {one.code: one.value for one in sorted(made.extra, key=lambda one: one.code)},
            sorted(item.facts.category),
        )
    )  # fmt: skip
    # Keyed: texts may be short, and are destroyed one day.
    return hashlib.blake2b(said, digest_size=_BYTES, key=keys.displacement(), person=b"what is left").hexdigest()
