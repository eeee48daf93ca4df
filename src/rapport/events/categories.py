"""What follows for events when the taxonomy changed: whether they speak of persons at risk is worked out anew."""

from __future__ import annotations

from collections.abc import Iterator, Set

from django.utils import timezone

from rapport.events import log
from rapport.events.models import Event
from rapport.operations.categories import at_risk, lines
from rapport.operations.models import Category

_CHUNK = 500
_Links = Event.categories.through


def changed(operation_id: int, category_ids: Set[int]) -> list[str]:
    """Bring the events below these categories up to date, whose mark or parent changed, and tell their readers.

    Call in the transaction of the change. Returns what was done, in words.
    """
    known = lines(Category.objects.filter(operation_id=operation_id))
    below = [pk for pk, line in known.items() if any(category.pk in category_ids for category in line)]
    risky = [pk for pk, line in known.items() if at_risk(line)]
    links = _Links.objects.filter(category_id__in=below).order_by("event_id")
    touched = list(links.values_list("event_id", flat=True).distinct())
    covered, uncovered = 0, 0
    for part in _parts(touched):
        more, fewer = _brought(part, risky)
        covered, uncovered = covered + more, uncovered + fewer
    log.record(operation_id, touched, anew=True)
    return [
        *([f"events that now show readers their commune only: {covered}"] if covered else []),
        *([f"events that now show readers their place: {uncovered}"] if uncovered else []),
    ]


def _parts(ids: list[int]) -> Iterator[list[int]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def _brought(ids: list[int], risky: list[int]) -> tuple[int, int]:
    """Mark these events as their categories now say; how many were covered, and how many uncovered."""
    # Locked before their categories are read: who edits one of them has done so before, or waits for us.
    was = dict(Event.objects.select_for_update().filter(id__in=ids).order_by("id").values_list("id", "persons_at_risk"))
    said = _Links.objects.filter(event_id__in=ids, category_id__in=risky).values_list("event_id", flat=True)
    should = set(said)
    cover = [pk for pk, marked in was.items() if pk in should and not marked]
    uncover = [pk for pk, marked in was.items() if pk not in should and marked]
    for some, marked in ((cover, True), (uncover, False)):
        Event.objects.filter(id__in=some).update(persons_at_risk=marked, updated_at=timezone.now())
    return len(cover), len(uncover)
