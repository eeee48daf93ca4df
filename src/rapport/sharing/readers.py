"""On whose behalf a request reads: the team, a person with one of their organisations, a partner's key, or everybody.

Asked at every request and kept nowhere, so that an agreement begins, ends and expires with the next one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from rapport.accounts.models import Organisation
from rapport.accounts.permissions import Permission
from rapport.operations.access import person
from rapport.operations.acting import acting_for
from rapport.operations.models import Operation
from rapport.sharing import agreements, partner_keys
from rapport.values import PUBLIC, Reader

_BEARER = "bearer "


def reader(request: HttpRequest, operation: Operation) -> Reader:
    """Whoever sends a key reads by that key alone, or not at all: BadKey says why. A person reads for one organisation
    at a time, and as the team where they may read the desk; a role that does not carry the desk gives nothing here."""
    key = sent_key(request)
    return _noted(request, partner_keys.reads(key, operation) if key is not None else _person(request, operation))


def signed_in(request: HttpRequest, operation: Operation) -> Reader:
    """The person alone, whatever key the request came with: where people are at work, a key opens nothing."""
    return _noted(request, _person(request, operation))


def _noted(request: HttpRequest, found: Reader) -> Reader:
    readers = request.__dict__.setdefault("readers", set())
    readers.add(found)
    return found


def organisation_reader(operation: Operation, organisation: Organisation) -> Reader:
    """An organisation itself, for which somebody of the team hands over what it gets."""
    return replace(PUBLIC, **_of(operation, organisation))


def sent_key(request: HttpRequest) -> str | None:
    """What stands in the header Authorization as a key; None without one. A password for a proxy in front is none."""
    said = request.headers.get("Authorization", "")
    return said[len(_BEARER) :].strip() if said.lower().startswith(_BEARER) else None


def _person(request: HttpRequest, operation: Operation) -> Reader:
    if not request.user.is_authenticated:
        return PUBLIC
    who, organisation = person(request), acting_for(request, operation)
    team = who.may(Permission.DESK_REPORT_READ, operation.pk)
    if not team and organisation is None:
        return PUBLIC
    return Reader(
        team=team,
        person_id=who.pk,
        roles=frozenset(role.value for role in who.roles_in(operation.pk)) if team else frozenset(),
        **(_of(operation, organisation) if organisation else {}),
    )


def _of(operation: Operation, organisation: Organisation) -> dict[str, Any]:
    return {
        "organisation": organisation.slug,
        "organisation_kind": organisation.kind,
        "sectors": frozenset(organisation.sectors),
        "agreed": agreements.purposes(operation.pk, organisation.pk, timezone.now()),
    }
