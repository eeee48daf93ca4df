"""Pure: what conditions reach, worked out from what they say: whether two meet, whether one holds the other.

A rule's sternness says how it takes what is not known (model.UNKNOWABLE): limits and entries for high and severe are
stern, grants and entries for low and moderate are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapport.sharing.items import FINEST, Facts
from rapport.sharing.protocol.model import DIMENSIONS, MANY, UNKNOWABLE, Condition, Entry, Rule
from rapport.values import EARLIEST, Publication, Sensitivity, Status

_UNKNOWN = "unknown"
_OTHER = "other-than-named"  # stands for whatever no condition names
_NONE: frozenset[str] = frozenset()
_SINGLE = tuple(name for name in DIMENSIONS if name not in MANY)
_CLOSED: Mapping[str, frozenset[str]] = {name: frozenset(values) for name, values in DIMENSIONS.items()}
_COUNTS = frozenset({"aggregated", _UNKNOWN})
#: What a thing is where a condition does not ask: as harmless as can be.
_HARMLESS: Mapping[str, str] = {
    "kind": "dataset", "data_type": _OTHER, "publication": "published", "status": "verified", "finest": "national",
    "names": "no", "consent": "yes", "aggregation": "aggregated", "control": _OTHER, "organisation": _OTHER,
    "personal_data": "no", "persons_at_risk": "no", "domain": "crisis",
}  # fmt: skip
_LARGE_CELL = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Reach:
    """A condition, with how it takes what is not known."""

    condition: Condition
    stern: bool


def of(one: Entry | Rule) -> Reach:
    if isinstance(one, Entry):
        return Reach(one.condition, one.level in {Sensitivity.HIGH, Sensitivity.SEVERE})
    return Reach(one.condition, not one.grant)


def never(one: Reach) -> str:
    """The dimension for which no thing can meet the condition; "" where things can."""
    for name in _asked(one.condition):
        if name in MANY:
            barred = one.condition.unless.get(name, _NONE)
            if name in one.condition.when and not one.condition.when[name] - barred:
                return name
        elif not _met(one, name, _universe(name, one.condition)):
            return name
    return ""


def covers(wide: Reach, narrow: Reach) -> bool:
    """Whether `wide` speaks of everything of which `narrow` speaks, known or not."""
    for name in _asked(wide.condition):
        if name in MANY:
            if not _covers_many(wide.condition, narrow.condition, name):
                return False
            continue
        values = _universe(name, wide.condition, narrow.condition)
        if not _met(narrow, name, values) <= _met(wide, name, values):
            return False
    under, other = wide.condition.cells_under, narrow.condition.cells_under
    return under is None or (other is not None and other <= under and (wide.stern or not narrow.stern))


def overlap(one: Condition, other: Condition) -> Mapping[str, frozenset[str]] | None:
    """What both speak of, as they are written: dimension → the values that both ask for or leave. None: nothing."""
    shared: dict[str, frozenset[str]] = {}
    for name in {*_asked(one), *_asked(other), "kind", "finest"}:
        if name in MANY:
            barred = one.unless.get(name, _NONE) | other.unless.get(name, _NONE)
            asked = [part.when[name] - barred for part in (one, other) if name in part.when]
            if not all(asked):
                return None
            shared[name] = _NONE.union(*asked)
            continue
        values = _universe(name, one, other)
        both = _written(one, name, values) & _written(other, name, values)
        if not both:
            return None
        if name in {*one.when, *other.when}:
            shared[name] = both
    return {name: shared[name] for name in DIMENSIONS if name in shared}


def witness(reaches: Sequence[Reach]) -> Facts | None:
    """A thing that meets all these conditions at once, else as harmless as can be; None where the search finds none."""
    conditions = [one.condition for one in reaches]
    data: dict[str, Any] = {"published_at": EARLIEST}
    for name in _SINGLE:
        if name == "level":
            continue
        values = _universe(name, *conditions) - ({_UNKNOWN} if name in UNKNOWABLE else _NONE)
        for one in reaches:
            values &= _met(one, name, values)
        if not values:
            return None
        data[name] = _HARMLESS[name] if _HARMLESS[name] in values else min(values)
    for name in MANY:
        barred = _NONE.union(*(one.unless.get(name, _NONE) for one in conditions))
        asked = [one.when[name] - barred for one in conditions if name in one.when]
        if not all(asked):
            return None
        data[name] = frozenset(min(values) for values in asked)
    cells = [one.cells_under for one in conditions if one.cells_under is not None]
    data["smallest_cell"] = min(cells) - 1 if cells else _LARGE_CELL
    data["publication"], data["status"] = Publication(data["publication"]), Status(data["status"])
    return Facts(**data)


def _asked(one: Condition) -> tuple[str, ...]:
    asked = {*one.when, *one.unless} | ({"aggregation"} if one.cells_under is not None else set())
    return tuple(name for name in DIMENSIONS if name in asked)


def _universe(name: str, *conditions: Condition) -> frozenset[str]:
    """Every value that makes a difference to these conditions."""
    if DIMENSIONS[name]:
        return _CLOSED[name]
    named = {value for one in conditions for part in (one.when, one.unless) for value in part.get(name, ())}
    return frozenset(named | {_OTHER} | ({_UNKNOWN} if name in UNKNOWABLE else set()))


def _plain(one: Condition, name: str, values: frozenset[str]) -> frozenset[str]:
    met = one.when.get(name, values) - one.unless.get(name, _NONE)
    return met & _COUNTS if name == "aggregation" and one.cells_under is not None else met


def _written(one: Condition, name: str, values: frozenset[str]) -> frozenset[str]:
    """The values that a condition speaks of, by its words and by what an event is: it has no data type, and shows no
    household."""
    met = _plain(one, name, values)
    if name == "kind" and "kind" not in one.when and "data_type" in one.when:
        return met & {"dataset"}
    if name == "finest" and one.when.get("kind", _NONE) and one.when["kind"] <= {"event", "alert"}:
        return met & {"none", *FINEST.values()}
    return met


def _met(one: Reach, name: str, values: frozenset[str]) -> frozenset[str]:
    """The values with which the condition is met, "unknown" among them or not as the rule's sternness has it."""
    met = _plain(one.condition, name, values)
    if name not in UNKNOWABLE or _UNKNOWN not in values:
        return met
    when, unless = one.condition.when.get(name), one.condition.unless.get(name)
    meets = (when is None or one.stern or _UNKNOWN in when) and (
        unless is None or (one.stern and _UNKNOWN not in unless)
    )
    return met | {_UNKNOWN} if meets else met - {_UNKNOWN}


def _covers_many(wide: Condition, narrow: Condition, name: str) -> bool:
    barred = narrow.unless.get(name, _NONE)
    if not wide.unless.get(name, _NONE) <= barred:
        return False
    return name not in wide.when or (name in narrow.when and narrow.when[name] - barred <= wide.when[name])
