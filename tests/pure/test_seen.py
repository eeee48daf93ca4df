"""Reasons in the text itself: whoever asks why sees the words that it was, where they stand, and the text unchanged."""

from __future__ import annotations

import re
from math import exp

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rapport.text import seen
from rapport.text.knowledge import Knowledge
from rapport.text.labels.model import SHIPPED, loaded
from rapport.text.labels.reasons import reasons
from rapport.text.places import QUESTION, find, in_words
from rapport.text.seen import MOST, Kind, Seen, Span
from tests.pure.test_places import HAITI

KNOWLEDGE = Knowledge(("ht", "fr", "en"), HAITI)
MODEL = loaded(SHIPPED)
THIRST = "Nou se 40 moun nan Delmas 33, pa gen dlo depi 3 jou"


def marked(shown: Seen, kind: Kind) -> list[str]:
    return [piece.text for piece in shown.pieces if piece.span and piece.span.kind == kind]


def whys(shown: Seen) -> str:
    return " | ".join(span.why for span in shown.spans)


# --- what is promised of every layer ---------------------------------------------------------------------------------

#: Letters of several scripts, marks that combine or hide, numbers that become two words, signs, line ends.
WORDS = [
    "dlo",
    "wаter",
    "w a t e r",
    "ماء",
    "½",
    "é",
    "d\u200blo",
    "Okay",
    "+509 3456 7890",
    "https://x.org/a",
    "\u202e",
]
TEXTS = st.lists(st.one_of(st.text(max_size=12), st.sampled_from(WORDS)), max_size=12).map(" ".join)


def is_sound(shown: Seen, text: str) -> None:
    """Within the text, in order, none over another; and the marks are the text again."""
    edges = [edge for span in shown.spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(span.start < span.end for span in shown.spans)
    assert all(0 <= span.weight <= 1 and span.strength in (1, 2, 3) and span.why for span in shown.spans)
    assert "".join(piece.text for piece in shown.pieces) == shown.text == text[:MOST]
    assert len(shown.text) + shown.longer == len(text)


@settings(max_examples=60)
@given(TEXTS, TEXTS)
@example("\x1f OkAY", "")
def test_the_marks_of_every_layer_make_the_text_again(text: str, other: str) -> None:
    is_sound(seen.of_personal_data(text), text)
    is_sound(seen.of_undone(text), text)
    is_sound(seen.of_label(text, MODEL, "ht", "water"), text)
    is_sound(seen.of_language(text, seen.analysed(text, KNOWLEDGE)), text)
    mine, theirs = seen.of_near(text, other, HAITI.by_name)
    is_sound(mine, text)
    is_sound(theirs, other)
    for found in find(text, HAITI):
        if shown := seen.of_place(text, HAITI, "", found.spot):
            is_sound(shown, text)


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9), st.floats(0, 1)), max_size=9))
def test_spans_that_meet_become_one_that_says_all(text: str, places: list[tuple[int, int, float]]) -> None:
    spans = [Span(at, at + long, "same", weight, f"why {at}") for at, long, weight in places]
    shown = seen.seen(text, spans)
    is_sound(shown, text)
    covered = {at for one in spans for at in range(one.start, min(one.end, len(text)))}
    assert {at for one in shown.spans for at in range(one.start, one.end)} == covered


def test_a_very_long_text_is_bounded_and_says_so() -> None:
    long = "pa gen dlo 3456 7890 www.x.org wаter " * 30_000
    for shown in (
        seen.of_personal_data(long), seen.of_undone(long), seen.of_label(long, MODEL, "ht", "water"),
        *seen.of_near(long, long + "x", HAITI.by_name),
    ):  # fmt: skip
        assert len(shown.text) == MOST
        assert len(shown.spans) <= 2 * seen.MOST_SPANS
    assert "The first 5,000 of 1,110,000 characters are shown" in seen.of_undone(long).said[-1]


# --- a category ------------------------------------------------------------------------------------------------------


def test_the_word_that_made_it_is_marked_and_says_what_it_does_to_the_odds() -> None:
    shown = seen.of_label(THIRST, MODEL, "ht", "water")
    assert shown.heaviest[0].text == "dlo"
    assert shown.heaviest[0].span is not None
    assert shown.heaviest[0].span.why.startswith("for: odds × ")
    assert re.search("“water”: [0-9]+ % sure, judged as ht.", shown.said[0])


def test_what_is_said_of_the_words_adds_up_to_the_models_answer() -> None:
    found = reasons(MODEL, THIRST, "ht", "water", 10_000)
    words = seen.plain(THIRST).words
    added = seen._added([(start, end) for _, start, end in words], [(p.start, p.end, p.adds) for p in found.pieces])
    assert found.probability == pytest.approx(1 / (1 + exp(-(found.all_texts + sum(added)))), abs=0.002)


def test_in_a_long_text_a_word_counts_with_all_the_times_it_stands_there() -> None:
    shown = seen.of_label("Pa gen dlo nan Delmas. " * 600, MODEL, "ht", "water")
    assert shown.heaviest[0].text == "dlo"
    assert shown.heaviest[0].span is not None
    assert shown.heaviest[0].span.why.endswith("all 600 times together")


