"""Pure: what nobody has said of a thing and is held against it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from rapport.sharing.items import Facts, Ruling
from rapport.sharing.policy import LEVELS, Policy
from rapport.sharing.protocol.model import DIMENSIONS, UNKNOWABLE, Protocol, named_values
from rapport.values import Purpose

_UNKNOWN = "unknown"
_OTHER = "other-than-named"  # stands for whatever no condition names


def held_against(policy: Policy, audience: str, facts: Facts, purpose: Purpose, now: datetime) -> tuple[str, ...]:
    """The facts that are not known and of which one alone, if it were, could take a limit away, add a grant, or lower
    the level: in the order of model.DIMENSIONS."""
    found = policy.ruling(audience, facts, purpose, now)
    unknown = [name for name in DIMENSIONS if name in UNKNOWABLE and getattr(facts, name) == _UNKNOWN]

    def milder_with(name: str, value: str) -> bool:
        said: dict[str, Any] = {name: value}
        return _milder(policy.protocol, policy.ruling(audience, replace(facts, **said), purpose, now), found)

    return tuple(name for name in unknown if any(milder_with(name, value) for value in _values(policy.protocol, name)))


def _milder(protocol: Protocol, one: Ruling, other: Ruling) -> bool:
    grants = frozenset(rule.name for rule in protocol.rules if rule.grant)
    limits = frozenset(rule.name for rule in protocol.rules if not rule.grant)
    return (
        limits.intersection(one.rules) < limits.intersection(other.rules)
        or grants.intersection(one.rules) > grants.intersection(other.rules)
        or LEVELS.index(one.level) < LEVELS.index(other.level)
    )


def _values(protocol: Protocol, name: str) -> Collection[str]:
    closed = DIMENSIONS[name]
    return {*(closed or (*named_values(protocol, name), _OTHER))} - {_UNKNOWN}
