"""What a text holds of persons is found where it stands, in every disguise; what only looks like it comes through."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.text.columns import Texts
from rapport.text.cues import PHRASES
from rapport.text.evaluation.messages import Message, Messages
from rapport.text.evaluation.personal import COUNTRIES, MORE, USUAL, figures, numbers, recall
from rapport.text.fold import fold
from rapport.text.kernels.look import Vocabulary, looked_at
from rapport.text.look import NUMBER, folded_phrases, look
from rapport.text.personal import (
    CONTACT,
    TIERS,
    at_risk,
    believed,
    has_contact_data,
    masked,
    risk_words,
    spans,
    spans_of,
)
from rapport.text.urgency import deciding_risk, of_risks

GUISES = {**USUAL, **MORE}
FOLDED = folded_phrases(PHRASES)


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in spans_of(text)]


def texts(*those: str) -> Texts:
    return Texts.of(pl.Series(those, dtype=pl.String))


# --- numbers to call -------------------------------------------------------------------------------------------------

AROUND = st.sampled_from(["", "😀 ", "é e\u0301 ", "नमस्ते ", "\u200b", "Nou bezwen dlo, ", "اتصل ", "👨‍👩‍👧 ", "a\n"])
DIGITS = st.text("123456789", min_size=9, max_size=9)


@given(st.sampled_from(sorted(GUISES)), st.sampled_from(sorted(COUNTRIES)), DIGITS, AROUND)
def test_a_number_with_its_country_is_found_where_it_stands_in_every_disguise(
    guise: str, country: str, digits: str, before: str
) -> None:
    code, _, form = COUNTRIES[country]
    drawn = iter(digits * 2)
    written = GUISES[guise](f"+{code} " + re.sub("#", lambda _: next(drawn), form))
    text = f"{before}{written}, mèsi"
    (span,) = [one for one in spans_of(text) if one.kind in {"phone", "id"}]
    assert text[span.start : span.end] == written
    assert not any(map(str.isdigit, masked(text, [span])))


@pytest.mark.parametrize("guise", sorted(GUISES))
def test_of_each_disguise_few_are_missed(guise: str) -> None:
    assert recall(2, {guise: GUISES[guise]})[guise] >= 0.85


def test_the_usual_forms_of_twelve_countries_are_180_and_nearly_all_found() -> None:
    assert len(list(numbers(1, USUAL))) == 180
    shares = recall(1, USUAL).values()
    assert sum(shares) / len(shares) >= 0.95


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("tel (509) 3755-0123", "(509) 3755-0123"),
        ("+44 (0)20 7946 0123", "+44 (0)20 7946 0123"),
        ("(+509) 3755 0123", "(+509) 3755 0123"),
        ("tel3755.0123ok", "3755.0123"),
        ("rele 37550123 m bezwen dlo", "37550123"),
        ("wa.me: https://wa.me/50937550123", "https://wa.me/50937550123"),
        ("on 12/01/2010 37550123", "37550123"),
        ("I 37550123", "37550123"),
        ("37550123 on 12/01/2010", "37550123"),
        ("3755/0123", "3755/0123"),
        ("06-24-09-08-15", "06-24-09-08-15"),
        ("zéro six, trente-sept, zéro un, vingt", "zéro six, trente-sept, zéro un, vingt"),
        ("zewo trannsis karannkat senk sis", "zewo trannsis karannkat senk sis"),
        ("3\u03365\u03365\u03360\u03361\u03362\u03363\u0336", "3\u03365\u03365\u03360\u03361\u03362\u03363\u0336"),
    ],
)  # fmt: skip
def test_a_number_is_marked_whole(text: str, number: str) -> None:
    assert found(text) == [("phone", number)]


@pytest.mark.parametrize(
    "text",
    [
        "in 2009/2010 and 2010-2011",
        "a quake of 7.0 on January 12, 2010 at 16:53:10",
        "between 1,000 - 1,200 people and 3,000-4,000 houses",
        "12 000 000 gourdes",
        "1.234.567 people",
        "1 234 567 moun",
        "US$ 7000000",
        "20000000 HTG",
        "send it to 4636",
        "18.5392, -72.3364",
        "11/11/2013 14:58 GMT",
        "20100112 and 201001121653",
        "555 - 3761 mm of rain",
        "https://example.org/news/2013/10/28/11223344",
        "10.0.200.150",
        "1 2 3 4 5 6 7 8 9",
        "one two three four five six seven",
        "two hundred and fifty seven thousand three hundred",
        "Delmas 33, rue 12 #5, 4 people",
        "P-code HT0112",
        "years 2004 2005 2006 2007",
    ],
)
def test_other_numbers_are_no_phone_numbers(text: str) -> None:
    assert not [kind for kind, _ in found(text) if kind == "phone"]


def test_the_figures_read_the_news_of_one_split() -> None:
    messages = Messages((), (
        Message(1, "validation", "news", "call 37550123", "", ()),
        Message(2, "validation", "news", "in 2010", "", ()),
        Message(3, "train", "news", "call 37550123", "", ()),
        Message(4, "validation", "direct", "rele 37550123", "", ()),
    ))  # fmt: skip
    shown = figures(messages, "validation")
    assert shown["phones_false_per_1000"] == 500
    assert shown["phones_recall"] >= 0.95
    assert shown["disguises_recall"] >= 0.95


# --- the other kinds -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to some.one+x@example.org.", [("email", "some.one+x@example.org")]),
        ("some @ example.org", [("email", "some @ example.org")]),
        ("some＠example．org", [("email", "some＠example．org")]),
        ("someone (at) example (dot) org", [("email", "someone (at) example (dot) org")]),
        ("so\u200bme@exam\u200bple.org", [("email", "so\u200bme@exam\u200bple.org")]),
        ("RT @user_123: help", [("account", "@user_123")]),
        ("@Rėnė 😀 @أحمد", [("account", "@Rėnė"), ("account", "@أحمد")]),
        ("see https://www.facebook.com/some.body", [("account", "https://www.facebook.com/some.body")]),
        ("meet at 5 @ the church", []),
        ("passport AB 1234567", [("id", "AB 1234567")]),
        ("NIF: 000-123-456-7", [("id", "000-123-456-7")]),
        ("cedula 1-234-56789", [("id", "1-234-56789")]),
        ("12345-1234567-1", [("id", "12345-1234567-1")]),
        ("4111 1111 1111 1111", [("id", "4111 1111 1111 1111")]),
        ("FR76 3000 6000 0112 3456 7890 189", [("id", "FR76 3000 6000 0112 3456 7890 189")]),
        ("at 18.5392, -72.3364 now", [("coordinates", "18.5392, -72.3364")]),
        ("18.539167N 72.335W", [("coordinates", "18.539167N 72.335W")]),
        ("N 55 50.192 W 55 57.579", [("coordinates", "N 55 50.192 W 55 57.579")]),
        ("18°32'21.3\"N 72°20'06.0\"W", [("coordinates", "18°32'21.3\"N 72°20'06.0\"W")]),
        ("77F8GH9J+2V", [("coordinates", "77F8GH9J+2V")]),
        ("about 18.5, -72.3", []),
        ("3.512-5.144 kVA", []),
        ("magnitudes 6.812 and 5.5", []),
    ],
)
def test_each_kind_is_found_where_it_stands(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hello, my name is Pol Egzanp and I need water", "Pol Egzanp"),
        ("mwen rele selin egzanp m bezwen dlo", "selin egzanp"),
        ("Je m’appelle Nadej Modele, j’habite ici", "Nadej Modele"),
        ("me llamo Pol Ejemplo", "Pol Ejemplo"),
        ("اسمي مثال نموذج", "مثال نموذج"),
        ("jina langu ni Mfano Mtu", "Mfano Mtu"),
        ("मेरा नाम उदाहरण", "उदाहरण"),
        ("MY NAME IS: EMIL EXEMPLE.", "EMIL EXEMPLE"),
    ],
)
def test_a_name_is_found_behind_the_phrase_that_introduces_it(text: str, name: str) -> None:
    assert found(text) == [("name", name)]


@pytest.mark.parametrize("text", ["mwen rele nou pou dlo", "his name is not known", "my name is", "rele mwen"])
def test_what_follows_such_a_phrase_may_be_no_name(text: str) -> None:
    assert not found(text)


def test_masking_says_what_was_there() -> None:
    text = "my name is Pol Egzanp, call 37550123 or pol@example.org"
    assert masked(text, spans_of(text)) == "my name is [name], call [phone] or [email]"


# --- any text --------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from([
    "+", "(", ")", " ", "-", ".", ",", "/", "5", "12", "2010", "37550123", "O", "l", "I", "٣", "𝟑", "\u200b", "\u0336",
    "@", "ab", "é", "नि", "😀", "one", " five ", "my name is ", "Bob", "tel", "passport ", "(at)", "dot com", "www.",
    "http://", "18.5392", "°", "'", "+2V", "77F8GH9J", "\n", "FR76", "$",
])  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=60))


@given(st.lists(TEXTS, max_size=6))
def test_a_batch_says_of_each_text_what_it_says_alone(many: list[str]) -> None:
    batch = spans(texts(*many))
    assert [tuple(row) for row in batch.by_row()] == [spans_of(text) for text in many]
    assert batch.column().to_list() == [
        [{"kind": one.kind, "start": one.start, "end": one.end, "reason": one.reason} for one in row]
        for row in batch.by_row()
    ]


@given(TEXTS)
def test_spans_lie_within_the_text_in_order_and_apart(text: str) -> None:
    at = 0
    for span in spans_of(text):
        assert at <= span.start < span.end <= len(text)
        at = span.end


@given(TEXTS)
def test_contact_data_is_what_spans_say(text: str) -> None:
    assert has_contact_data(text) == any(span.kind in CONTACT for span in spans_of(text))


def _rows(text: str) -> list[tuple[int, int]]:
    """Rows of seven digits and more in a text of ASCII digits, separators and stops, by an expression."""
    rows = re.finditer(r"\d(?:[ .\-()\u200b]*\d)*", text)
    shown: list[tuple[int, int]] = []
    for row in rows:
        start = row.start()
        for piece in re.split(r"((?:\u200b*[ .\-()]){4,}\u200b*)", row.group()):
            if sum(map(str.isdigit, piece)) >= 7:
                end = start + len(piece.rstrip("\u200b .-()"))
                shown.append((start + len(piece) - len(piece.lstrip("\u200b .-()")), end))
            start += len(piece)
    return shown


@given(st.text("0123456789 .-()\u200b,:x\n", max_size=60))
def test_the_look_finds_the_rows_of_digits_that_an_expression_finds(text: str) -> None:
    _, places = look(text, {})
    assert [(start, end) for start, end, what in places if what == NUMBER] == _rows(text)


WORDS = st.sampled_from(
    ["my", "name", "is", "Under", "the", "RUBBLE", "trappéd", "m’", "anba", "dekonb", "xyz", "اسمي"]
)


@given(st.lists(WORDS, max_size=8).map(" ".join))
def test_the_look_finds_the_phrases_that_a_search_finds(text: str) -> None:
    marks, _ = look(text, FOLDED)
    padded = f" {fold(text)} "
    expected = np.bitwise_or.reduce([np.uint64(mark) for said, mark in PHRASES.items() if f" {said} " in padded] or [0])
    assert marks == int(expected)


@given(st.lists(TEXTS, max_size=6))
def test_the_compiled_look_sees_the_same(many: list[str]) -> None:
    marks, places = looked_at(texts(*many), Vocabulary(FOLDED))
    alone = [look(text, FOLDED) for text in many]
    assert marks.tolist() == [mark for mark, _ in alone]
    assert [tuple(place) for place in places.tolist()] == [
        (row, *place) for row, (_, found) in enumerate(alone) for place in found
    ]


@pytest.mark.parametrize(
    "piece", ["1 ", "a@", "@a", "37550123,", "my name is ", "five ", "12°34'56\" ", "1.2345,", "(at)a.b ", "t.me/", "+"]
)
def test_a_hundred_thousand_times_the_same_comes_to_an_end(piece: str) -> None:
    text = piece * 100_000
    assert masked(text, spans_of(text)) is not None


# --- persons at risk -------------------------------------------------------------------------------------------------


def tier(text: str, **labels: bool) -> str:
    risks = at_risk(spans(texts(text)), {name: np.array([borne]) for name, borne in labels.items()})
    return TIERS[int(risks.tier[0])]


@pytest.mark.parametrize(
    "text",
    [
        "We have people trapped under the rubble, please help",
        "Gen yon moun vivan anba dekonb nan Delmas 33",
        "ma sœur est coincée sous les décombres",
        "hay una mujer atrapada, calle 5",
        "she was raped last night",
        "they want to kill me",
        "my wife is pregnant and bleeding, rue Exemple 12",
        "the children are alone, their parents died, help us",
        "Girl raped in the camp at Champ de Mars, she needs a doctor",
        "Hay personas atrapadas bajo los escombros en Puerto Príncipe",
        "Une fille a été violée dans le camp de Delmas 33",
        "Una niña fue violada en el campamento de Delmas",
        "People trapped under Hotel Montana, can hear voices",
        "No, people trapped at Delmas",
        "Nou pa ka sòti anba dekonb",
        "We cannot get out, trapped in Delmas",
        "No food, no water; trapped",
        "No one is trapped in Delmas. Three people trapped in Carrefour",
    ],
)
def test_a_message_about_a_person_at_risk_is_kept_back(text: str) -> None:
    assert tier(text) == "withhold"


@pytest.mark.parametrize(
    "text",
    [
        "No one is trapped at Delmas 75, everyone is out",
        "There are no people trapped here",
        "We are not trapped under the rubble",
        "They weren’t kidnapped",
        "personne n’est coincé sous les décombres",
        "nadie está atrapado",
        "No hay personas atrapadas bajo los escombros",
        "pa gen moun bloke anba dekonb",
        "Pa gen moun ki kwense",
        "nobody was raped",
    ],
)
def test_a_risk_that_is_denied_is_none(text: str) -> None:
    found = spans(texts(text))
    assert at_risk(found).columns()[1].to_list() == [[]]
    assert tier(text) == ""
    assert of_risks(found.marks).tolist() == [0]
    if "trapped" in text:
        borne = np.ones((1, 2), bool)
        assert believed(found, ("search_and_rescue", "request"), borne).tolist() == [[False, True]]


@pytest.mark.parametrize(
    ("text", "level", "risk", "where"),
    [
        ("People trapped under Hotel Montana", 3, "somebody is trapped", ["trapped"]),
        ("Una niña fue violada en Delmas", 2, "sexual violence", ["violada"]),
        ("he was kidnapped", 2, "an assault or a kidnapping", ["kidnapped"]),
        ("they want to kill me", 2, "somebody is threatened", ["want to kill"]),
        ("we need water", 0, "", []),
    ],
)
def test_words_for_a_risk_make_a_message_urgent(text: str, level: int, risk: str, where: list[str]) -> None:
    found = spans(texts(text))
    assert of_risks(found.marks).tolist() == [level]
    (told,) = at_risk(found).columns()[1].to_list()
    assert deciding_risk(level, told) == risk
    assert [text[start:end] for start, end in risk_words(text, risk)] == where


def test_other_messages_are_masked_or_left() -> None:
    assert tier("we need water in Delmas 33") == ""
    assert tier("call 37550123 for water") == "mask"
    assert tier("Hundreds were injured, the ministry said") == "mask"
    assert tier("grangou ap touye nou") == ""  # hunger kills


def test_a_label_counts_like_words() -> None:
    text = "please come quickly, we are at rue Exemple 12"
    assert tier(text) == ""
    assert tier(text, search_and_rescue=False) == ""
    assert tier(text, search_and_rescue=True) == "withhold"


def test_every_phrase_of_the_vocabulary_is_written_as_texts_are_folded() -> None:
    for said in PHRASES:
        assert said == said.casefold(), said
        assert not any(unicodedata.combining(letter) for letter in said if letter < "\u0900"), said
