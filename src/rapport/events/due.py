"""The worker's part in the release logs. Nobody changes anything when a delay of the protocol ends, or when a rule
comes into force or runs out; partners who pull from a log learn of it all the same. And where a new protocol entered
all events at once, what each audience has of them is worked out afterwards."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from rapport.events import log
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.sharing.active import policy_of
from rapport.sharing.models import LogLook
from rapport.sharing.policy import Policy
from rapport.turns import turn

_PART = 500  # events in one transaction
LOOK_S = 10.0  # seconds between two looks [ours: delays are whole hours]


@dataclass(slots=True)
class _Clock:
    look_at: float = 0.0  # on the monotonic clock


_clock = _Clock()


def tell_when_due() -> int:
    """The worker's job: how many entries it wrote, and events whose state it worked out; 0 if it is not time yet."""
    now = time.monotonic()
    if now < _clock.look_at:
        return 0
    done = sum(tell(pk) + work_out(pk) for pk in Operation.objects.values_list("pk", flat=True))
    _clock.look_at = 0.0 if done else now + LOOK_S
    return done


def tell(operation_id: int) -> int:
    """Enters what an operation's audiences get or lose since it was looked last; how many entries that are."""
    policy = policy_of(operation_id)
    if not any(rule.left.delay_s or rule.starts or rule.ends for rule in policy.protocol.rules):
        return 0
    now = timezone.now()
    look, _ = LogLook.objects.get_or_create(operation_id=operation_id, defaults={"at": now})
    due = sorted(_due(operation_id, policy, look.at, now))
    written = 0
    # In parts: nobody waits for all of them. Two workers write one after the other, and the second finds it done.
    for start in range(0, len(due), _PART):
        with turn(), transaction.atomic():
            written += log.record(operation_id, due[start : start + _PART])
    # Where another protocol came to hold meanwhile, that was looked at with it, up to then.
    LogLook.objects.filter(pk=look.pk, at=look.at).update(at=now)
    return written


def work_out(operation_id: int) -> int:
    """After another protocol was activated: what the audiences have of some of the events; of how many."""
    events = log.unread(operation_id, _PART)
    if events:
        with turn(), transaction.atomic():
            log.work_out(operation_id, events)
    return len(events)


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
