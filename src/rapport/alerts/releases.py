"""Alerts for one reader: Items of messages, and what the protocol releases of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from rapport.alerts import threads
from rapport.alerts.models import AlertMessage
from rapport.events.items import items as event_items
from rapport.events.models import Event
from rapport.formats.cap import reading
from rapport.formats.cap.model import Alert
from rapport.formats.cap.released import AlertRelease
from rapport.operations.models import Operation
from rapport.sharing import given
from rapport.sharing.active import policy_of
from rapport.sharing.items import FINEST, AlertItem, Facts
from rapport.sharing.policy import Policy
from rapport.sharing.release import release_alert
from rapport.values import Publication, Reader


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
    alerts = {one.alert_id for one in messages}
    firsts = AlertMessage.objects.filter(alert__in=alerts, version=1).values_list("alert_id", "sent")
    began = dict(firsts)
    had = threads.given_before(one.alert_id for one in messages if one.bare)
    return {
        one.pk: item(
            operation,
            one,
            bytes(one.data or b""),
            facts.get(one.alert.event_id or 0, OF_NO_EVENT),
            began.get(one.alert_id),
            had.get(one.alert_id, frozenset()) if one.bare else frozenset(),
        )
        for one in messages
    }


def item(
    operation: Operation,
    message: AlertMessage,
    data: bytes,
    facts: Facts,
    began: datetime | None,
    had: frozenset[str] = frozenset(),
) -> AlertItem:
    """The Item of one message, whose file is `data`; `facts` are those of its event, `began` is when its thread did."""
    alert, spot = said_in(data), message.as_draft.spot
    said = replace(
        facts,
        kind="alert",
        publication=Publication.PUBLISHED,
        published_at=began or alert.sent,  # a delay is over for the updates of what was given
        # Only a unit is coarse: a circle that somebody drew has what it was drawn around in its middle.
        finest=FINEST[spot.precision] if spot.pcode else "coordinates",
        # Who wrote its words for everybody has looked at them.
        names="yes" if facts.names == "yes" else "no",
        personal_data="yes" if facts.personal_data == "yes" else "no",
    )
    return AlertItem(message.alert.ref, message.version or 0, said, alert, data, spot, operation.time_zone, had)


#: An alert about an area, of which no event tells.
OF_NO_EVENT = Facts(kind="alert", data_type="none", aggregation="record", finest="none")


def about(operation: Operation, event_ids: Iterable[int | None], policy: Policy) -> Mapping[int, Facts]:
    """What is known of the events that alerts are about, as it is now: by event id. What a person says of an event
    counts for its alerts too; of one that became part of another, what is said of that."""
    into = {one: one for one in event_ids if one is not None}
    while merged := dict(
        Event.objects.filter(pk__in=set(into.values()), merged_into__isnull=False).values_list("pk", "merged_into")
    ):
        into = {first: merged.get(now) or now for first, now in into.items()}
    facts = {pk: one.facts for pk, one in event_items(operation, sorted(set(into.values())), policy).items()}
    return {first: facts[now] for first, now in into.items() if now in facts}


def said_in(data: bytes) -> Alert:
    """What the file of an issued message says, or of one that was just written."""
    alert = reading.read(data).alert
    if alert is None:
        raise ValueError("An issued message can be read: it was, before it was issued.")
    return alert
