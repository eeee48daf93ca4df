"""The desk's page of the registry: its files, what nobody has checked of them, what people confirmed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, local_time, to
from rapport.errors import BadDefinition
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.operations.small_files import takes_file
from rapport.registry import file
from rapport.registry.checking import doubts
from rapport.registry.editing import files
from rapport.registry.editing.files import EDIT, LOAD
from rapport.registry.holdings import held
from rapport.registry.models import Confirmation, RegistryFile

MOST_BYTES = 4 * file.MOST_CHARACTERS  # so many hold as many characters as are read, in any writing


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    return _page(request, operation)


def _page(request: HttpRequest, operation: Operation, problem: str = "") -> HttpResponse:
    who = person(request)
    confirmed = Confirmation.objects.filter(operation=operation, taken_back_at=None).select_related("by")
    context = {
        "operation": operation,
        "files": RegistryFile.objects.filter(operation=operation, replaced_at=None).select_related("loaded_by"),
        "doubts": [(one.whole, doubts(one.whole)) for one in held(operation.pk)],
        "confirmed": confirmed.order_by("-at"),
        "shipped": file.names(),
        "may_load": who.may(LOAD, operation.pk),
        "may_edit": who.may(EDIT, operation.pk),
        "problem": problem,
    }
    return render(request, "registry/desk.html", context, status=422 if problem else 200)


@takes_file(MOST_BYTES)
@require_POST
@never_cache
@needs(LOAD)
@local_time
def load(request: HttpRequest, operation: Operation) -> HttpResponse:
    """POST a `file`, or `shipped`, the name of one that comes with rapport."""
    given, name = request.FILES.get("file"), request.POST.get("shipped", "")
    try:
        if given is not None:
            text = given.read().decode("utf-8-sig")
        elif name in file.names():
            text = file.text_of(name)
        else:
            raise BadDefinition("Choose a file.")
        before = RegistryFile.objects.filter(operation=operation, slug=file.read(text).slug, replaced_at=None).first()
        said = f"Loaded. It replaces version {before.version}." if before else "Loaded."
        if before is not None and before.text == text:
            said = "Nothing has changed: this very file is loaded already."
        attempt(request, lambda: files.load(person(request), operation, text), said)
    except UnicodeDecodeError:
        return _page(request, operation, "This file is not UTF-8: save it as UTF-8.")
    except BadDefinition as bad:
        return _page(request, operation, str(bad))
    return to("desk_registry", operation.slug)


@require_POST
@never_cache
@needs(EDIT)
@local_time
def confirm(request: HttpRequest, operation: Operation) -> HttpResponse:
    """POST `key`, `title` and perhaps `address` of the source where the person has read it."""
    key, title, address = (request.POST.get(name, "") for name in ("key", "title", "address"))
    attempt(request, lambda: files.confirm(person(request), operation, key, title, address), "Confirmed.")
    return to("desk_registry", operation.slug)


@require_POST
@never_cache
@needs(EDIT)
@local_time
def take_back(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    found = get_object_or_404(Confirmation, operation=operation, pk=number)
    attempt(request, lambda: files.take_back(person(request), found), "Taken back.")
    return to("desk_registry", operation.slug)


@require_POST
@never_cache
@needs(LOAD)
@local_time
def remove(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    found = get_object_or_404(RegistryFile, operation=operation, pk=number)
    attempt(request, lambda: files.remove(person(request), found), "Removed.")
    return to("desk_registry", operation.slug)
