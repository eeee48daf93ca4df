"""Questionnaires with every kind of question; sheets filled by chance, with all that spreadsheets like to change."""

from __future__ import annotations

import random
from typing import Any

from rapport.registry import file as framework_file
from rapport.registry.forms import file
from rapport.registry.forms.answers import checked
from rapport.registry.forms.build import survey_form, weighing_form
from rapport.registry.forms.model import Column, Form, Question, Sheet
from rapport.registry.forms.sheets import SAID_BY, VIEWS
from rapport.registry.model import Framework

HEAD = '[questionnaire]\nslug = "ours"\ntitle = "Ours"\nversion = "1"\npurpose = "stocktaking"\n'
LEVELS = 'levels = ["none", "some", "half", "most", "all"]\n'
EVERY_KIND = (
    HEAD
    + LEVELS
    + """
scale = ["one", "two", "three", "four", "five"]
[[section]]
code = "s"
title = "All kinds"
[[section.question]]
code = "text"
kind = "text"
label = "A text"
[[section.question]]
code = "long"
kind = "long"
label = "A long text"
[[section.question]]
code = "choice"
kind = "choice"
label = "A choice"
choices = { yes = "Yes – of course", no = "No", 3 = "Three" }
[[section.question]]
code = "choices"
kind = "choices"
label = "Several"
choices = { a = "A", b = "B", c = "C" }
[[section.question]]
code = "level"
kind = "level"
label = "A level"
with = ["evidence", "remark"]
[[section.question]]
code = "scale"
kind = "scale"
label = "A scale"
needs = { question = "choice", values = ["yes", "3"] }
[[section.question]]
code = "number"
kind = "number"
label = "A number"
[[section.question]]
code = "date"
kind = "date"
label = "A date"
needs = { question = "scale", values = ["4", "5"] }
[[section.question]]
code = "rows"
kind = "rows"
label = "Rows"
[[section.question.column]]
code = "what"
label = "What"
[[section.question.column]]
code = "kind"
label = "Kind"
kind = "choice"
choices = { law = "Law", body = "Body" }
[[section.question.column]]
code = "since"
label = "Since"
kind = "date"
"""
)
#: What spreadsheets take for something else, or change.
ODD = (
    "=1+1", "+1", "-1", "@SUM(A1)", "007", "1e5", "1,5", "2015-01-02", "TRUE", "FALSE", "#N/A", "'quoted", "''",
    " lead", "trail ", "\nline first", "line last\n", "a\r\nb", "a\rb", "\ta\t", "a  b", "\xa0hard\xa0", "\ufeffmark",
    "_x000D_", "_x005F_x000D_", "_x000D_x000d_x", "<r>&</r>", "<r>a\r</r>", "<r></r></is></c><f>1+1</f>",
    "&lt;b&gt;<b>",
    "שלום \u202eabc\u202c", "مرحبا", "👩\u200d👩\u200d👧 🇭🇹", "e\u0301", "a\u2028b\u2029", "½", "１", "0", "x",
    "yes", '"', "https://example.org/a?b=c", "mailto:a@example.org", "{=1}", "a;b|c,d",
)  # fmt: skip
DATES = ("2013-06-20", "2013-06-20/21", "2013-06", "2015 early", "2015", "2003/2005")


def every_kind() -> Form:
    return file.read(EVERY_KIND)


def framework(name: str = "osce-measures") -> Framework:
    found = framework_file.read(framework_file.text_of(name)).framework
    assert found is not None
    return found


def forms() -> list[Form]:
    shipped = [file.read(file.text_of(name)) for name in file.shipped()]
    return [every_kind(), survey_form(framework("oas-measures")), weighing_form(framework()), *shipped]


def sheet(form: Form, dice: random.Random) -> Sheet:
    """Nearly half of it blank, as sheets are."""
    raw = {one.code: _value(one, dice) for one in form.questions if dice.random() < 0.6}
    answers, faults = checked(form, raw)
    assert faults == []
    assert answers == {code: value for code, value in raw.items() if value not in (None, [])}, "kept as it was given"
    return Sheet(
        form.slug, form.version, form.digest, text(dice)[:200], dice.choice(SAID_BY), text(dice)[:200],
        dice.choice(VIEWS), answers, dice.choice(("", text(dice))),
    )  # fmt: skip


def text(dice: random.Random, most: int = 400) -> str:
    if dice.random() < 0.6:
        return dice.choice(ODD)
    letters = "abc ABC ÀéŁß 日本語 שלום ۱۲ 😀🏽\n\r\t=+-@'\"_x000D_<>&\u200f\U0001d11e"
    return f"x{''.join(dice.choices(letters, k=dice.randrange(most)))}"


def number(dice: random.Random) -> Any:
    return dice.choice(
        (
            0,
            -1,
            dice.randrange(10**15),
            float(f"{dice.uniform(-1e9, 1e9):.15g}"),
            float(f"{dice.random():.14g}"),
            0.1,
            1e-7,
        )
    )


def _value(question: Question, dice: random.Random) -> Any:
    codes = [one.code for one in question.choices]
    if question.kind in ("level", "scale"):
        return int(dice.choice(codes))
    if question.kind == "choices":
        return [code for code in codes if dice.random() < 0.5]
    if question.kind == "choice":
        return dice.choice(codes)
    if question.kind == "rows":
        rows = [_row(question, dice) for _ in range(dice.choice((0, 1, 2, 6, 20)))]
        return [row for row in rows if row]
    if question.kind == "number":
        made = number(dice)
        return int(made) if float(made).is_integer() else made
    return dice.choice(DATES) if question.kind == "date" else text(dice, 1_500 if question.kind == "long" else 400)


def _row(question: Question, dice: random.Random) -> dict[str, str]:
    return {column.code: _cell(column, dice) for column in question.columns if dice.random() < 0.7}


def _cell(column: Column, dice: random.Random) -> str:
    if column.kind == "text":
        return text(dice, 100)
    return dice.choice(DATES if column.kind == "date" else [one.code for one in column.choices])
