"""Alerts for one reader: Items of messages, and what the protocol releases of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from django.utils import timezone

from rapport.alerts.models import AlertMessage
from rapport.events.items import items as event_items
from rapport.formats.cap import reading
from rapport.formats.cap.model import Alert
from rapport.formats.cap.released import AlertRelease
from rapport.operations.models import Operation
from rapport.sharing import given
from rapport.sharing.active import policy_of
from rapport.sharing.items import FINEST, AlertItem, Facts
from rapport.sharing.policy import Policy
from rapport.sharing.release import release_alert
from rapport.values import Publication, Reader, Spot


def releases(operation: Operation, reader: Reader, messages: Sequence[AlertMessage]) -> list[AlertRelease]:
    """What this reader gets of these messages, in their order. What goes to a named reader is written down first."""
    policy, now = policy_of(operation.pk), timezone.now()
    known = items(operation, messages, policy)
    made = {one.pk: release_alert(policy, known[one.pk], reader, now) for one in messages}
    left = {pk: one for pk, one in made.items() if one is not None}
    given.record_alerts(operation.pk, policy.protocol, reader, left)
    return list(left.values())


def items(operation: Operation, messages: Sequence[AlertMessage], policy: Policy) -> dict[int, AlertItem]:
    """The Items of issued messages, by the messages' ids."""
    facts = about(operation, (one.alert.event_id for one in messages), policy)
    return {
        one.pk: item(operation, one.alert.ref, one.version or 0, one.as_draft.spot, bytes(one.data or b""),
                     facts.get(one.alert.event_id or 0, OF_NO_EVENT))
        for one in messages
    }  # fmt: skip


def item(operation: Operation, ref: str, version: int, spot: Spot, data: bytes, facts: Facts) -> AlertItem:
    """The Item of one message; `facts` are those of its event."""
    alert = _read(data)
    said = replace(
        facts,
        kind="alert",
        publication=Publication.PUBLISHED,
        published_at=alert.sent,
        finest=FINEST[spot.precision],
        # Of the alert's own words: who wrote them for everybody has looked.
        names="no",
        personal_data="no",
    )
    return AlertItem(ref, version, said, alert, data, spot, operation.time_zone)


#: An alert about an area, of which no event tells.
OF_NO_EVENT = Facts(kind="alert", data_type="none", aggregation="record", finest="none")


def about(operation: Operation, event_ids: Iterable[int | None], policy: Policy) -> Mapping[int, Facts]:
    """What is known of the events that alerts are about, as it is now: by event id. What a person says of an event
    counts for its alerts too."""
    ids = sorted({one for one in event_ids if one is not None})
    return {pk: one.facts for pk, one in event_items(operation, ids, policy).items()} if ids else {}


def _read(data: bytes) -> Alert:
    alert = reading.read(data).alert
    if alert is None:
        raise ValueError("An issued message can be read: it was, before it was issued.")
    return alert
