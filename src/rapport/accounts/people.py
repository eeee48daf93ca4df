"""Accounts made and changed by whoever runs the machine (`rapport accounts`), and taking a role away."""

from __future__ import annotations

import secrets

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from rapport.accounts import invitations, second_factor, sessions
from rapport.accounts.models import Membership, Person
from rapport.accounts.operator import NAME as OPERATOR
from rapport.accounts.operator import operator
from rapport.accounts.permissions import Role
from rapport.errors import Conflict, NotAllowed, RapportError
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide

# Without letters and digits that look alike: passwords are read aloud and copied by hand.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def random_password() -> str:
    """20 letters in four groups, 99 random bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


def add(username: str, name: str = "") -> tuple[Person, str]:
    """A new account and its random password, which is kept nowhere; Conflict if the name is taken."""
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as error:
        raise RapportError(f"{username!r} is no user name: letters, digits and @.+-_ only.") from error
    secret = random_password()
    try:
        with transaction.atomic():
            return Person.objects.create_user(username, password=secret, first_name=name), secret
    except IntegrityError as error:
        raise Conflict(f"There is a person named {username} already: choose another user name.") from error


def find(username: str) -> Person:
    """RapportError for a name that nobody has."""
    person = Person.objects.filter(username=username).exclude(username=OPERATOR).first()
    if person is None:
        raise RapportError(f"There is nobody named {username}: see rapport accounts list.")
    return person


@transaction.atomic
def set_password(person: Person, given: str | None = None) -> str:
    """Sets the password given, else a new random one; returns it. RapportError says what is wrong with it."""
    secret = given if given is not None else random_password()
    try:
        validate_password(secret, person)
    except ValidationError as error:
        raise RapportError(" ".join(error.messages)) from error
    person.set_password(secret)  # ends the person's sessions: they hold a hash of the old one
    person.save(update_fields=["password"])
    _note(person, "new password")
    return secret


@transaction.atomic
def set_active(person: Person, active: bool) -> None:
    """Closes an account, or opens it again. A closed one is signed in nowhere."""
    person.is_active = active
    person.save(update_fields=["is_active"])
    if not active:
        sessions.end(person)
    _note(person, "opened again" if active else "closed")


@transaction.atomic
def end_sessions(person: Person) -> int:
    """Signs a person out everywhere; of how many sessions."""
    count = sessions.end(person)
    _note(person, "signed out everywhere")
    return count


@transaction.atomic
def reset_second_factor(person: Person) -> None:
    """For who has lost the phone and the recovery codes: every factor is forgotten, every session ends, and where the
    role needs it the next sign-in leads to a new one. Conflict if there is none to forget."""
    if not second_factor.remove_all(person):
        raise Conflict(f"{person.username} has no second factor: there is nothing to reset.")
    sessions.end(person)
    _note(person, "second factor reset")


def _note(person: Person, what: str) -> None:
    """A line in the record of every operation the person works in."""
    for operation_id in person.memberships.values_list("operation_id", flat=True).distinct():
        said = {"person": person.pk, "what": what}
        reason = f"{person.username}: {what}"
        decide(operator(), operation_id, DecisionKind.ACCOUNT, before={}, after=said, reason=reason)


@transaction.atomic
def give(person: Person, operation_id: int, role: Role) -> bool:
    """By whoever runs the machine; whether the role is new. Refused as for an invitation (invitations.hold)."""
    membership, new = invitations.hold(person, operation_id, role)
    if new:
        invitations.granted(operator(), membership, f"{person.username}: {role.value}")
    return new


def take(person: Person, operation_id: int, role: Role, *, even_the_last: bool = False) -> bool:
    """By whoever runs the machine; whether there was one to take. Conflict for the operation's only admin, unless that
    is meant."""
    membership = Membership.objects.filter(person=person, operation_id=operation_id, role=role).first()
    if membership is None:
        return False
    _take(operator(), membership, even_the_last=even_the_last)
    return True


def dismiss(by: Person, membership: Membership) -> None:
    """Take a role away. NotAllowed unless `by` may give it; nobody takes the last admin's role, or the operation would
    be without one."""
    if Role(membership.role) not in invitations.roles_to_give(by, membership.operation_id):
        raise NotAllowed("You may not take this role away: it carries more than yours does.")
    _take(by, membership)


@transaction.atomic
def _take(by: Person, membership: Membership, *, even_the_last: bool = False) -> None:
    if membership.role == Role.ADMIN and not even_the_last:
        _keep_an_admin(membership)
    said = {"person": membership.person_id, "role": str(membership.role)}
    reason = f"{membership.person.username}: {membership.role}"
    decide(by, membership.operation_id, DecisionKind.DISMISS, before=said, after={}, reason=reason)
    membership.delete()


def _keep_an_admin(membership: Membership) -> None:
    admins = Membership.objects.filter(operation_id=membership.operation_id, role=Role.ADMIN, person__is_active=True)
    # Held, all in one order: two admins who dismiss each other in the same moment are not both gone.
    held = admins.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
    if not set(held) - {membership.pk}:
        raise Conflict("This is the operation's only admin: make another one first.")
