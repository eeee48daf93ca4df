"""`rapport registry`: what the files of norms, measures and processes hold, with nothing set up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from rapport.cli.output import NeedsModels, as_json, show
from rapport.errors import BadDefinition, RapportError
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.registry.crosswalk.model import Crosswalk, Member, Row
    from rapport.registry.forms.model import Form
    from rapport.registry.model import Registered

Read = TypeVar("Read")
_TOLD = 20  # rows, conflicts and suggestions that are printed for people
_NAMED = 8  # items of one of these
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def registry() -> None:
    """Norms, measures and processes: look over the files that say them. Policies, forms, code lists and staffing of
    several agencies: lay them side by side."""


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
        "events": len(found.events), "instruments": len(found.instruments), "terms": len(found.terms),
        "views": len(found.views), "dialogue_entries": len(found.dialogues), "dialogue_pairs": len(between),
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
    if found.instruments or found.terms or found.views:
        counts = (len(found.instruments), len(found.terms), len(found.views))
        said.append("  {} texts, {} terms, {} views".format(*counts))
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


# --- crosswalk -----------------------------------------------------------------------------------------------------


@registry.command()
@click.argument("files", metavar="FILE FILE...", type=_file, nargs=-1, required=True)
@click.option("--links", type=_file, help="A file that says which items are the same, and who says so.")
@click.option("--csv", "table", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows to this file.")
@as_json
def crosswalk(files: tuple[Path, ...], links: Path | None, table: Path | None, to_json: bool) -> None:
    """Lay two to eight listings side by side, as TOML, CSV or XLSX: what is the same, what differs, what only one has.
    A table alone has columns code and label, and any others."""
    from rapport.registry.crosswalk import compare, file, written

    listings = [_named(one, file.from_path) for one in files]
    made = compare.crosswalk(listings, _named(links, file.links_from_path) if links else ())
    if table is not None:
        table.write_bytes(b"".join(written.to_csv(made)))
    show(written.as_json(made), to_json, _told(made))


def _named(path: Path, read: Callable[[Path], Read]) -> Read:
    """What was read; an error says in which file."""
    try:
        return read(path)
    except RapportError as error:
        raise BadDefinition(f"{path}: {error}") from None


def _told(made: Crosswalk) -> list[str]:
    from rapport.registry.crosswalk.compare import summary

    found = summary(made)
    lines = [f"{one.slug}: {one.title}, {len(one.items):,} items; source: {one.source.title}" for one in made.listings]
    lines.append(f"{found.rows:,} rows, {found.in_all:,} of them in every listing")
    lines += [f"  {status}: {count:,}" for status, count in found.by_status.items() if count]
    lines += [f"  only in {slug}: {count:,}" for slug, count in found.only.items() if count]
    differing = [row for row in made.rows if row.status not in ("same", "only")]
    lines += _some("What differs", [_differing(row) for row in differing])
    lines += _some(
        "To be told by a person", [f"{one.said} {_called(one.members, ', ')}".rstrip() for one in made.conflicts]
    )
    near = [f"{one.score:.2f} {_called((one.one, one.other), ' ~ ')}" for one in made.suggestions]
    lines += _some("Nearly the same label, suggested by an automated function", near)
    if made.not_compared:
        lines.append(f"{made.not_compared:,} pairs of labels were too many to compare.")
    return lines


def _differing(row: Row) -> str:
    from rapport.registry.crosswalk.written import said

    doubt = f"{row.status}: " if row.status in ("to confirm", "several") else ""
    return f"{doubt}{_called(row.members)}: {'; '.join(map(said, row.differences))}".removesuffix(": ")


def _called(members: Sequence[Member], between: str = " = ") -> str:
    some = [f"{one.slug} {one.item.code or f'row {one.item.row}'} {one.item.label!r}" for one in members[:_NAMED]]
    return between.join(some) + (f" and {len(members) - _NAMED:,} more" if len(members) > _NAMED else "")


def _some(heading: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    more = [f"  … and {len(lines) - _TOLD:,} more: see them with --json."] if len(lines) > _TOLD else []
    return [f"{heading}:", *(f"  {one}" for one in lines[:_TOLD]), *more]
