"""Pure: who talks to whom, as each side says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapport.registry.model import Dialogue, Source


@dataclass(frozen=True, slots=True)
class Pair:
    """Two that talk to each other, by name in alphabetical order. `said_by`: which of them name the other; `track`: 1
    where any source says so, else "" for not known."""

    one: str
    other: str
    said_by: frozenset[str]
    track: str
    entries: tuple[Dialogue, ...]

    @property
    def reciprocated(self) -> bool:
        return len(self.said_by) == 2

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(dict.fromkeys(source for entry in self.entries for source in entry.sources))


def pairs(dialogues: Iterable[Dialogue]) -> list[Pair]:
    """The distinct pairs, in alphabetical order. A dialogue that only one side names is not thereby one that the other
    denies: its row may be missing."""
    found: dict[tuple[str, str], list[Dialogue]] = {}
    for entry in dialogues:
        one, other = sorted((entry.of, entry.to))
        found.setdefault((one, other), []).append(entry)
    return [
        Pair(
            one,
            other,
            frozenset(entry.of for entry in entries),
            next((entry.track for entry in entries if entry.track), ""),
            tuple(entries),
        )
        for (one, other), entries in sorted(found.items())
    ]
