"""`rapport replay`: a file is played as if it came in live, into an exercise."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from rapport.cli.output import NeedsModels, as_json, show
from rapport.values import Json

_MOMENTS = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]


@click.command(cls=NeedsModels)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--operation", required=True, help="The exercise: exercise = true stands in its file.")
@click.option("--source", required=True, help="The source it comes in by: of channel file, api or web.")
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True,
              help="How many times as fast as it was: 60 makes a minute of an hour.")  # fmt: skip
@click.option("--from", "begin", type=click.DateTime(_MOMENTS), help="Begin at this time of the file (UTC).")
@click.option("--limit", type=click.IntRange(1), help="Play at most so many messages.")
@click.option("--run", help="A name for this run: the same name goes on where it stopped, another plays all again.")
@click.option("--bare", is_flag=True, help="Only texts and senders: categories, places and all else are left out.")
@as_json
def replay(
    file: Path,
    operation: str,
    source: str,
    speed: float,
    begin: datetime | None,
    limit: int | None,
    run: str | None,
    bare: bool,
    to_json: bool,
) -> None:
    """Play FILE (CSV, XLSX, NDJSON) as if it came in live: in the order and spacing of its times.

    Reports are received now; the time in the file stands among their fields as replayed_time. Nobody is answered.
    Ctrl-C ends it; with the same --run it goes on behind what came in.
    """
    from rapport.intake import replay as replaying
    from rapport.operations import sources

    if not math.isfinite(speed):  # no number is below 0, nor is "nan"
        raise click.BadParameter("write a number, as 60.", param_hint="--speed")
    way_in, name = sources.find(operation, source), run or replaying.new_run()
    score = replaying.read(way_in, file, bare=bare)
    score = replaying.of_run(replaying.part(score, begin.replace(tzinfo=UTC) if begin else None, limit), name)
    length = score.offsets[-1] / speed
    click.echo(f"Run {name}: {len(score.messages)} messages, {_spoken(length)} at this speed.", err=True)
    with _stopped_by_signals() as stop, _told(len(score.messages)) as told:
        played = replaying.play(way_in, score, speed, stop, told)
    result: Json = {
        "run": name,
        "new": played.new,
        "already": played.already,
        "left": len(score.messages) - played.new - played.already,
        "refused": len(score.refused),
        "without_time": score.without_time,
        "behind_s": round(played.behind, 2),
    }
    lines = [f"{played.new} came in, {played.already} were there already."]
    if score.refused or score.without_time:
        lines.append(
            f"Passed over: {len(score.refused)} rows that cannot be read, {score.without_time} without a time."
        )
        lines += [f"  {one}" for one in score.refused[:10]]
    if played.ended:
        lines.append(f"Stopped. To go on: the same command with --run {name}")
    show(result, to_json, lines)


def _spoken(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} hours"


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM end it after the message in hand."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _told(total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Playing", total=total)
        yield lambda count: progress.advance(task, count)
