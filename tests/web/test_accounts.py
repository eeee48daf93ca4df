"""People come in by invitation only, nobody gives away more than they hold, and secrets are shown once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.forms import SignupForm
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import timezone

from rapport.accounts import api_keys, invitations, people
from rapport.accounts.adapter import OPENED, InvitedOnly
from rapport.accounts.models import ApiKey, Invitation, Membership, Person
from rapport.accounts.permissions import Permission, Role
from rapport.errors import Conflict, NotAllowed, RapportError
from rapport.operations import sources
from rapport.operations.load import source_settings
from rapport.operations.models import Operation, Source, source_by_token
from rapport.oversight import keys
from tests.conftest import SMSSYNC_TOKEN

PASSWORD = "seven grey herons"
People = Callable[..., Person]


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    cache.clear()
    api_keys.forget()


@pytest.fixture
def admin(someone: People) -> Person:
    return someone("ada", Role.ADMIN)


@pytest.fixture
def newcomer() -> Client:
    return Client()


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def link_of(page: bytes) -> str:
    found = re.search(r'value="https?://[^/]+(/accounts/invitation/[^"]+)"', page.decode())
    assert found, page.decode()
    return found[1]


def sign_up(client: Client, username: str = "nadia") -> int:
    fields = {"username": username, "password1": PASSWORD, "password2": PASSWORD}
    return client.post("/accounts/signup/", fields).status_code


# --- invitations ---------------------------------------------------------------------------------------------------


def test_an_invitation_leads_from_the_link_to_the_role(lead: Person, newcomer: Client, operation: Operation) -> None:
    page = as_(lead).post("/sample/people/", {"role": "verifier", "note": "from the town hall"})
    opened = newcomer.get(link_of(page.content))
    assert "verifier" in opened.content.decode()
    assert newcomer.get("/accounts/signup/").status_code == 200
    assert sign_up(newcomer) == 302
    nadia = Person.objects.get(username="nadia")
    assert nadia.roles_in(operation.pk) == {Role.VERIFIER}
    invitation = Invitation.objects.get()
    assert invitation.accepted_by == nadia
    assert invitation.accepted_at is not None


def test_the_token_of_a_link_is_not_stored(lead: Person, operation: Operation) -> None:
    token, invitation = invitations.invite(lead, operation.pk, Role.VOLUNTEER)
    assert token not in json.dumps(list(Invitation.objects.values()), default=str)
    assert invitation.token_hash == keys.token_hash(token)


def test_without_an_invitation_no_account_is_made(newcomer: Client, operation: Operation) -> None:
    assert "by invitation" in newcomer.get("/accounts/signup/").content.decode()
    sign_up(newcomer)
    assert not Person.objects.filter(username="nadia").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"accepted_at": timezone.now()}, "has been used"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "has ended"),
    ],
)
def test_a_spent_link_says_so(
    change: dict[str, object], words: str, lead: Person, newcomer: Client, operation: Operation
) -> None:
    token, _ = invitations.invite(lead, operation.pk, Role.VOLUNTEER)
    Invitation.objects.update(**change)
    answer = newcomer.get(f"/accounts/invitation/{token}/")
    assert answer.status_code == 409
    assert words in answer.content.decode()


def test_an_unknown_link_says_so(newcomer: Client, operation: Operation) -> None:
    answer = newcomer.get("/accounts/invitation/nothing-of-ours/")
    assert answer.status_code == 409
    assert "no such invitation" in answer.content.decode()


def test_a_link_lets_in_one_person(lead: Person, operation: Operation) -> None:
    token, _ = invitations.invite(lead, operation.pk, Role.VOLUNTEER)
    first, second = Client(), Client()
    for client in (first, second):
        client.get(f"/accounts/invitation/{token}/")
    assert sign_up(first, "first") == 302
    sign_up(second, "second")
    assert set(Membership.objects.filter(role="volunteer").values_list("person__username", flat=True)) == {"first"}
    assert not Person.objects.filter(username="second").exists()


def test_an_account_and_its_role_are_made_together_or_not_at_all(
    lead: Person, operation: Operation, rf: RequestFactory
) -> None:
    """Two people send the form in the same moment: the second one's account is not left behind without a role."""
    token, _ = invitations.invite(lead, operation.pk, Role.VOLUNTEER)
    request = rf.post("/accounts/signup/")
    request.session = SessionBase()
    request.session[OPENED] = keys.token_hash(token)
    form = SignupForm({"username": "late", "password1": PASSWORD, "password2": PASSWORD})
    assert form.is_valid()
    invitations.accept(keys.token_hash(token), lead)
    with pytest.raises(Conflict):
        InvitedOnly(request).save_user(request, Person(), form)
    assert not Person.objects.filter(username="late").exists()


