"""Pure: the rows of a file, one by one, in bounded memory. One bad row never stops the others.

A workbook is not read row by row here: `prepare` has it turned once into a file of rows (xlsx.py).
"""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Literal

import msgspec

from rapport.errors import Refused
from rapport.intake.channels.wire import DEEPEST, deeper
from rapport.intake.imports import xlsx
from rapport.intake.imports.about import Row
from rapport.intake.imports.plan import Plan, column_names

#: Characters of one cell; a longer one is no report but a slip, as a quote that nobody closed [ours].
LONGEST_CELL = 1_000_000
#: Characters of one row over all its cells and lines: what one row may take of the memory [ours].
LONGEST_ROW = 4_000_000
#: Bytes of one line of NDJSON, as in the API.
LONGEST_LINE = 256 * 1024
#: Characters of a name in NDJSON with those around it. It is written out for every value below: without a bound one
#: line takes gigabytes [ours].
LONGEST_NAME = 1_000
#: Encodings that a plan may name, in the order in which pages offer them.
ENCODINGS = (
    "utf-8", "cp1252", "latin-1", "utf-16-le", "utf-16-be", "utf-32", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255",
    "cp1256", "cp1257", "cp1258", "cp874", "mac-roman", "koi8-r", "shift_jis", "euc-jp", "gb18030", "big5", "euc-kr",
    "cp437", "cp850",
)  # fmt: skip
_SHOWN = 10_000  # characters of a broken row that are kept to be shown
_UTF_8_BOM = b"\xef\xbb\xbf"
_UNDECODABLE = {True: re.compile("[\udc80-\udcff]"), False: re.compile("\ufffd")}  # by whether it is read as UTF-8

Kind = Literal["csv", "ndjson", "rows", "workbook"]


def kind_of(path: Path) -> Kind:
    """What a file is by its first bytes, whatever its name says: `rows` is a workbook that was turned into rows.

    Refused for what is no table: an archive, a page, a picture, one JSON value, nothing at all; with the way out.
    """
    with _opened(path) as file:
        start = file.read(4096)
    if not start.strip(b"\0 \t\r\n"):
        raise Refused("empty_file", "The file is empty.")
    if start.startswith(xlsx.ROWS_MAGIC):
        return "rows"
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06", xlsx.OLD_WORKBOOK)):
        return "workbook"
    _refuse_others(start)
    text = start.removeprefix(_UTF_8_BOM).lstrip()
    return "ndjson" if re.match(rb'\{\s*("|\})', text) else "csv"


def _refuse_others(start: bytes) -> None:
    text = start.removeprefix(_UTF_8_BOM).lstrip().lower()
    for magic, what in _OTHER_KINDS.items():
        if start.startswith(magic):
            raise Refused("not_a_table", f"This is {what}, not a table. Save the table as CSV or XLSX.")
    if text.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head")):
        remedy = "This is a web page, whatever its name says. Open it in a spreadsheet and save it as XLSX or CSV."
        raise Refused("html", remedy)
    if text.startswith(b"<?xml"):
        raise Refused("xml", "This is XML, not a table. Open it in a spreadsheet and save it as XLSX or CSV.")
    if re.match(rb"\[\s*(\{|\[|\]|$)", text):
        remedy = "This is one JSON list. Save it as NDJSON, one object a line (with jq: jq -c '.[]' list.json)."
        raise Refused("json_list", remedy)


_OTHER_KINDS = {
    b"\x1f\x8b": "a gzip archive", b"BZh": "a bzip2 archive", b"\xfd7zXZ": "an xz archive", b"7z\xbc\xaf": "an archive",
    b"Rar!": "an archive", b"\x28\xb5\x2f\xfd": "a zstd archive", b"%PDF": "a PDF document", b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture", b"GIF8": "a picture", b"SQLite format 3": "a database", b"PAR1": "a Parquet file",
    b"\x7fELF": "a program", b"MZ\x90": "a program", b"{\\rtf": "a text document",
}  # fmt: skip


def prepare(path: Path, into: Path, sheet: str = "") -> Path:
    """The file that `rows` and `propose` read: the file itself, or for a workbook `into`, which is written anew from
    one sheet ("" = the first that looks like a table). Refused if it is no table, or a workbook that cannot be read."""
    kind = kind_of(path)
    if kind == "rows":  # made by us or made up: nobody sends such a file
        raise Refused("not_a_table", "This is no table. Save the table as CSV or XLSX.")
    if kind != "workbook":
        return path
    xlsx.convert(path, into, sheet)
    return into


