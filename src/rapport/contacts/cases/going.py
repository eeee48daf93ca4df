"""A draft goes: as it reads to the other side, by whom it may be sent, with its number and its clocks.

All raise NotAllowed, Refused (what was given cannot be, with the field) or Conflict (somebody was first).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.contacts import sound
from rapport.contacts.agreed import network_of
from rapport.contacts.cases import telling
from rapport.contacts.cases.carrying import FIELD, carried
from rapport.contacts.cases.clockwork import kept
from rapport.contacts.cases.models import STOOD_BY, Case, Dispatch, State
from rapport.contacts.cases.reading import Content, begin_it, content_of, in_full, last_number, said_of, sealed
from rapport.contacts.directory.listing import allow_begin
from rapport.contacts.directory.nominating import approved
from rapport.contacts.kinds import BEGIN, Answer, Kind, Problem
from rapport.contacts.lowtech.same import content
from rapport.contacts.members import Member, speaking
from rapport.contacts.peers import queueing
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.oversight.ledger import entries
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.registry.models import Actor
from rapport.values import Marking, Sentence

SEND = Permission.CONTACTS_MESSAGE_SEND


def mark_of(one: Dispatch) -> str:
    """What of a draft would go now, as a mark: whoever sends or changes it shows by it which words they read."""
    said = said_of(one, one.drafted_at)
    with suppress(Refused):  # of an event that may not go the draft holds the reference alone
        said = replace(said, fields=what_goes(one).fields)
    return content(said)


def seen_of(one: Dispatch) -> str:
    """The same with what had been said in the case by then: whoever sends it has read that too."""
    said = Dispatch.objects.filter(case=one.case_id, state=State.SENT).aggregate(last=Max("pk"))
    return hashlib.sha256(f"{mark_of(one)} {said['last']}".encode()).hexdigest()


@transaction.atomic
def ready(who: Member, one: Dispatch) -> Dispatch:
    """Its drafter says that it can go. What one person may send alone goes at once; else another one looks at it."""
    fresh = unsent(who, one)
    if fresh.drafted_by_id != who.person.pk:
        raise Refused("draft", "Somebody else writes this still: ask them, or change it, and it is yours.")
    _check(who, fresh)
    if alone(fresh):
        _not_twice(fresh)
        return _send(who, fresh)
    fresh.state = State.READY
    fresh.save(update_fields=["state"])
    telling.ask_second(fresh)
    return fresh


def alone(one: Dispatch) -> bool:
    """Whether one person may send it: a reply that says only that something arrived, that one cannot discuss it now, or
    that it is for somebody else. It says nothing in the State's name, and nobody waits for a second person at night.
    Words, caveats, a moment that is promised, and passing on what they said further than they did, take two."""
    said = said_of(one)
    if said.kind is not Kind.REPLY or said.fields.get("answer") not in set(Answer) - {Answer.ANSWER}:
        return False
    wordless = not any(text.strip() for name, text in said.fields.items() if name not in {"answer", "about"})
    theirs = Marking(one.about.marking).strictness if one.about else 0
    return wordless and not said.caveats.strip() and said.marking.strictness >= theirs


def seconds(one: Dispatch) -> list[Person]:
    """Who can send a draft: those who speak for its side and have the role, but for its writer."""
    there = speaking(one.case.operation_id).filter(actor=one.sender.actor_id).exclude(person=one.drafted_by_id)
    people = {each.person for each in there.select_related("person")}
    return sorted(
        (each for each in people if each.may(SEND, one.case.operation_id)), key=lambda each: (each.shown_name, each.pk)
    )


def _not_twice(one: Dispatch) -> None:
    """A finger that slips, a page that was open still: the other side is told once."""
    said = Dispatch.objects.filter(about=one.about, sender__actor=one.sender.actor_id, answer=one.answer)
    before = said.filter(state=State.SENT, owned__in=STOOD_BY).first()
    if before is not None:
        raise Conflict(f"Your side has said so already, as {before.ref}.")


@transaction.atomic
def release(who: Member, one: Dispatch, read: str | None = None) -> Dispatch:
    """A second person sends it. Never whoever wrote it.

    `read`: `seen_of` the draft as they read it: Conflict if it says something else by now, or something came meanwhile.
    None: they read `one`.
    """
    fresh = unsent(who, one)
    if fresh.state != State.READY:
        raise Conflict("It is a draft still: whoever writes it says when it can go.")
    if fresh.drafted_by_id == who.person.pk:
        raise Refused("two_people", "You wrote this yourself: another person of your side sends it.")
    if (seen_of(one) if read is None else read) != seen_of(fresh):
        raise Conflict("It was changed after you opened it, or a message came. Nothing was sent: read it again.")
    _check(who, fresh)
    return _send(who, fresh)


def _send(who: Member, one: Dispatch) -> Dispatch:
    """1 its number and time · 2 what was agreed, and whose hours count · 3 the first message begins the case, a closure
    closes it · 4 the books · 5 to their instance, and tell them

    Call inside a transaction, with the draft locked."""
    case = Case.objects.select_for_update().get(pk=one.case_id)
    now = timezone.now()
    # 1: to the minute, so that it is the same message when somebody reads it aloud
    one.ref = _number(case, one)
    one.state, one.released_by = State.SENT, who.person
    one.sent_at, one.known_at = now.replace(second=0, microsecond=0), now
    # 2
    content_now = what_goes(one)
    one.sealed = sealed(content_now.fields, content_now.caveats)
    one.to_record = approved(one.to)
    one.times = kept(network_of(case.operation_id).times.get(one.kind))
    one.content = content(said_of(one))
    one.save()
    # 3
    begin_it(case)
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
    last = last_number(case, one.sender.actor_id)
    return f"{case.ref}-{last + 2 if last else first:02}"


# --- what they have in common --------------------------------------------------------------------------------------


def allow(who: Member, own: Actor) -> None:
    if not who.may(SEND):
        raise NotAllowed(f"This needs the permission {SEND.value}.")
    if not who.speaks_for(own):
        raise NotAllowed(f"You do not speak for {own.name} here.")


def unsent(who: Member, one: Dispatch) -> Dispatch:
    """The draft as it is now, held until the transaction ends."""
    fresh = in_full(Dispatch.objects.select_for_update(of=("self",))).filter(pk=one.pk).first()
    if fresh is None or fresh.state == State.GONE:
        raise Conflict("Somebody threw this draft away.")
    allow(who, fresh.sender.actor)
    if fresh.state == State.SENT:
        raise Conflict(f"It was sent already, as {fresh.ref}.")
    return fresh


def what_goes(one: Dispatch) -> Content:
    """What of a draft would go now: of an event, what the protocol gives the other side. Refused where that is
    nothing."""
    found = content_of(one)
    ref = found.fields.get(FIELD, "").strip()
    if not ref:
        return found
    words = carried(one.case.operation, ref, one.sender.actor, one.to.actor, Marking(one.marking))
    return Content({**found.fields, FIELD: words}, found.caveats)


def lacks(one: Dispatch) -> list[Problem]:
    """All that stands in the way of a draft as it is, each with its field; nothing if it can go."""
    fields, event = content_of(one).fields, list[Problem]()
    try:
        fields = what_goes(one).fields
    except Refused as refused:
        event = [Problem(refused.field, refused.remedy)]
    return [*sound.faults(replace(said_of(one), ref=_number(one.case, one), fields=fields)), *event]


def _check(who: Member, one: Dispatch) -> None:
    if Kind(one.kind) in BEGIN:
        allow_begin(who, one.to)
    if found := lacks(one):
        raise Refused(found[0].field, _together(found), field=found[0].field)


def _together(found: Sequence[Problem]) -> Sentence:
    """All of them as one text, each of which is translated by itself."""
    said = (one.said if isinstance(one.said, Sentence) else Sentence(one.said.replace("%", "%%")) for one in found)
    parts = {f"p{number}": each for number, each in enumerate(said)}
    return Sentence(" ".join(f"%({name})s" for name in parts), **parts)
