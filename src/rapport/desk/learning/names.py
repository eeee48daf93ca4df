"""Names of places that located reports teach: a job of the worker, now and then, from what people have confirmed.

A report teaches with the place of the event it stands in, if a person and no standing order set that place. It says a
name in its field for the place, or in its text where the event is called so. A name is learned if LEAST_REPORTS or more
from independent senders (events/sources.py) have it and lie close together: what one or two say may be somebody's
house. What is learned is replaced as a whole, so that what is undone, withdrawn or rolled back teaches no longer.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.db import transaction
from django.db.models import Exists, Max, OuterRef
from django.db.models.functions import Substr

from rapport.desk.books import parts, standing_decisions
from rapport.events.models import EventReport
from rapport.events.sources import Voice, independent
from rapport.operations.models import LEARNED, NoPlace, Operation, Place, PlaceName
from rapport.oversight.models import Decision, DecisionKind
from rapport.oversight.switches import stopped
from rapport.reports.models import Standing
from rapport.text.fold import fold
from rapport.text.learned import Located, Taught, learned, parts_of
from rapport.text.personal import spans_of
from rapport.text.place_evidence import COMMON_WORDS
from rapport.turns import turn
from rapport.values import Precision, Publication, Status, Trust

K = DecisionKind
LOOK_S = 180.0  # seconds between two looks whether there is enough to learn from [ours]
ENOUGH = 50  # decisions that may have taught something since the last time [ours]
#: Reports that teach, of those in events of all operations the newest: a second or two of work [measured], every LOOK_S
#: at most.
MOST_REPORTS = 20_000
MOST_NAMES = 5_000  # learned in one operation, those that most reports have [ours]
_READ = 2_000  # characters of a report's text that are searched for the name of its event
_SENDERS = 20  # of a name, so many are looked at for independence: three are enough
#: What may teach, and what takes back what was taught.
_TEACHES = (K.ACCEPT, K.ATTACH, K.EDIT, K.MERGE, K.SPLIT, K.PUBLISH, K.VERIFY)
_TAKES_BACK = (K.UNDO, K.WITHDRAW, K.TRUST)
_SETS_A_PLACE = (K.ACCEPT, K.EDIT)
#: Functions of the register without which nothing is learned: one tells names of places from those of people.
_NEEDED = frozenset({"names", "personal-data", "corroboration"})


@dataclass(slots=True)
class _Clock:
    look_at: float = 0.0  # on the monotonic clock


_clock = _Clock()


def learn_when_due() -> int:
    """The worker's job; how many names changed, 0 if it is not time yet."""
    now = time.monotonic()
    if now < _clock.look_at:
        return 0
    _clock.look_at = now + LOOK_S
    return sum(
        learn(operation)
        for operation in Operation.objects.filter(open=True)
        if stopped(operation.pk).isdisjoint(_NEEDED) and _is_due(operation)
    )


def learn(operation: Operation) -> int:
    """Learns the operation's names anew; how many came, went or changed."""
    newest = Decision.objects.filter(operation=operation).aggregate(newest=Max("pk"))["newest"] or 0
    heard = _heard(operation)
    changed = _replace(operation, [_row(one) for one in _new(operation, heard)])
    Operation.objects.filter(pk=operation.pk).update(names_learned_to=newest)
    return changed


