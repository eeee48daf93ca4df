from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.text import chain
from rapport.text.chain import Knowledge
from rapport.text.keywords import START_WORDS, STOP_WORDS, is_start, is_stop
from rapport.text.language import detect
from rapport.text.personal import has_contact_data
from rapport.text.places import Entry, Gazetteer
from rapport.values import Precision, Spot

HAITI = ("ht", "fr", "en")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Nou bezwen dlo ak manje nan Kafou tanpri", "ht"),
        ("Tanpri ede nou", "ht"),
        ("Nou grangou", "ht"),
        ("Nous avons besoin d'eau et de nourriture s'il vous plaît", "fr"),
        ("We need water and food, please help", "en"),
        ("Ki kote mwen ka jwenn yon doktè", "ht"),
        ("නැවත වතුර අවශ්‍යයි", ""),
        ("50.123", ""),
        ("", ""),
        ("\x00\x07\x1b", ""),
        ("\ud800 broken", ""),
    ],
)
def test_the_language_is_known_or_nothing_is_said(text: str, language: str) -> None:
    assert detect(text, HAITI) == language


@given(st.text())
def test_only_the_operations_languages_are_said(text: str) -> None:
    assert detect(text, HAITI) in {*HAITI, ""}


# --- STOP and START ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["STOP", "stop.", " Stop! ", "STOP STOP", "Arrêt", "ARET", "ARÈT", "Rete", "RÈTE", "Unsubscribe"]
)
def test_a_stop_word_alone_stops(text: str) -> None:
    assert is_stop(text)
    assert not is_start(text)


@pytest.mark.parametrize(
    "text", ["please stop the fire", "Nou rete nan Delmas", "", "stop " * 100, "STOP or not", "bus stop"]
)
def test_a_stop_word_in_a_message_does_not(text: str) -> None:
    assert not is_stop(text)


@pytest.mark.parametrize("text", ["START", "Kòmanse", "DEBUT", "début"])
def test_a_start_word_alone_starts_again(text: str) -> None:
    assert is_start(text)


def test_no_word_does_both() -> None:
    assert not STOP_WORDS & START_WORDS


# --- ways to reach a person ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Call +509 5550 1234",
        "call 50955501234 now",
        "tel (509) 5550-1234",
        "tel 5550.1234",
        "٥٥٥٠١٢٣٤ رقم",
        "555\u200b0\u200b1234",
        "write to someone@example.org",
        "someone (at) example.org",
        "jean (AT) example.com",
        "ask @somebody_here",
        "@somebody",
        "via (@somebody)",
    ],
)
def test_a_way_to_reach_a_person_is_seen(text: str) -> None:
    assert has_contact_data(text)


@pytest.mark.parametrize(
    "text",
    [
        "Water needed at Delmas 33",
        "200 000 people",
        "at 18.5392, -72.3364",
        "18.539167, -72.335 on 23/01/2010 13:45",
        "since 2010-01-12",
        "P-code HT0112",
        "meet at 5 @ the church",
        "",
    ],
)
def test_other_numbers_and_signs_are_none(text: str) -> None:
    assert not has_contact_data(text)


def test_hostile_text_takes_linear_time() -> None:
    assert has_contact_data("1 " * 500_000)
    assert not has_contact_data("1" + "a@" * 300_000)


@given(st.text())
def test_any_text_can_be_asked(text: str) -> None:
    assert has_contact_data(text) in {True, False}


# --- the chain -----------------------------------------------------------------------------------------------------

KNOWN = Knowledge(HAITI, Gazetteer([Entry(Spot(-72.3, 18.545, Precision.ADM2, 6000, "Delmas", "HT0112"), ("Delmas",))]))
SAMPLES = ["Nou bezwen dlo nan Delmas", "", "18.54, -72.30"]
TEXTS = st.lists(st.one_of(st.text(max_size=80), st.sampled_from(SAMPLES)), max_size=12)


def batch(texts: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"id": range(len(texts)), "text": texts}, schema={"id": pl.Int64, "text": pl.String})


def test_each_stage_adds_the_columns_it_names() -> None:
    made = chain.analyse(batch(["Nou bezwen dlo nan Delmas", ""]), KNOWN)
    assert made.columns == ["id", "text", *(name for stage in chain.STAGES for name in stage.columns)]
    assert made["language"].to_list() == ["ht", ""]
    assert [len(found) for found in made["places"].to_list()] == [1, 0]
    assert made["places"][0][0]["pcode"] == "HT0112"
    assert [len(found) for found in made["signature"].to_list()] == [256, 0]


@given(TEXTS.map(lambda texts: [t.encode(errors="ignore").decode() for t in texts]), st.integers(1, 5))
def test_an_answer_does_not_depend_on_the_batch(texts: list[str], size: int) -> None:
    whole = chain.analyse(batch(texts), KNOWN)
    cut = [chain.analyse(batch(texts)[start : start + size], KNOWN) for start in range(0, len(texts), size)]
    assert not texts or whole.equals(pl.concat(cut))
