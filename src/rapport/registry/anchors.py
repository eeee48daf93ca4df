"""Pure: to which passage of a text a comment belongs, and where that passage stands in the text's next version.

After the TextQuoteSelector of the W3C Web Annotation Data Model: the quote, and up to 32 characters before and behind
it. Sought is the place that differs from these by the fewest letters, each that is other, missing or added being one
step (P. Sellers, The Theory and Computation of Evolutionary Distances, 1980). Offsets count code points.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Generic, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from rapport.errors import Refused
from rapport.operations.strict import LONGEST_TEXT
from rapport.registry.letters import edges, letters, plainer, whole

#: Characters of what stands before and behind a quote (as in the model's examples), and of a quote [ours].
CONTEXT, LONGEST_QUOTE = 32, 4_000
#: Of a passage so many letters may differ for it to be the same one, changed; of a short one fewer, for it is soon
#: like another [ours].
CHANGED_MOST, SHORT_CHANGED_MOST, SHORT = 0.4, 0.25, 24
#: So much of the surroundings must be those of before, and the more, the more the passage itself has changed; or, if it
#: is not short, so much of passage and surroundings together [ours].
AT_HOME, TOGETHER = 0.5, 0.25
#: Among other words it is the same only word for word, with so many letters, and once in either text [ours].
UNMISTAKABLE = 16
#: Steps that each letter costs which somebody put between a passage and its surroundings [ours].
_BETWEEN = 0.5
_STEP = 1 << 20  # more than a text has characters

How = Literal["exact", "moved", "changed"]
_Id = TypeVar("_Id", bound=Hashable)
_Numbers = npt.NDArray[np.int64]
_Halves = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Anchor:
    """`start`: where the quote stood; `times`: how often it did in the whole text, as whole words if it is such;
    `apart`: how many steps it was, with its surroundings, from the place that was most like them."""

    quote: str
    prefix: str
    suffix: str
    start: int
    times: int = 1
    apart: int = LONGEST_QUOTE + 2 * CONTEXT


@dataclass(frozen=True, slots=True)
class Found:
    """Where the passage stands now. `exact`: word for word where it was; `moved`: word for word among other words;
    `changed`: where it was, in other words."""

    start: int
    end: int
    how: How


@dataclass(frozen=True, slots=True)
class Segment(Generic[_Id]):
    """A piece of a text, and whose passages it is part of."""

    text: str
    of: frozenset[_Id]


# --- a passage becomes an anchor -----------------------------------------------------------------------------------


def anchored(text: str, start: int, end: int) -> Anchor:
    """An anchor of the passage from `start` to before `end`, widened to whole letters. Refused for a passage that is
    empty, too long or not there."""
    if not 0 <= start < end <= len(text) <= LONGEST_TEXT:
        raise Refused("no_passage", f"Mark some words of the text, which has {len(text):,} characters.", field="quote")
    start, end = whole(text, start, end)
    if end - start > LONGEST_QUOTE:
        raise Refused("long_passage", f"A passage has at most {LONGEST_QUOTE:,} characters.", field="quote")
    quote = text[start:end]
    before, behind = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
    anchor = Anchor(quote, before, behind, start)
    places = _places(anchor, text)
    others = (places.steps + places.around)[(places.ends <= start) | (places.begins >= end)]
    apart = min(anchor.apart, int(others.min())) if len(others) else anchor.apart
    return replace(anchor, times=int((places.steps == 0).sum()), apart=apart)


def anchored_quote(text: str, quote: str, nth: int | None = None) -> Anchor:
    """The same of a passage that somebody pasted: white space, what is invisible, quotation marks and dashes may be
    others. Refused where it is not there, or more than once and `nth`, from 1, does not say which is meant."""
    (plain, positions), wanted = plainer(text), plainer(quote[: LONGEST_TEXT + 1])[0].strip()
    parts = [(positions[at], positions[at + len(wanted) - 1] + 1) for at in _occurrences(plain, wanted)]
    borders = {*letters(text), len(text)}
    places = [part for part in parts if borders.issuperset(part)]
    if not places:
        raise Refused("no_passage", "These words do not stand in the text; copy them from it.", field="quote")
    if nth is None and len(places) > 1:
        said = f"These words stand there {len(places)} times: say which you mean, or copy more of them."
        raise Refused("which_passage", said, field="quote")
    which = 1 if nth is None else nth
    if not 1 <= which <= len(places):
        said = f"These words stand there {len(places)} times: write a number from 1 to {len(places)}."
        raise Refused("which_passage", said, field="nth")
    return anchored(text, *places[which - 1])


def _occurrences(text: str, quote: str) -> list[int]:
    """Where the quote stands, also where two of them overlap."""
    places: list[int] = []
    at = text.find(quote) if quote else -1
    while at >= 0:
        places.append(at)
        at = text.find(quote, at + 1)
    return places


# --- an anchor finds its passage -----------------------------------------------------------------------------------


def found(anchor: Anchor, text: str) -> Found | None:
    """Where the passage stands in this version of the text; None if it is gone. Of several places the one that is most
    like quote and surroundings, then the nearest to where it stood. ValueError for a text or quote that is too long."""
    if len(text) > LONGEST_TEXT or not 0 < len(anchor.quote) <= LONGEST_QUOTE:
        raise ValueError("the text or the quote is too long")
    in_place = _occurrences(text, f"{anchor.prefix}{anchor.quote}{anchor.suffix}")
    if len(in_place) == 1 and anchor.prefix and anchor.suffix and anchor.apart:
        start = in_place[0] + len(anchor.prefix)
        return Found(start, start + len(anchor.quote), "exact")
    return _where_it_was(anchor, text) or _elsewhere(anchor, text)


def _where_it_was(anchor: Anchor, text: str) -> Found | None:
    """The place that differs least, if quote and surroundings are like enough. Unless it has the words that stood there
    once, it must be nearer than half of what lay between the passage and the place most like it: else it may be that
    other one, and the passage gone. Where the two were the same, nothing may differ and none may be gone."""
    size, wide = len(anchor.quote), len(anchor.prefix) + len(anchor.suffix)
    places = _places(anchor, text)
    together = places.steps + places.around
    alike = places.steps <= size * (SHORT_CHANGED_MOST if size < SHORT else CHANGED_MOST)
    at_home = places.around <= wide * (1 - AT_HOME) * (1 - places.steps / size)
    if size >= SHORT:
        at_home |= together <= (1 - TOGETHER) * (size + wide)
    certain = 2 * together < max(anchor.apart, 1)
    if anchor.times == 1:
        certain |= places.steps == 0
    fits = np.flatnonzero(alike & at_home & certain)
    if not len(fits) or (not anchor.apart and (places.steps == 0).sum() < anchor.times):
        return None
    best = fits[together[fits] == together[fits].min()]
    at = best[np.argmin(np.abs(places.begins[best] - anchor.start))]
    verbatim: How = "exact" if places.around[at] <= wide * (1 - AT_HOME) else "moved"
    return Found(int(places.begins[at]), int(places.ends[at]), "changed" if places.steps[at] else verbatim)


def _elsewhere(anchor: Anchor, text: str) -> Found | None:
    places = _occurrences(text, anchor.quote)
    if len(places) != 1 or anchor.times != 1 or len(anchor.quote) < UNMISTAKABLE:
        return None
    part = places[0], places[0] + len(anchor.quote)
    return Found(*part, "moved") if whole(text, *part) == part else None


# --- how far each place of a text is from an anchor ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Places:
    """Pieces of a text, one for each place where one can end: how many steps it is from the quote, and how many what
    is around it is from the quote's surroundings."""

    begins: _Numbers
    ends: _Numbers
    steps: _Numbers
    around: _Halves


