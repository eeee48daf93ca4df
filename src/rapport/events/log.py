"""The release log: how readers, the map's index, feeds and ETags learn that events changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from rapport import plain_sql
from rapport.events.items import BY_ITSELF
from rapport.events.left import NOTHING, Digests, as_kept, as_read, bits, left, purposes
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.sharing.active import policy_of
from rapport.sharing.models import ReleaseClock, ReleaseEntry, last_seq, moved_for, next_seqs
from rapport.sharing.policy import Policy
from rapport.sharing.protocol.model import PURPOSES
from rapport.sharing.queries import counted_to, released_to
from rapport.values import Purpose

_PART = 500  # events asked for at once


def record(operation_id: int, event_ids: Iterable[int], *, anew: bool = False) -> int:
    """Write these events into the log of each audience for which they changed; call in the transaction that changed
    them. How many entries were written.

    An event of which the audience gets just what it has is not entered, whatever was changed about it. One that it does
    not get any more is entered as retracted. `anew`: all that it gets is entered, since other things than the events
    changed, by which they are looked for or shown.
    """
    ids = sorted(set(event_ids))
    if not ids:
        return 0
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("events.log.record must share the transaction of the change")
    operation, policy, now = Operation.objects.get(pk=operation_id), policy_of(operation_id), timezone.now()
    audiences = _audiences(operation_id, policy)
    parts = (ids[start : start + _PART] for start in range(0, len(ids), _PART))
    return sum(_record(operation, policy, audiences, part, now, anew=anew) for part in parts)


def _record(
    operation: Operation, policy: Policy, audiences: Sequence[str], ids: Sequence[int], now: datetime, *, anew: bool
) -> int:
    has, had, written = left(operation, policy, ids, now), _had(operation.pk, ids), 0
    for audience in audiences:
        changes = [
            (pk, digests, concerned)
            for pk in ids
            for digests in (has.get((audience, pk), NOTHING),)
            if (concerned := _concerned(had.get((audience, pk)), digests, anew=anew))
        ]
        seqs = next_seqs(operation.pk, audience, len(changes))
        log, at = (operation.pk, audience), plain_sql.moment(now)
        plain_sql.insert_tuples(
            ReleaseEntry,
            _COLUMNS,
            (
                (*log, seq, pk, not given, at, concerned, as_kept(digests) if given else "", anew and given)
                for seq, (pk, digests, concerned) in zip(seqs, changes, strict=True)
                for given in (digests != NOTHING,)
            ),
        )
        last = {one: seq for seq, (_, _, concerned) in zip(seqs, changes, strict=True) for one in purposes(concerned)}
        moved_for(*log, last)
        written += len(changes)
    return written


#: Of what `record` writes of each event: as models it took half of the time [measured].
_COLUMNS = ("operation_id", "audience", "seq", "event_id", "retracted", "at", "purposes", "left", "anew")


def _concerned(had: str | None, has: Digests, *, anew: bool) -> int:
    """For which purposes an audience that had this gets something else now, as bits; `had` is None where it had
    nothing, and "" where nobody knows what it had."""
    if had == "":
        return bits(PURPOSES)
    before = NOTHING if had is None else as_read(had)
    return bits(
        purpose for purpose, was, now in zip(PURPOSES, before, has, strict=True) if was != now or (anew and now)
    )


def _had(operation_id: int, ids: Sequence[int]) -> Mapping[tuple[str, int], str]:
    """What each audience has of these events by its log: digests as kept; nothing of what it was asked to give back."""
    log = ReleaseEntry.objects.filter(operation_id=operation_id, event_id__in=ids).order_by("seq")
    last = {
        (audience, event_id): None if retracted else kept  # the later entry of an event replaces the earlier
        for audience, event_id, retracted, kept in log.values_list("audience", "event_id", "retracted", "left")
    }
    return {key: kept for key, kept in last.items() if kept is not None}


def changed(operation_id: int, audience: str, purpose: Purpose, ids: Sequence[int]) -> Mapping[int, datetime]:
    """When these events last changed for an audience and purpose; of those that its log has."""
    found: dict[int, datetime] = {}
    for start in range(0, len(ids), _PART):
        log = ReleaseEntry.objects.filter(
            operation_id=operation_id, audience=audience, event_id__in=ids[start : start + _PART], anew=False
        )
        concerned = log.annotate(concerned=F("purposes").bitand(bits([purpose]))).filter(concerned__gt=0)
        found.update(concerned.order_by().values_list("event_id").annotate(last=Max("at")))
    return found


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of an event for an audience between two moments: `what` is new, changed or gone."""

    ref: str
    what: str
    at: datetime


def changes(operation_id: int, audience: str, purpose: Purpose, after: int, upto: int) -> Iterator[Changed]:
    """Of the log's entries after one stamp and up to another, those that concern the purpose: one for each event that
    is given now, or was then; in the order in which they changed last."""
    log = ReleaseEntry.objects.filter(operation_id=operation_id, audience=audience)
    concerned = log.annotate(concerned=F("purposes").bitand(bits([purpose]))).filter(concerned__gt=0)
    news = concerned.filter(seq__gt=after, seq__lte=upto).order_by("seq")
    last = {event: (seq, retracted, at) for event, seq, retracted, at in news.values_list(*_NEWS)}
    ordered = sorted(last, key=lambda event: last[event][0])
    for start in range(0, len(ordered), _PART):
        part = ordered[start : start + _PART]
        refs = dict(Event.objects.filter(pk__in=part).values_list("pk", "ref"))
        earlier = concerned.filter(seq__lte=after, event_id__in=part).order_by("seq")
        had = dict(earlier.values_list("event_id", "retracted"))
        for event in part:
            _, retracted, at = last[event]
            given = had.get(event) is False
            if not retracted or given:
                yield Changed(refs[event], "gone" if retracted else "changed" if given else "new", at)


