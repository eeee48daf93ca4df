"""Pure: what several people answered, question by question, for each organisation and for all together. No score.

**What is not shown**, so that nobody learns what a few people said:

1. Of a group (an organisation) with fewer answers to a question than the form's `least`, nothing is shown, not even
   whether there are none.
2. *All together* could tell it by subtraction. So hidden groups are counted in it only where they protect each other:
   without any one of them, whichever it is, the others have at least `least` answers, so that no group that knows its
   own answers can work out those of fewer than `least` people; and their sum does not say how many each has.
   Otherwise all together is of the groups shown alone; `of` names those that are in it.
3. Where that leaves nobody, all together is not shown.

It holds for results that are given once, by one way of grouping. Results given before and after somebody answers tell
what they said: give them when a wave is closed. What all of those shown answered alike, each of them answered. What an
actor says of itself and what others say of it are never counted together: whoever calls gives one or the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from rapport.registry.forms.answers import asked
from rapport.registry.forms.model import ORDERED, Answers, Form, Kind, Question
from rapport.values import Json

_COUNTED: tuple[Kind, ...] = (*ORDERED, "choice")


@dataclass(frozen=True, slots=True)
class Figures:
    """Of answers to one question. `counts`: how many gave each answer, by code, in the order of the form. The others
    are None for a choice, whose answers have no order, and where nobody answered."""

    n: int
    counts: tuple[tuple[str, int], ...]
    lowest: int | None = None
    median: float | None = None
    highest: int | None = None

    @property
    def spread(self) -> int | None:
        return None if self.lowest is None or self.highest is None else self.highest - self.lowest


@dataclass(frozen=True, slots=True)
class Answered:
    """One question: figures for each group, and for those groups together that `of` names; None where they are
    suppressed."""

    question: Question
    groups: Mapping[str, Figures | None]
    together: Figures | None
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Results:
    form_slug: str
    form_version: str
    form_digest: str
    least: int
    questions: tuple[Answered, ...]

    def __getitem__(self, code: str) -> Answered:
        found = next((one for one in self.questions if one.question.code == code), None)
        if found is None:  # a KeyError, as of a mapping: templates try this before an attribute
            raise KeyError(code)
        return found


def results(form: Form, groups: Mapping[str, Sequence[Answers]], own: str | None = None) -> Results:
    """Of every level, scale and choice, by the rules above. A question that was skipped by whoever answers so does not
    count. `own` is a group that looks at its own results: it sees all of its own, and of others what everybody sees."""
    told = {
        name: [{code: one[code] for code in asked(form, one) if code in one} for one in sheets]
        for name, sheets in groups.items()
    }
    rows = []
    for question in form.questions:
        if question.kind in _COUNTED:
            given = {
                name: [one[question.code] for one in sheets if question.code in one] for name, sheets in told.items()
            }
            rows.append(_answered(question, given, form.least, own))
    return Results(form.slug, form.version, form.digest, form.least, tuple(rows))


def _answered(question: Question, given: Mapping[str, Sequence[Json]], least: int, own: str | None) -> Answered:
    hidden = {name: len(values) for name, values in given.items() if len(values) < least}
    of = tuple(given if _protected(list(hidden.values()), least) else (name for name in given if name not in hidden))
    together = [value for name in of for value in given[name]]
    return Answered(
        question,
        {
            name: figures(question, values) if name not in hidden or name == own else None
            for name, values in given.items()
        },
        figures(question, together) if of else None,
        of,
    )


def _protected(sizes: Sequence[int], least: int) -> bool:
    """Whether groups of these sizes, each below `least`, may be counted together (rule 2 above).

    None of them can be larger than `largest`: that follows from the rule itself, and from the sum. Where all are as
    large as that, the sum says so; where one is not, an answer could as well be another group's.
    """
    largest = min(least - 1, sum(sizes) - least)
    return bool(sizes) and max(sizes) <= largest and min(sizes) < largest


def figures(question: Question, values: Sequence[Json]) -> Figures:
    """Without any suppression: for those who may see each answer."""
    given = Counter(map(str, values))
    counts = tuple((one.code, given[one.code]) for one in question.choices)
    if question.kind not in ORDERED or not values:
        return Figures(len(values), counts)
    steps = sorted(int(str(value)) for value in values)
    return Figures(len(values), counts, steps[0], float(median(steps)), steps[-1])
