"""A message between offices: drafted by one person, sent by another. Nothing leaves before.

All raise NotAllowed, Refused (what was given cannot be, with the field) or Conflict (somebody was first).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction
from django.utils import timezone

from rapport.accounts.permissions import Permission
from rapport.contacts import letters, sound
from rapport.contacts.agreed import network_of
from rapport.contacts.cases import telling
from rapport.contacts.cases.carrying import FIELD, carried
from rapport.contacts.cases.clockwork import kept
from rapport.contacts.cases.models import Case, Dispatch, State
from rapport.contacts.cases.reading import Content, content_of, dispatches, in_full, own_side, said_of, sealed
from rapport.contacts.directory.nominating import approved
from rapport.contacts.kinds import ANSWERS, BEGIN, FIELDS, Answer, Kind, moment
from rapport.contacts.lowtech.same import content
from rapport.contacts.members import Member
from rapport.contacts.models import Nomination, Office
from rapport.contacts.peers import queueing
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.oversight.ledger import entries
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.registry.models import Actor
from rapport.values import Marking

SEND = Permission.CONTACTS_MESSAGE_SEND
_NAMED = 6  # letters of a case: of 729 million names two instances do not choose the same
#: Kinds that people write on a page; pings are the network's.
WRITTEN = tuple(kind for kind in Kind if kind is not Kind.PING)


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody writes. `about`: reference of the message that it is about, or of the case for a closure."""

    kind: Kind
    fields: Mapping[str, str]
    marking: Marking = Marking.AMBER
    caveats: str = ""


@transaction.atomic
def begin(who: Member, sender: Office, to: Office, words: Words, *, exercise: bool) -> Dispatch:
    """A new case with the draft of its first message. In an exercise of the operation every case is one."""
    _allow(who, sender.actor)
    if words.kind not in BEGIN:
        raise Refused("kind", "This kind belongs to a message that is there.", field="kind")
    if sender.actor_id == to.actor_id:
        raise Refused("to", "A case is between two parties: choose an office of another one.", field="to")
    case = _named(who, sender.actor, to.actor, exercise=exercise or who.operation.exercise)
    return _drafted(who, case, sender, to, words, None)


def _named(who: Member, own: Actor, other: Actor, *, exercise: bool) -> Case:
    for _ in range(5):
        name = letters.drawn(_NAMED)
        ref = f"{sound.EXERCISE}{name}" if exercise else name
        try:
            with transaction.atomic():
                return Case.objects.create(
                    operation=who.operation, ref=ref, exercise=exercise, begun_by=own, with_actor=other
                )
        except IntegrityError:
            continue
    raise Conflict("No name was free: try again.")


@transaction.atomic
def draft(who: Member, case: Case, words: Words, *, sender: Office | None = None, to: Office | None = None) -> Dispatch:
    """A further message of a case. Offices are those of the message that it is about, unless somebody says otherwise:
    another role may answer."""
    own = own_side(who, case)
    _allow(who, own)
    there = list(dispatches(case))
    if not there:
        raise Refused("kind", "The first message of this case has not gone yet.", field="kind")
    if words.kind in BEGIN:
        raise Refused("kind", "This kind begins a case of its own.", field="kind")
    about = _about(case, there, words)
    base = about or there[-1]
    ours, theirs = (base.sender, base.to) if base.sender.actor_id == own.pk else (base.to, base.sender)
    if about is not None and words.kind in {Kind.CORRECTION, Kind.WITHDRAWAL} and about.sender.actor_id != own.pk:
        raise Refused("about", "Only whoever sent a message corrects or withdraws it.", field="about")
    if about is not None and words.kind is Kind.REPLY and about.sender.actor_id == own.pk:
        raise Refused("about", "This is your own message: correct or withdraw it, or write a new one.", field="about")
    return _drafted(who, case, sender or ours, to or theirs, words, about)


def _about(case: Case, there: list[Dispatch], words: Words) -> Dispatch | None:
    named = words.fields.get("about", "").strip()
    if words.kind is Kind.CLOSURE:
        if named != case.ref:
            raise Refused("about", f"A closure is about the case: {case.ref}.", field="about")
        return None
    found = next((one for one in there if one.ref == named), None)
    if found is None:
        raise Refused("about", "Choose the message that this is about.", field="about")
    return found


