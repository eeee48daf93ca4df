"""What is destroyed when, what is held, what was destroyed, with proof; and the forms that have it done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport import plugins
from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, local_time, to
from rapport.desk.retention import asking
from rapport.desk.retention.due import holds_now
from rapport.errors import Refused
from rapport.events.models import Event
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.oversight.models import Hold, RetentionRun
from rapport.oversight.retention import schedule
from rapport.reports.models import Report, Sender

RUNS = 20  # shown
_SALT, _VALID_S = "rapport.retention.preview", 3600


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    return _page(request, operation)


@require_POST
@never_cache
@needs(Permission.OVERSIGHT_DATA_DESTROY)
@local_time
def preview(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What would go, counted. Nothing is changed; an address that was typed stands nowhere in the answer."""
    ref, address = request.POST.get("ref", ""), request.POST.get("address", "")
    try:
        senders = asking.by_ref(operation, ref) if ref.strip() else asking.by_address(operation, address)
    except Refused as refused:
        return _page(request, operation, status=400, wrong=refused.remedy)
    return _preview(request, operation, senders)


@require_POST
@never_cache
@needs(Permission.OVERSIGHT_DATA_DESTROY)
@local_time
def destroy(request: HttpRequest, operation: Operation) -> HttpResponse:
    """For good: only what this person was shown within the hour, and said yes to."""
    senders = _chosen(request, operation)
    if not senders:
        gone = "That was too long ago, or is done: look again what would go."
        return _page(request, operation, status=400, wrong=gone)
    if request.POST.get("sure") != "1":
        return _preview(request, operation, senders, status=400, wrong="Say that you know that nobody can undo it.")
    reason = request.POST.get("reason", "")
    done = "It is being destroyed. This page says when that is done."
    attempt(request, lambda: asking.destroy(person(request), senders, reason), done)
    return to("desk_retention", operation.slug)


@require_POST
@needs(Permission.OVERSIGHT_DATA_HOLD)
@local_time
def hold(request: HttpRequest, operation: Operation) -> HttpResponse:
    ref, reason = request.POST.get("ref", "").strip().lower(), request.POST.get("reason", "")

    def act() -> None:
        report = Report.objects.filter(operation=operation, ref=ref).first()
        event = Event.objects.filter(operation=operation, ref=ref).first()
        asking.hold(person(request), operation, report, event, reason, _day(request.POST.get("until", "")))

    attempt(request, act, "It is held from destruction.")
    return to("desk_retention", operation.slug)


@require_POST
@needs(Permission.OVERSIGHT_DATA_HOLD)
@local_time
def let_go(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    one = get_object_or_404(Hold, operation=operation, pk=number)
    reason = request.POST.get("reason", "")
    attempt(request, lambda: asking.let_go(person(request), one, reason), "The hold has ended.")
    return to("desk_retention", operation.slug)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused("until", "Choose the last day of the hold.", field="until") from error


def _chosen(request: HttpRequest, operation: Operation) -> list[Sender]:
    """The senders of a preview that this person was shown; none if they were not, or are gone."""
    try:
        said = signing.loads(request.POST.get("of", ""), salt=_SALT, max_age=_VALID_S)
    except signing.BadSignature:
        return []
    who, where, names = said
    if (who, where) != (person(request).pk, operation.pk):
        return []
    return list(Sender.objects.filter(operation=operation, pk__in=names, destroyed_at=None).order_by("pk"))


def _preview(
    request: HttpRequest, operation: Operation, senders: Sequence[Sender], status: int = 200, wrong: str = ""
) -> HttpResponse:
    names = [sender.pk for sender in senders]
    context = {
        "operation": operation,
        "seen": asking.preview(senders),
        "of": signing.dumps([person(request).pk, operation.pk, names], salt=_SALT),
        "schedule": schedule.of(operation.retention),
        "reason": request.POST.get("reason", ""),
        "wrong": wrong,
    }
    return render(request, "desk/retention_preview.html", context, status=status)


def _page(request: HttpRequest, operation: Operation, status: int = 200, wrong: str = "") -> HttpResponse:
    who, kept = person(request), schedule.of(operation.retention)
    runs = RetentionRun.objects.filter(operation=operation).select_related("person").order_by("-pk")[:RUNS]
    context: dict[str, Any] = {
        "operation": operation,
        "schedule": kept,
        "kinds": [(kind, kept.days(kind)) for kind in schedule.KINDS],
        "holds": [
            {"hold": one, **_subject(one)}
            for one in holds_now(operation.pk).select_related("person").order_by("until", "pk")
        ],
        "runs": [{"run": run, "gone": sorted(run.counts.items())} for run in runs],
        "held_where": [line for holder in plugins.retention() for line in holder.holds],
        "may_destroy": who.may(Permission.OVERSIGHT_DATA_DESTROY, operation.pk),
        "may_hold": who.may(Permission.OVERSIGHT_DATA_HOLD, operation.pk),
        "may_read_ledger": who.may(Permission.OVERSIGHT_LEDGER_READ, operation.pk),
        "today": timezone.localdate(),
        "wrong": wrong,
    }
    return render(request, "desk/retention.html", context, status=status)


def _subject(one: Hold) -> dict[str, Any]:
    if one.report_id:
        return {"report": Report.objects.filter(pk=one.report_id).values_list("ref", flat=True).first()}
    return {"event": Event.objects.filter(pk=one.event_id or 0).first()}
