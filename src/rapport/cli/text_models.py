"""`rapport text train`, `models` and `use`: a model learns, is compared, and a person says where it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli.output import NeedsModels, as_json, columns, set_up, show
from rapport.errors import RapportError
from rapport.values import Json

if TYPE_CHECKING:
    from rapport.cli.text_training import Compared, Learner


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path),
              help="The model's file; its card is written beside it. If not given: crisis-1.npz here, or for an"
              " operation a new name in the folder models of the data folder, where it can be used.")  # fmt: skip
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="A folder with messages.csv.zip and categories.csv.zip, other than that of rapport.")  # fmt: skip
@click.option("--operation", metavar="SLUG", help="Learn also from what people decided about its reports on the desk.")
@as_json
def train(out: Path | None, data: Path | None, operation: str | None, to_json: bool) -> None:
    """Learn which labels messages bear, and compare with the model in use. Takes a minute; the same data give the same
    file. Nothing changes until a person says so: rapport text use."""
    from rapport.cli import text_training
    from rapport.text.labels.shelf import card_of

    with _steps() as step:
        learner = _learner(operation, step) if operation else None
        where = out or (_new_model(operation) if operation else Path("crisis-1.npz"))
        if operation:
            text_training.check_name(where)
        compared = text_training.train(where, data, step, learner)
    rows: list[Mapping[str, Json]] = [
        {"figure": name, "in use": round(before, 3), "new": round(after, 3)}
        for name, (before, after) in compared.validation.items()
    ]
    result: dict[str, Json] = {
        "id": compared.id, "model": str(where), "card": str(card_of(where)),
        "validation": {str(row["figure"]): {"in_use": row["in use"], "new": row["new"]} for row in rows},
    }  # fmt: skip
    lines = [f"{where} and its card {card_of(where)} are written: {compared.id}.", ""]
    if operation and learner:
        own, said = _of_operation(operation, learner, compared)
        result["operation"] = own
        lines += said
    lines += ["On the validation messages, which come with rapport:", *columns(rows, "")]
    if operation:
        lines += ["", f'To use it: rapport text use "{compared.id}" --operation {operation} --by USERNAME']
        if where.absolute().parent != _models().absolute():
            lines.append(f"Before that, put both files into {_models()}.")
    show(result, to_json, lines)


def _learner(operation: str, step: Callable[[str], None]) -> Learner:
    set_up()
    from rapport.cli.text_training import Learner
    from rapport.desk.learning.readings import readings
    from rapport.operations import model
    from rapport.operations.sources import find_operation

    found = find_operation(operation)
    step("reports")
    read = readings(found)
    if not any(not one.apart for one in read):
        raise RapportError(
            f"There is nothing to learn from in {operation}: no person has yet chosen categories that mean a label for"
            " reports that are not set apart. Which do, by their HXL tag: docs/how-to/train-a-model.md."
        )
    return Learner(operation, read, model.working(found.model))


def _of_operation(operation: str, learner: Learner, compared: Compared) -> tuple[Json, list[str]]:
    """What was learnt from its reports, and both models on those that are set apart; as JSON and as lines."""
    from rapport.text.evaluation import own

    apart = sum(one.apart for one in learner.readings)
    learnt = len(learner.readings) - apart
    lines = [f"Learnt from {learnt} reports of {operation} that people decided about; {apart} more are set apart."]
    if compared.apart is None:
        return None, lines
    rows = own.side_by_side(*compared.apart)
    before, after = (asdict(one) for one in compared.apart)
    lines += [f"On the {apart} set apart, where in use is {learner.used.id}:", *columns(rows, ""), ""]
    return {"learnt_from": learnt, "set_apart": apart, "in_use": before, "new": after}, lines


def _models() -> Path:
    from rapport.operations import model

    return model.folder()


def _new_model(operation: str) -> Path:
    from rapport.cli.text_training import free_name

    return free_name(_models(), operation)


@click.command(cls=NeedsModels)
@click.option("--operation", metavar="SLUG", help="Say which of them is in use there, since when and by whom.")
@as_json
def models(operation: str | None, to_json: bool) -> None:
    """The models on this machine: their ids, cards, and where they are in use."""
    from rapport.operations import model
    from rapport.operations.models import Operation
    from rapport.operations.sources import find_operation
    from rapport.text.labels import shelf

    chosen = {
        one.slug: model.chosen(one) for one in ([find_operation(operation)] if operation else Operation.objects.all())
    }
    rows: list[dict[str, Json]] = [
        {
            "id": one.id or one.path.name,
            "in_use": [slug for slug, own in chosen.items() if own.working == one.id],
            "card": str(shelf.card_of(one.path)),
            "problem": one.problem,
        }
        for one in shelf.held(model.folder())
    ]
    since = [
        f"{slug}: {own.id}, chosen by {own.by.username} on {own.since:%d %B %Y %H:%M} UTC." if own.by and own.since
        else f"{slug}: {own.id}; nobody has chosen another."
        for slug, own in chosen.items()
    ]  # fmt: skip
    wrong = [
        f"{slug}: {own.problem} The one that comes with rapport stands in."
        for slug, own in chosen.items()
        if own.problem
    ]
    show(list[Json](rows), to_json, [*columns(rows, ""), "", *since, *wrong])


@click.command(cls=NeedsModels)
@click.argument("model_id", metavar="ID")
@click.option("--operation", metavar="SLUG", required=True, help="Where it is to suggest categories.")
@click.option("--by", "--as", "username", required=True, help="Who decides: the name stands in the record.")
def use(model_id: str, operation: str, username: str) -> None:
    """Let the model ID suggest categories in an operation from now on. With the former id it goes back."""
    from rapport.accounts import people
    from rapport.operations import gazetteer, model
    from rapport.operations.sources import find_operation

    found = model.choose(people.find(username), find_operation(operation), model_id)
    click.echo(
        f"{found.id} suggests categories in {operation}, for reports that come from now on (within"
        f" {gazetteer.RECHECK_S:.0f} seconds). What was suggested before stays as it is."
    )


@contextmanager
def _steps() -> Iterator[Callable[[str], None]]:
    """What is being done, on standard error."""
    from rich.console import Console
    from rich.status import Status

    console = Console(stderr=True)
    with Status("reading", console=console) as status:
        yield status.update
