"""What every format needs to know beside the releases: whose feed it is, where it lives, in which language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote
from uuid import UUID, uuid5

# A name space of our own (RFC 9562, version 5): an event keeps its id when the server moves to another address.
_EVENTS = UUID("5b0c1ac6-6a3f-5d0e-9d43-2f1c6f0d7a11")


@dataclass(frozen=True, slots=True)
class ExtraColumn:
    """One of the operation's extra fields, as this reader may see it: `name` is that of its column and property,
    `labels` are names by choice and language."""

    name: str
    code: str
    names: Mapping[str, str]
    kind: str
    hxl: str
    labels: Mapping[str, Mapping[str, str]]
    several: bool = False
    public: bool = True  # everybody may see it
    help: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deleted:
    """An entry that readers of a feed have had, and are to have no more."""

    ref: str
    when: datetime


@dataclass(frozen=True, slots=True)
class FeedContext:
    """One feed of one operation.

    `base_url` is scheme and host without a final slash; `query` the filters as they stand in the address, without `?`;
    `updated` the moment at which this feed last changed; `language` an ISO 639-1 code for names and headlines;
    `deleted` the newest first, for formats that can say so.
    """

    base_url: str
    slug: str
    name: str
    language: str
    query: str
    updated: datetime
    extra: tuple[ExtraColumn, ...] = ()
    deleted: tuple[Deleted, ...] = ()

    def page_url(self) -> str:
        """The map with the same filters."""
        return self._with_query(f"{self.base_url}/{quote(self.slug)}/")

    def feed_url(self, ending: str) -> str:
        """This feed itself, in the format with that ending."""
        return self._with_query(f"{self.base_url}/{quote(self.slug)}/events.{ending}")

    def dictionary_url(self, ending: str) -> str:
        """The Table Schema of what this feed holds in the format with that ending: its data dictionary."""
        return f"{self.base_url}/{quote(self.slug)}/dictionary.json?export={ending}"

    def pack_url(self) -> str:
        """All of the operation in one file."""
        return f"{self.base_url}/{quote(self.slug)}/pack.zip"

    def alerts_url(self) -> str:
        """The feeds of alerts, without their ending."""
        return f"{self.base_url}/{quote(self.slug)}/alerts"

    def event_url(self, ref: str) -> str:
        return f"{self.base_url}/{quote(self.slug)}/events/{quote(ref)}/"

    def why_url(self, ref: str) -> str:
        """Which rule of which protocol lets this reader have the event, in words."""
        return f"{self.event_url(ref)}why/"

    def file_url(self, ref: str, file: str) -> str:
        """Where a published file of an event is; gone as soon as it is taken back."""
        return f"{self.event_url(ref)}files/{quote(file)}"

    def event_id(self, ref: str) -> str:
        """An id that never changes, as a URN."""
        return uuid5(_EVENTS, f"{self.slug}/{ref}").urn

    def feed_id(self) -> str:
        return uuid5(_EVENTS, f"{self.slug}?{self.query}").urn

    def scheme(self, kind: str) -> str:
        """The address that tells the words of one vocabulary of this operation (status, category) from others."""
        return f"{self.base_url}/{quote(self.slug)}/events.atom#{kind}"

    def _with_query(self, url: str) -> str:
        return f"{url}?{self.query}" if self.query else url


def utc(moment: datetime) -> str:
    """ISO 8601 in UTC to the second, with Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def rfc_822(moment: datetime) -> str:
    """As RSS 2.0 writes times, in GMT."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
