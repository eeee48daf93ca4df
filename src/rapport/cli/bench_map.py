"""How soon the map's clusters come at a million events, with messages coming in beside it, and whether they are right.

Right is what a plain SQL count says that shares no code with the map: published events, at the place that the public is
released, in the box and with the filters asked for.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import random
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from gzip import decompress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from rapport.cli import bench_events
from rapport.cli.bench_figures import Figure
from rapport.cli.bench_ground import HOST, SECRET, Ground, Server, free_port, make, temporary_folder
from rapport.cli.bench_intake import texts
from rapport.cli.bench_load import Plan, SmsPosts, quantile, start_apart
from rapport.errors import RapportError

ZOOMS = (5, 7, 9, 11, 13, 15)
SCREEN = (1280, 800)  # pixels
SMS_PER_S = 200.0
CONNECTIONS = 8
CHANGES = 20
_FIRST_DAY = date(2010, 1, 12)
_LONGEST = 3600.0  # seconds that SMS come in at most


Box = tuple[float, float, float, float]  # west, south, east, north in degrees


@dataclass(frozen=True, slots=True)
class Question:
    """One box of the map at one zoom, with filters as the address has them."""

    zoom: int
    box: Box
    category: str = ""
    status: str = ""
    days: tuple[date, date] | None = None

    def address(self, operation: str) -> str:
        values = {"bbox": ",".join(map(str, self.box)), "zoom": str(self.zoom)}
        values |= {"category": self.category} if self.category else {}
        values |= {"status": self.status} if self.status else {}
        values |= {"from": self.days[0].isoformat(), "to": self.days[1].isoformat()} if self.days else {}
        return f"/{operation}/clusters.json?{urlencode(values)}"


@dataclass(frozen=True, slots=True)
class Answered:
    question: Question
    seconds: float
    total: int
    unmapped: int
    counted: int  # the sum of the clusters


def measure(events: int, boxes: int, parent: Path | None = None) -> Iterator[Figure]:
    """The figures of the map, one after the other as they are found."""
    with temporary_folder(parent) as folder:
        ground = make(folder)
        bench_events.fill(ground.database, events)
        truth = Truth(ground.database)
        port = free_port()
        with Server(folder, port) as server:
            client = _Client(port, ground.operation)
            yield Figure("events", events, "events", "higher")
            yield Figure("load_s", client.ask(Question(5, (-75.0, 17.0, -71.0, 21.0))).seconds, "s", "lower")
            plain, filtered, changed = _beside_intake(ground, port, client, truth, boxes)
            yield Figure("rss_mb", server.resident_mb(), "MB", "lower")
        yield from _figures(plain, filtered, changed, truth)


def _beside_intake(
    ground: Ground, port: int, client: _Client, truth: Truth, boxes: int
) -> tuple[list[Answered], list[Answered], list[float]]:
    """All questions, while SMS come in at a steady rate."""
    dice = random.Random(bench_events.SEED)  # noqa: S311 - boxes, not secrets
    stop = Path(ground.folder) / "stop"
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        plan = Plan(HOST, port, CONNECTIONS, _LONGEST, rate=SMS_PER_S, until=str(stop))
        beside = start_apart(pool, plan, SmsPosts(ground.gateway, SECRET, texts(), "m"))
        time.sleep(2)
        plain = [client.ask(question) for question in _shuffled(_plain(truth, dice, boxes), dice)]
        filtered = [client.ask(question) for question in _shuffled(_filtered(truth, dice, boxes), dice)]
        changed = [_after_change(ground, client, truth, dice) for _ in range(CHANGES)]
        stop.touch()
        if set(beside.result().statuses) != {200}:
            raise RapportError(f"Messages were not taken beside the map: {dict(beside.result().statuses)}")
    return plain, filtered, changed


def _shuffled(questions: Iterator[Question], dice: random.Random) -> list[Question]:
    """In any order, so that what else the machine did at a moment falls on all zooms alike."""
    mixed = list(questions)
    dice.shuffle(mixed)
    return mixed


def _plain(truth: Truth, dice: random.Random, boxes: int) -> Iterator[Question]:
    return (Question(zoom, truth.box(zoom, dice)) for zoom in ZOOMS for _ in range(boxes))


def _filtered(truth: Truth, dice: random.Random, boxes: int) -> Iterator[Question]:
    """By category, by time, by status, and by all three, at each zoom."""
    for zoom in ZOOMS:
        for number in range(boxes):
            begin = _FIRST_DAY + timedelta(days=dice.randrange(0, 150))
            days = (begin, begin + timedelta(days=dice.randrange(0, 30)))
            category, status = dice.choice(truth.codes), dice.choice(("unverified", "verified", "corroborated"))
            kind = number % 4
            yield Question(
                zoom,
                truth.box(zoom, dice),
                category if kind in {0, 3} else "",
                status if kind in {2, 3} else "",
                days if kind in {1, 3} else None,
            )


def _after_change(ground: Ground, client: _Client, truth: Truth, dice: random.Random) -> float:
    """Seconds of the first answer after an event was changed: the index catches up with the release log first."""
    event = dice.randrange(1, 1_000)
    with sqlite3.connect(ground.database, timeout=20) as connection:
        connection.execute("UPDATE events_event SET title = title || '.' WHERE id = ?", (event,))
        connection.execute("UPDATE sharing_releaseclock SET seq = seq + 1 WHERE audience = 'public'")
        connection.execute(
            "INSERT INTO sharing_releaseentry (operation_id, audience, seq, event_id, retracted, at)"
            " SELECT operation_id, audience, seq, ?, 0, '2010-08-01 00:00:00' FROM sharing_releaseclock"
            " WHERE audience = 'public'",
            (event,),
        )
    connection.close()
    return client.ask(Question(9, truth.box(9, dice))).seconds


class _Client:
    """Asks as a browser does: one connection that stays open, answers compressed."""

    def __init__(self, port: int, operation: str) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=600)
        self._operation = operation

    def ask(self, question: Question) -> Answered:
        address = question.address(self._operation)
        begin = time.perf_counter()
        self._connection.request("GET", address, headers={"Accept-Encoding": "gzip"})
        response = self._connection.getresponse()
        body = response.read()
        seconds = time.perf_counter() - begin
        if response.status != 200:
            raise RapportError(f"{address} was answered with {response.status}: {body[:200]!r}")
        answer: dict[str, Any] = json.loads(decompress(body) if response.getheader("Content-Encoding") else body)
        counted = sum(cluster["count"] for cluster in answer["clusters"])
        return Answered(question, seconds, answer["total"], answer["unmapped"], counted)


class Truth:
    """What the public is released, copied once with plain SQL into narrow tables in memory, and counted there."""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(":memory:", uri=True)
        execute = self._connection.execute
        execute("ATTACH ? AS real", (f"file:{database}?mode=ro",))
        execute(
            "CREATE TABLE seen AS SELECT id, status, coalesce(occurred_at, published_at, created_at) AS at,"
            " CASE WHEN persons_at_risk THEN commune_lon ELSE lon END AS lon,"
            " CASE WHEN persons_at_risk THEN commune_lat ELSE lat END AS lat"
            " FROM real.events_event WHERE publication = 'published'"
        )
        execute("CREATE TABLE node AS SELECT id, code, parent_id FROM real.operations_category")
        execute("CREATE TABLE tagged AS SELECT event_id, category_id FROM real.events_event_categories")
        execute("CREATE INDEX by_category ON tagged (category_id, event_id)")
        self.codes = [code for (code,) in execute("SELECT code FROM node ORDER BY id")]
        self._zone = ZoneInfo(execute("SELECT time_zone FROM real.operations_operation").fetchone()[0])
        self._last = execute("SELECT max(id) FROM seen").fetchone()[0]
        self._connection.commit()
        execute("DETACH real")

    def box(self, zoom: int, dice: random.Random) -> Box:
        """A screen at that zoom with some event in it."""
        point = None
        while point is None:
            row = (dice.randrange(1, self._last + 1),)
            query = "SELECT lon, lat FROM seen WHERE rowid = ? AND lon IS NOT NULL"
            point = self._connection.execute(query, row).fetchone()
        x, y = _mercator(*point)
        side = 1 / (256 * 2**zoom)  # of a pixel, where the world is 1 wide
        x += (dice.random() - 0.5) * SCREEN[0] * side
        y += (dice.random() - 0.5) * SCREEN[1] * side
        west, north = _degrees(x - SCREEN[0] / 2 * side, y - SCREEN[1] / 2 * side)
        east, south = _degrees(x + SCREEN[0] / 2 * side, y + SCREEN[1] / 2 * side)
        return (west, south, east, north)

    def counts(self, question: Question) -> tuple[int, int]:
        """Total (in the box, or without a place) and unmapped, as a plain query says."""
        conditions, values = self._conditions(question)
        west, south, east, north = question.box
        query = (
            "SELECT count(*) FILTER (WHERE lon BETWEEN ? AND ? AND lat BETWEEN ? AND ?),"  # noqa: S608 - our own words
            f" count(*) FILTER (WHERE lon IS NULL) FROM seen WHERE {' AND '.join(conditions)}"
        )
        mapped, unmapped = self._connection.execute(query, (west, east, south, north, *values)).fetchone()
        return mapped + unmapped, unmapped

    def _conditions(self, question: Question) -> tuple[list[str], list[str]]:
        conditions, values = ["1"], []
        if question.status:
            conditions.append("status = ?")
            values.append(question.status)
        if question.days:
            conditions.append("at >= ? AND at < ?")
            values += [self._midnight(question.days[0]), self._midnight(question.days[1] + timedelta(days=1))]
        if question.category:
            conditions.append(
                "id IN (WITH RECURSIVE below(id) AS (SELECT id FROM node WHERE code = ? UNION"
                " SELECT node.id FROM node JOIN below ON node.parent_id = below.id)"
                " SELECT event_id FROM tagged WHERE category_id IN below)"
            )
            values.append(question.category)
        return conditions, values

    def _midnight(self, day: date) -> str:
        """The beginning of a day of the operation, as the database writes moments (UTC)."""
        return datetime.combine(day, datetime.min.time(), self._zone).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")

    def wrong(self, answer: Answered) -> bool:
        """Whether the answer differs from the plain count, or its clusters from its own total."""
        return self.counts(answer.question) != (answer.total, answer.unmapped) or (
            answer.counted + answer.unmapped != answer.total
        )


def _mercator(lon: float, lat: float) -> tuple[float, float]:
    return (lon + 180) / 360, 0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)


def _degrees(x: float, y: float) -> tuple[float, float]:
    return round(x * 360 - 180, 6), round(math.degrees(math.atan(math.sinh((0.5 - y) * 2 * math.pi))), 6)


def _figures(plain: list[Answered], filtered: list[Answered], changed: list[float], truth: Truth) -> Iterator[Figure]:
    by_zoom = {zoom: _p95([one for one in plain if one.question.zoom == zoom]) for zoom in ZOOMS}
    # Each zoom has to meet the aim, so the slowest of them is the figure.
    yield Figure("cluster_p95_ms", max(by_zoom.values()), "ms", "lower", 100)
    for zoom, slow in by_zoom.items():
        yield Figure(f"cluster_p95_ms_zoom_{zoom}", slow, "ms", "lower")
    yield Figure("cluster_filtered_p95_ms", _p95(filtered), "ms", "lower", 300)
    yield Figure("cluster_after_change_p95_ms", quantile(changed, 0.95) * 1000, "ms", "lower")
    answers = [*plain, *filtered]
    yield Figure("totals_compared", len(answers), "answers", "higher")
    yield Figure("wrong_totals", sum(truth.wrong(one) for one in answers), "answers", "lower", 0)


def _p95(answers: list[Answered]) -> float:
    return quantile([one.seconds for one in answers], 0.95) * 1000
