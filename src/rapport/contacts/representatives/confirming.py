"""Somebody was entered as one of a party's people: whether they speak for it says somebody who does already; as long as
nobody does, another person of the network's team than the one who entered them. Nobody says it of themselves.

All raise NotAllowed, Refused (what was given cannot be) or Conflict (somebody was first). `who` None is whoever runs
the machine.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Belonging, Membership, Person
from rapport.accounts.operator import operator
from rapport.accounts.permissions import NETWORK_TEAM, Permission
from rapport.contacts.members import Member, apart, speaking
from rapport.contacts.models import Representative
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.registry.models import Actor

#: For how long somebody is new [ours: within two weeks each of a roster has been on duty, and has seen them].
NEW = timedelta(days=14)
SEND, APPROVE = Permission.CONTACTS_MESSAGE_SEND, Permission.CONTACTS_OFFICE_APPROVE


@transaction.atomic
def confirm(who: Member | None, belonging: Belonging, actor: Actor) -> Representative:
    """They speak for the party from the next request on; also again, after somebody had ended it."""
    fresh = _held(belonging, actor)
    _allow(who, fresh, actor)
    works = Membership.objects.filter(person=fresh.person, operation=actor.operation_id, role__in=NETWORK_TEAM)
    if works.exists():
        raise Refused("team", f"{fresh.person.username} is of the network's team: nobody of it speaks for a member.")
    by = who.person if who else operator()
    made = _said(fresh, actor, confirmed_by=by, confirmed_at=timezone.now())
    _note(by, made, f"confirmed who speaks for {actor.code}")
    return made


@transaction.atomic
def refuse(who: Member, belonging: Belonging, actor: Actor) -> Representative:
    """Who may confirm does not know them: they are asked about no more."""
    fresh = _held(belonging, actor)
    _allow(who, fresh, actor)
    made = _said(fresh, actor, ended_by=who.person, ended_at=timezone.now())
    _note(who.person, made, f"said who does not speak for {actor.code}")
    return made


@transaction.atomic
def end(who: Member, one: Representative) -> None:
    """Somebody of the same party says that they speak for it no more, from the next request on."""
    if not (who.may(SEND) and who.speaks_for(one.actor)):
        raise NotAllowed(f"Only who speaks for {one.actor.name} ends it for another.")
    if one.person_id == who.person.pk:
        raise Refused("two_people", "Another person of your side ends it for you, or the network's team takes you out.")
    _not_too_new(who, one)
    ended = Representative.objects.filter(pk=one.pk, ended_at=None)
    if not ended.update(ended_at=timezone.now(), ended_by=who.person):
        raise Conflict("Somebody has ended it already.")
    _note(who.person, one, f"ended who speaks for {one.actor.code}")


def _not_too_new(who: Member, one: Representative) -> None:
    """Whoever came lately takes nobody out who was there before: else one newcomer has the party for themselves."""
    own = speaking(who.operation.pk).filter(actor=one.actor, person=who.person).first()
    if own is None or own.confirmed_at is None or one.confirmed_at is None:
        return
    if one.confirmed_at < own.confirmed_at > timezone.now() - NEW:
        raise Refused(
            "new",
            f"You speak for {one.actor.name} for less than {NEW.days} days, and they did before you: another one of"
            " your side ends it, or the network's team takes them out.",
        )


def _held(belonging: Belonging, actor: Actor) -> Belonging:
    """As it is now; two who confirm in one moment do so one after the other."""
    Actor.objects.select_for_update().get(pk=actor.pk)
    known = Belonging.objects.select_related("person", "entered_by").filter(
        pk=belonging.pk, operation=actor.operation_id, organisation=actor.organisation_id, person__is_active=True
    )
    fresh = known.first()
    if fresh is None:
        raise Conflict(f"They were taken out of the people of {actor.name} meanwhile.")
    if Representative.objects.filter(belonging=fresh, actor=actor, ended_at=None).exists():
        raise Conflict(f"{fresh.person.shown_name} speaks for {actor.name} already.")
    return fresh


def _allow(who: Member | None, belonging: Belonging, actor: Actor) -> None:
    if who is None:
        return
    if belonging.person_id == who.person.pk:
        raise Refused("two_people", "Nobody says so of themselves.")
    if who.may(SEND) and who.speaks_for(actor):
        return
    if not who.may(APPROVE):
        raise NotAllowed(f"You do not speak for {actor.name} here.")
    if speaking(actor.operation_id).filter(actor=actor).exists():
        raise Refused(
            "party", f"People speak for {actor.name} already: one of them says whether they know this person."
        )
    if belonging.entered_by is None:
        raise Refused(
            "entered", "Who entered them was not noted: take them out of the organisation and enter them anew."
        )
    if belonging.entered_by_id == who.person.pk:
        raise Refused("two_people", "You entered this person yourself: another one of the team confirms.")
    apart(who, belonging.entered_by)


def _said(belonging: Belonging, actor: Actor, **became: Person | datetime) -> Representative:
    return Representative.objects.create(
        actor=actor, person=belonging.person, belonging=belonging, entered_by=belonging.entered_by,
        entered_at=belonging.created_at, **became,
    )  # fmt: skip


def _note(by: Person, one: Representative, said: str) -> None:
    after = {"said": said, "representative": one.pk, "person": one.person_id}
    decide(by, one.actor.operation_id, DecisionKind.CONTACT, before={}, after=after)


# --- who asks, and who speaks --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody was entered as one of a party's people, and nobody has said whether they speak for it."""

    belonging: Belonging
    actor: Actor
    mine: bool  # whether the one who looks can say it


