"""What stands for the number of a row tells nothing of it, and only what was written so is read."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts.opaque import FORM, Numbered, Opaque

HERE, ELSEWHERE = Opaque(bytes(range(32))), Opaque(bytes(range(1, 33)))
NUMBERS, KINDS = st.integers(0, 2**63 - 1), st.sampled_from(Numbered)


@given(KINDS, NUMBERS)
def test_what_was_written_is_read_and_names_no_row_of_another_kind_or_installation(of: Numbered, number: int) -> None:
    text = HERE.written(of, number)
    assert re.fullmatch(FORM, text)
    assert HERE.read(of, text) == number
    assert [kind for kind in Numbered if HERE.read(kind, text) is not None] == [of]
    assert ELSEWHERE.read(of, text) is None


@given(st.sets(st.tuples(KINDS, NUMBERS), min_size=2))
def test_no_two_rows_have_the_same(rows: set[tuple[Numbered, int]]) -> None:
    assert len({HERE.written(*row) for row in rows}) == len(rows)


def test_neighbours_have_no_more_in_common_than_chance_gives_and_no_order() -> None:
    texts = [HERE.written(Numbered.DRAFT, number) for number in range(1, 2_001)]
    alike = [sum(one == other for one, other in zip(*pair, strict=True)) for pair in pairwise(texts)]
    assert 0.7 < sum(alike) / len(alike) < 1.0, "26 signs, 25 of them the same once in 32 times, the last in 8"
    assert max(alike) < 9
    rising = sum(one < other for one, other in pairwise(texts))
    assert 900 < rising < 1_100
    for place in range(26):
        assert len({text[place] for text in texts}) == (32 if place < 25 else 8), "no sign stands for the kind"


@given(KINDS, NUMBERS, st.integers(0, 25), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_changed_sign_makes_it_nothing(of: Numbered, number: int, place: int, sign: str) -> None:
    text = HERE.written(of, number)
    changed = text[:place] + sign + text[place + 1 :]
    assert HERE.read(of, changed) == (number if changed == text else None)


@given(KINDS, st.one_of(st.text(), st.from_regex(FORM, fullmatch=True)))
def test_what_somebody_made_up_is_nothing(of: Numbered, text: str) -> None:
    assert HERE.read(of, text) is None


def test_a_number_in_plain_or_in_capitals_is_nothing() -> None:
    text = HERE.written(Numbered.EXPORT, 7)
    for other in ("7", "", text.upper(), f"{text}\n", f" {text}", f"{text}======", text.replace(text[0], "é", 1)):
        assert HERE.read(Numbered.EXPORT, other) is None
