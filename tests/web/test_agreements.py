"""An organisation's people and keys read as that organisation while an agreement in force says so, and not a minute
longer; what they then get, the protocol decides."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone

from rapport.accounts import api_keys
from rapport.accounts.models import Belonging, Membership, Organisation, Person
from rapport.accounts.permissions import Role
from rapport.cli.main import cli
from rapport.desk import actions
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind, EntryKind, LedgerEntry
from rapport.sharing import activation, agreements, organisations, partner_keys
from rapport.sharing.agreements import Terms
from rapport.sharing.models import Agreement, AgreementState, NamedRelease, PartnerKey
from rapport.sharing.protocol.library import text_of
from rapport.values import Purpose
from tests.web.desk import DRAFT, report

EVERYTHING = frozenset({Purpose.VIEW, Purpose.EXPORT, Purpose.ALERT, Purpose.PUSH})
#: Everybody gets the commune and no words; the health cluster gets all; one dashboard too, and a donor the region.
PROTOCOL = (
    text_of("house")
    .replace('name = "house"', 'name = "sample"', 1)
    .replace(
        '[[audience]]\nname = "public"',
        '[[audience]]\nname = "cluster"\ntitle = "Health cluster"\nsectors = ["health"]\n\n'
        '[[audience]]\nname = "dashboard"\ntitle = "A dashboard"\nkeys = ["donor-dashboard"]\n\n'
        '[[audience]]\nname = "donors"\ntitle = "Donors"\nkinds = ["donor"]\n\n'
        '[[audience]]\nname = "public"',
    )
    + """
[[grant]]
name = "cluster-all"
to = ["cluster", "dashboard"]
when = { publication = ["published"] }
why = "Agreed with the health cluster."

[[grant]]
name = "donors-words"
to = ["donors"]
when = { publication = ["published"] }
place = "none"
why = "Agreed with donors."

