"""`make bench`: runs every bench and writes what came out into docs/reference/benchmarks.md, between two markers."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "benchmarks.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
BENCHES = ("intake", "map", "import", "text", "stream", "sharing", "hxl", "registry")
#: What a bench is told besides its name: `make bench-peer` made the environments.
OPTIONS = {
    "text": ("--peer", str(ROOT / "build" / "peer" / "bin" / "python")),
    "hxl": ("--peer", str(ROOT / "build" / "peer-hxl" / "bin" / "python")),
}

Figure = dict[str, Any]


def main() -> None:
    sections = [machine()]
    for name in BENCHES:
        print(f"rapport bench {name} …", file=sys.stderr)
        sections.append(f"### {name}\n\n" + "\n".join(table(measured(name))))
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    inside = "\n\n".join(sections)
    PAGE.write_text(f"{before}{BEGIN}\n\n{inside}\n\n{END}{after}", encoding="utf-8")


def measured(name: str) -> list[Figure]:
    """The figures of one bench, run in a process of its own."""
    command = [sys.executable, "-m", "rapport.cli", "bench", name, *OPTIONS.get(name, ()), "--json"]
    figures: list[Figure] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return figures


def table(figures: list[Figure]) -> Iterator[str]:
    """The figures as a table in Markdown; a figure that meets its aim says so."""
    yield "| figure | value | aim | met | peer | ratio |"
    yield "|---|---|---|---|---|---|"
    for figure in figures:
        peer = f"{figure['peer']}: {figure['peer_value']:,}" if figure["peer"] else ""
        cells = (f"`{figure['name']}`", value(figure), aim(figure), met(figure), peer, ratio(figure))
        yield f"| {' | '.join(cells)} |"


def value(figure: Figure) -> str:
    return "not measured here" if figure["value"] is None else f"{figure['value']:,} {figure['unit']}"


def aim(figure: Figure) -> str:
    if figure["aim"] is None:
        return ""
    return f"{'at least' if figure['better'] == 'higher' else 'at most'} {figure['aim']:,}"


def met(figure: Figure) -> str:
    if figure["aim"] is None or figure["value"] is None:
        return ""
    higher = figure["better"] == "higher"
    return "yes" if (figure["value"] >= figure["aim"] if higher else figure["value"] <= figure["aim"]) else "no"


def ratio(figure: Figure) -> str:
    """Ours by theirs: above 1 is more, whatever is better."""
    return f"{figure['value'] / figure['peer_value']:.2g}" if figure["peer_value"] and figure["value"] else ""


def machine() -> str:
    """What it ran on, without a name by which the machine could be known."""
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    return (
        f"Measured on {datetime.now(UTC):%d %B %Y}: {processor()}, {os.cpu_count()} cores, {memory()}, "
        f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}; load averages when it began: {load}."
    )


def processor() -> str:
    models = [line.partition(":")[2].strip() for line in lines("/proc/cpuinfo") if line.startswith("model name")]
    return models[0] if models else platform.machine()


def memory() -> str:
    total = [int(line.split()[1]) for line in lines("/proc/meminfo") if line.startswith("MemTotal:")]
    return f"{total[0] / 1024**2:.0f} GB of memory" if total else "memory unknown"


def lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


if __name__ == "__main__":
    main()
