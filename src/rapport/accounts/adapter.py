"""Who may open an account: only somebody with an invitation, who gets its role in the same transaction. What is
recorded of a sign-in. When somebody proves anew who they are."""

from __future__ import annotations

import time
from typing import Any, cast

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from django.db import transaction
from django.http import HttpRequest

from rapport.accounts import invitations
from rapport.accounts.models import Person
from rapport.accounts.permissions import NEED_SECOND_FACTOR
from rapport.errors import Conflict
from rapport.oversight.ledger.entries import signed_in

#: Session key: hash of the token of the invitation that was opened.
OPENED = "invitation"


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        try:
            invitations.find(request.session.get(OPENED, ""))
        except Conflict:
            return False
        return True

    def save_user(self, request: HttpRequest, user: Person, form: Any, commit: bool = True) -> Person:
        """The account and its role, or neither: Conflict if somebody else has used the link meanwhile."""
        with transaction.atomic():
            made = cast(Person, super().save_user(request, user, form, commit=commit))
            invitations.accept(request.session[OPENED], made)
        del request.session[OPENED]
        return made

    def login(self, request: HttpRequest, user: Person) -> None:
        """The end of every way of signing in, after the second factor. Who can do harm somewhere stands in the ledger
        with it, or is not signed in."""
        with transaction.atomic():
            super().login(request, user)
            guarded = user.memberships.filter(role__in=NEED_SECOND_FACTOR)
            signed_in(user.pk, guarded.values_list("operation_id", "role"))

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Whether "is it you?" is asked before a change of factors: not right after signing in."""
        request = context.request
        records = get_authentication_records(request, request.user)
        signed_in = max((float(record.get("at", 0)) for record in records), default=0.0)
        return time.time() - signed_in > float(app_settings.REAUTHENTICATION_TIMEOUT)
