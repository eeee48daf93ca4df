"""What an audience was given and has to give back: for those who keep what they pulled, and would keep it for ever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from rapport.events.left import as_read, bits
from rapport.events.log import listed
from rapport.events.models import Event
from rapport.sharing.active import policy_of
from rapport.sharing.models import ReleaseEntry
from rapport.sharing.protocol.model import PURPOSES
from rapport.values import Purpose

MOST = 1_000  # the newest; who asks less often pulls all anew [ours]
KEPT = timedelta(days=90)  # before the log last moved, not before now: the same log always gives the same [ours]
_PART = 500


@dataclass(frozen=True, slots=True)
class Returned:
    """An event's public id, and since when the audience has it no more."""

    ref: str
    at: datetime


def returned(operation_id: int, audience: str, purpose: Purpose, seq: int) -> list[Returned]:
    """The events that an audience had for a purpose and has no more, by its log up to that entry, the newest first. One
    that it did not have for this purpose is not among them, whatever became of it."""
    log = ReleaseEntry.objects.filter(operation_id=operation_id, audience=audience, seq__lte=seq)
    moved = log.order_by("-seq").values_list("at", flat=True).first()
    if moved is None:
        return []
    concerned = log.annotate(concerned=F("purposes").bitand(bits([purpose]))).filter(concerned__gt=0)
    later = concerned.filter(event_id=OuterRef("event_id"), seq__gt=OuterRef("seq"))
    # Kept for one purpose and taken back for another: an entry of which one digest is missing.
    ends = concerned.filter(Q(retracted=True) | Q(left__contains="-"), ~Exists(later), at__gt=moved - KEPT)
    found: list[Returned] = []
    rows = ends.order_by("-seq").only("event_id", "at", "retracted", "left").iterator(chunk_size=_PART)
    for part in _parts(entry for entry in rows if not _gives(entry, purpose)):
        found += _of(operation_id, audience, purpose, part)
        if len(found) >= MOST:
            break
    return found[:MOST]


def _parts(entries: Iterator[ReleaseEntry]) -> Iterator[list[ReleaseEntry]]:
    part: list[ReleaseEntry] = []
    for entry in entries:
        part.append(entry)
        if len(part) == _PART:
            yield part
            part = []
    if part:
        yield part


def _of(operation_id: int, audience: str, purpose: Purpose, ends: Sequence[ReleaseEntry]) -> list[Returned]:
    ids = [entry.event_id for entry in ends]
    log = ReleaseEntry.objects.filter(operation_id=operation_id, audience=audience, event_id__in=ids, retracted=False)
    had = {entry.event_id for entry in log.only("event_id", "retracted", "left") if _gives(entry, purpose)}
    events = Event.objects.filter(operation_id=operation_id, pk__in=had)
    # What came due a moment ago is given again before its log says so.
    given = listed(events, policy_of(operation_id), audience, purpose, timezone.now())
    refs = dict(events.exclude(pk__in=given.values("pk")).values_list("pk", "ref"))
    return [Returned(refs[entry.event_id], entry.at) for entry in ends if entry.event_id in refs]


def _gives(entry: ReleaseEntry, purpose: Purpose) -> bool:
    """Whether the audience has something by this entry, or nobody knows what."""
    return not entry.retracted and (not entry.left or bool(as_read(entry.left)[PURPOSES.index(purpose)]))
