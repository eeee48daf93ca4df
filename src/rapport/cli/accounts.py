"""`rapport accounts`: people and the keys of systems, by whoever runs the machine. No e-mail is needed."""

from __future__ import annotations

import sys

import click

from rapport.cli.organisations import organisation
from rapport.cli.output import ModelGroup, as_json, columns, show
from rapport.errors import Conflict, RapportError
from rapport.values import Json

ROLES = ("volunteer", "translator", "verifier", "lead", "custodian", "admin", "duty")


@click.group(cls=ModelGroup)
def accounts() -> None:
    """People who sign in, their roles and passwords; keys of systems."""


@accounts.command()
@click.argument("username")
@click.option("--name", default="", help="The name that colleagues see.")
@click.option("--operation", help="Give a role in this operation too.")
@click.option("--role", type=click.Choice(ROLES), help="The role in it.")
@as_json
def add(username: str, name: str, operation: str | None, role: str | None, to_json: bool) -> None:
    """Make an account. Its random password is printed once and kept nowhere."""
    if bool(operation) != bool(role):
        raise click.UsageError("Give --operation and --role together.")
    from django.db import transaction

    from rapport.accounts import people

    with transaction.atomic():
        person, secret = people.add(username, name)
        if operation and role:
            _give(person.username, operation, role)
    result: Json = {"username": username, "password": secret, "operation": operation, "role": role}
    show(result, to_json, [f"{username} can sign in with the password {secret}", "It is shown only now."])


def _give(username: str, operation: str, role: str) -> bool:
    from rapport.accounts import people
    from rapport.accounts.permissions import Role
    from rapport.operations.sources import find_operation

    return people.give(people.find(username), find_operation(operation).pk, Role(role))


@accounts.command("list")
@click.option("--operation", help="Only who holds a role in this operation.")
@as_json
def list_people(operation: str | None, to_json: bool) -> None:
    """Who there is, with the roles they hold."""
    from rapport.accounts import second_factor
    from rapport.accounts.models import Person
    from rapport.accounts.operator import NAME

    found = Person.objects.exclude(username=NAME).order_by("username").prefetch_related("memberships__operation")
    having = second_factor.who_has_one(found.values_list("pk", flat=True))
    rows: list[dict[str, Json]] = [
        {
            "username": person.username,
            "name": person.get_full_name(),
            "active": person.is_active,
            "second_factor": person.pk in having,
            "roles": list[Json](sorted(f"{held.operation.slug}:{held.role}" for held in person.memberships.all())),
        }
        for person in (found.filter(memberships__operation__slug=operation).distinct() if operation else found)
    ]
    show(list(rows), to_json, columns(rows, "Nobody yet: see rapport accounts add --help."))


@accounts.command()
@click.argument("username")
@click.argument("operation")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--remove", is_flag=True, help="Take the role away instead.")
@click.option("--force", is_flag=True, help="Take it even from the operation's only admin.")
def role(username: str, operation: str, role: str, remove: bool, force: bool) -> None:
    """Give somebody a role in an operation, or take it away."""
    from rapport.accounts import people
    from rapport.accounts.permissions import Role
    from rapport.operations.sources import find_operation

    if not remove:
        new = _give(username, operation, role)
        click.echo(f"{username} is {role} in {operation}{'' if new else ' already'}.")
        return
    person, found = people.find(username), find_operation(operation)
    try:
        taken = people.take(person, found.pk, Role(role), even_the_last=force)
    except Conflict as only:
        raise Conflict(
            f"{only} Or say --force: then nobody manages its sources until somebody is made admin."
        ) from None
    if not taken:
        raise RapportError(f"{username} is not {role} in {operation}: see rapport accounts list.")
    click.echo(f"{username} is no longer {role} in {operation}.")


@accounts.command()
@click.argument("username")
@click.option("--stdin", is_flag=True, help="Read the new password from standard input.")
@as_json
def password(username: str, stdin: bool, to_json: bool) -> None:
    """Give somebody a new password: a random one, printed once. It ends their open sessions."""
    from rapport.accounts import people

    person = people.find(username)
    if stdin:
        people.set_password(person, sys.stdin.readline().rstrip("\n"))
        show({"username": username}, to_json, [f"The password of {username} is changed."])
        return
    secret = people.set_password(person)
    show({"username": username, "password": secret}, to_json, [f"The new password of {username} is {secret}"])


@accounts.command()
@click.argument("username")
@click.option("--enable", is_flag=True, help="Let the person in again instead.")
def disable(username: str, enable: bool) -> None:
    """Close an account: nobody signs in with it, and its open sessions end. What the person decided stays."""
    from rapport.accounts import people

    people.set_active(people.find(username), enable)
    click.echo(f"{username} can sign in again." if enable else f"{username} can no longer sign in.")


@accounts.command("end-sessions")
@click.argument("username")
def end_sessions(username: str) -> None:
    """Sign somebody out everywhere, at once: a device was lost. The password still opens: set a new one too."""
    from rapport.accounts import people

    count = people.end_sessions(people.find(username))
    click.echo(f"{username} is signed out of {count} session{'' if count == 1 else 's'}.")


@accounts.command("reset-second-factor")
@click.argument("username")
def reset_second_factor(username: str) -> None:
    """Forget somebody's second factor: the phone is lost, and the recovery codes too. Ends their sessions; be sure who
    asks, this is what a thief of the password would ask for."""
    from rapport.accounts import people

    people.reset_second_factor(people.find(username))
    click.echo(f"{username} signs in with the password alone next, and sets up a new second factor.")


@accounts.group()
def key() -> None:
    """Keys by which systems send reports to a source."""


@key.command("add")
@click.argument("operation")
@click.argument("source")
@click.argument("name")
@as_json
def add_key(operation: str, source: str, name: str, to_json: bool) -> None:
    """Make a key to a source. NAME says which system has it. The key is printed once and kept nowhere."""
    from rapport.accounts import api_keys
    from rapport.operations.sources import find

    found = find(operation, source)
    made = api_keys.make(found.pk, found.operation_id, name, None)
    show({"operation": operation, "source": source, "name": name, "key": made}, to_json, [made])


@key.command("list")
@click.option("--operation", help="Only the keys of this operation.")
@as_json
def list_keys(operation: str | None, to_json: bool) -> None:
    """The keys there are, by their first characters."""
    from rapport.accounts.models import ApiKey

    found = ApiKey.objects.select_related("source__operation").order_by("id")
    rows: list[dict[str, Json]] = [
        {
            "id": held.pk,
            "start": held.start,
            "name": held.name,
            "source": f"{held.source.operation.slug}:{held.source.slug}",
            "made": held.created_at.date().isoformat(),
            "revoked": held.revoked_at.date().isoformat() if held.revoked_at else None,
        }
        for held in (found.filter(source__operation__slug=operation) if operation else found)
    ]
    show(list(rows), to_json, columns(rows, "No keys yet: see rapport accounts key add --help."))


@key.command("revoke")
@click.argument("key_id", type=int, metavar="ID")
def revoke_key(key_id: int) -> None:
    """End a key. ID is its number in `rapport accounts key list`. A running server forgets it within five seconds."""
    from rapport.accounts import api_keys
    from rapport.accounts.models import ApiKey

    held = ApiKey.objects.select_related("source").filter(pk=key_id).first()
    if held is None:
        raise RapportError(f"There is no key {key_id}: see rapport accounts key list.")
    api_keys.revoke(held, held.source.operation_id, None)
    click.echo(f"The key {held.start}… ({held.name}) is revoked.")


accounts.add_command(organisation)
