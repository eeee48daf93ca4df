"""The directory for one reader: an office is an Item, and the protocol says who gets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from django.utils import timezone

from rapport.contacts.members import Member
from rapport.contacts.models import Nomination, Office
from rapport.operations.models import Operation
from rapport.registry.releases import facts, released
from rapport.sharing.active import policy_of
from rapport.sharing.items import RowItem
from rapport.sharing.release import release_rows
from rapport.values import Marking, Purpose, RowRelease, Sensitivity

T = TypeVar("T")
#: What its kind is called in protocols.
CONTACT = "contact"


def item_of(operation: Operation, office: Office, current: Nomination, row: T) -> RowItem[T]:
    """An office as it was approved, or a part of what is known of it. It names people, who know it."""
    at = current.decided_at or current.nominated_at
    organisation = office.actor.organisation.slug if office.actor.organisation else office.actor.code
    known = replace(
        facts(operation, CONTACT, at, sensitivity=Sensitivity.HIGH, organisation=organisation),
        names="yes", personal_data="yes",
    )  # fmt: skip
    return RowItem(type(row).__name__.lower(), office.code, office.pk, known, row, at)


def released_contacts(who: Member, items: Sequence[RowItem[T]], purpose: Purpose) -> list[RowRelease[T]]:
    """What this reader gets of them, each whole. Into a copy that leaves goes nothing that is for its readers' eyes
    alone (TLP:RED)."""
    if purpose is Purpose.EXPORT:
        left = release_rows(policy_of(who.operation.pk), items, who.reader, purpose, timezone.now())
        items = [item for item, one in left if one.marking is not Marking.RED]
    return released(who.operation, who.reader, purpose, CONTACT, items)
