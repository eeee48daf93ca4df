"""`rapport contacts`: what a network agreed, as its file says it; whether a signed directory is genuine and in date.
What it exchanges with other instances: contacts_exchange.py."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from rapport.cli import contacts_exchange
from rapport.cli.output import NeedsModels, as_json, show
from rapport.errors import BadDefinition, RapportError, Refused
from rapport.values import Json

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def contacts() -> None:
    """A network of contacts: look its file over and load it; check a signed directory with no line and no data.
    Exchange messages with other instances by file, and compare ledgers."""


@contacts.command()
@click.argument("file", type=_file)
@click.option("--public-key", "key_file", type=_file, required=True, help="The key of who made it (PEM).")
@click.option("--from", "name", default="", help="The name of the installation that must have made it.")
@as_json
def verify(file: Path, key_file: Path, name: str, to_json: bool) -> int:
    """Say whether FILE is a directory that the owner of the key signed, byte for byte, and is in date.

    Exit status 0 if it is both; 1 if it is genuine and has expired; an error if it is not genuine. No data of
    rapport's is needed. The key is worth as much as the way by which you got it.
    """
    from rapport.contacts import offline, signed
    from rapport.oversight.ledger.exported import read_keys

    if (size := file.stat().st_size) > offline.LARGEST:
        raise RapportError(f"{file} has {size:,} bytes; at most {offline.LARGEST:,} are read.")
    peer = signed.Peer(tuple(read_keys(key_file).values())[: signed.MOST_KEYS])
    now = datetime.now(UTC)
    try:
        found = offline.verified(file.read_bytes(), peer=peer, name=name, now=now)
    except Refused as refused:
        raise RapportError(f"{file} is not genuine: {refused.remedy}") from None
    mark = found.export
    when = f"{mark.expires_at:%Y-%m-%d %H:%M} UTC"
    last = f"It expired on {when}: its numbers may have changed." if found.expired else f"In date until {when}."
    offices = "1 office" if len(found.entries) == 1 else f"{len(found.entries):,} offices"
    lines = [f"Genuine: {mark.said}.", f"{offices}. {last}"]
    if mark.made_at > now:
        lines.append("It says that it was made in time to come: the clock of this machine is wrong, or that of theirs.")
    result: Json = {
        "genuine": True, "expired": found.expired, "export": mark.number, "by": mark.by, "for": mark.for_whom,
        "made_at": mark.made_at.isoformat(), "expires_at": mark.expires_at.isoformat(), "offices": len(found.entries),
    }  # fmt: skip
    show(result, to_json, lines)
    return 1 if found.expired else 0


@contacts.command()
@click.argument("name", metavar="FILE")
@as_json
def check(name: str, to_json: bool) -> None:
    """Read a network's FILE strictly and say all that is wrong with it at once. FILE may name one that comes with
    rapport."""
    from rapport.contacts import network

    try:
        found = network.read(network.text_of(name))
    except BadDefinition as bad:
        raise BadDefinition(f"{name}: {'; '.join(str(bad).splitlines())}") from None
    timed: list[Json] = [*found.times]
    roles: list[Json] = [role.value for role in found.roles]
    result: Json = {"slug": found.slug, "title": found.title, "source": found.source, "roles": roles, "timed": timed}
    lines = [
        f"{found.title} ({found.slug}): {', '.join(role.value for role in found.roles)}.",
        f"A record counts {found.upkeep.good} days; times for {len(timed)} kinds of message.",
        f"Source: {found.source}",
    ]
    show(result, to_json, lines)


@contacts.command(cls=NeedsModels)
@click.argument("name", metavar="FILE")
@click.option("--operation", "slug", required=True, help="Into which operation.")
@click.option("--person", "username", required=True, help="Who loads it: it stands in the record, as any decision.")
@as_json
def load(name: str, slug: str, username: str, to_json: bool) -> None:
    """Load a network's FILE: it counts from the next request on, in place of the one before."""
    from rapport.accounts import people
    from rapport.contacts import agreed, network
    from rapport.operations.sources import find_operation

    try:
        found = agreed.load(people.find(username), find_operation(slug), network.text_of(name))
    except BadDefinition as bad:
        raise BadDefinition(f"{name}: {'; '.join(str(bad).splitlines())}") from None
    result: Json = {"slug": found.slug, "title": found.title}
    show(result, to_json, [f"{found.title} ({found.slug}) counts from now on in {slug}."])


@contacts.command(cls=NeedsModels)
@click.argument("username")
@click.argument("party")
@click.option("--operation", "slug", required=True, help="In which operation.")
def confirm(username: str, party: str, slug: str) -> None:
    """Say that USERNAME, who belongs to its organisation, speaks for PARTY (its code). By whoever runs the machine, for
    a network that is set up without pages."""
    from rapport.accounts.models import Belonging
    from rapport.contacts.representatives import confirming
    from rapport.operations.sources import find_operation
    from rapport.registry.models import Actor

    operation = find_operation(slug)
    actor = Actor.objects.filter(operation=operation, code=party).exclude(organisation=None).first()
    if actor is None:
        raise RapportError(f"No party of {slug} with an organisation is called {party}: see its registry, Actors.")
    here = Belonging.objects.filter(operation=operation, organisation=actor.organisation_id)
    entered = here.filter(person__username=username).first()
    if entered is None:
        raise RapportError(f"{username} does not belong to {actor.name} here: see accounts organisation join.")
    confirming.confirm(None, entered, actor)
    click.echo(f"{username} speaks for {actor.name} in {slug}.")


for _one in contacts_exchange.COMMANDS:
    contacts.add_command(_one)
