"""A form that goes by fax or radio can be typed in again, shows an exercise on each page, and asks for no agreement."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rapport.contacts.kinds import ANSWERS, FIELDS, MOST, NOT_AGREEING, Kind, Said
from rapport.contacts.lowtech.entries import stamp
from rapport.contacts.lowtech.fax import COLUMNS, ROWS, _lines, empty, form, read
from rapport.contacts.lowtech.words import Copied, check_words
from rapport.contacts.lowtech.written import width
from rapport.errors import Refused
from rapport.values import Marking
from tests.pure.office_messages import TEXTS, example, messages, twice_as_many

LARGE = "E X E R C I S E      E X E R C I S E      E X E R C I S E"


@twice_as_many
@given(messages())
def test_a_form_typed_in_again_is_the_message(said: Said) -> None:
    assert read(form(said)) == Copied(said, checked=True)


@twice_as_many
@given(messages())
def test_each_page_fits_and_shows_marking_and_exercise_at_top_and_bottom(said: Said) -> None:
    pages = form(said).split("\f")
    for number, page in enumerate(pages, 1):
        lines = page.split("\n")[:-1]
        assert len(lines) <= ROWS
        assert max(map(width, lines)) <= COLUMNS
        assert f"page {number} of {len(pages)}" in page
        assert [line.strip() for line in lines if line.startswith("    ")].count(said.marking) == 2
        shown = [place for place, line in enumerate(lines) if line.strip() == LARGE]
        assert shown == ([1, len(lines) - 2] if said.exercise else [])


@pytest.mark.parametrize("sign", ["\n", "\U0010ffff", "水\U000e0041", "\n\U0010ffff"])
def test_the_longest_message_there_is_comes_back(sign: str) -> None:
    fields = {one.name: sign * (MOST // len(sign)) for one in FIELDS[Kind.CONSULTATION]}
    said = example(Kind.CONSULTATION, ref="X" * 16, fields=fields, caveats=sign * (MOST // len(sign)), exercise=True)
    assert read(form(said)).said == said


@given(st.data())
def test_pages_may_come_in_any_order_and_twice_and_a_missing_one_is_named(data: st.DataObject) -> None:
    said = example(Kind.TERRITORY, fields={one.name: "long and\nlonger " * 99 for one in FIELDS[Kind.TERRITORY]})
    pages = form(said).split("\f")
    assert len(pages) > 2
    came = data.draw(st.permutations([*pages, pages[0]]))
    assert read("\n".join(came)).said == said
    with pytest.raises(Refused, match=rf"Missing of {len(pages)} pages: 2\. Ask for them"):
        read("\n".join(page for page in came if page != pages[1]))


def test_a_form_is_boxes_to_acknowledge_by_hand_and_says_that_this_is_not_agreeing() -> None:
    for text in (form(example(Kind.NOTIFICATION)), empty(Kind.NOTIFICATION)):
        assert NOT_AGREEING in " ".join(text.split())
        for words in ANSWERS.values():
            assert f"( ) {words}" in text


def test_a_form_reads_as_it_was_written() -> None:
    text = form(example(Kind.NOTIFICATION))
    assert "\n[W] What happened\n    | The pumps of the water works stand still.*n*\n    | Since 05:10Z nobody" in text
    assert "\n[Y] Whose systems\n    | own\n    (the sender's own)\n" in text


def test_text_from_right_to_left_keeps_its_order_and_wide_signs_take_two_columns() -> None:
    arabic = "تعطلت محطة المياه منذ الصباح"
    text = form(
        example(Kind.REPLY, fields={"about": "DAX7-01", "answer": "answer", "text": f"{arabic}\n{'保護重要' * 20}"})
    )
    assert arabic in text
    assert max(map(width, text.splitlines())) <= COLUMNS
    assert max(len(line) for line in text.splitlines() if "保" in line) <= 6 + 33


@pytest.mark.parametrize("exercise", [True, False])
@pytest.mark.parametrize("kind", Kind)
def test_the_empty_form_of_each_kind_asks_for_all_that_it_must_say(kind: Kind, exercise: bool) -> None:
    text = empty(kind, exercise=exercise)
    for one in FIELDS[kind]:
        assert f"[{one.short}] {one.label}\n" in text
        for words in (one.choices or {}).values():
            assert f"( ) {words}\n" in text
    for line in text.splitlines():
        assert width(line) <= COLUMNS
    assert text.count(LARGE) == 2 * exercise * len(text.split("\f"))


def test_every_field_has_a_letter_of_its_own_on_forms_and_in_texts() -> None:
    for fields in FIELDS.values():
        letters = [one.short for one in fields]
        assert len({*letters}) == len(letters)
        assert all(len(letter) == 1 and letter.isascii() and letter.isupper() for letter in letters)


def test_a_red_message_goes_on_no_form() -> None:
    with pytest.raises(Refused, match="TLP:RED goes into no form: send the notice, and read it to one person alone"):
        form(example(Kind.PING, marking=Marking.RED))


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("stand still", "stand stiff", "The check words do not fit"),
        ("    | own", "    own", "The check words do not fit"),
        ("[W] What", "[S] What", r"“\[S\]” stands twice"),
        ("[W] What", "[Z] What", "A notification has nothing under “Z”: look at the kind again"),
        ("[2] Reference", "Reference", "“Reference” is missing"),
        ("[0] Check words", "Check words", r"“Check words” stands without its \[0\]"),
        ("page 1 of 1", "page 1", "Put all pages of one form together"),
    ],
)
def test_what_was_typed_wrongly_is_told(was: str, becomes: str, told: str) -> None:
    text = form(example(Kind.NOTIFICATION))
    assert was in text
    with pytest.raises(Refused, match=told):
        read(text.replace(was, becomes))


# --- filled in by hand -----------------------------------------------------------------------------------------------

_ROW = f"    | {'_' * 66}"


def filled(said: Said, *, kept: bool) -> str:
    """The empty form of its kind, filled in and typed in again; `kept`: with what is left of the lines to write on."""
    head = {"2": said.ref, "3": said.case, "4": said.sender, "5": said.to, "6": stamp(said.at), "7": said.marking}
    fields = {one.short: said.fields.get(one.name, "") for one in FIELDS[said.kind]}
    boxes = {one.short: one.choices[fields[one.short]] for one in FIELDS[said.kind] if one.choices}
    told = {
        code: [f"    | {line}" for line in _lines(text)] for code, text in {**head, "8": said.caveats, **fields}.items()
    }
    done, code = [], ""
    for line in empty(said.kind, exercise=said.exercise).splitlines():
        code = line[1] if line.startswith("[") else "" if line.startswith("TO ACKNOWLEDGE") else code
        if code in boxes and line == f"    ( ) {boxes[code]}":
            done.append(f"    (x) {boxes[code]}")
        elif line != _ROW:
            done.append(line)
        else:
            done += [f"{one}{'_' * 9}" if kept else one for one in told.pop(code, [])] or [_ROW] * kept
    return "\n".join(done)


@st.composite
def by_hand(draw: st.DrawFn) -> Said:
    """Any message that somebody could write on a form: of each choice one of its values."""
    said = draw(messages())
    fields = {name: draw(st.sampled_from([*one.choices])) if one.choices else text
              for one in FIELDS[said.kind] for name, text in [(one.name, said.fields.get(one.name, ""))]
              if text or one.choices}  # fmt: skip
    return replace(said, fields=fields)


@twice_as_many
@given(by_hand(), st.booleans())
def test_each_kinds_empty_form_filled_in_by_hand_is_read_without_loss(said: Said, kept: bool) -> None:
    # A stroke that somebody writes at the end of a line is one of those that were left to write on.
    assume(("_" if kept else "___") not in "".join([*said.fields.values(), said.caveats]))
    assert read(filled(said, kept=kept)) == Copied(said, checked=False)


@pytest.mark.parametrize("kind", Kind)
def test_a_form_of_each_kind_goes_without_check_words_and_with_an_empty_line_for_them(kind: Kind) -> None:
    said = example(kind)
    text = form(said)
    words = " ".join(check_words(said))
    for without in ("", "____", "   "):
        assert read(text.replace(words, without)) == Copied(said, checked=False)
    with pytest.raises(Refused, match="The check words do not fit"):
        read(text.replace(words, "acorn acorn acorn"))


def test_of_boxes_one_is_ticked_and_what_acknowledges_a_form_is_no_answer_of_it() -> None:
    said = example(Kind.REPLY)
    text = filled(said, kept=False)
    start, _, end = text.partition("TO ACKNOWLEDGE")
    ticked = end.replace("( ) We cannot", "(x) We cannot")
    assert read(f"{start}TO ACKNOWLEDGE{ticked}").said == said
    with pytest.raises(Refused, match="leave one ticked box"):
        read(f"{start.replace('( ) Our', '(X) Our')}TO ACKNOWLEDGE{end}")
    with pytest.raises(Refused, match="leave one ticked box"):
        read(text.replace("(x) Received", "(x) Receipt"))


def test_an_exercise_never_becomes_a_real_message() -> None:
    with pytest.raises(Refused, match="The check words do not fit"):
        read(form(example(Kind.PING, exercise=True)).replace(LARGE, ""))


@given(TEXTS)
def test_what_is_no_form_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "page 1 of 1 " * 9_000,
        "page 1 of 1\n" * 9_000,
        " " * 200_000,
        "\n" * 200_000,
        "page " * 40_000,
        "\n | page 1 of 1" * 9_000,
        "[W] \n" * 9_000,
        "page 1 of 1\n[W] \n    | " + "_" * 390_000 + "x",
        "page 1 of 1\n[W] \n" + "(" * 390_000,
        "x" * 400_001,
    ],
)
def test_a_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read(text)
