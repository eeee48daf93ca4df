"""Pure: what nobody has said of a thing, and what a ruling hangs on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from rapport.sharing.items import Facts
from rapport.sharing.policy import Policy
from rapport.sharing.protocol.model import DIMENSIONS, UNKNOWABLE, Protocol, named_values
from rapport.values import Purpose

_UNKNOWN = "unknown"
_OTHER = "other-than-named"  # stands for whatever no condition names


def matters(policy: Policy, audience: str, facts: Facts, purpose: Purpose, now: datetime) -> tuple[str, ...]:
    """The facts that are not known and of which one alone, if it were, could make other rules speak: in the order of
    model.DIMENSIONS."""
    found = policy.ruling(audience, facts, purpose, now)
    unknown = [name for name in DIMENSIONS if name in UNKNOWABLE and getattr(facts, name) == _UNKNOWN]

    def other_with(name: str, value: str) -> bool:
        said: dict[str, Any] = {name: value}
        made = policy.ruling(audience, replace(facts, **said), purpose, now)
        return (made.level, made.rules) != (found.level, found.rules)

    return tuple(name for name in unknown if any(other_with(name, value) for value in _values(policy.protocol, name)))


def _values(protocol: Protocol, name: str) -> Collection[str]:
    closed = DIMENSIONS[name]
    return {*(closed or (*named_values(protocol, name), _OTHER))} - {_UNKNOWN}
