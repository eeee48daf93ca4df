"""The form of a message, made of what its kind must say (kinds.FIELDS). Times are local on pages, UTC in messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from rapport.contacts.kinds import FIELDS, Field, Kind, moment
from rapport.operations.translated import translated

#: Those that take more than a line.
_LONG = frozenset({
    "what", "unknown", "question", "why", "shares", "affected", "help", "observed", "where", "asked", "point", "topic",
    "text", "reason", "outcome",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A field with what was typed in it, and what is wrong."""

    field: Field
    value: str
    problem: str

    @property
    def name(self) -> str:
        """In the form: no kind has a field that the form itself has."""
        return f"f-{self.field.name}"

    @property
    def long(self) -> bool:
        return self.field.name in _LONG

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        return list((self.field.choices or {}).items())


def rows(kind: Kind, fields: Mapping[str, str], problems: Mapping[str, str]) -> list[Row]:
    """Those that a person fills in: which message it is about is chosen before."""
    return [
        Row(one, _shown(one, fields.get(one.name, "")), problems.get(one.name, ""))
        for one in FIELDS[kind]
        if one.name != "about"
    ]


def linked(kind: Kind, problems: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is wrong, each with the element of the form that mends it; "" where the form has none for it."""
    own = {one.name: f"f-{one.name}" for one in FIELDS[kind] if one.name != "about"}
    there = {**own, "marking": "marking", "caveats": "caveats"}
    return [(there.get(field, ""), said) for field, said in problems]


def _shown(field: Field, value: str) -> str:
    at = moment(value) if field.moment else None
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M") if at else value


def given(data: Mapping[str, str], kind: Kind, about: str) -> dict[str, str]:
    """What a form sent: the fields of the kind, times in UTC."""
    found = {one.name: _kept(one, data.get(f"f-{one.name}", "")) for one in FIELDS[kind]}
    if "about" in found:
        found["about"] = about
    return found


def _kept(field: Field, text: str) -> str:
    text = text.strip().replace("\r\n", "\n")
    if not field.moment or not text:
        return text
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    return written(at if timezone.is_aware(at) else timezone.make_aware(at)) if at else text


def written(at: datetime) -> str:
    """A time as messages say it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


@dataclass(frozen=True, slots=True)
class Part:
    """A field as a reader of a message sees it, in their language but for what somebody wrote; `at` for times."""

    label: str
    text: str
    at: datetime | None = None


def parts(kind: Kind, fields: Mapping[str, str]) -> list[Part]:
    """What a message says, in the order of its kind."""
    found = []
    for one in FIELDS[kind]:
        value = fields.get(one.name, "")
        if not value or one.name == "about":
            continue
        words = (one.choices or {}).get(value)
        text, at = translated(words) if words else value, moment(value) if one.moment else None
        found.append(Part(translated(one.label), text, at))
    return found
