"""What may go now, who sends it, and what became of it. Each step is a conditional UPDATE: of two that try, one does.

waiting ─claim→ sending ─mark_gone→ sending, gone ─settle→ handed, sent, failed, unsure, or waiting again
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from secrets import token_hex
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from rapport import plugins
from rapport.notify.hours import JUST_WROTE, quiet_until
from rapport.notify.models import NOMINATED, OutboxMessage, OutboxState
from rapport.notify.ways import Lane, lane
from rapport.operations.models import Source
from rapport.values import Outcome, Trust

S = OutboxState
#: A claim this old is nobody's: longer than any call (calls.TOTAL_S, mail.WHOLE_S) and its last write.
STALE = timedelta(minutes=3)
#: A phone that has taken a message and says nothing for so long may have lost it [ours: phones are often off the net].
SILENT = timedelta(hours=1)
_FORGOTTEN = timedelta(days=2)  # after that a phone is not asked any more
#: Minutes until the next try, with some chance so that not all come at once [ours].
BACK_OFF = (1, 5, 15, 60, 240)
ATTEMPTS = 8  # over about half a day [ours]
NOT_READY = timedelta(minutes=1)  # until it is looked at again whether a way out has been set up [ours]
STOPPED = "stopped"  # purpose of the one message that a sender gets after STOP: that it was heard

_DONE = (S.SENDING, S.UNSURE)  # states in which whoever has the claim may still say what became of it


def due(now: datetime) -> QuerySet[OutboxMessage]:
    """What waits and is not held by a stop of all sending or by its own back-off."""
    return OutboxMessage.objects.filter(
        Q(next_at__isnull=True) | Q(next_at__lte=now), state=S.WAITING, operation__sending_stopped_at__isnull=True
    )


def welcome() -> Q:
    """Messages to senders who want them: no STOP since, not blocked, and known by something they sent."""
    wants = (Q(sender__stopped_at__isnull=True) | Q(purpose=STOPPED)) & ~Q(sender__trust=Trust.BLOCKED.value)
    return wants & (_wrote_since(None) | Q(purpose__in=NOMINATED))


def just_wrote(now: datetime) -> Q:
    """Messages to senders who have just written themselves: they are awake."""
    return _wrote_since(now - JUST_WROTE)


def _wrote_since(at: datetime | None) -> Q:
    reports = apps.get_model("reports", "Report").objects.filter(sender=OuterRef("sender"))  # a room above this one
    return Q(Exists(reports if at is None else reports.filter(received_at__gte=at)))


def claim(of: Lane, most: int, now: datetime) -> list[OutboxMessage]:
    """Take up to `most` messages of the lane that may go now, the oldest first, and no more than its source's
    `out_per_minute` leaves. Nobody else gets them while the claim holds."""
    if most < 1 or _room(of.source, now) < 1:  # asked first: thousands may wait for the next minute
        return []
    chosen = due(now).filter(source=of.source, sender__kind__in=of.kinds)
    if quiet_until(of.source.operation.sending, ZoneInfo(of.source.operation.time_zone), now):
        chosen = chosen.filter(just_wrote(now) | Q(purpose__in=NOMINATED))
    if not chosen.exists():
        return []
    if (unwelcome := chosen.exclude(welcome())).exists():
        why = "The sender said STOP, or is blocked, or never wrote to us."
        OutboxMessage.objects.filter(pk__in=unwelcome.values("pk"), state=S.WAITING).update(
            state=S.STOPPED, changed_at=now, problem=why
        )
    with transaction.atomic():
        source = Source.objects.select_for_update().get(pk=of.source.pk)  # one at a time: the rate is exact
        ids = list(chosen.order_by("pk").values_list("pk", flat=True)[: max(0, min(most, _room(source, now)))])
        token = token_hex(8)
        OutboxMessage.objects.filter(pk__in=ids, state=S.WAITING).update(
            state=S.SENDING, claim=token, claimed_at=now, changed_at=now, attempts=F("attempts") + 1, gone=False
        )
    mine = OutboxMessage.objects.filter(pk__in=ids, claim=token)
    return list(mine.select_related("sender", "operation").order_by("pk"))


def _room(source: Source, now: datetime) -> int:
    """How many more may go through the source in this minute."""
    taken = OutboxMessage.objects.filter(source=source, claimed_at__gt=now - timedelta(minutes=1)).count()
    return source.out_per_minute - taken


def mark_gone(message: OutboxMessage) -> bool:
    """To be asked just before the step that cannot be taken back; False: the claim has ended, sending was stopped, or
    the sender said STOP in the meantime."""
    held = OutboxMessage.objects.filter(welcome(), pk=message.pk)
    allowed = held.filter(operation__sending_stopped_at__isnull=True).values("pk")
    mine = OutboxMessage.objects.filter(pk__in=allowed, claim=message.claim, state=S.SENDING, gone=False)
    message.gone = mine.update(gone=True, changed_at=timezone.now()) == 1
    return message.gone


def give_back(message: OutboxMessage) -> None:
    """Stopped at the last moment: it waits as before."""
    OutboxMessage.objects.filter(pk=message.pk, claim=message.claim, state=S.SENDING, gone=False).update(
        state=S.WAITING, claim="", changed_at=timezone.now(), attempts=F("attempts") - 1
    )


def settle(message: OutboxMessage, outcome: Outcome, repeatable: bool) -> None:
    """Write down what became of a try, unless somebody else has decided since, or a delivery report came before it."""
    now = timezone.now()
    mine = OutboxMessage.objects.filter(pk=message.pk, claim=message.claim)
    if outcome.gateway_id:
        mine.filter(gateway_id="").update(gateway_id=outcome.gateway_id)
    mine = mine.filter(state__in=_DONE)
    problem = outcome.reason[:300]
    match outcome.went:
        case "handed":
            mine.update(state=S.HANDED, changed_at=now, problem="")
        case "sent":
            mine.update(state=S.SENT, changed_at=now, sent_at=now, problem="")
        case "failed":
            mine.update(state=S.FAILED, changed_at=now, problem=problem)
        case "later" if message.attempts >= ATTEMPTS:
            mine.update(state=S.FAILED, changed_at=now, problem=f"Given up after {ATTEMPTS} tries. {problem}"[:300])
        case "unsure" if not repeatable or message.attempts >= ATTEMPTS:
            mine.update(state=S.UNSURE, changed_at=now, problem=problem)
        case went:
            next_at = now + max(_pause(message.attempts), timedelta(seconds=outcome.wait_s))
            mine.update(
                state=S.WAITING, claim="", gone=went == "unsure", changed_at=now, next_at=next_at, problem=problem
            )


def _pause(attempts: int) -> timedelta:
    minutes = BACK_OFF[min(max(attempts, 1), len(BACK_OFF)) - 1]
    return timedelta(minutes=minutes * random.uniform(0.9, 1.2))  # noqa: S311 - spreads load, no secret


def recover(now: datetime) -> int:
    """What a process left behind that was killed in the middle. What had not gone waits again; what may have gone is
    for a person to decide, unless the other side takes a repetition as the same message. Returns how many."""
    left = OutboxMessage.objects.filter(state=S.SENDING, claimed_at__lt=now - STALE)
    again = left.filter(gone=False).update(state=S.WAITING, claim="", changed_at=now, next_at=None)
    for message in left.filter(gone=True).select_related("source__operation", "sender"):
        way = lane(message.source, message.sender.kind)
        reason = "We were interrupted while it went out."
        settle(message, Outcome("unsure", reason), isinstance(way, Lane) and way.repeatable)
        again += 1
    return again + _silent_phones(now)


def _silent_phones(now: datetime) -> int:
    fetched = [name for name in plugins.CHANNELS_OUT if (way := plugins.way_out(name)) and way.request is None]
    silent = OutboxMessage.objects.filter(
        state=S.HANDED, gone=True, changed_at__range=(now - _FORGOTTEN, now - SILENT), source__channel__in=fetched,
        problem="",
    )  # fmt: skip
    return silent.update(state=S.UNSURE, changed_at=now, problem="The phone took it and has said nothing since.")


def hold(source_id: int, kind: str, why: str, now: datetime) -> None:
    """No way out now: the messages wait with the reason, and are looked at again in a minute."""
    waiting = due(now).filter(source_id=source_id, sender__kind=kind)
    waiting.update(next_at=now + NOT_READY, problem=why[:300])


def move(source_id: int, kind: str, to: Source) -> None:
    """Messages of a source without a way out go by another one."""
    OutboxMessage.objects.filter(source_id=source_id, sender__kind=kind, state=S.WAITING).update(source=to)


def lanes(now: datetime) -> list[Lane]:
    """The lanes in which something may go now."""
    found: dict[tuple[int, str], Lane] = {}
    for source_id, kind in due(now).values_list("source_id", "sender__kind").distinct().order_by():
        source = Source.objects.select_related("operation").get(pk=source_id)
        way = lane(source, kind)
        if isinstance(way, str):
            hold(source_id, kind, way, now)
            continue
        if way.source.pk != source_id:
            move(source_id, kind, way.source)
        found[way.source.pk, min(way.kinds)] = way
    return list(found.values())
