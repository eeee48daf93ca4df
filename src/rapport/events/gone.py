"""What readers are told of an event that they do not get, on whichever of its pages: always the same."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from rapport.events import extra
from rapport.events.models import Event
from rapport.events.releases import by_ref
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.sharing.active import policy_of
from rapport.sharing.models import ReleaseEntry
from rapport.sharing.queries import released
from rapport.values import Purpose, Reader


def gone(request: HttpRequest, operation: Operation, who: Reader, ref: str) -> HttpResponse:
    """410 for what this reader could see once, 404 for everything else: a draft and a typing error look the same, and
    take the same time."""
    was_shown = Event.objects.filter(_taken_back(operation, who), operation=operation, ref=ref).exists()
    context = {"operation": operation, "withdrawn": was_shown, "ref": ref}
    return render(request, "events/gone.html", context, status=410 if was_shown else 404)


def files_kept(operation: Operation, who: Reader, ref: str) -> bool:
    """Whether this reader gets the event, and whatever files are published with it: else nobody tells them of any."""
    policy, now = policy_of(operation.pk), timezone.now()
    events = Event.objects.filter(operation=operation, ref=ref)
    return bool(released(events, policy, who, Purpose.VIEW, now).values_list("left_files", flat=True).first())


def _taken_back(operation: Operation, who: Reader) -> Exists:
    return Exists(_log(operation, extra.audience(operation, who, Purpose.VIEW).name).filter(retracted=True))


def _log(operation: Operation, audience: str) -> QuerySet[ReleaseEntry]:
    return ReleaseEntry.objects.filter(operation=operation, audience=audience, event_id=OuterRef("pk"))


def part_of(operation: Operation, who: Reader, ref: str) -> str | None:
    """The event that this one has become part of, if this reader gets it; None unless the reader had this one, and each
    between the two, until it became part of the next."""
    merged = Event.objects.filter(operation=operation, merged_into__isnull=False).select_related("merged_into")
    followed = merged if who.team else merged.filter(_had_until_merged(operation, who))
    step = followed.filter(ref=ref).first()
    while step is not None and step.merged_into is not None:
        whole = step.merged_into
        if whole.merged_into_id is None:
            return whole.ref if by_ref(operation, who, Purpose.VIEW, whole.ref) else None
        step = followed.filter(pk=whole.pk).first()
    return None


def _had_until_merged(operation: Operation, who: Reader) -> Exists:
    """What was taken back before it was merged stays just that: what became of it since is not told."""
    merges = Decision.objects.filter(kind=DecisionKind.MERGE, other_event_id=OuterRef("event_id"))
    log = _log(operation, extra.audience(operation, who, Purpose.VIEW).name).filter(retracted=True)
    return Exists(log.filter(at__gte=Subquery(merges.order_by("-pk").values("at")[:1])))
