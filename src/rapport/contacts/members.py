"""For which States and organisations of a network somebody speaks, and who is of the network's own team: never both."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import F, QuerySet
from django.http import HttpRequest

from rapport.accounts import invitations
from rapport.accounts.models import Membership, Organisation, Person
from rapport.accounts.permissions import NETWORK_TEAM, Permission
from rapport.contacts.models import Representative
from rapport.errors import Refused
from rapport.operations.access import person
from rapport.operations.acting import acting_for
from rapport.operations.models import Operation
from rapport.registry.models import Actor
from rapport.sharing.readers import signed_in
from rapport.values import PUBLIC, Reader

#: What only the network's team does, and none of it who belongs to a party.
_TEAMS = frozenset({Permission.CONTACTS_NETWORK_LOAD, Permission.CONTACTS_OFFICE_APPROVE, Permission.CONTACTS_PING_RUN})


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody at work in a network: for one State or organisation at a time, or for the network's own team.

    actors   parties for which they speak now, as others have confirmed
    entered  parties as whose people they were entered, while they speak for none: they wait, or are of the team too
    """

    person: Person
    operation: Operation
    organisation: Organisation | None
    actors: tuple[Actor, ...]  # those of `organisation`
    reader: Reader
    entered: tuple[Actor, ...] = ()

    @property
    def team(self) -> bool:
        return self.reader.team

    def may(self, permission: Permission) -> bool:
        return self.person.may(permission, self.operation.pk) and (self.team or permission not in _TEAMS)

    def speaks_for(self, actor: Actor) -> bool:
        return any(one.pk == actor.pk for one in self.actors)


def apart(who: Member, other: Person) -> None:
    """Where two of the network's team decide together. Refused for two who may be one person."""
    if not invitations.apart(who.person, other, who.operation.pk):
        raise Refused(
            "apart",
            f"You and {other.shown_name} are both leads, and a lead lets in leads: nobody can tell whether you are two "
            "people. Let one with the role custodian decide, which only an admin gives.",
        )


def member(request: HttpRequest, operation: Operation) -> Member:
    """Who asks, behind `needs`: the person signed in, whatever key of a partner the request came with."""
    one, organisation, reads = person(request), acting_for(request, operation), signed_in(request, operation)
    works = bool(one.roles_in(operation.pk) & NETWORK_TEAM)
    parties = Actor.objects.filter(operation=operation, organisation__belongings__operation=operation,
                                   organisation__belongings__person=one).distinct().order_by("code")  # fmt: skip
    entered = tuple(parties if works else parties.filter(organisation=organisation))
    actors = () if works else actors_of(one, operation, organisation)
    if entered and not actors:
        return Member(one, operation, organisation, (), PUBLIC, entered)
    roles = reads.roles if works else frozenset[str]()
    return Member(one, operation, organisation, actors, replace(reads, team=works, roles=roles))


def actors_of(one: Person, operation: Operation, organisation: Organisation | None) -> tuple[Actor, ...]:
    """For whom a person speaks when they act for an organisation."""
    mine = speaking(operation.pk).filter(person=one, belonging__organisation=organisation)
    return tuple(Actor.objects.filter(pk__in=mine.values("actor")).order_by("code")) if organisation else ()


def speaking(operation_id: int) -> QuerySet[Representative]:
    """Who speaks for a party now: confirmed and not ended, entered still, with an open account, of no team."""
    team = Membership.objects.filter(operation=operation_id, role__in=NETWORK_TEAM).values("person")
    confirmed = Representative.objects.filter(actor__operation=operation_id, ended_at=None, person__is_active=True)
    there = confirmed.filter(belonging__operation=operation_id, belonging__organisation=F("actor__organisation"))
    return there.exclude(person__in=team)


def writes_here(actor: Actor) -> bool:
    """Whether somebody speaks for a party on this instance."""
    return speaking(actor.operation_id).filter(actor=actor).exists()
