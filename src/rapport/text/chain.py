"""What a batch of messages seems to say. A text engine of any size comes behind `analyse`; nobody else need change.

Table in, table out: each stage names the columns it adds, and a message's answer does not depend on its neighbours, so
a batch may be cut anywhere, on one machine or many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rapport.text import language, personal, places, signature, urgency
from rapport.text.columns import Texts, in_lists
from rapport.text.kernels.plain import made_plain
from rapport.text.knowledge import Knowledge
from rapport.text.labels.model import Judged, Model, judged

#: Name and version of these functions, written beside what they suggest.
FUNCTION = "text-chain 4"


@dataclass(frozen=True, slots=True)
class Batch:
    """The texts as they came, and made plain; `positions`: where each byte of these came from (made_plain)."""

    original: Texts
    plain: Texts
    positions: npt.NDArray[np.int32]

    @classmethod
    def of(cls, texts: pl.Series) -> Batch:
        original = Texts.of(texts)
        plain, positions, _ = made_plain(original)
        return cls(original, plain, positions)


def analyse(batch: pl.DataFrame, knowledge: Knowledge, read: Batch | None = None) -> pl.DataFrame:
    """The batch (`id`: Int64, `text`: String) with the columns of all stages added, rows in the same order. `read`: its
    texts, where somebody has made them plain already.

    1 made plain · 2 language · 3 signature · 4 labels and urgency · 5 places · 6 personal data
    """
    read = read or Batch.of(batch["text"])  # 1
    spoken = language.detected(read.original, read.plain, read.positions, knowledge.languages)
    model = knowledge.model
    said = judged(model, read.plain, spoken.known())
    personal_spans = personal.spans(read.original)
    return batch.with_columns(
        *languages(spoken),  # 2
        *signatures(read),  # 3
        *labels(said, model, personal_spans),  # 4
        *named_places(read, spoken.language, knowledge),  # 5
        *personal_data(personal_spans, said, model),  # 6
    )


def languages(said: language.Detected) -> tuple[pl.Series, ...]:
    """language: a code of the operation's languages, "" when unsure; language_share: the part of the text that is in
    it; second_language: what another part is in; language_answers: what is said for what, where it is unsure."""
    return (
        pl.Series("language", said.language, dtype=pl.String),
        pl.Series("language_share", said.share, dtype=pl.Float32),
        pl.Series("second_language", said.second, dtype=pl.String),
        _gathered(said.answers).alias("language_answers"),
    )


def _gathered(answers: Sequence[tuple[str, ...]]) -> pl.Series:
    """A column of lists, each different one made once: nearly all are empty."""
    different = {answer: at for at, answer in enumerate(dict.fromkeys(answers))}
    made = pl.Series(list(different), dtype=pl.List(pl.String))
    return made.gather([different[answer] for answer in answers])


def signatures(batch: Batch) -> tuple[pl.Series, ...]:
    """signature: 256 bytes that near-duplicates share most of, b"" for a text without letters or digits."""
    return (pl.Series("signature", signature.signatures(batch.plain), dtype=pl.Binary),)


def labels(said: Judged, model: Model, found: personal.Spans) -> tuple[pl.Series, ...]:
    """labels: what it speaks of, with the probability, the surest first; calibrated: the language by which that was
    judged, "any" where the language is unsure, "" where there is no answer; urgency: 0 to 3, by these or
    by words for a person at risk, null without either."""
    names = pl.Series(["", *model.languages], dtype=pl.String)
    by_words = urgency.of_risks(found.marks)
    believed = personal.believed(found, model.labels, said.given)
    urgencies = pl.Series("urgency", np.maximum(urgency.urgencies(model.labels, believed), by_words), dtype=pl.Int8)
    unknown = pl.Series("urgency", [None], dtype=pl.Int8)
    return (
        _listed(said, model.labels),
        names.gather(said.calibrations + 1).alias("calibrated"),
        urgencies.zip_with(pl.Series((said.calibrations >= 0) | (by_words > 0)), unknown),
    )


def _listed(said: Judged, labels: Sequence[str]) -> pl.Series:
    rows, own = np.nonzero(said.given)
    said_of = pl.DataFrame({
        "row": pl.Series(rows, dtype=pl.UInt32),
        "label": pl.Series(labels, dtype=pl.String).gather(own),
        "score": pl.Series(said.probabilities[rows, own]).round(3),
    })  # fmt: skip
    ordered = said_of.sort("row", "score", descending=[False, True], maintain_order=True)
    return in_lists(ordered, len(said.given), "labels")


def named_places(batch: Batch, languages: Sequence[str], knowledge: Knowledge) -> tuple[pl.Series, ...]:
    """places: candidates, best first; `start` and `end` point into the text as it came."""
    return (places.found(batch.original, batch.plain, batch.positions, knowledge.gazetteer, languages),)


def personal_data(found: personal.Spans, said: Judged, model: Model) -> tuple[pl.Series, ...]:
    """personal_data: spans of the text as it came; withholding: "withhold" the whole message, "mask" its spans, or "";
    risks: what it tells of persons."""
    given = dict(zip(model.labels, personal.believed(found, model.labels, said.given).T, strict=True))
    tiers, risks = personal.at_risk(found, {label: given[label] for label in personal.LABELS}).columns()
    return found.column().alias("personal_data"), tiers.alias("withholding"), risks.alias("risks")
