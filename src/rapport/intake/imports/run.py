"""The work of an import, a batch at a time: looking a file through, taking its rows in, taking them back.

What a batch keeps, the verdicts of its rows and how far the import has come are one transaction: killed at any moment,
it goes on behind the rows that are settled. Who works on an import holds its claim; every batch is written only while
the claim, the state and the number of settled rows are as this process knows them, so two that take the same import for
theirs never write the same rows.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from rapport.errors import BadDefinition, RapportError, Refused, TryAgain, place_of
from rapport.intake import refusals
from rapport.intake.imports import failed, mappings, rollback, store
from rapport.intake.imports.about import Evidence, Proposal, Row
from rapport.intake.imports.context import context_of
from rapport.intake.imports.guess import looked_again, propose
from rapport.intake.imports.judge import judging
from rapport.intake.imports.plan import Plan
from rapport.intake.imports.reading import rows as rows_of
from rapport.intake.imports.verdicts import Counts, Judged, Seen, settle, write, write_dry
from rapport.intake.models import WORKED_ON, Import, ImportMapping, ImportState
from rapport.operations.models import Source
from rapport.oversight.switches import is_stopped
from rapport.values import Message

#: Rows in one transaction: it holds the write lock for about a tenth of a second [ours].
BATCH = 1_000
#: Characters in them at most: a hostile row may have millions, and a batch is in memory some times over [ours].
CHARACTERS = 8_000_000
#: Files that a process has open at a time; each takes a batch, and in a dry run the keys it has met: the others wait
#: until one of these is through [ours].
TOGETHER = 8
#: A claim that nobody renewed for so long is taken over; a dead process on this machine is noticed at once [ours].
STALE = timedelta(seconds=60)

log = logging.getLogger(__name__)


def step() -> int:
    """Do a batch of the import that waits the longest for one and that nobody else works on; how many rows it was, 0
    when there is nothing to do. For the worker. So a small file does not wait for a large one to come to its end."""
    waiting = list(Import.objects.filter(state__in=WORKED_ON).order_by(F("claimed_at").asc(nulls_first=True), "pk"))
    for gone in _walks.keys() - {one.pk for one in waiting}:
        _walks.pop(gone, None)
    for one in waiting:
        if len(_walks) >= TOGETHER and one.pk not in _walks and one.state != ImportState.ROLLING_BACK:
            continue
        if one.state != ImportState.ROLLING_BACK and is_stopped("imports", one.operation_id):
            continue  # a rollback takes back what a person wants gone
        if claim(one):
            return work(one)
        _walks.pop(one.pk, None)
    return 0


def others(one: Import) -> int:
    """How many other imports have work too: they take turns with this one, by batches."""
    return Import.objects.filter(state__in=WORKED_ON).exclude(pk=one.pk).count()


def work(one: Import) -> int:
    """Do a batch of an import that this process has claimed; the number of rows, at least 1. What is wrong with
    the file ends the import and stands in its `problem`; the database's own faults reach the caller."""
    try:
        return max(1, _WORK[ImportState(one.state)](one))
    except (OperationalError, InterfaceError, TryAgain):
        _walks.pop(one.pk, None)
        raise
    except (RapportError, OSError) as error:
        _fail(one, _said(error))
    except Exception as error:  # noqa: BLE001 - a fault ends this import, with a word on its page, and no other
        log.error("import %s failed: %s", one.pk, place_of(error))
        _fail(one, f"a fault of rapport ({type(error).__name__}); the server's log says where")
    return 1


def _said(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"The file cannot be read any more: {error.strerror or 'it is gone'}. Send it again."
    return str(error)


def _fail(one: Import, problem: str) -> None:
    _walks.pop(one.pk, None)
    Import.objects.filter(pk=one.pk, claim=_me(), state__in=WORKED_ON).update(
        state=ImportState.FAILED, problem=problem[:300], claim=""
    )


# --- whose it is ---------------------------------------------------------------------------------------------------


def claim(one: Import, *, at_once: bool = False) -> bool:
    """Whether this process may work on it now. `at_once` takes it from whoever has it: that one notices, and stops."""
    mine, now = _me(), timezone.now()
    if at_once:
        one.refresh_from_db()  # a worker may have found it meanwhile
    free = Q(claim__in=("", mine)) | Q(claimed_at__lt=now - STALE) | Q(claimed_at=None)
    if at_once or _dead(one.claim):
        free |= Q(claim=one.claim)
    if not Import.objects.filter(free, pk=one.pk, state__in=WORKED_ON).update(claim=mine, claimed_at=now):
        return False
    one.refresh_from_db()
    return True


def let_go(one: Import) -> None:
    """Somebody else may take it up at once."""
    _walks.pop(one.pk, None)
    Import.objects.filter(pk=one.pk, claim=_me()).update(claim="")


def _me() -> str:
    return _mine(os.getpid())


@lru_cache(maxsize=4)
def _mine(process: int) -> str:
    """Machine, process, and a random part, so that a process of the same number is not taken for this one."""
    return f"{_machine()}-{process}-{secrets.token_hex(4)}"


@lru_cache(maxsize=1)
def _machine() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]


