"""How fast a file comes in with everything checked, and whether each row has the verdict it should have; what a
rollback, a second import and a kill -9 leave behind.

`python -m rapport.cli.bench_import STEP FOLDER …` is one step in a process of its own, whose memory is measured.
"""

from __future__ import annotations

import csv
import json
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rapport.cli.bench_figures import Figure
from rapport.cli.bench_ground import environment, make, temporary_folder
from rapport.cli.bench_intake import texts
from rapport.errors import RapportError

ROWS = 100_000
PEER = "csv.DictReader + bulk_create, nothing checked"
HEADER = ("id", "date", "text", "lat", "lon", "place", "categories", "people", "contact", "remark")
_EVERY = 100  # one row of so many is bad
_KILLED_AT = 0.4  # of the rows
_PATIENCE = 300  # seconds

Cells = list[str]

#: What is wrong with a bad row → the column that its verdict must name.
_BAD: Mapping[str, tuple[str, Callable[[Cells], Cells]]] = {
    "no text": ("text", lambda cells: [*cells[:2], " ", *cells[3:]]),
    "no id": ("id", lambda cells: ["", *cells[1:]]),
    "no such day": ("date", lambda cells: [cells[0], "31/02/2010 10:00", *cells[2:]]),
    "in the future": ("date", lambda cells: [cells[0], "05/02/2090 10:00", *cells[2:]]),
    "before 1900": ("date", lambda cells: [cells[0], "05/02/1810 10:00", *cells[2:]]),
    "no latitude": ("lat", lambda cells: [*cells[:3], "ninety", *cells[4:]]),
    "off the earth": ("lon", lambda cells: [*cells[:4], "-720.5", *cells[5:]]),
    "half a place": ("lon", lambda cells: [*cells[:4], "", *cells[5:]]),
    "a cell too few": ("", lambda cells: cells[:-1]),
    "a cell too many": ("", lambda cells: [*cells, "more"]),
}


def measure(rows: int = ROWS, parent: Path | None = None) -> Iterator[Figure]:
    """The figures of an import, one after the other as they are found."""
    with temporary_folder(parent) as folder:
        make(folder)
        file, few = folder / "reports.csv", folder / "earlier.csv"
        expected = write(file, rows)
        write(few, 500, first=10 * rows)
        _step("import", folder, few)
        before = _step("counts", folder)
        done = _step("import", folder, file)
        yield Figure("rows_per_s", rows / done["seconds"], "rows/s", "higher", 5_000, PEER, _peer(parent, file, rows))
        yield Figure("rows_per_cpu_s", rows / done["cpu_seconds"], "rows/s of a core", "higher")
        yield Figure("dry_run_rows_per_s", rows / done["dry_seconds"], "rows/s", "higher")
        yield Figure("rss_mb", done["rss_mb"], "MB", "lower", 300)
        yield Figure("verdicts_wrong", _wrong(folder, done, expected, rows), "rows", "lower", 0)
        again = _step("import", folder, file)
        yield Figure("again_new", again["new"], "reports", "lower", 0)
        taken_back = _step("rollback", folder, str(done["import"]))
        after = _step("counts", folder)
        yield Figure("rollback_left", sum(after[name] != before[name] for name in before), "counts", "lower", 0)
        yield Figure("rollback_per_s", taken_back["withdrawn"] / taken_back["seconds"], "reports/s", "higher")
    yield from _killed(rows, parent)


