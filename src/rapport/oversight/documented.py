"""Writes docs/reference/automated-functions.md from the register: `python -m rapport.oversight.documented`."""

from __future__ import annotations

from pathlib import Path

from rapport.oversight.register import NOT_REGISTERED, REGISTER, Function

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "automated-functions.md"
_HEAD = """# Automated functions

Everything in rapport that suggests, ranks, groups, hides, sends, takes in, or changes what a person sees, without a
person having asked for just that. The register is `src/rapport/oversight/register.py`, and this page is written from
it: `python -m rapport.oversight.documented`. Tests compare both with the code, so that nothing runs by itself that does
not stand here.

In each operation `/{operation}/automated/` says the same in plain words to everybody, with a form to contest; how to
stop one stands in [its own page](../how-to/stop-an-automated-function.md). A stop takes effect within two seconds in
every process; what is being worked through at that moment is finished. Who may stop one: who holds the permission
named, as a lead does.
"""


def page() -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD, *map(_section, REGISTER), "## Not registered, and why\n", "| code | why |\n|---|---|"]
    rows = [f"| `{path}` | {why} |" for path, why in NOT_REGISTERED.items()]
    return "\n".join([*parts, *rows]) + "\n"


def _section(one: Function) -> str:
    facts = {
        "id": f"`{one.id}`",
        "reads": one.reads,
        "writes": one.writes,
        "answers for it": f"the {one.owner.value} of the operation",
        "stopped by": f"`{one.stop.value}`",
        "while stopped": one.while_stopped,
        "afterwards": one.resumed,
        "careful": one.harm,
        "how well it does": f"[its figures]({one.card.removeprefix('reference/')})" if one.card else "",
        "suggests": ", ".join(f"`{kind}`" for kind in one.suggests),
        "job of the worker": ", ".join(f"`{job}`" for job in one.jobs),
        "code": ", ".join(f"`{path}`" for path in one.code),
    }
    rows = [f"| {name} | {said} |" for name, said in facts.items() if said]
    return "\n".join([f"## {one.name}\n", f"{one.purpose}\n", "| | |\n|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
