"""What several agencies have written down, side by side: the readers' page, the same as CSV, and the desk's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, local_time, to
from rapport.errors import BadDefinition, Refused
from rapport.exchange.answers import body_answered
from rapport.formats.table import CONTENT_TYPE as CSV_TYPE
from rapport.operations.access import needs, person, public
from rapport.operations.models import Operation
from rapport.operations.small_files import takes_file
from rapport.registry.crosswalk import compare, written
from rapport.registry.crosswalk.model import KINDS, STATUSES, Crosswalk, Link, Listing
from rapport.registry.editing import listings
from rapport.registry.editing.listings import LINKS, LISTING, LOAD
from rapport.registry.models import AgencyList
from rapport.registry.releases import REGISTRY, facts, released
from rapport.registry.rounds.running import GIVEN_TO
from rapport.sharing.items import RowItem
from rapport.sharing.readers import reader
from rapport.values import Purpose, Reader, RowRelease, Sensitivity

T = TypeVar("T")
MOST_BYTES = 5_000_000
SHOWN = 500  # rows on a page; the CSV has all


@public
@require_safe
def page(request: HttpRequest, operation: Operation) -> HttpResponse:
    """`with`: short names of two to eight listings, all if none is named; `status`: rows of that kind; `near`: with
    labels that are nearly the same."""
    who = reader(request, operation)
    there = _given(operation, who, Purpose.VIEW)
    chosen = _chosen(request, there)
    status = request.GET.get("status", "")
    made = _made(operation, who, chosen, Purpose.VIEW) if len(chosen) > 1 else None
    rows = [row for row in made.rows if not status or row.status == status] if made else []
    context = {
        "operation": operation,
        "listings": there,
        "chosen": [one.row.slug for one in chosen],
        "left_out": _wanted(request, there)[compare.MOST :],
        "made": made,
        "summary": compare.summary(made) if made else None,
        "rows": rows[:SHOWN],
        "more": max(0, len(rows) - SHOWN),
        "statuses": STATUSES,
        "status": status,
        "near": "near" in request.GET,
        "query": "&".join(f"with={one.row.slug}" for one in chosen),
    }
    return render(request, "registry/side_by_side.html", context)


@public
@require_safe
def csv(request: HttpRequest, operation: Operation) -> HttpResponseBase:
    who = reader(request, operation)
    chosen = _chosen(request, _given(operation, who, Purpose.EXPORT))
    if len(chosen) < 2:
        raise Http404("nothing to lay side by side")
    body = b"".join(written.to_csv(_made(operation, who, chosen, Purpose.EXPORT)))
    return body_answered(request, body, CSV_TYPE, anyone=who.anonymous)


def _chosen(request: HttpRequest, there: Sequence[RowRelease[Listing]]) -> list[RowRelease[Listing]]:
    return _wanted(request, there)[: compare.MOST]


def _wanted(request: HttpRequest, there: Sequence[RowRelease[Listing]]) -> list[RowRelease[Listing]]:
    wanted = request.GET.getlist("with")
    return [one for one in there if not wanted or one.row.slug in wanted]


def _made(operation: Operation, who: Reader, chosen: Sequence[RowRelease[Listing]], purpose: Purpose) -> Crosswalk:
    """A crosswalk of listings that this reader gets, each whole, by links between them that it gets."""
    slugs = {one.row.slug for one in chosen}
    links = [
        link
        for one in _links(operation, who, purpose)
        for link in one.row
        if set(link.codes) <= slugs
    ]  # fmt: skip
    return compare.crosswalk([one.row for one in chosen], links)


def _given(operation: Operation, who: Reader, purpose: Purpose) -> list[RowRelease[Listing]]:
    there = AgencyList.objects.filter(operation=operation, kind=LISTING, replaced_at=None).order_by("slug")
    items = [_item(operation, one, msgspec.convert(one.data, Listing)) for one in there]
    return released(operation, who, purpose, REGISTRY, items)


def _links(operation: Operation, who: Reader, purpose: Purpose) -> list[RowRelease[tuple[Link, ...]]]:
    there = AgencyList.objects.filter(operation=operation, kind=LINKS, replaced_at=None)
    items = [_item(operation, one, msgspec.convert(one.data, tuple[Link, ...])) for one in there]
    return released(operation, who, purpose, REGISTRY, items)


def _item(operation: Operation, one: AgencyList, row: T) -> RowItem[T]:
    known = facts(operation, REGISTRY, one.loaded_at, sensitivity=Sensitivity(one.level))
    return RowItem("listings", one.slug, one.pk, known, row, one.loaded_at)


# --- the desk ------------------------------------------------------------------------------------------------------


@require_safe
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def desk(request: HttpRequest, operation: Operation) -> HttpResponse:
    return _desk(request, operation)


def _desk(request: HttpRequest, operation: Operation, problem: str = "") -> HttpResponse:
    there = AgencyList.objects.filter(operation=operation, replaced_at=None).select_related("loaded_by")
    context = {
        "operation": operation,
        "there": there.order_by("kind", "slug").defer("data"),
        "kinds": KINDS,
        "given_to": GIVEN_TO.items(),
        "may_load": person(request).may(LOAD, operation.pk),
        "problem": problem,
        "typed": request.POST,
    }
    return render(request, "registry/desk_listings.html", context, status=422 if problem else 200)


@takes_file(MOST_BYTES)
@require_http_methods(["POST"])
@never_cache
@needs(LOAD)
@local_time
def load(request: HttpRequest, operation: Operation) -> HttpResponse:
    """POST `file`, `level`, and of a table also `slug`, `title`, `agency`, `kind`, `source`."""
    given = request.FILES.get("file")
    said = {name: request.POST.get(name, "") for name in ("slug", "title", "agency", "kind", "source")}
    level = next((one for one in GIVEN_TO if one.value == request.POST.get("level")), Sensitivity.SEVERE)
    try:
        if given is None:
            raise BadDefinition("Choose a file.")
        found = listings.read(given.name or "", given.read(), said)
    except BadDefinition as bad:
        return _desk(request, operation, str(bad))
    except Refused as refused:
        return _desk(request, operation, str(refused))
    attempt(request, lambda: listings.load(person(request), operation, found, level), "Loaded.")
    return to("desk_registry_listings", operation.slug)


@require_POST
@never_cache
@needs(LOAD)
@local_time
def remove(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    one = get_object_or_404(AgencyList.objects.select_related("operation"), operation=operation, pk=number)
    attempt(request, lambda: listings.remove(person(request), one), "Removed.")
    return to("desk_registry_listings", operation.slug)
