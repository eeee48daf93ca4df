"""The disaster messages: SMS, other direct messages and news, 2010 to 2012, and what people said they speak of.

Where they come from, and their terms: docs/reference/data.md. Phone numbers, addresses and names that follow words
like "my name is" in them are invented ones.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from rapport.text.columns import Array

FOLDER = Path(__file__).with_name("data")
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
#: Never said of any message.
UNUSED = "child_alone"


@dataclass(frozen=True, slots=True)
class Message:
    """`original`: what the message was translated from, "" where it was written in English."""

    id: int
    split: Split
    genre: str
    message: str
    original: str
    has: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Messages:
    labels: tuple[str, ...]
    all: tuple[Message, ...]

    def of(self, split: Split) -> tuple[Message, ...]:
        return tuple(one for one in self.all if one.split == split)

    def texts(self) -> list[str]:
        """Every message that is not empty, then every original."""
        said = [one.message for one in self.all if one.message]
        return said + [one.original for one in self.all if one.original]

    @staticmethod
    def has(messages: tuple[Message, ...]) -> Array:
        """What each speaks of, bool (messages, labels)."""
        return np.array([one.has for one in messages], bool)


@lru_cache(1)
def messages(folder: Path = FOLDER) -> Messages:
    """All of them, the first row of each id. Reading takes half a second."""
    said = {row["id"]: row["categories"] for row in reversed(list(_rows(folder / "categories.csv.zip")))}
    labels: tuple[str, ...] = ()
    found: dict[str, Message] = {}
    for row in _rows(folder / "messages.csv.zip"):
        if row["id"] in found:
            continue
        pairs = [one.rsplit("-", 1) for one in said[row["id"]].split(";")]
        kept = [(name, value) for name, value in pairs if name != UNUSED]
        labels = tuple(name for name, _ in kept)
        split = next(split for split in SPLITS if split == row["split"])
        original = row["original"] if row["original"] != row["message"] else ""
        has = tuple(value == "1" for _, value in kept)  # "2" of `related` says neither yes nor no
        found[row["id"]] = Message(int(row["id"]), split, row["genre"], row["message"], original, has)
    return Messages(labels, tuple(found.values()))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with zipfile.ZipFile(path) as archive, archive.open(path.stem) as file:
        yield from csv.DictReader(io.TextIOWrapper(file, "utf-8", newline=""))
