"""What the people of an operation read in its reports, as examples that a model learns from or is tested with.

A fifth of an operation's reports is set apart for ever: no model learns from them, so that every model can be measured
on them. Which ones follows from a keyed hash of a report's reference, and of nearly equal reports from that of the
first one alone: a repost is never learnt from while its like is tested. Nothing needs to be stored for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rapport.text import personal, signature
from rapport.text.columns import Array, Texts
from rapport.text.groups import Window
from rapport.text.kernels.plain import made_plain
from rapport.text.labels.training import Examples

#: The share of reports that is set apart.
APART = 0.2
_TOGETHER = 5_000  # texts grouped at a time


@dataclass(frozen=True, slots=True)
class Reading:
    """A report, and what a person who had read it said.

    `texts`: as it came, then its translations; `languages`: a code for each, "" where unsure. `said`: label → whether
    it bears it; labels that are not named are unknown. `group`: equal for nearly equal reports. `apart`: never learnt
    from.
    """

    texts: tuple[str, ...]
    languages: tuple[str, ...]
    said: dict[str, bool]
    group: int
    apart: bool


def first_alike(texts: Sequence[str]) -> Array:
    """For each text, the oldest first, the row of the first one that is nearly the same: its own if there is none.

    The answer for a text depends on those before it alone, so it stays when more come."""
    window = Window(capacity=max(len(texts), 1))
    firsts = []
    for begin in range(0, len(texts), _TOGETHER):
        plain = made_plain(Texts.of(pl.Series(texts[begin : begin + _TOGETHER], dtype=pl.String)))[0]
        firsts.append(window.add(plain, signature.bins(plain)).groups - 1)  # numbers begin at 1
    return np.concatenate(firsts) if firsts else np.empty(0, np.int64)


def examples(known: Examples, readings: Sequence[Reading]) -> Examples:
    """The examples with those of an operation behind them, but for what is set apart. Personal data that is found in a
    text is taken out of it first."""
    learnt = [one for one in readings if not one.apart]
    texts = [text for one in learnt for text in one.texts]
    of = [one for one in learnt for _ in one.texts]
    if not texts:
        return known
    has, told = answers(of, known.labels)
    after = int(known.groups.max(initial=0)) + 1
    return Examples(
        texts=(*known.texts, *_without_personal_data(texts)),
        languages=(*known.languages, *(language for one in learnt for language in one.languages)),
        groups=np.concatenate([known.groups, np.array([after + one.group for one in of], np.int64)]),
        has=np.concatenate([known.has, has]),
        known=np.concatenate([known.known, told]),
        labels=known.labels,
    )


def answers(readings: Sequence[Reading], labels: Sequence[str]) -> tuple[Array, Array]:
    """Which labels each bears, and of which that is known: bool (readings, labels)."""
    shape = (len(readings), len(labels))
    has = np.array([[one.said.get(label, False) for label in labels] for one in readings], bool).reshape(shape)
    known = np.array([[label in one.said for label in labels] for one in readings], bool).reshape(shape)
    return has, known


def _without_personal_data(texts: Sequence[str]) -> list[str]:
    found = personal.spans(Texts.of(pl.Series(texts, dtype=pl.String))).by_row()
    cleaned = []
    for text, spans in zip(texts, found, strict=True):
        for span in reversed(spans):
            text = f"{text[: span.start]} {text[span.end :]}"
        cleaned.append(text)
    return cleaned
