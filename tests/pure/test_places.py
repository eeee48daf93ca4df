from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.text.fold import _TABLE, _folded, fold, fold_with_positions, unmask
from rapport.text.places import Entry, Gazetteer, find, named
from rapport.values import Precision, Spot


def place(
    name: str, lon: float, lat: float, *names: str, precision: Precision = Precision.ADM2, pcode: str = ""
) -> Entry:
    return Entry(Spot(lon, lat, precision, 6000, name, pcode), (name, *names))


HAITI = Gazetteer([
    place("Delmas", -72.300, 18.545, "Dèlma", pcode="HT0112"),
    place("Delmas 33", -72.298, 18.557, precision=Precision.LOCALITY),
    place("Port-au-Prince", -72.339, 18.544, "Pòtoprens", pcode="HT0111"),
    place("Les Cayes", -73.750, 18.192, "Okay", pcode="HT0711"),
    place("Léogâne", -72.633, 18.511, "Leyogàn", pcode="HT0121"),
    place("Plaisance-du-Sud", -73.42, 18.47, "Gran Plas"),
    place("Plaisance-du-Nord", -72.47, 19.60, "Gran Plas"),
    place("Nord", -72.278, 19.563, precision=Precision.ADM1, pcode="HT03"),
])  # fmt: skip


def names(text: str) -> list[str]:
    return [found.spot.name for found in find(text, HAITI)]


# --- folding -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("  Port-au-Prince!! ", "port au prince"),
        ("LÉOGÂNE", "leogane"),
        ("Grand'Anse", "grand anse"),
        ("ﬁn ½ ＡＢ", "fin 1 2 ab"),
        ("nou\u200bbezwen", "nou bezwen"),
        ("straße", "strasse"),
        ("யாழ்ப்பாணத்தில்", "யாழ்ப்பாணத்தில்"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("", ""),
    ],
)
def test_spellings_of_the_same_fold_to_the_same(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_every_folded_character_knows_where_it_came_from(text: str) -> None:
    folded, positions = fold_with_positions(text)
    assert folded == fold(text)
    assert len(positions) == len(folded)
    assert positions == sorted(positions)
    assert all(folded[i] in fold(text[p]) or folded[i] == " " for i, p in enumerate(positions))


def test_a_flood_of_rare_characters_is_not_kept() -> None:
    for start in range(0x20000, 0x30000, 10_000):
        fold_with_positions(text := "".join(map(chr, range(start, start + 10_000))))
        fold(text)
    assert len(_TABLE) <= 4096
    assert _folded.cache_info().currsize <= 4096
    assert fold("LÉOGÂNE") == "leogane"


def test_lookalikes_are_made_latin_only_among_latin_letters() -> None:
    assert unmask("hаiti") == "haiti"  # the second letter is Cyrillic
    assert unmask("москва") == "москва"


# --- names ---------------------------------------------------------------------------------------------------------


def test_a_name_is_found_in_any_spelling_and_its_span_points_into_the_original() -> None:
    text = "Nou bezwen dlo nan LEYOGAN, tanpri"
    (found,) = find(text, HAITI)
    assert found.spot.name == "Léogâne"
    assert text[found.start : found.end] == found.text == "LEYOGAN"


def test_the_longer_and_finer_name_comes_first() -> None:
    assert names("People trapped at Delmas 33, Port-au-Prince") == ["Delmas 33", "Port-au-Prince"]


def test_a_name_within_a_word_or_number_is_none() -> None:
    assert names("Delmasian food") == []
    assert names("Delmas 331") == ["Delmas"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Delmas, 33 moun blese", ["Delmas"]),
        ("Delmas. 33 moun", ["Delmas"]),
        ("Delmas.33 moun", ["Delmas"]),
        ("nou nan Delmas: 33 moun; Delmas (33)", ["Delmas", "Delmas"]),
        ("Delmas! 33 mouri", ["Delmas"]),
        ("nou nan Delmas 33, tanpri", ["Delmas 33"]),
        ("Port, au Prince", []),
        ("Port-au-Prince", ["Port-au-Prince"]),
        ("Port.au.Prince", ["Port-au-Prince"]),
        ("St. Marc", ["Saint-Marc"]),
        ("(St. Marc)", ["Saint-Marc"]),
        ("Grand'Anse, Grand\u2019Anse", ["Grand'Anse", "Grand'Anse"]),
        ("Komin: Okay", ["Les Cayes"]),  # the word before still says that a place follows
    ],
)
def test_a_name_does_not_go_across_a_stop(text: str, expected: list[str]) -> None:
    marks = Gazetteer(
        [
            *HAITI.entries,
            place("Saint-Marc", -72.7, 19.11, "St. Marc"),
            place("Grand'Anse", -74.1, 18.6),
        ]
    )
    found = sorted(find(text, marks), key=lambda one: one.start)
    assert [one.spot.name for one in found] == expected
    assert all(text[one.start : one.end] == one.text for one in found)


