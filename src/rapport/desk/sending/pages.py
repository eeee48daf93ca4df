"""The outbox: what waits and until when, what failed and why, what was perhaps sent, and the button that stops all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import formats, timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, local_time, to
from rapport.desk.sending import outbox
from rapport.notify.hours import quiet_until
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.operations.access import needs, person
from rapport.operations.models import Operation, Source

S = OutboxState
SHOWN = 30  # messages of one kind on the page


@dataclass(frozen=True, slots=True)
class Part:
    """Messages that stand alike: how many there are, and the first or latest of them."""

    state: str
    title: str
    total: int
    rows: list[OutboxMessage]


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def page(request: HttpRequest, operation: Operation) -> HttpResponse:
    who = person(request)
    now = timezone.now()
    context = {
        "operation": operation,
        "stopped": outbox.stopped_by(operation),
        "quiet": _quiet(operation, now),
        "forecasts": [forecast(source, now) for source in _waiting(operation)],
        "parts": [
            _part(operation, "unsure", "Perhaps sent", S.UNSURE),
            _part(operation, "failed", "Failed", S.FAILED),
            _part(operation, "waiting", "Waiting", S.WAITING, S.SENDING),
            _part(operation, "done", "Gone out, the latest first", S.HANDED, S.SENT, S.DELIVERED),
            _part(operation, "held", "Not sent", S.STOPPED, S.CANCELLED),
        ],
        "shown": SHOWN,
        "may_stop": who.may(Permission.NOTIFY_SENDING_STOP, operation.pk),
        "may_ask": who.may(Permission.DESK_SENDER_ASK, operation.pk),
    }
    return render(request, "desk/outbox.html", context)


def _part(operation: Operation, name: str, title: str, *states: OutboxState) -> Part:
    chosen = OutboxMessage.objects.filter(operation=operation, state__in=states)
    order = "pk" if S.WAITING in states else "-pk"
    rows = chosen.select_related("source", "sender", "person").order_by(order)[:SHOWN]
    return Part(name, title, chosen.count(), list(rows))


def _waiting(operation: Operation) -> list[Source]:
    """The sources for which something waits, with `waiting`, and `until` (the latest "not before")."""
    waits = Q(outbox__state=S.WAITING)
    counted = operation.sources.annotate(waiting=Count("outbox", waits), until=Max("outbox__next_at", filter=waits))
    return list(counted.filter(waiting__gt=0).order_by("slug"))


def forecast(source: Source, now: datetime) -> str:
    """As "sms-4636: 120 waiting, done in about 2 min at 60 a minute"; `source` comes from `_waiting`."""
    waiting, until = source.waiting, source.until  # type: ignore[attr-defined]
    minutes = max(1, math.ceil(waiting / max(1, source.out_per_minute)))
    told = f"{source.slug}: {waiting} waiting, done in about {minutes} min at {source.out_per_minute} a minute"
    if until is not None and until > now:
        told += f"; some are not tried again before {formats.date_format(timezone.localtime(until), 'H:i')}"
    return told + "."


def _quiet(operation: Operation, now: datetime) -> str:
    until = quiet_until(operation.sending, ZoneInfo(operation.time_zone), now)
    return formats.date_format(timezone.localtime(until), "H:i") if until else ""


@require_POST
@needs(Permission.NOTIFY_SENDING_STOP)
@local_time
def stop(request: HttpRequest, operation: Operation) -> HttpResponse:
    reason = request.POST.get("reason", "")
    attempt(request, lambda: outbox.stop_sending(person(request), operation, reason), "All sending is stopped.")
    return to("desk_outbox", operation.slug)


@require_POST
@needs(Permission.NOTIFY_SENDING_STOP)
@local_time
def resume(request: HttpRequest, operation: Operation) -> HttpResponse:
    reason = request.POST.get("reason", "")
    attempt(request, lambda: outbox.resume_sending(person(request), operation, reason), "What waits goes out again.")
    return to("desk_outbox", operation.slug)


@require_POST
@needs(Permission.NOTIFY_SENDING_STOP)
@local_time
def settle_all(request: HttpRequest, operation: Operation) -> HttpResponse:
    what, reason = request.POST.get("what", ""), request.POST.get("reason", "")
    done = {
        "cancel": "What waited is taken back.",
        "again": "They wait to be sent again.",
        "leave": "Left as they are.",
    }
    attempt(request, lambda: outbox.settle_all(person(request), operation, what, reason), done.get(what, ""))
    return to("desk_outbox", operation.slug)


@require_POST
@needs(Permission.DESK_SENDER_ASK)
@local_time
def send_again(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    message = get_object_or_404(OutboxMessage, operation=operation, pk=number)
    attempt(request, lambda: outbox.send_again(person(request), message), "It waits to be sent again.")
    return to("desk_outbox", operation.slug)


@require_POST
@needs(Permission.DESK_SENDER_ASK)
@local_time
def leave(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    message = get_object_or_404(OutboxMessage, operation=operation, pk=number)
    attempt(request, lambda: outbox.leave(person(request), message), "Left as it is.")
    return to("desk_outbox", operation.slug)
