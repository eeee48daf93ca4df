"""What the worker should have done by now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from rapport.intake.models import Import, ImportState
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.reports.models import Attachment, AttachmentState, Report
from rapport.upkeep.doctor.finding import Finding, fine, look, wrong

#: Reports are looked through within seconds, also after a burst of thousands; the rest within minutes [ours].
_SOON, _MINUTES = timedelta(minutes=1), timedelta(minutes=10)
_AT_WORK = (ImportState.READ, ImportState.RUNNING, ImportState.ROLLING_BACK)


def _since(span: timedelta) -> datetime:
    return timezone.now() - span


def understanding() -> Iterator[Finding]:
    late = Report.objects.filter(understood=False, received_at__lt=_since(_SOON)).count()
    if late:
        yield wrong(
            "worker", f"{late} reports have waited over a minute for the worker: it is not running, or behind.",
            "rapport serve runs one by itself; after --no-worker start rapport worker. If it runs, read its log.",
        )  # fmt: skip
    else:
        yield fine("worker", "Every report was looked through by the worker.")


def attachments() -> Iterator[Finding]:
    late = Attachment.objects.filter(state=AttachmentState.WAITING, received_at__lt=_since(_MINUTES)).count()
    if late:
        yield look("attachments", f"{late} files have waited over ten minutes to be cleaned.", "Is the worker running?")


def outbox() -> Iterator[Finding]:
    """Messages that should have gone. Where somebody pressed stop, and in exercises, waiting is right."""
    due = OutboxMessage.objects.filter(operation__sending_stopped_at=None, operation__exercise=False)
    late = due.filter(state=OutboxState.WAITING, created_at__lt=_since(_MINUTES)).filter(
        Q(next_at=None) | Q(next_at__lt=_since(_MINUTES))
    )
    if count := late.count():
        yield look(
            "outbox", f"{count} messages to senders have waited over ten minutes.",
            "Is the worker running, and does the source have what it needs to send? Its page says why a message waits.",
        )  # fmt: skip
    stuck = due.filter(state=OutboxState.SENDING, claimed_at__lt=_since(_MINUTES)).count()
    if stuck:
        yield look("outbox", f"{stuck} messages have been under way for over ten minutes.", "Is the worker running?")
    unsure = OutboxMessage.objects.filter(state=OutboxState.UNSURE).count()
    if unsure:
        yield look(
            "outbox", f"Of {unsure} messages nobody knows whether they went.", "A person decides: the outbox page."
        )


def imports() -> Iterator[Finding]:
    stuck = Import.objects.filter(state__in=_AT_WORK, created_at__lt=_since(_MINUTES)).filter(
        Q(claimed_at=None) | Q(claimed_at__lt=_since(_MINUTES))
    )
    for one in stuck.select_related("operation")[:20]:
        yield look(
            "imports", f"The import of {one.file_name} into {one.operation.slug} stands still at row {one.done_rows}.",
            "Is the worker running? It goes on where it stopped.",
        )  # fmt: skip
