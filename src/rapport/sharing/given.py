"""Who was given what. What an audience got stands in its release log. What a named reader got is written down here:
each state of each thing once a purpose, with an entry of the ledger for each batch.

Readers who get what everybody gets are not written down: that follows from the log and the protocol's versions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec
from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Organisation
from rapport.formats.cap.released import AlertRelease
from rapport.oversight.ledger import entries
from rapport.plain_sql import insert_tuples, json, moment
from rapport.sharing.models import NamedRelease, PartnerKey, ReleaseEntry
from rapport.sharing.protocol.model import Protocol
from rapport.values import Json, Purpose, Reader, Release, RowRelease

T = TypeVar("T")


def record(operation_id: int, protocol: Protocol, reader: Reader, given: Mapping[int, Release]) -> None:
    """A batch of events that goes to a reader for one purpose: event id → Release. Call before any of it is sent. Only
    of named readers anything is written down, and not again what such a reader was given before, by the same rules, and
    that has not changed since."""
    if not given or not _named(protocol, reader, next(iter(given.values())).audience):
        return
    _write(operation_id, reader, "event", [_of_event(event_id, one) for event_id, one in given.items()])


def record_alerts(operation_id: int, protocol: Protocol, reader: Reader, given: Mapping[int, AlertRelease]) -> None:
    """The same of alerts: id of the message → AlertRelease."""
    if not given or not _named(protocol, reader, next(iter(given.values())).audience):
        return
    _write(operation_id, reader, "alert", [_of_alert(message_id, one) for message_id, one in given.items()])


def record_rows(
    operation_id: int, protocol: Protocol, reader: Reader, kind: str, given: Mapping[int, RowRelease[T]]
) -> None:
    """The same of rows of one kind of Item: number of the row → RowRelease."""
    if not given or not _named(protocol, reader, next(iter(given.values())).audience):
        return
    _write(operation_id, reader, kind, [_of_row(number, one) for number, one in given.items()])


@dataclass(frozen=True, slots=True)
class _Given:
    """One thing as it is given. `changed` is another whenever what was given is."""

    item_id: int
    ref: str
    audience: str
    purpose: Purpose
    protocol: str
    rules: str
    left: str  # JSON
    changed: datetime

    @property
    def facts(self) -> tuple[str, ...]:
        return (self.audience, self.purpose.value, self.protocol, self.rules, self.left)

    @property
    def digest(self) -> str:
        return hashlib.sha256(msgspec.json.encode((*self.facts, self.changed))).hexdigest()


def _of_event(event_id: int, one: Release) -> _Given:
    return _Given(event_id, one.ref, one.audience, one.purpose, one.protocol, one.rule, json(left(one)), one.updated_at)


def _of_alert(message_id: int, one: AlertRelease) -> _Given:
    whole = json({"version": one.version})
    return _Given(message_id, one.ref, one.audience, Purpose.ALERT, one.protocol, one.rule, whole, one.sent)


def _of_row(number: int, one: RowRelease[T]) -> _Given:
    whole = json({"table": one.table})
    return _Given(number, one.ref, one.audience, one.purpose, one.protocol, one.rule, whole, one.changed)


def _write(operation_id: int, reader: Reader, kind: str, given: Sequence[_Given]) -> None:
    had = _had(reader, kind, [one.item_id for one in given])
    fresh = [one for one in given if (one.item_id, one.digest) not in had]
    if not fresh:
        return
    at = moment(timezone.now())
    who = (reader.organisation, reader.key, reader.person_id or 0)
    rows = [(operation_id, kind, one.item_id, *who, *one.facts, one.digest, at) for one in fresh]
    refs = hashlib.sha256("\n".join(one.ref for one in fresh).encode()).hexdigest()
    said = _said(operation_id, reader)
    with transaction.atomic():
        insert_tuples(NamedRelease, _COLUMNS, rows)
        entries.releases(operation_id, fresh[0].audience, fresh[0].purpose.value, refs, len(fresh), said)


def _named(protocol: Protocol, reader: Reader, audience: str) -> bool:
    """Whether what this reader gets is written down: it reads for an organisation, or by a key, more than everybody."""
    return not reader.team and bool(reader.organisation or reader.key) and audience != protocol.audiences[-1].name


def _had(reader: Reader, kind: str, ids: Sequence[int]) -> set[tuple[int, str]]:
    mine = NamedRelease.objects.filter(
        kind=kind, organisation=reader.organisation, key=reader.key, person_id=reader.person_id or 0
    )
    parts = (ids[start : start + _PART] for start in range(0, len(ids), _PART))
    return {row for part in parts for row in mine.filter(item_id__in=part).values_list("item_id", "digest")}


_PART = 500  # things named in one statement: below every database's limit of parameters


_COLUMNS = (
    "operation_id", "kind", "item_id", "organisation", "key", "person_id", "audience", "purpose", "protocol", "rules",
    "left", "digest", "at",
)  # fmt: skip


def left(one: Release) -> dict[str, Json]:
    """Which parts were given, and how exact a place (`precision`, `radius_m`); never what they say."""
    parts: dict[str, object] = {
        "title": one.title, "summary": one.summary, "occurred_at": one.occurred_at, "affected": one.affected,
        "sources": one.sources, "reports": one.reports, "response": one.response, "extra": one.extra,
        "files": one.files,
    }  # fmt: skip
    said: dict[str, Json] = {"parts": [name for name, value in parts.items() if value]}
    if one.place:
        said |= {"precision": int(one.place.precision), "radius_m": one.place.radius_m}
    return said


def _said(operation_id: int, reader: Reader) -> str:
    """By numbers, as the ledger keeps it: names are words of people, and the ledger is shown to others."""
    organisation = Organisation.objects.filter(slug=reader.organisation).values_list("pk", flat=True).first()
    keys = PartnerKey.objects.filter(agreement__operation=operation_id, name=reader.key, revoked_at=None)
    known = {
        "organisation": organisation,
        "key": keys.order_by("-pk").values_list("pk", flat=True).first() if reader.key else None,
        "person": reader.person_id,
    }
    return ", ".join(f"{what} {number}" for what, number in known.items() if number)


@dataclass(frozen=True, slots=True)
class Span:
    """An audience had an event from `since` until `until`, or still has it."""

    event_id: int
    audience: str  # as the protocol calls it
    since: datetime
    until: datetime | None


def spans(operation_id: int, event_ids: Iterable[int]) -> list[Span]:
    """When which audience had these events, the earliest first, from the release logs."""
    log = ReleaseEntry.objects.filter(operation_id=operation_id, event_id__in=list(event_ids)).order_by("seq")
    began: dict[tuple[int, str], datetime] = {}
    found: list[Span] = []
    for event_id, audience, retracted, at in log.values_list("event_id", "audience", "retracted", "at"):
        key = (event_id, audience)
        if not retracted:
            began.setdefault(key, at)
        elif key in began:
            found.append(Span(event_id, audience, began.pop(key), at))
    found += [Span(event_id, audience, at, None) for (event_id, audience), at in began.items()]
    return sorted(found, key=lambda one: one.since)


def to_named(operation_id: int, event_ids: Iterable[int]) -> Sequence[NamedRelease]:
    """What named readers were given of these events, the earliest first."""
    rows = NamedRelease.objects.filter(operation_id=operation_id, kind="event", item_id__in=list(event_ids))
    return list(rows.order_by("at", "pk"))
