"""What a gateway asks us about messages that go out: to fetch them, to confirm, to report what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.utils import timezone

from rapport import plugins
from rapport.errors import TryAgain
from rapport.notify import claims
from rapport.notify.models import IN_OUR_ANSWER, OutboxMessage, OutboxState
from rapport.notify.send import outgoing_of
from rapport.notify.ways import Lane, through
from rapport.operations.load import source_settings
from rapport.operations.models import Source
from rapport.plugins import WayOut
from rapport.values import Answer, Asked, Awaited, Confirm, DeliveryReport, Fetch, Inbound, Outgoing, Reported

S = OutboxState
#: Messages given to a phone at once: what it can send in a minute or so [ours].
AT_ONCE = 20
#: Messages it is asked about at once, and how old they may be.
ASKED_AFTER = 100
ASKED_FOR = timedelta(days=2)

#: A report never takes a message back: which states it may change. `gone` says that it has been tried before.
_FROM: dict[str, Q] = {
    "handed": Q(state__in=(S.SENDING, S.UNSURE)),
    "sent": Q(state__in=(S.SENDING, S.HANDED, S.UNSURE)) | Q(state=S.WAITING, gone=True),
    "delivered": Q(state__in=(S.SENDING, S.HANDED, S.SENT, S.UNSURE, S.FAILED)) | Q(state=S.WAITING, gone=True),
    "failed": Q(state__in=(S.SENDING, S.HANDED, S.SENT, S.UNSURE)),
}


def answer(inbound: Inbound, source: Source) -> Answer | None:
    """What a proven request is told that asks about messages going out; None if it brings a message. Refused where it
    cannot be read, TryAgain where the database cannot be written."""
    way = plugins.way_out(source.channel)
    asked = way.asked(inbound) if way is not None else None
    if way is None or asked is None:
        return None
    now = timezone.now()
    try:
        messages, uuids = _done(asked, source, way, now)
    except DatabaseError as error:
        raise TryAgain(f"could not be written: {error}") from error
    return way.told(source_settings(source), asked, messages, uuids)


def _done(asked: Asked, source: Source, way: WayOut, now: datetime) -> tuple[Sequence[Outgoing], Sequence[str]]:
    match asked:
        case Fetch():
            return fetch(source, way, now), ()
        case Confirm(uuids):
            return (), confirm(source, uuids, now)
        case Awaited():
            return (), awaited(source, now)
        case Reported(reports):
            report(source, reports, now)
            return (), ()


def fetch(source: Source, way: WayOut, now: datetime) -> list[Outgoing]:
    """Messages for the gateway to send. Where it confirms before it sends, they are offered again until it does; else
    they count as handed over now, and never again."""
    found = through(source, min(way.kinds))
    if not isinstance(found, Lane):
        return []
    messages = claims.claim(found, AT_ONCE, now)
    if not found.repeatable:
        ids = [message.pk for message in messages]
        OutboxMessage.objects.filter(pk__in=ids, state=S.SENDING).update(state=S.HANDED, changed_at=now, problem="")
    return [outgoing_of(message) for message in messages]


def confirm(source: Source, uuids: Iterable[str], now: datetime) -> list[str]:
    """Those of the messages that the gateway may send: each is confirmed once, however often it asks."""
    return [uuid for uuid in dict.fromkeys(uuids) if _confirmed(source, uuid, now)]


def _confirmed(source: Source, uuid: str, now: datetime) -> bool:
    offered = _named(source, DeliveryReport("handed", uuid)).filter(
        claims.welcome(),
        state__in=(S.WAITING, S.SENDING, S.HANDED),
        attempts__gt=0,
        gone=False,
        operation__sending_stopped_at__isnull=True,
    )
    mine = OutboxMessage.objects.filter(pk__in=offered.exclude(claim=IN_OUR_ANSWER).values("pk"), gone=False)
    return mine.update(state=S.HANDED, gone=True, changed_at=now, problem="") == 1


def awaited(source: Source, now: datetime) -> list[str]:
    """The messages of which the gateway has not yet said the last word."""
    open_ones = OutboxMessage.objects.filter(
        source=source, state__in=(S.HANDED, S.SENT, S.UNSURE), changed_at__gt=now - ASKED_FOR
    )
    return [str(uuid) for uuid in open_ones.order_by("-pk").values_list("uuid", flat=True)[:ASKED_AFTER]]


def report(source: Source, reports: Iterable[DeliveryReport], now: datetime) -> int:
    """Take delivery reports; how many changed something. Late and repeated ones, and those of messages that nobody
    knows, change nothing."""
    return sum(_taken(source, one, now) for one in reports)


def _taken(source: Source, one: DeliveryReport, now: datetime) -> int:
    became = S(one.became)
    changes: dict[str, object] = {"state": became, "changed_at": now, "problem": one.reason[:300]}
    if became is S.SENT:
        changes["sent_at"] = now
    if became is S.DELIVERED:
        changes["delivered_at"] = now
    found = list(_named(source, one).values_list("pk", flat=True)[:1])
    if one.gateway_id:
        OutboxMessage.objects.filter(pk__in=found, gateway_id="").update(gateway_id=one.gateway_id[:120])
    return OutboxMessage.objects.filter(_FROM[one.became], pk__in=found).update(**changes)


def _named(source: Source, one: DeliveryReport) -> QuerySet[OutboxMessage]:
    """The message that a report speaks of."""
    mine = OutboxMessage.objects.filter(source=source)
    try:
        return mine.filter(uuid=UUID(one.uuid)) if one.uuid else mine.filter(gateway_id=one.gateway_id or None)
    except ValueError:
        return mine.none()
