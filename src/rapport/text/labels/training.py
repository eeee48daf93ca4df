"""How a model is learnt from messages that people have labelled. Takes a minute for thirty thousand messages.

People label in haste: of two messages that say the same, one bears a label and the other does not. So the weights are
learnt twice. The first ones, learnt from other messages, give a second opinion on each message and its translations
together; the second ones are learnt from the labels and that opinion (after Hinton and others, 2015, "Distilling the
Knowledge in a Neural Network", and Furlanello and others, 2018, "Born-Again Neural Networks").

Nothing that decides what a score means is fitted on texts the weights were learnt from: the messages are cut into five
parts, and what each part is scored by was learnt from the other four, opinions too. A message and its translation are
in one part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from rapport.text.columns import Array, Texts
from rapport.text.kernels import grams, heads
from rapport.text.kernels.grams import BUCKETS
from rapport.text.kernels.plain import made_plain
from rapport.text.labels import calibration
from rapport.text.labels.calibration import Calibration
from rapport.text.labels.model import ANY, SUM_COUNTS, Model
from rapport.text.labels.network import Network

PARTS = 5
#: Chosen on the validation messages: cost among .1, .2, .3, 1; power of the rarity among 0, .4, .7, 1.
COST, PASSES, RARITY = 0.2, 10, 0.7
#: How much the second opinion counts beside the label, and the cost with it. Chosen on the parts and the validation
#: messages together, among .5, .65, .8 and .3, .5.
OPINION, COST_WITH_OPINION = 0.8, 0.5
SEEN_IN = 3  # texts that a bucket must stand in to count
SEED = 20100112


@dataclass(frozen=True, slots=True)
class Examples:
    """Messages and what people said they speak of. `groups`: equal for a message and its translations.

    has, known: bool (texts, labels). What is not known of a text, because nobody was asked, is neither a yes nor a no:
    it moves no weight of that label and no line of its scores.
    """

    texts: tuple[str, ...]
    languages: tuple[str, ...]
    groups: Array
    has: Array
    known: Array
    labels: tuple[str, ...]


def train(examples: Examples, progress: Callable[[str], None] = lambda step: None) -> Model:
    """1 the grams · 2 second opinions · 3 scores of each part from the others · 4 the network, the same way · 5 what
    scores mean · 6 the weights of all texts together."""
    progress("grams")
    read = _Read.of(examples.texts)  # 1
    parts = parted(examples.groups)
    first = _first(read, examples, parts, progress)  # 2
    added = np.empty((len(examples.texts), len(examples.labels)), np.float32)
    for part in range(PARTS):  # 3
        progress(f"part {part + 1} of {PARTS}")
        rows, held = np.flatnonzero(parts != part), np.flatnonzero(parts == part)
        wanted = _wanted(examples, parts, first, frozenset({part}))
        weights, bias = read.learnt(rows, wanted, examples.known, COST_WITH_OPINION)
        added[held] = read.weighed(held, weights) + bias
    progress("which labels come together")
    scores = np.empty_like(added)
    for part in range(PARTS):  # 4
        held = parts == part
        network = Network.learnt(added[~held], examples.has[~held], examples.known[~held], SEED + part)
        scores[held] = network.answers(added[held])
    network = Network.learnt(added, examples.has, examples.known, SEED)
    scores += SUM_COUNTS * added
    progress("what scores mean")
    fitted = dict(_calibrations(examples, scores))  # 5
    progress("all together")
    wanted = _wanted(examples, parts, first, frozenset())
    weights, bias = read.learnt(np.arange(len(examples.texts)), wanted, examples.known, COST_WITH_OPINION)  # 6
    kept, steps = _kept(weights * read.values[:, None])
    return Model(
        labels=examples.labels, languages=tuple(fitted), weights=kept, steps=steps, bias=bias,
        network=network,
        slopes=np.stack([one.slopes for one in fitted.values()]),
        offsets=np.stack([one.offsets for one in fitted.values()]),
        cuts=np.stack([one.cuts for one in fitted.values()]),
    )  # fmt: skip


def _first(
    read: _Read, examples: Examples, parts: Array, progress: Callable[[str], None]
) -> Mapping[frozenset[int], Array]:
    """For each part, and for each two of them, the sums of their texts by weights learnt from the other parts' labels;
    float32 (texts, labels), zero for the other texts."""
    chosen = [frozenset(some) for size in (1, 2) for some in combinations(range(PARTS), size)]
    made = {}
    for number, some in enumerate(chosen, 1):
        progress(f"second opinions, {number} of {len(chosen)}")
        among = np.isin(parts, list(some))
        held = np.flatnonzero(among)
        weights, bias = read.learnt(np.flatnonzero(~among), examples.has.astype(np.float32), examples.known, COST)
        made[some] = np.zeros(examples.has.shape, np.float32)
        made[some][held] = read.weighed(held, weights) + bias
    return made


def _wanted(examples: Examples, parts: Array, first: Mapping[frozenset[int], Array], without: frozenset[int]) -> Array:
    """How far each text counts as one that bears each label, float32 (texts, labels): by its label, and by the opinion
    on its group of weights learnt from other parts. Nothing in it comes from the parts `without`; for their own texts
    it says nothing."""
    added = np.zeros(examples.has.shape, np.float32)
    for part in set(range(PARTS)) - without:
        held = parts == part
        added[held] = first[without | {part}][held]
    rows = ~np.isin(parts, list(without))
    fitted = calibration.fitted(added[rows], examples.has[rows], examples.known[rows])
    _, where, count = np.unique(examples.groups, return_inverse=True, return_counts=True)
    odds = np.zeros((len(count), len(examples.labels)))
    np.add.at(odds, where, added * fitted.slopes + fitted.offsets)
    opinion = (1 / (1 + np.exp(-odds / count[:, None])))[where]
    mixed = (1 - OPINION) * examples.has + OPINION * opinion
    made: Array = np.where(np.isnan(fitted.cuts), examples.has, mixed).astype(np.float32)
    return made


def _calibrations(examples: Examples, scores: Array) -> Iterator[tuple[str, Calibration]]:
    """For all texts together, and for each language that there are enough texts of."""
    languages = np.array(examples.languages)
    yield ANY, calibration.fitted(scores, examples.has, examples.known)
    for language in sorted({*examples.languages} - {""}):
        own = languages == language
        if own.sum() >= calibration.ENOUGH_TEXTS:
            yield language, calibration.fitted(scores[own], examples.has[own], examples.known[own])


def parted(groups: Array) -> Array:
    """The part that each text is in; texts of one group are in one."""
    known, where = np.unique(groups, return_inverse=True)
    drawn: Array = np.random.default_rng(SEED).integers(0, PARTS, len(known))[where]
    return drawn


def _kept(weights: Array) -> tuple[Array, Array]:
    """The weights as int8, and what one step of each label is worth. None is cut: the few heaviest belong to the words
    that say most, and cutting 13 of 131,072 costs more than finer steps give."""
    steps = np.maximum(np.abs(weights).max(axis=0) / 127, 1e-9).astype(np.float32)
    return np.clip(np.round(weights / steps), -127, 127).astype(np.int8), steps


@dataclass(frozen=True, slots=True)
class _Read:
    """The buckets of all texts' grams, and what each bucket counts: the rarer the more."""

    buckets: Array
    begins: Array
    ends: Array
    values: Array
    lengths: Array

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Read:
        plain = made_plain(Texts.of(pl.Series(texts, dtype=pl.String)))[0]
        buckets = np.empty(4 * len(plain.data) + len(plain), np.int32)
        ends = np.empty(len(plain), np.int64)
        buckets = buckets[: grams.gathered(plain.data, plain.starts, buckets, ends)].copy()
        begins = np.concatenate([[0], ends[:-1]])
        found = np.zeros(BUCKETS, np.int64)
        heads.text_frequencies(buckets, ends, found)
        values = ((np.log(len(texts) / (1.0 + found)) + 1).clip(0.05) ** RARITY).astype(np.float32)
        values[found < SEEN_IN] = 0
        values /= max(np.sqrt((values[buckets].astype(np.float64) ** 2).mean()), 1e-9) if len(buckets) else 1
        lengths = np.empty(len(texts), np.float64)
        heads.squared_lengths(buckets, begins, ends, values, lengths)
        return cls(buckets, begins, ends, values, lengths)

    def learnt(self, rows: Array, wanted: Array, known: Array, cost: float) -> tuple[Array, Array]:
        """Weights (BUCKETS, labels) and bias, from these texts, how far each bears each label, and where that is
        known."""
        labels = wanted.shape[1]
        weights, bias = np.zeros((BUCKETS, labels), np.float32), np.zeros(labels, np.float32)
        duals = np.zeros((2, *wanted.shape))
        generator = np.random.default_rng(SEED)
        for _ in range(PASSES):
            heads.descend(
                self.buckets, self.begins, self.ends, self.values, wanted, known, generator.permutation(rows), cost,
                duals, self.lengths, weights, bias,
            )  # fmt: skip
        return weights, bias

    def weighed(self, rows: Array, weights: Array) -> Array:
        out = np.zeros((len(rows), weights.shape[1]), np.float32)
        heads.weighed(self.buckets, self.begins[rows], self.ends[rows], self.values, weights, out)
        return out
