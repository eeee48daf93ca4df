from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.text import chain, language
from rapport.text.columns import Texts
from rapport.text.evaluation.language import figures
from rapport.text.evaluation.messages import Message, Messages
from rapport.text.kernels.plain import made_plain
from rapport.text.keywords import START_WORDS, STOP_WORDS, is_start, is_stop
from rapport.text.knowledge import Knowledge
from rapport.text.language import Detected, detected, language_of
from rapport.text.personal import has_contact_data
from rapport.text.places import Entry, Gazetteer
from rapport.text.plain import plain
from rapport.values import Precision, Spot

HAITI = ("ht", "fr", "en")
MANY = ("ht", "fr", "en", "es", "sw", "ti", "am", "ur", "hi", "ar")


def asked(texts: Sequence[str], languages: Sequence[str]) -> Detected:
    original = Texts.of(pl.Series(texts, dtype=pl.String))
    return detected(original, *made_plain(original)[:2], languages)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Nou bezwen dlo ak manje nan Kafou tanpri", "ht"),
        ("Tanpri ede nou", "ht"),
        ("Nou grangou", "ht"),
        ("T a n p r i ede nou, nou b e z w e n dlo", "ht"),
        ("RT @news_ht: Ki kote mwen ka jwenn yon doktè https://example.org/where/is/the/doctor", "ht"),
        ("Nous avons besoin d'eau et de nourriture s'il vous plaît", "fr"),
        ("NOUS AVONS BESOIN D'EAU", "fr"),
        ("We need water and food, please help", "en"),
        ("Wе nееd wаtеr аnd fооd, plеаsе hеlp", "en"),  # Cyrillic letters that look like Latin ones
        ("\u202eWe need water\u202c and food\u200f, please help", "en"),
        ("𝐖𝐞 𝐧𝐞𝐞𝐝 𝐰𝐚𝐭𝐞𝐫 and food, please help 🙏🙏", "en"),
        ("We need\x00 water\x07 and food\x1b, please help", "en"),
        ("Ki kote mwen ka jwenn yon doktè", "ht"),
        ("නැවත වතුර අවශ්‍යයි", ""),
        ("Wir brauchen dringend Wasser und etwas zu essen", ""),
        ("50.123", ""),
        ("🆘🆘🌊", ""),
        ("@somebody https://example.org", ""),
        ("", ""),
        ("\x00\x07\x1b", ""),
        ("\u200b\u200f\u202e", ""),
        ("\ud800 broken", "en"),
    ],
)
def test_the_language_is_known_or_nothing_is_said(text: str, language: str) -> None:
    assert language_of(text, HAITI) == language


@given(st.text())
def test_only_the_operations_languages_are_said(text: str) -> None:
    assert language_of(text, HAITI) in {*HAITI, ""}


@pytest.mark.parametrize("languages", [(), ("xx",), ("ht",), ("zu", "xx", "sr")])
def test_any_list_of_languages_will_do(languages: tuple[str, ...]) -> None:
    said = asked(["Nou bezwen dlo ak manje nan Kafou tanpri", "", "ok"], languages)
    assert said.language == ["ht" if "ht" in languages else "", "", said.language[2]]


def test_a_language_that_only_cld2_knows_is_told_too() -> None:
    said = asked(["ብሄራዊ መንግስቲ ኤርትራ ነቲ ህዝቢ ማይን መግብን ክህብ ኣለዎ"], MANY)
    assert said.language == ["ti"]


def test_a_second_language_is_told_with_the_share_of_the_first() -> None:
    said = asked(
        [
            "Nou bezwen dlo ak manje nan Kafou tanpri. We need water and food, please help the people here",
            "We need water and food, please help the people here",
        ],
        MANY,
    )
    assert {said.language[0], said.second[0]} == {"ht", "en"}
    assert 0.3 < said.share[0] < 0.7
    assert (said.language[1], said.second[1], said.share[1]) == ("en", "", 1)


def test_where_it_is_not_clear_the_answers_are_given() -> None:
    german, nothing, sinhala, kreyol = asked(
        ["Wir brauchen dringend Wasser und etwas zu essen", "50.123", "නැවත වතුර අවශ්‍යයි", "Tanpri ede nou"], HAITI
    ).answers
    assert (german, nothing, sinhala, kreyol) == (("de",), (), ("si",), ())


@given(st.lists(st.text(max_size=60) | st.sampled_from(["ok", "mesi anpil", "Help us!", "Por favor"]), max_size=8))
def test_doubt_is_never_an_answer(texts: list[str]) -> None:
    """A text has a language, its share of the text and no other answers; or none, no share and what speaks for what."""
    said = asked([text.encode(errors="ignore").decode() for text in texts], MANY)
    for main, share, second, answers in zip(said.language, said.share, said.second, said.answers, strict=True):
        assert not (main and answers)
        assert bool(main) or (share == 0 and not second)
        assert 0 <= share <= 1
        assert second != main or not second
        assert len(answers) <= 2


def test_hostile_texts_are_read_too() -> None:
    """Of which the last is the longest for its plain text: three bytes for every one."""
    long = ["a " * 500_000, "mwen " * 200_000, "\u0301" * 500_000, "漢" * 300_000, "👩‍👩‍👧" * 60_000, "ạ" * 300_000]
    said = asked([*long, "Tanpri ede nou"], HAITI)
    assert said.language[1] == "ht"
    assert said.language[-1] == "ht"


