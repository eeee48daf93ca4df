"""Pure: what a protocol says, as frozen values. `file.py` reads them from TOML, `policy.py` rules by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Literal

from rapport.values import Marking, Purpose, Reader, Sensitivity

#: Purposes that a protocol speaks of; the desk's own work is the house's rule and not the protocol's.
PURPOSES = (Purpose.VIEW, Purpose.EXPORT, Purpose.ALERT, Purpose.PUSH)

#: Parts of an event or another item that a rule can keep or leave out. What a reader needs to name and order it
#: (reference, category, status, times of publication and change) always stays.
FIELDS = frozenset({
    "title", "summary", "occurred_at", "place", "affected", "sources", "reports", "response", "extra", "files",
})  # fmt: skip

#: Steps to which a place is displaced, in metres [ours]: each at least five times the one before, so that most of a
#: place's displacement is its last step's (see places.py).
RADII_M = (200, 1_000, 5_000, 25_000, 125_000)


class Area(IntEnum):
    """How coarse an administrative area a place is given as; larger is coarser."""

    AS_IT_IS = 0
    ADM3 = 1
    ADM2 = 2
    ADM1 = 3
    COUNTRY = 4
    NONE = 5  # no place at all


class Words(IntEnum):
    """What is left of texts that people wrote."""

    OWN = 0  # as the desk wrote them
    MASKED = 1  # personal data in them masked
    SUMMARY = 2  # only what a person wrote to be shared in their place
    NONE = 3


class Rounding(IntEnum):
    """To what a time is rounded down."""

    NONE = 0
    HOUR = 1
    DAY = 2
    WEEK = 3
    MONTH = 4


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of an item: one value a dimension. The strictest of several is taken dimension by dimension."""

    fields: frozenset[str] = FIELDS
    area: Area = Area.AS_IT_IS
    radius_m: int = 0  # one of RADII_M, or 0: not displaced
    delay_s: int = 0  # given that long after it was published
    rounding: Rounding = Rounding.NONE
    words: Words = Words.OWN
    counted_only: bool = False  # adds to totals, is not shown by itself
    marking: Marking | None = None

    def __and__(self, other: Left) -> Left:
        return Left(
            fields=self.fields & other.fields,
            area=max(self.area, other.area),
            radius_m=max(self.radius_m, other.radius_m),
            delay_s=max(self.delay_s, other.delay_s),
            rounding=max(self.rounding, other.rounding),
            words=max(self.words, other.words),
            counted_only=self.counted_only or other.counted_only,
            marking=max(filter(None, (self.marking, other.marking)), default=None, key=lambda one: one.strictness),
        )


Known = Literal["yes", "no", "unknown"]

#: The dimensions that a condition may name: key in the file → what its values are. `policy.py` says how each is read
#: from an item, `queries.py` how from a row.
DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "kind": ("event", "alert", "dataset", "registry", "submission", "result", "comment", "contact"),
    "data_type": (),  # an open list: what country protocols name, see DATA_TYPES
    "category": (),
    "level": tuple(level.value for level in Sensitivity),
    "publication": ("draft", "published", "withdrawn"),
    "status": ("unverified", "corroborated", "verified", "refuted", "unverifiable"),
    "finest": (
        "none", "national", "adm1", "adm2", "adm3", "community", "coordinates", "household", "individual",
    ),
    "names": ("yes", "no", "unknown"),
    "consent": ("yes", "no", "unknown"),
    "aggregation": ("record", "aggregated", "raw", "unknown"),
    "control": (),
    "source": (),
    "sector": (),
    "organisation": (),  # whose item it is
    "personal_data": ("yes", "no", "unknown"),
    "persons_at_risk": ("yes", "no"),
    "domain": ("crisis", "cyber"),
}  # fmt: skip

#: Dimensions of which an item may have several values, or none, which is not the same as unknown.
MANY = frozenset({"category", "source", "sector"})

#: Dimensions that may be unknown. What is not known counts against release: it meets the condition of a limit and of
#: an entry for high or severe, and it does not meet that of a grant or of an entry for low or moderate.
UNKNOWABLE = frozenset({"data_type", "names", "consent", "aggregation", "control", "personal_data", "organisation"})


@dataclass(frozen=True, slots=True)
class Condition:
    """When a rule speaks: every dimension in `when` has one of its values, none in `unless` has. Empty: always."""

    when: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unless: Mapping[str, frozenset[str]] = field(default_factory=dict)
    cells_under: int | None = None  # counts whose smallest cell is below this


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the protocol's lists: things of this kind have that level of sensitivity."""

    name: str
    level: Sensitivity
    condition: Condition
    why: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a protocol tells apart. Any of the lists may name a reader; `everyone` names all, and is the last one's. The
    lists of organisations, their kinds and sectors, and of keys, name a reader only for what was agreed with them."""

    name: str
    title: str
    team: bool = False  # whoever may read the operation's desk
    roles: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    everyone: bool = False

    def holds(self, reader: Reader, purpose: Purpose) -> bool:
        if self.everyone or (self.team and reader.team) or self.roles & reader.roles:
            return True
        # Without an agreement for this purpose, people and keys of an organisation read as anybody does.
        return purpose in reader.agreed and (
            reader.organisation in self.organisations
            or reader.organisation_kind in self.kinds
            or bool(self.sectors & reader.sectors)
            or reader.key in self.keys
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A grant (what its audiences get) or a limit (what nobody in its audiences gets more of)."""

    name: str
    grant: bool
    audiences: frozenset[str]
    purposes: frozenset[Purpose]
    condition: Condition
    left: Left
    nothing: bool  # of a limit: not released at all
    why: str
    starts: datetime | None = None
    ends: datetime | None = None  # exclusive

    def in_force(self, now: datetime) -> bool:
        return (self.starts is None or self.starts <= now) and (self.ends is None or now < self.ends)


@dataclass(frozen=True, slots=True)
class Protocol:
    """An operation's information-sharing protocol. Audiences in the order in which a reader is looked for, the public
    last; a count below `smallest_count` is not shown."""

    name: str
    version: str
    title: str
    audiences: tuple[Audience, ...]
    entries: tuple[Entry, ...]
    rules: tuple[Rule, ...]
    sources: tuple[str, ...] = ()
    smallest_count: int = 0
    digest: str = ""  # SHA-256 of the file

    def audience_of(self, reader: Reader, purpose: Purpose) -> Audience:
        """The first audience that the reader belongs to, for a purpose: agreements name purposes."""
        return next(one for one in self.audiences if one.holds(reader, purpose))

    def audience(self, name: str) -> Audience:
        """KeyError for a name that is not among them."""
        for one in self.audiences:
            if one.name == name:
                return one
        raise KeyError(name)


def named_values(protocol: Protocol, dimension: str) -> list[str]:
    """The values of a dimension that any condition of the protocol names, in alphabetical order."""
    conditions = [*(entry.condition for entry in protocol.entries), *(rule.condition for rule in protocol.rules)]
    found = (part.get(dimension, frozenset()) for one in conditions for part in (one.when, one.unless))
    return sorted(frozenset().union(*found))
