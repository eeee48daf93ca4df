"""Pure: a workbook becomes a file of rows, once, in a process of its own with limits on memory and time (confined.py).

The file of rows: a line about the workbook, then a JSON list a row, its number first, then its cells as text. Dates are
ISO 8601, error cells their names (#N/A), merged cells filled.
"""

from __future__ import annotations

import json
import lzma
import re
import signal
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any, TextIO

from rapport.confined import Program, started
from rapport.errors import Refused

ROWS_MAGIC = b'{"rapport": "rows of a workbook"'
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: A workbook's parts unpacked, their number, and how far one may be packed [ours: 1,048,576 rows of 10 columns take
#: about 700 MB of XML; sheets of equal rows were seen packed 1 : 60].
UNPACKED_MOST = 1_000_000_000  # bytes
PARTS_MOST = 5_000
RATIO_MOST = 200
COLUMNS_MOST = 16_384  # of a sheet (Excel specifications and limits)
_RATIO_FROM = 5_000_000  # bytes: below, a ratio does no harm
READER = Program(
    run="rapport.formats.workbooks:main",
    memory=1_500_000_000,
    seconds=300,
    patience=310,
)
ROWS_MOST = 4_000_000_000  # bytes of a file of rows
_PIECE = 4 * 1024 * 1024
#: A page of notes has at most so many columns, and with two columns so many rows [ours].
_NOTES_WIDE, _NOTES_HIGH = 2, 12
_MERGED_MOST = 100_000
#: What the process says when it refuses, so that it is told from a crash.
_REFUSED_STATUS = 3
_BROKEN = "The workbook is damaged. Get it again, or save the sheet as CSV."
#: What Python's own readers of archives and XML say of a part that calamine read or passed over.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, LookupError, RuntimeError,
)  # fmt: skip
#: By this name a process reads again, from its beginning, the file that it was handed.
_GIVEN = "/dev/stdin"


def convert(path: Path, into: Path, sheet: str = "", most: int = ROWS_MOST) -> None:
    """Write the rows of one sheet ("" = the first that looks like a table, else the first that holds something; those
    that somebody hid only where no other holds anything), at most so many bytes of them.
    Refused for a bomb, a password, a workbook that is broken, too large, or has no such sheet."""
    with path.open("rb") as given, into.open("wb") as rows, started(READER, sheet, given=given) as process:
        whole = _passed_on(process.stdout, rows, most)
        status = process.wait() if whole else -1
    if status == _REFUSED_STATUS:
        reason, _, remedy = into.read_text(encoding="utf-8").partition("\n")
        raise Refused(reason, remedy.strip())
    if status == -signal.SIGKILL:  # its time was up
        raise Refused("slow_workbook", f"It takes more than {READER.seconds} s to read. Save the sheet as CSV.")
    if status:
        raise Refused("large_workbook", "The workbook is damaged, or takes too much memory. Save the sheet as CSV.")


def _passed_on(rows: IO[bytes] | None, into: IO[bytes], most: int) -> bool:
    """Write down what the process says; whether that was all of it, and not more than a file of rows may have."""
    left = most
    while left >= 0 and rows is not None and (piece := rows.read(_PIECE)):
        into.write(piece)
        left -= len(piece)
    return left >= 0


def about(path: Path) -> Mapping[str, Any]:
    """What the first line of a file of rows says: `sheets`, those of them that are `hidden`, `sheet`; `merged` and
    `errors` counted."""
    with path.open("rb") as file:
        found: Mapping[str, Any] = json.loads(file.readline())
    return found


# --- in the process of its own -------------------------------------------------------------------------------------


