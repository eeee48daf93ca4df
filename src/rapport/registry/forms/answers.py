"""Pure: answers as they are given, from a page or a file, are checked against the questions, strictly.

Nothing is cut, trimmed or guessed: what does not fit is a Fault that names the question and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import msgspec

from rapport.errors import BadDefinition
from rapport.registry.dates import dated
from rapport.registry.forms.model import Answers, Choice, Column, Form, Kind, Question
from rapport.values import Json

#: Characters of a long text, and of a short one or a cell of a row; rows of a question [ours].
LONG_MOST, TEXT_MOST, ROWS_MOST = 10_000, 1_000, 20
SHEET_MOST = 3_000_000  # bytes of all answers in JSON [ours: so that a sheet always fits into a file]
_DATE_MOST = 40  # characters; the longest that is a date has twelve
#: A number that a spreadsheet gives back as it was has at most so many digits (Excel specifications and limits).
_DIGITS = 15
_NUMBER = re.compile(r"-?[0-9]{1,17}(\.[0-9]{1,340})?([eE][+-]?[0-9]{1,3})?")
# Control characters but tab, LF and CR; and what neither UTF-8 nor XML can hold.
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_QUOTED = 60  # characters of an answer that a fault repeats
_UNKNOWN_TOLD = 10  # codes that no question has; to look for the nearest takes time


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one answer, in a sentence that names the question and what to do."""

    code: str
    says: str


def checked(form: Form, raw: Mapping[str, Json]) -> tuple[Answers, list[Fault]]:
    """The answers that can be kept, in the order of the form, and what is wrong with the others.

    Blank is what is None, an empty list, or a text of white space alone. Other texts stay as they are, to the last
    blank. Answers to questions that are skipped are kept: `asked` tells which count.
    """
    faults = _unknown(form, raw)
    answers: dict[str, Json] = {}
    for question in form.questions:
        try:
            value = _READ[question.kind](question, raw.get(question.code))
        except ValueError as error:
            faults.append(Fault(question.code, f"{question.code} ({quoted(question.label)}): {error}"))
            continue
        if value is not None:
            answers[question.code] = value
    if (together := len(msgspec.json.encode(answers))) > SHEET_MOST:
        says = f"all answers together take {together:,} bytes; write at most {SHEET_MOST:,}, and link the rest"
        faults.append(Fault("", says))
    return answers, faults


def asked(form: Form, answers: Answers) -> frozenset[str]:
    """The codes of the questions that are asked of whoever answers so; what needs a question that is skipped, or left
    blank, is skipped too."""
    found: set[str] = set()
    for question in form.questions:
        needs = question.needs
        if needs is None or (needs.question in found and _said(answers.get(needs.question)) & set(needs.values)):
            found.add(question.code)
    return frozenset(found)


def sound(text: str, most: int) -> str:
    """The text as it is. ValueError for one that is too long, or holds characters that no file brings back."""
    if len(text) > most:
        raise ValueError(f"this has {len(text):,} characters; write at most {most:,}")
    if found := _CONTROL.search(text):
        place = f"character {found.start() + 1} is the control character U+{ord(found[0]):04X}"
        raise ValueError(f"{place}, which nobody sees; take it out, or write the passage anew")
    return text


def quoted(text: str) -> str:
    """A text that somebody else wrote, on one line and short enough for a sentence."""
    line = _CONTROL.sub("\ufffd", " ".join(text[: 4 * _QUOTED].split()))
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED]}…"


def _said(value: Json) -> set[str]:
    return {str(one) for one in (value if isinstance(value, list) else [value])}


def _unknown(form: Form, raw: Mapping[str, Json]) -> list[Fault]:
    known = [one.code for one in form.questions]
    codes = sorted(raw.keys() - set(known))
    faults = [
        Fault(code, f"{quoted(code)}: {form.slug} {form.version} has no such question{_near(code, known)}")
        for code in codes[:_UNKNOWN_TOLD]
    ]
    if len(codes) > _UNKNOWN_TOLD:
        faults.append(Fault("", f"{len(codes) - _UNKNOWN_TOLD:,} more codes are of no question"))
    return faults


