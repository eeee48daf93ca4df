"""What somebody chose to play, as the address says it: which protocol, for which purpose, against which data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date

from rapport.desk.protocol import stock
from rapport.operations.models import Operation
from rapport.sharing.active import CLOSED, policy_of, shipped, version_policy
from rapport.sharing.models import ProtocolVersion
from rapport.sharing.policy import Policy
from rapport.sharing.protocol import library
from rapport.sharing.protocol.model import Audience, Protocol
from rapport.values import Purpose

NOW = "now"
REAL, SAMPLE = "real", "sample"
PURPOSES: Mapping[Purpose, str] = {
    Purpose.VIEW: "looking at pages and maps",
    Purpose.EXPORT: "taking files and feeds away",
    Purpose.ALERT: "alerts",
    Purpose.PUSH: "sending to partners' systems",
}
_LISTED = 20  # earlier versions on offer
_FIRST_YEAR, _LAST_YEAR = 1990, 2200  # of days on which one can play: samples are older, and delays are added


@dataclass(frozen=True, slots=True)
class Version:
    """A protocol that can be played, by what stands in the address."""

    key: str
    title: str

    def policy(self, operation: Operation) -> Policy:
        if self.key == NOW:
            return policy_of(operation.pk)
        if self.key.isdigit():
            found = ProtocolVersion.objects.get(operation=operation, pk=int(self.key))
            return version_policy(found.pk, found.digest)
        return shipped(self.key)


def versions(operation: Operation) -> list[Version]:
    """What can be played: what holds now, what waits for a second person, what held, and what comes with rapport."""
    proposed = list(ProtocolVersion.objects.filter(operation=operation).order_by("-pk").defer("text"))
    waiting = [one for one in proposed if one.activated_at is None]
    past = [one for one in proposed if one.activated_at is not None][:_LISTED]
    return [
        Version(NOW, "what holds now"),
        *(Version(str(one.pk), f"proposed: {one.name} {one.version}") for one in waiting),
        *(Version(str(one.pk), f"activated: {one.name} {one.version}") for one in past),
        *(Version(name, f"comes with rapport: {name}") for name in library.names() if name != CLOSED),
    ]


@dataclass(frozen=True)
class Choice:
    """What is played. Parts of the address that nobody knows are taken as if they were not there."""

    operation: Operation
    known: Sequence[Version]
    version: Version
    against: Version  # with which it is compared
    purpose: Purpose
    data: str  # REAL or SAMPLE
    has_events: bool
    day: date | None = None  # on which it is played; None: now

    @classmethod
    def of(cls, operation: Operation, query: QueryDict) -> Choice:
        known = versions(operation)
        has_events = stock.has_events(operation)
        proposed = next((one for one in known if one.title.startswith("proposed")), known[0])
        purpose = query.get("purpose", "")
        return cls(
            operation=operation,
            known=known,
            version=_named(known, query.get("version", ""), proposed),
            against=_named(known, query.get("against", ""), known[0]),
            purpose=Purpose(purpose) if purpose in PURPOSES else Purpose.VIEW,
            data=SAMPLE if query.get("data") == SAMPLE or not has_events else REAL,
            has_events=has_events,
            day=_day(query.get("day", "")),
        )

    @property
    def now(self) -> datetime:
        """The moment for which it is played: noon of a chosen day, in the operation's time zone."""
        return timezone.make_aware(datetime.combine(self.day, time(12))) if self.day else timezone.now()

    @property
    def sample(self) -> bool:
        return self.data == SAMPLE

    @cached_property
    def policy(self) -> Policy:
        return self.version.policy(self.operation)

    @cached_property
    def before(self) -> Policy:
        return self.against.policy(self.operation)

    @property
    def protocol(self) -> Protocol:
        return self.policy.protocol

    def audience(self, name: str) -> Audience:
        """The audience of that name, else everybody."""
        return next((one for one in self.protocol.audiences if one.name == name), self.protocol.audiences[-1])

    def query(self, **more: str) -> str:
        """The address of this choice, with these parts besides."""
        parts = {"version": self.version.key, "against": self.against.key, "purpose": self.purpose.value}
        more = {"day": self.day.isoformat() if self.day else "", **more}
        return urlencode({**parts, "data": self.data, **{name: value for name, value in more.items() if value}})


def _day(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:  # well written, and no day: 2026-02-30
        return None
    return found if found and _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _named(known: Sequence[Version], key: str, otherwise: Version) -> Version:
    return next((one for one in known if one.key == key), otherwise)
