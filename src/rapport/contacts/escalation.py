"""Pure: whom to try next when a message has reached nobody, and when.

The order [ours]: the office, channel after channel; its primary; each alternate; other offices of the same party; who
stands behind them, such as a permanent mission; third parties that all agreed on; and at last the person who leads the
case. No step tells anybody else: silence is never published.

Whether an office is staffed does not matter here: the clock that began this has counted its hours already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rapport.contacts.model import Channel, Means, Network, Office


class Stage(StrEnum):
    OFFICE = "the office"
    PRIMARY = "the primary"
    ALTERNATE = "an alternate"
    ROLE = "another office of the same party"
    MISSION = "who stands behind the offices"
    THIRD = "an agreed third party"
    LEAD = "nobody left"


class Result(StrEnum):
    REACHED = "reached"
    BOUNCED = "bounced"
    NO_ANSWER = "no answer"
    WRONG = "wrong person"
    NOT_SENT = "not sent"  # a program was to, and did not: nobody was told


#: How long to wait for an answer before the next is tried, where nothing comes back at once [ours].
WAITS: Mapping[Means, timedelta] = {
    Means.PHONE: timedelta(minutes=5),
    Means.RADIO: timedelta(minutes=15),
    Means.SMS: timedelta(minutes=30),
    Means.SIGNAL: timedelta(minutes=30),
    Means.EMAIL: timedelta(hours=1),
    Means.FAX: timedelta(hours=1),
    Means.POST: timedelta(),  # a letter is on its way while others are tried
}
#: The same where a person finds the way, as to a mission [ours].
BY_HAND = timedelta(hours=4)
_OWN = (Stage.OFFICE, Stage.PRIMARY, Stage.ALTERNATE)
NOBODY_LEFT = "Nobody is left to try. Tell whoever decides on your side. That there was no answer is not published."


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to try. `target`: code of the office or party, `who`: who answers there, in words; `channel`: None
    where a person finds the way; `wait`: how long before the next step, if nothing is heard."""

    stage: Stage
    target: str
    who: str
    channel: Channel | None = None
    wait: timedelta = BY_HAND


@dataclass(frozen=True, slots=True)
class Attempt:
    """A step that was taken. `result`: None while nothing is known."""

    target: str
    channel: Channel | None
    at: datetime
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """A person asks, at this moment, that a channel be tried once more in this case."""

    channel: Channel
    at: datetime


@dataclass(frozen=True, slots=True)
class Next:
    step: Step
    at: datetime


def plan(office: Office, others: Iterable[Office], network: Network, *, doubtful: bool = False) -> tuple[Step, ...]:
    """All steps for a message to `office`, in their order; the last is always that nobody is left.

    `others`: the offices of the same party that still count; those of other parties are no steps. A channel that
    several of them share is one step, where it comes first. `doubtful`: the record of `office` itself counts no more:
    the others come before it.
    """
    roles = [one for one in others if one.party == office.party and one.role is not office.role]
    steps: list[Step] = []
    seen: set[tuple[Means, str]] = set()
    own, elsewhere = tuple(_of(office, _OWN)), tuple(step for one in roles for step in _of(one, (Stage.ROLE,)))
    for step in (*elsewhere, *own) if doubtful else (*own, *elsewhere):
        if step.channel is not None and step.channel.address not in seen:
            seen.add(step.channel.address)
            steps.append(step)
    if network.mission:
        steps.append(Step(Stage.MISSION, office.party, network.mission))
    steps += (Step(Stage.THIRD, code, code) for code in network.third_parties if code != office.party)
    return (*steps, Step(Stage.LEAD, "", NOBODY_LEFT))


def next_step(
    steps: Sequence[Step], attempts: Iterable[Attempt], now: datetime, again: Iterable[Again] = ()
) -> Next | None:
    """What to try next, and from when on; None once somebody was reached, or the lead was told that nobody is left.

    No step is taken twice in a case, and so no dead channel is; a channel that a person asks for again counts as not
    tried until then, and one by which nothing was sent as not tried. What came back (bounced, no answer, wrong person)
    lets the next step go at once; where nothing has, it waits as long as the step before it says.
    """
    asked = {one.channel.address: one.at for one in sorted(again, key=lambda one: one.at)}
    went = [one for one in attempts if one.result is not Result.NOT_SENT]
    made = [one for one in went if one.channel is None or one.at >= asked.get(one.channel.address, one.at)]
    tried = {_place(one) for one in made}
    step = next((step for step in steps if _place(step) not in tried), None)
    if step is None or any(one.result is Result.REACHED for one in made):
        return None
    waits = {_place(one): one.wait for one in steps}
    ready = (one.at + waits.get(_place(one), BY_HAND) for one in made if one.result is None)
    return Next(step, max((now, *ready)))


def _of(office: Office, stages: Sequence[Stage]) -> Iterator[Step]:
    """One step a channel. `stages`: of the office itself, its first post, and so on; the last holds for the rest."""
    for number, (who, channels) in enumerate(office.answering()):
        for channel in channels:
            yield Step(stages[min(number, len(stages) - 1)], office.code, who, channel, WAITS[channel.means])


def _place(one: Step | Attempt) -> tuple[Means, str] | str:
    """What is tried once: a channel, whoever answers there, or a target to which a person finds the way."""
    return one.target if one.channel is None else one.channel.address
