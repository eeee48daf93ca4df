"""The plot of how far probabilities can be taken at their word says what the tables beside it say."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

import numpy as np
import polars as pl

from bench.reliability import BEGIN, END, PAGE, PLOT, described, svg, table
from rapport.text.columns import Texts
from rapport.text.evaluation.messages import Message, Messages
from rapport.text.evaluation.reliability import Bin, Reliability, reliability
from rapport.text.kernels.plain import made_plain
from rapport.text.labels.model import SHIPPED, judged, loaded

_SVG = "{http://www.w3.org/2000/svg}"
_MODEL = loaded(SHIPPED)


def dots(drawn: str) -> list[str]:
    titles = (dot.find(f"{_SVG}title") for dot in ET.fromstring(drawn).iter(f"{_SVG}circle"))
    return [str(title.text) for title in titles if title is not None]


def rows(lines: Sequence[str]) -> list[str]:
    return [" · ".join(line.strip("| ").split(" | ")[1:]) for line in lines[2:]]


def test_every_dot_is_a_row_of_the_table_and_is_said_in_words() -> None:
    bins = (Bin(0.031, 0.02, 12_345), Bin(0.5, 0.75, 4), Bin(1.0, 1.0, 1))
    plotted = [Reliability(name, 10, 0.5, 0.5, 0.02, bins) for name in ("all", "ht")]
    drawn = svg(plotted)
    assert dots(drawn) == rows(list(table(plotted)))
    assert dots(drawn)[0] == "3.1 % · 2.0 % · 12,345"
    root = ET.fromstring(drawn)
    assert root.get("role") == "img"
    assert root.findtext(f"{_SVG}title")
    assert root.findtext(f"{_SVG}desc") == described(plotted)
    assert "Kreyòl: 3.1 % said, 2.0 % borne out" in described(plotted)


def test_the_page_shows_the_numbers_of_its_plot() -> None:
    generated = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    last = generated.strip().rpartition("\n\n")[2].splitlines()
    assert dots(PLOT.read_text("utf-8")) == rows(last)


def test_answers_are_counted_once_and_abstaining_is_none() -> None:
    texts = ["we need water", "there is no food here", "some words", "more words"]
    languages = ["en", "en", "", "xx"]
    has = tuple(label in ("request", "water") for label in _MODEL.labels)
    said = Messages(
        _MODEL.labels, tuple(Message(at, "validation", "direct", text, "", has) for at, text in enumerate(texts))
    )
    together, apart = reliability(_MODEL, said, "validation", lambda _: languages)
    assert {one.language: one.texts for one in apart} == {"any": 1, "en": 2, "": 1}
    assert together.texts == 4
    plain = made_plain(Texts.of(pl.Series(texts, dtype=pl.String)))[0]
    answers = int((~np.isnan(judged(_MODEL, plain, languages).probabilities)).sum())
    assert sum(found.answers for found in together.bins) == answers
    assert sum(found.answers for one in apart for found in one.bins) == answers
    [abstained] = [one for one in apart if one.language == ""]
    assert abstained.calibration_error is None
    assert abstained.micro_f1 == 0
