from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.text import pluscodes
from rapport.text.columns import Texts
from rapport.text.endings import forms
from rapport.text.fold import _TABLE, fold, folded_character
from rapport.text.kernels import places as kernel
from rapport.text.kernels.plain import made_plain
from rapport.text.places import FOUND, LONGEST, MOST, Entry, Found, Gazetteer, candidates, find, found, named
from rapport.text.plain import plain
from rapport.values import Precision, Spot, km_between


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


def test_a_flood_of_rare_characters_is_not_kept() -> None:
    for start in range(0x20000, 0x30000, 10_000):
        text = "".join(map(chr, range(start, start + 10_000)))
        fold(text)
        plain(text)
    assert len(_TABLE) <= 4096
    assert folded_character.cache_info().currsize <= 4096
    assert fold("LÉOGÂNE") == "leogane"


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


# --- a question and its evidence -----------------------------------------------------------------------------------


def okay(text: str, language: str = "") -> Found | None:
    texts = Texts.of(pl.Series([text]))
    made, positions, _ = made_plain(texts)
    answer = candidates(texts, made, positions, HAITI, [language]).get(0, [])
    return next((one for one in answer if one.spot.name == "Les Cayes"), None)


def test_a_name_that_is_a_word_is_a_question_with_what_speaks_for_it_and_against() -> None:
    one = okay("Moun yo nan okay pa gen dlo")
    assert one
    assert one.question
    assert one.evidence == ("for: “nan” before it says that a place follows", "against: written small")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("yes okay we wait", ""),
        ("Okay, thank you", ""),
        ("OKAY THANK YOU", ""),
        ("Delmas is okay now", ""),  # Les Cayes lies far from Delmas
        ("yes okay we wait", "en"),
    ],
)
def test_without_evidence_a_word_is_a_word(text: str, language: str) -> None:
    assert okay(text, language) is None


def test_capital_stops_and_language_are_evidence() -> None:
    for text in ("we left Okay yesterday", "Food needed - Okay, 40 people"):
        one = okay(text)
        assert one is not None
        assert any("capital" in why for why in one.evidence)
    known = okay("estamos en camino a okay", "es")
    assert known is not None
    assert "for: it is no word of the text's language" in known.evidence


def test_another_place_in_the_text_raises_the_one_of_a_name_that_lies_near_it() -> None:
    gazetteer = Gazetteer([*HAITI.entries, place("Limbé", -72.40, 19.70)])
    first, second, *_ = [one for one in find("Gran Plas, pa lwen Limbé", gazetteer) if one.text == "Gran Plas"]
    assert (first.spot.name, second.spot.name) == ("Plaisance-du-Nord", "Plaisance-du-Sud")
    assert first.score > second.score
    assert "for: it lies near Limbé, named too" not in second.evidence
    assert first.question


def test_a_name_that_is_no_word_and_one_place_is_no_question() -> None:
    assert not find("dlo nan Leogane", HAITI)[0].question


# --- endings -------------------------------------------------------------------------------------------------------

LANKA = Gazetteer([place("කොළඹ", 79.86, 6.93, "கொழும்பு"), place("யாழ்ப்பாணம்", 80.0, 9.67)])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ගංවතුර කොළඹට ආවා", "කොළඹ"),
        ("කොළඹ", "කොළඹ"),
        ("யாழ்ப்பாணத்தில் வெள்ளம்", "யாழ்ப்பாணம்"),
        ("கொழும்புக்கு உதவி", "කොළඹ"),
        ("கொழும்பில்", "කොළඹ"),
    ],
)
def test_names_with_endings_are_found(text: str, name: str) -> None:
    (one,) = find(text, LANKA)
    assert one.spot.name == name
    assert text[one.start : one.end] == one.text


def test_an_ending_is_told_and_lowers_the_score() -> None:
    (bare,), (ended,) = find("යාපනය කොළඹ", LANKA), find("කොළඹට", LANKA)
    assert ended.score < bare.score
    assert "ට" in ended.reason
    assert ended.question


def test_endings_of_the_latin_script_only_where_people_write_such_a_language() -> None:
    antakya = [place("Antakya", 36.16, 36.2)]
    assert find("Antakyada su yok", Gazetteer(antakya)) == []
    assert [one.text for one in find("Antakyada su yok", Gazetteer(antakya, ("tr",)))] == ["Antakyada"]
    assert [one.text for one in find("Antakya'da su yok", Gazetteer(antakya))] == ["Antakya"]


