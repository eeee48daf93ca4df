"""Pure: a questionnaire and a sheet of answers to it, as frozen values."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from typing import Literal

import msgspec

from rapport.errors import BadDefinition
from rapport.values import Json

Purpose = Literal["survey", "stocktaking", "weighing"]
Kind = Literal["text", "long", "choice", "choices", "level", "scale", "number", "date", "rows"]
ColumnKind = Literal["text", "choice", "date"]
SaidBy = Literal["self", "third party"]
View = Literal["", "security", "operational", "diplomatic"]
#: What somebody answered by code of the question. A question left blank is absent: it is never "" or 0.
Answers = Mapping[str, Json]

QUESTION_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LEVELS = ("0", "1", "2", "3", "4")
STEPS = ("1", "2", "3", "4", "5")  # of a scale
#: Kinds whose answers lie in an order, so that lowest, median and highest mean something.
ORDERED: tuple[Kind, ...] = ("level", "scale")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that can be ticked; of a level or a scale its code is the number, its label the words for it."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Column:
    """What is asked in each row of a question that takes several."""

    code: str
    label: str
    kind: ColumnKind = "text"
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Needs:
    """A question is asked only where an earlier one is answered by one of these codes."""

    question: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """None is compulsory. `about`: the code of the provision that it is about, if any."""

    code: str
    kind: Kind
    label: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    columns: tuple[Column, ...] = ()
    needs: Needs | None = None
    about: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of all that the question says: answers of two waves compare only where it is the same."""
        return _digest(self)


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    title: str
    hint: str = ""
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A questionnaire in one version. `least`: answers of fewer people than this are not shown together."""

    slug: str
    title: str
    version: str
    purpose: Purpose
    least: int
    sections: tuple[Section, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for section in self.sections for question in section.questions)

    @property
    def digest(self) -> str:
        """SHA-256 of all that the form says."""
        return _digest(self)

    def as_json(self) -> str:
        """Canonical: the same form is always the same text."""
        return _canonical(self)

    @classmethod
    def from_json(cls, text: str) -> Form:
        """The form that `as_json` wrote. BadDefinition for any other text."""
        try:
            form = msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
            raise BadDefinition(f"This is no questionnaire as it was kept: {error}") from None
        if form.as_json() != text:
            raise BadDefinition("This is no questionnaire as it was kept: it was changed.")
        return form


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one person answered for one actor. What an actor says of itself and what others say of it are never merged.

    `respondent` names a person, or stands for one; `view`: from where measures are weighed.
    """

    form_slug: str
    form_version: str
    form_digest: str
    actor: str
    said_by: SaidBy
    respondent: str
    view: View
    answers: Answers
    remark: str


@lru_cache(maxsize=2_000)  # every file that comes or goes asks for it, and it takes milliseconds
def _digest(part: Form | Question) -> str:
    return hashlib.sha256(_canonical(part).encode()).hexdigest()


def _canonical(part: Form | Question) -> str:
    return json.dumps(_plain(part), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(value: object) -> object:
    """What is empty is left out, so that a field that later versions add changes no digest of today."""
    if is_dataclass(value):
        inner = {one.name: getattr(value, one.name) for one in fields(value)}
        return {name: _plain(one) for name, one in inner.items() if one not in ("", (), None)}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
