"""Two people on a bad line know by three words that they have the same message, and letters come through spelled."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.kinds import Kind, Said
from rapport.contacts.lowtech.wordlist import WORDS
from rapport.contacts.lowtech.words import SPOKEN, check_words, spelled
from rapport.errors import Refused
from tests.pure.office_messages import example, messages

#: Figures, their homophones, and the other words that a script has between its texts.
OTHERS = (
    "zero one two three four five six seven eight nine ten won to too for fore ate tree fife niner "
    "dash slash colon stop plus star exercise marks reference marking alpha juliet xray"
)
SAID_OTHERWISE = {word.lower() for word in SPOKEN.values()} | set(OTHERS.split())


def changes(one: str, other: str) -> int:
    """Letters that one must change, add or leave out to make one of the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for down, letter in enumerate(one, 1):
        last, row[0] = row[0], down
        for across, sign in enumerate(other, 1):
            last, row[across] = row[across], min(row[across] + 1, row[across - 1] + 1, last + (letter != sign))
    return row[-1]


def heard(word: str) -> str:
    """What is left of a word on a bad line: its consonants, voiced and voiceless ones as one."""
    for was, sounds in [("ph", "f"), ("ck|q|x|c(?![eiyh])", "k"), ("c(?=[eiy])|z", "s"), ("(?<=.)gh", "")]:
        word = re.sub(was, sounds, word)
    word = word.translate(str.maketrans("bdgv", "ptkf"))
    first = "a" if word[0] in "aeiouy" else word[0]
    return re.sub(r"(.)\1+", r"\1", first + re.sub("[aeiouyhw]", "", word[1:]))


def test_there_is_a_word_for_each_byte() -> None:
    assert len(set(WORDS)) == 256
    assert all(re.fullmatch("[a-z]{4,8}", word) for word in WORDS)


def test_no_two_words_are_near_each_other_in_writing() -> None:
    assert [(one, other) for one, other in combinations(WORDS, 2) if changes(one, other) < 3] == []
    assert [(one, other) for one in WORDS for other in SAID_OTHERWISE if changes(one, other) < 3] == []


def test_no_two_words_sound_alike_by_their_consonants() -> None:
    assert [(one, other) for one, other in combinations(WORDS, 2) if heard(one) == heard(other)] == []


@given(messages(), messages())
def test_the_same_message_has_the_same_words_and_another_has_others(one: Said, other: Said) -> None:
    assert check_words(one) == check_words(replace(one))
    assert set(check_words(one)) <= set(WORDS)
    assert check_words(one, 8) != check_words(replace(one, exercise=not one.exercise), 8)
    assert (check_words(one, 8) == check_words(other, 8)) == (one == other)


def test_how_many_words_are_said_may_be_agreed() -> None:
    said = example(Kind.PING)
    assert check_words(said, 5)[:3] == check_words(said)


@given(st.text("".join(SPOKEN) + string.ascii_lowercase, max_size=40))
def test_what_is_spelled_comes_back(text: str) -> None:
    heard = {word: sign for sign, word in SPOKEN.items()}
    assert "".join(heard[word] for word in spelled(text).split()) == text.upper()


def test_spelling_is_that_of_the_international_alphabet() -> None:
    assert spelled("DAX7-01") == "Delta Alfa X-ray Seven Dash Zero One"


@pytest.mark.parametrize("text", ["a b", "É", "ß", "水", "_"])
def test_a_sign_without_a_word_is_named(text: str) -> None:
    with pytest.raises(Refused, match="has no word to spell it"):
        spelled(text)
