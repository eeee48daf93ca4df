"""What waits for a party, for whoever is on duty: which clock runs out next, whom nobody has reached, what is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from rapport.contacts.cases import clockwork
from rapport.contacts.cases.clockwork import Running
from rapport.contacts.cases.models import Case, Dispatch, Fired, Handover, Heard, Owned, State
from rapport.contacts.cases.reading import cases_of, drafts_of, in_full, own_side, sealed_note
from rapport.contacts.clocks import Clock, Which
from rapport.contacts.members import Member
from rapport.contacts.peers import receiving, sending
from rapport.contacts.peers.holding import strange
from rapport.contacts.peers.models import Outbound, Peer
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.registry.models import Actor

#: For how long it stands on the page that somebody denied what was typed in [ours].
LATELY = timedelta(days=3)
LONGEST = 2_000  # characters of a note that is handed over


@dataclass(frozen=True, slots=True)
class Waits:
    """A message with the clock that runs out next, and who owes what it asks."""

    dispatch: Dispatch
    clock: Clock
    ours: bool  # whether this side owes it
    over: bool  # it was due before now


@dataclass(frozen=True, slots=True)
class Duty:
    """All that waits, each list with the most urgent first.

    new      messages of the other side that nobody here has opened, those of closed cases too
    typed    messages of this side that the other side typed in: nobody here may have said them
    denied   messages that this side typed in as words of the other one, which said of late that nobody there said them
    alarms   clocks that were not met and of which nobody of this side has said that they know
    owed     what this side owes by a clock
    reach    messages of this side that nobody has answered in time, or that reached the wrong office
    awaited  what the other side owes by a clock, but for what is in `reach`
    stuck    messages of this side that the other machine does not answer to, or did not take
    nowhere  messages of this side that go nowhere by themselves: their party reads neither here nor elsewhere
    not_here other instances of whose messages some have not come, or are not taken, that may be for this side: why
    ready    drafts that wait for a second person; `mine`: those this person wrote
    drafts   unfinished ones
    gone     drafts that somebody threw away of late
    strange  other instances in whose name something came under a key that is not agreed, until somebody has called
    """

    new: Sequence[Dispatch]
    typed: Sequence[Dispatch]
    denied: Sequence[Dispatch]
    alarms: Sequence[Fired]
    owed: Sequence[Waits]
    reach: Sequence[Dispatch]
    awaited: Sequence[Waits]
    stuck: Sequence[Outbound]
    nowhere: Sequence[Dispatch]
    not_here: Sequence[tuple[Peer, Sequence[str]]]
    ready: Sequence[Dispatch]
    drafts: Sequence[Dispatch]
    gone: Sequence[Dispatch]
    handovers: Sequence[Handover]
    strange: Sequence[Peer]

    @property
    def loud(self) -> list[str]:
        """What the page sounds for, each by a word of its own: one that was not there before is heard. Not `strange`:
        anybody can raise that, at any hour."""
        return [
            *(f"new:{one.ref}" for one in self.new),
            *(f"typed:{one.ref}" for one in self.typed),
            *(f"denied:{one.ref}" for one in self.denied),
            *(f"late:{one.dispatch.ref}:{one.which}:{one.by}" for one in self.alarms),
            *(f"ready:{one.case.ref}:{one.kind}:{one.drafted_at:%H%M%S}" for one in self.ready),
        ]

    @property
    def quiet(self) -> bool:
        listed = (
            self.strange,
            self.new,
            self.typed,
            self.denied,
            self.alarms,
            self.owed,
            self.reach,
            self.awaited,
            self.stuck,
            self.nowhere,
            self.not_here,
            self.ready,
            self.drafts,
        )
        return not any(listed)


def duty(who: Member, now: datetime) -> Duty:
    mine = {one.code for one in who.actors}
    there = [one for case in cases_of(who).filter(clockwork.looked_at(now)) for one in clockwork.of_case(case, now)]
    waits = sorted((found for one in there for found in _waits(one, mine, now)), key=_urgent)
    unsent = drafts_of(who.actors)
    reach = _unreached(there, mine)
    trying = {one.pk for one in reach}
    came = in_full(Dispatch.objects.filter(to__actor__in=list(who.actors), state=State.SENT, delivered_at=None))
    mine_they_say = in_full(Dispatch.objects.filter(sender__actor__in=list(who.actors), owned=Owned.ASKED))
    theirs = in_full(Dispatch.objects.filter(to__actor__in=list(who.actors), owned=Owned.NO, owned_at__gt=now - LATELY))
    gone = in_full(Dispatch.objects.filter(sender__actor__in=list(who.actors), state=State.GONE))
    return Duty(
        new=list(came.order_by("case__exercise", "known_at", "pk")),
        typed=list(mine_they_say.order_by("known_at", "pk")),
        denied=list(theirs.order_by("-owned_at")),
        alarms=alarms(who, now, there),
        owed=[one for one in waits if one.ours],
        reach=reach,
        awaited=[one for one in waits if not one.ours and one.dispatch.pk not in trying],
        stuck=sending.stuck(who.operation.pk, who.actors),
        nowhere=sending.nowhere(who.operation.pk, who.actors),
        not_here=receiving.not_here(who.operation.pk, mine),
        ready=[one for one in unsent if one.state == State.READY],
        drafts=[one for one in unsent if one.state == State.DRAFT],
        gone=list(gone.order_by("-gone_at")),
        handovers=list(
            Handover.objects.filter(operation=who.operation, actor__in=list(who.actors), taken_at=None)
            .select_related("given_by", "actor")
            .order_by("given_at")
        ),
        strange=list(strange(who.operation.pk)),
    )


def _waits(one: Running, mine: set[str], now: datetime) -> list[Waits]:
    """The next clock of each side; delivery is for those who try to reach them, not for a list."""
    found = []
    for party in {clock.by for clock in one.clocks}:
        running = [clock for clock in one.owed_by(party) if clock.which is not Which.DELIVER]
        if running:
            clock = min(running, key=lambda each: each.due)
            found.append(Waits(one.dispatch, clock, party in mine, clock.due <= now))
    return found


def answers_owed(who: Member, case: Case, now: datetime) -> list[Waits]:
    """Messages that this side owes an answer to: closing the case does not end that."""
    own = own_side(who, case).code
    return sorted(
        (Waits(one.dispatch, clock, ours=True, over=clock.due <= now)
         for one in clockwork.of_case(case, now) for clock in one.owed_by(own) if clock.which is Which.SUBSTANCE),
        key=_urgent,
    )  # fmt: skip


def _urgent(one: Waits) -> tuple[bool, datetime]:
    """What is real comes before any exercise, then whose clock runs out next."""
    return one.dispatch.case.exercise, one.clock.due


def _unreached(there: Sequence[Running], mine: set[str]) -> list[Dispatch]:
    late = [(one.dispatch.case.exercise, since, one.dispatch.pk, one.dispatch) for one in there
            if (since := one.escalates_from) and one.dispatch.sender.actor.code in mine]  # fmt: skip
    return [dispatch for *_, dispatch in sorted(late, key=lambda row: row[:3])]


# --- alarms --------------------------------------------------------------------------------------------------------


def alarms(who: Member, now: datetime, there: Sequence[Running] = ()) -> list[Fired]:
    """Clocks that were not met, in cases of this side, of which nobody here has said that they know. None that turned
    out to be met: a clock of this machine may have been wrong, or somebody owned to what was typed in as their words;
    and none of a message that this side is not known to have said. `there`: the clocks of whole cases, where they are
    worked out already."""
    cases = cases_of(who).values("pk")
    known = Heard.objects.filter(actor__in=list(who.actors)).values("fired")
    told = Fired.objects.filter(dispatch__case__in=cases).exclude(pk__in=known)
    fired = list(told.select_related(
        "dispatch__case__begun_by", "dispatch__case__with_actor", "dispatch__to__actor", "dispatch__sender__actor",
    ).prefetch_related("dispatch__attempts").order_by("dispatch__case__exercise", "due", "pk"))  # fmt: skip
    known_cases = {one.dispatch.case_id for one in there}
    others = {one.dispatch.case_id: one.dispatch.case for one in fired if one.dispatch.case_id not in known_cases}
    still = {
        (running.dispatch.pk, clock.which.value, clock.by, clock.due)
        for running in (*there, *(each for case in others.values() for each in clockwork.of_case(case, now)))
        for clock in clockwork.unmet(running, now)
        if clockwork.said(running.dispatch) or not who.speaks_for(running.dispatch.sender.actor)
    }
    return [one for one in fired if (one.dispatch_id, one.which, one.by, one.due) in still]


def hear(who: Member, fired: Fired) -> None:
    """Somebody of this side knows of it. Refused for a case of others; again it changes nothing."""
    case = cases_of(who).filter(pk=fired.dispatch.case_id).first()
    if case is None:
        raise Refused("case", "This is a case of others.")
    own = case.begun_by if who.speaks_for(case.begun_by) else case.with_actor
    Heard.objects.get_or_create(fired=fired, actor=own, defaults={"by": who.person})


# --- handing over --------------------------------------------------------------------------------------------------


@transaction.atomic
def hand_over(who: Member, actor: Actor, note: str) -> Handover:
    """The duty of a party goes to whoever takes it. The note is sealed, as what messages say."""
    if not who.speaks_for(actor):
        raise NotAllowed(f"You do not speak for {actor.name} here.")
    note = note.strip()
    if not note or len(note) > LONGEST:
        raise Refused("note", f"Write what the next one must know, in at most {LONGEST} characters.", field="note")
    Handover.objects.filter(operation=who.operation, actor=actor, taken_at=None, given_by=who.person).delete()
    refs = list(cases_of(who).filter(closed_at=None).order_by("pk").values_list("ref", flat=True))
    made = Handover.objects.create(
        actor=actor, operation=who.operation, given_by=who.person, note_sealed=sealed_note(note),
        open_refs=refs,
    )  # fmt: skip
    _note(who, made, "handed the duty over")
    return made


@transaction.atomic
def take_over(who: Member, one: Handover) -> None:
    """Another person has read it and is on duty. Conflict if somebody was first, or it is one's own."""
    if not who.speaks_for(one.actor):
        raise NotAllowed(f"You do not speak for {one.actor.name} here.")
    if one.given_by_id == who.person.pk:
        raise Conflict("You handed it over yourself: the next one takes it.")
    if not Handover.objects.filter(pk=one.pk, taken_at=None).update(taken_at=timezone.now(), taken_by=who.person):
        raise Conflict("Somebody has taken it already.")
    _note(who, one, "took the duty over")


def _note(who: Member, one: Handover, said: str) -> None:
    after = {"said": f"{said} for {one.actor.code}", "handover": one.pk}
    decide(who.person, one.operation_id, DecisionKind.CONTACT, before={}, after=after)


def on_duty(actor: Actor) -> Handover | None:
    """The last that was taken: who is on duty since when."""
    taken = Handover.objects.filter(actor=actor, taken_at__isnull=False)
    return taken.select_related("taken_by").order_by("-taken_at").first()
