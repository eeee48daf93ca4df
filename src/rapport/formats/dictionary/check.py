"""Pure: whether a file holds to a Table Schema of ours. Knows what our dictionary uses of Table Schema, and no more.

A fault names the row, the field and the remedy. Rows are counted as a spreadsheet shows them: the header is row 1.
Features of GeoJSON are counted from 1.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rapport.formats.dictionary.described import OURS
from rapport.formats.table import as_written

Schema = Mapping[str, Any]
Column = Mapping[str, Any]
_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_URI = re.compile(r"https?://[^\s/?#]+[^\s]*")
_LONGEST_SAID = 60  # characters of a value that a fault repeats


@dataclass(frozen=True, slots=True)
class Fault:
    """`row` 0 is the file as a whole; `field` is "" where no single one is meant."""

    row: int
    field: str
    text: str

    def said(self, a_row: str) -> str:
        """In one line; `a_row` is what a row is called there."""
        where = [f"{a_row} {self.row}"] if self.row else []
        return ": ".join([", ".join([*where, *([self.field] if self.field else [])]) or "file", self.text])


class Wrong(Exception):
    """A value is not of its type or breaks a constraint; says what it must be."""


# --- CSV -----------------------------------------------------------------------------------------------------------


def csv_faults(schema: Schema, lines: Iterable[str]) -> Iterator[Fault]:
    """Of a CSV as rapport writes it: what was made safe for spreadsheets is read as it was written."""
    reader = csv.reader(lines, strict=True)
    columns: Sequence[Column] = schema["fields"]
    seen: set[str] = set()
    try:
        header = next(reader, [])
        yield from _header_faults([column["name"] for column in columns], header)
        at = {name: place for place, name in reversed(list(enumerate(header)))}
        for number, row in enumerate(reader, 2):
            if len(row) != len(header):
                yield Fault(number, "", f"it has {len(row)} cells, the header {len(header)}: one for each column.")
                continue
            cells = {column["name"]: _cell(row[at[column["name"]]]) for column in columns if column["name"] in at}
            yield from _row_faults(schema, number, cells, _CELL_TYPES)
            yield from _repeated(number, cells.get("ref"), seen)
    except csv.Error as error:
        yield Fault(0, "", f"it cannot be read as CSV ({error}): export it again, with UTF-8 and commas.")


def _cell(written: str) -> str | None:
    return as_written(written) or None


def _header_faults(wanted: Sequence[str], found: Sequence[str]) -> Iterator[Fault]:
    for name in wanted:
        if name not in found:
            yield Fault(1, name, "the column is missing: export the file again, or add it.")
    for name in dict.fromkeys(found):
        if name not in wanted:
            yield Fault(1, name, "the dictionary has no such column for this reader: take it out, or check as another.")
        elif found.count(name) > 1:
            yield Fault(1, name, "two columns have this name: keep one.")
    if sorted(wanted) == sorted(found) and list(wanted) != list(found):
        first = next(name for name, there in zip(wanted, found, strict=True) if name != there)
        yield Fault(1, first, "the columns are in another order: put them as the dictionary has them.")


# --- GeoJSON -------------------------------------------------------------------------------------------------------


def geojson_faults(schema: Schema, document: object) -> Iterator[Fault]:
    """Of a FeatureCollection, already parsed."""
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection" or not isinstance(features, list):
        yield Fault(0, "", "it is no GeoJSON FeatureCollection: export it again.")
        return
    seen: set[str] = set()
    for number, feature in enumerate(features, 1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            yield Fault(number, "", "it has no properties: export the file again.")
            continue
        yield from _property_faults(schema, number, properties)
        yield from _geometry_faults(number, feature.get("geometry"))
        if feature.get("id") != properties.get("ref"):
            yield Fault(number, "id", "it must be the same as ref.")
        yield from _repeated(number, properties.get("ref"), seen)


def _property_faults(schema: Schema, number: int, properties: Mapping[str, object]) -> Iterator[Fault]:
    wanted = [column["name"] for column in schema["fields"]]
    for name in wanted:
        if name not in properties:
            yield Fault(number, name, "the property is missing: write null where nothing is known.")
    for name in properties:
        if name not in wanted:
            yield Fault(
                number, name, "the dictionary has no such property for this reader: take it out, or check as another."
            )
    present = {name: properties[name] for name in wanted if name in properties}
    yield from _row_faults(schema, number, present, _JSON_TYPES)


def _geometry_faults(number: int, geometry: object) -> Iterator[Fault]:
    if geometry is None:
        return
    point = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    is_point = isinstance(point, list) and len(point) == 2 and all(_is_number(one) for one in point)
    if not isinstance(point, list) or not is_point or abs(point[0]) > 180 or abs(point[1]) > 90:
        yield Fault(number, "geometry", "it must be null or a Point of longitude and latitude, in degrees (WGS 84).")


# --- values --------------------------------------------------------------------------------------------------------


def _row_faults(
    schema: Schema, number: int, values: Mapping[str, object], types: Mapping[str, Callable[[Any], object]]
) -> Iterator[Fault]:
    for column in schema["fields"]:
        name = column["name"]
        if name not in values:
            continue
        try:
            check_value(column, values[name], schema["missingValues"], types)
        except Wrong as wrong:
            yield Fault(number, name, f"{_shown(values[name])} {wrong}")


def check_value(
    column: Column, value: object, missing: Sequence[str], types: Mapping[str, Callable[[Any], object]]
) -> None:
    """Wrong unless the value is of the column's type and within its constraints."""
    constraints = column.get("constraints", {})
    if value is None or value in missing:
        if constraints.get("required"):
            raise Wrong("is not allowed: it must have a value.")
        return
    typed = types[column["type"]](value)
    if column.get("format") == "uri" and not _URI.fullmatch(str(typed)):
        raise Wrong("is no address: it must begin with http:// or https://.")
    for key, limit in constraints.items():
        if key == "pattern":
            _like(column, str(typed))
        else:
            _CONSTRAINTS[key](typed, limit)


