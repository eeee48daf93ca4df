"""The desk's pages of rounds: open one, hand out links, type in paper, look at what was handed in, close, publish."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, local_time, to, whole
from rapport.errors import BadDefinition, Conflict, Refused
from rapport.operations.access import base_url, needs, person
from rapport.operations.models import Operation
from rapport.registry.forms import build, file
from rapport.registry.forms.model import Form
from rapport.registry.forms.sheets import VIEWS
from rapport.registry.holdings import frameworks
from rapport.registry.models import Actor, Round, Sheet, Submission
from rapport.registry.rounds import pages, results, running
from rapport.registry.rounds.fields import asking, given
from rapport.registry.rounds.running import EDIT, GIVEN_TO, RUN
from rapport.registry.rounds.sheets import form_of, section_of, seen
from rapport.values import Sensitivity

#: What a new round can be made of, beside the questionnaires that come with rapport.
MADE: dict[str, Callable[[Any], Form]] = {"survey": build.survey_form, "weighing": build.weighing_form}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def rounds(request: HttpRequest, operation: Operation) -> HttpResponse:
    """All rounds; POST opens one: `form` (questionnaire:NAME, survey:FRAMEWORK, weighing:FRAMEWORK), `title`, `about`,
    `closes_on`."""
    if request.method == "POST":
        return _start(request, operation)
    return _rounds(request, operation)


def _rounds(request: HttpRequest, operation: Operation, problem: str = "") -> HttpResponse:
    got = Q(sheets__handed_in_at__isnull=False, sheets__withdrawn_at=None)
    there = Round.objects.filter(operation=operation).order_by("-opened_at")
    context = {
        "operation": operation,
        "rounds": there.annotate(asked=Count("sheets"), got=Count("sheets", filter=got)),
        "questionnaires": file.shipped(),
        "frameworks": frameworks(operation.pk).values(),
        "given_to": GIVEN_TO.items(),
        "may_run": person(request).may(RUN, operation.pk),
        "problem": problem,
        "typed": request.POST,
    }
    return render(request, "registry/desk_rounds.html", context, status=422 if problem else 200)


def _start(request: HttpRequest, operation: Operation) -> HttpResponse:
    kind, _, name = request.POST.get("form", "").partition(":")
    about = request.POST.get("about", "")
    try:
        form = _form(operation, kind, name)
        closes = request.POST.get("closes_on", "")
        made = running.start(
            person(request), operation, form, request.POST.get("title", ""), about,
            date.fromisoformat(closes) if closes else None, name if kind in MADE else "",
            next((one for one in GIVEN_TO if one.value == request.POST.get("results_for")), Sensitivity.LOW),
        )  # fmt: skip
    except (BadDefinition, Refused, ValueError) as error:
        return _rounds(request, operation, error.remedy if isinstance(error, Refused) else str(error))
    return to("desk_registry_round", operation.slug, made.ref)


def _form(operation: Operation, kind: str, name: str) -> Form:
    if kind in MADE and name in (known := frameworks(operation.pk)):
        return MADE[kind](known[name])
    if kind == "questionnaire" and name in file.shipped():
        return file.read(file.text_of(name))
    raise BadDefinition("Choose what is asked.")


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def one(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    return _round(request, operation, _find(operation, ref))


def _round(
    request: HttpRequest, operation: Operation, found: Round, links: list[tuple[Sheet, str]] | None = None
) -> HttpResponse:
    who = person(request)
    sheets = found.sheets.select_related("actor", "entered_by").order_by("actor__name", "pk")
    told = Submission.objects.filter(sheet=OuterRef("pk"), drafted_at__gte=OuterRef("handed_in_at"))
    sheets = sheets.annotate(published=Exists(told))
    base = base_url(request)
    context = {
        "operation": operation,
        "round": found,
        "form": form_of(found),
        "sheets": sheets,
        "links": [
            (sheet, base + reverse("registry_answer", args=[operation.slug, token])) for sheet, token in links or ()
        ],
        "actors": Actor.objects.filter(operation=operation),
        "views": VIEWS[1:],
        "given_to": GIVEN_TO,
        "may_run": who.may(RUN, operation.pk),
        "may_edit": who.may(EDIT, operation.pk),
    }
    return render(request, "registry/desk_round.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(RUN)
@local_time
def invite(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `actor` (code) or `new_actor` (name) and `kind`, `count`, `said_by`, `sayer`, `view`: the links, shown once.
    Whoever comes back to this address gets the round's page."""
    found = _find(operation, ref)
    if request.method != "POST":
        return to("desk_registry_round", operation.slug, ref)
    asked = request.POST
    try:
        with transaction.atomic():  # nobody new comes to be where no link does
            actor = running.actor_of(
                person(request), operation, asked.get("actor", ""), asked.get("new_actor", ""), asked.get("kind", "")
            )
            links = running.invite(
                person(request), found, actor, count=whole(asked.get("count", "1")) or 0,
                said_by="third party" if asked.get("said_by") == "third party" else "self",
                sayer=asked.get("sayer", ""), view=next((one for one in VIEWS if one == asked.get("view")), ""),
            )  # fmt: skip
    except (Refused, Conflict) as error:
        messages.error(request, error.remedy if isinstance(error, Refused) else str(error))
        return to("desk_registry_round", operation.slug, ref)
    return _round(request, operation, found, links)


