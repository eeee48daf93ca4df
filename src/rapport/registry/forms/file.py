"""Pure: the file of a questionnaire, read strictly. The format: docs/reference/questionnaire-file.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.resources import files
from typing import cast, get_args

from rapport.errors import BadDefinition
from rapport.operations.shipped import Shelf
from rapport.operations.strict import CODE, SLUG, Table, once, parsed
from rapport.registry.forms.build import evidence, remark, steps
from rapport.registry.forms.model import (
    LEVELS,
    ORDERED,
    QUESTION_CODE,
    STEPS,
    Choice,
    Column,
    ColumnKind,
    Form,
    Kind,
    Needs,
    Purpose,
    Question,
    Section,
)

MOST_CHARACTERS = 500_000  # of a file [ours: 24 questions with their levels have ten thousand]
#: Of a form; of a question; of a row [ours].
MOST_SECTIONS, MOST_QUESTIONS, MOST_CHOICES, MOST_COLUMNS = 200, 1_000, 100, 8
#: Answers of fewer people than 3 are never shown together: of two, each knows what the other said.
LEAST_FROM, LEAST_TO = 3, 50
_SHELF = Shelf(files("rapport.data") / "questionnaires", "questionnaire")
shipped = _SHELF.names
text_of = _SHELF.text_of
_CODE_REMEDY = "with letters, digits, dot and hyphen, at most 64"
_LEAST: Mapping[str, int] = {"survey": 5, "stocktaking": 5, "weighing": 3}
_BESIDE = {"evidence": evidence, "remark": remark}


def read(text: str) -> Form:
    """What the file asks. BadDefinition names the table, the key and what to do."""
    top = Table(parsed(text.removeprefix("\ufeff"), MOST_CHARACTERS), "")
    head = top.table("questionnaire")
    if head is None:
        raise BadDefinition("A questionnaire begins with a table [questionnaire].")
    purpose = head.one_of("purpose", get_args(Purpose))
    made = Form(
        slug=head.text("slug", None, SLUG, "with small letters, digits and hyphens"),
        title=head.text("title"),
        version=head.text("version", None, CODE, "with letters, digits, dot and hyphen, at most 40"),
        purpose=cast("Purpose", purpose),
        least=head.whole("least", _LEAST[purpose], LEAST_FROM, LEAST_TO),
        sections=_sections(top, _words(head, "levels", len(LEVELS)), _words(head, "scale", len(STEPS))),
    )
    head.nothing_else()
    top.nothing_else()
    _counted(made)
    return made


def _counted(form: Form) -> None:
    for name, parts, most in (
        ("section", form.sections, MOST_SECTIONS),
        ("section.question", form.questions, MOST_QUESTIONS),
    ):
        if not 1 <= len(parts) <= most:
            raise BadDefinition(f"[[{name}]]: the file has {len(parts):,} of them; write 1 to {most:,}")
        once(name, "code", [one.code for one in parts])


def _sections(top: Table, levels: tuple[str, ...], scale: tuple[str, ...]) -> tuple[Section, ...]:
    made: list[Section] = []
    before: dict[str, Question] = {}
    for table in top.tables("section"):
        questions = []
        for one in table.tables("question"):
            for question in _questions(one, {"level": levels, "scale": scale}, before):
                before[question.code] = question
                questions.append(question)
        made.append(Section(_code(table), table.text("title"), table.text("hint", ""), tuple(questions)))
        table.nothing_else()
    return tuple(made)


def _questions(
    table: Table, words: Mapping[str, tuple[str, ...]], before: Mapping[str, Question]
) -> Iterator[Question]:
    """The question, and what is asked beside it."""
    kind = cast("Kind", table.one_of("kind", get_args(Kind)))
    made = Question(
        code=_code(table),
        kind=kind,
        label=table.text("label"),
        hint=table.text("hint", ""),
        choices=_choices(table, kind, words.get(kind, ())),
        columns=_columns(table) if kind == "rows" else (),
        needs=_needs(table, before),
        about=table.text("about", "", QUESTION_CODE, _CODE_REMEDY),
    )
    beside = table.texts("with")
    for name in beside:
        if name not in _BESIDE:
            raise table.bad("with", f"{name!r} is not one of {', '.join(_BESIDE)}")
    table.nothing_else()
    yield made
    for name, make in _BESIDE.items():
        if name in beside:
            yield replace(make(made.code, made.about), needs=made.needs)


def _code(table: Table) -> str:
    return table.text("code", None, QUESTION_CODE, _CODE_REMEDY)


def _choices(table: Table, kind: str, words: tuple[str, ...]) -> tuple[Choice, ...]:
    if kind == "level":
        return steps(_words(table, "levels", len(LEVELS)) or words or _missing(table, "levels"), first=0)
    if kind == "scale":
        return steps(_words(table, "scale", len(STEPS)) or words or _missing(table, "scale"))
    return _named(table) if kind in ("choice", "choices") else ()


def _words(table: Table, key: str, many: int) -> tuple[str, ...]:
    words = table.texts(key)
    if words and (len(words) != many or not all(word.strip() for word in words)):
        raise table.bad(key, f"write {many} texts, from the least to the most")
    return words


def _missing(table: Table, key: str) -> tuple[str, ...]:
    raise table.bad(key, "is missing, here and in [questionnaire]")


def _named(table: Table) -> tuple[Choice, ...]:
    """`choices = { yes = "Yes", no = "No" }`, in that order."""
    inner = table.table("choices")
    if inner is None or not 2 <= len(inner.data) <= MOST_CHOICES:
        raise table.bad("choices", f'write 2 to {MOST_CHOICES} of them, as {{ yes = "Yes", no = "No" }}')
    for code in inner.data:
        if not CODE.fullmatch(code):
            raise inner.bad(code, "write codes with letters, digits, dot and hyphen, at most 40")
    return tuple(Choice(code, inner.text(code)) for code in inner.data)


def _columns(table: Table) -> tuple[Column, ...]:
    tables = table.tables("column")
    if not 1 <= len(tables) <= MOST_COLUMNS:
        raise table.bad("column", f"write 1 to {MOST_COLUMNS} tables [[section.question.column]]")
    made = []
    for one in tables:
        kind = cast("ColumnKind", one.one_of("kind", get_args(ColumnKind), "text"))
        made.append(Column(_code(one), one.text("label"), kind, _named(one) if kind == "choice" else ()))
        one.nothing_else()
    once("section.question.column", "code", [one.code for one in made])
    return tuple(made)


def _needs(table: Table, before: Mapping[str, Question]) -> Needs | None:
    inner = table.table("needs")
    if inner is None:
        return None
    made = Needs(inner.text("question"), inner.texts("values", needed=True))
    inner.nothing_else()
    asked = before.get(made.question)
    if asked is None or not asked.choices:
        kinds = ", ".join(("choice", "choices", *ORDERED))
        raise inner.bad("question", f"{made.question!r} is no question before this one, of kind {kinds}")
    codes = [one.code for one in asked.choices]
    for value in made.values:
        if value not in codes:
            raise inner.bad("values", f"{value!r} is not one of {', '.join(codes)}")
    return made
