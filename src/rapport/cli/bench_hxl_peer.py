"""The peer of the HXL bench: libhxl at the same jobs.

Run by the Python of an environment with bench/peer-hxl.txt, which has no rapport: `python -I FILE JOB TABLE OTHER OUT`.
OTHER is the table to merge, or the schema. With OUT the result is written there as JSON, to be compared; else its rows
are only gone through. Prints one line of JSON. Its log is off, which makes it quicker.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hxl

LOCAL = hxl.InputOptions(allow_local=True)


def source(path: str) -> Any:
    return hxl.data(path, LOCAL)


def validate(table: str, schema: str) -> list[list[str]]:
    counts: Counter[str] = Counter()
    rules = hxl.schema(source(schema), callback=lambda error: counts.update([str(error.rule.tag_pattern)]))
    rules.validate(source(table))
    return [[tag, str(count)] for tag, count in sorted(counts.items())]


def roundtrip(table: str, out: str) -> list[list[str]]:
    with Path(out).open("w", encoding="utf-8", newline="") as file:
        for line in source(table).gen_csv(True, True):
            file.write(line)
    return []


JOBS: dict[str, Callable[[str, str], Any]] = {
    "parse": lambda table, _: source(table),
    "filter": lambda table, _: source(table).with_rows("#sector=WASH"),
    "filter_number": lambda table, _: source(table).with_rows("#reached>500"),
    "count": lambda table, _: source(table).count(["#sector", "#adm1+name"], ["count()", "sum(#reached)"]),
    "dedup_row": lambda table, _: source(table).dedup(),
    "dedup_key": lambda table, _: source(table).dedup("#adm2+code,#org+name,#sector"),
    "merge": lambda table, other: source(table).merge_data(source(other), "#adm2+code", "#population"),
    "validate": validate,
    "sort": lambda table, _: source(table).sort("#reached"),
    "roundtrip": roundtrip,
    "xlsx": lambda table, _: source(table),
}


def main() -> None:
    logging.disable(logging.CRITICAL)
    job, table, other, out = sys.argv[1:]
    began, cpu = time.perf_counter(), time.process_time()
    found = JOBS[job](table, other)
    kept: list[list[str]] | None = [] if out else None
    for row in found:
        if kept is not None:
            kept.append([str(cell) for cell in (row.values if hasattr(row, "values") else row)])
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    if kept is not None:
        Path(out).write_text(json.dumps(kept), encoding="utf-8")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "mb": memory}))


if __name__ == "__main__":
    main()
