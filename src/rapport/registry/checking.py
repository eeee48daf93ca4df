"""Pure: what of a file nobody has checked against a source, and what is left once people have confirmed some of it.

Whatever is shown to readers goes through `checked`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from rapport.registry.model import Framework, Provision, Registered, Row, Source, Statement, short

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that nobody has checked: `key` stays the same from one version of the file to the next while its words
    do. `row` is named by its `ident`."""

    key: str
    row: str
    says: str


def doubts(one: Registered) -> list[Doubt]:
    """What nobody has checked: whole rows first, then statements about provisions."""
    whole = [Doubt(_key(one, row), row.ident, _words(row)) for row in one.rows if row.unverified]
    provisions = one.framework.provisions if one.framework else ()
    return whole + [
        Doubt(_key_of(one, row, says), row.code, says) for row in provisions for says in row.remembered
    ]  # fmt: skip


def confirmed(one: Registered, by: Mapping[str, Source]) -> Registered:
    """The file with what people have confirmed: key of the doubt → where they read it."""
    framework = one.framework
    if framework is not None:
        provisions = tuple(_statements(one, row, by) for row in _rows(one, framework.provisions, by))
        framework = replace(framework, provisions=provisions)
    return replace(
        one,
        framework=framework,
        events=tuple(_rows(one, one.events, by)),
        dialogues=tuple(_rows(one, one.dialogues, by)),
        contradictions=tuple(_rows(one, one.contradictions, by)),
        instruments=tuple(_rows(one, one.instruments, by)),
        terms=tuple(_rows(one, one.terms, by)),
        views=tuple(_rows(one, one.views, by)),
    )


def checked(one: Registered) -> Registered:
    """What may be shown to readers: without what nobody has checked."""
    return replace(
        one,
        framework=checked_framework(one.framework) if one.framework else None,
        events=tuple(_known(one.events)),
        dialogues=tuple(_known(one.dialogues)),
        contradictions=tuple(_known(one.contradictions)),
        instruments=tuple(_known(one.instruments)),
        terms=tuple(_known(one.terms)),
        views=tuple(_known(one.views)),
    )


def checked_framework(one: Framework) -> Framework:
    return replace(one, provisions=tuple(replace(row, remembered=()) for row in _known(one.provisions)))


def _known(rows: tuple[R, ...]) -> Iterator[R]:
    return (row for row in rows if not row.unverified)


def _rows(one: Registered, rows: tuple[R, ...], by: Mapping[str, Source]) -> Iterator[R]:
    for row in rows:
        source = by.get(_key(one, row)) if row.unverified else None
        yield replace(row, unverified=False, sources=(*row.sources, source)) if source else row


def _statements(one: Registered, row: Provision, by: Mapping[str, Source]) -> Provision:
    keys = {says: by.get(_key_of(one, row, says)) for says in row.remembered}
    sure = tuple(Statement(says, (source,)) for says, source in keys.items() if source)
    return replace(row, also=sure, remembered=tuple(says for says, source in keys.items() if not source))


def _key(one: Registered, row: Row) -> str:
    return short(one.slug, type(row).__name__, row.ident, _words(row))


def _key_of(one: Registered, row: Provision, says: str) -> str:
    return short(one.slug, "statement", row.code, says)


def _words(row: Row) -> str:
    """What a person would have to find in a source."""
    if isinstance(row, Provision):
        return f"{row.label}: {row.asks}"
    values = ((name, getattr(row, name)) for name in row.__slots__ if name not in {"sources", "unverified"})
    return ", ".join(_text(value) for _, value in values if value)


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    return str(getattr(value, "written", value))
