"""The rows of the map's index: the events that an audience gets, each with what the protocol leaves of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Func, IntegerField, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from rapport.events import extra, log
from rapport.events.index import NO_TIME, Rows
from rapport.events.models import Event
from rapport.operations.categories import lines
from rapport.operations.gazetteer import regions
from rapport.operations.models import Category, Operation
from rapport.oversight import keys
from rapport.sharing.active import policy_of
from rapport.sharing.coarser import place_left, time_left, words_left
from rapport.sharing.policy import Policy
from rapport.sharing.protocol.model import Area, Audience, Left, Rounding, Words
from rapport.values import Json, Precision, Purpose, Reader, Spot

_PART = 500  # ids asked for at once


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose index is asked for, under which rules, when."""

    operation_id: int
    audience: Audience
    purpose: Purpose
    policy: Policy
    now: datetime

    @classmethod
    def of(cls, operation_id: int, reader: Reader, purpose: Purpose) -> Asked:
        policy, now = policy_of(operation_id), timezone.now()
        audience = policy.protocol.audience_of(reader, purpose)
        # Most protocols rule alike for looking and for taking away: then one index serves both.
        alike = policy.rules(audience.name, purpose, now) == policy.rules(audience.name, Purpose.VIEW, now)
        return cls(operation_id, audience, Purpose.VIEW if alike else purpose, policy, now)

    @property
    def rules(self) -> str:
        """Which rules hold: the protocol and the moment's place among the times that it names."""
        return f"{self.policy.protocol.digest}/{self.policy.epoch(self.now)}"

    @property
    def delays(self) -> list[timedelta]:
        rules = self.policy.rules(self.audience.name, self.purpose, self.now)
        return [timedelta(seconds=delay) for delay in sorted({rule.left.delay_s for rule in rules} - {0})]


def rows(asked: Asked, ids: Sequence[int] | None) -> Rows:
    """The events released to the audience as columns: all of the operation, or those of `ids`."""
    base = Event.objects.filter(operation_id=asked.operation_id)
    parts = [None] if ids is None else [ids[start : start + _PART] for start in range(0, len(ids), _PART)]
    seen: list[_Seen] = []
    links: list[tuple[int, int]] = []
    told: list[tuple[int, str]] = []
    answers: list[tuple[int, dict[str, Json]]] = []
    operation = Operation.objects.get(pk=asked.operation_id)
    choosing = [one.code for one in extra.filters(operation, asked.audience)]
    around = _Around(_areas(asked), ZoneInfo(operation.time_zone))
    for part in parts:
        some = base if part is None else base.filter(id__in=part)
        given = log.listed(some, asked.policy, asked.audience.name, asked.purpose, asked.now)
        seen += _seen(given, around)
        answers += _answers(given) if choosing else []
        links += _links(asked.operation_id, part)
        told += _told(asked.operation_id, part)
    shown = {one.id for one in seen}
    nan = float("nan")
    return Rows(
        ids=[one.id for one in seen],
        lon=[one.spot.lon if one.spot else nan for one in seen],
        lat=[one.spot.lat if one.spot else nan for one in seen],
        at=[NO_TIME if one.at is None else one.at for one in seen],
        status=[one.status for one in seen],
        precision=[one.spot.precision if one.spot else 0 for one in seen],
        radius_m=[one.spot.radius_m if one.spot else 0 for one in seen],
        pcode=[one.spot.pcode if one.spot else "" for one in seen],
        words=[one.words for one in seen],
        categories=_by_code(asked.operation_id, links, shown),
        sources=_by_slug(told, {one.id for one in seen if one.sources}),
        response=[one.response for one in seen],
        choices=_by_choice(choosing, answers, {one.id for one in seen if one.extra}),
    )


@dataclass(frozen=True, slots=True)
class _Around:
    """What is the same for all events of an operation: regions by the code of a commune, and the time zone."""

    areas: Mapping[str, Spot]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class _Seen:
    """One event as the index holds it."""

    id: int
    spot: Spot | None
    at: int | None
    status: str
    words: str  # what a search looks through
    response: str
    sources: bool  # whether it is known to the audience which sources told of it
    extra: bool


class Epoch(Func):
    """A moment as whole seconds since 1970, rounded down: an event of 23:59:59.7 belongs to the day that ends."""

    output_field = IntegerField()
    template = "CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s)) AS BIGINT)"

    def as_sqlite(self, compiler, connection, **extra):  # type: ignore[no-untyped-def]
        return self.as_sql(compiler, connection, template="unixepoch(%(expressions)s)", **extra)


def _areas(asked: Asked) -> Mapping[str, Spot]:
    """Region by the code of a commune; empty where no rule asks for regions."""
    return regions(asked.operation_id) if asked.policy.asks_for_areas else {}


