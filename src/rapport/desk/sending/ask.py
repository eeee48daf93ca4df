"""A question to the sender of a report: written here, sent by notify."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.books import allow, decide
from rapport.errors import Conflict, Refused
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.notify.ways import out_of_reach
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report, Sender
from rapport.values import Trust

#: Characters of a question [ours: one SMS in the basic alphabet].
LONGEST = 160
PURPOSE = "question"
#: Questions that wait for a sender's next message at most, whoever asked them [ours]: more of them is pressing.
UNANSWERED = 3

_NOT_SENT = (OutboxState.CANCELLED, OutboxState.STOPPED, OutboxState.FAILED)


def why_not(report: Report) -> str:
    """Why this report's sender cannot be asked now, in a sentence; "" if they can."""
    sender = report.sender
    if sender is None:
        return "The report came without a sender: there is nobody to ask."
    if sender.destroyed_at is not None:
        return "The sender's address was destroyed: nobody can be asked."
    if sender.trust == Trust.BLOCKED:
        return "The sender is blocked: take that back first."
    if sender.stopped_at is not None:
        return "The sender said STOP: nothing is sent to them until they write START."
    if report.operation.sending_stopped_at is not None:
        return "All sending is stopped in this operation: ask the lead to resume it."
    if _unanswered(sender) >= UNANSWERED:
        return f"{UNANSWERED} questions wait for an answer of this sender: more can be asked when they have written."
    return out_of_reach(report.source, sender.kind)


def _unanswered(sender: Sender) -> int:
    """How many questions went to the sender, or wait to go, since the sender's last message."""
    last = Report.objects.filter(sender=sender).aggregate(at=Max("received_at"))["at"]
    asked = OutboxMessage.objects.filter(sender=sender, purpose=PURPOSE).exclude(state__in=_NOT_SENT)
    return asked.filter(created_at__gt=last).count() if last else asked.count()


def ask(person: Person, report: Report, text: str, language: str, uuid: UUID) -> OutboxMessage:
    """Puts the question into the outbox. `uuid` comes with the form: the same form twice asks once."""
    allow(person, Permission.DESK_SENDER_ASK, report.operation_id)
    text = text.strip()
    if not text or "\0" in text or len(text) > LONGEST:
        raise Refused("question", f"Write 1 to {LONGEST} characters.", field="question")
    if language not in report.operation.languages:
        raise Refused("language", "Choose one of the operation's languages.", field="language")
    report = Report.objects.select_related("operation", "source", "sender").get(pk=report.pk)
    if (sent := OutboxMessage.objects.filter(uuid=uuid, operation=report.operation).first()) is not None:
        return sent
    if (obstacle := why_not(report)) or report.sender is None:
        raise Refused("no way back", obstacle)
    with transaction.atomic():
        message, made = OutboxMessage.objects.get_or_create(
            uuid=uuid,
            defaults={
                "operation": report.operation,
                "source": report.source,
                "sender": report.sender,
                "report_ref": report.ref,
                "purpose": PURPOSE,
                "person": person,
                "language": language,
                "body": text,
            },
        )
        if made:
            decide(
                person,
                report.operation_id,
                DecisionKind.ASK,
                report_id=report.pk,
                sender_id=report.sender.pk,
                reason=text,
                before={},
                after={"message": message.pk},
            )
    return message


def take_back(decision: Decision) -> None:
    """The question does not go out, if it is still here; for taking_back.py, in its transaction."""
    message = OutboxMessage.objects.filter(pk=decision.after["message"])
    here = message.filter(state=OutboxState.WAITING, gone=False)
    if not here.update(state=OutboxState.CANCELLED, changed_at=timezone.now()):
        raise Conflict("The question has gone out already: write another one instead.")
