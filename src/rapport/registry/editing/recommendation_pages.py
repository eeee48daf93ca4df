"""The desk's pages of recommendations: which are overdue, what is drafted, what became of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, local_time, to
from rapport.errors import Conflict, Refused
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.registry.editing import recommendations
from rapport.registry.editing.recommendation_form import RecommendationForm, initial
from rapport.registry.editing.recommendations import EDIT, Draft, digest
from rapport.registry.models import Recommendation
from rapport.registry.recommended import DROPPED, OPEN, checked_provisions, today_in
from rapport.values import Publication

SOON = timedelta(days=30)  # [ours]
PAST = 100  # of those that have ended, as the list shows them


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Drafts, what is overdue, what comes next, what is to be looked at again, what has ended."""
    today = today_in(operation)
    groups = [(name, list(rows)) for name, rows in _groups(operation, today)]
    context = {
        "operation": operation,
        "today": today,
        "groups": groups,
        "any": any(rows for _, rows in groups),
        "may_edit": person(request).may(EDIT, operation.pk),
    }
    return render(request, "registry/desk_recommendations.html", context)


def _groups(operation: Operation, today: date) -> Iterator[tuple[str, QuerySet[Recommendation]]]:
    every = Recommendation.objects.filter(operation=operation).select_related("written_by").order_by("due_on", "pk")
    published = every.filter(publication=Publication.PUBLISHED.value)
    waits = published.filter(state=OPEN)
    yield "Drafts: nobody but the desk reads these", every.filter(publication=Publication.DRAFT.value, state=OPEN)
    yield "Overdue", waits.filter(due_on__lt=today)
    yield f"Due within {SOON.days} days", waits.filter(due_on__gte=today, due_on__lte=today + SOON)
    yield "Due later", waits.filter(due_on__gt=today + SOON)
    yield "To be looked at again", published.exclude(state=DROPPED).filter(review_on__lte=today)
    yield "Done, dropped, withdrawn", every.exclude(ended_at=None).order_by("-ended_at", "-pk")[:PAST]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(EDIT)
@local_time
def new(request: HttpRequest, operation: Operation) -> HttpResponse:
    """A new draft; `about`: the provision that it is about, as framework/code."""
    if request.method == "POST":
        form = RecommendationForm(operation, request.POST)
        return _drafted(
            request, operation, form, lambda draft: recommendations.write(person(request), operation, draft)
        )
    form = RecommendationForm(operation, initial={"about": request.GET.get("about", "")})
    return _form(request, operation, form)


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def one(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """One of them, as readers get or would get it, with what can be done about it."""
    return _one(request, operation, _found(operation, ref))


def _one(
    request: HttpRequest, operation: Operation, found: Recommendation, unkept: str = "", status: int = 200
) -> HttpResponse:
    """`unkept`: what somebody wrote and could not be kept. It is shown again: nobody has to write it twice."""
    context = {
        "operation": operation,
        "one": found,
        "unkept": unkept,
        "today": today_in(operation),
        "label": checked_provisions(operation).get((found.framework, found.code), ""),
        "seen": digest(found),
        "may_edit": person(request).may(EDIT, operation.pk),
    }
    return render(request, "registry/desk_recommendation.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(EDIT)
@local_time
def edit(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    found = _found(operation, ref)
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        return _drafted(
            request, operation, RecommendationForm(operation, request.POST),
            lambda draft: recommendations.rewrite(person(request), found, draft, seen), found,
        )  # fmt: skip
    form = RecommendationForm(operation, initial={**initial(found), "seen": digest(found)})
    return _form(request, operation, form, found)


@require_POST
@never_cache
@needs(EDIT)
@local_time
def publish(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `seen`: what its page showed."""
    found, seen = _found(operation, ref), request.POST.get("seen", "")
    said = "Published: it is on the readers' list from now on."
    attempt(request, lambda: recommendations.publish(person(request), found, seen), said)
    return to("desk_recommendation", operation.slug, ref)


@require_POST
@never_cache
@needs(EDIT)
@local_time
def end(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `state`, done or dropped, and `said`: how, or why."""
    state = request.POST.get("state", "")
    return _step(
        request, operation, ref,
        lambda who, found, said: recommendations.end(who, found, state, said), f"It is {state}.",
    )  # fmt: skip


@require_POST
@never_cache
@needs(EDIT)
@local_time
def reopen(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `said`: why."""
    return _step(request, operation, ref, recommendations.reopen, "It is open again.")


@require_POST
@never_cache
@needs(EDIT)
@local_time
def review(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `said`: what was found, and `review_on`: the day of the next look, or none."""
    day = request.POST.get("review_on", "")
    return _step(
        request, operation, ref,
        lambda who, found, said: recommendations.review(who, found, said, _day(day)), "What you found is kept.",
    )  # fmt: skip


@require_POST
@never_cache
@needs(EDIT)
@local_time
def withdraw(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `said`: why."""
    return _step(
        request, operation, ref, recommendations.withdraw, "Withdrawn: readers get only that there was one."
    )  # fmt: skip


# --- what they have in common --------------------------------------------------------------------------------------


def _step(
    request: HttpRequest,
    operation: Operation,
    ref: str,
    step: Callable[[Person, Recommendation, str], object],
    done: str,
) -> HttpResponse:
    """A step that takes some words, POST `said`. Where it is refused the page has them still."""
    found, said = _found(operation, ref), request.POST.get("said", "")
    if attempt(request, lambda: step(person(request), found, said), done):
        return to("desk_recommendation", operation.slug, ref)
    return _one(request, operation, _found(operation, ref), said, status=422)


def _found(operation: Operation, ref: str) -> Recommendation:
    known = Recommendation.objects.select_related("operation", "round", "written_by")
    found: Recommendation = get_object_or_404(known, operation=operation, ref=ref)
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Refused("review_on", "Choose a day, or none.", field="review_on") from error


def _drafted(
    request: HttpRequest,
    operation: Operation,
    form: RecommendationForm,
    keep: Callable[[Draft], Recommendation],
    found: Recommendation | None = None,
) -> HttpResponse:
    """To the page of the draft, or the form again with what is wrong."""
    if not form.is_valid():
        return _form(request, operation, form, found, status=422)
    try:
        return to("desk_recommendation", operation.slug, keep(form.draft).ref)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        theirs = _found(operation, found.ref) if found else None
        if theirs is None or theirs.publication != Publication.DRAFT.value:
            return _form(request, operation, form, found, status=409)
        form.look_at(digest(theirs))
        return _form(request, operation, form, found, theirs, status=409)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.remedy)
        return _form(request, operation, form, found, status=422)


def _form(
    request: HttpRequest,
    operation: Operation,
    form: RecommendationForm,
    found: Recommendation | None = None,
    theirs: Recommendation | None = None,
    status: int = 200,
) -> HttpResponse:
    """`theirs`: what somebody else has made of it meanwhile, to be seen above what was typed."""
    context: dict[str, Any] = {"operation": operation, "form": form, "one": found, "theirs": theirs}
    return render(request, "registry/desk_recommendation_form.html", context, status=status)
