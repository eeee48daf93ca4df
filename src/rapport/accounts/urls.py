"""Addresses of signing in. Only what is needed of django-allauth: there is no e-mail, so there are no e-mail pages."""

from __future__ import annotations

from allauth.account import views
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.webauthn import views as passkeys
from django.urls import path
from django.views.decorators.cache import never_cache

from rapport.accounts import pages

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("sessions/", pages.own_sessions, name="sessions"),
    path("sessions/<int:session_id>/end/", pages.end_session, name="end_session"),
    path("sessions/end-others/", pages.end_other_sessions, name="end_other_sessions"),
    path("second-factor/", never_cache(pages.SecondFactor.as_view()), name="mfa_index"),
    path("second-factor/enter/", factor.authenticate, name="mfa_authenticate"),
    path("second-factor/enter-again/", factor.reauthenticate, name="mfa_reauthenticate"),
    path("second-factor/app/", never_cache(pages.SetUpApp.as_view()), name="mfa_activate_totp"),
    path("second-factor/app/remove/", never_cache(pages.RemoveApp.as_view()), name="mfa_deactivate_totp"),
    path("second-factor/codes/", never_cache(pages.RecoveryCodes.as_view()), name="mfa_view_recovery_codes"),
    path("second-factor/codes/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("passkeys/add/", never_cache(pages.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/remove/", never_cache(pages.RemovePasskey.as_view()), name="mfa_remove_webauthn"),
    path("passkeys/sign-in/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("passkeys/again/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
]