def test_names_side_by_side_are_both_found() -> None:
    assert set(names("Delmas Léogâne Delmas 33")) == {"Delmas", "Léogâne", "Delmas 33"}


def test_a_name_that_is_a_word_counts_only_where_a_place_is_said() -> None:
    assert names("Okay, thank you") == []
    assert names("Moun yo nan Okay") == ["Les Cayes"]


def test_a_name_that_two_places_share_gives_both_with_less_certainty() -> None:
    both = find("Grangou nan Gran Plas", HAITI)
    assert {found.spot.name for found in both} == {"Plaisance-du-Sud", "Plaisance-du-Nord"}
    assert all(found.score < find("Delmas 33", HAITI)[0].score and "2 places" in found.reason for found in both)


def test_a_p_code_in_the_text_is_the_place() -> None:
    assert names("Site ht0121, 200 families") == ["Léogâne"]
    assert names("Flight HT9999") == []


# --- coordinates ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "we are at 18.5392, -72.3364",
        "18.5392,-72.3364",
        "18.5392 -72.3364 please",
        "18.5392N, 72.3364W",
        "18.5392° N, 72.3364° W",
        "18.5392, 72.3364",  # the sign forgotten
        "-72.3364, 18.5392",  # the other way round
    ],
)
def test_coordinates_are_read_as_people_write_them(text: str) -> None:
    found = find(text, HAITI)[0]
    assert (found.spot.lat, found.spot.lon, found.entry) == (18.5392, -72.3364, -1)
    assert found.spot.precision is Precision.EXACT
    assert found.text in text


def test_coordinates_with_few_decimals_say_less() -> None:
    spot = find("18.53, -72.33", HAITI)[0].spot
    assert spot.precision is Precision.STREET
    assert spot.radius_m == 1110


def test_coordinates_outside_the_area_are_a_candidate_with_little_certainty() -> None:
    (found,) = find("48.8566, 2.3522", HAITI)
    assert found.score < 0.5
    assert "outside" in found.reason


@given(st.text())
def test_any_text_can_be_searched_and_spans_hold_what_they_say(text: str) -> None:
    for found in find(text, HAITI):
        assert text[found.start : found.end] == found.text


@given(st.text(alphabet="delmas 33,.-18.5-72.3ht0112", max_size=60))
def test_texts_near_to_places_too(text: str) -> None:
    for found in find(text, HAITI):
        assert text[found.start : found.end] == found.text
        assert 0 < found.score < 1


# --- a field for a place's name ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Delmas", "Delmas"),
        ("Okay", "Les Cayes"),  # in such a field it is no other word
        ("leogane, Haiti", "Léogâne"),
        ("near the church in Léogâne", "Léogâne"),
        ("Unknown", None),
        ("", None),
    ],
)
def test_a_field_for_a_name_means_a_place(written: str, expected: str | None) -> None:
    found = named(written, HAITI)
    assert (found.spot.name if found else None) == expected


def test_without_a_gazetteer_only_coordinates_are_found() -> None:
    assert [found.entry for found in find("Delmas 18.5392, -72.3364", Gazetteer([]))] == [-1]
