"""Files that a person has published, one by one: which of them an event shows, and their addresses."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import condition, require_safe

from rapport.events.gone import files_kept
from rapport.events.releases import by_ref
from rapport.operations.access import public
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.attachments import kinds, serve, store
from rapport.reports.models import Attachment
from rapport.sharing.readers import reader
from rapport.values import PublishedFile, Purpose


@require_safe
@public
def whole(request: HttpRequest, operation: Operation, ref: str, file: str) -> HttpResponse:
    """The cleaned copy, as long as it is released with its event."""
    return _given(request, operation, ref, file, small=False)


@require_safe
@public
def small(request: HttpRequest, operation: Operation, ref: str, file: str) -> HttpResponse:
    """The small picture of the copy, for a slow line."""
    return _given(request, operation, ref, file, small=True)


def _given(request: HttpRequest, operation: Operation, ref: str, file: str, *, small: bool) -> HttpResponse:
    released = _released(request, operation, ref, file)
    if released is None:
        return _gone(request, operation, ref, file)
    attachment = Attachment.objects.get(ref=released.ref)

    def etag(*_: object) -> str:
        return f'"{attachment.copy_sha256[:32]}{"s" if small else ""}"'

    def send(request: HttpRequest) -> HttpResponse:
        data = store.small(attachment) if small else store.copy(attachment)
        if data is None:
            return _gone(request, operation, ref, file)
        if small:
            return serve.answer(request, data, kinds.JPEG.type, f"small-{released.ref}.jpg")
        return serve.answer(request, data, released.content_type, released.name)

    answer: HttpResponse = condition(etag_func=etag)(send)(request)
    # Kept, but asked for each time: what is taken back is gone with the next request.
    answer.headers["Cache-Control"] = "no-cache, private"
    return answer


def _released(request: HttpRequest, operation: Operation, ref: str, file: str) -> PublishedFile | None:
    release = by_ref(operation, reader(request, operation), Purpose.VIEW, ref)
    return next((one for one in release.files if one.ref == file), None) if release else None


def _gone(request: HttpRequest, operation: Operation, ref: str, file: str) -> HttpResponse:
    """410 for a file that was shown with this event once, where this reader gets the event with its files; 404 for all
    else."""
    there = Attachment.objects.filter(ref=file, report__operation=operation)
    number = there.values_list("pk", flat=True).first() or 0
    once = Decision.objects.filter(operation=operation, kind=DecisionKind.SHOW_FILE, after__file=number)
    kept = files_kept(operation, reader(request, operation), ref)
    was_shown = once.filter(after__ref=ref).exists() and kept
    text = gettext("This file is not shown any more.") if was_shown else gettext("There is no such file.")
    answer = HttpResponse(f"{text}\n", status=410 if was_shown else 404, content_type="text/plain; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    return answer
