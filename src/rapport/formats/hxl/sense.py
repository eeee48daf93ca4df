"""What hashtags mean, held against the table: figures that cannot all be right, and coordinates that lie nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import polars as pl

from rapport.formats.hxl.cells import numbers
from rapport.formats.hxl.checks import Failed, always
from rapport.formats.hxl.schema import Rule
from rapport.formats.hxl.table import Table
from rapport.formats.hxl.tags import Pattern, parse_pattern

#: Each is at most the next, of the same people: with the same attributes.
_NESTED = ("#reached", "#targeted", "#inneed", "#affected", "#population")
_FIGURES = parse_pattern("#*-code-id-name-type-text-unit")
_DEGREES = {"lat": 90, "lon": 180}


def senseless(table: Table, frame: pl.DataFrame) -> Iterator[tuple[Rule, int, Failed]]:
    """Warnings: (rule, the column, the cells)."""
    yield from _more_than_there_are(table, frame)
    yield from _beyond_the_globe(table, frame)


def _more_than_there_are(table: Table, frame: pl.DataFrame) -> Iterator[tuple[Rule, int, Failed]]:
    scopes: dict[frozenset[str], dict[str, int]] = {}
    for at, column in enumerate(table.columns):
        tag = column.tag
        if tag and tag.hashtag in _NESTED and _FIGURES.matches(tag):
            scopes.setdefault(frozenset(tag.attributes), {}).setdefault(tag.hashtag, at)
    for there in scopes.values():
        for smaller, larger in pairwise(name for name in _NESTED if name in there):
            mine, others = there[smaller], there[larger]
            more = numbers(frame[str(mine)], table.thousands) > numbers(frame[str(others)], table.thousands)
            text = f"is more than {table.columns[others].name} in the same row: one of the two is wrong"
            yield _rule(smaller, "figures"), mine, Failed(more.fill_null(False), always(text))


def _beyond_the_globe(table: Table, frame: pl.DataFrame) -> Iterator[tuple[Rule, int, Failed]]:
    for name, most in _DEGREES.items():
        for place in table.places(parse_pattern(f"#geo+{name}")):
            beyond = numbers(frame[str(place)], table.thousands).abs() > most
            text = f"is no {'latitude' if name == 'lat' else 'longitude'}: it lies between -{most} and {most} degrees"
            yield _rule("#geo", "coordinates"), place, Failed(beyond.fill_null(False), always(text))


def _rule(hashtag: str, name: str) -> Rule:
    return Rule(Pattern(hashtag), "warning", name=name)
