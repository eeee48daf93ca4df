"""Pure: the registry as tables, made of Releases: what each column means, and how it is written. The data dictionary is
made of these columns, so that no column goes out without its meaning.

The texts are plain English; pages translate them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from rapport.formats.characters import clean
from rapport.formats.dictionary.described import PROFILE
from rapport.formats.table import line, safe
from rapport.registry.dates import Dated
from rapport.registry.model import Source
from rapport.registry.said import PARTS, Said
from rapport.values import Json, RowRelease

#: Counted up whenever a column changes. Names never change.
VERSION = 1


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is that of Table Schema; what is an array or an object there is JSON in a cell of CSV."""

    name: str
    type: str
    meaning: str
    value: Callable[[RowRelease[Any]], Json]


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    meaning: str
    columns: tuple[Column, ...]


def _(text: str) -> str:
    """Marks a text that the pages translate: web/messages.py collects it."""
    return text


def _of(name: str, kind: str, meaning: str, path: str = "") -> Column:
    """A column that is an attribute of the row, or an attribute of one of its."""
    names = (path or name).split(".")

    def value(release: RowRelease[Any]) -> Json:
        found: Any = release.row
        for one in names:
            found = getattr(found, one)
        return _plain(found)

    return Column(name, kind, meaning, value)


def _plain(value: Any) -> Json:
    """As JSON has it; what is empty is null."""
    if isinstance(value, Source):
        return {"title": value.title, "address": value.address or None}
    if isinstance(value, Dated):
        return value.written
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if hasattr(value, "says") and hasattr(value, "sources"):  # a statement about a provision
        return {"says": value.says, "sources": _plain(value.sources)}
    if isinstance(value, str):
        return clean(value) or None
    return value if isinstance(value, bool | int | float | dict) else None


_REF = Column("ref", "string", _("The lasting name of the row within this operation."), lambda one: one.ref)
_SOURCES = _of("sources", "array", _("Where it was read: title and address of each source."))
_LAST = (
    Column("marking", "string", _("How far it may be passed on (Traffic Light Protocol 2.0)."),
           lambda one: one.marking.value if one.marking else None),
    Column("protocol", "string", _("The sharing protocol by which it was given, and its version."),
           lambda one: one.protocol),
)  # fmt: skip


def _when(first: str) -> Callable[[RowRelease[Any]], Json]:
    return lambda one: _plain(getattr(one.row.date, first)) if one.row.date else None


_DATE = (
    _of("date", "string", _("When, no more exactly than the source has it.")),
    Column("first_day", "date", _("The first day that the date may mean."), _when("first")),
    Column("last_day", "date", _("The last day that the date may mean."), _when("last")),
)


def _part(name: str, meaning: str) -> Column:
    kind = "array" if name in {"measures", "evidence"} else "string"
    return Column(name.replace("-", "_"), kind, meaning, lambda one: _answer(one.row, name))


def _answer(said: Said, name: str) -> Json:
    value = said.content.get(name)
    return clean(value) or None if isinstance(value, str) else value


_PART_MEANINGS: Mapping[str, str] = {
    "status": _("planned, partial or in-place, as it was said. Empty is no information; it is never a no."),
    "measures": _("Laws, policies, bodies, procedures, exercises and statements, a record each."),
    "evidence": _("What shows it, and where that is found, a record each."),
    "challenges": _("What is hard about it."),
    "needs": _("What help is asked for."),
    "offers": _("What help is offered."),
    "good-practice": _("What others may learn from."),
}

#: Of a group that is too small each of these is empty.
_FIGURES = (
    ("n", "integer", _("How many answered.")),
    ("lowest", "number", _("The lowest answer.")),
    ("median", "number", _("The median.")),
    ("highest", "number", _("The highest answer.")),
    ("spread", "number", _("The highest less the lowest.")),
    ("counts", "object", _("How many gave each answer, by its code.")),
)


def _figure(name: str, kind: str, meaning: str) -> Column:
    def value(release: RowRelease[Any]) -> Json:
        found = getattr(release.row.figures, name) if release.row.figures else None
        return dict(found) if name == "counts" and found else _plain(found)

    return Column(name, kind, meaning, value)


