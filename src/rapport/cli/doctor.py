"""`rapport doctor`: what is wrong, and what to do."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import click

from rapport.cli.output import as_json, find_data, set_up, show
from rapport.errors import RapportError
from rapport.upkeep.doctor import examine, examine_data
from rapport.upkeep.doctor.finding import Finding, Level, fine, look, wrong
from rapport.values import Json


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8036, envvar="PORT", show_default=True, show_envvar=True)
@as_json
def doctor(port: int, to_json: bool) -> int:
    """Look at folder, settings, database, worker, keys and operations, and say in plain words what to do.

    Ends with 0 if all is well, 1 if something should be looked at, 2 if something is wrong. Changes nothing.
    """
    findings = sorted(_findings(port), key=lambda finding: -finding.level)
    rows: list[Json] = [
        {"level": one.level.word, "about": one.about, "said": one.said, "remedy": one.remedy} for one in findings
    ]
    show(rows, to_json, [line for one in findings for line in _lines(one)])
    return max((finding.level for finding in findings), default=Level.FINE).value


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{finding.level.word:<8} {finding.said}"
    if finding.remedy:
        yield f"{'':<8} → {finding.remedy}"


def _findings(port: int) -> Iterator[Finding]:
    from rapport.web import environment

    try:
        found = environment.read()
    except RapportError as error:
        yield wrong("settings", str(error), "docs/reference/settings.md names them all.")
        return
    seen = list(examine(found))
    yield from seen
    if not (found["RAPPORT_DATA_DIR"] / "keys").is_dir():
        return  # told already; setting up would make new ones
    if any(one.about == "key_files" for one in seen):
        return  # without its keys nothing can be set up
    try:
        find_data()
    except RapportError as error:
        yield wrong("database", str(error), "If the database was lost, restore a backup into a new folder.")
        return
    set_up()
    yield from examine_data()
    yield _answers(port)


def _answers(port: int) -> Finding:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            answer.read(100)
    except OSError as error:
        return look(
            "server", f"Nothing answers well on port {port} of this machine ({getattr(error, 'reason', error)}).",
            "Start rapport serve, or name its port with --port.",
        )  # fmt: skip
    return fine("server", f"The server answers on port {port}.")
