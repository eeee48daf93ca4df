"""What messages speak of: the pieces that are weighed, what a score means, and when there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import RapportError
from rapport.text import chain
from rapport.text.columns import Texts
from rapport.text.evaluation import scores
from rapport.text.evaluation.messages import messages
from rapport.text.kernels import grams as kernel
from rapport.text.kernels.plain import made_plain
from rapport.text.kernels.repeats import repeating
from rapport.text.knowledge import Knowledge
from rapport.text.labels import calibration, model, training
from rapport.text.labels.grams import grams
from rapport.text.places import Gazetteer
from rapport.text.urgency import LEVELS, deciding, urgencies

SHIPPED = model.loaded(model.SHIPPED)


def plain(*texts: str) -> Texts:
    return made_plain(Texts.of(pl.Series(texts, dtype=pl.String)))[0]


def said(*texts: str, language: str = "en") -> model.Judged:
    return model.judged(SHIPPED, plain(*texts), [language] * len(texts))


def names(judged: model.Judged, row: int = 0) -> set[str]:
    return {label for label, given in zip(SHIPPED.labels, judged.given[row], strict=True) if given}


@given(st.lists(st.text(st.sampled_from("ab é ሰ😀'"), max_size=30), max_size=6))
def test_the_compiled_pieces_are_those_of_the_plain_reading(texts: list[str]) -> None:
    made = plain(*texts)
    out, ends = np.empty(4 * len(made.data) + len(made) + 1, np.int32), np.empty(len(made), np.int64)
    kernel.gathered(made.data, made.starts, out, ends)
    begins = [0, *ends.tolist()]
    for row in range(len(made)):
        assert [gram.bucket for gram in grams(made[row])] == out[begins[row] : begins[row + 1]].tolist()


@pytest.mark.parametrize("text", ["z" * 950 + " b", "é" * 12_000, "a " * 15_000, "ሰላም " * 9_000])
def test_of_a_very_long_text_or_word_both_readings_take_the_same_part(text: str) -> None:
    made = plain(text)
    out, ends = np.empty(4 * len(made.data) + 1, np.int32), np.empty(1, np.int64)
    kernel.gathered(made.data, made.starts, out, ends)
    assert [gram.bucket for gram in grams(made[0])] == out[: ends[0]].tolist()


def test_every_piece_stands_where_it_says() -> None:
    text = plain("Nou bezwen dlo, kay la kraze")[0]
    assert all(0 <= gram.start < gram.end <= len(text) for gram in grams(text))
    assert "dlo" in {text[gram.start : gram.end] for gram in grams(text)}


def test_a_message_is_given_what_it_speaks_of() -> None:
    found = said("We need water and food, please help us", "Nou bezwen dlo ak manje tanpri ede nou")
    assert {"water", "food", "request"} <= names(found, 0)
    kreyol = said("Nou bezwen dlo ak manje tanpri ede nou", language="ht")
    assert {"water", "food", "request"} <= names(kreyol)


def test_a_language_in_which_nobody_labelled_messages_gets_no_label_and_no_score() -> None:
    found = said("Tunahitaji maji na chakula", language="sw")
    assert not found.given.any()
    assert np.isnan(found.probabilities).all()
    assert found.calibrations.tolist() == [-1]


def test_an_unsure_language_is_judged_by_all_of_them_together() -> None:
    assert SHIPPED.languages[said("water", language="").calibrations[0]] == model.ANY


def test_a_label_that_was_never_learnt_is_never_given() -> None:
    at = SHIPPED.labels.index("offer")
    assert np.isnan(SHIPPED.cuts[:, at]).all()


def test_equal_words_get_equal_answers_whatever_stands_beside_them() -> None:
    alone, among = said("Send tents to Leogane"), said("x", "Send tents to Leogane", "y y", "SEND tents to Leogane!")
    for row in (1, 3):
        np.testing.assert_array_equal(alone.probabilities[0], among.probabilities[row])


def test_the_same_words_in_two_languages_are_judged_by_each() -> None:
    made = plain("manje", "manje")
    one, other = model.judged(SHIPPED, made, ["fr", "ht"]).probabilities
    assert not np.array_equal(one, other, equal_nan=True)


@pytest.mark.parametrize("text", ["", "😀😀😀", "\u202e\u200b", "0" * 1_000_000, "\ufffd" * 50])
def test_whatever_comes_gets_an_answer(text: str) -> None:
    assert said(text).probabilities.shape == (1, len(SHIPPED.labels))


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_a_cut_is_the_best_there_is(size: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    has, probabilities = generator.random(size) < 0.4, generator.random(size).round(1)
    cut = calibration.best_cut(probabilities, has)
    best = scores.f1(has[:, None], (probabilities >= cut)[:, None])[0]
    candidates = np.unique(np.quantile(probabilities, np.linspace(0.3, 0.999, 150)))
    assert best == pytest.approx(max(scores.f1(has[:, None], (probabilities >= one)[:, None])[0] for one in candidates))


def test_a_score_that_means_something_is_found_out() -> None:
    generator = np.random.default_rng(1)
    found = generator.normal(size=(20_000, 1)).astype(np.float32) * 4 - 3
    has = generator.random((20_000, 1)) < 1 / (1 + np.exp(-(1.7 * found - 0.5)))
    fitted = calibration.fitted(found, has, np.ones_like(has))
    assert fitted.slopes[0] == pytest.approx(1.7, rel=0.1)
    assert fitted.offsets[0] == pytest.approx(-0.5, abs=0.15)


def test_scores_without_meaning_have_the_share_as_their_probability() -> None:
    has = np.zeros((1000, 1), bool)
    has[:100] = True
    fitted = calibration.fitted(np.zeros((1000, 1), np.float32), has, np.ones_like(has))
    assert 1 / (1 + np.exp(-fitted.offsets[0])) == pytest.approx(0.1, abs=0.01)


def test_the_compiled_network_answers_as_the_matrices_do() -> None:
    net = SHIPPED.network
    added = np.random.default_rng(1).normal(size=(50, len(SHIPPED.labels))).astype(np.float32)
    units = np.maximum(((added - net.middle) / net.spread) @ net.into + net.into_bias, 0)
    np.testing.assert_allclose(net.answers(added), units @ net.out + net.out_bias, rtol=1e-3, atol=1e-3)


def test_the_pull_of_a_sum_is_what_the_score_moves_by() -> None:
    added = model.sums(SHIPPED, plain("We need water and food"))
    water = SHIPPED.labels.index("water")
    pulls = model.pulls(SHIPPED, added[0], water)
    moved = added.copy()
    moved[0, water] += 1e-3
    change = (model.scores(SHIPPED, moved) - model.scores(SHIPPED, added))[0, water]
    assert pulls[water] == pytest.approx(change / 1e-3, rel=0.05)


def _small(count: int) -> training.Examples:
    chosen = messages().of("train")[:count]
    has = messages().has(chosen)
    return training.Examples(
        tuple(one.message for one in chosen), ("en",) * len(chosen), np.array([one.id for one in chosen]),
        has, np.ones_like(has), messages().labels,
    )  # fmt: skip


def test_learning_twice_gives_the_same_file_and_a_file_gives_the_same_answers(tmp_path: Path) -> None:
    examples = _small(300)
    once, again = training.train(examples), training.train(examples)
    path = tmp_path / "small.npz"
    path.write_bytes(model.written(once))
    assert model.written(again) == path.read_bytes()
    read = model.loaded(path)
    assert read.id.startswith("small ")
    texts = plain("We need water", "Nou grangou")
    np.testing.assert_array_equal(
        model.judged(read, texts, ["en", ""]).probabilities, model.judged(once, texts, ["en", ""]).probabilities
    )


def test_a_message_and_its_translation_are_never_on_both_sides_of_a_part() -> None:
    groups = np.array([1, 2, 3, 1, 2, 3])
    parts = training.parted(groups)
    assert parts[:3].tolist() == parts[3:].tolist()


def test_what_a_message_is_measured_by_knows_nothing_of_its_own_label() -> None:
    """The second opinions that weights are learnt from, for one part: the same whatever that part's labels say."""
    examples = _small(1500)
    parts = training.parted(examples.groups)
    own, others = parts == 0, parts != 0
    turned = replace(examples, has=np.where(own[:, None], ~examples.has, examples.has))
    made = []
    for one in (examples, turned):
        first = training._first(training._Read.of(one.texts), one, parts, lambda step: None)
        made.append(training._wanted(one, parts, first, frozenset({0}))[others])
    np.testing.assert_array_equal(*made)
    assert 0 <= made[0].min() <= made[0].max() <= 1


