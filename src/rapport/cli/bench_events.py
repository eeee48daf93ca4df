"""A million published events in a SQLite file in less than a minute: by plain SQL, as the desk would leave them.

Four in five lie around towns, the larger the more; 2 % have no place; times spread over 180 days. On top of the
published ones come 1 % drafts, which readers must not be counted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20100112
DAYS = 180
FIRST = 1_263_254_400  # 12 January 2010, 00:00 UTC
TOWNS = 150
PART = 50_000
_REF_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_STATUSES = ("unverified", "corroborated", "verified", "refuted", "unverifiable")
_SHARES = (0.62, 0.14, 0.18, 0.03, 0.03)
_COLUMNS = {
    "id": "?", "operation_id": "?", "ref": "?", "title": "?", "publication": "?", "status": "?", "persons_at_risk": "?",
    "lon": "?", "lat": "?", "precision": "?", "radius_m": "?", "place_name": "?",
    "commune_lon": "?", "commune_lat": "?", "commune_radius_m": "?", "commune_name": "?",
    "occurred_at": "datetime(?, 'unixepoch')", "published_at": "datetime(?, 'unixepoch')",
    "created_at": "datetime(?, 'unixepoch')", "updated_at": "datetime(?, 'unixepoch')",
    "sensitivity": "'low'", "summary": "''", "shared": "''", "pcode": "''", "commune_pcode": "''",
    "names": "'unknown'", "consent": "'unknown'", "personal_data": "'unknown'", "control": "'unknown'",
    "organisation": "'unknown'",
    "extra": "'{}'", "response": "'open'", "response_by": "''",
}  # fmt: skip

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _World:
    """What the events are drawn from."""

    operation_id: int
    box: tuple[float, float, float, float]
    towns: list[tuple[str, float, float]]
    categories: list[tuple[int, bool]]  # id, whether it names persons at risk


def fill(database: Path, published: int) -> None:
    """Put the events in, with their categories and their entries in the release log."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")  # it can be made again
    connection.execute("PRAGMA cache_size=-262144")
    connection.execute("BEGIN")
    world = _world(connection)
    dice = np.random.default_rng(SEED)
    everything = published + published // 100
    insert = f"INSERT INTO events_event ({', '.join(_COLUMNS)}) VALUES ({', '.join(_COLUMNS.values())})"  # noqa: S608
    for first in range(1, everything + 1, PART):
        count = min(PART, everything + 1 - first)
        chosen, links = _categories(world, dice, first, count)
        connection.executemany(insert, _rows(world, dice, first, count, published, chosen))
        connection.executemany("INSERT INTO events_event_categories (event_id, category_id) VALUES (?, ?)", links)
    _log(connection)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("ANALYZE")
    connection.close()


def _world(connection: sqlite3.Connection) -> _World:
    operation_id, *box = connection.execute("SELECT id, west, south, east, north FROM operations_operation").fetchone()
    towns = connection.execute(
        "SELECT name, lon, lat FROM operations_place WHERE lon IS NOT NULL ORDER BY id LIMIT ?", (TOWNS,)
    ).fetchall()
    categories = connection.execute("SELECT id, persons_at_risk FROM operations_category ORDER BY id").fetchall()
    return _World(operation_id, tuple(box), towns, [(pk, bool(at_risk)) for pk, at_risk in categories])


def _categories(
    world: _World, dice: np.random.Generator, first: int, count: int
) -> tuple[list[bool], list[tuple[int, int]]]:
    """Whether each event concerns persons at risk, and its one to three categories."""
    weights = 1 / np.arange(1, len(world.categories) + 1)
    picks = dice.choice(len(world.categories), size=(count, 3), p=weights / weights.sum())
    how_many = dice.choice((1, 2, 3), size=count, p=(0.55, 0.3, 0.15))
    at_risk, links = [], []
    for offset, (three, n) in enumerate(zip(picks.tolist(), how_many.tolist(), strict=True)):
        mine = {world.categories[position] for position in three[:n]}
        at_risk.append(any(risky for _, risky in mine))
        links += [(first + offset, pk) for pk, _ in mine]
    return at_risk, links


def _rows(
    world: _World, dice: np.random.Generator, first: int, count: int, published: int, at_risk: list[bool]
) -> Iterator[Row]:
    weights = 1 / np.arange(1, len(world.towns) + 1)
    town = dice.choice(len(world.towns), size=count, p=weights / weights.sum())
    lon, lat = _points(world, dice, town)
    status = dice.choice(len(_STATUSES), size=count, p=_SHARES)
    created = FIRST + dice.integers(0, DAYS * 86_400, size=count)
    occurred = created - dice.integers(0, 86_400, size=count)
    dateless, placeless = dice.random(count) < 0.1, dice.random(count) < 0.02
    precision = dice.integers(1, 6, size=count)
    columns = zip(
        town.tolist(), lon.tolist(), lat.tolist(), status.tolist(), created.tolist(), occurred.tolist(),
        dateless.tolist(), placeless.tolist(), precision.tolist(), at_risk,
        strict=True,
    )  # fmt: skip
    for number, (t, x, y, s, made, when, no_date, no_place, exact, risky) in enumerate(columns, first):
        name, commune_lon, commune_lat = world.towns[t]
        is_published = number <= published
        yield (
            number, world.operation_id, _ref(number), f"Event {number}",
            "published" if is_published else "draft", _STATUSES[s], risky,
            *((None, None, None, 0, "") if no_place else (x, y, exact, 300, name)),
            *((None, None, 0, "") if no_place else (commune_lon, commune_lat, 10_000, name)),
            None if no_date else when, made if is_published else None, made, made,
        )  # fmt: skip


def _points(world: _World, dice: np.random.Generator, town: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """Around the towns, 3 km wide; a fifth anywhere in the operation's box. Six decimals."""
    west, south, east, north = world.box
    centres = np.array([(x, y) for _, x, y in world.towns])[town]
    points = centres + dice.normal(0, 0.03, size=centres.shape)
    anywhere = dice.random(len(town)) < 0.2
    points[anywhere] = dice.uniform((west, south), (east, north), size=(int(anywhere.sum()), 2))
    points = np.clip(points, (west, south), (east, north)).round(6)
    return points[:, 0], points[:, 1]


def _ref(number: int) -> str:
    mixed = number * 0x9E3779B1 % (1 << 40)  # an odd factor: no two numbers give the same
    return "".join(_REF_LETTERS[mixed >> shift & 31] for shift in range(35, -5, -5))


def _log(connection: sqlite3.Connection) -> None:
    """The release log as if each event had been published once."""
    connection.execute("DELETE FROM sharing_releaseclock")
    for audience in ("team", "public"):
        connection.execute(
            "INSERT INTO sharing_releaseentry"
            ' (operation_id, audience, seq, event_id, retracted, at, purposes, "left", anew)'
            " SELECT operation_id, ?, id, id, 0, updated_at, 15, '', 0 FROM events_event"
            " WHERE publication = 'published'",
            (audience,),
        )
        connection.execute(
            "INSERT INTO sharing_releaseclock"
            " (operation_id, audience, seq, view_seq, export_seq, alert_seq, push_seq)"
            " SELECT operation_id, audience, MAX(seq), MAX(seq), MAX(seq), MAX(seq), MAX(seq)"
            " FROM sharing_releaseentry WHERE audience = ? GROUP BY 1, 2",
            (audience,),
        )
