"""The release log: how readers, the map's index, feeds and ETags learn that events changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from rapport import plain_sql
from rapport.events.models import Event, EventReport
from rapport.sharing.active import policy_of
from rapport.sharing.models import ReleaseClock, ReleaseEntry, last_seq, next_seqs
from rapport.sharing.policy import Policy
from rapport.sharing.protocol.model import PURPOSES
from rapport.sharing.queries import counted_to, released_to
from rapport.values import Publication, Purpose

#: What stands by itself: no part of another event, and told by a report. What was merged, or is taken back,
#: is withdrawn for every reader; the team, who get withdrawn events too, would count it twice, or for ever.
BY_ITSELF = Q(merged_into__isnull=True) & (
    ~Q(publication=Publication.WITHDRAWN.value) | Exists(EventReport.objects.filter(event=OuterRef("pk")))
)
_PART = 500  # events asked for at once


def record(operation_id: int, event_ids: Iterable[int], *, unchanged: bool = False) -> int:
    """Write into each audience's log that these events changed; call in the transaction that changed them. How many
    entries were written.

    An event that the audience does not get any more is entered as retracted; one that it never got is not entered. Of
    `unchanged` events only what the audience gets anew or no more is entered: a delay is over, say.
    """
    ids = sorted(set(event_ids))
    if not ids:
        return 0
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("events.log.record must share the transaction of the change")
    policy, now, written = policy_of(operation_id), timezone.now(), 0
    for audience in _audiences(operation_id, policy):
        entries = _entries(operation_id, policy, audience, ids, now, unchanged=unchanged)
        written += len(entries)
        for entry, seq in zip(entries, next_seqs(operation_id, audience, len(entries)), strict=True):
            entry.seq = seq
        ReleaseEntry.objects.bulk_create(entries, batch_size=_PART)
    return written


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
INSERT INTO {log} (operation_id, audience, seq, event_id, retracted, at)
SELECT %s, %s, %s + ROW_NUMBER() OVER (ORDER BY event_id), event_id, retracted, %s FROM (
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
        cursor.execute(sql, [*params, *log, *log, last, plain_sql.moment(now), False, True])
    entries = ReleaseEntry.objects.filter(operation_id=operation_id, audience=audience)
    next_seqs(operation_id, audience, (entries.aggregate(last=Max("seq"))["last"] or last) - last)


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


def _entries(
    operation_id: int, policy: Policy, audience: str, ids: list[int], now: datetime, *, unchanged: bool
) -> list[ReleaseEntry]:
    entries = []
    for start in range(0, len(ids), _PART):
        part = ids[start : start + _PART]
        shown = set(_given(Event.objects.filter(id__in=part), policy, audience, now).values_list("id", flat=True))
        asked = part if unchanged else [event_id for event_id in part if event_id not in shown]
        had = _last_given(operation_id, audience, asked)
        entries += [
            ReleaseEntry(
                operation_id=operation_id, audience=audience, event_id=event_id, retracted=event_id not in shown, at=now
            )
            for event_id in part
            if (event_id not in had if event_id in shown else event_id in had)
        ]
    return entries


def _given(events: QuerySet[Event], policy: Policy, audience: str, now: datetime) -> QuerySet[Event]:
    """Those of the events that the audience gets for any purpose."""
    given, asked = Q(pk__in=[]), []
    for purpose in PURPOSES:
        rules = policy.rules(audience, purpose, now)
        if rules not in asked:  # most protocols rule alike for all purposes
            asked.append(rules)
            given |= Q(pk__in=listed(events, policy, audience, purpose, now).values("pk"))
    return events.filter(given)


def _last_given(operation_id: int, audience: str, ids: list[int]) -> set[int]:
    """Those of the events that the audience has and has not been asked to give back yet."""
    log = ReleaseEntry.objects.filter(operation_id=operation_id, audience=audience, event_id__in=ids).order_by("seq")
    last = dict(log.values_list("event_id", "retracted"))  # the later entry of an event replaces the earlier
    return {event_id for event_id, retracted in last.items() if not retracted}
