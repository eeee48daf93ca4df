"""Merging two events and splitting one: what may belong together, how it would look, and then the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import cos, radians
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk import draft as drafts
from rapport.desk import places
from rapport.desk.books import shown_senders
from rapport.desk.event import merging
from rapport.desk.forms import DraftForm, choices, initial
from rapport.desk.page import attempt, local_time, one_event, to
from rapport.desk.report.finding import live_events, search_events
from rapport.desk.templatetags.desk import called
from rapport.errors import Conflict, Refused
from rapport.events.models import Event, EventReport
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.oversight.switches import is_stopped
from rapport.text.fold import fold
from rapport.values import KM_PER_DEGREE, km_between

#: Two events may be one if they lie this near in place and time [ours: a town, and the days in which it is told].
NEAR_KM = 10.0
NEAR_TIME = timedelta(days=3)
_LOOKED_AT, _OFFERED = 300, 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event that may be the same, and what speaks for it."""

    event: Event
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One of two events as the preview shows it."""

    event: Event
    reports: Sequence[EventReport]
    senders: int | None


@require_GET
@never_cache
@needs(Permission.DESK_EVENT_EDIT)
@local_time
def choose(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """Which event it is merged with; with `with` both side by side, and what readers will see."""
    event = one_event(operation, ref)
    if _part_already(request, event):
        return to("desk_event", operation.slug, ref)
    if wanted := request.GET.get("with", ""):
        other = one_event(operation, wanted)
        if _part_already(request, other):
            return to("desk_merge", operation.slug, ref)
        return _preview(request, operation, event, other)
    find = request.GET.get("find", "").strip()[:100]
    found = search_events(operation, find, withdrawn=True) if find else []
    found = [one for one in found if one.pk != event.pk]
    context = {"operation": operation, "event": event, "find": find, "found": found, "near": near(event)}
    return render(request, "desk/merge.html", context)


@require_POST
@needs(Permission.DESK_EVENT_EDIT)
@local_time
def merge(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    event, other = one_event(operation, ref), one_event(operation, request.POST.get("with", ""))
    reason = request.POST.get("reason", "")
    if other.merged_into_id == event.pk:  # the form sent twice
        return to("desk_event", operation.slug, ref)
    said = f"“{called(other)}” is part of this event now. Undo takes it apart again."
    attempt(request, lambda: merging.merge(person(request), event, other, reason), said)
    return to("desk_event", operation.slug, ref)


@require_POST
@never_cache
@needs(Permission.DESK_EVENT_EDIT)
@local_time
def split(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """First the reports that go, with the new event's draft to be filled in; then, with `do`, the decision."""
    event, who = one_event(operation, ref), person(request)
    going = list(EventReport.objects.filter(event=event, report__ref__in=_refs(request)).select_related("report"))
    if not request.POST.get("do"):  # it begins with what the event says that the reports leave
        said = initial(drafts.of_event(event), operation.box)
        return _split_page(request, event, going, DraftForm(operation, initial=said))
    form = DraftForm(operation, request.POST)
    draft = form.draft(was=event.occurred_at, had=event.extra)
    if draft is None:
        return _split_page(request, event, going, form, status=400)
    chosen, publish = [link.report_id for link in going], request.POST.get("do") == "publish"
    try:
        new = merging.split(who, event, chosen, draft, publish, request.POST.get("reason", ""))
    except Conflict as conflict:
        messages.warning(request, str(conflict))
        return _split_page(request, event, going, form, status=409)
    except Refused as refused:
        messages.error(request, refused.remedy)
        return _split_page(request, event, going, form, status=400)
    moved = "The report is this event now. Undo brings it back."
    if len(chosen) > 1:
        moved = f"The {len(chosen)} reports are this event now. Undo brings them back."
    messages.success(request, moved)
    return to("desk_event", operation.slug, new.ref)


