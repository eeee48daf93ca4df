"""Events become Items: all that the policy must know of them to decide. Nothing of it may be shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from django.db.models import Count, Exists, F, OuterRef, Q

from rapport.events.models import Event, EventReport
from rapport.operations import fields
from rapport.operations.categories import lines
from rapport.operations.fields import Field
from rapport.operations.gazetteer import regions
from rapport.operations.models import Category, Operation
from rapport.reports.attachments import serve
from rapport.reports.models import Attachment, AttachmentState, Report
from rapport.sharing.items import FINEST, Facts, Item
from rapport.sharing.policy import Policy
from rapport.sharing.protocol.model import Area, Known
from rapport.values import EventFacts, Precision, Publication, PublishedFile, Response, Sensitivity, Spot, Status

#: What stands by itself: no part of another event, and told by a report. What was merged, or is taken back,
#: is withdrawn for every reader; the team, who get withdrawn events too, would count it twice, or for ever.
BY_ITSELF = Q(merged_into__isnull=True) & (
    ~Q(publication=Publication.WITHDRAWN.value) | Exists(EventReport.objects.filter(event=OuterRef("pk")))
)
_PART = 500  # ids asked for at once


def items(operation: Operation, ids: Sequence[int], policy: Policy) -> dict[int, Item]:
    """The Items of these events, by id."""
    made: dict[int, Item] = {}
    for start in range(0, len(ids), _PART):
        made.update(_items(operation, ids[start : start + _PART], policy))
    return made


def _items(operation: Operation, ids: Sequence[int], policy: Policy) -> dict[int, Item]:
    events = list(Event.objects.filter(operation=operation, id__in=ids))
    # Two queries that most pages do not need: regions stand in for communes only where those are too fine.
    wide = policy.asks_for_areas and any(event.precision == Precision.ADM1 for event in events)
    areas = regions(operation.pk) if wide or policy.asks_for(Area.ADM1) else {}
    categories = _categories(operation, ids)
    reports, sources = _told_by(ids)
    files = _files(ids)
    known = fields.stored(operation.extra_fields)
    return {
        event.pk: _item(
            operation,
            known,
            event,
            categories[event.pk],
            _Around(
                areas.get(event.commune_pcode or event.pcode), sources[event.pk], reports[event.pk], files[event.pk]
            ),
        )
        for event in events
    }


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands in other tables about an event."""

    region: Spot | None
    sources: Sequence[str]
    reports: int
    files: Sequence[PublishedFile]


def _item(
    operation: Operation,
    known: Sequence[Field],
    event: Event,
    tree: Sequence[tuple[Category, ...]],
    around: _Around,
) -> Item:
    return Item(
        kind="event",
        ref=event.ref,
        operation=operation.slug,
        facts=_facts(event, tree, around),
        time_zone=operation.time_zone,
        event=EventFacts(
            title=event.title,
            summary=event.summary,
            shared=event.shared,
            categories=tuple(line[0].as_value for line in tree),
            publication=Publication(event.publication),
            status=Status(event.status),
            occurred_at=event.occurred_at,
            published_at=event.published_at,
            updated_at=event.updated_at,
            spot=event.coded_spot,
            commune=event.commune,
            region=around.region,
            affected=event.affected,
            sources=tuple(sorted(around.sources)),
            reports=around.reports,
            response=Response(event.response),
            extra=fields.shown(known, event.extra),
            files=tuple(around.files),
        ),
    )


def _facts(event: Event, tree: Sequence[tuple[Category, ...]], around: _Around) -> Facts:
    """What a protocol's conditions ask for: as Event.POLICY_COLUMNS says it for queries."""
    return Facts(
        kind="event",
        data_type="none",
        category=frozenset(category.code for line in tree for category in line),
        sensitivity=Sensitivity(event.sensitivity),
        names=cast("Known", event.names),
        consent=cast("Known", event.consent),
        personal_data=cast("Known", event.personal_data),
        control=event.control,
        organisation=event.organisation,
        publication=Publication(event.publication),
        published_at=event.published_at,
        status=Status(event.status),
        finest=FINEST[Precision(event.precision)] if event.lon is not None and event.precision else "none",
        aggregation="record",
        source=frozenset(around.sources),
        persons_at_risk="yes" if event.persons_at_risk else "no",
    )


def _files(ids: Sequence[int]) -> dict[int, list[PublishedFile]]:
    """The cleaned copies that a person published with just this event; of a report that has moved to another event
    since, none."""
    shown = Attachment.objects.filter(
        published_in__in=ids,
        report__link__event_id=F("published_in"),
        state=AttachmentState.CLEAN,
        ref__isnull=False,
    )
    grouped: dict[int, list[PublishedFile]] = defaultdict(list)
    for row in shown.defer("key_sealed").order_by("report_id", "number"):
        grouped[row.published_in or 0].append(
            PublishedFile(
                ref=row.ref or "",
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


def _categories(operation: Operation, ids: Sequence[int]) -> dict[int, list[tuple[Category, ...]]]:
    """The categories of each event, each with those above it."""
    links = list(
        Event.categories.through.objects.filter(event_id__in=ids)
        .order_by("category__order")
        .values_list("event_id", "category_id")
    )
    known = lines(Category.objects.filter(operation=operation))
    grouped: dict[int, list[tuple[Category, ...]]] = defaultdict(list)
    for event_id, category_id in links:
        grouped[event_id].append(known[category_id])
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
