"""Which clocks run for a message, by what is known here; and the worker that tells each that was not met, once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from rapport.contacts import clocks, hours
from rapport.contacts.cases.models import STOOD_BY, Case, Dispatch, Fired, Owned, State
from rapport.contacts.cases.reading import dispatches, reached_at, said_of
from rapport.contacts.clocks import Clock, Happened, What
from rapport.contacts.model import Times
from rapport.contacts.pings.running import FUNCTION
from rapport.contacts.records import opened
from rapport.oversight.ledger import entries
from rapport.oversight.switches import stopped_in
from rapport.values import Json

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
#: For how long a closed case is looked at still: whoever closed it may owe an answer [ours: longer than any clock that
#: we know of].
_AFTER = timedelta(days=30)


def kept(times: Times | None) -> dict[str, Json]:
    """What was agreed, as a message keeps it."""
    if times is None:
        return {}
    spans = {"deliver": times.deliver, "acknowledge": times.acknowledge, "substance": times.substance,
             "update": times.update}  # fmt: skip
    found: dict[str, Json] = {name: span.total_seconds() for name, span in spans.items() if span}
    return {**found, "office_hours": times.office_hours}


def _times(data: dict[str, Json]) -> Times:
    def span(name: str) -> timedelta | None:
        seconds = data.get(name)
        return timedelta(seconds=seconds) if isinstance(seconds, int | float) else None

    return Times(
        span("deliver"), span("acknowledge"), span("substance"), span("update"), bool(data.get("office_hours"))
    )


@dataclass(frozen=True, slots=True)
class Running:
    """The clocks of one message, those that run and those that were stopped, and since when somebody else is to be
    tried, if so."""

    dispatch: Dispatch
    clocks: Sequence[Clock]
    escalates_from: datetime | None

    def owed_by(self, party: str) -> list[Clock]:
        """What a party owes now, the most urgent first."""
        return [one for one in self.clocks if one.stopped_at is None and one.by == party]


def looked_at(now: datetime) -> Q:
    """Of cases, those in which a clock may run."""
    return Q(closed_at=None) | Q(closed_at__gt=now - _AFTER)


def of_case(case: Case, now: datetime) -> list[Running]:
    """Of every message that started clocks, by what is known by now. What its side never said started none."""
    there = list(dispatches(case))
    return [_running(one, there, now) for one in there if one.times and one.owned != Owned.NO]


def _running(one: Dispatch, there: Iterable[Dispatch], now: datetime) -> Running:
    sent, known = _sent(one), [each for each in _happened(one, there) if each.at <= now]
    found = clocks.clocks(sent, known)
    if not said(one):  # its side may never have said it, and owes nothing by it
        own = one.sender.actor.code
        return Running(one, [each for each in found if each.by != own], None)
    return Running(one, found, clocks.escalates_from(sent, known, now))


def unmet(one: Running, now: datetime) -> tuple[Clock, ...]:
    """Every clock of a message that was not met by now, each as often as that was so."""
    return clocks.fired(one.clocks, _BEGINNING, now)


def said(one: Dispatch) -> bool:
    """Whether its side stands by it: nobody owes anything, or is owed nothing more, by what another typed in as their
    words."""
    return one.owned in STOOD_BY


def _sent(one: Dispatch) -> clocks.Sent:
    record = opened(one.to_record.sealed) if one.to_record else None
    text, zone = (record.hours, record.time_zone) if record else ("24/7", "UTC")
    return clocks.Sent(said_of(one), _times(one.times), hours.read(text, zone))


def _happened(one: Dispatch, there: Iterable[Dispatch]) -> list[Happened]:
    first = said_of(one)
    found = [
        clocks.happened(first, said_of(later), later.known_at or later.sent_at or first.at)
        for later in there
        if later.pk != one.pk and said(later) and _order(later) > _order(one)
    ]
    made = [each for each in found if each is not None]
    if (reached := reached_at(one)) is not None:
        made.append(Happened(reached, What.DELIVERED, one.to.code))
    return made


def _order(one: Dispatch) -> tuple[datetime, datetime, int]:
    sent_at = one.sent_at or one.drafted_at
    return sent_at, one.known_at or sent_at, one.pk


# --- in the worker -------------------------------------------------------------------------------------------------


def fire(now: datetime) -> int:
    """Tell every clock that was not met by now and is not told yet; how many."""
    timed = Dispatch.objects.filter(state=State.SENT).exclude(times={})
    cases = Case.objects.filter(looked_at(now), pk__in=timed.values("case")).order_by("pk")
    cases = cases.exclude(operation__in=stopped_in(FUNCTION))
    return sum(_fire(case, now) for case in cases.iterator())


def _fire(case: Case, now: datetime) -> int:
    told = 0
    known = set(Fired.objects.filter(dispatch__case=case).values_list("dispatch", "which", "by", "due"))
    for running in of_case(case, now):
        for clock in unmet(running, now):
            if (running.dispatch.pk, clock.which.value, clock.by, clock.due) in known:
                continue
            _, new = Fired.objects.get_or_create(
                dispatch=running.dispatch, which=clock.which.value, by=clock.by, due=clock.due, defaults={"at": now}
            )
            if new:
                body: dict[str, Json] = {"dispatch": running.dispatch.pk, "clock": clock.which.value, "by": clock.by}
                entries.contact(case.operation_id, body | {"due": clock.due.isoformat()})
                told += 1
    return told
