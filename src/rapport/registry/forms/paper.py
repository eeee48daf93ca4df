"""Pure: an empty form on paper, and as plain text for e-mail or to be read out over a radio."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from rapport.registry.forms.model import Column, Form, Question
from rapport.registry.forms.sheets import VIEWS

LONG_LINES, TEXT_LINES = 6, 1  # ruled lines to write on [ours: a page takes three or four long texts]
BLANK_ROWS = 4
TEXT_LONG_LINES = 2  # lines at most under a question of the plain text, which has room wherever somebody types
_WIDE = 72  # characters of a line of plain text: what mail programs leave unbroken
_RULE = ["  " + "_" * (_WIDE - 2)]


@dataclass(frozen=True, slots=True)
class Printed:
    """What stands on paper for one question: boxes to tick, lines to write on, or a table to fill in. `only_if` says
    when to skip it, "" if never; `one`: at most one box is ticked."""

    code: str
    label: str
    hint: str
    only_if: str
    boxes: tuple[str, ...] = ()
    one: bool = True
    ruled: int = 0
    headings: tuple[str, ...] = ()
    blank_rows: int = 0


@dataclass(frozen=True, slots=True)
class PrintedSection:
    code: str
    title: str
    hint: str
    questions: tuple[Printed, ...]


def printed(form: Form) -> tuple[PrintedSection, ...]:
    """The empty form, for a template to render."""
    return tuple(
        PrintedSection(one.code, one.title, one.hint, tuple(map(_printed, one.questions))) for one in form.sections
    )


def as_text(form: Form) -> str:
    """The empty form in lines of at most 72 characters, but for words that are longer."""
    lines = [*_wrapped(f"{form.title} ({form.slug} {form.version})"), ""]
    lines += _wrapped("Every question may be left blank: that means that no information is given, and nothing else.")
    lines += _wrapped("To send answers over a line: the code in brackets, then the answer.")
    lines += ["", "Who is spoken of: ", "Said by itself, or by a third party: ", "Which office answers (not a name): "]
    if form.purpose == "survey":
        lines.append("For whom it is (everybody, the members of the network, the team alone): ")
    if form.purpose == "weighing":
        lines.append(f"From which side it is seen ({', '.join(VIEWS[1:])}): ")
    for section in printed(form):
        lines += ["", "", *_wrapped(section.title.upper()), *_wrapped(section.hint)]
        for question in section.questions:
            lines += ["", *_question(question)]
    return "\n".join([*lines, "", "", "Anything else:", *_RULE * TEXT_LONG_LINES]) + "\n"


def only_if(question: Question) -> str:
    """The rule by which it is skipped, in words; "" if it never is."""
    if question.needs is None:
        return ""
    return f"Only if {question.needs.question} is {' or '.join(question.needs.values)}."


def _printed(question: Question) -> Printed:
    return Printed(
        code=question.code,
        label=question.label,
        hint=question.hint,
        only_if=only_if(question),
        boxes=tuple(f"{one.code} – {one.label}" for one in question.choices),
        one=question.kind != "choices",
        ruled={"long": LONG_LINES, "text": TEXT_LINES, "number": TEXT_LINES, "date": TEXT_LINES}.get(question.kind, 0),
        headings=tuple(map(_heading, question.columns)),
        blank_rows=BLANK_ROWS if question.columns else 0,
    )


def _heading(column: Column) -> str:
    codes = ", ".join(one.code for one in column.choices)
    return f"{column.label} ({codes})" if codes else column.label


def _question(question: Printed) -> Iterator[str]:
    yield from _wrapped(f"[{question.code}] {question.label}")
    for text in (question.hint, question.only_if):
        yield from _wrapped(text, "  ")
    for box in question.boxes:
        yield from _wrapped(f"{'( )' if question.one else '[ ]'} {box}", "  ", "      ")
    if question.headings:
        yield from _wrapped(f"For each: {'; '.join(question.headings)}", "  ")
    yield from _RULE * min(question.ruled or question.blank_rows, TEXT_LONG_LINES)


def _wrapped(text: str, first: str = "", rest: str | None = None) -> list[str]:
    """On lines that break between words, and never within one."""
    return textwrap.wrap(
        text,
        _WIDE,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
