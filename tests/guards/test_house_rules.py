"""The rules that everything else follows from, held by reading the source itself."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tests.guards.walk import ROOT, SOURCE, modules
from tests.web.conftest import HERE, OWN_WAY

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PURE = next(
    contract["source_modules"]
    for contract in PROJECT["tool"]["importlinter"]["contracts"]
    if contract["type"] == "forbidden"
)
SECRETS = {"password", "passwd", "secret", "secret_key", "token", "api_key"}


# --- the log holds no report and no address ------------------------------------------------------------------------


def test_a_log_says_where_a_fault_arose_and_not_what_it_says() -> None:
    """A fault's own words may quote a report or an address: `errors.place_of` leaves them out."""
    quoting = [
        f"{file}:{node.lineno}"
        for file, tree in modules()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr == "exception" and "log" in ast.unparse(node.value))
        or (isinstance(node, ast.keyword) and node.arg == "exc_info")
    ]
    assert quoting == []


# --- nothing leaves except as a Release ----------------------------------------------------------------------------


def calls(tree: ast.Module, name: str) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.value if isinstance(node.func, ast.Subscript) else node.func  # RowRelease[Said](…)
            if name in {getattr(called, "id", ""), getattr(called, "attr", "")}:
                yield node.lineno


#: What readers get of events, of alerts, of rows of tables.
RELEASES = ("Release", "AlertRelease", "RowRelease")


@pytest.mark.parametrize("kind", RELEASES)
def test_a_release_is_made_in_sharing_and_nowhere_else(kind: str) -> None:
    made = [file for file, tree in modules() if any(calls(tree, kind))]
    assert made, f"nothing makes a {kind}: this guard looks at the wrong thing"
    assert {file.parts[0] for file in made} == {"sharing"}


def test_nobody_renames_the_types_to_get_round_it() -> None:
    renamed = [
        f"{file}:{node.lineno}"
        for file, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name in RELEASES and name.asname
    ]
    assert renamed == []


# --- every decision stands in the ledger ---------------------------------------------------------------------------

WRITTEN = re.compile(
    r"\b(?:Decision|KeptEntry)\.objects\b[^\n]*\.(?:\w*create|update|delete)\("
    r"|LedgerEntry\.objects\b[^\n]*create\("
)


def test_decisions_are_written_in_one_place_with_their_entries_and_changed_nowhere() -> None:
    """`record.decide`, `decide_all` and `restate`: whoever writes a decision otherwise leaves the ledger without it."""
    written = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if WRITTEN.search(path.read_text(encoding="utf-8"))
    }
    emptied = "oversight/retention/decisions.py"  # what people sent goes; how many lines that emptied, the ledger says
    assert written == {"oversight/record.py", "oversight/ledger/entries.py", emptied}


def test_nobody_writes_decisions_in_plain_sql() -> None:
    said = [
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if "migrations" not in path.parts and "oversight_decision" in path.read_text(encoding="utf-8")
    ]
    assert said == ["upkeep/books.py"], "it reads them to compare a backup"


# --- the pure core -------------------------------------------------------------------------------------------------

WITHOUT = """
import importlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "psycopg"}:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
module = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(getattr(module, "__path__", []), module.__name__ + "."):
    importlib.import_module(found.name)
"""


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_import_where_there_is_no_django(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT, module], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- migrations ----------------------------------------------------------------------------------------------------

OURS = [config.label for config in apps.get_app_configs() if config.name.startswith("rapport.")]


def test_no_model_has_changed_without_a_migration(db: None) -> None:
    out = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=out, verbosity=1)
    except SystemExit:
        pytest.fail(out.getvalue())


@pytest.mark.parametrize("app", OURS)
def test_migrations_are_one_line_of_numbers(app: str, db: None) -> None:
    loader = MigrationLoader(connection)
    names = sorted(name for label, name in loader.disk_migrations if label == app)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert len(loader.graph.leaf_nodes(app)) == (1 if names else 0)
    for earlier, later in itertools.pairwise(names):
        assert (app, earlier) in loader.disk_migrations[app, later].dependencies


def test_what_runs_on_postgresql_with_every_change_is_there() -> None:
    assert [name for name in OWN_WAY if not (HERE / name).exists()] == []


# --- secrets and places that do not belong here --------------------------------------------------------------------


def literals(tree: ast.Module) -> Iterator[tuple[int, str, ast.expr | None]]:
    """(line, name, value) wherever a value is given to a name: calls, assignments, dictionaries, defaults."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg=str(name), value=value):
                yield node.lineno, name, value
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ):
                yield node.lineno, name, value
            case ast.Dict(keys=names, values=values):
                for name, value in zip(names, values, strict=True):
                    if isinstance(name, ast.Constant):
                        yield node.lineno, str(name.value), value
            case ast.arguments(args=positional, defaults=defaults):
                for argument, value in zip(reversed(positional), reversed(defaults), strict=False):
                    yield argument.lineno, argument.arg, value


def test_no_password_stands_in_the_source() -> None:
    found = [
        f"{file}:{line} {name}"
        for file, tree in modules()
        for line, name, value in literals(tree)
        if not file.name.startswith("bench_")  # servers that live as long as a measurement, on this machine only
        and name.lower() in SECRETS
        and isinstance(value, ast.Constant)
        and isinstance(value.value, str)
        and value.value
    ]
    assert found == []


#: A folder of somebody's machine, a package registry, an address in a private network.
FOREIGN = re.compile(
    r"(?<![\w.])/(?:work|home|root|Users)/[a-z]"
    r"|--(?:extra-)?index-url\b[ =]|\bregistry\.npmjs\b|\b(?:artifactory|nexus|devpi)\."
    r"|https?://(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d"
)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def test_no_file_names_somebodys_machine_or_registry() -> None:
    found = []
    for file in tracked():
        if file == Path(__file__) or not file.is_file() or file.suffix in {".png", ".csv"}:
            continue
        text = file.read_bytes().decode("utf-8", errors="replace")
        found += [f"{file.relative_to(ROOT)}: {match[0]}" for match in FOREIGN.finditer(text)]
    assert found == []


def test_the_guards_see_the_source() -> None:
    assert len(modules()) > 50
    assert SOURCE.name == "rapport"
