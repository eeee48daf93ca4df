"""The readers' pages of rounds: which were held, what came out, what changed since the wave before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from rapport.operations.access import public
from rapport.operations.models import Operation
from rapport.registry.forms.model import Choice, Form
from rapport.registry.forms.weighing import METHOD
from rapport.registry.models import Round
from rapport.registry.rounds.results import AgreementRow, ChangeRow, ResultRow, Row, before, given, rows_of
from rapport.registry.rounds.sheets import form_of
from rapport.sharing.readers import reader
from rapport.values import Publication, RowRelease


@public
@require_safe
def rounds(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Those whose results are published, by series, the newest wave first."""
    who = reader(request, operation)
    there = Round.objects.filter(operation=operation, results=Publication.PUBLISHED.value)
    shown = [one for one in there.order_by("series", "-opened_at") if given(operation, who, one)]
    return render(request, "registry/rounds.html", {"operation": operation, "rounds": shown})


@dataclass(slots=True)
class OfQuestion:
    """One question with its figures: all together, then the groups; and what changed."""

    section: str
    code: str
    label: str
    choices: tuple[Choice, ...]
    together: RowRelease[Row] | None = None
    groups: list[RowRelease[Row]] = field(default_factory=list)
    changes: list[RowRelease[Row]] = field(default_factory=list)

    @property
    def shown(self) -> bool:
        """Whether there are figures of anybody."""
        rows = [one.row for one in (self.together, *self.groups) if one is not None]
        return any(isinstance(row, ResultRow) and row.figures for row in rows)


@public
@require_safe
def one(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    found = get_object_or_404(Round, operation=operation, ref=ref)
    released = given(operation, reader(request, operation), found)
    if not released:
        raise Http404("no results are published")
    form = form_of(found)
    context = {
        "operation": operation,
        "round": found,
        "form": form,
        "questions": _questions(form, released),
        "agreements": rows_of(released, AgreementRow),
        "gone": [one for one in rows_of(released, ChangeRow) if one.row.change.says and not one.row.change.after],
        "earlier": before(found) if rows_of(released, ChangeRow) else None,
        "method": METHOD if found.purpose == "weighing" else "",
    }
    return render(request, "registry/results.html", context)


def _questions(form: Form, released: Sequence[RowRelease[Row]]) -> list[OfQuestion]:
    by_code: dict[str, OfQuestion] = {}
    choices = {question.code: question.choices for question in form.questions}
    for one in released:
        row = one.row
        if isinstance(row, ResultRow):
            question = by_code.setdefault(row.code, OfQuestion(row.section, row.code, row.label, choices[row.code]))
            if row.group:
                question.groups.append(one)
            else:
                question.together = one
        elif isinstance(row, ChangeRow) and row.change.code in by_code and row.change.after:
            by_code[row.change.code].changes.append(one)
    return list(by_code.values())
