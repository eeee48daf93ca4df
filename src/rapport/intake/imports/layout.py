"""Pure: how a table lies in its file: delimiter, quote, and where its header stands, with the evidence."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from rapport.errors import Refused
from rapport.formats.delimited import LONGEST_CELL, csv_reader, decoded
from rapport.intake.imports.plan import MAX_COLUMNS, Plan, column_names
from rapport.intake.imports.reading import raw_rows
from rapport.intake.imports.roles import role_by_name

_LINES = 2_000  # of the file's beginning that are looked at for the delimiter
_CHARACTERS = 1_000_000
_HEADER_WITHIN = 30  # rows; titles and notes above a header were seen to take up to twelve [ours]
_DELIMITERS = (",", ";", "\t", "|")
_QUOTES = ('"', "'", "")
_QUOTE_WORDS = {
    "'": "texts stand between apostrophes, which are taken as quotes",
    "": "quotation marks are letters: taken as quotes they would break rows",
}
_USUAL_QUOTE = 0.1  # of the rows: so many may be broken by it [ours]
_DELIMITER_WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_TAG = re.compile(r"#[a-z][a-z0-9_]*(\s*\+\s*[a-z][a-z0-9_]*)*", re.IGNORECASE)
_NUMBER_LIKE = re.compile(r"[+-]?[\d.,:/\-\sT]+%?Z?")
_LONGEST_NAME = 250  # characters: forms name their columns by whole questions


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the header was found; `said` is the evidence as (plan's key, sentence)."""

    header_row: int
    header_rows: int
    tag_row: int
    columns: tuple[str, ...]
    tags: tuple[str, ...]  # the HXL tag of each column
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What stands between cells and around them, with the evidence; `about_quote` where the quote is not the usual."""

    delimiter: str
    quote: str
    about_delimiter: str
    about_quote: str = ""


# --- delimiter and quote -------------------------------------------------------------------------------------------


def guess_delimiter(
    path: Path, encoding: str, delimiters: Sequence[str] = _DELIMITERS, quotes: Sequence[str] = _QUOTES
) -> Written:
    """Delimiter and quote, of those that can be meant. By which of them most rows have the same number of cells, more
    than one; where none divides them evenly, by which the header has names that are known."""
    csv.field_size_limit(LONGEST_CELL)
    lines = _first_lines(path, encoding)
    if lines and (said := re.fullmatch(r"\ufeff?sep=(.)\r?\n?", lines[0])) and len(delimiters) > 1:
        return Written(said[1], quotes[0], f"the first line says so: {lines[0].strip()}")
    found = []
    for order, delimiter in enumerate(delimiters):
        usual = "'" if _in_apostrophes(lines, delimiter) else '"'
        for quote in quotes:
            if quote == "'" and not any(line.startswith("'") or f"{delimiter}'" in line for line in lines[:50]):
                continue
            share, cells, rows = _consistency(lines, delimiter, quote)
            if cells > 1:
                # Some broken rows are no reason to take the usual quote for a letter.
                worth = round(share + (_USUAL_QUOTE if quote == usual else 0), 2)
                found.append((worth, quote == usual, cells, -order, delimiter, quote, share, rows))
    if not found or max(found)[6] < 0.5:
        return _by_header(lines, delimiters, quotes)
    _, _, cells, _, delimiter, quote, share, rows = max(found)
    word = _word(delimiter)
    why = f"with the {word} {share:.0%} of the first {rows:,} rows have {cells:,} cells"
    return Written(delimiter, quote, why, _QUOTE_WORDS.get(quote, ""))


def _by_header(lines: Sequence[str], delimiters: Sequence[str], quotes: Sequence[str]) -> Written:
    """Texts that hold the delimiter without quotes around them make rows of any length: what divides the header into
    names that are known is it all the same, and rows that are too long are refused one by one."""
    best, known = "", 1
    for delimiter in delimiters:
        for at, line in enumerate(lines[:_HEADER_WITHIN]):
            names: list[str] = next(csv_reader(iter([line]), delimiter, ""), [])
            # Two such words below the first line may be a text: "water, place".
            if (count := len(_known_roles(names))) > max(known, bool(at) * 2) and count * 2 >= len(names):
                best, known = delimiter, count
    if best:
        even, cells, rows = _consistency(lines, best, quotes[0])
        said = f"the {_word(best)} divides the header into {known} names that are known; rows have different numbers"
        return Written(best, quotes[0], f"{said} of cells: {even:.0%} of the first {rows:,} have {cells:,}")
    none = next((one for one in ("\t", *delimiters) if not any(one in line for line in lines)), delimiters[0])
    return Written(none, quotes[0], "one column: nothing divides the lines evenly")


def _known_roles(names: Sequence[str]) -> set[str]:
    return {role for name in names if (role := role_by_name(name.strip().strip("\"'"))[0])}


def _in_apostrophes(lines: Sequence[str], delimiter: str) -> bool:
    """Whether texts stand between apostrophes, as some databases write them: in half of the rows one opens a cell, and
    as many close one. Within words apostrophes stand elsewhere."""
    edge = re.escape(delimiter)
    opened, closed = re.compile(f"(?:^|{edge})'(?=[^'])"), re.compile(f"(?<=[^'])'(?={edge}|\\s*$)")
    rows = [line.rstrip("\r\n") for line in lines if line.strip()]
    opening = [len(opened.findall(row)) for row in rows]
    closing = [len(closed.findall(row)) for row in rows]
    balanced = sum(1 for one, other in zip(opening, closing, strict=True) if one and one == other)
    return balanced >= 2 and balanced * 2 >= len(rows)


def _word(delimiter: str) -> str:
    return _DELIMITER_WORDS.get(delimiter, repr(delimiter))


def _first_lines(path: Path, encoding: str) -> list[str]:
    lines: list[str] = []
    size = 0
    with path.open("rb") as raw:
        file = decoded(raw, encoding)
        while len(lines) < _LINES and size < _CHARACTERS and (line := file.readline(_CHARACTERS)):
            lines.append(line)
            size += len(line)
    return lines


def _consistency(lines: Sequence[str], delimiter: str, quote: str) -> tuple[float, int, int]:
    """The share of rows that have as many cells as most have, that number, and how many rows there are."""
    counts: Counter[int] = Counter()
    reader = csv_reader(iter(lines), delimiter, quote)
    broken = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            broken += "end of data" not in str(error)  # the sample may end within a quote
            continue
        if any(cells):
            counts[len(cells)] += 1
    rows = sum(counts.values()) + broken
    if not counts:
        return 0.0, 0, 0
    wide = {cells: count for cells, count in counts.items() if cells > 1}
    cells = max(wide, key=lambda one: (wide[one], one)) if wide else 1
    return counts[cells] / rows, cells, rows


# --- the header ----------------------------------------------------------------------------------------------------


def guess_layout(path: Path, plan: Plan, wanted: Sequence[str] = ()) -> Layout:
    """Where the header stands, and what the columns are called. `plan` says how to read the rows so far; `wanted` are
    names that the header must have. Refused: no rows, more than MAX_COLUMNS, no header with these names."""
    first = [(number, cells) for number, cells in islice(raw_rows(path, plan), 400) if not isinstance(cells, Refused)]
    filled = [(number, cells) for number, cells in first if any(cell.strip() for cell in cells)]
    if not filled:
        raise Refused("no_table", "No row of this file can be read as a table.")
    if (most := max(len(cells) for _, cells in filled)) > MAX_COLUMNS:
        remedy = (
            f"The table has {most:,} columns; at most {MAX_COLUMNS:,} are read. Leave out those that are not needed."
        )
        raise Refused("too_many_columns", remedy)
    tag_row = _tag_row(filled)
    header, rows, why = _named(filled, wanted) if wanted else _header(filled, tag_row)
    said = [("header_row", why)]
    if tag_row and tag_row != header:
        said.append(("tag_row", f"row {tag_row} holds HXL tags; it is passed over"))
    by_number = dict(first)
    width = _width(filled, header)
    if header:
        columns = column_names(by_number[header], by_number.get(header + 1, []) if rows == 2 else None)
    else:
        columns = tuple(f"column {number}" for number in range(1, width + 1))
    tags = tuple(by_number.get(tag_row, []))
    return Layout(header, rows, tag_row if tag_row != header else 0, columns, tags, tuple(said))


def columns_at(path: Path, plan: Plan, header_row: int, header_rows: int) -> tuple[str, ...]:
    """The columns' names where a person has said in which row the header begins (0: there is none). Refused if the file
    has no such row."""
    found = [(number, cells) for number, cells in islice(raw_rows(path, plan), header_row + 400)]
    by_number = {number: cells for number, cells in found if not isinstance(cells, Refused)}
    if not header_row:
        width = _width([(number, cells) for number, cells in by_number.items() if any(cells)], 0)
        return tuple(f"column {number}" for number in range(1, width + 1))
    if header_row not in by_number or not any(by_number[header_row]):
        raise Refused("no_header", "The file has no names in this row: choose another.", row=header_row)
    return column_names(by_number[header_row], by_number.get(header_row + 1, []) if header_rows == 2 else None)


def _width(filled: Sequence[tuple[int, list[str]]], header: int) -> int:
    below = [len(cells) for number, cells in filled if number > header]
    return Counter(below).most_common(1)[0][0] if below else len(filled[-1][1])


def _tag_row(filled: Sequence[tuple[int, list[str]]]) -> int:
    for number, cells in filled[:_HEADER_WITHIN]:
        given = [cell.strip() for cell in cells if cell.strip()]
        if len(given) >= 1 and sum(bool(_TAG.fullmatch(cell)) for cell in given) * 2 > len(given):
            return number
    return 0


def _named(filled: Sequence[tuple[int, list[str]]], wanted: Sequence[str]) -> tuple[int, int, str]:
    """The row that has the names asked for."""
    best, there = filled[0], -1
    for number, cells in filled[:_HEADER_WITHIN]:
        there_are = {" ".join(cell.split()) for cell in cells}
        if (count := sum(name in there_are for name in wanted)) > there:
            best, there = (number, cells), count
    names = [" ".join(cell.split()) for cell in best[1]]
    for name in wanted:
        if name not in names:
            raise Refused("no_column", "The header must name this column.", row=best[0], field=name)
        if names.count(name) > 1:
            raise Refused("same_column", "Two columns have this name; rename one.", row=best[0], field=name)
    return best[0], 1, f"row {best[0]} names the columns that the operation's file names"


def _header(filled: Sequence[tuple[int, list[str]]], tag_row: int) -> tuple[int, int, str]:
    """The header's first row (0: none), how many rows it has, and why."""
    at = next((at for at, (number, _) in enumerate(filled) if number == tag_row), None)
    if at is not None:
        return _above_tags(filled, at)
    width = Counter(len([cell for cell in cells if cell.strip()]) for _, cells in filled[:100]).most_common(1)[0][0]
    for at, (number, cells) in enumerate(filled[:_HEADER_WITHIN]):
        if not _could_name(cells, width):
            continue
        below = filled[at + 1 : at + 50]
        if _two_rows(cells, below):
            return number, 2, f"rows {number} and {number + 1} are names of groups and of columns"
        if why := _is_header(cells, below):
            return number, 1, f"row {number} {why}" + (f"; {at} rows above it are titles" if at else "")
        break
    return 0, 1, "no row looks like a header: the first row is data like the others"