_NEWS = ("event_id", "seq", "retracted", "at")


def protocol_changed(operation_id: int) -> str:
    """Another protocol holds from now on: every event goes into the logs anew, and what readers get no more is taken
    back. Called in the transaction of that change."""
    policy, now = policy_of(operation_id), timezone.now()
    events = Event.objects.filter(operation_id=operation_id)
    for audience in _audiences(operation_id, policy):
        _enter_all(operation_id, audience, _given(events, policy, audience, now), now)
    return f"{events.count()} events"


#: What `record` enters event by event, of all events at once: withdrawing must be quick. As rows made in Python a
#: hundred thousand events took a minute and a half; so they take four seconds [measured].
_ENTER_ALL = """
WITH given(event_id) AS ({given}),
had(event_id) AS (
  SELECT event_id FROM (
    SELECT event_id, retracted, ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY seq DESC) AS latest
    FROM {log} WHERE operation_id = %s AND audience = %s
  ) AS entered WHERE latest = 1 AND NOT retracted
)
INSERT INTO {log} (operation_id, audience, seq, event_id, retracted, at, purposes, "left", anew)
SELECT %s, %s, %s + ROW_NUMBER() OVER (ORDER BY event_id), event_id, retracted, %s, %s, '', NOT retracted FROM (
  SELECT event_id, %s AS retracted FROM given
  UNION ALL
  SELECT event_id, %s FROM (SELECT event_id FROM had EXCEPT SELECT event_id FROM given) AS gone
) AS entries
"""


def _enter_all(operation_id: int, audience: str, given: QuerySet[Event], now: datetime) -> None:
    last = last_seq(operation_id, audience)
    selected, params = given.order_by().values("pk").query.sql_with_params()
    log = operation_id, audience
    sql = _ENTER_ALL.format(given=selected, log=plain_sql.table(ReleaseEntry))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, *log, *log, last, plain_sql.moment(now), bits(PURPOSES), False, True])
    entries = ReleaseEntry.objects.filter(operation_id=operation_id, audience=audience)
    newest = entries.aggregate(last=Max("seq"))["last"] or last
    next_seqs(operation_id, audience, newest - last)
    moved_for(operation_id, audience, dict.fromkeys(PURPOSES, newest))


def unread(operation_id: int, most: int) -> Sequence[int]:
    """Events that were entered all at once: what the audiences have of them is not worked out yet."""
    entries = ReleaseEntry.objects.filter(operation_id=operation_id, left="", retracted=False)
    return list(entries.order_by().values_list("event_id", flat=True).distinct()[:most])


def work_out(operation_id: int, ids: Sequence[int], now: datetime) -> None:
    """What the audiences have of events that were entered all at once. Until this is done, each change of such an event
    counts as one that every audience sees."""
    has = left(Operation.objects.get(pk=operation_id), policy_of(operation_id), ids, now)
    entries = ReleaseEntry.objects.filter(operation_id=operation_id, event_id__in=ids, left="", retracted=False)
    known = list(entries.only("pk", "audience", "event_id"))
    for entry in known:
        entry.left = as_kept(has.get((entry.audience, entry.event_id), NOTHING))
    ReleaseEntry.objects.bulk_update(known, ["left"], batch_size=_PART)


def listed(events: QuerySet[Event], policy: Policy, audience: str, purpose: Purpose, now: datetime) -> QuerySet[Event]:
    """Those of the events that maps, lists, counts and feeds give to the audience, with the columns of `released`."""
    return released_to(events.filter(BY_ITSELF), policy, audience, purpose, now)


def counted(events: QuerySet[Event], policy: Policy, audience: str, purpose: Purpose, now: datetime) -> QuerySet[Event]:
    """Those that only add to the audience's totals."""
    return counted_to(events.filter(BY_ITSELF), policy, audience, purpose, now)


def _audiences(operation_id: int, policy: Policy) -> list[str]:
    """All that the protocol tells apart, and those that an earlier one did: they may have to give things back."""
    named = [audience.name for audience in policy.protocol.audiences]
    before = ReleaseClock.objects.filter(operation_id=operation_id).exclude(audience__in=named)
    return [*named, *before.order_by("audience").values_list("audience", flat=True)]


def _given(events: QuerySet[Event], policy: Policy, audience: str, now: datetime) -> QuerySet[Event]:
    """Those of the events that the audience gets for any purpose."""
    given, asked = Q(pk__in=[]), []
    for purpose in PURPOSES:
        rules = policy.rules(audience, purpose, now)
        if rules not in asked:  # most protocols rule alike for all purposes
            asked.append(rules)
            given |= Q(pk__in=listed(events, policy, audience, purpose, now).values("pk"))
    return events.filter(given)