@dataclass(frozen=True, slots=True)
class Before:
    """Somebody who speaks for a party no more, or never did. `again`: whether who looks can say that they do."""

    said: Representative
    again: bool


@dataclass(frozen=True, slots=True)
class Party:
    """A party with all of whom something was said, the last first."""

    actor: Actor
    now: list[Representative] = field(default_factory=list)
    asking: list[Asking] = field(default_factory=list)
    before: list[Before] = field(default_factory=list)


def asking(who: Member) -> list[Asking]:
    """Newcomers of one's own party; for the network's team, of all parties."""
    by_organisation: dict[int | None, list[Actor]] = {}
    for actor in _actors(who):
        by_organisation.setdefault(actor.organisation_id, []).append(actor)
    team = Membership.objects.filter(operation=who.operation, role__in=NETWORK_TEAM).values("person")
    entered = Belonging.objects.filter(operation=who.operation, organisation__in=by_organisation)
    entered = entered.filter(person__is_active=True).exclude(person__in=team)  # of the team nobody speaks for a party
    said = set(Representative.objects.filter(belonging__in=entered).values_list("belonging", "actor"))
    spoken = _spoken(who)
    return [
        Asking(one, actor, _mine(who, one, actor, spoken))
        for one in entered.select_related("person", "entered_by").order_by("created_at", "pk")
        for actor in by_organisation[one.organisation_id]
        if (one.pk, actor.pk) not in said
    ]


def parties(who: Member) -> list[Party]:
    """One's own; for the network's team all."""
    found = {one.pk: Party(one) for one in _actors(who)}
    for new in asking(who):
        found[new.actor.pk].asking.append(new)
    spoken = _spoken(who)
    now, met = set(speaking(who.operation.pk).values_list("pk", flat=True)), set[tuple[int, int]]()
    said = Representative.objects.filter(actor__in=found).select_related(
        "person", "entered_by", "confirmed_by", "ended_by", "belonging", "actor"
    )
    for one in said.order_by("-pk"):
        last, party = (one.person_id, one.actor_id) not in met, found[one.actor_id]
        met.add((one.person_id, one.actor_id))
        if one.pk in now:
            party.now.append(one)
        else:
            again = last and one.belonging is not None and _mine(who, one.belonging, one.actor, spoken)
            party.before.append(Before(one, again))
    return list(found.values())


def _actors(who: Member) -> Sequence[Actor]:
    if not who.team:
        return who.actors
    return list(Actor.objects.filter(operation=who.operation).exclude(organisation=None).order_by("name", "pk"))


def _spoken(who: Member) -> set[int]:
    """Parties for which somebody speaks."""
    return set(speaking(who.operation.pk).values_list("actor", flat=True))


def _mine(who: Member, belonging: Belonging, actor: Actor, spoken: Collection[int]) -> bool:
    """Whether `_allow` lets them say it."""
    if who.speaks_for(actor):
        return True
    return actor.pk not in spoken and belonging.entered_by_id not in {None, who.person.pk}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why somebody who was entered does not speak for a party. `spoken`: whether others do; `ended`: what was said of
    them last, if it was that they do not."""

    actor: Actor
    belonging: Belonging
    spoken: bool
    ended: Representative | None


def waiting(who: Member) -> list[Waiting]:
    """For whoever waits, as themselves."""
    mine = Belonging.objects.filter(person=who.person, operation=who.operation).select_related("entered_by")
    by_organisation = {one.organisation_id: one for one in mine}
    return [
        Waiting(
            actor,
            by_organisation[actor.organisation_id],
            speaking(who.operation.pk).filter(actor=actor).exists(),
            Representative.objects.filter(
                belonging=by_organisation[actor.organisation_id], actor=actor, ended_at__isnull=False
            ).order_by("-ended_at").first(),
        )
        for actor in who.entered
        if actor.organisation_id in by_organisation
    ]  # fmt: skip
