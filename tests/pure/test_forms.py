"""A questionnaire says what may be answered, keeps what was answered as it was, and knows what was skipped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rapport.cli.registry import registry
from rapport.errors import BadDefinition
from rapport.registry.forms import file
from rapport.registry.forms.answers import LONG_MOST, ROWS_MOST, TEXT_MOST, asked, checked
from rapport.registry.forms.build import survey_form, weighing_form
from rapport.registry.forms.model import Form, Question
from rapport.registry.forms.paper import as_text, printed
from tests.pure.filled_forms import EVERY_KIND, HEAD, LEVELS, ODD, every_kind, forms, framework

FORM = every_kind()
FORMS = forms()


def faults(**raw: Any) -> dict[str, str]:
    return {fault.code: fault.says for fault in checked(FORM, raw)[1]}


def kept(**raw: Any) -> Any:
    answers, wrong = checked(FORM, raw)
    assert wrong == []
    return answers


# --- answers -------------------------------------------------------------------------------------------------------


def test_a_blank_is_absent_whatever_it_looks_like() -> None:
    blank: dict[str, Any] = {
        "text": "", "long": " \n ", "choice": "", "choices": [], "level": None, "scale": " ", "number": "", "date": "",
        "rows": [{}, {"what": " ", "kind": ""}],
    }  # fmt: skip
    assert kept(**blank) == {}
    assert kept() == {}


@pytest.mark.parametrize("text", ODD)
def test_a_text_stays_as_it_is(text: str) -> None:
    assert kept(text=text, long=text, rows=[{"what": text}]) == {"text": text, "long": text, "rows": [{"what": text}]}


def test_levels_and_numbers_are_numbers_also_from_a_page_or_a_spreadsheet() -> None:
    for level in (0, "0", 0.0, " 0 "):
        assert kept(level=level) == {"level": 0}
    for given_, wanted in (("12.5", 12.5), ("-3", -3), (3.0, 3), ("1e-07", 1e-07), (0, 0)):
        made = kept(number=given_)["number"]
        assert (made, type(made)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("code", "value", "says"),
    [
        ("text", 5, "text (A text): write a text"),
        ("text", "x" * (TEXT_MOST + 1), "this has 1,001 characters; write at most 1,000"),
        ("long", "x" * (LONG_MOST + 1), "write at most 10,000"),
        ("long", "a\0b", "character 2 is the control character U+0000, which nobody sees; take it out"),
        ("long", "a\x9f", "U+009F"),
        ("long", "\ud800", "U+D800"),
        ("choice", "maybe", "choice (A choice): “maybe” is not one of yes, no, 3; choose one, or leave it blank"),
        ("choice", " yes", "is not one of"),
        ("choice", 3, "this is not one of"),
        ("choices", "a", "write a list of codes"),
        ("choices", ["a", "z"], "“z” is not one of a, b, c"),
        ("choices", ["a", "a"], "one is chosen twice"),
        ("level", 5, "“5” is not one of 0, 1, 2, 3, 4"),
        ("level", True, "is not one of"),
        ("level", 1.5, "is not one of"),
        ("level", 10**400, "is not one of"),
        ("scale", 0, "“0” is not one of 1, 2, 3, 4, 5"),
        ("number", "12,5", "“12,5” is no number; write digits, with a point for decimals, as 12.5"),
        ("number", float("nan"), "at most 15 digits"),
        ("number", float("inf"), "at most 15 digits"),
        ("number", 0.1 + 0.2, "at most 15 digits"),
        ("number", 10**400, "at most 15 digits"),
        ("number", True, "write a number"),
        ("number", "١٢", "is no number"),
        ("date", "12/05/2015", "'12/05/2015' is no date: write it as 2013-06-20"),
        ("date", "2" * 50, "write at most 40"),
        ("rows", {}, "write a list of rows"),
        ("rows", ["x"], "write a list of rows"),
        ("rows", [{"what": "x"}] * (ROWS_MOST + 1), "this has 21 rows; write at most 20"),
        ("rows", [{"what": "x"}, {"who": "x"}], "row 2: there is no column who; there are what, kind, since"),
        ("rows", [{"since": "soon"}], "row 1, Since: 'soon' is no date"),
        ("levels", 1, "levels: ours 1 has no such question; did you mean level?"),
    ],
)
def test_what_does_not_fit_is_named_with_what_to_do(code: str, value: Any, says: str) -> None:
    answers, wrong = checked(FORM, {"text": "kept", code: value} if code != "text" else {code: value})
    assert [fault.code for fault in wrong] == [code]
    assert says in wrong[0].says
    assert answers == ({"text": "kept"} if code != "text" else {}), "the others are kept"


def test_all_together_has_an_end() -> None:
    questions = tuple(Question(f"q{number}", "long", "Q") for number in range(300))
    form = replace(FORM, sections=(replace(FORM.sections[0], questions=questions),))
    raw: Any = {one.code: "x" * LONG_MOST for one in form.questions}
    assert checked(form, {**raw, "q0": ""})[1] == []
    assert "bytes; write at most 3,000,000, and link the rest" in checked(form, raw)[1][0].says


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["what", "kind", "x"]), inner),
)


@given(st.dictionaries(st.sampled_from([one.code for one in FORM.questions] + ["x"]), JSONS))
def test_whatever_comes_is_taken_or_named_and_what_is_taken_is_taken_again(raw: Any) -> None:
    answers, wrong = checked(FORM, raw)
    assert checked(FORM, answers) == (answers, [])
    assert all(fault.code in fault.says or not fault.code.isprintable() for fault in wrong)


# --- skip rules ----------------------------------------------------------------------------------------------------


def test_what_is_skipped_is_kept_and_does_not_count() -> None:
    answers = kept(choice="no", scale=5, date="2015")
    assert set(answers) == {"choice", "scale", "date"}
    always = {one.code for one in FORM.questions} - {"scale", "date"}
    assert asked(FORM, answers) == always, "what hangs on a skipped question is skipped"
    assert asked(FORM, kept(choice="yes", scale=5)) == always | {"scale", "date"}
    assert asked(FORM, kept(choice="3", scale=1)) == always | {"scale"}
    assert asked(FORM, {}) == always, "and what hangs on a blank"


# --- forms ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_a_form_comes_back_from_its_text_and_any_change_shows(form: Form) -> None:
    again = Form.from_json(form.as_json())
    assert again == form
    assert again.digest == form.digest
    assert replace(form, title="Other").digest != form.digest
    question = form.questions[0]
    assert replace(question, label="Other").digest != question.digest == again.questions[0].digest


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 100_000, FORM.as_json().replace('"ours"', '"ours" '), "\ud800"])
def test_a_text_that_no_form_wrote_is_refused(text: str) -> None:
    with pytest.raises(BadDefinition, match="no questionnaire as it was kept"):
        Form.from_json(text)


def test_a_survey_asks_about_what_was_checked_and_nothing_else() -> None:
    form = survey_form(framework("oas-measures"))
    assert [one.code for one in form.sections] == ["1", "2", "3", "4", "5", "6"]
    assert (form.slug, form.version, form.purpose, form.least) == (
        "oas-measures-survey", framework("oas-measures").version, "survey", 5
    )  # fmt: skip
    ends = ["status", "measures", "evidence", "challenges", "needs", "offers", "good-practice"]
    assert [one.code for one in form.sections[0].questions] == [f"1.{end}" for end in ends]
    assert {one.about for one in form.questions} == {one.code for one in form.sections}
    status = form.questions[0]
    assert [one.code for one in status.choices] == ["planned", "partial", "in-place"]
    assert "“no information”, and never counts as “not implemented”" in status.hint
    nothing = replace(framework(), provisions=())
    with pytest.raises(BadDefinition, match="nothing to ask"):
        survey_form(nothing)


def test_measures_are_weighed_in_two_respects() -> None:
    form = weighing_form(framework())
    assert (form.purpose, form.least, len(form.sections)) == ("weighing", 3, 16)
    assert [(one.code, one.kind) for one in form.questions[:3]] == [
        ("1.use", "scale"), ("1.feasibility", "scale"), ("1.remark", "long")
    ]  # fmt: skip


def test_what_comes_with_rapport() -> None:
    assert file.shipped() == ["crisis-information", "csirt-maturity"]
    crisis, csirt = (file.read(file.text_of(name)) for name in file.shipped())
    levels = [one for one in crisis.questions if one.kind == "level"]
    assert [len(section.questions) for section in crisis.sections] == [12] * 4
    assert len(levels) == 16
    assert len({choice.label for one in levels for choice in one.choices}) > 70, "each has its own levels"
    assert [len(section.questions) // 3 for section in csirt.sections] == [7, 5, 6, 6]
    assert {one.least for one in (crisis, csirt)} == {5}
    ends = {one.code.rpartition(".")[2] for one in csirt.questions if one.kind != "level"}
    assert ends == {"evidence", "remark"}


SECTION = '[[section]]\ncode = "s"\ntitle = "S"\n'
ASKED = '[[section.question]]\ncode = "a"\nlabel = "A"\n'
CHOICE = ASKED + 'kind = "choice"\nchoices = { yes = "Yes", no = "No" }\n'
OTHER = ASKED.replace('"a"', '"b"') + 'kind = "text"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"begins with a table \[questionnaire\]"),
        (HEAD.replace("stocktaking", "fun"), "'fun' is not one of survey, stocktaking, weighing"),
        (HEAD + "least = 2\n" + SECTION + CHOICE, "between 3 and 50"),
        (HEAD, r"\[\[section\]\]: the file has 0 of them"),
        (HEAD + SECTION, r"\[\[section.question\]\]: the file has 0 of them"),
        (HEAD + SECTION + ASKED + 'kind = "level"\n', r"levels: is missing, here and in \[questionnaire\] \(in a\)"),
        (HEAD + SECTION + ASKED + 'kind = "level"\nlevels = ["a", "b"]\n', "write 5 texts, from the least to the most"),
        (HEAD + SECTION + ASKED + 'kind = "choice"\n', "choices: write 2 to 100 of them"),
        (HEAD + SECTION + ASKED + 'kind = "text"\nchoices = { a = "A", b = "B" }\n', "nobody knows this key"),
        (HEAD + SECTION + ASKED + 'kind = "rows"\n', "column: write 1 to 8 tables"),
        (HEAD + SECTION + CHOICE + CHOICE, "it must be unique"),
        (HEAD + LEVELS + SECTION + ASKED + 'kind = "level"\nwith = ["proof"]\n', "'proof' is not one of evidence"),
        (HEAD + SECTION + CHOICE + 'needs = { question = "a", values = ["yes"] }\n', "'a' is no question before this"),
        (HEAD + SECTION + CHOICE + OTHER + 'needs = { question = "a", values = ["x"] }', "'x' is not one of yes, no"),
        (HEAD + SECTION + CHOICE.replace('"a"', '"#a"'), "does not fit"),
        (HEAD + SECTION + CHOICE + 'labell = "x"\n', "did you mean label"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_with_table_key_and_remedy(text: str, says: str) -> None:
    with pytest.raises(BadDefinition, match=says):
        file.read(text)


def test_what_stands_beside_a_question_is_skipped_with_it() -> None:
    needs = 'needs = { question = "a", values = ["yes"] }\nwith = ["evidence", "remark"]\n'
    text = HEAD + LEVELS + SECTION + CHOICE + ASKED.replace('"a"', '"b"') + 'kind = "level"\n' + needs
    form = file.read(text)
    assert [one.code for one in form.questions] == ["a", "b", "b.evidence", "b.remark"]
    assert asked(form, {"a": "no"}) == {"a"}
    assert len(asked(form, {"a": "yes"})) == 4


# --- paper ---------------------------------------------------------------------------------------------------------


def test_an_empty_form_has_room_for_every_answer_on_paper() -> None:
    for form in FORMS:
        sections = printed(form)
        assert [one.title for one in sections] == [one.title for one in form.sections]
        for question in (one for section in sections for one in section.questions):
            assert bool(question.boxes) + bool(question.ruled) + bool(question.headings) == 1, question
            assert bool(question.blank_rows) == bool(question.headings)
    of = {one.code: one for section in printed(FORM) for one in section.questions}
    assert of["choice"].boxes == ("yes – Yes – of course", "no – No", "3 – Three")
    assert (of["choice"].one, of["choices"].one) == (True, False)
    assert of["rows"].headings == ("What", "Kind (law, body)", "Since")
    assert of["scale"].only_if == "Only if choice is yes or 3."
    assert (of["text"].ruled, of["long"].ruled) == (1, 6)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_the_plain_text_names_every_question_on_lines_that_mail_leaves_whole(form: Form) -> None:
    lines = as_text(form).splitlines()
    assert max(map(len, lines)) <= 72
    text = " ".join(" ".join(lines).split())
    for question in form.questions:
        assert f"[{question.code}] {question.label}" in text
        assert all(f"{one.code} – {' '.join(one.label.split())}" in text for one in question.choices)


def test_the_command_prints_the_empty_form_and_writes_its_workbook(tmp_path: Any) -> None:
    run = CliRunner().invoke
    assert run(registry, ["form", "csirt-maturity"]).output.startswith("Response team")
    assert "(osce-measures-survey 2016)" in run(registry, ["form", "osce-measures"]).output
    assert "(osce-measures-weighing 2016)" in run(registry, ["form", "osce-measures", "--weighing"]).output
    (tmp_path / "own.toml").write_text(EVERY_KIND, encoding="utf-8")
    out = tmp_path / "own.xlsx"
    assert run(registry, ["form", str(tmp_path / "own.toml"), "--xlsx", str(out)]).output == ""
    assert out.read_bytes().startswith(b"PK")
    with pytest.raises(BadDefinition, match="only norms and measures"):
        run(registry, ["form", "cyber-processes"], standalone_mode=False, catch_exceptions=False)
