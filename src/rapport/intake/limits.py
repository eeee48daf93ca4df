"""How fast: messages a minute from a source, forms a minute from one caller, and how programs are slowed down while the
worker is behind.

The counts are in memory and per server process: they guard against floods, they are not accounting.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest

from rapport.errors import Refused
from rapport.intake import fresh
from rapport.operations.models import Source

#: Forms a minute from one network address. Generous: a camp or a whole mobile network can share one [ours].
FORMS_PER_MINUTE = 30
#: Times a minute that readers of one operation contest something, all together: a person answers each [ours].
CONTESTS_PER_MINUTE = 20
#: The same of comments on the texts of calls: a person looks at each and answers it [ours].
COMMENTS_PER_MINUTE = 20
#: Messages between offices a minute from one network address: a peer that was cut off brings some hundreds [ours].
EXCHANGES_PER_MINUTE = 120
_REMEMBERED = 50_000  # buckets held at most, about 10 MB; a bucket forgotten is a full one


class Buckets:
    """Token buckets that hold a minute's worth and fill steadily. Thread-safe."""

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # key → tokens, at (seconds)
        self._lock = threading.Lock()

    def take(self, key: Hashable, per_minute: int, count: int = 1, now: float | None = None) -> float:
        """Takes `count` tokens and returns 0.0, or takes none and returns the seconds until they will be there."""
        at = time.monotonic() if now is None else now
        with self._lock:
            level, before = self._levels.get(key, (float(per_minute), at))
            level = min(per_minute, level + (at - before) * per_minute / 60)
            wanted = min(count, per_minute)  # more than a bucket holds waits for a full one
            short = max(0.0, wanted - level)
            self._levels[key] = (level if short else level - count, at)
            self._levels.move_to_end(key)
            if len(self._levels) > self._remembered:
                self._levels.popitem(last=False)
        return short * 60 / per_minute if short else 0.0

    def clear(self) -> None:
        with self._lock:
            self._levels.clear()


_sources = Buckets()
_callers = Buckets()
_contests = Buckets()
_comments = Buckets()
_exchanges = Buckets()
_caller_key = secrets.token_bytes(32)  # of this process only: what it hashes cannot be recognised later


def check(source: Source, count: int = 1) -> None:
    """Refused(429) when the source has sent more than its `per_minute` messages (calls, for the API) in a minute."""
    rate = max(1, source.per_minute)
    if wait := _sources.take((source.pk, rate), rate, count):  # another rate starts a bucket of its own
        raise _too_fast(f"This source takes {rate} a minute", wait)


def check_caller(request: HttpRequest) -> None:
    """Refused(429) when forms come too fast from one network address. The address is hashed, never stored."""
    if wait := _callers.take(_key_of(request), FORMS_PER_MINUTE):
        raise _too_fast(f"{FORMS_PER_MINUTE} reports a minute are taken from one network", wait)


def check_exchange(request: HttpRequest) -> None:
    """The same for messages of other instances, before anything of them is read."""
    if wait := _exchanges.take(_key_of(request), EXCHANGES_PER_MINUTE):
        raise _too_fast(f"{EXCHANGES_PER_MINUTE} messages a minute are taken from one network", wait)


def _key_of(request: HttpRequest) -> bytes:
    return hmac.digest(_caller_key, caller(request).encode(), "sha256")[:16]


def check_contests(operation_id: int) -> None:
    """Refused(429) when readers of an operation contest automated functions faster than anybody could answer."""
    if wait := _contests.take(operation_id, CONTESTS_PER_MINUTE):
        raise _too_fast(f"{CONTESTS_PER_MINUTE} a minute are taken here", wait)


def check_comments(operation_id: int) -> None:
    """Refused(429) when readers of an operation comment faster than anybody could look at it."""
    if wait := _comments.take(operation_id, COMMENTS_PER_MINUTE):
        raise _too_fast(f"{COMMENTS_PER_MINUTE} comments a minute are taken here", wait)


#: Reports that wait for the worker from which on programs are slowed down: five seconds of its work and more [ours].
MANY_WAIT = 50_000
#: Seconds for which a call is held back then, and calls that are held back at a time: the others go on at once, so that
#: gateways and people find a free thread [ours].
_HELD_S, _HELD = 2.0, 8
_COUNTED_S = 1.0  # seconds for which a count of what waits is good
_held = threading.BoundedSemaphore(_HELD)
_waiting: tuple[float, bool] = (-_COUNTED_S, False)  # when it was counted (monotonic), and whether too many waited


def slow_down() -> None:
    """Holds a call of a program back for a while if the worker is far behind: who waits for an answer sends less. It
    refuses nothing: what comes is kept, however long it then takes."""
    if _many_wait() and _held.acquire(blocking=False):
        try:
            time.sleep(_HELD_S)
        finally:
            _held.release()


def _many_wait() -> bool:
    global _waiting
    at, many = _waiting
    if time.monotonic() - at > _COUNTED_S:
        try:
            many = fresh.waiting(MANY_WAIT + 1) > MANY_WAIT
        except DatabaseError:  # whoever keeps the reports says what is to be said about it
            many = False
        _waiting = (time.monotonic(), many)
    return many


def _too_fast(limit: str, wait: float) -> Refused:
    return Refused("too_fast", f"{limit}; send this again in {int(wait) + 1} seconds.", status=429)


def forget() -> None:
    """Fills all buckets, and counts anew; for tests, whose sources have the same numbers again and again."""
    global _waiting
    _waiting = (-_COUNTED_S, False)
    _sources.clear()
    _callers.clear()
    _contests.clear()
    _comments.clear()
    _exchanges.clear()


def caller(request: HttpRequest) -> str:
    """The network address of the caller; behind a trusted proxy the one the proxy saw."""
    seen = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")) if settings.TRUST_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or seen
