"""Pure: measures weighed: how useful and how feasible people find each, from several views, and how far they agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapport.registry.agreement import alpha
from rapport.registry.forms.answers import asked
from rapport.registry.forms.model import Answers, Form, Question, Sheet
from rapport.registry.forms.results import Answered, Figures, Results, results
from rapport.values import Json

METHOD = (
    "Each person rates the use and the feasibility of each measure from 1 to 5, from one view: security, operational or"
    " diplomatic. Shown are how many rated it, the lowest, the median and the highest rating, and how often each was"
    " given; there is no sum of use and feasibility, and no ranking. Agreement is Krippendorff's alpha on an ordinal"
    " scale over all measures that are shown: 1 is full agreement, 0 what chance would give, below 0 less than that. By"
    " custom, conclusions rest on 0.8 and more, and are tentative from 0.667 (K. Krippendorff, Content Analysis,"
    " 2004). Ratings by fewer people than the form says are not shown, nor counted in any figure by which they could"
    " be worked out. Who rates nothing is not counted."
)
RELIABLE, TENTATIVE = 0.8, 0.667
ALL = "all"


@dataclass(frozen=True, slots=True)
class Weight:
    """One measure in one respect: by view ("" is of those who named none), and all together; None where suppressed."""

    measure: str  # code of the provision
    title: str
    aspect: str  # use, feasibility
    views: Mapping[str, Figures | None]
    together: Figures | None
    of: tuple[str, ...]  # the views that are in it


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people agree in one respect, over all measures; `view` may be "all". `alpha` None is not defined."""

    view: str
    aspect: str
    alpha: float | None
    says: str


@dataclass(frozen=True, slots=True)
class Weighed:
    weights: tuple[Weight, ...]
    agreements: tuple[Agreement, ...]
    method: str = METHOD


def weighed(form: Form, sheets: Iterable[Sheet]) -> Weighed:
    """Of one sheet a person: 1 what each view found of each measure, by the rules of results.py; 2 how far those agree
    whose ratings are shown."""
    by_view: dict[str, list[Answers]] = {}
    for sheet in sheets:
        by_view.setdefault(sheet.view, []).append(sheet.answers)
    found = results(form, dict(sorted(by_view.items())))
    titles = {question.code: section.title for section in form.sections for question in section.questions}
    scales = [one for one in found.questions if one.question.kind == "scale"]
    return Weighed(
        tuple(_weight(one, titles[one.question.code]) for one in scales),
        tuple(_agreements(form, found, scales, by_view)),
    )


def in_words(value: float) -> str:
    """What an alpha allows to be said, by custom."""
    if value >= RELIABLE:
        return "they agree: conclusions can rest on this"
    if value >= TENTATIVE:
        return "they agree roughly: conclusions are tentative"
    return "they differ: look at what each view says" if value > 0 else "they agree no more than by chance"


def _weight(one: Answered, title: str) -> Weight:
    question = one.question
    return Weight(question.about, title, aspect_of(question), one.groups, one.together, one.of)


def aspect_of(question: Question) -> str:
    """`4.use` → use: forms made of a framework name it in the code."""
    return question.code.removeprefix(f"{question.about}.")


def _agreements(
    form: Form, found: Results, scales: Sequence[Answered], by_view: Mapping[str, Sequence[Answers]]
) -> Iterable[Agreement]:
    rated = {view: [_rated(form, one) for one in sheets] for view, sheets in by_view.items()}
    for aspect in dict.fromkeys(aspect_of(one.question) for one in scales):
        about = [one for one in scales if aspect_of(one.question) == aspect]
        for view in sorted(by_view):
            shown = [(one, (view,)) for one in about if one.groups[view] is not None]
            yield _agreement(view, aspect, shown, rated, found.least)
        yield _agreement(ALL, aspect, [(one, one.of) for one in about if one.together is not None], rated, found.least)


def _rated(form: Form, answers: Answers) -> Mapping[str, Json]:
    counted = asked(form, answers)
    return {code: value for code, value in answers.items() if code in counted}


def _agreement(
    view: str,
    aspect: str,
    shown: Sequence[tuple[Answered, tuple[str, ...]]],
    rated: Mapping[str, Sequence[Mapping[str, Json]]],
    least: int,
) -> Agreement:
    """`shown`: each measure with the views whose ratings of it count."""
    if not shown:
        return Agreement(view, aspect, None, f"not shown: fewer than {least} rated any measure")
    if len(shown) == 1:
        return Agreement(view, aspect, None, "not defined: only one measure was rated by enough people")
    ratings = [
        [_rating(one.get(question.question.code)) if its in views else None for question, views in shown]
        for its, people in rated.items()
        for one in people
    ]
    value = alpha(ratings, "ordinal")
    if value is None:
        return Agreement(view, aspect, None, "not defined: all ratings are the same, so nobody could have differed")
    return Agreement(view, aspect, value, in_words(value))


def _rating(value: Json) -> float | None:
    return float(value) if isinstance(value, int) else None
