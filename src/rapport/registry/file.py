"""Pure: one file of the registry, read strictly. The format: docs/reference/registry-file.md."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import cast

from rapport.errors import BadDefinition
from rapport.operations.shipped import Shelf
from rapport.operations.strict import CODE, SLUG, Table, once, parsed
from rapport.registry.dates import dated
from rapport.registry.model import (
    Contradiction,
    Dialogue,
    Framework,
    Happening,
    Kind,
    Provision,
    Registered,
    Source,
)

MOST_CHARACTERS = 500_000  # of a file [ours: the processes of twenty years have thirty thousand]
KINDS = ("norms", "measures")
ADDRESS = re.compile(r"(https?://|urn:)[^\s<>\"]{1,500}")
_SHELF = Shelf(files("rapport.data") / "registry", "file of the registry")
names = _SHELF.names
text_of = _SHELF.text_of
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
        raise BadDefinition("A file begins with one table [framework], for norms or measures, or one [process].")
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
        sources=sources,
    )
    top.nothing_else()
    return made


def _process(head: Table) -> tuple[str, str, str]:
    made = head.text("slug", None, SLUG, _SLUG_REMEDY), head.text("title"), head.text("version")
    head.nothing_else()
    return made


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
    table.nothing_else()
    return made


def _provision(table: Table, sources: Mapping[str, Source]) -> Provision:
    unverified = table.flag("unverified")
    made = Provision(
        code=table.text("code", None, CODE, "with letters, digits, dot and hyphen, at most 40"),
        ref=table.text("ref"),
        polarity=table.one_of("polarity", ("", "do", "do not"), ""),
        label=table.text("label"),
        asks=table.text("asks"),
        sources=_named(table, sources, needed=not unverified),
        unverified=unverified,
        remembered=table.texts("remembered"),
    )
    table.nothing_else()
    return made


def _event(table: Table, sources: Mapping[str, Source]) -> Happening:
    written = table.text("date")
    try:
        date = dated(written)
    except BadDefinition as error:
        raise table.bad("date", str(error)) from None
    made = Happening(date, table.texts("bodies", needed=True), table.text("what"), _named(table, sources))
    table.nothing_else()
    return made


def _dialogue(table: Table, sources: Mapping[str, Source]) -> Dialogue:
    of, to = table.text("of"), table.text("with")
    if of == to:
        raise table.bad("with", f"{of} talks to somebody else")
    printed, track = table.text("printed", ""), table.one_of("track", ("", "1", "1.5", "2"), "")
    made = Dialogue(of, to, printed, track, _named(table, sources))
    table.nothing_else()
    return made


def _contradiction(table: Table, sources: Mapping[str, Source]) -> Contradiction:
    made = Contradiction(table.text("about"), table.texts("says", needed=True), _named(table, sources))
    table.nothing_else()
    if len(made.says) < 2:
        raise table.bad("says", "write at least two statements that cannot both hold")
    return made


def _named(table: Table, sources: Mapping[str, Source], *, needed: bool = True) -> tuple[Source, ...]:
    keys = table.texts("sources", needed=needed)
    for key in keys:
        if key not in sources:
            raise table.bad("sources", f"{key!r} is no source of this file: write [sources.{key}]")
    return tuple(sources[key] for key in keys)