def write(path: Path, rows: int, first: int = 0) -> dict[int, str]:
    """A file of so many rows, one in a hundred bad in one of ten ways; row → the column its verdict must name."""
    said = texts()
    kinds = list(_BAD.values())
    expected: dict[int, str] = {}
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(HEADER)
        for number in range(rows):
            cells = _row(first + number, said[number % len(said)])
            if number % _EVERY == _EVERY - 1:
                field, spoil = kinds[number // _EVERY % len(kinds)]
                cells = spoil(cells)
                expected[number + 2] = field
            lines.writerow(cells)
    return expected


def _row(number: int, text: str) -> Cells:
    at = f"{number % 28 + 1:02}/{number % 6 + 1:02}/2010 {number % 24:02}:{number % 60:02}"
    lat, lon = 18 + number % 1999 / 1000, -74 + number % 2003 / 1000
    place = ("Delmas 33", "Jacmel", "Léogâne")[number % 3]
    return [f"b{number}", at, text, f"{lat:.4f}", f"{lon:.4f}", place, "2a. Food Shortage", str(number % 90),
            "field team", f"remark {number % 1000}"]  # fmt: skip


def _wrong(folder: Path, done: Mapping[str, Any], expected: Mapping[int, str], rows: int) -> int:
    """Rows with another verdict than they should have, by their number and the column named."""
    with sqlite3.connect(f"file:{folder / 'rapport.db'}?mode=ro", uri=True) as database:
        asked = "SELECT row, field FROM intake_importverdict WHERE of_id = ? AND NOT dry"
        found = dict(database.execute(asked, (done["import"],)).fetchall())
    wrong: int = sum(found.get(row, "none") != field for row, field in expected.items())
    wrong += sum(row not in expected for row in found)
    return wrong + abs(int(done["new"]) - (rows - len(expected))) + int(done["already"]) + int(done["differs"])


def _killed(rows: int, parent: Path | None) -> Iterator[Figure]:
    """kill -9 in the middle of it, then on with it: 1 of 1 when every row is there once."""
    with temporary_folder(parent) as folder:
        make(folder)
        file = folder / "reports.csv"
        expected = write(file, rows)
        process = subprocess.Popen(_command("import", folder, file), env=environment(folder), stdout=subprocess.DEVNULL)  # noqa: S603
        at = _kill_when(process, folder, int(rows * _KILLED_AT))
        done = _step("resume", folder, "1")
        with sqlite3.connect(f"file:{folder / 'rapport.db'}?mode=ro", uri=True) as database:
            kept = [json.loads(fields) for (fields,) in database.execute("SELECT fields FROM reports_report")]
            told = database.execute("SELECT count(*), count(DISTINCT row) FROM intake_importverdict WHERE NOT dry")
            lines, different = told.fetchone()
        there = Counter((one["lat"], one["lon"]) for one in kept)  # no two rows have both in common, see _row
        good = {tuple(_row(number, "")[3:5]) for number in range(rows) if number + 2 not in expected}
        missing = len(good - there.keys()) + len(expected) - different
        doubled = there.total() - len(there) + lines - different
        yield Figure("killed_at_row", at, "row", "higher")
        yield Figure("resumed_missing", missing, "rows", "lower", 0)
        yield Figure("resumed_doubled", doubled, "rows", "lower", 0)
        counted = (done["new"], done["refused"], len(kept)) == (len(good), len(expected), len(good))
        exact = at > 0 and counted and not missing and not doubled
        yield Figure("resumed_after_kill", int(exact), "of 1", "higher", 1)


def _kill_when(process: subprocess.Popen[bytes], folder: Path, row: int) -> int:
    """Kill -9 once the import has come so far; how far it had come."""
    deadline = time.monotonic() + _PATIENCE
    with sqlite3.connect(f"file:{folder / 'rapport.db'}?mode=ro", uri=True, timeout=10) as database:
        while time.monotonic() < deadline and process.poll() is None:
            found = database.execute("SELECT done_rows FROM intake_import WHERE state = 'running'").fetchone()
            if found and found[0] >= row:
                process.send_signal(signal.SIGKILL)
                process.wait()
                return int(database.execute("SELECT done_rows FROM intake_import").fetchone()[0])
            time.sleep(0.01)
    process.kill()
    return 0


def _peer(parent: Path | None, file: Path, rows: int) -> float:
    with temporary_folder(parent) as folder:
        make(folder)
        return float(rows / _step("peer", folder, file)["seconds"])


def _command(step: str, folder: Path, *words: Path | str) -> list[str]:
    return [sys.executable, "-m", "rapport.cli.bench_import", step, str(folder), *map(str, words)]


def _step(step: str, folder: Path, *words: Path | str) -> dict[str, Any]:
    command = _command(step, folder, *words)
    done = subprocess.run(command, env=environment(folder), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RapportError(f"{step} failed: {done.stderr.strip()[-500:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


# --- the steps, each in its process --------------------------------------------------------------------------------


def _import(path: str) -> dict[str, Any]:
    from rapport.intake.imports import life, run, store
    from rapport.operations.models import Operation

    operation = Operation.objects.get()
    source = store.new_source(None, operation, "bench")
    one = store.add(None, operation, source, "reports.csv", store.pieces_of(Path(path)))
    run.claim(one)
    run.plan(one)
    began = time.monotonic()
    _to_rest(one)
    looked = time.monotonic()
    life.start(None, one)
    return _driven(one) | {"dry_seconds": looked - began}


def _resume(number: str) -> dict[str, Any]:
    from rapport.intake.models import Import

    return _driven(Import.objects.get(pk=number))


def _driven(one: Any) -> dict[str, Any]:
    began, worked = time.monotonic(), time.process_time()
    _to_rest(one)
    seconds, of_a_core = time.monotonic() - began, time.process_time() - worked
    if one.state != "done":
        raise RapportError(f"The import is {one.state}: {one.problem}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kB on Linux
    counts = {name: getattr(one, name) for name in ("new", "already", "differs", "refused")}
    return {"import": one.pk, "seconds": seconds, "cpu_seconds": of_a_core, "rss_mb": peak, **counts}


def _to_rest(one: Any) -> None:
    from rapport.intake.imports import run
    from rapport.intake.models import WORKED_ON

    while one.state in WORKED_ON and run.claim(one, at_once=True):
        run.work(one)
        one.refresh_from_db()


def _rollback(number: str) -> dict[str, Any]:
    from rapport.accounts.models import Membership, Person
    from rapport.accounts.permissions import Role
    from rapport.intake.imports import rollback
    from rapport.intake.models import Import

    one = Import.objects.select_related("operation").get(pk=number)
    lead = Person.objects.create_user("bench")
    Membership.objects.create(person=lead, operation=one.operation, role=Role.LEAD)
    began = time.monotonic()
    rollback.begin(lead, one, "To see what is left.")
    _to_rest(one)
    return {"seconds": time.monotonic() - began, "withdrawn": one.withdrawn, "state": one.state}


def _counts(*_: str) -> dict[str, Any]:
    """Everything that is counted of reports and events."""
    from django.db.models import Count

    from rapport.events.models import Event, EventReport
    from rapport.reports.models import Report, Signature, Suggestion

    standing = dict(Report.objects.values_list("standing").annotate(Count("pk")))
    standing.pop("withdrawn", 0)
    events = dict(Event.objects.exclude(publication="withdrawn").values_list("publication").annotate(Count("pk")))
    return {
        "standing": standing,
        "events": events,
        "links": EventReport.objects.count(),
        "to understand": Report.objects.filter(understood=False).count(),
        "suggestions": Suggestion.objects.count(),
        "signatures": Signature.objects.count(),
    }


def _bare(path: str) -> dict[str, Any]:
    """The peer: each row is a report as it stands, a thousand in a transaction."""
    from django.utils import timezone

    from rapport.operations.models import Source
    from rapport.reports.models import Report

    source = Source.objects.filter(channel="file").first() or Source.objects.all()[0]
    began, batch = time.monotonic(), []
    with Path(path).open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            row.pop(None, None)
            batch.append(
                Report(operation_id=source.operation_id, source=source, ref=str(number), received_at=timezone.now(),
                       text=row["text"], fields=row)
            )  # fmt: skip
            if len(batch) == 1_000:
                Report.objects.bulk_create(batch)
                batch = []
    Report.objects.bulk_create(batch)
    return {"seconds": time.monotonic() - began}


_STEPS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "import": _import, "resume": _resume, "rollback": _rollback, "counts": _counts, "peer": _bare,
}  # fmt: skip


def _main(step: str, _folder: str, *words: str) -> None:
    from rapport.cli.output import set_up

    set_up()
    print(json.dumps(_STEPS[step](*words)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
