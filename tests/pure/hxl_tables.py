"""Tables with hashtags for tests, written and generated."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st

from rapport.formats.hxl.read import read
from rapport.formats.hxl.table import ROW, Column, Table, table_of
from rapport.formats.hxl.tags import Tag, parse_tag

DATA = Path(__file__).parents[1] / "data" / "hxl"

words = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
tags = st.builds(
    lambda name, attributes: Tag(f"#{name}", tuple(dict.fromkeys(attributes))), words, st.lists(words, max_size=3)
)
#: Any text that a cell of CSV can hold and a workbook or JSON too; NUL and halves of surrogate pairs are tested apart.
cells = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=12)


@st.composite
def tables(draw: st.DrawFn, text: st.SearchStrategy[str] = cells) -> Table:
    """A few columns with different tags, a few rows, none of them blank."""
    columns = [
        Column(header="h", tag=tag)
        for tag in draw(st.lists(tags, min_size=1, max_size=4, unique_by=lambda tag: tag.key))
    ]
    row = st.lists(text, min_size=len(columns), max_size=len(columns)).filter(
        lambda row: any(one.strip() for one in row)
    )
    return table_of(columns, draw(st.lists(row, max_size=6)))


def table(tagged: str, *rows: str) -> Table:
    """`table("#org,#reached", "WFP,5", "UNHCR,6")`."""
    columns = [Column("", parse_tag(one)) for one in tagged.split(",")]
    return table_of(columns, [next(csv.reader(io.StringIO(row, newline="")), []) for row in rows])


def rows(of: Table) -> list[list[str]]:
    return [list(row) for row in of.rows.drop(ROW).collect().rows()]


def names(of: Table) -> list[str]:
    return [column.name for column in of.columns]


def told(of: Table) -> list[str]:
    """Rules of the notices that a person should look at."""
    return [one.rule for one in of.notices if one.severity != "info"]


def written(path: Path, text: str | bytes) -> Table:
    """What is read of a file that holds this."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path)


def lines(*rows: Sequence[str]) -> str:
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue()
