"""A caller shows by words agreed beforehand who they are; a guess shows nothing, and no more do words used before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.challenge import MOST_WRONG, PAIRS, WAITS, Book, Checked, Verdict, ask, book, check, sheet, tell
from rapport.errors import Refused
from tests.pure.instances import ESTONIA, HAITI, NOW

#: 256 of them, no two alike: consonant, vowel, consonant, vowel, twice.
WORDS = [f"{one}{two}{three}{four}" for one in "bdfgklmn" for two in "aeio" for three in "prst" for four in "au"]
SECRET = bytes(range(32))
BOOK = book(SECRET, asker=ESTONIA, answerer=HAITI, words=WORDS)


def answer(to: int) -> str:
    return BOOK.pairs[to - 1].answer


def wrong(times: int, after: Book = BOOK) -> tuple[Checked | None, Book]:
    checked = None
    for _ in range(times):
        pair, after = ask(after, NOW)
        checked, after = check(after, pair.number, "something else", NOW)
    return checked, after


def test_both_sides_derive_the_same_pairs_and_see_it_by_the_mark() -> None:
    assert book(SECRET, asker=ESTONIA, answerer=HAITI, words=list(WORDS)) == BOOK
    assert len(BOOK.pairs) == PAIRS
    others = [
        book(SECRET, asker=HAITI, answerer=ESTONIA, words=WORDS),
        book(SECRET[::-1], asker=ESTONIA, answerer=HAITI, words=WORDS),
        book(SECRET, asker=ESTONIA, answerer=HAITI, words=WORDS[::-1]),
    ]
    assert len({one.mark for one in (BOOK, *others)}) == 4
    assert all(one.pairs != BOOK.pairs for one in others)


def test_a_secret_or_a_list_that_is_too_short_is_none() -> None:
    for secret, words in ((SECRET[:31], WORDS), (SECRET, WORDS[:127]), (SECRET, [*WORDS, WORDS[0].upper()])):
        with pytest.raises(ValueError, match=r"needed|bytes"):
            book(secret, asker=ESTONIA, answerer=HAITI, words=words)


def test_every_pair_is_asked_once_and_then_there_are_none() -> None:
    after, asked = BOOK, []
    while after.left:
        pair, after = ask(after, NOW)
        asked.append(pair.number)
        checked, after = check(after, pair.number, answer(pair.number), NOW)
        assert (checked.verdict, checked.left) == (Verdict.RIGHT, PAIRS - len(asked))
    assert asked == list(range(1, PAIRS + 1))
    with pytest.raises(Refused, match="used"):
        ask(after, NOW)


def heard(text: str, how: int) -> str:
    spread = " ".join(text)
    return [text.upper(), spread, text.replace(" ", ""), f"  {text}.", text.replace("a", "á"), text.replace(" ", "-")][
        how
    ]


@given(st.integers(1, PAIRS), st.integers(0, 5))
def test_case_blanks_and_accents_are_as_they_are_heard(number: int, how: int) -> None:
    asked = replace(BOOK, used=frozenset({number}), waiting={number: NOW})
    assert check(asked, number, heard(answer(number), how), NOW)[0].verdict is Verdict.RIGHT


@given(st.text(max_size=400) | st.just("\ud800"))
def test_a_guess_is_wrong_whatever_it_is(given: str) -> None:
    pair, asked = ask(BOOK, NOW)
    checked, after = check(asked, pair.number, given, NOW)
    if "".join(given.lower().split()) != pair.answer.replace(" ", ""):
        assert (checked.verdict, after.wrong) == (Verdict.WRONG, 1)


@pytest.mark.parametrize("first", ["something else", answer(1)])
def test_a_question_has_one_answer_right_or_wrong(first: str) -> None:
    pair, asked = ask(BOOK, NOW)
    _, after = check(asked, pair.number, first, NOW)
    again, after = check(after, pair.number, answer(1), NOW)
    assert again.verdict is Verdict.NOT_ASKED
    assert ask(after, NOW)[0].number == 2


def test_what_nobody_asked_nobody_answers() -> None:
    for number in (0, 1, 17, 51, -1):
        checked, after = check(BOOK, number, answer(1), NOW)
        assert (checked.verdict, after) == (Verdict.NOT_ASKED, BOOK)


def test_a_question_of_a_call_that_broke_off_is_not_answered_on_a_later_one() -> None:
    pair, asked = ask(BOOK, NOW)
    assert check(asked, pair.number, answer(1), NOW + WAITS)[0].verdict is Verdict.RIGHT
    late, after = check(asked, pair.number, answer(1), NOW + WAITS + timedelta(seconds=1))
    assert (late.verdict, late.left, after.wrong) == (Verdict.NOT_ASKED, PAIRS - 1, 0)


def test_the_third_wrong_answer_locks_and_alarms_once() -> None:
    before, after = wrong(MOST_WRONG - 1)
    assert before is not None
    assert (before.alarm, after.locked) == (False, False)
    last, after = wrong(1, after)
    assert last is not None
    assert (last.verdict, last.alarm, after.locked) == (Verdict.WRONG, True, True)
    with pytest.raises(Refused, match="locked"):
        ask(after, NOW)


def test_a_locked_set_takes_not_even_the_right_answer() -> None:
    _, asked = ask(BOOK, NOW)
    _, locked = wrong(MOST_WRONG, asked)
    checked, after = check(locked, 1, answer(1), NOW)
    assert (checked.verdict, checked.alarm, after) == (Verdict.LOCKED, False, locked)


def test_how_many_wrong_ones_lock_is_a_setting_and_a_right_one_begins_anew() -> None:
    strict = replace(BOOK, most_wrong=1)
    assert wrong(1, strict)[1].locked
    _, after = wrong(MOST_WRONG - 1)
    pair, after = ask(after, NOW)
    _, after = check(after, pair.number, answer(pair.number), NOW)
    assert not wrong(MOST_WRONG - 1, after)[1].locked


def test_who_is_asked_tells_a_word_once_and_only_to_who_knows_the_question() -> None:
    pair, _ = ask(BOOK, NOW)
    told, after = tell(BOOK, pair.number, pair.challenge.upper())
    assert (told, tell(after, pair.number, pair.challenge)[0]) == (answer(1), "")
    seventh = BOOK.pairs[6]
    told, after = tell(after, 7, seventh.challenge)
    assert (told, after.left) == (answer(7), PAIRS - 7)
    assert tell(after, 5, BOOK.pairs[4].challenge)[0] == ""  # asked by a stranger who heard it on a call that broke off
    for _ in range(MOST_WRONG):
        told, after = tell(after, 8, "guess")
        assert told == ""
    assert tell(after, 8, BOOK.pairs[7].challenge) == ("", after)
    assert tell(BOOK, 51, "guess") == ("", BOOK)


def test_the_sheet_for_the_safe_bears_every_pair_and_what_is_used() -> None:
    _, after = ask(BOOK, NOW)
    lines = sheet(after).splitlines()
    assert max(map(len, lines)) <= 80
    assert f"mark {BOOK.mark}" in lines[2]
    rows = lines[-PAIRS:]
    assert [row.split()[-4:] for row in rows[1:]] == [
        [one.challenge, "->", *one.answer.split()] for one in BOOK.pairs[1:]
    ]
    assert rows[0].startswith("[x]   1")
    assert rows[1].startswith("[ ]   2")


def test_a_pair_shows_no_word_in_a_log() -> None:
    assert BOOK.pairs[0].answer not in repr(BOOK)
