"""What readers are told of an event that they do not get, on whichever of its pages: always the same."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rapport.events import extra
from rapport.events.models import Event
from rapport.events.releases import by_ref
from rapport.operations.models import Operation
from rapport.sharing.models import ReleaseEntry
from rapport.values import Purpose, Reader


def gone(request: HttpRequest, operation: Operation, who: Reader, ref: str) -> HttpResponse:
    """410 for what this reader could see once, 404 for everything else: a draft and a typing error look the same."""
    event = Event.objects.filter(operation=operation, ref=ref).first()
    was_shown = event is not None and _was_shown(event, who)
    context = {"operation": operation, "withdrawn": was_shown, "ref": ref}
    return render(request, "events/gone.html", context, status=410 if was_shown else 404)


def _was_shown(event: Event, who: Reader) -> bool:
    audience = extra.audience(event.operation, who, Purpose.VIEW).name
    entries = ReleaseEntry.objects.filter(operation=event.operation_id, audience=audience, event_id=event.pk)
    return entries.filter(retracted=True).exists()


def part_of(operation: Operation, who: Reader, ref: str) -> str | None:
    """The event that this one has become part of, if this reader gets it; None where the reader never had this one."""
    event = Event.objects.filter(operation=operation, ref=ref, merged_into__isnull=False).first()
    if event is None or (not who.team and not _was_shown(event, who)):
        return None
    whole = event
    while whole.merged_into is not None:
        whole = whole.merged_into
    return whole.ref if by_ref(operation, who, Purpose.VIEW, whole.ref) else None
