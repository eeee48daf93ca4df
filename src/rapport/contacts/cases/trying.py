"""Whom to try next when nobody answers, and the note of each try. Private to the side that tries; silence is told to
nobody else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rapport.contacts import escalation
from rapport.contacts.agreed import network_of
from rapport.contacts.cases.models import Attempt, Dispatch
from rapport.contacts.cases.reading import note_of, sealed_note
from rapport.contacts.directory import looking
from rapport.contacts.directory.listing import listed, state_of
from rapport.contacts.directory.nominating import approved
from rapport.contacts.escalation import Next, Result, Stage, Step
from rapport.contacts.members import Member
from rapport.contacts.model import Office as Record
from rapport.contacts.models import Nomination, Office, State
from rapport.contacts.pings import post
from rapport.contacts.pings.aiming import channel_of, place_of
from rapport.contacts.reach import Reach, reach
from rapport.contacts.records import opened
from rapport.errors import NotAllowed, Refused
from rapport.oversight.ledger import entries

LONGEST = 500  # characters of a note


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps, with the number of the next one; `next` is None once somebody was reached or nobody is left. `there`:
    code of an office → how it is reached now."""

    steps: Sequence[Step]
    next: Next | None
    number: int | None
    attempts: Sequence[Tried]
    there: Mapping[str, Reach]

    @property
    def reached(self) -> bool:
        return any(one.attempt.result == Result.REACHED.value for one in self.attempts)

    @property
    def untold(self) -> bool:
        """Something that was to tell them by itself has not gone."""
        return any(result_of(one.attempt) is Result.NOT_SENT for one in self.attempts)


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt with its note, by what, who answers there and by which number or address; "" where a person found the
    way, or the protocol does not give this reader that office."""

    attempt: Attempt
    note: str
    means: str = ""
    who: str = ""
    value: str = ""


def plan(who: Member, one: Dispatch, now: datetime) -> Plan:
    """For whoever speaks for the sender: the numbers shown are looks at those offices. Refused(429) for whoever has
    looked at too many, where one person sent the message alone."""
    steps, known = _steps(who, one)
    made = list(Attempt.objects.filter(dispatch=one).select_related(*_OF_TRIES).order_by("at", "pk"))
    found = escalation.next_step(steps, [_attempt(each) for each in made], now)
    number = steps.index(found.step) if found else None
    kind = looking.CASE if _by_two(one) else "reply"
    offices = Office.objects.filter(actor=one.to.actor_id, nominations__state=State.APPROVED).distinct()
    given = {office.code for office in offices.select_related("actor") if looking.look(who, office, kind) is not None}
    there = {code: reach(kept, office, now) for code, (office, _one, kept) in known.items() if code in given}
    return Plan(steps, found, number, [_tried(each, given) for each in made], there)


def _by_two(one: Dispatch) -> bool:
    """Whether two people of this side sent it. One alone can type in a message in the name of any State and answer it
    alone: were those looks free, the whole directory would be."""
    return one.released_by_id is not None and one.drafted_by_id not in {None, one.released_by_id}


def _tried(one: Attempt, given: Collection[str]) -> Tried:
    note = note_of(one)
    if not (one.record and one.place) or one.target not in given:
        return Tried(one, note)
    who, channel = channel_of(opened(one.record.sealed), one.place)
    return Tried(one, note, one.means, who, channel.value)


def _steps(who: Member, one: Dispatch) -> tuple[tuple[Step, ...], dict[str, tuple[Office, Nomination, Record]]]:
    """What can be tried, by what this reader gets: an office that they do not get is one step, and other offices that
    they do not get are none. How many posts and numbers there are tells whom to look for."""
    current = approved(one.to) or one.to_record
    if current is None:
        return (), {}
    others = Nomination.objects.filter(
        office__actor=one.to.actor_id, state=State.APPROVED, closes=False
    ).exclude(office=one.to)  # fmt: skip
    known = {
        each.office.code: (each.office, each, opened(each.sealed))
        for each in (current, *others.select_related("office__actor"))
    }
    record = opened(current.sealed)
    given = {each.office.code for each in listed(who, one.to.actor)}
    network, now = network_of(one.case.operation_id), timezone.now()
    counts = {code for code, (office, _one, _kept) in known.items() if state_of(office, network.upkeep, now).counts}
    records = [known[code][2] for code in known if code != one.to.code and code in given & counts]
    steps = escalation.plan(record, records, network, doubtful=one.to.code not in counts)
    if one.to.code not in given:
        instead = Step(Stage.OFFICE, one.to.code, _("the office: its numbers are not given to you"))
        steps = (instead, *(step for step in steps if step.target != one.to.code))
    return steps, known


def _attempt(one: Attempt) -> escalation.Attempt:
    channel = channel_of(opened(one.record.sealed), one.place)[1] if one.record and one.place else None
    return escalation.Attempt(one.target, channel, one.at, result_of(one))


_OF_TRIES = ("by", "record", "message__operation", "message__sender")


def result_of(one: Attempt) -> Result | None:
    """What came of it as far as is known now, also by the outbox. What the outbox gave up reached nobody; what the
    network's team took back, holds or blocks was not even tried, and says nothing of who is there."""
    message = one.message
    if one.result or message is None:
        return Result(one.result) if one.result else None
    if post.dead(message):
        return Result.BOUNCED
    return Result.NOT_SENT if post.untried(message) else None


@transaction.atomic
def note(who: Member, one: Dispatch, number: int, result: str, said: str) -> Attempt:
    """What came of a step: reached, no answer, bounced, wrong person. Reached: the clock of delivery stops."""
    if not who.speaks_for(one.sender.actor):
        raise NotAllowed("Only who sent it tries to reach them.")
    steps, known = _steps(who, one)
    if result not in set(Result) - {Result.NOT_SENT}:
        raise Refused("result", "Say what came of it.", field="result")
    if not 0 <= number < len(steps) or steps[number].stage is Stage.LEAD:
        raise Refused("step", "This step is not there any more: look at the page again.", field="step")
    said = " ".join(said.split())
    if len(said) > LONGEST:
        raise Refused("note", f"Write at most {LONGEST} characters.", field="note")
    step, now = steps[number], timezone.now()
    office, record, kept = known.get(step.target, (None, None, None))
    place = place_of(kept, step.channel) if kept and step.channel else ""
    made = Attempt.objects.create(
        dispatch=one, target=step.target, office=office, record=record, place=place,
        means=step.channel.means.value if step.channel else "", at=now, by=who.person, result=result,
        note_sealed=sealed_note(said),
    )  # fmt: skip
    entries.contact(one.case.operation_id, {"dispatch": one.pk, "attempt": made.pk, "became": result})
    return made
