"""Whom to reach next about a message of one's own side, and the note of each try."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rapport.contacts.cases import reading, trying
from rapport.contacts.cases.going import SEND
from rapport.contacts.cases.models import Case, Dispatch
from rapport.contacts.members import Member
from rapport.contacts.page import at_work, common
from rapport.contacts.peers import sending
from rapport.desk.page import attempt, to
from rapport.errors import Refused
from rapport.operations.translated import translated


@require_GET
@at_work(SEND)
def tries(request: HttpRequest, who: Member, ref: str, message: str) -> HttpResponse:
    """Whom to reach next about a message of one's own, or by the step with the number `step`; each look is noted."""
    case, one = _message(who, ref, message)
    if not who.speaks_for(one.sender.actor):
        raise Http404("a message of the other side")
    now = timezone.now()
    try:
        plan = trying.plan(who, one, now)
    except Refused as refused:
        return render(
            request, "contacts/stopped.html", {**common(who), "problem": translated(refused.remedy)}, status=429
        )
    chosen = _number(request.GET.get("step", ""))
    number = chosen if 0 <= chosen < len(plan.steps) - 1 else plan.number
    step = plan.steps[number] if number is not None else None
    context = {
        **common(who),
        "case": case,
        "one": one,
        "machine": one.outbound.filter(received_at__isnull=False).exists(),
        "plan": plan,
        "row": sending.on_the_way([one]).get(one.pk),
        "step": step,
        "number": number,
        "now": now,
        "there": plan.there.get(step.target) if step else None,
        "later": number == plan.number and plan.next is not None and plan.next.at > now,
    }
    return render(request, "contacts/tries.html", context)


def _number(text: str) -> int:
    """Of a step, as an address or a form says it; -1 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1


@require_POST
@at_work(SEND)
def tried(request: HttpRequest, who: Member, ref: str, message: str) -> HttpResponse:
    """POST `step` (its number), `result`, `note`."""
    _unused, one = _message(who, ref, message)
    step, result, note = (request.POST.get(name, "") for name in ("step", "result", "note"))
    attempt(request, lambda: trying.note(who, one, _number(step), result, note), _("Noted."))
    return to("contacts_tries", who.operation.slug, ref, message)


def _message(who: Member, ref: str, message: str) -> tuple[Case, Dispatch]:
    case = get_object_or_404(reading.cases_of(who), ref=ref)
    return case, get_object_or_404(reading.dispatches(case), ref=message)
