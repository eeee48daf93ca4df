"""Many at once: what is chosen, what would happen to which, and then one decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from rapport.accounts.permissions import Permission
from rapport.desk import actions, many, places
from rapport.desk.books import quoted
from rapport.desk.event import listing as event_list
from rapport.desk.event.listing import EventFilters
from rapport.desk.forms import PRECISIONS, DraftForm, choices, placed
from rapport.desk.many import MOST, MOST_EVENTS, Done, Reports, Unfit, Way
from rapport.desk.page import kept_filters, local_time, one_event, queue_address, whole
from rapport.desk.queue import leases, priority
from rapport.desk.report.finding import UNSEEN, search_events
from rapport.desk.standing_orders.bulk import Row
from rapport.desk.standing_orders.rules import clean_line
from rapport.desk.templatetags.desk import called
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.values import Precision, Publication, Response, named

_NAMED = 5  # left alone, named in one message
_COLUMNS = 20  # from which titles can be taken, offered


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
    """Does what the preview showed; `find` only looks for an event, `look` at what each would say, and both come back
    to the preview."""
    who, refs, ticked, typed = person(request), _refs(request, "report"), _ticked(request), request.POST
    if ("find" in typed and typed.get("do") == "find") or typed.get("do") == "look":
        return _reports(request, operation, refs)
    reason = typed.get("reason", "")
    form = DraftForm(operation, typed) if typed.get("do") == "together" else None
    draft = form.draft() if form else None
    if form is not None and draft is None:
        return _reports(request, operation, refs, form, status=400)
    acts: dict[str, Callable[[], Done]] = {
        "reject": lambda: many.reject(who, operation, refs, reason, ticked),
        "attach": lambda: _attach(request, operation, refs),
        "each": lambda: many.apiece(who, operation, refs, _way(typed), publish=False),
        "each-publish": lambda: many.apiece(who, operation, refs, _way(typed), publish=True),
        "urgency": lambda: many.prioritise(who, operation, refs, whole(typed.get("urgency", "")), ticked),
        "verifier": lambda: many.to_verifier(who, operation, refs, reason, ticked),
        "translators": lambda: many.to_translators(who, operation, refs, reason, ticked),
    }
    if draft is not None:
        acts["together"] = lambda: many.together(who, operation, refs, draft, typed.get("publish") == "1", ticked)
    if _done(request, acts.get(typed.get("do", ""))):
        return HttpResponseRedirect(queue_address(request, operation))
    return _reports(request, operation, refs, form, status=409)


def _way(typed: QueryDict) -> Way:
    """How each becomes an event of its own, as the form says."""
    exact = {str(int(one)): one for one in Precision}.get(typed.get("exact", ""), Precision.LOCALITY)
    return Way(exact, typed.get("title_from", "").replace("\0", ""), typed.get("outside") == "1")


@dataclass(frozen=True, slots=True)
class _Each:
    """What would come of it if each became an event of its own."""

    rows: Sequence[tuple[Row, str]]  # with the names of its categories
    left: Sequence[Unfit]
    outside: int  # of the rows, how many lie outside the operation's area
    columns: Sequence[tuple[str, str]]  # what a title can be taken from, with an example


def _each(operation: Operation, looked: Reports, way: Way) -> _Each:
    going = [*looked.can, *(one.report for one in looked.apart)]
    found = many.each(operation, going, replace(way, outside=True), publish=False)
    spots = [row.draft.spot for row in found.rows]
    outside = sum(spot is not None and not operation.box.holds(spot.lon, spot.lat) for spot in spots)
    kept = found.rows[0].report.fields if found.rows else {}
    words = [(name, line) for name, said in kept.items() if isinstance(said, str) and (line := clean_line(said))]
    columns = [(name, line) for name, line in words if any(map(str.isalpha, line))]
    names = {one.code: named(one.names, get_language() or operation.language) for one in operation.categories.all()}
    rows = [(row, ", ".join(names[code] for code in row.draft.categories)) for row in found.rows]
    return _Each(rows, found.left, outside, columns[:_COLUMNS])


def _attach(request: HttpRequest, operation: Operation, refs: Sequence[str]) -> Done:
    event = one_event(operation, request.POST.get("event", ""))
    done = many.attach(person(request), operation, refs, event, _ticked(request))
    if event.publication == Publication.WITHDRAWN:
        messages.warning(request, f"{called(event)}: {UNSEEN}")
    return done


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
        "merge": lambda: many.merge(who, operation, refs, one_event(operation, typed.get("into", "")), reason),
    }
    if typed.get("response", "") in set(Response):
        acts["respond"] = lambda: many.respond(who, operation, refs, Response(typed["response"]), by, reason)
    if _done(request, acts.get(typed.get("do", ""))):
        return HttpResponseRedirect(_events_address(request, operation))
    return _events(request, operation, refs, status=409)


def _events_address(request: HttpRequest, operation: Operation) -> str:
    """The list of events, filtered as it was when these were chosen."""
    query = _filter(request).query()
    return reverse("desk_events", args=[operation.slug]) + (f"?{query}" if query else "")


def _filter(request: HttpRequest) -> EventFilters:
    """The filter of the list: in fields of its own as the list sends it, in one from the preview, where a field named
    response is a decision."""
    kept = request.POST.get("list")
    return EventFilters.of(request.POST if kept is None else QueryDict(kept[:2_000]))


def _done(request: HttpRequest, act: Callable[[], Done] | None) -> bool:
    """Whether it was done; what stands in its way, or what was left alone, is said."""
    try:
        done = act() if act else None
    except (Conflict, NotAllowed) as hindrance:
        messages.warning(request, str(hindrance))
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


def _ticked(request: HttpRequest) -> list[str]:
    """The references of those that visibly differ and were ticked one by one, or that the preview carries on."""
    return [*request.POST.getlist("tick"), *request.POST.get("ticked", "").split()][:MOST]


def _reports(
    request: HttpRequest, operation: Operation, refs: Sequence[str], form: DraftForm | None = None, *, status: int = 200
) -> HttpResponse:
    who, find = person(request), request.POST.get("find", "").strip()[:100]
    looked = many.look(who, operation, refs, _ticked(request))
    kept = {one.ref for one in looked.can} | {ref for one in looked.apart for ref in (one.report.ref, one.head.ref)}
    form, way = form or DraftForm(operation, initial=placed(None)), _way(request.POST)
    context = {
        "stopped": status >= 400 and not form.errors,
        "operation": operation,
        "each": _each(operation, looked, way),
        "way": way,
        "precisions": PRECISIONS,
        "queue": queue_address(request, operation),
        "can": looked.can,
        "cannot": looked.cannot,
        "apart": looked.apart,
        "ticked": looked.ticked,
        "ticked_refs": " ".join(one.report.ref for one in looked.ticked),
        "refs": " ".join(ref for ref in dict.fromkeys(refs) if ref in kept),  # in the order in which they were shown
        "most": MOST,
        "find": find,
        "urgencies": priority.URGENCIES,
        "found": search_events(operation, find) if find else [],
        "closed": actions.closed_to(who, operation.pk),
        "reason": request.POST.get("reason", ""),
        "form": form,
        **choices(form),
        "units": places.units(operation),
        "may_publish": who.may(Permission.DESK_EVENT_PUBLISH, operation.pk),
    }
    return render(request, "desk/selection_reports.html", context, status=status)


def _events(request: HttpRequest, operation: Operation, refs: Sequence[str], *, status: int = 200) -> HttpResponse:
    who = person(request)
    found = many.events_of(operation, refs)
    can = [event for event in found if event.merged_into is None]
    cannot = [
        Unfit(one.ref, quoted(one), f"It is part of {quoted(one.merged_into)}.") for one in found if one.merged_into
    ]
    context = {
        "stopped": status >= 400,
        "operation": operation,
        "list": _events_address(request, operation),
        "filter": _filter(request).query(),
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
