"""The worker's part in the release logs. Nobody changes anything when a delay of the protocol ends, or when a rule
comes into force or runs out; partners who pull from a log learn of it all the same."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from rapport.events.log import record
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.sharing.active import policy_of
from rapport.sharing.models import LogLook
from rapport.sharing.policy import Policy
from rapport.turns import turn

LOOK_S = 10.0  # seconds between two looks [ours: delays are whole hours]


@dataclass(slots=True)
class _Clock:
    look_at: float = 0.0  # on the monotonic clock


_clock = _Clock()


def tell_when_due() -> int:
    """The worker's job: how many entries it wrote, 0 if it is not time yet."""
    now = time.monotonic()
    if now < _clock.look_at:
        return 0
    _clock.look_at = now + LOOK_S
    return sum(tell(pk) for pk in Operation.objects.values_list("pk", flat=True))


def tell(operation_id: int) -> int:
    """Enters what an operation's audiences get or lose since it was looked last; how many entries that are."""
    policy = policy_of(operation_id)
    if not any(rule.left.delay_s or rule.starts or rule.ends for rule in policy.protocol.rules):
        return 0
    with turn(), transaction.atomic():
        now = timezone.now()
        look, _ = LogLook.objects.select_for_update().get_or_create(
            operation_id=operation_id, defaults={"at": _begun(operation_id, now)}
        )
        due = _due(operation_id, policy, look.at, now)
        LogLook.objects.filter(pk=look.pk).update(at=now)
        return record(operation_id, due, unchanged=True)


def _begun(operation_id: int, now: datetime) -> datetime:
    """Where the first look begins: with the activation of the protocol, which entered what it gave at that moment."""
    versions = Operation.objects.get(pk=operation_id).protocols.filter(activated_at__isnull=False)
    return versions.order_by("-activated_at").values_list("activated_at", flat=True).first() or now


def _due(operation_id: int, policy: Policy, since: datetime, now: datetime) -> set[int]:
    """The events to look at again: all where another rule holds, else those of which a delay ended."""
    events = Event.objects.filter(operation_id=operation_id)
    if policy.epoch(since) != policy.epoch(now):
        return set(events.values_list("pk", flat=True))
    found: set[int] = set()
    for delay in {timedelta(seconds=rule.left.delay_s) for rule in policy.protocol.rules if rule.left.delay_s}:
        ended = events.filter(published_at__gt=since - delay, published_at__lte=now - delay)
        found |= set(ended.values_list("pk", flat=True))
    return found
