"""Why a label was given: what each piece of the text adds to the label's score.

The score is a sum over a text's grams, and the network is made of straight parts: near one text every sum counts by a
fixed number (`model.pulls`). So what a gram adds there is exact, and all grams together with what every text gets make
the score. In log-odds: .7 more doubles the odds.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import polars as pl

from rapport.text.columns import Array, Texts
from rapport.text.kernels.plain import made_plain
from rapport.text.labels.grams import grams
from rapport.text.labels.model import Model, judged, pulls, scores, sums


@dataclass(frozen=True, slots=True)
class Piece:
    """`text[start:end]` as it came, and what it adds in log-odds; against the label where negative."""

    start: int
    end: int
    adds: float


@dataclass(frozen=True, slots=True)
class Reasons:
    """`probability`, and `cut` from which on the label is given; None where it is not calibrated for the language.
    `calibrated`: the language by which it was judged, "" for none. `all_texts`: log-odds that every text has there,
    whatever its words. `pieces`: those that count most."""

    given: bool
    probability: float | None
    cut: float | None
    calibrated: str
    all_texts: float
    pieces: tuple[Piece, ...]


def reasons(model: Model, text: str, language: str, label: str, most: int = 10) -> Reasons:
    """Of one of the model's labels (ValueError for another); `language`: a code, "" where unsure."""
    at = model.labels.index(label)
    plain, positions, _ = made_plain(Texts.of(pl.Series([text], dtype=pl.String)))
    said, read = judged(model, plain, [language]), plain[0]
    row = int(said.calibrations[0])
    calibrated = row >= 0 and not np.isnan(model.cuts[row, at])
    slope, offset = (float(model.slopes[row, at]), float(model.offsets[row, at])) if calibrated else (1.0, 0.0)
    added = sums(model, plain)[0]
    pulled = pulls(model, added, at)
    found = list(grams(read))
    counts = slope * pulled * model.steps / np.sqrt(max(len(found), 1))
    spans: dict[tuple[int, int], float] = defaultdict(float)
    for gram in found:
        spans[gram.start, gram.end] += float(model.weights[gram.bucket] @ counts)
    score = float(scores(model, added[None])[0, at])
    heaviest = sorted(spans.items(), key=lambda one: (-abs(one[1]), one[0]))[:most]
    return Reasons(
        given=bool(said.given[0, at]),
        probability=round(float(said.probabilities[0, at]), 3) if calibrated else None,
        cut=round(float(model.cuts[row, at]), 3) if calibrated else None,
        calibrated=model.languages[row] if calibrated else "",
        all_texts=slope * score + offset - sum(spans.values()),
        pieces=tuple(_piece(read, positions, *span, adds) for span, adds in heaviest),
    )


def _piece(plain: str, positions: Array, start: int, end: int, adds: float) -> Piece:
    """From characters of the plain text to those of the original."""
    first, last = len(plain[:start].encode()), len(plain[:end].encode()) - 1
    return Piece(int(positions[first]), int(positions[last]) + 1, adds)
