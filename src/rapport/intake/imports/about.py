"""Pure: what is known beforehand when a file is looked through: the operation it is for, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rapport.errors import Refused
from rapport.intake.imports.plan import Plan
from rapport.operations.fields import Field
from rapport.values import Box, CategoryName, Json, named


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file. `number` is as a spreadsheet counts; `cells`, one for each column of the plan. With a
    `problem` the cells are what could be told apart, for whoever mends the row. `more` holds
    what a line of NDJSON says beyond the columns."""

    number: int
    cells: tuple[str, ...] = ()
    problem: Refused | None = None
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """The operation a file is for. `labels` are the whole texts by which files name categories: label → code."""

    zone: str
    now: datetime
    languages: tuple[str, ...] = ("en",)
    box: Box | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    categories: tuple[CategoryName, ...] = ()
    fields: tuple[Field, ...] = ()  # the extra ones that the operation asks for


def called(names: Mapping[str, str], code: str, languages: Sequence[str]) -> str:
    """The name in the first of the languages that has one, else in any; the code where there is no name."""
    return next((names[language] for language in languages if names.get(language)), "") or named(names, "") or code


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why something was proposed. `about` is the plan's key (encoding, header_row, roles, date_order, categories …),
    `said` a sentence for people, `column` and `count` what it concerns where it concerns one. A `doubt` is to be looked
    at before anything comes in."""

    about: str
    said: str
    column: str = ""
    count: int = 0
    doubt: bool = False

    def to_json(self) -> dict[str, Json]:
        return {
            "about": self.about, "said": self.said, "column": self.column, "count": self.count, "doubt": self.doubt,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A row as it stands and as understood: role → what was read, or the problem."""

    number: int
    cells: tuple[str, ...]
    understood: Mapping[str, str]
    problem: str = ""

    def to_json(self) -> dict[str, Json]:
        understood: dict[str, Json] = dict(self.understood)
        return {
            "number": self.number, "cells": list(self.cells), "understood": understood, "problem": self.problem,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """How the file would be read, why, and some rows to look at. `labels` counts each category label that nobody knows:
    a person maps them; an import makes no category. `unknown_choices` does the same for fields of choices, by the
    field's code. `sheets` are the workbook's."""

    plan: Plan
    evidence: tuple[Evidence, ...]
    samples: tuple[Sample, ...]
    unknown_labels: Mapping[str, int] = field(default_factory=dict)
    unknown_choices: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "plan": self.plan.to_json(),
            "evidence": [one.to_json() for one in self.evidence],
            "samples": [one.to_json() for one in self.samples],
            "unknown_labels": dict(self.unknown_labels),
            "unknown_choices": {code: dict(counts) for code, counts in self.unknown_choices.items()},
            "sheets": list(self.sheets),
        }
