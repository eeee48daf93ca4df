"""Pure: the extra fields that an operation's file asks for: its [[fields]]."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rapport.operations import fields
from rapport.operations.fields import Field, FieldChoice
from rapport.operations.strict import CODE, HXL, Table, by_language, once

#: Of an extra field: also the name of a column and of a filter, so it has no more than every program can read.
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_FIELDS = 60  # of one operation [ours: nobody on a telephone answers more]
MOST_CHOICES = 200  # of one field


def read_fields(top: Table) -> tuple[Field, ...]:
    """All of them, in the order in which they are asked."""
    tables = top.tables("fields")
    if len(tables) > MOST_FIELDS:
        raise top.bad("fields", f"there are {len(tables)} of them; ask for at most {MOST_FIELDS}")
    made = [(table.whole("order", 0, -1000, 1000), _field(table)) for table in tables]
    once("fields", "code", [one.code for _, one in made])
    return tuple(one for _, one in sorted(made, key=lambda pair: pair[0]))  # of one order: as they stand


def _field(table: Table) -> Field:
    kind = table.one_of("kind", fields.KINDS)
    made = Field(
        code=table.text("code", None, _FIELD, "with small letters, digits and _, a letter first, at most 40"),
        kind=kind,
        names=by_language(table, "names", needed=True),
        help=by_language(table, "help"),
        required=table.flag("required"),
        choices=_choices(table),
        several=table.flag("several"),
        whole=table.flag("whole"),
        least=_bound(table, "least"),
        most=_bound(table, "most"),
        public=table.flag("public"),
        filter=table.flag("filter"),
        counts_people=table.flag("counts_people"),
        hxl=table.text("hxl", "", HXL, "as #meta+damage"),
    )
    table.nothing_else()
    _check_kind(table, made)
    return made


def _choices(table: Table) -> tuple[FieldChoice, ...]:
    made = tuple(_field_choice(inner) for inner in table.tables("choices"))
    once(f"{table.where}.choices", "code", [choice.code for choice in made])
    if len(made) > MOST_CHOICES:
        raise table.bad("choices", f"there are {len(made)} of them; offer at most {MOST_CHOICES}")
    return made


def _field_choice(table: Table) -> FieldChoice:
    made = FieldChoice(
        code=table.text("code", None, CODE, "with letters, digits, dot, _ and hyphen, at most 40"),
        names=by_language(table, "names", needed=True),
    )
    table.nothing_else()
    return made


def _bound(table: Table, key: str) -> float | None:
    return table.number(key, -fields.LARGEST, fields.LARGEST) if key in table.data else table.get(key)


def _check_kind(table: Table, made: Field) -> None:
    """A key that means nothing for the kind is an error: whoever wrote it expects something of it."""
    only: Mapping[str, tuple[str, ...]] = {
        "choice": ("choices", "several", "filter"),
        "number": ("whole", "least", "most", "counts_people"),
    }
    for kind, keys in only.items():
        for key in keys:
            if made.kind != kind and key in table.data:
                raise table.bad(key, f"is for a field of kind {kind} only; this one is of kind {made.kind}")
    if made.kind == "choice" and not made.choices:
        raise table.bad("choices", f"name at least one: [[{table.where.split()[0]}.choices]] with code and names")
    if made.least is not None and made.most is not None and made.least > made.most:
        raise table.bad("least", "is above most; exchange them")
