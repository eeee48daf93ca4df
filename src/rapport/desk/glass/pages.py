"""The pages of broken glass: the part of a report's and an event's page, and the list of all of them."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.models import Person
from rapport.desk.glass import breaking, listing
from rapport.desk.page import attempt, back, local_time, one_event, one_report, whole
from rapport.events.models import Event
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.oversight.models import Glass
from rapport.reports.models import Report

PER_PAGE = 30


def panel(who: Person, thing: Report | Event) -> dict[str, Any]:
    """What the page of a report or an event shows of it: whether this person may break the glass, or what they see
    through it, which counts as a look. The page must not be cached."""
    return {
        "look": breaking.look(who, thing),
        "may_break": who.may(breaking.BREAK, thing.operation_id),
        "glass_hours": breaking.HOURS,
        "glass_form": reverse(f"desk_{_kind(thing)}_glass", args=[thing.operation.slug, thing.ref]),
        "glass_about": _kind(thing),
    }


def _kind(thing: Report | Event) -> str:
    return "report" if isinstance(thing, Report) else "event"


@require_POST
@never_cache
@needs(breaking.BREAK)
@local_time
def break_report(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `reason`, `hours`."""
    return _break(request, one_report(operation, ref))


@require_POST
@never_cache
@needs(breaking.BREAK)
@local_time
def break_event(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `reason`, `hours`."""
    return _break(request, one_event(operation, ref))


def _break(request: HttpRequest, thing: Report | Event) -> HttpResponse:
    reason, hours = request.POST.get("reason", ""), whole(request.POST.get("hours", "")) or 0
    said = "The glass is broken. Leads and custodians see it on their pages; the ledger has it."
    attempt(request, lambda: breaking.break_glass(person(request), thing, reason, hours), said)
    # To the part of the page where it stands: on a phone that is far down.
    return HttpResponseRedirect(reverse(f"desk_{_kind(thing)}", args=[thing.operation.slug, thing.ref]) + "#glass")


@require_POST
@never_cache
@needs(breaking.WATCH)
@local_time
def end(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    glass = _one(operation, number)
    attempt(request, lambda: breaking.end(person(request), glass), "Ended. Nothing more is shown.")
    return back(request, reverse("desk_glass", args=[operation.slug]))


@require_POST
@never_cache
@needs(breaking.WATCH)
@local_time
def seen(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """Somebody knows of it; where they go on says `back`."""
    breaking.see(person(request), _one(operation, number))
    return back(request, reverse("desk_glass", args=[operation.slug]))


def _one(operation: Operation, number: int) -> Glass:
    found: Glass = get_object_or_404(Glass, operation=operation, pk=number)
    return found


@require_GET
@never_cache
@needs(breaking.WATCH)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Every glass that was broken here: who, about what, why, for how long, how often they looked, who knows."""
    all_of_them = Glass.objects.filter(operation=operation).select_related("person", "decision", "ended_by")
    page = Paginator(all_of_them.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    rows = [listing.row(glass) for glass in page.object_list]
    context = {"operation": operation, "page": page, "open": [one for one in rows if one["glass"].is_open],
               "past": [one for one in rows if not one["glass"].is_open]}  # fmt: skip
    return render(request, "desk/glass.html", context)
