"""What a score means: the probability it stands for, and from which one on a label is given. For each label in a
language."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rapport.text.columns import Array

#: Texts of a language, and texts in it that have a label, below which nothing is fitted [ours]: with fewer, the line
#: through the scores of one drawing of the texts lies elsewhere than that of the next.
ENOUGH_TEXTS, ENOUGH_WITH_LABEL = 300, 15
_STEPS, _NEAR = 100, 1e-7  # of Newton's method, which takes about ten; and what is near enough
_CUTS = np.linspace(0.3, 0.999, 150)


@dataclass(frozen=True, slots=True)
class Calibration:
    """probability = 1 / (1 + exp(-(slope · score + offset))). Float32 (labels); cuts NaN where nothing was fitted."""

    slopes: Array
    offsets: Array
    cuts: Array


def fitted(scores: Array, has: Array, known: Array) -> Calibration:
    """From texts that the scores were not learnt from. scores: (texts, labels); has, known: bool."""
    labels = scores.shape[1]
    made = Calibration(np.ones(labels, np.float32), np.zeros(labels, np.float32), np.full(labels, np.nan, np.float32))
    for label in range(labels):
        told = known[:, label]
        said, bears = scores[told, label], has[told, label]
        if bears.sum() < ENOUGH_WITH_LABEL:
            continue
        slope, offset = _line(said.astype(np.float64), bears)
        made.slopes[label], made.offsets[label] = slope, offset
        probabilities = 1 / (1 + np.exp(-(slope * said + offset)))
        made.cuts[label] = best_cut(probabilities, bears)
    return made


def _line(scores: Array, has: Array) -> tuple[float, float]:
    """Slope and offset of the likeliest line, with Platt's priors: no text counts as quite sure."""
    with_label, without = has.sum(), (~has).sum()
    wanted = np.where(has, (with_label + 1) / (with_label + 2), 1 / (without + 2))
    line = np.array([0.0, np.log((with_label + 1) / (without + 1))])
    read = np.column_stack([scores, np.ones(len(scores))])
    loss = _loss(read @ line, wanted)
    for _ in range(_STEPS):
        probability = 1 / (1 + np.exp(-(read @ line)))
        curve = (read * (probability * (1 - probability) + 1e-9)[:, None]).T @ read
        step = np.linalg.solve(curve + 1e-6 * np.eye(2), read.T @ (probability - wanted))
        while (nearer := _loss(read @ (line - step), wanted)) > loss and np.abs(step).max() > _NEAR:
            step /= 2
        if np.abs(step).max() <= _NEAR:
            break
        line, loss = line - step, nearer
    return float(line[0]), float(line[1])


def _loss(found: Array, wanted: Array) -> float:
    return float((np.logaddexp(0, found) - wanted * found).sum())


def best_cut(probabilities: Array, has: Array) -> float:
    """Of 150 quantiles of the probabilities, the first with the best F1."""
    cuts = np.unique(np.quantile(probabilities, _CUTS))
    order = np.argsort(probabilities)
    above = len(order) - np.searchsorted(probabilities[order], cuts)  # texts at or above each cut
    right = np.concatenate([[0], np.cumsum(has[order][::-1])])[above]
    return float(cuts[np.argmax(2 * right / (above + has.sum()))])
