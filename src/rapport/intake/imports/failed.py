"""The refused rows as a file: as they were, with what is wrong behind them. Mended and sent, it completes the import.

A cell that a spreadsheet would take for a formula carries an apostrophe, which is taken away when the file comes back.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from rapport.formats.table import as_written, safe
from rapport.intake.imports.about import Row
from rapport.intake.imports.plan import FAILED_COLUMNS, Plan
from rapport.intake.models import Import, ImportVerdict

_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
BOM = b"\xef\xbb\xbf"  # by it Excel knows UTF-8
CONTENT_TYPE = "text/csv; charset=utf-8"


def is_failed_file(plan: Plan) -> bool:
    """Whether these are the columns of a file that `write` made."""
    return plan.columns[-len(FAILED_COLUMNS) :] == FAILED_COLUMNS


def as_sent(rows: Iterable[Row], plan: Plan) -> Iterable[Row]:
    """The rows as they were before they were made safe, so that they have the keys they had."""
    if not is_failed_file(plan):
        return rows
    return (Row(row.number, tuple(map(as_written, row.cells)), row.problem, row.more) for row in rows)


def refused(one: Import) -> Iterator[ImportVerdict]:
    """The refused rows that are kept, in the file's order: of the import, or of its dry run before it."""
    chosen = one.verdicts.filter(verdict="refused", dry=one.started_at is None)
    return chosen.order_by("row", "pk").iterator(chunk_size=500)


def write(one: Import, *, bom: bool = True) -> Iterator[bytes]:
    """CSV in UTF-8 with comma and CRLF, piece by piece."""
    plan = Plan.from_json(one.plan) if one.plan else None
    columns = _own(plan.columns) if plan else ()
    between = plan.delimiter if plan else ","
    yield (BOM if bom else b"") + _line([*columns, *FAILED_COLUMNS])
    for verdict in refused(one):
        yield _line([*_fitted(verdict.cells, len(columns), between), verdict.row, verdict.field, verdict.remedy])


def _fitted(cells: list[str], width: int, between: str) -> list[str]:
    """As many cells as the header has. Those beyond it stand together in the last one: nothing of the row is lost."""
    if len(cells) > width > 0:
        return [*cells[: width - 1], between.join(cells[width - 1 :])]
    return [*cells, *[""] * (width - len(cells))]


def _own(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Without those of an earlier round of mending."""
    return columns[: -len(FAILED_COLUMNS)] if columns[-len(FAILED_COLUMNS) :] == FAILED_COLUMNS else columns


def _line(cells: Iterable[object]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_safe(cell) for cell in cells])
    return line.getvalue().encode(errors="replace")


def _safe(cell: object) -> object:
    """Western longitudes are numbers, and stay such."""
    return safe(cell) if isinstance(cell, str) and not _NUMBER.fullmatch(cell) else cell
