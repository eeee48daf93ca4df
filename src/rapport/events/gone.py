"""What readers are told of an event that they do not get, on whichever of its pages: always the same."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from rapport.events import extra
from rapport.events.models import Event
from rapport.events.releases import by_ref
from rapport.operations.models import Operation
from rapport.sharing.active import policy_of
from rapport.sharing.models import ReleaseEntry
from rapport.values import Purpose, Reader


def gone(request: HttpRequest, operation: Operation, who: Reader, ref: str) -> HttpResponse:
    """410 for what this reader could see once, 404 for everything else: a draft and a typing error look the same, and
    take the same time."""
    was_shown = Event.objects.filter(_taken_back(operation, who), operation=operation, ref=ref).exists()
    context = {"operation": operation, "withdrawn": was_shown, "ref": ref}
    return render(request, "events/gone.html", context, status=410 if was_shown else 404)


def file_shown(operation: Operation, who: Reader, ref: str) -> bool:
    """Whether this reader may have seen the files of an event: its like gets files, and had the event."""
    audience = extra.audience(operation, who, Purpose.VIEW).name
    rules = policy_of(operation.pk).rules(audience, Purpose.VIEW, timezone.now())
    keeps = any(rule.grant and "files" in rule.left.fields for rule in rules)
    return keeps and Event.objects.filter(Exists(_log(operation, audience)), operation=operation, ref=ref).exists()


def _taken_back(operation: Operation, who: Reader) -> Exists:
    return Exists(_log(operation, extra.audience(operation, who, Purpose.VIEW).name).filter(retracted=True))


def _log(operation: Operation, audience: str) -> QuerySet[ReleaseEntry]:
    return ReleaseEntry.objects.filter(operation=operation, audience=audience, event_id=OuterRef("pk"))


def part_of(operation: Operation, who: Reader, ref: str) -> str | None:
    """The event that this one has become part of, if this reader gets it; None where the reader never had this one."""
    had = Q() if who.team else Q(_taken_back(operation, who))
    whole = Event.objects.filter(had, operation=operation, ref=ref, merged_into__isnull=False).first()
    if whole is None:
        return None
    while whole.merged_into is not None:
        whole = whole.merged_into
    return whole.ref if by_ref(operation, who, Purpose.VIEW, whole.ref) else None
