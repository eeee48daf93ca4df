"""Pure: what the files of the registry say, as frozen values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rapport.registry.dates import Dated

#: What a framework is a set of. Commitments are those of an agreement, steps those of a plan.
Kind = Literal["norms", "measures", "commitments", "steps"]
ActorKind = Literal["state", "organisation"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was read. `key` names it within its file; `address` may be empty."""

    key: str
    title: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """Something said about a provision, and where it was read; nowhere yet if nobody has checked it."""

    says: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Provision:
    """One norm, measure, commitment or step. `label` and `asks` are our own words: the official text stands where
    `ref` says.

    `unverified`: nobody has checked any of it; `remembered`: statements about it that nobody has checked; `also`: those
    that a person has confirmed.
    """

    code: str
    ref: str
    label: str
    asks: str
    sources: tuple[Source, ...]
    polarity: str = ""  # do, do not; "" for measures
    unverified: bool = False
    remembered: tuple[str, ...] = ()
    also: tuple[Statement, ...] = ()

    @property
    def ident(self) -> str:
        return self.code


@dataclass(frozen=True, slots=True)
class Framework:
    """A set of norms, measures or commitments, as one body adopted it."""

    slug: str
    title: str
    body: str
    symbol: str
    kind: Kind
    version: str
    provisions: tuple[Provision, ...] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """A dated event of a process."""

    date: Dated
    bodies: tuple[str, ...]
    what: str
    sources: tuple[Source, ...]
    unverified: bool = False

    @property
    def ident(self) -> str:
        return short(self.date.written, *self.bodies, self.what)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """That somebody names somebody else as whom they talk to; `printed` is how the source has it."""

    of: str
    to: str
    printed: str
    track: str  # 1; "" where no source says
    sources: tuple[Source, ...]
    unverified: bool = False

    @property
    def ident(self) -> str:
        return short(self.of, self.to, *(one.title for one in self.sources))


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What sources, or one source, say against each other. Shown, and corrected nowhere."""

    about: str
    says: tuple[str, ...]
    sources: tuple[Source, ...]
    unverified: bool = False

    @property
    def ident(self) -> str:
        return short(self.about, *self.says)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A text that was negotiated: a resolution, a decision, a convention."""

    symbol: str
    title: str
    body: str
    status: str  # draft, adopted, in force, ended
    binding: str  # binding, voluntary; "" where no source says
    date: Dated | None
    sources: tuple[Source, ...]
    unverified: bool = False

    @property
    def ident(self) -> str:
        return short(self.symbol)


@dataclass(frozen=True, slots=True)
class Term:
    """How somebody understands a word, in one language: terms of several stand side by side (OSCE measure 9)."""

    term: str
    actor: str
    language: str
    says: str
    sources: tuple[Source, ...]
    unverified: bool = False

    @property
    def ident(self) -> str:
        return short(self.term, self.actor, self.language)


@dataclass(frozen=True, slots=True)
class View:
    """What somebody has said officially about a subject, in our own words; its text stands under `symbol`."""

    actor: str
    about: str
    symbol: str
    date: Dated | None
    says: str
    sources: tuple[Source, ...]
    unverified: bool = False

    @property
    def ident(self) -> str:
        return short(self.actor, self.about, self.symbol)


@dataclass(frozen=True, slots=True)
class Actor:
    """A State or an organisation. `organisation`: the short name under which people and systems read for it here."""

    code: str
    name: str
    kind: ActorKind
    organisation: str = ""


#: A row that has a source of its own.
Row = Provision | Happening | Dialogue | Contradiction | Instrument | Term | View


@dataclass(frozen=True, slots=True)
class Registered:
    """All that one file holds. `actors` need no source: they only name those who speak."""

    slug: str
    title: str
    version: str
    digest: str  # SHA-256 of the text
    framework: Framework | None = None
    events: tuple[Happening, ...] = ()
    dialogues: tuple[Dialogue, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    terms: tuple[Term, ...] = ()
    views: tuple[View, ...] = ()
    actors: tuple[Actor, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def rows(self) -> Iterator[Row]:
        yield from self.framework.provisions if self.framework else ()
        for some in (self.events, self.dialogues, self.contradictions, self.instruments, self.terms, self.views):
            yield from some


def short(*texts: str) -> str:
    """A name for a row made of what it says: 8 hexadecimal digits."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]
