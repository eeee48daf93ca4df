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
from rapport.errors import Refused
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
    roles: Sequence[Role]  # that the network agreed on

    def office_of(self, role: str) -> Listed | None:
        return self.offices.get(role)

    @property
    def cells(self) -> Sequence[tuple[str, Listed | None]]:
        """One for each role that was agreed, then offices of other roles that are there."""
        more = [one for one in self.offices if one not in self.roles]
        return [(role, self.offices.get(role)) for role in [*map(str, self.roles), *more]]


def lines(who: Member) -> list[Line]:
    """Every member with what this reader gets of it, by name. Those without an office are listed too: that nobody is
    there is good to know beforehand."""
    actors = {one.pk: one for one in Actor.objects.filter(operation=who.operation).order_by("name", "pk")}
    offices: dict[int, dict[str, Listed]] = {}
    for one in listed(who):
        offices.setdefault(one.office.actor_id, {})[one.office.role] = one
    roles = network_of(who.operation.pk).roles
    return [Line(actor, offices.get(pk, {}), roles) for pk, actor in actors.items()]


@dataclass(frozen=True, slots=True)
class Column:
    """Offices of one role. `agreed`: whether the network did so; without it no more are nominated."""

    role: str
    agreed: bool


def columns(every: Sequence[Line]) -> list[Column]:
    """One for each role that was agreed, or of which an office is there still."""
    roles = every[0].roles if every else tuple(Role)
    there = {role for line in every for role in line.offices}
    more = [role.value for role in Role if role not in roles and role.value in there]
    return [*(Column(one.value, True) for one in roles), *(Column(one, False) for one in more)]


@dataclass(frozen=True, slots=True)
class Aging:
    """An office of one's own whose record grows old, `days` after it was last confirmed."""

    office: Office
    state: upkeep.State
    days: int
    suspend: int  # the day from which nobody is pointed to it


_OLD = frozenset({upkeep.State.REMIND, upkeep.State.STALE, upkeep.State.SUSPENDED, upkeep.State.LAPSED})


def aging(who: Member) -> list[Aging]:
    """What somebody on duty is told of their own offices."""
    agreed, now = network_of(who.operation.pk).upkeep, timezone.now()
    own = Office.objects.filter(actor__in=[one.pk for one in who.actors], closed_at=None).exclude(verified_at=None)
    found = [(one, state_of(one, agreed, now)) for one in own.select_related("actor").order_by("actor__code", "role")]
    return [
        Aging(one, state, (now - (one.verified_at or one.made_at)).days, agreed.suspend)
        for one, state in found
        if state in _OLD
    ]


def barred(who: Member) -> str:
    """The kind of this reader's organisation, where there are offices of others and the protocol, which goes by kinds,
    may give it none of them; "" otherwise."""
    if who.reader.team or who.organisation is None:
        return ""
    there = Nomination.objects.filter(office__operation=who.operation, state=State.APPROVED, closes=False)
    others = there.exclude(office__actor__in=[one.pk for one in who.actors])
    return who.organisation.kind if others.exists() else ""


def listed(who: Member, party: Actor | None = None) -> list[Listed]:
    """Every office that this reader gets; with `party` of this one alone."""
    current = Nomination.objects.filter(office__operation=who.operation, state=State.APPROVED, closes=False)
    current = current.filter(office__actor=party) if party else current
    known = list(current.select_related("office__actor__organisation"))
    agreed, now = network_of(who.operation.pk).upkeep, timezone.now()
    items = [
        item_of(who.operation, one.office, one, Listed(one.office, state_of(one.office, agreed, now))) for one in known
    ]
    return [one.row for one in released_contacts(who, items, Purpose.VIEW)]


def allow_begin(who: Member, office: Office) -> None:
    """Refused for a case with an office that this reader does not get, as when their agreement has ended: what is there
    is answered and closed still, nothing is begun."""
    if any(one.office.pk == office.pk for one in listed(who, office.actor)):
        return
    ended = "" if who.reader.agreed else "Your agreement with the network is not in force. "
    raise Refused(
        "to",
        f"{ended}This office is not given to you, so you cannot begin a case with it. In the cases that are there you "
        "can reply, correct, withdraw and close.",
        field="to",
    )


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
