"""The worker visits the sources that it is to ask, one after the other, each when it is due.

What a visit brings is kept piece by piece: killed at any moment, it brings the rest the next time, and nothing twice.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from rapport import plugins
from rapport.errors import Refused, TryAgain, place_of
from rapport.intake import limits, refusals
from rapport.intake.keep import keep
from rapport.intake.models import Poll
from rapport.intake.polling.fetch import Unanswered, Web
from rapport.operations.load import source_settings
from rapport.operations.models import Source
from rapport.oversight.switches import stopped_everywhere, stopped_in
from rapport.plugins import EVERY, Polled
from rapport.values import Fetched, Json

#: A visit that was begun and of which nothing more was heard is taken up by another process after this [ours].
LEASE = timedelta(minutes=10)
#: Seconds of one visit: one slow source must not keep the worker from the others [ours].
VISIT_S = 120.0
#: The longest wait between two visits that fail [ours]; it doubles up to there.
LONGEST = timedelta(hours=6)
_LOOK_S = 1.0  # seconds between two looks at what is due
_MOST_MINUTES = 1440

log = logging.getLogger(__name__)
_looked = float("-inf")


def poll() -> int:
    """Visit the source that is due the longest; how many messages came, and at least 1 if one was visited. 0 when none
    is due. For the worker."""
    global _looked
    if time.monotonic() - _looked < _LOOK_S or stopped_everywhere("polling"):
        return 0
    source = due()
    if source is None:
        _looked = time.monotonic()
        return 0
    row = claim(source)
    return max(1, visit(source, row)) if row is not None else 1


def due() -> Source | None:
    """The source that is to be visited next, if it is time."""
    return (
        Source.objects.select_related("operation")
        .filter(channel__in=sorted(plugins.POLLED), active=True, operation__open=True)
        .filter(Q(polls=None) | Q(polls__next_at__lte=timezone.now()))
        .exclude(operation_id__in=stopped_in("polling"))
        .order_by(F("polls__next_at").asc(nulls_first=True), "pk")
        .first()
    )


def claim(source: Source) -> Poll | None:
    """What is remembered of the source, for this process alone; None if another one was quicker."""
    now = timezone.now()
    row, _ = Poll.objects.get_or_create(source=source, defaults={"next_at": now})
    if not Poll.objects.filter(pk=row.pk, next_at=row.next_at).update(next_at=now + LEASE, asked_at=now):
        return None
    return row


def visit(source: Source, row: Poll) -> int:
    """Ask one source, keep what it brings, and note how it went; the number of new messages."""
    way = plugins.polled(source.channel)
    given = source_settings(source)
    every = _every(way, given)
    state: dict[str, Json] = dict(row.state)
    new, problem, wait = 0, "", timedelta()
    try:
        _complete(way, given)
        web = Web(settings.POLL_INSIDE, f"rapport {settings.PUBLIC_URL}".strip())
        for kept in _taken(source, way.poll(given, state, web)):
            new += kept
    except Unanswered as error:
        problem, wait = str(error), timedelta(seconds=error.wait_s)
    except Refused as error:
        problem = str(error)
        refusals.count(source, error.reason)
    except TryAgain:
        problem = "What came could not be written down."
    except Exception as fault:  # noqa: BLE001 - what one source sends must not end the visits to the others
        log.error("the visit to source %s failed: %s", source.pk, place_of(fault))
        problem = f"A fault of rapport ({type(fault).__name__}); the server's log says where."
    failures = row.failures + 1 if problem else 0
    now = timezone.now()
    fresh: dict[str, datetime] = {} if problem else {"answered_at": now}
    Poll.objects.filter(pk=row.pk).update(
        state=state,
        failures=failures,
        problem=problem[:300],
        next_at=now + max(wait, back_off(every, failures, random.random())),  # noqa: S311 - spreads visits, guards nothing
        new=F("new") + new,
        **fresh,
    )
    refusals.flush_if_due()
    return new


def back_off(every: timedelta, failures: int, chance: float) -> timedelta:
    """How long to wait: the usual time, doubled with each failure, and up to a quarter longer by chance (0 to 1), so
    that many who failed together do not come back together."""
    wait: timedelta = min(every * 2 ** min(failures, 16), max(every, LONGEST))
    return wait * (1 + chance / 4)


def _every(way: Polled, given: Mapping[str, str]) -> timedelta:
    said = given.get(EVERY.name, "")
    minutes = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else way.every
    return timedelta(minutes=min(max(minutes, 1), _MOST_MINUTES))


def _complete(way: Polled, given: Mapping[str, str]) -> None:
    lacking = [one.name for one in way.settings if one.required and not given.get(one.name)]
    if lacking:
        raise Unanswered(f"Fill in {', '.join(lacking)} of this source.")


def _taken(source: Source, found: Iterator[Fetched | Refused]) -> Iterator[bool]:
    """Keeps each piece before the next is asked for; whether it was new. Ends early when time is up or the source
    brings more than its rate: the piece at hand is then not noted, and comes again."""
    until = time.monotonic() + VISIT_S
    for one in found:
        try:
            if isinstance(one, Refused):
                raise one
            limits.check(source)
            yield keep_one(source, one)
        except Refused as refused:
            refusals.count(source, refused.reason)
            if refused.status == 429:
                return
        if time.monotonic() > until:
            return


def keep_one(source: Source, one: Fetched) -> bool:
    """Whether it was new. Files that cannot be taken now do not keep the words out. Refused for what cannot be kept."""
    try:
        return keep(source, [one.message], original=one.original)[0].new
    except Refused as refused:
        if not (one.message.files and refused.field == "files"):
            raise
        left: list[Json] = [f"{file.name or file.content_type}: {refused.reason}" for file in one.message.files]
        bare = replace(one.message, files=(), fields={**one.message.fields, "files_left_out": left})
        return keep(source, [bare], original=one.original)[0].new


def forget() -> None:
    """Look at once; for tests."""
    global _looked
    _looked = float("-inf")
