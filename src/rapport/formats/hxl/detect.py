"""Where the row of hashtags stands (HXL 1.1: within the first 25 rows) and what the columns are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapport.formats.hxl.table import Column, Finding, shown
from rapport.formats.hxl.tags import parse_tag, repaired
from rapport.formats.hxl.vocabulary import unusual

WITHIN = 25  # rows; the standard's
_HEADERS_WIDE = 250  # characters of a header that are kept


@dataclass(frozen=True, slots=True)
class Found:
    """`row` counts from 1; `tags` is how many cells of it are tags."""

    row: int
    tags: int


def find(rows: Sequence[Sequence[str]]) -> Found | None:
    """The row of hashtags among the first rows of a table; None if there is none.

    A row qualifies if at least half of its filled cells are tags (libhxl's rule). Of those that do, the one with the
    most tags is meant; so a lone `#note` above the true row is none. Of equals the first.
    """
    best: Found | None = None
    for number, cells in enumerate(rows[:WITHIN], 1):
        filled = [cell for cell in cells if cell.strip()]
        tags = sum(parse_tag(cell) is not None for cell in filled)
        if tags and tags * 2 >= len(filled) and (best is None or tags > best.tags):
            best = Found(number, tags)
    return best


def columns(rows: Sequence[Sequence[str]], found: Found) -> tuple[Column, ...]:
    """A column for each cell of the row of hashtags; its header is the nearest filled cell above."""
    above = list(reversed(rows[: found.row - 1]))
    made = []
    for at, cell in enumerate(rows[found.row - 1]):
        header = next((row[at] for row in above if at < len(row) and row[at].strip()), "")
        made.append(Column(" ".join(header.split())[:_HEADERS_WIDE], parse_tag(cell)))
    return tuple(made)


def notices(rows: Sequence[Sequence[str]], found: Found, made: Sequence[Column]) -> Iterator[Finding]:
    """What is odd about the tags: malformed ones with the repair, columns without one, words that the core has not."""
    for cell, column in zip(rows[found.row - 1], made, strict=True):
        if column.tag is not None:
            for part, text in unusual(column.tag):
                yield Finding("info", found.row, str(column.tag), part, text, "vocabulary")
        elif cell.strip():
            meant = repaired(cell)
            offer = f"write {meant}, if that is meant" if meant else "a tag is written as #sector+name"
            text = f"is no hashtag, so its column has no meaning here: {offer}"
            yield Finding("warning", found.row, column.header, cell, text, "bad_tag")
        elif column.header:
            text = "has no hashtag: the column is kept, and patterns do not find it"
            yield Finding("info", found.row, column.header, "", text, "no_tag")


def missing(rows: Sequence[Sequence[str]]) -> str:
    """Why no row of hashtags was found, and what to do."""
    tries = [cell for row in rows[:WITHIN] for cell in row if cell.strip().startswith("#")]
    if tries:
        meant = next((f": {shown(one)} may be {repaired(one)}" for one in tries if repaired(one)), "")
        some = ", ".join(shown(one) for one in tries[:3])
        return f"No row of the first {WITHIN} is mostly hashtags, though there are {some}{meant}. Mend the tags."
    return (
        f"The first {WITHIN} rows hold no hashtags. Add a row of them below the headers (as #adm1+name, #reached), or "
        "take the file in as a plain table."
    )
