"""What the worker should have done by now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from rapport.intake.models import WORKED_ON, Import
from rapport.notify.hours import quiet_until
from rapport.notify.models import OutboxMessage, OutboxState
from rapport.operations.models import Operation
from rapport.oversight.ledger import ruling
from rapport.oversight.models import LedgerEntry
from rapport.reports.models import Attachment, AttachmentState, LeftOut, Overload, Report
from rapport.upkeep.doctor.finding import Finding, fine, look, wrong

_TOLD = 20  # findings of one kind that are told one by one
#: Reports are looked through within seconds, also after a burst of thousands; the rest within minutes [ours].
_SOON, _MINUTES = timedelta(minutes=1), timedelta(minutes=10)


def _since(span: timedelta) -> datetime:
    return timezone.now() - span


def understanding() -> Iterator[Finding]:
    waiting = Report.objects.filter(understood=False)
    late = waiting.filter(received_at__lt=_since(_SOON)).count()
    found = waiting.aggregate(count=Count("pk"), oldest=Min("received_at"))
    if late:
        yield wrong(
            "worker", f"{late} reports have waited over a minute for the worker: it is not running, or behind.",
            "rapport serve runs one by itself; after --no-worker start rapport worker. If it runs, read its log.",
        )  # fmt: skip
    elif found["oldest"]:
        seconds = max(0, round((timezone.now() - found["oldest"]).total_seconds()))
        yield fine("worker", f"{found['count']} reports wait for the worker, the oldest for {seconds} s.")
    else:
        yield fine("worker", "No report waits for the worker.")


def ledger() -> Iterator[Finding]:
    """What is recorded and not sealed yet could still be altered unseen."""
    late = LedgerEntry.objects.filter(seq=None, made_at__lt=_since(_MINUTES)).count()
    if late:
        yield wrong(
            "ledger", f"{late} entries of the ledger have waited over ten minutes to be sealed: until then they can be"
            " altered unseen.", "The worker seals them: see that it runs, and read its log.",
        )  # fmt: skip
    else:
        yield fine("ledger", "What is older than ten minutes is sealed in the ledger.")


def sharing() -> Iterator[Finding]:
    """Whether protocols, agreements, partners' keys and broken glasses are as the ledger says."""
    found = ruling.faults()
    for fault in found[:_TOLD]:
        yield wrong(
            "sharing", f"Somebody changed what decides who sees what behind rapport's back: {fault.said}.",
            "Under a protocol whose text was changed nothing leaves the team. Find out who did it; rapport ledger"
            " verify lists all of it. Propose the agreed protocol again, end the agreement, revoke the key.",
        )  # fmt: skip
    if not found:
        yield fine("sharing", "Protocols, agreements, partners' keys and broken glasses are as the ledger says.")


def overload() -> Iterator[Finding]:
    """What was left for later and still is; where suggestions came late, in the hour that runs or the one before."""
    old = LeftOut.objects.filter(report__received_at__lt=_since(_MINUTES)).count()
    if old:
        yield look(
            "overload", f"{old} reports that were left for a calm moment have waited over ten minutes for it: more"
            " comes in than the worker can read.",
            "The desk shows of which languages. If it lasts, run the worker on a machine with more or faster cores.",
        )  # fmt: skip
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    recent = (
        Overload.objects.filter(hour__gte=hour, late__gt=0).values_list("operation__slug").order_by("operation__slug")
    )
    for slug, late, longest in recent.annotate(Sum("late"), Max("longest_s"))[:20]:
        yield look(
            "overload", f"Since {hour:%H:%M} UTC {late} reports of {slug} got their suggestions late, up to {longest} s"
            " after they came.", "It mends itself when fewer come in. If it lasts, give the worker a faster machine.",
        )  # fmt: skip


def attachments() -> Iterator[Finding]:
    late = Attachment.objects.filter(state=AttachmentState.WAITING, received_at__lt=_since(_MINUTES)).count()
    if late:
        yield look("attachments", f"{late} files have waited over ten minutes to be cleaned.", "Is the worker running?")


def outbox() -> Iterator[Finding]:
    """Messages that should have gone. Where somebody pressed stop, in exercises and quiet hours waiting is right."""
    due = OutboxMessage.objects.filter(operation__sending_stopped_at=None, operation__exercise=False)
    waiting = due.filter(state=OutboxState.WAITING, created_at__lt=_since(_MINUTES))
    held = Q(attempts=0) & ~Q(problem="")  # no way out is set up: looked at again each minute
    stands = waiting.filter(held).order_by("operation__slug", "problem").values_list("operation__slug", "problem")
    for slug, problem, count in stands.annotate(count=Count("pk"))[:20]:
        yield look(
            "outbox", f"{count} messages of {slug} cannot go: {problem}", "Set it up, or take the messages back."
        )
    late = (
        waiting.exclude(held).exclude(operation__in=_quiet()).filter(Q(next_at=None) | Q(next_at__lt=_since(_MINUTES)))
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


def _quiet() -> list[Operation]:
    now = timezone.now()
    return [one for one in Operation.objects.all() if quiet_until(one.sending, ZoneInfo(one.time_zone), now)]


def imports() -> Iterator[Finding]:
    stuck = Import.objects.filter(state__in=WORKED_ON, created_at__lt=_since(_MINUTES)).filter(
        Q(claimed_at=None) | Q(claimed_at__lt=_since(_MINUTES))
    )
    for one in stuck.select_related("operation")[:20]:
        yield look(
            "imports", f"The import of {one.file_name} into {one.operation.slug} stands still at row {one.done_rows}.",
            "Is the worker running? It goes on where it stopped.",
        )  # fmt: skip
