"""Which labels come together: one hidden layer that reads a text's sums of all labels, learnt by Adam (Kingma and Ba,
2015).

What is kept is the mean of the weights over the second half of the learning, which forgets less of one batch for
another. Two are learnt, each from another beginning, and put side by side: what one happens to get wrong, the mean of
both does less often.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rapport.text.columns import Array
from rapport.text.kernels import network as kernel

#: Chosen on the validation messages: units among 64, 128, 256, 512; decay among .01, .03, .1.
UNITS, DECAY, PASSES = 128, 0.1, 20
_SIDE_BY_SIDE = 2
_BATCH, _PACE = 128, 2e-3
_FORGETS = (0.9, 0.999)


@dataclass(frozen=True, slots=True)
class Network:
    """Shapes: middle and spread (labels), into (labels, units), out (units, labels); float32. `units`: of both."""

    middle: Array
    spread: Array
    into: Array
    into_bias: Array
    out: Array
    out_bias: Array

    def answers(self, added: Array) -> Array:
        made = np.empty(added.shape, np.float32)
        kernel.answers(added, self.middle, self.spread, self.into, self.into_bias, self.out, self.out_bias, made)
        return made

    def pulls(self, added: Array, label: int) -> Array:
        """How much the answer for one label moves with each sum of one text, float32 (labels)."""
        units = ((added - self.middle) / self.spread) @ self.into + self.into_bias
        made: Array = (self.into * (self.out[:, label] * (units > 0))).sum(axis=1) / self.spread
        return made

    @classmethod
    def learnt(cls, added: Array, has: Array, known: Array, seed: int) -> Network:
        """From the sums of texts (texts, labels), what they speak of, and where that is known, bool."""
        middle, spread = added.mean(axis=0), added.std(axis=0) + np.float32(1e-6)
        read, wanted = ((added - middle) / spread).astype(np.float32), has.astype(np.float32)
        counts = known.astype(np.float32)
        drawn = (np.random.default_rng((seed, one)) for one in range(_SIDE_BY_SIDE))
        into, into_bias, out, out_bias = zip(*(_learnt(read, wanted, counts, one) for one in drawn), strict=True)
        share = np.float32(1 / _SIDE_BY_SIDE)
        return cls(
            middle, spread, np.concatenate(into, axis=1), np.concatenate(into_bias),
            np.concatenate(out) * share, np.sum(out_bias, axis=0) * share,
        )  # fmt: skip


def _learnt(read: Array, wanted: Array, counts: Array, generator: np.random.Generator) -> list[Array]:
    """The weights of one network: into, into_bias, out, out_bias. `counts`: 1 where what is wanted is known, else 0."""
    labels, often = wanted.shape[1], wanted.sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
    width = np.sqrt(6 / (labels + UNITS))
    weights = [
        generator.uniform(-width, width, (labels, UNITS)).astype(np.float32),
        np.zeros(UNITS, np.float32),
        generator.uniform(-width, width, (UNITS, labels)).astype(np.float32),
        np.log((often + 1e-4) / (1 - often + 1e-4)),
    ]
    kept, steps = [np.zeros_like(one) for one in weights], 0
    adam = _Adam(weights)
    for turn in range(PASSES):
        order = generator.permutation(len(read))
        for begin in range(0, len(order), _BATCH):
            rows = order[begin : begin + _BATCH]
            adam.step(weights, _slopes(weights, read[rows], wanted[rows], counts[rows]))
            if turn >= PASSES // 2:
                steps += 1
                for mean, one in zip(kept, weights, strict=True):
                    mean += (one - mean) / np.float32(steps)
    return kept


def _slopes(weights: list[Array], read: Array, wanted: Array, counts: Array) -> list[Array]:
    """Of the mean cross-entropy of a batch where an answer counts, with the decay of the weights."""
    into, into_bias, out, out_bias = weights
    units = np.maximum(read @ into + into_bias, 0)
    missed = (1 / (1 + np.exp(-(units @ out + out_bias))) - wanted) * counts / np.float32(len(read))
    back = (missed @ out.T) * (units > 0)
    decay = np.float32(DECAY / len(read))
    return [read.T @ back + decay * into, back.sum(axis=0), units.T @ missed + decay * out, missed.sum(axis=0)]


class _Adam:
    def __init__(self, weights: list[Array]) -> None:
        self._first, self._second = ([np.zeros_like(one) for one in weights] for _ in range(2))
        self._steps = 0

    def step(self, weights: list[Array], slopes: list[Array]) -> None:
        self._steps += 1
        first, second = (np.float32(1 - forget**self._steps) for forget in _FORGETS)
        for one, slope, mean, square in zip(weights, slopes, self._first, self._second, strict=True):
            mean += np.float32(1 - _FORGETS[0]) * (slope - mean)
            square += np.float32(1 - _FORGETS[1]) * (slope * slope - square)
            one -= np.float32(_PACE) * (mean / first) / (np.sqrt(square / second) + np.float32(1e-8))
