"""Columns of another table, put beside the rows that have the same keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from rapport.formats.hxl.cells import is_empty, normal
from rapport.formats.hxl.table import ROW, Finding, Table, by_whole_column, names
from rapport.formats.hxl.tags import Pattern


def merge(
    table: Table,
    other: Table,
    keys: Sequence[Pattern],
    tags: Sequence[Pattern],
    *,
    into: bool = False,
    overwrite: bool = False,
) -> Table:
    """`table` with the columns of `other` that fit `tags`, where all keys mean the same text; of several rows with the
    same keys the last counts (libhxl's rule), and that is told.

    `into`: fill the first column of `table` that fits the tag, where it is empty; with `overwrite` everywhere.
    Refused: no_column, in either table.
    """
    mine = [table.needed(key)[0] for key in keys]
    theirs = [other.needed(key)[0] for key in keys]
    brought = [(tag, place) for tag in tags for place in other.needed(tag)]
    by = [f"key {at}" for at in range(len(keys))]
    right = other.rows.select(
        *(by_whole_column(place, normal, pl.String()).alias(key) for key, place in zip(by, theirs, strict=True)),
        *(pl.col(str(place)).alias(f"brought {at}") for at, (_, place) in enumerate(brought)),
    ).collect()
    last = right.unique(by, keep="last", maintain_order=True)
    left = table.rows.with_columns(
        by_whole_column(place, normal, pl.String()).alias(key) for key, place in zip(by, mine, strict=True)
    )
    joined = left.join(last.lazy(), on=by, how="left", maintain_order="left")
    columns, cells = list(table.columns), {name: pl.col(name) for name in names(len(table.columns))}
    filled: set[int] = set()
    for at, (tag, place) in enumerate(brought):
        new = pl.col(f"brought {at}")
        there = [one for one in table.places(tag) if one not in filled] if into else []
        if there:
            filled.add(there[0])
            cells[str(there[0])] = _filled_in(there[0], new, overwrite)
        else:
            cells[str(len(columns))] = new.fill_null("").alias(str(len(columns)))
            columns.append(other.columns[place])
    made = replace(table, columns=tuple(columns), rows=joined.select(ROW, *cells.values()))
    return made.noted(*_doubled(right, last, other, theirs))


def _filled_in(place: int, new: pl.Expr, overwrite: bool) -> pl.Expr:
    name = str(place)
    takes = new.is_not_null()
    if not overwrite:
        takes &= by_whole_column(place, is_empty, pl.Boolean())
    return pl.when(takes).then(new).otherwise(pl.col(name)).alias(name)


def _doubled(right: pl.DataFrame, last: pl.DataFrame, other: Table, theirs: Sequence[int]) -> list[Finding]:
    if right.height == last.height:
        return []
    tags = ", ".join(other.columns[place].name for place in theirs)
    text = f"{right.height - last.height:,} rows of the other table have the keys of a later row, which is taken"
    return [Finding("warning", 0, tags, "", text, "same_keys")]
