"""What changes after an alert was issued, or beside it: events, protocols, names, languages, hosts, the clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.alerts.draft import Wording
from rapport.alerts.models import AlertMessage
from rapport.desk.alerts import actions
from rapport.desk.alerts.outlook import outlook
from rapport.errors import Conflict, Refused
from rapport.events.models import Event
from rapport.exchange.models import Pack
from rapport.formats.cap import reading
from rapport.formats.cap.chain import Standing
from rapport.formats.cap.chain import threads as chained
from rapport.formats.cap.model import Alert, MsgType, Scope, Status
from rapport.operations.models import Operation
from rapport.sharing import agreements, organisations, partner_keys
from rapport.sharing.agreements import Terms
from rapport.sharing.models import NamedRelease
from rapport.sharing.protocol.library import text_of
from rapport.values import Purpose
from tests.web.public import publish, withdraw
from tests.web.test_alerts import (
    BASE,
    FOR_PARTNERS,
    PARTNERS,
    drafted,
    earlier,
    feed,
    follow,
    in_force,
    issue,
    seen_on,
    typed,
    warned,
)


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("cara", Role.CUSTODIAN)


def house(more: str, name: str = "agreed") -> str:
    return text_of("house").replace('"house"', f'"{name}"') + more


def with_partners(more: str = "") -> str:
    text = text_of("house").replace('[[audience]]\nname = "public"\n', PARTNERS, 1)
    return text.replace('[[grant]]\nname = "public"\n', FOR_PARTNERS, 1).replace('"house"', '"ours"') + more


def key_of(lead: Person, operation: Operation, slug: str, *purposes: Purpose) -> dict[str, str]:
    made, now = organisations.add(lead, operation.pk, slug, slug.upper(), "un", []), timezone.now()
    terms = Terms("We", frozenset(purposes), now, now + timedelta(days=9), "agreed")
    key = partner_keys.make(lead, agreements.agree(lead, operation, made, terms), slug)
    return {"Authorization": f"Bearer {key}"}


def said(message: AlertMessage) -> Alert:
    made = reading.read(bytes(message.data or b"")).alert
    assert made is not None
    return made


# --- what rules leave of it ----------------------------------------------------------------------------------------

LIMITS = {
    "places finer than communes are high": """
[[entry]]
name = "exact"
level = "high"
when = { finest = ["coordinates", "community"] }
why = "Exact places."
""",
    "words are masked": '[[limit]]\nname = "masked"\nbeyond = "team"\nwords = "masked"\nwhy = "Masked."\n',
    "no times": '[[limit]]\nname = "no-times"\nbeyond = "team"\nwithout = ["occurred_at"]\nwhy = "No times."\n',
    "personal data is severe": """
