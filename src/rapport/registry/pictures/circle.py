"""Pure: an order around a circle in which few lines cross (circular sifting, M. Baur and U. Brandes, Crossing Reduction
in Circular Layouts, 2004), and the places for it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

_ROUNDS = 3  # forty parties that all talk to each other take 0.05 s [measured]

Ties = Mapping[str, frozenset[str]]


def ordered(names: Sequence[str], pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The names around the circle, the first of those given first; the same for the same names and pairs."""
    ties = _ties(names, pairs)
    found = list(names)
    for _ in range(_ROUNDS):
        before = found
        for name in names:
            found = _sifted(found, name, ties)
        if found == before:
            break
    start = found.index(names[0]) if names else 0
    return found[start:] + found[:start]


def _ties(names: Sequence[str], pairs: Iterable[tuple[str, str]]) -> Ties:
    ties: dict[str, set[str]] = {name: set() for name in names}
    for one, other in pairs:
        ties[one].add(other)
        ties[other].add(one)
    return {name: frozenset(others) for name, others in ties.items()}


def _sifted(names: list[str], name: str, ties: Ties) -> list[str]:
    """With that name where its lines cross fewest others: it walks once around, past one neighbour at a time."""
    rest = [one for one in names if one != name]
    place = {one: number for number, one in enumerate(rest)}
    start = names.index(name)
    change, best, least = 0, start, 0
    for step in range(len(rest)):
        passed = (start + step) % len(rest) if rest else 0
        change += _passing(ties[name] - {rest[passed]}, ties[rest[passed]] - {name}, place, passed)
        if change < least:
            best, least = passed + 1, change
    return names if least == 0 else [*rest[:best], name, *rest[best:]]


def _passing(own: frozenset[str], others: frozenset[str], place: Mapping[str, int], passed: int) -> int:
    """How many crossings there are more when one walks past another, of the lines of the two."""
    after = sorted((place[one] - passed) % len(place) for one in own)
    more = 0
    for other in others:
        rank = (place[other] - passed) % len(place)
        before, upto = bisect_left(after, rank), bisect_right(after, rank)
        more += (len(after) - upto) - before
    return more


def spots(count: int) -> list[tuple[float, float]]:
    """Places on a circle of radius 1, from the top right clockwise, x and y from -1 to 1. Those of one side stand
    evenly below each other, so that a text beside each has the same room however many they are."""
    right = -(-count // 2)
    left = count - right
    return [_spot(1, row, right) for row in range(right)] + [_spot(-1, row, left) for row in reversed(range(left))]


def _spot(side: int, row: int, rows: int) -> tuple[float, float]:
    down = (2 * row + 1) / rows - 1
    return side * math.sqrt(1 - down * down), down