def _above_tags(filled: Sequence[tuple[int, list[str]]], at: int) -> tuple[int, int, str]:
    """Names stand above the tags; if nothing does, the tags are the names."""
    number = filled[at][0]
    if at == 0:
        return number, 1, f"row {number} holds HXL tags, which are taken as the names"
    above = filled[at - 1]
    if above[0] != number - 1:
        return above[0], 1, f"row {above[0]} stands above the HXL tags"
    if at >= 2 and filled[at - 2][0] == number - 2 and _is_groups(filled[at - 2][1], above[1]):
        return number - 2, 2, f"rows {number - 2} and {number - 1} are groups and names above the HXL tags"
    return above[0], 1, f"row {above[0]} stands above the HXL tags"


def _is_groups(groups: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a row names groups of the columns below it: fewer different names than columns, and more than a title."""
    given = [cell.strip() for cell in groups if cell.strip()]
    below = [cell.strip() for cell in names if cell.strip()]
    different = len(set(given))
    repeated = any(a == b for a, b in pairwise(given)) or len(given) < len(below)
    return 2 <= different < len(below) and repeated and all(_name_like(cell) for cell in given)


def _two_rows(cells: Sequence[str], below: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether this row names groups, the next one names columns, and the rows after that are data."""
    if len(below) < 1:
        return False
    names = below[0][1]
    given = [cell for cell in names if cell.strip()]
    if not _is_groups(cells, names) or not all(_name_like(cell) and len(cell) <= 60 for cell in given):
        return False
    known = sum(bool(role_by_name(cell)[0]) for cell in given)
    return known >= 2 or any(_differs(names, [row for _, row in below[1:]]))


def _could_name(cells: Sequence[str], width: int) -> bool:
    """Whether the row is filled like the table, with nothing but words; a title is one cell, or one text merged."""
    given = [cell.strip() for cell in cells if cell.strip()]
    if width > 1 and len(set(given)) < 2:
        return False
    enough = len(given) >= max(0.6 * width, 1) or (len(cells) >= width and len(given) >= 2 and _gaps(cells))
    enough |= len(given) == len(cells) and len(_known_roles(cells)) * 2 >= max(len(cells), 4)
    return enough and all(len(cell) <= _LONGEST_NAME for cell in given) and (
        sum(_name_like(cell) for cell in given) >= 0.9 * len(given)
    )  # fmt: skip


def _gaps(cells: Sequence[str]) -> bool:
    """Names with empty cells between them, as of groups."""
    at = [n for n, cell in enumerate(cells) if cell.strip()]
    return bool(at) and at[-1] - at[0] + 1 > len(at)


def _name_like(cell: str) -> bool:
    text = cell.strip()
    return bool(text) and not _NUMBER_LIKE.fullmatch(text) and not text.lower().startswith(("http://", "https://"))


def _is_header(cells: Sequence[str], below: Sequence[tuple[int, list[str]]]) -> str:
    """Why the row is a header; "" if it is not."""
    given = [cell for cell in cells if cell.strip()]
    known = [cell.strip() for cell in given if role_by_name(cell)[0]]
    rows = [row for _, row in below]
    if len(known) >= 2 or (known and len(given) <= 3):
        return f"has names that are known: {', '.join(known[:4])}"
    if any(_differs(cells, rows)):
        return "has words where the rows below have numbers or dates"
    if len(set(given)) == len(given) and rows and _shorter(cells, rows):
        return "has short words that do not come again below"
    if not rows and given:
        return "is the only one"
    return ""


def _differs(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[bool]:
    """For each column whether it has a word above numbers or dates."""
    for at, name in enumerate(names):
        cells = [row[at].strip() for row in rows if at < len(row) and row[at].strip()]
        if cells and name.strip():
            yield _name_like(name) and sum(bool(_NUMBER_LIKE.fullmatch(cell)) for cell in cells) >= 0.7 * len(cells)


def _shorter(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a column holds texts three times as long as its name, and no name comes again below."""
    longer = False
    for at, name in enumerate(names):
        cells = [row[at].strip() for row in rows if at < len(row) and row[at].strip()]
        if name.strip() and name.strip() in cells:
            return False
        longer |= bool(cells) and sum(map(len, cells)) / len(cells) > 3 * max(len(name), 5)
    return longer