def main(sheet: str) -> int:
    """The workbook on stdin, which is a file; its rows on stdout. 0, or _REFUSED_STATUS with reason and remedy."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    try:
        _check(sys.stdin.buffer)
        _write(sys.stdout, sheet)
    except Refused as refused:
        sys.stdout.write(f"{refused.reason}\n{refused.remedy}\n")
        return _REFUSED_STATUS
    return 0


def _check(workbook: Any) -> None:
    """Refused for an archive that is no workbook, or one that would unpack without measure."""
    if not zipfile.is_zipfile(workbook):
        workbook.seek(0)
        if workbook.read(8) == OLD_WORKBOOK:
            return
        raise Refused("broken_workbook", "The workbook is cut short or damaged. Get it again, or save it as CSV.")
    try:
        with zipfile.ZipFile(workbook) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Refused("broken_workbook", "The workbook is damaged. Get it again, or save it as CSV.") from error
    names = {part.filename for part in parts}
    if not any(name.startswith("xl/") or name == "content.xml" for name in names):
        raise Refused("archive", "This is a ZIP archive, not a table. Unpack it, and import the table within.")
    if len(parts) > PARTS_MOST or sum(part.file_size for part in parts) > UNPACKED_MOST or any(map(_bomb, parts)):
        raise Refused("bomb", "Unpacked, this workbook is far too large. Save the sheet as CSV.")
    if "word/document.xml" in names:
        raise Refused("not_a_table", "This is a text document. Save its table as CSV or XLSX.")


def _bomb(part: zipfile.ZipInfo) -> bool:
    return part.file_size > _RATIO_FROM and part.file_size > RATIO_MOST * max(part.compress_size, 1)


def _write(file: TextIO, wanted: str) -> None:
    import python_calamine as calamine

    try:
        workbook = calamine.load_workbook(_GIVEN)
        names = list(workbook.sheet_names)
        hidden = [one.name for one in workbook.sheets_metadata if one.visible != calamine.SheetVisibleEnum.Visible]
        sheet = _sheet(workbook, names, hidden, wanted)
        errors = _error_cells(sheet.name)
    except calamine.PasswordError as error:
        raise Refused("password", "The workbook has a password. Save it without one, or as CSV.") from error
    except (calamine.CalamineError, *_DAMAGED) as error:
        raise Refused("broken_workbook", _BROKEN) from error
    if sheet.end[1] >= COLUMNS_MOST:
        remedy = f"A cell stands in column {sheet.end[1] + 1:,}; a sheet has {COLUMNS_MOST:,}. Save the sheet as CSV."
        raise Refused("too_many_columns", remedy)
    left = min([sheet.start[1], *(column for _, column in errors)])
    merged = [
        ((top, first - left), (bottom, last - left))
        for (top, first), (bottom, last) in list(sheet.merged_cell_ranges or ())[:_MERGED_MOST]
        if first >= left
    ]
    said = {"sheets": names, "hidden": hidden, "sheet": sheet.name, "merged": len(merged), "errors": len(errors)}
    file.write(f"{ROWS_MAGIC.decode()}, {json.dumps(said)[1:]}\n")
    for number, cells in _filled(_rows(sheet, errors, left), merged):
        if any(cells):
            file.write(json.dumps([number, *cells], ensure_ascii=False) + "\n")


def _sheet(workbook: Any, names: Sequence[str], hidden: Sequence[str], wanted: str) -> Any:
    if wanted and wanted not in names:
        raise Refused("no_sheet", f"The workbook has no sheet {wanted!r}; it has {', '.join(names[:20])}.")
    shown = [name for name in names if name not in hidden]
    for choice in ([wanted],) if wanted else (shown, hidden):
        filled = None
        for name in choice:  # one at a time: each is read into memory
            sheet = workbook.get_sheet_by_name(name)
            if sheet.start is not None:
                if wanted or _is_table(sheet.start, sheet.end):
                    return sheet
                filled = filled or sheet
        if filled is not None:
            return filled
    raise Refused("empty_file", f"The sheet {wanted!r} is empty." if wanted else "The workbook is empty.")


def _is_table(start: tuple[int, int], end: tuple[int, int]) -> bool:
    """Whether a sheet is more than a page with a title and some notes: so people put one in front of the table."""
    height, width = end[0] - start[0] + 1, end[1] - start[1] + 1
    return (width > _NOTES_WIDE and height > 1) or (width > 1 and height > _NOTES_HIGH)


def _rows(sheet: Any, errors: Mapping[tuple[int, int], str], left: int) -> Iterator[tuple[int, list[str]]]:
    """Rows numbered from 1, with the columns from `left` on. iter_rows begins at the sheet's first row, but at
    the first column that holds something; cells with errors hold nothing for it."""
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), name in errors.items():
        by_row.setdefault(row, {})[column - left] = name
    margin = [""] * (sheet.start[1] - left)
    for at, row in enumerate(sheet.iter_rows()):
        cells = margin + [cell_text(cell) for cell in row]
        for column, name in by_row.get(at, {}).items():
            cells += [""] * (column + 1 - len(cells))
            cells[column] = name
        yield at + 1, cells


def cell_text(cell: object) -> str:
    """A cell as text: whole numbers without a point, dates as ISO 8601."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)


