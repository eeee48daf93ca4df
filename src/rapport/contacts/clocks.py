"""Pure: the clocks that a message starts, what stops them, and which of them fire.

Acknowledging is not agreeing: "received" stops a clock and says nothing else. What the network agreed on times is in
`Times`; which happening stops which clock is ours, and stands in the tables below.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from rapport.contacts.hours import Hours
from rapport.contacts.kinds import BEGIN, Answer, Kind, Said, moment
from rapport.contacts.model import Times
from rapport.contacts.sound import party_of
from rapport.values import Sentence


class Which(StrEnum):
    DELIVER = "deliver"
    ACKNOWLEDGE = "acknowledge"
    SUBSTANCE = "substance"
    UPDATE = "update"


class What(StrEnum):
    """What can happen to a message after it was sent; in this order, where it happens in one moment."""

    DELIVERED = "delivered"
    REPLIED = "replied"
    WROTE = "wrote"  # any other message of the case
    CORRECTED = "corrected"
    CLOSED = "closed"  # the case, by one side: it waits for nothing any more, and owes what it owed
    ENDED = "ended"  # the message was withdrawn


@dataclass(frozen=True, slots=True)
class Happened:
    """`at`: when it was known here; `by`: the office it came from, as in Said; `answer`, `next_at`: of a reply."""

    at: datetime
    what: What
    by: str = ""
    answer: Answer = Answer.RECEIVED
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message to an office, what the network agreed for its kind, and when that office is staffed."""

    said: Said
    times: Times
    hours: Hours


@dataclass(frozen=True, slots=True)
class Clock:
    """Until when something is owed, and by which party. `again`: it fires once more each time that so much has passed
    since `due` and nothing stopped it."""

    which: Which
    due: datetime
    by: str
    stopped_at: datetime | None = None
    again: timedelta | None = None


_BEFORE_SUBSTANCE = frozenset({Which.DELIVER, Which.ACKNOWLEDGE})
#: Which clocks a reply stops. "Not now" is a reply to what was asked. The wrong addressee has it and owes no more, but
#: the substance is still owed by its party, from the first sending on [ours].
_STOPS: Mapping[Answer, frozenset[Which]] = {
    Answer.RECEIVED: _BEFORE_SUBSTANCE,
    Answer.WRONG: _BEFORE_SUBSTANCE,
    Answer.NOT_NOW: _BEFORE_SUBSTANCE | {Which.SUBSTANCE},
    Answer.ANSWER: _BEFORE_SUBSTANCE | {Which.SUBSTANCE},
}


def happened(first: Said, later: Said, known_at: datetime) -> Happened | None:
    """What a later message of the case means for the clocks of `first`; None for one of another case."""
    if later.case != first.case or later.exercise != first.exercise or later.ref == first.ref:
        return None
    about = later.fields.get("about", "")
    own = party_of(later.sender) == party_of(first.sender)
    if own and later.kind is Kind.WITHDRAWAL and about == first.ref:
        return Happened(known_at, What.ENDED, later.sender)
    if later.kind is Kind.CLOSURE and about == first.case:
        return Happened(known_at, What.CLOSED, later.sender)
    if about == first.ref and later.kind is Kind.CORRECTION:
        return Happened(known_at, What.CORRECTED, later.sender)
    if about == first.ref and later.kind is Kind.REPLY:
        answer, next_at = Answer(later.fields["answer"]), moment(later.fields.get("next_at", ""))
        return Happened(known_at, What.REPLIED, later.sender, answer, next_at)
    if about == first.ref:  # a question about it shows that it has arrived [ours]
        return Happened(known_at, What.REPLIED, later.sender, Answer.RECEIVED)
    return Happened(known_at, What.WROTE, later.sender)


def clocks(sent: Sent, happenings: Iterable[Happened]) -> tuple[Clock, ...]:
    """Every clock that the message started, by when it is due, running or stopped.

    The side that began the case owes an update every interval, counted from its last message. Whoever said in a reply
    when they write again owes that one message, and once. Both count all hours, the others open ones if so agreed.
    Whoever closes the case waits for nothing any more; nobody rids themselves of an answer by closing it [ours].
    Exercises have the same clocks. What came before the message (a clock somewhere is wrong) counts as at its sending.
    """
    begun, asked, asking = sent.said.at, party_of(sent.said.to), party_of(sent.said.sender)
    running = dict(_started(sent, begun, tuple(Which)))
    ran: list[Clock] = []
    reached = closed = False

    def stop(at: datetime, which: Iterable[Which], by: str) -> None:
        for one in which:
            clock = running.pop((one, by), None)
            if clock is not None:
                ran.append(replace(clock, stopped_at=at))

    for one in sorted(happenings, key=_order):
        at, by = max(one.at, begun), party_of(one.by)
        if _ends(one, asking):
            for which, owed_by in tuple(running):
                stop(at, (which,), owed_by)
            break
        if one.what is What.DELIVERED:
            reached = True
            stop(at, (Which.DELIVER,), asking)
            continue
        if one.what is What.CLOSED and by == asked:
            closed = True
            for owed_by in (asking, asked):  # they have read what had arrived, and nobody waits for news of it
                stop(at, (Which.UPDATE, Which.ACKNOWLEDGE) if reached else (Which.UPDATE,), owed_by)
            continue
        if one.what is What.REPLIED and by == asked:
            reached = True
            for owed_by in (asking, asked):
                stop(at, _STOPS[one.answer], owed_by)
        stop(at, (Which.UPDATE,), by)
        if by == asking:
            restarted = [] if closed else [Which.UPDATE]
            if one.what is What.CORRECTED:  # what was answered before was an answer to something else [ours]
                stop(at, (Which.SUBSTANCE,), asked)
                restarted.append(Which.SUBSTANCE)
            running |= _started(sent, at, restarted)
        elif by == asked and one.next_at is not None and one.next_at > at:
            running[Which.UPDATE, asked] = Clock(Which.UPDATE, one.next_at.astimezone(UTC), asked)
    return tuple(sorted((*ran, *running.values()), key=lambda clock: (clock.due, clock.which, clock.by)))


