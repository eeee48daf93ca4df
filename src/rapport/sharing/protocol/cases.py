"""Pure: cases whose answer is known, and how a protocol answers them.

The table is CSV: case_id, protocol, the facts, expected_level, why, certainty (docs/reference/protocol-file.md, Cases).
An empty cell is a fact that nobody stated.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from rapport.errors import BadDefinition
from rapport.sharing.items import Facts
from rapport.sharing.policy import LEVELS, Policy
from rapport.sharing.protocol.model import Protocol
from rapport.sharing.protocol.said import facts
from rapport.values import EARLIEST, Purpose, Sensitivity

#: Columns of the table → names of facts.
COLUMNS: Mapping[str, str] = {
    "data_type": "data_type", "finest_admin_level": "finest", "aggregation": "aggregation", "names_shown": "names",
    "consent": "consent", "cluster": "sector", "area_control": "control",
}  # fmt: skip
#: Cells are taken as large enough: the table does not speak of them.
_ENOUGH = {"smallest_cell": "999999999"}
NEEDED = ("case_id", "protocol", "data_type", "expected_level")


@dataclass(frozen=True, slots=True)
class Case:
    """One row: what is to be shared, and the level that a protocol gives it."""

    id: str
    protocol: str
    facts: Facts
    expected: Sensitivity
    why: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A case with the level that the protocol gave, and the entries that gave it."""

    case: Case
    level: Sensitivity
    entries: tuple[str, ...]

    @property
    def right(self) -> bool:
        return self.level is self.case.expected


@dataclass(frozen=True, slots=True)
class Score:
    """How well one level was told; None where there was nothing to tell."""

    cases: int
    precision: float | None
    recall: float | None
    f1: float | None


def read(text: str) -> list[Case]:
    """The cases of a table. BadDefinition names line, column and remedy."""
    reader = csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise BadDefinition(f"The table has no column {missing[0]}; its first row names the columns.")
        return [_case(row, reader.line_num) for row in reader]
    except csv.Error as fault:
        raise BadDefinition(f"This is not CSV: after line {reader.line_num}: {fault}") from None


def answered(protocol: Protocol, cases: Sequence[Case]) -> list[Answered]:
    """Each case as the protocol's entries answer it."""
    policy, audience = Policy(protocol), protocol.audiences[-1].name
    entries = {entry.name for entry in protocol.entries}
    found = []
    for case in cases:
        ruling = policy.ruling(audience, case.facts, Purpose.VIEW, EARLIEST)
        found.append(Answered(case, ruling.level, tuple(name for name in ruling.rules if name in entries)))
    return found


def scores(answers: Sequence[Answered]) -> Mapping[Sensitivity, Score]:
    """Precision, recall and F1 of each level."""
    return {level: _score(answers, level) for level in LEVELS}


def macro_f1(answers: Sequence[Answered]) -> float | None:
    """The mean F1 of the levels that are expected or given; None without cases."""
    found = [score.f1 for score in scores(answers).values() if score.f1 is not None]
    return sum(found) / len(found) if found else None


def _score(answers: Sequence[Answered], level: Sensitivity) -> Score:
    expected = sum(one.case.expected is level for one in answers)
    given = sum(one.level is level for one in answers)
    both = sum(one.right for one in answers if one.level is level)
    f1 = 2 * both / (expected + given) if expected + given else None
    return Score(expected, both / given if given else None, both / expected if expected else None, f1)


def _case(row: Mapping[str | None, str | None], line: int) -> Case:
    cells = {name: value.strip() for name, value in row.items() if name and isinstance(value, str)}
    level = cells.get("expected_level", "")
    if level not in LEVELS:
        raise BadDefinition(f"Line {line}: expected_level: {level!r} is not one of {', '.join(LEVELS)}.")
    try:
        found = facts({**_ENOUGH, **dict(_stated(cells))})
    except BadDefinition as fault:
        raise BadDefinition(f"Line {line}: {fault}") from None
    return Case(cells["case_id"], cells["protocol"], found, Sensitivity(level), cells.get("why", ""))


def _stated(cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for column, name in COLUMNS.items():
        if cells.get(column):
            yield name, cells[column]
