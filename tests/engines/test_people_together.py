"""Roles given and taken by two people at the same moment, on whichever database the tests run on."""

from __future__ import annotations

import pytest

from rapport.accounts import people
from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import Role
from rapport.errors import Conflict, NotAllowed
from rapport.operations.models import Operation
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_admins_who_dismiss_each_other_are_not_both_gone(operation: Operation) -> None:
    for number in range(10):
        one, other = (Person.objects.create_user(f"{name}{number}") for name in ("ada", "abe"))
        for admin in (one, other):
            Membership.objects.create(person=admin, operation=operation, role=Role.ADMIN)
        faults = at_once(
            lambda one=one, other=other: people.dismiss(one, other.memberships.get()),
            lambda one=one, other=other: people.dismiss(other, one.memberships.get()),
        )
        left = Membership.objects.filter(role=Role.ADMIN)
        assert left.count() == 1
        assert all(isinstance(fault, Conflict | NotAllowed | Membership.DoesNotExist) for fault in faults)
        left.delete()
