"""Who let whom in, and who changed what can be sent in, stands in the record beside every other decision."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from click.testing import CliRunner
from django.core.cache import cache
from django.test import Client

from rapport.accounts import api_keys, invitations, people
from rapport.accounts.models import ApiKey, Membership, Person
from rapport.accounts.permissions import Role
from rapport.cli.main import cli
from rapport.desk.record.undo import undo
from rapport.errors import Conflict
from rapport.operations import sources
from rapport.operations.models import Operation
from rapport.oversight import keys
from rapport.oversight.models import OF_MANAGING, Decision
from tests.web.totp import set_up, sign_in


@pytest.fixture
def admin(someone: Callable[..., Person]) -> Person:
    return someone("ada", Role.ADMIN)


def lines() -> list[tuple[str, str, str]]:
    chosen = Decision.objects.filter(kind__in=OF_MANAGING).order_by("id")
    return [(line.person.username, line.kind, line.reason) for line in chosen.select_related("person")]


def run(*words: str) -> str:
    done = CliRunner().invoke(cli, ["accounts", *words])
    return f"{done.exit_code} {done.output}{done.exception or ''}"


def test_letting_in_and_out_is_recorded(admin: Person, outsider: Person, operation: Operation) -> None:
    token, _ = invitations.invite(admin, operation.pk, Role.VERIFIER)
    _, spare = invitations.invite(admin, operation.pk, Role.LEAD)
    invitations.revoke(admin, spare)
    invitations.accept(keys.token_hash(token), outsider)
    people.dismiss(admin, Membership.objects.get(person=outsider))
    assert lines() == [
        ("ada", "invite", "Role: verifier"),
        ("ada", "invite", "Role: lead"),
        ("ada", "uninvite", "Role: lead"),
        ("ada", "grant", "odile: verifier, by an invitation"),
        ("ada", "dismiss", "odile: verifier"),
    ]


def test_keys_and_ways_in_are_recorded_without_their_secrets(admin: Person, operation: Operation) -> None:
    sms, api = operation.sources.get(slug="sms"), operation.sources.get(slug="api")
    token = sources.new_address(sms, admin)
    for _twice in range(2):
        sources.change_settings(sms, {"secret": "swordfish"}, admin)
        sources.set_active(sms, False, admin)
    key = api_keys.make(api.pk, operation.pk, "the hospital", admin)
    for _twice in range(2):
        api_keys.revoke(ApiKey.objects.get(), operation.pk, admin)
    assert [(kind, reason) for _who, kind, reason in lines()] == [
        ("source", "sms: new address; the old one ended"),
        ("source", "sms: settings secret"),
        ("source", "sms: paused"),
        ("make_key", f"{key[:8]}… of the hospital"),
        ("end_key", f"{key[:8]}… of the hospital"),
    ]
    kept = str(list(Decision.objects.values()))
    assert not any(secret in kept for secret in (token, "swordfish", key))


def test_they_are_shown_and_not_undone_on_the_desk(admin: Person, lead: Person, operation: Operation) -> None:
    invitations.invite(admin, operation.pk, Role.LEAD)
    client = Client()
    client.force_login(lead, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/sample/desk/decisions/").content.decode()
    assert "invited somebody" in page
    assert ">Undo" not in page
    with pytest.raises(Conflict, match="under People, Ways in, Model or Automated"):
        undo(lead, Decision.objects.get())


def test_what_is_done_at_the_machine_is_recorded_as_that(volunteer: Person, operation: Operation) -> None:
    assert run("role", "vero", "sample", "verifier").startswith("0 ")
    assert run("role", "vero", "sample", "verifier", "--remove").startswith("0 ")
    assert run("disable", "vero").startswith("0 ")
    assert lines() == [
        ("command line", "grant", "vero: verifier"),
        ("command line", "dismiss", "vero: verifier"),
        ("command line", "account", "vero: closed"),
    ]
    assert "command line" not in run("list")
    assert "nobody named" in run("password", "command line")


def test_the_last_admin_is_not_taken_by_mistake(admin: Person, operation: Operation) -> None:
    assert "--force" in run("role", "ada", "sample", "admin", "--remove")
    assert Membership.objects.filter(person=admin).exists()
    assert run("role", "ada", "sample", "admin", "--remove", "--force").startswith("0 ")
    assert not Membership.objects.filter(person=admin).exists()


def test_a_lost_phone_without_codes_is_no_end(lead: Person, operation: Operation) -> None:
    cache.clear()
    client = Client()
    sign_in(client, "lea")
    set_up(client)
    assert run("reset-second-factor", "lea").startswith("0 ")
    assert not Authenticator.objects.exists()
    assert client.get("/sample/people/").status_code == 302
    assert sign_in(client, "lea") == "/"
    assert lines()[-1] == ("command line", "account", "lea: second factor reset")
    assert "nothing to reset" in run("reset-second-factor", "lea")
    assert run("end-sessions", "lea") == "0 lea is signed out of 1 session.\n"


def test_the_page_of_people_shows_who_has_none(lead: Person, volunteer: Person, settings: object) -> None:
    settings.SECOND_FACTOR_REQUIRED = True  # type: ignore[attr-defined]
    client = Client()
    sign_in(client, "lea")
    set_up(client)
    page = client.get("/sample/people/").content.decode()
    assert "No second step" not in page
    Membership.objects.create(
        person=volunteer, operation=Membership.objects.earliest("id").operation, role=Role.CUSTODIAN
    )
    assert "No second step" in client.get("/sample/people/").content.decode()
