"""The names of places that came to be here, and the button that says that one is no place's."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk.books import standing_decisions
from rapport.desk.naming import names
from rapport.desk.page import attempt, back, last_undoable, lines, local_time
from rapport.operations.access import needs, person
from rapport.operations.models import ADDED, MADE_HERE, NoPlace, Operation, Place
from rapport.oversight.models import DecisionKind

PER_PAGE = 50
MOST_ADDED = 1_000  # of which is said who added them, the last ones
MOST_DENIED = 200  # names that are no place's, the last ones


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Added names and learned ones by the alphabet, and what somebody said is no place, the newest first."""
    who = person(request)
    made = Place.objects.filter(operation=operation, origin__in=MADE_HERE).order_by("name", "pk")
    page = Paginator(made, PER_PAGE).get_page(request.GET.get("page"))
    denied = standing_decisions(operation.pk).filter(kind=DecisionKind.NO_PLACE).order_by("-pk")[:MOST_DENIED]
    still = set(NoPlace.objects.filter(operation=operation).values_list("folded", flat=True))
    shown = lines(who, [one for one in denied if one.after["folded"] in still])
    coded = {place.pcode for place in page.object_list if place.pcode}
    of = operation.places.filter(pcode__in=coded).exclude(origin__in=MADE_HERE).values_list("pcode", "name")
    called = dict(of)
    adding = standing_decisions(operation.pk).filter(kind=DecisionKind.NAME_PLACE).order_by("-pk")[:MOST_ADDED]
    by = {one.after["name"]: one for one in reversed(adding)}
    context = {
        "operation": operation,
        "page": page,
        "rows": [
            {
                "place": place,
                "of": called.get(place.pcode, ""),
                "by": by.get(place.name) if place.origin == ADDED else None,
            }
            for place in page.object_list
        ],
        "denied": shown,
        "undo_key": last_undoable(shown),
        "may_edit": who.may(Permission.DESK_EVENT_EDIT, operation.pk),
    }
    return render(request, "desk/names.html", context)


@require_POST
@needs(Permission.DESK_EVENT_EDIT)
@local_time
def no_place(request: HttpRequest, operation: Operation) -> HttpResponse:
    """POST `name`: of a place that came to be here."""
    name = request.POST.get("name", "")[:200]
    said = f"“{name}” is not looked for any more, nor learned again. Undo it below, or under Decisions."
    attempt(request, lambda: names.no_place(person(request), operation, name), said)
    return back(request, f"/{operation.slug}/desk/names/")
