"""Two texts that say nearly the same: what a person must see before deciding about both at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.text.differences import MOST_WORDS, Difference, covered, differences

APPEAL = "We are four hundred people at the school of Delmas 33, without water since Monday, many children are sick"


@pytest.mark.parametrize(
    ("one", "other", "kind", "words"),
    [
        ("3 people trapped under the school", "5 people trapped under the school", "number", ("3", "5")),
        ("Twa moun anba lekol la", "Senk moun anba lekol la", "number", ("twa", "senk")),
        ("deux blessés à Jacmel", "trois blessés à Jacmel", "number", ("deux", "trois")),
        ("Necesitamos agua en Delmas 31 ya", "Necesitamos agua en Delmas 33 ya", "number", ("31", "33")),
        ("The bridge is open for trucks", "The bridge is not open for trucks", "negation", ("", "not")),
        ("Wout la louvri", "Wout la pa louvri", "negation", ("", "pa")),
        ("Gen dlo nan kan an", "Pa gen dlo nan kan an", "negation", ("", "pa")),
        ("La route est ouverte", "La route n'est pas ouverte", "negation", ("", "pas")),
        ("The hospital is taking patients", "The hospital isn't taking patients", "negation", ("", "t")),
        ("Food comes on Monday at the church", "Food comes on Friday at the church", "date", ("monday", "friday")),
        ("Nous avons de l'eau ici", "Nous n'avons plus d'eau ici", "negation", ("", "n")),
        ("Kamyon ap vini nan kan an", "Kamyon p ap vini nan kan an", "negation", ("", "p")),
        ("Llegan el primero de mayo", "Llegan el segundo de mayo", "number", ("primero", "segundo")),
        ("Manje ap vini madi nan legliz la", "Manje ap vini jedi nan legliz la", "date", ("madi", "jedi")),
    ],
)
def test_a_changed_number_date_or_negation_is_seen(one: str, other: str, kind: str, words: tuple[str, str]) -> None:
    assert Difference(kind, *words) in differences(one, other)  # type: ignore[arg-type]
    assert Difference(kind, words[1], words[0]) in differences(other, one)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "copy",
    [
        APPEAL.upper() + " !!!",
        f"RT @somebody: {APPEAL} https://example.org/4636",
        APPEAL[: len(APPEAL) * 6 // 10] + "…",
        f"Please share this now {APPEAL} pray for all of them",
        f"\u200b{APPEAL.replace(' ', chr(0x200B))}",
        APPEAL.replace("a", "а"),  # Cyrillic
        APPEAL.replace("many", "so many"),
    ],
)
def test_a_copy_that_says_the_same_differs_in_nothing(copy: str) -> None:
    assert differences(APPEAL, copy) == ()


NAMES = {
    "delmas": [1],
    "jacmel": [2],
    "jakmel": [2],
    "port au prince": [3],
    "port de paix": [4],
    "nord": [5],
    "sud": [6],
}


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("The bridge at Delmas is broken", "The bridge at Jacmel is broken", ("delmas", "jacmel")),
        ("Nou nan Port-au-Prince, ede nou", "Nou nan Port-de-Paix, ede nou", ("port au prince", "port de paix")),
        ("People trapped in Delmas, send help", "People trapped in Xiuquan, send help", ("delmas", "")),
        ("dans le nord du pays", "dans le sud du pays", ("nord", "sud")),
    ],
)
def test_a_changed_place_is_seen(one: str, other: str, words: tuple[str, str]) -> None:
    assert differences(one, other, NAMES) == (Difference("place", *words),)
    assert differences(other, one, NAMES) == (Difference("place", words[1], words[0]),)
    assert not covered(other, one, NAMES)
    assert differences(one, other) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nou nan Jacmel tanpri ede nou", "Nou nan Jakmèl tanpri ede nou"),  # two names of one place
        ("Nou nan Jacmel tanpri ede nou", "Nou nan Jacmell tanpri ede nou"),  # misspelt
        ("We lost the nord of it all", "We lost the rest of it all"),  # a word as well
    ],
)
def test_the_same_place_in_other_letters_is_no_difference(one: str, other: str) -> None:
    assert differences(one, other, NAMES) == differences(other, one, NAMES) == ()


def test_a_decision_covers_a_copy_that_was_cut_or_passed_on() -> None:
    assert covered(APPEAL, APPEAL)
    assert covered(APPEAL[:60] + "…", APPEAL)
    assert covered(f"RT @somebody: please share this now {APPEAL}", APPEAL)


@pytest.mark.parametrize(
    "more", ["and now three of them have died", "and since Friday no food", "all go to Jacmel now"]
)
def test_a_decision_does_not_cover_what_a_copy_adds(more: str) -> None:
    assert differences(APPEAL, f"{APPEAL} {more}", NAMES) == ()
    assert not covered(f"{APPEAL} {more}", APPEAL, NAMES)
    assert covered(APPEAL, f"{APPEAL} {more}", NAMES)


def test_what_is_too_long_to_compare_is_not_covered() -> None:
    long = "dlo " * (MOST_WORDS + 1)
    assert covered(long, long)
    assert not covered(long + "3", long)
    assert not covered("x" * 5_000, "x" * 5_001)


@given(
    st.lists(st.sampled_from(["dlo", "manje", "3", "twa", "pa", "not", "monday", "the", "5000", "isn't"]), max_size=30)
)
def test_a_text_differs_in_nothing_from_itself(words: list[str]) -> None:
    assert differences(" ".join(words), " ".join(words)) == ()


def test_long_texts_are_compared_in_bounded_time() -> None:
    assert differences("dlo 3 " * 100_000, "dlo 5 " * 100_000)
