"""How well languages are told: Kreyòl messages of up to 60 characters, and the beginnings of sentences in 28 languages.

Nothing was learnt from either. What language.py chose by looking was chosen on other articles of the declaration that
the sentences are from (tools/language_model.py), on other sentences, and on the validation split of the messages; how
many pieces the model keeps was chosen with an eye on all the short Kreyòl messages, which at every size were found.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from rapport.text.columns import Texts
from rapport.text.evaluation.messages import Messages
from rapport.text.kernels.plain import made_plain
from rapport.text.language import Detected, detected

SHORT = 60  # characters
#: What makes a message Kreyòl for this purpose: so many different words of the first, at most so many of the second.
_KREYOL = (
    "mwen nou yo gen nan ak tanpri bezwen kote moun dlo ede ka ki pou manje anpil tout pa sou lakay tranbleman lapli "
    "jwenn kay timoun grangou nap ap gwo fè fe"
)
_FRENCH = "je vous nous les des est une le la dans pour avec sur qui que pas sont aux"
KREYOL, FRENCH = frozenset(_KREYOL.split()), frozenset(_FRENCH.split())
LEAST, MOST = 4, 1
#: Languages that are written beside each other in one message, put together from two sentences of each.
MIXED = (("ht", "en"), ("ht", "fr"), ("fr", "en"), ("es", "en"), ("sw", "en"), ("tl", "en"), ("ur", "en"), ("ar", "fr"))
_EACH = 50


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of right answers, with every language of the sentences expected; no answer counts as a wrong one.

    `kreyol_60`: the Kreyòl messages, `kreyol_messages` of them. `macro_40`: the mean over the languages of what each
    gets in `by_language`; `wrong_40`: the same mean, of another language being said. `mixed`: two sentences in two
    languages, where both are told; `mixed_wrongly`: one sentence said to be in two.
    """

    kreyol_60: float
    kreyol_messages: int
    macro_40: float
    wrong_40: float
    by_language: dict[str, float]
    mixed: float
    mixed_wrongly: float


def told(texts: Sequence[str]) -> Sequence[str]:
    """The languages of texts, "" where unsure, with every language of the sentences expected: as models of labels are
    learnt and measured with, so that neither knows beforehand what disaster messages are written in."""
    return _detected(texts, tuple(_sentences())).language


def figures(messages: Messages) -> Figures:
    """On the originals of all splits, and on the sentences."""
    sentences = _sentences()
    languages = tuple(sentences)
    kreyol = _kreyol(messages)
    answers = {language: _detected(sentences[language], languages) for language in languages}
    right = {language: _share([one == language for one in answers[language].language]) for language in languages}
    wrong = [_share([one not in (language, "") for one in answers[language].language]) for language in languages]
    mixed, both = _mixed(sentences)
    named = _detected(mixed, languages)
    return Figures(
        kreyol_60=_share([one == "ht" for one in _detected(kreyol, languages).language]),
        kreyol_messages=len(kreyol),
        macro_40=_share(list(right.values())),
        wrong_40=_share(wrong),
        by_language=right,
        mixed=_share([{one, other} == two for one, other, two in zip(named.language, named.second, both, strict=True)]),
        mixed_wrongly=_share([bool(second) for language in languages for second in answers[language].second]),
    )


def _detected(texts: Sequence[str], languages: Sequence[str]) -> Detected:
    original = Texts.of(pl.Series(texts, dtype=pl.String))
    plain, positions, _ = made_plain(original)
    return detected(original, plain, positions, languages)


def _share(right: Sequence[float]) -> float:
    return sum(right) / len(right)


@cache
def _sentences() -> dict[str, list[str]]:
    """By language, the first 40 characters of sentences."""
    found: dict[str, list[str]] = {}
    for line in files(__package__).joinpath("sentences.tsv").read_text(encoding="utf-8").splitlines():
        language, sentence = line.split("\t")
        found.setdefault(language, []).append(sentence)
    return found


def _kreyol(messages: Messages) -> list[str]:
    """The originals that the words of KREYOL say are Kreyòl, up to SHORT long."""
    return [one.original for one in messages.all if len(one.original) <= SHORT and _is_kreyol(one.original)]


def _is_kreyol(text: str) -> bool:
    words = set(re.findall(r"\w+", text.lower()))
    return len(words & KREYOL) >= LEAST and len(words & FRENCH) <= MOST


def _mixed(sentences: dict[str, list[str]]) -> tuple[list[str], list[set[str]]]:
    """Texts of two sentences, in either order, and which languages they are in."""
    rng = random.Random(1)  # noqa: S311, drawn the same every time
    texts, both = [], []
    for pair in MIXED:
        for _ in range(_EACH):
            two = rng.sample(pair, 2)
            texts.append(" ".join(rng.choice(sentences[language]) for language in two))
            both.append(set(pair))
    return texts, both
