"""What the commands have in common: Django set up on demand, and results as JSON or as lines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from rapport.errors import RapportError
from rapport.values import Json

Command = TypeVar("Command", bound=Callable[..., object])


def set_up(*, from_nothing: bool = False) -> None:
    """Make models usable; never on import. RapportError where there is no data yet, unless the command is one of those
    that begin with nothing: in a wrong folder no second, empty rapport comes to be."""
    import django
    from django.apps import apps

    if apps.ready:
        return
    if not from_nothing:
        find_data()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rapport.web.settings")
    django.setup()


def find_data() -> None:
    """RapportError unless the environment names data that are there. Makes nothing."""
    from rapport.web import environment

    found = environment.read()
    data, database = found["RAPPORT_DATA_DIR"].absolute(), found["RAPPORT_DATABASE_URL"]
    in_file = database["ENGINE"].endswith("sqlite3")
    missing = Path(database["NAME"]).absolute() if in_file else data / "keys"
    if not missing.exists():
        raise RapportError(
            f"There is no rapport data here: {missing} does not exist. Stand in the folder where rapport runs, or name"
            " its data folder in RAPPORT_DATA_DIR; to begin with nothing: rapport serve or rapport demo."
        )


class NeedsModels(click.Command):
    """A command that uses models: Django is set up when it runs, not when its help is shown."""

    from_nothing = False

    def invoke(self, ctx: click.Context) -> Any:
        set_up(from_nothing=self.from_nothing)
        return super().invoke(ctx)


class MakesData(NeedsModels):
    """A command that makes the data folder and the database where there are none."""

    from_nothing = True


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
