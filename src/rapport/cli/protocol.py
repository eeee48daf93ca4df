"""`rapport protocol`: write a protocol, look it over and try it out, with nothing set up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rapport.cli.output import as_json, columns, show
from rapport.errors import RapportError
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.sharing.items import Ruling
    from rapport.sharing.protocol.cases import Answered
    from rapport.sharing.protocol.model import Left, Protocol

_FILE = "FILE"


@click.group()
def protocol() -> None:
    """An information-sharing protocol: look it over, try it out. FILE may name one that comes with rapport."""


def _read(name: str) -> tuple[str, Protocol]:
    """The text of a file, or of a shipped protocol, and what it says."""
    from rapport.sharing.protocol import file, library

    text = library.text_of(name)
    return text, file.read(text)


# --- check, show ---------------------------------------------------------------------------------------------------


@protocol.command()
@click.argument("name", metavar=_FILE)
@as_json
def check(name: str, to_json: bool) -> None:
    """Read FILE strictly and say what people should look at again. Status 1 where something cannot have been meant."""
    from rapport.sharing.protocol import file, lint

    text, read = _read(name)
    found = lint.faults(read, now=datetime.now(UTC))
    counts = {one: sum(fault.severity == one for fault in found) for one in ("error", "warning", "note")}
    head = f"{read.title} ({read.name} {read.version}): {len(read.audiences)} audiences, {len(read.entries)} entries,"
    rows: list[Json] = [fault.as_json() for fault in found]
    result: Json = {
        "name": read.name, "version": read.version, "sha256": file.digest(text), **counts, "faults": rows,
    }  # fmt: skip
    lines = [f"{head} {len(read.rules)} rules. SHA-256 {file.digest(text)}"]
    lines += [f"{fault.severity}: {fault.text}" for fault in found] or ["Nothing to look at again."]
    show(result, to_json, lines)
    if counts["error"]:
        raise RapportError(f"{name}: {counts['error']} of its rules cannot have been meant: see the errors above.")


@protocol.command("show")
@click.argument("name", default="")
@as_json
def show_(name: str, to_json: bool) -> None:
    """Print the protocol NAME that comes with rapport, or a file; without NAME say which there are."""
    from rapport.sharing.protocol import library

    if name:
        text, read = _read(name)
        show({"name": read.name, "version": read.version, "title": read.title, "text": text}, to_json, [text.rstrip()])
        return
    shipped = [_read(one)[1] for one in library.names()]
    rows: list[dict[str, Json]] = [
        {"name": one.name, "version": one.version, "entries": len(one.entries), "title": one.title} for one in shipped
    ]
    show(list[Json](rows), to_json, columns(rows, "rapport brings none."))


# --- rule ----------------------------------------------------------------------------------------------------------


@protocol.command()
@click.argument("name", metavar=_FILE)
@click.argument("said", nargs=-1, metavar="FACT=VALUE…")
@click.option("--audience", default="", help="The audience that asks; the last one, which is everybody, if not given.")
@click.option("--for", "purpose", type=click.Choice(["view", "export", "alert", "push"]), default="view",
              show_default=True, help="What it is read for.")  # fmt: skip
@click.option("--at", default="", metavar="TIME", help="When it is asked; now if not given.")
@as_json
def rule(name: str, said: tuple[str, ...], audience: str, purpose: str, at: str, to_json: bool) -> None:
    """What FILE says of a thing with these facts, as data_type=3w_presence finest=adm2; several values with commas."""
    from rapport.sharing.policy import Policy
    from rapport.sharing.protocol.said import facts, moment
    from rapport.sharing.protocol.unsaid import held_against
    from rapport.values import Purpose

    read = _read(name)[1]
    asked = audience or read.audiences[-1].name
    if asked not in {one.name for one in read.audiences}:
        there = ", ".join(one.name for one in read.audiences)
        raise RapportError(f"{read.name} has no audience {asked}; it has {there}.")
    thing = facts(dict(_pair(one) for one in said))
    now = moment(at) if at else datetime.now(UTC)
    policy = Policy(read)
    found = policy.ruling(asked, thing, Purpose(purpose), now)
    unsaid = held_against(policy, asked, thing, Purpose(purpose), now)
    show(_as_json(found, unsaid), to_json, _in_words(found, purpose, unsaid))


def _pair(said: str) -> tuple[str, str]:
    name, equals, value = said.partition("=")
    if not equals:
        raise RapportError(f"{said}: write a fact as NAME=VALUE, as finest=adm2.")
    return name.strip(), value


def _left(left: Left) -> dict[str, Json]:
    return {
        "fields": list[Json](sorted(left.fields)), "place": left.area.name.lower(), "radius_m": left.radius_m,
        "delay_hours": left.delay_s // 3600, "time": left.rounding.name.lower(), "words": left.words.name.lower(),
        "count_only": left.counted_only, "marking": left.marking.value if left.marking else None,
    }  # fmt: skip


def _as_json(ruling: Ruling, unsaid: Sequence[str]) -> Json:
    return {
        "level": ruling.level.value, "allow": ruling.allow, "left": _left(ruling.left) if ruling.allow else None,
        "rules": list[Json](ruling.rules), "reason": ruling.reason, "protocol": ruling.protocol,
        "audience": ruling.audience, "not_said": list[Json](unsaid),
    }  # fmt: skip


def _in_words(ruling: Ruling, purpose: str, unsaid: Sequence[str]) -> list[str]:
    return [
        f"level     {ruling.level}",
        f"released  {'yes' if ruling.allow else 'no'}, to {ruling.audience} for {purpose}",
        *([f"left      {_said_of(ruling.left)}"] if ruling.allow else []),
        f"rules     {', '.join(ruling.rules) or 'none'}",
        f"reason    {ruling.reason}",
        *([f"not said  {', '.join(unsaid)}: what is not known counts against release"] if unsaid else []),
    ]


def _said_of(left: Left) -> str:
    """Only the dimensions in which something is taken away or asked for."""
    from rapport.sharing.protocol.model import Left

    whole, found = _left(Left()), _left(left)
    said = [
        f"{key} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for key, value in found.items()
        if value != whole[key]
    ]
    return "; ".join(said) or "all of it"


# --- cases ---------------------------------------------------------------------------------------------------------


@protocol.command()
@click.argument("name", metavar=_FILE)
@click.argument("table", metavar="CASES", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--of", default="", metavar="PROTOCOL", help="The cases of this protocol; those of FILE's name if not given."
)
@as_json
def cases(name: str, table: Path, of: str, to_json: bool) -> None:
    """Answer the cases of a table by FILE: each wrong one, precision, recall and F1. Status 1 where one is wrong."""
    from rapport.sharing.protocol import cases as known

    read = _read(name)[1]
    wanted = of or read.name
    try:
        rows = known.read(table.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise RapportError(f"{table} is not UTF-8; save it as UTF-8.") from None
    found = known.answered(read, [case for case in rows if case.protocol == wanted])
    if not found:
        there = ", ".join(sorted({case.protocol for case in rows})) or "none"
        raise RapportError(f"{table} has no cases of {wanted}; it has those of {there}: name one with --of.")
    wrong = [one for one in found if not one.right]
    levels: list[dict[str, Json]] = [
        {"level": level.value, **_rounded(asdict(score))} for level, score in known.scores(found).items()
    ]
    macro = known.macro_f1(found)
    result: Json = {
        "protocol": wanted, "cases": len(found), "right": len(found) - len(wrong),
        "macro_f1": None if macro is None else round(macro, 3), "levels": list[Json](levels),
        "wrong": [_wrong(one) for one in wrong],
    }  # fmt: skip
    lines = [*columns([_wrong(one) for one in wrong], "No case is answered wrongly."), *columns(levels, "")]
    lines.append(f"{wanted}: {len(found) - len(wrong)} of {len(found)} cases right, macro-F1 {macro:.3f}")
    show(result, to_json, lines)
    if wrong:
        raise RapportError(f"{len(wrong)} of {len(found)} cases of {wanted} are answered wrongly.")


def _rounded(score: dict[str, Any]) -> dict[str, Json]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in score.items()}


def _wrong(one: Answered) -> dict[str, Json]:
    return {
        "case": one.case.id, "expected": one.case.expected.value, "given": one.level.value,
        "entries": list[Json](one.entries), "why": one.case.why,
    }  # fmt: skip