def _dead(claim: str) -> bool:
    """Whether the process that made the claim ran on this machine and is gone."""
    machine, _, rest = claim.partition("-")
    process = rest.partition("-")[0]
    if machine != _machine() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


# --- walking through a file ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Walk:
    """A file that is open in this process, between two batches."""

    source: Source
    plan: Plan
    rows: Iterator[Row]
    judge: Callable[[Row], Message | Refused]
    state: str
    done: int  # the number of the last row that is settled
    seen: Seen = field(default_factory=Seen)

    def next(self) -> tuple[list[Judged], int, bool]:
        """The next rows with what they say, the number of the last of them, and whether the file ends with it."""
        judged: list[Judged] = []
        size, last = 0, self.done
        for row in self.rows:
            judged.append((row, self.judge(row)))
            size, last = size + sum(map(len, row.cells)), row.number
            if len(judged) >= BATCH or size >= CHARACTERS:
                return judged, last, False
        return judged, last, True


_walks: dict[int, _Walk] = {}
_lock = threading.Lock()


def _walk(one: Import, done: int) -> _Walk:
    """The one from before if it stands where the import stands, else a new one."""
    walk = _walks.get(one.pk)
    if walk is None or walk.state != one.state or walk.done != done:
        source = _source(one)
        plan = Plan.from_json(one.plan)
        about = context_of(source)
        walk = _Walk(source, plan, _rows(one, plan, done), judging(plan, about), one.state, done)
        with _lock:
            _walks[one.pk] = walk
    return walk


def _source(one: Import) -> Source:
    return Source.objects.select_related("operation").get(imports=one)


def _rows(one: Import, plan: Plan, done: int) -> Iterator[Row]:
    return iter(failed.as_sent(rows_of(store.readable(one, plan.sheet), plan, start=done), plan))


# --- looking through -----------------------------------------------------------------------------------------------


def plan(one: Import) -> None:
    """Say how the file of a claimed import is read, if nobody has yet."""
    if not one.plan:
        _propose(one)


def _look_through(one: Import) -> int:
    if not one.plan:
        return _propose(one)
    walk = _walks.get(one.pk)
    begun = walk is not None and walk.state == one.state and walk.done == one.read_rows
    if not begun and not _begin_again(one):  # what a dry run had counted cannot be told from what it had not
        return _lost(one)
    walk = _walk(one, one.read_rows)
    judged, last, ended = walk.next()
    with transaction.atomic():
        held = _held(one, read_rows=walk.done)
        if held is None:
            return _lost(one)
        done = settle(held, walk.source, walk.plan, judged, walk.seen)
        write_dry(done, held)
        extra = {"state": ImportState.READY, "total_rows": last, "claim": ""} if ended else {}
        _advance(held, done.counts, read_rows=last, **extra)
    walk.done = last
    if ended:
        _walks.pop(one.pk, None)
    return len(judged)


def _propose(one: Import) -> int:
    """Works out how the file is read. May take some seconds for a large one; the claim lasts longer."""
    source = _source(one)
    proposal, agreed = _proposal(one, source)
    found = {**proposal.to_json(), "agreed": agreed, "fixed": one.evidence.get("fixed", {})}
    del found["plan"]
    mine = Import.objects.filter(pk=one.pk, claim=_me(), state=ImportState.READ).update(
        plan=proposal.plan.to_json(), evidence=found, claimed_at=timezone.now()
    )
    if not mine:  # taken over, corrected or put away meanwhile
        return _lost(one)
    one.refresh_from_db()
    return 1


def _proposal(one: Import, source: Source) -> tuple[Proposal, str]:
    """How the file is read, and who said so beforehand: the mapping chosen with it, the operation's file for its
    source, a mapping saved for its columns and its source, the import whose refused rows it brings back; "" if nobody
    did, and it is worked out."""
    fixed: dict[str, Any] = one.evidence.get("fixed", {})
    path, about = store.readable(one, fixed.get("sheet", "")), context_of(source)
    columns = None if fixed or one.evidence.get("mapping") else mappings.columns_of(source)
    if columns is not None:
        try:
            return propose(path, about, columns=columns), f"the operation's file, for {source.slug}"
        except Refused:
            if one.person_id is None:  # the command line takes what was agreed, or nothing
                raise
    found = propose(path, about, fixed=fixed)
    if fixed:
        return found, ""
    plan, said, agreed = _said_before(one, found.plan)
    if plan is None:
        return found, ""
    shown, unknown, choices = looked_again(path, plan, about)
    evidence = tuple(line for line in found.evidence if line.about in _WRITTEN) + said
    told = replace(found, samples=shown, unknown_labels=unknown, unknown_choices=choices)
    return replace(told, plan=plan, evidence=evidence), agreed


