"""A gazetteer as a file: one place a row. No database: it is read for operations and for commands without one."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapport.errors import BadDefinition
from rapport.text.places import Entry
from rapport.values import DEFAULT_RADIUS_M, Precision, Spot

PLACE_COLUMNS = ("name", "pcode", "parent_pcode", "precision", "lon", "lat", "radius_m", "origin", "names")
_RADIUS_DIGITS = 7  # 9,999 km: half the way around the globe


@dataclass(frozen=True, slots=True)
class ListedPlace:
    """A row. `names`: further names, each with its language ("" where none is said)."""

    name: str
    pcode: str
    parent_pcode: str
    precision: Precision
    lon: float | None
    lat: float | None
    radius_m: int
    origin: str
    names: tuple[tuple[str, str], ...]


def entries(file: Path, without: Collection[str] = ()) -> list[Entry]:
    """The places of the file that have a position, for a gazetteer that texts are read with. `without`: origins of rows
    that are left out. BadDefinition as below."""
    return [
        Entry(
            Spot(one.lon, one.lat, one.precision, one.radius_m, one.name, one.pcode),
            (one.name, *(name for name, _ in one.names)),
        )
        for one in read_places(file)
        if one.lon is not None and one.lat is not None and one.origin not in without
    ]


def read_places(file: Path) -> Iterator[ListedPlace]:
    """The places of a gazetteer file (docs/reference/operation-file.md); BadDefinition names file, row and column."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            reader = csv.DictReader(opened)
            if tuple(reader.fieldnames or ()) != PLACE_COLUMNS:
                raise BadDefinition(f"{file.name}: the columns must be {', '.join(PLACE_COLUMNS)}")
            for row in reader:
                where = f"{file.name} line {reader.line_num}"
                _check_cells(row, where)
                yield _place(row, where)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadDefinition(f"{file.name}: cannot be read ({error}); is it there, and CSV in UTF-8?") from error


def _check_cells(row: Mapping[Any, object], where: str) -> None:
    """A row with a cell too few or too many has its values in the wrong columns."""
    if None in row:
        raise BadDefinition(f"{where}: there are cells beyond the column {PLACE_COLUMNS[-1]}; quote names with commas")
    for column, cell in row.items():
        if cell is None:
            raise BadDefinition(f"{where}: the row ends before the column {column}")


def _place(row: Mapping[str, str], where: str) -> ListedPlace:
    try:
        precision = Precision[row["precision"].upper()]
    except KeyError as error:
        words = ", ".join(precision.word for precision in Precision)
        raise BadDefinition(f"{where}: precision must be one of {words}") from error
    if not row["name"].strip():
        raise BadDefinition(f"{where}: name is empty")
    return ListedPlace(
        name=row["name"],
        pcode=row["pcode"],
        parent_pcode=row["parent_pcode"],
        precision=precision,
        lon=_degrees(row, "lon", 180, where),
        lat=_degrees(row, "lat", 90, where),
        radius_m=_radius(row["radius_m"].strip(), precision, where),
        origin=row["origin"],
        names=tuple(_names(row["names"])),
    )


def _degrees(row: Mapping[str, str], column: str, limit: int, where: str) -> float | None:
    if not row[column]:
        return None
    try:
        value = float(row[column])
    except ValueError as error:
        raise BadDefinition(f"{where}: {column} must be degrees with a point, as 18.5429") from error
    if not -limit <= value <= limit:
        raise BadDefinition(f"{where}: {column} is beyond {limit} degrees")
    return value


def _radius(text: str, precision: Precision, where: str) -> int:
    """Metres; the precision's usual radius where the cell is empty."""
    if not text:
        return DEFAULT_RADIUS_M[precision]
    if not (text.isascii() and text.isdigit() and len(text) <= _RADIUS_DIGITS):
        raise BadDefinition(f"{where}: radius_m must be whole metres without a unit, as 2000; or empty")
    return int(text)


def _names(cell: str) -> Iterator[tuple[str, str]]:
    """`ht:Jakmèl;Jacmel` → (Jakmèl, ht), (Jacmel, "")."""
    for part in filter(None, (part.strip() for part in cell.split(";"))):
        language, mark, name = part.partition(":")
        yield (name.strip(), language.strip()) if mark else (part, "")
