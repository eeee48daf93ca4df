"""What the tests of the import share: an operation, and a file read from end to end."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rapport.errors import Refused
from rapport.intake.imports.about import Context, Proposal
from rapport.intake.imports.guess import propose
from rapport.intake.imports.judge import judging
from rapport.intake.imports.reading import prepare, rows
from rapport.values import Box, CategoryName, Message

ABOUT = Context(
    zone="America/Port-au-Prince",
    now=datetime(2011, 1, 1, tzinfo=UTC),
    languages=("ht", "fr", "en"),
    box=Box(-74.6, 17.9, -71.5, 20.2),
    labels={"2a. Penurie d'aliments | Food Shortage": "2a"},
    categories=(
        CategoryName("2a", {"en": "Food shortage", "fr": "Manque de nourriture"}),
        CategoryName("2b", {"en": "Water", "fr": "Eau", "ht": "Dlo"}),
        CategoryName("3", {"en": "Health", "fr": "Santé"}),
    ),
)


@dataclass(frozen=True, slots=True)
class ReadThrough:
    """A file from end to end: how it was to be read, the rows that are messages, the others by their number."""

    proposal: Proposal
    messages: list[Message]
    refused: dict[int, Refused]

    @property
    def reasons(self) -> dict[str, int]:
        return dict(Counter(refused.reason for refused in self.refused.values()))


def read_through(path: Path, about: Context = ABOUT, **fixed: Any) -> ReadThrough:
    """Raises Refused for what concerns the whole file."""
    with tempfile.TemporaryDirectory() as folder:
        ready = prepare(path, Path(folder) / "rows", fixed.get("sheet", ""))
        proposal = propose(ready, about, fixed=fixed)
        judge = judging(proposal.plan, about)
        verdicts = [(row.number, judge(row)) for row in rows(ready, proposal.plan)]
    good = [one for _, one in verdicts if isinstance(one, Message)]
    bad = {number: one for number, one in verdicts if isinstance(one, Refused)}
    assert len(good) + len(bad) == len(verdicts), "every row has one verdict"
    return ReadThrough(proposal, good, bad)


def table(path: Path, lines: Sequence[str], encoding: str = "utf-8", end: str = "\r\n") -> Path:
    path.write_bytes("".join(line + end for line in lines).encode(encoding))
    return path
