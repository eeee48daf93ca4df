"""`rapport dictionary`: what each field of feeds and exports is, and whether a file holds to it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rapport.cli.output import as_json, columns, set_up, show
from rapport.errors import RapportError
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.formats.dictionary.check import Fault
    from rapport.formats.dictionary.operation import Own

_MOST_FAULTS = 100  # that are printed


class _ShowsByItself(click.Group):
    """`rapport dictionary OPERATION` is short for `rapport dictionary show OPERATION`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if args and args[0] in known else ["show", *args])


@click.group(cls=_ShowsByItself)
def dictionary() -> None:
    """What each field of feeds and exports is; whether a file holds to it. An OPERATION alone is shown."""


_audience = click.option(
    "--audience", default="", help="Whose fields: an audience of the protocol in force; everybody's if not given."
)


@dictionary.command("show")
@click.argument("operation", default="")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True,
              help="Lines for people, Table Schema, or a table.")  # fmt: skip
@click.option("--export", type=click.Choice(["csv", "geojson"]), default="csv", show_default=True,
              help="Whose Table Schema, with --format json.")  # fmt: skip
@_audience
def show_(operation: str, form: str, export: Any, audience: str) -> None:
    """Print the fields of an OPERATION's feeds and exports; without one, those that every operation has."""
    from rapport.formats.dictionary import described
    from rapport.formats.dictionary.operation import entries, version

    mine = _own(operation, audience) if operation else None
    some, told = entries(mine), version(mine)
    if form == "json":
        click.echo(described.written(described.table_schema(some, export, told, operation)).decode(), nl=False)
    elif form == "csv":
        click.echo(b"".join(described.as_csv(some, told)), nl=False)
    else:
        rows: list[dict[str, Json]] = [
            {"field": one.name, "type": one.type, "hxl": one.hxl, "goes with": one.goes_with, "meaning": one.meaning}
            for one in (described.describe(entry, told) for entry in some)
        ]
        click.echo("\n".join([f"Version {told}", *columns(rows, "")]))


@dictionary.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("operation")
@_audience
@as_json
def check(file: Path, operation: str, audience: str, to_json: bool) -> None:
    """Hold FILE, an export of OPERATION as CSV or GeoJSON, to its dictionary: each row, field and remedy.

    Status 1 where something does not fit.
    """
    mine = _own(operation, audience)
    text = _text(file)
    is_geojson = text.lstrip()[:1] == "{"
    found = list(islice(_faults(text, is_geojson, mine), _MOST_FAULTS + 1))
    rows: list[Json] = [{"row": one.row, "field": one.field, "text": one.text} for one in found[:_MOST_FAULTS]]
    result: Json = {
        "file": str(file), "format": "geojson" if is_geojson else "csv", "version": _version(mine),
        "faults": rows, "more": len(found) > _MOST_FAULTS,
    }  # fmt: skip
    lines = [one.said("feature" if is_geojson else "row") for one in found[:_MOST_FAULTS]]
    show(result, to_json, lines or [f"{file}: it holds to the dictionary, version {_version(mine)}."])
    if found:
        many = f"more than {_MOST_FAULTS} places" if len(found) > _MOST_FAULTS else _places(len(found))
        raise RapportError(f"{file} does not fit the dictionary in {many}: mend them, or export it again.")


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count} places"


def _text(file: Path) -> str:
    try:
        # As bytes: line ends within cells stay what they are.
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RapportError(f"{file} is not UTF-8; save it as UTF-8.") from None


def _faults(text: str, is_geojson: bool, mine: Own) -> Iterable[Fault]:
    import msgspec

    from rapport.formats.dictionary.check import Fault, csv_faults, geojson_faults
    from rapport.formats.dictionary.described import table_schema
    from rapport.formats.dictionary.operation import entries

    schema = table_schema(entries(mine), "geojson" if is_geojson else "csv", _version(mine))
    if not is_geojson:
        return csv_faults(schema, io.StringIO(text, newline=""))
    try:
        return geojson_faults(schema, msgspec.json.decode(text))
    except msgspec.DecodeError as error:
        return [Fault(0, "", f"it is no JSON ({error}): a download may have been cut off, fetch it again.")]


def _version(mine: Own) -> str:
    from rapport.formats.dictionary.operation import version

    return version(mine)


def _own(slug: str, audience: str) -> Own:
    set_up()
    from rapport.exchange.dictionary import own
    from rapport.operations import sources
    from rapport.sharing.active import policy_of

    operation = sources.find_operation(slug)
    protocol = policy_of(operation.pk).protocol
    asked = audience or protocol.audiences[-1].name
    if asked not in {one.name for one in protocol.audiences}:
        known = ", ".join(one.name for one in protocol.audiences)
        raise RapportError(f"{protocol.name} has no audience {asked}; it has {known}.")
    return own(operation, protocol.audience(asked))
