"""Pure: the dictionary of one operation: rapport's own fields with its code lists, then its extra fields."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from rapport.formats.context import ExtraColumn
from rapport.formats.dictionary.fields import FIELDS, LEFT_OUT, UNDER_ITS_NAME, VERSION, Code, Entry, _
from rapport.values import CategoryName, Json, Sensitivity

#: Kind of an extra field → type of Table Schema.
_TYPES: Mapping[str, str] = {"number": "number", "date": "date"}
_SAID = _("Asked for by this operation alone.")
_TEAM_ONLY = _("Only the team of this operation gets it.")


@dataclass(frozen=True, slots=True)
class Own:
    """What one operation brings, as far as one reader gets it: code lists and extra fields. `sources`: slug → names."""

    categories: Sequence[CategoryName] = ()
    sources: Mapping[str, Mapping[str, str]] | None = None
    extra: Sequence[ExtraColumn] = ()


def entries(own: Own | None = None) -> tuple[Entry, ...]:
    """Every field; without an operation those of rapport, whose lists of categories and ways in are then open."""
    if own is None:
        return FIELDS
    codes: Mapping[str, tuple[Code, ...]] = {
        "category_codes": tuple(Code(one.code, one.names, one.hxl) for one in own.categories),
        "categories": tuple(Code(one.code, one.names, one.hxl) for one in own.categories),
        "sources": tuple(Code(slug, names) for slug, names in (own.sources or {}).items()),
    }
    return (*(replace(one, codes=codes.get(one.name, one.codes)) for one in FIELDS), *map(_extra, own.extra))


def _extra(one: ExtraColumn) -> Entry:
    """What a file says now of the values that a number may have does not hold for those that were kept before it was
    changed, so that is no constraint."""
    return Entry(
        name=one.name,
        title=one.names,
        meaning=one.help or _SAID,
        type=_TYPES.get(one.kind, "string"),
        of=("extra",),
        found=dict.fromkeys(UNDER_ITS_NAME, one.name),
        may_become=LEFT_OUT,
        goes_with="extra",
        codes=tuple(Code(code, names) for code, names in one.labels.items()),
        several=one.several,
        hxl=one.hxl,
        sensitivity=Sensitivity.MODERATE if one.public else Sensitivity.HIGH,
        since=0,
        remark="" if one.public else _TEAM_ONLY,
    )


def version(own: Own | None = None) -> str:
    """`1` for rapport's own fields; `1+0a1b2c3d` for an operation, whose last part changes with its code lists and
    extra fields, as far as this reader gets them."""
    return str(VERSION) if own is None else f"{VERSION}+{digest(entries(own))[:8]}"


def digest(some: Sequence[Entry]) -> str:
    """SHA-256 of everything that these entries say, in every language."""
    return hashlib.sha256(msgspec.json.encode([_plain(one) for one in some], order="sorted")).hexdigest()


def _plain(one: Entry) -> dict[str, Json]:
    built: dict[str, Json] = msgspec.to_builtins(one, str_keys=True)
    return built