#: Evidence of how a file is written, which holds also where its meaning was said beforehand.
_WRITTEN = frozenset({"format", "sheet", "encoding", "delimiter", "quote", "header_row", "tag_row"})
Said = tuple[Plan | None, tuple[Evidence, ...], str]


def _said_before(one: Import, found: Plan) -> Said:
    """The plan that a person has said holds for such files, why, and who it was; no plan if nobody did. What only
    nearly holds, or was said for another source, is a proposal: it is looked at first."""
    chosen = mappings.chosen(one, found)
    if chosen or (earlier := mappings.mended(one, found)) is None:
        return _as_mapping(one, chosen, found)
    who = f"import {earlier.pk}, of which these are the refused rows"
    return mappings.applied(Plan.from_json(earlier.plan), found), (), who


def _as_mapping(one: Import, chosen: ImportMapping | None, found: Plan) -> Said:
    if chosen:
        try:
            return mappings.applied(Plan.from_json(chosen.plan), found), (), f"the mapping “{chosen.name}”"
        except Refused:
            if one.person_id is None:  # the command line takes what was agreed, or nothing
                raise
    near = chosen or mappings.nearest(one, found)
    if near is None:
        return None, (), ""
    said_of = f"read as the mapping “{near.name}” says, as far as the columns are the same"
    if near.source_id != one.source_id:
        said_of += f"; it was saved for {f'the source {near.source.slug}' if near.source else 'no source'}, "
        said_of += "and not for this one: look whether days, hours and places are meant so here too"
    why = Evidence("mapping", said_of)
    try:
        plan, said = mappings.applied_nearly(Plan.from_json(near.plan), found)
    except BadDefinition:
        return None, (), ""
    return plan, (why, *said), ""


def _begin_again(one: Import) -> bool:
    """The dry run starts at the first row; whether it is still this process's: else what another one noted stays."""
    source = _source(one)
    plan = Plan.from_json(one.plan)
    shown, unknown, choices = looked_again(store.readable(one, plan.sheet), plan, context_of(source))
    evidence = {
        **one.evidence, "samples": [each.to_json() for each in shown], "unknown_labels": dict(unknown),
        "unknown_choices": choices,
    }  # fmt: skip
    with transaction.atomic():
        mine = Import.objects.filter(pk=one.pk, claim=_me(), state=ImportState.READ).update(
            read_rows=0, new=0, already=0, differs=0, refused=0, evidence=evidence, claimed_at=timezone.now()
        )
        if not mine:
            return False
        one.verdicts.all().delete()
    _walks.pop(one.pk, None)
    one.refresh_from_db()
    return True


# --- taking in -----------------------------------------------------------------------------------------------------


def _take_in(one: Import) -> int:
    walk = _walk(one, one.done_rows)
    judged, last, ended = walk.next()
    with transaction.atomic():
        held = _held(one, done_rows=walk.done)
        if held is None:
            return _lost(one)
        done = settle(held, walk.source, walk.plan, judged)
        write(done, held, walk.source)
        end = {"state": ImportState.DONE, "finished_at": timezone.now(), "claim": "", "total_rows": last}
        _advance(held, done.counts, done_rows=last, **(end if ended else {}))
    walk.done = last
    _count_refusals(walk.source, judged)
    if ended:
        _walks.pop(one.pk, None)
        store.forget_rows(one)
    return len(judged)


def _count_refusals(source: Source, judged: list[Judged]) -> None:
    for _, said in judged:
        if isinstance(said, Refused):
            refusals.count(source, said.reason)


def _held(one: Import, **standing: int) -> Import | None:
    """The import's row, locked, if it stands as this process knows it and is still this process's."""
    return Import.objects.select_for_update().filter(pk=one.pk, claim=_me(), state=one.state, **standing).first()


def _advance(held: Import, counts: Counts, **more: Any) -> None:
    added = {name: F(name) + number for name, number in asdict(counts).items()}
    Import.objects.filter(pk=held.pk).update(claimed_at=timezone.now(), **added, **more)


def _lost(one: Import) -> int:
    """Paused, changed, or taken over: what was read ahead is dropped, and nothing of it was written."""
    _walks.pop(one.pk, None)
    return 1


def _roll_back(one: Import) -> int:
    _walks.pop(one.pk, None)
    return rollback.part(one, _me())


_WORK: dict[ImportState, Callable[[Import], int]] = {
    ImportState.READ: _look_through,
    ImportState.RUNNING: _take_in,
    ImportState.ROLLING_BACK: _roll_back,
}
