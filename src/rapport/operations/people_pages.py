"""Pages by which people come and go: who is in an operation, inviting, and what an opened link shows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rapport.accounts import invitations, people, second_factor
from rapport.accounts.adapter import OPENED
from rapport.accounts.models import Invitation, Membership
from rapport.accounts.permissions import NEED_SECOND_FACTOR, Permission, Role
from rapport.operations.access import address, needs, person, public
from rapport.operations.models import Operation
from rapport.oversight import keys

INVITE = Permission.ACCOUNTS_PERSON_INVITE


class InviteForm(forms.Form):
    """A role among those one may give, and a note for oneself."""

    role = forms.ChoiceField(label=_("Role"))
    note = forms.CharField(label=_("For whom (only the team sees it)"), max_length=200, required=False)

    def __init__(self, roles: list[Role], *args: Any) -> None:
        super().__init__(*args)
        field = self.fields["role"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(role.value, role.value) for role in roles]


@needs(INVITE)
@never_cache
@require_http_methods(["GET", "POST"])
def people_page(request: HttpRequest, operation: Operation) -> HttpResponse:
    """GET: who is here, open invitations, the form. POST: a new invitation; its link stands in the answer only."""
    me = person(request)
    roles = invitations.roles_to_give(me, operation.pk)
    form = InviteForm(roles, request.POST if request.method == "POST" else None)
    link = ""
    if form.is_valid():
        role, note = Role(form.cleaned_data["role"]), form.cleaned_data["note"]
        token, _made = invitations.invite(me, operation.pk, role, note)
        link = absolute(request, reverse("invitation", args=[token]))
        form = InviteForm(roles)
    return render(request, "operations/people.html", _people(request, operation) | {"form": form, "link": link})


def _people(request: HttpRequest, operation: Operation) -> dict[str, Any]:
    give = invitations.roles_to_give(person(request), operation.pk)
    memberships = Membership.objects.filter(operation=operation).select_related("person")
    open_invitations = Invitation.objects.filter(
        operation=operation, organisation=None, accepted_at=None, expires_at__gt=timezone.now()
    ).select_related("invited_by")
    return {
        "operation": operation,
        "memberships": memberships.order_by("person__username", "role"),
        "invitations": open_invitations.order_by("-id"),
        "give": {role.value for role in give},
        "without": _without_second_factor([membership.person_id for membership in memberships]),
    }


def _without_second_factor(people_here: list[int]) -> set[int]:
    """Those who need a second factor and have none: their roles do nothing yet."""
    if not settings.SECOND_FACTOR_REQUIRED:
        return set()
    guarded = Membership.objects.filter(person__in=people_here, role__in=NEED_SECOND_FACTOR)
    needing = set(guarded.values_list("person_id", flat=True))
    return needing - second_factor.who_has_one(needing)


@needs(INVITE)
@require_POST
def revoke_invitation(request: HttpRequest, operation: Operation, invitation_id: int) -> HttpResponse:
    invitations.revoke(person(request), get_object_or_404(Invitation, pk=invitation_id, operation=operation))
    return redirect(address(operation, "people"))


@needs(INVITE)
@require_POST
def dismiss(request: HttpRequest, operation: Operation, membership_id: int) -> HttpResponse:
    """Take a role away from somebody."""
    people.dismiss(person(request), get_object_or_404(Membership, pk=membership_id, operation=operation))
    return redirect(address(operation, "people"))


@public
@never_cache
@require_GET
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What the link shows: how to sign up, or a button for one who is signed in. Conflict if it is spent."""
    token_hash = keys.token_hash(token)
    invitation = invitations.find(token_hash)
    request.session[OPENED] = token_hash
    return render(request, "operations/invitation.html", {"invitation": invitation, "operation": invitation.operation})


@public
@never_cache
@require_POST
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """A person who is signed in takes the role, or belongs to the organisation from now on."""
    if not request.user.is_authenticated:
        return redirect("invitation", token)
    accepted = invitations.accept(keys.token_hash(token), person(request))
    request.session.pop(OPENED, None)
    return redirect(address(accepted.operation))


def absolute(request: HttpRequest, path: str) -> str:
    """The address that others can open: with RAPPORT_PUBLIC_URL if it is set, else as this request came."""
    return f"{settings.PUBLIC_URL or f'{request.scheme}://{request.get_host()}'}{path}"
