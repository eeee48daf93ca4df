"""The public pages: operations, one operation's map, list and timeline, one event. They show Releases, never models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from rapport.errors import BadKey, Refused
from rapport.events import extra, mapdata, sketch
from rapport.events.bars import Bar, bars
from rapport.events.counted import only_counted
from rapport.events.facets import Facet, chips, facets
from rapport.events.filters import Filters
from rapport.events.gone import gone, part_of
from rapport.events.index import Selection
from rapport.events.live import View, view
from rapport.events.releases import by_ref, releases
from rapport.operations.access import address, public
from rapport.operations.fields import PREFIX, Field
from rapport.operations.models import Operation, Source
from rapport.sharing.readers import reader
from rapport.values import Purpose, Reader, Status

PAGE = 50  # events
VIEWS = ("map", "list", "timeline")
_QUARTER = 900  # seconds: all time zones of today lie whole quarters of an hour from UTC, so no such bin has two days
FEEDS = ("rss", "atom", "geojson", "csv")


@public
def operations(request: HttpRequest) -> HttpResponse:
    """All operations, the newest first, with the number of events this reader may see in each."""
    found = Operation.objects.order_by("-open", "-created_at")
    shown = [(one, view(one, who).select(Filters()).total) for one, who in readable(request, found)]
    return render(request, "events/operations.html", {"operations": shown})


def readable(request: HttpRequest, found: Iterable[Operation]) -> list[tuple[Operation, Reader]]:
    """The operations with on whose behalf each is read. A partner's key reads one of them: the others are not shown to
    it. BadKey where it reads none."""
    readers: list[tuple[Operation, Reader]] = []
    closed: BadKey | None = None
    for one in found:
        try:
            readers.append((one, reader(request, one)))
        except BadKey as bad:
            closed = bad
    if closed is not None and not readers:
        raise closed
    return readers


@public
def about(request: HttpRequest) -> HttpResponse:
    """What the words and signs on these pages mean, and what happens to a report."""
    return render(request, "events/about.html", {"statuses": list(Status)})


@public
def overview(request: HttpRequest, operation: Operation) -> HttpResponse:
    """Map, list and timeline of one operation under one set of filters; `part=results` gives what changes with news."""
    who = reader(request, operation)
    seen, audience = view(operation, who), extra.audience(operation, who, Purpose.VIEW)
    offers = extra.filters(operation, audience)
    try:
        filters = extra.asked(request.GET, operation, audience)
    except Refused as refused:
        return _not_understood(request, operation, seen, offers, refused)
    shown = _shown(request, operation, who, seen, filters)
    if request.GET.get("part") == "results":
        return render(request, "events/_results.html", shown)
    offered = facets(operation, seen, filters, offers)
    return render(
        request, "events/overview.html", {**shown, **_form(request, offered), "chips": chips(filters, offered)}
    )


def _not_understood(
    request: HttpRequest, operation: Operation, seen: View, extra_fields: Sequence[Field], refused: Refused
) -> HttpResponse:
    """The form again, with what was typed and what is wrong beside it."""
    offered = facets(operation, seen, Filters(), extra_fields)
    context = {"operation": operation, "view": "list", "refused": refused, **_form(request, offered)}
    return render(request, "events/overview.html", context, status=refused.status)


def _form(request: HttpRequest, offered: Mapping[str, Facet]) -> dict[str, Any]:
    typed = {name: request.GET.get(name, "") for name in ("q", "from", "to", "area")}
    return {
        "facets": offered,
        "extra": [one for name, one in offered.items() if name.startswith(PREFIX)],
        "typed": typed,
    }


def _shown(request: HttpRequest, operation: Operation, who: Reader, seen: View, filters: Filters) -> dict[str, Any]:
    chosen = seen.select(filters)
    page = _page(request, chosen.total)
    ids = chosen.ids((page - 1) * PAGE, PAGE)
    return {
        "operation": operation,
        "filters": filters,
        "query": filters.query(),
        "view": request.GET.get("view") if request.GET.get("view") in VIEWS else "map",
        "total": chosen.total,
        "unmapped": chosen.unmapped,
        "beyond": chosen.beyond(filters.box or operation.box),
        "only_counted": only_counted(operation, who, filters),
        "state": mapdata.state_of(operation, who, seen, filters),
        "releases": releases(operation, who, Purpose.VIEW, ids),
        "source_names": _source_names(operation),
        "page": page,
        "pages": -(-chosen.total // PAGE),
        "bars": _bars(operation, chosen),
        "picture": sketch.of_selection(operation, who, filters, chosen),
        "wider": filters.without("area").query(),
        "days_query": filters.without("from").without("to").query(),
        "map": mapdata.configuration(operation, settings.TILE_URL),
        "feeds": _feeds(operation, filters),
    }


def _page(request: HttpRequest, total: int) -> int:
    """The page asked for, as far as there are so many; addresses are typed and shared, so nothing here is an error."""
    text = request.GET.get("page", "1")
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1
    return max(1, min(wanted, -(-total // PAGE)))


def _source_names(operation: Operation) -> dict[str, Mapping[str, str]]:
    return dict(Source.objects.filter(operation=operation).values_list("slug", "names"))


def _feeds(operation: Operation, filters: Filters) -> list[tuple[str, str]]:
    query = filters.query()
    return [(ending, f"/{operation.slug}/events.{ending}" + (f"?{query}" if query else "")) for ending in FEEDS]


def _bars(operation: Operation, chosen: Selection) -> list[Bar]:
    """Each event counts to the day it had where it happened, whatever the clocks do there at other times."""
    zone = ZoneInfo(operation.time_zone)
    days: Counter[date] = Counter()
    for at, count in chosen.timeline(_QUARTER):
        days[datetime.fromtimestamp(at, zone).date()] += count
    return bars(days.items())


@public
def event(request: HttpRequest, operation: Operation, ref: str) -> HttpResponse:
    """One event as this reader is released it."""
    who = reader(request, operation)
    if (now := part_of(operation, who, ref)) is not None:
        # Not for good: the desk may take the two apart again.
        return HttpResponseRedirect(address(operation, "events", now))
    release = by_ref(operation, who, Purpose.VIEW, ref)
    if release is None:
        return gone(request, operation, who, ref)
    context = {
        "operation": operation,
        "release": release,
        "source_names": _source_names(operation),
        "picture": sketch.of_place(operation, release.place) if release.place else None,
        "feeds": _feeds(operation, Filters()),
    }
    return render(request, "events/event.html", context)
