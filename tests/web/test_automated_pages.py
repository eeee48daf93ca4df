"""What runs by itself, told to everybody; somebody contests it, and one of the team answers."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.intake import limits, refusals
from rapport.intake.understand import understand
from rapport.operations.models import Operation, StandingOrder
from rapport.oversight import switches
from rapport.oversight.models import Contest, Decision
from rapport.oversight.register import REGISTER
from rapport.reports.models import Report, Suggestion
from tests.web.desk import report

ADDRESS = "/sample/automated/"
DESK = "/sample/desk/automated/"
FORM_ID = "form-1234567890abcdef"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    limits.forget()
    refusals.forget()


def enter(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def contest(client: Client, **typed: object) -> Any:
    return client.post(ADDRESS, {"form_id": FORM_ID, "function": "places", "text": "This is not my town", **typed})


# --- for everybody ---------------------------------------------------------------------------------------------------


def test_everybody_reads_what_each_function_does_and_whether_it_is_stopped(
    client: Client, operation: Operation, lead: Person
) -> None:
    page = text(client, ADDRESS)
    for one in REGISTER:
        assert one.name in page
        assert one.purpose in page
        assert f'value="{one.id}"' in page
    assert "Stopped at present" not in page
    Person.objects.filter(pk=lead.pk).update(first_name="Léa", last_name="Boukman")
    switches.stop(lead, operation.pk, "places", "Okay is no place")
    page = text(client, ADDRESS)
    assert page.count("Stopped at present") == 1
    assert "Boukman" not in page, "no name stands on a public page"
    assert "Okay is no place" not in page


def test_every_public_page_of_an_operation_leads_there(client: Client, operation: Operation) -> None:
    for address in ("/sample/", "/sample/report/", ADDRESS):
        assert f'href="{ADDRESS}"' in text(client, address)
    assert "automated" not in text(client, "/about/")


@pytest.mark.parametrize(("language", "words"), [("fr", "Trouver le lieu"), ("ht", "Jwenn kote a")])
def test_it_speaks_the_readers_language(client: Client, operation: Operation, language: str, words: str) -> None:
    assert words in text(client, ADDRESS, **{"Accept-Language": language})


def test_a_link_chooses_the_function_in_the_form(client: Client, operation: Operation) -> None:
    assert '<option value="queue" selected>' in text(client, f"{ADDRESS}?function=queue")
    assert " selected>" not in text(client, f"{ADDRESS}?function=oracle")


def test_a_contest_is_kept_and_its_answer_stands_under_its_address(
    client: Client, operation: Operation, verifier: Person
) -> None:
    answer = contest(client, about="an event")
    (kept,) = Contest.objects.all()
    assert (kept.function, kept.text, kept.about, kept.person) == ("places", "This is not my town", "an event", None)
    address = answer.headers["Location"]
    assert "the answer will stand here" in text(client, address)
    desk = enter(verifier)
    page = text(desk, DESK)
    assert "This is not my town" in page
    desk.post(f"{DESK}contests/{kept.pk}/answer/", {"answer": "We moved it."})
    page = text(client, address)
    assert "We moved it." in page
    assert "vincent" not in page
    assert "Nobody contests anything" in text(desk, DESK)
    (decision,) = Decision.objects.all()
    assert (decision.kind, decision.reason, decision.person) == ("answer_contest", "We moved it.", verifier)


def test_sent_twice_it_is_one(client: Client, operation: Operation) -> None:
    assert contest(client).headers["Location"] == contest(client).headers["Location"]
    assert Contest.objects.count() == 1


def test_a_form_sent_to_another_operation_is_kept_there_too(client: Client, operation: Operation) -> None:
    other = Operation.objects.create(
        slug="other", names={"en": "Other"}, west=0, south=0, east=1, north=1, time_zone="UTC", definition_hash=""
    )
    contest(client)
    said = {"form_id": FORM_ID, "function": "places", "text": "This is not my town"}
    answer = client.post(ADDRESS.replace("/sample/", f"/{other.slug}/"), said)
    assert client.get(answer.headers["Location"]).status_code == 200
    assert set(Contest.objects.values_list("operation__slug", flat=True)) == {"sample", "other"}


def test_it_needs_no_cookie(operation: Operation) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert not strict.get(ADDRESS).cookies
    assert contest(strict).status_code == 302


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        ({"text": " "}, "Write what is wrong."),
        ({"text": "x" * 2_001}, "Shorten this to 2000 characters; it has 2001."),
        ({"text": "a\0b"}, "Delete it and write it again"),
        ({"function": "oracle"}, "Choose one of the list."),
        ({"function": ""}, "Choose one of the list."),
        ({"about": "y" * 61}, "Shorten this to 60 characters"),
        ({"website": "http://spam.example"}, "it is there to catch programs"),
    ],
)
def test_what_is_not_taken_is_shown_again_with_what_to_do(
    client: Client, operation: Operation, typed: dict[str, str], remedy: str
) -> None:
    answer = contest(client, **{"about": "keep this", **typed})
    page = unescape(answer.content.decode())
    assert answer.status_code == 400
    assert remedy in page
    assert 'aria-invalid="true"' in page or "website" in typed
    assert typed.get("about", "keep this") in page
    assert not Contest.objects.exists()


def test_a_flood_is_held_back_and_loses_nobodys_words(
    client: Client, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONTESTS_PER_MINUTE", 2)
    for n in range(2):
        contest(client, form_id=f"form-1234567890abcde{n}")
    answer = contest(client, text="mine, <b>bold</b>")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
    assert "wait a minute" in answer.content.decode()
    assert "mine, &lt;b&gt;bold&lt;/b&gt;" in answer.content.decode()
    assert Contest.objects.count() == 2


def test_too_large_a_form_is_not_read(client: Client, operation: Operation) -> None:
    assert contest(client, text="x" * 100_000).status_code == 413


def test_hostile_words_stay_words(client: Client, operation: Operation, lead: Person) -> None:
    address = contest(client, text='<script>alert("1")</script>', about="<i>x").headers["Location"]
    for page in (client.get(address), enter(lead).get(DESK)):
        assert "<script>alert" not in page.content.decode()
        assert "<i>x" not in page.content.decode()


# --- for the desk ----------------------------------------------------------------------------------------------------


def test_a_lead_stops_and_resumes_with_a_reason_and_others_have_no_button(
    operation: Operation, lead: Person, volunteer: Person
) -> None:
    desk, other = enter(lead), enter(volunteer)
    assert f"{DESK}places/stop/" in text(desk, DESK)
    assert f"{DESK}places/stop/" not in text(other, DESK)
    assert other.post(f"{DESK}places/stop/", {"reason": "x"}).status_code == 403
    refused = desk.post(f"{DESK}places/stop/", {"reason": ""})
    assert refused.status_code == 400
    assert "Write why" in refused.content.decode()
    said = desk.post(f"{DESK}places/stop/", {"reason": "Okay is a word"}, follow=True).content.decode()
    assert "“Finding the place” is stopped here" in said
    for person in (desk, other):
        assert "Okay is a word" in text(person, DESK)
    again = desk.post(f"{DESK}places/stop/", {"reason": "x"}, follow=True).content.decode()
    assert "lea stopped this already" in again
    told = report(operation, understood=True)
    said = desk.post(f"{DESK}places/resume/", {"reason": "mended"}, follow=True).content.decode()
    assert "1 reports that came meanwhile are read again" in said
    assert told.left_out.pk
    assert "stopped an automated function: Finding the place" in text(desk, "/sample/desk/decisions/")
    assert desk.post(f"{DESK}oracle/stop/", {"reason": "x"}).status_code == 404


def test_the_switch_of_sending_is_the_button_of_the_outbox(operation: Operation, lead: Person) -> None:
    desk = enter(lead)
    desk.post(f"{DESK}sending/stop/", {"reason": "a gateway doubles"}, follow=True)
    assert "All sending is stopped" in text(desk, "/sample/outbox/")
    desk.post("/sample/outbox/resume/", {"reason": "mended"})
    assert f"{DESK}sending/stop/" in text(desk, DESK)


def test_who_signed_an_order_answers_for_it_on_the_desk(operation: Operation, lead: Person, client: Client) -> None:
    StandingOrder.objects.create(
        operation=operation, slug="historic", text="x", rule={}, signed_by=lead, signed_at=operation.created_at
    )
    assert "put their name to it: lea (“historic”)" in text(enter(lead), DESK)
    assert "historic" not in text(client, ADDRESS)


def test_a_wrong_suggestion_is_contested_where_it_is_explained(operation: Operation, volunteer: Person) -> None:
    told = report(operation, "Pa gen dlo nan Delmas")
    understand()
    place = told.suggestions.get(kind="place")
    desk = enter(volunteer)
    why = f"/sample/desk/reports/{told.ref}/why/?of={place.pk}"
    (wanted,) = re.findall(r'name="of" value="(\d+)"', text(desk, why))
    flagged = desk.post(f"/sample/desk/reports/{told.ref}/contest/", {"of": wanted}, follow=True)
    assert "Contested: it stands under Automated" in flagged.content.decode()
    kept = Contest.objects.get()
    assert (kept.function, kept.about, kept.suggestion_id, kept.person) == ("places", told.ref, place.pk, volunteer)
    assert "vero contested this" in text(desk, why)
    assert 'name="of"' not in text(desk, why)
    assert "Delmas (text-chain" in text(desk, DESK)
    assert f'href="/sample/desk/reports/{told.ref}/"' in text(desk, DESK)
    again = desk.post(f"/sample/desk/reports/{told.ref}/contest/", {"of": wanted}, follow=True)
    assert "You have contested this already" in again.content.decode()
    assert Client().get(f"/sample/automated/contests/{kept.ref}/").status_code == 404, "the team's own are the team's"


def test_another_reports_suggestion_cannot_be_contested_here(operation: Operation, volunteer: Person) -> None:
    told, other = report(operation, "Pa gen dlo"), report(operation, "Pa gen manje")
    theirs = Suggestion.objects.create(
        report=other, kind="category", value={"code": "2b"}, score=0.8, reasons=[], function="x 1"
    )
    answer = enter(volunteer).post(f"/sample/desk/reports/{told.ref}/contest/", {"of": theirs.pk})
    assert answer.status_code == 404


def test_a_reference_that_is_one_of_ours_is_a_link(operation: Operation, verifier: Person, client: Client) -> None:
    told = report(operation)
    contest(client, about=f" {told.ref.upper()} ")
    contest(client, about="my street", form_id="form-1234567890abcde2")
    page = text(enter(verifier), DESK)
    assert f'href="/sample/desk/reports/{told.ref}/"' in page
    assert "my street (nothing of that name is here)" in re.sub(r"</?bdi>", "", page)
    assert Report.objects.count() == 1


def test_two_who_answer_at_once_are_told(operation: Operation, verifier: Person, lead: Person, client: Client) -> None:
    contest(client)
    address = f"{DESK}contests/{Contest.objects.get().pk}/answer/"
    assert enter(verifier).post(address, {"answer": ""}).status_code == 400
    enter(verifier).post(address, {"answer": "One"})
    said = enter(lead).post(address, {"answer": "Two"}, follow=True).content.decode()
    assert "vincent answered this" in said
    assert Contest.objects.get().answer == "One"