[[entry]]
name = "data"
level = "severe"
when = { personal_data = ["yes"] }
unless = { personal_data = ["unknown"] }
why = "Personal data."
""",
}


@pytest.mark.parametrize(
    ("limit", "other"),
    [
        ("places finer than communes are high", {"radius_m": 30_000}),
        ("words are masked", {"wordings": (Wording("en", "flood", "Rain", "Call Jean at +509 3746 1928"),)}),
        ("no times", {"onset": timezone.now()}),
        ("personal data is severe", {}),
    ],
)
def test_nobody_gets_more_by_an_alert_than_by_its_event(
    limit: str, other: dict[str, Any], client: Client, operation: Operation, lead: Person, custodian: Person
) -> None:
    in_force(lead, custodian, operation, house(LIMITS[limit]))
    onset = {"onset": other["onset"].replace(microsecond=0)} if "onset" in other else other
    event = publish(operation, "Safe house", personal_data="yes" if limit.startswith("personal") else "no")
    with pytest.raises(Refused, match="lets nobody"):
        warned(lead, operation, event, **onset)
    assert not feed(client).entries


def test_what_is_said_of_the_event_that_took_its_event_in_counts(
    client: Client, operation: Operation, lead: Person
) -> None:
    one, other = publish(operation, "A"), publish(operation, "B")
    warned(lead, operation, other)
    Event.objects.filter(pk=other.pk).update(merged_into=one)
    assert len(feed(client).entries) == 1
    Event.objects.filter(pk=one.pk).update(persons_at_risk=True)
    assert not feed(client).entries


def test_the_desk_says_that_people_are_still_warned_of_an_event_that_was_withdrawn(
    client: Client, operation: Operation, lead: Person
) -> None:
    event = publish(operation, "A")
    warned(lead, operation, event)
    client.force_login(lead)
    page = f"/sample/desk/events/{event.ref}/"
    assert "People are warned of this event" in client.get(page).content.decode()
    withdraw(event)
    assert "cancel it if it is not true" in client.get(page).content.decode()
    assert len(feed(Client()).entries) == 1


def test_who_would_get_it_has_changed_since_somebody_looked(
    operation: Operation, lead: Person, custodian: Person
) -> None:
    nobody = '\n[[limit]]\nname = "no"\nbeyond = "partners"\nnothing = true\nwhen = { kind = ["alert"] }\nwhy = "No."\n'
    in_force(lead, custodian, operation, with_partners(nobody))
    draft = actions.start(lead, operation, drafted())
    seen = actions.seen(draft, outlook(operation, draft, BASE, timezone.now()))
    in_force(lead, custodian, operation, house("# wider\n"))
    with pytest.raises(Conflict, match="who would get it"):
        actions.issue(lead, draft, seen, BASE)


# --- a thread keeps its power --------------------------------------------------------------------------------------


@pytest.mark.parametrize("changed", ["sender", "host", "exercise"])
def test_a_cancellation_has_power_over_its_thread_whatever_was_changed_since(
    changed: str, operation: Operation, lead: Person
) -> None:
    first = warned(lead, operation)
    operation.exercise = changed == "exercise"
    operation.alerts = {"sender": "other@example.org"} if changed == "sender" else {}
    operation.save()
    draft = actions.follow(lead, first.alert, replace(first.as_draft, msg_type=MsgType.CANCEL, note="Over."))
    base = "https://elsewhere.example" if changed == "host" else BASE
    draft.alert.refresh_from_db()
    second = actions.issue(lead, draft, actions.seen(draft, outlook(operation, draft, base, timezone.now())), base)
    (thread,) = chained([reading.read(bytes(one.data or b"")) for one in (first, second)])
    assert not thread.powerless
    assert thread.standing(said(first), timezone.now() + timedelta(minutes=1)) is Standing.CANCELLED
    assert said(second).status is Status.ACTUAL


def test_who_had_an_alert_that_may_not_have_it_any_more_learns_that_it_is_cancelled_and_no_more(
    client: Client, operation: Operation, lead: Person
) -> None:
    event = publish(operation, "Shelter")
    first = warned(lead, operation, event)
    Event.objects.filter(pk=event.pk).update(persons_at_risk=True)
    assert not feed(client).entries
    last = follow(lead, first, MsgType.CANCEL)
    made = said(last)
    (entry,) = feed(client).entries
    assert entry.title == "This alert is cancelled."
    assert made.references == (said(first).identity,)
    assert made.scope is Scope.PUBLIC
    text = client.get(f"/sample/alerts/{first.alert.ref}/2.cap").content.decode()
    for hidden in ("Delmas", "Dlo", "flood", "18.5", "rising"):
        assert hidden not in text
    page = client.get(f"/sample/alerts/{first.alert.ref}/").content.decode()
    assert "given an earlier message" in page
    assert "Delmas" not in page
    assert client.get(f"/sample/alerts/{first.alert.ref}/1.cap").status_code == 404


def test_whoever_did_not_have_the_alert_is_not_told_that_it_is_cancelled(
    client: Client, operation: Operation, lead: Person, custodian: Person
) -> None:
    nobody = '\n[[limit]]\nname = "no"\nbeyond = "partners"\nnothing = true\nwhen = { kind = ["alert"] }\nwhy = "No."\n'
    in_force(lead, custodian, operation, with_partners(nobody))
    partner = key_of(lead, operation, "who", Purpose.ALERT)
    event = publish(operation, "Shelter")
    first = warned(lead, operation, event)
    Event.objects.filter(pk=event.pk).update(persons_at_risk=True, sensitivity="severe")
    follow(lead, first, MsgType.CANCEL)
    address = f"/sample/alerts/{first.alert.ref}/2.cap"
    assert client.get(address).status_code == 404
    assert client.get(address, headers=partner).status_code == 200


def test_an_update_that_ends_earlier_stays_until_the_message_before_it_is_over(
    client: Client, operation: Operation, lead: Person
) -> None:
    first = warned(lead, operation)
    second = follow(lead, first, MsgType.UPDATE, expires=timezone.now().replace(microsecond=0) + timedelta(hours=1))
    for one in (first, second):
        earlier(one, hours=2)
    assert [one.id.rpartition("/")[2] for one in feed(client).entries] == ["2.cap"]
    assert "Water rises" not in client.get("/sample/", headers={"Accept-Language": "en"}).content.decode()
    third = follow(lead, second, MsgType.CANCEL, expires=first.as_draft.expires)
    assert len(said(third).references) == 2
    for one in (first, second, third):
        earlier(one, hours=7)
    assert not feed(client).entries


# --- packs ---------------------------------------------------------------------------------------------------------


def test_what_partners_are_alerted_of_does_not_move_the_packs_of_others(
    client: Client, operation: Operation, lead: Person, custodian: Person
) -> None:
    nobody = '\n[[limit]]\nname = "no"\nbeyond = "partners"\nnothing = true\nwhen = { kind = ["alert"] }\nwhy = "No."\n'
    in_force(lead, custodian, operation, with_partners(nobody))
    alerted = key_of(lead, operation, "who", Purpose.ALERT)
    tag = client.get("/sample/pack.zip").headers["ETag"]
    warned(lead, operation)
    theirs = client.get("/sample/pack.zip", headers=alerted).headers["ETag"]
    for _ in range(2):
        assert client.get("/sample/pack.zip").headers["ETag"] == tag
        assert client.get("/sample/pack.zip", headers=alerted).headers["ETag"] == theirs
    assert tag != theirs
    assert sorted(Pack.objects.values_list("audience", "alerts_for", "number")) == [
        ("public", "partners", 1),
        ("public", "public", 1),
    ]


def test_a_partner_is_not_written_down_as_given_what_was_not_answered(
    client: Client, operation: Operation, lead: Person, custodian: Person
) -> None:
    in_force(lead, custodian, operation, with_partners())
    partner = key_of(lead, operation, "who", Purpose.ALERT)
    first = warned(lead, operation)
    NamedRelease.objects.all().delete()
    follow(lead, first, MsgType.UPDATE)
    AlertMessage.objects.filter(version=2).update(data=AlertMessage.objects.get(version=2).data)
    coarse = '\n[[limit]]\nname = "no"\nbeyond = "team"\nnothing = true\nwhen = { kind = ["alert"] }\nwhy = "No."\n'
    in_force(lead, custodian, operation, with_partners(coarse).replace('"ours"', '"closed-to-all"'))
    assert client.get(f"/sample/alerts/{first.alert.ref}/", headers=partner).status_code == 404
    assert not NamedRelease.objects.exists()


@pytest.mark.parametrize("address", ["alerts.atom", "alerts.rss", "pack.zip"])
def test_head_claims_no_length(address: str, client: Client, operation: Operation) -> None:
    assert client.head(f"/sample/{address}").headers.get("Content-Length") != "0"


# --- what is typed -------------------------------------------------------------------------------------------------


def drafts_of(page: str) -> dict[str, str]:
    """The fields of the place, as the form shows them."""
    found = {}
    for name in ("lat", "lon", "radius_m", "pcode", "filled_in"):
        value = re.search(rf'name="{name}" value="([^"]*)"', page)
        found[name] = value[1] if value else ""
    return found


def test_a_name_written_over_that_of_the_place_filled_in_is_that_other_place(
    client: Client, operation: Operation, lead: Person
) -> None:
    client.force_login(lead)
    event = publish(operation, "Ravine overflows")
    address = f"/sample/desk/alerts/new/?event={event.ref}"
    there = drafts_of(client.get(address).content.decode())
    client.post(address, typed(**{**there, "place_name": "Jacmel"}))
    draft = AlertMessage.objects.get().as_draft
    assert draft.unit is not None
    assert (draft.unit.pcode, draft.centre and draft.centre.lat) == ("HT0211", 18.234)
    change = f"/sample/desk/alerts/drafts/{AlertMessage.objects.get().pk}/change/"
    page = client.get(change).content.decode()
    client.post(change, typed(**{**drafts_of(page), "place_name": "Around the school", "seen": seen_on(page)}))
    draft = AlertMessage.objects.get().as_draft
    assert (draft.area, draft.unit, draft.centre and draft.centre.lat) == ("Around the school", None, 18.234)


@pytest.mark.parametrize("onset", ["0001-01-01T00:00", "9999-12-31T23:59", "2020-01-01T00:00"])
def test_the_danger_begins_within_the_time_of_the_alert(
    onset: str, client: Client, operation: Operation, lead: Person
) -> None:
    client.force_login(lead)
    answer = client.post("/sample/desk/alerts/new/", typed(onset=onset))
    assert answer.status_code == 422
    assert "before the alert expires" in answer.content.decode() or "valid date" in answer.content.decode()


def test_words_are_kept_without_what_xml_forbids_and_with_plain_line_ends(
    client: Client, operation: Operation, lead: Person
) -> None:
    client.force_login(lead)
    assert client.post("/sample/desk/alerts/new/", typed(headline_en="\x01")).status_code == 422
    client.post("/sample/desk/alerts/new/", typed(description_en="one\r\ntwo\x02"))
    assert AlertMessage.objects.get().as_draft.wordings[0].description == "one\ntwo"


def test_whoever_was_warned_in_a_language_is_told_in_it_though_the_operation_has_it_no_more(
    client: Client, operation: Operation, lead: Person
) -> None:
    arabic = Wording("ar", "فيضان", "الماء يرتفع", "السيل يفيض")
    english = Wording("en", "flood", "Water rises", "The ravine overflows.")
    first = warned(lead, operation, wordings=(english, arabic))
    assert "ar" not in operation.languages
    page = client.get(f"/sample/alerts/{first.alert.ref}/", headers={"Accept-Language": "ar"}).content.decode()
    assert '<h1 lang="ar" dir="auto">الماء يرتفع</h1>' in page
    assert "The ravine overflows." in page, "and in the other languages below"
    client.force_login(lead)
    form = client.get(f"/sample/desk/alerts/{first.alert.ref}/cancel/").content.decode()
    assert 'name="headline_ar"' in form
    assert "Cancelled: Water rises" in form
    assert "Cancelled: الماء" not in form


def test_the_same_form_twice_makes_one_draft(client: Client, operation: Operation, lead: Person) -> None:
    client.force_login(lead)
    form = typed()
    places = {client.post("/sample/desk/alerts/new/", form).headers["Location"] for _ in range(2)}
    assert len(places) == 1
    number = AlertMessage.objects.get().pk
    client.post(f"/sample/desk/alerts/drafts/{number}/discard/")
    answer = client.post(f"/sample/desk/alerts/drafts/{number}/issue/", {"seen": "x"}, follow=True)
    assert "was discarded" in answer.content.decode()


def test_what_is_over_is_not_begun_to_be_updated(client: Client, operation: Operation, lead: Person) -> None:
    first = warned(lead, operation)
    earlier(first, hours=7)
    client.force_login(lead)
    answer = client.get(f"/sample/desk/alerts/{first.alert.ref}/update/", follow=True)
    assert "has expired by now" in answer.content.decode()


def test_what_others_may_have_does_not_push_out_what_is_over(
    client: Client, operation: Operation, lead: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rapport.alerts.views.OVER", 1)
    first = warned(lead, operation)
    hidden = publish(operation, "Hidden")
    second = warned(lead, operation, hidden, area="Jacmel")
    Event.objects.filter(pk=hidden.pk).update(persons_at_risk=True)
    for one in (first, second):
        earlier(one, hours=7)
    assert first.alert.ref in client.get("/sample/alerts/").content.decode()


def test_an_alert_from_a_machine_that_nobody_reaches_says_so_beforehand(
    client: Client, operation: Operation, lead: Person
) -> None:
    draft = actions.start(lead, operation, drafted())
    look = outlook(operation, draft, "http://127.0.0.1:8036", timezone.now())
    assert "loopback" in {one.rule for _, one in look.advice}
    issue(lead, draft)


def test_an_area_elsewhere_is_said_before_it_goes_out(client: Client, operation: Operation, lead: Person) -> None:
    client.force_login(lead)
    said_of = []
    for lat in ("18.5", "48.0"):
        answer = client.post("/sample/desk/alerts/new/", typed(lat=lat, lon="-72.3", radius_m="900"))
        said_of.append("outside the operation" in client.get(answer.headers["Location"]).content.decode())
    assert said_of == [False, True]
