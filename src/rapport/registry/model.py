"""Pure: what the files of the registry say, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from rapport.registry.dates import Dated

Kind = Literal["norms", "measures"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was read. `key` names it within its file; `address` may be empty."""

    key: str
    title: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Provision:
    """One norm or measure. `label` and `asks` are our own words: the official text stands where `ref` says.

    `unverified`: nobody has checked any of it; `remembered`: statements about it that nobody has checked.
    """

    code: str
    ref: str
    label: str
    asks: str
    sources: tuple[Source, ...]
    polarity: str = ""  # do, do not; "" for measures
    unverified: bool = False
    remembered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Framework:
    """A set of norms or measures, as one body adopted it."""

    slug: str
    title: str
    body: str
    symbol: str
    kind: Kind
    version: str
    provisions: tuple[Provision, ...] = ()

    def checked(self) -> Framework:
        """What may be shown to anybody: without what nobody has checked."""
        kept = (replace(one, remembered=()) for one in self.provisions if not one.unverified)
        return replace(self, provisions=tuple(kept))


@dataclass(frozen=True, slots=True)
class Happening:
    """A dated event of a process."""

    date: Dated
    bodies: tuple[str, ...]
    what: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """That somebody names somebody else as whom they talk to; `printed` is how the source has it."""

    of: str
    to: str
    printed: str
    track: str  # 1; "" where no source says
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What sources, or one source, say against each other. Shown, and corrected nowhere."""

    about: str
    says: tuple[str, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Registered:
    """All that one file holds."""

    slug: str
    title: str
    version: str
    digest: str  # SHA-256 of the text
    framework: Framework | None = None
    events: tuple[Happening, ...] = ()
    dialogues: tuple[Dialogue, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def unverified(self) -> list[tuple[str, str]]:
        """What nobody has checked: (code of the provision, what)."""
        provisions = self.framework.provisions if self.framework else ()
        whole = [(one.code, one.asks) for one in provisions if one.unverified]
        return whole + [(one.code, text) for one in provisions for text in one.remembered]