@given(st.lists(st.sampled_from(["dlo", "a", "wo water", "é"]), min_size=1, max_size=9).map(" ".join))
def test_a_texts_sums_are_those_of_its_pieces(text: str) -> None:
    made = plain(text)
    found = list(grams(made[0]))
    added = SHIPPED.weights[[gram.bucket for gram in found]].astype(np.int64).sum(axis=0)
    expected = added * SHIPPED.steps / np.sqrt(len(found)) + SHIPPED.bias
    np.testing.assert_allclose(model.sums(SHIPPED, made)[0], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x03\x04 and on"])
def test_what_is_no_model_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.npz"
    path.write_bytes(content)
    with pytest.raises(RapportError, match="rapport text train"):
        model.loaded(path)


@pytest.mark.parametrize(
    "text", ["tanpri " * 20, "rue " * 20, "hello " * 166, "1" * 1_000_000, "1 " * 1_000, "ha" * 900]
)
def test_a_word_said_over_and_over_is_no_reason(text: str) -> None:
    judged = said(text)
    assert judged.calibrations.tolist() == [-1]
    assert not judged.given.any()


def test_who_says_a_thing_twice_is_heard() -> None:
    judged = said("We need water in Delmas. " * 600, "please please please please please send us water", "help " * 7)
    assert (judged.calibrations >= 0).all()
    assert "water" in names(judged, 0) & names(judged, 1)


REPEATED = st.lists(st.sampled_from(["dlo", "a"]), max_size=30)


@given(st.lists(st.lists(st.sampled_from(["dlo", "é", "rue"]), max_size=40) | REPEATED, max_size=5))
def test_a_text_repeats_itself_where_it_says_a_word_or_two_over_and_over(many: list[list[str]]) -> None:
    made = Texts.of(pl.Series([" ".join(words) for words in many], dtype=pl.String))
    expected = [len(words) >= 8 and len(set(words)) < min(len(words) / 5, 3) for words in many]
    assert repeating(made.data, made.starts).tolist() == expected


def test_urgency_follows_what_is_asked_for() -> None:
    labels = ("request", "water", "search_and_rescue", "weather_related")
    given = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]], bool)
    assert urgencies(labels, given).tolist() == [2, 3, 0, 1, 0]


