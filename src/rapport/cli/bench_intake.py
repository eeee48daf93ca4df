"""How fast messages come in, and whether all that was acknowledged is there."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from rapport.cli.bench_figures import Figure
from rapport.cli.bench_ground import HOST, SECRET, Ground, Server, free_port, make, temporary_folder
from rapport.cli.bench_load import Measured, NdjsonPosts, Plan, SmsPosts, run_apart
from rapport.errors import RapportError

CONNECTIONS = 32
WARM_UP = 2.0  # seconds
LINES = 2_000  # a batch
BATCHES = 60
BATCH_CONNECTIONS = 4
PEER = "bare Django view"


def measure(seconds: float, parent: Path | None = None) -> Iterator[Figure]:
    """The figures of intake, one after the other as they are found."""
    with temporary_folder(parent) as folder:
        ground = make(folder)
        port = free_port()
        with Server(folder, port):
            sms = run_apart(_plan(port, seconds), SmsPosts(ground.gateway, SECRET, texts(), "a"))
            lines = run_apart(
                Plan(HOST, port, BATCH_CONNECTIONS, seconds=600, most=BATCHES),
                NdjsonPosts(ground.api, ground.key, texts(), "b", LINES),
            )
        peer = _bare(folder, seconds)
        yield from _sms_figures(sms, peer)
        yield Figure("ndjson_per_s", lines.per_second * LINES, "reports/s", "higher", aim=20_000)
        yield from _books(ground, sms, lines)


def texts() -> tuple[str, ...]:
    """What people wrote in Haiti in 2010, cut to the length of one SMS (160 characters)."""
    table = (files("rapport") / "data" / "haiti-2010" / "reports.csv").read_text("utf-8")
    return tuple(row["DESCRIPTION"][:160] or "." for row in csv.DictReader(io.StringIO(table, newline="")))


def _plan(port: int, seconds: float) -> Plan:
    return Plan(HOST, port, CONNECTIONS, seconds, WARM_UP)


def _bare(folder: Path, seconds: float) -> Measured:
    port = free_port()
    with Server(folder, port, _bare_command(port)):
        return run_apart(_plan(port, seconds), SmsPosts("/in/smssync/token/", SECRET, texts(), "a"))


def _bare_command(port: int) -> list[str]:
    """The peer, served as `rapport serve` serves rapport."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port),
        "--workers", "1", "--blocking-threads", "48", "--backlog", "1024", "--no-ws", "--log-level", "error",
        "rapport.cli.bench_bare:application",
    ]  # fmt: skip


def _sms_figures(sms: Measured, peer: Measured) -> Iterator[Figure]:
    if not sms.seconds or set(sms.statuses) != {200}:
        raise RapportError(f"The server did not take everything; answers by status: {dict(sms.statuses)}")
    yield Figure("sms_per_s", sms.per_second, "SMS/s", "higher", 1_500, PEER, peer.per_second)
    for name, share, aim in (("sms_p50_ms", 0.5, None), ("sms_p99_ms", 0.99, 100)):
        yield Figure(name, sms.quantile_ms(share), "ms", "lower", aim, PEER, peer.quantile_ms(share))


def _books(ground: Ground, sms: Measured, lines: Measured) -> Iterator[Figure]:
    """What was acknowledged against what is there, by the other side's own ids."""
    acknowledged = [f"a{number}" for number in sms.acknowledged]
    acknowledged += [f"b{number * LINES + line}" for number in lines.acknowledged for line in range(LINES)]
    missing, doubled = compare(acknowledged, stored_ids(ground.database))
    yield Figure("acknowledged", len(acknowledged), "reports", "higher")
    yield Figure("acknowledged_missing", missing, "reports", "lower", 0)
    yield Figure("doubled", doubled, "reports", "lower", 0)


def stored_ids(database: Path) -> Iterator[str]:
    """The ids that gateways gave, of all reports that are kept."""
    with sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True) as connection:
        for (fields,) in connection.execute("SELECT fields FROM reports_report"):
            yield str(json.loads(fields).get("message_id", ""))


def compare(acknowledged: Iterable[str], stored: Iterable[str]) -> tuple[int, int]:
    """How many acknowledged ids are missing, and how many are there more than once."""
    there = Counter(stored)
    return sum(1 for one in acknowledged if one not in there), sum(n - 1 for one, n in there.items() if one and n > 1)
