"""The desk's pages of calls for comment: every call, a new one, and what is to be done about one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, local_time, to
from rapport.errors import Conflict, Refused
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.registry.calls import actions
from rapport.registry.calls.actions import RUN, missing, state, takes_comments
from rapport.registry.calls.desk_common import common, labels, one_call, rows
from rapport.registry.calls.desk_form import CallForm, NewCallForm
from rapport.registry.calls.model import SYNTHESIS, TEXT
from rapport.registry.holdings import frameworks
from rapport.registry.models import Call, CallText, Comment
from rapport.values import Publication

READ = Permission.DESK_REPORT_READ
#: Comments that one page shows at a time: the next come as these are decided about.
MOST = 50
_DRAFT, _PUBLISHED = Publication.DRAFT.value, Publication.PUBLISHED.value
_HELD = Q(comments__publication=_DRAFT)
_UNANSWERED = Q(comments__publication=_PUBLISHED, comments__outcome="")


@require_GET
@never_cache
@needs(READ)
@local_time
def index(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Every call, with what waits in it."""
    every = Call.objects.filter(operation=operation).order_by("-made_at").select_related("made_by", "operation")
    counted = every.annotate(
        held=Count("comments", filter=_HELD, distinct=True),
        unanswered=Count("comments", filter=_UNANSWERED, distinct=True),
    )
    context = {
        "operation": operation,
        "rows": [(one, takes_comments(one)) for one in counted],
        "may_run": person(request).may(RUN, operation.pk),
    }
    return render(request, "registry/desk_calls.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(RUN)
@local_time
def new(request: HttpRequest, operation: Operation) -> HttpResponse:
    """`framework`: of which provisions; without it those that there are to choose from."""
    found = frameworks(operation.pk)
    chosen = found.get(request.GET.get("framework", ""))
    if chosen is None:
        return render(request, "registry/desk_call_new.html", {"operation": operation, "frameworks": found.values()})
    form = NewCallForm(chosen, request.POST if request.method == "POST" else None)

    def keep() -> Call:
        codes = form.cleaned_data["codes"]
        return actions.open_call(person(request), operation, chosen.slug, codes, form.terms)

    return _kept(request, operation, form, keep, framework=chosen)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(RUN)
@local_time
def edit(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    call = one_call(operation, ref)
    typed = request.POST if request.method == "POST" else None
    now = {"title": call.title, "about": call.about, "closes_on": call.closes_on, "seen": state(call)}
    form = CallForm(typed, initial=now)

    def keep() -> Call:
        return actions.change(person(request), call, form.terms, request.POST.get("seen", ""))

    return _kept(request, operation, form, keep, call=call)


def _kept(
    request: HttpRequest, operation: Operation, form: CallForm, keep: Callable[[], Call], **more: Any
) -> HttpResponse:
    """To the page of the call, or the form again with what is wrong."""
    status = 200 if request.method != "POST" else 422
    if form.is_bound and form.is_valid():
        try:
            return to("desk_call", operation.slug, keep().ref)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
            status = 409
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.remedy)
    context = {"operation": operation, "form": form, **more}
    return render(request, "registry/desk_call_form.html", context, status=status)


# --- a call --------------------------------------------------------------------------------------------------------


@require_GET
@never_cache
@needs(READ)
@local_time
def show(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """What waits to be looked at, what has no answer, and each text."""
    call = one_call(operation, ref)
    there = Comment.objects.filter(call=call).select_related("text").order_by("pk")
    held = there.filter(publication=_DRAFT)
    unanswered = there.filter(publication=_PUBLISHED, outcome="")
    context = {
        **common(request, call),
        "held": rows(held[:MOST]),
        "held_count": held.count(),
        "unanswered": rows(unanswered[:MOST]),
        "unanswered_count": unanswered.count(),
        "provisions": _provisions(call),
        "missing": missing(call),
    }
    return render(request, "registry/desk_call.html", context)


@dataclass(frozen=True, slots=True)
class Provision:
    """A provision of a call, and what is to be done about it."""

    text: CallText
    label: str
    shown: int
    unanswered: int
    summed_up: bool


def _provisions(call: Call) -> list[Provision]:
    texts = {one.code: one for one in CallText.objects.filter(call=call, kind=TEXT).order_by("pk")}
    written = set(CallText.objects.filter(call=call, kind=SYNTHESIS).values_list("code", flat=True))
    shown = Comment.objects.filter(call=call, publication=_PUBLISHED)
    counted = shown.values("text__code").annotate(every=Count("pk"), waiting=Count("pk", filter=Q(outcome="")))
    counts = {one["text__code"]: (one["every"], one["waiting"]) for one in counted}
    names = labels(call)
    return [
        Provision(one, names.get(code, ""), *counts.get(code, (0, 0)), code in written) for code, one in texts.items()
    ]


@require_POST
@never_cache
@needs(RUN)
@local_time
def publish(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `seen`: what its page showed."""
    call, seen = one_call(operation, ref), request.POST.get("seen", "")
    said = "Published: anybody can comment from now on."
    attempt(request, lambda: actions.publish(person(request), call, seen), said)
    return to("desk_call", operation.slug, ref)


@require_POST
@never_cache
@needs(RUN)
@local_time
def close(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    call = one_call(operation, ref)
    attempt(request, lambda: actions.close(person(request), call), "Closed: no comment is taken any more.")
    return to("desk_call", operation.slug, ref)


@require_POST
@never_cache
@needs(RUN)
@local_time
def publish_synthesis(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `seen`: what its page showed."""
    call, seen = one_call(operation, ref), request.POST.get("seen", "")
    said = "The synthesis is published, above the comments that it sums up."
    attempt(request, lambda: actions.publish_synthesis(person(request), call, seen), said)
    return to("desk_call", operation.slug, ref)
