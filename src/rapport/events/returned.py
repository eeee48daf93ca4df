"""What an audience was given and has to give back, and what is new to it: for those who keep what they pulled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from rapport.events.left import as_read, concerning
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
    concerned = concerning(log, purpose)
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


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of an event for an audience between two moments: `what` is new, changed or gone."""

    ref: str
    what: str
    at: datetime


def changes(operation_id: int, audience: str, purpose: Purpose, after: int, upto: int) -> Iterator[Changed]:
    """Of the log's entries after one stamp and up to another, those that concern the purpose: one for each event that
    the audience has now, or had then; in the order in which they changed last."""
    log = ReleaseEntry.objects.filter(operation_id=operation_id, audience=audience)
    concerned = concerning(log, purpose).order_by("seq").only("event_id", "seq", "at", "retracted", "left")
    last = {entry.event_id: entry for entry in concerned.filter(seq__gt=after, seq__lte=upto)}
    for part in _parts(iter(sorted(last.values(), key=lambda entry: entry.seq))):
        ids = [entry.event_id for entry in part]
        refs = dict(Event.objects.filter(pk__in=ids).values_list("pk", "ref"))
        before = concerned.filter(seq__lte=after, event_id__in=ids)
        had = {entry.event_id: _gives(entry, purpose) for entry in before}
        for entry in part:
            has = _gives(entry, purpose)
            if has or had.get(entry.event_id):
                what = "gone" if not has else "changed" if had.get(entry.event_id) else "new"
                yield Changed(refs[entry.event_id], what, entry.at)


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
