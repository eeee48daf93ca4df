"""What one shift tells the next: a note at the top of the desk, and all earlier ones."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow
from rapport.desk.models import HandOver
from rapport.desk.page import local_time, queue_address
from rapport.desk.queue import late
from rapport.errors import Refused
from rapport.operations.access import needs, person
from rapport.operations.models import Operation

LONGEST = 4_000
PER_PAGE = 20
#: As much of a note as stands at the top of the desk until somebody wants all of it [ours: the queue stays in sight].
OPENING, OPENING_LINES = 280, 4


def write(who: Person, operation: Operation, text: str) -> HandOver:
    """A note under the person's name. The same words once more are the same note."""
    allow(who, Permission.DESK_REPORT_TRIAGE, operation.pk)
    text = text.strip()
    if not text or "\0" in text or len(text) > LONGEST:
        raise Refused("note", f"Write the note, 1 to {LONGEST} characters.", field="text")
    last = newest(operation)
    if last is not None and (last.person_id, last.text) == (who.pk, text):
        return last
    return HandOver.objects.create(operation=operation, person=who, text=text)


def opening(text: str) -> str:
    """The beginning of a long note, in whole words where it has any; "" for one that is short enough to stand whole."""
    lines = text.splitlines()
    whole, shown = "\n".join(lines), "\n".join(lines[:OPENING_LINES])
    if len(shown) > OPENING:
        cut = shown[: OPENING + 1]
        shown = cut[: cut.rfind(" ") if " " in cut[OPENING // 2 :] else OPENING]
    return f"{shown.rstrip()} …" if len(shown) < len(whole) else ""


def newest(operation: Operation) -> HandOver | None:
    return HandOver.objects.filter(operation=operation).select_related("person").order_by("-id").first()


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def notes(request: HttpRequest, operation: Operation) -> HttpResponse:
    """All notes, the newest first; POST: another one."""
    typed = request.POST.get("text", "")
    if request.method == "POST":
        try:
            write(person(request), operation, typed)
        except Refused as refused:
            messages.error(request, refused.remedy)
        else:
            messages.success(request, "The note stands at the top of the desk.")
            return HttpResponseRedirect(queue_address(request, operation))
    chosen = HandOver.objects.filter(operation=operation).select_related("person").order_by("-id")
    context = {
        "operation": operation,
        "late": late.notice(operation),
        "page": Paginator(chosen, PER_PAGE).get_page(request.GET.get("page")),
        "typed": typed,
        "longest": LONGEST,
        "may_decide": person(request).may(Permission.DESK_REPORT_TRIAGE, operation.pk),
    }
    return render(request, "desk/handover.html", context, status=400 if request.method == "POST" else 200)
