"""Rows counted, and numbers added up, by the values of some columns: libhxl's count, and a spreadsheet's pivot table.

Values that mean the same text are one (WASH and wash); the spelling that most rows have is shown. Groups stand in the
order of their texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from rapport.errors import Refused
from rapport.formats.hxl.cells import is_empty, normal, numbers, single_spaced, written
from rapport.formats.hxl.dates import dates
from rapport.formats.hxl.table import ROW, Column, Finding, Table, by_whole_column
from rapport.formats.hxl.tags import Pattern, Tag, parse_pattern, parse_tag
from rapport.formats.hxl.vocabulary import datatype

KINDS = ("count", "sum", "average", "min", "max", "concat")
_AGGREGATE = re.compile(r"\s*([a-zA-Z]+)\s*\(([^)]*)\)\s*(?:as\s+([^#]*)(#.+))?", re.IGNORECASE | re.DOTALL)
_SIZE = "size"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`kind`: one of KINDS. `pattern` None where rows are counted. `column`: what the result is called."""

    kind: str
    pattern: Pattern | None
    column: Column


def parse_aggregate(text: str) -> Aggregate:
    """`sum(#reached)`, `count() as Activities#meta+count`. Refused: bad_aggregate."""
    found = _AGGREGATE.fullmatch(text)
    kind = found[1].lower() if found else ""
    if not found or kind not in KINDS or (not found[2].strip() and kind != "count"):
        remedy = (
            f"{text[:60]!r} cannot be worked out: write count(), or {', '.join(KINDS[1:])} of a tag, as sum(#reached)."
        )
        raise Refused("bad_aggregate", remedy)
    pattern = parse_pattern(found[2]) if found[2].strip() else None
    tag = parse_tag(found[4]) if found[4] else Tag("#meta", (kind,))
    if tag is None:
        raise Refused("bad_aggregate", f"{found[4].strip()[:60]!r} is no hashtag for the result.")
    return Aggregate(kind, pattern, Column((found[3] or "").strip() or kind.capitalize(), tag))


COUNT = Aggregate("count", None, Column("Count", Tag("#meta", ("count",))))


def count(table: Table, patterns: Sequence[Pattern], aggregates: Sequence[Aggregate] = (COUNT,)) -> Table:
    """A row for each group: the first column of each pattern, then what was asked. Cells that cannot be added up are
    passed over, and counted in a notice; where there was nothing to add up, the cell is empty. Refused: no_column."""
    places = [table.needed(pattern)[0] for pattern in patterns]
    keys = [f"key {at}" for at in range(len(places))]
    work = [_Work(table, one, at) for at, one in enumerate(aggregates)]
    needed = sorted({str(place) for place in places} | {str(one.place) for one in work if one.place is not None})
    rows = table.rows.select(ROW, *needed)
    prepared = [expression for one in work for expression in one.prepared()]
    pairs = zip(keys, places, strict=True)
    spelt = (by_whole_column(place, single_spaced, pl.String()).alias(key) for key, place in pairs)
    raw = rows.with_columns(*prepared, *spelt)
    first = [part for one in work for part in one.first()]
    by_spelling = _grouped(raw, keys, [pl.len().alias(_SIZE), pl.col(ROW).min(), *first]).collect()
    plain = by_spelling.with_columns(normal(by_spelling[key]).alias(f"plain {key}") for key in keys)
    most = plain.sort([_SIZE, ROW], descending=[True, False])
    then = [pl.col(key).first() for key in keys] + [part for one in work for part in one.then()]
    groups = _grouped(most.lazy(), [f"plain {key}" for key in keys], then).collect()
    done = groups.sort([f"plain {key}" for key in keys]) if keys else groups
    cells = [*(done[key] for key in keys), *(one.result(done) for one in work)]
    columns = [*(table.columns[place] for place in places), *(one.asked.column for one in work)]
    made = pl.DataFrame({str(at): cell for at, cell in enumerate(cells)}).with_columns(pl.all().fill_null(""))
    result = replace(table, columns=tuple(columns), rows=made.lazy().with_row_index(ROW, 3), notices=table.notices)
    several = [pattern for pattern in patterns if len(table.places(pattern)) > 1]
    return result.noted(*(_several(table, pattern) for pattern in several), *_unusable(by_spelling, work))


