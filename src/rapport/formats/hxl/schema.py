"""Schemas: what a table should be; itself a table with hashtags (#valid_tag, #valid_datatype …), as in libhxl."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from rapport.errors import Refused
from rapport.formats.hxl.queries import check_regex
from rapport.formats.hxl.table import Severity, Table
from rapport.formats.hxl.tags import Pattern, parse_pattern, parse_patterns

DATATYPES = ("text", "number", "url", "email", "phone", "date")
_YES, _NO = frozenset({"1", "y", "yes", "t", "true"}), frozenset({"", "0", "n", "no", "f", "false"})
#: Columns of a schema that say something other than a check, or that are read together with another.
_NAMED = (
    "#valid_tag", "#valid_required", "#valid_datatype", "#valid_value", "#valid_unique", "#valid_correlation",
    "#valid_severity", "#description",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold in the columns that fit `pattern`. Nothing asked: nothing is checked.

    `least` and `most` filled cells a row; `values` that are allowed; `case`: letters count as they are written;
    `key`: columns that together may not come again, () for the whole row, None for no such check.
    """

    pattern: Pattern
    severity: Severity = "error"
    description: str = ""
    least: int | None = None
    most: int | None = None
    datatype: str = ""
    consistent: bool = False
    minimum: str = ""
    maximum: str = ""
    regex: str = ""
    values: tuple[str, ...] = ()
    case: bool = False
    whitespace: bool = False
    spelling: bool = False
    outliers: bool = False
    unique: bool = False
    key: tuple[Pattern, ...] | None = None
    correlation: tuple[Pattern, ...] = ()
    name: str = ""


_FIGURES = "#population,#affected,#inneed,#targeted,#reached,#indicator+num,#output+num,#value"
_REPEATED = (
    "#org,#sector,#subsector,#status,#beneficiary,#indicator+name,#access,#frequency,#item,#operations,#service,"
    "#channel,#modality,#currency,#impact,#group,#severity"
)
_PLACES = "#region,#country,#adm1,#adm2,#adm3,#adm4,#adm5,#loc"


def built_in() -> tuple[Rule, ...]:
    """Where no schema is given: dates are dates, figures are numbers, and what people slip at. After libhxl's seven
    rules; identifiers, codes and types are no figures, and +code no text to spell."""
    figures = [parse_pattern(f"{one}-code-id-name-type-text-unit") for one in _FIGURES.split(",")]
    rare = "rare, and nearly a common value: look whether that is meant"
    return (
        *(Rule(one, datatype="date", name="dates") for one in parse_patterns("#date")),
        *(Rule(one, datatype="number", name="numbers") for one in figures),
        *(Rule(one, "info", outliers=True, name="outliers") for one in figures),
        *(Rule(one, "warning", rare, spelling=True, case=True, name="spelling") for one in parse_patterns(_REPEATED)),
        *(Rule(one, "info", rare, spelling=True, case=True, name="places") for one in parse_patterns(_PLACES)),
        *(Rule(one, "warning", consistent=True, name="indicators") for one in parse_patterns("#indicator")),
        *(Rule(one, "warning", whitespace=True, name="white space") for one in parse_patterns("#*")),
    )


def parse_schema(table: Table) -> tuple[Rule, ...]:
    """The rules of a schema that was read as a table. Refused (bad_schema), with its row, for what cannot be meant."""
    places = {name: parse_pattern(name) for name in _NAMED}
    if not table.places(places["#valid_tag"]):
        raise Refused("bad_schema", "A schema has a column #valid_tag; this table has none.")
    rows = table.rows.collect()
    found: list[Rule] = []
    for row in rows.iter_rows():
        cells = _Cells(table, row)
        try:
            found += cells.rules(f"row {row[0]}")
        except (ValueError, Refused) as error:
            said = error.remedy if isinstance(error, Refused) else str(error)
            raise Refused("bad_schema", said, row=row[0]) from error
    return tuple(found)


class _Cells:
    """One row of a schema, asked by patterns."""

    def __init__(self, table: Table, row: tuple[object, ...]) -> None:
        self._table, self._row = table, row

    def get(self, pattern: str) -> str:
        """The first filled cell."""
        places = self._table.places(parse_pattern(pattern))
        cells = (str(self._row[place + 1]).strip() for place in places)
        return next((cell for cell in cells if cell), "")

    def rules(self, name: str) -> Iterator[Rule]:
        tags = self.get("#valid_tag")
        if not tags:
            return
        severity = next(
            (one for one in get_args(Severity) if one == (self.get("#valid_severity").lower() or "error")), None
        )
        if severity is None:
            raise ValueError(f"#valid_severity is one of {', '.join(get_args(Severity))}.")
        least = 1 if self._yes("#valid_required-min-max") else None
        said = {
            "severity": severity, "description": self.get("#description"), "name": name,
            "least": self._count("#valid_required+min") or least, "most": self._count("#valid_required+max"),
            "datatype": self._datatype(), "consistent": self._yes("#valid_datatype+consistent"),
            "minimum": self.get("#valid_value+min"), "maximum": self.get("#valid_value+max"),
            "regex": self._regex(), "values": self._values(), "case": self._yes("#valid_value+case"),
            "whitespace": self._yes("#valid_value+whitespace"), "spelling": self._yes("#valid_value+spelling"),
            "outliers": self._yes("#valid_value+outliers"), "unique": self._yes("#valid_unique-key"),
            "key": self._key(), "correlation": self._patterns("#valid_correlation"),
        }  # fmt: skip
        for pattern in parse_patterns(tags):
            yield Rule(pattern, **said)

    def _yes(self, pattern: str) -> bool:
        said = self.get(pattern).lower()
        if said not in _YES | _NO:
            raise ValueError(f"{pattern}: {said[:40]!r} is neither yes nor no: write true or false.")
        return said in _YES

    def _count(self, pattern: str) -> int | None:
        said = self.get(pattern)
        if said and not (said.isascii() and said.isdigit()):
            raise ValueError(f"{pattern}: {said[:40]!r} is no whole number.")
        return int(said) if said else None

    def _datatype(self) -> str:
        said = self.get("#valid_datatype-consistent").lower()
        if said and said not in DATATYPES:
            raise ValueError(f"#valid_datatype: {said[:40]!r} is none of {', '.join(DATATYPES)}.")
        return said

    def _regex(self) -> str:
        said = self.get("#valid_value+regex")
        check_regex(said)
        return said

    def _values(self) -> tuple[str, ...]:
        """Lists at an address are never fetched: no address that stands in data is opened."""
        if self.get("#valid_value+url"):
            raise ValueError("#valid_value+url: no address is opened. Write the values into #valid_value+list.")
        return tuple(one.strip() for one in self.get("#valid_value+list").split("|") if one.strip())

    def _key(self) -> tuple[Pattern, ...] | None:
        said = self.get("#valid_unique+key")
        if said.lower() in _NO:
            return None
        return () if said.lower() in _YES else parse_patterns(said)

    def _patterns(self, pattern: str) -> tuple[Pattern, ...]:
        said = self.get(pattern)
        return parse_patterns(said) if said else ()
