"""A protocol is proposed by one person, activated by another, and withdrawn by either. Each is a Decision.

Activation and withdrawal hold from the next request on: every request asks `active.py`. What readers get no more is
entered into their release logs as retracted, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from rapport import plugins
from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.operations.models import Operation
from rapport.oversight.ledger import entries
from rapport.oversight.models import DecisionKind
from rapport.oversight.record import decide
from rapport.sharing import active
from rapport.sharing.models import ProtocolVersion
from rapport.sharing.protocol import file
from rapport.values import Json

PROPOSE, ACTIVATE = Permission.SHARING_PROTOCOL_PROPOSE, Permission.SHARING_PROTOCOL_ACTIVATE
LONGEST_REASON = 2_000


@transaction.atomic
def propose(person: Person, operation: Operation, text: str, reason: str) -> ProtocolVersion:
    """Signs a protocol's file by name, for somebody else to activate. BadDefinition if it cannot be read; Conflict if a
    protocol of this name and version was proposed before with another text."""
    _check(person, operation, PROPOSE)
    protocol = file.read(text)
    same = ProtocolVersion.objects.filter(operation=operation, name=protocol.name, version=protocol.version)
    if same.exclude(digest=protocol.digest).exists():
        raise Conflict(f"Version {protocol.version} of {protocol.name} is another text already: count the version up.")
    if same.filter(activated_at=None).exists():
        raise Conflict("This very text waits already for a second person.")
    holds = in_force(operation.pk)
    if holds is not None and holds.digest == protocol.digest:
        raise Conflict("This very text holds already.")
    made = ProtocolVersion.objects.create(
        operation=operation,
        text=text,
        digest=protocol.digest,
        name=protocol.name,
        version=protocol.version,
        proposed_by=person,
        reason=_reason(reason),
    )
    _note(person, made, "proposed", reason)
    return made


@transaction.atomic
def activate(person: Person, version: ProtocolVersion, reason: str) -> str:
    """From the next request on this protocol holds; says in words what follows. Only for somebody else than who
    proposed it; Conflict for them, and if it was activated already."""
    _check(person, version.operation, ACTIVATE)
    fresh = ProtocolVersion.objects.select_for_update().get(pk=version.pk)
    if fresh.proposed_by_id == person.pk:
        raise Conflict("Somebody else than who proposed it must activate it: two people, so that one slip is seen.")
    if fresh.activated_at is not None:
        raise Conflict("It was activated already. To bring it back, propose it again.")
    if said := active.forged(fresh.text, fresh.digest):
        raise Conflict(f"This cannot be activated: {said}. Propose it again.")
    fresh.activated_by, fresh.activated_at = person, timezone.now()
    fresh.save(update_fields=["activated_by", "activated_at"])
    _note(person, fresh, "activated", reason)
    return _tell(fresh.operation_id)


@transaction.atomic
def withdraw(person: Person, version: ProtocolVersion, reason: str) -> str:
    """From the next request on nothing leaves the team, until another protocol is activated. One person is enough:
    closing must be quick. Conflict unless it is the one in force."""
    _check(person, version.operation, ACTIVATE)
    if not reason.strip():
        raise Refused("reason", "Say why: partners will ask.", field="reason")
    last = in_force(version.operation_id)
    if last is None or last.pk != version.pk:
        raise Conflict("It is not the protocol in force.")
    last.withdrawn_by, last.withdrawn_at = person, timezone.now()
    last.save(update_fields=["withdrawn_by", "withdrawn_at"])
    _note(person, last, "withdrawn", reason)
    return _tell(last.operation_id)


def in_force(operation_id: int) -> ProtocolVersion | None:
    """The version activated last, unless it was withdrawn since."""
    last = last_activated(operation_id)
    return last if last and last.withdrawn_at is None else None


def last_activated(operation_id: int) -> ProtocolVersion | None:
    """The version activated last, withdrawn since or not; None where none ever was."""
    activated = ProtocolVersion.objects.filter(operation_id=operation_id, activated_at__isnull=False)
    people = activated.select_related("proposed_by", "activated_by", "withdrawn_by")
    return people.order_by("-activated_at", "-pk").first()


def _check(person: Person, operation: Operation, permission: Permission) -> None:
    if not person.may(permission, operation.pk):
        raise NotAllowed(f"This needs the permission {permission.value}, which {person.shown_name} does not hold here.")


def _reason(text: str) -> str:
    if len(text) > LONGEST_REASON:
        raise Refused("reason", f"Write at most {LONGEST_REASON:,} characters.", field="reason")
    return text.strip()


def _note(person: Person, version: ProtocolVersion, became: str, reason: str) -> None:
    said: dict[str, Json] = {"became": became, **_said(version)}
    words = f"{version.name} {version.version} {became}. {_reason(reason)}".strip()
    decide(person, version.operation_id, DecisionKind.PROTOCOL, before={}, after=said, reason=words)
    # Name and version are words of people: the digest names the text.
    entries.policy(version.operation_id, {"person": person.pk, **said})


def _said(version: ProtocolVersion) -> dict[str, Json]:
    return {"protocol": version.pk, "digest": version.digest}


def recorded() -> Iterator[plugins.Recorded]:
    """Every version, as the ledger must have it."""
    for version in ProtocolVersion.objects.order_by("pk").iterator():
        steps: dict[str, tuple[datetime, dict[str, Any]]] = {}
        for became, at, person in (
            ("proposed", version.proposed_at, version.proposed_by_id),
            ("activated", version.activated_at, version.activated_by_id),
            ("withdrawn", version.withdrawn_at, version.withdrawn_by_id),
        ):
            if at is not None:
                steps[became] = (at, {"person": person, **_said(version)})
        yield plugins.Recorded(version.pk, version.operation_id, steps, active.forged(version.text, version.digest))


def _tell(operation_id: int) -> str:
    return ", ".join(hook(operation_id) for hook in plugins.protocol_changed())
