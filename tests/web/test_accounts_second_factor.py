"""A stolen password opens nothing where much can be done; a lost phone is no disaster; nobody guesses codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import Role
from rapport.operations.models import Operation
from tests.web.totp import code, set_up, sign_in

ENTER = "/accounts/second-factor/enter/"
People = Callable[..., Person]


@pytest.fixture(autouse=True)
def _required(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    cache.clear()


def signed_in(client: Client) -> bool:
    """Whether pages know somebody, whatever the cookie says."""
    return "Sign out" in client.get("/").content.decode()


@pytest.fixture
def with_app(lead: Person, client: Client) -> tuple[str, list[str]]:
    """Léa has set up an app and signed out: its secret, her recovery codes."""
    sign_in(client, "lea")
    made = set_up(client)
    client.post("/accounts/logout/")
    return made


def test_the_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, SHA-1."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert code(secret, at=59, digits=8) == "94287082"
    assert code(secret, at=1111111109, digits=8) == "07081804"


@pytest.mark.parametrize("role", [Role.LEAD, Role.CUSTODIAN, Role.ADMIN])
def test_who_can_do_much_can_do_nothing_before_it_is_set_up(
    role: Role, someone: People, operation: Operation, client: Client
) -> None:
    someone("ines", role)
    assert sign_in(client, "ines") == "/"
    where = "/sample/people/" if role is not Role.CUSTODIAN else "/sample/desk/decisions/"
    assert client.get(where).headers["Location"] == "/accounts/second-factor/"
    assert "Set up one of the two ways" in client.get("/accounts/second-factor/").content.decode()
    assert "/sample/desk/" not in client.get("/sample/").content.decode(), "reads as the public does"
    secret, recovery = set_up(client)
    assert len(recovery) == 10
    assert client.get(where).status_code == 200
    assert secret not in json.dumps(list(Authenticator.objects.values("data")))


def test_after_setting_up_one_goes_on_where_one_was_led_away(lead: Person, client: Client) -> None:
    sign_in(client, "lea")
    client.get("/sample/people/?x=1")
    page = client.get("/accounts/second-factor/app/").content.decode()
    secret = page.split('<code class="key">')[1].split("<")[0]
    codes = client.post("/accounts/second-factor/app/", {"code": code(secret)}, follow=True).content.decode()
    assert 'href="/sample/people/?x=1"' in codes


def test_a_role_in_one_operation_asks_for_it_in_all(volunteer: Person, operation: Operation, client: Client) -> None:
    other = Operation.objects.create(
        slug="other", kind="crisis", time_zone="UTC", west=0, south=0, east=1, north=1, languages=["en"]
    )
    sign_in(client, "vero")
    assert client.get("/sample/desk/").status_code == 200
    Membership.objects.create(person=volunteer, operation=other, role=Role.ADMIN)
    assert client.get("/sample/desk/").headers["Location"] == "/accounts/second-factor/"


def test_volunteers_need_none_and_nobody_where_it_is_optional(
    volunteer: Person, lead: Person, settings: Any, client: Client
) -> None:
    sign_in(client, "vero")
    assert client.get("/sample/desk/").status_code == 200
    settings.SECOND_FACTOR_REQUIRED = False
    other = Client()
    sign_in(other, "lea")
    assert other.get("/sample/people/").status_code == 200


def test_the_password_alone_opens_nothing(with_app: tuple[str, list[str]], client: Client) -> None:
    assert sign_in(client, "lea") == ENTER
    assert not signed_in(client)
    assert client.get("/sample/people/").headers["Location"].startswith("/accounts/login/")
    assert client.post(ENTER, {"code": code(with_app[0])}).status_code == 302
    assert client.get("/sample/people/").status_code == 200


def test_a_code_opens_once_in_every_process(with_app: tuple[str, list[str]], client: Client) -> None:
    used = code(with_app[0])
    sign_in(client, "lea")
    client.post(ENTER, {"code": used})
    assert signed_in(client)
    cache.clear()  # another process remembers nothing of this one
    thief = Client()
    sign_in(thief, "lea")
    for old in (used, code(with_app[0], steps=-1)):
        thief.post(ENTER, {"code": old})
        assert not signed_in(thief)
    thief.post(ENTER, {"code": code(with_app[0], steps=1)})
    assert signed_in(thief), "the next one is as good as any"


def test_codes_are_not_guessed(with_app: tuple[str, list[str]], client: Client) -> None:
    sign_in(client, "lea")
    for guess in range(5):
        client.post(ENTER, {"code": f"{guess:06}"})
    answer = client.post(ENTER, {"code": code(with_app[0])})
    assert "Too many" in answer.content.decode()
    assert not signed_in(client)


def test_a_recovery_code_lets_in_once(with_app: tuple[str, list[str]], client: Client) -> None:
    for lets_in in (True, False):
        guest = Client()
        sign_in(guest, "lea")
        guest.post(ENTER, {"code": with_app[1][3]})
        assert signed_in(guest) is lets_in
    sign_in(client, "lea")
    client.post(ENTER, {"code": with_app[1][4]})
    page = client.get("/accounts/second-factor/codes/").content.decode()
    assert "8 of 10 are left" in page
    assert not any(one in page for one in with_app[1])


def test_setting_one_up_ends_sessions_that_never_showed_it(lead: Person, client: Client) -> None:
    sign_in(client, "lea")
    elsewhere = Client()
    sign_in(elsewhere, "lea")
    assert signed_in(elsewhere)
    set_up(client)
    assert not signed_in(elsewhere)
    assert signed_in(client)


def test_the_last_one_stays_while_a_role_needs_it(
    with_app: tuple[str, list[str]], lead: Person, settings: Any, client: Client
) -> None:
    sign_in(client, "lea")
    client.post(ENTER, {"code": code(with_app[0])})
    assert "set up another one" in client.post("/accounts/second-factor/app/remove/").content.decode()
    assert Authenticator.objects.filter(user=lead, type="totp").exists()
    settings.SECOND_FACTOR_REQUIRED = False
    client.post("/accounts/second-factor/app/remove/")
    assert not Authenticator.objects.filter(user=lead).exists()
    settings.SECOND_FACTOR_REQUIRED = True
    assert client.get("/sample/people/").headers["Location"] == "/accounts/second-factor/"


def test_a_form_sent_twice_sets_up_one_app_and_leads_to_its_codes(lead: Person, client: Client) -> None:
    sign_in(client, "lea")
    secret = client.get("/accounts/second-factor/app/").content.decode().split('<code class="key">')[1].split("<")[0]
    for _twice in range(2):
        answer = client.post("/accounts/second-factor/app/", {"code": code(secret)})
        assert answer.headers["Location"] == "/accounts/second-factor/codes/"
    assert Authenticator.objects.filter(type="totp").count() == 1
    assert signed_in(client)


def test_who_it_is_is_asked_before_a_change(lead: Person) -> None:
    """A desk left open does not give its account away: this session has signed in long ago."""
    client = Client()
    client.force_login(lead, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("second-factor/app/", "passkeys/add/"):
        assert client.get(f"/accounts/{path}").headers["Location"].startswith("/accounts/reauthenticate/")


def test_the_pictures_of_the_code_run_nothing(lead: Person, client: Client) -> None:
    sign_in(client, "lea")
    page = client.get("/accounts/second-factor/app/")
    svg = page.content.decode().split('<div class="qr"')[1].split("</svg>")[0]
    assert "<svg" in svg
    assert not any(bad in svg for bad in ("style=", "<script", "<?xml", "data:"))
    assert "no-store" in page.headers["Cache-Control"]
