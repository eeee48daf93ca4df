from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.cli.text_evaluation import pairs
from rapport.events.matching import (
    Candidate,
    Happening,
    NearDuplicates,
    Said,
    Telling,
    events_for,
    rarity,
)
from rapport.text import signature as signing
from rapport.text.columns import Texts
from rapport.text.evaluation.duplicates import similar_pairs
from rapport.text.groups import RELATED, SAME
from rapport.text.kernels.plain import made_plain
from rapport.values import Precision, Spot
from tests.pure.signing import signature

NOON = datetime(2010, 1, 14, 12, tzinfo=UTC)
TEXT = "We are about four hundred people at the school of Delmas, without water for three days, many children are sick"
COPY = f"RT {TEXT} please help"
OTHER = "The bridge at Léogâne is broken and no truck can pass since this morning, send engineers"
Message = tuple[int, str, float | None, float | None, datetime]


def index(*messages: Message) -> NearDuplicates:
    made = NearDuplicates()
    add(made, *messages)
    return made


def add(known: NearDuplicates, *messages: Message) -> None:
    plain = made_plain(Texts.of(pl.Series([text for _, text, *_ in messages], dtype=pl.String)))[0]
    known.add([Said(id, lon, lat, at) for id, _, lon, lat, at in messages], plain, signing.bins(plain))


def near(known: NearDuplicates, message: Message, most: int = 10) -> list[Candidate]:
    add(known, message)
    return known.near(message[0], most)


# --- near-duplicates -----------------------------------------------------------------------------------------------


def test_a_copy_is_found_with_its_reasons_in_words() -> None:
    known = index((1, TEXT, -72.300, 18.545, NOON), (2, OTHER, -72.6, 18.5, NOON))
    (found,) = near(known, (3, COPY, -72.311, 18.545, NOON + timedelta(hours=3)))
    assert found.id == 1
    assert found.same
    assert found.wording >= SAME
    assert found.reasons[0].endswith("% of the wording is the same")
    assert found.reasons[1:] == ("1.2 km apart", "3 hours apart")


def test_of_a_text_that_was_cut_it_is_said_that_it_stands_in_the_other() -> None:
    (found,) = near(index((1, TEXT, None, None, NOON)), (2, TEXT[:52], None, None, NOON))
    assert found.same
    assert found.reasons[0] == "100 % of the shorter one stands in the longer one"


def test_without_a_place_nothing_is_said_about_it() -> None:
    (found,) = near(index((1, TEXT, None, None, NOON)), (2, TEXT, -72.3, 18.5, NOON))
    assert found.reasons == ("100 % of the wording is the same", "at the same time")


def test_the_nearer_of_two_copies_comes_first() -> None:
    known = index((1, TEXT, -72.2, 19.7, NOON - timedelta(days=20)), (2, TEXT, -72.3, 18.545, NOON))
    assert [found.id for found in near(known, (3, TEXT, -72.3, 18.545, NOON))] == [2, 1]


def test_half_the_wording_is_possibly_related_only() -> None:
    half = TEXT[:64] + " but now the tents of the army have come"
    (found,) = near(index((1, TEXT, None, None, NOON)), (2, half, None, None, NOON))
    assert RELATED <= found.wording < SAME
    assert not found.same


def test_copies_are_one_group_and_a_message_is_not_its_own_copy() -> None:
    known = index((7, TEXT, None, None, NOON), (8, OTHER, None, None, NOON), (9, COPY, None, None, NOON))
    assert known.group(7) == known.group(9) != known.group(8)
    assert known.near(7) == []


def test_what_is_taken_out_is_not_found_and_may_come_back() -> None:
    known = index((1, TEXT, None, None, NOON))
    known.remove(1)
    known.remove(1)
    assert 1 not in known
    assert len(known) == known.group(1) == 0
    assert known.near(1) == near(known, (2, TEXT, None, None, NOON)) == []
    (found,) = near(known, (1, TEXT, None, None, NOON))
    assert found.id == 2


def test_a_message_without_words_matches_nothing() -> None:
    assert near(index((1, "!!!", None, None, NOON)), (2, "???", None, None, NOON)) == []


def test_the_oldest_are_forgotten_when_there_are_too_many() -> None:
    known = NearDuplicates(capacity=2)
    add(known, *((id, TEXT, None, None, NOON) for id in range(5)))
    assert len(known) == 2
    assert [found.id for found in known.near(4)] == [3]


def test_a_flood_of_one_text_costs_no_more_than_a_few() -> None:
    known = index(*((number, TEXT, None, None, NOON) for number in range(3_000)))
    assert len(known.near(2_999, most=5)) == 5


@given(st.lists(st.text(min_size=1), max_size=10, unique=True), st.integers(0, 9))
def test_whatever_was_put_in_is_found_again_by_its_own_words(texts: list[str], which: int) -> None:
    known = index(*((number, text, None, None, NOON) for number, text in enumerate(texts)))
    if which < len(texts) and signature(texts[which]):
        found = near(known, (99, texts[which], None, None, NOON), most=100)
        assert which in [one.id for one in found if one.wording == 1.0]


