"""What people decide about messages that go out: stop or resume all sending; take back what waits; send again, or
leave, what was perhaps sent, one or all."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.actions import words
from rapport.desk.books import allow, decide, moment
from rapport.errors import Conflict, Refused
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report

S = OutboxState
#: As if it had never been tried.
_ANEW: dict[str, Any] = {"state": S.WAITING, "attempts": 0, "next_at": None, "claim": "", "gone": False, "problem": ""}
#: What can be decided about all messages that stand alike: those in a state become another one.
_ALL: dict[str, tuple[OutboxState, dict[str, Any]]] = {
    "cancel": (S.WAITING, {"state": S.CANCELLED}),
    "again": (S.UNSURE, _ANEW),
    "leave": (S.UNSURE, {"state": S.HANDED}),
}


def stop_sending(person: Person, operation: Operation, reason: str) -> Decision:
    """Nothing more goes out in this operation, not even what is being prepared. Conflict if it was stopped already."""
    allow(person, Permission.NOTIFY_SENDING_STOP, operation.pk)
    with transaction.atomic():
        running = Operation.objects.filter(pk=operation.pk, sending_stopped_at__isnull=True)
        if not running.update(sending_stopped_at=timezone.now(), sending_stopped_by=person):
            raise Conflict(stopped_by(operation))
        return _decided(person, operation, {"sending": "on"}, {"sending": "stopped"}, reason)


def resume_sending(person: Person, operation: Operation, reason: str) -> Decision:
    """What waits goes out again. Conflict if sending was not stopped."""
    allow(person, Permission.NOTIFY_SENDING_STOP, operation.pk)
    with transaction.atomic():
        stopped = Operation.objects.filter(pk=operation.pk, sending_stopped_at__isnull=False)
        if not stopped.update(sending_stopped_at=None, sending_stopped_by=None):
            raise Conflict("Sending is not stopped.")
        return _decided(person, operation, {"sending": "stopped"}, {"sending": "on"}, reason)


def stopped_by(operation: Operation) -> str:
    """Who stopped all sending and when; "" if nobody did."""
    fresh = Operation.objects.select_related("sending_stopped_by").get(pk=operation.pk)
    if fresh.sending_stopped_at is None:
        return ""
    who = fresh.sending_stopped_by.shown_name if fresh.sending_stopped_by else "Somebody"
    return f"{who} stopped all sending, {moment(fresh.sending_stopped_at)}."


def settle_all(person: Person, operation: Operation, what: str, reason: str) -> int:
    """Decide alike about all messages that wait (`cancel`), or that were perhaps sent (`again`, `leave`); how many.
    Conflict if there is none. What is just being sent is in nobody's hand."""
    allow(person, Permission.NOTIFY_SENDING_STOP, operation.pk)
    if what not in _ALL:
        raise Refused("what", "Say what is to become of them.", field="what")
    when, changes = _ALL[what]
    now = timezone.now()
    with transaction.atomic():
        mine = OutboxMessage.objects.filter(operation=operation, state=when)
        if what == "cancel":  # what was tried once may have come: nobody can take that back
            tried = mine.filter(gone=True).update(state=S.UNSURE, changed_at=now)
            count = tried + mine.filter(gone=False).update(changed_at=now, **changes)
        else:
            count = mine.exclude(body="").update(changed_at=now, **changes)
        if not count:
            raise Conflict(f"No message is {when.label} now.")
        _decided(person, operation, {"state": when}, {"messages": count, "state": changes["state"]}, reason)
    return count


def send_again(person: Person, message: OutboxMessage) -> Decision:
    """A message that failed, or was perhaps sent, goes out once more. Conflict if it is neither now."""
    return _settled(person, message, (S.UNSURE, S.FAILED), _ANEW)


def leave(person: Person, message: OutboxMessage) -> Decision:
    """A message that was perhaps sent stays so, and nobody is asked about it any more."""
    return _settled(
        person, message, (S.UNSURE,), {"state": S.HANDED, "problem": f"Perhaps sent; left so by {person.shown_name}."}
    )


def _settled(
    person: Person, message: OutboxMessage, when: tuple[OutboxState, ...], changes: dict[str, Any]
) -> Decision:
    allow(person, Permission.DESK_SENDER_ASK, message.operation_id)
    with transaction.atomic():
        before = OutboxMessage.objects.filter(pk=message.pk).values("state", "problem").get()
        open_one = OutboxMessage.objects.filter(pk=message.pk, state__in=when, state=before["state"])
        if changes["state"] == S.WAITING and open_one.filter(body="").exists():
            raise Conflict("What was written was destroyed: there is nothing to send.")
        if not open_one.update(changed_at=timezone.now(), **changes):
            raise Conflict(f"This message is {S(before['state']).label} now: somebody or something was first.")
        return _decided(
            person,
            message.operation,
            {"message": message.pk, **before},
            {"message": message.pk, "state": changes["state"]},
            report_id=Report.objects.filter(ref=message.report_ref).values_list("pk", flat=True).first(),
            sender_id=message.sender_id,
        )


def _decided(
    person: Person,
    operation: Operation,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str = "",
    **more: Any,
) -> Decision:
    reason = words("reason", reason, needed=False)
    return decide(person, operation.pk, DecisionKind.SENDING, before=before, after=after, reason=reason, **more)


def label(decision: Decision) -> str:
    """What a decision about sending was, in words."""
    if "messages" in decision.after:
        counted = f"{decision.after['messages']} messages"
        match decision.after["state"]:
            case S.CANCELLED:
                return f"took back {counted} that waited"
            case S.WAITING:
                return f"sent {counted} again"
            case _:
                return f"left {counted} as perhaps sent"
    if "message" not in decision.after:
        return "stopped all sending" if decision.after.get("sending") == "stopped" else "resumed sending"
    return "sent a message again" if decision.after.get("state") == S.WAITING else "left a message as perhaps sent"
