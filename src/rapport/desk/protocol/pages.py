"""The desk's page of the protocol: which holds, which waits for a second person, and what each would change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts.models import Organisation
from rapport.accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from rapport.desk.page import attempt, local_time, to
from rapport.desk.protocol import changes, stock
from rapport.desk.protocol.play import Effect, effects
from rapport.errors import BadDefinition
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.operations.small_files import takes_file
from rapport.sharing import activation, agreements
from rapport.sharing.active import CLOSED, policy_of, version_policy
from rapport.sharing.models import ProtocolVersion
from rapport.sharing.protocol import file, library, lint
from rapport.sharing.protocol.kinds import Crowd
from rapport.sharing.protocol.model import PURPOSES, Protocol, Rule
from rapport.values import ORGANISATION_KINDS, Purpose

#: Shipped protocols that one starts from.
STARTS = tuple(name for name in library.names() if name != CLOSED)


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    """`from`: a shipped protocol to start the text with."""
    start = request.GET.get("from", "")
    return _page(request, operation, text=library.text_of(start) if start in STARTS else "")


def _page(
    request: HttpRequest,
    operation: Operation,
    *,
    text: str = "",
    reason: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    versions = ProtocolVersion.objects.filter(operation=operation).order_by("-pk")
    versions = versions.select_related("proposed_by", "activated_by", "withdrawn_by")
    who = person(request)
    context = {
        "operation": operation,
        "protocol": policy_of(operation.pk).protocol,
        "in_force": activation.in_force(operation.pk),
        "ending": agreements.ending_soon(operation.pk, timezone.now()),
        "waiting": [one for one in versions if one.activated_at is None],
        "past": [one for one in versions if one.activated_at is not None],
        "starts": STARTS,
        "may_propose": who.may(activation.PROPOSE, operation.pk),
        "may_activate": who.may(activation.ACTIVATE, operation.pk),
        "text": text,
        "reason": reason,
        "problem": problem,
    }
    return render(request, "desk/protocol.html", context, status=422 if problem else 200)


@takes_file(4 * file.MOST_CHARACTERS)  # so many bytes hold as many characters as are read, in any writing
@require_POST
@never_cache
@needs(activation.PROPOSE)
@local_time
def propose(request: HttpRequest, operation: Operation) -> HttpResponse:
    """POST `text` or a `file`, `reason`. What cannot be read comes back with the text, to be mended."""
    given = request.FILES.get("file")
    # A file that is no UTF-8 is shown as it could be read, and refused for what it then says.
    text = given.read().decode(errors="replace") if given else request.POST.get("text", "")
    reason = request.POST.get("reason", "")
    try:
        file.read(text)
    except BadDefinition as bad:
        return _page(request, operation, text=text, reason=reason, problem=str(bad))
    said = "Proposed. It holds once somebody else has activated it."
    attempt(request, lambda: activation.propose(person(request), operation, text, reason), said)
    return to("desk_protocol", operation.slug)


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def version(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """One version: its text, and what it would change for each audience if it held."""
    found = _version(operation, number)
    protocol = file.read(found.text)
    who = person(request)
    crowd = stock.of_events(operation)
    context: dict[str, Any] = {
        "operation": operation,
        "version": found,
        "protocol": protocol,
        "rules": _rules(protocol),
        "faults": lint.faults(protocol, _known(operation), timezone.now()),
        "effects": _effects(found, crowd),
        "total": len(crowd),
        "older": crowd.older,
        "in_force": activation.in_force(operation.pk),
        "may_activate": who.may(activation.ACTIVATE, operation.pk),
        "is_own": found.proposed_by_id == who.pk,
    }
    return render(request, "desk/protocol_version.html", context)


def _effects(version: ProtocolVersion, crowd: Crowd) -> list[Effect]:
    today, then = policy_of(version.operation_id), version_policy(version.pk, version.digest)
    return effects(changes.sides(crowd, today, then, Purpose.VIEW, timezone.now()))


def _known(operation: Operation) -> lint.Vocabulary:
    """The names by which a protocol can speak of this operation."""
    return lint.Vocabulary(
        categories=frozenset(operation.categories.values_list("code", flat=True)),
        sources=frozenset(operation.sources.values_list("slug", flat=True)),
        organisations=frozenset(Organisation.objects.values_list("slug", flat=True)),
        kinds=frozenset({*ORGANISATION_KINDS, *Organisation.objects.values_list("kind", flat=True)} - {""}),
        roles=frozenset(role.value for role in Role),
        desk_roles=frozenset(
            role.value for role, may in ROLE_PERMISSIONS.items() if Permission.DESK_REPORT_READ in may
        ),
    )


def _rules(protocol: Protocol) -> list[tuple[str, str, str, str, str]]:
    """Each rule as kind, name, for whom, when, why."""
    order = [audience.name for audience in protocol.audiences]
    return [
        (
            "grant" if rule.grant else "limit",
            rule.name,
            ", ".join(sorted(rule.audiences, key=order.index)),
            _when(rule),
            rule.why,
        )
        for rule in protocol.rules
    ]


def _when(rule: Rule) -> str:
    """For which purposes and in which time, where it is not for all and always. Times are the operation's."""
    purposes = (
        "" if rule.purposes == set(PURPOSES) else f"for {', '.join(one for one in PURPOSES if one in rule.purposes)}"
    )
    parts = [purposes, _moment("from", rule.starts), _moment("until", rule.ends)]
    return ", ".join(part for part in parts if part) or "always"


def _moment(word: str, at: datetime | None) -> str:
    return f"{word} {date_format(timezone.localtime(at), 'j F Y, H:i')}" if at else ""


@require_POST
@never_cache
@needs(activation.ACTIVATE)
@local_time
def activate(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """POST `reason`."""
    found, reason = _version(operation, number), request.POST.get("reason", "")
    attempt(request, lambda: activation.activate(person(request), found, reason), "It holds from now on, everywhere.")
    return to("desk_protocol", operation.slug)


@require_POST
@never_cache
@needs(activation.ACTIVATE)
@local_time
def withdraw(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """POST `reason`."""
    found, reason = _version(operation, number), request.POST.get("reason", "")
    said = "Withdrawn. Nothing leaves the team until another protocol is activated."
    attempt(request, lambda: activation.withdraw(person(request), found, reason), said)
    return to("desk_protocol", operation.slug)


def _version(operation: Operation, number: int) -> ProtocolVersion:
    versions = ProtocolVersion.objects.select_related("operation", "proposed_by", "activated_by")
    found: ProtocolVersion = get_object_or_404(versions, operation=operation, pk=number)
    return found
