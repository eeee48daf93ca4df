"""The form by which a person decides about a report, and what follows from each of its buttons."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import actions, places
from rapport.desk.books import PLACING, standing_decisions
from rapport.desk.draft import EventDraft
from rapport.desk.forms import DraftForm, filled_in, typed_again
from rapport.desk.line import done_before, in_place
from rapport.desk.naming import names
from rapport.desk.page import (
    back,
    local_time,
    one_event,
    one_report,
    queue_address,
    to,
    whole,
)
from rapport.desk.queue import leases, translators
from rapport.desk.queue.pages import go_on
from rapport.desk.report import parts
from rapport.desk.report.finding import UNSEEN
from rapport.desk.report.page import BUTTON, Candidate, first_draft, page
from rapport.desk.report.spots import spot_of
from rapport.desk.templatetags.desk import called
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events.models import Event
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.oversight.models import DecisionKind
from rapport.reports.models import Report, Suggestion, SuggestionKind
from rapport.values import Precision, Publication, Spot

NOT_FOUND = (
    "No place has this name: try a shorter piece of it. Or set its point by latitude and longitude, and tick “Remember "
    "this name”."
)


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    report = one_report(operation, ref)
    return page(request, report, DraftForm(operation, initial=first_draft(report)))


@require_POST
@needs(Permission.DESK_REPORT_TRIAGE)
@local_time
def accept(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """Makes an event of it. The buttons that only fill in a place come here too, so that they work without script."""
    report = one_report(operation, ref)
    if "look" in request.POST or "use" in request.POST:
        return _fill_place(request, report)
    form = DraftForm(operation, request.POST)
    draft = form.draft()
    if draft is not None and not (draft.title or draft.categories):
        form.add_error("title", "Choose a category or write a title: readers must see what it is about.")
        draft = None
    if draft is None:
        return page(request, report, form, status=400)
    publish = request.POST.get("publish") == "1"
    suggestion = _kept(report, draft, form.cleaned_data["suggestion"])

    named = form.to_remember(draft)

    def act() -> Event:
        with transaction.atomic():
            if named:  # first, so that the last thing done, which one key undoes, is the acceptance
                names.remember(person(request), operation, named, report.pk)
            return actions.accept(person(request), report, draft, publish, suggestion)

    return _decide(request, report, DecisionKind.ACCEPT, act, "Published" if publish else "Saved as a draft", form)


@require_POST
@needs(Permission.DESK_REPORT_TRIAGE)
@local_time
def attach(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    report = one_report(operation, ref)
    event = one_event(operation, request.POST.get("event", ""))
    suggestion = report.suggestions.filter(pk=whole(request.POST.get("suggestion", "")) or 0).first()

    def act() -> Event:
        return actions.attach(person(request), report, event, suggestion)

    return _decide(request, report, DecisionKind.ATTACH, act, "Attached to")


@require_POST
@needs(Permission.DESK_REPORT_TRIAGE)
@local_time
def reject(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    report = one_report(operation, ref)
    reason = request.POST.get("reason", "")
    if not reason.strip():
        messages.error(request, "Write the reason: whoever looks at this later must understand it.")
        return to("desk_report", operation.slug, ref)
    request.session[f"reject-{operation.pk}"] = reason.strip()[:200]
    return _decide(
        request, report, DecisionKind.REJECT, lambda: actions.reject(person(request), report, reason), "Rejected"
    )


@require_POST
@needs(Permission.DESK_REPORT_TRANSLATE)
@local_time
def translate(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    report = one_report(operation, ref)
    language, text = request.POST.get("language", ""), request.POST.get("text", "")
    wrong = ""
    kept = report.translations.filter(language=language, text=text.strip(), person=person(request))
    if not done_before(request) and not kept.exists():
        try:
            actions.translate(person(request), report, language, text)
        except Refused as refused:
            wrong = refused.remedy
    if in_place(request):
        return parts.answer(request, parts.TRANSLATIONS, report, person(request), wrong=wrong, typed_text=text)
    if wrong:
        messages.error(request, wrong)
        form = DraftForm(operation, initial=first_draft(report))
        return page(request, report, form, status=400, more={"typed_text": text})
    messages.success(request, "Translation saved.")
    if _from_translators(request):
        leases.release(person(request), report)
        return translators.go_on(request, operation)
    return to("desk_report", operation.slug, ref)


@require_POST
@needs(Permission.DESK_REPORT_TRANSLATE)
@local_time
def take(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """Held for this person from now on: to decide about it, or to translate it if they come from there."""
    translates = _from_translators(request)
    purpose = Permission.DESK_REPORT_TRANSLATE if translates else Permission.DESK_REPORT_TRIAGE
    try:
        leases.take(person(request), one_report(operation, ref), purpose)
    except Conflict as conflict:
        messages.warning(request, str(conflict))
    return translators.to_report(operation, ref) if translates else to("desk_report", operation.slug, ref)


@require_POST
@needs(Permission.DESK_REPORT_TRANSLATE)
@local_time
def release(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """Whoever holds it leaves it, whatever they held it for."""
    leases.release(person(request), one_report(operation, ref))
    if _from_translators(request):
        return to("desk_translators", operation.slug)
    return back(request, queue_address(request, operation))


def _from_translators(request: HttpRequest) -> bool:
    return request.POST.get("from") == "translators"


def _kept(report: Report, draft: EventDraft, suggestion_id: int | None) -> Suggestion | None:
    """The suggestion that the form names, if its place was used as it was suggested."""
    named = report.suggestions.filter(pk=suggestion_id or 0, kind=SuggestionKind.PLACE).first()
    return named if named and draft.spot is not None and spot_of(named.value) == draft.spot else None


# --- deciding ------------------------------------------------------------------------------------------------------


def _decide(
    request: HttpRequest,
    report: Report,
    kind: DecisionKind,
    act: Callable[[], Event | None],
    said: str,
    form: DraftForm | None = None,
) -> HttpResponse:
    """Does it and goes on with the next report. A form sent twice has the same effect as once; if somebody else was
    first, or the person may not, what was typed stays on the page."""
    try:
        event = act()
    except (Conflict, NotAllowed) as hindrance:
        if _mine_already(person(request), report, kind):
            return go_on(request, report.operation)
        messages.warning(request, str(hindrance))
        report.refresh_from_db()
        form = form or DraftForm(report.operation, initial=first_draft(report))
        return page(request, report, form, status=403 if isinstance(hindrance, NotAllowed) else 409)
    if event is not None and event.publication == Publication.WITHDRAWN:
        messages.warning(request, f"{said}: {called(event)}. {UNSEEN}")
    else:
        messages.success(request, f"{said}: {called(event)}." if event else f"{said}.")
    return go_on(request, report.operation)


def _mine_already(who: Person, report: Report, kind: DecisionKind) -> bool:
    """Whether the person has just decided the same: the button was pressed twice."""
    placing = standing_decisions(report.operation_id).filter(report_id=report.pk, kind__in=PLACING)
    last = placing.order_by("id").last()
    return last is not None and last.person_id == who.pk and last.kind == kind


# --- places without script -----------------------------------------------------------------------------------------


def _fill_place(request: HttpRequest, report: Report) -> HttpResponse:
    """The same form again, with the place that was chosen, or with the places that have the name typed."""
    typed = request.POST.copy()
    found: list[Candidate] = []
    if "use" in typed:
        _use(typed, str(typed["use"]))
    else:
        spots = places.search(report.operation, typed.get("place_name", ""))
        found = [Candidate(spot, ["by its name"]) for spot in spots]
        if not found:
            messages.info(request, NOT_FOUND)
    form = DraftForm(report.operation, initial=typed_again(report.operation, typed))
    return page(request, report, form, found_places=found)


def _use(typed: Any, chosen: str) -> None:
    """Writes the place of a button into what was typed."""
    parts = chosen.split("|", len(BUTTON) - 1)
    if len(parts) == len(BUTTON):
        for name, value in zip(BUTTON, parts, strict=True):
            typed[name] = value
        with suppress(ValueError):  # what is no number is said when the form is sent
            spot = Spot(float(typed["lon"]), float(typed["lat"]), Precision.EXACT, 0, typed["place_name"])
            typed["filled_in"] = filled_in(spot)
