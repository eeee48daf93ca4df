"""`rapport import`: a file of reports comes in through the same door as any message, as one step that can be undone."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli.output import NeedsModels, as_json, show
from rapport.errors import RapportError, Refused
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.intake.models import Import
    from rapport.operations.models import Operation, Source

#: Rows that are told one by one; the rest is counted by reason.
TOLD = 20
#: Refused rows in the JSON result; all of them are in the file of rows to mend.
LISTED = 10_000
_ROWS_SHOWN = 3  # rows of a dry run as they were understood, and characters of what each says [ours]
_SHOWN = 60
_LOOK_AGAIN = 0.3  # seconds between looks at an import that another process works on [ours]


def take_in(source: Source, path: Path) -> Import:
    """Take in a file whose columns were agreed beforehand, with a progress bar. Stopped at any row, it can be run
    again: nothing doubles. Refused if the file as a whole cannot be read; TryAgain if nothing more can be written."""
    from rapport.intake.imports import life, store
    from rapport.oversight.switches import is_stopped

    if is_stopped("imports", source.operation_id):
        raise Refused("stopped", "Taking in files is stopped in this operation: a lead can resume it, under Automated.")
    one = store.add(None, source.operation, source, path.name, store.pieces_of(path))
    _plan(one)
    life.start(None, one, unseen=True)
    _work(one)
    return one


def _plan(one: Import) -> None:
    """Take the import for this process and work out how its file is read; what cannot be read is put away."""
    from rapport.intake.imports import life, run

    run.claim(one, at_once=True)
    try:
        run.plan(one)
    except Refused:
        life.discard(None, one)
        raise


def _work(one: Import) -> None:
    """Do what there is to do for this import in this process, until it is at rest. Ctrl-C leaves it to be resumed."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from rapport.intake import refusals
    from rapport.intake.imports import run
    from rapport.intake.models import WORKED_ON

    console = Console(stderr=True)
    bars = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,} rows"), TimeRemainingColumn())
    with Progress(*bars, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(one.file_name, total=one.total_rows)
        try:
            taken = False
            while one.state in WORKED_ON:
                # Taken over once from a worker; whoever takes it from here is left to finish it.
                if run.claim(one, at_once=not taken):
                    taken = True
                    run.work(one)
                elif taken:
                    time.sleep(_LOOK_AGAIN)
                one.refresh_from_db()
                done = one.done_rows if one.started_at else one.read_rows
                progress.update(task, completed=done, total=one.total_rows)
        finally:
            run.let_go(one)
            refusals.flush()


@click.command("import", cls=NeedsModels)
@click.argument("operation", required=False)
@click.argument("words", nargs=-1, metavar="[SOURCE] FILE")
@click.option("--source", "slug", help="The source that the reports are from: one of channel file, or a new name.")
@click.option("--mapping", help="Read the file as the mapping saved under this name says.")
@click.option("--dry-run", is_flag=True, help="Only look the file through; it waits under imports on the pages.")
@click.option("--yes", is_flag=True, help="Take it in without asking, as it is proposed.")
@click.option("--resume", type=int, help="Go on with the import of this number.")
@click.option("--rollback", "back", type=int, help="Take the import of this number back: its reports are withdrawn.")
@click.option("--as", "username", help="With --rollback: who decides; the name stands in the record.")
@click.option("--reason", default="", help="With --rollback: why.")
@click.option("--to-mend", type=click.Path(dir_okay=False, path_type=Path), help="Write the refused rows to this file.")
@as_json
def import_file(
    operation: str | None, words: tuple[str, ...], slug: str | None, mapping: str | None, dry_run: bool, yes: bool,
    resume: int | None, back: int | None, username: str | None, reason: str, to_mend: Path | None, to_json: bool,
) -> None:  # fmt: skip
    """Take the rows of FILE (CSV, XLSX or NDJSON) in as reports of SOURCE in OPERATION.

    Where the operation's file, or a mapping saved for SOURCE, says what the columns mean, the rows come in at once.
    Else the file is looked through, what was found is shown, and you are asked. Rows that are there already change
    nothing, so the same file, or a longer one, can be imported again. An import that was stopped goes on with
    --resume NUMBER; --rollback NUMBER takes one back, in the name of the person whom --as names.
    """
    if back is not None:
        one = _rolled_back(back, username, reason)
        left = f" {one.left} left alone, because somebody had decided about them." if one.left else ""
        result: Json = {"import": one.pk, "state": one.state, "withdrawn": one.withdrawn, "left": one.left}
        show(result, to_json, [f"{one.withdrawn} reports withdrawn: kept, and counted nowhere.{left}"])
        return
    if resume is not None:
        one = _resumed(resume)
    else:
        if operation is None or len(words) not in (1, 2):
            raise click.UsageError("Write rapport import OPERATION FILE, or OPERATION SOURCE FILE.")
        one = _added(operation, slug or (words[0] if len(words) == 2 else ""), Path(words[-1]), mapping)
        _looked_through(one, dry_run, yes, to_json)
    if one.state == "failed":
        raise RapportError(one.problem)
    if to_mend is not None:
        _write_failed(one, to_mend)
    show(_result(one), to_json, _told(one))


def _import(number: int) -> Import:
    from rapport.intake.models import Import

    one = Import.objects.select_related("operation", "source").filter(pk=number).first()
    if one is None:
        raise RapportError(f"There is no import {number}.")
    return one


def _rolled_back(number: int, username: str | None, reason: str) -> Import:
    from rapport.accounts import people
    from rapport.intake.imports import rollback

    one = _import(number)
    if not username:
        raise click.UsageError("Say with --as who decides, and with --reason why: both stand in the record.")
    if one.state != "rolling_back":  # one that was stopped goes on
        rollback.begin(people.find(username), one, reason)
    _work(one)
    return one


def _resumed(number: int) -> Import:
    from rapport.intake.imports import life
    from rapport.intake.models import WORKED_ON

    one = _import(number)
    if one.state == "ready":
        life.start(None, one)
    elif one.state in ("paused", "failed"):
        life.go_on(None, one)
    elif one.state not in WORKED_ON:
        remedy = " To bring its reports back, import the file again." if one.state == "rolled_back" else ""
        raise RapportError(f"Import {one.pk} is {one.get_state_display()}: there is nothing to go on with.{remedy}")
    _work(one)
    return one


def _added(operation: str, slug: str, path: Path, mapping: str | None) -> Import:
    from rapport.intake.imports import mappings, store
    from rapport.operations import sources

    place = sources.find_operation(operation)
    if not path.is_file():
        raise RapportError(f"There is no file {path.name} here.")
    named = mappings.find(place, mapping) if mapping else None
    source = _source(place, slug)
    try:
        return store.add(None, place, source, path.name, store.pieces_of(path), mapping=named)
    except (RapportError, OSError):
        store.forget_source(source)
        raise


def _source(place: Operation, slug: str) -> Source:
    """The source of that name; without a name the only one that takes files; a new one if nothing has the name."""
    from rapport.intake.imports import store
    from rapport.operations.models import Source

    chosen = Source.objects.select_related("operation").filter(operation=place)
    if slug:
        return chosen.filter(slug=slug).first() or store.new_source(None, place, slug)
    files = list(chosen.filter(channel=store.CHANNEL, active=True)[:2])
    if len(files) != 1:
        raise RapportError(
            "Say with --source where the file is from: an existing source of channel file, or a new name."
        )
    return files[0]


def _looked_through(one: Import, dry_run: bool, yes: bool, to_json: bool) -> None:
    """Plan, dry run where one is wanted, confirmation, and the rows."""
    from rapport.intake.imports import life

    _plan(one)
    if one.evidence.get("agreed") and not dry_run:
        life.start(None, one, unseen=True)
    else:
        _work(one)
        if one.state != "ready":
            return
        if not (yes or to_json):
            click.echo("\n".join(_found(one)))
        if dry_run or not _confirmed(one, yes, to_json):
            return
        life.start(None, one)
    _work(one)


def _confirmed(one: Import, yes: bool, to_json: bool) -> bool:
    if yes:
        return True
    if to_json or not sys.stdin.isatty():
        return False
    click.echo("\n".join(_told(one)))
    return click.confirm(f"Take {one.new} reports in?")


def _found(one: Import) -> list[str]:
    """How the file was read, and why, with some rows as understood, as lines."""
    roles = [f"  {column}: {role}" for column, role in one.plan["roles"].items() if role not in ("ignore", "left_out")]
    why = [f"  {line['column'] + ': ' if line['column'] else ''}{line['said']}" for line in one.evidence["evidence"]]
    rows = [
        f"  row {row['number']}: {'; '.join(f'{role} {said[:_SHOWN]}' for role, said in row['understood'].items())}"
        for row in one.evidence.get("samples", [])[:_ROWS_SHOWN]
        if row["understood"]
    ]
    lines = ["Read as:", *roles, *(["Because:", *why] if why else []), *(["As understood:", *rows] if rows else [])]
    return [_plain(line) for line in lines]


def _plain(text: str) -> str:
    """In one line, and with nothing in it that commands a terminal: the words are those of the file."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _write_failed(one: Import, path: Path) -> None:
    from rapport.intake.imports import failed

    with path.open("wb") as file:
        file.writelines(failed.write(one))


def _result(one: Import) -> Json:
    refused = one.verdicts.exclude(verdict="left").order_by("row", "pk")[:LISTED]
    return {
        "import": one.pk,
        "state": one.state,
        "read_as": " ".join(_as_said_before(one)),
        "rows": one.new + one.already + one.differs + one.refused,
        "new": one.new,
        "already": one.already,
        "differs": one.differs,
        "refused": [
            {"row": line.row, "column": line.field, "reason": line.reason, "remedy": line.remedy}
            for line in refused
            if line.verdict == "refused"
        ],
    }


def _as_said_before(one: Import) -> list[str]:
    """By what the file was read, where that was not worked out from it alone: nobody shall take it for granted."""
    if agreed := one.evidence.get("agreed"):
        return [f"Read as {agreed} says."]
    said = [str(line["said"]) for line in one.evidence.get("evidence", ()) if line["about"] == "mapping"]
    return [f"{words[:1].upper()}{words[1:]}." for words in said]


def _told(one: Import) -> list[str]:
    rows = one.new + one.already + one.differs + one.refused
    there = f"{one.already} there already" + (f", {one.differs} there saying something else" if one.differs else "")
    lines = [_plain(said) for said in _as_said_before(one)]
    lines.append(f"{rows} rows: {one.new} new, {there}, {one.refused} refused.")
    told = one.verdicts.exclude(verdict="left").order_by("row", "pk")
    lines += [
        _plain(f"  row {line.row}: {line.field + ': ' if line.field else ''}{line.remedy}") for line in told[:TOLD]
    ]
    if (more := one.refused + one.differs - TOLD) > 0:
        lines.append(f"  and {more} more: see them with --json, or on the page of import {one.pk}.")
    further: dict[str, str] = {"ready": "Nothing has come in yet. To take it in", "paused": "It is paused. To go on"}
    if one.state in further:
        lines.append(f"{further[one.state]}: rapport import --resume {one.pk}")
    return lines
