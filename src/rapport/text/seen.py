"""Why something was suggested, shown in the text as it came: which of its characters speak for it, and which against.

Worked out anew when somebody asks, by the same functions that made the suggestion; nothing of it is stored. Whoever
asks must see to it that they are the same (`chain.FUNCTION`, the model): else the reasons would be those of another.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import exp
from typing import Any, Literal

import polars as pl

from rapport.text.chain import analyse
from rapport.text.columns import Texts
from rapport.text.differences import MOST_WORDS, Difference, Names, aligned
from rapport.text.kernels.grams import LONGEST
from rapport.text.kernels.plain import made_plain
from rapport.text.knowledge import Knowledge
from rapport.text.labels.model import Model
from rapport.text.labels.reasons import reasons
from rapport.text.personal import risk_words, spans_of
from rapport.text.place_evidence import ALSO_A_WORD
from rapport.text.places import Found, Gazetteer, candidates
from rapport.text.plain import INVISIBLE, Undone, plain
from rapport.values import Spot

#: What a span is: it speaks for a label or against it; names a place, for certain or perhaps; stands in two texts, or
#: is what they differ in; is personal; was read otherwise than it is written.
Kind = Literal["for", "against", "place", "question", "same", "different", "personal", "undone"]
#: Characters of a text that are shown [ours].
MOST = 5_000
#: Spans of one text, the heaviest; nobody reads more [ours].
MOST_SPANS = 400
#: Log-odds below which what a word adds is not shown, a factor of 1.2, unless it is a third of what the heaviest word
#: adds [ours].
LEAST_ADDED = 0.2
_BEYOND = 200  # characters read behind what is shown, so that a number is not cut in two
_NAMES = 6  # of a place
_OTHERS = 5  # places that a name may mean too
_SAME = 0.6  # weight of the longest run that two texts share, below that of what differs [ours]

NameOf = Callable[[str], str]  # of a language, by its code


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` as it came. `weight`: 0 to 1, beside the heaviest of the same text. `why`, in words."""

    start: int
    end: int
    kind: Kind
    weight: float
    why: str

    @property
    def strength(self) -> int:
        """The weight in three steps: 1 light, 3 heavy."""
        return 1 + (self.weight >= 1 / 3) + (self.weight >= 2 / 3)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text that is one span, or none."""

    text: str
    span: Span | None

    @property
    def code(self) -> str:
        """What stands for a piece that cannot be seen, "U+200B"; "" for one that can."""
        hidden = not set(self.text) - INVISIBLE
        return " ".join(f"U+{ord(character):04X}" for character in self.text) if hidden else ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is shown of one text: its first MOST characters, and how many more there are. `spans`: in their order, none
    over another. `said`: what holds for the whole, in sentences."""

    text: str
    longer: int
    spans: tuple[Span, ...]
    said: tuple[str, ...]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The text cut at its spans; together they are the text again."""
        return tuple(_pieces(self.text, self.spans))

    @property
    def heaviest(self) -> tuple[Piece, ...]:
        """The spans that count most, the heaviest first; ten at most, each wording once."""
        ordered = sorted(self.spans, key=lambda one: (-one.weight, one.start))
        said = {(self.text[one.start : one.end], one.why): one for one in reversed(ordered)}
        return tuple(Piece(text, one) for (text, _), one in reversed(said.items()))[:10]


def _pieces(text: str, spans: Sequence[Span]) -> Iterator[Piece]:
    at = 0
    for span in spans:
        if at < span.start:
            yield Piece(text[at : span.start], None)
        yield Piece(text[span.start : span.end], span)
        at = span.end
    if at < len(text):
        yield Piece(text[at:], None)


def seen(text: str, spans: Iterable[Span] = (), said: Iterable[str] = ()) -> Seen:
    """The beginning of a text with what of the spans stands in it, made so that none lies over another."""
    shown = text[:MOST]
    longer = len(text) - len(shown)
    more = [f"The first {MOST:,} of {len(text):,} characters are shown; those behind them count too."] if longer else []
    inside = [replace(one, end=min(one.end, len(shown))) for one in spans if one.start < len(shown)]
    heaviest = sorted(inside, key=lambda one: (-one.weight, one.start))[:MOST_SPANS]
    return Seen(shown, longer, tuple(_apart(heaviest)), (*said, *more))


def _apart(spans: Sequence[Span]) -> Iterator[Span]:
    """In order. Where several meet there is one, of the heaviest one's kind, with what each of them says."""
    for begin, end in pairwise(sorted({edge for one in spans for edge in (one.start, one.end)})):
        over = [one for one in spans if one.start <= begin and end <= one.end]
        if over:
            top = max(over, key=lambda one: one.weight)
            why = "; ".join(dict.fromkeys(one.why for one in over))
            yield Span(begin, end, top.kind, top.weight, why)


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    """With the accents behind it that are characters of their own."""
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return start, end


