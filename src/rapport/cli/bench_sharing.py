"""How fast a protocol rules, on things of which no two are the same, and what it costs readers."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from rapport.cli import bench_sharing_map
from rapport.cli.bench_figures import Figure
from rapport.sharing.items import Facts
from rapport.sharing.policy import Policy
from rapport.sharing.protocol import file, library
from rapport.sharing.protocol.data_types import DATA_TYPES
from rapport.sharing.protocol.model import DIMENSIONS, Protocol
from rapport.values import Publication, Purpose, Sensitivity, Status

THINGS, PASSES = 200_000, 5
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SECTORS = ("health", "education", "wash", "protection", "gbv", "food_security", "shelter", "restricted_by_cluster")
_HELD = ("government", "russian_military", "unknown")


def measure(events: int, parent: Path | None = None) -> Iterator[Figure]:
    """What protocols cost: rulings a second, and how much longer readers wait for map and list."""
    yield from rulings()
    yield from bench_sharing_map.measure(library.text_of(longest().name), events, parent)


def rulings() -> Iterator[Figure]:
    """Rulings a second of the shipped protocol with the most rules, each on another thing and by another Policy: what
    was ruled in one pass is not remembered in the next."""
    protocol = longest()
    things = distinct(THINGS, random.Random(1))  # noqa: S311
    passes = [_pass(protocol, things) for _ in range(PASSES)]
    by_clock, by_core = [rate for rate, _ in passes], [rate for _, rate in passes]
    unit = f"rulings/s, {protocol.name}, the best of {PASSES} passes"
    yield Figure("rulings_per_s", max(by_clock), unit, "higher", 200_000)
    yield Figure("rulings_per_s_median", median(by_clock), "rulings/s", "higher")
    yield Figure("rulings_per_cpu_s", max(by_core), "rulings/s of a core", "higher")


def longest() -> Protocol:
    """The shipped protocol with the most entries and rules: the slowest to rule by."""
    shipped = [file.read(library.text_of(name)) for name in library.names()]
    return max(shipped, key=lambda one: len(one.entries) + len(one.rules))


def distinct(count: int, dice: random.Random) -> list[Facts]:
    """So many things of which no two are the same, drawn over every fact that a protocol asks for."""
    found: dict[Facts, None] = {}
    while len(found) < count:
        found[_drawn(dice)] = None
    return list(found)


def _pass(protocol: Protocol, things: list[Facts]) -> tuple[float, float]:
    """Rulings a second by the clock, and by the time of the core."""
    ruling = Policy(protocol).ruling
    audience = protocol.audiences[-1].name
    gc.collect()
    began, core = time.perf_counter(), time.process_time()
    for facts in things:
        ruling(audience, facts, Purpose.VIEW, _NOW)
    return len(things) / (time.perf_counter() - began), len(things) / (time.process_time() - core)


def _drawn(dice: random.Random) -> Facts:
    def one(name: str) -> str:
        return dice.choice(DIMENSIONS[name])

    return Facts(
        kind=dice.choice(("dataset", "dataset", "event")),
        data_type=dice.choice((*DATA_TYPES, "unknown")),
        category=frozenset(dice.sample(("1", "1a", "2", "2b", "3"), dice.randrange(3))),
        sensitivity=dice.choice((None, None, None, *Sensitivity)),
        publication=dice.choice(tuple(Publication)),
        published_at=_NOW,
        status=dice.choice(tuple(Status)),
        finest=one("finest"),
        names=one("names"),  # type: ignore[arg-type]
        consent=one("consent"),  # type: ignore[arg-type]
        aggregation=one("aggregation"),
        smallest_cell=dice.choice((None, 1, 4, 5, 20, 400)),
        control=dice.choice(_HELD),
        source=frozenset(dice.sample(("sms", "web", "partner"), dice.randrange(3))),
        sector=frozenset(dice.sample(_SECTORS, dice.randrange(3))),
        organisation=dice.choice(("unicef", "ifrc", "unknown")),
        personal_data=one("personal_data"),  # type: ignore[arg-type]
        persons_at_risk=one("persons_at_risk"),  # type: ignore[arg-type]
        domain=one("domain"),
    )
