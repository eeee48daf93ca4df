"""Pure: one file of the registry, read strictly. The format: docs/reference/registry-file.md."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, TypeVar, cast, get_args

from rapport.errors import BadDefinition
from rapport.operations.shipped import Shelf
from rapport.operations.strict import CODE, LANGUAGE, SLUG, Table, once, parsed
from rapport.registry.dates import Dated, dated
from rapport.registry.model import (
    Actor,
    ActorKind,
    Contradiction,
    Dialogue,
    Framework,
    Happening,
    Instrument,
    Kind,
    Provision,
    Registered,
    Source,
    Term,
    View,
)

MOST_CHARACTERS = 500_000  # of a file [ours: the processes of twenty years have thirty thousand]
KINDS: tuple[str, ...] = get_args(Kind)
ADDRESS = re.compile(r"(https?://|urn:)[^\s<>\"]{1,500}")
_SHELF = Shelf(files("rapport.data") / "registry", "file of the registry")
names = _SHELF.names
text_of = _SHELF.text_of
T = TypeVar("T")
_SLUG_REMEDY = "with small letters, digits and hyphens"


def read(text: str) -> Registered:
    """What the file says. BadDefinition names the table, the key and what to do; every row that is not marked as
    unverified has a source."""
    text = text.removeprefix("\ufeff")
    top = Table(parsed(text, MOST_CHARACTERS), "")
    sources = _sources(top)
    framework = _framework(top, sources)
    head = top.table("process")
    if (framework is None) == (head is None):
        raise BadDefinition(
            "A file begins with one table [framework], for norms, measures or commitments, or one [process]."
        )
    slug, title, version = (
        (framework.slug, framework.title, framework.version) if framework else _process(cast("Table", head))
    )
    made = Registered(
        slug=slug,
        title=title,
        version=version,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        framework=framework,
        events=tuple(_event(table, sources) for table in top.tables("event")),
        dialogues=tuple(_dialogue(table, sources) for table in top.tables("dialogue")),
        contradictions=tuple(_contradiction(table, sources) for table in top.tables("contradiction")),
        instruments=tuple(_instrument(table, sources) for table in top.tables("instrument")),
        terms=tuple(_term(table, sources) for table in top.tables("term")),
        views=tuple(_view(table, sources) for table in top.tables("view")),
        actors=tuple(_actor(table) for table in top.tables("actor")),
        sources=sources,
    )
    top.nothing_else()
    once("actor", "code", [one.code for one in made.actors])
    return made


def _process(head: Table) -> tuple[str, str, str]:
    return _whole(head, (head.text("slug", None, SLUG, _SLUG_REMEDY), head.text("title"), head.text("version")))


def _sources(top: Table) -> Mapping[str, Source]:
    within = top.table("sources")
    found: dict[str, Source] = {}
    for key in within.data if within else ():
        table = within.table(key) if within else None
        if table is None or not SLUG.fullmatch(key):
            raise BadDefinition(f"[sources.{key}]: name sources {_SLUG_REMEDY}")
        remedy = "an address with http or urn"
        found[key] = Source(key, table.text("title"), table.text("address", "", ADDRESS, remedy))
        table.nothing_else()
    return found


def _framework(top: Table, sources: Mapping[str, Source]) -> Framework | None:
    table = top.table("framework")
    provisions = tuple(_provision(one, sources) for one in top.tables("provision"))
    if table is None:
        if provisions:
            raise BadDefinition("[[provision]]: provisions stand in a file that begins with [framework]")
        return None
    once("provision", "code", [one.code for one in provisions])
    made = Framework(
        slug=table.text("slug", None, SLUG, _SLUG_REMEDY),
        title=table.text("title"),
        body=table.text("body"),
        symbol=table.text("symbol"),
        kind=cast("Kind", table.one_of("kind", KINDS)),
        version=table.text("version"),
        provisions=provisions,
    )
    return _whole(table, made)


def _provision(table: Table, sources: Mapping[str, Source]) -> Provision:
    made = Provision(
        code=table.text("code", None, CODE, "with letters, digits, dot and hyphen, at most 40"),
        ref=table.text("ref"),
        polarity=table.one_of("polarity", ("", "do", "do not"), ""),
        label=table.text("label"),
        asks=table.text("asks"),
        remembered=table.texts("remembered"),
        **_backed(table, sources),
    )
    return _whole(table, made)


def _event(table: Table, sources: Mapping[str, Source]) -> Happening:
    return _whole(table, Happening(
        date=_dated(table),
        bodies=table.texts("bodies", needed=True),
        what=table.text("what"),
        **_backed(table, sources),
    ))  # fmt: skip


def _dialogue(table: Table, sources: Mapping[str, Source]) -> Dialogue:
    of, to = table.text("of"), table.text("with")
    if of == to:
        raise table.bad("with", f"{of} talks to somebody else")
    track = table.one_of("track", ("", "1", "1.5", "2"), "")
    return _whole(table, Dialogue(of, to, table.text("printed", ""), track, **_backed(table, sources)))


def _contradiction(table: Table, sources: Mapping[str, Source]) -> Contradiction:
    about, says = table.text("about"), table.texts("says", needed=True)
    if len(says) < 2:
        raise table.bad("says", "write at least two statements that cannot both hold")
    return _whole(table, Contradiction(about, says, **_backed(table, sources)))


def _instrument(table: Table, sources: Mapping[str, Source]) -> Instrument:
    return _whole(table, Instrument(
        symbol=table.text("symbol"),
        title=table.text("title"),
        body=table.text("body"),
        status=table.one_of("status", ("draft", "adopted", "in force", "ended")),
        binding=table.one_of("binding", ("", "binding", "voluntary"), ""),
        date=_date(table),
        **_backed(table, sources),
    ))  # fmt: skip


def _term(table: Table, sources: Mapping[str, Source]) -> Term:
    return _whole(table, Term(
        term=table.text("term"),
        actor=table.text("actor"),
        language=table.text("language", None, LANGUAGE, "as a code such as en or zh-Hans"),
        says=table.text("says"),
        **_backed(table, sources),
    ))  # fmt: skip


def _view(table: Table, sources: Mapping[str, Source]) -> View:
    return _whole(table, View(
        actor=table.text("actor"),
        about=table.text("about"),
        symbol=table.text("symbol", ""),
        date=_date(table),
        says=table.text("says"),
        **_backed(table, sources),
    ))  # fmt: skip


def _actor(table: Table) -> Actor:
    return _whole(table, Actor(
        code=table.text("code", None, SLUG, _SLUG_REMEDY),
        name=table.text("name"),
        kind=cast("ActorKind", table.one_of("kind", get_args(ActorKind))),
        organisation=table.text("organisation", "", SLUG, _SLUG_REMEDY),
    ))  # fmt: skip


def _whole(table: Table, made: T) -> T:
    table.nothing_else()
    return made


def _date(table: Table) -> Dated | None:
    return _dated(table) if table.get("date") else None


def _dated(table: Table) -> Dated:
    try:
        return dated(table.text("date"))
    except BadDefinition as error:
        raise table.bad("date", str(error)) from None


def _backed(table: Table, sources: Mapping[str, Source]) -> dict[str, Any]:
    """Whether somebody has checked a row, and against what."""
    unverified = table.flag("unverified")
    return {"sources": _named(table, sources, needed=not unverified), "unverified": unverified}


def _named(table: Table, sources: Mapping[str, Source], *, needed: bool = True) -> tuple[Source, ...]:
    keys = table.texts("sources", needed=needed)
    for key in keys:
        if key not in sources:
            raise table.bad("sources", f"{key!r} is no source of this file: write [sources.{key}]")
    return tuple(sources[key] for key in keys)
