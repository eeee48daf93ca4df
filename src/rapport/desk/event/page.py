"""One event on the desk: what it rests on, what it says, who decided what about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.permissions import Permission
from rapport.alerts import threads
from rapport.desk import actions, places
from rapport.desk import draft as drafts
from rapport.desk.books import shown_senders
from rapport.desk.draft import EventDraft
from rapport.desk.event import responding
from rapport.desk.forms import DraftForm, choices, initial
from rapport.desk.glass import pages as glass
from rapport.desk.naming import names
from rapport.desk.page import attempt, decisions_of, last_undoable, lines, local_time, one_event, to
from rapport.errors import Conflict
from rapport.events.models import Event, EventReport
from rapport.operations import fields
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.oversight.models import DecisionKind
from rapport.values import Publication, Response, Status

Word = TypeVar("Word", Publication, Status, Response)


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    return _page(request, one_event(operation, ref))


@require_POST
@needs(Permission.DESK_EVENT_EDIT)
@local_time
def edit(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    event = one_event(operation, ref)
    form = DraftForm(operation, request.POST)
    draft = form.draft(was=event.occurred_at, had=event.extra)
    if draft is None:
        return _page(request, event, form, status=400)
    seen = _time(form.cleaned_data["seen"])
    if seen is None:
        messages.error(request, "The form did not say which state of the event it changes: look, and save again.")
        return _page(request, event, DraftForm(operation, initial=_shown(event, draft)), status=400)
    named = form.to_remember(draft)
    try:
        with transaction.atomic():
            if named:
                names.remember(person(request), operation, named)
            actions.edit(person(request), event, draft, seen=seen)
    except Conflict as conflict:
        messages.warning(request, f"{conflict} What you wrote is below; save again to keep it.")
        event.refresh_from_db()
        form = DraftForm(operation, initial=_shown(event, draft))
        return _page(request, event, form, status=409)
    messages.success(request, "Saved.")
    return to("desk_event", operation.slug, ref)


@require_POST
@needs(Permission.DESK_EVENT_PUBLISH)
@local_time
def publish(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    event, reason = one_event(operation, ref), request.POST.get("reason", "")
    wanted = _choice(Publication, request.POST.get("publication", ""))
    if wanted is not None:
        said = f"The event is {wanted.value} now."
        attempt(request, lambda: actions.publish(person(request), event, wanted, reason), said)
    return to("desk_event", operation.slug, ref)


@require_POST
@needs(Permission.DESK_EVENT_EDIT)
@local_time
def set_status(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    event = one_event(operation, ref)
    reason, evidence = request.POST.get("reason", ""), request.POST.get("evidence", "")
    wanted = _choice(Status, request.POST.get("status", ""))
    if wanted is not None:
        said = f"The event is {wanted.value} now."
        if not attempt(request, lambda: actions.set_status(person(request), event, wanted, reason, evidence), said):
            typed = {"status": wanted.value, "reason": reason, "evidence": evidence}
            return _page(request, one_event(operation, ref), status=400, typed=typed)
    return to("desk_event", operation.slug, ref)


@require_POST
@needs(Permission.DESK_EVENT_EDIT)
@local_time
def respond(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    event, by = one_event(operation, ref), request.POST.get("by", "")
    wanted = _choice(Response, request.POST.get("response", ""))
    if wanted is not None:
        said = f"The response is {wanted.value} now."
        attempt(request, lambda: responding.respond(person(request), event, wanted, by), said)
    return to("desk_event", operation.slug, ref)


def _time(text: str) -> datetime | None:
    """A moment as our own form writes it, else None."""
    try:
        return parse_datetime(text)
    except ValueError:  # the thirteenth month
        return None


def _choice(kind: type[Word], text: str) -> Word | None:
    return kind(text) if text in set(kind) else None


def _page(
    request: HttpRequest,
    event: Event,
    form: DraftForm | None = None,
    *,
    status: int = 200,
    typed: Mapping[str, str] | None = None,
) -> HttpResponse:
    """`typed` is what stood in the form about the status, when it could not be done."""
    operation, who = event.operation, person(request)
    form = form or DraftForm(operation, initial=_shown(event, drafts.of_event(event)))
    links = (
        EventReport.objects.filter(event=event).select_related("report__source", "report__sender").order_by("report_id")
    )
    about = decisions_of(operation, who).filter(Q(event_id=event.pk) | Q(other_event_id=event.pk))
    history = lines(who, about)
    attached = {line.decision.report_id: line for line in history if line.report_ref and line.undoable}
    senders = shown_senders(operation.pk, [link.report_id for link in links])
    may_edit = who.may(Permission.DESK_EVENT_EDIT, operation.pk)
    closed = event.status in actions.closed_to(who, operation.pk)
    context = {
        "stopped": status >= 400 and not form.errors,  # what stands in the way is said by a message
        "operation": operation,
        "event": event,
        "reports": [{"report": link.report, "line": attached.get(link.report_id)} for link in links],
        "senders": senders,
        "enough_senders": senders is not None and senders >= actions.CORROBORATING_SENDERS,
        "form": form,
        "typed": typed or {},
        **choices(form),
        "extra": fields.shown(fields.stored(operation.extra_fields), event.extra),
        "units": places.units(operation),
        "history": history,
        "undo_key": last_undoable(history),
        "ladder": [line for line in history if line.decision.kind == DecisionKind.VERIFY],
        "next_step": _next_step(event, senders),
        "responses": list(Response),
        "open_since": responding.open_since(event) if links else None,
        "statuses": list(Status),
        "judged": [status.value for status in actions.JUDGED],
        "closed": closed,
        "alerts": threads.about_event(operation.pk, event.pk, timezone.now()),
        "may_alert": who.may(Permission.DESK_ALERT_DRAFT, operation.pk),
        "may_edit": may_edit,
        "may_rewrite": may_edit and not closed,
        "may_publish": who.may(Permission.DESK_EVENT_PUBLISH, operation.pk),
        "may_verify": who.may(Permission.DESK_EVENT_VERIFY, operation.pk),
        **glass.panel(who, event),
    }
    answer = render(request, "desk/event.html", context, status=status)
    add_never_cache_headers(answer)  # a form that could not be done shows the page too
    return answer


def _shown(event: Event, draft: EventDraft) -> dict[str, Any]:
    """What the form starts from: a draft, and which state of the event it was made from."""
    return {**initial(draft, event.operation.box), "seen": event.updated_at.isoformat()}


def _next_step(event: Event, senders: int | None) -> str:
    """What is needed for the next step of the ladder: unverified, corroborated, verified."""
    if senders is None:
        return "Counting independent senders is stopped here: nothing can be called corroborated now."
    told = f"Told by {senders} independent sender{'' if senders == 1 else 's'}"
    missing = actions.CORROBORATING_SENDERS - senders
    if event.status == Status.CORROBORATED and missing > 0:
        return f"{told}, {missing} too few: a sender was blocked since. Look at the status again."
    if event.status == Status.UNVERIFIED and missing > 0:
        return f"{told}. Corroborated needs {missing} more; verified needs a verifier, with reason and evidence."
    if event.status == Status.UNVERIFIED:
        return f"{told}: enough to call it corroborated. Verified needs a verifier, with reason and evidence."
    if event.status == Status.CORROBORATED:
        return f"{told}. Verified needs a verifier, with reason and evidence."
    return f"{told}. A verifier has judged it; only a verifier changes that."
