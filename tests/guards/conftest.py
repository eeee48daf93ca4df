"""The seeded operation, for the guards of what leaves and of what can be found out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.operations.models import Operation
from tests.guards.seeded import World, seeded


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Role.CUSTODIAN)


@pytest.fixture
def world(operation: Operation, verifier: Person, lead: Person, custodian: Person) -> World:
    return seeded(operation, verifier, lead, custodian)
