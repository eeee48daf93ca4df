"""Pure: what changed between two versions of a text, by words, for people to read.

The fewest words removed and added (E. Myers, An O(ND) Difference Algorithm and Its Variations, 1986).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from rapport.registry.letters import words

#: Words that are told one by one, and comparisons for that: beyond, all between the first and the last difference
#: counts as removed and added. Of versions of one text that is hardly ever so [ours: half a second].
MOST_WORDS, MOST_COMPARED = 1_000, 1_000_000

Kind = Literal["same", "removed", "added"]
_Said = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A piece of both texts, or of one: what is same and removed, joined, is the old text, same and added the new."""

    kind: Kind
    text: str


def changes(old: str, new: str) -> list[Change]:
    """What is the same, removed and added, in order; what was put for something else stands behind it."""
    before, after = words(old), words(new)
    head = _alike(zip(before, after, strict=False))
    tail = _alike(zip(reversed(before[head:]), reversed(after[head:]), strict=False))
    said: list[_Said] = [("same", word) for word in before[:head]]
    said += _compared(before[head : len(before) - tail], after[head : len(after) - tail])
    said += [("same", word) for word in before[len(before) - tail :]]
    return _readable(said)


def _alike(pairs: Iterable[tuple[str, str]]) -> int:
    """How many pairs at the beginning are equal."""
    count = 0
    for one, other in pairs:
        if one != other:
            break
        count += 1
    return count


def _compared(before: Sequence[str], after: Sequence[str]) -> list[_Said]:
    """The words of both. For no word changed, one, two …: how far one gets in `before` on each diagonal of the table of
    both texts, until one is at the end of both; then back along that way."""
    ways: list[list[int]] = []
    left = MOST_COMPARED
    while len(ways) <= MOST_WORDS and left > 0:
        reached: list[int] = []
        for turn in range(len(ways) + 1):
            at = begun = max(_steps(ways[-1], turn)) if ways else 0
            other = at - 2 * turn + len(ways)
            while at < len(before) and other < len(after) and before[at] == after[other]:
                at, other = at + 1, other + 1
            left -= at - begun + 1
            reached.append(at)
            if at >= len(before) and other >= len(after):
                return _way(before, after, [*ways, reached], turn)
        ways.append(reached)
    return [*(("removed", word) for word in before), *(("added", word) for word in after)]


def _steps(reached: Sequence[int], turn: int) -> tuple[int, int]:
    """How far one is in `before` by removing a word, or by adding one, after those that reached so far."""
    return reached[turn - 1] + 1 if turn else -1, reached[turn] if turn < len(reached) else -1


def _way(before: Sequence[str], after: Sequence[str], ways: Sequence[Sequence[int]], turn: int) -> list[_Said]:
    said: list[_Said] = []
    at = ways[-1][turn]
    for changed in range(len(ways) - 1, 0, -1):
        removing, adding = _steps(ways[changed - 1], turn)
        begun = max(removing, adding)
        said += [("same", word) for word in reversed(before[begun:at])]
        if adding >= removing:
            said.append(("added", after[begun - 2 * turn + changed - 1]))
            at = begun
        else:
            said.append(("removed", before[begun - 1]))
            at, turn = begun - 1, turn - 1
    said += [("same", word) for word in reversed(before[:at])]
    return said[::-1]


# --- for people to read --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Run:
    same: bool
    old: str
    new: str

    @property
    def replaces(self) -> bool:
        return not self.same and bool(self.old) and bool(self.new)


def _readable(said: Iterable[_Said]) -> list[Change]:
    """In runs, what was removed before what was added. A replacement and what follows with no word between are one."""
    runs: list[_Run] = []
    for same, some in groupby(said, key=lambda one: one[0] == "same"):
        run = _run(same, list(some))
        if not same and len(runs) > 1 and (run.replaces or runs[-2].replaces) and _is_gap(runs[-1].old):
            gap, first = runs.pop().old, runs.pop()
            run = _Run(False, first.old + gap + run.old, first.new + gap + run.new)
        runs.append(run)
    return [change for run in runs for change in _changes_of(run)]


def _run(same: bool, some: Sequence[_Said]) -> _Run:
    old, new = ("".join(word for kind, word in some if kind != other) for other in ("added", "removed"))
    return _Run(same, old, new)


def _is_gap(text: str) -> bool:
    return "\n" not in text and not any(letter.isalnum() for letter in text)


def _changes_of(run: _Run) -> Iterator[Change]:
    if run.same:
        yield Change("same", run.old)
        return
    if run.old:
        yield Change("removed", run.old)
    if run.new:
        yield Change("added", run.new)
