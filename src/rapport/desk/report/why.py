"""Why a report's suggestions were made, shown in its text when somebody asks; and what of it must be handled with care.

Worked out when the page is shown, stored nowhere, and nothing follows from it by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk.automated import contests
from rapport.desk.line import in_place
from rapport.desk.page import attempt, local_time, one_report, to, whole
from rapport.desk.report.spots import spot_of
from rapport.operations import model
from rapport.operations.access import needs, person
from rapport.operations.gazetteer import knowledge
from rapport.operations.languages import own_name
from rapport.operations.models import Operation
from rapport.oversight.models import Contest
from rapport.oversight.switches import is_stopped
from rapport.reports.models import Report, Standing, Suggestion, SuggestionKind
from rapport.text import chain, seen, urgency
from rapport.text.knowledge import Knowledge
from rapport.text.labels import categories
from rapport.text.ready import preparing
from rapport.text.seen import Kind, Seen
from rapport.values import named

#: What is asked about beside a suggestion, by its name in the address.
LANGUAGE, PERSONAL, UNDONE = "language", "personal", "undone"
#: What a mark means.
LEGEND: Mapping[Kind, str] = {
    "for": "speaks for it, the thicker the more", "against": "speaks against it",
    "place": "names the place", "question": "may name the place, or something else",
    "same": "stands in both", "different": "is not the same", "personal": "personal data",
    "undone": "read otherwise than it is written, or not at all",
}  # fmt: skip
CHANGED = (
    "When it was suggested it was sure to another degree: what that rests on has changed since, as the languages of "
    "this operation do, or what its categories mean."
)
_AS_IT_WAS = 0.0051  # two scores that differ by less are one, rounded
STOPPED = "A lead has stopped this automated function here: nobody but you looks at it now."
NOT_READY = "The text engine is just being made ready, which takes half a minute: ask again then."


@dataclass(frozen=True, slots=True)
class Care:
    """`withheld`: what it tells of a person at risk, where its words should not be published as they are; empty else.
    `personal` and `undone`: how many parts of the text can be marked as such. `looked`: whether it could be judged;
    `stopped`: somebody stopped that, and the text counts as if it told of such a person."""

    withheld: Sequence[str] = ()
    personal: int = 0
    undone: int = 0
    looked: bool = True
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """`title` says of what. `there` is the other text of two, that of `other`. `said`: the suggestion's own reasons, as
    they are stored."""

    title: str
    here: Seen
    said: Sequence[str] = ()
    there: Seen | None = None
    other: Report | None = None
    suggestion: Suggestion | None = None  # what can be contested
    contested: Contest | None = None

    @property
    def legend(self) -> list[tuple[Kind, str]]:
        """What the marks mean that are there."""
        spans = (*self.here.spans, *(self.there.spans if self.there else ()))
        kinds = {span.kind for span in spans}
        return [(kind, meaning) for kind, meaning in LEGEND.items() if kind in kinds]


def care(report: Report) -> Care:
    """What the report's page says of its text before anybody asks."""
    if is_stopped("personal-data", report.operation_id):
        return Care(looked=False, stopped=True)
    if preparing():
        return Care(looked=False)
    said = seen.analysed(report.text, knowledge(report.operation))
    withheld = said["risks"] if said["withholding"] == "withhold" else ()
    return Care(withheld, len(seen.of_personal_data(report.text).spans), len(seen.of_undone(report.text).spans))


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """The text with what speaks for a suggestion (`?of=` its number) marked in it, or its language, personal data or
    what was undone: as a page, or for the page's script as a part of the report's."""
    report = one_report(operation, ref)
    of = request.GET.get("of", "")
    suggestion = _suggestion(report, of)
    why = replace(_asked(report, of), suggestion=suggestion, contested=_contested(suggestion))
    context = {"operation": operation, "report": report, "why": why}
    return render(request, "desk/_why.html" if in_place(request) else "desk/why.html", context)


