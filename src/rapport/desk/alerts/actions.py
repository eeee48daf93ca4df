"""A lead warns people: draft, look, issue; later update or cancel. Nothing that was issued is ever changed.

All raise NotAllowed (the person may not), Refused (what was written cannot be) or Conflict (somebody was first).
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.alerts import threads
from rapport.alerts.draft import AlertDraft
from rapport.alerts.models import Alert, AlertMessage
from rapport.alerts.signed import signed
from rapport.desk.alerts.outlook import EXPIRED, Outlook, outlook
from rapport.desk.books import allow, decide
from rapport.errors import Conflict, Refused
from rapport.events.models import Event
from rapport.formats.cap.model import MsgType
from rapport.operations.models import Operation
from rapport.oversight.models import DecisionKind

DRAFT, ISSUE = Permission.DESK_ALERT_DRAFT, Permission.DESK_ALERT_ISSUE
TWO_PEOPLE = "Here two people issue an alert: somebody else than who wrote it last must issue it."
#: What an issued message became to the thread, in the record.
BECAME = {MsgType.ALERT: "issued", MsgType.UPDATE: "updated", MsgType.CANCEL: "cancelled"}


@transaction.atomic
def start(person: Person, operation: Operation, draft: AlertDraft, event: Event | None = None) -> AlertMessage:
    """The draft of a new alert, about an event or an area. It goes to nobody. The same again is the draft that waits:
    a form may come twice over a bad line."""
    allow(person, DRAFT, operation.pk)
    if draft.msg_type is not MsgType.ALERT:
        raise Refused("msg_type", "What begins a thread is an alert.", field="msg_type")
    if event is not None and event.operation_id != operation.pk:
        raise Refused("other operation", "The event belongs to another operation.", field="event")
    mine = threads.waiting(operation.pk).filter(drafted_by=person, alert__event=event)
    same = next((one for one in mine if one.as_draft == draft), None)
    if same is not None:
        return same
    alert = Alert.objects.create(operation=operation, event=event)
    return _draft(person, alert, draft)


@transaction.atomic
def follow(person: Person, alert: Alert, draft: AlertDraft) -> AlertMessage:
    """The draft of an update or a cancellation. Conflict if one waits already, or nothing is in force any more."""
    allow(person, DRAFT, alert.operation_id)
    if draft.msg_type not in {MsgType.UPDATE, MsgType.CANCEL}:
        raise Refused("msg_type", "An alert is updated or cancelled.", field="msg_type")
    check_held(alert, timezone.now())
    try:
        with transaction.atomic():
            return _draft(person, alert, draft)
    except IntegrityError as error:
        raise Conflict("A draft of this alert waits already: issue or discard that one.") from error


@transaction.atomic
def rewrite(person: Person, message: AlertMessage, draft: AlertDraft, seen: str) -> AlertMessage:
    """The draft says something else; whoever wrote last is who wrote it. `seen`: the digest of what they changed."""
    allow(person, DRAFT, message.alert.operation_id)
    fresh = _open(message, seen)
    fresh.draft, fresh.msg_type = draft.as_json(), draft.msg_type.value
    fresh.drafted_by, fresh.drafted_at = person, timezone.now()
    fresh.save(update_fields=["draft", "msg_type", "drafted_by", "drafted_at"])
    return fresh


@transaction.atomic
def drop(person: Person, message: AlertMessage) -> None:
    """The draft is not issued, and stays in the books as dropped."""
    allow(person, DRAFT, message.alert.operation_id)
    fresh = _open(message)
    fresh.dropped_at = timezone.now()
    fresh.save(update_fields=["dropped_at"])


@transaction.atomic
def issue(person: Person, message: AlertMessage, seen: str, base_url: str) -> AlertMessage:
    """From the next request on whoever may have it gets it. `seen`: what the person looked at (`seen`, below).

    1 may they · 2 is it still this draft, and nobody else's to issue · 3 what it would be now · 4 kept as it is for
    ever · 5 the decision
    """
    # 1
    operation = message.alert.operation
    allow(person, ISSUE, operation.pk)
    # 2
    words, _, promise = seen.partition(".")
    fresh = _open(message, words)
    if operation.alerts.get("two_people") and fresh.drafted_by_id == person.pk:
        raise Conflict(TWO_PEOPLE)
    if fresh.as_draft.msg_type is not MsgType.ALERT:
        check_held(fresh.alert, timezone.now())
    # 3
    look = outlook(operation, fresh, base_url, timezone.now())
    if look.faults:
        raise Refused("alert", look.faults[0], field="alert")
    if look.promise != promise:
        raise Conflict("Since you looked, who would get it has changed, or what it replaces: look again.")
    # 4
    fresh.version = threads.next_version(fresh.alert)
    fresh.issued_by, fresh.sent, fresh.data = person, look.alert.sent, signed(look.data, look.alert.sent)
    fresh.expires, fresh.bare, fresh.given_to = fresh.as_draft.expires, look.bare, look.given_to
    fresh.save(update_fields=["version", "issued_by", "data", "sent", "expires", "bare", "given_to"])
    # 5
    decide(
        person,
        operation.pk,
        DecisionKind.ALERT,
        event_id=fresh.alert.event_id,
        reason=fresh.as_draft.note,
        before={},
        after={
            "alert": fresh.alert.ref,
            "version": fresh.version,
            "became": BECAME[fresh.as_draft.msg_type],
            "drafted_by": fresh.drafted_by_id,
            "sha256": hashlib.sha256(fresh.data).hexdigest(),
        },
    )
    return fresh


def digest(message: AlertMessage) -> str:
    """Of what a draft says: whoever changes it says by this what they changed."""
    return hashlib.sha256(msgspec.json.encode(message.draft, order="sorted")).hexdigest()


def seen(message: AlertMessage, look: Outlook) -> str:
    """What somebody looked at: the words, and what the look promised of them."""
    return f"{digest(message)}.{look.promise}"


def _draft(person: Person, alert: Alert, draft: AlertDraft) -> AlertMessage:
    made: AlertMessage = alert.messages.create(draft=draft.as_json(), drafted_by=person, msg_type=draft.msg_type.value)
    return made


def _open(message: AlertMessage, seen: str | None = None) -> AlertMessage:
    """The draft as it is now, its thread held until the transaction ends; Conflict where it is none any more, or
    another than the person saw."""
    alert = Alert.objects.select_for_update().get(pk=message.alert_id)
    fresh = AlertMessage.objects.select_for_update().get(pk=message.pk)
    fresh.alert = alert
    if fresh.version is not None:
        raise Conflict("It is issued already.")
    if fresh.dropped_at is not None:
        raise Conflict("This draft was discarded.")
    if seen is not None and digest(fresh) != seen:
        raise Conflict(f"{fresh.drafted_by.shown_name} changed the draft since you looked: look again.")
    return fresh


def check_held(alert: Alert, now: datetime) -> None:
    """Conflict where nobody can hold a message of it any more, or it is cancelled already."""
    latest = alert.messages.filter(version__isnull=False).order_by("-version").first()
    if latest is not None and latest.msg_type == MsgType.CANCEL:
        raise Conflict("This alert is cancelled: issue a new one.")
    if not threads.replaced(alert, now):
        raise Conflict(EXPIRED)
