"""After `rapport demo` the books balance, and map, list and feeds count the same at every zoom and filter."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from rapport.cli.bench_ground import Server, free_port
from tests.migrated import migrated

FILTERS = (
    "", "category=2b", "category=2&category=7", "status=verified", "q=leogane", "q=water&category=2",
    "precision=adm2", "from=2010-01-20&to=2010-01-25", "area=HT01", "area=-72.4,18.5,-72.2,18.7",
)  # fmt: skip
ZOOMS = (2, 6, 8, 10, 13, 17)


def get(server: Server, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=20) as answer:
        return str(answer.read().decode())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Server]]:
    folder = migrated(tmp_path_factory.mktemp("demo"))
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "DJANGO_"))}
    said = subprocess.run(
        [sys.executable, "-m", "rapport.cli", "demo", "--no-serve"],
        env=environ | {"RAPPORT_DATA_DIR": str(folder)}, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    with Server(Path(folder), free_port()) as server:
        yield said, server


def test_every_report_stands_somewhere(demo: tuple[str, Server]) -> None:
    found = re.search(r"(\d+) reports kept = (\d+) in events \+ (\d+) on the desk \+ (\d+) rejected", demo[0])
    assert found is not None
    kept, in_events, on_desk, rejected = map(int, found.groups())
    assert kept == 3099 == in_events + on_desk + rejected
    assert on_desk == 11, "the rows outside of the operation's area"


def test_the_sample_of_norms_is_there_too(demo: tuple[str, Server]) -> None:
    assert "/cyber-watch/registry/" in demo[0]
    assert "11 norms" in get(demo[1], "/cyber-watch/registry/")


@pytest.mark.parametrize("filters", FILTERS)
def test_map_list_and_feed_count_the_same(demo: tuple[str, Server], filters: str) -> None:
    server = demo[1]
    feed = len(json.loads(get(server, f"/haiti-2010/events.geojson?{filters}"))["features"])
    table = get(server, f"/haiti-2010/events.csv?{filters}").count("\r\n") - 1
    shown = re.search(r"<h2><strong>([\d,]+) events?\b", get(server, f"/haiti-2010/?{filters}"))
    assert shown is not None
    listed = int(shown.group(1).replace(",", ""))
    assert feed == listed > 0
    assert table >= feed, "a line for each, and more where a cell has several"
    for zoom in ZOOMS:
        found = json.loads(get(server, f"/haiti-2010/clusters.json?bbox=-180,-90,180,90&zoom={zoom}&{filters}"))
        on_map = sum(cluster["count"] for cluster in found["clusters"])
        assert on_map + found["unmapped"] == found["total"] == listed