[[limit]]
name = "beyond"
beyond = "donors"
place = "adm2"
words = "none"
why = "Exactly for partners only."
"""
)
WORDS, PLACE = "No water at Delmas 33", "Delmas 33"


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Role.CUSTODIAN)


@pytest.fixture
def who(db: None) -> Organisation:
    return Organisation.objects.create(slug="who", name="World Health Organization", kind="un", sectors=["health"])


@pytest.fixture
def donor(db: None) -> Organisation:
    return Organisation.objects.create(slug="fund", name="The pooled fund", kind="donor")


@pytest.fixture
def event(operation: Operation, verifier: Person, lead: Person, custodian: Person) -> Event:
    activation.activate(custodian, activation.propose(lead, operation, PROTOCOL, "agreed"), "agreed")
    made = actions.accept(verifier, report(operation), DRAFT)
    Event.objects.update(commune_lon=-72.3, commune_lat=18.54, commune_radius_m=6000, commune_name="Delmas")
    return made


def terms(days: float = 30, purposes: frozenset[Purpose] = EVERYTHING, starts: datetime | None = None) -> Terms:
    begin = starts or timezone.now()
    return Terms("The coordination", purposes, begin, begin + timedelta(days=days), "Letter of 3 March")


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def with_key(key: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {key}"})


def text(client: Client, path: str) -> str:
    answer: Any = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return str((answer.getvalue() if answer.streaming else answer.content).decode())


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(timezone, "now", lambda: moment)


WAYS = ("/sample/?view=list", "/sample/events.geojson", "/sample/events.csv", "/sample/events.rss",
        "/sample/events.atom", "/sample/clusters.json?bbox=-75,17,-71,21&zoom=18")  # fmt: skip


# --- whom an agreement admits --------------------------------------------------------------------------------------


def test_an_organisation_gets_nothing_more_before_an_agreement(
    event: Event, operation: Operation, lead: Person, outsider: Person, who: Organisation
) -> None:
    organisations.join(lead, operation.pk, who, "odile")
    client = as_(outsider)
    assert not any(WORDS in text(client, way) for way in WAYS)
    agreements.agree(lead, operation, who, terms())
    assert all(WORDS in text(client, way) for way in (*WAYS, f"/sample/events/{event.ref}/"))
    assert not any(WORDS in text(Client(), way) for way in WAYS)


def test_an_agreement_holds_for_the_purposes_it_names(
    event: Event, operation: Operation, lead: Person, outsider: Person, who: Organisation
) -> None:
    organisations.join(lead, operation.pk, who, "odile")
    agreements.agree(lead, operation, who, terms(purposes=frozenset({Purpose.EXPORT})))
    client = as_(outsider)
    assert WORDS in text(client, "/sample/events.geojson")
    assert WORDS not in text(client, "/sample/?view=list")
    assert f"{event.ref}" in text(client, "/sample/events.geojson?q=pump"), "an export is searched as it is given"
    assert event.ref not in text(client, "/sample/?view=list&q=pump")


def test_it_starts_and_expires_to_the_minute(
    event: Event,
    operation: Operation,
    lead: Person,
    outsider: Person,
    who: Organisation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    organisations.join(lead, operation.pk, who, "odile")
    begin = timezone.now() + timedelta(minutes=10)
    made = agreements.agree(lead, operation, who, terms(days=1 / 48, starts=begin))
    key = partner_keys.make(lead, made, "who-map")
    client, minute = as_(outsider), timedelta(minutes=1)
    for moment, open_ in (
        (begin - minute, False), (begin, True), (made.ends - minute, True), (made.ends, False),
        (made.ends + minute, False),
    ):  # fmt: skip
        at(monkeypatch, moment)
        assert (WORDS in text(client, "/sample/events.csv")) is open_, moment
        assert (WORDS in text(client, "/sample/?view=list")) is open_, moment
        assert with_key(key).get("/sample/events.csv").status_code == (200 if open_ else 403), moment


def test_ended_early_it_ends_with_the_next_request(
    event: Event, operation: Operation, lead: Person, custodian: Person, outsider: Person, who: Organisation
) -> None:
    organisations.join(lead, operation.pk, who, "odile")
    made = agreements.agree(lead, operation, who, terms())
    key = partner_keys.make(lead, made, "who-map")
    client = as_(outsider)
    assert WORDS in text(client, "/sample/events.csv")
    tag = client.get("/sample/events.csv").headers["ETag"]
    agreements.end(custodian, made, "a leak")
    assert WORDS not in text(client, "/sample/events.csv")
    assert client.get("/sample/events.csv", headers={"If-None-Match": tag}).status_code == 200
    assert with_key(key).get("/sample/events.csv").status_code == 403
    with pytest.raises(Conflict):
        agreements.end(lead, made, "again")


def test_who_leaves_an_organisation_reads_for_it_no_more(
    event: Event, operation: Operation, lead: Person, outsider: Person, who: Organisation
) -> None:
    organisations.join(lead, operation.pk, who, "odile")
    agreements.agree(lead, operation, who, terms())
    client = as_(outsider)
    assert WORDS in text(client, "/sample/events.csv")
    assert organisations.leave(lead, operation.pk, who, "odile")
    assert WORDS not in text(client, "/sample/events.csv")


def test_nobody_is_vouched_for_from_another_operation(
    event: Event, operation: Operation, lead: Person, outsider: Person, who: Organisation
) -> None:
    other = Operation.objects.create(slug="other", kind="crisis", west=0, south=0, east=1, north=1, languages=["en"])
    stranger = Person.objects.create_user("nadia", password="a long enough password")
    Membership.objects.create(person=stranger, operation=other, role=Role.LEAD)
    agreements.agree(lead, operation, who, terms())
    organisations.join(stranger, other.pk, who, "odile")
    agreements.agree(stranger, other, who, terms())
    assert WORDS not in text(as_(outsider), "/sample/events.csv")
    with pytest.raises(NotAllowed):
        organisations.join(stranger, operation.pk, who, "odile")
    with pytest.raises(NotAllowed):
        agreements.agree(stranger, operation, who, terms())


def test_one_reads_for_one_organisation_at_a_time(
    event: Event, operation: Operation, lead: Person, outsider: Person, who: Organisation, donor: Organisation
) -> None:
    for one in (who, donor):
        organisations.join(lead, operation.pk, one, "odile")
        agreements.agree(lead, operation, one, terms())
    client = as_(outsider)

    def got(chosen: int) -> dict[str, Any]:
        client.post("/sample/acting-for/", {"organisation": chosen, "next": "/sample/?view=list"})
        (feature,) = json.loads(text(client, "/sample/events.geojson"))["features"]
        return {"title": feature["properties"]["headline"], "place": feature["geometry"]}

    assert WORDS not in text(client, "/sample/events.csv"), "nobody has chosen yet"
    assert "For nobody in particular" in text(client, "/sample/")
    as_who, as_donor, as_nobody = got(who.pk), got(donor.pk), got(0)
    assert as_who["title"] == WORDS
    assert as_who["place"]["coordinates"] == [-72.303, 18.545]
    assert (as_donor["title"], as_donor["place"]) == (WORDS, None)
    assert as_nobody["title"] != WORDS
    assert as_nobody["place"]["coordinates"] == [-72.3, 18.54]
    client.post("/sample/acting-for/", {"organisation": donor.pk})
    assert "For The pooled fund" in text(client, "/sample/")


def test_nobody_acts_for_an_organisation_of_others(
    event: Event, operation: Operation, lead: Person, outsider: Person, who: Organisation, donor: Organisation
) -> None:
    organisations.join(lead, operation.pk, donor, "odile")
    agreements.agree(lead, operation, who, terms())
    client = as_(outsider)
    client.post("/sample/acting-for/", {"organisation": who.pk})
    assert WORDS not in text(client, "/sample/events.csv")
    moved = client.post("/sample/acting-for/", {"organisation": donor.pk, "next": "https://evil.example/"})
    assert moved.headers["Location"] == "/sample/"
    assert Client().post("/sample/acting-for/", {"organisation": who.pk}).status_code == 302


# --- agreements ----------------------------------------------------------------------------------------------------


def test_agreeing_renewing_and_ending_stand_in_the_record(
    operation: Operation, lead: Person, custodian: Person, who: Organisation
) -> None:
    first = agreements.agree(lead, operation, who, terms(days=10))
    second = agreements.renew(custodian, first, first.ends + timedelta(days=300), "A good year")
    agreements.end(lead, second, "They asked us to")
    assert (second.renewed_from, second.starts, second.purposes) == (first, first.ends, first.purposes)
    said = Decision.objects.filter(kind=DecisionKind.AGREEMENT).order_by("pk")
    assert [(one.person, one.after["became"]) for one in said] == [
        (lead, "agreed"), (custodian, "renewed"), (lead, "ended"),
    ]  # fmt: skip
    entries = list(LedgerEntry.objects.filter(kind=EntryKind.POLICY).values_list("body", flat=True))
    assert [json.loads(body)["became"] for body in entries] == ["agreed", "renewed", "ended"]
    assert not re.search("World|Letter|lea|coordination|good year", "".join(entries)), "numbers, no words of people"
    first.refresh_from_db()
    assert first.state(timezone.now()) == AgreementState.IN_FORCE, "a renewal leaves what it renews alone"
    with pytest.raises(Conflict, match="renewed already"):
        agreements.renew(lead, first, first.ends + timedelta(days=30), "again")
    with pytest.raises(Conflict, match="ended early"):
        agreements.renew(lead, second, second.ends + timedelta(days=30), "again")


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.TRANSLATOR, Role.VERIFIER, Role.ADMIN])
def test_only_a_lead_or_a_custodian_signs(
    role: Role, operation: Operation, lead: Person, who: Organisation, someone: Callable[..., Person]
) -> None:
    person, made = someone("other", role), agreements.agree(lead, operation, who, terms())
    for act in (
        lambda: agreements.agree(person, operation, who, terms()),
        lambda: agreements.renew(person, made, made.ends + timedelta(days=1), "so"),
        lambda: agreements.end(person, made, "so"),
        lambda: partner_keys.make(person, made, "who-map"),
        lambda: organisations.join(person, operation.pk, who, "lea"),
        lambda: organisations.add(person, operation.pk, "msf", "MSF", "ngo", []),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_an_agreement_says_for_what_until_when_and_why(operation: Operation, lead: Person, who: Organisation) -> None:
    now = timezone.now()
    for bad, words in (
        (terms(purposes=frozenset()), "at least one"),
        (terms(days=-1), "end after it starts"),
        (terms(days=900), "two years"),
        (Terms("", EVERYTHING, now, now + timedelta(days=3), "x"), "which organisation gives"),
        (Terms("We", EVERYTHING, now, now + timedelta(days=3), " "), "Say why"),
    ):
        with pytest.raises(Refused, match=words):
            agreements.agree(lead, operation, who, bad)
    early = agreements.agree(lead, operation, who, terms(days=30, starts=now - timedelta(days=20)))
    assert early.starts >= now, "nothing holds before it is signed"


# --- keys ----------------------------------------------------------------------------------------------------------


def test_a_key_reads_as_its_organisation_or_by_its_own_name(
    event: Event, operation: Operation, lead: Person, who: Organisation, donor: Organisation
) -> None:
    health = with_key(partner_keys.make(lead, agreements.agree(lead, operation, who, terms()), "who-map"))
    under = agreements.agree(lead, operation, donor, terms())
    plain, named = (with_key(partner_keys.make(lead, under, name)) for name in ("donor-mail", "donor-dashboard"))
    assert all(WORDS in text(health, way) for way in (*WAYS, f"/sample/events/{event.ref}/"))
    assert "72.303" in text(named, "/sample/events.geojson")
    assert "72.303" not in text(plain, "/sample/events.geojson")
    assert WORDS in text(plain, "/sample/events.geojson")


def test_a_key_is_shown_once_and_says_when_it_was_used(
    event: Event, operation: Operation, lead: Person, who: Organisation
) -> None:
    made, client = agreements.agree(lead, operation, who, terms()), as_(lead)
    page = client.post(f"/sample/desk/partners/{made.pk}/keys/", {"name": "who-map"}).content.decode()
    key = re.search(r"rap_[\w-]{43}", page)
    assert key
    page = text(client, f"/sample/desk/partners/{made.pk}/")
    assert key[0] not in page
    assert "Not used yet" in page
    kept = str([*PartnerKey.objects.values(), *Decision.objects.values(), *LedgerEntry.objects.values()])
    assert key[0] not in kept
    assert with_key(key[0]).get("/sample/events.csv").status_code == 200
    assert "Last used" in text(client, f"/sample/desk/partners/{made.pk}/")


ANSWERED = ("/sample/", "/sample/events.geojson", "/sample/events.rss", "/sample/clusters.json", "/sample/pulse", "/")


@pytest.mark.parametrize("way", ANSWERED)
def test_a_wrong_key_is_told_so_and_never_given_what_everybody_gets(
    way: str, event: Event, operation: Operation, lead: Person, who: Organisation
) -> None:
    made = agreements.agree(lead, operation, who, terms())
    key = partner_keys.make(lead, made, "who-map")
    sends = api_keys.make(operation.sources.get(slug="api").pk, operation.pk, "hospital", None)
    assert with_key(key).get(way).status_code == 200
    partner_keys.revoke(lead, PartnerKey.objects.get())
    for sent, status, words in (
        ("", 401, "Nobody knows this key"),
        ("rap_nothing", 401, "Nobody knows this key"),
        (key, 401, "revoked"),
        (sends, 403, "sends reports and reads nothing"),
    ):
        answer = with_key(sent).get(way)
        assert answer.status_code == status, sent
        assert words in answer.json()["error"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert ("WWW-Authenticate" in answer.headers) is (status == 401)
        assert event.ref not in answer.content.decode()


def test_a_key_reads_no_other_operation(operation: Operation, lead: Person, who: Organisation) -> None:
    Operation.objects.create(slug="other", kind="crisis", west=0, south=0, east=1, north=1, languages=["en"])
    key = partner_keys.make(lead, agreements.agree(lead, operation, who, terms()), "who-map")
    answer = with_key(key).get("/other/events.csv")
    assert answer.status_code == 403
    assert "the operation sample and no other" in answer.json()["error"]


def test_a_key_opens_no_desk_and_a_password_of_a_proxy_is_no_key(
    event: Event, operation: Operation, lead: Person, who: Organisation
) -> None:
    key = partner_keys.make(lead, agreements.agree(lead, operation, who, terms()), "who-map")
    assert with_key(key).get("/sample/desk/").status_code == 302
    assert Client(headers={"Authorization": "Basic cHJveHk6cHJveHk="}).get("/sample/events.csv").status_code == 200


def test_names_of_keys_belong_to_one_organisation(
    operation: Operation, lead: Person, who: Organisation, donor: Organisation
) -> None:
    first, other = (agreements.agree(lead, operation, one, terms()) for one in (who, donor))
    partner_keys.make(lead, first, "dashboard")
    partner_keys.make(lead, first, "dashboard")  # a second one, to change over
    with pytest.raises(Conflict, match="Another organisation"):
        partner_keys.make(lead, other, "dashboard")
    with pytest.raises(Refused, match="small letters"):
        partner_keys.make(lead, other, "The Dashboard")
    agreements.end(lead, other, "over")
    with pytest.raises(Conflict, match="over"):
        partner_keys.make(lead, other, "fund-map")


@pytest.mark.parametrize("way", ["/sample/", "/sample/events.geojson", "/sample/clusters.json", "/sample/pulse"])
def test_caches_keep_nothing_that_is_not_everybodys(
    way: str, event: Event, operation: Operation, lead: Person, outsider: Person, who: Organisation
) -> None:
    organisations.join(lead, operation.pk, who, "odile")
    made = agreements.agree(lead, operation, who, terms())
    for client in (as_(outsider), with_key(partner_keys.make(lead, made, "who-map")), as_(lead)):
        assert "private" in client.get(way).headers["Cache-Control"]
    for client in (Client(), as_(outsider)):
        varies = {one.strip() for one in client.get(way).headers["Vary"].split(",")}
        assert {"Cookie", "Authorization"} <= varies


# --- pages ---------------------------------------------------------------------------------------------------------


def day(days: int) -> str:
    """As the pages of the sample operation count days."""
    here = timezone.localdate(timezone=ZoneInfo("America/Port-au-Prince"))
    return (here + timedelta(days=days)).isoformat()


def test_the_pages_lead_from_nothing_to_an_agreement(operation: Operation, lead: Person, outsider: Person) -> None:
    client = as_(lead)
    assert "Add the partner" in text(client, "/sample/desk/partners/")
    added = client.post(
        "/sample/desk/organisations/add/", {"slug": "who", "name": "WHO", "kind": "un", "sectors": "health, wash"}
    )
    who = Organisation.objects.get()
    assert (who.kind, who.sectors) == ("un", ["health", "wash"])
    page = client.post(f"{added.headers['Location']}join/", {"username": "odile"}, follow=True).content.decode()
    assert "odile belongs to WHO here" in page
    sent = {"organisation": who.pk, "giver": "OCHA", "purposes": ["view", "export"], "first": day(0), "last": day(5)}
    bad = client.post("/sample/desk/partners/agree/", sent | {"reason": ""})
    assert bad.status_code == 422
    assert "Say why" in bad.content.decode()
    assert 'value="OCHA"' in bad.content.decode()
    signed = client.post("/sample/desk/partners/agree/", sent | {"reason": "Letter 7"}, follow=True)
    assert "In force, expires in" in signed.content.decode()
    made = Agreement.objects.get()
    assert made.purposes == ["view", "export"]
    for page_with_warning in ("/sample/desk/partners/", "/sample/desk/protocol/"):
        assert "end within 14 days" in text(client, page_with_warning)
    renewed = client.post(f"/sample/desk/partners/{made.pk}/renew/", {"last": day(90), "reason": "go on"}, follow=True)
    assert "Starts later" in renewed.content.decode()
    assert "end within 14 days" not in text(client, "/sample/desk/partners/")
    ended = client.post(f"/sample/desk/partners/{made.pk}/end/", {"reason": "no more"}, follow=True)
    assert "Ended early" in ended.content.decode()
    client.post(f"/sample/desk/organisations/{who.pk}/leave/", {"username": "odile"})
    assert not Belonging.objects.exists()


def test_the_team_sees_partners_and_only_who_signs_gets_forms(
    operation: Operation, lead: Person, volunteer: Person, who: Organisation
) -> None:
    made = agreements.agree(lead, operation, who, terms())
    client = as_(volunteer)
    for path in (
        "/sample/desk/partners/", f"/sample/desk/partners/{made.pk}/", "/sample/desk/organisations/",
        f"/sample/desk/organisations/{who.pk}/",
    ):  # fmt: skip
        page = text(client, path)
        assert "World Health Organization" in page
        assert "/desk/partners/" not in "".join(re.findall(r'action="([^"]*)"', page))


def test_an_agreement_of_another_operation_is_not_found_here(
    operation: Operation, lead: Person, who: Organisation
) -> None:
    other = Operation.objects.create(slug="other", kind="crisis", west=0, south=0, east=1, north=1, languages=["en"])
    made = agreements.agree(lead, operation, who, terms())
    Agreement.objects.update(operation=other)
    for path in ("", "renew/", "end/", "keys/"):
        client = as_(lead)
        asked = client.post if path else client.get
        assert asked(f"/sample/desk/partners/{made.pk}/{path}").status_code == 404


def test_a_partners_person_comes_in_by_a_link_and_reads_as_their_organisation(
    event: Event, operation: Operation, lead: Person, who: Organisation
) -> None:
    agreements.agree(lead, operation, who, terms())
    page = as_(lead).post(f"/sample/desk/organisations/{who.pk}/invite/", {"note": "the duty officer"})
    link = re.search(r"/accounts/invitation/[\w-]+/", page.content.decode())
    assert link
    newcomer = Client()
    assert "World Health Organization" in newcomer.get(link[0]).content.decode()
    password = "a long enough password"
    fields = {"username": "nadia", "password1": password, "password2": password}
    assert newcomer.post("/accounts/signup/", fields).status_code == 302
    nadia = Person.objects.get(username="nadia")
    assert not nadia.memberships.exists()
    assert WORDS in text(newcomer, "/sample/events.csv")
    assert newcomer.get("/sample/desk/").status_code == 403
    assert newcomer.get(link[0]).status_code == 409


def test_a_link_for_a_partner_is_revoked_by_who_may_sign(
    operation: Operation, custodian: Person, someone: Callable[..., Person], who: Organisation
) -> None:
    as_(custodian).post(f"/sample/desk/organisations/{who.pk}/invite/", {"note": "duty officer"})
    invitation = who.invitations.get()
    path = f"/sample/desk/organisations/{who.pk}/invitations/{invitation.pk}/revoke/"
    assert as_(someone("ada", Role.ADMIN)).post(path).status_code == 403
    assert "duty officer" not in text(as_(someone("leo", Role.LEAD)), "/sample/people/"), (
        "it stands with its organisation"
    )
    as_(custodian).post(path)
    assert "Invitations not yet used" not in text(as_(custodian), f"/sample/desk/organisations/{who.pk}/")


# --- the command ---------------------------------------------------------------------------------------------------


def run(*words: str) -> str:
    done = CliRunner().invoke(cli, ["accounts", "organisation", *words])
    return f"{done.exit_code} {done.output}{done.exception or ''}"


def test_organisations_at_the_machine(event: Event, operation: Operation, lead: Person, outsider: Person) -> None:
    assert "WHO is added" in run("add", "who", "WHO", "--kind", "un")
    assert "There is an organisation who already" in run("add", "who", "Another", "--kind", "un")
    assert "one word of small letters" in run("add", "msf", "MSF", "--kind", "An NGO")
    assert run("join", "odile", "sample", "who") == "0 odile belongs to WHO in sample.\n"
    assert "already" in run("join", "odile", "sample", "who")
    assert "Nobody is called nobody" in run("join", "nobody", "sample", "who")
    agreements.agree(lead, operation, organisations.find("who"), terms())
    client = as_(outsider)
    assert WORDS not in text(client, "/sample/events.csv"), "no audience names the UN"
    assert run("change", "who", "--sector", "health") == "0 WHO: un; health.\n"
    assert WORDS in text(client, "/sample/events.csv"), "from the next request on"
    (row,) = json.loads(run("list", "--operation", "sample", "--json")[2:])
    assert row["people"] == ["odile"]
    assert run("join", "odile", "sample", "who", "--remove").startswith("0 ")
    assert "does not belong to who in sample" in run("join", "odile", "sample", "who", "--remove")
    said = Decision.objects.filter(kind=DecisionKind.ORGANISATION).order_by("pk").values_list("reason", flat=True)
    assert list(said) == ["odile belongs to WHO", "WHO changed", "odile does not belong to WHO any more"]


def test_a_pack_is_handed_over_to_a_partner_and_written_down_as_given_to_it(
    operation: Operation, event: Event, lead: Person, verifier: Person, who: Organisation, donor: Organisation
) -> None:
    agreement = agreements.agree(lead, operation, who, terms())
    looking = agreements.agree(lead, operation, donor, terms(purposes=frozenset({Purpose.VIEW})))
    client = as_(lead)
    address = f"/sample/desk/partners/{agreement.pk}/pack.zip"
    assert address in client.get(f"/sample/desk/partners/{agreement.pk}/").content.decode()
    answer: Any = client.get(address)
    assert 'filename="sample-who-1.zip"' in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        said = json.loads(archive.read("datapackage.json"))
        assert event.ref.encode() in archive.read("events.csv")
    assert said["rapport:audience"] not in {"team", "public"}
    given = NamedRelease.objects.get()
    assert (given.organisation, given.person_id, given.purpose) == ("who", 0, "export")
    # Only who may sign agreements, only while one holds that says so.
    assert as_(verifier).get(address).status_code == 403
    assert "pack.zip" not in client.get(f"/sample/desk/partners/{looking.pk}/").content.decode()
    assert client.get(f"/sample/desk/partners/{looking.pk}/pack.zip").status_code == 403
    agreements.end(lead, agreement, "over")
    assert client.get(address).status_code == 404
