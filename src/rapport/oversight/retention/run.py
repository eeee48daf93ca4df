"""A run of destruction: START at `step`. Killed at any moment it goes on from where it was; one runs at a time.

1 what is due is emptied, room by room, in small batches · 2 what stays is sealed under new keys, and the old ones are
gone · 3 the database's file is written anew · 4 proof.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import OperationalError, transaction
from django.utils import timezone

from rapport import plugins
from rapport.errors import Conflict
from rapport.oversight.ledger import entries
from rapport.oversight.models import RetentionRun, Stage
from rapport.oversight.retention import compact, proof, rotation, schedule
from rapport.oversight.switches import is_stopped
from rapport.plugins import Doomed
from rapport.turns import alone, turn

#: Reports of one batch: it holds the write lock for about a tenth of a second [ours].
BATCH = 100
#: Between two runs of the schedule in one operation: the database's file is written anew at the end of each [ours].
EVERY = timedelta(days=1)
#: Seconds between two tries of the worker at a run that cannot go on now, and between two looks at schedules [ours].
AGAIN = 600.0
LOOK = 60.0
_LOCK = "retention.lock"

_not_before = 0.0  # of the worker's next try at what could not go on
_looked = -LOOK
_looked_at: dict[int, Any] = {}  # operation → when its schedule was looked at


def work() -> int:
    """A piece of the run that is going on, or of one that is due; 0 when there is nothing to do. For the worker."""
    global _not_before
    with alone(_LOCK) as mine:
        run = (going_on() or _due()) if mine else None
        if run is None or time.monotonic() < _not_before:
            return 0
        step(run)
        _not_before = time.monotonic() + AGAIN if run.problem else 0.0
        return int(not run.problem)


def finish(run: RetentionRun, told: Callable[[RetentionRun], None]) -> RetentionRun:
    """The whole run, for whoever waits for it. Conflict if another process is at it, OperationalError if it cannot go
    on now."""
    with alone(_LOCK) as mine:
        if not mine:
            raise Conflict("Another process destroys at this moment: look again when it is done.")
        run.refresh_from_db()
        while run.stage != Stage.DONE:
            step(run)
            if run.problem:
                raise OperationalError(run.problem)
            told(run)
    return run


def going_on() -> RetentionRun | None:
    """The oldest run that is not done."""
    return RetentionRun.objects.exclude(stage=Stage.DONE).order_by("pk").first()


def _due() -> RetentionRun | None:
    """A run of the schedule, in the first operation that had none for a day."""
    global _looked
    if time.monotonic() < _looked + LOOK:
        return None
    _looked = time.monotonic()
    now = timezone.now()
    for operation in apps.get_model("operations.Operation").objects.exclude(retention={}).order_by("pk"):
        if is_stopped("retention", operation.pk):
            continue
        runs = RetentionRun.objects.filter(operation=operation, decision_id=None)
        latest = runs.order_by("-pk").values_list("began_at", flat=True).first() or _looked_at.get(operation.pk)
        if latest is None or now - latest >= EVERY:
            _looked_at[operation.pk] = now
            return scheduled(operation)
    return None


def scheduled(operation: Any) -> RetentionRun:
    """A run of the operation's schedule begins. One that finds nothing leaves no trace."""
    now = timezone.now()
    before = {kind: moment.isoformat() for kind, moment in schedule.of(operation.retention).before(now).items()}
    return RetentionRun.objects.create(operation=operation, began_at=now, before=before)


def step(run: RetentionRun) -> None:
    """A piece of it. If it cannot go on now, its `problem` says why."""
    run.problem = ""
    try:
        _STEPS[Stage(run.stage)](run)
    except OperationalError as error:
        run.problem = str(error)[:300]
        RetentionRun.objects.filter(pk=run.pk).update(problem=run.problem)


def _destroy(run: RetentionRun) -> None:
    doomed = plugins.retention_due()(run.pk, BATCH)
    with turn(), transaction.atomic():
        counts = dict(run.counts)
        for holder in plugins.retention():
            counts = _added(counts, holder.destroy(doomed))
        run.counts = {kind: count for kind, count in counts.items() if count}
        if doomed.nothing:
            run.stage, run.held = Stage.SEALING, doomed.held
        else:
            run.digest = proof.digest(run.digest, _ids(doomed))
        run.save()


def _added(counts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {kind: counts.get(kind, 0) + more.get(kind, 0) for kind in {**counts, **more}}


def _ids(doomed: Doomed) -> list[str]:
    """Of what goes: of senders those that stand in their places, which lead to nobody."""
    return [
        *(f"sender {one}" for one in doomed.senders.values()),
        *(f"report {one}" for one in doomed.reports),
        *(f"files of report {one}" for one in doomed.files),
    ]


def _seal(run: RetentionRun) -> None:
    """Everything else is sealed under new keys. The keys that are gone are named in the row."""
    for purpose in rotation.purposes(run):
        if purpose not in run.places.get("done", []):
            if not rotation.step(run, purpose):
                run.places = {**run.places, "done": [*run.places.get("done", []), purpose]}
                run.save(update_fields=["places"])
            return
    run.stage = Stage.COMPACTING
    run.save(update_fields=["stage"])


def _compact(run: RetentionRun) -> None:
    """Then nothing in the row leads to what is gone, and it is proved."""
    if not run.counts and run.decision_id is None:
        run.stage = Stage.DONE
        run.delete()
        return
    run.compact_s = compact.compact()
    run.senders, run.places = [], {}
    run.stage, run.finished_at = Stage.DONE, timezone.now()
    run.proof = proof.prove(run)
    with turn(), transaction.atomic():
        run.save()
        entries.retention(run.operation_id, {"run": run.pk, "proof": run.proof})
    compact.empty_log()


_STEPS: Mapping[Stage, Callable[[RetentionRun], None]] = {
    Stage.DESTROYING: _destroy,
    Stage.SEALING: _seal,
    Stage.COMPACTING: _compact,
}