@require_POST
@needs(Permission.DESK_REPORT_READ)
@local_time
def contest(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """POST `of`: the number of a suggestion that this person says is wrong."""
    report, of = one_report(operation, ref), request.POST.get("of", "")
    suggestion = _suggestion(report, of)
    if suggestion is None:
        raise Http404("no such suggestion of this report")
    said = f"{_asked(report, of).title} ({suggestion.function}, {suggestion.score:.2f})"
    attempt(
        request,
        lambda: contests.contest_suggestion(person(request), report, suggestion, said),
        "Contested: it stands under Automated, for whoever answers for this function.",
    )
    return to("desk_report", operation.slug, ref)


def _suggestion(report: Report, of: str) -> Suggestion | None:
    """The suggestion asked about, which may be the one of its language."""
    mine = report.suggestions.filter(kind=SuggestionKind.LANGUAGE) if of == LANGUAGE else report.suggestions.all()
    return mine.first() if of == LANGUAGE else mine.filter(pk=whole(of) or 0).first()


def _contested(suggestion: Suggestion | None) -> Contest | None:
    if suggestion is None:
        return None
    return Contest.objects.filter(suggestion_id=suggestion.pk).select_related("person").order_by("pk").first()


def _asked(report: Report, of: str) -> Why:
    if of == PERSONAL and is_stopped("personal-data", report.operation_id):
        return Why("personal data", seen.seen(report.text, said=[STOPPED]))
    if of == PERSONAL:
        return Why("personal data", seen.of_personal_data(report.text))
    if of == UNDONE:
        return Why("what is read otherwise", seen.of_undone(report.text))
    suggestion = report.suggestions.filter(pk=whole(of) or 0).first()
    if of == LANGUAGE or (suggestion and suggestion.kind == SuggestionKind.LANGUAGE):
        return _language(report)
    if suggestion is None:
        raise Http404("no such suggestion of this report")
    if suggestion.kind == SuggestionKind.CATEGORY:
        return _category(report, suggestion)
    if suggestion.kind == SuggestionKind.URGENCY:
        return _urgency(report, suggestion)
    if suggestion.kind == SuggestionKind.PLACE:
        return _place(report, suggestion)
    if suggestion.kind == SuggestionKind.NEAR_DUPLICATE:
        return _near(report, suggestion)
    return _unmarked(report, suggestion, suggestion.get_kind_display())


def _unmarked(report: Report, suggestion: Suggestion, title: str, *sentences: str) -> Why:
    return Why(title, seen.seen(report.text, said=sentences), suggestion.reasons)


def _language(report: Report) -> Why:
    title = "the language"
    if is_stopped("language", report.operation_id):
        return Why(title, seen.seen(report.text, said=[STOPPED]))
    if preparing():
        return Why(title, seen.seen(report.text, said=[NOT_READY]))
    shown = seen.of_language(report.text, seen.analysed(report.text, knowledge(report.operation)), own_name)
    suggestion = report.suggestions.filter(kind=SuggestionKind.LANGUAGE).first()
    if suggestion and suggestion.function != chain.FUNCTION:
        code, before = own_name(suggestion.value.get("code", "")), suggestion.function
        shown = replace(
            shown, said=(*shown.said, f"That is what “{chain.FUNCTION}” says; “{before}” suggested {code}.")
        )
    return Why(title, shown)


def _category(report: Report, suggestion: Suggestion) -> Why:
    """By the label that the category was suggested for: of those that mean it the surest."""
    operation, code = report.operation, suggestion.value.get("code", "")
    category = operation.categories.filter(code=code).first()
    title = named(category.names, get_language() or "en") if category else code
    if preparing():
        return _unmarked(report, suggestion, title, NOT_READY)
    now = knowledge(operation)
    known = _as_then(now, suggestion)
    if known is None:
        return _unmarked(report, suggestion, title, _replaced(suggestion, now.model.id))
    meant = categories.meant(dict(operation.categories.values_list("code", "hxl")))
    labels = [label for label, codes in meant.items() if code in codes]
    if not labels:
        return _unmarked(report, suggestion, title, "No label of the model means this category any more.")
    said = seen.analysed(report.text, known)
    given = {one["label"]: one["score"] for one in said["labels"] if one["label"] in labels}
    label = next(iter(given), labels[0])  # the surest stand first
    shown = seen.of_label(report.text, known.model, seen.judged_as(said), label, own_name)
    if abs(given.get(label, 0.0) - suggestion.score) > _AS_IT_WAS:
        shown = replace(shown, said=(*shown.said, CHANGED))
    return Why(title, _by_another(shown, suggestion, now.model.id), suggestion.reasons)


def _urgency(report: Report, suggestion: Suggestion) -> Why:
    """By the label that decided, or the words for a person at risk."""
    level = suggestion.value.get("level", 0)
    title = f"urgency {level}"
    if preparing():
        return _unmarked(report, suggestion, title, NOT_READY)
    if _of_chain(suggestion):
        return _urgency_by_risk(report, suggestion, title, level)
    now = knowledge(report.operation)
    known = _as_then(now, suggestion)
    if known is None:
        return _unmarked(report, suggestion, title, _replaced(suggestion, now.model.id))
    said = seen.analysed(report.text, known)
    made = urgency.deciding(level, said["labels"]) if level in urgency.LEVELS else ()
    if not made:
        return _unmarked(report, suggestion, title, CHANGED)
    shown = seen.of_label(report.text, known.model, seen.judged_as(said), made[0]["label"], own_name)
    if abs(made[0]["score"] - suggestion.score) > _AS_IT_WAS:
        shown = replace(shown, said=(*shown.said, CHANGED))
    return Why(title, _by_another(shown, suggestion, now.model.id), suggestion.reasons)


def _urgency_by_risk(report: Report, suggestion: Suggestion, title: str, level: int) -> Why:
    if suggestion.function != chain.FUNCTION:
        return _unmarked(report, suggestion, title, _replaced(suggestion, chain.FUNCTION))
    said = seen.analysed(report.text, knowledge(report.operation))
    risk = urgency.deciding_risk(level, said["risks"])
    if not risk or said["urgency"] != level:
        return _unmarked(report, suggestion, title, CHANGED)
    return Why(title, seen.of_risk(report.text, risk), suggestion.reasons)


def _of_chain(suggestion: Suggestion) -> bool:
    """Whether the text chain suggested this, in whichever version."""
    return suggestion.function.split(" ")[0] == chain.FUNCTION.split(" ")[0]


def _place(report: Report, suggestion: Suggestion) -> Why:
    spot = spot_of(suggestion.value)
    title = (spot.name if spot else "") or "this point"
    if not _of_chain(suggestion):
        return _unmarked(report, suggestion, title, "This rests on what came beside the text, or on other reports.")
    if suggestion.function != chain.FUNCTION:
        return _unmarked(report, suggestion, title, _replaced(suggestion, chain.FUNCTION))
    if preparing():
        return _unmarked(report, suggestion, title, NOT_READY)
    known = knowledge(report.operation)
    language = seen.analysed(report.text, known)["language"]
    found = seen.of_place(report.text, known.gazetteer, language, spot) if spot else None
    if found is None:
        gone = "The places of this operation have changed since: by today's, the text does not name this one."
        return _unmarked(report, suggestion, title, gone)
    return Why(title, found)


def _as_then(now: Knowledge, suggestion: Suggestion) -> Knowledge | None:
    """What the operation knows, with the model that made the suggestion; None where that is not on this machine."""
    made_by = now.model if suggestion.function == now.model.id else model.by_id(suggestion.function)
    return replace(now, model=made_by) if made_by else None


def _by_another(shown: Seen, suggestion: Suggestion, now: str) -> Seen:
    """Says so where the model that made the suggestion, and by which it is explained, is not in use today."""
    if suggestion.function == now:
        return shown
    said = f"“{suggestion.function}” suggested this and is explained here; “{now}” is in use today."
    return replace(shown, said=(*shown.said, said))


def _replaced(suggestion: Suggestion, now: str) -> str:
    return (
        f"“{suggestion.function}” suggested this, and “{now}” is in use today. By which words it was cannot be worked "
        "out with another one; what it said then stands below."
    )


def _near(report: Report, suggestion: Suggestion) -> Why:
    there = Report.objects.exclude(standing=Standing.WITHDRAWN).filter(operation=report.operation)
    other = there.filter(pk=suggestion.value.get("report", 0)).first()
    title = "nearly the same"
    if other is None:
        return _unmarked(report, suggestion, title, "The other report has been withdrawn since.")
    here, beside = seen.of_near(report.text, other.text, knowledge(report.operation).gazetteer.by_name)
    return Why(title, here, suggestion.reasons, beside, other)
