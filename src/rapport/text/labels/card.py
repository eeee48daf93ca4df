"""The card of a model: what it was learnt from, how well it does, and what it is not for. Lies beside its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from rapport.text.kernels.grams import BUCKETS
from rapport.text.labels.model import ANY, Model
from rapport.text.labels.training import SEEN_IN, Examples

_NOT_FOR = (
    "Deciding. It orders and suggests; what a message says, a person says who has read it. Nothing is to be sent,"
    " published or refused because of a label alone.",
    "Languages that are not in the table above: there it abstains, and a message without labels is then no message"
    " without need.",
    "Another kind of crisis without a look: it knows the words of the messages that it was learnt from, and of a label"
    " that few of them bear it knows little.",
    "Persons: it knows nothing of who writes, and does not say whether a message is true.",
)


@dataclass(frozen=True, slots=True)
class Own:
    """What an operation's own reports brought. `reports` were learnt from, as `texts` texts; `before`: the id of the
    model in use then; `compared`: rows of both on the reports set apart, as evaluation/own.py puts them in words;
    `elsewhere`: the figures of the model in use on the validation messages."""

    operation: str
    reports: int
    texts: int
    before: str
    compared: Sequence[Mapping[str, str]]
    elsewhere: Mapping[str, float]


def card(
    model: Model,
    examples: Examples,
    data: Mapping[str, str],
    figures: Mapping[str, float],
    day: date,
    own: Own | None = None,
) -> str:
    """In Markdown. `data`: the SHA-256 of each file that was learnt from. `figures`: on the validation messages."""
    return "\n".join(_lines(model, examples, data, figures, day, own)) + "\n"


def _lines(
    model: Model,
    examples: Examples,
    data: Mapping[str, str],
    figures: Mapping[str, float],
    day: date,
    own: Own | None,
) -> Iterator[str]:
    yield f"# {model.id}"
    yield ""
    yield (
        f"Says which of {len(model.labels)} labels a message bears. Made on {day:%d %B %Y} by `rapport text train` from"
        f" {len(examples.texts) - (own.texts if own else 0):,} texts of the training split: messages, and what they"
        " were translated from."
    )
    yield ""
    if own:
        yield from (_brought(own), "")
    yield from (f"- `{name}`: SHA-256 `{digest}`" for name, digest in sorted(data.items()))
    if own:
        yield from _own(own)
    yield from (
        "",
        "## Languages",
        "",
        "| language | texts learnt from | labels with a calibrated probability |",
        "|---|---|---|",
    )
    texts = Counter(examples.languages)
    for row, language in enumerate(model.languages):
        count = len(examples.texts) if language == ANY else texts[language]
        said = "unsure (fitted on all)" if language == ANY else language
        yield f"| {said} | {count:,} | {int((~np.isnan(model.cuts[row])).sum())} |"
    yield from ("", "In every other language it abstains.")
    yield from ("", "## On the validation messages", "")
    if own:
        yield from ("| figure | in use | this model |", "|---|---|---|")
        yield from (f"| `{name}` | {own.elsewhere[name]:.3f} | {value:.3f} |" for name, value in figures.items())
    else:
        yield from ("| figure | value |", "|---|---|")
        yield from (f"| `{name}` | {value:.3f} |" for name, value in figures.items())
    yield from ("", "What the figures mean: docs/reference/benchmarks.md. The test split was not looked at.")
    yield from (
        "",
        "## Labels",
        "",
        "| label | texts that bear it | given from this probability on, where the language is unsure |",
        "|---|---|---|",
    )
    bears = examples.has.sum(axis=0)
    for at, label in enumerate(model.labels):
        cut = model.cuts[model.languages.index(ANY), at]
        yield f"| {label} | {int(bears[at]):,} | {'never' if np.isnan(cut) else f'{cut:.2f}'} |"
    yield from ("", "## What it is not for", "")
    yield from (f"- {line}" for line in _NOT_FOR)


def apart_title(operation: str) -> str:
    """The heading under which a card says how well its model does in an operation."""
    return f"On the reports of {operation} that are set apart"


def _brought(own: Own) -> str:
    return (
        f"To them come {own.texts:,} texts of {own.operation}: {own.reports:,} reports for which a person chose"
        " categories, and their translations. Labels that no category of the operation means were not learnt from them."
    )


def _own(own: Own) -> Iterator[str]:
    yield from (
        "",
        f"## {apart_title(own.operation)}",
        "",
        "A fifth of the reports, with all that is nearly the same, from which no model ever learns. In use was"
        f" {own.before}. F1 is 1 where all reports that bear a label get it and no others do; a calibration error of .1"
        " means that what is said to be 70 % sure is true about six or eight times in ten.",
        "",
        "| figure | in use | this model | reports |",
        "|---|---|---|---|",
    )
    yield from (f"| {row['figure']} | {row['in use']} | {row['new']} | {row['reports']} |" for row in own.compared)
    yield from (
        "",
        "## What can be inferred from it",
        "",
        f"The file holds no text, but weights of {BUCKETS:,} buckets into which words and pieces of words fall. Whoever"
        f" has it can try words: one that stands in {SEEN_IN} texts or more, a translation counted as a text, may show"
        " in a weight, and with it what it was said with. Numbers, addresses and names that rapport finds were taken"
        " out before; it does not find every name. Keep the file as you keep the reports, and give it to nobody to whom"
        " you would not give a list of their words.",
    )
