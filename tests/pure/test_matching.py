from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rapport.events.matching import RELATED, SAME, NearDuplicates
from rapport.text.signature import signature

NOON = datetime(2010, 1, 14, 12, tzinfo=UTC)
TEXT = "We are about four hundred people at the school of Delmas, without water for three days, many children are sick"
COPY = f"RT {TEXT} please help"
OTHER = "The bridge at Léogâne is broken and no truck can pass since this morning, send engineers"


def index(*messages: tuple[int, str, float | None, float | None, datetime]) -> NearDuplicates:
    made = NearDuplicates()
    for id, text, lon, lat, at in messages:
        made.add(id, signature(text), lon, lat, at)
    return made


def test_a_copy_is_found_with_its_reasons_in_words() -> None:
    known = index((1, TEXT, -72.300, 18.545, NOON), (2, OTHER, -72.6, 18.5, NOON))
    (found,) = known.near(signature(COPY), -72.311, 18.545, NOON + timedelta(hours=3))
    assert found.id == 1
    assert found.same
    assert found.wording >= SAME
    assert found.reasons[0].endswith("% of the wording is the same")
    assert found.reasons[1:] == ("1.2 km apart", "3 hours apart")


def test_without_a_place_nothing_is_said_about_it() -> None:
    known = index((1, TEXT, None, None, NOON))
    (found,) = known.near(signature(TEXT), -72.3, 18.5, NOON)
    assert found.reasons == ("100 % of the wording is the same", "at the same time")


def test_the_nearer_of_two_copies_comes_first() -> None:
    known = index((1, TEXT, -72.2, 19.7, NOON - timedelta(days=20)), (2, TEXT, -72.3, 18.545, NOON))
    assert [found.id for found in known.near(signature(TEXT), -72.3, 18.545, NOON)] == [2, 1]


def test_half_the_wording_is_possibly_related_only() -> None:
    half = TEXT[:55] + " but now the tents of the army have come and all of us are moving to the hill"
    (found,) = index((1, TEXT, None, None, NOON)).near(signature(half), None, None, NOON) or [None]
    assert found is None or (RELATED <= found.wording < SAME and not found.same)


def test_a_message_is_not_its_own_copy_and_is_kept_once() -> None:
    known = index((1, TEXT, None, None, NOON), (1, TEXT, None, None, NOON))
    assert len(known) == 1
    assert known.near(signature(TEXT), None, None, NOON, without=1) == []


def test_what_is_taken_out_is_not_found() -> None:
    known = index((1, TEXT, None, None, NOON))
    known.remove(1)
    known.remove(1)
    assert 1 not in known
    assert not known._bands
    assert known.near(signature(TEXT), None, None, NOON) == []


def test_a_message_without_words_matches_nothing() -> None:
    known = index((1, "!!!", None, None, NOON))
    assert len(known) == 0
    assert known.near(signature("???"), None, None, NOON) == []


def test_a_flood_of_one_text_costs_no_more_than_a_few() -> None:
    known = index(*((number, TEXT, None, None, NOON) for number in range(3_000)))
    assert len(known.near(signature(TEXT), None, None, NOON, most=5)) == 5


@given(st.lists(st.text(min_size=1), max_size=10, unique=True), st.integers(0, 9))
def test_whatever_was_put_in_is_found_again_by_its_own_words(texts: list[str], which: int) -> None:
    known = index(*((number, text, None, None, NOON) for number, text in enumerate(texts)))
    if which < len(texts) and (asked := signature(texts[which])):
        found = known.near(asked, None, None, NOON, most=100)
        assert which in [one.id for one in found if one.wording == 1.0]
