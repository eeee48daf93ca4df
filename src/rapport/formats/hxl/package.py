"""The same table without HXL: plain columns in a CSV, and beside it their Table Schema (Data Package 2).

HDX has been retiring HXL since 2026; what its API names columns by is followed where it names them.
"""

from __future__ import annotations

import hashlib
import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from rapport.formats.hxl.cells import is_empty
from rapport.formats.hxl.table import Column, Table
from rapport.formats.hxl.vocabulary import datatype, hashtags
from rapport.formats.hxl.write import write_rows
from rapport.formats.table import line

#: Beginnings of the names that HDX's Humanitarian API gives to places.
_PLACES = {
    "country": "location",
    "adm1": "admin1",
    "adm2": "admin2",
    "adm3": "admin3",
    "adm4": "admin4",
    "adm5": "admin5",
}
_DAYS = {"#date+start": "reference_period_start", "#date+end": "reference_period_end"}
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def save(table: Table, folder: Path, name: str) -> tuple[Path, Path]:
    """`folder`/`name`.csv and `folder`/datapackage.json; the folder is made where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    data = plain_csv(table)
    files = folder / f"{name}.csv", folder / "datapackage.json"
    files[0].write_bytes(data)
    files[1].write_text(json.dumps(describe(table, name, data), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return files


def named(stem: str) -> str:
    """A name for a package: small letters, digits, - and _ (Data Package 2, "name")."""
    return re.sub(r"[^a-z0-9_-]+", "-", stem.lower()).strip("-") or "table"


def plain_csv(table: Table) -> bytes:
    """One header of plain names, no hashtags."""
    made = BytesIO()
    made.write(line(plain_names(table.columns)))
    write_rows(table, made)
    return made.getvalue()


def plain_names(columns: tuple[Column, ...]) -> list[str]:
    """A name for each column, none twice: #adm1+code becomes admin1_code; without a tag the header names it."""
    taken: set[str] = set()
    found = []
    for number, column in enumerate(columns, 1):
        base = _plain(column) or f"column_{number}"
        name, again = base, 1
        while name in taken:
            again += 1
            name = f"{base}_{again}"
        taken.add(name)
        found.append(name)
    return found


def describe(table: Table, name: str, data: bytes) -> dict[str, Any]:
    """The descriptor; `data` is the CSV that it describes."""
    frame = table.rows.collect()
    fields = [
        _field(column, plain, frame[str(at)])
        for at, (column, plain) in enumerate(zip(table.columns, plain_names(table.columns), strict=True))
    ]
    resource = {
        "name": name, "path": f"{name}.csv", "type": "table", "format": "csv", "mediatype": "text/csv",
        "encoding": "utf-8", "bytes": len(data), "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "dialect": {"lineTerminator": "\r\n"},
        "schema": {"$schema": "https://datapackage.org/profiles/2.0/tableschema.json", "fields": fields,
                   "missingValues": [""]},
    }  # fmt: skip
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "resources": [resource],
    }


def _field(column: Column, name: str, cells: pl.Series) -> dict[str, Any]:
    known = hashtags().get(column.tag.hashtag) if column.tag else None
    said = {
        "name": name, "title": column.header, "type": _type(column, cells),
        "description": known.description if known else "", "rapport:hxl": str(column.tag or ""),
    }  # fmt: skip
    return {key: value for key, value in said.items() if value}


def _type(column: Column, cells: pl.Series) -> str:
    """number or date only where every filled cell is one: a schema that its own data break helps nobody."""
    filled = cells.filter(~is_empty(cells))
    kind = datatype(column.tag)
    if kind == "number" and len(filled) and filled.cast(pl.Float64, strict=False).is_finite().fill_null(False).all():
        return "number"
    if kind == "date" and len(filled) and filled.str.contains(_DAY).all():
        return "date" if filled.str.to_date("%Y-%m-%d", strict=False).is_not_null().all() else "string"
    return "string"


def _plain(column: Column) -> str:
    if column.tag is None:
        letters = "".join(letter if letter.isalnum() else " " for letter in column.header.lower())
        return "_".join(letters.split())
    if day := _DAYS.get(str(column.tag)):
        return day
    hashtag = column.tag.hashtag.removeprefix("#")
    return "_".join((_PLACES.get(hashtag, hashtag), *column.tag.attributes))
