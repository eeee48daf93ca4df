"""`rapport retention`: what is destroyed when, do it now, and have what one sender sent destroyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from rapport.cli.output import ModelGroup, as_json, show
from rapport.errors import RapportError, Refused
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.desk.retention.asking import Preview
    from rapport.oversight.models import RetentionRun
    from rapport.oversight.retention.schedule import Schedule


@click.group(cls=ModelGroup)
def retention() -> None:
    """Destroy what people sent: by the schedule of an operation's file, or because somebody asked."""


@retention.command()
@click.argument("operation")
@as_json
def status(operation: str, to_json: bool) -> None:
    """The schedule of OPERATION, its holds, the last runs with their proofs."""
    from rapport.desk.retention.due import holds_now
    from rapport.operations.sources import find_operation
    from rapport.oversight.models import RetentionRun
    from rapport.oversight.retention import schedule

    found = find_operation(operation)
    kept = schedule.of(found.retention)
    runs = [_told(run) for run in RetentionRun.objects.filter(operation=found).order_by("-pk")[:10]]
    holds = holds_now(found.pk).count()
    lines = [*(_days(kept) or ["Nothing is destroyed by itself: the operation's file has no [retention]."])]
    lines += [f"Held from destruction: {holds}.", *(f"Run {_line(run)}" for run in runs)]
    show({"schedule": kept.to_json(), "holds": holds, "runs": [*runs]}, to_json, lines)


@retention.command("run")
@click.argument("operation", required=False)
@as_json
def run_now(operation: str | None, to_json: bool) -> None:
    """Destroy now what is due, and finish what was begun: in OPERATION, else in all."""
    from rapport.operations.models import Operation
    from rapport.operations.sources import find_operation
    from rapport.oversight.retention import run

    done: list[Json] = []
    while (left := run.going_on()) is not None:
        done.append(_finished(left))
    chosen = [find_operation(operation)] if operation else Operation.objects.exclude(retention={}).order_by("pk")
    done += [_finished(run.scheduled(one)) for one in chosen if one.retention]
    news: list[Json] = [one for one in done if one]
    lines = [f"Run {_line(one)}" for one in news if isinstance(one, dict)] or ["Nothing was due."]
    show(news, to_json, lines)


@retention.command()
@click.argument("operation")
@click.option("--report", "ref", help="Reference of a report: what its sender sent is destroyed.")
@click.option("--address", help="Address of the sender; - asks for it, so that it stands in no history of commands.")
@click.option("--as", "username", required=True, help="Who decides, a custodian: the name stands in the record.")
@click.option("--reason", required=True, help="Why; without names or addresses, it stays in the record.")
@click.option("--yes", is_flag=True, help="Do it. Without this it is only said what would go.")
@as_json
def destroy(
    operation: str, ref: str | None, address: str | None, username: str, reason: str, yes: bool, to_json: bool
) -> None:
    """Destroy everything that one sender sent to OPERATION, for good. Nobody can undo it."""
    from rapport.accounts import people
    from rapport.desk.retention import asking
    from rapport.operations.sources import find_operation

    found = find_operation(operation)
    if (ref is None) == (address is None):
        raise RapportError("Name the sender by --report REFERENCE or by --address.")
    try:
        if address == "-":
            address = click.prompt("Address", hide_input=True, err=True)
        senders = asking.by_ref(found, ref) if ref is not None else asking.by_address(found, address or "")
        seen = asking.preview(senders)
        would = _counted(seen)
        if not yes:
            lines = [*_said(seen), "Nothing was destroyed. To do it, for good: the same with --yes."]
            show({"would_destroy": would}, to_json, lines)
            return
        done = _finished(asking.destroy(people.find(username), senders, reason))
    except Refused as refused:
        raise RapportError(refused.remedy) from refused
    show(done, to_json, [f"Run {_line(done)}" if isinstance(done, dict) else ""])


def _counted(seen: Preview) -> dict[str, Json]:
    return {
        "addresses": len(seen.senders), "texts": seen.reports - seen.already, "held": seen.held,
        "attachments": seen.files, "translations": seen.translations, "messages": seen.messages,
        "events_stay": seen.events,
    }  # fmt: skip


def _said(seen: Preview) -> list[str]:
    return [f"{name.replace('_', ' ')}: {count}" for name, count in _counted(seen).items()]


def _finished(run: RetentionRun) -> Json:
    """The whole run; what became of it, None if nothing was due."""
    from rapport.oversight.retention import run as running

    with _counting() as told:
        running.finish(run, told)
    return _told(run) if run.pk else None


@contextmanager
def _counting() -> Iterator[Callable[[RetentionRun], None]]:
    """What is being done stands on a line of the terminal while it lasts."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = SpinnerColumn(), TextColumn("{task.description}")
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("beginning")

        def told(run: RetentionRun) -> None:
            gone = ", ".join(f"{count} {kind}" for kind, count in sorted(run.counts.items()))
            progress.update(task, description=f"{run.get_stage_display()} {gone}")

        yield told


def _told(run: RetentionRun) -> dict[str, Json]:
    return {
        "run": run.pk, "stage": run.stage, "asked_by": "a person" if run.decision_id else "the schedule",
        "began_at": run.began_at.isoformat(), "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "destroyed": dict(sorted(run.counts.items())), "held": run.held,
        "keys_gone": list(run.retired), "compact_s": round(run.compact_s, 2) if run.compact_s is not None else None,
        "problem": run.problem, "digest": run.digest, "proof": run.proof,
    }  # fmt: skip


def _line(run: dict[str, Json]) -> str:
    gone = run["destroyed"] if isinstance(run["destroyed"], dict) else {}
    counted = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in gone.items()) or "nothing"
    took = f", the database's file written anew in {run['compact_s']} s" if run["compact_s"] is not None else ""
    state = f"proof {run['proof']}" if run["proof"] else f"{run['stage']}: {run['problem'] or 'goes on'}"
    return f"{run['run']}, {run['asked_by']}, {run['began_at']}: {counted}; {run['held']} held{took}; {state}"


def _days(kept: Schedule) -> list[str]:
    from rapport.oversight.retention.schedule import KINDS

    since = "receipt" if kept.counted_from == "receipt" else f"the closing ({kept.closed or 'not yet'})"
    return [f"{kind}: destroyed {kept.days(kind)} days after {since}." for kind in KINDS if kept.days(kind)]
