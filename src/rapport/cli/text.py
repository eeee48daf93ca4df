"""`rapport text`: what messages seem to say, mostly without a database: a file or a pipe in, lines of JSON out."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import click

from rapport.cli import text_models
from rapport.cli.output import as_json, columns, show
from rapport.errors import RapportError
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.text.knowledge import Knowledge
    from rapport.text.labels.model import Model
    from rapport.text.labels.reasons import Reasons

LANGUAGES = ("ht", "fr", "en", "es")
_BAR_AFTER = 2.0  # seconds


def _checked(context: click.Context, parameter: click.Parameter, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Refuses what is no code; says of a code that no text can be found to be in."""
    from rapport.operations.strict import LANGUAGE

    for code in languages:
        if not LANGUAGE.fullmatch(code):
            raise click.BadParameter(f"{code} is no language code of ISO 639-1 or 639-3; write one like fr.")
    for code in languages if languages != LANGUAGES else ():
        from rapport.text.language import recognised

        if code not in recognised():
            click.echo(f"Language {code}: the text engine cannot recognise it. No message will be said to be in it.",
                       err=True)  # fmt: skip
    return languages


_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_languages = click.option(
    "--language", "languages", multiple=True, default=LANGUAGES, show_default=True, callback=_checked,
    help="A language that people are expected to write in (ISO 639-1 or 639-3); again for each.",
)  # fmt: skip
_model = click.option("--model", type=_file, help="The model of labels; the one that comes with rapport if not given.")


@click.group()
def text() -> None:
    """What messages seem to say: language, labels, urgency, places, personal data; and the models that say so."""


# --- analyse -------------------------------------------------------------------------------------------------------


@text.command()
@click.argument("file", type=click.File("rb"), default="-")
@_languages
@click.option("--gazetteer", type=_file, help="Places to look for: a CSV as an operation's gazetteer.")
@click.option(
    "--near-duplicates", is_flag=True, help="Number messages and say which are nearly the same as an earlier one."
)
@click.option("--ndjson/--lines", "ndjson", default=None,
              help='Lines are objects with their text in "text", or messages. Else the first one tells.')  # fmt: skip
@_model
def analyse(
    file: BinaryIO,
    languages: tuple[str, ...],
    gazetteer: Path | None,
    near_duplicates: bool,
    ndjson: bool | None,
    model: Path | None,
) -> None:
    """Read messages of FILE, or of standard input: one a line, as text or as JSON. Write one line of JSON for each."""
    from rapport.cli import text_lines

    knowledge = _knowledge(languages, gazetteer, model)
    out = sys.stdout.buffer
    try:
        with _bar(_size(file)) as advance:
            earlier = text_lines.Earlier() if near_duplicates else None
            told = text_lines.analyse(file, out, knowledge, earlier, ndjson, advance)
    except BrokenPipeError:  # whoever reads has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        return
    if told.invalid_utf8:
        click.echo(f"Lines that are not UTF-8: {told.invalid_utf8}; � stands for what could not be read.", err=True)
    if 0 < told.errors == told.messages:
        raise RapportError(f'None of the {told.messages} lines is a message: "error" says why.')
    if told.errors:
        click.echo(f'{told.errors} of {told.messages} lines are no message: "error" says why.', err=True)


def _knowledge(languages: tuple[str, ...], gazetteer: Path | None, model: Path | None) -> Knowledge:
    from rapport.operations import gazetteer_file
    from rapport.text.knowledge import Knowledge
    from rapport.text.places import Gazetteer

    entries = gazetteer_file.entries(gazetteer) if gazetteer else []
    return Knowledge(languages, Gazetteer(entries, languages), _the_model(model)[1])


def _the_model(model: Path | None) -> tuple[Path, Model]:
    from rapport.text.labels.model import SHIPPED, loaded

    chosen = model or SHIPPED
    return chosen, loaded(chosen)


