"""`rapport registry`: what the files of norms, measures and processes hold, with nothing set up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli.output import NeedsModels, as_json, show
from rapport.errors import BadDefinition
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.registry.forms.model import Form
    from rapport.registry.model import Registered


@click.group()
def registry() -> None:
    """Norms, measures and processes: look over the files that say them. FILE may name one that comes with rapport."""


@registry.command()
@click.argument("names", metavar="[FILE]...", nargs=-1)
@as_json
def check(names: tuple[str, ...], to_json: bool) -> None:
    """Read each FILE strictly, all that come with rapport if none is named; say how much each holds, what nobody has
    checked, and what its sources say against each other."""
    from rapport.registry import file

    rows: list[Json] = []
    lines: list[str] = []
    for name in names or file.names():
        text = file.text_of(name)
        try:
            found = file.read(text)
        except BadDefinition as error:
            raise BadDefinition(f"{name}: {error}") from None
        rows.append(_as_json(found))
        lines += ([""] if lines else []) + _in_words(found)
    show(rows, to_json, lines)


@registry.command(cls=NeedsModels)
@click.option("--operation", "slug", required=True, help="Into which operation.")
@click.option("--by", "username", required=True, help="Who loads them: it stands in the record, as any decision.")
@click.argument("names", metavar="[FILE]...", nargs=-1)
@as_json
def load(slug: str, username: str, names: tuple[str, ...], to_json: bool) -> None:
    """Load each FILE into an operation, all that come with rapport if none is named. One of the same short name
    replaces the version before; loading the same again changes nothing."""
    from rapport.accounts import people
    from rapport.operations.sources import find_operation
    from rapport.registry import file
    from rapport.registry.checking import doubts
    from rapport.registry.editing import files

    operation, person = find_operation(slug), people.find(username)
    rows: list[Json] = []
    lines: list[str] = []
    for name in names or file.names():
        text = file.text_of(name)
        try:
            made = files.load(person, operation, text)
        except BadDefinition as error:
            raise BadDefinition(f"{name}: {error}") from None
        unsure = len(doubts(file.read(text)))
        rows.append({"slug": made.slug, "version": made.version, "sha256": made.digest, "unverified": unsure})
        lines.append(f"{made.slug} {made.version}: loaded; {unsure} statements wait for somebody to check them.")
    show(rows, to_json, lines)


def _as_json(found: Registered) -> Json:
    from rapport.registry.checking import doubts
    from rapport.registry.dialogues import pairs

    between = pairs(found.dialogues)
    provisions = found.framework.provisions if found.framework else ()
    return {
        "slug": found.slug, "version": found.version, "sha256": found.digest,
        "provisions": len(provisions), "provisions_checked": sum(not one.unverified for one in provisions),
        "events": len(found.events), "dialogue_entries": len(found.dialogues), "dialogue_pairs": len(between),
        "not_reciprocated": [f"{one.one} – {one.other}" for one in between if not one.reciprocated],
        "track_1": sum(one.track == "1" for one in between),
        "unverified": [{"code": one.row, "what": one.says} for one in doubts(found)],
        "contradictions": [
            {"about": one.about, "says": list(one.says), "sources": [source.title for source in one.sources]}
            for one in found.contradictions
        ],
    }  # fmt: skip


def _in_words(found: Registered) -> list[str]:
    from rapport.registry.checking import checked, doubts
    from rapport.registry.dialogues import pairs

    sure = checked(found).framework
    said = [f"{found.title} ({found.slug} {found.version})"]
    if found.framework is not None and sure is not None:
        kept = len(sure.provisions)
        said.append(f"  {len(found.framework.provisions)} provisions, {kept} of them checked against a source")
    if found.events:
        first, last = (pick(one.date.first.year for one in found.events) for pick in (min, max))
        said.append(f"  {len(found.events)} dated events, {first} to {last}")
    if found.dialogues:
        between = pairs(found.dialogues)
        alone = [f"{one.one} – {one.other}" for one in between if not one.reciprocated]
        track = sum(one.track == "1" for one in between)
        said.append(f"  {len(found.dialogues)} entries of {len(between)} pairs that talk, {track} named as track 1")
        said.append(f"  named by one side only: {', '.join(alone) or 'none'}")
    said += [f"  nobody has checked: {one.row}: {one.says}" for one in doubts(found)]
    said += [f"  sources differ: {one.about}: {' / '.join(one.says)}" for one in found.contradictions]
    return said


@registry.command()
@click.argument("file")
@click.option("--weighing", is_flag=True, help="Of measures: ask how each weighs, not what is done about it.")
@click.option(
    "--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Write it here, to fill in a spreadsheet."
)
def form(file: str, weighing: bool, xlsx: Path | None) -> None:
    """Print the empty questionnaire of FILE as plain text: its own, or what is asked about a framework."""
    from rapport.registry.forms.exchange import to_xlsx
    from rapport.registry.forms.paper import as_text

    asked = _form(file, weighing)
    if xlsx is None:
        click.echo(as_text(asked), nl=False)
    else:
        xlsx.write_bytes(to_xlsx(asked, None))


def _form(name: str, weighing: bool) -> Form:
    from rapport.registry import file
    from rapport.registry.forms import file as questionnaires
    from rapport.registry.forms.build import survey_form, weighing_form

    if name not in file.names():
        text = questionnaires.text_of(name)
        if "[questionnaire]" in text:
            return questionnaires.read(text)
    framework = file.read(file.text_of(name)).framework
    if framework is None:
        raise BadDefinition(f"{name} is a process: only norms and measures are asked about.")
    return weighing_form(framework) if weighing else survey_form(framework)
