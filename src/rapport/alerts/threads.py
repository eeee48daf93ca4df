"""Which messages there are: the last of each alert, those still in force, the draft that waits."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max, OuterRef, QuerySet, Subquery

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
    """The last message of each alert as long as it has not expired. A cancellation stays until what it cancels would
    have expired: who read that must get this."""
    return last(operation_id).filter(expires__gt=now)


def in_force(operation_id: int, now: datetime) -> QuerySet[AlertMessage]:
    return current(operation_id, now).exclude(msg_type=MsgType.CANCEL.value)


def over(operation_id: int, now: datetime) -> QuerySet[AlertMessage]:
    """What is cancelled or has expired, by the last message of each alert."""
    return last(operation_id).exclude(pk__in=in_force(operation_id, now).order_by().values("pk"))


def unexpired(alert: Alert, now: datetime) -> list[AlertMessage]:
    """What an Update or a Cancel must name: every message of the thread that a receiver may still hold, the oldest
    first."""
    return list(alert.messages.filter(version__isnull=False, expires__gt=now).order_by("version"))


def waiting(operation_id: int) -> QuerySet[AlertMessage]:
    """The drafts, the newest first."""
    drafts = AlertMessage.objects.filter(alert__operation=operation_id, version=None, dropped_at=None)
    return drafts.select_related("alert", "drafted_by").order_by("-drafted_at")


def next_version(alert: Alert) -> int:
    return (alert.messages.aggregate(last=Max("version"))["last"] or 0) + 1