def test_a_person_with_an_account_takes_the_role_after_confirming(
    lead: Person, outsider: Person, operation: Operation
) -> None:
    token, _ = invitations.invite(lead, operation.pk, Role.TRANSLATOR)
    client = as_(outsider)
    client.get(f"/accounts/invitation/{token}/")
    assert not outsider.memberships.exists()
    answer = client.post(f"/accounts/invitation/{token}/accept/")
    assert answer.headers["Location"] == "/sample/"
    assert list(outsider.memberships.values_list("role", flat=True)) == ["translator"]


def test_a_revoked_link_ends(lead: Person, newcomer: Client, operation: Operation) -> None:
    token, invitation = invitations.invite(lead, operation.pk, Role.VOLUNTEER)
    as_(lead).post(f"/sample/people/invitations/{invitation.pk}/revoke/")
    assert newcomer.get(f"/accounts/invitation/{token}/").status_code == 409


@pytest.mark.parametrize("giver", list(Role))
def test_nobody_invites_into_a_role_that_carries_more(giver: Role, someone: People, operation: Operation) -> None:
    person = someone("giver", giver)
    expected = {
        Role.LEAD: {Role.VOLUNTEER, Role.TRANSLATOR, Role.VERIFIER, Role.LEAD, Role.DUTY},
        Role.ADMIN: set(Role),
    }.get(giver, set())
    assert set(invitations.roles_to_give(person, operation.pk)) == expected
    for role in set(Role) - expected:
        with pytest.raises(NotAllowed):
            invitations.invite(person, operation.pk, role)
    assert not Invitation.objects.exists()


def test_a_form_does_not_get_round_it(lead: Person, operation: Operation) -> None:
    page = as_(lead).post("/sample/people/", {"role": "admin"})
    assert not Invitation.objects.exists()
    assert page.status_code == 200


def test_an_invitation_of_another_operation_is_not_revoked_from_here(
    lead: Person, someone: People, operation: Operation
) -> None:
    other = Operation.objects.create(
        slug="other", kind="crisis", time_zone="UTC", west=0, south=0, east=1, north=1, languages=["en"]
    )
    chief = Person.objects.create_user("chief", password=PASSWORD)
    Membership.objects.create(person=chief, operation=other, role=Role.LEAD)
    _, invitation = invitations.invite(chief, other.pk, Role.VOLUNTEER)
    assert as_(lead).post(f"/sample/people/invitations/{invitation.pk}/revoke/").status_code == 404


def test_the_last_admin_stays(admin: Person, someone: People, operation: Operation) -> None:
    only = Membership.objects.get(person=admin)
    with pytest.raises(Conflict):
        people.dismiss(admin, only)
    someone("second", Role.ADMIN)
    people.dismiss(admin, only)
    assert not Membership.objects.filter(person=admin).exists()


