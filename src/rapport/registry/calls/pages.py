"""Readers' pages of calls for comment. They show Releases, never models; the form is open to everybody and does nothing
in anybody's name: no cookie, no CSRF token."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from rapport.desk.page import to, whole
from rapport.errors import Refused
from rapport.intake import limits, refusals
from rapport.intake.views import RETRY_AFTER
from rapport.operations import bodies
from rapport.operations.access import public
from rapport.operations.models import Operation
from rapport.registry.calls import commenting
from rapport.registry.calls.commenting import comment
from rapport.registry.calls.form import CommentForm
from rapport.registry.calls.model import SYNTHESIS, TEXT, CallRow, CommentRow, TextRow
from rapport.registry.calls.passages import by_outcome, pieces, placed
from rapport.registry.calls.releases import calls, comments, texts
from rapport.registry.models import Call, CallText, Comment
from rapport.registry.recommended import today_in
from rapport.registry.releases import shown
from rapport.registry.versions import changes
from rapport.sharing.readers import reader
from rapport.values import Reader, RowRelease

MAX_BYTES = 128 * 1024  # of a whole form


@public
@require_safe
def index(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Every call, the latest first."""
    given = calls(operation, reader(request, operation), Call.objects.order_by("-published_at", "-pk"))
    today = today_in(operation)
    context = {"operation": operation, "rows": [(one.row, one.row.takes_comments(today)) for one in given]}
    return render(request, "registry/calls.html", context)


@dataclass(frozen=True, slots=True)
class OfProvision:
    """A provision that a call is about, as the call's page lists it."""

    text: TextRow
    label: str
    shown: int  # comments
    minority: int
    outcomes: Sequence[tuple[str, int]]  # outcome → comments; "" for no answer yet


