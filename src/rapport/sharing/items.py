"""Pure: what the policy decides on, and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from rapport.formats.cap.model import Alert
from rapport.sharing.protocol.model import Audience, Known, Left
from rapport.values import EventFacts, Precision, Publication, Sensitivity, Spot, Status

T = TypeVar("T")
#: The finest unit that an event's place shows (the dimension `finest`), from its precision.
FINEST = {
    Precision.EXACT: "coordinates",
    Precision.STREET: "coordinates",
    Precision.LOCALITY: "community",
    Precision.ADM3: "adm3",
    Precision.ADM2: "adm2",
    Precision.ADM1: "adm1",
    Precision.COUNTRY: "national",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a protocol's conditions ask for, one attribute a dimension (model.DIMENSIONS).

    What is not known is "unknown"; `sensitivity` is what a person said of this one thing, beside the protocol's lists;
    `smallest_cell` the smallest count in aggregated data.
    """

    kind: str = "dataset"
    data_type: str = "unknown"
    category: frozenset[str] = frozenset()  # codes, with those of the categories above
    sensitivity: Sensitivity | None = None
    publication: Publication = Publication.PUBLISHED
    published_at: datetime | None = None  # what a delay counts from
    status: Status = Status.UNVERIFIED
    finest: str = "none"
    names: Known = "unknown"
    consent: Known = "unknown"
    aggregation: str = "unknown"
    smallest_cell: int | None = None
    control: str = "unknown"
    source: frozenset[str] = frozenset()
    sector: frozenset[str] = frozenset()
    organisation: str = "unknown"
    personal_data: Known = "unknown"
    persons_at_risk: Known = "no"
    domain: str = "crisis"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that may be shared: the facts by which it is decided, and a payload for its kind."""

    kind: Literal["event"]
    ref: str
    operation: str
    facts: Facts
    event: EventFacts
    time_zone: str = "UTC"  # of the operation: in it times are rounded


def lasting_name(audience: Audience) -> str:
    """What an audience is called where it must be known again under another protocol."""
    return "*" if audience.everyone else audience.name


@dataclass(frozen=True, slots=True)
class AlertItem:
    """An alert that may be shared. `spot` holds all of its area, with a P-code where that is an administrative unit:
    what rules leave of places it is measured by. `had`: of one that says nothing but that something is cancelled, the
    lasting names of the audiences that were given earlier messages of its thread; else empty."""

    ref: str  # of its thread
    version: int
    facts: Facts
    alert: Alert
    data: bytes  # the CAP file
    spot: Spot
    time_zone: str = "UTC"
    had: frozenset[str] = frozenset()

    @property
    def words(self) -> tuple[str, ...]:
        """What people wrote in it."""
        said = [(one.event, one.headline, one.description, one.instruction) for one in self.alert.infos]
        return (*(text for words in said for text in words), self.alert.note)

    @property
    def onsets(self) -> frozenset[datetime]:
        """The only times in it that may be of what happened."""
        return frozenset(info.onset for info in self.alert.infos if info.onset is not None)


@dataclass(frozen=True, slots=True)
class RowItem(Generic[T]):
    """A row of a table that may be shared, with one typed payload a table. `number` names it among those of its
    table; `changed` is another whenever the row is."""

    table: str
    ref: str
    number: int
    facts: Facts
    row: T
    changed: datetime


@dataclass(frozen=True, slots=True)
class Ruling:
    """The policy's answer: whether the reader gets it, what is left, by which rules, and why in words."""

    allow: bool
    left: Left
    level: Sensitivity
    rules: tuple[str, ...]  # names of the grants and limits that matched, and of the entries that gave the level
    reasons: tuple[str, ...]  # sentences
    protocol: str = ""  # name and version
    audience: str = ""

    @property
    def reason(self) -> str:
        return " ".join(self.reasons)