def test_reports_of_the_haiti_map_that_say_the_same_are_offered_side_by_side() -> None:
    """As many as the desk shows, five, beside each report in the order in which they are listed."""
    beside, or_in_one_group = pairs()
    assert beside >= 0.95
    assert or_in_one_group >= 0.99


@given(
    st.lists(
        st.lists(st.sampled_from(["dlo", "manje", "kay", "moun", "tant", "lapli", "wout"]), max_size=7), max_size=12
    )
)
def test_the_exact_join_finds_what_comparing_all_finds(said: list[list[str]]) -> None:
    sets = [set(words) for words in said]
    expected = {
        (one, other)
        for other in range(len(sets))
        for one in range(other)
        if sets[one] and len(sets[one] & sets[other]) >= 0.7 * len(sets[one] | sets[other])
    }
    assert similar_pairs([" ".join(words) for words in said]) == expected


# --- which event ---------------------------------------------------------------------------------------------------

DELMAS = Spot(-72.300, 18.545, Precision.EXACT, 50)
RARE = {"water": 0.2, "people": 0.1, "orphanage": 0.9, "fontamara": 0.9, "bridge": 0.7}


def event(id: int, words: str, spot: Spot | None = DELMAS, **changed: object) -> Happening:
    made = Happening(id, frozenset({id * 10}), frozenset(words.split()), spot, NOON, NOON + timedelta(hours=2))
    return replace(made, **changed)  # type: ignore[arg-type]


def telling(words: str, spot: Spot | None = DELMAS, **changed: object) -> Telling:
    made = Telling(frozenset(words.split()), {}, spot, NOON + timedelta(hours=1))
    return replace(made, **changed)  # type: ignore[arg-type]


def score(told: Telling, one: Happening) -> float:
    return next((found.score for found in events_for(told, [one], RARE)), 0.0)


def test_a_report_in_the_words_of_an_events_report_belongs_to_it_with_reasons() -> None:
    told = telling("orphanage water", near={10: 0.8}, categories=frozenset({"water"}))
    first, *_ = events_for(told, [event(2, "bridge"), event(1, "orphanage", categories=frozenset({"water"}))], RARE)
    assert first.id == 1
    assert first.reasons == (
        "a report of it says the same in like words",
        "both say “orphanage”",
        "at the same place, within what is known of both places",
        "the same category",
        "while it was told of",
    )


def test_rare_words_tell_more_than_common_ones() -> None:
    told = telling("people orphanage water", None)
    assert score(told, event(1, "orphanage", None)) > score(told, event(1, "people water", None))


def test_the_farther_the_less() -> None:
    places = [replace(DELMAS, lon=DELMAS.lon + km / 105) for km in (0, 1, 5, 30, 200)]
    scores = [score(telling("orphanage", place), event(1, "orphanage")) for place in places]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]


def test_a_place_known_to_a_province_speaks_neither_much_for_nor_against() -> None:
    province = replace(DELMAS, lon=-72.1, precision=Precision.ADM1, radius_m=40_000)
    unknown = score(telling("orphanage", None), event(1, "orphanage"))
    assert score(telling("orphanage", province), event(1, "orphanage")) == pytest.approx(unknown, abs=0.05)
    assert score(telling("orphanage", replace(DELMAS, lon=-72.1)), event(1, "orphanage")) < unknown


def test_a_category_alone_is_no_candidate() -> None:
    told = telling("water", None, categories=frozenset({"water"}))
    assert events_for(told, [event(1, "bridge", None, categories=frozenset({"water"}))], RARE) == []


def test_the_later_the_less() -> None:
    scores = [
        score(telling("orphanage", at=NOON + timedelta(hours=hours)), event(1, "orphanage"))
        for hours in (1, 10, 100, 1000)
    ]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]


def test_a_word_in_every_text_tells_nothing_and_one_in_a_single_text_tells_all() -> None:
    rare = rarity([["water", "bridge"], ["water", "water"], ["water"]])
    assert rare == {"water": 0.0, "bridge": 1.0}
    assert rarity([["water"]]) == {"water": 1.0}
    assert rarity([]) == {}


@given(st.permutations(range(5)), st.floats(0, 1))
def test_the_order_of_events_changes_nothing_and_scores_stay_between_0_and_1(order: list[int], wording: float) -> None:
    events = [event(id, "orphanage water fontamara"[: 6 * id], DELMAS if id % 2 else None) for id in order]
    told = telling("orphanage water", near={30: wording})
    found = events_for(told, events, RARE)
    assert found == events_for(told, sorted(events, key=lambda one: one.id), RARE)
    assert all(0 < one.score <= 1 for one in found)