def _shown(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= _LONGEST_SAID else f"{text[:_LONGEST_SAID]}…"


def _repeated(number: int, ref: object, seen: set[str]) -> Iterator[Fault]:
    if isinstance(ref, str):
        if ref in seen:
            yield Fault(number, "ref", f"{_shown(ref)} stands in an earlier row too: each event has one.")
        seen.add(ref)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Wrong("must be a text.")
    return value


def _moment(value: object) -> datetime:
    try:
        if not _DATETIME.fullmatch(_text(value)):
            raise ValueError
        return datetime.fromisoformat(_text(value))
    except ValueError:
        raise Wrong("must be a time in UTC, as 2010-01-31T14:30:00Z.") from None


def _day(value: object) -> date:
    try:
        if len(_text(value)) != len("2010-01-31"):
            raise ValueError
        return date.fromisoformat(_text(value))
    except ValueError:
        raise Wrong("must be a day, as 2010-01-31.") from None


def _whole_cell(value: str) -> int:
    if not _INTEGER.fullmatch(value):
        raise Wrong("must be a whole number in digits.")
    return int(value)


def _number_cell(value: str) -> float:
    if not _NUMBER.fullmatch(value):
        raise Wrong("must be a number in digits, with a point.")
    return float(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Wrong("must be a whole number.")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Wrong("must be a number.")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Wrong("must be a list.")
    return value


_CELL_TYPES: Mapping[str, Callable[[Any], object]] = {
    "string": _text, "integer": _whole_cell, "number": _number_cell, "datetime": _moment, "date": _day,
}  # fmt: skip
_JSON_TYPES: Mapping[str, Callable[[Any], object]] = {
    "string": _text, "integer": _whole, "number": _number, "datetime": _moment, "date": _day, "array": _list,
}  # fmt: skip


def _least(value: Any, limit: Any) -> None:
    if value < limit:
        raise Wrong(f"must be at least {limit}.")


def _most(value: Any, limit: Any) -> None:
    if value > limit:
        raise Wrong(f"must be at most {limit}.")


def _short(value: Any, limit: Any) -> None:
    if len(value) > limit:
        raise Wrong(f"must have at most {limit} characters.")


def _among(value: Any, limit: Any) -> None:
    if value not in limit:
        raise Wrong(f"is not in the list: use one of {', '.join(map(str, limit))}.")


def _like(column: Column, value: str) -> None:
    pattern, codes = column["constraints"]["pattern"], column.get(f"{OURS}codes")
    if re.fullmatch(pattern, value):
        return
    if codes:
        listed = ", ".join(code["value"] for code in codes)
        raise Wrong(f"is not in the list: use {listed}, several with {column[f'{OURS}separator']} between.")
    raise Wrong(f"does not fit {pattern}: copy it from the export again.")


def _by_json_schema(value: Any, limit: Any) -> None:
    """What our own schemas use of JSON Schema: type, enum, items, properties, required, additionalProperties."""
    kinds = {"array": list, "object": dict, "string": str}
    if not isinstance(value, kinds[limit["type"]]):
        raise Wrong(f"must hold {'texts' if limit['type'] == 'string' else 'objects'}.")
    if "enum" in limit:
        _among(value, limit["enum"])
    for inner in value if limit["type"] == "array" else ():
        _by_json_schema(inner, limit["items"])
    if limit["type"] == "object":
        if set(value) != set(limit["properties"]):
            raise Wrong(f"must hold objects of {' and '.join(limit['properties'])}.")
        for name, inner in limit["properties"].items():
            _by_json_schema(value[name], inner)


def _nothing(value: Any, limit: Any) -> None:
    """Looked at elsewhere: `required` before the type, `unique` over all rows."""


_CONSTRAINTS: Mapping[str, Callable[[Any, Any], None]] = {
    "required": _nothing, "unique": _nothing, "minimum": _least, "maximum": _most, "maxLength": _short, "enum": _among,
    "jsonSchema": _by_json_schema,
}  # fmt: skip