def analysed(text: str, knowledge: Knowledge) -> dict[str, Any]:
    """What the chain says of one text: its columns, `chain.analyse`."""
    batch = pl.DataFrame({"id": [0], "text": [_sound(text)]}, schema={"id": pl.Int64, "text": pl.String})
    return analyse(batch, knowledge).row(0, named=True)


def judged_as(said: Mapping[str, Any]) -> str:
    """The language by which the chain judged what a text speaks of: one that nobody expects too, "" where unsure."""
    answers = said["language_answers"]
    return said["language"] or (answers[0] if len(answers) == 1 else "")


def _sound(text: str) -> str:
    """Half a surrogate pair is a question mark, as everywhere in the chain."""
    return text.encode(errors="replace").decode()


# --- a category ------------------------------------------------------------------------------------------------------


def of_label(text: str, model: Model, language: str, label: str, name_of: NameOf = str) -> Seen:
    """What each word adds to one of the model's labels: all its pieces together, a pair's half to each word, and all
    times that the text has it; in a long text that repeats itself no single time does much.

    `language`: the code by which the text is judged, "" where unsure. Nothing is marked where the model abstains.
    """
    text = _sound(text)
    found = reasons(model, text, language, label, most=4 * LONGEST)
    called = label.replace("_", " ")
    if found.probability is None or found.cut is None:
        unsure = f"in {name_of(language)}" if language else "where the language is unsure"
        return seen(text, said=[f"The model gives no answer about “{called}” {unsure}: it is not calibrated for it."])
    words = plain(text[:LONGEST]).words
    added = _added([(start, end) for _, start, end in words], [(one.start, one.end, one.adds) for one in found.pieces])
    totals: dict[str, float] = defaultdict(float)
    for (word, _, _), adds in zip(words, added, strict=True):
        totals[word] += adds
    times = Counter(word for word, _, _ in words)
    most = max(map(abs, totals.values()), default=0.0)
    spans = [
        Span(*_whole(text, start, end), "for" if adds > 0 else "against", abs(adds) / most, _odds(adds, times[word]))
        for word, start, end in words
        if abs(adds := totals[word]) >= min(LEAST_ADDED, most / 3) > 0
    ]
    judged = f", judged as {name_of(language)}" if language else ", judged without a language, which is unsure"
    not_now = "" if found.given else ": today it would not be"
    return seen(text, spans, [
        f"“{called}”: {_percent(found.probability)} sure{judged}. Suggested from {_percent(found.cut)} on{not_now}.",
        f"Without what its words add it would be {_percent(1 / (1 + exp(-found.all_texts)))}.",
    ])  # fmt: skip


def _added(words: Sequence[tuple[int, int]], pieces: Iterable[tuple[int, int, float]]) -> list[float]:
    """What the pieces of each word add up to; one that goes over several words counts for each of them alike."""
    starts = [start for start, _ in words]
    added = [0.0] * len(words)
    for start, end, adds in pieces:
        first = max(bisect_right(starts, start) - 1, 0)
        touched = []
        while first < len(words) and words[first][0] < end:
            touched += [first] if words[first][1] > start else []
            first += 1
        for word in touched:
            added[word] += adds / len(touched)
    return added


def _odds(adds: float, times: int) -> str:
    """Log-odds as what they do to the odds."""
    together = f", all {times} times together" if times > 1 else ""
    return (f"for: odds × {exp(adds):.1f}" if adds > 0 else f"against: odds ÷ {exp(-adds):.1f}") + together


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


# --- a place ---------------------------------------------------------------------------------------------------------


def of_place(text: str, gazetteer: Gazetteer, language: str, spot: Spot) -> Seen | None:
    """Where the text names this place, what the gazetteer has of it, and what speaks for it and what against. None if
    today's gazetteer does not find it there. `language`: of the text, "" where unsure."""
    texts = Texts.one(text)
    plain_, positions, _ = made_plain(texts)
    found = candidates(texts, plain_, positions, gazetteer, [language]).get(0, [])
    meant = [one for one in found if _where(one.spot) == _where(spot)]
    if not meant:
        return None
    spans = [Span(one.start, one.end, "question" if one.question else "place", one.score, one.reason) for one in meant]
    first = meant[0]
    named = {(one.start, one.end) for one in meant}
    others = [one for one in found if (one.start, one.end) in named and one not in meant]
    return seen(text, spans, [*_entry(first, gazetteer), *_may_be(first, others), *map(_capital, first.evidence)])


def _where(spot: Spot) -> tuple[float, float, int]:
    return spot.lon, spot.lat, int(spot.precision)


def _entry(found: Found, gazetteer: Gazetteer) -> Iterator[str]:
    yield f"“{found.text}” is {found.reason}."
    if found.entry >= 0:
        names = list(dict.fromkeys(gazetteer.entries[found.entry].names))
        others = [name for name in names if name != found.spot.name]
        also = f"; also called {', '.join(others[:_NAMES])}" if others else ""
        yield f"In the gazetteer: {_called(found.spot)}, known to {found.spot.radius_m:,} m{also}."


def _called(spot: Spot) -> str:
    return f"{spot.name} ({spot.pcode})" if spot.pcode else spot.name or "this point"


