"""`rapport hxl`: tables with hashtags, for people who live in spreadsheets. A file in, a file out, nothing set up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rapport.cli.output import as_json, show
from rapport.errors import RapportError, Refused
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.formats.hxl.table import Finding, Table
    from rapport.formats.hxl.write import Form

_TOLD = 20  # notices and findings that are printed for people
_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_out_file = click.Path(dir_okay=False, path_type=Path)
_ENDINGS: dict[str, Form] = {".csv": "csv", ".xlsx": "xlsx", ".json": "json"}
Command = TypeVar("Command", bound=Callable[..., object])


@click.group()
def hxl() -> None:
    """Tables with HXL hashtags (CSV, XLSX, JSON): check them, and make others of them.

    Tags are named as #adm1+name; a pattern as #org-type. What is odd about a file is told on standard error.
    """


_sheet = click.option("--sheet", default="", help="The sheet of a workbook; the first with hashtags if not given.")
_thousands = click.option(
    "--thousands", type=click.Choice([",", ".", " ", "'"]),
    help="The mark between thousands in the numbers of FILE; with . decimals have a comma.",
)  # fmt: skip
_out = click.option("--out", type=_out_file, help="The file to write; standard output, as CSV, if not given.")
_form = click.option(
    "--format", "form", type=click.Choice(["csv", "xlsx", "json", "json-rows"]),
    help="Instead of what OUT's ending says: CSV, XLSX, JSON as objects or as rows.",
)  # fmt: skip


def _reads(command: Command) -> Command:
    """FILE, and how it is read."""
    return click.argument("file", type=_file)(_sheet(_thousands(command)))


def _writes(command: Command) -> Command:
    """Where the result goes, and in which form."""
    return _out(_form(command))


def _read(file: Path, sheet: str, thousands: str | None) -> Table:
    from rapport.formats.hxl.read import read

    try:
        return read(file, sheet=sheet, thousands=thousands or "")
    except Refused as refused:
        raise RapportError(f"{file}: {refused}") from refused


def _write(table: Table, out: Path | None, form: str | None) -> None:
    from rapport.formats.hxl import write

    said: Any = form or (_ENDINGS.get(out.suffix.lower(), "") if out else "csv")
    if not said:
        raise RapportError(f"{out}: say with --format what to write, or let the name end in .csv, .xlsx or .json.")
    _tell(table.notices)
    if out is None:
        write.write(table, sys.stdout.buffer, said)
        sys.stdout.buffer.flush()
        return
    write.save(table, out, said)


def _tell(findings: tuple[Finding, ...]) -> None:
    """What is odd, on standard error; what is merely worth knowing only `validate` says."""
    odd = [one for one in findings if one.severity != "info"]
    for one in odd[:_TOLD]:
        click.echo(one.said(), err=True)
    if len(odd) > _TOLD:
        click.echo(f"… and {len(odd) - _TOLD} more.", err=True)


def _patterns(said: tuple[str, ...]) -> Any:
    from rapport.formats.hxl.tags import parse_patterns

    return [pattern for one in said for pattern in parse_patterns(one)]


# --- validate ------------------------------------------------------------------------------------------------------


@hxl.command()
@_reads
@click.option(
    "--schema", type=_file, help="What it must be: a table with #valid_tag; rapport's own rules if not given."
)
@as_json
def validate(file: Path, sheet: str, thousands: str | None, schema: Path | None, to_json: bool) -> None:
    """Hold FILE to a schema: each row, column, value and remedy. Status 1 where something is an error."""
    from rapport.formats.hxl.schema import parse_schema
    from rapport.formats.hxl.validate import validate as held_to

    table = _read(file, sheet, thousands)
    report = held_to(table, parse_schema(_read(schema, "", None)) if schema else None)
    findings = [*table.notices, *report.findings]
    errors = sum(one.severity == "error" for one in table.notices) + report.counts.get("error", 0)
    counts: dict[str, Json] = {name: report.counts.get(name, 0) for name in ("error", "warning", "info")}
    rows: list[Json] = [one.as_json() for one in findings]
    result: Json = {"file": str(file), "rows": report.rows, **counts, "unlisted": report.unlisted, "findings": rows}
    lines = [one.said() for one in findings[:_TOLD]]
    if len(findings) > _TOLD:
        lines.append(f"… and {len(findings) + report.unlisted - _TOLD:,} more: see them with --json.")
    said = [f"{count:,} {name}{'' if count == 1 or name == 'info' else 's'}" for name, count in report.counts.items()]
    told = ", ".join(said) or "no fault"
    show(result, to_json, [*lines, f"{file}: {report.rows:,} rows, {told}."])
    if errors:
        raise RapportError(f"{file}: {errors:,} errors; mend them, or change the schema.")


# --- columns and rows ----------------------------------------------------------------------------------------------


@hxl.command()
@_reads
@click.argument("patterns", nargs=-1, required=True)
@click.option("--not", "without", is_flag=True, help="The other columns.")
@_writes
def select(file: Path, patterns: tuple[str, ...], sheet: str, thousands: str | None, without: bool,
           out: Path | None, form: str | None) -> None:  # fmt: skip
    """The columns of FILE that fit one of the PATTERNS, in their order."""
    from rapport.formats.hxl import operations

    table = _read(file, sheet, thousands)
    act = operations.cut if without else operations.select
    _write(act(table, _patterns(patterns)), out, form)


@hxl.command("filter")
@_reads
@click.argument("queries", nargs=-1, required=True)
@click.option("--not", "reverse", is_flag=True, help="The other rows.")
@_writes
def filter_(file: Path, queries: tuple[str, ...], sheet: str, thousands: str | None, reverse: bool,
            out: Path | None, form: str | None) -> None:  # fmt: skip
    """The rows of FILE that pass all QUERIES, as "#sector=WASH", "#reached>500", "#org is not empty".

    In one query, alternatives stand with " | " between them: "#sector=WASH | #sector=Health".
    """
    from rapport.formats.hxl import operations
    from rapport.formats.hxl.queries import parse_alternatives

    table = _read(file, sheet, thousands)
    asked = [parse_alternatives(query) for query in queries]
    _write(operations.filter_rows(table, asked, reverse=reverse), out, form)


@hxl.command()
@_reads
@click.argument("patterns", nargs=-1)
@_writes
def dedup(file: Path, patterns: tuple[str, ...], sheet: str, thousands: str | None,
          out: Path | None, form: str | None) -> None:  # fmt: skip
    """FILE without the rows that stand further up already: the same in the columns of PATTERNS, or in all."""
    from rapport.formats.hxl import operations

    _write(operations.dedup(_read(file, sheet, thousands), _patterns(patterns)), out, form)


@hxl.command()
@_reads
@click.argument("patterns", nargs=-1)
@click.option("--reverse", is_flag=True, help="The greatest first.")
@_writes
def sort(file: Path, patterns: tuple[str, ...], sheet: str, thousands: str | None, reverse: bool,
         out: Path | None, form: str | None) -> None:  # fmt: skip
    """FILE in the order of the columns of PATTERNS, or of all: numbers by size, dates by time, then texts."""
    from rapport.formats.hxl import operations

    _write(operations.sort(_read(file, sheet, thousands), _patterns(patterns), reverse=reverse), out, form)


# --- sums, and other tables ----------------------------------------------------------------------------------------


@hxl.command()
@_reads
@click.argument("patterns", nargs=-1)
@click.option("--get", "aggregates", multiple=True, default=("count()",), show_default=True,
              help="count(), or sum, average, min, max, concat of a tag: sum(#reached); again for each.")  # fmt: skip
@_writes
def count(file: Path, patterns: tuple[str, ...], sheet: str, thousands: str | None, aggregates: tuple[str, ...],
          out: Path | None, form: str | None) -> None:  # fmt: skip
    """Count the rows of FILE by the columns of PATTERNS, or add up numbers: as a pivot table does."""
    from rapport.formats.hxl import count as counting

    asked = [counting.parse_aggregate(one) for one in aggregates]
    _write(counting.count(_read(file, sheet, thousands), _patterns(patterns), asked), out, form)


@hxl.command()
@_reads
@click.argument("other", type=_file)
@click.option("--by", "keys", multiple=True, required=True, help="The columns that both have; again for each.")
@click.option("--bring", "tags", multiple=True, required=True, help="The columns of OTHER to bring; again for each.")
@click.option("--fill", is_flag=True, help="Fill empty cells of the column that FILE has, rather than add one.")
@click.option("--overwrite", is_flag=True, help="With --fill, other cells too.")
@_writes
def merge(file: Path, other: Path, sheet: str, thousands: str | None, keys: tuple[str, ...], tags: tuple[str, ...],
          fill: bool, overwrite: bool, out: Path | None, form: str | None) -> None:  # fmt: skip
    """FILE with columns of OTHER, beside the rows that have the same keys."""
    from rapport.formats.hxl.merge import merge as merged

    table, brought = _read(file, sheet, thousands), _read(other, "", None)
    _tell(brought.notices)
    _write(merged(table, brought, _patterns(keys), _patterns(tags), into=fill, overwrite=overwrite), out, form)


@hxl.command()
@_reads
@click.option("--package", "folder", type=click.Path(file_okay=False, path_type=Path),
              help="A folder for plain columns without hashtags, and their Table Schema.")  # fmt: skip
@_writes
def convert(file: Path, sheet: str, thousands: str | None, folder: Path | None,
            out: Path | None, form: str | None) -> None:  # fmt: skip
    """FILE in another form; or as plain columns with a Table Schema (Data Package), for whoever has no HXL."""
    from rapport.formats.hxl import package

    table = _read(file, sheet, thousands)
    if folder is not None:
        for made in package.save(table, folder, package.named(file.stem)):
            click.echo(str(made), err=True)
    if out is not None or form is not None or folder is None:
        _write(table, out, form)
    else:
        _tell(table.notices)
