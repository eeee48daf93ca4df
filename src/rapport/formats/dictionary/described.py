"""Pure: the dictionary in words of one language, as Table Schema (JSON) and as a table of its own (CSV)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from rapport.formats.dictionary.fields import EXPORTS, Code, Entry, Export, Words
from rapport.formats.table import BETWEEN, line, safe
from rapport.values import Json, named

#: Exports that are tables: each has a Table Schema of its own, since lists are one cell here and an array there.
TABLES: tuple[Export, ...] = ("csv", "geojson")
PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
#: What is ours and not Table Schema's begins with this.
OURS = "rapport:"


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: its code (ISO 639-1) and what turns rapport's English into it."""

    language: str = "en"
    translated: Callable[[str], str] = _as_it_is

    def says(self, words: Words) -> str:
        if isinstance(words, str):
            return self.translated(words) if words else ""
        return named(words, self.language)


ENGLISH = Tongue()

# --- Table Schema --------------------------------------------------------------------------------------------------


def table_schema(
    some: Sequence[Entry], export: Export, version: str, operation: str = "", tongue: Tongue = ENGLISH
) -> dict[str, Json]:
    """The Table Schema of one export: of the CSV's columns in their order, or of the properties of GeoJSON features,
    which have none. `operation` is its slug, "" for rapport's own fields."""
    columns: list[Json] = [_column(one, export, tongue) for one in some if one.is_column(export)]
    return {
        "$schema": PROFILE,
        "fields": columns,
        "fieldsMatch": "exact" if export == "csv" else "equal",
        "missingValues": [""],
        "primaryKey": ["ref"],
        "version": version,
        f"{OURS}operation": operation or None,
        f"{OURS}export": export,
    }


def _column(one: Entry, export: Export, tongue: Tongue) -> dict[str, Json]:
    listed = one.several and export == "geojson"
    column: dict[str, Json] = {
        "name": one.name,
        "title": tongue.says(one.title),
        "description": _description(one, tongue),
        "type": "array" if listed else one.type,
        "format": one.format,
        "constraints": {**one.constraints, **(_of_a_list(one) if listed else _of_a_cell(one))},
        "categories": [{"value": code.value, "label": tongue.says(code.meaning)} for code in one.codes],
        f"{OURS}codes": _codes(one.codes, tongue) if one.several else [],
        f"{OURS}separator": BETWEEN if one.several and not listed else "",
        f"{OURS}hxl": one.hxl,
        f"{OURS}sensitivity": one.sensitivity.value,
        f"{OURS}goes_with": one.goes_with,
        f"{OURS}may_become": tongue.says(one.may_become),
        f"{OURS}since": one.since,
    }
    if one.several:  # `categories` would mean that a cell holds one value
        del column["categories"]
    return {key: value for key, value in column.items() if value not in ("", [], {}, 0) and (key, value) != _NO_FORMAT}


_NO_FORMAT = ("format", "default")


def _description(one: Entry, tongue: Tongue) -> str:
    return " ".join(filter(None, (tongue.says(one.meaning), tongue.says(one.remark))))


def _codes(codes: Sequence[Code], tongue: Tongue) -> list[Json]:
    return [
        {"value": code.value, "label": tongue.says(code.meaning), **({"hxl": code.hxl} if code.hxl else {})}
        for code in codes
    ]


def _of_a_cell(one: Entry) -> dict[str, Json]:
    """One value of the list, or several with the separator between them. Names of categories come in every language,
    and so have no list."""
    if not one.codes or one.named:
        return {}
    if not one.several:
        return {"enum": [code.value for code in one.codes]}
    # As XML Schema has expressions: a whole match, and no groups but plain ones.
    either = "|".join(re.escape(code.value) for code in one.codes)
    return {"pattern": f"({either})({re.escape(BETWEEN)}({either}))*"}


def _of_a_list(one: Entry) -> dict[str, Json]:
    """As JSON Schema, which Table Schema 2 takes for arrays."""
    text: dict[str, Json] = {"type": "string"}
    code: dict[str, Json] = {**text, "enum": [code.value for code in one.codes]} if one.codes else text
    item: dict[str, Json] = code
    if one.named:
        item = {
            "type": "object",
            "required": ["code", "name"],
            "properties": {"code": code, "name": text},
            "additionalProperties": False,
        }
    return {"jsonSchema": {"type": "array", "items": item}}


def written(schema: Mapping[str, Json]) -> bytes:
    """As a file: one line a property."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=1) + b"\n"


# --- in words, and as a table --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Described:
    """One entry in one language, every attribute a column of the dictionary's CSV; of `found`, which says where an
    export has the field, one column an export. `constraints` is JSON; `codes` has `code: meaning`, joined by a vertical
    bar."""

    name: str
    title: str
    meaning: str
    type: str
    format: str
    constraints: str
    several: str  # yes or ""
    codes: str
    hxl: str
    sensitivity: str
    goes_with: str
    may_become: str
    found: Mapping[Export, str]
    page: str  # yes or ""
    since: str
    version: str


COLUMNS = tuple(
    column for name in Described.__dataclass_fields__ for column in (EXPORTS if name == "found" else (name,))
)


def describe(one: Entry, version: str, tongue: Tongue = ENGLISH) -> Described:
    return Described(
        name=one.name,
        title=tongue.says(one.title),
        meaning=_description(one, tongue),
        type=one.type,
        format="" if one.format == "default" else one.format,
        constraints=msgspec.json.encode(dict(one.constraints)).decode() if one.constraints else "",
        several="yes" if one.several else "",
        codes=BETWEEN.join(f"{code.value}: {tongue.says(code.meaning)}" for code in one.codes),
        hxl=one.hxl,
        sensitivity=one.sensitivity.value,
        goes_with=one.goes_with,
        may_become=tongue.says(one.may_become),
        found=one.found,
        page="yes" if one.on_page else "",
        since=str(one.since or ""),
        version=version,
    )


def as_csv(some: Sequence[Entry], version: str, tongue: Tongue = ENGLISH) -> Iterator[bytes]:
    """A header and one row a field."""
    yield line(COLUMNS)
    for one in some:
        said = describe(one, version, tongue)
        found: Mapping[str, str] = {export: said.found.get(export, "") for export in EXPORTS}
        yield line([safe(found[name] if name in found else getattr(said, name)) for name in COLUMNS])