def _may_be(found: Found, others: Sequence[Found]) -> Iterator[str]:
    if others:
        yield f"It may be {', '.join(_called(one.spot) for one in others[:_OTHERS])} too."
    if found.reason.startswith(ALSO_A_WORD):
        yield f"Or “{found.text}” is the word, and no place is meant."


def _capital(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}."


# --- a report in nearly the same words -------------------------------------------------------------------------------


def of_near(one: str, other: str, names: Names) -> tuple[Seen, Seen]:
    """The words that two texts share, in the same order, and what differs between them; of each text. `names`: the
    places that are known, Gazetteer.by_name."""
    found = aligned(one, other, names)
    here = [_whole(one, start, end) for start, end in found.here]
    there = [_whole(other, start, end) for start, end in found.there]
    longest = max((count for _, _, count in found.same), default=1)
    mine = [_run(here, begin, count, longest) for begin, _, count in found.same]
    theirs = [_run(there, begin, count, longest) for _, begin, count in found.same]
    for difference, at, to in found.differs:
        turned = Difference(difference.kind, difference.other, difference.one)
        mine += _marked(difference, [(here[word], _word(one, here[word])) for word in at])
        theirs += _marked(turned, [(there[word], _word(other, there[word])) for word in to])
    shared = sum(count for _, _, count in found.same)
    said = [f"{shared} of the {len(here)} words here, and of the {len(there)} there, are the same in the same order."]
    said += [f"Not the same: {_differs(difference)}." for difference, _, _ in found.differs]
    if MOST_WORDS in (len(here), len(there)):
        said.append(f"Only the first {MOST_WORDS} words are compared.")
    return seen(one, mine, said), seen(other, theirs)


def _run(words: Sequence[tuple[int, int]], begin: int, count: int, longest: int) -> Span:
    why = f"{count} words in both" if count > 1 else "in both"
    return Span(words[begin][0], words[begin + count - 1][1], "same", _SAME * count / longest, why)


def _word(text: str, at: tuple[int, int]) -> str:
    return plain(text[slice(*at)]).text


def _marked(difference: Difference, words: Iterable[tuple[tuple[int, int], str]]) -> Iterator[Span]:
    """The words of a difference, heavier than what is the same."""
    differing = difference.one.split()
    for (start, end), word in words:
        if any(part in differing for part in word.split()):
            yield Span(start, end, "different", 1.0, _differs(difference))


def _differs(difference: Difference) -> str:
    return f"{difference.kind} “{difference.one or 'none'}” here, “{difference.other or 'none'}” there"


# --- what holds for the whole text -----------------------------------------------------------------------------------


def of_language(text: str, said: Mapping[str, Any], name_of: NameOf = str) -> Seen:
    """What it is written in, by `analysed`: a second language and the shares, or between which the detectors differ."""
    answers = [name_of(code) for code in said["language_answers"]]
    if said["language"]:
        second = f", {name_of(said['second_language'])}" if said["second_language"] else ""
        whole = f"{name_of(said['language'])} {_percent(said['language_share'])}{second}."
    elif len(answers) > 1:
        whole = f"Unsure: {' or '.join(answers)}. Two detectors do not agree."
    elif answers:
        whole = f"{answers[0]}, which is none of this operation's languages."
    else:
        whole = "Unsure: its words do not say enough."
    return seen(text, said=[whole])


def of_personal_data(text: str) -> Seen:
    """What of it is personal, and by what that is known."""
    found = [Span(one.start, one.end, "personal", 1.0, f"{one.kind}: {one.reason}") for one in spans_of(_near(text))]
    return seen(text, found)


def of_risk(text: str, risk: str) -> Seen:
    """The words that tell of a person at risk (`personal.RISKS`)."""
    return seen(text, [Span(start, end, "for", 1.0, risk) for start, end in risk_words(_near(text), risk)])


def of_undone(text: str) -> Seen:
    """What is read otherwise than it is written: hidden marks, letters of other scripts, words spelt out; and links,
    account names and half words, which are not read."""
    read = plain(_near(text))
    words = read.words
    return seen(
        text,
        (
            Span(start, end, "undone", 1.0, _undone(text, words, what, start, end))
            for what, start, end in read.undone[:MOST_SPANS]
        ),
    )


def _near(text: str) -> str:
    return text[: MOST + _BEYOND]


def _undone(text: str, words: Iterable[tuple[str, int, int]], what: Undone, start: int, end: int) -> str:
    if what == Undone.INVISIBLE:
        return f"an invisible character, U+{ord(text[start]):04X}"
    read = " ".join(word for word, begin, behind in words if begin < end and behind > start)
    return {
        Undone.LINK: "a link, not read", Undone.ACCOUNT: "an account's name, not read",
        Undone.CUT: "half a word at the end, not read", Undone.SPELT_OUT: f"letter by letter, read as “{read}”",
        Undone.LOOKALIKE: f"letters of two scripts, read as “{read}”",
    }[what]  # fmt: skip
