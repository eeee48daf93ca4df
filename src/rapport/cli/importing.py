"""`rapport import`: a table of reports comes in through the same door as any message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from rapport.cli.output import NeedsModels, as_json, show
from rapport.errors import Refused
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.operations.models import Source
    from rapport.values import Message

T = TypeVar("T")
#: Rows kept in one transaction: it holds the write lock for some hundredths of a second [ours].
CHUNK = 1000
#: Refused rows that are told one by one; the rest is counted by reason.
TOLD = 20


@dataclass(slots=True)
class Taken:
    """What became of the rows of a table: rows = new + already + refused."""

    new: int = 0
    already: int = 0
    refused: list[Refused] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.new + self.already + len(self.refused)


def take_in(source: Source, path: Path) -> Taken:
    """Keep the rows of a table, with a progress bar. Stopped at any row, it can be run again: nothing doubles.

    Refused if the file as a whole cannot be read; TryAgain if nothing more can be written.
    """
    from rich.console import Console
    from rich.progress import Progress

    from rapport.intake.table import mapping_of, messages

    taken, mapping, console = Taken(), mapping_of(source), Console(stderr=True)
    with (
        Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
        progress.open(path, "rt", encoding="utf-8-sig", newline="", description=path.name) as file,
    ):
        for chunk in _chunks(messages(file, mapping)):
            _keep(source, chunk, taken)
    _count(source, taken)
    return taken


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk


def _keep(source: Source, chunk: list[Message | Refused], taken: Taken) -> None:
    from rapport.intake.keep import keep

    taken.refused += [row for row in chunk if isinstance(row, Refused)]
    for kept in keep(source, [row for row in chunk if not isinstance(row, Refused)]):
        taken.new += kept.new
        taken.already += not kept.new


def _count(source: Source, taken: Taken) -> None:
    from rapport.intake import refusals

    for reason, count in Counter(refused.reason for refused in taken.refused).items():
        refusals.count(source, reason, count)
    refusals.flush()


@click.command("import", cls=NeedsModels)
@click.argument("operation")
@click.argument("source")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def import_file(operation: str, source: str, file: Path, to_json: bool) -> None:
    """Take the rows of FILE (CSV in UTF-8) in as reports of SOURCE in OPERATION.

    What its columns mean stands in the operation's file. Rows that are there already change nothing, so the same file,
    or a longer one, can be imported again.
    """
    from rapport.operations import sources

    taken = take_in(sources.find(operation, source), file)
    result: Json = {
        "rows": taken.rows,
        "new": taken.new,
        "already": taken.already,
        "refused": [
            {"row": one.row, "column": one.field, "reason": one.reason, "remedy": one.remedy} for one in taken.refused
        ],
    }
    show(result, to_json, _told(taken))


def _told(taken: Taken) -> list[str]:
    lines = [f"{taken.rows} rows: {taken.new} new, {taken.already} there already, {len(taken.refused)} refused."]
    lines += [f"  {refused}" for refused in taken.refused[:TOLD]]
    if len(taken.refused) > TOLD:
        lines.append(f"  and {len(taken.refused) - TOLD} more: see them with --json.")
    return lines
