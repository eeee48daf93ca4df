"""An import is taken back as a whole: its reports are withdrawn, in batches, and every count is as before it.

What a person has decided about by hand since stays, and is named: see desk/withdraw.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.desk import withdraw
from rapport.desk.withdraw import Left
from rapport.errors import Conflict
from rapport.intake.models import Import, ImportState, ImportVerdict
from rapport.oversight.models import Decision
from rapport.reports.models import Report, Standing

#: States from which an import can be rolled back: something may have come in, and nobody takes rows in just now.
FROM = (ImportState.DONE, ImportState.PAUSED, ImportState.FAILED)
_SHOWN = 100  # reports named in a preview


@dataclass(slots=True)
class Preview:
    """What a rollback would do: how many reports it withdraws, how many events of standing orders go with them, and
    which reports stay because of what a person decided."""

    withdraw: int = 0
    events: int = 0
    left_count: int = 0
    left: list[Left] = field(default_factory=list)


def preview(one: Import) -> Preview:
    """What `begin` would lead to now; nothing is changed. Reports that wait and that nobody decided about are only
    counted: of a hundred thousand most are such, and a page is waiting."""
    reports = _standing(one)
    decided = Exists(Decision.objects.filter(report_id=OuterRef("pk")))
    looked_at = reports.filter(~Q(standing=Standing.WAITING) | decided)
    seen, last = Preview(withdraw=reports.count() - looked_at.count()), 0
    while ids := _some(looked_at, last):
        part = withdraw.look(one.operation_id, ids)
        seen.withdraw += len(part.withdraw)
        seen.events += len(part.events)
        seen.left_count += len(part.left)
        seen.left += part.left[: _SHOWN - len(seen.left)]
        last = ids[-1]
    return seen


def since(one: Import) -> Import | None:
    """The import from the same source whose rollback has changed what is there since this one was looked through: what
    the dry run counted no longer holds. None if it does. Within another source rows are never known again."""
    if one.state != ImportState.READY or one.claimed_at is None:
        return None
    under_way = Q(state=ImportState.ROLLING_BACK)
    changed = under_way | Q(state=ImportState.ROLLED_BACK, finished_at__gt=one.claimed_at)
    return Import.objects.filter(changed, source=one.source).exclude(pk=one.pk).order_by("-pk").first()


def begin(person: Person, one: Import, reason: str) -> None:
    """From now on the import is rolled back, in the name of this person. NotAllowed, Refused without a reason, Conflict
    if it is not at rest."""
    with transaction.atomic():
        under = withdraw.begin(person, one.operation_id, reason, {"import": one.pk, "file": one.file_name})
        began = Import.objects.filter(pk=one.pk, state__in=FROM, started_at__isnull=False).update(
            state=ImportState.ROLLING_BACK, rollback_id=under.pk, withdrawn=0, left=0, problem="", claim=""
        )
        if not began:
            raise Conflict("Only an import that is in, or paused, is rolled back; look where it stands now.")
        one.verdicts.filter(verdict="left").delete()
    one.refresh_from_db()


def part(one: Import, claim: str) -> int:
    """The next reports are withdrawn; how many were looked at. With the last of them the import is rolled back."""
    with timezone.override(ZoneInfo(one.operation.time_zone)), transaction.atomic():
        held = Import.objects.select_for_update().filter(
            pk=one.pk, claim=claim, state=ImportState.ROLLING_BACK, withdrawn=one.withdrawn, left=one.left
        )
        if not held.exists():
            return 0
        ids = _next(one, _last(one))
        if not ids:
            held.update(state=ImportState.ROLLED_BACK, finished_at=timezone.now(), claim="")
            return 0
        done = withdraw.withdraw(Decision.objects.get(pk=one.rollback_id or 0), ids)
        ImportVerdict.objects.bulk_create([_line(one, left) for left in done.left], batch_size=100)
        Import.objects.filter(pk=one.pk).update(
            withdrawn=F("withdrawn") + len(done.withdraw), left=F("left") + len(done.left), claimed_at=timezone.now()
        )
    return len(ids)


def _line(one: Import, left: Left) -> ImportVerdict:
    """`row` holds the report's id: by the highest of them a rollback goes on after a crash."""
    return ImportVerdict(
        of=one, row=left.report_id, verdict="left", field=left.ref, reason="decided", remedy=left.why[:400]
    )


def _last(one: Import) -> int:
    """The report behind which nothing was looked at yet. Those withdrawn are no more among the import's standing ones;
    of those left alone the highest is behind us."""
    return one.verdicts.filter(verdict="left").aggregate(last=Max("row"))["last"] or 0


def _next(one: Import, last: int) -> list[int]:
    return _some(_standing(one), last)


def _standing(one: Import) -> QuerySet[Report]:
    return Report.objects.filter(import_no=one.pk).exclude(standing=Standing.WITHDRAWN)


def _some(reports: QuerySet[Report], last: int) -> list[int]:
    return list(reports.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[: withdraw.TOGETHER])
