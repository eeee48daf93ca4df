"""Sessions end when they should, where they should, and keep nothing of where somebody was."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from rapport.accounts import people
from rapport.accounts.models import Person
from rapport.accounts.sessions import device
from tests.web.totp import PASSWORD, sign_in

PHONE = "Mozilla/5.0 (Linux; Android 14; SM-A146B) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
DESK = "/sample/desk/"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


@pytest.fixture
def here(volunteer: Person) -> Client:
    client = Client()
    sign_in(client, "vero")
    return client


@pytest.fixture
def phone(volunteer: Person) -> Client:
    client = Client(HTTP_USER_AGENT=PHONE, REMOTE_ADDR="203.0.113.7")
    sign_in(client, "vero")
    return client


def is_in(client: Client) -> bool:
    return client.get(DESK).status_code == 200


def test_one_sees_where_one_is_signed_in_and_nobody_sees_from_where(here: Client, phone: Client) -> None:
    page = here.get("/accounts/sessions/").content.decode()
    assert "Chrome, Android" in page
    kept = str(list(UserSession.objects.values()))
    assert "203.0.113.7" not in kept
    assert "SM-A146B" not in kept


def test_one_session_is_ended_from_another_device(here: Client, phone: Client) -> None:
    lost = UserSession.objects.get(user_agent="Chrome, Android")
    here.post(f"/accounts/sessions/{lost.pk}/end/")
    here.post(f"/accounts/sessions/{lost.pk}/end/")  # sent twice
    assert (is_in(here), is_in(phone)) == (True, False)


def test_nobody_ends_the_session_of_somebody_else(here: Client, outsider: Person) -> None:
    other = Client()
    sign_in(other, "odile")
    for row in UserSession.objects.all():
        other.post(f"/accounts/sessions/{row.pk}/end/")
    assert is_in(here)


def test_all_others_are_ended_at_once(here: Client, phone: Client) -> None:
    here.post("/accounts/sessions/end-others/")
    assert (is_in(here), is_in(phone)) == (True, False)


def test_a_new_password_ends_the_others(here: Client, phone: Client) -> None:
    fields = {"oldpassword": PASSWORD, "password1": "seven grey herons", "password2": "seven grey herons"}
    here.post("/accounts/password/change/", fields)
    assert (is_in(here), is_in(phone)) == (True, False)


@pytest.mark.parametrize(
    ("began", "used", "lasts"),
    [(11, 0, True), (13, 0, False), (3, 3, False), (3, 1, True)],
)
def test_a_session_ends_when_it_is_old_or_was_left_alone(
    began: int, used: int, lasts: bool, here: Client, settings: Any
) -> None:
    settings.SESSION_LONGEST, settings.SESSION_IDLE = timedelta(hours=12), timedelta(hours=2)
    now = timezone.now()
    UserSession.objects.update(created_at=now - timedelta(hours=began), last_seen_at=now - timedelta(hours=used))
    assert is_in(here) is lasts
    if lasts:
        assert now - UserSession.objects.get().last_seen_at < timedelta(minutes=6), "use is noted"


def test_a_closed_account_is_out_and_whoever_runs_the_machine_ends_sessions(here: Client, volunteer: Person) -> None:
    assert people.end_sessions(volunteer) == 1
    assert not is_in(here)
    sign_in(here, "vero")
    people.set_active(volunteer, False)
    assert not is_in(here)


def test_a_name_that_is_not_there_is_answered_like_a_wrong_password(volunteer: Person) -> None:
    def said(username: str) -> str:
        page = Client().post("/accounts/login/", {"login": username, "password": "wrong"}).content.decode()
        return re.sub(r'value="[^"]*"', "", page)

    assert said("vero") == said("nobody-of-this-name")
    assert "not correct" in said("vero")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (PHONE, "Chrome, Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        ("curl/8.0", "a program"),
        ("Chrome, Android", "Chrome, Android"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_device_is_named_as_people_do(said: str, shown: str) -> None:
    assert device(said) == shown
