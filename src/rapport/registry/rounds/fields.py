"""Questions as fields of a page, and a page's fields as answers. A blank field is no answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict

from rapport.registry.forms.answers import ROWS_MOST, Fault, asked
from rapport.registry.forms.model import Answers, Column, Form, Question, Section
from rapport.values import Json

EMPTY_ROWS = 2  # shown below those that are filled in


@dataclass(frozen=True, slots=True)
class Cell:
    name: str
    column: Column
    value: str


@dataclass(frozen=True, slots=True)
class Asking:
    """One question on a page: `values` as strings, for comparing with choices; `says`: what is wrong with it."""

    question: Question
    values: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    skipped: bool
    says: str

    @property
    def filled(self) -> Sequence[Sequence[Cell]]:
        return [row for row in self.rows if any(cell.value for cell in row)]

    @property
    def said(self) -> str:
        """What was chosen or written, as the form words it."""
        words = {one.code: one.label for one in self.question.choices}
        return ", ".join(words.get(value, value) for value in self.values)

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""


def asking(form: Form, section: Section, answers: Answers, faults: Iterable[Fault] = ()) -> list[Asking]:
    """The questions of a section, with what is answered."""
    counted, wrong = asked(form, answers), {fault.code: fault.says for fault in faults}
    return [
        Asking(
            one,
            _values(one, answers.get(one.code)),
            _rows(one, answers.get(one.code)) if one.kind == "rows" else (),
            one.code not in counted,
            wrong.get(one.code, ""),
        )
        for one in section.questions
    ]


def given(section: Section, post: QueryDict) -> dict[str, Json]:
    """What a page's fields say of a section's questions. Line ends are those that were typed: forms send CR LF."""
    return {one.code: _given(one, post) for one in section.questions}


def _given(question: Question, post: QueryDict) -> Json:
    if question.kind == "rows":
        rows: list[dict[str, Json]] = [
            {column.code: _text(post.get(f"{question.code}:{number}:{column.code}", "")) for column in question.columns}
            for number in range(ROWS_MOST + 1)  # one more than is taken shows that there are too many
        ]
        return [row for row in rows if any(row.values())]
    if question.kind == "choices":
        return list(post.getlist(question.code))
    return _text(post.get(question.code, ""))


def _text(value: str) -> str | None:
    return value.replace("\r\n", "\n") or None


def _values(question: Question, value: Json) -> list[str]:
    if value is None or question.kind == "rows":
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _rows(question: Question, value: Json) -> list[list[Cell]]:
    filled = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
    blank: list[Mapping[str, Json]] = [{}] * min(EMPTY_ROWS, ROWS_MOST - len(filled))
    return [
        [Cell(f"{question.code}:{number}:{one.code}", one, str(row.get(one.code) or "")) for one in question.columns]
        for number, row in enumerate([*filled, *blank])
    ]
