"""How well messages are labelled, on one split of the disaster messages.

A text on which the model abstains counts as one without labels. The messages are the English texts of all labels; the
originals, those of ten labels that occur among them often, are what people wrote (mostly Kreyòl).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rapport.text.columns import Array, Texts
from rapport.text.evaluation import scores
from rapport.text.evaluation.messages import Message, Messages, Split
from rapport.text.kernels.plain import made_plain
from rapport.text.labels.model import Judged, Model, judged
from rapport.text.labels.training import Examples

TEN = (
    "related", "request", "aid_related", "medical_help", "water", "food", "shelter", "weather_related", "earthquake",
    "direct_report",
)  # fmt: skip
#: The codes of texts' languages, "" where unsure.
Languages = Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a model says of texts, and what people said. has: bool (texts, labels)."""

    labels: tuple[str, ...]
    has: Array
    said: Judged

    def only(self, labels: Sequence[str]) -> Labelled:
        own = [self.labels.index(label) for label in labels]
        said = Judged(self.said.probabilities[:, own], self.said.given[:, own], self.said.calibrations)
        return Labelled(tuple(labels), self.has[:, own], said)


def examples(messages: Messages, languages: Languages, split: Split = "train") -> Examples:
    """Messages and originals of a split, to learn from."""
    chosen = messages.of(split)
    translated = tuple(one for one in chosen if one.original)
    texts = [one.message for one in chosen] + [one.original for one in translated]
    both = chosen + translated
    has = Messages.has(both)
    groups = np.array([one.id for one in both])
    return Examples(tuple(texts), tuple(languages(texts)), groups, has, np.ones_like(has), messages.labels)


def figures(model: Model, messages: Messages, split: Split, languages: Languages) -> Mapping[str, float]:
    """labels_… of the messages, originals_… of the originals, calibration_error and abstained of both together."""
    chosen = messages.of(split)
    translated = tuple(one for one in chosen if one.original)
    english = labelled(model, messages, chosen, [one.message for one in chosen], languages)
    originals = labelled(model, messages, translated, [one.original for one in translated], languages)
    ten = originals.only(TEN)
    return {
        "labels_micro": scores.micro_f1(english.has, english.said.given),
        "labels_macro": float(scores.f1(english.has, english.said.given).mean()),
        "labels_weighted": scores.weighted_f1(english.has, english.said.given),
        "labels_map": _mean_average_precision(english),
        "originals_micro": scores.micro_f1(ten.has, ten.said.given),
        "originals_macro": float(scores.f1(ten.has, ten.said.given).mean()),
        "originals_map": _mean_average_precision(ten),
        "calibration_error": float(np.mean([*calibration_errors(english), *calibration_errors(originals)])),
        "calibration_error_messages": float(np.mean(calibration_errors(english))),
        "calibration_error_originals": float(np.mean(calibration_errors(originals))),
        "abstained_messages": float((english.said.calibrations < 0).mean()),
        "abstained_originals": float((originals.said.calibrations < 0).mean()),
    }


def labelled(
    model: Model, messages: Messages, chosen: Sequence[Message], texts: Sequence[str], languages: Languages
) -> Labelled:
    plain = made_plain(Texts.of(pl.Series(texts, dtype=pl.String)))[0]
    return Labelled(messages.labels, Messages.has(tuple(chosen)), judged(model, plain, languages(texts)))


def _mean_average_precision(found: Labelled) -> float:
    scored = np.nan_to_num(found.said.probabilities, nan=-1)
    each = [scores.average_precision(found.has[:, at], scored[:, at]) for at in range(len(found.labels))]
    return float(np.mean(each))


def calibration_errors(found: Labelled) -> list[float]:
    """Of each label, over the texts on which the model does not abstain; labels that are never calibrated left out."""
    errors = []
    for at in range(len(found.labels)):
        known = ~np.isnan(found.said.probabilities[:, at])
        if known.any():
            errors.append(scores.calibration_error(found.has[known, at], found.said.probabilities[known, at]))
    return errors
