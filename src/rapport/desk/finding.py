"""Events that a report may belong to: by words, by what machines suggest, by what is nearly the same."""

from __future__ import annotations

from collections import Counter

from django.db.models import Max, Q, QuerySet

from rapport.events.models import Event, EventReport
from rapport.operations.models import Category, Operation

FOUND = 10  # events offered by a search
_COUNTED = 500  # newest events by which the usual categories are told


def live_events(operation: Operation) -> QuerySet[Event]:
    """Events with a report behind them."""
    behind = EventReport.objects.filter(event__operation=operation).values("event_id")
    return Event.objects.filter(operation=operation, pk__in=behind).prefetch_related("categories")


def search_events(operation: Operation, text: str) -> list[Event]:
    """Events by reference, or by words of title or place, the newest first."""
    named = Q(ref=text.lower()) | Q(title__icontains=text) | Q(place_name__icontains=text)
    return list(live_events(operation).filter(named).order_by("-pk")[:FOUND])


def usual_categories(operation: Operation, most: int) -> list[str]:
    """The codes of the categories that the newest events have most, in the taxonomy's order; as long as there are too
    few, the first that have none below them join in."""
    newest = Event.objects.filter(operation=operation).aggregate(newest=Max("pk"))["newest"] or 0
    links = Event.categories.through.objects.filter(event__operation=operation, event_id__gt=newest - _COUNTED)
    counted = Counter(links.values_list("category__code", flat=True))
    chosen = [code for code, _ in counted.most_common(most)]
    nodes = list(Category.objects.filter(operation=operation))
    parents = {node.parent_id for node in nodes}
    chosen += [node.code for node in nodes if node.pk not in parents and node.code not in chosen]
    return [node.code for node in nodes if node.code in chosen[:most]]
