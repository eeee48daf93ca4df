"""Every address says who may use it, and holds to it; no operation can take a name that is in use."""

from __future__ import annotations

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.operations import definition
from rapport.operations.models import Operation
from rapport.operations.reserved import RESERVED_SLUGS
from tests.guards.walk import Route, routes

#: Views that are not ours cannot carry the mark: who may use them, and why that is right.
OTHERS = {
    "/accounts/login/": "public: signing in; failed tries are limited",
    "/accounts/logout/": "public: does nothing for who is not signed in",
    "/accounts/inactive/": "public: tells that an account is closed, no more",
    "/accounts/signup/": "public: refuses whoever has opened no invitation (accounts/adapter.py)",
    "/accounts/reauthenticate/": "signed in: asks for the password again",
    "/accounts/password/change/": "signed in: asks for the old password",
    "/accounts/second-factor/": "signed in: what is set up",
    "/accounts/second-factor/enter/": "public: only after the right password, in the same session; tries are limited",
    "/accounts/second-factor/enter-again/": "signed in: asks for a code again",
    "/accounts/second-factor/app/": "signed in: asks who it is first",
    "/accounts/second-factor/app/remove/": "signed in: asks who it is first",
    "/accounts/second-factor/codes/": "signed in: asks who it is first",
    "/accounts/second-factor/codes/new/": "signed in: asks who it is first",
    "/accounts/passkeys/add/": "signed in: asks who it is first",
    "/accounts/passkeys/{pk}/remove/": "signed in: asks who it is first; one's own only",
    "/accounts/passkeys/sign-in/": "public: signing in; tries are limited",
    "/accounts/passkeys/again/": "signed in: asks for a passkey again",
    "/accounts/sessions/": "signed in: one's own sessions",
    "/accounts/sessions/{session_id}/end/": "signed in: one's own only",
    "/accounts/sessions/end-others/": "signed in: one's own only",
}
METHODS = ("GET", "POST")
NOT_WITH_THIS_METHOD = 405
PERMISSIONS = {permission.value for permission in Permission}
EVERY = [route for route in routes() if route.shown not in OTHERS]


@pytest.mark.parametrize("route", EVERY, ids=lambda route: route.shown)
def test_every_route_declares_its_access(route: Route) -> None:
    known = route.access in {"public", *PERMISSIONS} or route.access.startswith("proof: ")
    assert known, f"{route.shown} ({route.view.__module__}): decorate it as operations/access.py says"


def test_the_table_of_views_that_are_not_ours_names_nothing_else() -> None:
    assert set(OTHERS) == {route.shown for route in routes() if route.shown in OTHERS}
    assert all(not getattr(route.view, "access", "") for route in routes() if route.shown in OTHERS)


@pytest.mark.parametrize("route", [r for r in EVERY if r.access in PERMISSIONS], ids=lambda route: route.shown)
def test_who_lacks_the_permission_is_kept_out(route: Route, operation: Operation, outsider: Person) -> None:
    stranger, known = Client(), Client()
    known.force_login(outsider, backend="django.contrib.auth.backends.ModelBackend")
    answers = [(stranger.generic(method, route.example), known.generic(method, route.example)) for method in METHODS]
    asked = [pair for pair in answers if pair[0].status_code != NOT_WITH_THIS_METHOD]
    assert asked
    for to_stranger, to_known in asked:
        assert to_stranger.headers["Location"].startswith("/accounts/login/")
        assert to_known.status_code == 403


def test_every_first_segment_in_use_is_reserved() -> None:
    segments = {route.path.split("/")[0] for route in routes()}
    assert {segment for segment in segments if segment and "<" not in segment} <= RESERVED_SLUGS


def test_no_operation_takes_a_reserved_name() -> None:
    assert definition.RESERVED_SLUGS is RESERVED_SLUGS


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/nowhere/", "text/html"), ("/sample/nowhere/", "text/html"), ("/api/nowhere", "application/json")],
)
def test_an_address_that_is_nowhere_is_answered_in_plain_words(
    path: str, kind: str, operation: Operation, client: Client
) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith(kind)
    assert "The address is wrong" in answer.content.decode()
