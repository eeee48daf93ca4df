"""`rapport operation`: add one from its file, list them, show their ways in."""

from __future__ import annotations

from pathlib import Path

import click

from rapport.cli.output import ModelGroup, as_json, columns, show
from rapport.errors import BadDefinition
from rapport.values import Json


@click.group(cls=ModelGroup)
def operation() -> None:
    """Add an operation from its file; list operations and sources."""


@operation.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def add(file: Path, to_json: bool) -> None:
    """Make the operation that FILE describes, or bring it up to date. The addresses of its gateways are shown once.

    The format: docs/reference/operation-file.md. Loading the same file again changes nothing.
    """
    from rapport.operations.definition import parse
    from rapport.operations.load import load

    loaded = load(parse(_text(file)), file.parent)
    addresses = {slug: _address(loaded.operation.slug, slug, token) for slug, token in loaded.tokens.items()}
    result: Json = {
        "operation": loaded.operation.slug,
        "added": list(loaded.added),
        "changed": list(loaded.changed),
        "addresses": dict(addresses),
    }
    show(result, to_json, _told(loaded.operation.slug, len(loaded.added), len(loaded.changed), addresses))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadDefinition(f"{file} cannot be read ({error}): it must be a TOML file in UTF-8.") from error


def _address(operation_slug: str, source_slug: str, token: str) -> str:
    from django.conf import settings

    from rapport.operations import sources

    return f"{settings.PUBLIC_URL}{sources.gateway_path(sources.find(operation_slug, source_slug), token)}"


def _told(slug: str, added: int, changed: int, addresses: dict[str, str]) -> list[str]:
    lines = [f"{slug}: {added} added, {changed} changed."]
    if addresses:
        lines.append("Addresses for the gateways, shown only now:")
        lines += [f"  {source}  {address}" for source, address in addresses.items()]
    return lines


@operation.command(cls=click.Command)  # it needs no data: a form can be looked at anywhere
@click.argument("form", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", default="en", show_default=True, help="Of texts whose column in the form names none.")
@as_json
def fields(form: Path, language: str, to_json: bool) -> None:
    """Print the simple questions of the XLSForm FORM (.xlsx) as [[fields]] for an operation's file.

    What cannot be asked is listed on standard error, with its row.
    """
    from rapport.intake.imports import xlsform

    found = xlsform.read(form, language)
    toml = xlsform.toml(found)
    result: Json = {"toml": toml, "fields": len(found.fields), "left_out": list(found.left_out)}
    show(result, to_json, toml.splitlines())
    if found.left_out and not to_json:
        click.echo("Look at these; they are left out, or not as in the form:", err=True)
        for line in found.left_out:
            click.echo(f"  {line}", err=True)


@operation.command("list")
@as_json
def list_operations(to_json: bool) -> None:
    """The operations there are."""
    from rapport.operations.models import Operation

    rows: list[dict[str, Json]] = [
        {
            "slug": row.slug,
            "name": row.name_in("en"),
            "kind": row.kind,
            "open": row.open,
            "exercise": row.exercise,
            "languages": list(row.languages),
        }
        for row in Operation.objects.order_by("slug")
    ]
    show(list(rows), to_json, columns(rows, "None yet: see rapport operation add --help."))


@operation.command()
@click.argument("slug")
@as_json
def sources(slug: str, to_json: bool) -> None:
    """The ways into the operation SLUG. A gateway's address is not stored: make a new one."""
    from rapport.operations.sources import find_operation

    rows: list[dict[str, Json]] = [
        {
            "source": row.slug,
            "channel": row.channel,
            "active": row.active,
            "address": bool(row.token_hash),
            "keys": row.keys.filter(revoked_at=None).count(),
        }
        for row in find_operation(slug).sources.order_by("slug")
    ]
    show(list(rows), to_json, columns(rows, "None: write one into the operation's file and add it again."))


@operation.command()
@click.argument("slug")
@click.argument("source")
@as_json
def address(slug: str, source: str, to_json: bool) -> None:
    """Make a new address for a gateway and print it, once. The old one ends within a second."""
    from django.conf import settings

    from rapport.operations import sources as ways_in

    path = ways_in.new_address(ways_in.find(slug, source), None)
    show({"address": f"{settings.PUBLIC_URL}{path}"}, to_json, [f"{settings.PUBLIC_URL}{path}"])
