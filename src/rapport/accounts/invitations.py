"""Letting new people in: a link that works once, for a week, and carries one role in one operation, or makes somebody
one of a partner's people there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from rapport.accounts.models import Belonging, Invitation, Membership, Organisation, Person
from rapport.accounts.permissions import NETWORK_TEAM, Permission, Role
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.oversight import keys
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide

LASTS = timedelta(days=7)

#: Who may give which role: never one that carries more than one's own. A custodian guards the lead's decisions too, so
#: only an admin makes one.
MAY_GIVE: Mapping[Role, frozenset[Role]] = {
    Role.LEAD: frozenset({Role.VOLUNTEER, Role.TRANSLATOR, Role.VERIFIER, Role.LEAD, Role.DUTY}),
    Role.ADMIN: frozenset(Role),
}


def apart(one: Person, other: Person, operation_id: int) -> bool:
    """Whether two of a network's team are two people for certain. A lead lets in leads, and may be the other one too;
    so one of the two has to hold a role that no lead gives."""
    held = one.roles_in(operation_id) | other.roles_in(operation_id)
    return one.pk != other.pk and bool(held - MAY_GIVE[Role.LEAD])


def roles_to_give(person: Person, operation_id: int) -> list[Role]:
    """The roles this person may invite into, in the order in which they are declared."""
    if not person.may(Permission.ACCOUNTS_PERSON_INVITE, operation_id):
        return []
    given = frozenset[Role]().union(*(MAY_GIVE.get(role, frozenset()) for role in person.roles_in(operation_id)))
    return [role for role in Role if role in given]


@transaction.atomic
def invite(by: Person, operation_id: int, role: Role, note: str = "") -> tuple[str, Invitation]:
    """A new invitation, and the token of its link: shown once, only its hash is kept. NotAllowed if `by` may not."""
    if role not in roles_to_give(by, operation_id):
        raise NotAllowed(f"You may not invite into the role {role}: it carries more than yours does.")
    token, invitation = _made(by, operation_id, role, None, note)
    said = {"invitation": invitation.pk, "role": role.value}
    decide(by, operation_id, DecisionKind.INVITE, before={}, after=said, reason=f"Role: {role.value}")
    return token, invitation


@transaction.atomic
def invite_partner(by: Person, operation_id: int, organisation: Organisation, note: str = "") -> tuple[str, Invitation]:
    """The same for somebody who is to read as one of an organisation, and holds no role. NotAllowed if `by` may not."""
    _allow_partners(by, operation_id)
    token, invitation = _made(by, operation_id, None, organisation, note)
    said = {"invitation": invitation.pk, "organisation": organisation.pk}
    decide(by, operation_id, DecisionKind.INVITE, before={}, after=said, reason=f"Organisation: {organisation.name}")
    return token, invitation


def _made(
    by: Person, operation_id: int, role: Role | None, organisation: Organisation | None, note: str
) -> tuple[str, Invitation]:
    token = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        operation_id=operation_id,
        role=role or "",
        organisation=organisation,
        note=note,
        invited_by=by,
        token_hash=keys.token_hash(token),
        expires_at=timezone.now() + LASTS,
    )
    return token, invitation


def _allow_partners(by: Person, operation_id: int) -> None:
    if not by.may(Permission.SHARING_AGREEMENT_SIGN, operation_id):
        raise NotAllowed("Only a lead or a custodian says who belongs to an organisation.")


def find(token_hash: str) -> Invitation:
    """The invitation that can still be used; Conflict says why it cannot."""
    known = Invitation.objects.select_related("operation", "organisation", "invited_by")
    found = known.filter(token_hash=token_hash).first()
    if found is None:
        raise Conflict("There is no such invitation. Check that the whole link was copied.")
    if found.accepted_at is not None:
        raise Conflict("This invitation has been used. Each link lets in one person: ask for another one.")
    if found.expires_at <= timezone.now():
        raise Conflict("This invitation has ended. Ask for another one.")
    return found


@transaction.atomic
def accept(token_hash: str, person: Person) -> Invitation:
    """The person gets the role, or belongs to the organisation, and the link is spent; Conflict if it was already, or
    has ended."""
    invitation = find(token_hash)
    # The condition decides between two people who open the same link in the same moment.
    taken = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, expires_at__gt=timezone.now()).update(
        accepted_by=person, accepted_at=timezone.now()
    )
    if not taken:
        raise Conflict("Somebody else has just used this invitation. Ask for another one.")
    # Decided by who invited; the person only took it.
    if invitation.organisation is not None:
        join(invitation.invited_by, person, invitation.organisation, invitation.operation_id, ", by an invitation")
        return invitation
    membership, new = hold(person, invitation.operation_id, Role(invitation.role))
    if new:
        granted(invitation.invited_by, membership, f"{person.username}: {invitation.role}, by an invitation")
    return invitation


def hold(person: Person, operation_id: int, role: Role) -> tuple[Membership, bool]:
    """The person has the role from now on; whether that is new. Who may say so is asked before, and the record is
    written after. Refused for a role of a network's team to whoever belongs to one of its members."""
    Person.objects.select_for_update().get(pk=person.pk)  # nobody makes them the one and the other in one moment
    here = Belonging.objects.filter(person=person, operation_id=operation_id, operation__kind="network")
    if role in NETWORK_TEAM and (of := here.select_related("organisation").first()):
        raise Refused(
            "role",
            f"{person.username} belongs to {of.organisation.name} in this network: nobody who speaks for a member is "
            f"of the network's team ({role.value}). Take them out of the organisation first.",
            field="role",
        )
    return Membership.objects.get_or_create(person=person, operation_id=operation_id, role=role)


