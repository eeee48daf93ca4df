"""For which States and organisations of a network somebody speaks."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from rapport.accounts.models import Belonging, Organisation, Person
from rapport.accounts.permissions import Permission
from rapport.operations.access import person
from rapport.operations.acting import acting_for
from rapport.operations.models import Operation
from rapport.registry.models import Actor
from rapport.sharing.readers import reader
from rapport.values import Reader


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody at work in a network: for one State or organisation at a time, for the network's own team, or both."""

    person: Person
    operation: Operation
    organisation: Organisation | None
    actors: tuple[Actor, ...]  # those of `organisation`
    reader: Reader

    def may(self, permission: Permission) -> bool:
        return self.person.may(permission, self.operation.pk)

    def speaks_for(self, actor: Actor) -> bool:
        return any(one.pk == actor.pk for one in self.actors)


def member(request: HttpRequest, operation: Operation) -> Member:
    """Who asks, behind `needs`."""
    organisation = acting_for(request, operation)
    return Member(
        person(request), operation, organisation, actors_of(operation, organisation), reader(request, operation)
    )


def writes_here(actor: Actor) -> bool:
    """Whether people of a party sign in to this instance."""
    belong = Belonging.objects.filter(operation=actor.operation_id, organisation=actor.organisation_id)
    return actor.organisation_id is not None and belong.exists()


def actors_of(operation: Operation, organisation: Organisation | None) -> tuple[Actor, ...]:
    """For whom whoever belongs to an organisation speaks."""
    if organisation is None:
        return ()
    return tuple(Actor.objects.filter(operation=operation, organisation=organisation).order_by("code"))
