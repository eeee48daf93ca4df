"""What a protocol costs readers of the map and of the list: the same events under rapport's own protocol and under the
longest that comes with it, each served by a process of its own, asked in turn."""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from rapport.cli import bench_events
from rapport.cli.bench_figures import Figure
from rapport.cli.bench_ground import HOST, Server, free_port, make, temporary_folder
from rapport.cli.bench_map import ZOOMS, Question, Truth
from rapport.errors import RapportError
from rapport.sharing.protocol import file

#: How often map and list are asked, of each of the two.
TIMES = 60
_FIRST = 900.0  # seconds that the first answer may take: it makes the index


def measure(text: str, events: int, parent: Path | None) -> Iterator[Figure]:
    """map_ratio and list_ratio: median seconds under the protocol `text`, in parts of those without it."""
    with temporary_folder(parent) as folder, ExitStack() as stack:
        ground = make(folder / "none")
        bench_events.fill(ground.database, events)
        shutil.copytree(folder / "none", folder / "agreed")
        _activate(folder / "agreed" / ground.database.name, text)
        truth, dice = Truth(ground.database), random.Random(1)  # noqa: S311
        plain, agreed = (_served(stack, folder / name) for name in ("none", "agreed"))
        made = [_seconds(port, f"/{ground.operation}/pulse") for port in (plain, agreed)]
        boxes = [Question(dice.choice(ZOOMS), truth.box(dice.choice(ZOOMS), dice)) for _ in range(TIMES)]
        maps = _ratio(plain, agreed, [box.address(ground.operation) for box in boxes])
        lists = _ratio(plain, agreed, [f"/{ground.operation}/?view=list&page={n}" for n in range(1, TIMES + 1)])
    yield Figure("map_ratio", maps, f"of the time without a protocol, {events:,} events", "lower", 1.5)
    yield Figure("list_ratio", lists, "of the time without a protocol, pages of the list", "lower", 1.5)
    yield Figure("index_ratio", made[1] / made[0], "of the time to make the map's index, once", "lower")


def _activate(database: Path, text: str) -> None:
    """The protocol in force in a copy of the bench's operation, as if two people had put it there."""
    protocol, now = file.read(text), datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    with sqlite3.connect(database) as connection:
        connection.execute(
            "INSERT INTO sharing_protocolversion (operation_id, text, digest, name, version, proposed_by_id,"
            " proposed_at, reason, activated_by_id, activated_at)"
            " SELECT id, ?, ?, ?, ?, 1, ?, '', 1, ? FROM operations_operation",
            (text, protocol.digest, protocol.name, protocol.version, now, now),
        )


def _served(stack: ExitStack, folder: Path) -> int:
    port = free_port()
    stack.enter_context(Server(folder, port))
    return port


def _ratio(plain: int, agreed: int, addresses: list[str]) -> float:
    """Asked in turn, so that what else the machine does falls on both alike."""
    seconds = [(_seconds(plain, address), _seconds(agreed, address)) for address in addresses]
    return median(one for _, one in seconds) / median(one for one, _ in seconds)


def _seconds(port: int, address: str) -> float:
    connection = HTTPConnection(HOST, port, timeout=_FIRST)
    begin = time.perf_counter()
    connection.request("GET", address)
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise RapportError(f"{address} was answered with {response.status}.")
    return time.perf_counter() - begin
