"""Many at once: what is chosen, what would happen to which, and then one decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from rapport.accounts.permissions import Permission
from rapport.desk import event_list, leases, many, places, priority
from rapport.desk.books import called
from rapport.desk.event_list import EventFilters
from rapport.desk.finding import search_events
from rapport.desk.forms import DraftForm, choices
from rapport.desk.many import MOST, MOST_EVENTS, Done, Unfit
from rapport.desk.page import kept_filters, local_time, to
from rapport.errors import Conflict, Refused
from rapport.events.models import Event
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.values import Publication, Response

_NAMED = 5  # left alone, named in one message


@require_POST
@never_cache
@needs(Permission.DESK_REPORT_TRIAGE)
@local_time
def reports(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What is chosen in the queue: those that are checked, or with `all` the first 500 that fit the filter."""
    if request.POST.get("all"):
        fitting = leases.waiting(operation, kept_filters(request, operation)).values_list("ref", flat=True)
        return _reports(request, operation, list(fitting[:MOST]))
    return _reports(request, operation, _refs(request, "report"))


@require_POST
@needs(Permission.DESK_REPORT_TRIAGE)
@local_time
def decide_reports(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Does what the preview showed; `find` only looks for an event, and comes back to the preview."""
    who, refs, typed = person(request), _refs(request, "report"), request.POST
    if "find" in typed and typed.get("do") == "find":
        return _reports(request, operation, refs)
    reason = typed.get("reason", "")
    form = DraftForm(operation, typed) if typed.get("do") == "together" else None
    draft = form.draft() if form else None
    if form is not None and draft is None:
        return _reports(request, operation, refs, form, status=400)
    acts: dict[str, Callable[[], Done]] = {
        "reject": lambda: many.reject(who, operation, refs, reason),
        "attach": lambda: many.attach(who, operation, refs, _event(operation, typed.get("event", ""))),
        "urgency": lambda: many.prioritise(who, operation, refs, _number(typed.get("urgency", ""))),
        "verifier": lambda: many.to_verifier(who, operation, refs, reason),
        "translators": lambda: many.to_translators(who, operation, refs, reason),
    }
    if draft is not None:
        acts["together"] = lambda: many.together(who, operation, refs, draft, typed.get("publish") == "1")
    if _done(request, acts.get(typed.get("do", ""))):
        return to("desk", operation.slug)
    return _reports(request, operation, refs, form, status=409)


@require_POST
@never_cache
@needs(Permission.DESK_EVENT_EDIT)
@local_time
def events(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What is chosen in the list of events: those that are checked, or with `all` the first 100 that fit its filter."""
    if request.POST.get("all"):
        fitting = event_list.chosen(operation, EventFilters.of(request.POST)).values_list("ref", flat=True)
        return _events(request, operation, list(fitting[:MOST_EVENTS]))
    return _events(request, operation, _refs(request, "event"))


@require_POST
@needs(Permission.DESK_EVENT_EDIT)
@local_time
def decide_events(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Does what the preview showed."""
    who, refs, typed = person(request), _refs(request, "event"), request.POST
    reason, by = typed.get("reason", ""), typed.get("by", "")
    acts: dict[str, Callable[[], Done]] = {
        "publish": lambda: many.publish(who, operation, refs, Publication.PUBLISHED),
        "withdraw": lambda: many.publish(who, operation, refs, Publication.WITHDRAWN, reason),
        "merge": lambda: many.merge(who, operation, refs, _event(operation, typed.get("into", "")), reason),
    }
    if typed.get("response", "") in set(Response):
        acts["respond"] = lambda: many.respond(who, operation, refs, Response(typed["response"]), by, reason)
    if _done(request, acts.get(typed.get("do", ""))):
        return to("desk_events", operation.slug)
    return _events(request, operation, refs, status=409)


def _done(request: HttpRequest, act: Callable[[], Done] | None) -> bool:
    """Whether it was done; what stands in its way, or what was left alone, is said."""
    try:
        done = act() if act else None
    except Conflict as conflict:
        messages.warning(request, str(conflict))
        return False
    except Refused as refused:
        messages.error(request, refused.remedy)
        return False
    if done is None:
        messages.error(request, "Choose what to do with them.")
        return False
    said = str(done.decision.after["said"])
    messages.success(request, f"{said[:1].upper()}{said[1:]}. One undo takes all of it back, under Decisions.")
    if done.left:
        messages.warning(request, _left(done.left))
    return True


def _left(left: Sequence[Unfit]) -> str:
    named = "; ".join(f"{unfit.name}: {unfit.why}" for unfit in left[:_NAMED])
    more = f"; and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
    return f"{len(left)} left alone. {named}{more}"


def _refs(request: HttpRequest, name: str) -> list[str]:
    """The references that are checked, or that the preview carries in one field."""
    return [*request.POST.getlist(name), *request.POST.get("refs", "").split()][:MOST]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else -1


def _event(operation: Operation, ref: str) -> Event:
    return get_object_or_404(Event.objects.select_related("operation"), operation=operation, ref=ref)


def _reports(
    request: HttpRequest, operation: Operation, refs: Sequence[str], form: DraftForm | None = None, *, status: int = 200
) -> HttpResponse:
    who, find = person(request), request.POST.get("find", "").strip()[:100]
    looked = many.look(who, operation, refs)
    form = form or DraftForm(operation, initial={"precision": 2})
    context = {
        "operation": operation,
        "can": looked.can,
        "cannot": looked.cannot,
        "refs": " ".join(report.ref for report in looked.can),
        "most": MOST,
        "find": find,
        "urgencies": priority.URGENCIES,
        "found": search_events(operation, find) if find else [],
        "reason": request.POST.get("reason", ""),
        "form": form,
        "choices": choices(form),
        "units": places.units(operation),
        "may_publish": who.may(Permission.DESK_EVENT_PUBLISH, operation.pk),
    }
    return render(request, "desk/selection_reports.html", context, status=status)


def _events(request: HttpRequest, operation: Operation, refs: Sequence[str], *, status: int = 200) -> HttpResponse:
    who = person(request)
    found = many.events_of(operation, refs)
    can = [event for event in found if event.merged_into is None]
    cannot = [
        Unfit(one.ref, called(one), f"It is part of {called(one.merged_into)}.") for one in found if one.merged_into
    ]
    context = {
        "operation": operation,
        "can": can,
        "cannot": cannot,
        "refs": " ".join(event.ref for event in can),
        "most": MOST_EVENTS,
        "published": [event for event in can if event.publication == Publication.PUBLISHED],
        "responses": list(Response),
        "reason": request.POST.get("reason", ""),
        "by": request.POST.get("by", ""),
        "may_publish": who.may(Permission.DESK_EVENT_PUBLISH, operation.pk),
    }
    return render(request, "desk/selection_events.html", context, status=status)
