"""Which messages there are: the last of each alert, those that still count, the draft that waits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery

from rapport.alerts.models import Alert, AlertMessage
from rapport.formats.cap.model import MsgType


def issued(operation_id: int) -> QuerySet[AlertMessage]:
    """All that was issued in an operation, the newest first."""
    found = AlertMessage.objects.filter(alert__operation=operation_id, version__isnull=False)
    return found.select_related("alert", "issued_by").order_by("-sent", "-pk")


def last(operation_id: int) -> QuerySet[AlertMessage]:
    """The last message of each alert: what the others said it replaces."""
    newest = AlertMessage.objects.filter(alert=OuterRef("alert"), version__isnull=False).order_by("-version")
    return issued(operation_id).filter(pk=Subquery(newest.values("pk")[:1]))


def current(operation_id: int, now: datetime) -> QuerySet[AlertMessage]:
    """The last message of each alert as long as any of its messages counts: who read only an earlier one, which may
    expire later, must get this one; of a cancelled alert the cancellation."""
    counting = AlertMessage.objects.filter(alert=OuterRef("alert"), expires__gt=now)
    return last(operation_id).filter(Exists(counting))


def held(operation_id: int, now: datetime) -> QuerySet[AlertMessage]:
    """Of those the ones that can still be updated and cancelled."""
    return current(operation_id, now).exclude(msg_type=MsgType.CANCEL.value)


def in_force(operation_id: int, now: datetime) -> QuerySet[AlertMessage]:
    """What people are warned of now."""
    return held(operation_id, now).filter(expires__gt=now)


def over(operation_id: int, now: datetime) -> QuerySet[AlertMessage]:
    """What is cancelled or has expired, by the last message of each alert."""
    return last(operation_id).exclude(pk__in=in_force(operation_id, now).order_by().values("pk"))


def about_event(operation_id: int, event_id: int, now: datetime) -> QuerySet[AlertMessage]:
    """Of those held the ones about an event."""
    return held(operation_id, now).filter(alert__event=event_id)


def replaced(alert: Alert, now: datetime) -> list[AlertMessage]:
    """What an Update or a Cancel must name: every message of the thread that a receiver may still hold, and the last;
    the oldest first. Nothing where all have expired."""
    sent = list(alert.messages.filter(version__isnull=False).order_by("version"))
    counting = [one for one in sent if one.expires and one.expires > now]
    return [one for one in sent if one in counting or one is sent[-1]] if counting else []


def given_before(alert_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """Which audiences were given any message of these alerts."""
    found: dict[int, frozenset[str]] = {}
    rows = AlertMessage.objects.filter(alert__in=list(alert_ids), version__isnull=False, bare=False)
    for alert_id, names in rows.values_list("alert_id", "given_to"):
        found[alert_id] = found.get(alert_id, frozenset()) | frozenset(names)
    return found


def waiting(operation_id: int) -> QuerySet[AlertMessage]:
    """The drafts, the newest first."""
    drafts = AlertMessage.objects.filter(alert__operation=operation_id, version=None, dropped_at=None)
    return drafts.select_related("alert", "drafted_by").order_by("-drafted_at")


def next_version(alert: Alert) -> int:
    return (alert.messages.aggregate(last=Max("version"))["last"] or 0) + 1
