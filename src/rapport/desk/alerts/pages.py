"""The desk's pages of alerts: what is in force, drafts, and what a draft would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rapport.accounts.permissions import Permission
from rapport.alerts import threads
from rapport.alerts.draft import AlertDraft
from rapport.alerts.models import Alert, AlertMessage
from rapport.desk.alerts import actions
from rapport.desk.alerts.actions import DRAFT, ISSUE, digest
from rapport.desk.alerts.forms import AlertForm, cancelled, initial, placed, usual
from rapport.desk.alerts.outlook import outlook
from rapport.desk.page import attempt, local_time, one_event, to
from rapport.desk.places import units
from rapport.errors import Conflict, Refused
from rapport.events.items import items
from rapport.events.models import Event
from rapport.events.sketch import of_area
from rapport.formats.cap.model import MsgType
from rapport.operations.access import base_url, needs, person
from rapport.operations.models import Operation
from rapport.sharing.active import policy_of
from rapport.sharing.release import release_to
from rapport.values import Purpose, Release

PAST = 50  # alerts that are over, as the list shows them


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Every alert with where it stands."""
    now, who = timezone.now(), person(request)
    drafts = [(one, one.as_draft) for one in threads.waiting(operation.pk)]
    held = threads.held(operation.pk, now)
    over = threads.over(operation.pk, now).exclude(pk__in=held.order_by().values("pk"))[:PAST]
    context = {
        "operation": operation,
        "drafts": drafts,
        "held": [(one, one.standing(now), one.as_draft) for one in held],
        "over": [(one, one.standing(now), one.as_draft) for one in over],
        "drafted": {one.alert_id for one, _ in drafts},
        "may_draft": who.may(DRAFT, operation.pk),
        "two_people": operation.alerts.get("two_people"),
    }
    return render(request, "desk/alerts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(DRAFT)
@local_time
def new(request: HttpRequest, operation: Operation) -> HttpResponse:
    """A new alert; `event`, the reference of the event that it is about."""
    ref = request.GET.get("event", "")
    event = one_event(operation, ref) if ref else None
    seen = _as_the_public_reads(operation, event) if event else None
    if request.method == "POST":
        form = AlertForm(operation, MsgType.ALERT, request.POST)
        return _drafted(
            request, operation, form, lambda draft: actions.start(person(request), operation, draft, event),
            event=event, seen=seen,
        )  # fmt: skip
    form = AlertForm(operation, MsgType.ALERT, initial={**usual(), **_told(operation, seen)})
    return _form(request, operation, form, event=event, seen=seen)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(DRAFT)
@local_time
def update(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    return _following(request, operation, ref, MsgType.UPDATE)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(DRAFT)
@local_time
def cancel(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    return _following(request, operation, ref, MsgType.CANCEL)


def _following(request: HttpRequest, operation: Operation, ref: str, kind: MsgType) -> HttpResponse:
    alert = _alert(operation, ref)
    latest = get_object_or_404(threads.last(operation.pk), alert=alert)
    try:
        actions.check_held(alert, timezone.now())
    except Conflict as conflict:
        messages.warning(request, str(conflict))
        return to("desk_alerts", operation.slug)
    was = _to_cancel(alert, latest) if kind is MsgType.CANCEL else None
    said = latest.as_draft
    if request.method == "POST":
        form = AlertForm(operation, kind, request.POST, fixed=was, said=said)
        return _drafted(
            request, operation, form, lambda draft: actions.follow(person(request), alert, draft), alert=alert
        )
    shown = cancelled(said) if kind is MsgType.CANCEL else {**initial(said), "note": "", "expires": usual()["expires"]}
    return _form(request, operation, AlertForm(operation, kind, initial=shown, fixed=was, said=said), alert=alert)


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def draft(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """What a draft would be if it were issued now, and who would get it."""
    message = _draft(operation, number)
    if message.dropped_at is not None:
        messages.warning(request, "This draft was discarded.")
        return to("desk_alerts", operation.slug)
    if message.version is not None:
        return to("alert", operation.slug, message.alert.ref)
    who, said = person(request), message.as_draft
    look = outlook(operation, message, base_url(request), timezone.now())
    context = {
        "operation": operation,
        "message": message,
        "draft": said,
        "look": look,
        "outside": not operation.box.holds(said.spot.lon, said.spot.lat),
        "cap": look.data.decode(),
        "picture": of_area(operation, said.spot, said.rings()),
        "seen": actions.seen(message, look),
        "may_draft": who.may(DRAFT, operation.pk),
        "may_issue": who.may(ISSUE, operation.pk),
        "own": message.drafted_by_id == who.pk,
        "two_people": operation.alerts.get("two_people"),
    }
    return render(request, "desk/alert_draft.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(DRAFT)
@local_time
def change(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    message = _draft(operation, number)
    said = message.as_draft
    fixed = said if said.msg_type is MsgType.CANCEL else None
    if request.method == "POST":
        form = AlertForm(operation, said.msg_type, request.POST, fixed=fixed, said=said)
        return _drafted(
            request, operation, form,
            lambda draft: actions.rewrite(person(request), message, draft, request.POST.get("seen", "")),
            alert=message.alert, message=message,
        )  # fmt: skip
    shown = {**initial(said), "seen": digest(message)}
    form = AlertForm(operation, said.msg_type, initial=shown, fixed=fixed, said=said)
    return _form(request, operation, form, alert=message.alert, message=message)


@require_POST
@never_cache
@needs(ISSUE)
@local_time
def issue(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """POST `seen`: what its page showed."""
    message, seen = _draft(operation, number), request.POST.get("seen", "")
    said = "Issued. It is on its page and in the feeds from now on."
    done = attempt(request, lambda: actions.issue(person(request), message, seen, base_url(request)), said)
    return to("alert", operation.slug, message.alert.ref) if done else to("desk_alert_draft", operation.slug, number)


@require_POST
@never_cache
@needs(DRAFT)
@local_time
def drop(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    message = _draft(operation, number)
    attempt(request, lambda: actions.drop(person(request), message), "The draft is discarded; nobody got it.")
    return to("desk_alerts", operation.slug)


# --- what they have in common --------------------------------------------------------------------------------------


def _alert(operation: Operation, ref: str) -> Alert:
    found: Alert = get_object_or_404(Alert.objects.select_related("operation", "event"), operation=operation, ref=ref)
    return found


def _draft(operation: Operation, number: int) -> AlertMessage:
    drafts = AlertMessage.objects.select_related("alert__operation", "alert__event", "drafted_by")
    found: AlertMessage = get_object_or_404(drafts, alert__operation=operation, pk=number)
    return found


def _to_cancel(alert: Alert, latest: AlertMessage) -> AlertDraft:
    """The last message, with the time until which any of the thread counts: so long who read one must get this."""
    said = latest.as_draft
    last = max((one.expires for one in threads.replaced(alert, timezone.now()) if one.expires), default=said.expires)
    return replace(said, expires=max(last, said.expires))


def _as_the_public_reads(operation: Operation, event: Event) -> Release | None:
    """The event as everybody would get it in an alert: what an alert begins with holds nothing else."""
    policy = policy_of(operation.pk)
    item = items(operation, [event.pk], policy).get(event.pk)
    everybody = policy.protocol.audiences[-1]
    return release_to(policy, item, everybody, Purpose.ALERT, timezone.now()) if item else None


def _told(operation: Operation, seen: Release | None) -> Mapping[str, Any]:
    if seen is None:
        return {}
    told: dict[str, Any] = dict(placed(seen.place)) if seen.place else {}
    language = operation.language
    if seen.categories:
        told[f"event_{language}"] = seen.categories[0].names.get(language, "")[:60]
    told[f"headline_{language}"] = seen.title[:139]
    told[f"description_{language}"] = seen.summary
    return told


def _drafted(
    request: HttpRequest,
    operation: Operation,
    form: AlertForm,
    keep: Callable[[AlertDraft], AlertMessage],
    **more: Any,
) -> HttpResponse:
    """To the page of the draft, or the form again with what is wrong."""
    draft = form.draft()
    if draft is None:
        return _form(request, operation, form, status=422, **more)
    try:
        return to("desk_alert_draft", operation.slug, keep(draft).pk)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _form(request, operation, form, status=409, **more)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.remedy)
        return _form(request, operation, form, status=422, **more)


def _form(request: HttpRequest, operation: Operation, form: AlertForm, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "operation": operation,
        "form": form,
        "kind": form.kind,
        "units": units(operation),
        "tile_url": settings.TILE_URL,
        **more,
    }
    return render(request, "desk/alert_form.html", context, status=status)