def test_words_in_many_batches_worth_of_text_are_numbered_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"Nou bezwen dlo {word} anpil" for word in ("nan Kafou", "souple", "kounye a", "vit", "isit la")] * 3
    whole = asked(texts, HAITI)
    monkeypatch.setattr(language, "AT_ONCE", 1)
    cut = asked(texts, HAITI)
    assert (whole.language, whole.second, whole.share.tolist()) == (cut.language, cut.second, cut.share.tolist())


def test_how_well_languages_are_told_is_measured_on_kept_sentences() -> None:
    """Beside them on messages in which Kreyòl is known by its words; one that is long, or French, is not counted."""
    said = [
        "Nou bezwen dlo ak manje tanpri",
        "Ki kote mwen ka jwenn yon doktè",
        "Nou bezwen dlo ak manje tanpri " * 2,
        "Nous avons besoin d'eau pour les enfants",
    ]
    found = figures(Messages((), tuple(Message(at, "test", "direct", "", text, ()) for at, text in enumerate(said))))
    assert (found.kreyol_messages, found.kreyol_60) == (2, 1)
    assert found.macro_40 >= 0.94
    assert found.wrong_40 <= 0.01
    assert found.mixed >= 0.95
    assert len(found.by_language) == 28


# Plain Python for what the compiled functions do.

SCRIPTS = st.text(st.sampled_from("aàạeèńn tokIİ ǅﬁ12Ａ𝐇ñ漢한\u0301\u200b\u200dаеНأهला@:/.\u202e"), max_size=40)


def letters_of(text: str) -> str:
    """The characters that a plain text came from, each once, in lower case; digits part words."""
    made = plain(text)
    words, before = "", -1
    for folded, at in zip(made.text, made.positions, strict=True):
        lower = text[at].lower()
        kept = (
            text[at] <= "\uffff"
            and unicodedata.category(text[at])[0] in "LM"
            and len(lower) == 1
            and unicodedata.normalize("NFKC", lower) == lower
            and not ("\u0370" <= lower < "\u0530" and folded < "\x80")
        )
        if folded == " " or (text[at] <= "\uffff" and unicodedata.category(text[at])[0] == "N"):
            words += " "
        elif not kept:
            words += folded
        elif at != before:
            words += lower
        before = -1 if folded == " " else at
    return f" {' '.join(words.split())} " if words.split() else ""


@given(st.lists(SCRIPTS, max_size=5))
def test_the_letters_are_those_of_the_original(texts: list[str]) -> None:
    original = Texts.of(pl.Series(texts, dtype=pl.String))
    found = language.lettered(original, *made_plain(original)[:2])
    assert [found[row] for row in range(len(texts))] == [letters_of(text) for text in texts]


WORDS = st.lists(
    st.sampled_from(("nou", "bezwen", "avons", "d'eau", "please", "us", "ተራ", "مساعدة", "マン")), max_size=9
)


@given(st.lists(WORDS.map(" ".join), min_size=1, max_size=5))
def test_pieces_weigh_what_the_model_says_and_the_way_is_the_best(texts: list[str]) -> None:
    original = Texts.of(pl.Series(texts, dtype=pl.String))
    letters = language.lettered(original, *made_plain(original)[:2])
    model = language._model(HAITI)
    sums, ways, parts = language._read(letters, np.arange(len(texts)), model)
    for row in range(len(texts)):
        words = [weighed(word, model) for word in letters[row].split()]
        assert sums[row].tolist() == np.sum([*words, np.zeros(len(sums[row]))], axis=0).tolist()
        assert ways[row] == best_way([word[: model.own] for word in words])
        assert parts[row].sum() == sum(len(word.encode()) for word in letters[row].split())


def weighed(word: str, model: Any) -> Any:
    """What the longest known pieces that end at each byte of a word weigh, its spaces included."""
    keys = pieces()
    data = f" {word} ".encode()
    total = np.zeros(model.weights.shape[1])
    for end in range(2, len(data) + 1):
        for size in (5, 4, 3, 2):
            key = int.from_bytes(data[end - size : end], "big") | size << 40
            if size <= end and key in keys:
                total += model.weights[keys[key]]
                break
    return total


@cache
def pieces() -> dict[int, int]:
    """The row of each piece: its bytes as a number, and above them how many they are."""
    with np.load(Path(language.__file__).parent / "models" / "language.npz") as made:
        return {key: row for row, key in enumerate(made["keys"].tolist())}


def best_way(words: list[Any]) -> float:
    """Every way through the words, each change of language paid for."""
    change = round(language.CHANGE / language.STEP)
    so_far = dict.fromkeys(range(len(HAITI)), 0.0)
    for word in words:
        so_far = {
            now: max(weight - change * (before != now) for before, weight in so_far.items()) + word[now]
            for now in so_far
        }
    return max(so_far.values())


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
    assert made.columns == [
        *("id", "text", "language", "language_share", "second_language", "language_answers", "signature"),
        *("labels", "calibrated", "urgency", "places", "personal_data", "withholding", "risks"),
    ]
    assert made["language"].to_list() == ["ht", ""]
    assert [len(found) for found in made["places"].to_list()] == [1, 0]
    assert made["places"][0][0]["pcode"] == "HT0112"
    assert [len(found) for found in made["signature"].to_list()] == [256, 0]


@given(TEXTS.map(lambda texts: [t.encode(errors="ignore").decode() for t in texts]), st.integers(1, 5))
def test_an_answer_does_not_depend_on_the_batch(texts: list[str], size: int) -> None:
    whole = chain.analyse(batch(texts), KNOWN)
    cut = [chain.analyse(batch(texts)[start : start + size], KNOWN) for start in range(0, len(texts), size)]
    assert not texts or whole.equals(pl.concat(cut))
