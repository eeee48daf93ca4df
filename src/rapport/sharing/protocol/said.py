"""Pure: facts as people write them, on a command line or in a table of cases: a name and a text for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from rapport.errors import BadDefinition
from rapport.sharing.items import Facts
from rapport.sharing.protocol.data_types import meant
from rapport.sharing.protocol.model import DIMENSIONS, MANY
from rapport.values import Publication, Sensitivity, Status

NAMES = tuple(one.name for one in fields(Facts))
#: What every event is (events/items.py): nobody has to say it.
_EVENT = {"data_type": "none", "aggregation": "record"}
_MEMBERS = {"sensitivity": Sensitivity, "publication": Publication, "status": Status}


def facts(said: Mapping[str, str]) -> Facts:
    """What is not said stays as Facts has it: mostly unknown, but for what every event is. BadDefinition names the fact
    and what may be there."""
    if said.get("kind", "").strip() == "event":
        said = {**_EVENT, **said}
    return replace(Facts(), **{name: _value(name, text.strip()) for name, text in said.items()})


def _value(name: str, text: str) -> Any:
    if name not in NAMES:
        close = meant(name, NAMES)
        raise BadDefinition(f"{name}: nobody knows this fact; " + (f"did you mean {close}?" if close else _list(NAMES)))
    if name in MANY:
        return frozenset(filter(None, (part.strip() for part in text.split(","))))
    if name == "smallest_cell":
        return _count(text)
    if name == "published_at":
        return moment(text)
    choices = DIMENSIONS["level" if name == "sensitivity" else name]
    if not text or (choices and text not in choices):
        raise BadDefinition(
            f"{name}: {text!r} is not one of {', '.join(choices)}." if choices else f"{name}: is empty."
        )
    return _MEMBERS[name](text) if name in _MEMBERS else text


def _list(names: Iterable[str]) -> str:
    return f"known are {', '.join(names)}."


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadDefinition(f"smallest_cell: {text!r} is no count; write a whole number.")
    return int(text)


def moment(text: str) -> datetime:
    """A date or a time with its zone, in UTC; a date is its beginning in UTC."""
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None and len(text) <= len("2026-11-27") else found
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadDefinition(
        f"{text!r} is no time; write a date, as 2026-11-27, or a time with its zone, as 2026-11-27T12:00Z."
    )