@require_POST
@never_cache
@needs(RUN)
@local_time
def renew(request: HttpRequest, operation: Operation, ref: str, sheet: str) -> HttpResponse:
    found = _find(operation, ref)
    one = get_object_or_404(found.sheets.select_related("round", "actor"), ref=sheet)
    try:
        return _round(request, operation, found, [(one, running.renew(person(request), one))])
    except Conflict as conflict:
        messages.warning(request, str(conflict))
        return to("desk_registry_round", operation.slug, ref)


@require_POST
@never_cache
@needs(RUN)
@local_time
def change(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `to`: closed, published, withdrawn (of its results)."""
    found = _find(operation, ref)
    ways = {
        "closed": (running.close, "Closed."),
        "published": (running.publish_results, "Published."),
        "withdrawn": (running.withdraw_results, "Withdrawn."),
    }
    way = ways.get(request.POST.get("to", ""))
    if way is not None:
        attempt(request, lambda: way[0](person(request), found), way[1])
    return to("desk_registry_round", operation.slug, ref)


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def outcome(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """The results as readers would get them; `own`, the name of a group: as that group looks at its own."""
    found = _find(operation, ref)
    own = request.GET.get("own", "") if person(request).may(EDIT, operation.pk) else ""
    earlier = results.before(found)
    context = {
        "operation": operation,
        "round": found,
        "results": results.found(found, own or None),
        "groups": list(results.groups(found)),
        "own": own,
        "earlier": earlier,
        "changes": results.changes(earlier, found) if earlier else [],
    }
    return render(request, "registry/desk_results.html", context)


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def empty(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """The form to print, or with `text` as plain text."""
    return pages.empty(request, operation, _find(operation, ref))


# --- single sheets -------------------------------------------------------------------------------------------------


@require_GET
@never_cache
@needs(EDIT)
@local_time
def sheet(request: HttpRequest, operation: Operation, ref: str, sheet: str) -> HttpResponse:
    """What was handed in; of what came on paper, the form to type it in."""
    return _sheet(request, operation, _sheet_of(operation, ref, sheet))


def _sheet(request: HttpRequest, operation: Operation, one: Sheet, **more: Any) -> HttpResponse:
    form = form_of(one.round)
    section = section_of(form, request.GET.get("section", "") or request.POST.get("section", ""))
    theirs = one.begun_at is not None or (one.saved_at is not None and one.how != "paper")
    context = {
        "operation": operation,
        "round": one.round,
        "sheet": one,
        "form": form,
        "section": section,
        "given_to": GIVEN_TO.items(),
        "may_type": not theirs and one.handed_in_at is None and one.round.closed_at is None,
        "published": one.handed_in_at is not None and one.submissions.filter(drafted_at__gte=one.handed_in_at).exists(),
        "level_said": GIVEN_TO.get(Sensitivity(one.level), ""),
        "handed_in": running.state(one),
        "readable": one.handed_in_at is not None and one.withdrawn_at is None,
        "parts": [(part, asking(form, part, one.answers)) for part in form.sections],
        "asking": asking(form, section, one.answers if not theirs else {}, more.get("faults", ())),
        "seen": seen(section, one.answers),
        **more,
    }
    return render(request, "registry/desk_sheet.html", context, status=422 if more.get("faults") else 200)


@require_POST
@never_cache
@needs(EDIT)
@local_time
def enter(request: HttpRequest, operation: Operation, ref: str, sheet: str) -> HttpResponse:
    """POST the fields of one `section`, as they stand on paper."""
    one = _sheet_of(operation, ref, sheet)
    section = section_of(form_of(one.round), request.POST.get("section", ""))
    try:
        saved = running.enter(
            person(request), one, given(section, request.POST), section.code, request.POST.get("seen", "")
        )
    except Conflict as conflict:
        messages.warning(request, str(conflict))
    else:
        if saved.faults:
            return _sheet(request, operation, one, faults=saved.faults)
        messages.success(request, "Saved.")
    form = form_of(one.round)
    at = [each.code for each in form.sections].index(section.code)
    following = form.sections[min(at + 1, len(form.sections) - 1)].code
    answer = to("desk_registry_sheet", operation.slug, ref, sheet)
    answer["Location"] += f"?section={following}"
    return answer


@require_POST
@never_cache
@needs(EDIT)
@local_time
def decide(request: HttpRequest, operation: Operation, ref: str, sheet: str) -> HttpResponse:
    """POST `to`: published (a survey that was handed in; `seen`: as it was read), handed-in (one that came on paper;
    `level`)."""
    one, who = _sheet_of(operation, ref, sheet), person(request)
    if request.POST.get("to") == "published":
        attempt(request, lambda: running.publish(who, one, request.POST.get("seen", "")), "Published.")
    elif request.POST.get("to") == "handed-in":
        level, office, remark = (request.POST.get(name, "") for name in ("level", "respondent", "remark"))
        attempt(request, lambda: running.hand_in_paper(who, one, level, office, remark), "Handed in.")
    return to("desk_registry_sheet", operation.slug, ref, sheet)


def _find(operation: Operation, ref: str) -> Round:
    return get_object_or_404(Round.objects.select_related("operation", "opened_by"), operation=operation, ref=ref)


def _sheet_of(operation: Operation, ref: str, sheet: str) -> Sheet:
    there = Sheet.objects.select_related("round", "actor", "entered_by")
    return get_object_or_404(there, round__operation=operation, round__ref=ref, ref=sheet)
