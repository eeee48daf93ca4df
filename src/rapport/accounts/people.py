"""Accounts made and changed by whoever runs the machine (`rapport accounts`), and taking a role away."""

from __future__ import annotations

import secrets

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from rapport.accounts import invitations
from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import Role
from rapport.errors import Conflict, NotAllowed, RapportError

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
    person = Person.objects.filter(username=username).first()
    if person is None:
        raise RapportError(f"There is nobody named {username}: see rapport accounts list.")
    return person


def set_password(person: Person, given: str | None = None) -> str:
    """Sets the password given, else a new random one; returns it. RapportError says what is wrong with it."""
    secret = given if given is not None else random_password()
    try:
        validate_password(secret, person)
    except ValidationError as error:
        raise RapportError(" ".join(error.messages)) from error
    person.set_password(secret)  # ends the person's sessions: they hold a hash of the old one
    person.save(update_fields=["password"])
    return secret


def give(person: Person, operation_id: int, role: Role) -> bool:
    """Whether the role is new."""
    return Membership.objects.get_or_create(person=person, operation_id=operation_id, role=role)[1]


def take(person: Person, operation_id: int, role: Role) -> bool:
    """Whether there was one to take."""
    return bool(Membership.objects.filter(person=person, operation_id=operation_id, role=role).delete()[0])


def dismiss(by: Person, membership: Membership) -> None:
    """Take a role away. NotAllowed unless `by` may give it; nobody takes the last admin's role, or the operation would
    be without one."""
    role = Role(membership.role)
    if role not in invitations.roles_to_give(by, membership.operation_id):
        raise NotAllowed("You may not take this role away: it carries more than yours does.")
    others = Membership.objects.filter(operation_id=membership.operation_id, role=role).exclude(pk=membership.pk)
    if role is Role.ADMIN and not others.exists():
        raise Conflict("This is the operation's only admin: make another one first.")
    membership.delete()
