"""Pure: a form as a workbook, to be filled in a spreadsheet, with the answers of a sheet or empty.

Three sheets: how to fill it in, the answers, and (hidden) the lists that can be chosen from. What the lines of
*Answers* are is said in `LINES`; workbook_read.py reads them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_rowcol_to_cell

from rapport.formats.xlsx import TextSheet, text_of
from rapport.registry.forms.answers import ROWS_MOST
from rapport.registry.forms.model import Choice, Form, Question, Sheet
from rapport.registry.forms.paper import only_if
from rapport.registry.forms.sheets import SAID_BY, VIEWS, same_form
from rapport.values import Json

ANSWERS = "Answers"
#: Columns of *Answers*: code, part, question, and from here on what is answered.
ANSWER_AT = 3
LINES = ("code", "part", "question", "answer")
#: Codes of the lines above the questions begin so, which no code of a question does.
HEAD = "#"
HEADINGS = "columns"  # the part of the line that names the columns of rows
TICK = "x"
_ROWS_SHOWN = 5  # lines for rows where nothing is answered yet; where something is, two more than are filled
_HELP = (
    "How to fill this in",
    "Write into the column “answer” of the sheet “Answers”; where a question takes several rows, into the columns that"
    " are named above them.",
    "Every question may be left blank. A blank means that no information was given, and nothing else.",
    "Where a list opens in a cell, choose from it, or write its first word or number.",
    f"Where several answers can be ticked, write {TICK} beside each that holds.",
    "Dates: 2013-06-20, 2013-06 or 2013.",
    f"More rows: copy the last line of that question, its code with it; at most {ROWS_MOST} rows are read.",
    "Do not change the columns “code” and “part”: by them the answers are found again.",
    "A formula is not kept: only what it shows.",
)
_WIDTHS = (24, 12, 60, 60, 30, 30, 20, 40, 14, 20, 20)  # of columns, in characters


def to_xlsx(form: Form, sheet: Sheet | None) -> bytes:
    """The workbook; empty without a sheet. Nothing in it is a formula. Refused for a sheet of another form."""
    if sheet is not None:
        same_form(form, sheet.form_slug, sheet.form_version, sheet.form_digest)
    made = BytesIO()
    book = Workbook(made, {"constant_memory": True})
    book.set_properties({"title": text_of(form.title)})
    _help(book, form)
    writer = _Writer(book)
    writer.head(form, sheet)
    for section in form.sections:
        writer.title(section.title, section.hint)
        for question in section.questions:
            writer.question(question, sheet.answers.get(question.code) if sheet else None)
    writer.lists()
    book.close()
    return made.getvalue()


def listed(choice: Choice) -> str:
    """A choice as it stands in a list: its code is the first word."""
    return text_of(f"{choice.code} – {' '.join(choice.label.split())}")


def _help(book: Workbook, form: Form) -> None:
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
    sheet = book.add_worksheet("Read me", TextSheet)
    sheet.set_column(0, 0, 100)
    sheet.write_string(0, 0, text_of(f"{form.title} ({form.slug} {form.version})"), bold)
    for row, text in enumerate(_HELP, 2):
        sheet.write_string(row, 0, text, bold if row == 2 else wrapped)


class _Writer:
    """Writes the sheet *Answers* from top to bottom. Every cell for answers has the format of text, so that a
    spreadsheet takes nothing that is typed there for a date, a number or a formula."""

    def __init__(self, book: Workbook) -> None:
        self.sheet = book.add_worksheet(ANSWERS, TextSheet)
        self.book = book
        self.row = 0
        self.found: dict[tuple[str, ...], int] = {}  # a list → its column on the sheet of lists
        self.bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self.typed = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top", "border": 1})
        self.figure = book.add_format({"valign": "top", "border": 1})
        for column, width in enumerate(_WIDTHS):
            self.sheet.set_column(column, column, width)
        self.sheet.freeze_panes(1, 0)
        self.sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        self._said(*LINES, form=self.bold)
        self.row += 1

    def head(self, form: Form, sheet: Sheet | None) -> None:
        for name, text, value in (
            ("form", "The questionnaire", form.slug),
            ("version", "Its version", form.version),
            ("sha256", "Its words", form.digest),
        ):
            self._said(f"{HEAD}{name}", "", f"{text} (do not change)", value)
            self.row += 1
        for name, text, choices in (
            ("actor", "Who is spoken of: the State or organisation", ()),
            ("said_by", "Who says so: itself, or a third party", SAID_BY),
            ("respondent", "Which office answers (not a name)", ()),
            ("view", "From which side you see it, where measures are weighed", VIEWS[1:]),
            ("remark", "Anything else", ()),
        ):
            self._said(f"{HEAD}{name}", "", text)
            self._cell(ANSWER_AT, getattr(sheet, name) if sheet else None, choices)
            self.row += 1

    def title(self, title: str, hint: str) -> None:
        self._said("", "", f"{title}\n{hint}".strip(), form=self.bold)
        self.row += 1

    def question(self, question: Question, value: Json) -> None:
        text = "\n".join(filter(None, (question.label, question.hint, only_if(question))))
        if question.kind == "rows":
            self._rows(question, text, value if isinstance(value, list) else [])
        elif question.kind == "choices":
            ticked = value if isinstance(value, list) else []
            for choice in question.choices:
                self._said(question.code, choice.code, f"{text}\n→ {choice.label}")
                self._cell(ANSWER_AT, TICK if choice.code in ticked else None, (TICK,))
                self.row += 1
        else:
            self._said(question.code, "", text)
            self._cell(ANSWER_AT, value, question.choices, number=question.kind == "number")
            self.row += 1

    def _rows(self, question: Question, text: str, rows: Sequence[Json]) -> None:
        self._said(question.code, HEADINGS, text, *(column.label for column in question.columns), form=self.bold)
        self.row += 1
        shown = min(max(_ROWS_SHOWN, len(rows) + 2), ROWS_MOST)
        for number in range(1, shown + 1):
            self._said(question.code, str(number))
            row = rows[number - 1] if number <= len(rows) else {}
            for at, column in enumerate(question.columns, ANSWER_AT):
                self._cell(at, row.get(column.code) if isinstance(row, dict) else None, column.choices)
            self.row += 1

    def _said(self, *cells: str, form: Any = None) -> None:
        for column, text in enumerate(cells):
            if text:
                self.sheet.write_string(self.row, column, text_of(text), form or self.wrapped)

    def _cell(self, column: int, value: Json, choices: Sequence[Choice | str] = (), *, number: bool = False) -> None:
        entries = tuple(one if isinstance(one, str) else listed(one) for one in choices)
        codes = [one if isinstance(one, str) else one.code for one in choices]
        if entries:
            self.sheet.data_validation(self.row, column, self.row, column, self._list(entries))
        if value is None or value == "":
            self.sheet.write_blank(self.row, column, None, self.figure if number else self.typed)
        elif number and isinstance(value, int | float):
            self.sheet.write_number(self.row, column, value, self.figure)
        else:
            text = str(value)
            self.sheet.write_string(self.row, column, entries[codes.index(text)] if entries else text, self.typed)

    def _list(self, entries: tuple[str, ...]) -> dict[str, Any]:
        """What opens a list in a cell. It only advises: a number or a code may be typed instead."""
        column = self.found.setdefault(entries, len(self.found))
        first, last = (xl_rowcol_to_cell(row, column, True, True) for row in (0, len(entries) - 1))
        source = f"=Lists!{first}:{last}"
        return {"validate": "list", "source": source, "error_type": "information", "ignore_blank": True}

    def lists(self) -> None:
        sheet = self.book.add_worksheet("Lists", TextSheet)
        sheet.hide()
        for row in range(max(map(len, self.found), default=0)):
            for entries, column in self.found.items():
                if row < len(entries):
                    sheet.write_string(row, column, entries[row])
