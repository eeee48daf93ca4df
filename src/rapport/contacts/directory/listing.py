"""Which offices there are, for one reader: whose, of which role, and whether the record still counts. Nothing of how
they are reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from rapport.accounts.permissions import Permission
from rapport.contacts import upkeep
from rapport.contacts.agreed import network_of
from rapport.contacts.members import Member
from rapport.contacts.model import Role, Upkeep
from rapport.contacts.models import Nomination, Office, State
from rapport.contacts.releases import item_of, released_contacts
from rapport.registry.models import Actor
from rapport.values import Purpose


@dataclass(frozen=True, slots=True)
class Listed:
    """That there is an office, and how far its record counts."""

    office: Office
    state: upkeep.State


@dataclass(frozen=True, slots=True)
class Line:
    """A State or organisation with its offices."""

    actor: Actor
    offices: Mapping[str, Listed]  # by role

    def office_of(self, role: str) -> Listed | None:
        return self.offices.get(role)

    @property
    def cells(self) -> Sequence[tuple[str, Listed | None]]:
        """One for each role there is."""
        return [(role.value, self.offices.get(role.value)) for role in Role]


def lines(who: Member) -> list[Line]:
    """Every member with what this reader gets of it, by name. Those without an office are listed too: that nobody is
    there is good to know beforehand."""
    actors = {one.pk: one for one in Actor.objects.filter(operation=who.operation).order_by("name", "pk")}
    offices: dict[int, dict[str, Listed]] = {}
    for one in listed(who):
        offices.setdefault(one.office.actor_id, {})[one.office.role] = one
    return [Line(actor, offices.get(pk, {})) for pk, actor in actors.items()]


def barred(who: Member) -> str:
    """The kind of this reader's organisation, where there are offices of others and the protocol, which goes by kinds,
    may give it none of them; "" otherwise."""
    if who.reader.team or who.organisation is None:
        return ""
    there = Nomination.objects.filter(office__operation=who.operation, state=State.APPROVED, closes=False)
    others = there.exclude(office__actor__in=[one.pk for one in who.actors])
    return who.organisation.kind if others.exists() else ""


def listed(who: Member) -> list[Listed]:
    current = Nomination.objects.filter(office__operation=who.operation, state=State.APPROVED, closes=False)
    known = list(current.select_related("office__actor__organisation"))
    agreed, now = network_of(who.operation.pk).upkeep, timezone.now()
    items = [
        item_of(who.operation, one.office, one, Listed(one.office, state_of(one.office, agreed, now))) for one in known
    ]
    return [one.row for one in released_contacts(who, items, Purpose.VIEW)]


def state_of(office: Office, agreed: Upkeep, now: datetime) -> upkeep.State:
    """How far an approved record counts."""
    verified = office.verified_at or office.made_at
    return upkeep.state(upkeep.Record(verified, agreed, office.valid_from, office.valid_until), now)


def waiting_for(who: Member) -> int:
    """How many nominations this person can decide about."""
    if not who.may(Permission.CONTACTS_OFFICE_APPROVE):
        return 0
    there = Nomination.objects.filter(office__operation=who.operation, state=State.WAITING)
    return there.exclude(nominated_by=who.person).count()
