"""One report on the desk: what was said, what machines make of it, and the form by which a person decides."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk import actions, leases, parts, places, translators
from rapport.desk.books import PLACING, standing_decisions
from rapport.desk.draft import EventDraft, check_spot
from rapport.desk.finding import live_events, search_events, usual_categories
from rapport.desk.forms import DraftForm, choices, filled_in, placed, typed_again
from rapport.desk.page import back, decisions_of, in_place, last_undoable, lines, local_time, recent, to
from rapport.desk.queue import go_on
from rapport.desk.rules import clean_line
from rapport.desk.templatetags.desk import called
from rapport.errors import Conflict, Refused
from rapport.events.models import Event, EventReport
from rapport.operations import asking, fields
from rapport.operations.access import needs, person
from rapport.operations.models import Category, Operation
from rapport.oversight.models import DecisionKind
from rapport.reports.models import Report, Standing, Suggestion, SuggestionKind
from rapport.values import DEFAULT_RADIUS_M, Precision, Spot

NEAR = 8  # reports shown beside
QUICK = 9  # categories under the number keys
SHIFT_S = 8 * 3600  # how long these stay the same
#: Why no event is made of a report, ready to choose; the first is offered before somebody has rejected anything.
REASONS = (
    "No information that can be acted upon",
    "Not about this crisis",
    "A test message",
    "Advertisement",
    "Abuse",
)
_BUTTON = ("lon", "lat", "precision", "radius_m", "pcode", "suggestion", "place_name")


@dataclass(frozen=True, slots=True)
class Near:
    """A report that says nearly the same, where it stands, and why a machine thinks so."""

    report: Report
    event: Event | None
    score: float
    reasons: Sequence[str]
    suggestion_id: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be meant, and why."""

    spot: Spot
    reasons: Sequence[str]
    suggestion_id: int | None = None
    score: float | None = None

    @property
    def button(self) -> str:
        """The value of the button that uses it: the fields of the form in the order of _BUTTON."""
        spot = self.spot
        values = (
            spot.lon,
            spot.lat,
            int(spot.precision),
            spot.radius_m,
            spot.pcode,
            self.suggestion_id or "",
            spot.name,
        )
        return "|".join(map(str, values))


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

    def act() -> Event:
        return actions.accept(person(request), report, draft, publish, suggestion)

    return _decide(request, report, DecisionKind.ACCEPT, act, "Published" if publish else "Saved as a draft", form)


