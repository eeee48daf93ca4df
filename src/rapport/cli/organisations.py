"""`rapport accounts organisation`: the organisations that partners are, and who belongs to them."""

from __future__ import annotations

import click

from rapport.cli.output import ModelGroup, as_json, columns, show
from rapport.errors import RapportError
from rapport.values import ORGANISATION_KINDS, Json

KIND = f"One word: {', '.join(ORGANISATION_KINDS)}, or one that your protocol uses."


@click.group(cls=ModelGroup)
def organisation() -> None:
    """Organisations that people and systems read for, and who belongs to them."""


@organisation.command()
@click.argument("slug")
@click.argument("name")
@click.option("--kind", required=True, help=KIND)
@click.option("--sector", multiple=True, help="As health; may be repeated.")
@as_json
def add(slug: str, name: str, kind: str, sector: tuple[str, ...], to_json: bool) -> None:
    """Add an organisation. SLUG is its short name, by which protocols call it."""
    from rapport.sharing import organisations

    made = organisations.add(None, None, slug, name, kind, list(sector))
    result: Json = {"slug": made.slug, "name": made.name, "kind": made.kind, "sectors": list[Json](made.sectors)}
    show(result, to_json, [f"{made.name} is added. It gets nothing of its own before an agreement."])


@organisation.command()
@click.argument("slug")
@click.option("--name", help="Another name.")
@click.option("--kind", help=KIND)
@click.option("--sector", multiple=True, help="The sectors from now on; may be repeated. None of them: --sector ''.")
def change(slug: str, name: str | None, kind: str | None, sector: tuple[str, ...]) -> None:
    """Change what an organisation is, in every operation, from the next request on."""
    from rapport.sharing import organisations

    found = organisations.find(slug)
    sectors = [one for one in sector if one] if sector else list(found.sectors)
    organisations.change(found, name or found.name, kind or found.kind, sectors)
    click.echo(f"{found.name}: {found.kind}; {', '.join(sectors) or 'no sectors'}.")


@organisation.command("list")
@click.option("--operation", help="With who belongs to each in this operation.")
@as_json
def list_organisations(operation: str | None, to_json: bool) -> None:
    """The organisations there are."""
    from rapport.accounts.models import Belonging, Organisation
    from rapport.operations.sources import find_operation

    rows: list[dict[str, Json]] = [
        {"slug": one.slug, "name": one.name, "kind": one.kind, "sectors": list[Json](one.sectors)}
        for one in Organisation.objects.order_by("slug")
    ]
    if operation:
        here = Belonging.objects.filter(operation=find_operation(operation)).order_by("person__username")
        held = list(here.values_list("organisation__slug", "person__username"))
        for row in rows:
            row["people"] = [username for slug, username in held if slug == row["slug"]]
    show(list(rows), to_json, columns(rows, "None yet: see rapport accounts organisation add --help."))


@organisation.command()
@click.argument("username")
@click.argument("operation")
@click.argument("slug")
@click.option("--remove", is_flag=True, help="End it instead.")
def join(username: str, operation: str, slug: str, remove: bool) -> None:
    """Let somebody read for an organisation in one operation, as far as it has an agreement there."""
    from rapport.operations.sources import find_operation
    from rapport.sharing import organisations

    found, where = organisations.find(slug), find_operation(operation).pk
    if not remove:
        new = organisations.join(None, where, found, username)
        click.echo(f"{username} belongs to {found.name} in {operation}{'' if new else ' already'}.")
        return
    if not organisations.leave(None, where, found, username):
        raise RapportError(f"{username} does not belong to {slug} in {operation}: see accounts organisation list.")
    click.echo(f"{username} does not belong to {found.name} in {operation} any more.")
