"""How well a model does on the reports of an operation that are set apart (labels/readings.py), as people read them.

Each report counts once, by the text as it came: a worker judges no translation. Only what people said counts: labels
that no category of the operation means are not tested here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rapport.text.columns import Array, Texts
from rapport.text.evaluation import scores
from rapport.text.kernels.plain import made_plain
from rapport.text.labels.model import Model, judged
from rapport.text.labels.readings import Reading, answers

#: Reports that bear a label, below which no figure of it says anything [ours]: the F1 of 20 is good to about .2.
ENOUGH = 20
TOO_FEW = "too few to say"


@dataclass(frozen=True, slots=True)
class OfLabel:
    """`yes`, `no`: how many reports people said it of, and how many they did not. `f1`: None where it is too few."""

    yes: int
    no: int
    f1: float | None


@dataclass(frozen=True, slots=True)
class Tested:
    """`abstained`: the share of reports on which the model gives no answer. The mean average precision and the
    calibration error are means over the labels with ENOUGH reports, None where there are none."""

    reports: int
    abstained: float
    mean_average_precision: float | None
    calibration_error: float | None
    labels: Mapping[str, OfLabel]


def tested(model: Model, readings: Sequence[Reading]) -> Tested:
    """On those of the readings that are set apart. Where the model abstains, the report counts as without labels."""
    apart = [one for one in readings if one.apart]
    plain = made_plain(Texts.of(pl.Series([one.texts[0] for one in apart], dtype=pl.String)))[0]
    said = judged(model, plain, [one.languages[0] for one in apart])
    has, known = answers(apart, model.labels)
    found: dict[str, OfLabel] = {}
    precisions, errors = [], []
    for at, label in enumerate(model.labels):
        told = known[:, at]
        if not told.any():
            continue
        bears, given, sure = has[told, at], said.given[told, at], said.probabilities[told, at]
        yes, enough = int(bears.sum()), bears.sum() >= ENOUGH
        f1 = float(scores.f1(bears[:, None], given[:, None])[0]) if enough else None
        found[label] = OfLabel(yes, int(told.sum()) - yes, f1)
        if enough:
            precisions.append(scores.average_precision(bears, np.nan_to_num(sure, nan=-1)))
            errors += _calibration_error(bears, sure)
    return Tested(
        reports=len(apart),
        abstained=float((said.calibrations < 0).mean()) if apart else 0.0,
        mean_average_precision=float(np.mean(precisions)) if precisions else None,
        calibration_error=float(np.mean(errors)) if errors else None,
        labels=found,
    )


def _calibration_error(bears: Array, sure: Array) -> list[float]:
    known = ~np.isnan(sure)
    return [scores.calibration_error(bears[known], sure[known])] if known.any() else []


def side_by_side(before: Tested, after: Tested) -> list[dict[str, str]]:
    """Both as rows of words: figure, in use, new, and how many reports bear the label and how many do not. The labels
    that too few reports bear are one row, the last."""
    few = {label: one.yes for label, one in after.labels.items() if one.f1 is None}
    rows = [
        _row("mean average precision", before.mean_average_precision, after.mean_average_precision),
        _row("calibration error", before.calibration_error, after.calibration_error),
        _row("without an answer", before.abstained, after.abstained, f"of {after.reports}"),
    ]
    rows += [
        _row(f"F1 of {_words(label)}", before.labels[label].f1, one.f1, f"{one.yes} yes, {one.no} no")
        for label, one in after.labels.items()
        if one.f1 is not None
    ]
    if few:
        some = ", ".join(f"{_words(label)} {yes}" for label, yes in sorted(few.items(), key=lambda one: -one[1]))
        rows.append({"figure": TOO_FEW, "in use": "", "new": "", "reports": some})
    return rows


def _row(figure: str, before: float | None, after: float | None, reports: str = "") -> dict[str, str]:
    shown = [TOO_FEW if value is None else f"{value:.3f}" for value in (before, after)]
    return {"figure": figure, "in use": shown[0], "new": shown[1], "reports": reports}


def _words(label: str) -> str:
    return label.replace("_", " ")
