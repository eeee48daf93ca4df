"""Events become Items, and Items Releases: what pages and feeds show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Count, F

from rapport.events.models import Event
from rapport.operations import fields
from rapport.operations.fields import Field
from rapport.operations.models import Category, Operation
from rapport.reports.attachments import serve
from rapport.reports.models import Attachment, AttachmentState, Report
from rapport.sharing.release import release
from rapport.values import (
    CategoryName,
    EventFacts,
    Item,
    Publication,
    PublishedFile,
    Purpose,
    Reader,
    Release,
    Response,
    Sensitivity,
    Status,
)

_PART = 500  # ids asked for at once


def releases(operation: Operation, reader: Reader, purpose: Purpose, ids: Sequence[int]) -> list[Release]:
    """The releases of these events for this reader, in the order of `ids`; what is not released is left out."""
    items: dict[int, Item] = {}
    for start in range(0, len(ids), _PART):
        items.update(_items(operation, ids[start : start + _PART]))
    made = (release(items[event_id], reader, purpose) for event_id in ids if event_id in items)
    return [one for one in made if one is not None]


def by_ref(operation: Operation, reader: Reader, purpose: Purpose, ref: str) -> Release | None:
    """The release of one event by its public id."""
    ids = list(Event.objects.filter(operation=operation, ref=ref).values_list("id", flat=True))
    return next(iter(releases(operation, reader, purpose, ids)), None)


def _items(operation: Operation, ids: Sequence[int]) -> dict[int, Item]:
    events = Event.objects.filter(operation=operation, id__in=ids)
    categories = _categories(ids)
    reports, sources = _told_by(ids)
    files = _files(ids)
    known = fields.stored(operation.extra_fields)
    return {
        event.pk: _item(
            operation, known, event, categories[event.pk], sources[event.pk], reports[event.pk], files[event.pk]
        )
        for event in events
    }


def _item(
    operation: Operation,
    known: Sequence[Field],
    event: Event,
    categories: Sequence[CategoryName],
    sources: Iterable[str],
    reports: int,
    files: Sequence[PublishedFile],
) -> Item:
    return Item(
        kind="event",
        ref=event.ref,
        operation=operation.slug,
        sensitivity=Sensitivity(event.sensitivity),
        persons_at_risk=event.persons_at_risk,
        facts=EventFacts(
            title=event.title,
            summary=event.summary,
            categories=tuple(categories),
            publication=Publication(event.publication),
            status=Status(event.status),
            occurred_at=event.occurred_at,
            published_at=event.published_at,
            updated_at=event.updated_at,
            spot=event.coded_spot,
            commune=event.commune,
            affected=event.affected,
            sources=tuple(sorted(sources)),
            reports=reports,
            response=Response(event.response),
            extra=fields.shown(known, event.extra),
            files=tuple(files),
        ),
    )


def _files(ids: Sequence[int]) -> dict[int, list[PublishedFile]]:
    """The cleaned copies that a person published with just this event; of a report that has moved to another event
    since, none."""
    shown = Attachment.objects.filter(
        published_in__in=ids, report__link__event_id=F("published_in"), state=AttachmentState.CLEAN
    )
    grouped: dict[int, list[PublishedFile]] = defaultdict(list)
    for row in shown.defer("key_sealed").order_by("report_id", "number"):
        grouped[row.published_in or 0].append(
            PublishedFile(
                id=row.pk,
                content_type=row.copy_type,
                size=row.copy_size,
                name=serve.file_name(row),
                small=row.small_size > 0,
                width=row.width,
                height=row.height,
                seconds=row.seconds,
                pages=row.pages,
            )
        )
    return grouped


def _categories(ids: Sequence[int]) -> dict[int, list[CategoryName]]:
    links = list(
        Event.categories.through.objects.filter(event_id__in=ids)
        .order_by("category__order")
        .values_list("event_id", "category_id")
    )
    nodes = {node.pk: node.as_value for node in Category.objects.filter(id__in={link[1] for link in links})}
    grouped: dict[int, list[CategoryName]] = defaultdict(list)
    for event_id, category_id in links:
        grouped[event_id].append(nodes[category_id])
    return grouped


def _told_by(ids: Sequence[int]) -> tuple[dict[int, int], dict[int, list[str]]]:
    counts: dict[int, int] = defaultdict(int)
    sources: dict[int, list[str]] = defaultdict(list)
    rows = (
        Report.objects.filter(link__event_id__in=ids)
        .values_list("link__event_id", "source__slug")
        .annotate(n=Count("id"))
        .order_by()
    )
    for event_id, slug, n in rows:
        counts[event_id] += n
        sources[event_id].append(slug)
    return counts, sources
