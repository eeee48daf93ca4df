"""Pure: labels that are nearly the same, as suggestions: a person looks at them, and nothing is done about them.

Compared are labels that share three letters in a row which not too many have, those that share most first; so the time
has an end, whatever stands in the listings.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

from rapport.registry.crosswalk.matching import Group, Matching
from rapport.registry.crosswalk.model import Member

#: As difflib counts it, of the words as they stand or in alphabetical order [ours].
NEAR = 0.8
#: Suggestions for one label; labels it is compared with; characters compared of each [ours].
MOST_FOR_ONE, MOST_PARTNERS, COMPARED = 3, 10, 120
#: Letters of one label by letters of the other, of all pairs together [ours: 37,000 pairs of usual labels].
MOST_WORK = 15_000_000
#: Three letters that more labels have say nothing [ours].
_COMMON = 64
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Label:
    """A label that a group has, as it is compared, and one of its items."""

    whole: str
    member: Member
    at: int
    group: Group

    @property
    def text(self) -> str:
        return self.whole[:COMPARED]

    @property
    def ordered(self) -> str:
        return " ".join(sorted(self.text.split()))

    def fits(self, other: _Label) -> bool:
        """What is called the same but for a number is something else: `level 1`. What is called just the same, and was
        not put together, is told already."""
        return (
            self.whole != other.whole
            and self.group.slugs.isdisjoint(other.group.slugs)
            and _NUMBER.findall(self.whole) == _NUMBER.findall(other.whole)
        )


def near(matching: Matching, listings: int) -> tuple[list[tuple[int, int, float]], int]:
    """Pairs of items with their score, the best first, and how many pairs were left out. Of `listings` listings, those
    items are looked at that some have not."""
    labels = sorted(_labels(matching, listings), key=lambda one: (one.whole, one.member.slug, one.member.item.row))
    pairs = sorted(_pairs(labels), key=lambda pair: (-pair[0], pair[1:]))
    work = accumulate(len(labels[one].text) * len(labels[other].text) for _, one, other in pairs)
    pairs_compared = pairs[: sum(so_far <= MOST_WORK for so_far in work)]
    scored = [(_score(labels[one], labels[other]), one, other) for _, one, other in pairs_compared]
    kept: list[tuple[int, int, float]] = []
    times: Counter[int] = Counter()
    for score, one, other in sorted(scored, key=lambda pair: (-pair[0], pair[1:])):
        if score >= NEAR and max(times[one], times[other]) < MOST_FOR_ONE:
            times.update((one, other))
            kept.append((labels[one].at, labels[other].at, round(score, 2)))
    return kept, len(pairs) - len(scored)


def _labels(matching: Matching, listings: int) -> Iterator[_Label]:
    """Each label of a group once, with the first of its items by slug and row: in any order of the listings."""
    for group in matching.groups():
        if len(group.slugs) < listings:
            some = [_Label(matching.labels[at], matching.members[at], at, group) for at in group.items]
            some.sort(key=lambda one: (one.member.slug, one.member.item.row), reverse=True)
            yield from {one.whole: one for one in some}.values()


def _pairs(labels: Sequence[_Label]) -> Iterator[tuple[int, int, int]]:
    """How many threes of letters two labels share, and which two; of each label its best partners behind it."""
    having: dict[str, list[int]] = {}
    threes = [_threes(one.text) for one in labels]
    for at, some in enumerate(threes):
        for three in some:
            having.setdefault(three, []).append(at)
    for at, some in enumerate(threes):
        shared = Counter(
            other for three in some if len(having[three]) <= _COMMON for other in having[three] if other > at
        )
        fitting = ((count, -other) for other, count in shared.items() if labels[at].fits(labels[other]))
        for count, other in heapq.nlargest(MOST_PARTNERS, fitting):
            yield count, at, -other


def _threes(text: str) -> frozenset[str]:
    padded = f" {text} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))


def _score(one: _Label, other: _Label) -> float:
    pairs = {(one.text, other.text), (one.ordered, other.ordered)}
    return max(_ratio(*sorted(pair)) for pair in pairs)


def _ratio(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= NEAR and matcher.quick_ratio() >= NEAR else 0
