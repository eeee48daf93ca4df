"""The organisations that partners are, and who belongs to them where. `by` None is whoever runs the machine.

An organisation is the same in every operation; who belongs to it is said in each anew, and so is what it may read.
"""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction

from rapport.accounts import invitations
from rapport.accounts.models import Belonging, Organisation, Person
from rapport.accounts.operator import NAME as OPERATOR
from rapport.accounts.operator import operator
from rapport.errors import Conflict, RapportError, Refused
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.sharing.agreements import allow
from rapport.sharing.models import Agreement

_WORD = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")


def find(slug: str) -> Organisation:
    """RapportError for a short name that none has."""
    found = Organisation.objects.filter(slug=slug).first()
    if found is None:
        raise RapportError(f"There is no organisation {slug}: see rapport accounts organisation list.")
    return found


def words(text: str) -> list[str]:
    """Words with commas or blanks between them, as a form or a command has them."""
    return list(dict.fromkeys(text.replace(",", " ").split()))


@transaction.atomic
def add(
    by: Person | None, operation_id: int | None, slug: str, name: str, kind: str, sectors: list[str]
) -> Organisation:
    """A new organisation; from the desk of an operation it stands in the record there. Refused for words that no
    protocol could name it by; Conflict for a short name that is taken."""
    if by is not None and operation_id is not None:
        allow(by, operation_id)
    _check(slug, name, kind, sectors)
    try:
        with transaction.atomic():
            made = Organisation.objects.create(slug=slug, name=name.strip(), kind=kind, sectors=sectors)
    except IntegrityError as error:
        raise Conflict(f"There is an organisation {slug} already.") from error
    if operation_id is not None:
        decide(
            by or operator(), operation_id, DecisionKind.ORGANISATION, before={}, after=_said(made),
            reason=f"{made.name} added",
        )  # fmt: skip
    return made


@transaction.atomic
def change(organisation: Organisation, name: str, kind: str, sectors: list[str]) -> None:
    """By whoever runs the machine: it holds in every operation, so it stands in the record of each where the
    organisation has, or had, an agreement."""
    _check(organisation.slug, name, kind, sectors)
    before = _said(organisation)
    organisation.name, organisation.kind, organisation.sectors = name.strip(), kind, sectors
    organisation.save(update_fields=["name", "kind", "sectors"])
    touched = Agreement.objects.filter(receiver=organisation).order_by().values_list("operation_id", flat=True)
    for operation_id in touched.distinct():
        decide(
            operator(), operation_id, DecisionKind.ORGANISATION, before=before, after=_said(organisation),
            reason=f"{organisation.name} changed",
        )  # fmt: skip


@transaction.atomic
def join(by: Person | None, operation_id: int, organisation: Organisation, username: str) -> bool:
    """Somebody who has an account belongs to the organisation in this operation; whether that is new. Refused for a
    name that nobody has."""
    if by is not None:
        allow(by, operation_id)
    person = Person.objects.filter(username=username).exclude(username=OPERATOR).first()
    if person is None:
        remedy = f"Nobody is called {username}: ask for the user name, or make an invitation."
        raise Refused("username", remedy, field="username")
    return invitations.join(by or operator(), person, organisation, operation_id)


@transaction.atomic
def leave(by: Person | None, operation_id: int, organisation: Organisation, username: str) -> bool:
    """The opposite, from the next request on; whether there was anything to end."""
    if by is not None:
        allow(by, operation_id)
    belonging = Belonging.objects.filter(
        person__username=username, organisation=organisation, operation_id=operation_id
    ).first()
    if belonging is None:
        return False
    said = {"person": belonging.person_id, "organisation": organisation.pk}
    reason = f"{username} does not belong to {organisation.name} any more"
    decide(by or operator(), operation_id, DecisionKind.ORGANISATION, before=said, after={}, reason=reason)
    belonging.delete()
    return True


def _said(organisation: Organisation) -> dict[str, object]:
    return {"organisation": organisation.pk, "kind": organisation.kind, "sectors": organisation.sectors}


def _check(slug: str, name: str, kind: str, sectors: list[str]) -> None:
    if not _WORD.fullmatch(slug):
        raise Refused("slug", "Write small letters, digits and hyphens, at most 50, as msf-ch.", field="short name")
    if not 1 <= len(name.strip()) <= 200:
        raise Refused("name", "Write at most 200 characters.", field="name")
    if not _WORD.fullmatch(kind):
        raise Refused("kind", "Write one word of small letters, digits and hyphens, as ngo.", field="kind")
    for sector in sectors:
        if not _WORD.fullmatch(sector):
            raise Refused("sectors", f"{sector!r} is none: write them as health, wash.", field="sectors")
