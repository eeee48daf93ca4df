"""A text made plain: what hides words is undone, is told, and every character knows where it came from."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.text.columns import Texts
from rapport.text.fold import fold
from rapport.text.kernels.plain import made_plain
from rapport.text.plain import Undone, plain

U = Undone


@pytest.mark.parametrize(
    ("text", "read", "undone"),
    [
        ("Nou bezwen DLO, tanpri!", "nou bezwen dlo tanpri", U(0)),
        ("Water at https://t.co/aB1?x=é now", "water at now", U.LINK),
        ("WWW.example.org/a", "", U.LINK),
        ("awww.so sad", "awww so sad", U(0)),
        ("RT @user_123: no water", "no water", U.ACCOUNT),
        ("thanks @bob @Réné!", "thanks", U.ACCOUNT),
        ("write to anna@example.org", "write to anna example org", U(0)),
        ("art @home", "art", U.ACCOUNT),
        ("no wat\u200ber", "no wat er", U.INVISIBLE),
        ("bezwen\u200bdlo", "bezwen dlo", U.INVISIBLE),
        ("\u200b".join("bezwen dlo"), "bezwen dlo", U.INVISIBLE),
        ("کتاب\u200cها", "کتاب\u200cها", U(0)),
        ("h e l p us", "help us", U.SPELT_OUT),
        ("m a n manje", "m a n manje", U(0)),
        ("hаiti", "haiti", U.LOOKALIKE),  # the second letter is Cyrillic
        ("москва", "москва", U(0)),
        ("we are trapped under the scho…", "we are trapped under the", U.CUT),
        ("help…", "help", U(0)),
    ],
)
def test_what_hides_words_is_undone_and_told(text: str, read: str, undone: Undone) -> None:
    made = plain(text)
    assert (made.text, made.kinds) == (read, undone)


def test_what_was_undone_points_into_the_original() -> None:
    text = "RT @Red_Cross: hаiti see http://a.bc now"
    assert [(kind.name, text[begin:end]) for kind, begin, end in plain(text).undone] == [
        ("ACCOUNT", "RT @Red_Cross:"), ("LOOKALIKE", "hаiti"), ("LINK", "http://a.bc"),
    ]  # fmt: skip


PIECES = st.sampled_from([
    "http://a.b/c", "HTTPS://x", "www.x.y ", "@bob", ": ", "rt ", "RT", "\u200b", "\u00ad", "a", "b", " ", "…",
    "h e l p", "ра", "а", "é", "dlo", "Ａ", "ﷺ", "😀", "\u0301", "٣", "\u200d", "क", "\x01", "_", ".", "1", "\n",
    "ɡo", "ԁ",
])  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=40))


@given(st.lists(TEXTS, max_size=5))
def test_many_texts_are_made_plain_as_each_alone(texts: list[str]) -> None:
    made, positions, undone = made_plain(Texts.of(pl.Series(texts, dtype=pl.String)))
    for row, text in enumerate(texts):
        alone = plain(text)
        assert made[row] == alone.text
        assert undone[row] == alone.kinds
        of_bytes = [at for letter, at in zip(alone.text, alone.positions, strict=True) for _ in letter.encode()]
        assert positions[made.starts[row] : made.starts[row + 1]].tolist() == of_bytes


@given(st.text(st.characters(codec="ascii", exclude_characters="@:.", categories=["L", "N", "P", "Zs"])))
def test_where_nothing_hides_it_is_folding(text: str) -> None:
    made = plain(text)
    if not made.kinds:
        assert made.text == fold(text)


def test_a_megabyte_of_anything_is_read_in_bounded_time() -> None:
    """Each character is looked at a few times, whatever stands around it: no pattern goes back."""
    for text in (
        "@" * 1_000_000,
        "a " * 500_000,
        "\u200b" * 300_000,
        "http" * 250_000,
        "rt @a " * 160_000,
        "аa" * 330_000,
    ):
        made, _, _ = made_plain(Texts.of(pl.Series([text, "Nou bezwen dlo"])))
        assert made[1] == "nou bezwen dlo"