def rows(path: Path, plan: Plan, start: int = 0) -> Iterator[Row]:
    """The rows behind the header whose number is above `start`, in the file's order. Empty rows count, and give
    nothing.

    Raised as Refused is what concerns the whole file: it cannot be read, or its header is not the plan's.
    """
    if plan.format == "ndjson":
        return _of_lines(path, plan, start)
    if plan.format == "xlsx":
        return _of_table(_workbook_rows(path), plan, start)
    return _of_table(_csv_rows(path, plan), plan, start)


def raw_rows(path: Path, plan: Plan) -> Iterator[tuple[int, list[str] | Refused]]:
    """All rows of a table with their numbers as they stand, the header's too; for whoever has no plan yet."""
    for number, cells in _workbook_rows(path) if plan.format == "xlsx" else _csv_rows(path, plan):
        yield number, cells.refused if isinstance(cells, _Problem) else cells


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise Refused("no_file", f"The file cannot be read: {error.strerror}.") from error


@dataclass(frozen=True, slots=True)
class _Problem:
    """A row that is none, with what could be told apart of it."""

    refused: Refused
    cells: tuple[str, ...] = ()


_Found = Iterator[tuple[int, list[str] | _Problem]]


# --- tables --------------------------------------------------------------------------------------------------------


def _of_table(found: _Found, plan: Plan, start: int) -> Iterator[Row]:
    header = _header(found, plan) if plan.header_row else []
    width, named = len(plan.columns), _named_width(plan)
    for number, cells in found:
        if number <= start or number == plan.tag_row:
            continue
        if isinstance(cells, _Problem):
            yield Row(number, cells.cells, cells.refused)
        elif len(cells) == width and cells != header:
            if any(cells):
                yield Row(number, tuple(cells))
        elif cells == header:
            again = Refused("header_again", "The header stands here again: no report.", row=number)
            yield Row(number, tuple(cells), again)
        elif any(cells):
            yield _fitted(number, cells, width, named)


def _fitted(number: int, cells: list[str], width: int, named: int) -> Row:
    """A row whose cells are not as many as the header's: taken if only empty cells are too many or columns without a
    name have none."""
    if not any(cells[width:]) and len(cells) >= named:
        return Row(number, tuple((cells + [""] * width)[:width]))
    look = "a missing or unclosed quote, or a cut" if len(cells) < width else (
        "a text that holds what stands between cells, and needs quotes around it"
    )  # fmt: skip
    wrong = f"The row has {len(cells)} cells, the header {width}; look for {look}."
    return Row(number, tuple(cells), Refused("ragged", wrong, row=number))


def _named_width(plan: Plan) -> int:
    """How many columns there are up to the last that has a name or a role."""
    given = [
        at
        for at, name in enumerate(plan.columns, 1)
        if name != f"column {at}" or plan.roles.get(name, "ignore") not in {"ignore", "left_out"}
    ]
    return max(given, default=0) if plan.header_row else len(plan.columns)


def _header(found: _Found, plan: Plan) -> list[str]:
    """Pass over everything up to the header's end; the last header row as it stands. Refused if it is another
    header."""
    above: list[list[str]] = []
    for number, cells in found:
        if isinstance(cells, _Problem):
            if number >= plan.header_row:
                raise Refused("no_header", f"The header cannot be read: {cells.refused.remedy}", row=number)
            continue
        if number >= plan.header_row:
            above.append(cells)
        if number >= plan.first_row - 1:
            break
    names = column_names(*above[: plan.header_rows]) if above else ()
    if names != plan.columns:
        raise _other_header(names, plan)
    return above[-1]


def _other_header(names: Sequence[str], plan: Plan) -> Refused:
    missing = [name for name in plan.columns if name not in names]
    remedy = f"The header is not the one this was set up for: {missing[0]!r} is missing." if missing else (
        "The header is not the one this was set up for: it has other columns, or in another order."
    )  # fmt: skip
    return Refused("other_columns", remedy, row=plan.header_row, field=missing[0] if missing else "")


def _workbook_rows(path: Path) -> _Found:
    decode = msgspec.json.Decoder(list[Any]).decode
    with _opened(path) as file:
        file.readline()  # the workbook's sheets
        for line in file:
            number, *cells = decode(line)
            yield number, cells


# --- CSV -----------------------------------------------------------------------------------------------------------


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


