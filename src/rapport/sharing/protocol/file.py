"""Pure: a protocol as its TOML file says it, read strictly. The format: docs/reference/protocol-file.md.

A key that nobody knows is an error, not a silence: a misspelt `unless` would show what was agreed to be kept back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from datetime import date as day

from rapport.operations.strict import CODE, SLUG, Table, once, parsed
from rapport.sharing.protocol.model import (
    DIMENSIONS,
    FIELDS,
    PURPOSES,
    RADII_M,
    Area,
    Audience,
    Condition,
    Entry,
    Left,
    Protocol,
    Rounding,
    Rule,
    Words,
)
from rapport.values import Marking, Purpose, Sensitivity

#: Longest delay that a rule may ask for, in hours: a year. What is to be kept back longer is not granted [ours].
LONGEST_DELAY_H = 8_784
_TLP = tuple(one.value for one in Marking)
#: Larger files are no protocol that people read [ours: the longest country protocol has some sixty entries].
MOST_CHARACTERS = 100_000


def read(text: str) -> Protocol:
    """The protocol; BadDefinition names table, key and remedy."""
    whole = Table(parsed(text, MOST_CHARACTERS), "")
    head = whole.table("protocol")
    if head is None:
        raise whole.bad("protocol", "is missing; write a table [protocol] with name, version and title")
    audiences = _audiences(whole)
    names = [audience.name for audience in audiences]
    protocol = Protocol(
        name=head.text("name", form=SLUG, remedy="with 2 to 60 small letters, digits and hyphens"),
        version=head.text("version", form=CODE, remedy="as 2 or 2026-11: it stands in addresses' ETags"),
        title=head.text("title"),
        audiences=audiences,
        entries=tuple(_entry(table) for table in whole.tables("entry")),
        rules=(
            *(_grant(table, names) for table in whole.tables("grant")),
            *(_limit(table, names) for table in whole.tables("limit")),
        ),
        sources=head.texts("sources"),
        smallest_count=head.whole("smallest_count", 0, 0, 1_000),
        digest=digest(text),
    )
    head.nothing_else()
    whole.nothing_else()
    once("entry", "name", [entry.name for entry in protocol.entries])
    once("grant and limit", "name", [rule.name for rule in protocol.rules])
    return protocol


def digest(text: str) -> str:
    """SHA-256 of the file's text with line ends as LF: what people sign, the same on every system."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def _audiences(whole: Table) -> tuple[Audience, ...]:
    tables = whole.tables("audience")
    audiences = tuple(_audience(table) for table in tables)
    once("audience", "name", [audience.name for audience in audiences])
    if not audiences or not audiences[-1].everyone or any(one.everyone for one in audiences[:-1]):
        raise whole.bad("audience", "the last one, and no other, must have everyone = true: it is the public")
    return audiences


def _audience(table: Table) -> Audience:
    found = Audience(
        name=_name(table),
        title=table.text("title"),
        team=table.flag("team"),
        roles=frozenset(table.texts("roles")),
        organisations=frozenset(table.texts("organisations")),
        kinds=frozenset(table.texts("kinds")),
        sectors=frozenset(table.texts("sectors")),
        keys=frozenset(table.texts("keys")),
        everyone=table.flag("everyone"),
    )
    lists = (found.roles, found.organisations, found.kinds, found.sectors, found.keys)
    if any("" in names for names in lists):
        raise table.bad("name", "a list holds an empty name, which would be everybody without one; take it out")
    if not (found.team or found.everyone or any(lists)):
        raise table.bad("name", "nobody belongs to it; name roles, organisations, kinds, sectors or keys")
    table.nothing_else()
    return found


def _entry(table: Table) -> Entry:
    entry = Entry(
        name=_name(table),
        level=Sensitivity(table.one_of("level", [level.value for level in Sensitivity])),
        condition=_condition(table),
        why=table.text("why"),
    )
    for part in (entry.condition.when, entry.condition.unless):
        if "level" in part:
            raise table.bad("when", "level is what an entry says; it cannot depend on it")
    table.nothing_else()
    return entry


def _grant(table: Table, names: Sequence[str]) -> Rule:
    to = table.texts("to", needed=True)
    for name in to:
        if name not in names:
            raise table.bad("to", f"{name!r} is none of the audiences {', '.join(names)}")
    rule = _rule(table, frozenset(to), grant=True, nothing=False)
    table.nothing_else()
    return rule


