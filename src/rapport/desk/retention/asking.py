"""A person has everything destroyed that somebody sent; or holds a report or an event from destruction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.desk.actions import words
from rapport.desk.books import allow, decide
from rapport.desk.retention.due import held, holds_now
from rapport.errors import Conflict, Refused
from rapport.events.models import Event, EventReport
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.oversight.models import DecisionKind, Hold, RetentionRun, Stage
from rapport.reports.models import Attachment, Report, Sender, Translation

#: Of addresses, as channels name them (values.Address).
KINDS = ("tel", "whatsapp", "email", "messenger", "rcs", "telegram", "viber", "name")
LONGEST_HOLD = timedelta(days=3 * 366)  # then somebody has to say again why [ours]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would go, and what stays."""

    senders: Sequence[Sender]  # one person may be known by several addresses
    reports: int
    already: int  # of these, destroyed before
    held: int  # of these, held: they stay, and the address with them
    files: int
    translations: int
    messages: int  # written to the sender
    events: int  # stay, with what people wrote there
    unsettled_imports: int  # reports of imports that are not through: their files go later


def by_ref(operation: Operation, ref: str) -> list[Sender]:
    """Who sent the report with this reference, or with one that begins so. Refused if that is nobody, or several."""
    ref = ref.strip().lower()
    found = list(Report.objects.filter(operation=operation, ref__startswith=ref)[:2]) if len(ref) >= 6 else []
    if len(found) != 1:
        what = "Several reports begin so: write more of it." if found else "No report here has this reference."
        raise Refused("ref", what, field="ref")
    if found[0].sender is None:
        raise Refused("ref", "This report came without a sender.", field="ref")
    return [found[0].sender]


def by_address(operation: Operation, typed: str) -> list[Sender]:
    """Who sends from this address, by whichever way. It is turned into pseudonyms at once, and kept nowhere. Refused if
    nobody does."""
    text = typed.strip()
    digits = "".join(letter for letter in text if letter.isdigit())
    names = [
        keys.pseudonym(operation.slug, kind, value.lstrip("+"), _any_sender)
        for kind in KINDS
        for value in {text, text.casefold(), digits} - {""}
    ]
    found = list(Sender.objects.filter(pk__in=names, operation=operation).order_by("pk"))
    if not found:
        remedy = "Nobody here is known by this address. Write a number with that of its country, as +509 37 01 23 45."
        raise Refused("address", remedy, field="address")
    return found


def _any_sender() -> bool:
    return Sender.objects.exists()


def preview(senders: Sequence[Sender]) -> Preview:
    theirs = Report.objects.filter(sender__in=senders)
    ids = theirs.values("pk")
    return Preview(
        senders=senders,
        reports=theirs.count(),
        already=theirs.exclude(destroyed_at=None).count(),
        held=theirs.filter(held(senders[0].operation_id)).count(),
        files=Attachment.objects.filter(report__sender__in=senders).exclude(key_sealed=b"").count(),
        translations=Translation.objects.filter(report_id__in=ids).count(),
        messages=OutboxMessage.objects.filter(sender__in=senders).count(),
        events=EventReport.objects.filter(report_id__in=ids).values("event").distinct().count(),
        unsettled_imports=theirs.filter(import_no__in=_at_work(senders[0].operation_id)).count(),
    )


def _at_work(operation_id: int) -> list[int]:
    """Imports that bring their rows at this moment, by their numbers; they stand in a room above."""
    states = ("read", "running", "rolling_back")
    found = apps.get_model("intake.Import").objects.filter(operation_id=operation_id, state__in=states)
    return list(found.values_list("pk", flat=True))


def destroy(person: Person, senders: Sequence[Sender], reason: str) -> RetentionRun:
    """Everything that these senders sent is to be destroyed, for good; the worker does it, or `run.finish`. Conflict if
    it has been, or is being, or if an import at work still brings some of it."""
    operation_id = senders[0].operation_id
    allow(person, Permission.OVERSIGHT_DATA_DESTROY, operation_id)
    reason = words("reason", reason)
    names = sorted(sender.pk for sender in senders)
    with transaction.atomic():
        there = list(Sender.objects.select_for_update().filter(pk__in=names, destroyed_at=None).order_by("pk"))
        if not there:
            raise Conflict("What this sender sent is destroyed already.")
        if any(name in run.senders for run in RetentionRun.objects.filter(stage=Stage.DESTROYING) for name in names):
            raise Conflict("What this sender sent is being destroyed at this moment.")
        if preview(there).unsettled_imports:
            raise Conflict("An import that brings reports of this sender is at work: wait until it is through.")
        made = decide(person, operation_id, DecisionKind.DESTROY, before={}, after={}, reason=reason)
        return RetentionRun.objects.create(
            operation_id=operation_id, person=person, decision_id=made.pk, reason=reason, senders=names
        )


def hold(
    person: Person, operation: Operation, report: Report | None, event: Event | None, reason: str, last: date
) -> Hold:
    """Nobody destroys the report, or the event's reports, until the end of that day in the operation's time zone."""
    allow(person, Permission.OVERSIGHT_DATA_HOLD, operation.pk)
    reason = words("reason", reason)
    until = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(operation.time_zone))
    if not timezone.now() < until <= timezone.now() + LONGEST_HOLD:
        raise Refused("until", "Choose a day from today on, within three years.", field="until")
    if (report is None) == (event is None):
        raise Refused("ref", "No report and no event here has this reference.", field="ref")
    if report is not None and report.destroyed_at:
        raise Conflict("Its words are destroyed already.")
    subject = {"report_id": report.pk if report else None, "event_id": event.pk if event else None}
    with transaction.atomic():
        said = {"until": until.isoformat()}
        decide(person, operation.pk, DecisionKind.HOLD, before={}, after=said, reason=reason, **subject)
        return Hold.objects.create(operation=operation, person=person, reason=reason, until=until, **subject)


def let_go(person: Person, one: Hold, reason: str) -> None:
    """The hold ends now: the schedule counts again. Conflict if it has ended."""
    allow(person, Permission.OVERSIGHT_DATA_HOLD, one.operation_id)
    reason = words("reason", reason)
    with transaction.atomic():
        if not holds_now(one.operation_id).filter(pk=one.pk).update(ended_at=timezone.now()):
            raise Conflict("This hold has ended already.")
        decide(
            person, one.operation_id, DecisionKind.LET_GO, before={"until": one.until.isoformat()}, after={},
            reason=reason, report_id=one.report_id, event_id=one.event_id,
        )  # fmt: skip


def held_by(report: Report) -> Hold | None:
    """The hold under which this report stands, if any."""
    link = EventReport.objects.filter(report=report).values_list("event_id", flat=True).first()
    return holds_now(report.operation_id).filter(Q(report_id=report.pk) | Q(event_id=link or 0)).first()