def _drafted(who: Member, case: Case, sender: Office, to: Office, words: Words, about: Dispatch | None) -> Dispatch:
    for office in (sender, to):
        current = approved(office)
        if current is None or current.closes:
            raise Refused("to", f"There is no office {office.code} in the directory now.", field="to")
    made = Dispatch(case=case, sender=sender, to=to, about=about, drafted_by=who.person)
    _write(made, words)
    made.save()
    return made


def _write(one: Dispatch, words: Words) -> None:
    known = {field.name for field in FIELDS[words.kind]}
    fields = {name: value.strip() for name, value in words.fields.items() if name in known and value.strip()}
    one.kind, one.marking = words.kind.value, words.marking.value
    one.sealed = sealed(fields, words.caveats.strip())
    one.answer = fields.get("answer", "") if words.kind is Kind.REPLY else ""
    one.next_at = moment(fields["next_at"]) if fields.get("next_at") else None
    if one.answer and one.answer not in ANSWERS:
        raise Refused("answer", "Choose one of the answers.", field="answer")


@transaction.atomic
def at_once(who: Member, case: Case, words: Words) -> Dispatch:
    """A reply that one person may send alone, written and sent in one step. Said again it is refused (Conflict), and no
    draft stays behind."""
    made = ready(who, draft(who, case, words))
    if made.state != State.SENT:
        raise Refused("two_people", "This goes by two people: write it as a draft.")
    return made


def mark_of(one: Dispatch) -> str:
    """What of a draft would go now, as a mark: whoever sends or changes it shows by it which words they read."""
    said = said_of(one, one.drafted_at)
    with suppress(Refused):  # of an event that may not go the draft holds the reference alone
        said = replace(said, fields=going(one).fields)
    return content(said)


@transaction.atomic
def change(who: Member, one: Dispatch, words: Words, read: str | None = None) -> Dispatch:
    """Other words for a draft: whoever changes it is its drafter from then on, so that another person looks at all.
    `read` as for `release`."""
    fresh = _unsent(who, one)
    if read is not None and read != mark_of(fresh):
        raise Conflict(
            "It was changed meanwhile. Above is how it stands now, below what you wrote: keep yours only if it is to "
            "take its place."
        )
    if Kind(fresh.kind) is not words.kind:
        raise Refused("kind", "A draft keeps its kind: discard it and write another.", field="kind")
    _write(fresh, words)
    fresh.state, fresh.drafted_by = State.DRAFT, who.person
    fresh.save()
    return fresh


@transaction.atomic
def discard(who: Member, one: Dispatch) -> None:
    """A draft is thrown away; with the first one of a case the case too."""
    fresh = _unsent(who, one)
    case = fresh.case
    fresh.delete()
    if not Dispatch.objects.filter(case=case).exists():
        case.delete()


@transaction.atomic
def ready(who: Member, one: Dispatch) -> Dispatch:
    """Its drafter says that it can go. What one person may send alone goes at once; else another one looks at it."""
    fresh = _unsent(who, one)
    if fresh.drafted_by_id != who.person.pk:
        raise Refused("draft", "Somebody else writes this still: ask them, or change it, and it is yours.")
    _check(fresh)
    if alone(fresh):
        _not_twice(fresh)
        return _send(who, fresh)
    fresh.state = State.READY
    fresh.save(update_fields=["state"])
    return fresh


def alone(one: Dispatch) -> bool:
    """Whether one person may send it: a reply that says only that something arrived, that one cannot discuss it now, or
    that it is for somebody else. It says nothing in the State's name, and nobody waits for a second person at night."""
    fields = said_of(one).fields
    wordless = not fields.get("text", "").strip()
    return one.kind == Kind.REPLY.value and wordless and fields.get("answer") in set(Answer) - {Answer.ANSWER}


def _not_twice(one: Dispatch) -> None:
    """A finger that slips, a page that was open still: the other side is told once."""
    said = Dispatch.objects.filter(about=one.about, sender__actor=one.sender.actor_id, answer=one.answer)
    before = said.filter(state=State.SENT).first()
    if before is not None:
        raise Conflict(f"Your side has said so already, as {before.ref}.")


