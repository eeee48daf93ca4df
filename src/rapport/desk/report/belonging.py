"""Which events a report most likely belongs to, worked out when its page is shown: events change after a report came.

Nothing is stored and nothing follows by itself. Who could be meant is gathered here, a few hundred in few queries; who
is meant, and why, is said by events/matching.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians

from django.db.models import ExpressionWrapper, F, FloatField, Max
from django.db.models.functions import Coalesce, Left

from rapport.desk.books import parts, shown_senders
from rapport.events.matching import EventCandidate, Happening, Telling, events_for, rarity
from rapport.events.models import Event, EventReport
from rapport.operations.models import Category, Operation
from rapport.oversight.switches import is_stopped
from rapport.reports.models import Report, Suggestion, SuggestionKind
from rapport.text.fold import fold
from rapport.values import KM_PER_DEGREE, Precision, Publication, Spot

SHOWN = 3
#: How many events are gathered at most: about the likeliest place, of the same categories, and told of by the reports
#: that came just before and just after [ours].
_ABOUT, _OF_CATEGORY, _BEFORE, _AFTER = 100, 60, 60, 30
#: Only among the newest: what is looked through stays bounded however long an operation goes on [ours].
_NEWEST = 20_000
#: Around the likeliest place, beyond what is unsure about it [ours: a town].
_REACH_KM = 5.0
#: Characters read of each report: of an event its first and its last one, and what it says itself [ours].
_LETTERS = 600
_LINKS = 5_000
_PLACE = ("lon", "lat", "precision", "radius_m")
#: So many reports of an event are asked for independent senders; of a larger one it is said that there may be more.
COUNTED = 100


@dataclass(frozen=True, slots=True)
class Belonging:
    """An event that the report may belong to. `senders`: how many independent ones told of it, as the desk counts them,
    None while that is stopped; `more`: it has further reports, which were not counted. `suggestion_id`: the
    near-duplicate that leads to it."""

    event: Event
    score: float
    reasons: Sequence[str]
    senders: int | None
    more: bool
    suggestion_id: int | None


def belonging(
    report: Report, suggestions: Sequence[Suggestion], like: Mapping[int, Suggestion], spot: Spot | None
) -> list[Belonging]:
    """The events that the report most likely belongs to, at most SHOWN, the likeliest first. `suggestions`: those of
    the report; `like`: its near-duplicates (alike.near); `spot`: its likeliest place. None while that is stopped."""
    near = {pk: suggestion.score for pk, suggestion in like.items()}
    codes = {s.value.get("code", "") for s in suggestions if s.kind == SuggestionKind.CATEGORY}
    codes |= set(report.categories_said)
    if is_stopped("which-event", report.operation_id):
        return []
    # 1 which events could be meant, and what is known of each
    happenings = _happenings(report.operation, _gathered(report, near, spot, codes))
    # 2 which are
    telling = Telling(_words(report.text), near, spot, report.sent_at or report.received_at, frozenset(codes))
    rare = rarity([telling.words, *(one.words for one in happenings)])
    chosen = events_for(telling, happenings, rare, SHOWN)
    # 3 who told of them
    ids = {one.id: one.reports for one in happenings}
    through = {pk: suggestion.pk for pk, suggestion in like.items() if suggestion.report_id == report.pk}
    events = Event.objects.prefetch_related("categories").in_bulk([one.id for one in chosen])
    return [_offered(one, events[one.id], ids[one.id], through) for one in chosen]


# --- which events could be meant -----------------------------------------------------------------------------------


def _gathered(report: Report, near: Mapping[int, float], spot: Spot | None, codes: Collection[str]) -> set[int]:
    """The ids of those that could be meant."""
    operation = report.operation
    newest = Event.objects.filter(operation=operation).aggregate(newest=Max("pk"))["newest"] or 0
    found: set[int] = set()
    for some in parts(sorted(near)):
        found |= set(EventReport.objects.filter(report_id__in=some).values_list("event_id", flat=True))
    found |= set(_told_about_then(report))
    if spot is not None:
        found |= set(_about(operation, spot, newest))
    if codes:
        found |= set(_of_categories(operation, codes, newest))
    return found


def _told_about_then(report: Report) -> Iterator[int]:
    """Of all operations, as they lie in the index: those of others are left out when the events are read."""
    before = EventReport.objects.filter(report_id__lt=report.pk).order_by("-report_id")
    after = EventReport.objects.filter(report_id__gt=report.pk).order_by("report_id")
    yield from before.values_list("event_id", flat=True)[:_BEFORE]
    yield from after.values_list("event_id", flat=True)[:_AFTER]


def _about(operation: Operation, spot: Spot, newest: int) -> Iterator[int]:
    """The nearest first."""
    reach = (_REACH_KM + spot.radius_m / 1000) / KM_PER_DEGREE
    narrow = max(cos(radians(spot.lat)), 0.1)
    events = Event.objects.filter(operation=operation, pk__gt=newest - _NEWEST)
    events = events.filter(
        lat__range=(spot.lat - reach, spot.lat + reach),
        lon__range=(spot.lon - reach / narrow, spot.lon + reach / narrow),
    )
    north, east = F("lat") - spot.lat, (F("lon") - spot.lon) * narrow
    far = ExpressionWrapper(north * north + east * east, output_field=FloatField())
    yield from events.order_by(far, "-pk").values_list("pk", flat=True)[:_ABOUT]


def _of_categories(operation: Operation, codes: Collection[str], newest: int) -> Iterator[int]:
    """The newest first."""
    known = Category.objects.filter(operation=operation, code__in=codes).values_list("pk", flat=True)
    links = Event.categories.through.objects.filter(category_id__in=list(known), event_id__gt=newest - _NEWEST)
    yield from links.order_by("-event_id").values_list("event_id", flat=True)[:_OF_CATEGORY]


# --- what is known of them -----------------------------------------------------------------------------------------


def _happenings(operation: Operation, events: Collection[int]) -> list[Happening]:
    """Of those that have reports and are not withdrawn. As columns: hundreds of models are slow to make."""
    reports = _reports(events)
    read = {pk: {ids[0], ids[-1]} for pk, ids in reports.items()}
    said = _said({one for ids in read.values() for one in ids})
    codes: dict[int, set[str]] = defaultdict(set)
    found: list[Happening] = []
    for some in parts(sorted(reports)):
        named = Event.categories.through.objects.filter(event_id__in=some)
        for pk, code in named.values_list("event_id", "category__code"):
            codes[pk].add(code)
        offered = Event.objects.filter(operation=operation, pk__in=some).exclude(publication=Publication.WITHDRAWN)
        for pk, title, summary, *place in offered.values_list("pk", "title", "summary", *_PLACE):
            told = [said[one] for one in read[pk]]
            words = _words(f"{title} {summary}").union(*(words for words, _ in told))
            times = [at for _, at in told]
            ids = frozenset(reports[pk])
            found.append(Happening(pk, ids, words, _spot(*place), min(times), max(times), frozenset(codes[pk])))
    return found


def _reports(events: Collection[int]) -> dict[int, list[int]]:
    """The ids of the reports of each, the first ones first."""
    found: dict[int, list[int]] = defaultdict(list)
    for some in parts(sorted(events)):
        links = EventReport.objects.filter(event_id__in=some).order_by("report_id")
        for event_id, report_id in links.values_list("event_id", "report_id")[:_LINKS]:
            found[event_id].append(report_id)
    return found


def _said(reports: Collection[int]) -> dict[int, tuple[frozenset[str], datetime]]:
    """The words of each, and when it was sent."""
    found: dict[int, tuple[frozenset[str], datetime]] = {}
    for some in parts(sorted(reports)):
        rows = Report.objects.filter(pk__in=some).values_list(
            "pk", Left("text", _LETTERS), Coalesce("sent_at", "received_at")
        )
        found |= {pk: (_words(text), at) for pk, text, at in rows}
    return found


def _spot(lon: float | None, lat: float | None, precision: int | None, radius_m: int) -> Spot | None:
    if lon is None or lat is None or precision is None:
        return None
    return Spot(lon, lat, Precision(precision), radius_m)


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(text[:_LETTERS]).split())


def _offered(one: EventCandidate, event: Event, ids: Collection[int], through: Mapping[int, int]) -> Belonging:
    counted = sorted(ids)[:COUNTED]
    by = next((through[report] for report in ids if report in through), None)
    return Belonging(event, one.score, one.reasons, shown_senders(event.operation_id, counted), len(ids) > COUNTED, by)