def _filled(
    rows: Iterable[tuple[int, list[str]]], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]
) -> Iterator[tuple[int, list[str]]]:
    """Each merged range says in all its cells what its first one says."""
    waiting = sorted(merged, reverse=True)
    open_ranges: list[tuple[int, int, int, str]] = []  # last row, first column, last column, text
    for number, cells in rows:
        at = number - 1
        open_ranges = [one for one in open_ranges if one[0] >= at]
        while waiting and waiting[-1][0][0] <= at:
            (first, left), (last, right) = waiting.pop()
            if last >= at and first == at and left < len(cells):
                open_ranges.append((last, left, right, cells[left]))
        for _, left, right, text in open_ranges:
            for column in range(left, min(right + 1, len(cells))):
                cells[column] = cells[column] or text
        yield number, cells


# --- error cells: calamine gives them as empty, so they are looked for in the sheet's own XML ------------------------

_ERROR_CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*>(?:(?!</c>).)*?<v>(#[A-Z0-9/?!]+)</v>', re.S)
_ERRORS_MOST = 200_000


def _error_cells(sheet: str) -> dict[tuple[int, int], str]:
    """Row and column (from 0) of each error cell of a sheet of an XLSX file; empty for other formats."""
    if not zipfile.is_zipfile(_GIVEN):
        return {}
    with zipfile.ZipFile(_GIVEN) as archive:
        part = _part_of(archive, sheet)
        if not part:
            return {}
        found: dict[tuple[int, int], str] = {}
        with archive.open(part) as file:
            rest = b""
            while piece := file.read(_PIECE):
                text = rest + piece
                cut = text.rfind(b"</c>") + 4
                if cut < 4:
                    cut = max(0, len(text) - _PIECE)  # no cell at all in so much text: nothing to look for
                if b't="e"' in text:
                    found.update(_errors_in(text[:cut]))
                rest = text[cut:]
                if len(found) > _ERRORS_MOST:
                    raise Refused(
                        "error_cells", f"The sheet has more than {_ERRORS_MOST:,} error cells. Mend it first."
                    )
        return found


def _errors_in(text: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for cell in re.finditer(rb"<c\b[^>]*?\bt=\"e\"[^>]*>.*?</c>", text, re.S):
        found = _ERROR_CELL.match(cell.group())
        if found:
            yield (int(found[2]) - 1, _column(found[1])), found[3].decode()


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The name of the sheet's part, found by way of the workbook's own list; "" if it is another format."""
    from xml.etree import ElementTree

    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return ""
    try:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    except ElementTree.ParseError:
        return ""
    targets = {link.get("Id"): str(link.get("Target", "")) for link in links}
    for one in book.iter():
        if one.tag.endswith("}sheet") and one.get("name") == sheet:
            link = next((value for name, value in one.attrib.items() if name.endswith("}id")), "")
            target = targets.get(link, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return part if part in names else ""
    return ""