def _near(code: str, known: Iterable[str]) -> str:
    close = get_close_matches(code[:_QUOTED], known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


# --- each kind of answer; None for a blank, ValueError with the remedy ------------------------------------------------


def _text(value: Json, most: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("write a text")
    return sound(value, most) if value.strip() else None


def _choice(choices: Iterable[Choice], value: Json) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    codes = [one.code for one in choices]
    if not isinstance(value, str) or value not in codes:
        said = f"“{quoted(value)}”" if isinstance(value, str) else "this"
        raise ValueError(f"{said} is not one of {', '.join(codes)}; choose one, or leave it blank")
    return value


def _choices(question: Question, value: Json) -> Json:
    if value is None:
        return None
    if not isinstance(value, list):
        raise ValueError("write a list of codes")
    given = [code for one in value[: len(question.choices) + 1] if (code := _choice(question.choices, one)) is not None]
    if len(set(given)) < len(given):
        raise ValueError("one is chosen twice; choose each once")
    return [one.code for one in question.choices if one.code in given] or None


def _step(question: Question, value: Json) -> Json:
    """A level or a step of a scale: a whole number, also as a page or a spreadsheet gives it."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10 else "a larger number"
    code = _choice(question.choices, value.strip() if isinstance(value, str) else value)
    return None if code is None else int(code)


def _number(_question: Question, value: Json) -> Json:
    if isinstance(value, str):
        value = value.strip() or None
        if value and not _NUMBER.fullmatch(value):
            raise ValueError(f"“{quoted(value)}” is no number; write digits, with a point for decimals, as 12.5")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("write a number, as 12.5")
    if isinstance(value, int) and abs(value) >= 10**_DIGITS:
        raise ValueError(f"write a number of at most {_DIGITS} digits")
    number = float(value)
    if not abs(number) < 10**_DIGITS or float(f"{number:.{_DIGITS}g}") != number:
        raise ValueError(f"write a number of at most {_DIGITS} digits")
    return int(number) if number.is_integer() else number


def _date(value: Json) -> str | None:
    text = _text(value, _DATE_MOST)
    if text is None:
        return None
    try:
        return dated(text.strip()).written
    except BadDefinition as error:
        raise ValueError(str(error)) from None


def _rows(question: Question, value: Json) -> Json:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise ValueError("write a list of rows, each with its columns by name")
    if len(value) > ROWS_MOST:
        raise ValueError(f"this has {len(value):,} rows; write at most {ROWS_MOST}, and the others under the remarks")
    rows = [_row(question, number, row) for number, row in enumerate(value, 1) if isinstance(row, dict)]
    return [row for row in rows if row] or None


def _row(question: Question, number: int, row: Mapping[str, Json]) -> dict[str, Json]:
    known = {column.code: column for column in question.columns}
    for code in row:
        if code not in known:
            raise ValueError(f"row {number}: there is no column {quoted(code)}; there are {', '.join(known)}")
    made: dict[str, Json] = {}
    for column in question.columns:
        try:
            value = _cell(column, row.get(column.code))
        except ValueError as error:
            raise ValueError(f"row {number}, {quoted(column.label)}: {error}") from None
        if value is not None:
            made[column.code] = value
    return made


def _cell(column: Column, value: Json) -> str | None:
    if column.kind == "choice":
        return _choice(column.choices, value)
    return _date(value) if column.kind == "date" else _text(value, TEXT_MOST)


_READ: Mapping[Kind, Callable[[Question, Json], Json]] = {
    "text": lambda _, value: _text(value, TEXT_MOST),
    "long": lambda _, value: _text(value, LONG_MOST),
    "choice": lambda question, value: _choice(question.choices, value),
    "choices": _choices,
    "level": _step,
    "scale": _step,
    "number": _number,
    "date": lambda _, value: _date(value),
    "rows": _rows,
}