@public
@require_safe
def call(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """A call with its provisions, and how many comments had which outcome."""
    who = reader(request, operation)
    found = _call(operation, who, ref)
    said = comments(operation, who, Comment.objects.filter(call__ref=ref).order_by("pk"))
    labels = _labels(operation, who, found)
    latest = {one.row.code: one.row for one in texts(operation, who, _versions(ref, TEXT))}
    rows = [
        _of_provision(text, labels.get(code, ""), [one.row for one in said if one.row.code == code])
        for code, text in latest.items()
    ]
    context = {
        "operation": operation,
        "call": found,
        "open": found.takes_comments(today_in(operation)),
        "rows": rows,
        "not_shown": sum(bool(one.row.not_shown) for one in said),
    }
    return render(request, "registry/call.html", context)


def _of_provision(text: TextRow, label: str, said: Sequence[CommentRow]) -> OfProvision:
    there = [one for one in said if not one.not_shown]
    counts = Counter(one.outcome for one in there)
    order = sorted(counts.items(), key=lambda pair: (pair[0] == "", pair[0]))
    return OfProvision(text, label, len(there), sum(one.minority for one in there), order)


# --- one provision, its comments, and the form ---------------------------------------------------------------------


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache  # each copy of the form has a number of its own
@public
def provision(request: HttpRequest, operation: Operation, ref: str, code: str) -> HttpResponse:
    """Shows a text with what was said of it, and takes a comment. What was typed is shown again whenever it is not
    taken."""
    if request.method != "POST":
        return _page(request, operation, ref, code, _empty())
    try:
        bodies.size(request, MAX_BYTES)
    except Refused as refused:
        refusals.count(None, refused.reason)
        problem = gettext("This is too long to be read. Go back and shorten it.")
        return _page(request, operation, ref, code, _empty(), problem, refused.status)
    form = CommentForm(request.POST)
    try:
        limits.check_caller(request)
        limits.check_comments(operation.pk)
    except Refused as refused:
        refusals.count(None, refused.reason)
        problem = gettext("Too many came at once. What you wrote is still here: wait a minute and send it again.")
        return _page(request, operation, ref, code, form, problem, refused.status)
    return _take(request, operation, ref, code, form)


def _empty() -> CommentForm:
    return CommentForm(initial={"form_id": secrets.token_urlsafe(18)})


def _take(request: HttpRequest, operation: Operation, ref: str, code: str, form: CommentForm) -> HttpResponse:
    who = reader(request, operation)
    _call(operation, who, ref)
    number = whole(request.POST.get("version", "")) or 0
    rows = _versions(ref, TEXT).filter(call__operation=operation, code=code)
    if not texts(operation, who, rows):
        raise Http404("no such provision")
    text = get_object_or_404(rows.select_related("call__operation"), version=number)
    if not form.is_valid():
        refusals.count(None, "form_error")
        return _page(request, operation, ref, code, form, status=400)
    try:
        said = form.said(whole(request.POST.get("start", "")))
        made = comment(text, said, form.cleaned_data["form_id"])
    except Refused as refused:
        refusals.count(None, refused.reason)
        form.refused(refused)
        return _page(request, operation, ref, code, form, status=400)
    return to("registry_comment", operation.slug, made.ref)


def _page(
    request: HttpRequest,
    operation: Operation,
    ref: str,
    code: str,
    form: CommentForm,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    who = reader(request, operation)
    found = _call(operation, who, ref)
    versions = [one.row for one in texts(operation, who, _versions(ref, TEXT).filter(code=code))]
    if not versions:
        raise Http404("no such provision")
    text = versions[-1]
    said = comments(operation, who, _comments(ref, code))
    there = placed(text, said)
    context = {
        "operation": operation,
        "call": found,
        "open": found.takes_comments(today_in(operation)),
        "code": code,
        "label": _labels(operation, who, found).get(code, ""),
        "text": text,
        "pieces": pieces(text, there),
        "synthesis": _synthesis(operation, who, ref, code),
        "outcomes": list(by_outcome(there)),
        "minority": [one for one in there if one.row.minority],
        "others": [one for one in there if not one.row.minority],
        "not_shown": [one.row for one in said if one.row.not_shown],
        "form": form,
        "problem": problem,
        "outdated": form.is_bound and request.POST.get("version") != str(text.version),
        "longest": commenting,
    }
    response = render(request, "registry/call_provision.html", context, status=status)
    if status == 429:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


@never_cache
@public
@require_safe
def sent(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """What became of a comment, for whoever has its reference: nothing of what it says."""
    rows = Comment.objects.select_related("call", "text")
    found = get_object_or_404(rows, call__operation=operation, ref=ref)
    return render(request, "registry/comment_sent.html", {"operation": operation, "comment": found})


@public
@require_safe
def version(request: HttpRequest, operation: Operation, ref: str, code: str, version: int) -> HttpResponse:
    """One version of a text, with what is another than in the version before."""
    who = reader(request, operation)
    found = _call(operation, who, ref)
    given = {one.row.version: one.row for one in texts(operation, who, _versions(ref, TEXT).filter(code=code))}
    if version not in given:
        raise Http404("no such version")
    now, before = given[version], given.get(version - 1)
    context: dict[str, Any] = {
        "operation": operation,
        "call": found,
        "code": code,
        "label": _labels(operation, who, found).get(code, ""),
        "text": now,
        "before": before,
        "changes": changes(before.body, now.body) if before else [],
        "versions": sorted(given),
    }
    return render(request, "registry/call_version.html", context)


# --- what they have in common --------------------------------------------------------------------------------------


def _call(operation: Operation, who: Reader, ref: str) -> CallRow:
    given = calls(operation, who, Call.objects.filter(ref=ref))
    if not given:
        raise Http404("no such call")
    return given[0].row


def _versions(ref: str, kind: str) -> Any:
    return CallText.objects.filter(call__ref=ref, kind=kind).order_by("pk")


def _comments(ref: str, code: str) -> Any:
    """In the order in which they were shown, so that numbers on the page stay."""
    return Comment.objects.filter(call__ref=ref, text__code=code).order_by("published_at", "pk")


def _synthesis(operation: Operation, who: Reader, ref: str, code: str) -> RowRelease[TextRow] | None:
    given = texts(operation, who, _versions(ref, SYNTHESIS).filter(code=code))
    return given[-1] if given else None


def _labels(operation: Operation, who: Reader, found: CallRow) -> dict[str, str]:
    rows = shown(operation, who).of(found.framework)
    return {one.row.provision.code: one.row.provision.label for one in rows}
