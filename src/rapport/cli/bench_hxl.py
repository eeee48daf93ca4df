"""How fast tables with hashtags are read and worked on, beside libhxl, and whether both come to the same.

Every job begins with the file and is timed in a process of its own, the libraries loaded. The table is
bench_hxl_data.py's. `python -m rapport.cli.bench_hxl` is such a process; the peer's is bench_hxl_peer.py.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from rapport.cli.bench_figures import Figure
from rapport.errors import RapportError

XLSX_ROWS = 100_000
_PASSES = 3  # of ours, of which the middle one counts; the peer's takes minutes and is made once
_COMPARED = 20_000  # rows of the table whose results are compared
_PEER = Path(__file__).with_name("bench_hxl_peer.py")
_OURS = (sys.executable, "-m", "rapport.cli.bench_hxl")
_NAME = "libhxl 5.2.2"
#: job → what its figure is called. #reached>500 counts among the results that are compared, not among the figures.
_FIGURES = (
    "parse", "filter", "count", "dedup_row", "dedup_key", "merge", "validate", "sort", "roundtrip",
)  # fmt: skip
_MEDIAN, _LEAST = 15, 4


def measure(rows: int, peer: Path | None) -> Iterator[Figure]:
    """The figures, one after the other as they are found. `peer`: the Python of the peer's environment; without one,
    what compares with it is left out."""
    from rapport.cli import bench_hxl_data as data

    with TemporaryDirectory() as name:
        folder = Path(name)
        data.write(folder / "table.csv", rows)
        data.write_communes(folder / "communes.csv")
        data.write_schema(folder / "schema.csv")
        yield from _jobs(folder, peer)
        yield from _workbook(folder, min(rows, XLSX_ROWS), peer)
        if peer:
            data.write(folder / "table.csv", min(rows, _COMPARED))
            yield Figure("results_differ", _differing(folder, peer), "jobs of 10", "lower", 0)


def _jobs(folder: Path, peer: Path | None) -> Iterator[Figure]:
    ratios, of_cores, memory = list[float](), list[float](), list[float]()
    for job in _FIGURES:
        runs = [_run(_OURS, job, folder) for _ in range(_PASSES)]
        ours, cores = (median(one[what] for one in runs) for what in ("seconds", "cpu_seconds"))
        memory += [one["mb"] for one in runs]
        theirs = _run(_program(peer), job, folder) if peer else None
        yield Figure(
            f"{job}_s", ours, "s", "lower", None, _NAME if theirs else None, theirs["seconds"] if theirs else None
        )
        if theirs is not None:
            ratios.append(theirs["seconds"] / ours)
            of_cores.append(theirs["cpu_seconds"] / cores)
            yield Figure(f"{job}_ratio", ratios[-1], "times the peer", "higher", _LEAST)
    unit = "times the peer" if peer else "times the peer; left out, for no --peer was given"
    yield Figure("median_ratio", median(ratios) if ratios else None, unit, "higher", _MEDIAN)
    yield Figure("least_ratio", min(ratios) if ratios else None, unit, "higher", _LEAST)
    yield Figure("median_ratio_of_cpu", median(of_cores) if of_cores else None, f"{unit}, by time of a core", "higher")
    yield Figure("rss_mb", max(memory), "MB", "lower")


def _workbook(folder: Path, rows: int, peer: Path | None) -> Iterator[Figure]:
    from rapport.cli import bench_hxl_data as data
    from rapport.formats.hxl.read import read
    from rapport.formats.hxl.write import save

    data.write(folder / "short.csv", rows)
    save(read(folder / "short.csv"), folder / "table.xlsx", "xlsx")
    ours = rows / _run(_OURS, "xlsx", folder)["seconds"]
    theirs = rows / _run(_program(peer), "xlsx", folder)["seconds"] if peer else None
    yield Figure("xlsx_rows_per_s", ours, "rows/s", "higher", None, _NAME if peer else None, theirs)


def _program(peer: Path) -> tuple[str, ...]:
    return str(peer), "-I", str(_PEER)


def _run(program: Sequence[str], job: str, folder: Path, out: str = "") -> dict[str, Any]:
    table = folder / ("table.xlsx" if job == "xlsx" else "table.csv")
    other = {"validate": "schema.csv", "merge": "communes.csv", "roundtrip": "written.csv"}.get(job, "")
    done = subprocess.run(  # noqa: S603
        [*program, job, str(table), str(folder / other), out], stdout=subprocess.PIPE, check=False, env=dict(os.environ)
    )
    if done.returncode:
        raise RapportError("A process of the bench ended; what it said stands above.")
    return dict(json.loads(done.stdout))


# --- results -------------------------------------------------------------------------------------------------------


def _differing(folder: Path, peer: Path) -> int:
    """Jobs whose results differ otherwise than docs/reference/hxl.md says."""
    differing = 0
    for job in (*_FIGURES, "filter_number"):
        results = []
        for program in (_OURS, _program(peer)):
            out = folder / "result.json"
            _run(program, job, folder, str(out))
            if job == "roundtrip":
                results.append(_cells(folder / "written.csv"))
            else:
                results.append(_alike(job, json.loads(out.read_text(encoding="utf-8"))))
        if results[0] != results[1]:
            differing += 1
            print(f"{job}: {_first_difference(*results)}", file=sys.stderr)
    return differing


def _first_difference(ours: list[Any], theirs: list[Any]) -> str:
    if len(ours) != len(theirs):
        return f"{len(ours)} rows, the peer {len(theirs)}"
    return next(f"{one}, the peer {other}" for one, other in zip(ours, theirs, strict=True) if one != other)


def _alike(job: str, rows: list[list[str]]) -> list[Any]:
    """Without what we do otherwise on purpose: the peer lets texts pass where a number was asked for, and tells WASH
    from wash when it counts."""
    if job == "filter_number":
        return [row for row in rows if row[11].isdigit()]
    if job == "count":
        groups: dict[tuple[str, ...], list[float]] = {}
        for *keys, count, total in rows:
            group = groups.setdefault(tuple(key.strip().lower() for key in keys), [0, 0])
            group[0], group[1] = group[0] + float(count), group[1] + float(total or 0)
        return sorted(groups.items())
    return rows


def _cells(path: Path) -> list[list[str]]:
    """Of a CSV; what was made safe for spreadsheets as it was before."""
    import csv

    from rapport.formats.table import as_written

    with path.open(encoding="utf-8", newline="") as file:
        return [[as_written(cell) for cell in row] for row in csv.reader(file)]


# --- the process ---------------------------------------------------------------------------------------------------


def _jobs_of_ours() -> dict[str, Callable[[Path, Path], Any]]:
    from rapport.formats.hxl import operations
    from rapport.formats.hxl.count import count, parse_aggregate
    from rapport.formats.hxl.merge import merge
    from rapport.formats.hxl.queries import parse_alternatives
    from rapport.formats.hxl.read import read
    from rapport.formats.hxl.schema import parse_schema
    from rapport.formats.hxl.tags import parse_patterns
    from rapport.formats.hxl.validate import validate
    from rapport.formats.hxl.write import save

    filtered = operations.filter_rows
    asked = [parse_aggregate("count()"), parse_aggregate("sum(#reached)")]
    return {
        "parse": lambda table, _: read(table),
        "filter": lambda table, _: filtered(read(table), [parse_alternatives("#sector=WASH")]),
        "filter_number": lambda table, _: filtered(read(table), [parse_alternatives("#reached>500")]),
        "count": lambda table, _: count(read(table), parse_patterns("#sector,#adm1+name"), asked),
        "dedup_row": lambda table, _: operations.dedup(read(table)),
        "dedup_key": lambda table, _: operations.dedup(read(table), parse_patterns("#adm2+code,#org+name,#sector")),
        "merge": lambda table, other: merge(
            read(table), read(other), parse_patterns("#adm2+code"), parse_patterns("#population")
        ),
        "validate": lambda table, other: validate(read(table), parse_schema(read(other)), sense=False),
        "sort": lambda table, _: operations.sort(read(table), parse_patterns("#reached")),
        "roundtrip": lambda table, other: save(read(table), other, "csv"),
        "xlsx": lambda table, _: read(table),
    }


def main() -> None:
    from rapport.formats.hxl.table import ROW, Table
    from rapport.formats.hxl.validate import Report

    job, table, other, out = sys.argv[1:]
    jobs = _jobs_of_ours()
    began, cpu = time.perf_counter(), time.process_time()
    found = jobs[job](Path(table), Path(other))
    frame = found.rows.drop(ROW).collect() if isinstance(found, Table) else None
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    if out and frame is not None:
        Path(out).write_text(json.dumps(frame.rows()), encoding="utf-8")
    elif out and isinstance(found, Report):
        Path(out).write_text(
            json.dumps([[one, str(count)] for one, count in sorted(found.by_pattern.items())]), encoding="utf-8"
        )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "mb": memory}))


if __name__ == "__main__":
    main()
