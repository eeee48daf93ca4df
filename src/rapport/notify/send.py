"""What waits goes out: the worker's job `send`, in five steps.

1 which may go now · 2 claim it · 3 call, with no database held · 4 say so just before the step that cannot be taken
back · 5 write down what became of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from rapport.errors import place_of
from rapport.notify import calls, claims, mail
from rapport.notify.models import NOMINATED, OutboxMessage
from rapport.notify.ways import Lane
from rapport.values import Outcome, Outgoing

#: Calls at the same time: through one lane, so that a gateway that stalls keeps no other waiting, and in all [ours].
PER_LANE = 4
AT_ONCE = 16
#: Seconds between two looks for what a killed process left behind.
LOOK_BACK = 10.0
#: Tries, a second apart, to write down what became of a message that has gone: a backup may hold the lock.
WRITTEN_WITHIN = 30

LONGEST_SUBJECT = 120  # characters; programs of letters show fewer [ours]

log = logging.getLogger(__name__)

Begin = Callable[["Lane", Callable[[], None]], None]


class _Calls:
    """The calls that are under way, each in a thread."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sending")
        self._under_way: Counter[int] = Counter()
        self._lock = threading.Lock()
        self.looked_back = float("-inf")

    def free(self, lane: Lane) -> int:
        with self._lock:
            return min(PER_LANE - self._under_way[lane.source.pk], AT_ONCE - self._under_way.total())

    def begin(self, lane: Lane, step: Callable[[], None]) -> None:
        with self._lock:
            self._under_way[lane.source.pk] += 1
        self._threads.submit(self._run, lane.source.pk, step)

    def _run(self, source_id: int, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as fault:  # noqa: BLE001 - the pool would swallow it; claims.recover judges the message
            log.error("a message of source %s could not be sent: %s", source_id, place_of(fault))
        finally:
            _let_go()
            with self._lock:
                self._under_way[source_id] -= 1


_calls = _Calls()


def send(begin: Begin = _calls.begin) -> int:
    """Begin to send what may go now; how many. `begin` is how a call is started: by itself in a thread of its own."""
    now = timezone.now()
    if time.monotonic() - _calls.looked_back > LOOK_BACK:
        _calls.looked_back = time.monotonic()
        claims.recover(now)
    begun = 0
    for lane in claims.lanes(now):  # 1
        if lane.fetched:
            continue
        for message in claims.claim(lane, _calls.free(lane), now):  # 2
            begin(lane, partial(carry, lane, message))
            begun += 1
    return begun


def carry(lane: Lane, message: OutboxMessage) -> None:
    """3 to 5: send one claimed message. Killed at any point, it leaves behind what claims.recover can judge."""
    _let_go()
    try:
        outcome = _called(lane, message)
    except calls.Withdrawn:
        claims.give_back(message)
    except DatabaseError:
        raise  # before the last step nothing has gone: the claim ends by itself, and it waits again
    except Exception as fault:  # noqa: BLE001 - a fault of one way out ends no other's work
        log.error("sending through source %s failed: %s", lane.source.pk, place_of(fault))
        reason = "Something went wrong while it was sent; the log says where."
        # What may have gone is for a person, not for a repetition.
        _write_down(message, Outcome("unsure", reason) if message.gone else Outcome("later", reason), lane)
    else:
        _write_down(message, outcome, lane)


def _called(lane: Lane, message: OutboxMessage) -> Outcome:
    outgoing = outgoing_of(message)

    def may_go() -> bool:  # 4
        try:
            return claims.mark_gone(message)
        finally:
            _let_go()

    if lane.way is None:
        if settings.SMTP is None:
            raise TypeError("a lane of e-mail needs a server")
        return mail.deliver(settings.SMTP, settings.MAIL_FROM, _letter(message, outgoing), may_go)
    if lane.way.request is None or lane.way.read is None:
        raise TypeError(f"{lane.way.name} fetches its messages")
    return calls.call(lane.way.request(lane.settings, outgoing), may_go, lane.way.read)


def outgoing_of(message: OutboxMessage) -> Outgoing:
    """The message with the address unsealed: for the call and nothing else."""
    return Outgoing(str(message.uuid), message.sender.address, message.body)


def _letter(message: OutboxMessage, outgoing: Outgoing) -> mail.Letter:
    to_office = message.purpose in NOMINATED  # nobody has asked for it
    answers = message.person_id is None and not to_office
    # What is one says so in the list of letters too, before anybody opens it.
    drill = "EXERCISE: " if message.body.startswith("EXERCISE") else ""
    subject = _first_line(message.body) if to_office else drill + message.operation.name_in(message.language)
    return mail.Letter(outgoing, subject, message.language, answers, message.created_at)


def _first_line(text: str) -> str:
    """It says what the letter is, and whether it is an exercise."""
    line = text.partition("\n")[0]
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def _write_down(message: OutboxMessage, outcome: Outcome, lane: Lane) -> None:  # 5
    for tries_left in reversed(range(WRITTEN_WITHIN)):
        try:
            claims.settle(message, outcome, lane.repeatable)
            return
        except DatabaseError:
            if not tries_left:
                raise
            _let_go()
            time.sleep(1)


def _let_go() -> None:
    """No connection to the database is held while another machine takes its time."""
    if not connection.in_atomic_block:
        connection.close()
