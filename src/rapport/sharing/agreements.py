"""Who may read as a partner, for what, until when: agreed, renewed and ended by a named person. Each is a Decision, and
an entry in the ledger. An agreement admits; what its organisation then gets, the protocol decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from rapport import plugins
from rapport.accounts.models import Organisation, Person
from rapport.accounts.permissions import Permission
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.operations.models import Operation
from rapport.oversight.ledger import entries
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.sharing.models import Agreement, AgreementState
from rapport.sharing.protocol.model import PURPOSES
from rapport.values import Json, Purpose

SIGN = Permission.SHARING_AGREEMENT_SIGN
LONGEST = timedelta(days=2 * 366)  # then somebody has to look at it again [ours]
SOON = timedelta(days=14)  # before its end, the team is told
LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed, beside with whom. `ends` is exclusive."""

    giver: str
    purposes: frozenset[Purpose]
    starts: datetime
    ends: datetime
    reason: str


def in_force(operation_id: int, now: datetime) -> QuerySet[Agreement]:
    return Agreement.objects.filter(operation_id=operation_id, starts__lte=now, ends__gt=now, ended_at=None)


def purposes(operation_id: int, organisation_id: int, now: datetime) -> frozenset[Purpose]:
    """For what the organisation reads as itself: what any of its agreements in force names."""
    found = in_force(operation_id, now).filter(receiver_id=organisation_id).values_list("purposes", flat=True)
    return frozenset(Purpose(one) for named in found for one in named)


def ending_soon(operation_id: int, now: datetime) -> list[Agreement]:
    """Those in force that end within SOON and that nobody has renewed, the first to end first."""
    renewed = Agreement.objects.filter(renewed_from__isnull=False, ended_at=None).values("renewed_from")
    found = in_force(operation_id, now).filter(ends__lte=now + SOON).exclude(pk__in=renewed)
    return list(found.select_related("receiver").order_by("ends", "pk"))


@transaction.atomic
def agree(person: Person, operation: Operation, receiver: Organisation, terms: Terms) -> Agreement:
    """Signed by name; it holds from now on at the earliest. Refused says what is missing."""
    allow(person, operation.pk)
    made = _made(person, operation, receiver, replace(terms, starts=max(terms.starts, timezone.now())), None)
    _note(person, made, "agreed", terms.reason)
    return made


@transaction.atomic
def renew(person: Person, agreement: Agreement, ends: datetime, reason: str) -> Agreement:
    """A further agreement with the same partner for the same purposes, from the end of this one on, or from now where
    that has passed. Its keys are made anew. Conflict for one that was ended early, or renewed before."""
    allow(person, agreement.operation_id)
    old = Agreement.objects.select_for_update().get(pk=agreement.pk)
    if old.ended_at is not None:
        raise Conflict("It was ended early: agree anew.")
    if Agreement.objects.filter(renewed_from=old).exists():
        raise Conflict("It was renewed already: renew the one that follows it.")
    starts = max(old.ends, timezone.now())
    terms = Terms(old.giver, frozenset(map(Purpose, old.purposes)), starts, ends, reason)
    made = _made(person, old.operation, old.receiver, terms, old)
    _note(person, made, "renewed", reason)
    return made


@transaction.atomic
def end(person: Person, agreement: Agreement, reason: str) -> None:
    """From the next request on its people and keys read as everybody does, unless another agreement lets them. Conflict
    if it is over."""
    allow(person, agreement.operation_id)
    said = words(reason)
    old = Agreement.objects.select_for_update().get(pk=agreement.pk)
    if old.state(timezone.now()) not in {AgreementState.IN_FORCE, AgreementState.LATER}:
        raise Conflict("It is over already.")
    old.ended_by, old.ended_at = person, timezone.now()
    old.save(update_fields=["ended_by", "ended_at"])
    _note(person, old, "ended", said)


def allow(person: Person, operation_id: int) -> None:
    """NotAllowed unless the person may say who reads as a partner here."""
    if not person.may(SIGN, operation_id):
        raise NotAllowed(f"This needs the permission {SIGN}, which {person.shown_name} does not hold here.")


def words(reason: str) -> str:
    """Why, as somebody wrote it. Refused if nobody did."""
    if not reason.strip():
        raise Refused("reason", "Say why, or where it is written down.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Refused("reason", f"Write at most {LONGEST_REASON:,} characters.", field="reason")
    return reason.strip()


def _made(
    person: Person, operation: Operation, receiver: Organisation, terms: Terms, renewed_from: Agreement | None
) -> Agreement:
    _check(terms)
    return Agreement.objects.create(
        operation=operation,
        giver=terms.giver.strip(),
        receiver=receiver,
        purposes=_in_order(terms.purposes),
        starts=terms.starts,
        ends=terms.ends,
        reason=words(terms.reason),
        signed_by=person,
        renewed_from=renewed_from,
    )


def _in_order(chosen: Iterable[Purpose]) -> list[str]:
    among = set(chosen)
    return [purpose.value for purpose in PURPOSES if purpose in among]


def _check(terms: Terms) -> None:
    if not 1 <= len(terms.giver.strip()) <= 200:
        raise Refused("giver", "Say in at most 200 characters which organisation gives.", field="giver")
    if not _in_order(terms.purposes):
        raise Refused("purposes", "Choose what they may read for: at least one.", field="purposes")
    if terms.ends <= max(terms.starts, timezone.now()):
        raise Refused("ends", "It must end after it starts, and later than today.", field="last")
    if terms.ends - terms.starts > LONGEST:
        raise Refused("ends", "Agree for two years at most: then look at it again, and renew it.", field="last")


def _note(person: Person, agreement: Agreement, became: str, reason: str) -> None:
    said: dict[str, Json] = {"became": became}
    said |= {name: one.isoformat() if isinstance(one, datetime) else one for name, one in _said(agreement).items()}
    told = f"{agreement.receiver.name}: {became}. {reason.strip()}"
    decide(person, agreement.operation_id, DecisionKind.AGREEMENT, before={}, after=said, reason=told)
    # Names are words of people: the number names the organisation.
    entries.policy(agreement.operation_id, {"person": person.pk, **said})


def _said(agreement: Agreement) -> dict[str, Any]:
    return {
        "agreement": agreement.pk,
        "organisation": agreement.receiver_id,
        "purposes": list(agreement.purposes),
        "starts": agreement.starts,
        "ends": agreement.ends,
        "renewed_from": agreement.renewed_from_id,
    }


def recorded() -> Iterator[plugins.Recorded]:
    """Every agreement, as the ledger must have it."""
    for one in Agreement.objects.order_by("pk").iterator():
        said = _said(one)
        made = "agreed" if one.renewed_from_id is None else "renewed"
        steps = {made: (one.signed_at, {"person": one.signed_by_id, **said})}
        if one.ended_at is not None:
            steps["ended"] = (one.ended_at, {"person": one.ended_by_id, **said})
        yield plugins.Recorded(one.pk, one.operation_id, steps)