def test_where_the_model_abstains_nothing_is_marked_and_it_says_so() -> None:
    shown = seen.of_label("ውሃ የለም", MODEL, "am", "water")
    assert shown.spans == ()
    assert "not calibrated" in shown.said[0]


# --- places ----------------------------------------------------------------------------------------------------------


def test_a_name_that_is_a_word_is_a_question_with_its_gazetteer_entry_and_evidence() -> None:
    text = "Mwen nan okay"
    (found,) = find(text, HAITI)
    shown = seen.of_place(text, HAITI, "ht", found.spot)
    assert shown is not None
    assert marked(shown, "question") == ["okay"]
    said = " ".join(shown.said)
    assert "In the gazetteer: Les Cayes (HT0711), known to 6,000 m; also called Okay." in said
    assert "Or “okay” is the word, and no place is meant." in said
    assert "Against: written small." in said


def test_a_place_that_shares_its_name_says_which_others_it_may_be() -> None:
    text = "Nou nan Gran Plas"
    found = find(text, HAITI)
    shown = seen.of_place(text, HAITI, "ht", found[0].spot)
    assert shown is not None
    assert f"It may be {found[1].spot.name} too." in shown.said


def test_a_place_that_the_gazetteer_does_not_find_any_more_is_not_explained_by_another() -> None:
    (jacmel,) = [one.spot for one in find("Delmas", HAITI)]
    assert seen.of_place("Nou nan Pòtoprens", HAITI, "ht", jacmel) is None


def test_a_question_says_first_that_it_is_one() -> None:
    row = {"question": True, "text": "okay", "name": "Les Cayes", "pcode": "HT0711",
           "reason": "a name that is also a word", "evidence": ["against: written small"]}  # fmt: skip
    assert in_words(row) == (
        "a question: “okay” may be Les Cayes, HT0711 or the word (a name that is also a word; against: written small)"
    )
    assert in_words(row).startswith(QUESTION)
    assert not in_words({**row, "question": False, "reason": "the name of a place"}).startswith(QUESTION)


# --- near-duplicates -------------------------------------------------------------------------------------------------


def test_what_two_texts_share_and_the_number_that_differs_are_marked_in_both() -> None:
    mine, theirs = seen.of_near(
        "3 people are trapped under the school of Delmas", "5 people are trapped under the school of Delmas", {}
    )
    assert marked(mine, "different") == ["3"]
    assert marked(theirs, "different") == ["5"]
    assert marked(mine, "same") == ["people are trapped under the school of Delmas"]
    assert "number “3” here, “5” there" in whys(mine)
    assert "number “5” here, “3” there" in whys(theirs)


def test_a_word_that_only_the_other_text_has_is_marked_there() -> None:
    mine, theirs = seen.of_near("The bridge is open for trucks", "The bridge is not open for trucks", {})
    assert marked(mine, "different") == []
    assert marked(theirs, "different") == ["not"]
    assert "Not the same: negation “none” here, “not” there." in mine.said


# --- the whole text --------------------------------------------------------------------------------------------------


def test_what_is_personal_is_marked_with_its_kind() -> None:
    shown = seen.of_personal_data("Rele m nan 3456 7890, marie@example.org")
    assert marked(shown, "personal") == ["3456 7890", "marie@example.org"]
    assert "phone: " in whys(shown)
    assert "email: an @ between a name and a host" in whys(shown)


@pytest.mark.parametrize(
    ("text", "part", "why"),
    [
        ("send wаter now", "wаter", "letters of two scripts, read as “water”"),
        ("send w a t e r now", "w a t e r", "letter by letter, read as “water”"),
        ("wa\u200bter", "\u200b", "an invisible character, U+200B"),
        ("see https://x.org/a now", "https://x.org/a", "a link, not read"),
        ("we need wat…", "wat…", "half a word at the end, not read"),
    ],
)
def test_what_was_undone_is_marked_with_what_it_is_read_as(text: str, part: str, why: str) -> None:
    shown = seen.of_undone(text)
    assert marked(shown, "undone") == [part]
    assert whys(shown) == why


def names_of(code: str) -> str:
    return {"ht": "Kreyòl", "fr": "Français", "es": "Español"}.get(code, code)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"language": "ht", "language_share": 0.8, "second_language": "fr", "language_answers": []},
         "Kreyòl 80 %, Français."),
        ({"language": "", "language_answers": ["ht", "fr"]}, "Unsure: Kreyòl or Français. Two detectors do not agree."),
        ({"language": "", "language_answers": ["es"]}, "Español, which is none of this operation's languages."),
        ({"language": "", "language_answers": []}, "Unsure: its words do not say enough."),
    ],
)  # fmt: skip
def test_a_language_says_the_second_one_or_that_it_is_unsure(said: dict[str, object], sentence: str) -> None:
    assert seen.of_language("…", said, names_of).said == (sentence,)
