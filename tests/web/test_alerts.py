"""A lead warns people: whole, in valid CAP, to whom the protocol lets, as one thread that never changes its words."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
import xmlschema
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.alerts import threads
from rapport.alerts.draft import AlertDraft, Unit, Wording, precision_of
from rapport.alerts.models import AlertMessage
from rapport.desk.alerts import actions
from rapport.desk.alerts.actions import digest
from rapport.desk.alerts.outlook import outlook
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events.models import Event
from rapport.formats.cap import reading, signature
from rapport.formats.cap.chain import Standing
from rapport.formats.cap.chain import threads as chained
from rapport.formats.cap.model import (
    Category,
    Certainty,
    MsgType,
    Point,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
)
from rapport.formats.cap.validation import is_valid, validate
from rapport.operations.models import Operation
from rapport.oversight.models import Decision, DecisionKind, LedgerEntry
from rapport.sharing import activation, agreements, organisations, partner_keys
from rapport.sharing.agreements import Terms
from rapport.sharing.models import NamedRelease
from rapport.sharing.protocol.library import text_of
from rapport.values import Precision, Purpose
from tests.web.public import publish

BASE = "https://rapport.example"
OASIS = xmlschema.XMLSchema(str(Path(__file__).parents[1] / "data" / "cap" / "cap12.xsd"))


def drafted(**other: Any) -> AlertDraft:
    usual = AlertDraft(
        msg_type=MsgType.ALERT,
        categories=(Category.MET,),
        urgency=Urgency.IMMEDIATE,
        severity=Severity.SEVERE,
        certainty=Certainty.OBSERVED,
        responses=(ResponseType.EVACUATE,),
        expires=(timezone.now() + timedelta(hours=6)).replace(microsecond=0),
        area="Delmas",
        centre=Point(18.545, -72.303),
        radius_m=4000,
        wordings=(
            Wording("ht", "inondasyon", "Dlo ap monte nan Delmas", "Ravin nan ap debòde.", "Monte sou mòn lan."),
            Wording("en", "flood", "Water rises in Delmas", "The ravine overflows.", "Go uphill now."),
        ),
    )
    return replace(usual, **other)


def issue(person: Person, message: AlertMessage) -> AlertMessage:
    look = outlook(message.alert.operation, message, BASE, timezone.now())
    return actions.issue(person, message, actions.seen(message, look), BASE)


def warned(lead: Person, operation: Operation, event: Event | None = None, **other: Any) -> AlertMessage:
    return issue(lead, actions.start(lead, operation, drafted(**other), event))


def follow(lead: Person, first: AlertMessage, kind: MsgType, **other: Any) -> AlertMessage:
    said = replace(first.as_draft, msg_type=kind, note="The water goes on rising.", **other)
    return issue(lead, actions.follow(lead, first.alert, said))


def feed(client: Client, ending: str = "atom") -> Any:
    found = feedparser.parse(io.BytesIO(client.get(f"/sample/alerts.{ending}").content))
    assert found.bozo == 0
    return found


def earlier(message: AlertMessage, **by: int) -> None:
    """As if it had been issued so long ago."""
    rows = AlertMessage.objects.filter(pk=message.pk)
    shifted = timedelta(**by)
    sent, expires = rows.values_list("sent", "expires").get()
    assert sent is not None
    assert expires is not None
    rows.update(sent=sent - shifted, expires=expires - shifted)


# --- a thread ------------------------------------------------------------------------------------------------------


def test_alert_update_and_cancellation_are_three_valid_messages_of_one_thread(
    client: Client, operation: Operation, lead: Person
) -> None:
    first = warned(lead, operation)
    second = follow(lead, first, MsgType.UPDATE, severity=Severity.EXTREME)
    third = follow(lead, second, MsgType.CANCEL)
    read = []
    for one in (first, second, third):
        answer = client.get(f"/sample/alerts/{first.alert.ref}/{one.version}.cap")
        assert answer.headers["Content-Type"] == "application/cap+xml"
        OASIS.validate(io.BytesIO(answer.content))
        read.append(reading.read(answer.content))
    for profile in (None, "google", "ifrc"):
        for message in read:
            assert is_valid(validate(message, profile, timezone.now())), validate(message, profile, timezone.now())  # type: ignore[arg-type]
    (thread,) = chained(read)
    assert not [*thread.missing, *thread.loops, *thread.powerless, *thread.left_out, *thread.conflicts]
    later = timezone.now() + timedelta(seconds=5)
    standing = [thread.standing(one.alert, later) for one in read if one.alert]
    assert standing == [Standing.CANCELLED, Standing.CANCELLED, Standing.NOTICE]
    sent = [one.alert.sent for one in read if one.alert]
    assert sent[0] < sent[1] < sent[2]
    assert [one.alert.status for one in read if one.alert] == [Status.ACTUAL] * 3


def test_feeds_hold_the_last_message_of_each_alert_until_it_expires(
    client: Client, operation: Operation, lead: Person
) -> None:
    first = warned(lead, operation)
    other = warned(lead, operation, area="Jacmel")
    second = follow(lead, first, MsgType.UPDATE)
    ours, theirs = (f"http://testserver/sample/alerts/{one.alert.ref}/" for one in (first, other))
    found = feed(client)
    assert {one.id for one in found.entries} == {f"{ours}2.cap", f"{theirs}1.cap"}
    entry = next(one for one in found.entries if one.id == f"{ours}2.cap")
    assert [(one.rel, one.type, one.href) for one in entry.links] == [("alternate", "application/cap+xml", entry.id)]
    assert (entry.cap_severity, entry.cap_msgtype, entry.where["type"]) == ("Severe", "Update", "Polygon")
    assert {one.link for one in feed(client, "rss").entries} == {f"{ours}2.cap", f"{theirs}1.cap"}
    third = follow(lead, second, MsgType.CANCEL)
    assert {one.id for one in feed(client).entries} == {f"{ours}3.cap", f"{theirs}1.cap"}, (
        "who read it must learn of it"
    )
    for one in (first, second, third, other):
        earlier(one, hours=7)
    assert (feed(client).entries, feed(client, "rss").entries) == ([], [])


def test_the_map_tells_of_what_is_in_force_and_of_nothing_else(
    client: Client, operation: Operation, lead: Person
) -> None:
    def told() -> bool:
        return b"Water rises in Delmas" in client.get("/sample/", headers={"Accept-Language": "en"}).content

    assert not told()
    first = warned(lead, operation)
    assert told()
    assert b"Water rises in Delmas" in client.get("/sample/alerts/", headers={"Accept-Language": "en"}).content
    assert b"Dlo ap monte" in client.get("/sample/alerts/", headers={"Accept-Language": "ht"}).content
    second = follow(lead, first, MsgType.CANCEL)
    assert not told()
    address = f"/sample/alerts/{first.alert.ref}/"
    assert b"is cancelled" in client.get(address, headers={"Accept-Language": "en"}).content
    earlier(first, hours=7)
    earlier(second, hours=7)
    assert b"has expired" in client.get(address, headers={"Accept-Language": "en"}).content
    assert not told()


def test_what_stands_under_an_address_never_changes(client: Client, operation: Operation, lead: Person) -> None:
    first = warned(lead, operation)
    address = f"/sample/alerts/{first.alert.ref}/1.cap"
    was = client.get(address)
    operation.alerts = {"sender": "other@example.org", "name": "Other"}
    operation.names = {"en": "Renamed"}
    operation.save()
    follow(lead, first, MsgType.UPDATE, area="Jacmel", centre=Point(18.2, -72.5))
    assert client.get(address).content == was.content
    assert client.get(address, headers={"If-None-Match": was.headers["ETag"]}).status_code == 304
    for number in (0, 3, 99):
        assert client.get(f"/sample/alerts/{first.alert.ref}/{number}.cap").status_code == 404


def test_an_update_names_every_message_that_may_still_be_held(operation: Operation, lead: Person) -> None:
    first = warned(lead, operation)
    second = follow(lead, first, MsgType.UPDATE, expires=first.as_draft.expires + timedelta(hours=14))
    earlier(first, hours=7)
    third = follow(lead, second, MsgType.UPDATE)
    named = reading.read(bytes(third.data or b"")).alert
    assert named is not None
    assert [one.identifier for one in named.references] == [f"sample-{first.alert.ref}-2"]


def test_what_is_over_is_followed_by_nothing(operation: Operation, lead: Person) -> None:
    first = warned(lead, operation)
    draft = actions.follow(lead, first.alert, replace(drafted(msg_type=MsgType.UPDATE), note="why"))
    with pytest.raises(Conflict, match="waits already"):
        actions.follow(lead, first.alert, replace(drafted(msg_type=MsgType.CANCEL), note="why"))
    earlier(first, hours=7)
    with pytest.raises(Conflict, match="expired"):
        issue(lead, draft)
    actions.drop(lead, draft)
    with pytest.raises(Conflict, match="expired"):
        actions.follow(lead, first.alert, replace(drafted(msg_type=MsgType.CANCEL), note="why"))
    other = warned(lead, operation)
    follow(lead, other, MsgType.CANCEL)
    with pytest.raises(Conflict, match="cancelled"):
        actions.follow(lead, other.alert, replace(drafted(msg_type=MsgType.UPDATE), note="why"))


# --- people decide -------------------------------------------------------------------------------------------------


def test_a_draft_goes_to_nobody_and_issuing_it_is_a_decision_of_a_lead(
    client: Client, operation: Operation, lead: Person, verifier: Person, volunteer: Person
) -> None:
    with pytest.raises(NotAllowed):
        actions.start(volunteer, operation, drafted())
    draft = actions.start(verifier, operation, drafted())
    assert not feed(client).entries
    assert client.get(f"/sample/alerts/{draft.alert.ref}/").status_code == 404
    with pytest.raises(NotAllowed):
        issue(verifier, draft)
    issue(lead, draft)
    made = Decision.objects.get(kind=DecisionKind.ALERT)
    assert (made.person, made.after["became"], made.after["drafted_by"]) == (lead, "issued", verifier.pk)
    assert LedgerEntry.objects.filter(kind="decision").count() == 1
    with pytest.raises(Conflict, match="issued already"):
        issue(lead, draft)


def test_where_the_operation_says_so_two_people_issue_it(
    operation: Operation, lead: Person, someone: Callable[..., Person]
) -> None:
    operation.alerts = {"two_people": True}
    operation.save()
    other = someone("luc", Role.LEAD)
    draft = actions.start(lead, operation, drafted())
    with pytest.raises(Conflict, match="two people"):
        issue(lead, draft)
    changed = actions.rewrite(other, draft, drafted(area="Delmas 33"), digest(draft))
    with pytest.raises(Conflict, match="two people"):
        issue(other, changed)
    issue(lead, changed)


def test_what_changed_since_somebody_looked_is_not_issued(operation: Operation, lead: Person, verifier: Person) -> None:
    draft = actions.start(lead, operation, drafted())
    seen = digest(draft)
    looked = actions.seen(draft, outlook(operation, draft, BASE, timezone.now()))
    actions.rewrite(verifier, draft, drafted(area="Jacmel"), seen)
    with pytest.raises(Conflict, match="changed the draft"):
        actions.issue(lead, draft, looked, BASE)
    with pytest.raises(Conflict, match="changed the draft"):
        actions.rewrite(lead, draft, drafted(area="Léogâne"), seen)


def test_an_exercise_says_so_wherever_somebody_may_look(client: Client, operation: Operation, lead: Person) -> None:
    operation.exercise = True
    operation.save()
    first = warned(lead, operation)
    made = reading.read(client.get(f"/sample/alerts/{first.alert.ref}/1.cap").content).alert
    assert made is not None
    assert made.status is Status.EXERCISE
    assert "EXERCISE" in made.note
    assert all(info.headline.startswith("EXERCISE: ") for info in made.infos)
    assert feed(client).entries[0].cap_status == "Exercise"


# --- who gets it ---------------------------------------------------------------------------------------------------


def in_force(lead: Person, custodian: Person, operation: Operation, text: str) -> None:
    activation.activate(custodian, activation.propose(lead, operation, text, "agreed"), "")


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("cara", Role.CUSTODIAN)


def test_an_alert_about_an_event_is_ruled_by_what_is_said_of_the_event(
    client: Client, operation: Operation, lead: Person
) -> None:
    event = publish(operation, "Shelter at the school")
    first = warned(lead, operation, event)
    assert len(feed(client).entries) == 1
    Event.objects.filter(pk=event.pk).update(persons_at_risk=True)
    assert not feed(client).entries
    for address in (f"{first.alert.ref}/", f"{first.alert.ref}/1.cap"):
        assert client.get(f"/sample/alerts/{address}").status_code == 404
    draft = actions.start(lead, operation, drafted(), event)
    with pytest.raises(Refused, match="lets nobody"):
        issue(lead, draft)


COARSE = """
[[limit]]
name = "coarse"
beyond = "team"
place = "adm2"
why = "By commune."
"""


def test_a_circle_around_a_hidden_place_is_not_coarse_and_a_commune_is(
    client: Client, operation: Operation, lead: Person, custodian: Person
) -> None:
    in_force(lead, custodian, operation, text_of("house").replace('"house"', '"coarse"') + COARSE)
    event = publish(operation)
    for area in ({"radius_m": 30_000}, {"ring": (Point(18, -73), Point(19, -73), Point(19, -72), Point(18, -73))}):
        with pytest.raises(Refused, match="lets nobody"):
            warned(lead, operation, event, **area)
    unit = Unit("HT0112", Precision.ADM2)
    warned(lead, operation, event, unit=unit, radius_m=6000)
    assert len(feed(client).entries) == 1


def test_a_protocol_that_does_not_speak_of_alerts_gives_nobody_any(
    operation: Operation, lead: Person, custodian: Person
) -> None:
    text = text_of("house").replace('["event", "alert"]', '["event"]').replace('"house"', '"older"')
    in_force(lead, custodian, operation, text)
    with pytest.raises(Refused, match="lets nobody"):
        warned(lead, operation)


PARTNERS = """
[[audience]]
name = "partners"
title = "Partners"
kinds = ["un"]

