"""The queue: what waits, who holds what, and the next report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk import places
from rapport.desk.actions import closed_to
from rapport.desk.books import moment, who_was_first
from rapport.desk.glass import breaking
from rapport.desk.page import (
    filter_query,
    filters_of,
    keep_filters,
    kept_filters,
    last_undoable,
    local_time,
    pass_by,
    passed_by,
    queue_address,
    recent,
    to,
)
from rapport.desk.queue import figures, handover, late, leases, priority, ranks, saved
from rapport.desk.queue.leases import PARTS, DeskFilters
from rapport.desk.report.finding import search_events
from rapport.desk.templatetags.desk import called
from rapport.operations import fields
from rapport.operations.access import needs, person
from rapport.operations.models import Operation, Source
from rapport.reports.models import Report, Standing

SHOWN = 50  # reports listed at once; the count says how many there are


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def queue(request: HttpRequest, operation: Operation) -> HttpResponse:
    """The page where a volunteer starts."""
    filters = filters_of(request.GET)
    keep_filters(request, operation, filters)
    chosen = leases.waiting(operation, filters).select_related("source", "lease__person", "sender")
    shown = recent(person(request), operation)
    standing = figures.of(operation)
    note = handover.newest(operation)
    filtered = filters != DeskFilters()
    context = {
        "operation": operation,
        "filters": filters,
        "extra": [one for one in fields.asked(fields.stored(operation.extra_fields)) if one.kind == "choice"],
        "filtered": filtered,
        "query": filter_query(filters),
        "kept": [(name, value) for name, value in asdict(filters).items() if value],
        "queue_parts": PARTS,
        "saved": saved.shown(operation, person(request)),
        "reports": _rows(operation, chosen[:SHOWN]),
        "found": chosen.count() if filtered else standing.waiting,
        "figures": standing,
        "late": late.notice(operation),
        "formula": priority.formula(operation.queue),
        "note": note,
        "note_opening": handover.opening(note.text) if note else "",
        "note_length": handover.LONGEST,
        "held": leases.held(operation),
        "sources": Source.objects.filter(operation=operation).order_by("slug"),
        "recent": shown,
        "undo_key": last_undoable(shown),
        "may_decide": person(request).may(Permission.DESK_REPORT_TRIAGE, operation.pk),
    }
    return render(request, "desk/queue.html", context)


def _rows(operation: Operation, chosen: Iterable[Report]) -> list[dict[str, Any]]:
    reports = list(chosen)
    by_hand = ranks.set_by_hand(operation.pk, [report.pk for report in reports if report.urgency_heard])
    return [_row(operation, report, 0 if report.pk in by_hand else report.urgency_heard) for report in reports]


def _row(operation: Operation, report: Report, heard: int) -> dict[str, Any]:
    lease, now = getattr(report, "lease", None), timezone.now()
    return {
        "report": report,
        "lease": lease if lease and lease.until > now else None,
        "urgency": priority.URGENCIES[report.urgency],
        "heard": priority.URGENCIES[heard] if priority.by_words(operation.queue, report.urgency, heard) else "",
    }


@require_POST
@needs(Permission.DESK_REPORT_TRIAGE)
@local_time
def take_next(request: HttpRequest, operation: Operation) -> HttpResponse:
    """The next report for this person; `after` names the one passed by."""
    return go_on(request, operation, pass_by(request, operation))


def go_on(request: HttpRequest, operation: Operation, after: Report | None = None) -> HttpResponseRedirect:
    """To the next report of the part of the queue that this person works on, or back to the queue when it is empty."""
    filters = kept_filters(request, operation)
    report = leases.next_report(operation, person(request), filters, after, passed_by(request, operation))
    if report is not None:
        return to("desk_report", operation.slug, report.ref)
    part = " in this part of the queue" if filters != DeskFilters() else ""
    messages.info(request, f"No report is free{part}: all are decided, or somebody works on them.")
    return HttpResponseRedirect(queue_address(request, operation))


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def pulse(request: HttpRequest, operation: Operation) -> HttpResponse:
    """How things stand, for the script: the queue, and the report that `report` names."""
    answer = _pulse(operation)
    if person(request).may(breaking.WATCH, operation.pk):
        answer["glass"] = breaking.unseen(person(request), operation).values_list("pk", flat=True).first() or 0
    report = Report.objects.filter(operation=operation, ref=request.GET.get("report", "")).first()
    if report is not None:
        answer["report"] = _state(report, person(request).pk)
    return JsonResponse(answer)


def _pulse(operation: Operation) -> dict[str, Any]:
    queue = figures.offered(operation)
    oldest = queue.values_list("received_at", flat=True).first()
    age = max(0, int((timezone.now() - oldest).total_seconds())) if oldest else None
    return {"waiting": queue.count(), "oldest_s": age, "held": leases.held(operation).count()}


def _state(report: Report, person_id: int) -> dict[str, Any]:
    lease = leases.holder(report)
    return {
        "standing": report.standing,
        "said": "" if report.standing == Standing.WAITING else who_was_first(report),
        "mine": bool(lease and lease.person_id == person_id),
        "holder": lease.person.shown_name if lease else "",
        "until": moment(lease.until) if lease else "",
        "left_s": int((lease.until - timezone.now()).total_seconds()) if lease else 0,
    }


@require_GET
@needs(Permission.DESK_REPORT_READ)
def find_places(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Places by name, for the script's list."""
    found = places.search(operation, request.GET.get("q", "")[:100])
    return JsonResponse(
        {
            "places": [
                {
                    "name": spot.name,
                    "lon": spot.lon,
                    "lat": spot.lat,
                    "precision": int(spot.precision),
                    "radius_m": spot.radius_m,
                    "pcode": spot.pcode,
                }
                for spot in found
            ]
        }
    )


@require_GET
@needs(Permission.DESK_REPORT_READ)
def find_events(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Events by words of title, place or category, or by reference, for the script's list."""
    asked = request.GET.get("q", "").strip()[:100]
    found = search_events(operation, asked) if asked else []
    closed = closed_to(person(request), operation.pk)
    return JsonResponse(
        {
            "events": [
                {
                    "ref": event.ref,
                    "called": called(event),
                    "place": event.place_name,
                    "status": event.status,
                    "publication": event.publication,
                    "closed": event.status in closed,
                }
                for event in found
            ]
        }
    )
