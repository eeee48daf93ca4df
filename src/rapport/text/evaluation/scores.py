"""The measures of labels given to texts: F1, average precision, calibration error."""

from __future__ import annotations

import numpy as np

from rapport.text.columns import Array

_BINS = 10


def f1(has: Array, given: Array) -> Array:
    """For each label, 0 where it was neither said nor given. has, given: bool (texts, labels)."""
    right, either = (has & given).sum(axis=0), has.sum(axis=0) + given.sum(axis=0)
    made: Array = 2 * right / np.maximum(either, 1)
    return made


def micro_f1(has: Array, given: Array) -> float:
    return float(2 * (has & given).sum() / max(has.sum() + given.sum(), 1))


def weighted_f1(has: Array, given: Array) -> float:
    """The mean of F1 over labels, each counted as often as it was said."""
    return float((f1(has, given) * has.sum(axis=0)).sum() / max(has.sum(), 1))


def average_precision(has: Array, scores: Array) -> float:
    """Of one label: the mean of the precision at each text that has it, texts of equal score together."""
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(has[order])
    last = np.append(scores[order][1:] != scores[order][:-1], True)
    found, seen = found[last], (np.arange(len(order)) + 1)[last]
    return float((np.diff(found, prepend=0) * found / seen).sum() / max(has.sum(), 1))


def calibration_bins(has: Array, probabilities: Array) -> list[tuple[float, float, int]]:
    """Of one label: the mean probability, the share that has it, and how many texts, in ten bins of equal width."""
    bins = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    return [
        (float(probabilities[own].mean()), float(has[own].mean()), int(own.sum()))
        for own in (bins == bin for bin in range(_BINS))
        if own.any()
    ]


def calibration_error(has: Array, probabilities: Array) -> float:
    """Of one label: how far probability and share are apart, the mean over texts (expected calibration error)."""
    bins = calibration_bins(has, probabilities)
    return sum(abs(said - share) * texts for said, share, texts in bins) / max(sum(texts for *_, texts in bins), 1)
