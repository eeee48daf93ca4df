"""The desk's page of one provision of a call: its text, its synthesis, every comment on it; and what people decide
about a comment."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, back, local_time, to
from rapport.errors import Conflict, Refused
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.registry.calls import actions, moderation
from rapport.registry.calls.actions import EDIT, last_text, state_of
from rapport.registry.calls.desk_common import Typed, common, labels, one_call, rows
from rapport.registry.calls.model import SYNTHESIS, TEXT
from rapport.registry.models import Call, CallText, Comment


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation, ref: str, code: str) -> HttpResponse:
    return _page(request, one_call(operation, ref), code)


@require_POST
@never_cache
@needs(EDIT)
@local_time
def write(request: HttpRequest, operation: Operation, ref: str, code: str, kind: str) -> HttpResponse:
    """POST `body`, and `seen`: what the page showed. What was typed is shown again where it is not kept."""
    call, body = one_call(operation, ref), request.POST.get("body", "")
    try:
        made = actions.write(person(request), call, kind, code, body, request.POST.get("seen", ""))
    except (Refused, Conflict) as wrong:
        return _page(request, call, code, unkept=Unkept(kind, body, _sentence(wrong)))
    messages.success(request, f"Saved: the {kind} about {code}, version {made.version}.")
    return to("desk_call_provision", operation.slug, ref, code)


@dataclass(frozen=True, slots=True)
class Unkept:
    """A text that was not kept, and why."""

    kind: str
    body: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Writing:
    """A text as its form shows it: `last` is what it says now."""

    kind: str
    last: CallText | None
    seen: str
    body: str
    wrong: str = ""


def _writing(call: Call, code: str, kind: str, unkept: Unkept | None) -> Writing:
    last = last_text(call, kind, code)
    if unkept is not None and unkept.kind == kind:
        return Writing(kind, last, state_of(last), unkept.body, unkept.wrong)
    return Writing(kind, last, state_of(last), last.body if last else "")


def _page(
    request: HttpRequest, call: Call, code: str, *, unkept: Unkept | None = None, typed: Typed | None = None
) -> HttpResponse:
    get_object_or_404(CallText, call=call, kind=TEXT, code=code, version=1)
    there = Comment.objects.filter(call=call, text__code=code).select_related("text", "answered_by").order_by("pk")
    context = {
        **common(request, call),
        "code": code,
        "label": labels(call).get(code, ""),
        "text": _writing(call, code, TEXT, unkept),
        "synthesis": _writing(call, code, SYNTHESIS, unkept),
        "rows": rows(there, typed),
        "most": actions.BODY_LENGTH,
    }
    return render(request, "registry/desk_call_provision.html", context, status=422 if unkept or typed else 200)


# --- comments ------------------------------------------------------------------------------------------------------


@require_POST
@never_cache
@needs(EDIT)
@local_time
def show_comment(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `seen`: what the page showed."""
    found, seen = _comment(operation, ref), request.POST.get("seen", "")
    attempt(request, lambda: moderation.show(person(request), found, seen), f"Comment {ref} is shown.")
    return _back(request, found)


@require_POST
@never_cache
@needs(EDIT)
@local_time
def not_show_comment(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `reason`, and `seen`."""
    found, reason, seen = _comment(operation, ref), request.POST.get("reason", ""), request.POST.get("seen", "")
    said = f"Comment {ref} is not shown; its reason is."
    attempt(request, lambda: moderation.not_show(person(request), found, reason, seen), said)
    return _back(request, found)


@require_POST
@never_cache
@needs(EDIT)
@local_time
def mark_comment(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `minority`, 1 or nothing, and `seen`."""
    found, minority, seen = _comment(operation, ref), bool(request.POST.get("minority")), request.POST.get("seen", "")
    said = f"Comment {ref} is kept as a minority view." if minority else f"Comment {ref} is one among the others."
    attempt(request, lambda: moderation.mark(person(request), found, minority, seen), said)
    return _back(request, found)


@require_POST
@never_cache
@needs(EDIT)
@local_time
def answer_comment(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `outcome`, `answer` and `seen`. What was typed is shown again where it is not kept."""
    found, seen = _comment(operation, ref), request.POST.get("seen", "")
    outcome, answer = request.POST.get("outcome", ""), request.POST.get("answer", "")
    try:
        moderation.answer(person(request), found, outcome, answer, seen)
    except (Refused, Conflict) as wrong:
        typed = Typed(ref, outcome, answer, _sentence(wrong))
        return _page(request, found.call, found.text.code, typed=typed)
    messages.success(request, f"Comment {ref} is answered.")
    return _back(request, found)


def _comment(operation: Operation, ref: str) -> Comment:
    rows = Comment.objects.select_related("call__operation", "text")
    found: Comment = get_object_or_404(rows, call__operation=operation, ref=ref)
    return found


def _back(request: HttpRequest, comment: Comment) -> HttpResponse:
    return back(request, reverse("desk_call", args=[comment.call.operation.slug, comment.call.ref]))


def _sentence(wrong: Refused | Conflict) -> str:
    return wrong.remedy if isinstance(wrong, Refused) else str(wrong)
