"""`rapport sending`: stop, resume, cancel, and how it stands. The same as the buttons on the page of what goes out."""

from __future__ import annotations

import click

from rapport.cli.output import ModelGroup, as_json, show
from rapport.values import Json

_who = click.option("--as", "username", required=True, help="Who decides: the name stands in the record.")
_why = click.option("--reason", default="", help="Why.")


@click.group(cls=ModelGroup)
def sending() -> None:
    """Stop all messages of an operation, resume them, take back or see what waits."""


@sending.command()
@click.argument("operation")
@_who
@_why
def stop(operation: str, username: str, reason: str) -> None:
    """Send nothing more in OPERATION, from the next message on."""
    from rapport.accounts import people
    from rapport.desk.sending import outbox
    from rapport.operations.sources import find_operation

    outbox.stop_sending(people.find(username), find_operation(operation), reason)
    click.echo(f"All sending of {operation} is stopped.")


@sending.command()
@click.argument("operation")
@_who
@_why
def resume(operation: str, username: str, reason: str) -> None:
    """Let what waits in OPERATION go out again."""
    from rapport.accounts import people
    from rapport.desk.sending import outbox
    from rapport.operations.sources import find_operation

    outbox.resume_sending(people.find(username), find_operation(operation), reason)
    click.echo(f"What waits in {operation} goes out again.")


@sending.command()
@click.argument("operation")
@_who
@_why
def cancel(operation: str, username: str, reason: str) -> None:
    """Take back every message that waits in OPERATION: none of them goes out."""
    from rapport.accounts import people
    from rapport.desk.sending import outbox
    from rapport.operations.sources import find_operation

    count = outbox.settle_all(people.find(username), find_operation(operation), "cancel", reason)
    click.echo(f"{count} messages that waited in {operation} are taken back.")


@sending.command()
@click.argument("operation")
@as_json
def status(operation: str, to_json: bool) -> None:
    """How many messages of OPERATION stand where, and who stopped sending."""
    from django.db.models import Count

    from rapport.desk.sending import outbox
    from rapport.notify.models import OutboxState
    from rapport.operations.sources import find_operation

    found = find_operation(operation)
    counted = dict(found.outbox.order_by().values_list("state").annotate(Count("pk")))
    states: dict[str, Json] = {state.value: counted.get(state.value, 0) for state in OutboxState}
    stopped = outbox.stopped_by(found)
    lines = [stopped or "Sending is on.", *(f"{OutboxState(state).label}: {count}" for state, count in states.items())]
    show({"stopped": stopped, "messages": states}, to_json, lines)
