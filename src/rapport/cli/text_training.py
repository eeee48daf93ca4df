"""`rapport text train`: the model and its card, made of labelled messages and of an operation's own reports, and
compared with the one in use."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rapport.errors import RapportError
from rapport.text.evaluation import labels, language, own
from rapport.text.evaluation.messages import FOLDER, Messages, messages
from rapport.text.evaluation.own import Tested
from rapport.text.labels import readings, shelf, training
from rapport.text.labels.card import Own, card
from rapport.text.labels.model import SHIPPED, Model, loaded, written
from rapport.text.labels.readings import Reading
from rapport.text.labels.shelf import card_of

_FILES = ("messages.csv.zip", "categories.csv.zip")


@dataclass(frozen=True, slots=True)
class Learner:
    """An operation whose own reports are learnt from: its slug, what people read in them, and its model in use."""

    operation: str
    readings: Sequence[Reading]
    used: Model


@dataclass(frozen=True, slots=True)
class Compared:
    """`validation`: figure → (of the model in use, of the new one), on the validation messages; `apart`: of both on the
    operation's reports that are set apart, None without an operation."""

    id: str
    validation: Mapping[str, tuple[float, float]]
    apart: tuple[Tested, Tested] | None


def train(out: Path, data: Path | None, progress: Callable[[str], None], learner: Learner | None = None) -> Compared:
    """Write the model to `out` and its card beside it; what it gains and what it loses."""
    folder = data or FOLDER
    read = _messages(folder)
    progress("languages")
    shipped = labels.examples(read, language.told)
    examples = readings.examples(shipped, learner.readings) if learner else shipped
    used = learner.used if learner else loaded(SHIPPED)
    _replace(out, written(training.train(examples, progress)))
    progress("comparing")
    made = loaded(out)
    before, after = (labels.figures(model, read, "validation", language.told) for model in (used, made))
    apart = (own.tested(used, learner.readings), own.tested(made, learner.readings)) if learner else None
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _FILES}
    brought = None
    if learner and apart:
        digests[f"reports of {learner.operation}"] = _digest(learner.readings)
        brought = _brought(learner, apart, len(examples.texts) - len(shipped.texts), before)
    _replace(card_of(out), card(made, examples, digests, after, datetime.now(UTC).date(), brought).encode())
    return Compared(made.id, {name: (before[name], after[name]) for name in after}, apart)


def _digest(learnt: Sequence[Reading]) -> str:
    """Of what was learnt from, so that one can tell whether two models had the same reports."""
    said = [(one.texts, sorted(one.said.items())) for one in learnt if not one.apart]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _brought(learner: Learner, apart: tuple[Tested, Tested], texts: int, elsewhere: Mapping[str, float]) -> Own:
    reports = sum(not one.apart for one in learner.readings)
    return Own(learner.operation, reports, texts, learner.used.id, own.side_by_side(*apart), elsewhere)


def free_name(folder: Path, operation: str) -> Path:
    """The next name for a model of the operation that no file in the folder has."""
    number = 1
    while (path := folder / f"{operation[:50]}-{number}.npz").exists():
        number += 1
    return path


def check_name(out: Path) -> None:
    """RapportError unless a model can be kept under this name; none takes the place of another, which may be in use."""
    if out.suffix != ".npz" or not shelf.NAME.fullmatch(out.stem):
        raise RapportError(f"{out.name}: a model is called by letters, digits, - and _, and ends in .npz.")
    if out.exists():
        raise RapportError(f"{out} is there already, and may be in use: choose another name.")


def _messages(folder: Path) -> Messages:
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise RapportError(f"{folder} has no {missing[0]}: docs/reference/data.md says what it must hold.")
    return messages(folder)


def _replace(path: Path, data: bytes) -> None:
    """All of it or nothing; a name that begins with a dot is of a file that is being written."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)
