"""Pure: the items of a listing from a table that people keep in a spreadsheet: CSV, or one sheet of a workbook.

The first row that holds something names the columns: `code`, `label`, and any others. A table with one wrong row is
refused as a whole: an item that was left out would look as if the agency had none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rapport.errors import Refused
from rapport.formats.characters import clean
from rapport.formats.encodings import guess_encoding
from rapport.formats.table import as_written
from rapport.intake.imports.layout import guess_delimiter
from rapport.intake.imports.plan import Plan
from rapport.intake.imports.reading import kind_of, prepare, raw_rows
from rapport.operations.strict import LONGEST_NAME, LONGEST_TEXT
from rapport.registry.crosswalk.model import Item, plainly

#: Of one listing [ours: the longest code lists of clusters that we know have some hundred items].
MOST_BYTES, MOST_ITEMS, MOST_COLUMNS, MOST_CELLS = 10_000_000, 5_000, 60, 100_000
#: In which old spreadsheets are written first of all: a few accents alone would fit many an encoding.
_LANGUAGES = ("en", "fr", "es")
_OWN = ("code", "label")
_Rows = Iterator[tuple[int, list[str]]]


def table(path: Path, sheet: str = "") -> tuple[tuple[str, ...], tuple[Item, ...]]:
    """Columns and items. `sheet` of a workbook, "" the first that looks like a table. Refused names row, column and
    remedy."""
    with TemporaryDirectory() as folder:
        rows = _rows(path, Path(folder) / "rows", sheet)
        number, names = next(rows, (0, []))
        if not names:
            raise Refused("empty_file", "The file is empty.")
        columns = _columns(number, names)
        items = tuple(_items(rows, columns))
    if not items:
        raise Refused("no_items", "There are no rows below the one that names the columns.")
    return tuple(name for name in columns if name and name not in _OWN), items


def _rows(path: Path, into: Path, sheet: str) -> _Rows:
    """The rows that hold something, as they were before they were made safe for a spreadsheet."""
    kind = kind_of(path)
    if kind == "ndjson":
        raise Refused("not_a_table", "This is JSON, not a table. Save the listing as CSV or XLSX.")
    if (size := path.stat().st_size) > MOST_BYTES:
        raise Refused("too_large", f"The file has {size:,} bytes; at most {MOST_BYTES:,} are read.")
    ready = prepare(path, into, sheet)
    for number, cells in raw_rows(ready, _csv(ready) if kind == "csv" else Plan("xlsx", (), {})):
        if isinstance(cells, Refused):
            raise cells
        if any(cell.strip() for cell in cells):
            yield number, [as_written(cell) for cell in cells]


def _csv(path: Path) -> Plan:
    encoding = guess_encoding(path, _LANGUAGES).name
    written = guess_delimiter(path, encoding)
    return Plan("csv", (), {}, encoding=encoding, delimiter=written.delimiter, quote=written.quote)


def _columns(number: int, names: Sequence[str]) -> list[str]:
    """The names of the columns, white space made single; "" for one that has none."""
    named = [" ".join(name.split()) for name in names]
    if (most := sum(map(bool, named)) - len(_OWN)) > MOST_COLUMNS:
        remedy = f"There are {most:,} columns beside code and label; at most {MOST_COLUMNS} are compared."
        raise Refused("too_many_columns", remedy, row=number)
    plain = [plainly(name) for name in named]
    for name in _OWN:
        if name not in plain:
            remedy = f"The first row names the columns; one of them must be {name}."
            raise Refused("no_header", remedy, row=number, field=name)
    for name in filter(None, named):
        if plain.count(plainly(name)) > 1:
            raise Refused("same_column", "Two columns have this name; give one another.", row=number, field=name[:80])
        _check(number, name[:80], name, LONGEST_NAME)
    return [known if (known := plainly(name)) in _OWN else name for name in named]


def _items(rows: _Rows, columns: Sequence[str]) -> Iterator[Item]:
    most = min(MOST_ITEMS, MOST_CELLS // max(1, sum(map(bool, columns)) - len(_OWN)))
    for count, (number, cells) in enumerate(rows, 1):
        if count > most:
            raise Refused("too_many_rows", f"At most {most:,} items with so many columns are compared.", row=number)
        yield _item(number, cells, columns)


def _item(number: int, cells: Sequence[str], columns: Sequence[str]) -> Item:
    behind = [cell for cell in cells[len(columns) :] if cell.strip()]
    unnamed = [cell for cell, name in zip(cells, columns, strict=False) if cell.strip() and not name]
    if behind or unnamed:
        remedy = "A cell stands in a column without a name; name it in the first row, or put quotes around texts."
        raise Refused("ragged", remedy, row=number)
    values = dict(zip(columns, cells, strict=False))
    if missing := [name for name in columns if name and name not in values]:
        remedy = "The row ends before this column; look for a missing quote."
        raise Refused("ragged", remedy, row=number, field=missing[0])
    values.pop("", None)
    code, label = values.pop("code"), values.pop("label")
    _check(number, "code", code, LONGEST_NAME)
    _check(number, "label", label, LONGEST_NAME)
    for name, cell in values.items():
        _check(number, name, cell, LONGEST_TEXT)
    if not plainly(label):
        raise Refused("no_label", "Write what the item is called.", row=number, field="label")
    return Item(code, label, values, number)


def _check(number: int, name: str, cell: str, longest: int) -> None:
    if len(cell) > longest:
        remedy = f"The cell has {len(cell):,} characters; write at most {longest:,}."
        raise Refused("too_long", remedy, row=number, field=name)
    if clean(cell) != cell:
        raise Refused("control", "The cell holds control characters, as NUL; take them out.", row=number, field=name)
