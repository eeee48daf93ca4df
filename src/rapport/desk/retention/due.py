"""What a run destroys next: by the schedule, or of the senders that somebody asked for; never what is held."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from secrets import token_urlsafe

from django.db import OperationalError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from rapport.events.models import Event, EventReport
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.oversight.models import Hold, RetentionRun
from rapport.plugins import Doomed
from rapport.reports.models import DESTROYED, Attachment, Report, Sender


def due(run_id: int, most: int) -> Doomed:
    """Up to so many reports, files and senders; `nothing` when all is done, with the number of reports that are held.

    Words and files go before the sender: they are found by the sender while it is there. What is being sent at this
    moment is left for a little later.
    """
    run = RetentionRun.objects.get(pk=run_id)
    reports, files, senders = (due_senders if run.decision_id is not None else due_by_schedule)(run)
    free = ~held(run.operation_id)
    texts = list(reports.filter(free).order_by("pk").values_list("pk", flat=True)[:most])
    with_files = list(files.filter(free).order_by("pk").values_list("pk", flat=True)[:most])
    gone = [] if texts or with_files else _senders(senders, run.operation_id, most)
    made = Doomed(
        operation_id=run.operation_id,
        at=timezone.now(),
        senders={one: _by_chance() for one in gone},
        reports=texts,
        files=with_files,
        imports=_imports(run),
    )
    if not made.nothing:
        return made
    if OutboxMessage.objects.filter(sender_id__in=run.senders, state=OutboxState.SENDING).exists():
        raise OperationalError("A message to the sender is going out at this moment: it goes on when that is settled.")
    return Doomed(run.operation_id, made.at, imports=made.imports, held=_count_held(run.operation_id, reports, files))


Three = tuple[QuerySet[Report], QuerySet[Report], QuerySet[Sender]]


def due_senders(run: RetentionRun) -> Three:
    """Reports whose words, reports whose files, and senders whose addresses a request is about."""
    theirs = Report.objects.filter(operation_id=run.operation_id, sender_id__in=run.senders)
    there = Sender.objects.filter(pk__in=run.senders, destroyed_at=None)
    return theirs.filter(destroyed_at=None), theirs.filter(_has_files()), there


def due_by_schedule(run: RetentionRun) -> Three:
    """The same by the schedule. A sender's address stays as long as one of their reports is not old enough."""
    before = {kind: datetime.fromisoformat(moment) for kind, moment in run.before.items()}
    reports = Report.objects.filter(operation_id=run.operation_id)
    texts, files, senders = reports.none(), reports.none(), Sender.objects.none()
    if "texts" in before:
        texts = reports.filter(destroyed_at=None, received_at__lt=before["texts"])
    if "attachments" in before:
        files = reports.filter(_has_files(), received_at__lt=before["attachments"])
    if "addresses" in before:
        later = Report.objects.filter(sender=OuterRef("pk"), received_at__gte=before["addresses"])
        old = Sender.objects.filter(operation_id=run.operation_id, created_at__lt=before["addresses"])
        senders = old.filter(~Exists(later), destroyed_at=None)
    return texts, files, senders


def held(operation_id: int) -> Q:
    """Reports that nobody may destroy now: held themselves, or part of an event that is."""
    holds = holds_now(operation_id)
    events = _with_merged({pk for pk in holds.values_list("event_id", flat=True) if pk})
    there = EventReport.objects.filter(report=OuterRef("pk"), event_id__in=events)
    named = [pk for pk in holds.values_list("report_id", flat=True) if pk]
    being_sent = OutboxMessage.objects.filter(report_ref=OuterRef("ref"), state=OutboxState.SENDING)
    return Q(pk__in=named) | Exists(there) | Exists(being_sent)


def holds_now(operation_id: int) -> QuerySet[Hold]:
    """The holds that have not ended, whether by a person or by their day."""
    return Hold.objects.filter(operation_id=operation_id, ended_at=None, until__gt=timezone.now())


def _with_merged(events: Iterable[int]) -> set[int]:
    """These and those that they have become part of: there their reports are."""
    found, fresh = set(events), set(events)
    while fresh:
        into = Event.objects.filter(pk__in=fresh, merged_into__isnull=False).values_list("merged_into", flat=True)
        fresh = {pk for pk in into if pk} - found
        found |= fresh
    return found


def _has_files() -> Exists:
    return Exists(Attachment.objects.filter(report=OuterRef("pk")).exclude(key_sealed=b""))


def _senders(senders: QuerySet[Sender], operation_id: int, most: int) -> list[str]:
    """Of those none of whose reports is held, and to whom nothing is being sent."""
    kept = Report.objects.filter(held(operation_id), sender=OuterRef("pk"))
    being_sent = OutboxMessage.objects.filter(sender=OuterRef("pk"), state=OutboxState.SENDING)
    free = senders.filter(~Exists(kept), ~Exists(being_sent))
    return list(free.order_by("pk").values_list("pk", flat=True)[:most])


def _by_chance() -> str:
    return f"{DESTROYED}{token_urlsafe(16)[:21]}"


def _imports(run: RetentionRun) -> datetime | None:
    """Files hold addresses and texts: the earlier of both days counts."""
    days = [datetime.fromisoformat(run.before[kind]) for kind in ("addresses", "texts") if kind in run.before]
    return max(days) if days else None


def _count_held(operation_id: int, reports: QuerySet[Report], files: QuerySet[Report]) -> int:
    here = held(operation_id)
    ids = set(reports.filter(here).values_list("pk", flat=True))
    return len(ids | set(files.filter(here).values_list("pk", flat=True)))
