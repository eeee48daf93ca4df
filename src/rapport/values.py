"""Small frozen types that every room shares. No Django here: pure modules take and return these."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Generic, Literal, Self, TypeVar

T = TypeVar("T")
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
#: A time before this is a slip of the pen or of a program [ours: nobody reports what nobody alive has seen]. Compare
#: before converting to UTC: the year 1 has no UTC in zones to the east.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


# --- what is said --------------------------------------------------------------------------------------------------


class Sentence(str):
    """A sentence that a pure module says in English, with something in it: pages translate its `text`, and of its
    `parts` those that are sentences themselves (operations/translated.py)."""

    text: str
    parts: Mapping[str, object]

    def __new__(cls, text: str, **parts: object) -> Self:
        made = super().__new__(cls, text % parts)
        made.text, made.parts = text, parts
        return made


# --- what comes in -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inbound:
    """One request as it came, before anyone trusted it. Header names are lower case."""

    method: str
    url: str  # the public address the other side used: RAPPORT_PUBLIC_URL, path and query
    headers: Mapping[str, str]
    body: bytes
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """How a sender can be reached. `kind` keeps the scheme: tel, whatsapp, email, messenger, rcs, telegram, viber, or
    name (an alphanumeric sender id, a short code). ANSWERABLE ones get our answers."""

    kind: str
    value: str

    def __repr__(self) -> str:
        return f"Address({self.kind}, …)"  # never into a log


#: Kinds of address to which a gateway can bring a short text.
ANSWERABLE = frozenset({"tel", "whatsapp"})


@dataclass(frozen=True, slots=True)
class GivenPlace:
    """A place that came with a message: coordinates (WGS 84 degrees), a name, or both."""

    lon: float | None = None
    lat: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that came with a message, as the other side calls it and says what it is."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel hands over, before it is kept.

    `gateway_id` is the id under which the other side repeats itself ("" where it has none: then the key is made of
    sender, text and minute). `fields` holds everything else that came, without
    the address and without secrets.
    """

    text: str
    gateway_id: str = ""
    sender: Address | None = None
    sent_at: datetime | None = None
    language: str = ""
    place: GivenPlace | None = None
    categories: tuple[str, ...] = ()
    fields: Mapping[str, Json] = field(default_factory=dict)
    extra: Mapping[str, Json] = field(default_factory=dict)  # the operation's extra fields: code → typed value
    files: tuple[GivenFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What another machine answered. Header names are lower case; `url` is where it came from, after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message that the worker fetched, and what it was made of, byte for byte."""

    message: Message
    original: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer to one message: the report's public reference, whether it was new, and what the sender is told."""

    ref: str
    new: bool
    reply: str = ""  # only where it goes in our answer to the gateway
    reply_to: Address | None = None
    reply_uuid: str = ""  # of the row in the outbox


@dataclass(frozen=True, slots=True)
class Answer:
    """What a channel sends back on the wire."""

    status: int
    body: bytes
    content_type: str


# --- what goes out -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A short text on its way to one sender. `uuid` is the same however often it is tried."""

    uuid: str
    to: Address
    text: str


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A call to a gateway, before it is made."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __repr__(self) -> str:
        return f"HttpRequest({self.method}, …)"  # holds an address and a secret: never into a log


#: handed: the gateway has it · sent · later: nothing went, try again · failed: nothing went, and trying again is no use
#: · unsure: it may have gone, nobody can know.
Went = Literal["handed", "sent", "later", "failed", "unsure"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try, as the other side says it or as the line broke."""

    went: Went
    reason: str = ""  # in words, without addresses
    gateway_id: str = ""  # the other side's name for the message
    wait_s: float = 0.0  # how long it asks us to wait, in seconds


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a gateway says later about a message, named by our uuid or by its own id."""

    became: Literal["handed", "sent", "delivered", "failed"]
    uuid: str = ""
    gateway_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fetch:
    """A gateway fetches what waits."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """A gateway names messages that it fetched; it sends those that our answer names too."""

    uuids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Awaited:
    """A gateway asks of which messages we await a delivery report."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A gateway brings delivery reports."""

    reports: tuple[DeliveryReport, ...]


#: What a gateway's request can be beside a message coming in.
Asked = Fetch | Confirm | Awaited | Reported


# --- places --------------------------------------------------------------------------------------------------------


class Precision(IntEnum):
    """How exactly a place is known, coarser is larger. The radius in metres is stated beside it."""

    EXACT = 1
    STREET = 2
    LOCALITY = 3
    ADM3 = 4
    ADM2 = 5
    ADM1 = 6
    COUNTRY = 7

    @property
    def word(self) -> str:
        return self.name.lower()


#: Radius in metres of a place whose radius nobody stated [ours: from town and commune sizes in Haiti].
DEFAULT_RADIUS_M: Mapping[Precision, int] = {
    Precision.EXACT: 50,
    Precision.STREET: 300,
    Precision.LOCALITY: 2_000,
    Precision.ADM3: 5_000,
    Precision.ADM2: 10_000,
    Precision.ADM1: 40_000,
    Precision.COUNTRY: 150_000,
}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the map: WGS 84 degrees, with its precision and radius."""

    lon: float
    lat: float
    precision: Precision
    radius_m: int
    name: str = ""
    pcode: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A bounding box in degrees. `west > east` crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        inside = self.west <= lon <= self.east if self.west <= self.east else lon >= self.west or lon <= self.east
        return inside and self.south <= lat <= self.north


KM_PER_DEGREE = 111.2  # of latitude, on a globe of 6,371 km


def km_between(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """How far two points (degrees) are apart, the short way around: exact to a percent for some hundred kilometres."""
    east = ((lon - other_lon + 180) % 360 - 180) * math.cos(math.radians((lat + other_lat) / 2))
    return math.hypot(east, lat - other_lat) * KM_PER_DEGREE


#: Closer to 0, 0 than this (degrees, about 11 m) is a missing value and not a place [ours].
NULL_ISLAND = 1e-4
PlaceProblem = Literal["", "not_a_coordinate", "zero", "swapped", "outside"]


def place_problem(lon: float, lat: float, box: Box | None = None) -> PlaceProblem:
    """What is wrong with a point (WGS 84 degrees) that people or programs give; "" if nothing is.

    Swapped: it lies in the box, but only when read the other way round. Without a box that and outside are not asked.
    """
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return "not_a_coordinate"
    if abs(lon) < NULL_ISLAND and abs(lat) < NULL_ISLAND:
        return "zero"
    if box and not box.holds(lon, lat) and box.holds(lat, lon):
        return "swapped"
    if abs(lon) > 180 or abs(lat) > 90:
        return "not_a_coordinate"
    return "outside" if box and not box.holds(lon, lat) else ""


# --- what is known, and what may be shared -------------------------------------------------------------------------


class Publication(StrEnum):
    """Whether readers get an event at all."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Status(StrEnum):
    """What is known about an event."""

    UNVERIFIED = "unverified"
    CORROBORATED = "corroborated"  # told by k independent senders
    VERIFIED = "verified"
    REFUTED = "refuted"
    UNVERIFIABLE = "unverifiable"


class Response(StrEnum):
    """What is being done about an event."""

    OPEN = "open"
    ASSIGNED = "assigned"
    DONE = "done"
    EXPIRED = "expired"


class Trust(StrEnum):
    """What is known about a sender. Reports of blocked ones are kept, offered to nobody and not answered."""

    UNKNOWN = "unknown"
    TRUSTED = "trusted"
    BLOCKED = "blocked"


class Sensitivity(StrEnum):
    """The levels of country information-sharing protocols."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    SEVERE = "severe"


class Purpose(StrEnum):
    """What something is read for."""

    VIEW = "view"
    EXPORT = "export"
    ALERT = "alert"
    PUSH = "push"
    WORK = "work"  # the desk


class Marking(StrEnum):
    """How far a receiver may pass something on: FIRST's Traffic Light Protocol, version 2.0 (2022)."""

    CLEAR = "TLP:CLEAR"
    GREEN = "TLP:GREEN"
    AMBER = "TLP:AMBER"
    AMBER_STRICT = "TLP:AMBER+STRICT"
    RED = "TLP:RED"

    @property
    def strictness(self) -> int:
        return list(Marking).index(self)


@dataclass(frozen=True, slots=True)
class Reader:
    """On whose behalf something is read, in one operation: for one organisation at a time, or for nobody."""

    team: bool = False  # may read the operation's desk
    person_id: int | None = None
    roles: frozenset[str] = frozenset()  # held in this operation
    organisation: str = ""
    organisation_kind: str = ""
    sectors: frozenset[str] = frozenset()  # of the organisation
    key: str = ""  # the name of a partner's key
    #: For what an agreement in force lets the organisation, or its key, read. For any other purpose the reader is one
    #: without them (sharing/protocol/model.py:Audience.holds).
    agreed: frozenset[Purpose] = frozenset()

    @property
    def anonymous(self) -> bool:
        """Whether this is anybody: what such a reader gets may be kept by caches on the way."""
        return self == PUBLIC


PUBLIC = Reader()

#: What organisations are, in the words of protocols. An open list: a protocol may name others.
ORGANISATION_KINDS: Mapping[str, str] = {
    "un": "United Nations",
    "ngo": "international non-governmental organisation",
    "national-ngo": "national or local non-governmental organisation",
    "red-cross": "Red Cross and Red Crescent Movement",
    "authority": "authority",
    "donor": "donor",
    "state": "State",
    "regional": "regional organisation",
    "cert": "computer emergency response team",
    "media": "media",
    "academia": "university or research institute",
    "company": "company",
}


@dataclass(frozen=True, slots=True)
class CategoryName:
    """A node of an operation's taxonomy as readers see it; names by language code."""

    code: str
    names: Mapping[str, str]
    hxl: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """A number of people with lower and upper bound, both inclusive; upper None = at least."""

    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class ExtraValue:
    """One of the operation's extra fields with its value, as readers see both."""

    code: str
    names: Mapping[str, str]
    value: Json
    public: bool  # the operation's file says that everybody may see it
    kind: str = "text"  # text, number, choice, date or place: operations/fields.py
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # of a choice: its codes → names


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """The cleaned copy of an attachment that a person published, one by one."""

    ref: str
    content_type: str
    size: int  # bytes
    name: str
    small: bool = False  # there is a small picture of it
    width: int | None = None  # points
    height: int | None = None
    seconds: float | None = None
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class EventFacts:
    """The payload of an Item of kind `event`: everything known that a protocol may let through."""

    title: str
    summary: str
    categories: tuple[CategoryName, ...]
    publication: Publication
    status: Status
    occurred_at: datetime | None
    published_at: datetime | None
    updated_at: datetime
    spot: Spot | None
    commune: Spot | None  # the same place coarsened to admin 2, stored at write
    affected: Range | None
    sources: tuple[str, ...]
    reports: int
    response: Response = Response.OPEN
    extra: tuple[ExtraValue, ...] = ()
    files: tuple[PublishedFile, ...] = ()
    region: Spot | None = None  # the place coarsened to admin 1
    shared: str = ""  # what a person wrote to be shared in place of title and summary


@dataclass(frozen=True, slots=True)
class Release:
    """What is left of an item for one reader and purpose. Made by `sharing/release.py` and nowhere else."""

    kind: Literal["event"]
    ref: str
    operation: str
    audience: str  # as the protocol calls it
    purpose: Purpose
    title: str  # "" when none may be shown: the formatter composes one from category and place
    summary: str
    categories: tuple[CategoryName, ...]
    publication: Publication
    status: Status
    occurred_at: datetime | None
    published_at: datetime | None
    updated_at: datetime
    place: Spot | None
    affected: Range | None
    sources: tuple[str, ...]
    reports: int | None
    rule: str  # names of the rules, with a blank between them
    reasons: tuple[str, ...]  # sentences
    response: Response | None = Response.OPEN
    extra: tuple[ExtraValue, ...] = ()
    files: tuple[PublishedFile, ...] = ()
    protocol: str = ""  # name and version
    level: Sensitivity = Sensitivity.LOW
    marking: Marking | None = None

    def headline(self, language: str) -> str:
        """The title, or one composed of category and place where no own words may be shown."""
        if self.title:
            return self.title
        what = named(self.categories[0].names, language) if self.categories else self.kind
        return f"{what}, {self.place.name}" if self.place and self.place.name else what


@dataclass(frozen=True, slots=True)
class RowRelease(Generic[T]):
    """A row of a table for one reader, whole: a norm without its source is none. Made by `sharing/release.py` and
    nowhere else."""

    table: str
    ref: str
    row: T
    audience: str  # as the protocol calls it
    purpose: Purpose
    rule: str  # names of the rules, with a blank between them
    reasons: tuple[str, ...]  # sentences
    changed: datetime
    protocol: str = ""  # name and version
    level: Sensitivity = Sensitivity.LOW
    marking: Marking | None = None


def named(names: Mapping[str, str], language: str) -> str:
    """The name in a language, else English, else any; "" for no names at all."""
    return names.get(language) or names.get("en") or next(iter(names.values()), "")
