"""Columns of another table, put beside the rows that have the same keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from rapport.formats.hxl.cells import is_empty, normal, spread
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
    last, doubled = _last_rows(other, theirs)
    frame = table.rows.collect()
    found = _found([frame[str(place)] for place in mine], last)
    columns, cells = list(table.columns), {name: pl.col(name) for name in names(len(table.columns))}
    filled: set[int] = set()
    for tag, place in brought:
        new = last[str(place)].gather(found)
        there = [one for one in table.places(tag) if one not in filled] if into else []
        if there:
            filled.add(there[0])
            cells[str(there[0])] = _filled_in(there[0], new, overwrite)
        else:
            cells[str(len(columns))] = pl.lit(new.fill_null("")).alias(str(len(columns)))
            columns.append(other.columns[place])
    made = replace(table, columns=tuple(columns), rows=frame.lazy().select(ROW, *cells.values()))
    return made.noted(*_doubled(doubled, other, theirs))


def _last_rows(other: Table, theirs: Sequence[int]) -> tuple[pl.DataFrame, int]:
    """The rows of the other table with their keys, of those with the same keys the last; and how many went."""
    frame = other.rows.collect()
    keys = [normal(frame[str(place)]).alias(f"key {at}") for at, place in enumerate(theirs)]
    keyed = frame.with_columns(keys)
    last = keyed.unique([key.name for key in keys], keep="last", maintain_order=True)
    return last, keyed.height - last.height


def _found(keys: Sequence[pl.Series], last: pl.DataFrame) -> pl.Series:
    """For each row which of the last rows has its keys; null for none."""
    by = [f"key {at}" for at in range(len(keys))]
    right = last.select(*by, pl.int_range(pl.len(), dtype=pl.UInt32).alias("at"))

    def joined(*cells: pl.Series) -> pl.Series:
        left = pl.DataFrame({name: normal(one) for name, one in zip(by, cells, strict=True)})
        return left.join(right, on=by, how="left", maintain_order="left")["at"]

    return spread(keys[0], joined) if len(keys) == 1 else joined(*keys)


def _filled_in(place: int, new: pl.Series, overwrite: bool) -> pl.Expr:
    takes = pl.lit(new.is_not_null())
    if not overwrite:
        takes &= by_whole_column(place, is_empty, pl.Boolean())
    return pl.when(takes).then(pl.lit(new)).otherwise(pl.col(str(place))).alias(str(place))


def _doubled(count: int, other: Table, theirs: Sequence[int]) -> list[Finding]:
    if not count:
        return []
    tags = ", ".join(other.columns[place].name for place in theirs)
    text = f"{count:,} rows of the other table have the keys of a later row, which is taken"
    return [Finding("warning", 0, tags, "", text, "same_keys")]