def _limit(table: Table, names: Sequence[str]) -> Rule:
    beyond = table.text("beyond", "")
    if "beyond" in table.data and beyond not in names:
        raise table.bad("beyond", f"{beyond!r} is none of the audiences {', '.join(names)}")
    after = names[names.index(beyond) + 1 :] if beyond else names
    if not after:
        raise table.bad("beyond", f"nobody comes after {beyond!r}: the limit would bind no one")
    rule = _rule(table, frozenset(after), grant=False, nothing=table.flag("nothing"))
    if not rule.nothing and rule.left == Left():
        raise table.bad("name", 'limits nothing; write nothing = true, or what is left, as place = "adm2"')
    table.nothing_else()
    return rule


def _rule(table: Table, audiences: frozenset[str], *, grant: bool, nothing: bool) -> Rule:
    purposes = table.texts("for", needed="for" in table.data) or tuple(purpose.value for purpose in PURPOSES)
    for purpose in purposes:
        if purpose not in PURPOSES:
            raise table.bad("for", f"{purpose!r} is not one of {', '.join(PURPOSES)}")
    starts, ends = _moment(table, "from"), _moment(table, "until")
    if starts and ends and starts >= ends:
        raise table.bad("until", "is not after from")
    return Rule(
        name=_name(table),
        grant=grant,
        audiences=audiences,
        purposes=frozenset(map(Purpose, purposes)),
        condition=_condition(table),
        left=_left(table),
        nothing=nothing,
        why=table.text("why"),
        starts=starts,
        ends=ends,
    )


def _left(table: Table) -> Left:
    area = table.one_of("place", _names(Area), "as_it_is")
    radius_m = table.whole("radius_m", 0, 0, max(RADII_M))
    if radius_m and radius_m not in RADII_M:
        raise table.bad("radius_m", f"write one of {', '.join(map(str, RADII_M))}")
    marking = table.one_of("marking", _TLP, _TLP[0]) if "marking" in table.data else table.get("marking")
    return Left(
        fields=_fields(table),
        area=Area[area.upper()],
        radius_m=radius_m,
        delay_s=table.whole("delay_hours", 0, 0, LONGEST_DELAY_H) * 3600,
        rounding=Rounding[table.one_of("time", _names(Rounding), "none").upper()],
        words=Words[table.one_of("words", _names(Words), "own").upper()],
        counted_only=table.flag("count_only"),
        marking=Marking(marking) if marking else None,
    )


def _fields(table: Table) -> frozenset[str]:
    kept, without = table.texts("fields"), table.texts("without")
    if "fields" in table.data and "without" in table.data:
        raise table.bad("without", "write fields (what is kept) or without (what is left out), not both")
    for key, names in (("fields", kept), ("without", without)):
        for name in names:
            if name not in FIELDS:
                raise table.bad(key, f"{name!r} is not one of {', '.join(sorted(FIELDS))}")
    return frozenset(kept) if "fields" in table.data else FIELDS - frozenset(without)


def _condition(table: Table) -> Condition:
    when, unless = table.table("when"), table.table("unless")
    cells_under = None
    if when and "cells_under" in when.data:
        cells_under = when.whole("cells_under", 0, 1, 1_000_000)
    return Condition(_dimensions(when), _dimensions(unless), cells_under)


def _dimensions(table: Table | None) -> Mapping[str, frozenset[str]]:
    if table is None:
        return {}
    found = {key: table.texts(key, needed=True) for key in table.data if key in DIMENSIONS}
    for key, values in found.items():
        known = DIMENSIONS[key]
        for value in values:
            if not value or (known and value not in known):
                raise table.bad(key, f"{value!r} is not one of {', '.join(known)}" if known else "holds an empty name")
    table.known += DIMENSIONS
    table.nothing_else()
    return {key: frozenset(values) for key, values in found.items()}


def _moment(table: Table, key: str) -> datetime | None:
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise table.bad(key, "says no time zone; write it as 2026-11-27T12:00:00Z")
        try:
            return value.astimezone(UTC)
        except OverflowError:
            raise table.bad(key, "lies outside the years 1 to 9999 in UTC; write another") from None
    if isinstance(value, day):
        return datetime.combine(value, time(), UTC)
    raise table.bad(key, "write a date, as 2026-11-27, or a time with its zone")


def _name(table: Table) -> str:
    return table.text("name", form=SLUG, remedy="with 2 to 60 small letters, digits and hyphens")


def _names(kind: Iterable[Area] | Iterable[Words] | Iterable[Rounding]) -> tuple[str, ...]:
    return tuple(one.name.lower() for one in kind)
