"""Which language each text is in, out of those an operation expects, and where that is not clear, what speaks for what.

Two detectors, the cheap one first. Ours adds up what pieces of two to five bytes weigh in some ninety languages
(py3langid's model made smaller: docs/reference/data.md). Where the best of the operation's languages is far ahead of
all others, expected or not, it is the answer. Everything else goes to CLD2 in its strict mode: what both say is the
answer, and where CLD2 is sure of something else, both answers are given instead of one. The other way round, CLD2 first
and asked for every text, is as good on beginnings of sentences but names a wrong language more often, misses one short
Kreyòl message in eighty where this misses none, and costs about twice as much [ours, on validation sets].

A closed list is an assumption: what is in none of the operation's languages comes out as "".

The letters that both read are the original's, in lower case with their accents, where the plain text has words: links,
names of accounts, numbers and invisible marks are gone, and texts of the same words are asked once a batch.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import pycld2

from rapport.text.columns import Texts
from rapport.text.distinct import first_same
from rapport.text.kernels import language as kernel
from rapport.text.kernels.plain import made_plain

Array = npt.NDArray[Any]
#: A weight is one of these of log-probability, as tools/language_model.py wrote it.
STEP = 0.05
#: Bytes of a text that are read: enough to be sure, and bounded.
MOST = 4_000
#: Bytes of letters whose words are numbered at a time: a batch of 5,000 messages, and 100 MB for hostile ones [ours].
AT_ONCE = 1 << 20
#: How many units of log-probability (nats) the best of the operation's languages must be above its next, and above all
#: that the operation does not expect, to be the answer without asking CLD2 [ours, chosen on validation sentences].
SURE, SURE_OUTSIDE = 12.0, 8.0
#: The same where CLD2 was asked and knows nothing: a language outside may be this much above it, and no more.
WEAK, WEAK_OUTSIDE = 2.0, -5.0
#: What a change of language within a text must earn [ours, chosen on two validation sentences put together].
CHANGE = 20.0
#: The smallest part of a text, and the fewest bytes, that are said to be in a second language [ours].
SECOND, SECOND_BYTES = 0.15, 12
#: Hardly told apart by their letters: where an operation expects one of them, the others are no objection to it.
ALIKE = (("id", "ms"), ("sr", "hr", "bs", "sr-ME"), ("rw", "rn"), ("xh", "zu"), ("no", "nb", "nn"), ("tl", "fil"))
#: A language that our model does not know, and so takes for this one: CLD2 is always asked.
TAKEN_FOR = {"am": "ti"}
#: CLD2's codes that are not those of ISO 639-1.
_CODES = {"iw": "he", "jw": "jv", "zh-Hant": "zh", "un": ""}


@dataclass(frozen=True, slots=True)
class Detected:
    """Columns, one value a text.

    `language`: a code of the operation's languages, "" where it is not clear or none of them. `share`: which part of
    the text is in it, 0 to 1, float32. `second`: another of them that a part of the text is in, "" for none.
    `answers`: where `language` is "", what the detectors say: two that disagree (ours, CLD2's), one outside the
    operation's languages on which they agree, or nothing.
    """

    language: list[str]
    share: Array
    second: list[str]
    answers: list[tuple[str, ...]]

    def known(self) -> list[str]:
        """The language of each text, one that the operation does not expect too; "" only where it is not clear."""
        pairs = zip(self.language, self.answers, strict=True)
        return [code or (answers[0] if len(answers) == 1 else "") for code, answers in pairs]


@dataclass(frozen=True, slots=True)
class _Model:
    """`weights` (pieces, languages; uint8): first the operation's languages, `names[n]` from column `begins[n]` on;
    then those `outside`."""

    weights: Array
    names: tuple[str, ...]
    begins: Array
    outside: tuple[str, ...]

    @property
    def own(self) -> int:
        return int(self.weights.shape[1]) - len(self.outside)


def detected(texts: Texts, plain: Texts, positions: Array, languages: Sequence[str]) -> Detected:
    """What the texts are written in; `plain` and `positions` as made_plain gives them.

    1 their letters · 2 equal ones once · 3 our detector · 4 CLD2 where that is not sure · 5 which parts
    """
    letters = lettered(texts, plain, positions)  # 1
    first = first_same(letters)  # 2
    chosen = np.flatnonzero((first == np.arange(len(texts))) & (np.diff(letters.starts) > 0))
    model = _model(tuple(dict.fromkeys(languages)))
    sums, ways, parts = _read(letters, chosen, model)  # 3
    said, answers = _said(letters, chosen, _ours(sums, ways, parts, model), model, languages)  # 4
    share, second = _parts(said, parts, model)  # 5
    where = np.full(len(texts), len(chosen))  # the last one, behind all: a text without letters
    where[chosen] = np.arange(len(chosen))
    rows = where[first].tolist()
    said, second, answers = [*said, ""], [*second, ""], [*answers, ()]
    return Detected(
        [said[row] for row in rows],
        np.append(share, np.float32(0))[rows] if rows else share,
        [second[row] for row in rows],
        [answers[row] for row in rows],
    )


def language_of(text: str, languages: Sequence[str]) -> str:
    """The language of one text, as `detected` says it of many."""
    texts = Texts.one(text)
    plain, positions, _ = made_plain(texts)
    return detected(texts, plain, positions, languages).language[0]


@cache
def recognised() -> frozenset[str]:
    """The codes of the languages that a text can be found to be in, by either detector."""
    theirs = (_CODES.get(code, code) for name, code in pycld2.LANGUAGES if name in pycld2.DETECTED_LANGUAGES)
    found = {*_whole()[1], *theirs} - {""}
    return frozenset(like for code in found for like in _like(code))


def lettered(texts: Texts, plain: Texts, positions: Array) -> Texts:
    """The words of each text in their own lower-case letters, MOST bytes at most, a space before and behind each;
    nothing for a text without letters."""
    data = np.empty(3 * len(plain.data) + 2 * len(texts), np.uint8)
    starts = np.empty(len(texts) + 1, np.int64)
    kernel.lettered(texts.data, texts.starts, plain.data, plain.starts, positions, _letters(), MOST, data, starts)
    return Texts(data[: starts[-1]], starts)


@cache
def _letters() -> Array:
    """For each code point below 0x10000 its lower-case letter, or one of kernel.APART and kernel.AS_PLAIN."""
    return np.array([_letter(chr(code)) for code in range(0x10000)], np.int32)


def _letter(character: str) -> int:
    kind = unicodedata.category(character)[0]
    if kind == "N":
        return kernel.APART
    lower = character.lower()
    if kind not in "LM" or len(lower) != 1 or unicodedata.normalize("NFKC", lower) != lower:
        return kernel.AS_PLAIN
    return ord(lower)


def _table(most: int) -> Array:
    """A hash table that is less than half full with `most`."""
    return np.empty(1 << (2 * most + 1).bit_length(), np.int32)


def _cut(starts: Array, chosen: Array) -> Iterator[slice]:
    """The chosen texts in turn, at most AT_ONCE bytes and one text more: what is kept of every different word is forty
    times its size."""
    until = np.cumsum(starts[chosen + 1] - starts[chosen])
    begin, done = 0, 0
    while begin < len(chosen):
        end = int(np.searchsorted(until, done + AT_ONCE)) + 1
        yield slice(begin, end)
        begin, done = end, int(until[min(end, len(chosen)) - 1])


# --- our detector ----------------------------------------------------------------------------------------------------


@cache
def _whole() -> tuple[Array, list[str], Array, Array]:
    """The weights of all languages (languages, pieces), whose each row is, and the table that finds pieces."""
    with files("rapport.text.models").joinpath("language.npz").open("rb") as file, np.load(file) as made:
        keys, weights, names = made["keys"], made["weights"], made["languages"].tolist()
    seen = np.zeros(1 << kernel.SLOTS, np.uint8)
    table = np.zeros(1 << kernel.SLOTS, np.uint64)
    kernel.slots(keys, seen, table)
    return weights, names, seen, table


@lru_cache(8)  # an operation each
def _model(languages: tuple[str, ...]) -> _Model:
    weights, names, _, _ = _whole()
    known = tuple(language for language in languages if language in names)
    own = [[at for at, name in enumerate(names) if name == language] for language in known]
    without = {*languages, *(like for language in languages for like in _like(language))}
    others = [at for at, name in enumerate(names) if name not in without]
    return _Model(
        np.ascontiguousarray(weights[[*(at for rows in own for at in rows), *others]].T),
        known,
        np.cumsum([0, *map(len, own)])[:-1],
        tuple(names[at] for at in others),
    )


def _like(language: str) -> tuple[str, ...]:
    return next((group for group in ALIKE if language in group), (language,))


def _read(letters: Texts, chosen: Array, model: _Model) -> tuple[Array, Array, Array]:
    """What the chosen texts weigh in each column of the model, by their best way, and how they divide (texts, own)."""
    _, _, seen, pieces = _whole()
    sums = np.empty((len(chosen), model.weights.shape[1]), np.int32)
    ways = np.empty(len(chosen), np.int32)
    parts = np.empty((len(chosen), model.own), np.int32)
    data, starts = letters.data, letters.starts
    for some in _cut(starts, chosen) if model.names else ():
        own = chosen[some]
        most = int(np.count_nonzero(data[starts[own[0]] : starts[own[-1] + 1]] == ord(" ")))
        begins, tokens, ends = np.empty(most, np.int64), np.empty(most, np.int32), np.empty(len(own) + 1, np.int64)
        different = kernel.worded(data, starts, own, _table(most), begins, tokens, ends)
        words = np.empty((different, model.weights.shape[1]), np.uint16)
        sizes = np.empty(different, np.int32)
        kernel.weighed(data, begins[:different], seen, pieces, model.weights, words, sizes)
        change = round(CHANGE / STEP)
        kernel.divided(tokens, ends, words, sizes, model.own, change, sums[some], parts[some], ways[some])
    return sums, ways, parts


# --- what both say ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ours:
    """`best`: which of the operation's languages, -1 if the model knows none of them. `ahead`: nats above the next of
    them; `ahead_outside`: above the best of the others, `outside`."""

    best: Array
    ahead: Array
    outside: Array
    ahead_outside: Array


def _ours(sums: Array, ways: Array, parts: Array, model: _Model) -> _Ours:
    """A text whose best way changes language is in the one that most of it is in, and as far ahead as the way."""
    nobody = np.full(len(sums), -1)
    if not model.names:
        return _Ours(nobody, nobody, nobody, nobody)
    inside = np.maximum.reduceat(sums[:, : model.own], model.begins, axis=1)
    top = inside.max(1)
    changes = ways - top >= SURE / STEP
    best = np.where(changes, _by_language(parts, model).argmax(1), inside.argmax(1))
    ahead = ways - top
    if len(model.names) > 1:
        ahead = np.where(changes, ahead, top - np.partition(inside, -2, axis=1)[:, -2])
    else:
        ahead = np.full(len(sums), SURE / STEP)
    others = sums[:, model.own :]
    return _Ours(best, ahead * STEP, others.argmax(1), (np.maximum(ways, top) - others.max(1)) * STEP)


def _by_language(parts: Array, model: _Model) -> Array:
    return np.add.reduceat(parts, model.begins, axis=1)


def _said(
    letters: Texts, chosen: Array, ours: _Ours, model: _Model, languages: Sequence[str]
) -> tuple[list[str], list[tuple[str, ...]]]:
    """The language of each chosen text, and the answers where there is none."""
    said = [model.names[best] if best >= 0 else "" for best in ours.best.tolist()]
    answers: list[tuple[str, ...]] = [()] * len(said)
    doubtful = [number for number, name in enumerate(model.names) if name in TAKEN_FOR]
    unsure = (ours.best < 0) | (ours.ahead < SURE) | (ours.ahead_outside < SURE_OUTSIDE) | np.isin(ours.best, doubtful)
    weak = (ours.ahead >= WEAK) & (ours.ahead_outside >= WEAK_OUTSIDE)
    for row in np.flatnonzero(unsure).tolist():
        begin, end = letters.starts[chosen[row] : chosen[row] + 2]
        theirs = _cld2(letters.data[begin:end].tobytes(), languages)
        if theirs == said[row] and theirs:
            continue
        if theirs in languages and theirs not in model.names:
            said[row] = theirs
        elif theirs:
            outside = ours.best[row] >= 0 and ours.ahead_outside[row] < 0 and model.outside[ours.outside[row]] == theirs
            answers[row] = (theirs,) if outside or not said[row] else (said[row], theirs)
            said[row] = ""
        elif TAKEN_FOR.get(said[row]) in languages:
            said[row], answers[row] = "", (said[row], TAKEN_FOR[said[row]])
        elif not weak[row]:
            said[row] = ""
    return said, answers


def _cld2(text: bytes, languages: Sequence[str]) -> str:
    """What CLD2 is sure of, "" for nothing. One of ALIKE is the one that the operation expects."""
    reliable, _, details = pycld2.detect(text, isPlainText=True)
    code: str = _CODES.get(details[0][1], details[0][1]) if reliable else ""
    if not code or code in languages:
        return code
    return next((like for like in _like(code) if like in languages), code)


# --- which parts -----------------------------------------------------------------------------------------------------


def _parts(said: Sequence[str], parts: Array, model: _Model) -> tuple[Array, list[str]]:
    """Which share of each text is in its language, and which other language has SECOND of it and SECOND_BYTES."""
    share = np.zeros(len(said), np.float32)
    second = [""] * len(said)
    if not model.names or not said:
        return np.where([bool(one) for one in said], np.float32(1), share), second
    bytes_ = _by_language(parts, model)
    whole = np.maximum(bytes_.sum(1), 1)
    numbers = {name: number for number, name in enumerate(model.names)}
    mine = np.array([numbers.get(one, -1) for one in said])
    rows = np.flatnonzero(mine >= 0)
    share[rows] = bytes_[rows, mine[rows]] / whole[rows]
    bytes_[rows, mine[rows]] = 0
    most = bytes_.max(1)
    told = (mine >= 0) & (most >= SECOND_BYTES) & (most >= SECOND * whole)
    for row, other in zip(np.flatnonzero(told).tolist(), bytes_[told].argmax(1).tolist(), strict=True):
        second[row] = model.names[other]
    return share, second
