"""What readers are told of an event that they do not get, on whichever of its pages: always the same."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from rapport.events.left import NOTHING, as_kept, bits
from rapport.events.models import Event
from rapport.events.releases import by_ref
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.sharing.active import held, policy_of
from rapport.sharing.models import ReleaseEntry
from rapport.sharing.queries import released
from rapport.values import Purpose, Reader


def gone(request: HttpRequest, operation: Operation, who: Reader, ref: str) -> HttpResponse:
    """410 for what this reader could see on pages once, also under another protocol; 404 for everything else: a draft
    and a typing error look the same, and take the same time."""
    was_shown = Event.objects.filter(_had(operation, who), operation=operation, ref=ref).exists()
    context = {"operation": operation, "withdrawn": was_shown, "ref": ref}
    return render(request, "events/gone.html", context, status=410 if was_shown else 404)


def files_kept(operation: Operation, who: Reader, ref: str) -> bool:
    """Whether this reader gets the event, and whatever files are published with it: else nobody tells them of any."""
    policy, now = policy_of(operation.pk), timezone.now()
    events = Event.objects.filter(operation=operation, ref=ref)
    found: QuerySet[Any] = released(events, policy, who, Purpose.VIEW, now)  # mypy does not know what it annotates
    return bool(found.values_list("left_files", flat=True).first())


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


def _had(operation: Operation, who: Reader) -> Exists:
    return Exists(_log(operation, who).filter(_TAKEN_BACK | _GIVEN))


def _had_until_merged(operation: Operation, who: Reader) -> Exists:
    """What was taken back before it was merged stays just that: what became of it since is not told."""
    merges = Decision.objects.filter(kind=DecisionKind.MERGE, other_event_id=OuterRef("event_id"))
    log = _log(operation, who).filter(_TAKEN_BACK)
    return Exists(log.filter(at__gte=Subquery(merges.order_by("-pk").values("at")[:1])))


#: What entries of the log say of pages. As long as nobody has worked out what an entry gives, it is not taken to have
#: given this: a protocol may give an event to be taken away only.
_TAKEN_BACK = Q(retracted=True, concerned__gt=0)
_GIVEN = Q(retracted=False) & ~Q(left="") & ~Q(left__startswith=as_kept(NOTHING))  # VIEW stands first


def _log(operation: Operation, who: Reader) -> QuerySet[ReleaseEntry]:
    """What was entered of an event for whoever the reader was under the protocol that held then: another one may know
    them by another name, or not at all. Beyond that time a name may be somebody else's."""
    theirs = Q(pk__in=[])
    for one in held(operation.pk):
        entered = Q(audience=one.policy.protocol.audience_of(who, Purpose.VIEW).name)
        if one.since is not None:
            entered &= Q(at__gte=one.since)
        if one.until is not None:
            entered &= Q(at__lt=one.until)
        theirs |= entered
    log = ReleaseEntry.objects.filter(theirs, operation=operation, event_id=OuterRef("pk"))
    return log.annotate(concerned=F("purposes").bitand(bits([Purpose.VIEW])))
