"""How the queue goes: how old it is, how fast it is worked off, and when it will be empty, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from rapport.desk.books import PLACING
from rapport.desk.senders import blocked_waiting
from rapport.operations.models import Operation
from rapport.oversight.models import Decision
from rapport.reports.models import Report, Standing

HOUR = timedelta(hours=1)
#: Newest rows looked at, so that the page is as quick in the second month as on the first day [ours].
LOOKED_AT = 20_000


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers of reports; ages in seconds, None where nothing waits."""

    waiting: int  # offered to people: without those of blocked senders
    blocked: int
    oldest_s: int | None
    middle_s: int | None  # half of them have waited longer
    came: int  # in the last hour
    decided: int  # by people, in the last hour

    @property
    def outlook(self) -> str:
        """When the queue will be empty if things go on as in the last hour."""
        if not self.waiting:
            return "Nothing waits."
        if not self.decided:
            return "Nobody has decided anything in the last hour."
        net = self.decided - self.came
        if net <= 0:
            return f"The queue grows by {-net} an hour." if net else "The queue stays as long as it is."
        return f"Empty in about {_span(self.waiting / net)} at the pace of the last hour."


def of(operation: Operation) -> Figures:
    queue = Report.objects.filter(operation=operation, standing=Standing.WAITING)
    count, blocked = queue.count(), blocked_waiting(operation)
    arrivals = queue.order_by("id").values_list("received_at", flat=True)
    now = timezone.now()
    oldest, middle = (arrivals[0], arrivals[count // 2]) if count else (None, None)
    return Figures(
        waiting=max(0, count - blocked),
        blocked=blocked,
        oldest_s=int((now - oldest).total_seconds()) if oldest else None,
        middle_s=int((now - middle).total_seconds()) if middle else None,
        came=_came(operation),
        decided=_decided(operation),
    )


def _came(operation: Operation) -> int:
    newest = Report.objects.aggregate(newest=Max("pk"))["newest"] or 0
    recent = Report.objects.filter(operation=operation, pk__gt=newest - LOOKED_AT)
    return recent.filter(received_at__gte=timezone.now() - HOUR).exclude(standing=Standing.WITHDRAWN).count()


def _decided(operation: Operation) -> int:
    newest = Decision.objects.aggregate(newest=Max("pk"))["newest"] or 0
    recent = Decision.objects.filter(operation=operation, pk__gt=newest - LOOKED_AT, at__gte=timezone.now() - HOUR)
    return recent.filter(kind__in=PLACING, order_id__isnull=True, undone_by__isnull=True).count()


def _span(hours: float) -> str:
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
