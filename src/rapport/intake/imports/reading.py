"""Pure: the rows of a file, one by one, in bounded memory. One bad row never stops the others.

A workbook is not read row by row here: `prepare` has it turned once into a file of rows (formats/workbooks.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from rapport.errors import Refused
from rapport.formats import workbooks
from rapport.formats.delimited import SHOWN, UTF_8_BOM, Dialect, Problem, opened, records, refuse_others, storable
from rapport.intake.channels.wire import DEEPEST, deeper
from rapport.intake.imports.about import Row
from rapport.intake.imports.plan import Plan, column_names

#: Bytes of one line of NDJSON, as in the API.
LONGEST_LINE = 256 * 1024
#: Characters of a name in NDJSON with those around it. It is written out for every value below: without a bound one
#: line takes gigabytes [ours].
LONGEST_NAME = 1_000

Kind = Literal["csv", "ndjson", "rows", "workbook"]


def kind_of(path: Path) -> Kind:
    """What a file is by its first bytes, whatever its name says: `rows` is a workbook that was turned into rows.

    Refused for what is no table: an archive, a page, a picture, one JSON value, nothing at all; with the way out.
    """
    with opened(path) as file:
        start = file.read(4096)
    if not start.strip(b"\0 \t\r\n"):
        raise Refused("empty_file", "The file is empty.")
    if start.startswith(workbooks.ROWS_MAGIC):
        return "rows"
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06", workbooks.OLD_WORKBOOK)):
        return "workbook"
    refuse_others(start)
    text = start.removeprefix(UTF_8_BOM).lstrip()
    if re.match(rb"\[\s*(\{|\[|\]|$)", text):
        remedy = "This is one JSON list. Save it as NDJSON, one object a line (with jq: jq -c '.[]' list.json)."
        raise Refused("json_list", remedy)
    return "ndjson" if re.match(rb'\{\s*("|\})', text) else "csv"


def prepare(path: Path, into: Path, sheet: str = "") -> Path:
    """The file that `rows` and `propose` read: the file itself, or for a workbook `into`, which is written anew from
    one sheet ("" = the first that looks like a table). Refused if it is no table, or a workbook that cannot be read."""
    kind = kind_of(path)
    if kind == "rows":  # made by us or made up: nobody sends such a file
        raise Refused("not_a_table", "This is no table. Save the table as CSV or XLSX.")
    if kind != "workbook":
        return path
    workbooks.convert(path, into, sheet)
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
        yield number, cells.refused if isinstance(cells, Problem) else cells


_Found = Iterator[tuple[int, list[str] | Problem]]


# --- tables --------------------------------------------------------------------------------------------------------


def _of_table(found: _Found, plan: Plan, start: int) -> Iterator[Row]:
    header = _header(found, plan) if plan.header_row else []
    width, named = len(plan.columns), _named_width(plan)
    for number, cells in found:
        if number <= start or number == plan.tag_row:
            continue
        if isinstance(cells, Problem):
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
        if isinstance(cells, Problem):
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
    with opened(path) as file:
        file.readline()  # the workbook's sheets
        for line in file:
            number, *cells = decode(line)
            yield number, cells


def _csv_rows(path: Path, plan: Plan) -> _Found:
    return records(path, Dialect(plan.encoding, plan.delimiter, plan.quote), plan.columns)


# --- NDJSON --------------------------------------------------------------------------------------------------------


def _of_lines(path: Path, plan: Plan, start: int) -> Iterator[Row]:
    places = {name: at for at, name in enumerate(plan.columns)}
    empty = [""] * len(places)
    for number, found, line in json_rows(path, start):
        if isinstance(found, Refused):
            yield Row(number, (storable(line.decode(errors="surrogateescape").rstrip("\r\n")[:SHOWN]),), found)
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
    with opened(path) as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            whole = line if len(line) <= LONGEST_LINE else _passed_over(file, line)
            if number <= start or not (line := line.removeprefix(UTF_8_BOM) if number == 1 else line).strip():
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
    except RecursionError:
        return _too_deep(number)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Refused("unreadable", f"This line is not one JSON object in UTF-8: {error}.", row=number)
    if not isinstance(found, dict):
        return Refused("unreadable", "This line is JSON, but not an object { … }.", row=number)
    if deeper(found, DEEPEST):
        return _too_deep(number)
    try:
        return dict(_flat(found))
    except _LongNameError:
        return Refused(
            "long_name", f"A name, with those around it, has at most {LONGEST_NAME:,} characters.", row=number
        )


def _too_deep(number: int) -> Refused:
    return Refused("too_deep", f"Nest lists and objects at most {DEEPEST} levels deep.", row=number)


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
