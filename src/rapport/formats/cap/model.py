"""A CAP message as frozen values, by the names of the standard (OASIS CAP 1.2, section 3.2).

Text that is absent and text that is empty are the same: "". Times are aware and keep the offset they were written with.
Nothing here checks anything: `rules` does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

DEFAULT_LANGUAGE = "en-US"  # of an info that names none (3.2.2)


class Status(StrEnum):
    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"
    DRAFT = "Draft"


class MsgType(StrEnum):
    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"
    ACK = "Ack"
    ERROR = "Error"


class Scope(StrEnum):
    PUBLIC = "Public"
    RESTRICTED = "Restricted"
    PRIVATE = "Private"


class Category(StrEnum):
    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class ResponseType(StrEnum):
    SHELTER = "Shelter"
    EVACUATE = "Evacuate"
    PREPARE = "Prepare"
    EXECUTE = "Execute"
    AVOID = "Avoid"
    MONITOR = "Monitor"
    ASSESS = "Assess"
    ALL_CLEAR = "AllClear"
    NONE = "None"


class Urgency(StrEnum):
    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


class Named(NamedTuple):
    """valueName and value: of an eventCode, a parameter or a geocode."""

    name: str
    value: str


class Point(NamedTuple):
    """WGS 84, degrees; latitude first, as CAP writes it."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Polygon:
    """A ring: at least four points, the last the same as the first."""

    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Circle:
    centre: Point
    radius: float  # kilometres


@dataclass(frozen=True, slots=True)
class Area:
    """The union of its shapes and codes. `altitude` alone is a height, with `ceiling` the bottom of a layer; feet
    above mean sea level."""

    area_desc: str
    polygons: tuple[Polygon, ...] = ()
    circles: tuple[Circle, ...] = ()
    geocodes: tuple[Named, ...] = ()
    altitude: Decimal | None = None
    ceiling: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """`deref_uri` is the content itself in base64; `size` in bytes, `digest` SHA-1 in hexadecimal."""

    resource_desc: str
    mime_type: str
    size: int | None = None
    uri: str = ""
    deref_uri: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Info:
    """What is said in one language about one hazard; `language` "" means DEFAULT_LANGUAGE."""

    categories: tuple[Category, ...]
    event: str
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    language: str = ""
    response_types: tuple[ResponseType, ...] = ()
    audience: str = ""
    event_codes: tuple[Named, ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    contact: str = ""
    parameters: tuple[Named, ...] = ()
    resources: tuple[Resource, ...] = ()
    areas: tuple[Area, ...] = ()

    @property
    def spoken(self) -> str:
        """The language it is in, whether said or not."""
        return self.language or DEFAULT_LANGUAGE


class Reference(NamedTuple):
    """The identity of a message: no two messages have the same (3.2.1, references)."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    identifier: str
    sender: str
    sent: datetime
    status: Status
    msg_type: MsgType
    scope: Scope
    source: str = ""
    restriction: str = ""
    addresses: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    note: str = ""
    references: tuple[Reference, ...] = ()
    incidents: tuple[str, ...] = ()
    infos: tuple[Info, ...] = ()

    @property
    def identity(self) -> Reference:
        return Reference(self.sender, self.identifier, self.sent)

    def languages(self) -> tuple[str, ...]:
        """The languages of its infos, each once, in order."""
        return tuple(dict.fromkeys(info.spoken for info in self.infos))

    def in_language(self, *wanted: str) -> tuple[Info, ...]:
        """The infos for who reads these languages, the most wanted first: those in the same language and region, else
        in the same language, else in the language that comes first."""
        for language in (*_nearest(wanted, self.languages()), *self.languages()[:1]):
            return tuple(info for info in self.infos if info.spoken == language)
        return ()


def _nearest(wanted: Iterable[str], there: tuple[str, ...]) -> Iterable[str]:
    for one in wanted:
        yield from (language for language in there if language.lower() == one.lower())
        yield from (language for language in there if primary(language) == primary(one))


def primary(language: str) -> str:
    """A language without its region: `en` of `en-GB`."""
    return language.partition("-")[0].lower()
