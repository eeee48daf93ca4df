"""Events that a reader is not shown and that still count in totals, where the protocol says `count_only`.

A small count points to single events, and so does the difference of two counts. So a count is rounded down to a
multiple of the protocol's smallest count, and is given for everything, for one category or for one status: no sets of
them can be put together until the roundings give the numbers away, and no box, time or word can be moved until one more
event is counted.
"""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from rapport.events.filters import Filters
from rapport.events.log import counted
from rapport.events.models import Event
from rapport.operations.categories import lines
from rapport.operations.models import Category, Operation
from rapport.sharing.active import policy_of
from rapport.values import Purpose, Reader


def only_counted(operation: Operation, reader: Reader, filters: Filters, purpose: Purpose = Purpose.VIEW) -> int:
    """At least so many further events match the filters; 0 for none, too few, or filters that do not count."""
    if replace(filters, categories=(), statuses=()) != Filters() or len(filters.categories + filters.statuses) > 1:
        return 0
    policy = policy_of(operation.pk)
    audience, now = policy.protocol.audience_of(reader, purpose).name, timezone.now()
    if not any(rule.left.counted_only for rule in policy.rules(audience, purpose, now)):
        return 0  # as under most protocols: every page and map asks
    some = Event.objects.filter(operation=operation)
    if filters.categories:
        some = some.filter(categories__in=_below(operation, filters.categories))
    if filters.statuses:
        some = some.filter(status__in=[status.value for status in filters.statuses])
    found = counted(some, policy, audience, purpose, now).order_by().values("pk").distinct().count()
    return found - found % max(1, policy.protocol.smallest_count)


def _below(operation: Operation, codes: tuple[str, ...]) -> list[int]:
    """The categories of these codes with all below them."""
    known = lines(Category.objects.filter(operation=operation))
    return [pk for pk, line in known.items() if any(one.code in codes for one in line)]
