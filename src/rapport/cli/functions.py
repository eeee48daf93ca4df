"""`rapport function`: list the automated functions; stop or resume one on the whole machine."""

from __future__ import annotations

import click

from rapport.cli.output import ModelGroup, as_json, columns, show
from rapport.oversight.register import REGISTER, SENDING
from rapport.values import Json


@click.group(cls=ModelGroup)
def function() -> None:
    """List automated functions; stop or resume one everywhere on this machine."""


@function.command("list")
@as_json
def list_functions(to_json: bool) -> None:
    """Which there are, and where each is stopped."""
    from rapport.operations.models import Operation
    from rapport.oversight import switches

    slugs = dict(Operation.objects.values_list("pk", "slug"))
    rows: list[dict[str, Json]] = []
    for one in REGISTER:
        there = list(switches.in_force().filter(function=one.id).values_list("operation_id", flat=True))
        if one.id == SENDING:
            there += Operation.objects.filter(sending_stopped_at__isnull=False).values_list("pk", flat=True)
        where: list[Json] = [*sorted("everywhere" if pk is None else slugs[pk] for pk in there)]
        rows.append({"id": one.id, "name": one.name, "stopped": where})
    show([*rows], to_json, columns(rows, "No automated function."))


@function.command()
@click.argument("function_id", metavar="ID")
@click.option("--reason", required=True, help="Why; it stands in the record of every operation.")
@as_json
def stop(function_id: str, reason: str, to_json: bool) -> None:
    """Stop the function ID in all operations. In one alone a lead does it, on the desk under Automated."""
    from rapport.desk.automated import actions

    actions.stop_everywhere(function_id, reason)
    result: Json = {"function": function_id, "stopped": True}
    show(result, to_json, [f"{function_id} is stopped everywhere; every process knows within a few seconds."])


@function.command()
@click.argument("function_id", metavar="ID")
@click.option("--reason", required=True, help="Why; it stands in the record of every operation.")
@as_json
def resume(function_id: str, reason: str, to_json: bool) -> None:
    """Let the function ID work again, but where a lead has stopped it too."""
    from rapport.desk.automated import actions

    again = actions.resume_everywhere(function_id, reason)
    result: Json = {"function": function_id, "stopped": False, "read_again": again}
    show(result, to_json, [f"{function_id} works again; {again} reports that came meanwhile are read again."])
