"""How far the probabilities of labels can be taken at their word: of the answers said with 30 %, do 30 % hold?

An answer is one label of one text. Where the model abstains there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rapport.text.columns import Array
from rapport.text.evaluation import scores
from rapport.text.evaluation.labels import Labelled, Languages, calibration_errors, labelled
from rapport.text.evaluation.messages import Messages, Split
from rapport.text.labels.model import Judged, Model


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of like probability: their mean probability, the share of them that people bear out, how many."""

    said: float
    share: float
    answers: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of the texts that are judged by one language. F1 counts a text on which it abstains as one without labels;
    `calibration_error` is the mean over calibrated labels, None where there is none."""

    language: str
    texts: int
    micro_f1: float
    macro_f1: float
    calibration_error: float | None
    bins: tuple[Bin, ...]


def reliability(
    model: Model, messages: Messages, split: Split, languages: Languages
) -> tuple[Reliability, tuple[Reliability, ...]]:
    """Of all messages and originals of a split together; and of those judged by each language, "" where it abstains."""
    chosen = messages.of(split)
    translated = tuple(one for one in chosen if one.original)
    texts = [one.message for one in chosen] + [one.original for one in translated]
    found = labelled(model, messages, chosen + translated, texts, languages)
    named = enumerate((*model.languages, ""))
    rows = {language: found.said.calibrations == (row if language else -1) for row, language in named}
    apart = (_of(_texts(found, own), language) for language, own in rows.items() if own.any())
    return _of(found, "all"), tuple(apart)


def _texts(found: Labelled, own: Array) -> Labelled:
    said = Judged(found.said.probabilities[own], found.said.given[own], found.said.calibrations[own])
    return Labelled(found.labels, found.has[own], said)


def _of(found: Labelled, language: str) -> Reliability:
    known = ~np.isnan(found.said.probabilities)
    bins = scores.calibration_bins(found.has[known], found.said.probabilities[known])
    errors = calibration_errors(found)
    return Reliability(
        language,
        len(found.has),
        scores.micro_f1(found.has, found.said.given),
        float(scores.f1(found.has, found.said.given).mean()),
        float(np.mean(errors)) if errors else None,
        tuple(Bin(*one) for one in bins),
    )
