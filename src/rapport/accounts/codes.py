"""The forms of the second factor: a code works once, for all server processes."""

from __future__ import annotations

from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.db import transaction

#: Key in what allauth keeps of a TOTP factor: the step of 30 s whose code was used last.
LAST = "last_counter"


@transaction.atomic
def spend(factor: int, code: str) -> bool:
    """Whether the code of the app is new: a code that was used, or is older than one that was, is refused (RFC 6238,
    5.2). allauth remembers used codes too, but for one step and in one process only."""
    held = Authenticator.objects.select_for_update().get(pk=factor)
    secret = get_adapter().decrypt(held.data["secret"])
    steps = [step for step in auth.yield_hotp_counters_from_time() if _is(code, secret, step)]
    if not steps or steps[-1] <= held.data.get(LAST, 0):
        return False
    held.data[LAST] = steps[-1]
    held.save(update_fields=["data"])
    return True


def _is(code: str, secret: str, step: int) -> bool:
    return bool(compare_user_code(actual=code, expected=auth.format_hotp_value(auth.hotp_value(secret, step))))


def _code(label: str, *, first: bool = True) -> forms.CharField:
    """`first`: the only thing on the page, so that typing begins there."""
    shown = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": first})
    return forms.CharField(label=label, max_length=20, widget=shown)


class _Once:
    """Refuses a code that was used before."""

    authenticator: Any

    def clean_code(self) -> str:
        code = str(super().clean_code())  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not spend(self.authenticator.pk, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class EnterCode(_Once, AuthenticateForm):  # type: ignore[misc]
    code = _code("Code of the app, or a recovery code")


class EnterCodeAgain(_Once, ReauthenticateForm):  # type: ignore[misc]
    code = _code("Code of the app, or a recovery code")


class FirstCode(ActivateTOTPForm):  # type: ignore[misc]
    code = _code("The code that the app shows now", first=False)


class NewPasskey(AddWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(label="Name, to tell it from others", max_length=60, required=False)
    passwordless = forms.BooleanField(label="Sign in with it alone, without the password", required=False, initial=True)
