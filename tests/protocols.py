"""Protocols made at random, for the tests that compare the two forms of the policy."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

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
from rapport.values import Marking, Sensitivity

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
#: Values for the dimensions whose list is open.
OPEN: Mapping[str, tuple[str, ...]] = {
    "data_type": ("none", "3w_presence", "unknown"),
    "category": ("water", "food", "trapped"),
    "control": ("government", "unknown"),
    "source": ("sms", "radio"),
    "sector": ("health", "wash"),
    "organisation": ("who", "unknown"),
}
AUDIENCES = (
    Audience("team", "Team", team=True),
    Audience("cluster", "Cluster", sectors=frozenset({"health"})),
    Audience("public", "Everybody", everyone=True),
)


def protocol(rnd: random.Random, rules: int = 8, entries: int = 5) -> Protocol:
    """A protocol of so many rules and entries; most grant something to somebody."""
    return Protocol(
        name="random",
        version=str(rnd.random()),
        title="Random",
        audiences=AUDIENCES,
        entries=tuple(
            Entry(f"entry-{n}", rnd.choice(list(Sensitivity)), condition(rnd, level=False), f"Entry {n}.")
            for n in range(entries)
        ),
        rules=tuple(rule(rnd, n) for n in range(rules)),
        digest=str(rnd.random()),
    )


def rule(rnd: random.Random, n: int) -> Rule:
    grant = rnd.random() < 0.5
    starts, ends = rnd.choice([(None, None)] * 4 + [(NOW, None), (None, NOW), (None, NOW + timedelta(days=1))])
    audiences = {"public"} | set(rnd.sample(["team", "cluster"], rnd.randrange(3)))
    return Rule(
        name=f"rule-{n}",
        grant=grant,
        audiences=frozenset(audiences if rnd.random() < 0.9 else {"cluster"}),
        purposes=frozenset(rnd.sample(PURPOSES, rnd.randrange(1, 5))),
        condition=condition(rnd, level=True) if rnd.random() < 0.7 else Condition(),
        left=left(rnd),
        nothing=not grant and rnd.random() < 0.2,
        why=f"Rule {n}.",
        starts=starts,
        ends=ends,
    )


def left(rnd: random.Random) -> Left:
    whole = Left()
    return replace(
        whole,
        fields=frozenset(rnd.sample(sorted(FIELDS), 7)) if rnd.random() < 0.4 else FIELDS,
        area=rnd.choice([Area.AS_IT_IS, Area.AS_IT_IS, *Area]),
        radius_m=rnd.choice([0, 0, 0, *RADII_M]),
        delay_s=rnd.choice([0, 0, 0, 0, 3600, 86_400]),
        rounding=rnd.choice([Rounding.NONE, Rounding.NONE, *Rounding]),
        words=rnd.choice([Words.OWN, Words.OWN, *Words]),
        counted_only=rnd.random() < 0.05,
        marking=rnd.choice([None, *Marking]),
    )


def condition(rnd: random.Random, *, level: bool) -> Condition:
    names = [name for name in DIMENSIONS if level or name != "level"]
    # Most conditions ask for what events differ in: else few would ever match.
    often = [
        "category", "publication", "status", "finest", "persons_at_risk", "source", "consent", "control",
        "organisation", "personal_data", *(["level"] if level else []),
    ]  # fmt: skip
    when = {name: values(rnd, name) for name in rnd.sample(often if rnd.random() < 0.8 else names, rnd.randrange(3))}
    unless = {name: values(rnd, name) for name in rnd.sample(names, rnd.choice([0, 0, 1]))}
    return Condition(when, unless, rnd.choice([None] * 9 + [5]))


def values(rnd: random.Random, name: str) -> frozenset[str]:
    known = DIMENSIONS[name] or OPEN[name]
    return frozenset(rnd.sample(known, rnd.randrange(1, len(known) + 1)))