def _places(anchor: Anchor, text: str) -> _Places:
    steps, starts = _nearest(anchor.quote, text)
    around = _beside(_nearest(anchor.prefix, text)[0])[starts]
    around += _beside(_nearest(anchor.suffix[::-1], text[::-1])[0])[::-1]
    begins, ends = _widened(anchor, text, starts)
    return _Places(begins, ends, steps + (starts - begins) + (ends - np.arange(len(text) + 1)), around)


def _widened(anchor: Anchor, text: str, starts: _Numbers) -> tuple[_Numbers, _Numbers]:
    """Each piece widened to whole words on the side where the quote ends with one, else to whole letters."""
    first, last = len(anchor.prefix), len(anchor.prefix) + len(anchor.quote)
    between = set(edges(f"{anchor.prefix}{anchor.quote}{anchor.suffix}"))
    by_words, by_letters = np.array(edges(text)), np.array([*letters(text), len(text)])
    left, right = (by_words if at in between else by_letters for at in (first, last))
    begins = left[np.searchsorted(left, starts, "right") - 1]
    return begins, right[np.searchsorted(right, np.arange(len(text) + 1))]


def _nearest(wanted: str, text: str) -> tuple[_Numbers, _Numbers]:
    """For each place in the text, its end too: the fewest steps from `wanted` to a piece that ends there, and where
    that piece begins, the latest if there are several. A row of Sellers' table for each letter wanted; one number holds
    steps and beginning, so that the smaller is the better."""
    signs, at = _signs(text), np.arange(len(text) + 1)
    ways, across = len(text) - at, at * _STEP
    for sign in _signs(wanted):
        row = ways + _STEP  # without this letter
        np.minimum(row[1:], ways[:-1] + (signs != sign) * _STEP, out=row[1:])  # or another for it
        ways = np.minimum.accumulate(row - across) + across  # or with letters of the text between
    return ways // _STEP, len(text) - ways % _STEP


def _signs(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _beside(steps: _Numbers) -> _Halves:
    """The steps to what stands right before each place, or before what somebody put in between."""
    cost = np.arange(len(steps)) * _BETWEEN
    best: _Halves = np.minimum.accumulate(steps - cost) + cost
    return best


# --- the passages of many comments in one text ---------------------------------------------------------------------


def marked(text: str, founds: Mapping[_Id, Found]) -> list[Segment[_Id]]:
    """The text in pieces, each with the ids of all whose passages it is part of: joined they are the text."""
    places = sorted({0, len(text), *(at for one in founds.values() for at in (one.start, one.end))})
    opening: dict[int, list[_Id]] = {}
    closing: dict[int, list[_Id]] = {}
    for key, one in founds.items():
        opening.setdefault(one.start, []).append(key)
        closing.setdefault(one.end, []).append(key)
    made: list[Segment[_Id]] = []
    now: set[_Id] = set()
    for start, end in pairwise(places):
        now.difference_update(closing.get(start, ()))
        now.update(opening.get(start, ()))
        made.append(Segment(text[start:end], frozenset(now)))
    return made
