"""The refused rows as a file: as they were, with what is wrong behind them. Mended and sent, it completes the import.

A cell that a spreadsheet would take for a formula carries an apostrophe, which is taken away when the file comes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rapport.formats.table import Cell, as_written, line, safe
from rapport.intake.imports.about import Row
from rapport.intake.imports.plan import Plan, failed_columns, is_failed_file, own_columns
from rapport.intake.models import Import, ImportVerdict

_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
BOM = b"\xef\xbb\xbf"  # by it Excel knows UTF-8
CONTENT_TYPE = "text/csv; charset=utf-8"


def as_sent(rows: Iterable[Row], plan: Plan) -> Iterable[Row]:
    """The rows as they were before they were made safe, so that they have the keys they had."""
    if not is_failed_file(plan.columns):
        return rows
    return (Row(row.number, tuple(map(as_written, row.cells)), row.problem, row.more) for row in rows)


def refused(one: Import) -> Iterator[ImportVerdict]:
    """The refused rows that are kept, in the file's order: of the import, or of its dry run before it."""
    chosen = one.verdicts.filter(verdict="refused", dry=one.started_at is None)
    return chosen.order_by("row", "pk").iterator(chunk_size=50)  # a row may have some megabytes


def write(one: Import, *, bom: bool = True) -> Iterator[bytes]:
    """CSV in UTF-8 with comma and CRLF, piece by piece."""
    plan = Plan.from_json(one.plan) if one.plan else None
    columns = own_columns(plan.columns) if plan else ()
    between = plan.delimiter if plan else ","
    yield (BOM if bom else b"") + line(map(_safe, [*columns, *failed_columns(columns)]))
    for verdict in refused(one):
        cells: list[Cell] = [*_fitted(verdict.cells, len(columns), between), verdict.row, verdict.field, verdict.remedy]
        yield line(map(_safe, cells))


def _fitted(cells: list[str], width: int, between: str) -> list[str]:
    """As many cells as the header has. Those beyond it stand together in the last one: nothing of the row is lost."""
    if len(cells) > width > 0:
        return [*cells[: width - 1], between.join(cells[width - 1 :])]
    return [*cells, *[""] * (width - len(cells))]


def _safe(cell: Cell) -> Cell:
    """Western longitudes are numbers, and stay such."""
    return cell if isinstance(cell, str) and _NUMBER.fullmatch(cell) else safe(cell)
