"""Records of CSV and its like, one by one, in bounded memory: one broken record never stops the others.

Records are counted as a spreadsheet counts rows, from 1.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from rapport.errors import Refused

#: Characters of one cell; a longer one is no report but a slip, as a quote that nobody closed [ours].
LONGEST_CELL = 1_000_000
#: Characters of one row over all its cells and lines: what one row may take of the memory [ours].
LONGEST_ROW = 4_000_000
SHOWN = 10_000  # characters of a broken record that are kept to be shown
UTF_8_BOM = b"\xef\xbb\xbf"
_UNDECODABLE = {True: re.compile("[\udc80-\udcff]"), False: re.compile("\ufffd")}  # by whether it is read as UTF-8


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written: its encoding (one of encodings.ENCODINGS), what stands between cells, and what stands
    around texts ("" if nothing does)."""

    encoding: str
    delimiter: str
    quote: str = '"'


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that is none, with what could be told apart of it."""

    refused: Refused
    cells: tuple[str, ...] = ()


class _TooLong(Exception):
    """A row goes on beyond LONGEST_ROW."""


class _Lines:
    """The lines of a file for csv.reader, none longer than a row may be, with the way back to lines already given."""

    def __init__(self, file: TextIOWrapper, undecodable: re.Pattern[str]) -> None:
        self._readline = file.readline
        self._undecodable = undecodable.search
        self._again: deque[str] = deque()
        self.record: list[str] = []
        self._size = 0
        self.undecodable = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._readline(LONGEST_ROW)
        if not line:
            raise StopIteration
        self._size += len(line)
        if self._size >= LONGEST_ROW:
            self._pass_over(line)
            raise _TooLong
        if not line.isascii() and self._undecodable(line):
            self.undecodable = True
        self.record.append(line)
        return line

    def begin(self) -> None:
        """The next line begins a row."""
        self.record.clear()
        self._size = 0
        self.undecodable = False

    def give_back(self, lines: Sequence[str]) -> None:
        self._again.extendleft(reversed(lines))

    def _pass_over(self, line: str) -> None:
        """To the end of the line in hand, however long it is."""
        while line and line[-1] not in "\r\n":
            line = self._readline(LONGEST_ROW)


@contextmanager
def opened(source: Path | IO[bytes]) -> Iterator[IO[bytes]]:
    """The file's bytes; Refused if it cannot be read. What is open already stays so."""
    if not isinstance(source, Path):
        yield source
        return
    try:
        with source.open("rb") as file:
            yield file
    except OSError as error:
        raise Refused("no_file", f"The file cannot be read: {error.strerror}.") from error


def records(
    source: Path | IO[bytes], dialect: Dialect, columns: Sequence[str] = ()
) -> Iterator[tuple[int, list[str] | Problem]]:
    """Rows as a spreadsheet counts them, each as its cells or as what is wrong with it. `columns`: their names, as far
    as they are known."""
    csv.field_size_limit(LONGEST_CELL)
    with opened(source) as raw:
        lines = _Lines(decoded(raw, dialect.encoding), _UNDECODABLE[dialect.encoding == "utf-8"])
        reader = csv_reader(lines, dialect.delimiter, dialect.quote)
        number, widest = 0, 0
        while True:
            number += 1
            lines.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _TooLong) as error:
                yield number, Problem(_broken(error, number), _as_it_stands(lines.record))
                if isinstance(error, csv.Error):
                    lines.give_back(_behind_a_quote(lines.record, dialect, len(columns) or widest))
                continue
            widest = max(widest, len(cells))
            if number == 1 and cells:
                cells[0] = cells[0].removeprefix("\ufeff")
            yield number, _undecodable(number, cells, dialect, columns) if lines.undecodable else cells


def csv_reader(lines: Iterator[str], delimiter: str, quote: str) -> Any:
    """A strict reader: what stands behind a closing quote is an error, not silently joined."""
    if not quote:
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True)