def fired(clocks: Sequence[Clock], since: datetime, until: datetime) -> tuple[Clock, ...]:
    """Those that fire after `since` and up to `until`, each as often as it does, with that moment as `due`.

    However time is cut into windows, each firing falls into one. What happens in the very moment is in time.
    """
    found = [
        replace(clock, due=due)
        for clock in clocks
        for due in _moments(clock, since, until)
        if clock.stopped_at is None or due < clock.stopped_at
    ]
    return tuple(sorted(found, key=lambda clock: (clock.due, clock.which, clock.by)))


def escalates_from(sent: Sent, happenings: Iterable[Happened], now: datetime) -> datetime | None:
    """Since when somebody else is to be tried, or None. A late reply ends it.

    That is since the first unmet clock of delivery, acknowledgement or substance was due; or since an office said that
    it is the wrong one, if that was the last word of every office that replied.
    """
    known = sorted((one for one in happenings if one.at <= now), key=_order)
    unmet = [
        clock.due
        for clock in clocks(sent, known)
        if clock.which is not Which.UPDATE and clock.stopped_at is None and clock.due <= now
    ]
    asked, asking = party_of(sent.said.to), party_of(sent.said.sender)
    if not any(_ends(one, asking) for one in known):
        last = {one.by: one for one in known if one.what is What.REPLIED and party_of(one.by) == asked}.values()
        if all(one.answer is Answer.WRONG for one in last):
            unmet += (one.at for one in last)
    return min(unmet, default=None)


def left(clock: Clock, now: datetime) -> Sentence:
    """How long until it is due, or since: "in 1 h 20 min", "40 min ago". Rounded down: nobody counts on more."""
    if clock.stopped_at is not None:
        return Sentence("stopped")
    span = in_words(abs(clock.due - now))
    return Sentence("in %(span)s", span=span) if clock.due > now else Sentence("%(span)s ago", span=span)


def in_words(span: timedelta) -> Sentence:
    """The two largest units, rounded down: "3 d 4 h", "1 h 20 min", "40 min", "under 1 min"."""
    minutes = span // timedelta(minutes=1)
    (days, rest), (hours, over) = divmod(minutes, 24 * 60), divmod(minutes, 60)
    if days >= 2:
        whole = rest // 60
        return Sentence("%(d)s d %(h)s h", d=days, h=whole) if whole else Sentence("%(d)s d", d=days)
    if hours:
        return Sentence("%(h)s h %(min)s min", h=hours, min=over) if over else Sentence("%(h)s h", h=hours)
    return Sentence("%(min)s min", min=minutes) if minutes else Sentence("under 1 min")


def _ends(one: Happened, asking: str) -> bool:
    """Whether nobody waits any more for what the message asked."""
    return one.what is What.ENDED or (one.what is What.CLOSED and party_of(one.by) == asking)


def _order(one: Happened) -> tuple[datetime, int, bool, datetime]:
    """In which order things count that happened in one moment: what was promised or corrected then still holds."""
    return one.at, list(What).index(one.what), one.next_at is not None, one.next_at or one.at


def _started(sent: Sent, at: datetime, which: Iterable[Which]) -> Iterator[tuple[tuple[Which, str], Clock]]:
    times, asked, asking = sent.times, party_of(sent.said.to), party_of(sent.said.sender)
    for one in which:
        span, owed_by = {
            Which.DELIVER: (times.deliver, asking),
            Which.ACKNOWLEDGE: (times.acknowledge, asked),
            Which.SUBSTANCE: (times.substance, asked),
            Which.UPDATE: (times.update if sent.said.kind in BEGIN else None, asking),
        }[one]
        if span is None:
            continue
        by_hours = times.office_hours and one is not Which.UPDATE
        due = sent.hours.after_open(at, span) if by_hours else at.astimezone(UTC) + span
        yield (one, owed_by), Clock(one, due, owed_by, again=span if one is Which.UPDATE else None)


def _moments(clock: Clock, since: datetime, until: datetime) -> Iterator[datetime]:
    due = clock.due
    if clock.again is not None and due <= since:
        due += clock.again * ((since - due) // clock.again + 1)
    while since < due <= until:
        yield due
        if clock.again is None:
            break
        due += clock.again