_COLUMNS = (
    "id", "lon", "lat", "precision", "radius_m", "place_name", "pcode",
    "commune_lon", "commune_lat", "commune_radius_m", "commune_name", "commune_pcode",
    "status", "title", "summary", "shared", "response",
    "left_area", "left_radius_m", "left_words", "left_rounding",
    "left_title", "left_summary", "left_occurred_at", "left_place", "left_response", "left_sources", "left_extra",
)  # fmt: skip


def _seen(events: QuerySet[Event], around: _Around) -> Iterator[_Seen]:
    # Of drafts nobody knows when they happened or were published: for the team they stand where they were written.
    known = Epoch(Coalesce(F("occurred_at"), F("published_at"), F("created_at")))
    unsaid = Epoch(Coalesce(F("published_at"), F("created_at")))
    columns = events.order_by().values_list(*_COLUMNS, known, unsaid)
    for row in columns.iterator(chunk_size=20_000):
        yield _one(row, around)


def _one(row: tuple[Any, ...], around: _Around) -> _Seen:
    (
        pk, lon, lat, precision, radius_m, place_name, pcode,
        commune_lon, commune_lat, commune_radius_m, commune_name, commune_pcode,
        status, title, summary, shared, response,
        area, left_radius_m, words, rounding,
        has_title, has_summary, has_time, has_place, has_response, has_sources, has_extra,
        at, unsaid,
    ) = row  # fmt: skip
    spot = None if lon is None else Spot(lon, lat, Precision(precision), radius_m, place_name, pcode or commune_pcode)
    if spot and (not has_place or (area, left_radius_m) != (0, 0)):
        commune = None
        if commune_lon is not None:
            commune = Spot(commune_lon, commune_lat, Precision.ADM2, commune_radius_m, commune_name, commune_pcode)
        left = Left(area=Area(area), radius_m=left_radius_m)
        region = around.areas.get(commune_pcode or pcode)
        spot = place_left(spot, commune, region, left, keys.displacement()) if has_place else None
    if words:
        title, summary = words_left(title, summary, shared, Words(words))
    at = at if has_time else unsaid
    return _Seen(
        id=pk,
        spot=spot,
        at=_rounded(at, Rounding(rounding), around.zone) if rounding and at is not None else at,
        status=status,
        words=f"{title if has_title else ''} {spot.name if spot else ''} {summary if has_summary else ''}",
        response=response if has_response else "",
        sources=has_sources,
        extra=has_extra,
    )


def _rounded(at: int, rounding: Rounding, zone: ZoneInfo) -> int:
    left = time_left(datetime.fromtimestamp(at, UTC), rounding, zone)
    return at if left is None else int(left.timestamp())


def _answers(events: QuerySet[Event]) -> list[tuple[int, dict[str, Json]]]:
    return list(events.order_by().values_list("id", "extra").iterator(chunk_size=20_000))


def _links(operation_id: int, ids: Sequence[int] | None) -> list[tuple[int, int]]:
    links = Event.categories.through.objects.order_by()
    some = links.filter(event__operation_id=operation_id) if ids is None else links.filter(event_id__in=ids)
    return list(some.values_list("event_id", "category_id").iterator(chunk_size=20_000))


def _told(operation_id: int, ids: Sequence[int] | None) -> list[tuple[int, str]]:
    events = Event.objects.filter(operation_id=operation_id) if ids is None else Event.objects.filter(id__in=ids)
    told = events.filter(links__isnull=False).values_list("id", "links__report__source__slug").order_by().distinct()
    return list(told.iterator(chunk_size=20_000))


def _by_code(operation_id: int, links: list[tuple[int, int]], shown: Set[int]) -> dict[str, list[int]]:
    """Event ids by category code; a category holds the events of those below it too."""
    known = lines(Category.objects.filter(operation_id=operation_id))
    codes = {pk: [category.code for category in line] for pk, line in known.items()}
    grouped: dict[str, list[int]] = defaultdict(list)
    for event_id, category_id in links:
        if event_id in shown:
            for code in codes[category_id]:
                grouped[code].append(event_id)
    return grouped


def _by_choice(
    codes: Sequence[str], answers: list[tuple[int, dict[str, Json]]], shown: Set[int]
) -> dict[str, dict[str, list[int]]]:
    """Event ids by extra field and choice."""
    grouped: dict[str, dict[str, list[int]]] = {code: defaultdict(list) for code in codes}
    for event_id, answered in answers:
        for code in grouped.keys() & answered.keys() if event_id in shown else ():
            value = answered[code]
            for choice in value if isinstance(value, list) else [value]:
                grouped[code][str(choice)].append(event_id)
    return grouped


def _by_slug(told: list[tuple[int, str]], shown: Set[int]) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = defaultdict(list)
    for event_id, slug in told:
        if event_id in shown:
            grouped[slug].append(event_id)
    return grouped
