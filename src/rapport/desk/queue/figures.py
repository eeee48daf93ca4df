"""How the queue goes: how old it is, how fast it is worked off, and when it will be empty, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from rapport.desk import senders
from rapport.desk.books import PLACING
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report, Standing

HOUR = timedelta(hours=1)
#: Newest rows looked at, so that the page is as quick in the second month as on the first day [ours].
LOOKED_AT = 20_000


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers of reports; ages in seconds, None where nothing waits. Reports of blocked senders, which are offered to
    nobody, are in `blocked` alone."""

    waiting: int
    blocked: int
    oldest_s: int | None
    middle_s: int | None  # half of them have waited longer
    came: int  # for people, in the last hour: without what standing orders decided
    decided: int  # by people, in the last hour
    by_orders: int = 0  # of what came in the last hour

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
    blocked = senders.blocked(operation)
    queue = _offered(operation, blocked)
    count = queue.count()
    arrivals = queue.values_list("received_at", flat=True)
    now = timezone.now()
    oldest, middle = (arrivals[0], arrivals[count // 2]) if count else (None, None)
    came, by_orders = _came(operation, blocked)
    return Figures(
        waiting=count,
        blocked=Report.objects.filter(sender_id__in=blocked, standing=Standing.WAITING).count(),
        oldest_s=int((now - oldest).total_seconds()) if oldest else None,
        middle_s=int((now - middle).total_seconds()) if middle else None,
        came=came,
        decided=_decided(operation),
        by_orders=by_orders,
    )


def offered(operation: Operation) -> QuerySet[Report]:
    """What waits for people, in the order in which it came."""
    return _offered(operation, senders.blocked(operation))


def _offered(operation: Operation, blocked: Sequence[str]) -> QuerySet[Report]:
    queue = Report.objects.filter(operation=operation, standing=Standing.WAITING)
    return queue.exclude(sender_id__in=blocked).order_by("id")


def _came(operation: Operation, blocked: Sequence[str]) -> tuple[int, int]:
    """How many came for people, and how many a standing order decided: without these two the queue would seem to grow
    by all that never was in it."""
    newest = Report.objects.aggregate(newest=Max("pk"))["newest"] or 0
    recent = Report.objects.filter(operation=operation, pk__gt=newest - LOOKED_AT)
    recent = recent.filter(received_at__gte=timezone.now() - HOUR).exclude(standing=Standing.WITHDRAWN)
    recent = recent.exclude(sender_id__in=blocked)
    effect = Decision.objects.filter(report_id=OuterRef("pk"), kind=DecisionKind.ACCEPT, order_id__isnull=False)
    by_orders = recent.filter(standing=Standing.IN_EVENT).filter(Exists(effect.filter(undone_by__isnull=True))).count()
    return recent.count() - by_orders, by_orders


def _decided(operation: Operation) -> int:
    newest = Decision.objects.aggregate(newest=Max("pk"))["newest"] or 0
    recent = Decision.objects.filter(operation=operation, pk__gt=newest - LOOKED_AT, at__gte=timezone.now() - HOUR)
    return recent.filter(kind__in=PLACING, order_id__isnull=True, undone_by__isnull=True).count()


def _span(hours: float) -> str:
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
