"""What a batch of messages seems to say. A text engine of any size comes behind `analyse`; nobody else need change.

Table in, table out: each stage names the columns it adds, and a message's answer does not depend on its neighbours, so
a batch may be cut anywhere, on one machine or many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from rapport.text import language, places, signature
from rapport.text.places import Found, Gazetteer

#: Name and version of these functions, written beside what they suggest.
FUNCTION = "text-chain 1"

FOUND = pl.Struct({
    "entry": pl.Int64, "text": pl.String, "start": pl.Int64, "end": pl.Int64, "score": pl.Float64,
    "reason": pl.String, "lon": pl.Float64, "lat": pl.Float64, "precision": pl.Int64, "radius_m": pl.Int64,
    "name": pl.String, "pcode": pl.String,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What an operation brings to its texts."""

    languages: tuple[str, ...]
    gazetteer: Gazetteer


@dataclass(frozen=True, slots=True)
class Stage:
    """`run` gets the texts and gives one list for each column, one value a text."""

    columns: Mapping[str, Any]
    run: Callable[[list[str], Knowledge], tuple[list[Any], ...]]


def languages(texts: list[str], knowledge: Knowledge) -> tuple[list[str]]:
    """language: a code of the operation's languages, "" when unsure."""
    return ([language.detect(text, knowledge.languages) for text in texts],)


def signatures(texts: list[str], _: Knowledge) -> tuple[list[bytes]]:
    """signature: 256 bytes that near-duplicates share most of, b"" for a text without letters or digits."""
    return (signature.signatures(texts),)


def named_places(texts: list[str], knowledge: Knowledge) -> tuple[list[list[dict[str, Any]]]]:
    """places: candidates, best first; `start` and `end` point into the text as it came."""
    return ([[_row(found) for found in places.find(text, knowledge.gazetteer)] for text in texts],)


STAGES = (
    Stage({"language": pl.String}, languages),
    Stage({"signature": pl.Binary}, signatures),
    Stage({"places": pl.List(FOUND)}, named_places),
)


def analyse(batch: pl.DataFrame, knowledge: Knowledge) -> pl.DataFrame:
    """The batch (`id`: Int64, `text`: String) with the columns of all stages added, rows in the same order."""
    texts = batch["text"].to_list()
    for stage in STAGES:
        made = zip(stage.columns.items(), stage.run(texts, knowledge), strict=True)
        batch = batch.with_columns(pl.Series(name, values, dtype=kind) for (name, kind), values in made)
    return batch


def _row(found: Found) -> dict[str, Any]:
    spot = found.spot
    return {
        "entry": found.entry, "text": found.text, "start": found.start, "end": found.end, "score": found.score,
        "reason": found.reason, "lon": spot.lon, "lat": spot.lat, "precision": spot.precision.value,
        "radius_m": spot.radius_m, "name": spot.name, "pcode": spot.pcode,
    }  # fmt: skip
