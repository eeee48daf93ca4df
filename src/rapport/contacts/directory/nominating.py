"""One person nominates an office, another approves it; somebody says again and again that it is right still.

All raise NotAllowed, Refused (what was given cannot be) or Conflict (somebody was first).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import NETWORK_TEAM, Permission
from rapport.contacts import checking
from rapport.contacts.agreed import network_of
from rapport.contacts.kinds import Problem
from rapport.contacts.members import Member, apart
from rapport.contacts.model import Office as Record
from rapport.contacts.model import Role
from rapport.contacts.models import Nomination, Office, State, Verification
from rapport.contacts.records import opened, sealed
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.registry.models import Actor

NOMINATE, APPROVE = Permission.CONTACTS_OFFICE_NOMINATE, Permission.CONTACTS_OFFICE_APPROVE
HAPPENED = "approved"  # how an office is verified when it is approved
MOST = 300  # characters of a reason
WHY_NOW = "Say why, in a few words: because of which note, or what has changed."


@transaction.atomic
def nominate(who: Member, actor: Actor, record: Record, why: str, *, began: str | None = None) -> Nomination:
    """What an office is to be from the day on which a second person approves it. Until then what was approved before
    counts. Who belongs to a State nominates for it alone; the network's team enters what came by a note. `began`:
    digest of what counted when somebody began to write, "" for nothing: Conflict if another record counts by now."""
    allow(who, actor)
    if record.party != actor.code:
        raise Refused("party", f"This record is of {record.party}, not of {actor.code}.", field="party")
    _agreed(who, record.role)
    if found := faults(record, why, timezone.now()):
        raise Refused(found[0].field, found[0].said, field=found[0].field)
    if began is not None and began != digest_of(actor, record.role):
        raise Conflict("Another record was approved since you began. Below is what it changed; what you typed is kept.")
    return _nominated(who, actor, record.role, record, why, closes=False)


def faults(record: Record, why: str, now: datetime) -> Sequence[Problem]:
    """All that stands in the way of a nomination, with its remedies: of the record, and of the day on which it is
    nominated."""
    found = [*checking.problems(record)]
    if record.valid_until is not None and record.valid_until < now.astimezone(UTC).date():
        found.append(Problem("valid_until", "This day is over: write a later one, or none."))
    try:
        words(why, WHY_NOW)
    except Refused as refused:
        found.append(Problem("why", refused.remedy))
    return found


def _agreed(who: Member, role: Role) -> None:
    roles = network_of(who.operation.pk).roles
    if role not in roles:
        raise Refused("role", f"This network agreed on offices of these roles: {', '.join(roles)}. Not on {role}.")


@transaction.atomic
def close(who: Member, office: Office, why: str) -> Nomination:
    """The State has no office of this role any more, once a second person has approved it."""
    allow(who, office.actor)
    current = approved(office)
    if current is None:
        raise Conflict("There is no such office.")
    return _nominated(who, office.actor, Role(office.role), opened(current.sealed), why, closes=True)


def _nominated(who: Member, actor: Actor, role: Role, record: Record, why: str, *, closes: bool) -> Nomination:
    why = words(why, WHY_NOW)
    office, _ = Office.objects.get_or_create(operation=who.operation, actor=actor, role=role.value)
    Office.objects.select_for_update().get(pk=office.pk)
    last = Nomination.objects.filter(office=office).order_by("-number").first()
    kept, digest = sealed(record)
    try:
        with transaction.atomic():
            made = Nomination.objects.create(
                office=office, number=last.number + 1 if last else 1, sealed=kept, digest=digest, closes=closes,
                why=why, nominated_by=who.person,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("Another nomination of this office waits already: decide about that one first.") from error
    _note(who.person, made, f"nominated {office.code} anew" if last else f"nominated {office.code}")
    return made


@transaction.atomic
def approve(who: Member, nomination: Nomination) -> None:
    """It counts from now on, in place of the one before. Never by who nominated it."""
    waiting = _to_decide(who, nomination)
    if waiting.nominated_by.roles_in(who.operation.pk) & NETWORK_TEAM:  # else two sides have looked at it
        apart(who, waiting.nominated_by)
    if not waiting.closes:
        _agreed(who, Role(waiting.office.role))
    now = timezone.now()
    Nomination.objects.filter(office=waiting.office, state=State.APPROVED).update(state=State.REPLACED)
    _decided(who.person, waiting, State.APPROVED)
    record = opened(waiting.sealed)
    Office.objects.filter(pk=waiting.office_id).update(
        verified_at=now, closed_at=now if waiting.closes else None, told="",
        valid_from=record.valid_from, valid_until=record.valid_until,
    )  # fmt: skip
    Verification.objects.create(office=waiting.office, nomination=waiting, at=now, by=who.person, how=HAPPENED)
    _note(who.person, waiting, f"approved the nomination of {waiting.office.code}")


@transaction.atomic
def refuse(who: Member, nomination: Nomination, reason: str) -> None:
    """It does not count; who nominated it reads why."""
    waiting = _to_decide(who, nomination)
    waiting.reason = words(reason, "Say why, so that it can be put right.")
    _decided(who.person, waiting, State.REFUSED)
    _note(who.person, waiting, f"refused the nomination of {waiting.office.code}")


@transaction.atomic
def withdraw(who: Member, nomination: Nomination) -> None:
    """By who nominated it, or another one who speaks for the same State."""
    waiting = _waiting(nomination)
    if waiting.nominated_by_id != who.person.pk and not who.speaks_for(waiting.office.actor):
        raise NotAllowed("Only who speaks for this State withdraws what it nominated.")
    _decided(who.person, waiting, State.WITHDRAWN)
    _note(who.person, waiting, f"withdrew the nomination of {waiting.office.code}")


@transaction.atomic
def verify(who: Member, office: Office, how: str, read: str) -> None:
    """Somebody of the State, or of the team, has looked and says that every word of it is right still. `read`: digest
    of what they had before them; Conflict if another record counts by now."""
    allow(who, office.actor)
    current = approved(office)
    if current is None or current.closes:
        raise Conflict("Nobody has approved this office yet.")
    if current.digest != read:
        raise Conflict("Another record was approved since you opened this page: read it, and confirm that one.")
    how = words(how, "Say how you know: by a call, by a note, by whom.")
    now = timezone.now()
    Office.objects.filter(pk=office.pk).update(verified_at=now, told="")
    Verification.objects.create(office=office, nomination=current, at=now, by=who.person, how=how)
    _note(who.person, current, f"verified {office.code}")


def approved(office: Office) -> Nomination | None:
    """What counts of an office."""
    return Nomination.objects.filter(office=office, state=State.APPROVED).first()


def approved_of(actor: Actor, role: Role) -> Nomination | None:
    """The same by whose it is."""
    counts = Nomination.objects.filter(office__actor=actor, office__role=role.value, state=State.APPROVED)
    return counts.select_related("office__actor", "office__operation").first()


def waiting(office: Office) -> Nomination | None:
    """What waits for a second person."""
    return Nomination.objects.filter(office=office, state=State.WAITING).first()


def digest_of(actor: Actor, role: Role) -> str:
    """Of what counts of an office; "" for none."""
    counts = approved_of(actor, role)
    return counts.digest if counts else ""


def before(one: Nomination) -> Nomination | None:
    """What counted when something was nominated, or until it was approved."""
    earlier = Nomination.objects.filter(office=one.office_id, number__lt=one.number)
    return earlier.filter(state__in=(State.APPROVED, State.REPLACED)).order_by("-number").first()


# --- what they have in common --------------------------------------------------------------------------------------


def allow(who: Member, actor: Actor) -> None:
    """NotAllowed for whoever neither speaks for the State nor is of the team."""
    if not who.may(NOMINATE):
        raise NotAllowed(f"This needs the permission {NOMINATE.value}.")
    if not (who.speaks_for(actor) or who.team):
        raise NotAllowed(f"You do not speak for {actor.name} here.")


def _to_decide(who: Member, nomination: Nomination) -> Nomination:
    if not who.may(APPROVE):
        raise NotAllowed(f"This needs the permission {APPROVE.value}.")
    waiting = _waiting(nomination)
    if waiting.nominated_by_id == who.person.pk:
        raise Refused("two_people", "You nominated this yourself: another person decides about it.")
    return waiting


def _waiting(nomination: Nomination) -> Nomination:
    """As it is now, held until the transaction ends."""
    known = Nomination.objects.select_related("office__actor").select_for_update(of=("self",))
    fresh = known.get(pk=nomination.pk)
    if fresh.state != State.WAITING:
        raise Conflict(f"Somebody was first: it is {State(fresh.state).label} already.")
    return fresh


def _decided(person: Person, one: Nomination, state: State) -> None:
    one.state, one.decided_by, one.decided_at = state, person, timezone.now()
    one.save(update_fields=["state", "decided_by", "decided_at", "reason"])


def words(text: str, remedy: str) -> str:
    """In one line; Refused for none, or too many."""
    text = " ".join(text.split())
    if not text or len(text) > MOST:
        raise Refused("why", remedy if not text else f"Write at most {MOST} characters.", field="why")
    return text


def _note(person: Person, one: Nomination, said: str) -> None:
    """The record names the office and which content it was, and nothing of it."""
    after = {"said": said, "office": one.office_id, "nomination": one.pk, "content": one.digest}
    decide(person, one.office.operation_id, DecisionKind.CONTACT, before={}, after=after)