@given(st.lists(st.sampled_from(SHIPPED.labels), unique=True))
def test_what_decided_an_urgency_is_among_the_labels_of_that_level_and_the_surest_of_them(labels: list[str]) -> None:
    (level,) = urgencies(SHIPPED.labels, np.array([[label in labels for label in SHIPPED.labels]])).tolist()
    spoken = [{"label": label, "score": 1 - at / 100} for at, label in enumerate(labels)]
    if level:
        first, *asks = deciding(level, spoken)
        assert first == next(one for one in spoken if one["label"] in LEVELS[level])
        assert bool(asks) == (level > 1)
    assert all(deciding(above, spoken) == () for above in range(level + 1, 4))


def test_average_precision_and_calibration_error_are_those_of_the_book() -> None:
    has = np.array([1, 0, 1, 0], bool)
    assert scores.average_precision(has, np.array([0.9, 0.8, 0.7, 0.1])) == pytest.approx((1 + 2 / 3) / 2)
    assert scores.average_precision(has, np.full(4, 0.5)) == pytest.approx(0.5)
    assert scores.calibration_error(has, np.full(4, 0.5)) == pytest.approx(0)
    assert scores.calibration_error(has, np.full(4, 0.75)) == pytest.approx(0.25)


def test_a_language_that_the_operation_does_not_expect_is_no_unsure_one() -> None:
    batch = pl.DataFrame({"id": [1], "text": ["Tunahitaji maji safi na chakula kwa watoto wetu"]})
    made = chain.analyse(batch, Knowledge(("ht", "fr", "en"), Gazetteer([])))
    assert made["language"].to_list() == [""]
    assert made["language_answers"].to_list() == [["sw"]]
    assert made["calibrated"].to_list() == [""]
    assert made["labels"].to_list() == [[]]
    assert made["urgency"].to_list() == [None]
