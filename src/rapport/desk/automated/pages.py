"""The desk's page of automated functions: switches for whoever may stop them, and what people contested."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk.automated import actions, contests, state
from rapport.desk.page import local_time, to
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.oversight import register, switches
from rapport.oversight.models import Contest

PER_PAGE = 30


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    return _page(request, operation)


def _page(request: HttpRequest, operation: Operation, *, status: int = 200, **typed: object) -> HttpResponse:
    """`typed`: what stood in the form that could not be done (`reason` of `function`, `answer` of `contest`), and what
    is `wrong` with it."""
    who = person(request)
    page = Paginator(contests.open_ones(operation), PER_PAGE).get_page(request.GET.get("page"))
    done = list(contests.answered(operation)[:PER_PAGE])
    rows = state.rows(operation)
    context = {
        "operation": operation,
        "rows": [(row, who.may(row.function.stop, operation.pk)) for row in rows],
        "stopped_now": [row.function for row in rows if row.stop],
        "page": page,
        "open": contests.listed(operation, list(page.object_list)),
        "answered": contests.listed(operation, done),
        "may_answer": who.may(Permission.DESK_CONTEST_ANSWER, operation.pk),
        "longest": switches.LONGEST_REASON,
        **typed,
    }
    return render(request, "desk/automated.html", context, status=status)


@require_POST
@needs(Permission.DESK_REPORT_READ)
@local_time
def stop(request: HttpRequest, operation: Operation, function: str) -> HttpResponse:
    """POST `reason`. Which permission it takes stands with the function in the register."""
    name, reason = _named(function), request.POST.get("reason", "")
    said = f"“{name}” is stopped here. Every part of rapport knows of it within a few seconds."
    return _done(request, operation, lambda: actions.stop(person(request), operation, function, reason), said, function)


@require_POST
@needs(Permission.DESK_REPORT_READ)
@local_time
def resume(request: HttpRequest, operation: Operation, function: str) -> HttpResponse:
    """POST `reason`."""
    name, reason = _named(function), request.POST.get("reason", "")

    def act() -> None:
        if again := actions.resume(person(request), operation, function, reason):
            messages.info(request, f"{again} reports that came meanwhile are read again, when there is time.")

    return _done(request, operation, act, f"“{name}” works here again.", function)


def _named(function_id: str) -> str:
    found = register.find(function_id)
    if found is None:
        raise Http404("no such automated function")
    return found.name


def _done(
    request: HttpRequest, operation: Operation, act: Callable[[], object], said: str, function_id: str
) -> HttpResponse:
    """Does it and says so; what was typed is shown again where it cannot be done. NotAllowed is everybody's page."""
    reason = request.POST.get("reason", "")
    try:
        act()
    except NotAllowed:
        raise
    except Conflict as conflict:
        messages.warning(request, str(conflict))
    except Refused as refused:
        return _page(request, operation, status=400, function=function_id, reason=reason, wrong=refused.remedy)
    else:
        messages.success(request, said)
    return to("desk_automated", operation.slug)


@require_POST
@needs(Permission.DESK_CONTEST_ANSWER)
@local_time
def answer(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """POST `answer`: whoever contested reads it."""
    contest = get_object_or_404(Contest, operation=operation, pk=number)
    text = request.POST.get("answer", "")
    try:
        contests.answer(person(request), contest, text)
    except Refused as refused:
        return _page(request, operation, status=400, contest=contest.pk, answer=text, wrong=refused.remedy)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
    else:
        messages.success(request, "Answered. Whoever contested it reads this under their reference.")
    return to("desk_automated", operation.slug)
