"""What a protocol is played against: the operation's events, read in columns, or made-up ones where there are none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from rapport.events.items import BY_ITSELF
from rapport.events.models import Event
from rapport.events.rows import Epoch
from rapport.operations import fields
from rapport.operations.categories import lines
from rapport.operations.gazetteer import drawable, regions
from rapport.operations.models import Category, Operation
from rapport.reports.models import Attachment, AttachmentState
from rapport.sharing.items import FINEST, Facts, Item
from rapport.sharing.protocol import samples
from rapport.sharing.protocol.kinds import Crowd, Kind, crowd
from rapport.sharing.protocol.model import Known
from rapport.values import Json, Precision, Publication, Sensitivity, Status

#: So many events are looked at, the newest: more would keep people waiting.
MOST = 100_000
_COMMUNES = 40  # that samples are spread over
_COLUMNS = (
    "id", "title", "summary", "affected_low", "lon", "precision",
    "commune_lon", "commune_pcode", "pcode", "sensitivity", "publication", "status", "persons_at_risk",
    "names", "consent", "personal_data", "control", "organisation", "shared",
)  # fmt: skip


def standing(operation: Operation) -> QuerySet[Event]:
    """The events that stand by themselves and were not withdrawn: those that anybody could get."""
    events = Event.objects.filter(BY_ITSELF, operation=operation)
    return events.exclude(publication=Publication.WITHDRAWN.value)


def of_events(operation: Operation, most: int = MOST) -> Crowd:
    """The operation's events as a crowd, the newest first, at most so many. As events/items.py:items says them."""
    events = standing(operation).order_by("-pk")
    older = max(0, events.count() - most)
    first = events.values_list("pk", flat=True)[most - 1] if older else 0
    some, around = events.filter(pk__gte=first), _Around(operation, first)
    ids, kinds, published = [], [], []
    seen: dict[tuple[Any, ...], Kind] = {}
    # As whole seconds: to make times of them takes longer than everything else.
    times = Epoch("occurred_at"), Epoch("published_at")
    for row in some.values_list(*_COLUMNS, *times).iterator(chunk_size=20_000):
        key = around.key(row)
        kind = seen.get(key)
        if kind is None:
            kind = seen[key] = _kind(*key)
        ids.append(row[0])
        kinds.append(kind)
        published.append(float("nan") if row[-1] is None else row[-1])
    return crowd(ids, kinds, published, older)


class _Around:
    """What stands in other tables about events, and what each of them therefore is to a protocol."""

    def __init__(self, operation: Operation, first: int) -> None:
        events = Event.objects.filter(operation=operation, pk__gte=first)
        self.regions = regions(operation.pk)
        self.public = {one.code for one in fields.stored(operation.extra_fields) if one.public}
        self.known = {one.code for one in fields.stored(operation.extra_fields)}
        self.extra: Mapping[int, Mapping[str, Json]] = (
            dict(events.exclude(extra={}).values_list("pk", "extra")) if self.known else {}
        )
        self.categories = _categories(operation, first)
        self.sources = _grouped(events.values_list("pk", "links__report__source__slug").order_by().distinct())
        shown = Attachment.objects.filter(published_in__in=events.values("pk"), state=AttachmentState.CLEAN)
        self.files = {
            event for event, own in shown.values_list("published_in", "report__link__event_id") if event == own
        }

    def key(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        (
            pk, title, summary, affected, lon, precision,
            commune_lon, commune_pcode, pcode, sensitivity, publication, status, at_risk,
            names, consent, personal_data, control, organisation, shared, occurred_at, _,
        ) = row  # fmt: skip
        placed = lon is not None and bool(precision)
        extra = self.extra.get(pk, {})
        answered = {code for code, value in extra.items() if code in self.known and value is not None}
        has = (
            bool(title), bool(summary), occurred_at is not None, placed, affected is not None, bool(answered),
            pk in self.files,
        )  # fmt: skip
        return (
            self.categories.get(pk, ()), self.sources.get(pk, ()), sensitivity, publication, status, at_risk,
            precision if placed else 0,
            commune_lon is not None, (commune_pcode or pcode) in self.regions, has, bool(answered & self.public),
            names, consent, personal_data, control, organisation, bool(shared),
        )  # fmt: skip


_HAS = ("title", "summary", "occurred_at", "place", "affected", "extra", "files")


def _kind(
    categories: Sequence[str],
    sources: Sequence[str],
    sensitivity: str,
    publication: str,
    status: str,
    at_risk: bool,
    precision: int,
    commune: bool,
    region: bool,
    has: Sequence[bool],
    extra_public: bool,
    names: Known,
    consent: Known,
    personal_data: Known,
    control: str,
    organisation: str,
    shared: bool,
) -> Kind:
    facts = Facts(
        kind="event",
        data_type="none",
        category=frozenset(categories),
        sensitivity=Sensitivity(sensitivity),
        publication=Publication(publication),
        status=Status(status),
        finest=FINEST[Precision(precision)] if precision else "none",
        aggregation="record",
        source=frozenset(sources),
        persons_at_risk="yes" if at_risk else "no",
        names=names,
        consent=consent,
        personal_data=personal_data,
        control=control,
        organisation=organisation,
    )
    filled = {name for name, there in zip(_HAS, has, strict=True) if there} | {"response"}
    told = {"sources", "reports"} if sources else set()
    return Kind(facts, precision, commune, region, frozenset(filled | told), extra_public, shared)


def _categories(operation: Operation, first: int) -> dict[int, tuple[str, ...]]:
    """The codes of each event's categories and of those above them."""
    known = lines(Category.objects.filter(operation=operation))
    codes = {pk: [category.code for category in line] for pk, line in known.items()}
    links = Event.categories.through.objects.filter(event__operation=operation, event_id__gte=first).order_by()
    by_event = _grouped(links.values_list("event_id", "category_id"))
    above = {some: tuple(sorted({code for pk in some for code in codes[pk]})) for some in set(by_event.values())}
    return {event: above[some] for event, some in by_event.items()}


def _grouped(pairs: QuerySet[Any, tuple[int, Any]]) -> dict[int, tuple[Any, ...]]:
    grouped: dict[int, list[Any]] = defaultdict(list)
    for event, value in pairs.iterator(chunk_size=20_000):
        if value is not None:
            grouped[event].append(value)
    return {event: tuple(sorted(values)) for event, values in grouped.items()}


def sample_items(operation: Operation, now: datetime, held_by: Sequence[str] = ()) -> list[Item]:
    """Made-up events of the operation's categories, places and sources; some lie in areas held by these."""
    categories = list(Category.objects.filter(operation=operation))
    known, areas = lines(categories), regions(operation.pk)
    communes = drawable(operation).filter(precision=Precision.ADM2).order_by("pcode", "name", "pk")[:_COMMUNES]
    ground = samples.Ground(
        operation=operation.slug,
        box=operation.box,
        categories=[tuple(category.as_value for category in known[one.pk]) for one in _leaves(categories)],
        at_risk=frozenset(one.code for one in categories if one.persons_at_risk),
        communes=[(spot, areas.get(place.pcode)) for place in communes if (spot := place.spot)],
        sources=list(operation.sources.order_by("slug").values_list("slug", flat=True)),
        held_by=held_by,
    )
    return samples.samples(ground, now)


def _leaves(categories: Sequence[Category]) -> list[Category]:
    parents = {one.parent_id for one in categories}
    return [one for one in categories if one.pk not in parents]


def has_events(operation: Operation) -> bool:
    return standing(operation).exists()
