"""A message between offices: drafted by one person, sent by another. Nothing leaves before.

All raise NotAllowed, Refused (what was given cannot be, with the field) or Conflict (somebody was first).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from rapport.contacts import letters, sound
from rapport.contacts.cases import going
from rapport.contacts.cases.going import allow, unsent
from rapport.contacts.cases.models import Case, Dispatch, State
from rapport.contacts.cases.reading import dispatches, in_full, own_side, sealed
from rapport.contacts.directory.listing import allow_begin
from rapport.contacts.directory.nominating import approved
from rapport.contacts.kinds import ANSWERS, BEGIN, FIELDS, Kind, moment
from rapport.contacts.members import Member
from rapport.contacts.models import Nomination, Office
from rapport.errors import Conflict, Refused
from rapport.oversight.ledger import entries
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.registry.models import Actor
from rapport.values import Marking

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
    allow(who, sender.actor)
    if words.kind not in BEGIN:
        raise Refused("kind", "This kind belongs to a message that is there.", field="kind")
    if sender.actor_id == to.actor_id:
        raise Refused("to", "A case is between two parties: choose an office of another one.", field="to")
    allow_begin(who, to)
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
    allow(who, own)
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
    """A reply that one person may send alone, written and sent in one step, marked as what it answers. Said again it is
    refused (Conflict), and no draft stays behind."""
    about = next((one for one in dispatches(case) if one.ref == words.fields.get("about")), None)
    marked = replace(words, marking=Marking(about.marking)) if about else words
    made = going.ready(who, draft(who, case, marked))
    if made.state != State.SENT:
        raise Refused("two_people", "This goes by two people: write it as a draft.")
    return made


@transaction.atomic
def change(who: Member, one: Dispatch, words: Words, read: str | None = None) -> Dispatch:
    """Other words for a draft: whoever changes it is its drafter from then on, so that another person looks at all.
    `read` as for `release`."""
    fresh = unsent(who, one)
    if read is not None and read != going.mark_of(fresh):
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


#: For how long a draft that was thrown away can be brought back [ours: over a weekend].
KEPT = timedelta(days=3)


@transaction.atomic
def discard(who: Member, one: Dispatch) -> None:
    """A draft is thrown away. Its side sees by whom, and can bring it back for a while."""
    fresh = unsent(who, one)
    fresh.state, fresh.gone_by, fresh.gone_at = State.GONE, who.person, timezone.now()
    fresh.save(update_fields=["state", "gone_by", "gone_at"])
    _note(who, fresh, "threw a draft away")


@transaction.atomic
def bring_back(who: Member, one: Dispatch) -> Dispatch:
    """It is a draft again, of whoever wrote it."""
    fresh = in_full(Dispatch.objects.select_for_update(of=("self",))).filter(pk=one.pk).first()
    if fresh is None or fresh.state != State.GONE:
        raise Conflict("It is not among what was thrown away any more.")
    allow(who, fresh.sender.actor)
    fresh.state, fresh.gone_by, fresh.gone_at = State.DRAFT, None, None
    fresh.save(update_fields=["state", "gone_by", "gone_at"])
    _note(who, fresh, "brought a draft back")
    return fresh


def _note(who: Member, one: Dispatch, said: str) -> None:
    after = {"said": said, "dispatch": one.pk}
    decide(who.person, one.case.operation_id, DecisionKind.CONTACT, before={}, after=after)
    entries.contact(one.case.operation_id, {"dispatch": one.pk, "became": said})


@transaction.atomic
def forget(now: datetime) -> int:
    """What was thrown away long ago goes for good, and cases in which nothing else is; how many drafts. In the worker,
    where nobody decides any more."""
    gone = Dispatch.objects.filter(state=State.GONE, gone_at__lt=now - KEPT)
    cases = set(gone.values_list("case", flat=True))
    done, _ = gone.delete()
    Case.objects.filter(pk__in=cases, dispatches=None).delete()
    return done


def offices_of(actor: Actor) -> list[Office]:
    """Those of a party that can write and be written to."""
    current = Nomination.objects.filter(office__actor=actor, state="approved", closes=False)
    return [one.office for one in current.select_related("office__actor").order_by("office__role")]
