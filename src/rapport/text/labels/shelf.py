"""The models on this machine: the one that comes with rapport, and those in a folder, each with its card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rapport.errors import RapportError, Refused
from rapport.text.labels.model import SHIPPED, loaded

#: What a model's file may be called without its ending: part of its id, and of a backup's list of files.
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,59}", re.ASCII)
_LARGEST_CARD = 1_000_000  # characters of a card that are read


@dataclass(frozen=True, slots=True)
class Held:
    """A model's file. `id` is "" where it cannot be read; `problem` says why it is not to be used, "" where it is."""

    path: Path
    id: str
    card: str
    problem: str = ""

    @property
    def comes_with_rapport(self) -> bool:
        return self.path == SHIPPED


def held(folder: Path) -> list[Held]:
    """The shipped model first, then those of the folder by name; it need not be there."""
    return [look(SHIPPED), *map(look, sorted(folder.glob("[!.]*.npz")))]


def look(path: Path) -> Held:
    """A model's file as it is: whether it can be read, fits this version, and is the one that its card was written
    for."""
    card = card_of(path)
    said = _text(card)
    try:
        model = loaded(path)
    except RapportError as fault:
        return Held(path, "", said, str(fault))
    if model.labels != loaded(SHIPPED).labels:
        return Held(path, model.id, said, f"{path} knows other labels than this version. Make it anew.")
    if not NAME.fullmatch(path.stem):
        return Held(
            path, model.id, said, f"Give {path.name} a name of letters, digits, - and _ only, and its card too."
        )
    if said.partition("\n")[0] != f"# {model.id}":
        why = f"was not written for {path.name} as it is now" if said else "is missing"
        return Held(path, model.id, said, f"Its card {card.name} {why}: bring both from where they were made.")
    return Held(path, model.id, said)


def find(folder: Path, wanted: str) -> Held:
    """The model of that id, or of its first or second half alone, that can be used. Refused says what to do."""
    there = held(folder)
    found = [one for one in there if one.id == wanted] or [one for one in there if wanted in one.id.split()]
    if len(found) == 1 and not found[0].problem:
        return found[0]
    if found:
        raise Refused("model", found[0].problem or f"Two models are called {wanted}: write the whole id.")
    name = wanted.partition(" ")[0]
    if other := next((one for one in there if one.path.stem == name), None):
        raise Refused("model", other.problem or f"The file {other.path.name} is now {other.id}, not {wanted}.")
    ids = ", ".join(one.id for one in there if one.id)
    raise Refused("model", f"There is no model {wanted} here; there are: {ids}.")


def file_of(folder: Path, model_id: str) -> Path:
    """Where the model of this id must lie."""
    return folder / f"{model_id.partition(' ')[0]}.npz"


def card_of(model: Path) -> Path:
    return model.with_suffix(".md")


def _text(card: Path) -> str:
    try:
        with card.open(encoding="utf-8", errors="replace") as file:
            return file.read(_LARGEST_CARD)
    except OSError:
        return ""


# --- what stands on a card -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a card under its heading. `rows`: its table, the first row names the columns."""

    title: str
    paragraphs: tuple[str, ...]
    points: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sections(card: str) -> list[Section]:
    """The parts of a card's Markdown, its first heading left out."""
    return list(_sections(card))


def _sections(card: str) -> Iterator[Section]:
    for part in re.split(r"^#{1,2} ", card, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        lines = [line.strip().replace("`", "") for line in body.splitlines() if line.strip()]
        rows = [line for line in lines if line.startswith("|") and not re.fullmatch(r"[|\-: ]+", line)]
        yield Section(
            title.strip().replace("`", ""),
            tuple(line for line in lines if not line.startswith(("|", "- "))),
            tuple(line[2:] for line in lines if line.startswith("- ")),
            tuple(tuple(cell.strip() for cell in line.strip("|").split("|")) for line in rows),
        )
