"""A file is played as if it came in live: in the order and spacing of its times, only faster. START at `play`.

Only into an operation marked as an exercise, and only by a source that answers nobody, so that nothing leaves.
"""

from __future__ import annotations

import secrets
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.utils import timezone

from rapport.errors import NotAllowed, Refused, TryAgain
from rapport.intake.imports import reading
from rapport.intake.imports.context import context_of
from rapport.intake.imports.guess import propose
from rapport.intake.imports.judge import judging
from rapport.intake.imports.mappings import columns_of
from rapport.intake.imports.plan import Plan
from rapport.intake.keep import keep, message_ref
from rapport.operations.models import Source
from rapport.plugins import CHANNELS
from rapport.reports.models import Report
from rapport.values import Message

#: Rows that are held in memory to be put in order: some 400 MB. The largest drills known have 10,000 [ours].
MOST = 200_000
#: Messages kept in one go; seconds until another try when the database is busy; refs asked for at once [ours].
_TOGETHER, _AGAIN, _ASKED = 500, 1.0, 500


@dataclass(frozen=True, slots=True)
class Score:
    """What is to be played: messages in the order of their times, and when each came, in seconds after the first."""

    messages: Sequence[Message]
    offsets: Sequence[float]
    first: datetime
    last: datetime
    refused: Sequence[Refused]
    without_time: int  # rows passed over: nobody knows when they came


@dataclass(slots=True)
class Played:
    new: int = 0
    already: int = 0
    behind: float = 0.0  # seconds by which the latest came after its time
    ended: bool = False  # by whoever stopped it


def read(source: Source, path: Path, *, bare: bool = False) -> Score:
    """The rows of a file (CSV, XLSX, NDJSON) in the order of their times. Refused if it is too long, or has no times.

    `bare` leaves only the text and who sent it: categories, places and everything else are for the desk to find out.
    """
    refuse_unless_exercise(source)
    with TemporaryDirectory(prefix="rapport-replay-") as folder:
        table = reading.prepare(path, Path(folder) / "rows")
        about = context_of(source)
        plan = propose(table, about, columns=columns_of(source)).plan
        judge, timed, refused, without = judging(plan, about), [], list[Refused](), 0
        for number, row in enumerate(reading.rows(table, plan)):
            if number >= MOST:
                raise Refused("too_long", f"At most {MOST:,} rows can be played: cut the file by days.")
            found = judge(row)
            if isinstance(found, Refused):
                refused.append(found)
            elif found.sent_at is None:
                without += 1
            else:
                timed.append((found.sent_at, number, _bared(found) if bare else found))
    if not timed:
        raise Refused("no_times", _no_times(plan, refused))
    timed.sort(key=lambda one: one[:2])
    first = timed[0][0]
    return Score(
        messages=[_named(message, number) for _, number, message in timed],
        offsets=[(at - first).total_seconds() for at, _, _ in timed],
        first=first,
        last=timed[-1][0],
        refused=refused,
        without_time=without,
    )


def refuse_unless_exercise(source: Source) -> None:
    """Raise if messages that are not real could reach people, or be taken for real ones."""
    operation = source.operation
    if not operation.exercise:
        raise NotAllowed(
            f"{operation.slug} is no exercise. Replay needs an operation of its own: write exercise = true into its"
            " file and add it under another name."
        )
    if source.channel in CHANNELS:
        raise NotAllowed(
            f"{source.slug} is a gateway: it would answer the senders. Name a source of channel file, api or web."
        )
    if not (operation.open and source.active):
        raise NotAllowed(f"{source.slug} takes nothing now: the source is paused, or its operation closed.")


def _no_times(plan: Plan, refused: Sequence[Refused]) -> str:
    if refused:
        return f"No row can be read. The first: {refused[0]}"
    named = plan.column("date") or plan.column("time")
    if named:
        return f"No row has a time that can be read in the column {named!r}: replay plays in the order of times."
    return f"No column holds times, and replay plays in their order. There are: {', '.join(plan.columns)[:300]}."


