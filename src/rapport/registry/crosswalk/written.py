"""Pure: a crosswalk as a table, as CSV, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import cast

from rapport.formats.table import line, safe
from rapport.registry.crosswalk.compare import summary
from rapport.registry.crosswalk.model import Crosswalk, Difference, Item, Listing, Member, Row
from rapport.values import Json

_ABOUT = ("status", "matched by", "said by", "differs in")
_BETWEEN = " | "  # several items of one listing in a cell


# --- as a table ----------------------------------------------------------------------------------------------------


def header(made: Crosswalk) -> list[str]:
    """Names of the columns of `rows`: what is said of the row; code and label in each listing; then each column, beside
    each other as the listings have it."""
    own = [f"{name} ({one.slug})" for one in made.listings for name in ("code", "label")]
    return [*_ABOUT, *own, *(f"{column.name} ({slug})" for column in made.columns for slug in column.called)]


def rows(made: Crosswalk) -> Iterator[list[str]]:
    """The rows, texts as they are. An empty cell may be empty there or not given: `differs in` tells it apart."""
    for row in made.rows:
        of: dict[str, list[Item]] = {one.slug: [] for one in made.listings}
        for member in row.members:
            of[member.slug].append(member.item)
        own = [
            _BETWEEN.join(said) for some in of.values() for said in ([i.code for i in some], [i.label for i in some])
        ]
        values = [
            _BETWEEN.join(item.values.get(name, "") for item in of[slug])
            for column in made.columns
            for slug, name in column.called.items()
        ]
        about = [row.status, ", ".join(row.matched), ", ".join(row.said_by), "; ".join(map(said, row.differences))]
        yield [*about, *own, *values]


def said(difference: Difference) -> str:
    """`grade`, `grade: case or spacing`, `grade: empty in a, not given in b`."""
    if difference.how == "differs":
        return difference.column
    if difference.how == "case or spacing":
        return f"{difference.column}: case or spacing"
    blank = [(slug, value) for slug, value in difference.values.items() if not value or not value.strip()]
    told = [f"{'not given' if value is None else 'empty'} in {slug}" for slug, value in blank]
    return f"{difference.column}: {', '.join(told)}"


def to_csv(made: Crosswalk) -> Iterator[bytes]:
    """The table as CSV, row by row: UTF-8, CRLF, and no cell that a spreadsheet would run."""
    yield line(map(safe, header(made)))
    for row in rows(made):
        yield line(map(safe, row))


# --- as JSON -------------------------------------------------------------------------------------------------------


def as_json(made: Crosswalk) -> Json:
    """Everything; a value that was not given is null."""
    return {
        "listings": [_listing(one) for one in made.listings],
        "summary": cast("Json", asdict(summary(made))),
        "rows": [_row(row) for row in made.rows],
        "conflicts": [{"said": one.said, "items": _items(one.members)} for one in made.conflicts],
        "suggestions": [
            {"made_by": "automated function", "score": one.score, "items": _items((one.one, one.other))}
            for one in made.suggestions
        ],
        "not_compared": made.not_compared,
    }


def _listing(one: Listing) -> Json:
    return {
        "slug": one.slug, "title": one.title, "agency": one.agency, "kind": one.kind, "version": one.version,
        "source": {"title": one.source.title, "address": one.source.address}, "sha256": one.digest,
        "columns": list(one.columns), "items": len(one.items),
    }  # fmt: skip


def _row(row: Row) -> Json:
    return {
        "status": row.status, "matched": list(row.matched), "said_by": list(row.said_by), "lacking": list(row.lacking),
        "items": [
            {"listing": one.slug, "row": one.item.row, "code": one.item.code, "label": one.item.label,
             "values": dict(one.item.values)}
            for one in row.members
        ],
        "differences": [
            {"column": one.column, "how": one.how, "values": dict(one.values)} for one in row.differences
        ],
    }  # fmt: skip


def _items(members: Sequence[Member]) -> list[Json]:
    return [
        {"listing": one.slug, "row": one.item.row, "code": one.item.code, "label": one.item.label} for one in members
    ]