[[audience]]
name = "public"
"""
FOR_PARTNERS = """
[[grant]]
name = "partners"
to = ["partners"]
when = { publication = ["published"] }
why = "Agreed with partners."

[[grant]]
name = "public"
"""


def test_what_only_partners_may_have_says_so_and_each_giving_is_written_down(
    client: Client, operation: Operation, lead: Person, custodian: Person
) -> None:
    text = text_of("house").replace('[[audience]]\nname = "public"\n', PARTNERS, 1)
    text = text.replace('[[grant]]\nname = "public"\n', FOR_PARTNERS, 1).replace('"house"', '"ours"')
    in_force(lead, custodian, operation, text + '\n[[limit]]\nname = "no"\nbeyond = "partners"\nnothing = true\n'
             'when = { kind = ["alert"] }\nwhy = "Alerts are for partners."\n')  # fmt: skip
    who = organisations.add(lead, operation.pk, "who", "WHO", "un", [])
    now = timezone.now()
    terms = Terms("We", frozenset({Purpose.ALERT}), now, now + timedelta(days=9), "agreed")
    key = partner_keys.make(lead, agreements.agree(lead, operation, who, terms), "map")
    first = warned(lead, operation)
    assert not feed(client).entries
    partner = {"Authorization": f"Bearer {key}"}
    address = f"/sample/alerts/{first.alert.ref}/1.cap"
    answer = client.get(address, headers=partner)
    made = reading.read(answer.content).alert
    assert made is not None
    assert (made.scope, made.restriction) == (Scope.RESTRICTED, "Only for: Partners")
    assert "private" in answer.headers["Cache-Control"]
    client.get(address, headers=partner)
    row = NamedRelease.objects.get()
    assert (row.kind, row.item_id, row.organisation, row.purpose) == ("alert", first.pk, "who", "alert")
    assert LedgerEntry.objects.filter(kind="release").count() == 1


def test_a_delay_keeps_an_alert_back_as_it_keeps_an_event(
    client: Client, operation: Operation, lead: Person, custodian: Person
) -> None:
    late = '\n[[limit]]\nname = "late"\nbeyond = "team"\ndelay_hours = 2\nwhy = "Two hours late."\n'
    in_force(lead, custodian, operation, text_of("house").replace('"house"', '"late"') + late)
    first = warned(lead, operation)
    assert not feed(client).entries
    earlier(first, hours=3)
    assert len(feed(client).entries) == 1
    follow(lead, first, MsgType.UPDATE)
    assert len(feed(client).entries) == 1, "an update of what was given is given at once"


# --- what is typed -------------------------------------------------------------------------------------------------


def typed(**other: str) -> dict[str, Any]:
    later = timezone.localtime(timezone.now() + timedelta(hours=9), operation_zone())
    return {
        "categories": ["Met"], "responses": ["Evacuate"], "urgency": "Immediate", "severity": "Severe",
        "certainty": "Observed", "expires": later.strftime("%Y-%m-%dT%H:%M"), "place_name": "Delmas",
        "event_en": "flood", "headline_en": "Water rises", "description_en": "The ravine overflows.", **other,
    }  # fmt: skip


def seen_on(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"')[0]


def operation_zone() -> Any:
    return timezone.zoneinfo.ZoneInfo("America/Port-au-Prince")


def test_the_form_makes_a_draft_its_page_shows_it_and_a_click_issues_it(
    client: Client, operation: Operation, lead: Person
) -> None:
    client.force_login(lead)
    answer = client.post("/sample/desk/alerts/new/", typed())
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer.headers["Location"]).content.decode()
    assert "Issue the alert now" in page
    assert "HT0112" in page, "the commune by its name, with its code"
    draft = AlertMessage.objects.get()
    done = client.post(f"{answer.headers['Location']}issue/", {"seen": seen_on(page)})
    assert done.headers["Location"] == f"/sample/alerts/{draft.alert.ref}/"
    assert threads.current(operation.pk, timezone.now()).count() == 1
    cancel = f"/sample/desk/alerts/{draft.alert.ref}/cancel/"
    assert "Cancelled: Water rises" in client.get(cancel).content.decode()
    words = {"event_en": "flood", "headline_en": "Cancelled: Water rises", "description_en": "It is over."}
    assert client.post(cancel, words).status_code == 422, "a cancellation says why"
    answer = client.post(cancel, {**words, "note": "The ravine is back in its bed."})
    page = client.get(answer.headers["Location"]).content.decode()
    client.post(f"{answer.headers['Location']}issue/", {"seen": seen_on(page)})
    last = reading.read(bytes(threads.last(operation.pk).get().data or b"")).alert
    assert last is not None
    assert (last.msg_type, last.note, last.infos[0].expires) == (
        MsgType.CANCEL, "The ravine is back in its bed.", draft.as_draft.expires
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"expires": "2020-01-01T00:00"}, "This is past"),
        ({"expires": "2199-01-01T00:00"}, "At most 31 days"),
        ({"expires": "soon"}, "valid date"),
        ({"categories": []}, "required"),
        ({"place_name": "Atlantis"}, "No place has this name"),
        ({"lat": "18.5"}, "go together"),
        ({"lat": "98.5", "lon": "-72"}, "no place on earth"),
        ({"lat": "18.5", "lon": "-72.3"}, "how far it reaches"),
        ({"ring": "18.5,-72 18.6,-72 18.5,-73 18.6,-73"}, "meets itself"),
        ({"ring": "18.5,-72 18.6,-72"}, "three corners"),
        ({"ring": "18.5,-72 north 18.6,-72"}, "Corner 2"),
        ({"ring": "18.5,-72 95.6,-72 18,-73"}, "Corner 2"),
        ({"headline_en": "", "event_en": "", "description_en": "", "note": "Go uphill"}, "in one language at least"),
        ({"headline_fr": "Crue"}, "too, or nothing at all"),
        ({"ring": "-72,18 -72,19 -73,19"}, "latitude comes first"),
        ({"lat": "-72.3", "lon": "18.5", "radius_m": "900"}, "latitude comes first"),
        ({"lat": "18.5", "lon": "-72.3", "ring": "18.5,-72 18.6,-72 18.5,-73"}, "a circle or an outline"),
        ({"severity": "Awful"}, "Select a valid choice"),
        ({"headline_en": "x" * 140}, "at most 139"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(
    client: Client, operation: Operation, lead: Person, wrong: dict[str, Any], said: str
) -> None:
    client.force_login(lead)
    answer = client.post("/sample/desk/alerts/new/", typed(**{"note": "Go uphill", **wrong}))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert "Go uphill" in page
    assert not AlertMessage.objects.exists()


def test_an_alert_about_an_event_begins_with_what_everybody_gets_of_it(
    client: Client, operation: Operation, lead: Person
) -> None:
    client.force_login(lead)
    event = publish(operation, "Ravine overflows at Rue Secrète", persons_at_risk=True)
    page = client.get(f"/sample/desk/alerts/new/?event={event.ref}").content.decode()
    form = page[page.index("data-alert") :]
    assert "Secrète" not in form
    assert 'value="-72.303"' not in form
    assert 'value="HT0112"' in form
    assert client.get("/sample/desk/alerts/new/?event=zzzzzzzz").status_code == 404


@given(
    lat=st.floats(-89, 89), lon=st.floats(-180, 180), radius_m=st.integers(1, 2_000_000),
    words=st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=80),
)  # fmt: skip
def test_whatever_is_drafted_can_be_written_and_read_again(lat: float, lon: float, radius_m: int, words: str) -> None:
    from rapport.alerts.message import Issue, message
    from rapport.formats.cap import writing

    draft = drafted(centre=Point(round(lat, 6), round(lon, 6)), radius_m=radius_m, area="Area",
                    wordings=(Wording("en", "flood", words, words, words),))  # fmt: skip
    assert AlertDraft.from_json(draft.as_json()) == draft
    sent = datetime.fromisoformat("2026-11-27T12:00:00-05:00")
    if draft.expires <= sent or not words.strip():
        return
    made = message(draft, Issue("id", "who@example.org", "We", sent, "https://example.org/a"))
    found = reading.read(writing.write(made))
    assert found.alert is not None
    assert precision_of(draft.spot.radius_m) == draft.spot.precision


def test_a_pack_holds_what_counts_now_and_a_new_alert_makes_another_pack(
    client: Client, operation: Operation, lead: Person
) -> None:
    before = json.loads(packed(client)["datapackage.json"])
    first = warned(lead, operation)
    files = packed(client)
    name = f"alert-{first.alert.ref}-1.cap"
    assert files[name] == client.get(f"/sample/alerts/{first.alert.ref}/1.cap").content
    said = json.loads(files["datapackage.json"])
    assert (int(said["version"]), said["rapport:alerts"]) == (int(before["version"]) + 1, 1)
    assert name in {one["path"] for one in said["resources"]}
    earlier(first, hours=7)
    assert name not in packed(client)


def packed(client: Client) -> dict[str, bytes]:
    answer: Any = client.get("/sample/pack.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        return {one: archive.read(one) for one in archive.namelist()}


def test_the_catalogue_lists_the_feeds_of_alerts(client: Client, operation: Operation) -> None:
    said = client.get("/catalogue.jsonld").content.decode()
    assert "/sample/alerts.atom" in said
    assert "/sample/alerts.rss" in said


# --- the signature -------------------------------------------------------------------------------------------------


def signer(folder: Path, days: int = 30) -> tuple[Path, x509.Certificate]:
    """A PEM file with a key and the certificate for it, valid for so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alerts")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    start = timezone.now() - timedelta(days=90)
    made = made.not_valid_before(start).not_valid_after(timezone.now() + timedelta(days=days))
    certificate = made.sign(key, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    (folder / "signer.pem").write_bytes(pem)
    return folder / "signer.pem", certificate


def test_where_a_key_is_set_up_what_is_issued_is_signed(
    client: Client, operation: Operation, lead: Person, settings: Any, tmp_path: Path
) -> None:
    settings.CAP_SIGNER, certificate = signer(tmp_path)
    first = warned(lead, operation)
    data = client.get(f"/sample/alerts/{first.alert.ref}/1.cap").content
    OASIS.validate(io.BytesIO(data))
    message = reading.read(data)
    assert message.alert is not None
    anchors = {message.alert.sender: signature.Anchor((certificate,))}
    (found,) = signature.check(message, anchors, timezone.now())
    assert found.trusted
    (forged,) = signature.check(reading.read(data.replace(b"Delmas", b"Jacmel")), anchors, timezone.now())
    assert not forged.trusted
    follow(lead, first, MsgType.CANCEL)


def test_a_key_that_cannot_be_used_issues_nothing(
    operation: Operation, lead: Person, settings: Any, tmp_path: Path
) -> None:
    draft = actions.start(lead, operation, drafted())
    expired, _ = signer(tmp_path, days=-1)
    (tmp_path / "empty.pem").write_bytes(b"")
    for file in (expired, tmp_path / "empty.pem", tmp_path / "missing.pem"):
        settings.CAP_SIGNER = file
        with pytest.raises(Refused, match="RAPPORT_CAP_SIGNER"):
            issue(lead, draft)
    assert not threads.issued(operation.pk).exists()
