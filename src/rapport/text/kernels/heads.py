"""How the weights of labels.training are found: a support vector machine for each label, all in one pass over the
texts.

Dual coordinate descent for the squared hinge loss (Hsieh and others, 2008, "A Dual Coordinate Descent Method for
Large-scale Linear SVM"): a text's bucket rows are read once and changed once for all labels, which is what makes it
fast.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rapport.text.kernels.compiled import compiled

Array = npt.NDArray[Any]
_LEAST_SHARE = 1e-3  # by which a text counts on one side; by less it does not


@compiled
def text_frequencies(buckets: Array, ends: Array, found: Array) -> None:
    """In how many texts each bucket stands, into `found` (BUCKETS; int64)."""
    last = np.full(len(found), -1, np.int64)
    begin = 0
    for row in range(len(ends)):
        for at in range(begin, ends[row]):
            if last[buckets[at]] != row:
                last[buckets[at]] = row
                found[buckets[at]] += 1
        begin = ends[row]


@compiled
def descend(
    buckets: Array, begins: Array, ends: Array, values: Array, wanted: Array, known: Array, order: Array, cost: float,
    duals: Array, lengths: Array, weights: Array, bias: Array,
) -> None:  # fmt: skip
    """One pass over the texts in `order`.

    buckets: int32, of all texts · begins, ends: int64, one a text · values: float32, what a bucket counts ·
    wanted: float32 (texts, labels), how far a text counts as one that bears the label, 0 to 1; by the rest it counts
    as one that does not · known: bool (texts, labels); what is not known of a text moves no weight of that label ·
    duals: float64 (2, texts, labels), zero before the first pass · lengths: float64 (texts), the squared length of each
    text's vector with 1 for the bias · weights: float32 (BUCKETS, labels) · bias: float32.
    """
    labels = wanted.shape[1]
    scores = np.empty(labels, np.float64)
    steps = np.empty(labels, np.float32)
    for row in order:
        scale = np.float32(1 / np.sqrt(max(ends[row] - begins[row], 1)))
        scores[:] = bias
        for at in range(begins[row], ends[row]):
            own = weights[buckets[at]]
            value = values[buckets[at]] * scale
            for label in range(labels):
                scores[label] += own[label] * value
        for label in range(labels):
            if not known[row, label]:
                steps[label] = 0
                continue
            moved = 0.0
            for against in range(2):
                share = 1 - wanted[row, label] if against else wanted[row, label]
                if share < _LEAST_SHARE:
                    continue
                side = -1.0 if against else 1.0
                softness = 1 / (2 * cost * share)
                before = duals[against, row, label]
                slope = side * (scores[label] + moved * lengths[row]) - 1 + softness * before
                dual = max(before - slope / (lengths[row] + softness), 0.0)
                moved += (dual - before) * side
                duals[against, row, label] = dual
            steps[label] = moved
            bias[label] += steps[label]
        for at in range(begins[row], ends[row]):
            own = weights[buckets[at]]
            value = values[buckets[at]] * scale
            for label in range(labels):
                own[label] += steps[label] * value


@compiled
def squared_lengths(buckets: Array, begins: Array, ends: Array, values: Array, lengths: Array) -> None:
    """The squared length of each text's vector, a gram that stands twice counted together, and 1 for the bias."""
    together = np.zeros(len(values), np.float64)
    for row in range(len(ends)):
        scale = 1 / np.sqrt(max(ends[row] - begins[row], 1))
        for at in range(begins[row], ends[row]):
            together[buckets[at]] += values[buckets[at]] * scale
        length = 1.0
        for at in range(begins[row], ends[row]):
            length += together[buckets[at]] ** 2
            together[buckets[at]] = 0
        lengths[row] = length


@compiled
def weighed(buckets: Array, begins: Array, ends: Array, values: Array, weights: Array, out: Array) -> None:
    """The scores of texts before the bias, into `out` (texts, labels; float32), zero beforehand."""
    for row in range(len(ends)):
        scale = np.float32(1 / np.sqrt(max(ends[row] - begins[row], 1)))
        for at in range(begins[row], ends[row]):
            own = weights[buckets[at]]
            value = values[buckets[at]] * scale
            for label in range(out.shape[1]):
                out[row, label] += own[label] * value
