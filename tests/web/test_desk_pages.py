"""The desk's pages as forms without script: read, decide, be told, take back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.queue import leases
from rapport.desk.standing_orders.rules import clean_line
from rapport.events.models import Event
from rapport.intake import understand
from rapport.operations.models import Operation, StandingOrder
from rapport.oversight.models import Decision
from rapport.reports.models import Report, Suggestion, SuggestionKind
from tests.pure.test_orders import RULE
from tests.web.desk import DRAFT, books, report

Enter = Callable[[Person], Client]


@pytest.fixture
def enter() -> Enter:
    def open_door(person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return open_door


@pytest.fixture
def vero(enter: Enter, volunteer: Person) -> Client:
    return enter(volunteer)


def form(**changes: Any) -> dict[str, Any]:
    """What a browser sends when the form is filled in."""
    typed = {
        "title": "No water",
        "summary": "",
        "categories": ["2b"],
        "lat": "18.545",
        "lon": "-72.303",
        "precision": "2",
    }
    return {**typed, "publish": "1", **changes}


def path(told: Report, *rest: str) -> str:
    return "/".join([f"/sample/desk/reports/{told.ref}", *rest]) + "/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


# --- the queue -----------------------------------------------------------------------------------------------------


def test_the_queue_shows_what_waits_and_who_holds_what(vero: Client, operation: Operation, verifier: Person) -> None:
    leases.take(verifier, report(operation, "Nou bezwen dlo"))
    report(operation, "Pa gen manje", received_at=timezone.now() - timedelta(hours=3))
    page = text(vero.get("/sample/desk/"))
    assert "<strong data-waiting>2</strong>" in page
    assert "Nou bezwen dlo" in page
    assert "held by vincent until" in page
    assert "Next report" in page


def test_a_part_of_the_queue_that_is_done_says_that_it_is_the_part(vero: Client, operation: Operation) -> None:
    report(operation, "Pa gen manje")
    vero.get("/sample/desk/?text=dlo")
    assert "No report is free in this part of the queue" in text(vero.post("/sample/desk/next/", follow=True))
    vero.get("/sample/desk/")
    assert "Pa gen manje" in text(vero.post("/sample/desk/next/", follow=True))


def test_an_empty_queue_says_so(vero: Client, operation: Operation) -> None:
    assert "Nothing waits" in text(vero.get("/sample/desk/"))
    report(operation)
    assert "No waiting report fits" in text(vero.get("/sample/desk/?text=zzz"))


def test_next_gives_the_oldest_of_the_part_chosen(vero: Client, operation: Operation) -> None:
    report(operation, "Pa gen manje")
    water = report(operation, "Nou bezwen dlo")
    vero.get("/sample/desk/?text=dlo")
    assert vero.post("/sample/desk/next/")["Location"] == path(water)
    answer = vero.post("/sample/desk/next/", {"after": water.ref})
    assert answer["Location"] == "/sample/desk/?text=dlo"


def test_what_a_person_passed_by_comes_back_when_nothing_else_is_left(
    vero: Client, enter: Enter, operation: Operation, verifier: Person
) -> None:
    hard, other, third = report(operation, "Yon ti kras"), report(operation, "Dlo"), report(operation, "Manje")
    assert vero.post("/sample/desk/next/")["Location"] == path(hard)
    assert vero.post("/sample/desk/next/", {"after": hard.ref})["Location"] == path(other)
    assert vero.post(path(other, "reject"), {"reason": "A test message"})["Location"] == path(third)
    assert enter(verifier).post("/sample/desk/next/")["Location"] == path(hard), "others are given it as before"
    leases.release(verifier, hard)
    assert vero.post(path(third, "reject"), {"reason": "A test message"})["Location"] == path(hard)
    assert vero.post(path(hard, "reject"), {"reason": "A test message"})["Location"] == "/sample/desk/"


def test_from_a_report_one_comes_back_to_the_part_of_the_queue_that_was_chosen(
    vero: Client, operation: Operation
) -> None:
    told = report(operation, "Dlo nan Jacmel")
    vero.get("/sample/desk/?text=Jacmel")
    assert vero.post("/sample/desk/next/")["Location"] == path(told)
    assert 'href="/sample/desk/?text=Jacmel" data-key="g"' in text(vero.get(path(told)))
    assert vero.post(path(told, "release"))["Location"] == "/sample/desk/?text=Jacmel"


def test_beside_the_queue_stands_what_was_decided_about_reports(
    vero: Client, operation: Operation, volunteer: Person
) -> None:
    actions.accept(volunteer, report(operation), DRAFT)
    Decision.objects.create(operation=operation, person=volunteer, kind="account", reason="vero: new password")
    page = text(vero.get("/sample/desk/"))
    assert "accepted as a new event" in page
    assert "new password" not in page
    assert "new password" in text(vero.get("/sample/desk/decisions/"))


def test_the_pulse_counts_and_warns(vero: Client, operation: Operation, volunteer: Person, verifier: Person) -> None:
    told = report(operation)
    leases.take(volunteer, told)
    pulse = vero.get("/sample/desk/pulse", {"report": told.ref}).json()
    assert (pulse["waiting"], pulse["held"], pulse["report"]["mine"]) == (1, 1, True)
    leases.release(volunteer, told)
    actions.reject(verifier, told, "A test.")
    pulse = vero.get("/sample/desk/pulse", {"report": told.ref}).json()
    assert pulse["waiting"] == 0
    assert "vincent rejected" in pulse["report"]["said"]


# --- one report ----------------------------------------------------------------------------------------------------


def test_a_report_is_shown_with_what_machines_make_of_it(vero: Client, operation: Operation, volunteer: Person) -> None:
    other = report(operation, "Pa gen dlo Delmas")
    actions.accept(volunteer, other, DRAFT)
    told = report(operation, "Pa gen dlo <b>Delmas</b> 33", number="+50955500001", fields={"gateway": "sim 2"})
    for kind, value, reason in (
        (SuggestionKind.PLACE, {"lon": -72.3, "lat": 18.54, "name": "Delmas 33", "precision": 3}, "its name"),
        (SuggestionKind.CATEGORY, {"code": "2b"}, "the word dlo"),
        (SuggestionKind.NEAR_DUPLICATE, {"report": other.pk, "ref": other.ref}, "3 of 4 words the same"),
    ):
        Suggestion.objects.create(report=told, kind=kind, value=value, score=0.9, reasons=[reason], function="test 1")
    page = text(vero.get(path(told)))
    assert "Pa gen dlo &lt;b&gt;Delmas&lt;/b&gt; 33" in page
    why = ("its name", "the word dlo", "3 of 4 words the same", "a report of it says the same in like words")
    for shown in (*why, "sim 2", "Delmas 33", DRAFT.title):
        assert shown in page
    assert "5550" not in page, "a number is never on a page"


def test_what_came_with_a_report_is_told_from_what_is_suggested(vero: Client, operation: Operation) -> None:
    page = text(vero.get(path(report(operation, categories_said=["2b", "gone since"], place_said="Delmas 33"))))
    assert "<dt>Categories said</dt><dd>Water shortage</dd>" in page
    assert "Categories said" not in text(vero.get(path(report(operation, "Pa gen manje"))))


def test_what_differs_in_a_report_that_says_nearly_the_same_is_told(vero: Client, operation: Operation) -> None:
    there = report(operation, "Three people are trapped under the school of Delmas 31")
    here = report(operation, "Five people are trapped under the school of Delmas 31")
    near, value = SuggestionKind.NEAR_DUPLICATE, {"report": there.pk}
    Suggestion.objects.create(report=here, kind=near, value=value, score=0.9, reasons=["words"], function="test 1")
    page = text(vero.get(path(here)))
    assert "Not the same: number: <bdi>five</bdi>" in page
    assert "<bdi>three</bdi>" in page
    same = report(operation, "Five people are trapped under the school of Delmas 31 !!!")
    Suggestion.objects.create(
        report=same, kind=near, value={"report": here.pk}, score=0.9, reasons=["words"], function="test 1"
    )
    assert "Not the same" not in text(vero.get(path(same)))


def test_accepting_publishes_and_goes_on_with_the_next(vero: Client, operation: Operation) -> None:
    told, following = report(operation), report(operation)
    answer = vero.post(path(told, "accept"), form())
    assert answer["Location"] == path(following)
    event = Event.objects.get()
    assert (event.title, event.publication, event.lat) == ("No water", "published", 18.545)
    assert "Published: No water." in text(vero.get(path(following)))


def test_sent_twice_it_counts_once(vero: Client, operation: Operation) -> None:
    told = report(operation)
    for _ in range(3):
        assert vero.post(path(told, "accept"), form()).status_code == 302
        assert vero.post(path(told, "translate"), {"language": "en", "text": "No water"}).status_code == 302
    assert Event.objects.count() == 1
    assert Decision.objects.count() == 2


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(vero: Client, operation: Operation) -> None:
    told = report(operation)
    answer = vero.post(path(told, "accept"), form(lat="-72.303", lon="18.545", summary="A pump is broken."))
    page = text(answer)
    assert answer.status_code == 400
    top = page.split('<div class="heading">')[0]
    assert "Latitude and longitude are swapped" in top
    assert 'href="#id_lat"' in top
    assert page.count("Latitude and longitude are swapped") == 2
    assert "A pump is broken." in page
    assert books(operation) == {"waiting": 1}


def test_an_event_about_nothing_is_not_made(vero: Client, operation: Operation) -> None:
    answer = vero.post(path(report(operation), "accept"), form(title="", categories=[]))
    assert "Choose a category or write a title" in text(answer)


@pytest.mark.parametrize("unseen", ["\u202e\u200b", " \u00a0\u2060", "\u0300\u0301", "\u3164", "\u2800\ufe0f"])
def test_a_title_that_nobody_sees_is_none(vero: Client, operation: Operation, unseen: str) -> None:
    answer = vero.post(path(report(operation), "accept"), form(title=unseen, categories=[]))
    assert "Choose a category or write a title" in text(answer)
    vero.post(path(report(operation), "accept"), form(title=unseen, summary=unseen, place_name=unseen))
    event = Event.objects.get()
    assert (event.title, event.summary, event.place_name) == ("", "", "")
    assert clean_line(unseen) == ""


@pytest.mark.parametrize("seen", ["\u1015\u103c\u100a\u103a", "\U0001f525", "?", "\u202eabc", "5"])
def test_a_title_of_which_something_is_seen_stays(vero: Client, operation: Operation, seen: str) -> None:
    vero.post(path(report(operation), "accept"), form(title=seen))
    assert Event.objects.get().title == seen


def test_who_comes_second_is_told_and_keeps_what_was_typed(
    vero: Client, operation: Operation, verifier: Person
) -> None:
    told = report(operation)
    actions.reject(verifier, told, "Not for us.")
    answer = vero.post(path(told, "accept"), form(summary="Twenty families."))
    assert answer.status_code == 409
    assert "vincent rejected" in text(answer)
    assert "Twenty families." in text(answer)
    assert not Event.objects.exists()


def test_nobody_decides_over_the_head_of_who_holds_it(vero: Client, operation: Operation, verifier: Person) -> None:
    told = report(operation)
    leases.take(verifier, told)
    assert "vincent works on this report until" in text(vero.get(path(told)))
    for action, sent in (("accept", form()), ("reject", {"reason": "No."})):
        assert vero.post(path(told, action), sent).status_code == 409
    assert books(operation) == {"waiting": 1}
    assert "Twenty families." in text(vero.post(path(told, "accept"), form(summary="Twenty families.")))


def test_a_name_alone_places_it_when_only_one_place_has_it(vero: Client, operation: Operation) -> None:
    told = report(operation)
    vero.post(path(told, "accept"), form(lat="", lon="", place_name="leogane"))
    event = Event.objects.get()
    assert (event.place_name, event.pcode, event.precision) == ("Léogâne", "HT0121", 5)


def test_another_name_over_a_point_that_was_filled_in_is_asked_about(vero: Client, operation: Operation) -> None:
    told = report(operation)
    value = {"lon": -72.303, "lat": 18.545, "precision": 3, "radius_m": 2000, "name": "Delmas 33"}
    Suggestion.objects.create(report=told, kind="place", value=value, score=1, function="test 1")
    page = text(vero.get(path(told)))
    filled_in = re.search(r'name="filled_in" value="([^"]*)"', page)
    assert filled_in
    put_in = {"filled_in": filled_in[1], "lat": "18.545", "lon": "-72.303"}
    refused = vero.post(path(told, "accept"), form(place_name="Jacmel", **put_in))
    assert refused.status_code == 400
    assert "Place</a>: The point is still that of “Delmas 33”: find “Jacmel” by its name" in text(refused)
    assert not Event.objects.exists()
    shown = text(vero.post(path(told, "accept"), form(place_name="Camp by the church", **put_in)))
    assert 'type="checkbox" name="renamed"' in shown
    use = {"use": "-72.535|18.234|5|6000|HT0211||Jacmel"}  # by its name, without script
    page = text(vero.post(path(told, "accept"), form(place_name="Jac", **use, **put_in)))
    assert 'name="filled_in" value="-72.535000,18.234000 Jacmel"' in page
    vero.post(path(told, "accept"), form(place_name="Camp by the church", renamed="on", **put_in))
    event = Event.objects.get()
    assert (event.place_name, event.lat) == ("Camp by the church", 18.545)
    edit = {"seen": event.updated_at.isoformat(), "filled_in": "-72.303000,18.545000 Camp by the church"}
    answer = vero.post(f"/sample/desk/events/{event.ref}/edit/", form(place_name="Jacmel", **edit))
    assert answer.status_code == 400
    assert "The point is still that of “Camp by the church”" in text(answer)


def test_places_are_found_and_filled_in_without_script(vero: Client, operation: Operation) -> None:
    told = report(operation)
    page = text(vero.post(path(told, "accept"), form(look="1", place_name="jac", lat="", lon="")))
    assert "-72.535|18.234|5|6000|HT0211||Jacmel" in page
    page = text(vero.post(path(told, "accept"), form(use="-72.535|18.234|5|6000|HT0211||Jacmel", summary="Mine.")))
    assert 'value="18.234"' in page
    assert "Mine." in page
    assert books(operation) == {"waiting": 1}


def test_the_script_finds_places_by_any_spelling(vero: Client, operation: Operation) -> None:
    found = vero.get("/sample/desk/places", {"q": "LEOG"}).json()["places"]
    assert [place["name"] for place in found] == ["Léogâne"]


def test_a_suggested_place_that_was_kept_is_named_in_the_decision(vero: Client, operation: Operation) -> None:
    told = report(operation)
    made = Suggestion.objects.create(
        report=told, kind="place", value={"lon": -72.3, "lat": 18.54}, score=1, reasons=["its name"], function="test 1"
    )
    assert f'name="suggestion" value="{made.pk}"' in text(vero.get(path(told)))
    place = {"lat": "18.54", "lon": "-72.3", "precision": "3", "radius_m": "2000"}
    vero.post(path(told, "accept"), form(suggestion=made.pk, **place))
    assert Decision.objects.get().suggestion_id == made.pk


def test_a_suggested_place_that_was_moved_is_the_persons_own(vero: Client, operation: Operation) -> None:
    told = report(operation)
    value = {"lon": -72.3, "lat": 18.54}
    made = Suggestion.objects.create(report=told, kind="place", value=value, score=1, function="test 1")
    vero.post(path(told, "accept"), form(suggestion=made.pk))
    assert Decision.objects.get().suggestion_id is None


def starts_with(page: str) -> dict[str, str]:
    """The place that the form of a page is filled in with."""
    fields = ("place_name", "lat", "lon", "suggestion")
    tags = {name: re.search(rf'<input[^>]* name="{name}"[^>]*>', page) for name in fields}
    values = {name: re.search(r' value="([^"]*)"', tag[0]) if tag else None for name, tag in tags.items()}
    return {name: value[1] if value else "" for name, value in values.items()}


def test_swapped_coordinates_are_put_right_and_offered_once(vero: Client, operation: Operation) -> None:
    told = report(operation, "Bezwen", lon=18.545, lat=-72.303, understood=False)
    understand.understand()
    page = text(vero.get(path(told)))
    suggested = told.suggestions.get(kind="place")
    wanted = {"place_name": "", "lat": "18.545", "lon": "-72.303", "suggestion": str(suggested.pk)}
    assert starts_with(page) == wanted
    assert page.count('name="use"') == 1


def test_the_same_point_is_offered_once(vero: Client, operation: Operation) -> None:
    told = report(operation, lon=-72.3, lat=18.54)
    for score in (0.9, 0.8):
        value = {"lon": -72.3, "lat": 18.54, "precision": 3}
        Suggestion.objects.create(report=told, kind="place", value=value, score=score, function="test 1")
    assert text(vero.get(path(told))).count('name="use"') == 1


@pytest.mark.parametrize(
    ("lon", "lat", "offered"), [(0.0, 0.0, 0), (18.545, -72.303, 0), (500.0, 99.0, 0), (2.35, 48.85, 1)]
)
def test_coordinates_that_cannot_be_meant_are_not_filled_in(
    vero: Client, operation: Operation, lon: float, lat: float, offered: int
) -> None:
    page = text(vero.get(path(report(operation, lon=lon, lat=lat))))
    assert starts_with(page)["lat"] == ""
    assert page.count('name="use"') == offered


def test_a_place_in_the_senders_words_is_filled_in_only_without_a_number(vero: Client, operation: Operation) -> None:
    at = {"lon": -72.3, "lat": 18.54, "understood": False}
    plain = report(operation, "Bezwen", place_said="Lakou ble a", **at)
    number = report(operation, "Bezwen", place_said="rele +509 5550 1234", **at)
    for understood in (False, True):
        assert starts_with(text(vero.get(path(plain))))["place_name"] == "Lakou ble a"
        shown = starts_with(text(vero.get(path(number))))
        assert (shown["place_name"], shown["lat"]) == ("", "18.54")
        understood or understand.understand()


def test_a_place_with_a_number_in_its_name_is_not_published(vero: Client, operation: Operation) -> None:
    page = text(vero.post(path(report(operation), "accept"), form(place_name="rele +509 5550 1234")))
    assert "take it out" in page
    assert 'href="#id_place_name"' in page
    assert not Event.objects.exists()


def test_an_event_is_found_and_attached_to(vero: Client, operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    told = report(operation)
    page = text(vero.get(path(told), {"find": "no water at"}))
    assert f'value="{event.ref}"' in page
    vero.post(path(told, "attach"), {"event": event.ref.upper()})
    assert books(operation) == {"in_event": 2}


def test_rejecting_without_a_reason_is_asked_for_one(vero: Client, operation: Operation) -> None:
    told = report(operation)
    vero.post(path(told, "reject"), {"reason": " "})
    assert "Write the reason" in text(vero.get(path(told)))
    vero.post(path(told, "reject"), {"reason": "Advertisement"})
    assert books(operation) == {"rejected": 1}


# --- events, decisions, orders -------------------------------------------------------------------------------------


def test_an_events_page_shows_and_changes_everything(vero: Client, operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation, "Pa gen dlo"), DRAFT)
    here = f"/sample/desk/events/{event.ref}/"
    page = text(vero.get(here))
    assert "Pa gen dlo" in page
    assert "a verifier's word" in page or "a verifier&#x27;s word" in page
    seen = event.updated_at.isoformat()
    vero.post(here + "edit/", form(title="Water is back", seen=seen))
    vero.post(here + "publication/", {"publication": "withdrawn", "reason": "Solved."})
    event.refresh_from_db()
    assert (event.title, event.publication) == ("Water is back", "withdrawn")
    assert "Solved." in text(vero.get(here))


def test_an_edit_over_somebody_elses_asks_again(
    vero: Client, operation: Operation, volunteer: Person, verifier: Person
) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    seen = event.updated_at.isoformat()
    actions.publish(verifier, event, actions.Publication.WITHDRAWN, "Wrong.")
    answer = vero.post(f"/sample/desk/events/{event.ref}/edit/", form(title="Mine", seen=seen))
    assert answer.status_code == 409
    assert "vincent changed publication" in text(answer)
    assert 'value="Mine"' in text(answer)


@pytest.mark.parametrize("seen", ["", "2024-13-45T10:00:00+00:00", "yesterday"])
def test_an_edit_that_does_not_say_what_it_was_made_from_is_asked_again(
    vero: Client, operation: Operation, volunteer: Person, seen: str
) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    answer = vero.post(f"/sample/desk/events/{event.ref}/edit/", form(title="Mine", seen=seen))
    assert answer.status_code == 400
    assert "look, and save again" in text(answer)
    assert 'value="Mine"' in text(answer)
    assert Event.objects.get().title == DRAFT.title


def test_a_time_unchanged_to_the_minute_stays_to_the_second(
    vero: Client, operation: Operation, volunteer: Person
) -> None:
    at = timezone.now() - timedelta(days=1, seconds=17)
    draft = actions.EventDraft("No water", "", ("2b",), None, at)
    event = actions.accept(volunteer, report(operation), draft)
    page = text(vero.get(f"/sample/desk/events/{event.ref}/"))
    shown = page.split('name="occurred_at" value="')[1].split('"')[0]
    assert shown == at.astimezone(ZoneInfo("America/Port-au-Prince")).strftime("%Y-%m-%dT%H:%M")
    vero.post(
        f"/sample/desk/events/{event.ref}/edit/",
        {
            "title": "No water",
            "categories": ["2b"],
            "precision": "2",
            "occurred_at": shown,
            "seen": str(event.updated_at),
        },
    )
    event.refresh_from_db()
    assert event.occurred_at == at
    assert Decision.objects.count() == 1


def test_a_verifier_says_what_is_true_on_the_page(enter: Enter, operation: Operation, verifier: Person) -> None:
    client = enter(verifier)
    event = actions.accept(verifier, report(operation), DRAFT)
    here = f"/sample/desk/events/{event.ref}/"
    refused = client.post(here + "status/", {"status": "verified", "reason": "Seen.", "evidence": ""})
    assert "Write the evidence" in text(refused)
    client.post(here + "status/", {"status": "verified", "reason": "Called the post.", "evidence": "Note of 14:10."})
    event.refresh_from_db()
    assert event.status == "verified"
    assert "Note of 14:10." in text(client.get(here))


def test_undo_says_what_must_go_first(vero: Client, operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation), DRAFT)
    accepted = Decision.objects.get()
    actions.edit(volunteer, event, actions.EventDraft("Else"))
    vero.post(f"/sample/desk/decisions/{accepted.pk}/undo/", {"back": "/sample/desk/"})
    assert "Undo that first: vero edited" in text(vero.get("/sample/desk/"))
    for decision in Decision.objects.order_by("-pk"):
        answer = vero.post(f"/sample/desk/decisions/{decision.pk}/undo/", {"back": "https://elsewhere.example/"})
        assert answer["Location"] == "/sample/desk/decisions/"
    assert books(operation) == {"waiting": 1}
    assert "Undone by vero" in text(vero.get("/sample/desk/decisions/"))


def test_a_lead_signs_and_revokes_and_a_volunteer_reads(
    enter: Enter, vero: Client, operation: Operation, lead: Person
) -> None:
    order = StandingOrder.objects.create(
        operation=operation, slug="historic", text="Publish what the old map had.", rule={**RULE, "source": "sms"}
    )
    client = enter(lead)
    client.post("/sample/desk/orders/historic/sign/")
    assert "Signed by lea" in text(vero.get("/sample/desk/orders/"))
    assert "Revoke" not in text(vero.get("/sample/desk/orders/"))
    assert vero.post("/sample/desk/orders/historic/revoke/").status_code == 403
    client.post("/sample/desk/orders/historic/revoke/", {"reason": "Done."})
    order.refresh_from_db()
    assert not order.in_force


# --- who may -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["", "pulse", "places", "decisions/", "orders/"])
def test_the_desk_is_for_the_team(where: str, operation: Operation, enter: Enter, outsider: Person) -> None:
    assert Client().get(f"/sample/desk/{where}").status_code == 302
    assert enter(outsider).get(f"/sample/desk/{where}").status_code == 403


def test_a_custodian_reads_and_decides_nothing(operation: Operation, enter: Enter, someone: Any) -> None:
    client = enter(someone("cora", Role.CUSTODIAN))
    told = report(operation)
    page = text(client.get(path(told)))
    assert "Accept" not in page.split("<dialog")[0]
    for action in ("accept", "attach", "reject", "translate", "take", "release"):
        assert client.post(path(told, action), form(reason="x")).status_code == 403


def test_another_operations_report_is_not_found_here(vero: Client, operation: Operation) -> None:
    told = report(operation)
    other = Operation.objects.get(pk=operation.pk)
    other.pk, other.slug = None, "other"
    other.save()
    Report.objects.filter(pk=told.pk).delete()
    elsewhere = report(other, source=operation.sources.get(slug="sms"))
    assert vero.get(path(elsewhere)).status_code == 404


def test_a_session_that_ended_while_somebody_wrote_leads_back_to_the_form(client: Client, operation: Operation) -> None:
    told = report(operation)
    page = f"http://testserver/sample/desk/reports/{told.ref}/"
    answer = client.post(f"/sample/desk/reports/{told.ref}/accept/", headers={"referer": page})
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"next=http%3A//testserver/sample/desk/reports/{told.ref}/")
    answer = client.post(f"/sample/desk/reports/{told.ref}/accept/", headers={"referer": "https://evil.example/"})
    assert answer.headers["Location"].endswith("next=/")
