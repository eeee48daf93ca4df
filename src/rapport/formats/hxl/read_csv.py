"""Tables from CSV and its like: separator and encoding are found out; every cell is kept as text.

A file that is written as RFC 4180 says goes through Polars as a whole. One that is not (a quote within a cell, rows
that are too long, bytes of another encoding) is read record by record, and what cannot be read is told with its row.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rapport.errors import Refused
from rapport.formats.delimited import LONGEST_CELL, Dialect, Problem, opened, records
from rapport.formats.encodings import guess_encoding
from rapport.formats.hxl import detect
from rapport.formats.hxl.rows import COLUMNS_MOST, Numbered, check_width, gathered, without_blank
from rapport.formats.hxl.table import ROW, Column, Finding, Table, names
from rapport.formats.table import FORMULA

SIZE_MOST = 2_000_000_000  # bytes
_TOP = 2_000_000  # bytes from the beginning in which the hashtags must stand
_PIECE = 256 * 1024  # bytes that are looked at for quotes at once: they stay in the cache
_BLANK = b"\0 \t\r\n" + codecs.BOM_UTF8
_SEPARATORS = (",", ";", "\t", "|")
_PROBLEMS_TOLD = 100
#: What HXL files are written in first of all: a few accents alone would fit many an encoding of other scripts.
_LANGUAGES = ("en", "fr", "es")


@dataclass(frozen=True, slots=True)
class _Top:
    """The first rows, and how they are divided. `lines`: how many lines stand before the first row of data."""

    separator: str
    rows: tuple[tuple[str, ...], ...]
    found: detect.Found
    columns: tuple[Column, ...]
    lines: int


def read_csv(path: Path) -> Table:
    """Refused: no_file, too_large, empty_file, not_text, no_tags, too_many_columns, too_many_rows."""
    with opened(path) as file:
        size = path.stat().st_size
        if size > SIZE_MOST:
            raise Refused("too_large", f"The file has {size:,} bytes; at most {SIZE_MOST:,} are read. Divide it.")
        data = file.read()
    if not data[:_TOP].strip(_BLANK) and not data.strip(_BLANK):
        raise Refused("empty_file", "The file is empty.")
    said: list[Finding] = []
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data:
        data = _without_nuls(path, data, said)
    data = _line_ends(data.removeprefix(codecs.BOM_UTF8))
    try:
        return _whole(data, said)
    except UnicodeDecodeError:
        pass
    guess = guess_encoding(path, _LANGUAGES)
    if guess.name != "utf-8":
        return _odd_cell(_whole(_as_utf_8(data, guess.name), said), guess.said)
    return _by_records(io.BytesIO(data), _top(data[:_TOP].decode("utf-8", "replace")), said)


def _whole(data: bytes, said: list[Finding]) -> Table:
    """UnicodeDecodeError if it is not UTF-8."""
    top = _top(_beginning(data))
    check_width(len(top.columns))
    frame = _by_polars(data, top) if _well_quoted(data, top.separator) else None
    if frame is None:
        data.decode()
        return _by_records(io.BytesIO(data), top, said)
    frame = without_blank(frame)
    if b"'" in data:
        frame = frame.with_columns(as_written(frame[name]) for name in names(len(top.columns)))
    table = Table(top.columns, frame.lazy(), tuple(said))
    return table.noted(*detect.notices(top.rows, top.found, top.columns))


def as_written(cells: pl.Series) -> pl.Series:
    """Cells without the apostrophe that was put before what a spreadsheet would run (formats/table.py)."""
    places = cells.str.starts_with("'").arg_true()
    some = cells.gather(places)
    made_safe = some.str.contains(rf"^'(?:{FORMULA})")
    return cells.scatter(places.filter(made_safe), some.filter(made_safe).str.slice(1)) if made_safe.any() else cells


# --- the beginning -------------------------------------------------------------------------------------------------


def _beginning(data: bytes) -> str:
    """UnicodeDecodeError if it is not UTF-8, as far as it is looked at."""
    start = data[:_TOP]
    if len(start) < len(data):
        start = start[: start.rfind(b"\n") + 1] or start
    return codecs.getincrementaldecoder("utf-8")().decode(start)


def _top(text: str) -> _Top:
    """Divided by the separator that makes most hashtags. Refused: no_tags."""
    csv.field_size_limit(LONGEST_CELL)
    best: _Top | None = None
    tries = []
    for separator in _SEPARATORS:
        rows, lines = _first_rows(text, separator)
        tries.append(rows)
        found = detect.find(rows)
        if found and (best is None or found.tags > best.found.tags):
            columns = detect.columns(rows, found)
            best = _Top(separator, tuple(map(tuple, rows[: found.row])), found, columns, lines[found.row - 1])
    if best is None:
        raise Refused("no_tags", detect.missing(max(tries, key=lambda rows: max(map(len, rows), default=0))))
    return best


def _first_rows(text: str, separator: str) -> tuple[list[list[str]], list[int]]:
    """The rows among which hashtags are sought, and how many lines each of them and those before take."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows, lines = list[list[str]](), list[int]()
    with suppress(csv.Error, StopIteration):
        while len(rows) < detect.WITHIN:
            rows.append(next(reader)[: COLUMNS_MOST + 1])
            lines.append(reader.line_num)
    return rows, lines


