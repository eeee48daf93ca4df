"""How many posts a second come in as NDJSON, are kept, and have their suggestions, all on disk: the whole way at once.

The posts are those of `rapport bench text` (text/evaluation/stream.py), sent to `rapport serve` with its worker.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from rapport.cli.bench_figures import Figure
from rapport.cli.bench_ground import HOST, Ground, Server, free_port, make, temporary_folder
from rapport.cli.bench_intake import compare, stored_ids
from rapport.cli.bench_load import Measured, NdjsonPosts, Plan, Ready, Requests, run_apart
from rapport.errors import RapportError

LINES = 2_000  # a request
CONNECTIONS = 4
_LONGEST = 10_000  # characters that the API takes; it refuses what is empty, too
_PATIENCE = 300.0  # seconds until every report must have been looked through
_LOOK = 0.02  # seconds between two looks at what waits


def measure(parent: Path | None = None) -> Iterator[Figure]:
    """The figures of the stream, one after the other as they are found."""
    from rapport.text.evaluation.messages import messages
    from rapport.text.evaluation.stream import posts

    stream = tuple(post for post in posts(messages()) if post.strip() and len(post) <= _LONGEST)
    for bare in (True, False):
        with temporary_folder(parent) as folder:
            ground = make(folder)
            port = free_port()
            with Server(folder, port):
                _sent(port, NdjsonPosts(ground.api, ground.key, stream, "w", LINES), 1)
                _until_done(ground)  # the worker compiles and reads what it needs
                sent = _sent(port, *_ready(NdjsonPosts(ground.api, ground.key, stream, "s", LINES, bare)))
                _until_done(ground)
                took = time.monotonic() - sent.began
            count = len(sent.acknowledged) * LINES
            if bare:
                yield Figure("stream_posts_per_s", count / took, "posts/s, suggestions stored", "higher", 12_000)
                yield Figure("stream_kept_per_s", count / sent.elapsed, "posts/s, kept", "higher")
                yield Figure("stream_behind_s", took - sent.elapsed, "s, from the last one kept to the last one read",
                             "lower")  # fmt: skip
                yield from _books(ground, sent)
            else:
                yield Figure("stream_posts_per_s_senders", count / took, "posts/s, with a sender each", "higher")


def _ready(lines: NdjsonPosts) -> tuple[Requests, int]:
    """The whole stream once, as requests made beforehand, and how many."""
    count = len(lines.texts) // LINES
    return Ready(tuple(lines.request(number) for number in range(count))), count


def _sent(port: int, requests: Requests, count: int) -> Measured:
    sent = run_apart(Plan(HOST, port, CONNECTIONS, seconds=_PATIENCE, most=count), requests)
    if set(sent.statuses) != {200}:
        raise RapportError(f"The server did not take everything; answers by status: {dict(sent.statuses)}")
    return sent


def _until_done(ground: Ground) -> None:
    """Until the worker has looked every report through."""
    with _database(ground) as database:
        deadline = time.monotonic() + _PATIENCE
        while database.execute("SELECT EXISTS (SELECT 1 FROM reports_report WHERE NOT understood)").fetchone()[0]:
            if time.monotonic() > deadline:
                raise RapportError(f"The worker did not come to an end within {_PATIENCE:g} seconds.")
            time.sleep(_LOOK)


def _books(ground: Ground, sent: Measured) -> Iterator[Figure]:
    """What was acknowledged against what is there, and what is there without anything that its words seem to say."""
    acknowledged = [f"s{number * LINES + line}" for number in sent.acknowledged for line in range(LINES)]
    missing, doubled = compare(acknowledged, stored_ids(ground.database))
    yield Figure("stream_missing", missing, "reports", "lower", 0)
    yield Figure("stream_doubled", doubled, "reports", "lower", 0)
    with _database(ground) as database:
        (suggestions,) = database.execute("SELECT count(*) FROM reports_suggestion").fetchone()
        unsigned = "SELECT count(*) FROM reports_report WHERE id NOT IN (SELECT report_id FROM reports_signature)"
        (passed_over,) = database.execute(unsigned).fetchone()
        yield Figure("stream_suggestions", suggestions, "suggestions", "higher")
        yield Figure("stream_without_signature", passed_over, "reports", "lower")


def _database(ground: Ground) -> sqlite3.Connection:
    return sqlite3.connect(f"{ground.database.absolute().as_uri()}?mode=ro", uri=True, timeout=20)
