"""One report on the desk as its page shows it: what was said, and what machines make of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from rapport.accounts.permissions import Permission
from rapport.desk import actions, alike, places
from rapport.desk.draft import check_spot
from rapport.desk.forms import DraftForm, choices, placed
from rapport.desk.glass import pages as glass
from rapport.desk.page import filter_query, kept_filters
from rapport.desk.queue import leases
from rapport.desk.report import parts, why
from rapport.desk.report.belonging import belonging
from rapport.desk.report.finding import search_events, usual_categories
from rapport.desk.report.spots import spot_of
from rapport.desk.retention.asking import held_by
from rapport.desk.standing_orders.rules import clean_line
from rapport.errors import Refused
from rapport.events.models import Event, EventReport
from rapport.operations import asking, fields
from rapport.operations.access import person
from rapport.operations.gazetteer import knowledge
from rapport.operations.models import Category, Operation
from rapport.reports.models import Report, Standing, Suggestion, SuggestionKind
from rapport.text.differences import Difference, differences
from rapport.text.places import QUESTION
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
BUTTON = ("lon", "lat", "precision", "radius_m", "pcode", "suggestion", "place_name")


@dataclass(frozen=True, slots=True)
class Near:
    """A report that says nearly the same, where it stands, and why a machine thinks so."""

    report: Report
    event: Event | None
    score: float
    reasons: Sequence[str]
    suggestion_id: int
    why_ref: str  # of the later of the two, which the suggestion is about
    differs: Sequence[Difference]  # `one`: here, `other`: there


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be meant, and why."""

    spot: Spot
    reasons: Sequence[str]
    suggestion_id: int | None = None
    score: float | None = None

    @property
    def question(self) -> bool:
        """Whether the name may be the word instead, or another place."""
        return any(str(reason).startswith(QUESTION) for reason in self.reasons)

    @property
    def because(self) -> str:
        reasons = ", ".join(str(reason).removeprefix(QUESTION) for reason in self.reasons)
        return reasons if self.question else f"because of {reasons}"

    @property
    def button(self) -> str:
        """The value of the button that uses it: the fields of the form in the order of BUTTON."""
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
    find = request.GET.get("find", "").strip()[:100]
    candidates = _candidates(report, suggestions)
    like = alike.near(report, suggestions)
    likeliest = _likeliest(operation, candidates)
    others = lease is not None and lease.person_id != who.pk
    may_decide = who.may(Permission.DESK_REPORT_TRIAGE, operation.pk)
    open_to = report.standing == Standing.WAITING and may_decide and not others
    context = {
        "stopped": status >= 400 and not form.errors,  # what stands in the way is said by a message
        "operation": operation,
        "report": report,
        "waiting": report.standing == Standing.WAITING,
        "link": EventReport.objects.select_related("event").filter(report=report).first(),
        **parts.everything(report, who),
        "care": why.care(report),
        "categories_said": [node for node in form.nodes if node.code in report.categories_said],
        "fields": list(report.fields.items()),
        "held": held_by(report),
        "extra": fields.shown(fields.stored(operation.extra_fields), report.extra),
        "spoken": [s for s in suggestions if s.kind == SuggestionKind.LANGUAGE],
        "form": form,
        **choices(form, _suggested_categories(suggestions)),
        "quick": _quick(request, operation),
        "candidates": [*found_places, *candidates],
        "units": places.units(operation),
        "near": _near(report, like),
        "together": alike.waiting(report) if open_to else None,
        "belonging": belonging(report, suggestions, like, likeliest.spot if likeliest else None) if open_to else [],
        "find": find,
        "found": search_events(operation, find) if find else [],
        "lease": lease,
        "mine": lease is not None and lease.person_id == who.pk,
        "others": others,
        "may_decide": may_decide,
        "may_publish": who.may(Permission.DESK_EVENT_PUBLISH, operation.pk),
        "closed": actions.closed_to(who, operation.pk),
        "reasons": REASONS,
        "again": request.session.get(f"reject-{operation.pk}", REASONS[0]),
        "query": filter_query(kept_filters(request, operation)),
        "for_translators": request.GET.get("from") == "translators",
        **glass.panel(who, report),
        **(more or {}),
    }
    answer = render(request, "desk/report.html", context, status=status)
    add_never_cache_headers(answer)  # a form that could not be done shows the page too
    return answer


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
    operation, and one that is a question, is offered and not filled in."""
    known = set(report.operation.categories.values_list("code", flat=True))
    candidates = _candidates(report, list(report.suggestions.order_by("-score", "id")))
    first = _likeliest(report.operation, candidates)
    return {
        "categories": [code for code in report.categories_said if code in known],
        "occurred_at": report.sent_at or report.received_at,
        "suggestion": first.suggestion_id if first else None,
        **asking.initial(report.extra),
        **placed(first.spot if first else None),
    }


def _likeliest(operation: Operation, candidates: Sequence[Candidate]) -> Candidate | None:
    """The first place of them that lies in the operation and is no question."""
    inside = (one for one in candidates if operation.box.holds(one.spot.lon, one.spot.lat))
    return next((one for one in inside if not one.question), None)


def _candidates(report: Report, suggestions: Sequence[Suggestion]) -> list[Candidate]:
    """The places that may be meant, each point once, the likeliest first, those that are a question last. The
    coordinates that came with a report are among the suggestions, put right where they were swapped; they stand here as
    they came only where there are none."""
    found: dict[tuple[float, float, Precision], Candidate] = {}
    for s in suggestions:
        spot = spot_of(s.value) if s.kind == SuggestionKind.PLACE else None
        if spot is not None:
            found.setdefault((spot.lon, spot.lat, spot.precision), Candidate(spot, s.reasons, s.pk, s.score))
    return sorted(found.values(), key=lambda one: one.question) or _as_it_came(report)


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


def _suggested_categories(suggestions: Sequence[Suggestion]) -> dict[str, Suggestion]:
    """Code → the suggestion of it, the surest."""
    found = [s for s in suggestions if s.kind == SuggestionKind.CATEGORY]
    return {s.value.get("code", ""): s for s in reversed(found)}


def _near(here: Report, like: Mapping[int, Suggestion]) -> list[Near]:
    """The likest first, those withdrawn not at all."""
    there = Report.objects.exclude(standing=Standing.WITHDRAWN).select_related("link__event")
    reports = there.in_bulk(list(like)[:NEAR])
    names = knowledge(here.operation).gazetteer.by_name
    return [
        Near(
            report,
            link.event if (link := getattr(report, "link", None)) else None,
            s.score,
            s.reasons,
            s.pk,
            here.ref if s.report_id == here.pk else report.ref,
            differences(here.text, report.text, names),
        )
        for pk, s in like.items()
        if (report := reports.get(pk))
    ]