def granted(by: Person, membership: Membership, reason: str) -> None:
    """The line in the record that somebody has a role now."""
    said = {"person": membership.person_id, "role": str(membership.role)}
    decide(by, membership.operation_id, DecisionKind.GRANT, before={}, after=said, reason=reason)


def join(by: Person, person: Person, organisation: Organisation, operation_id: int, how: str = "") -> bool:
    """The person belongs to the organisation here, with the line in the record; whether that is new. Who may say so is
    asked before. Refused for whoever is of a network's team there."""
    Person.objects.select_for_update().get(pk=person.pk)
    held = Membership.objects.filter(person=person, operation_id=operation_id, role__in=NETWORK_TEAM)
    if (works := held.filter(operation__kind="network").first()) is not None:
        raise Refused(
            "person",
            f"{person.username} is of this network's team ({works.role}): nobody of the team speaks for one of its "
            "members. Take that role away first.",
            field="username",
        )
    _, new = Belonging.objects.get_or_create(
        person=person, organisation=organisation, operation_id=operation_id, defaults={"entered_by": by}
    )
    if new:
        said = {"person": person.pk, "organisation": organisation.pk}
        reason = f"{person.username} belongs to {organisation.name}{how}"
        decide(by, operation_id, DecisionKind.ORGANISATION, before={}, after=said, reason=reason)
    return new


@transaction.atomic
def revoke(by: Person, invitation: Invitation) -> None:
    """End an invitation before its time. NotAllowed unless `by` may invite so; Conflict if it was used."""
    if invitation.organisation is not None:
        _allow_partners(by, invitation.operation_id)
    elif Role(invitation.role) not in roles_to_give(by, invitation.operation_id):
        raise NotAllowed("You may not revoke this invitation: its role carries more than yours does.")
    now = timezone.now()
    if not Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(expires_at=now):
        raise Conflict("This invitation has been used: take the role away, or end that they belong here, instead.")
    into = f"Organisation: {invitation.organisation.name}" if invitation.organisation else f"Role: {invitation.role}"
    said = {"invitation": invitation.pk, "role": str(invitation.role), "organisation": invitation.organisation_id}
    decide(by, invitation.operation_id, DecisionKind.UNINVITE, before=said, after={}, reason=into)
