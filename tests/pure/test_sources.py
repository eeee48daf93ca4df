"""How many independent sources tell of an event."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.events.sources import Voice, independent
from tests.pure.signing import signature

TEXT = "We are about four hundred people at the school of Delmas, without water for three days, many children are sick"
COPY = f"RT {TEXT} please help"
OTHER = "The bridge at Léogâne is broken and no truck can pass since this morning, send engineers"


def voices(*said: tuple[str, str]) -> list[Voice]:
    return [Voice(sender, text, signature(text)) for sender, text in said]


@pytest.mark.parametrize(
    ("said", "sources"),
    [
        ([], 0),
        ([("a", TEXT), ("a", OTHER), ("a", "dlo")], 1),  # one sender is one source
        ([("a", TEXT), ("b", OTHER)], 2),
        ([("a", TEXT), ("b", COPY), ("c", TEXT.upper())], 1),  # passed on
        ([("a", TEXT), ("b", COPY), ("b", OTHER)], 2),  # passed on, and something of their own
        ([("a", TEXT), ("b", TEXT.replace("four", "nine"))], 2),  # they differ visibly
        ([("a", TEXT), ("a", OTHER), ("b", TEXT), ("c", OTHER)], 2),  # three senders, two wordings
        ([("a", "!!!"), ("b", "???")], 2),  # nothing to compare
    ],
)
def test_independent_sources_are_senders_with_a_wording_of_their_own(
    said: Sequence[tuple[str, str]], sources: int
) -> None:
    assert independent(voices(*said)) == sources
    assert independent(voices(*reversed(said))) == sources


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([TEXT, OTHER, "manje dlo", "help us"])), max_size=9))
def test_there_are_no_more_sources_than_senders_and_than_wordings(said: list[tuple[str, str]]) -> None:
    count = independent(voices(*said))
    assert count <= min(len({sender for sender, _ in said}), len({text for _, text in said}))
    assert count >= bool(said)


def test_a_thousand_copies_that_all_differ_are_counted_in_bounded_time() -> None:
    assert independent(voices(*((f"sender {n}", TEXT.replace("four", str(n))) for n in range(1_000)))) <= 1_000
