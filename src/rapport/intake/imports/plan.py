"""Pure: how a file is read and what its columns mean. Proposed by guess.py, corrected by a person, kept as JSON."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from rapport.errors import BadDefinition
from rapport.values import Json

Format = Literal["csv", "xlsx", "ndjson"]
FORMATS = ("csv", "xlsx", "ndjson")
DATE_ORDERS = ("", "DMY", "MDY", "YMD")
#: Numbers that are dates, beside strptime's forms: days since 30 December 1899 or 1 January 1904, seconds since 1970.
NUMBER_DATES = ("excel", "excel-1904", "unix")
DECIMALS = (".", ",")
PAIR_ORDERS = ("lat_lon", "lon_lat")

#: What a column can be, in the order in which pages offer it. Several columns may be `id`, `text` or `categories`.
#: `ignore` is kept among the report's fields; `left_out` is not kept at all.
ROLES = (
    "text", "title", "id", "date", "time", "lat", "lon", "coordinates", "place", "categories", "language", "sender",
    "people", "ignore", "left_out",
)  # fmt: skip
MANY = frozenset({"id", "text", "categories", "ignore", "left_out"})
EXTRA = "extra:"  # then the code of one of the operation's extra fields
#: What a file of failed rows has behind its own columns; when it comes back mended, they are left out. Where one of its
#: own has such a name already, that behind has a number as well: failed_columns().
FAILED_COLUMNS = ("row", "field", "problem")
MAX_COLUMNS = 1_000  # [ours] Excel has 16,384; no table of reports seen had more than 300
MAX_COLUMN_NAME = 200  # characters of a name; the rest is cut [ours]


@dataclass(frozen=True, slots=True)
class Plan:
    """How one file is read.

    Rows count as a spreadsheet counts them, from 1. `header_row` is the first row of the header (0: the file has none)
    and `header_rows` how many there are; `tag_row` is a row of HXL tags, which is passed over (0: none). `columns` are
    unique names as shown. `quote` "" means that quotes are letters. `date_order` decides what reads both ways;
    `date_format`, strptime's or one of NUMBER_DATES, is for files that need it said.
    """

    format: Format
    columns: tuple[str, ...]
    roles: Mapping[str, str]
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    sheet: str = ""
    header_row: int = 1
    header_rows: int = 1
    tag_row: int = 0
    date_order: str = ""
    date_format: str = ""
    zone: str = "UTC"
    decimal: str = "."
    pair_order: str = "lat_lon"
    category_separator: str = ","
    categories: Mapping[str, str] = field(default_factory=dict)  # label → code
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # an extra field's code → label → choice
    as_changed: Literal["leave"] = "leave"  # a row that is there already and says something else changes nothing

    @property
    def first_row(self) -> int:
        """The row behind the header, where reports may begin."""
        return self.header_row + self.header_rows if self.header_row else 1

    def column(self, role: str) -> str:
        """The first column with this role; "" if none has it."""
        return next((name for name in self.columns if self.roles.get(name) == role), "")

    def having(self, role: str) -> tuple[str, ...]:
        return tuple(name for name in self.columns if self.roles.get(name) == role)

    def to_json(self) -> dict[str, Json]:
        return cast("dict[str, Json]", asdict(self) | {"columns": list(self.columns)})

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Plan:
        """The plan that `to_json` wrote, or a page sent; BadDefinition names the key and what it may be."""
        known = {one.name for one in fields(cls)}
        if wrong := sorted(value.keys() - known):
            raise BadDefinition(f"{wrong[0]}: nobody knows this key of a plan")
        if missing := sorted({"format", "columns", "roles"} - value.keys()):
            raise BadDefinition(f"{missing[0]}: is missing in the plan")
        _check_kinds(value)
        plan = cls(**{**value, "columns": tuple(value["columns"])})
        plan.check()
        return plan

    def check(self) -> None:
        """Raise BadDefinition for values that cannot be meant; names the key."""
        _one_of("format", self.format, FORMATS)
        _one_of("date_order", self.date_order, DATE_ORDERS)
        _one_of("decimal", self.decimal, DECIMALS)
        _one_of("pair_order", self.pair_order, PAIR_ORDERS)
        _one_of("as_changed", self.as_changed, ("leave",))
        _one_of("header_rows", self.header_rows, (1, 2))
        if self.header_row < 0 or self.tag_row < 0:
            raise BadDefinition("header_row: write a row's number, or 0 for none")
        if self.format == "csv" and (len(self.delimiter) != 1 or self.delimiter in "\r\n" or len(self.quote) > 1):
            raise BadDefinition("delimiter: write one character; quote: write one, or none")
        if self.format == "csv" and self.delimiter == self.quote:
            raise BadDefinition("quote: cannot be the delimiter")
        if not self.category_separator:
            raise BadDefinition("category_separator: write what stands between labels, as a comma")
        _check_zone(self.zone)
        _check_date_format(self.date_format)
        _check_roles(self)

    def changed(self, **changes: Any) -> Plan:
        """The plan with changes; BadDefinition if it cannot be meant."""
        made = replace(self, **changes)
        made.check()
        return made


def is_role(role: str) -> bool:
    return role in ROLES or (role.startswith(EXTRA) and len(role) > len(EXTRA))


def _check_kinds(value: Mapping[str, Any]) -> None:
    for name in ("columns",):
        if not isinstance(value[name], list | tuple) or not all(isinstance(one, str) for one in value[name]):
            raise BadDefinition(f"{name}: write a list of texts")
    for name in ("roles", "categories"):
        table = value.get(name, {})
        if not isinstance(table, Mapping) or not all(isinstance(one, str) for one in (*table, *table.values())):
            raise BadDefinition(f"{name}: write a table of texts")
    tables = value.get("choices", {})
    if not isinstance(tables, Mapping) or not all(
        isinstance(table, Mapping) and all(isinstance(one, str) for one in (code, *table, *table.values()))
        for code, table in tables.items()
    ):
        raise BadDefinition("choices: write a table of texts for each field")
    for name in ("header_row", "header_rows", "tag_row"):
        if not isinstance(value.get(name, 1), int) or isinstance(value.get(name), bool):
            raise BadDefinition(f"{name}: write a whole number")
    for one in fields(Plan):
        if one.name not in {
            "columns",
            "roles",
            "categories",
            "choices",
            "header_row",
            "header_rows",
            "tag_row",
        } and not (isinstance(value.get(one.name, ""), str)):
            raise BadDefinition(f"{one.name}: write a text")


def _one_of(key: str, value: object, choices: Sequence[object]) -> None:
    if value not in choices:
        raise BadDefinition(f"{key}: {value!r} is not one of {', '.join(map(str, choices))}")


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadDefinition(f"zone: {name!r} is no time zone; write one as America/Port-au-Prince") from error


def _check_date_format(form: str) -> None:
    """A form must be one by which a moment can be read back."""
    if not form or form in NUMBER_DATES:
        return
    moment = datetime(2010, 1, 12, 16, 53, 10, tzinfo=UTC if "%z" in form else None)
    try:
        read = datetime.strptime(moment.strftime(form), form)
    except ValueError as error:
        raise BadDefinition(f"date_format: {form!r} cannot be used: {error}") from error
    if read.date() != moment.date():
        raise BadDefinition(f"date_format: {form!r} does not say year, month and day; write one as %d/%m/%Y %H:%M")


def _check_roles(plan: Plan) -> None:
    if len(set(plan.columns)) < len(plan.columns):
        raise BadDefinition("columns: a name stands there twice")
    if len(plan.columns) > MAX_COLUMNS:
        raise BadDefinition(f"columns: at most {MAX_COLUMNS:,}")
    for column, role in plan.roles.items():
        if column not in plan.columns:
            raise BadDefinition(f"roles: the file has no column {column!r}")
        if not is_role(role):
            raise BadDefinition(f"roles: {role!r} of {column!r} is not one of {', '.join(ROLES)}, {EXTRA}CODE")
    for role, count in Counter(plan.roles.values()).items():
        if count > 1 and role not in MANY:
            raise BadDefinition(f"roles: only one column can be {role}")
    given = set(plan.roles.values())
    if ("lat" in given) != ("lon" in given):
        raise BadDefinition("roles: lat and lon go together; name both columns or neither")
    if "lat" in given and "coordinates" in given:
        raise BadDefinition("roles: coordinates stand in one column or in two, not in both")
    if not given & {"text", "title"}:
        raise BadDefinition("roles: one column must be the text")


# --- names of columns ----------------------------------------------------------------------------------------------


def column_names(header: Sequence[str], below: Sequence[str] | None = None) -> tuple[str, ...]:
    """Unique names as shown: white space made single, empty ones "column 7", repeated ones "name (2)".

    With a second header row `below`, "Group / Name"; a group's name holds for the empty cells to its right.
    """
    tidy = [" ".join(name.replace("\0", "").split())[:MAX_COLUMN_NAME] for name in header]
    if below is not None:
        tidy = _joined(tidy, [" ".join(name.replace("\0", "").split())[:MAX_COLUMN_NAME] for name in below])
    taken: set[str] = set()
    names = []
    for number, name in enumerate(tidy, 1):
        names.append(_unique(name or f"column {number}", taken))
        taken.add(names[-1])
    return tuple(names)


def _joined(groups: list[str], names: list[str]) -> list[str]:
    """Group and name of each column; a column without a name below stands for itself and carries no group on."""
    width = max(len(groups), len(names))
    joined, group = [], ""
    for at in range(width):
        above = groups[at] if at < len(groups) else ""
        name = names[at] if at < len(names) else ""
        group = above or (group if name else "")
        joined.append(" / ".join(dict.fromkeys(part for part in (group, name) if part)))
    return joined


def _unique(name: str, taken: set[str]) -> str:
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found


def failed_columns(own: Sequence[str]) -> tuple[str, ...]:
    """The names of what stands behind a file's own columns in the file of its failed rows."""
    taken, names = set(own), []
    for name in FAILED_COLUMNS:
        names.append(_unique(name, taken))
        taken.add(names[-1])
    return tuple(names)


def own_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """Without those that stand behind them in a file of failed rows."""
    own, behind = tuple(columns[: -len(FAILED_COLUMNS)]), tuple(columns[-len(FAILED_COLUMNS) :])
    return own if own and behind == failed_columns(own) else tuple(columns)


def behind_own(columns: Sequence[str]) -> tuple[str, ...]:
    """Those that stand behind its own in a file of failed rows; none in any other."""
    return tuple(columns[len(own_columns(columns)) :])


def is_failed_file(columns: Sequence[str]) -> bool:
    """Whether these are the columns of a file of failed rows."""
    return bool(behind_own(columns))


def header_hash(columns: Sequence[str]) -> str:
    """By what a saved mapping knows files of its kind: their column names in order, without a failed file's last."""
    return hashlib.sha256("\x1f".join(own_columns(columns)).encode(errors="replace")).hexdigest()