TABLES: Mapping[str, Table] = {
    one.name: one
    for one in (
        Table("provisions", _("Norms, measures and commitments that were agreed, in our own words."), (
            _REF,
            _of("framework", "string", _("Short name of the set that it belongs to."), "framework.slug"),
            _of("framework_title", "string", _("Title of that set."), "framework.title"),
            _of("framework_version", "string", _("Version of that set."), "framework.version"),
            _of("body", "string", _("Who adopted it."), "framework.body"),
            _of("symbol", "string", _("Symbol of the document with the official text."), "framework.symbol"),
            _of("code", "string", _("Its code within the set."), "provision.code"),
            _of("reference", "string", _("Where its official text stands."), "provision.ref"),
            _of("polarity", "string", _("do, do not, or empty."), "provision.polarity"),
            _of("label", "string", _("Our own short label."), "provision.label"),
            _of("asks", "string", _("What it asks, in our own words."), "provision.asks"),
            _of("also", "array", _("Further statements about it that a person has confirmed, with their sources."),
                "provision.also"),
            _of("sources", "array", _("Where it was read: title and address of each source."), "provision.sources"),
            *_LAST,
        )),
        Table("events", _("Dated events of processes."), (
            _REF, *_DATE, _of("bodies", "array", _("Bodies that it is an event of.")),
            _of("what", "string", _("What happened.")), _SOURCES, *_LAST,
        )),
        Table("dialogues", _("That somebody names somebody else as whom they talk to: an entry a row."), (
            _REF, _of("of", "string", _("Who names the other.")), _of("with", "string", _("Whom they name."), "to"),
            _of("printed", "string", _("How the source writes it.")),
            _of("track", "string", _("1, 1.5 or 2 where a source says so; empty is not known.")), _SOURCES, *_LAST,
        )),
        Table("contradictions", _("What sources say against each other. Nobody corrects one by the other."), (
            _REF, _of("about", "string", _("What they differ about.")),
            _of("says", "array", _("The statements that cannot both hold.")), _SOURCES, *_LAST,
        )),
        Table("instruments", _("Texts that were negotiated."), (
            _REF, _of("symbol", "string", _("Symbol of the text.")), _of("title", "string", _("Its title.")),
            _of("body", "string", _("Who adopted it, or negotiates it.")),
            _of("status", "string", _("draft, adopted, in force or ended.")),
            _of("binding", "string", _("binding or voluntary; empty is not known.")), *_DATE, _SOURCES, *_LAST,
        )),
        Table("terms", _("How several understand one word."), (
            _REF, _of("term", "string", _("The word.")), _of("actor", "string", _("Who understands it so.")),
            _of("language", "string", _("Language of the definition (BCP 47).")),
            _of("says", "string", _("What they say it means.")), _SOURCES, *_LAST,
        )),
        Table("views", _("What somebody has said officially about a subject, in our own words."), (
            _REF, _of("actor", "string", _("Who said it.")), _of("about", "string", _("About what.")),
            _of("symbol", "string", _("Symbol of the document.")), *_DATE,
            _of("says", "string", _("What they said.")), _SOURCES, *_LAST,
        )),
        Table("submissions", _("What an actor does about a provision, as somebody says it, in every wave."), (
            _REF, _of("framework", "string", _("Short name of the set.")),
            _of("code", "string", _("Code of the provision.")), _of("actor", "string", _("Short name of the actor.")),
            _of("actor_name", "string", _("Name of the actor."), "name"),
            _of("said_by", "string", _("self, or third party. The two are never put together.")),
            _of("sayer", "string", _("Which third party says so.")), _of("wave", "string", _("In which round.")),
            _of("latest", "boolean", _("Whether the same sayer has said nothing later about it.")),
            *(_part(name, _PART_MEANINGS[name]) for name in PARTS),
            _of("published_at", "datetime", _("When it was published.")),
            _of("withdrawn_at", "datetime", _("When its owner withdrew it: then nothing of it is given.")), *_LAST,
        )),
        Table("results", _("What several answered: a row for each question and each group."), (
            _REF, _of("round", "string", _("Reference of the round.")), _of("wave", "string", _("Title of the round.")),
            _of("series", "string", _("Short name of the form: rounds of one are compared.")),
            _of("section", "string", _("Section of the form.")), _of("code", "string", _("Code of the question.")),
            _of("label", "string", _("The question.")),
            _of("group", "string", _("Organisation or view; empty for all together.")),
            *(_figure(name, kind, meaning) for name, kind, meaning in _FIGURES),
            _of("of", "array", _("The groups that are in all together.")), *_LAST,
        )),
        Table("recommendations", _("What people recommend: who should do what by when."), (
            _REF, _of("text", "string", _("What should be done.")),
            _of("owner", "string", _("The office or the actor that should do it.")),
            _of("due_on", "date", _("Until when; it is overdue from the day after, in the operation's time zone.")),
            _of("evidence", "string", _("On what evidence, a source a line.")),
            _of("review_on", "date", _("When it is to be looked at again.")),
            _of("state", "string", _("open, done, dropped or withdrawn; of a withdrawn one nothing else is given.")),
            _of("said", "string", _("How it was done, or why it was dropped.")),
            _of("framework", "string", _("Short name of the set that it is about, if any.")),
            _of("code", "string", _("Code of the provision that it is about, if any.")),
            _of("round", "string", _("Title of the round from which it follows, if any.")),
            _of("published_at", "datetime", _("When it was published.")),
            _of("ended_at", "datetime", _("When it was done, dropped or withdrawn.")), *_LAST,
        )),
        Table("comments", _("What people said of the texts of calls for comment, and what was answered."), (
            _REF, _of("call", "string", _("Reference of the call.")),
            _of("framework", "string", _("Short name of the set.")),
            _of("code", "string", _("Code of the provision.")),
            _of("version", "integer", _("Version of the text that was commented on.")),
            _of("passage", "string", _("The passage of it; empty is the whole text.")),
            _of("text", "string", _("The comment, as it came."), "body"),
            _of("name", "string", _("Name that its author gave.")),
            _of("affiliation", "string", _("For whom the author works or speaks, as the author says.")),
            _of("interest", "string", _("The author's interest in it, as the author says.")),
            _of("made_at", "datetime", _("When it was sent.")),
            _of("published_at", "datetime", _("When a person showed it.")),
            _of("not_shown", "string", _("Why a person did not show it: then nothing else of it is given.")),
            _of("minority", "boolean", _("Whether it is kept as a minority view.")),
            _of("outcome", "string", _("taken up, in part or not taken up; empty is not answered yet.")),
            _of("answer", "string", _("What was answered.")),
            _of("answered_at", "datetime", _("When it was answered.")), *_LAST,
        )),
    )
}  # fmt: skip