def _split_page(
    request: HttpRequest, event: Event, going: Sequence[EventReport], form: DraftForm, *, status: int = 200
) -> HttpResponse:
    ids = {link.pk for link in going}
    staying = EventReport.objects.filter(event=event).exclude(pk__in=ids).select_related("report")
    context = {
        "stopped": status >= 400 and not form.errors,
        "operation": event.operation,
        "event": event,
        "going": going,
        "staying": staying,
        "left": shown_senders(event.operation_id, [link.report_id for link in staying]),
        "refs": " ".join(link.report.ref for link in going),
        "form": form,
        **choices(form),
        "units": places.units(event.operation),
        "reason": request.POST.get("reason", ""),
        "may_publish": person(request).may(Permission.DESK_EVENT_PUBLISH, event.operation_id),
    }
    return render(request, "desk/split.html", context, status=status)


def _preview(request: HttpRequest, operation: Operation, event: Event, other: Event) -> HttpResponse:
    sides = [_side(event), _side(other)]
    together = shown_senders(operation.pk, {link.report_id for side in sides for link in side.reports})
    context: dict[str, Any] = {"operation": operation, "event": event, "other": other, "sides": sides}
    return render(request, "desk/merge_preview.html", {**context, "together": together})


def _part_already(request: HttpRequest, event: Event) -> bool:
    """Whether it was merged away, and is said to be: nothing can be merged with it."""
    if event.merged_into is not None:
        messages.warning(request, f"“{called(event)}” is part of “{called(event.merged_into)}” already.")
    return event.merged_into is not None


def _side(event: Event) -> Side:
    links = list(EventReport.objects.filter(event=event).select_related("report").order_by("report_id"))
    return Side(event, links, shown_senders(event.operation_id, [link.report_id for link in links]))


def near(event: Event) -> list[Candidate]:
    """Events that may be the same: near in place and time, of the same category, with the same words; best first.
    None while looking for them is stopped."""
    if is_stopped("same-events", event.operation_id):
        return []
    mine = {category.pk: category.code for category in event.categories.all()}
    words = set(fold(f"{event.title} {event.place_name}").split())
    at = event.occurred_at or event.created_at
    others = live_events(event.operation).filter(merged_into__isnull=True).exclude(pk=event.pk)
    alike = Event.categories.through.objects.filter(category__in=mine).values("event_id")
    close = Q(pk__in=alike) | Q(created_at__range=(at - NEAR_TIME, at + NEAR_TIME))
    if event.lon is not None and event.lat is not None:
        reach = NEAR_KM / KM_PER_DEGREE
        wide = reach / max(cos(radians(event.lat)), 0.1)
        close |= Q(lat__range=(event.lat - reach, event.lat + reach), lon__range=(event.lon - wide, event.lon + wide))
    looked = others.filter(close).order_by("-pk")[:_LOOKED_AT]
    found = [_compared(event, other, mine, words) for other in looked]
    likely = [one for one in found if len(one.reasons) > 1]
    return sorted(likely, key=lambda one: (-one.score, -one.event.pk))[:_OFFERED]


def _compared(event: Event, other: Event, mine: dict[int, str], words: set[str]) -> Candidate:
    """One point each for place, time, category and words, less the farther apart [ours]."""
    reasons: list[str] = []
    score = 0.0
    if event.lon is not None and event.lat is not None and other.lon is not None and other.lat is not None:
        km = km_between(event.lon, event.lat, other.lon, other.lat)
        if km <= NEAR_KM:
            reasons.append("at the same place" if km < 0.05 else f"{km:.1f} km apart")
            score += 1 - km / NEAR_KM
    apart = abs((event.occurred_at or event.created_at) - (other.occurred_at or other.created_at))
    if apart <= NEAR_TIME:
        hours = apart.total_seconds() / 3600
        reasons.append(f"{hours:.0f} h apart" if hours >= 1 else "at the same time")
        score += 1 - apart / NEAR_TIME
    if any(category.pk in mine for category in other.categories.all()):
        reasons.append("same category")
        score += 1
    same = words & set(fold(f"{other.title} {other.place_name}").split())
    if same:
        reasons.append(f"the words {', '.join(sorted(same)[:4])}")
        score += len(same) / len(words)
    return Candidate(other, score, tuple(reasons))


def _refs(request: HttpRequest) -> list[str]:
    return [*request.POST.getlist("report"), *request.POST.get("refs", "").split()]
