"""Near-duplicates in a stream: what the compiled window says is what a slow and plain one says, however it is fed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.text import groups, signature
from rapport.text.columns import Texts
from rapport.text.groups import RELATED, SAME, WITHIN, WITHIN_LEAST, WITHIN_PIECES, Window
from rapport.text.kernels.plain import made_plain

APPEAL = "We are four hundred people at the school of Delmas 33, without water since Monday, many children are sick"
LONG = " ".join(f"{word} of the long situation report" for word in ("roads", "water", "tents", "fuel", "food", "ports"))
OTHER = "The bridge at Léogâne is broken and no truck can pass since this morning, send engineers"
KEPT = 192


def signed(texts: Sequence[str]) -> tuple[Texts, signature.Array]:
    plain = made_plain(Texts.of(pl.Series(texts, dtype=pl.String)))[0]
    return plain, signature.bins(plain)


def put(window: Window, *texts: str) -> list[int]:
    return window.add(*signed(texts)).groups.tolist()  # type: ignore[no-any-return]


# --- what it promises ----------------------------------------------------------------------------------------------


def test_copies_have_the_number_of_the_first_and_another_text_its_own() -> None:
    copies = [f"RT @a: {APPEAL}", APPEAL[:80] + "…", f"please share now {APPEAL} #help", APPEAL.replace("a", "а")]
    assert put(Window(), APPEAL, OTHER, *copies) == [1, 2, 1, 1, 1, 1]


def test_half_the_wording_is_not_the_same_but_the_likest_is_named() -> None:
    half = APPEAL[:62] + ", now the tents have come for us"
    entered = Window().add(*signed([APPEAL, half]))
    assert entered.groups.tolist() == [1, 2]
    assert entered.nearest.tolist() == [-1, 1]
    assert RELATED <= entered.likeness[1] < SAME


def test_a_text_cut_short_lies_within_its_whole() -> None:
    window = Window()
    assert put(window, APPEAL, APPEAL[:48]) == [1, 1]
    (near,) = window.near(2)
    assert near.share < SAME <= near.likeness


def test_a_few_common_words_lie_within_many_messages_and_make_no_group() -> None:
    assert put(Window(), "we need water " + OTHER, "we need water") == [1, 2]


def test_a_chain_of_messages_each_like_the_one_before_ends() -> None:
    words = [f"word{number}x" for number in range(60)]
    chain = [" ".join(words[start : start + 12]) for start in range(0, 30, 2)]
    found = put(Window(), *chain)
    assert found[1] == found[0]
    assert found[-1] != found[0]


def test_without_letters_a_message_is_like_nothing() -> None:
    entered = Window().add(*signed(["", "!!!", "😢😢", ""]))
    assert entered.groups.tolist() == entered.numbers.tolist() == [1, 2, 3, 4]
    assert entered.nearest.tolist() == [-1] * 4


def test_what_is_too_old_is_empty() -> None:
    window = Window(span=60)
    plain, bins = signed([APPEAL, OTHER, APPEAL, APPEAL])
    entered = window.add(plain, bins, np.array([0, 30, 60, 121]))
    assert entered.groups.tolist() == [1, 2, 1, 4]
    assert window.oldest == 4


def test_a_time_before_the_last_one_counts_as_the_last() -> None:
    window = Window(span=60)
    plain, bins = signed([APPEAL, OTHER, APPEAL])
    assert window.add(plain, bins, np.array([1000, 0, 1050])).groups.tolist() == [1, 2, 1]


def test_the_group_goes_on_when_its_first_message_has_left() -> None:
    window = Window(capacity=2)
    assert put(window, APPEAL, APPEAL, APPEAL, APPEAL) == [1, 1, 1, 1]
    window = Window()
    put(window, APPEAL, APPEAL)
    window.remove(1)
    assert put(window, APPEAL) == [1]


def test_what_is_removed_is_not_found_and_its_text_is_gone() -> None:
    window = Window()
    put(window, APPEAL)
    window.remove(1)
    window.remove(1)
    window.remove(99)
    assert not window._ring.kept.any()
    assert not window._ring.bins.any()
    assert put(window, APPEAL) == [2]
    assert window.near(2) == []


# --- hostile -------------------------------------------------------------------------------------------------------


def test_a_flood_of_one_text_is_one_group() -> None:
    window = Window(20_000)
    plain, bins = signed([APPEAL])
    many = 100_000
    flood = Texts(np.tile(plain.data, many), np.arange(many + 1) * len(plain.data))
    entered = window.add(flood, np.repeat(bins, many, axis=0))
    assert set(entered.groups.tolist()) == {1}
    assert len(window.near(many, deep=7)) == 7
    for number in range(many - 19_999, many + 1):
        window.remove(number)
    assert put(window, APPEAL) == [many + 1]


def test_a_megabyte_is_a_message_like_any_other() -> None:
    window = Window()
    assert put(window, "dlo " * 250_000, "x" * 1_000_000, "dlo " * 250_000) == [1, 2, 1]


def test_long_texts_that_begin_alike_are_not_the_same_for_it() -> None:
    heading = "Situation report of the shelter cluster for all partners in the country, not for redistribution. " * 3
    one, other = (heading + f" {word} ".join(map(str, range(400))) for word in ("roof", "water"))
    assert put(Window(), one, other) == [1, 2]


def test_memory_is_bounded() -> None:
    window = Window(1_000)
    texts = [f"{number} {number * 7919} words {number * 104729} {number * 31}" for number in range(20_000)]
    sizes = []
    for start in range(0, 20_000, 1_000):
        window.add(*signed(texts[start : start + 1_000]))
        sizes.append(window.size_bytes)
    assert sizes[-1] == sizes[3]
    assert window.oldest == 19_001


# --- against a plain twin ------------------------------------------------------------------------------------------


def pieces(data: bytes) -> set[bytes]:
    return {data[at : at + 6] for at in range(max(len(data) - 5, min(len(data), 1)))}


class Twin:
    """The same by looking at every message."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.messages: list[tuple[bytes, list[int], list[object], int]] = []
        self.gone: set[int] = set()

    def alive(self, before: int) -> list[int]:
        first = max(before - self.capacity + 1, 1)
        return [number for number in range(before - 1, first - 1, -1) if number not in self.gone]

    def add(self, plain: str, bins: list[int]) -> tuple[int, float, int]:
        data, number = plain.replace(" ", "").encode(), len(self.messages) + 1
        keys: list[object] = [(band, *bins[3 * band : 3 * band + 3]) for band in range(21)]
        keys.append(data[:16] if len(data) >= 16 else None)
        self.messages.append((data, bins, keys, number))
        if not data:
            self.gone.add(number)
            return number, 0.0, -1
        met = self.met(number, 2)
        equal = [one for one in met if len(data) <= KEPT and self.messages[one - 1][0] == data]
        ranked = sorted(((self.likeness(number, one), one) for one in equal or met), reverse=True)
        head = next(
            (
                self.messages[one - 1][3]
                for likeness, one in ranked
                if likeness >= SAME and (equal or self.fits(number, one))
            ),
            number,
        )
        self.messages[-1] = (data, bins, keys, head)
        near = ranked[0] if ranked and ranked[0][0] >= RELATED else (0.0, -1)
        return head, *near

    def fits(self, number: int, one: int) -> bool:
        head = self.messages[one - 1][3]
        return head == one or head not in self.alive(number) or self.likeness(number, head) >= RELATED

    def met(self, number: int, deep: int) -> set[int]:
        alive = self.alive(number)
        found: set[int] = set()
        for at, key in enumerate(self.messages[number - 1][2]):
            same = [one for one in alive if key is not None and self.messages[one - 1][2][at] == key]
            found |= set(same[:deep])
        return found

    def near(self, number: int) -> list[tuple[int, float]]:
        if number in self.gone:
            return []
        found = [(one, self.likeness(number, one)) for one in self.met(number, groups.DEEPEST)]
        return sorted((one for one in found if one[1] >= RELATED), key=lambda one: (-one[1], -one[0]))

    def likeness(self, one: int, other: int) -> float:
        (mine, my_bins, _, _), (theirs, their_bins, _, _) = self.messages[one - 1], self.messages[other - 1]
        mine_has, theirs_has = pieces(mine[:KEPT]), pieces(theirs[:KEPT])
        common = len(mine_has & theirs_has)
        share = common / len(mine_has | theirs_has)
        if max(len(mine), len(theirs)) > KEPT:
            share = sum(a == b for a, b in zip(my_bins, their_bins, strict=True)) / 64
        smaller = min(((len(mine_has), len(mine)), (len(theirs_has), len(theirs))))
        within = common / smaller[0] if smaller[1] <= KEPT else 0.0
        if share >= WITHIN_LEAST or common >= WITHIN_PIECES:
            return max(share, within - WITHIN)
        return share