def _is_due(operation: Operation) -> bool:
    since = Decision.objects.filter(operation=operation, pk__gt=operation.names_learned_to).order_by("-pk")
    kinds = list(since.filter(kind__in=(*_TEACHES, *_TAKES_BACK)).values_list("kind", flat=True)[:ENOUGH])
    return len(kinds) == ENOUGH or any(kind in _TAKES_BACK for kind in kinds)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What located reports say, and who each of them is from."""

    rows: list[Located] = field(default_factory=list)
    voices: dict[int, Voice] = field(default_factory=dict)

    def independent(self, rows: Sequence[Located]) -> int:
        """How many independent senders these are from; enough of them are looked at to tell LEAST_REPORTS."""
        of_sender = {self.voices[row.report].sender: self.voices[row.report] for row in reversed(rows)}
        return independent(list(islice(of_sender.values(), _SENDERS)))


def _heard(operation: Operation) -> _Heard:
    """Of the newest reports that stand in events which people placed to a locality or better."""
    newest = EventReport.objects.aggregate(newest=Max("pk"))["newest"] or 0
    by_hand = standing_decisions(operation.pk).filter(
        event_id=OuterRef("event_id"), kind__in=_SETS_A_PLACE, order_id__isnull=True
    )
    links = EventReport.objects.filter(
        Exists(by_hand), pk__gt=newest - MOST_REPORTS, event__operation=operation, event__lon__isnull=False,
        event__lat__isnull=False, event__precision__lte=Precision.LOCALITY, report__sender__isnull=False,
        report__standing=Standing.IN_EVENT, report__destroyed_at=None,
    )  # fmt: skip
    links = links.exclude(event__publication=Publication.WITHDRAWN.value).exclude(event__status=Status.REFUTED.value)
    links = links.exclude(report__sender__trust=Trust.BLOCKED.value).order_by("pk")
    said = links.annotate(text=Substr("report__text", 1, _READ)).values_list(
        "report_id", "report__sender", "text", "report__place_said", "event__place_name", "event__lon", "event__lat",
        "report__signature__minhash",
    )  # fmt: skip
    heard = _Heard()
    for report, sender, text, place_said, place_name, lon, lat, minhash in said.iterator():
        names = ", ".join(filter(None, [place_said, *_said_too(place_name, text)]))
        if names and lon is not None and lat is not None:
            heard.rows.append(Located(names, lon, lat, report))
            heard.voices[report] = Voice(sender, text, bytes(minhash or b""))
    return heard


def _said_too(place_name: str, text: str) -> Iterator[str]:
    """Those parts of what a person called the event's place that the report's own words have."""
    if place_name and text:
        words = f" {fold(text)} "
        yield from (written for folded, written in parts_of(place_name).items() if f" {folded} " in words)


def _new(operation: Operation, heard: _Heard) -> list[Taught]:
    """Names that nobody knows yet, and that are no person's."""
    known = set(COMMON_WORDS) | _denied(operation)
    others = Place.objects.filter(operation=operation).exclude(origin=LEARNED)
    known.update(fold(name) for name in others.values_list("name", flat=True))
    known.update(fold(name) for name in PlaceName.objects.filter(place__in=others).values_list("name", flat=True))
    taught = [
        one
        for one in learned(heard.rows, count=heard.independent)
        if one.spot.name not in known and not spans_of(one.spelled)
    ]
    return sorted(taught, key=lambda one: -one.reports)[:MOST_NAMES]


Row = tuple[str, int, float, float, int, int]
_COLUMNS = ("name", "precision", "lon", "lat", "radius_m", "reports")


def _row(one: Taught) -> Row:
    spot = one.spot
    return one.spelled, int(spot.precision), round(spot.lon, 4), round(spot.lat, 4), spot.radius_m, one.reports


def _replace(operation: Operation, rows: Iterable[Row]) -> int:
    """All learned names by these; how many came and went. In parts: each holds the database for a moment only."""
    there = Place.objects.filter(operation=operation, origin=LEARNED)
    by_row = {row: pk for pk, *columns in there.values_list("pk", *_COLUMNS) if (row := tuple(columns))}
    wanted = set(rows)
    kept = {pk for row, pk in by_row.items() if row in wanted}
    gone = [pk for pk in there.values_list("pk", flat=True) if pk not in kept]
    fresh = sorted(wanted - set(by_row))
    for old in parts(gone):
        with turn(), transaction.atomic():
            Place.objects.filter(pk__in=old).delete()
    for new in parts(fresh):
        with turn(), transaction.atomic():
            denied = _denied(operation)  # somebody may have said so this moment
            Place.objects.bulk_create(
                Place(operation=operation, origin=LEARNED, **dict(zip(_COLUMNS, row, strict=True)))
                for row in new
                if fold(row[0]) not in denied
            )
    return len(gone) + len(fresh)


def _denied(operation: Operation) -> set[str]:
    return set(NoPlace.objects.filter(operation=operation).values_list("folded", flat=True))
