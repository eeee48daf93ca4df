"""Who reads from outside of the team: everybody, people with an account, partners and their keys."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

from django.test import Client

from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import ROLE_PERMISSIONS, Role
from rapport.operations.models import Operation
from tests.guards.seeded import World


@dataclass(frozen=True)
class Outsider:
    """A reader: how it asks, which permissions it holds here, and what it `is` to a protocol, or beside them: `named`
    for who is told by whom a protocol was signed."""

    name: str
    client: Client
    holds: frozenset[str] = frozenset()
    every: int = 7  # so many queries are passed over: what a stranger gets, who holds nothing gets too
    called: frozenset[str] = frozenset()

    def may(self, access: str) -> bool:
        return access in self.holds or ":" not in access or access.startswith("proof")

    def once(self) -> Client:
        """A client of the same reader whose cookies are its own: what it is told to forget, this reader keeps."""
        client = Client()
        client.defaults, client.cookies = dict(self.client.defaults), copy.deepcopy(self.client.cookies)
        return client


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def with_key(key: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {key}"})


def outsiders(world: World, someone: Callable[..., Person], protocol: str) -> list[Outsider]:
    """Everybody who is not of the team; a lead of another operation is one. Partners ask everything where they get what
    others do not."""
    other = Operation.objects.create(
        slug="other", kind="crisis", names={"en": "Other"}, time_zone="UTC", west=0, south=0, east=1, north=1
    )
    neighbour = Person.objects.create_user("nadia", password="a long enough password")
    Membership.objects.create(person=neighbour, operation=other, role=Role.LEAD)
    named, every = frozenset({"named"}), 1 if protocol == "partners" else 7
    admin = frozenset(ROLE_PERMISSIONS[Role.ADMIN])
    partner, owner = named | {"partners"}, named | {"owner"}
    return [
        Outsider("owner key", with_key(world.secrets["key of orga"]), called=owner),
        Outsider("anonymous", Client(), every=1),
        Outsider("outsider", signed_in(someone("odile")), called=named),
        Outsider("neighbour", signed_in(neighbour), called=named),
        Outsider("admin", signed_in(someone("ada", Role.ADMIN)), admin, called=named | {"admin"}),
        Outsider("system's key", with_key(world.secrets["key of a system"])),
        Outsider("partner", signed_in(Person.objects.get(username="petra")), every=every, called=partner),
        Outsider("partner key", with_key(world.secrets["key of who"]), every=every, called=partner),
    ]