@transaction.atomic
def release(who: Member, one: Dispatch, read: str | None = None) -> Dispatch:
    """A second person sends it. Never whoever wrote it.

    `read`: `mark_of` the draft as they read it: Conflict if it says something else by now. None: they read `one`.
    """
    fresh = _unsent(who, one)
    if fresh.state != State.READY:
        raise Conflict("It is a draft still: whoever writes it says when it can go.")
    if fresh.drafted_by_id == who.person.pk:
        raise Refused("two_people", "You wrote this yourself: another person of your side sends it.")
    if (mark_of(one) if read is None else read) != mark_of(fresh):
        raise Conflict("It was changed after you opened it. Nothing was sent: read it again.")
    _check(fresh)
    return _send(who, fresh)


def _send(who: Member, one: Dispatch) -> Dispatch:
    """1 its number and time · 2 what was agreed, and whose hours count · 3 a closure closes · 4 the books · 5 to their
    instance, and tell them

    Call inside a transaction, with the draft locked."""
    case = Case.objects.select_for_update().get(pk=one.case_id)
    now = timezone.now()
    # 1: to the minute, so that it is the same message when somebody reads it aloud
    one.ref = _number(case, one)
    one.state, one.released_by = State.SENT, who.person
    one.sent_at, one.known_at = now.replace(second=0, microsecond=0), now
    # 2
    content_now = going(one)
    one.sealed = sealed(content_now.fields, content_now.caveats)
    one.to_record = approved(one.to)
    one.times = kept(network_of(case.operation_id).times.get(one.kind))
    one.content = content(said_of(one))
    one.save()
    # 3
    if one.kind == Kind.CLOSURE.value and case.closed_at is None:
        case.closed_at = now
        case.save(update_fields=["closed_at"])
    # 4
    # The team sees that somebody decided, and not what between whom.
    after = {"said": "sent a message to another office", "dispatch": one.pk, "content": one.content}
    decide(who.person, case.operation_id, DecisionKind.CONTACT, before={}, after=after)
    entries.contact(case.operation_id, {"dispatch": one.pk, "content": one.content, "became": "sent"})
    # 5
    queueing.queue(one, now)
    telling.tell(one, now)
    return one


def _number(case: Case, one: Dispatch) -> str:
    """Whoever began the case has the odd numbers, the other side the even ones: messages that cross never meet."""
    first = 1 if one.sender.actor_id == case.begun_by_id else 2
    sent = Dispatch.objects.filter(case=case, sender__actor=one.sender.actor_id, state=State.SENT)
    taken = [int(ref.rpartition("-")[2]) for ref in sent.values_list("ref", flat=True)]
    return f"{case.ref}-{max(taken, default=first - 2) + 2:02}"


# --- what they have in common --------------------------------------------------------------------------------------


def _allow(who: Member, own: Actor) -> None:
    if not who.may(SEND):
        raise NotAllowed(f"This needs the permission {SEND.value}.")
    if not who.speaks_for(own):
        raise NotAllowed(f"You do not speak for {own.name} here.")


def _unsent(who: Member, one: Dispatch) -> Dispatch:
    """The draft as it is now, held until the transaction ends."""
    fresh = in_full(Dispatch.objects.select_for_update(of=("self",))).filter(pk=one.pk).first()
    if fresh is None:
        raise Conflict("Somebody has discarded this draft.")
    _allow(who, fresh.sender.actor)
    if fresh.state == State.SENT:
        raise Conflict(f"It was sent already, as {fresh.ref}.")
    return fresh


def going(one: Dispatch) -> Content:
    """What of a draft would go now: of an event, what the protocol gives the other side. Refused where that is
    nothing."""
    found = content_of(one)
    ref = found.fields.get(FIELD, "").strip()
    if not ref:
        return found
    words = carried(one.case.operation, ref, one.to.actor, Marking(one.marking))
    return Content({**found.fields, FIELD: words}, found.caveats)


def _check(one: Dispatch) -> None:
    found = sound.faults(replace(said_of(one), ref=f"{one.case.ref}-01", fields=going(one).fields))
    if found:
        raise Refused(found[0].field, found[0].said, field=found[0].field)


def offices_of(actor: Actor) -> list[Office]:
    """Those of a party that can write and be written to."""
    current = Nomination.objects.filter(office__actor=actor, state="approved", closes=False)
    return [one.office for one in current.select_related("office__actor").order_by("office__role")]
