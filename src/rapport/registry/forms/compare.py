"""Pure: what changed between two waves. Only answers to the same words compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from rapport.registry.forms.model import ORDERED, Form, Question
from rapport.registry.forms.results import Answered, Figures, Results

Number = TypeVar("Number", int, float)
ALL = ""  # the group of all together
GONE, NEW, CHANGED = (
    f"not comparable: the question {what}" for what in ("is gone", "is new", "changed, or one that it depends on did")
)


@dataclass(frozen=True, slots=True)
class Change:
    """Of one question, for one organisation, or for all together (""). The differences are second less first; None
    where nothing compares, and `says` why. `says` also tells where it compares, but of other organisations."""

    code: str
    label: str
    group: str
    before: Figures | None = None
    after: Figures | None = None
    median: float | None = None
    spread: int | None = None
    says: str = ""


def change(first: Form, results1: Results, second: Form, results2: Results) -> list[Change]:
    """Of every question that has results in either wave, in the order of the second form, then what is gone: all
    together, then each organisation that is in both waves. ValueError for results of another form."""
    for form, found in ((first, results1), (second, results2)):
        if found.form_digest != form.digest:
            raise ValueError(f"these are not results of {form.slug} {form.version}")
    before = {one.question.code: one for one in results1.questions}
    words = _words(first), _words(second)
    changes: list[Change] = []
    for now in results2.questions:
        code = now.question.code
        then = before.pop(code, None)
        if then is None:
            changes.append(Change(code, now.question.label, ALL, says=NEW))
        elif words[0][code] != words[1][code]:
            changes.append(Change(code, now.question.label, ALL, says=CHANGED))
        else:
            changes += _changes(then, now, results2.least)
    return changes + [Change(code, one.question.label, ALL, says=GONE) for code, one in before.items()]


def _words(form: Form) -> Mapping[str, tuple[str, ...]]:
    """Of each question its digest, and of those that decide whether it is asked: others were asked where they are
    not the same."""
    found: dict[str, tuple[str, ...]] = {}
    for question in form.questions:
        found[question.code] = (question.digest, *(found.get(question.needs.question, ()) if question.needs else ()))
    return found


def _changes(then: Answered, now: Answered, least: int) -> Iterator[Change]:
    others = set(then.of) != set(now.of)
    says = f"of other organisations: {_named(then.of)}, then {_named(now.of)}" if others else ""
    yield _change(now.question, ALL, then.together, now.together, least, says)
    for group in now.groups:
        if group in then.groups:
            yield _change(now.question, group, then.groups[group], now.groups[group], least)


def _named(groups: tuple[str, ...]) -> str:
    return ", ".join(groups) or "none"


def _change(
    question: Question, group: str, before: Figures | None, after: Figures | None, least: int, says: str = ""
) -> Change:
    median = spread = None
    if before is None or after is None:
        says = f"not shown: groups of fewer than {least} answers are protected"
    elif not (before.n and after.n):
        says = "nobody answered"
    elif question.kind not in ORDERED:
        says = "; ".join(filter(None, (says, "answers without an order: compare how many gave each")))
    else:
        median, spread = _less(after.median, before.median), _less(after.spread, before.spread)
    return Change(question.code, question.label, group, before, after, median, spread, says)


def _less(after: Number | None, before: Number | None) -> Number | None:
    return None if after is None or before is None else after - before
