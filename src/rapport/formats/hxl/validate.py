"""A table held to a schema, and to what its hashtags mean: every fault with its row, column, value and remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from rapport.formats.hxl.cells import coded, is_empty, normal, spread
from rapport.formats.hxl.checks import Failed, Say, always, of_cells, of_columns
from rapport.formats.hxl.keys import key_text, same
from rapport.formats.hxl.schema import Rule, built_in
from rapport.formats.hxl.sense import senseless
from rapport.formats.hxl.table import ROW, Finding, Severity, Table
from rapport.formats.hxl.tags import Pattern

#: Findings of one check in one column that are written out; all of them are counted.
LISTED = 1_000
_LISTED_MOST = 100_000  # over all rules and columns


@dataclass(frozen=True, slots=True)
class Report:
    """`counts` of all faults; `findings` are those that are written out, in the order of their rows."""

    rows: int
    findings: tuple[Finding, ...]
    counts: Mapping[Severity, int]
    by_pattern: Mapping[str, int]  # all faults again, by the tag pattern of their rule

    @property
    def is_valid(self) -> bool:
        return not self.counts.get("error")

    @property
    def unlisted(self) -> int:
        return sum(self.counts.values()) - len(self.findings)


def validate(table: Table, rules: Sequence[Rule] | None = None, *, sense: bool = True) -> Report:
    """`rules` None: the built-in ones. `sense`: also what the hashtags mean (sense.py)."""
    frame = table.rows.collect()
    counts: Counter[Severity] = Counter()
    found: list[Finding] = []
    patterns: Counter[str] = Counter()
    for rule, count, findings in _faults(table, frame, built_in() if rules is None else rules, sense):
        counts[rule.severity] += count
        patterns[str(rule.pattern)] += count
        found += findings[: _LISTED_MOST - len(found)]
    found.sort(key=lambda one: one.row)
    return Report(frame.height, tuple(found), +counts, +patterns)


_Fault = tuple[Rule, int, list[Finding]]
_Faults = Iterator[_Fault]


def _faults(table: Table, frame: pl.DataFrame, rules: Sequence[Rule], sense: bool) -> _Faults:
    columns = _Columns(table, frame)
    for rule in rules:
        places = table.places(rule.pattern)
        yield from _required(table, frame, rule, places)
        for place in places:
            for failed in columns.failed(rule, place):
                yield _of_column(table, frame, rule, place, failed)
        if rule.unique and places:
            yield from _unique(table, frame, rule, places)
        if rule.key is not None:
            yield from _whole_rows(table, frame, rule, rule.key)
        if rule.correlation:
            yield from _correlated(table, frame, rule, places)
    if sense:
        for rule, place, failed in senseless(table, frame):
            yield _of_column(table, frame, rule, place, failed)


class _Columns:
    """The columns of a table, each taken apart once into its different cells: most rules need to see only these."""

    def __init__(self, table: Table, frame: pl.DataFrame) -> None:
        self._table, self._frame = table, frame
        self._coded: dict[int, tuple[pl.Series, pl.Series]] = {}

    def failed(self, rule: Rule, place: int) -> Iterator[Failed]:
        """Empty cells fail none of the checks."""
        column, cells = self._table.columns[place], self._frame[str(place)]
        if place not in self._coded:
            self._coded[place] = coded(cells)
        places, distinct = self._coded[place]
        for one in of_cells(rule, column, distinct, self._table.thousands):
            failed = one.cells.fill_null(False) & ~is_empty(distinct)
            if failed.any():
                yield Failed(failed.gather(places), one.say)
        for one in of_columns(rule, column, cells, self._table.thousands):
            yield Failed(one.cells.fill_null(False) & ~spread(cells, is_empty), one.say)


def _of_column(table: Table, frame: pl.DataFrame, rule: Rule, place: int, failed: Failed) -> _Fault:
    rows = failed.cells.arg_true()
    some = rows.head(LISTED)
    values = frame[str(place)].gather(some).to_list()
    numbers = frame[ROW].gather(some).to_list()
    name = table.columns[place].name
    findings = [
        Finding(rule.severity, row, name, value, _text(rule, failed.say(value)), rule.name)
        for row, value in zip(numbers, values, strict=True)
    ]
    return rule, len(rows), findings


def _text(rule: Rule, said: str) -> str:
    return said if not rule.description or rule.description in said else f"{said} ({rule.description})"


def _of_rows(frame: pl.DataFrame, rule: Rule, failed: pl.Series, column: str, text: str) -> _Fault:
    rows = failed.arg_true()
    numbers = frame[ROW].gather(rows.head(LISTED)).to_list()
    findings = [Finding(rule.severity, row, column, "", _text(rule, text), rule.name) for row in numbers]
    return rule, len(rows), findings


# --- rows as a whole -----------------------------------------------------------------------------------------------


def _required(table: Table, frame: pl.DataFrame, rule: Rule, places: Sequence[int]) -> _Faults:
    """Too few columns are one fault of the table; else each row must have so many filled cells."""
    least, most = rule.least, rule.most
    if least is not None and len(places) < least:
        there = f"there {'is' if len(places) == 1 else 'are'} {len(places) or 'none'}"
        text = _text(
            rule, f"at least {least} columns must fit {rule.pattern}, {there}: add them, or mend their hashtags"
        )
        yield rule, 1, [Finding(rule.severity, 0, str(rule.pattern), "", text, rule.name)]
        return
    if (least is None and most is None) or not places:
        return
    filled = sum((~spread(frame[str(place)], is_empty)).cast(pl.UInt32) for place in places)
    if not isinstance(filled, pl.Series):
        return
    column = table.columns[places[0]].name if len(places) == 1 else str(rule.pattern)
    if least is not None:
        text = "must not be empty" if len(places) == 1 else f"at least {least} of {len(places)} cells must be filled"
        yield _of_rows(frame, rule, filled < least, column, text)
    if most is not None:
        yield _of_rows(frame, rule, filled > most, column, f"at most {most} of {len(places)} cells may be filled")


def _unique(table: Table, frame: pl.DataFrame, rule: Rule, places: Sequence[int]) -> _Faults:
    """A value that stands in an earlier row too, in any of the columns."""
    keys = pl.concat([normal(frame[str(place)]).rename("key") for place in places])
    height = frame.height
    order = pl.DataFrame({"key": keys}).with_row_index("at").with_columns(
        (pl.col("at") % height).alias("row"), (pl.col("at") // height).alias("place")
    )  # fmt: skip
    again = order.sort("row", "place").with_columns(
        (~pl.col("key").is_first_distinct() & (pl.col("key") != "")).alias("again")
    )
    for number, place in enumerate(places):
        mine = again.filter(pl.col("place") == number).sort("row")["again"]
        yield _of_column(
            table, frame, rule, place, Failed(mine, always("stands in an earlier row too: it may come once"))
        )


def _whole_rows(table: Table, frame: pl.DataFrame, rule: Rule, key: Sequence[Pattern]) -> _Faults:
    wanted = sorted({place for pattern in key for place in table.needed(pattern)}) or range(len(table.columns))
    packed = same((frame[str(place)], key_text(table.columns[place], table.thousands)) for place in wanted)
    again = ~pl.DataFrame(packed).select(pl.struct(pl.all()).is_first_distinct()).to_series()
    names = ", ".join(table.columns[place].name for place in wanted) if key else ""
    what = f"the same {names} stand" if key else "the same row stands"
    yield _of_rows(frame, rule, again, names, f"{what} further up already: take one out")


def _correlated(table: Table, frame: pl.DataFrame, rule: Rule, places: Sequence[int]) -> _Faults:
    """Where rows have the same keys, the value that most of them have is taken to be right."""
    keys = sorted({place for pattern in rule.correlation for place in table.needed(pattern)})
    packed = same((frame[str(place)], key_text(table.columns[place], table.thousands)) for place in keys)
    by = [one.name for one in packed]
    names = ", ".join(table.columns[place].name for place in keys)
    for place in places:
        cells = frame[str(place)]
        work = pl.DataFrame([*packed, normal(cells).rename("value"), cells.rename("cell")]).filter(
            pl.col("value") != ""
        )
        filled = work.filter(pl.col("value") != "")
        counted = filled.group_by([*by, "value"], maintain_order=True).agg(pl.len(), pl.col("cell").first())
        usual = counted.sort("len", descending=True, maintain_order=True).unique(by, keep="first", maintain_order=True)
        told = pl.DataFrame([*packed, normal(cells).rename("mine")]).join(
            usual.select(*by, "value", pl.col("cell").alias("usual")), on=by, how="left", maintain_order="left"
        )
        failed = (told["mine"] != told["value"]).fill_null(False) & (told["mine"] != "")
        meant = dict(zip(cells.filter(failed).to_list(), told["usual"].filter(failed).to_list(), strict=True))
        yield _of_column(table, frame, rule, place, Failed(failed, _other_value(names, meant)))


def _other_value(names: str, meant: Mapping[str, str]) -> Say:
    return lambda value: f"is not what most rows with the same {names} have: {meant.get(value, '')!r}"