def decoded(raw: Any, encoding: str) -> TextIOWrapper:
    """The file as text with its own line ends. What cannot be decoded shows as half a surrogate pair (UTF-8) or as
    U+FFFD; the row it stands in is refused."""
    if encoding == "utf-8":
        return TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="")
    return TextIOWrapper(raw, encoding, errors="replace", newline="")


def _broken(error: Exception, number: int) -> Refused:
    if isinstance(error, _TooLong):
        return Refused("endless_row", f"The row has more than {LONGEST_ROW:,} characters.", row=number)
    said = str(error)
    if "field larger" in said:
        remedy = f"A cell has more than {LONGEST_CELL:,} characters; look for a quote that nobody closed."
        return Refused("long_cell", remedy, row=number)
    if "end of data" in said:
        return Refused("unclosed", "A quote is opened here and never closed: the file may be cut short.", row=number)
    return Refused("broken_row", f"The row cannot be read: {said}. Look for a quote within a quoted cell.", row=number)


def _as_it_stands(record: Sequence[str]) -> tuple[str, ...]:
    """The first line of a row that cannot be told into cells, for whoever mends it; a beginning of a long one."""
    return (storable(record[0].rstrip("\r\n")[:SHOWN]),) if record else ()


def storable(cell: str) -> str:
    """Text that a database can keep: what was no letter shows as such."""
    return _UNDECODABLE[True].sub("\ufffd", cell)


def _behind_a_quote(record: Sequence[str], dialect: Dialect, width: int) -> Sequence[str]:
    """The lines that a broken quote has swallowed, where any of them is a row of its own; they are read again. The
    further lines of a text that was cut short are not: they belong to the one broken row."""
    if len(record) < 2:
        return ()
    behind = record[1:]
    return behind if any(_cells_in(line, dialect) == width for line in behind) else ()


def _cells_in(line: str, dialect: Dialect) -> int:
    try:
        return len(next(csv_reader(iter([line]), dialect.delimiter, dialect.quote), []))
    except csv.Error:
        return 0


def _undecodable(number: int, cells: Sequence[str], dialect: Dialect, columns: Sequence[str]) -> Problem:
    found = _UNDECODABLE[dialect.encoding == "utf-8"].search
    at = next((at for at, cell in enumerate(cells) if found(cell)), 0)
    name = columns[at] if at < len(columns) else ""
    remedy = f"Some bytes are no {dialect.encoding.upper()}: write the letters there anew, or choose another encoding."
    refused = Refused("undecodable", remedy, row=number, field=name)
    return Problem(refused, tuple(map(storable, cells)))


# --- what is no table ---------------------------------------------------------------------------------------------


def refuse_others(start: bytes) -> None:
    """Refused if a file that begins so is no table: an archive, a page, a picture; with the way out."""
    text = start.removeprefix(UTF_8_BOM).lstrip().lower()
    for magic, what in _OTHER_KINDS.items():
        if start.startswith(magic):
            raise Refused("not_a_table", f"This is {what}, not a table. Save the table as CSV or XLSX.")
    if text.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head")):
        remedy = "This is a web page, whatever its name says. Open it in a spreadsheet and save it as XLSX or CSV."
        raise Refused("html", remedy)
    if text.startswith(b"<?xml"):
        raise Refused("xml", "This is XML, not a table. Open it in a spreadsheet and save it as XLSX or CSV.")


_OTHER_KINDS = {
    b"\x1f\x8b": "a gzip archive", b"BZh": "a bzip2 archive", b"\xfd7zXZ": "an xz archive", b"7z\xbc\xaf": "an archive",
    b"Rar!": "an archive", b"\x28\xb5\x2f\xfd": "a zstd archive", b"%PDF": "a PDF document", b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture", b"GIF8": "a picture", b"SQLite format 3": "a database", b"PAR1": "a Parquet file",
    b"\x7fELF": "a program", b"MZ\x90": "a program", b"{\\rtf": "a text document",
}  # fmt: skip
