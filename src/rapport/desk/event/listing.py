"""All events of an operation as the desk sees them: found by words, publication, status, response and category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from rapport.accounts.permissions import Permission
from rapport.desk.event.responding import USUAL, open_since
from rapport.desk.page import local_time
from rapport.events.models import Event, EventReport
from rapport.operations.access import needs, person
from rapport.operations.categories import lines
from rapport.operations.models import Category, Operation
from rapport.values import Publication, Response, Status

PER_PAGE = 50
#: Filters of their own: open for longer than usual; part of another event; no report left in it.
OVERDUE, MERGED, EMPTY = "overdue", "merged", "empty"


@dataclass(frozen=True, slots=True)
class EventFilters:
    """Which events are listed; "" for all. What stands here that nobody knows finds everything."""

    q: str = ""
    publication: str = ""
    status: str = ""
    response: str = ""
    category: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> EventFilters:
        return cls(
            q=query.get("q", "").strip()[:100],
            publication=_known(query.get("publication", ""), [*Publication, MERGED, EMPTY]),
            status=_known(query.get("status", ""), [*Status]),
            response=_known(query.get("response", ""), [*Response, OVERDUE]),
            category=query.get("category", "")[:60],
        )

    def query(self) -> str:
        given = {name: getattr(self, name) for name in self.__slots__}
        return urlencode({name: value for name, value in given.items() if value})


def _known(text: str, words: Sequence[str]) -> str:
    return text if text in words else ""


@dataclass(frozen=True, slots=True)
class Row:
    event: Event
    reports: int
    open_since: datetime | None  # if it is open for longer than usual


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    filters = EventFilters.of(request.GET)
    listed = chosen(operation, filters).prefetch_related("categories")
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    held = reports_in(page.object_list)
    who = person(request)
    context = {
        "operation": operation,
        "filters": filters,
        "query": filters.query(),
        "page": page,
        "rows": [Row(event, held[event.pk], open_since(event)) for event in page.object_list],
        "publications": list(Publication),
        "statuses": list(Status),
        "responses": list(Response),
        "categories": Category.objects.filter(operation=operation),
        "may_edit": who.may(Permission.DESK_EVENT_EDIT, operation.pk),
    }
    return render(request, "desk/events.html", context)


def chosen(operation: Operation, filters: EventFilters) -> QuerySet[Event]:
    """The events that fit, the newest first. What is part of another, and what has no report left in it because they
    were taken back, is listed only when asked for, the latter by its reference too."""
    events = Event.objects.filter(operation=operation, merged_into__isnull=filters.publication != MERGED)
    if filters.q:
        words = Q(title__icontains=filters.q) | Q(place_name__icontains=filters.q) | Q(summary__icontains=filters.q)
        events = events.filter(words | Q(ref=filters.q.lower()))
    if filters.publication != MERGED:
        held = Exists(EventReport.objects.filter(event=OuterRef("pk")))
        events = events.filter(~held if filters.publication == EMPTY else held | Q(ref=filters.q.lower()))
    if filters.publication in set(Publication):
        events = events.filter(publication=filters.publication)
    if filters.status:
        events = events.filter(status=filters.status)
    if filters.response == OVERDUE:
        since = Coalesce(F("response_at"), F("created_at"))
        late = events.filter(response=Response.OPEN.value).annotate(since=since)
        events = late.filter(since__lt=timezone.now() - USUAL)
    elif filters.response:
        events = events.filter(response=filters.response)
    if filters.category:
        below = Event.categories.through.objects.filter(category__in=_below(operation, filters.category))
        events = events.filter(pk__in=below.values("event_id"))
    return events.order_by("-pk")


def reports_in(events: Iterable[Event]) -> Counter[int]:
    """How many reports each of these events holds."""
    links = EventReport.objects.filter(event__in=[event.pk for event in events])
    return Counter(dict(links.values_list("event_id").annotate(n=Count("pk")).order_by()))


def _below(operation: Operation, code: str) -> list[int]:
    """The category of this code and all below it."""
    known = lines(Category.objects.filter(operation=operation))
    return [pk for pk, line in known.items() if any(category.code == code for category in line)]
