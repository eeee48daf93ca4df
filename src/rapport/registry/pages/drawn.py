"""The pictures of the registry in the words of the page's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from django.utils.translation import gettext

from rapport.registry.dialogues import Pair
from rapport.registry.forms.results import Figures
from rapport.registry.model import Happening
from rapport.registry.pictures import graph, lanes, matrix, spread, talks, timeline
from rapport.values import RowRelease

W = TypeVar("W", timeline.Words, talks.Words, spread.Words)


def over_time(events: Sequence[RowRelease[Happening]]) -> timeline.Timeline:
    """The events of the list beside it, whose rows are e-1, e-2 …"""
    marks = [
        lanes.Mark(f"e-{number}", one.row.date, one.row.bodies, one.row.what) for number, one in enumerate(events, 1)
    ]
    return timeline.timeline(marks, said=_in_words(timeline.Words()))


def who_talks(pairs: Sequence[Pair], hrefs: Mapping[str, str]) -> tuple[graph.Graph, matrix.Matrix]:
    said = _in_words(talks.Words())
    return graph.graph(pairs, hrefs, said), matrix.matrix(pairs, said)


def spread_of(figures: Figures | None, choices: Iterable[Any]) -> spread.Spread:
    """Of a level or a scale; "" where there is nothing to draw."""
    codes = [int(one.code) for one in choices]
    counts = [count for _, count in figures.counts] if figures else None
    return spread.spread(counts, codes[0], _in_words(spread.Words()))


def _in_words(words: W) -> W:
    return replace(words, **{one.name: gettext(getattr(words, one.name)) for one in fields(words)})
