"""The results of a closed round for readers: figures for each question and group, without groups that are too small,
and what changed since the wave before. They leave as Releases, a row each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapport.operations.models import Operation
from rapport.registry.forms import compare, weighing
from rapport.registry.forms.model import Answers
from rapport.registry.forms.results import Answered, Figures, Results, results
from rapport.registry.holdings import doubtful
from rapport.registry.models import Round, Sheet
from rapport.registry.releases import RESULT, facts, number_of, released
from rapport.registry.rounds.sheets import as_value, form_of
from rapport.sharing.items import RowItem
from rapport.sharing.policy import LEVELS
from rapport.values import Publication, Purpose, Reader, RowRelease, Sensitivity


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One question and group; `group` "" is all together, of the groups in `of`. Without figures: suppressed."""

    round: str
    wave: str
    series: str
    section: str
    code: str
    label: str
    group: str
    figures: Figures | None
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """What became of one question and group since the wave before."""

    round: str
    before_round: str
    change: compare.Change


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """How far those who weighed measures agree."""

    round: str
    agreement: weighing.Agreement


Row = ResultRow | ChangeRow | AgreementRow


def groups(one: Round) -> Mapping[str, list[Answers]]:
    """The answers that count, by the name of the actor; of a weighing by view."""
    found: dict[str, list[Answers]] = {}
    for sheet in handed_in(one):
        found.setdefault(sheet.view if one.purpose == "weighing" else sheet.actor.name, []).append(sheet.answers)
    return dict(sorted(found.items()))


def handed_in(one: Round) -> list[Sheet]:
    sheets = one.sheets.filter(handed_in_at__isnull=False, withdrawn_at=None)
    return list(sheets.select_related("actor", "round").order_by("actor__name", "pk"))


def found(one: Round, own: str | None = None) -> Results:
    """By the rules of forms/results.py; `own`: a group that looks at its own."""
    return results(form_of(one), groups(one), own)


def given(operation: Operation, who: Reader, one: Round, purpose: Purpose = Purpose.VIEW) -> list[RowRelease[Row]]:
    """What a reader gets of a round; nothing unless a person has published its results."""
    if one.results != Publication.PUBLISHED.value or one.results_at is None:
        return []
    return released(operation, who, purpose, RESULT, [_item(operation, one, *row) for row in _rows(one)])


def before(one: Round) -> Round | None:
    """The wave before it, if its results are published."""
    waves = Round.objects.filter(operation=one.operation_id, series=one.series, opened_at__lt=one.opened_at)
    return waves.filter(results=Publication.PUBLISHED.value).order_by("-opened_at").first()


def _rows(one: Round) -> Iterator[tuple[Row, Sensitivity]]:
    """Each with its level: a change tells of both waves, and is as sensitive as the stricter of them."""
    form, now, level = form_of(one), found(one), Sensitivity(one.results_level)
    sections = {question.code: section.title for section in form.sections for question in section.questions}
    hidden = _hidden(one)
    for answered in now.questions:
        if answered.question.about in hidden:
            continue
        yield from ((row, level) for row in _of_question(one, sections[answered.question.code], answered))
    if one.purpose == "weighing":
        of_weighing = weighing.weighed(form, [as_value(sheet) for sheet in handed_in(one)])
        yield from ((AgreementRow(one.ref, each), level) for each in of_weighing.agreements)
    earlier = before(one)
    if earlier is not None:
        both = max(level, Sensitivity(earlier.results_level), key=LEVELS.index)
        about = {question.code: question.about for question in form.questions}
        shown = (each for each in changes(earlier, one) if about.get(each.code) not in hidden)
        yield from ((ChangeRow(one.ref, earlier.ref, each), both) for each in shown)


def _hidden(one: Round) -> set[str]:
    """Codes of provisions by whose words nobody stands any more: a form keeps them as they were asked."""
    doubts = doubtful(one.operation_id)
    return {code for slug, code in doubts if slug == one.framework}


def changes(first: Round, second: Round) -> list[compare.Change]:
    return compare.change(form_of(first), found(first), form_of(second), found(second))


def _of_question(one: Round, section: str, answered: Answered) -> Iterator[ResultRow]:
    question = answered.question
    every = [("", answered.together), *answered.groups.items()]
    for group, figures in every:
        of = answered.of if not group else ()
        yield ResultRow(one.ref, one.title, one.series, section, question.code, question.label, group, figures, of)


def _item(operation: Operation, one: Round, row: Row, level: Sensitivity) -> RowItem[Row]:
    """The smallest cell is of the people behind a row's figures: how many gave one answer says not who."""
    table, name, figures = _called(row)
    at = one.results_at or one.opened_at
    known = facts(
        operation, RESULT, at, aggregation="aggregated", smallest_cell=figures.n if figures else form_of(one).least,
        sensitivity=level,
    )  # fmt: skip
    ref = f"{one.ref}/{name}"
    return RowItem(table, ref, number_of(table, ref), known, row, at)


def _called(row: Row) -> tuple[str, str, Figures | None]:
    if isinstance(row, ResultRow):
        return "results", f"{row.code}/{row.group}", row.figures
    if isinstance(row, ChangeRow):
        return "changes", f"{row.change.code}/{row.change.group}", row.change.after
    return "agreements", f"{row.agreement.aspect}/{row.agreement.view}", None


def rows_of(some: Sequence[RowRelease[Any]], kind: type[Row]) -> list[RowRelease[Any]]:
    return [one for one in some if isinstance(one.row, kind)]
