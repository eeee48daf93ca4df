"""The release log: how readers, the map's index, feeds and ETags learn that events changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from rapport import plain_sql
from rapport.events.items import BY_ITSELF
from rapport.events.left import FORGOTTEN, NOTHING, Digests, as_kept, as_read, bits, concerning, left, purposes
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.sharing.active import policy_of
from rapport.sharing.logs import hold, last_seq, moved_for, next_seqs
from rapport.sharing.models import ReleaseClock, ReleaseEntry
from rapport.sharing.policy import Policy
from rapport.sharing.protocol.model import PURPOSES
from rapport.sharing.queries import counted_to, released_to
from rapport.values import Purpose

_PART = 500  # events asked for at once


@dataclass(frozen=True, slots=True)
class _Change:
    """What an audience has of an event from now on, NOTHING where it is taken back; for which purposes that is
    something else, as bits; `anew` where it is what it had."""

    event_id: int
    has: Digests
    concerned: int
    anew: bool = False


def record(operation_id: int, event_ids: Iterable[int], *, anew: bool = False) -> int:
    """Write these events into the log of each audience for which they changed; call in the transaction that changed
    them, after all else that it changes. How many entries were written.

    An event of which the audience gets just what it has is not entered, whatever was changed about it. One that it does
    not get any more is entered as retracted. `anew`: all that it gets is entered, since other things than the events
    changed, by which they are looked for or shown.
    """
    ids = sorted(set(event_ids))
    if not ids:
        return 0
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("events.log.record must share the transaction of the change")
    hold(operation_id)
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
            _Change(pk, digests, concerned, anew=kept == as_kept(digests))
            for pk in ids
            for digests, kept in ((has.get((audience, pk), NOTHING), had.get((audience, pk))),)
            if (concerned := _concerned(kept, digests, anew=anew))
        ]
        _write(operation.pk, audience, changes, now)
        written += len(changes)
    return written


def _write(operation_id: int, audience: str, changes: Sequence[_Change], now: datetime) -> None:
    seqs = next_seqs(operation_id, audience, len(changes))
    log, at = (operation_id, audience), plain_sql.moment(now)
    plain_sql.insert_tuples(
        ReleaseEntry,
        _COLUMNS,
        (
            (*log, seq, one.event_id, not given, at, one.concerned, as_kept(one.has) if given else "", one.anew)
            for seq, one in zip(seqs, changes, strict=True)
            for given in (one.has != NOTHING,)
        ),
    )
    last = {purpose: seq for seq, one in zip(seqs, changes, strict=True) for purpose in purposes(one.concerned)}
    moved_for(*log, last)


#: Of what is written of each event: as models it took half of the time [measured].
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
        found.update(concerning(log, purpose).order_by().values_list("event_id").annotate(last=Max("at")))
    return found


def protocol_changed(operation_id: int) -> str:
    """Another protocol holds from now on: every event goes into the logs anew, and what readers get no more is taken
    back. Called in the transaction of that change."""
    look = hold(operation_id)
    policy, now = policy_of(operation_id), timezone.now()
    events = Event.objects.filter(operation_id=operation_id)
    for audience in _audiences(operation_id, policy):
        _enter_all(operation_id, audience, _given(events, policy, audience, now), now)
    look.at = now  # delays and dates were looked at, too
    look.save(update_fields=["at"])
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


def work_out(operation_id: int, ids: Sequence[int]) -> None:
    """What the audiences have of events that were entered all at once; call in a transaction. Until this is done, each
    change of such an event counts as one that every audience sees.

    Of what an audience had before, and has otherwise now, a further entry says that it changed: else whoever keeps
    events by the time of their last change keeps what the protocol before gave. What it does not get any more, because
    a rule has ended since, is taken back.
    """
    hold(operation_id)
    now = timezone.now()
    has = left(Operation.objects.get(pk=operation_id), policy_of(operation_id), ids, now)
    entered: dict[tuple[str, int], list[ReleaseEntry]] = defaultdict(list)
    for entry in ReleaseEntry.objects.filter(operation_id=operation_id, event_id__in=ids).order_by("seq"):
        entered[entry.audience, entry.event_id].append(entry)
    filled: list[ReleaseEntry] = []
    changes: dict[str, list[_Change]] = defaultdict(list)
    for (audience, event_id), entries in sorted(entered.items()):
        digests = has.get((audience, event_id), NOTHING)
        if change := _worked_out(event_id, entries, digests):
            changes[audience].append(change)
        for entry in filter(_unknown, entries):
            entry.left = as_kept(digests) if entry is entries[-1] and digests != NOTHING else FORGOTTEN
            filled.append(entry)
    ReleaseEntry.objects.bulk_update(filled, ["left"], batch_size=_PART)
    for audience, some in changes.items():
        _write(operation_id, audience, some, now)


def _worked_out(event_id: int, entries: Sequence[ReleaseEntry], has: Digests) -> _Change | None:
    """What is still to be said of an event, by all of its entries for an audience; None where nothing is, or where the
    desk has said it since."""
    if not _unknown(entries[-1]):
        return None
    if has == NOTHING:
        return _Change(event_id, NOTHING, bits(PURPOSES))
    before = [entry for entry in entries if not _unknown(entry)]
    if sum(entry.anew for entry in entries if _unknown(entry)) > 1:
        had: str | None = ""  # what a protocol gave that held for minutes only, nobody knows
    elif before:
        had = None if before[-1].retracted else before[-1].left
    else:
        return None
    concerned = _concerned(had, has, anew=False)
    return _Change(event_id, has, concerned) if concerned else None


def _unknown(entry: ReleaseEntry) -> bool:
    return not entry.left and not entry.retracted


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