def test_arabic_puts_letters_before_a_name() -> None:
    (one,) = find("نحن بدمشق الآن", Gazetteer([place("دمشق", 36.29, 33.51)]))
    assert one.text == "بدمشق"


def test_a_form_that_is_another_places_name_is_that_name() -> None:
    both = Gazetteer([place("Nairo", 36.0, -1.0), place("Naironi", 37.0, -1.0)], ("sw",))
    (one,) = find("niko Naironi", both)
    assert one.spot.name == "Naironi"
    assert ("naironi", "ni") in set(forms("nairo", ["sw"]))


# --- many at once --------------------------------------------------------------------------------------------------

PARTS = st.sampled_from([
    "Delmas", "delmas 33", " 33", "Okay", "Port-au", "-Prince", " au ", "port au prince", "Gran Plas", ",", " ", ".",
    "http://x.y ", "@Delmas ", "HT0121", "é", "𐍈", "\u200b", "D e l m a s", "nan ", "Nord", "…", "කොළඹට", "18.5, -72.3",
])  # fmt: skip
WRITTEN = st.one_of(st.lists(PARTS, max_size=10).map("".join), st.text(max_size=30))


@given(st.lists(WRITTEN, max_size=4))
def test_many_texts_give_what_each_gives_alone(texts: list[str]) -> None:
    original = Texts.of(pl.Series(texts, dtype=pl.String))
    made, positions, _ = made_plain(original)
    together = candidates(original, made, positions, HAITI)
    assert [together.get(row, []) for row in range(len(texts))] == [find(text, HAITI) for text in texts]
    column = found(original, made, positions, HAITI)
    assert column.dtype == pl.List(FOUND)
    assert [[one["text"] for one in row] for row in column.to_list()] == [
        [one.text for one in together.get(row, [])] for row in range(len(texts))
    ]


WORDS = st.sampled_from(["a", "b", "ab", "é", "ක", "aa"])


@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), max_size=12, unique=True),
    st.lists(st.lists(WORDS, max_size=14).map(" ".join), max_size=4),
)
def test_the_matcher_finds_every_run_of_words_that_is_a_name(names: list[str], texts: list[str]) -> None:
    original = Texts.of(pl.Series(texts, dtype=pl.String))
    positions = np.zeros(len(original.data), np.int32)
    hits = kernel.names_in(original.data, original.starts, positions, 10, kernel.Table(names))
    assert {tuple(hit) for hit in hits.tolist()} == set(runs(texts, names, original.starts.tolist()))
    assert len(hits) == len(list(runs(texts, names, original.starts.tolist())))


def runs(texts: list[str], names: list[str], starts: list[int]) -> Iterator[tuple[int, int, int, int]]:
    for row, text in enumerate(texts):
        words = text.split()
        for begin in range(len(words)):
            for end in range(begin + 1, len(words) + 1):
                if (name := " ".join(words[begin:end])) in names:
                    at = starts[row] + len(" ".join([*words[:begin], ""]).encode())
                    yield row, at, at + len(name.encode()), names.index(name)


@given(WRITTEN)
def test_a_name_is_found_only_where_its_words_stand(text: str) -> None:
    folded = f" {plain(text).text} "
    for one in find(text, HAITI):
        if one.entry >= 0:
            assert any(f" {fold(name)} " in folded for name in (*HAITI.entries[one.entry].names, one.spot.pcode))


