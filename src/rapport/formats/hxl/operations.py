"""Tables made of tables: some columns, some rows, no row twice, another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from rapport.formats.hxl.cells import is_empty, numbers
from rapport.formats.hxl.dates import both_ways, dates, order_of
from rapport.formats.hxl.keys import key_text, ordered, same
from rapport.formats.hxl.queries import Query, where
from rapport.formats.hxl.table import Finding, Table
from rapport.formats.hxl.tags import Pattern


def select(table: Table, patterns: Sequence[Pattern]) -> Table:
    """The columns that fit one of the patterns, in the order in which the table has them. Refused: no_column."""
    wanted = {place for pattern in patterns for place in table.needed(pattern)}
    return table.kept(sorted(wanted))


def cut(table: Table, patterns: Sequence[Pattern], *, untagged: bool = False) -> Table:
    """Without the columns that fit one of the patterns; `untagged`: without those that have no tag, too."""
    gone = {place for pattern in patterns for place in table.needed(pattern)}
    gone |= {at for at, column in enumerate(table.columns) if untagged and column.tag is None}
    return table.kept([at for at in range(len(table.columns)) if at not in gone])


def filter_rows(table: Table, all_of: Sequence[Sequence[Query]], *, reverse: bool = False) -> Table:
    """The rows that pass every list of queries: within a list one of them is enough. `reverse`: the others.

    Cells that a number or date was asked of and that hold none are counted in a notice."""
    passes = pl.all_horizontal([where(table, alternatives) for alternatives in all_of])
    kept = replace(table, rows=table.rows.filter(~passes if reverse else passes))
    asked = [query for alternatives in all_of for query in alternatives if query.operator not in {"is", "~"}]
    notices = [one for query in asked if query.kind != "text" for one in _odd_cells(table, query)]
    return kept.noted(*notices)


def dedup(table: Table, patterns: Sequence[Pattern] = ()) -> Table:
    """Of rows that are the same the first. Same are those whose cells mean the same, in the columns that fit one of the
    patterns, or in all of them. Refused: no_column."""
    wanted = {place for pattern in patterns for place in table.needed(pattern)}
    places = sorted(wanted) or range(len(table.columns))
    frame = table.rows.collect()
    keys = same((frame[str(place)], key_text(table.columns[place], table.thousands)) for place in places)
    first = pl.DataFrame(keys).select(pl.struct(pl.all()).is_first_distinct() if len(keys) > 1 else
                                      pl.all().is_first_distinct()).to_series()  # fmt: skip
    return replace(table, rows=frame.filter(first).lazy())


def sort(table: Table, patterns: Sequence[Pattern] = (), *, reverse: bool = False) -> Table:
    """By the first column of each pattern, or by all columns: numbers by size, then texts; dates by time. Rows that are
    equal keep their order. Refused: no_column."""
    places = [table.needed(pattern)[0] for pattern in patterns] or range(len(table.columns))
    frame = table.rows.collect()
    keys = ordered(((frame[str(place)], table.columns[place]) for place in places), table.thousands)
    by = pl.DataFrame(keys)
    order = by.select(pl.arg_sort_by(by.columns, descending=reverse, maintain_order=True)).to_series()
    # In one piece first: rows picked out of the many pieces that a large file is read in cost ten times as much.
    return replace(table, rows=frame.rechunk()[order].lazy())


def _odd_cells(table: Table, query: Query) -> list[Finding]:
    """How many cells hold no number, or no date, where one was asked for."""
    found = []
    for place in table.needed(query.pattern):
        cells = table.rows.select(str(place)).collect().to_series()
        values = dates(cells) if query.kind == "date" else numbers(cells, table.thousands)
        odd = values.is_null() & ~is_empty(cells)
        if count := int(odd.sum()):
            name, example = table.columns[place].name, str(cells.filter(odd)[0])
            text = f"{count:,} cells hold no {query.kind} and do not match{_why(cells, odd, query.kind)}; the first one"
            found.append(Finding("warning", 0, name, example, text, "no_match"))
    return found


def _why(cells: pl.Series, odd: pl.Series, kind: str) -> str:
    """For dates: that some read both ways, if so."""
    if kind != "date":
        return ""
    texts = cells.filter(odd).unique().to_list()
    return " (some read both ways: write them as 2025-01-31)" if both_ways(texts) and not order_of(texts) else ""
