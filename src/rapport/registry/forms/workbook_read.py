"""Pure: the workbook that workbook_write.py made, filled in and saved by any spreadsheet, becomes a Sheet.

It is read in a process of its own (formats/workbooks.py). Answers are found by the code in the first column, so lines
may have been moved; what stands where nothing is read is a fault and not passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from rapport.errors import Refused
from rapport.formats import workbooks
from rapport.registry.forms.answers import Fault, quoted
from rapport.registry.forms.model import Choice, Form, Question, Sheet
from rapport.registry.forms.sheets import ABOUT, same_form, sheet_of
from rapport.registry.forms.workbook_write import ANSWER_AT, ANSWERS, HEAD, HEADINGS, LINES, TICK, listed
from rapport.values import Json

XLSX_MOST = 10_000_000  # bytes [ours: a long one has some hundred thousand]
ROWS_MOST = 20_000_000  # bytes of its lines: the answers, and the questions beside them
LINES_MOST = 100_000
_MIDNIGHT = "T00:00:00"  # what a date has behind it that a spreadsheet made of a typed one


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    code: str
    part: str
    cells: tuple[str, ...]  # what is answered, without empty cells at the end


@dataclass(slots=True)
class _Found:
    """What the lines said so far."""

    about: dict[str, Json] = field(default_factory=dict)
    answers: dict[str, Json] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def wrong(self, line: _Line, says: str) -> None:
        self.faults.append(Fault(line.code, f"line {line.number} ({quoted(line.code) or 'no code'}): {says}"))


def from_xlsx(form: Form, data: bytes) -> Sheet:
    """The sheet of answers. Refused, with what to do, for anything else than this form in this version."""
    if len(data) > XLSX_MOST:
        raise Refused("too_large", f"The workbook has {len(data):,} bytes; at most {XLSX_MOST:,} are read.")
    lines = list(_lines(data))
    same_form(form, *(_named(lines, f"{HEAD}{name}") for name in ("form", "version", "sha256")))
    found = _Found()
    known = {question.code: question for question in form.questions}
    for line in lines:
        _take(line, known, found)
    return sheet_of(form, {**dict.fromkeys(ABOUT, ""), **found.about}, found.answers, found.faults)


def _lines(data: bytes) -> Iterator[_Line]:
    with TemporaryDirectory() as folder:
        path, rows = Path(folder) / "workbook", Path(folder) / "rows"
        path.write_bytes(data)
        try:
            workbooks.convert(path, rows, ANSWERS, ROWS_MOST)
        except Refused as refused:
            raise Refused(refused.reason, _remedy(refused.reason)) from refused
        with rows.open(encoding="utf-8", newline="\n") as file:
            file.readline()  # about the workbook
            for count, text in enumerate(file):
                if count == LINES_MOST:
                    raise Refused("too_many_rows", f"The sheet has more than {LINES_MOST:,} lines: is this a form?")
                number, *cells = json.loads(text)
                if number > 1:  # the first names the columns
                    yield _line(number, cells)


def _remedy(reason: str) -> str:
    """What is said of a workbook that cannot be read: its reader knows other ways out than there are here."""
    if reason == "password":
        return "The workbook has a password. Save it without one."
    if reason == "no_sheet":
        return f"The workbook has no sheet “{ANSWERS}”. Choose the one that rapport wrote, filled in."
    return "This workbook cannot be read: it is damaged, far too large, or none. Save it again as XLSX and choose that."


def _line(number: int, cells: list[str]) -> _Line:
    code, part, _question, *answered = [*cells, *("" for _ in LINES)]
    while answered and not answered[-1]:
        answered.pop()
    return _Line(number, code.strip(), part.strip(), tuple(answered))


def _named(lines: Iterable[_Line], code: str) -> str:
    """How the file names its form; "" where it does not."""
    return next((line.cells[0].strip() for line in lines if line.code == code and line.cells), "")


def _take(line: _Line, known: Mapping[str, Question], found: _Found) -> None:
    """One line becomes a part of what was found, or a fault."""
    question = known.get(line.code)
    if line.code.startswith(HEAD):
        _take_head(line, found)
    elif question is None:
        if line.code:
            found.answers.setdefault(line.code, None)  # named with the others that the form does not have
        elif line.cells:
            found.wrong(line, "an answer stands beside no code; copy the code from the line that it belongs to")
    elif question.kind == "rows":
        _take_row(line, question, found)
    elif len(line.cells) > 1:
        found.wrong(line, f"something stands in column {_letter(line)}, where nothing is read; clear it")
    elif question.kind == "choices":
        _take_tick(line, question, found)
    elif line.code in found.answers:
        found.wrong(line, "this code stands on two lines; keep one")
    else:
        found.answers[line.code] = _value(question, line.cells[0] if line.cells else "")


def _take_head(line: _Line, found: _Found) -> None:
    name = line.code.removeprefix(HEAD)
    if len(line.cells) > 1:
        found.wrong(line, f"something stands in column {_letter(line)}, where nothing is read; clear it")
    elif name in found.about:
        found.wrong(line, "this code stands on two lines; keep one")
    elif name in ABOUT and line.cells:
        found.about[name] = line.cells[0].strip() if name in ("said_by", "view") else line.cells[0]


def _take_row(line: _Line, question: Question, found: _Found) -> None:
    if line.part == HEADINGS or not line.cells:
        return
    if len(line.cells) > len(question.columns):
        found.wrong(line, f"something stands in column {_letter(line)}, where nothing is read; clear it")
        return
    row: dict[str, Json] = {
        column.code: _date(cell) if column.kind == "date" else _chosen(column.choices, cell)
        for column, cell in zip(question.columns, line.cells, strict=False)
        if cell
    }
    rows = found.answers.setdefault(question.code, [])
    if isinstance(rows, list):
        rows.append(row)


def _take_tick(line: _Line, question: Question, found: _Found) -> None:
    if not any(cell.strip() for cell in line.cells):
        return
    if line.part not in (one.code for one in question.choices):
        found.wrong(line, f"“{quoted(line.part)}” in the column “part” is no answer to this; write the form anew")
    elif line.cells[0].strip().casefold() != TICK:
        found.wrong(line, f"write {TICK} beside what holds, and nothing beside the others")
    else:
        ticked = found.answers.setdefault(question.code, [])
        if isinstance(ticked, list):
            ticked.append(line.part)


def _value(question: Question, cell: str) -> Json:
    return _date(cell) if question.kind == "date" else _chosen(question.choices, cell)


def _chosen(choices: tuple[Choice, ...], cell: str) -> str:
    """The code of what was chosen from the list, or typed; another text as it is."""
    words = " ".join(cell.split()) if choices else ""
    return next((one.code for one in choices if words in (one.code, listed(one))), cell)


def _date(cell: str) -> str:
    return cell.strip().removesuffix(_MIDNIGHT)


def _letter(line: _Line) -> str:
    at = ANSWER_AT + len(line.cells) - 1
    return chr(ord("A") + at) if at < 26 else f"{at + 1}"