@pytest.mark.parametrize(
    "piece",
    [
        "Delmas ",
        "Delmas 33 ",
        "Gran Plas, ",
        "18.5392, -72.3364 ",
        "18°32'21\"N 72°20'11\"W ",
        "9QCJ+2V ",
        "1.11,",
        "-",
        "٣٣",
    ],
)
def test_a_megabyte_of_places_is_cut_and_gives_no_more_than_anybody_reads(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    answer = find(text, HAITI)
    assert len(answer) <= MOST
    assert all(one.end <= LONGEST for one in answer)


def test_a_name_that_hides_is_found_where_it_stands() -> None:
    for text in (
        "nou nan D e l m a s la",
        "nou nan D\u200be\u200bl\u200bm\u200ba\u200bs la",
        "nou nan D\u0435lmas la",
        "RT @Delmas: nou nan Delmas",
    ):
        (one,) = find(text, HAITI)
        assert one.spot.name == "Delmas"
        assert one.start == len(text) - len(one.text) - (3 if text.endswith("la") else 0)


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


@pytest.mark.parametrize(
    "text",
    [
        "18°32'21\"N 72°20'11\"W",
        "N18°32'21\" W72°20'11\"",
        "18° 32′ 21″ N, 72° 20′ 11″ O",  # ouest, oeste
        "18 32 21 N 72 20 11 W",
        "18°32.35'N, 72°20.18'W",
        "72°20'11\"W 18°32'21\"N",
        "18°32'21\" nord, 72°20'11\" ouest",
        "18.5392 norte, 72.3364 oeste",
        "lat 18,5392 lon -72,3364",
        "18,5392; -72,3364",
        "١٨٫٥٣٩٢, -٧٢٫٣٣٦٤",
    ],
)
def test_coordinates_in_other_notations(text: str) -> None:
    (found,) = find(f"nou la {text}, tanpri", HAITI)
    assert km_between(found.spot.lon, found.spot.lat, -72.3364, 18.5392) < 0.1
    assert found.spot.precision is Precision.EXACT
    assert found.text in text


def test_o_is_east_where_only_that_lies_in_the_area() -> None:
    (found,) = find("48°12'30\"N 16°22'23\"O", Gazetteer([place("Wien", 16.37, 48.21)]))
    assert found.spot.lon == pytest.approx(16.373, abs=0.001)
    assert "east" in found.reason


@pytest.mark.parametrize(
    "text",
    [
        "10.30, 12.45", "1,000,000 and 500,000", "12 10 20 13 40 50", "18.5392", "55 51 80 N 72 20 11 W",
        "from 18.50, 72.30 gourdes", "12/05/2010 17:26", "555 80 74 023",
    ],
)  # fmt: skip
def test_hours_prices_and_telephones_are_no_coordinates(text: str) -> None:
    assert find(text, HAITI) == []


def test_coordinates_far_from_the_place_named_beside_them_are_a_question() -> None:
    town, far = find("Léogâne, 19.7500, -72.2000", HAITI)
    near, _ = find("Léogâne 18.5114, -72.6339", HAITI)
    assert not town.question
    assert far.question
    assert "against: far from Léogâne, named too" in far.evidence
    assert not near.question


# --- plus codes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "lat", "lon"),
    [
        ("7FG49Q00+", 20.375, 2.775),
        ("7FG49QCJ+2V", 20.3700625, 2.7821875),
        ("7FG49QCJ+2VX", 20.3701125, 2.782234375),
        ("8FVC2222+22", 47.0000625, 8.0000625),
        ("4VCPPQGP+Q9", -41.2730625, 174.7859375),
        ("62G20000+", 0.5, -179.5),
    ],
)
def test_codes_of_the_specifications_own_test_file(code: str, lat: float, lon: float) -> None:
    area = pluscodes.decoded(code)
    assert area is not None
    assert (area.lat, area.lon) == (pytest.approx(lat), pytest.approx(lon))


@given(st.floats(-89, 89), st.floats(-179.9, 179.9), st.sampled_from([4, 6]), st.floats(-0.02, 0.02))
def test_a_short_code_is_read_back_near_where_it_is_said(lat: float, lon: float, kept: int, off: float) -> None:
    whole = pluscodes._first_characters(lon, lat, 8)
    area = pluscodes.decoded(f"{whole}+22")
    assert area is not None
    near = off if kept == 6 else off / 2
    short = pluscodes.recovered(f"{whole[8 - kept :]}+22", area.lon + near, area.lat + near)
    assert short is not None
    assert km_between(short.lon, short.lat, area.lon, area.lat) < 0.001


@pytest.mark.parametrize(
    "code", ["", "+", "2+2", "F2222222+", "7FG49QCJ+2", "7FG40QCJ+", "XFG49QCJ+22", "7FG4+", "abc"]
)
def test_what_is_no_full_code_is_none(code: str) -> None:
    assert pluscodes.decoded(code) is None


def test_plus_codes_are_found_short_ones_beside_a_place() -> None:
    (full,) = find("meet at 77CF9JV6+7P now", HAITI)
    assert (full.text, full.entry, full.spot.precision) == ("77CF9JV6+7P", -1, Precision.EXACT)
    short, town = find("9JV6+7P Léogâne", HAITI)
    assert (short.text, town.text) == ("9JV6+7P", "Léogâne")
    assert "Léogâne" in short.reason
    assert find("9JV6+7P", HAITI) == []  # near what?


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
    for one in find(text, HAITI):
        assert text[one.start : one.end] == one.text


@given(st.text(alphabet="delmas 33,.-18.5-72.3ht0112", max_size=60))
def test_texts_near_to_places_too(text: str) -> None:
    for one in find(text, HAITI):
        assert text[one.start : one.end] == one.text
        assert 0 < one.score < 1


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
