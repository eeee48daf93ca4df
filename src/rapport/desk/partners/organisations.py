"""The desk's pages of organisations: which there are, and who belongs to each in this operation. In a network that is
who speaks for which State: only those who manage it see it."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts import invitations
from rapport.accounts.models import Belonging, Invitation, Organisation
from rapport.accounts.permissions import Permission
from rapport.desk.page import attempt, local_time, to
from rapport.errors import Conflict, Refused
from rapport.operations.access import needs, person
from rapport.operations.models import Operation
from rapport.operations.people_pages import absolute
from rapport.sharing import agreements, organisations
from rapport.sharing.agreements import SIGN
from rapport.values import ORGANISATION_KINDS

_FIELDS = ("slug", "name", "kind", "sectors")


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def show(request: HttpRequest, operation: Operation) -> HttpResponse:
    _check_network(request, operation)
    return _page(request, operation)


@require_POST
@never_cache
@needs(SIGN)
@local_time
def add(request: HttpRequest, operation: Operation) -> HttpResponse:
    """POST `slug`, `name`, `kind`, `sectors`. What cannot be taken comes back as it was typed."""
    slug, name, kind, sectors = (request.POST.get(field, "").strip() for field in _FIELDS)
    try:
        made = organisations.add(person(request), operation.pk, slug, name, kind, organisations.words(sectors))
    except (Refused, Conflict) as problem:
        return _page(request, operation, problem=str(problem))
    return to("desk_organisation", operation.slug, made.pk)


def _page(request: HttpRequest, operation: Operation, problem: str = "") -> HttpResponse:
    here = Count("belongings", filter=Q(belongings__operation=operation))
    context = {
        "operation": operation,
        "organisations": Organisation.objects.annotate(here=here).order_by("name"),
        "kinds": ORGANISATION_KINDS.items(),
        "may_sign": person(request).may(SIGN, operation.pk),
        "typed": {name: request.POST.get(name, "") for name in _FIELDS},
        "problem": problem,
    }
    return render(request, "desk/organisations.html", context, status=422 if problem else 200)


@require_GET
@never_cache
@needs(Permission.DESK_REPORT_READ)
@local_time
def organisation(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """One organisation, and who belongs to it here."""
    _check_network(request, operation)
    return _one(request, operation, _organisation(number))


@require_POST
@never_cache
@needs(SIGN)
@local_time
def join(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """POST `username`."""
    found, username = _organisation(number), request.POST.get("username", "").strip()
    said = f"{username} belongs to {found.name} here."
    attempt(request, lambda: organisations.join(person(request), operation.pk, found, username), said)
    return to("desk_organisation", operation.slug, number)


@require_POST
@never_cache
@needs(SIGN)
@local_time
def leave(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """POST `username`."""
    found, username = _organisation(number), request.POST.get("username", "").strip()
    said = f"{username} does not belong to {found.name} here any more."
    attempt(request, lambda: organisations.leave(person(request), operation.pk, found, username), said)
    return to("desk_organisation", operation.slug, number)


@require_POST
@never_cache
@needs(SIGN)
@local_time
def invite(request: HttpRequest, operation: Operation, number: int) -> HttpResponse:
    """POST `note`. The link stands in this answer only."""
    found, note = _organisation(number), request.POST.get("note", "").strip()[:200]
    token, _made = invitations.invite_partner(person(request), operation.pk, found, note)
    return _one(request, operation, found, absolute(request, reverse("invitation", args=[token])))


@require_POST
@never_cache
@needs(SIGN)
@local_time
def uninvite(request: HttpRequest, operation: Operation, number: int, invitation_id: int) -> HttpResponse:
    known = Invitation.objects.select_related("organisation")
    found = get_object_or_404(known, pk=invitation_id, operation=operation, organisation=number)
    attempt(request, lambda: invitations.revoke(person(request), found), "The link lets nobody in any more.")
    return to("desk_organisation", operation.slug, number)


def _one(request: HttpRequest, operation: Operation, found: Organisation, link: str = "") -> HttpResponse:
    now = timezone.now()
    here = Belonging.objects.filter(operation=operation, organisation=found).select_related("person")
    opened = found.invitations.filter(operation=operation, accepted_at=None, expires_at__gt=now)
    context = {
        "operation": operation,
        "one": found,
        "kind": ORGANISATION_KINDS.get(found.kind, found.kind),
        "people": here.order_by("person__username"),
        "invitations": opened.select_related("invited_by").order_by("-pk"),
        "in_force": agreements.in_force(operation.pk, now).filter(receiver=found).order_by("ends"),
        "may_sign": person(request).may(SIGN, operation.pk),
        "link": link,
    }
    return render(request, "desk/organisation.html", context)


def _check_network(request: HttpRequest, operation: Operation) -> None:
    if operation.kind == "network" and not person(request).may(SIGN, operation.pk):
        raise PermissionDenied(SIGN.value)


def _organisation(number: int) -> Organisation:
    found: Organisation = get_object_or_404(Organisation, pk=number)
    return found
