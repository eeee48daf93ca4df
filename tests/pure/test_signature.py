from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.text.plain import plain
from rapport.text.signature import BINS
from tests.pure.signing import signature, signatures

TEXT = "We are about four hundred people at the school of Delmas, without water for three days, many children are sick"


def similarity(one: bytes, other: bytes) -> float:
    """The share of equal bins, 0 to 1; 0 if either text had no signature."""
    if not one or not other:
        return 0.0
    return float(np.mean(np.frombuffer(one, np.uint32) == np.frombuffer(other, np.uint32)))


def edited(change: str) -> str:
    words = TEXT.split()
    match change:
        case "case and marks":
            return TEXT.upper().replace(",", " !!!")
        case "a link":
            return f"{TEXT} https://example.org/abc123"
        case "the end cut":
            return TEXT[: len(TEXT) * 7 // 10] + "…"
        case "words added":
            return f"Please share now {TEXT} #help"
        case "a word gone":
            return " ".join(words[:5] + words[6:])
        case "look-alikes":
            return TEXT.replace("a", "а").replace("e", "е").replace("o", "о")  # Cyrillic
        case "invisible marks":
            return "\u200b".join(TEXT)
    raise ValueError(change)


@pytest.mark.parametrize(
    "change",
    ["case and marks", "a link", "the end cut", "words added", "a word gone", "look-alikes", "invisible marks"],
)
def test_an_edited_copy_is_still_the_same(change: str) -> None:
    assert similarity(signature(TEXT), signature(edited(change))) >= 0.5


def test_another_message_is_not() -> None:
    other = "The bridge at Léogâne is broken and no truck can pass since this morning, send engineers with steel plates"
    assert similarity(signature(TEXT), signature(other)) < 0.2


def test_short_messages_are_not_alike_for_what_they_lack() -> None:
    assert similarity(signature("ede nou"), signature("bezwen dlo")) < 0.35
    assert similarity(signature("ok"), signature("no")) < 0.35
    assert similarity(signature("ok"), signature("OK!")) == 1.0


def test_a_text_without_letters_has_no_signature() -> None:
    assert signature("!!! …") == b""
    assert similarity(b"", b"") == 0.0


def pieces(text: str) -> set[str]:
    return {text[start : start + 6] for start in range(len(text) - 5)}


def test_the_share_of_equal_bins_estimates_the_share_of_common_pieces() -> None:
    words = [f"word{number:04}" for number in range(400)]
    shuffle = random.Random(4)
    errors = []
    for _ in range(40):
        texts = [" ".join(words[start : start + 200]) for start in (0, shuffle.randrange(0, 200))]
        one, other = (pieces(plain(text).text.replace(" ", "")) for text in texts)
        share = len(one & other) / len(one | other)
        errors.append(abs(similarity(*signatures(texts)) - share))
    assert sum(errors) / len(errors) < 0.08


MASK = 2**64 - 1


def mixed(number: int) -> int:
    """MurmurHash3's finaliser for 64 bits, on numbers without a limit."""
    number ^= number >> 33
    number = number * 0xFF51AFD7ED558CCD & MASK
    number ^= number >> 33
    number = number * 0xC4CEB9FE1A85EC53 & MASK
    return number ^ number >> 33


@given(st.text())
def test_each_bin_holds_the_smallest_value_of_its_pieces(text: str) -> None:
    """The recipe as its module tells it, piece by piece; what is borrowed has the top bit set."""
    data = plain(text).text.replace(" ", "").encode()
    smallest: dict[int, int] = {}
    for start in range(max(len(data) - 5, min(len(data), 1))):
        hashed = mixed(int.from_bytes(data[start : start + 6], "little"))
        smallest[hashed & 63] = min(hashed >> 33, smallest.get(hashed & 63, MASK))
    bins = np.frombuffer(signature(text), np.uint32).tolist()
    assert {at: value for at, value in enumerate(bins) if not value >> 31} == smallest


@given(st.lists(st.text(), max_size=8))
def test_a_signature_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    together = signatures(texts)
    assert together == [signature(text) for text in texts]
    assert all(len(one) in {0, 4 * BINS} for one in together)


@given(st.text(min_size=1))
def test_a_text_is_like_itself(text: str) -> None:
    found = signature(text)
    assert similarity(found, found) == (1.0 if found else 0.0)
