"""Addresses of files on the desk: the cleaned copy, its small picture, and the page that shows it to readers."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, local_time, to
from rapport.desk.report.attachments import described, hide_from_readers, show_to_readers, stands_in_the_way
from rapport.events.models import Event
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.reports.attachments import kinds, serve, store
from rapport.reports.models import Attachment


@require_safe
@never_cache
@needs(Permission.DESK_REPORT_READ)
def whole(request: HttpRequest, operation: Operation, ref: str, number: int) -> HttpResponse:
    """The cleaned copy."""
    attachment = _attachment(operation, ref, number)
    if (data := store.copy(attachment)) is None:
        raise Http404("no cleaned copy")
    return serve.answer(request, data, attachment.copy_type, serve.file_name(attachment))


@require_safe
@never_cache
@needs(Permission.DESK_REPORT_READ)
def small(request: HttpRequest, operation: Operation, ref: str, number: int) -> HttpResponse:
    """The small picture of the cleaned copy."""
    attachment = _attachment(operation, ref, number)
    if (data := store.small(attachment)) is None:
        raise Http404("no small picture")
    return serve.answer(request, data, kinds.JPEG.type, f"small-{attachment.pk}.jpg")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(Permission.DESK_FILE_PUBLISH)
@local_time
def publication(request: HttpRequest, operation: Operation, ref: str, number: int) -> HttpResponse:
    """What exactly readers get, or got, and the form by which a person decides it."""
    attachment = _attachment(operation, ref, number)
    event = Event.objects.filter(links__report=attachment.report_id).first()
    reason = request.POST.get("reason", "")
    if request.method == "POST" and reason.strip():
        show = request.POST.get("show") == "1"
        act, said = (show_to_readers, "Readers get this file now.") if show else (
            hide_from_readers, "Readers do not get this file any more.")  # fmt: skip
        attempt(request, lambda: act(person(request), attachment, reason), said)
        return to("desk_event", operation.slug, event.ref) if event else to("desk_report", operation.slug, ref)
    if request.method == "POST":
        messages.error(request, "Write the reason: whoever looks at this later must understand it.")
    context = {
        "operation": operation,
        "file": described(attachment),
        "event": event,
        "in_the_way": stands_in_the_way(attachment, event),
    }
    return render(request, "desk/attachment.html", context, status=400 if request.method == "POST" else 200)


def _attachment(operation: Operation, ref: str, number: int) -> Attachment:
    found = Attachment.objects.select_related("report")
    return get_object_or_404(found, report__operation=operation, report__ref=ref, number=number)
