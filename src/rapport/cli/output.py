"""What the commands have in common: Django set up on demand, and results as JSON or as lines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from rapport.values import Json

Command = TypeVar("Command", bound=Callable[..., object])


def set_up() -> None:
    """Make models usable; never on import."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rapport.web.settings")
    django.setup()


class NeedsModels(click.Command):
    """A command that uses models: Django is set up when it runs, not when its help is shown."""

    def invoke(self, ctx: click.Context) -> Any:
        set_up()
        return super().invoke(ctx)


class ModelGroup(click.Group):
    """A group of such commands."""

    command_class = NeedsModels
    group_class = type


def as_json(command: Command) -> Command:
    """The option --json, passed on as `to_json`."""
    return click.option("--json", "to_json", is_flag=True, help="Print the result as JSON.")(command)


def show(result: Json, to_json: bool, lines: list[str]) -> None:
    """Print a result: JSON for programs, lines for people."""
    click.echo(json.dumps(result, ensure_ascii=False, indent=1) if to_json else "\n".join(lines))


def columns(rows: Sequence[Mapping[str, Json]], nothing: str) -> list[str]:
    """Rows as aligned columns under their names; the sentence given where there are none."""
    if not rows:
        return [nothing]
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def _cell(value: Json) -> str:
    return ", ".join(_cell(part) for part in value) if isinstance(value, list) else "" if value is None else str(value)