WORDS = [
    "dlo",
    "manje",
    "moun",
    "kay",
    "lopital",
    "school",
    "bridge",
    "people",
    "water",
    "33",
    "three",
    "monday",
    "delmas",
    "trapped",
    "without",
    "need",
]
SAID = st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)
STREAM = st.lists(st.one_of(SAID, st.sampled_from([APPEAL, APPEAL[:70], f"{APPEAL} {OTHER}", LONG, "!"])), max_size=40)


@settings(max_examples=200, deadline=None)
@given(STREAM, st.integers(1, 12), st.lists(st.integers(1, 9), min_size=1, max_size=5), st.sets(st.integers(1, 40)))
def test_the_window_says_what_a_plain_twin_says_in_any_batches(
    texts: list[str], capacity: int, cuts: list[int], gone: set[int]
) -> None:
    """Windows so small that they wrap, batches of every size, and messages taken out between them."""
    window, twin = Window(capacity), Twin(capacity)
    plain, bins = signed(texts)
    at = step = 0
    while at < len(texts):
        size = cuts[step % len(cuts)]
        entered = window.add(*signed(texts[at : at + size]))
        for row in range(at, min(at + size, len(texts))):
            expected = twin.add(plain[row], bins[row].tolist())
            found = [column[row - at] for column in (entered.groups, entered.likeness, entered.nearest)]
            assert found == list(expected)
        at, step = at + size, step + 1
        last = min(at, len(texts))
        alive = {last, *twin.alive(last)} - twin.gone
        for number in alive:
            assert [(one.number, one.likeness) for one in window.near(number)] == [
                one for one in twin.near(number) if one[0] in alive
            ]
        for number in gone & set(range(1, last + 1)):
            window.remove(number)
            twin.gone.add(number)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(SAID, st.text()), max_size=60), st.integers(1, 80))
def test_how_messages_are_cut_into_batches_changes_nothing(texts: list[str], capacity: int) -> None:
    whole = Window(capacity).add(*signed(texts))
    for size in (1, 7):
        window = Window(capacity)
        parts = [window.add(*signed(texts[start : start + size])) for start in range(0, len(texts), size)]
        for name in ("numbers", "groups", "likeness", "nearest"):
            assert [one for part in parts for one in getattr(part, name).tolist()] == getattr(whole, name).tolist()


def test_a_growing_table_forgets_nothing() -> None:
    texts = [f"{number * 7919} {number} {number * 104729} people at camp {number * 31}" for number in range(3_000)]
    window = Window()
    first = window.add(*signed(texts))
    again = window.add(*signed(texts))
    assert again.groups.tolist() == first.groups.tolist()
    assert set(again.likeness.tolist()) == {1.0}