def as_csv(table: Table, releases: Iterable[RowRelease[Any]]) -> Iterator[bytes]:
    """A header and a row a release: UTF-8 with CRLF, safe to open in a spreadsheet."""
    yield line(one.name for one in table.columns)
    for release in releases:
        yield line(safe(_cell(one.value(release))) for one in table.columns)


def _cell(value: Json) -> str | int | float | None:
    if isinstance(value, list | dict):
        return msgspec.json.encode(value).decode() if value else ""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def as_json(tables: Mapping[str, Sequence[RowRelease[Any]]], about: Mapping[str, Json]) -> bytes:
    """All tables in one object, each a list of rows by the names of their columns."""
    rows = {
        name: [{one.name: one.value(release) for one in TABLES[name].columns} for release in some]
        for name, some in tables.items()
    }
    return msgspec.json.encode({**about, "dictionary": VERSION, **rows})


def schema(table: Table, translated: Callable[[str], str] = str) -> dict[str, Json]:
    """The Table Schema of a table's CSV."""
    return {
        "$schema": PROFILE,
        "name": table.name,
        "description": translated(table.meaning),
        "fields": [
            {"name": one.name, "type": one.type, "description": translated(one.meaning)} for one in table.columns
        ],
        "missingValues": [""],
        "primaryKey": ["ref"],
        "version": str(VERSION),
    }