# --- bytes ---------------------------------------------------------------------------------------------------------


def _without_nuls(path: Path, data: bytes, said: list[Finding]) -> bytes:
    guess = guess_encoding(path, _LANGUAGES)  # Refused if it is no text
    if guess.name.startswith("utf-16") or guess.name == "utf-32":
        return _as_utf_8(data, guess.name)
    count = data.count(b"\0")
    said.append(Finding("warning", 0, "", "", f"{count:,} NUL bytes stood in the file; they were taken out", "nul"))
    return data.replace(b"\0", b"")


def _as_utf_8(data: bytes, encoding: str) -> bytes:
    return data.decode(encoding, "replace").removeprefix("\ufeff").encode()


def _line_ends(data: bytes) -> bytes:
    """Bare carriage returns, as old spreadsheets write, become line feeds."""
    if b"\r" not in data or data.count(b"\r") == data.count(b"\r\n"):
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _well_quoted(data: bytes, separator: str) -> bool:
    """Whether quotes stand as RFC 4180 has them: around cells, and doubled within. Each second one closes."""
    if b'"' not in data:
        return True
    letters = np.frombuffer(data, np.uint8)
    found = (np.flatnonzero(letters[at : at + _PIECE] == ord('"')) + at for at in range(0, len(letters), _PIECE))
    places = np.concatenate(list(found))
    if len(places) % 2:
        return False
    opening, closing = places[0::2], places[1::2]
    before = letters[np.maximum(opening - 1, 0)]
    after = letters[np.minimum(closing + 1, len(letters) - 1)]
    begins = (opening == 0) | _among(f'{separator}\n"')[before]
    ends = (closing == len(letters) - 1) | _among(f'{separator}\r\n"')[after]
    return bool(begins.all() and ends.all())


def _among(signs: str) -> NDArray[np.bool_]:
    """For each of the 256 bytes whether it is one of these signs."""
    found = np.zeros(256, np.bool_)
    found[list(signs.encode())] = True
    return found


def _by_polars(data: bytes, top: _Top) -> pl.DataFrame | None:
    """None where a row has more cells than there are hashtags, or Polars will not have it. UnicodeDecodeError if the
    file is not UTF-8."""
    width = len(top.columns)
    try:
        return pl.read_csv(
            data,
            has_header=False,
            separator=top.separator,
            skip_lines=top.lines,
            schema=dict.fromkeys(names(width), pl.String),
            infer_schema=False,
            empty_string_is_null=False,
            missing_columns="insert",
            raise_if_empty=False,
            row_index_name=ROW,
            row_index_offset=top.found.row + 1,
        ).with_columns(pl.col(names(width)).fill_null(""))
    except pl.exceptions.PolarsError as error:
        if "utf-8" in str(error):
            raise UnicodeDecodeError("utf-8", b"", 0, 0, "somewhere") from error
        return None


# --- what is not quite CSV -----------------------------------------------------------------------------------------


def _by_records(source: io.BytesIO, top: _Top, said: list[Finding]) -> Table:
    """Record by record, the broken ones left out and told."""
    dialect = Dialect("utf-8", top.separator)
    tags = [column.name for column in top.columns]
    problems: list[Finding] = []
    table = gathered(top.columns, _good(records(source, dialect, tags), top.found.row, problems))
    frame = table.rows.collect()
    rows = frame.with_columns(as_written(frame[name]) for name in frame.columns if name != ROW)
    if len(problems) > _PROBLEMS_TOLD:
        more = f"{len(problems) - _PROBLEMS_TOLD:,} more rows cannot be read"
        problems = [*problems[:_PROBLEMS_TOLD], Finding("error", 0, "", "", more, "broken_row")]
    told = (*said, *detect.notices(top.rows, top.found, top.columns), *table.notices, *problems)
    return replace(table, rows=rows.lazy(), notices=told)


def _good(found: Iterator[tuple[int, list[str] | Problem]], behind: int, problems: list[Finding]) -> Iterator[Numbered]:
    for number, cells in found:
        if number <= behind:
            continue
        if not isinstance(cells, Problem):
            yield number, cells
            continue
        wrong = cells.refused
        value = " ".join(cells.cells)
        text = f"The row is left out. {wrong.remedy}"
        problems.append(Finding("error", number, wrong.field, value, text, wrong.reason))


def _odd_cell(table: Table, said: str) -> Table:
    """With a warning that names the first cell beyond ASCII, by which a person sees whether the encoding is right."""
    rows = table.rows.collect()
    for at, column in enumerate(table.columns):
        cells = rows[str(at)]
        odd = (cells.str.len_bytes() != cells.str.len_chars()).arg_true()
        if len(odd):
            first = int(odd[0])
            finding = Finding("warning", rows[ROW][first], column.name, cells[first], said, "encoding")
            return table.noted(finding)
    return table.noted(Finding("warning", 0, "", "", said, "encoding"))
