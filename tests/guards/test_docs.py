"""The reference names every command, setting and address there is."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from rapport.cli.main import cli
from rapport.web.environment import VARIABLES, Variable
from tests.guards.walk import ROOT, Route, routes
from tests.web.test_cli import commands

REFERENCE = ROOT / "docs" / "reference"


def read(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("words", dict(commands(cli)), ids=" ".join)
def test_every_command_is_in_the_reference(words: tuple[str, ...]) -> None:
    assert f"`rapport {' '.join(words)}" in read("commands.md")


@pytest.mark.parametrize(("words", "command"), dict(commands(cli)).items(), ids=lambda value: str(value))
def test_every_option_is_in_the_reference(words: tuple[str, ...], command: click.Command) -> None:
    text = read("commands.md")
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert f"`{parameter.opts[0]}" in text, f"rapport {' '.join(words)} {parameter.opts[0]}"


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_every_setting_is_in_the_reference(variable: Variable) -> None:
    line = next((line for line in read("settings.md").splitlines() if f"`{variable.name}`" in line), "")
    assert line, f"{variable.name} is missing"
    assert f"`{variable.default}`" in line if variable.default else True, f"{variable.name}: the default is another"


@pytest.mark.parametrize("route", list(routes()), ids=lambda route: route.shown)
def test_every_address_is_in_the_reference(route: Route) -> None:
    assert f"`{route.shown}`" in read("routes.md")


def test_the_reference_names_no_address_that_is_gone() -> None:
    shown = {route.shown for route in routes()}
    rows = [line.split("`")[1] for line in read("routes.md").splitlines() if line.startswith("| `/")]
    assert [row for row in rows if row not in shown | {"/static/…"}] == []


PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_page(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [*PAGES[:2], ROOT / "docs" / "explanation" / "rooms.md"], ids=lambda page: page.name)
def test_the_map_of_the_source_names_what_is_there(page: Path) -> None:
    """A file, or a name at its top level: `desk/record/undo.py`, `notify/send.py:send`."""
    named = re.findall(r"[`\s]((?:[\w-]+/)*\w+\.py)(?::(\w+))?", page.read_text(encoding="utf-8"))
    assert named
    sources = [path for folder in ("src", "tests") for path in (ROOT / folder).rglob("*.py")]
    gone = []
    for file, name in named:
        found = [path for path in sources if f"/{path}".endswith(f"/{file}")]
        defined = re.compile(rf"^(?:def |class )?{name}\b", re.MULTILINE)
        if not any(defined.search(path.read_text(encoding="utf-8")) for path in found):
            gone.append(f"{file}:{name}")
    assert gone == []