@require_POST
@needs(Permission.DESK_REPORT_TRIAGE)
@local_time
def attach(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    report = one_report(operation, ref)
    event = get_object_or_404(Event, operation=operation, ref=request.POST.get("event", "").strip().lower())
    suggestion = report.suggestions.filter(pk=_number(request.POST.get("suggestion", ""))).first()

    def act() -> Event:
        actions.attach(person(request), report, event, suggestion)
        return event

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
    if not report.translations.filter(language=language, text=text.strip(), person=person(request)).exists():
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
    if request.POST.get("from") == "translators":
        leases.release(person(request), report)
        return translators.go_on(request, operation)
    return to("desk_report", operation.slug, ref)


@require_POST
@needs(Permission.DESK_REPORT_TRIAGE)
@local_time
def take(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    try:
        leases.take(person(request), one_report(operation, ref))
    except Conflict as conflict:
        messages.warning(request, str(conflict))
    return to("desk_report", operation.slug, ref)


@require_POST
@needs(Permission.DESK_REPORT_TRIAGE)
@local_time
def release(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    leases.release(person(request), one_report(operation, ref))
    return back(request, f"/{operation.slug}/desk/")


def one_report(operation: Operation, ref: str) -> Report:
    return get_object_or_404(
        Report.objects.select_related("operation", "source", "sender"), operation=operation, ref=ref
    )


def _kept(report: Report, draft: EventDraft, suggestion_id: int | None) -> Suggestion | None:
    """The suggestion that the form names, if its place was used as it was suggested."""
    named = report.suggestions.filter(pk=suggestion_id or 0, kind=SuggestionKind.PLACE).first()
    return named if named and draft.spot is not None and spot_of(named.value) == draft.spot else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


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
    first, what was typed stays on the page."""
    try:
        event = act()
    except Conflict as conflict:
        if _mine_already(person(request), report, kind):
            return go_on(request, report.operation)
        messages.warning(request, str(conflict))
        report.refresh_from_db()
        return page(request, report, form or DraftForm(report.operation, initial=first_draft(report)), status=409)
    messages.success(request, f"{said}: {called(event)}." if event else f"{said}.")
    return go_on(request, report.operation)


def _mine_already(who: Person, report: Report, kind: DecisionKind) -> bool:
    """Whether the person has just decided the same: the button was pressed twice."""
    placing = standing_decisions(report.operation_id).filter(report_id=report.pk, kind__in=PLACING)
    last = placing.order_by("id").last()
    return last is not None and last.person_id == who.pk and last.kind == kind


# --- what the page shows -------------------------------------------------------------------------------------------


def page(
    request: HttpRequest,
    report: Report,
    form: DraftForm,
    *,
    status: int = 200,
    found_places: Sequence[Candidate] = (),
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The whole page; `more` holds what was typed in its smaller forms and could not be done."""
    operation, who = report.operation, person(request)
    suggestions = list(report.suggestions.order_by("-score", "id"))
    lease = leases.holder(report) if report.standing == Standing.WAITING else None
    shown = recent(who, operation)
    find = request.GET.get("find", "").strip()[:100]
    context = {
        "operation": operation,
        "report": report,
        "waiting": report.standing == Standing.WAITING,
        "link": EventReport.objects.select_related("event").filter(report=report).first(),
        **parts.everything(report, who),
        "fields": list(report.fields.items()),
        "extra": fields.shown(fields.stored(operation.extra_fields), report.extra),
        "spoken": [s for s in suggestions if s.kind == SuggestionKind.LANGUAGE],
        "form": form,
        "choices": choices(form, _suggested_categories(suggestions)),
        "quick": _quick(request, operation),
        "candidates": [*found_places, *_candidates(report, suggestions)],
        "units": places.units(operation),
        "near": _near(suggestions),
        "events": _event_candidates(operation, suggestions),
        "find": find,
        "found": search_events(operation, find) if find else [],
        "lease": lease,
        "mine": lease is not None and lease.person_id == who.pk,
        "others": lease is not None and lease.person_id != who.pk,
        "history": lines(who, decisions_of(operation).filter(report_id=report.pk)),
        "recent": shown,
        "undo_key": last_undoable(shown),
        "may_decide": who.may(Permission.DESK_REPORT_TRIAGE, operation.pk),
        "may_publish": who.may(Permission.DESK_EVENT_PUBLISH, operation.pk),
        "reasons": REASONS,
        "again": request.session.get(f"reject-{operation.pk}", REASONS[0]),
        "for_translators": request.GET.get("from") == "translators",
        **(more or {}),
    }
    return render(request, "desk/report.html", context, status=status)


def _quick(request: HttpRequest, operation: Operation) -> list[Category]:
    """The categories under the number keys: the same for a whole shift, so that fingers can learn them."""
    key = f"quick-{operation.pk}"
    until, codes = request.session.get(key, (0, []))
    known = {category.code: category for category in operation.categories.all()}
    if time.time() > until or not known.keys() >= set(codes):
        codes = usual_categories(operation, QUICK)
        request.session[key] = (time.time() + SHIFT_S, codes)
    return [known[code] for code in codes]


def first_draft(report: Report) -> dict[str, Any]:
    """What the form starts from: what the sender said, and the best suggested place, shown as such. A place outside the
    operation is offered and not filled in."""
    known = set(report.operation.categories.values_list("code", flat=True))
    candidates = _candidates(report, list(report.suggestions.order_by("-score", "id")))
    first = next((one for one in candidates if report.operation.box.holds(one.spot.lon, one.spot.lat)), None)
    return {
        "categories": [code for code in report.categories_said if code in known],
        "occurred_at": report.sent_at or report.received_at,
        "suggestion": first.suggestion_id if first else None,
        **asking.initial(report.extra),
        **placed(first.spot if first else None),
    }


def _candidates(report: Report, suggestions: Sequence[Suggestion]) -> list[Candidate]:
    """The places that may be meant, each point once, the likeliest first. The coordinates that came with a report are
    among the suggestions, put right where they were swapped; they stand here as they came only where there are none."""
    found: dict[tuple[float, float, Precision], Candidate] = {}
    for s in suggestions:
        spot = spot_of(s.value) if s.kind == SuggestionKind.PLACE else None
        if spot is not None:
            found.setdefault((spot.lon, spot.lat, spot.precision), Candidate(spot, s.reasons, s.pk, s.score))
    return list(found.values()) or _as_it_came(report)


def _as_it_came(report: Report) -> list[Candidate]:
    """The coordinates of a report for which nothing is suggested (yet), if they can be meant."""
    if report.lon is None or report.lat is None:
        return []
    precision = Precision.LOCALITY
    name = clean_line(report.place_said)
    spot = Spot(report.lon, report.lat, precision, DEFAULT_RADIUS_M[precision], name)
    try:
        check_spot(report.operation.box, spot, outside_confirmed=True)
    except Refused:
        return []
    return [Candidate(spot, ["the coordinates that came with the report"])]


def spot_of(value: Mapping[str, Any]) -> Spot | None:
    """The place in a suggestion's value; None if it names one without coordinates. Its name may be the sender's words:
    it is empty if it would show how to reach a person."""
    lon, lat = value.get("lon"), value.get("lat")
    if lon is None or lat is None:
        return None
    precision = Precision(value.get("precision") or Precision.LOCALITY)
    radius = value.get("radius_m") or DEFAULT_RADIUS_M[precision]
    name = clean_line(value.get("name", ""))
    return Spot(float(lon), float(lat), precision, int(radius), name, value.get("pcode", ""))


def _suggested_categories(suggestions: Sequence[Suggestion]) -> dict[str, str]:
    """Code → why a machine suggests it."""
    return {
        s.value.get("code", ""): ", ".join(map(str, s.reasons)) or "suggested"
        for s in suggestions
        if s.kind == SuggestionKind.CATEGORY
    }


def _near(suggestions: Sequence[Suggestion]) -> list[Near]:
    chosen = [s for s in suggestions if s.kind == SuggestionKind.NEAR_DUPLICATE][:NEAR]
    there = Report.objects.exclude(standing=Standing.WITHDRAWN).select_related("link__event")
    reports = there.in_bulk([s.value.get("report", 0) for s in chosen])
    return [
        Near(report, link.event if (link := getattr(report, "link", None)) else None, s.score, s.reasons, s.pk)
        for s in chosen
        if (report := reports.get(s.value.get("report", 0)))
    ]


def _event_candidates(operation: Operation, suggestions: Sequence[Suggestion]) -> list[dict[str, Any]]:
    chosen = [s for s in suggestions if s.kind == SuggestionKind.EVENT][:NEAR]
    events = live_events(operation).in_bulk([s.value.get("event", 0) for s in chosen])
    return [
        {"event": event, "suggestion": s} for s in chosen if (event := events.get(s.value.get("event", 0))) is not None
    ]


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
            messages.info(request, "No place has this name: try a shorter piece of it.")
    form = DraftForm(report.operation, initial=typed_again(report.operation, typed))
    return page(request, report, form, found_places=found)


def _use(typed: Any, chosen: str) -> None:
    """Writes the place of a button into what was typed."""
    parts = chosen.split("|", len(_BUTTON) - 1)
    if len(parts) == len(_BUTTON):
        for name, value in zip(_BUTTON, parts, strict=True):
            typed[name] = value
        with suppress(ValueError):  # what is no number is said when the form is sent
            spot = Spot(float(typed["lon"]), float(typed["lat"]), Precision.EXACT, 0, typed["place_name"])
            typed["filled_in"] = filled_in(spot)
