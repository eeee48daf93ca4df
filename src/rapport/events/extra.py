"""The operation's extra fields on events: who sees which, and what readers are told when that changes."""

from __future__ import annotations

from collections.abc import Sequence, Set

from django.db.models import Q

from rapport.events import log
from rapport.events.filters import Filters, Query, parse
from rapport.events.models import Event
from rapport.operations import fields
from rapport.operations.fields import Field
from rapport.operations.models import Operation
from rapport.sharing.active import policy_of
from rapport.sharing.policy import sees_extra
from rapport.sharing.protocol.model import Audience
from rapport.values import Purpose, Reader


def audience(operation: Operation, reader: Reader, purpose: Purpose) -> Audience:
    """Whom the reader belongs to, for a purpose, under the protocol in force."""
    return policy_of(operation.pk).protocol.audience_of(reader, purpose)


def seen(operation: Operation, who: Audience) -> tuple[Field, ...]:
    """The fields, also retired ones, whose values this audience gets of events that keep such fields at all."""
    return tuple(one for one in fields.stored(operation.extra_fields) if sees_extra(who, one.public))


def filters(operation: Operation, who: Audience) -> tuple[Field, ...]:
    """Those by which this audience can filter."""
    return tuple(one for one in seen(operation, who) if one.filter)


def asked(query: Query, operation: Operation, who: Audience) -> Filters:
    """The filters in an address, as far as this audience can filter. Refused names the field and the remedy."""
    return parse(query, operation.time_zone, [one.code for one in filters(operation, who)])


def changed(operation_id: int, codes: Set[str]) -> Sequence[str]:
    """Of these fields readers now see more or less: every event with a value goes into their log. Called when an
    operation's file is loaded, in that transaction."""
    valued = Q()
    for code in sorted(codes):
        valued |= Q(extra__has_key=code)
    ids = list(Event.objects.filter(valued, operation_id=operation_id).values_list("id", flat=True))
    log.record(operation_id, ids, anew=True)
    return [f"{len(ids)} events, because of who sees {', '.join(sorted(codes))}"] if ids else []