def _size(file: BinaryIO) -> int | None:
    """Bytes of a file; None for a pipe."""
    try:
        return os.fstat(file.fileno()).st_size or None
    except OSError:
        return None


@contextmanager
def _bar(size: int | None) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, once it takes long; nothing where that, or standard output with it, is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    progress = Progress(
        TextColumn("Reading"), BarColumn(), TextColumn("{task.fields[messages]:,} messages"), TimeRemainingColumn(),
        console=console, transient=True, disable=not console.is_terminal or sys.stdout.isatty(),
    )  # fmt: skip
    task = progress.add_task("", total=size, messages=0)
    began, messages = time.monotonic(), 0

    def advance(count: int, bytes_read: int) -> None:
        nonlocal messages
        messages += count
        progress.update(task, advance=bytes_read, messages=messages)
        if time.monotonic() - began > _BAR_AFTER:
            progress.start()

    try:
        yield advance
    finally:
        progress.stop()


# --- explain -------------------------------------------------------------------------------------------------------


@text.command()
@click.argument("message")
@click.option("--label", required=True, help="The label that is asked about, as water.")
@_languages
@_model
@as_json
def explain(message: str, label: str, languages: tuple[str, ...], model: Path | None, to_json: bool) -> None:
    """Say which pieces of MESSAGE speak for a label, and which against it; `rapport text analyse` names the labels."""
    import polars as pl

    from rapport.text.chain import Batch
    from rapport.text.labels.reasons import reasons
    from rapport.text.language import detected

    used = _the_model(model)[1]
    if label not in used.labels:
        raise RapportError(f"There is no label {label}; there are: {', '.join(used.labels)}.")
    said = message.encode(errors="replace").decode()
    read = Batch.of(pl.Series([said], dtype=pl.String))
    language = detected(read.original, read.plain, read.positions, languages).known()[0]
    found = reasons(used, said, language, label)
    pieces: list[dict[str, Json]] = [
        {"text": said[one.start : one.end], "start": one.start, "end": one.end, "adds": round(one.adds, 2)}
        for one in found.pieces
    ]
    result: Json = {
        "label": label, "given": found.given, "probability": found.probability, "cut": found.cut,
        "language": language, "calibrated": found.calibrated, "all_texts": round(found.all_texts, 2),
        "pieces": list[Json](pieces), "model": used.id,
    }  # fmt: skip
    show(result, to_json, [_verdict(label, found, language), *columns(pieces, "It has no words.")])


def _verdict(label: str, found: Reasons, language: str) -> str:
    if found.probability is None or found.cut is None:
        return f"{label}: not calibrated for this language ({language or 'unsure'}). What its pieces add, in log-odds:"
    given = "given" if found.given else "not given"
    return f"{label}: {given}, {found.probability:.0%} (from {found.cut:.0%} on). What its pieces add, in log-odds:"


# --- evaluate; train, models and use stand in text_models.py --------------------------------------------------------


@text.command()
@click.option("--split", type=click.Choice(["validation", "test"]), default="validation", show_default=True,
              help="test is for reporting, once: whoever changes something after it has none left.")  # fmt: skip
@click.option("--only", multiple=True, metavar="NAME", help="Only figures whose names begin so; again for more.")
@_model
@as_json
def evaluate(split: Literal["validation", "test"], only: tuple[str, ...], model: Path | None, to_json: bool) -> None:
    """How good it is, beside the aims, on messages that come with rapport. Takes two minutes."""
    from rapport.cli import text_evaluation

    unknown = [one for one in only if not any(name.startswith(one) for name in text_evaluation.names())]
    if unknown:
        raise RapportError(f"No figure begins with {unknown[0]}; there are: {', '.join(text_evaluation.names())}.")
    rows = [figure.as_json() for figure in text_evaluation.evaluate(split, _the_model(model)[0], only)]
    show(list[Json](rows), to_json, columns(rows, "Nothing was measured."))


for _command in (text_models.train, text_models.models, text_models.use):
    text.add_command(_command)