def _bared(message: Message) -> Message:
    return Message(
        text=message.text, gateway_id=message.gateway_id, sender=message.sender, sent_at=message.sent_at
    )  # fmt: skip


def _named(message: Message, number: int) -> Message:
    return message if message.gateway_id else replace(message, gateway_id=f"row {number}")


def new_run() -> str:
    """A name that no other run has."""
    return secrets.token_hex(4)


def of_run(score: Score, run: str) -> Score:
    """The same with ids of this run: another run of the same file brings new reports, the same run none twice."""
    made = [replace(one, gateway_id=f"replay {run} {one.gateway_id}") for one in score.messages]
    return replace(score, messages=made)


def part(score: Score, begin: datetime | None, limit: int | None) -> Score:
    """From a time on, and at most so many."""
    start = bisect_left(score.offsets, (begin - score.first).total_seconds()) if begin else 0
    end = start + limit if limit else len(score.messages)
    if start >= len(score.messages):
        raise Refused(
            "nothing", f"Nothing was said from then on: the last time in the file is {score.last:%Y-%m-%d %H:%M}."
        )
    zero = score.offsets[start]
    offsets = [offset - zero for offset in score.offsets[start:end]]
    return replace(score, messages=score.messages[start:end], offsets=offsets)


@dataclass(slots=True)
class _Clock:
    """How far a run is: it passes over what is there already without waiting for it."""

    speed: float
    began: float = field(default_factory=time.monotonic)

    def due(self, offset: float) -> float:
        """Seconds until a message is to come; below zero if it is late."""
        return self.began + offset / self.speed - time.monotonic()

    def skip_to(self, offset: float) -> None:
        self.began = time.monotonic() - offset / self.speed


def play(source: Source, score: Score, speed: float, stop: threading.Event, told: Callable[[int], None]) -> Played:
    """Keep each message when its time has come, `speed` times as fast as it was. A run that was stopped goes on behind
    what it has brought already. Stopped at any moment, every message is whole or not there.

    `told` is called with how many are done since the last call.
    """
    played, clock, there, at = Played(), _Clock(speed), _there(source, score.messages), 0
    while at < len(score.messages) and not stop.is_set():
        if there[at]:
            clock.skip_to(score.offsets[at])
            played.already += 1
            at += 1
            told(1)
            continue
        wait = clock.due(score.offsets[at])
        if wait > 0:
            stop.wait(wait)
            continue
        end = _due_until(score, there, clock, at)
        kept = _keep(source, score.messages[at:end], stop)
        if kept is None:
            break
        played.behind = max(played.behind, -clock.due(score.offsets[at]))
        played.new += kept
        played.already += end - at - kept
        told(end - at)
        at = end
    played.ended = at < len(score.messages)
    return played


def _there(source: Source, messages: Sequence[Message]) -> list[bool]:
    """Which of them a run of this name has brought already."""
    refs = [message_ref(source, message, None, timezone.now()) for message in messages]
    known: set[str] = set()
    for start in range(0, len(refs), _ASKED):
        known.update(Report.objects.filter(ref__in=refs[start : start + _ASKED]).values_list("ref", flat=True))
    return [ref in known for ref in refs]


def _due_until(score: Score, there: Sequence[bool], clock: _Clock, at: int) -> int:
    end = at + 1
    while (
        end < min(len(score.messages), at + _TOGETHER) and not there[end] and clock.due(score.offsets[end]) <= 0
    ):  # fmt: skip
        end += 1
    return end


def _keep(source: Source, messages: Sequence[Message], stop: threading.Event) -> int | None:
    """How many were new; None if somebody stopped it before anything could be written."""
    while True:
        now = timezone.now()
        live = [
            replace(one, sent_at=now, fields={**one.fields, "replayed_time": one.sent_at.isoformat()})
            for one in messages
            if one.sent_at
        ]
        try:
            return sum(kept.new for kept in keep(source, live))
        except TryAgain:
            if stop.wait(_AGAIN):
                return None
