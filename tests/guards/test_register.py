"""Nothing automated runs that does not stand in the register, or beside it with the reason."""

from __future__ import annotations

import inspect
from collections import Counter
from importlib import import_module
from typing import Any

import pytest

from rapport.accounts.permissions import ROLE_PERMISSIONS, Role
from rapport.desk.standing_orders import rules
from rapport.oversight import documented
from rapport.oversight.register import NOT_REGISTERED, REGISTER, Function, by_kind
from rapport.plugins import JOBS
from rapport.reports.models import SuggestionKind
from rapport.text import chain
from tests.guards.walk import ROOT, SOURCE, modules

PATHS = Counter(path for one in REGISTER for path in one.code)


def found(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


@pytest.mark.parametrize("path", [*PATHS, *NOT_REGISTERED])
def test_every_path_in_the_register_leads_to_code(path: str) -> None:
    assert callable(found(path))


def test_no_code_is_registered_twice_or_both_in_and_out() -> None:
    assert [path for path, count in PATHS.items() if count > 1] == []
    assert PATHS.keys() & NOT_REGISTERED.keys() == set()
    assert len({one.id for one in REGISTER}) == len(REGISTER)
    assert all(why for why in NOT_REGISTERED.values())


@pytest.mark.parametrize(("job", "path"), JOBS.items())
def test_every_job_of_the_worker_is_one_function_or_exempt_with_a_reason(job: str, path: str) -> None:
    registered = [one for one in REGISTER if job in one.jobs]
    assert len(registered) + (path in NOT_REGISTERED) == 1, f"{job}: add it to oversight/register.py"
    assert all(path in one.code for one in registered)


@pytest.mark.parametrize("kind", SuggestionKind.values)
def test_every_kind_of_suggestion_is_written_by_one_function(kind: str) -> None:
    assert len([one for one in REGISTER if kind in one.suggests]) == 1, f"{kind}: add it to oversight/register.py"
    assert by_kind(kind).id


def test_suggestions_are_written_in_one_place() -> None:
    """What a stopped function would write elsewhere nobody would stop."""
    writers = {"intake/suggestions.py"}
    making = {
        str(file)
        for file, _ in modules()
        if "migrations" not in file.parts
        and any(
            word in (SOURCE / file).read_text("utf-8")
            for word in ("Suggestion.objects.create", "Suggestion.objects.bulk_create", "insert_tuples(Suggestion")
        )
    }
    assert making == writers


def test_every_stage_of_the_text_chain_is_one_function() -> None:
    stages = {
        name
        for name, made in inspect.getmembers(chain, inspect.isfunction)
        if made.__module__ == chain.__name__ and not name.startswith("_") and name != chain.analyse.__name__
    }
    assert stages
    assert {name: PATHS[f"rapport.text.chain.{name}"] for name in stages} == dict.fromkeys(stages, 1)


def test_standing_orders_have_one_door() -> None:
    """Whatever an order does goes through `effects`, and that is called by what the register names."""
    callers = {
        str(file)
        for file, _ in modules()
        if "import" in (text := (SOURCE / file).read_text("utf-8")) and "rules import" in text and "effects" in text
    }
    assert callers == {"desk/standing_orders/orders.py"}
    assert PATHS[f"{rules.__name__}.{rules.effects.__name__}"] == 1


@pytest.mark.parametrize("one", REGISTER, ids=lambda one: one.id)
def test_every_entry_says_all_a_reader_needs(one: Function) -> None:
    assert all((one.name, one.purpose, one.reads, one.writes, one.while_stopped, one.resumed))
    assert one.stop in ROLE_PERMISSIONS[Role.LEAD]
    if one.card:
        page, _, heading = one.card.partition("#")
        titles = [
            line.lstrip("# ").lower().replace(" ", "-")
            for line in (ROOT / "docs" / page).read_text("utf-8").splitlines()
        ]
        assert heading in titles


@pytest.mark.parametrize("one", REGISTER, ids=lambda one: one.id)
def test_somebody_asks_the_switch_of_every_function(one: Function) -> None:
    asks = [
        str(file)
        for file, _ in modules()
        if file.parts[:1] != ("oversight",) and f'"{one.id}"' in (SOURCE / file).read_text("utf-8")
    ]
    assert asks or one.id == "sending"


def test_the_page_about_them_says_what_the_register_says() -> None:
    assert documented.PAGE.read_text("utf-8") == documented.page(), "run python -m rapport.oversight.documented"