def test_a_lead_does_not_dismiss_an_admin(lead: Person, admin: Person, someone: People, operation: Operation) -> None:
    someone("second", Role.ADMIN)
    answer = as_(lead).post(f"/sample/people/{Membership.objects.get(person=admin).pk}/dismiss/")
    assert answer.status_code == 403
    assert Membership.objects.filter(person=admin).exists()


@pytest.mark.parametrize("path", ["/sample/people/", "/sample/sources/"])
def test_pages_of_managing_are_closed_to_others(path: str, volunteer: Person, newcomer: Client) -> None:
    assert as_(volunteer).get(path).status_code == 403
    assert newcomer.get(path).headers["Location"].startswith("/accounts/login/?next=")


# --- signing in ----------------------------------------------------------------------------------------------------


def test_signing_in_and_out(volunteer: Person, client: Client) -> None:
    answer = client.post("/accounts/login/", {"login": "vero", "password": "a long enough password"})
    assert answer.headers["Location"] == "/"
    assert "_auth_user_id" in client.session
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_failed_tries_are_limited_and_a_right_password_then_waits_too(volunteer: Person, client: Client) -> None:
    for _ in range(5):
        client.post("/accounts/login/", {"login": "vero", "password": "wrong"})
    client.post("/accounts/login/", {"login": "vero", "password": "a long enough password"})
    assert "_auth_user_id" not in client.session


def test_a_closed_account_is_shown_out(volunteer: Person) -> None:
    client = as_(volunteer)
    Person.objects.filter(pk=volunteer.pk).update(is_active=False)
    assert client.get("/sample/people/").status_code == 302


def test_a_new_password_ends_open_sessions(lead: Person) -> None:
    client = as_(lead)
    assert client.get("/sample/people/").status_code == 200
    people.set_password(lead)
    assert client.get("/sample/people/").status_code == 302


