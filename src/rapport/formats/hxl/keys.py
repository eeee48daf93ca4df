"""Rows that are the same, and in which order they stand: key columns become small numbers, and rows compare those."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from rapport.formats.hxl.cells import coded, normal, numbers, written
from rapport.formats.hxl.dates import dates
from rapport.formats.hxl.table import Column
from rapport.formats.hxl.vocabulary import datatype

_ROOM = 2**63
Keys = Callable[[pl.Series], pl.Series]


def key_text(column: Column, thousands: str = "") -> Keys:
    """Of the cells of a column the texts that are equal where the cells mean the same. Numbers count as numbers only
    where the hashtag says that the column has them, dates only in #date: 007 is not 7 in a column of codes."""
    kind = datatype(column.tag)

    def keys(cells: pl.Series) -> pl.Series:
        plain = normal(cells)
        if kind == "text":
            return plain
        if kind == "date":
            return _first_of(dates(cells), plain)
        found = numbers(cells, thousands)
        return _first_of(pl.Series([written(one) or None for one in found.to_list()], dtype=pl.String), plain)

    return keys


def same(columns: Iterable[tuple[pl.Series, Keys]]) -> list[pl.Series]:
    """UInt64 columns by which rows are equal exactly where all keys are."""
    return _packed(_codes(cells, keys) for cells, keys in columns)


def ordered(columns: Iterable[tuple[pl.Series, Column]], thousands: str = "") -> list[pl.Series]:
    """UInt64 columns by which rows sort: numbers by size before texts by their letters; dates of #date by time."""
    return _packed(_ranks(cells, column, thousands) for cells, column in columns)


def _codes(cells: pl.Series, keys: Keys) -> tuple[pl.Series, int]:
    places, distinct = coded(cells)
    of_keys, different = coded(keys(distinct))
    return of_keys.gather(places), len(different)


def _ranks(cells: pl.Series, column: Column, thousands: str) -> tuple[pl.Series, int]:
    places, distinct = coded(cells)
    text = normal(distinct)
    if datatype(column.tag) == "date":
        frame = pl.DataFrame({"number": pl.Series([None] * len(distinct), dtype=pl.Float64),
                              "text": _first_of(dates(distinct), text)})  # fmt: skip
    else:
        number = numbers(distinct, thousands)
        rest = pl.when(pl.col("number").is_null()).then("text").otherwise(pl.lit(""))
        frame = pl.DataFrame({"number": number, "text": text}).with_columns(rest.alias("text"))
    group = frame.select(pl.struct(pl.col("number").is_null().alias("last"), "number", "text").rank("dense"))
    ranks = group.to_series().cast(pl.UInt32)
    return ranks.gather(places), int(str(ranks.max() or 0)) + 1


def _packed(codes: Iterable[tuple[pl.Series, int]]) -> list[pl.Series]:
    """As many codes in a number of 64 bits as have room there, the first the most significant: order is kept."""
    packed: list[pl.Series] = []
    room = 1
    for code, size in codes:
        wide = code.cast(pl.UInt64)
        if packed and room * size < _ROOM:
            packed[-1] = packed[-1] * size + wide
            room *= size
        else:
            packed.append(wide)
            room = size
    return [one.rename(f"key {at}") for at, one in enumerate(packed)]


def _first_of(first: pl.Series, other: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"first": first, "other": other})
    return frame.select(pl.coalesce("first", "other")).to_series()
