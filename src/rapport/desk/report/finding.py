"""Events that a report may belong to: by words, by what machines suggest, by what is nearly the same."""

from __future__ import annotations

from collections import Counter

from django.db.models import Max, Q, QuerySet

from rapport.events.models import Event, EventReport
from rapport.operations.models import Category, Operation
from rapport.text.fold import fold
from rapport.values import Publication

FOUND = 10  # events offered by a search
MOST_WORDS = 8  # looked for at once; those behind are left out
#: What is said where somebody attaches to a withdrawn event, which they named themselves.
UNSEEN = (
    "It is withdrawn: no reader gets it, and what was attached waits no more. Undo this, or publish the event again."
)
_COUNTED = 500  # newest events by which the usual categories are told


def live_events(operation: Operation) -> QuerySet[Event]:
    """Events with a report behind them."""
    behind = EventReport.objects.filter(event__operation=operation).values("event_id")
    return Event.objects.filter(operation=operation, pk__in=behind).prefetch_related("categories")


def search_events(operation: Operation, text: str, *, withdrawn: bool = False) -> list[Event]:
    """Events each word of which stands in title, place or the name of a category, as in “Fire, Léogâne”, the newest
    first; those withdrawn only if asked for; any by its reference."""
    named = {node.pk: fold(" ".join(node.names.values())) for node in Category.objects.filter(operation=operation)}
    fitting = Q()
    for word in text.replace(",", " ").split()[:MOST_WORDS] or [text]:
        folded = fold(word)
        alike = [pk for pk, names in named.items() if folded and folded in names]
        of_category = Event.categories.through.objects.filter(category__in=alike).values("event_id")
        fitting &= Q(title__icontains=word) | Q(place_name__icontains=word) | Q(pk__in=of_category)
    if not withdrawn:
        fitting &= ~Q(publication=Publication.WITHDRAWN.value)
    return list(live_events(operation).filter(fitting | Q(ref=text.lower())).order_by("-pk")[:FOUND])


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
