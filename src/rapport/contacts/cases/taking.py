"""A message of the other side comes in: over a line, as a file, or typed in from a telephone, a text message, a fax.
The same one that comes again by another way is there once; other words under its number are told to people.

Raises Refused (it cannot be, or is not for us) or NotAllowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.contacts import sound
from rapport.contacts.agreed import network_of
from rapport.contacts.cases.clockwork import kept
from rapport.contacts.cases.going import SEND
from rapport.contacts.cases.models import Case, Clash, Dispatch, Owned, State
from rapport.contacts.cases.reading import begin_it, content_of, in_full, last_number, number_of, said_of, sealed
from rapport.contacts.directory.listing import allow_begin
from rapport.contacts.directory.nominating import approved
from rapport.contacts.kinds import Kind, Said, moment
from rapport.contacts.lowtech.same import Sameness, content, same
from rapport.contacts.members import Member, writes_here
from rapport.contacts.models import Office
from rapport.errors import NotAllowed, Refused
from rapport.operations.models import Operation
from rapport.oversight.ledger import entries
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.registry.models import Actor


@dataclass(frozen=True, slots=True)
class Taken:
    """The message as it is here now. `became`: whether it was new (DIFFERENT from all that were here), here already
    (SAME), or here with other words (CONFLICT), which stay as they are."""

    dispatch: Dispatch
    became: Sameness


def by_hand(who: Member, said: Said) -> Taken:
    """Somebody typed in what they were told, for the side that it is for."""
    sender, to = _offices(who.operation, said)
    if not (who.may(SEND) and who.speaks_for(to.actor)):
        raise NotAllowed(f"This message is for {to.actor.name}: who speaks for it types it in.")
    if not Case.objects.filter(operation=who.operation, ref=said.case).exists():
        allow_begin(who, sender)
    here = writes_here(sender.actor)
    if said.kind in _ENDING and here:
        raise Refused(
            "kind",
            f"People of {sender.actor.name} write here themselves: they alone close their case, or withdraw a message. "
            "Note the call instead.",
            field="kind",
        )
    if said.kind is Kind.PING:
        raise Refused("kind", "A ping is the network's own: nobody types one in.", field="kind")
    if said.at > timezone.now() + _FAST:
        raise Refused("at", "It says that it was sent in time to come: ask when (UTC).", field="at")
    return take(who.operation, said, "hand", Hand(who.person, Owned.ASKED if here else None))


#: What ends clocks: nobody does that in the name of a party that could say so itself.
_ENDING = frozenset({Kind.CLOSURE, Kind.WITHDRAWAL})
#: How far a clock may be fast, and how far ahead of the last number of a side one that is typed in may lie [ours: a
#: slip of a figure is told, twenty messages that came by no line are not].
_FAST, _AHEAD = timedelta(hours=1), 40


def _near(case: Case, said: Said, by: Actor) -> None:
    if number_of(said.ref) > last_number(case, by.pk) + _AHEAD:
        remedy = f"{said.ref} is far from the last one of {by.name}: ask for the number again."
        raise Refused("ref", remedy, field="ref")


@dataclass(frozen=True, slots=True)
class Hand:
    """Who typed a message in, and whether its side is asked if it said so."""

    by: Person
    owned: Owned | None


@transaction.atomic
def take(operation: Operation, said: Said, way: str, hand: Hand | None = None) -> Taken:
    """1 is it sound · 2 between whom · 3 which case · 4 is it here already · 5 keep it · 6 the books"""
    # 1
    if found := sound.faults(said):
        raise Refused(found[0].field, found[0].said, field=found[0].field)
    if operation.exercise and not said.exercise:
        raise Refused("exercise", "This operation is an exercise: no real message is taken here.", field="exercise")
    # 2
    sender, to = _offices(operation, said)
    # 3
    case = _case(operation, said, sender, to)
    if hand:
        _near(case, said, sender.actor)
    # 4
    there = in_full(Dispatch.objects.filter(case=case, ref=said.ref)).first()
    if there is not None:
        return _again(there, said, way)
    # 5
    fields = {name: value for name, value in said.fields.items() if value.strip()}
    about = Dispatch.objects.filter(case=case, ref=fields.get("about", ""), state=State.SENT).exclude(ref="").first()
    now = timezone.now()
    made = Dispatch.objects.create(
        case=case, ref=said.ref, kind=said.kind.value, sender=sender, to=to, to_record=approved(to), about=about,
        marking=said.marking.value, sealed=sealed(fields, said.caveats), content=content(said),
        answer=fields.get("answer", "") if said.kind is Kind.REPLY else "",
        next_at=moment(fields["next_at"]) if fields.get("next_at") else None,
        times=kept(network_of(operation.pk).times.get(said.kind.value)), state=State.SENT, way=way,
        sent_at=said.at, known_at=now, typed_by=hand.by if hand else None,
        owned=hand.owned.value if hand and hand.owned else "",
    )  # fmt: skip
    _meant(made)
    begin_it(case)
    if said.kind is Kind.CLOSURE and case.closed_at is None:
        case.closed_at = now
        case.save(update_fields=["closed_at"])
    # 6
    if hand:
        after = {"said": "typed in a message of another office", "dispatch": made.pk}
        decide(hand.by, operation.pk, DecisionKind.CONTACT, before={}, after=after)
    entries.contact(operation.pk, {"dispatch": made.pk, "content": made.content, "became": "received"})
    return Taken(made, Sameness.DIFFERENT)


def _offices(operation: Operation, said: Said) -> tuple[Office, Office]:
    found = []
    for name, code in (("from", said.sender), ("to", said.to)):
        party, _, role = code.partition("/")
        known = Office.objects.filter(operation=operation, actor__code=party, role=role).select_related("actor")
        office = known.first()
        if office is None:
            raise Refused(name, f"The directory has no office {code}.", field=name)
        found.append(office)
    return found[0], found[1]


def _case(operation: Operation, said: Said, sender: Office, to: Office) -> Case:
    """The case, begun by whoever has its odd numbers: its first message may come after others."""
    if sender.actor_id == to.actor_id:
        raise Refused("to", "Both offices are of the same party.", field="to")
    begun_by, other = (sender, to) if number_of(said.ref) % 2 else (to, sender)
    case, _ = Case.objects.select_for_update().get_or_create(
        operation=operation, ref=said.case,
        defaults={"exercise": said.exercise, "begun_by": begun_by.actor, "with_actor": other.actor,
                  "begun_at": said.at},
    )  # fmt: skip
    if {case.begun_by_id, case.with_actor_id} != {sender.actor_id, to.actor_id}:
        raise Refused("case", f"{said.case} cannot be a case between these two: ask for it again.", field="case")
    if case.begun_by_id != begun_by.actor_id:
        raise Refused("ref", f"{said.ref} is a number of the other side in this case.", field="ref")
    return case


def _meant(made: Dispatch) -> None:
    """What came before this message and is about it."""
    for one in Dispatch.objects.filter(case=made.case, about=None, state=State.SENT).exclude(pk=made.pk):
        if content_of(one).fields.get("about") == made.ref:
            Dispatch.objects.filter(pk=one.pk).update(about=made)


def _again(there: Dispatch, said: Said, way: str) -> Taken:
    found = same(said_of(there), said)
    if found is Sameness.SAME and way != "hand" and there.owned == Owned.ASKED:  # its own instance says so
        Dispatch.objects.filter(pk=there.pk).update(owned=Owned.YES, owned_at=timezone.now())
    if found is Sameness.CONFLICT:
        mark = content(said)
        Clash.objects.get_or_create(
            dispatch=there, content=mark, defaults={"sealed": sealed(dict(said.fields), said.caveats), "way": way}
        )
        entries.contact(there.case.operation_id, {"dispatch": there.pk, "content": mark, "became": "other words"})
    return Taken(there, found)