def _grouped(rows: pl.LazyFrame, keys: Sequence[str], parts: Sequence[pl.Expr]) -> pl.LazyFrame:
    return rows.group_by(keys or pl.lit(0).alias("all"), maintain_order=True).agg(parts)


class _Work:
    """One aggregate in two steps: of rows that are spelt the same, then of those that mean the same."""

    def __init__(self, table: Table, asked: Aggregate, at: int) -> None:
        self.asked = asked
        self.place = table.needed(asked.pattern)[0] if asked.pattern and asked.kind != "count" else None
        self.column = table.columns[self.place] if self.place is not None else asked.column
        self._thousands = table.thousands
        kind = datatype(self.column.tag)
        self._is_number = asked.kind in {"sum", "average"} or (asked.kind in {"min", "max"} and kind == "number")
        self._is_date = not self._is_number and kind == "date"
        self._value, self._used, self._odd = f"value {at}", f"used {at}", f"odd {at}"

    def prepared(self) -> Iterator[pl.Expr]:
        if self.place is None:
            return
        if self._is_number:
            of = by_whole_column(self.place, lambda cells: numbers(cells, self._thousands), pl.Float64())
        elif self._is_date and self.asked.kind != "concat":
            of = by_whole_column(self.place, dates, pl.String())
        else:
            of = by_whole_column(self.place, _filled, pl.String())
        yield of.alias(self._value)
        if self.asked.kind != "concat":
            empty = by_whole_column(self.place, is_empty, pl.Boolean())
            yield (of.is_null() & ~empty).alias(self._odd)

    def first(self) -> Iterator[pl.Expr]:
        if self.place is None:
            return
        value = pl.col(self._value)
        yield {
            "sum": value.sum(), "average": value.sum(), "min": value.min(), "max": value.max(),
            "concat": value.drop_nulls().unique(maintain_order=True),
        }[self.asked.kind].alias(self._value)  # fmt: skip
        yield value.count().alias(self._used)
        if self.asked.kind != "concat":
            yield pl.col(self._odd).sum()

    def then(self) -> Iterator[pl.Expr]:
        if self.place is None:
            yield pl.col(_SIZE).sum().alias(self._value)
            return
        value = pl.col(self._value)
        yield {
            "sum": value.sum(), "average": value.sum(), "min": value.min(), "max": value.max(),
            "concat": value.list.explode(keep_nulls=False, empty_as_null=False).unique().sort(),
        }[self.asked.kind].alias(self._value)  # fmt: skip
        yield pl.col(self._used).sum()

    def result(self, done: pl.DataFrame) -> pl.Series:
        """As text; null where there was nothing to work with."""
        values = done[self._value]
        if self.place is None:
            return values.cast(pl.String)
        if self.asked.kind == "concat":
            return values.list.join("|")
        used = done[self._used].to_list()
        if not self._is_number:
            return values
        said = values.to_list()
        average = self.asked.kind == "average"
        return pl.Series(
            [written(value / n if average else value) if n else None for value, n in zip(said, used, strict=True)],
            dtype=pl.String,
        )

    def odd(self, by_spelling: pl.DataFrame) -> int:
        return int(by_spelling[self._odd].sum()) if self._odd in by_spelling.columns else 0


def _filled(cells: pl.Series) -> pl.Series:
    """Single spaces; null for nothing."""
    single = single_spaced(cells)
    return single.to_frame("c").select(pl.when(pl.col("c") != "").then("c")).to_series()


def _unusable(by_spelling: pl.DataFrame, work: Sequence[_Work]) -> Iterator[Finding]:
    for one in work:
        if cells := one.odd(by_spelling):
            text = f"{cells:,} cells are no {'dates' if one.asked.kind in {'min', 'max'} else 'numbers'}: passed over"
            yield Finding("warning", 0, one.column.name, "", text, "no_number")


def _several(table: Table, pattern: Pattern) -> Finding:
    places = table.places(pattern)
    text = f"{len(places)} columns fit {pattern}; the first is taken. Say more of the tag to mean another"
    return Finding("warning", 0, table.columns[places[0]].name, "", text, "several_columns")