def test_the_password_is_changed_on_a_page(lead: Person) -> None:
    client = as_(lead)
    fields = {"oldpassword": "a long enough password", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/password/change/", fields)
    lead.refresh_from_db()
    assert lead.check_password(PASSWORD)


@pytest.mark.parametrize("path", ["login", "signup", "inactive"])
def test_pages_of_signing_in_show_without_a_session(path: str, client: Client, db: None) -> None:
    answer = client.get(f"/accounts/{path}/")
    assert answer.status_code == 200
    assert "</html>" in answer.content.decode()


def test_random_passwords_pass_the_rules_and_differ(db: None) -> None:
    made = {people.add(f"person{i}")[1] for i in range(20)}
    assert len(made) == 20
    for index, secret in enumerate(made):
        people.set_password(people.find(f"person{index}"), secret)


def test_a_weak_password_is_refused_with_the_reason(volunteer: Person) -> None:
    with pytest.raises(RapportError, match="10 characters"):
        people.set_password(volunteer, "short")


# --- keys and ways in ----------------------------------------------------------------------------------------------


@pytest.fixture
def api(operation: Operation) -> Source:
    return operation.sources.get(slug="api")


def test_a_key_is_found_and_only_its_hash_is_kept(api: Source, admin: Person) -> None:
    key = api_keys.make(api.pk, api.operation_id, "the hospital", admin)
    assert key.startswith("rap_")
    found = api_keys.find(key)
    assert found is not None
    assert found.source == api
    assert key not in json.dumps(list(ApiKey.objects.values()), default=str)


@pytest.mark.parametrize("wrong", ["", "rap_", "rap_nothing", "é" * 1000])
def test_other_keys_are_not_found(wrong: str, api: Source) -> None:
    assert api_keys.find(wrong) is None


def test_a_revoked_key_ends_at_once(api: Source, admin: Person) -> None:
    key = api_keys.make(api.pk, api.operation_id, "the hospital", admin)
    held = api_keys.find(key)
    assert held is not None
    as_(admin).post(f"/sample/keys/{held.pk}/revoke/")
    assert api_keys.find(key) is None


def test_a_paused_source_takes_no_key(api: Source, admin: Person) -> None:
    key = api_keys.make(api.pk, api.operation_id, "the hospital", admin)
    assert api_keys.find(key)
    as_(admin).post("/sample/sources/api/pause/", {"active": "0"})
    assert api_keys.find(key) is None


def test_only_who_manages_sources_makes_keys(api: Source, lead: Person) -> None:
    with pytest.raises(NotAllowed):
        api_keys.make(api.pk, api.operation_id, "x", lead)
    assert as_(lead).post("/sample/sources/api/keys/", {"name": "x"}).status_code == 403


def test_a_key_is_shown_once_on_the_page(api: Source, admin: Person) -> None:
    page = as_(admin).post("/sample/sources/api/keys/", {"name": "the hospital"}).content.decode()
    found = re.search(r'value="(rap_[^"]+)"', page)
    assert found
    assert api_keys.find(found[1])
    again = as_(admin).get("/sample/sources/").content.decode()
    assert found[1] not in again
    assert found[1][:8] in again


def test_a_new_address_replaces_the_old_one(admin: Person, operation: Operation) -> None:
    page = as_(admin).post("/sample/sources/sms/address/").content.decode()
    found = re.search(r"/in/smssync/([^/\"]{20,})/", page)
    assert found
    assert source_by_token("smssync", found[1])
    assert source_by_token("smssync", SMSSYNC_TOKEN) is None
    assert found[1] not in as_(admin).get("/sample/sources/").content.decode()


def test_stored_secrets_are_never_on_the_page(admin: Person, operation: Operation) -> None:
    assert "open sesame" not in as_(admin).get("/sample/sources/").content.decode()


def test_an_empty_secret_keeps_the_stored_one(admin: Person, operation: Operation) -> None:
    sms = operation.sources.get(slug="sms")
    sources.change_settings(sms, {"secret": ""}, admin)
    assert source_settings(sms)["secret"] == "open sesame"
    sources.change_settings(sms, {"secret": "another"}, admin)
    assert source_settings(sms)["secret"] == "another"


@pytest.mark.parametrize(
    ("channel", "known", "elsewhere"),
    [
        ("twilio", {"auth_token": "a token of ours"}, {"api": "https://elsewhere.example"}),
        (
            "plain",
            {"secret": "s", "send_url": "https://gateway.example/v1", "send_authorization": "Bearer ours"},
            {"send_url": "http://gateway.example/v1"},
        ),
    ],
)
def test_a_stored_secret_is_not_sent_to_another_host(
    channel: str, known: dict[str, str], elsewhere: dict[str, str], admin: Person, operation: Operation
) -> None:
    source = Source.objects.create(operation=operation, slug="gate", channel=channel, names={"en": "Gate"})
    sources.change_settings(source, known, admin)
    public = {name: value for name, value in known.items() if name == "send_url"}
    sources.change_settings(source, public, admin)
    given = {f"setting-{name}": value for name, value in (public | elsewhere).items()}
    page = as_(admin).post("/sample/sources/gate/settings/", given)
    assert page.status_code == 400
    assert "names another host" in page.content.decode()
    assert source_settings(source) == known
    again = {name: f"{value} anew" for name, value in known.items() if name not in elsewhere}
    sources.change_settings(source, again | elsewhere, admin)
    assert source_settings(source).items() >= elsewhere.items()


def test_refusals_are_counted_on_the_page(admin: Person, operation: Operation) -> None:
    sms = operation.sources.get(slug="sms")
    sms.refusals.create(day=timezone.now().date(), reason="bad_secret", count=41)
    assert "bad_secret: 41" in as_(admin).get("/sample/sources/").content.decode()


def test_every_permission_is_carried_by_some_role(someone: People, operation: Operation) -> None:
    everybody = [someone(f"as-{role}", role) for role in Role]
    held = {p for p in Permission if any(person.may(p, operation.pk) for person in everybody)}
    assert held == set(Permission)
