"""Pages of one's own account that allauth has not, or has in another way: the second factor, sessions."""

from __future__ import annotations

from typing import Any, cast

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rapport.accounts import codes, second_factor, sessions
from rapport.accounts.models import Person
from rapport.errors import Conflict


def _me(request: HttpRequest) -> Person:
    """Behind login_required."""
    return cast(Person, request.user)


class SecondFactor(IndexView):  # type: ignore[misc]
    """What is set up, what can be, and whether it must."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        me = _me(self.request)
        more = {"needed": second_factor.is_needed_by(me), "has_one": bool(second_factor.who_has_one([me.pk]))}
        return dict(super().get_context_data(**kwargs)) | more


class SetUpApp(ActivateTOTPView):  # type: ignore[misc]
    """QR code and first code. A form sent twice leads on to the recovery codes, as once does."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        has_app = Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.TOTP).exists()
        if has_app:
            return redirect("mfa_view_recovery_codes" if request.method == "POST" else "mfa_index")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                answer: HttpResponse = super().form_valid(form)
                factor = Authenticator.objects.get(user_id=self.request.user.pk, type=Authenticator.Type.TOTP)
                codes.spend(factor.pk, form.cleaned_data["code"])
                _set_up(self.request, "totp")
        except IntegrityError:
            return redirect("mfa_view_recovery_codes")
        return answer


class RemoveApp(DeactivateTOTPView):  # type: ignore[misc]
    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        _removed(self.request)
        return answer


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)
            _set_up(self.request, "webauthn")
        return answer


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: Any) -> HttpResponse:
        if not get_adapter().can_delete_authenticator(self.get_object()):
            raise Conflict(str(get_adapter().error_messages["cannot_delete_authenticator"]))
        answer: HttpResponse = super().form_valid(form)
        _removed(self.request)
        return answer


class RecoveryCodes(ViewRecoveryCodesView):  # type: ignore[misc]
    """Shown once: whoever opens the page again reads how many are left."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return dict(super().get_context_data(**kwargs)) | {"after": self.request.session.pop(second_factor.AFTER, "")}


def _set_up(request: HttpRequest, kind: str) -> None:
    """The factor was shown in setting it up: this session has passed it, every other one has not and ends. In the
    transaction that keeps the factor, or a request in between would find a session that has not passed it."""
    me = _me(request)
    second_factor.pass_now(request, me, kind)
    request.session.save()
    sessions.end(me, without=request.session.session_key)


def _removed(request: HttpRequest) -> None:
    """With the last factor goes what this session has shown of it: a role given later asks for a new one."""
    if not second_factor.who_has_one([_me(request).pk]):
        second_factor.forget_passing(request)


@login_required
@never_cache
@require_GET
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Where one is signed in."""
    rows = sessions.of(_me(request))
    return render(request, "account/sessions.html", {"rows": rows, "this": request.session.session_key})


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one; this one too, which signs out. One that has ended already is no mistake."""
    sessions.end(_me(request), session_id)
    messages.success(request, "It is ended: whoever has that device must sign in again.")
    return redirect("sessions")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End all but this one."""
    count = sessions.end(_me(request), without=request.session.session_key)
    messages.success(request, f"{count} ended. You are signed in here only.")
    return redirect("sessions")
