"""Pure: how many independent sources speak. It needs no compiled code: pages ask it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rapport.text.differences import differences

#: Of wordings alike, so many are looked at for differences; a text alike more of them is one more of the same [ours].
_COMPARED = 5
#: Share of equal bins of two signatures from which wordings may be one: "possibly related" (text/groups.py).
_ALIKE = 0.35
_BINS = 64


@dataclass(frozen=True, slots=True)
class Voice:
    """A report as a source: its sender's pseudonym, its text, its signature as it is kept (b"" if it has none)."""

    sender: str
    text: str
    signature: bytes


def independent(voices: Sequence[Voice]) -> int:
    """How many independent sources speak: the most senders who each have a wording of their own.

    Ten messages of one sender are one source, and so are ten senders who pass on one message; who passes it on and
    says something else besides is another. Wordings count as one that may be related, which errs towards too few
    sources, unless one visibly differs from the other (text/differences.py).
    """
    wordings = _wordings(voices)
    offers: dict[str, set[int]] = defaultdict(set)
    for voice, wording in zip(voices, wordings, strict=True):
        offers[voice.sender].add(wording)
    held: dict[str, int] = {}
    return sum(_finds_one(sender, offers, held) for sender in sorted(offers))


def _wordings(voices: Sequence[Voice]) -> list[int]:
    """For each the index of the first that says the same."""
    rows = np.zeros((len(voices), _BINS), np.uint32)
    for index, voice in enumerate(voices):
        if voice.signature:
            rows[index] = np.frombuffer(voice.signature, np.uint32)
    firsts: list[int] = []
    found: list[int] = []
    for index, voice in enumerate(voices):
        alike: list[int] = []
        if voice.signature and firsts:
            agree = (rows[firsts] == rows[index]).mean(axis=1)
            alike = [firsts[at] for at in np.flatnonzero(agree >= _ALIKE).tolist()]
        same = next((one for one in alike[:_COMPARED] if not differences(voices[one].text, voice.text)), None)
        if same is None and len(alike) >= _COMPARED:
            same = alike[0]
        if same is None and voice.signature:
            firsts.append(index)
        found.append(index if same is None else same)
    return found


def _finds_one(sender: str, offers: Mapping[str, Collection[int]], held: dict[str, int]) -> bool:
    """Give the sender a wording; those who hold one already may take another of theirs instead (an augmenting path of
    a bipartite matching)."""
    holder = {wording: one for one, wording in held.items()}
    came_by: dict[int, str] = {}
    waiting = deque([sender])
    while waiting:
        one = waiting.popleft()
        for wording in sorted(offers[one]):
            if wording in came_by:
                continue
            came_by[wording] = one
            if wording in holder:
                waiting.append(holder[wording])
                continue
            passed: int | None = wording
            while passed is not None:
                taker = came_by[passed]
                before = held.get(taker)
                held[taker] = passed
                passed = before
            return True
    return False