def _csv_rows(path: Path, plan: Plan) -> _Found:
    """Rows as a spreadsheet counts them, each as its cells or as what is wrong with it."""
    csv.field_size_limit(LONGEST_CELL)
    with _opened(path) as raw:
        lines = _Lines(decoded(raw, plan.encoding), _UNDECODABLE[plan.encoding == "utf-8"])
        reader = csv_reader(lines, plan.delimiter, plan.quote)
        number, widest = 0, 0
        while True:
            number += 1
            lines.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _TooLong) as error:
                yield number, _Problem(_broken(error, number), _as_it_stands(lines.record))
                if isinstance(error, csv.Error):
                    lines.give_back(_behind_a_quote(lines.record, plan, len(plan.columns) or widest))
                continue
            widest = max(widest, len(cells))
            if number == 1 and cells:
                cells[0] = cells[0].removeprefix("\ufeff")
            yield number, _undecodable(number, cells, plan) if lines.undecodable else cells


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
    return (_storable(record[0].rstrip("\r\n")[:_SHOWN]),) if record else ()


def _storable(cell: str) -> str:
    """Text that a database can keep: what was no letter shows as such."""
    return _UNDECODABLE[True].sub("\ufffd", cell)


def _behind_a_quote(record: Sequence[str], plan: Plan, width: int) -> Sequence[str]:
    """The lines that a broken quote has swallowed, where any of them is a row of its own; they are read again. The
    further lines of a text that was cut short are not: they belong to the one broken row."""
    if len(record) < 2:
        return ()
    behind = record[1:]
    return behind if any(_cells_in(line, plan) == width for line in behind) else ()


def _cells_in(line: str, plan: Plan) -> int:
    try:
        return len(next(csv_reader(iter([line]), plan.delimiter, plan.quote), []))
    except csv.Error:
        return 0


def _undecodable(number: int, cells: Sequence[str], plan: Plan) -> _Problem:
    found = _UNDECODABLE[plan.encoding == "utf-8"].search
    at = next((at for at, cell in enumerate(cells) if found(cell)), 0)
    name = plan.columns[at] if at < len(plan.columns) else ""
    remedy = f"Some bytes are no {plan.encoding.upper()}: write the letters there anew, or choose another encoding."
    refused = Refused("undecodable", remedy, row=number, field=name)
    return _Problem(refused, tuple(map(_storable, cells)))


# --- NDJSON --------------------------------------------------------------------------------------------------------


def _of_lines(path: Path, plan: Plan, start: int) -> Iterator[Row]:
    places = {name: at for at, name in enumerate(plan.columns)}
    empty = [""] * len(places)
    for number, found, line in json_rows(path, start):
        if isinstance(found, Refused):
            yield Row(number, (_storable(line.decode(errors="surrogateescape").rstrip("\r\n")[:_SHOWN]),), found)
            continue
        cells, more = empty.copy(), []
        for name, cell in found.items():
            if (at := places.get(name)) is None:
                more.append((name, cell))
            else:
                cells[at] = cell
        yield Row(number, tuple(cells), more=tuple(more))


def json_rows(path: Path, start: int = 0) -> Iterator[tuple[int, dict[str, str] | Refused, bytes]]:
    """The lines of NDJSON with their numbers, each flattened to name → text ("place/lon"), and as it stands, of one
    that is too long the beginning; empty ones give nothing."""
    decode: Callable[[bytes], object] = msgspec.json.Decoder().decode
    with _opened(path) as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            whole = line if len(line) <= LONGEST_LINE else _passed_over(file, line)
            if number <= start or not (line := line.removeprefix(_UTF_8_BOM) if number == 1 else line).strip():
                continue
            yield number, _json_row(line, number, decode) if whole else _too_large(number), line


def _passed_over(file: Any, line: bytes) -> bytes:
    """To the end of a line that is too long; b"" as it is not read."""
    while line and not line.endswith(b"\n"):
        line = file.readline(LONGEST_LINE)
    return b""


def _too_large(number: int) -> Refused:
    return Refused("too_large", f"A line has at most {LONGEST_LINE:,} bytes.", row=number)


def _json_row(line: bytes, number: int, decode: Callable[[bytes], object]) -> dict[str, str] | Refused:
    try:
        found = decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Refused("unreadable", f"This line is not one JSON object in UTF-8: {error}.", row=number)
    if not isinstance(found, dict):
        return Refused("unreadable", "This line is JSON, but not an object { … }.", row=number)
    if deeper(found, DEEPEST):
        return Refused("too_deep", f"Nest lists and objects at most {DEEPEST} levels deep.", row=number)
    try:
        return dict(_flat(found))
    except _LongNameError:
        return Refused(
            "long_name", f"A name, with those around it, has at most {LONGEST_NAME:,} characters.", row=number
        )


class _LongNameError(ValueError):
    """A name is longer than LONGEST_NAME."""


def _flat(found: dict[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    for key, value in found.items():
        name = within + key
        if len(name) > LONGEST_NAME:
            raise _LongNameError
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{name}/")
        else:
            yield name, _as_text(value)


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or value in ([], {}):
        return ""
    return json.dumps(value, ensure_ascii=False)
