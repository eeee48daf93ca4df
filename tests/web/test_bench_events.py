"""What the benchmark of the map is measured on can be made with the tables of today."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from rapport.cli import bench_events
from rapport.cli.bench_ground import make
from tests.migrated import migrated


def test_the_events_of_the_benchmark_fit_the_tables(tmp_path: Path) -> None:
    ground = make(migrated(tmp_path))
    bench_events.fill(ground.database, 300)
    with closing(sqlite3.connect(ground.database)) as connection:
        counted = dict(connection.execute("SELECT publication, count(*) FROM events_event GROUP BY publication"))
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert counted == {"published": 300, "draft": 3}
