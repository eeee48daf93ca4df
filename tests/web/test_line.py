"""A form of the desk that is sent again, because its answer was lost, has its effect once."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.desk.record import undo
from rapport.operations.models import Operation
from rapport.oversight.models import Decision
from tests.web.desk import books, report

KEY = {"X-Form": "0123456789abcdef" * 2}


@pytest.fixture
def desk(client: Client, verifier: Person) -> Client:
    client.force_login(verifier)
    return client


def test_a_repeat_leads_where_the_first_led_and_does_nothing(
    desk: Client, operation: Operation, verifier: Person
) -> None:
    address = f"/sample/desk/reports/{report(operation).ref}/reject/"
    first = desk.post(address, {"reason": "A test message"}, headers=KEY)
    undo.undo(verifier, Decision.objects.get())  # a colleague, or the same person in another window
    again = desk.post(address, {"reason": "A test message"}, headers=KEY)
    assert first.status_code == 200
    assert first.json() == again.json()
    assert books(operation) == {"waiting": 1}, "what was taken back meanwhile stays so"
    desk.post(address, {"reason": "A test message"}, headers={"X-Form": "f" * 32})
    assert books(operation) == {"rejected": 1}, "another form is another decision"


@pytest.mark.parametrize(
    ("part", "form", "kind"),
    [("urgency", {"urgency": "2"}, "prioritise"), ("translate", {"language": "en", "text": "No water"}, "translate")],
)
def test_a_small_form_that_stays_on_its_page_is_done_once_and_shown_as_it_is_now(
    desk: Client, operation: Operation, verifier: Person, part: str, form: dict[str, str], kind: str
) -> None:
    one = report(operation)
    address, in_place = f"/sample/desk/reports/{one.ref}/{part}/", KEY | {"X-Part": "1"}
    assert desk.post(address, form, headers=in_place).status_code == 200
    again = desk.post(address, form, headers=in_place)  # the answer was lost, and the script sends it again
    assert again.status_code == 200, again.content.decode()
    assert Decision.objects.filter(kind=kind).count() == 1
    undo.undo(verifier, Decision.objects.get())
    assert desk.post(address, form, headers=in_place).status_code == 200
    assert Decision.objects.filter(kind=kind).count() == 1, "what was taken back meanwhile stays so"
    assert desk.post(address, form, headers={"X-Form": "e" * 32, "X-Part": "1"}).status_code == 200
    assert Decision.objects.filter(kind=kind).count() == 2, "another form is another decision"


def test_after_a_small_form_the_undo_key_means_what_was_just_done(desk: Client, operation: Operation) -> None:
    for key, one in (("1", report(operation)), ("2", report(operation, "Nou grangou"))):
        address, in_place = f"/sample/desk/reports/{one.ref}/", {"X-Form": key * 32, "X-Part": "1"}
        answer = desk.post(f"{address}urgency/", {"urgency": "3"}, headers=in_place).content.decode()
        newest = Decision.objects.latest("id")
        undoing = re.findall(r'action="[^"]+/(\d+)/undo/">(?:(?!</form>).)*data-key="u"', answer, re.S)
        assert (undoing, newest.report_id) == ([str(newest.pk)], one.pk)
        assert f'name="back" value="{address}urgency/"' not in answer, "undoing leads to a page"


def test_a_small_form_that_was_refused_is_not_remembered(desk: Client, operation: Operation) -> None:
    one, in_place = report(operation), KEY | {"X-Part": "1"}
    address = f"/sample/desk/reports/{one.ref}/urgency/"
    assert desk.post(address, {"urgency": "9"}, headers=in_place).status_code == 400
    assert desk.post(address, {"urgency": "3"}, headers=in_place).status_code == 200
    one.refresh_from_db()
    assert one.urgency == 3


def test_what_could_not_be_done_is_not_remembered(desk: Client, operation: Operation) -> None:
    address = f"/sample/desk/reports/{report(operation).ref}/accept/"
    typed = {"publish": "1", "occurred_at": "2026-01-31T14:30", "precision": "6", "kind": "crisis"}
    assert desk.post(address, typed, headers=KEY).status_code == 400
    answer = desk.post(address, typed | {"title": "No water"}, headers=KEY)
    assert answer.status_code == 200, answer.content.decode()
    assert books(operation) == {"in_event": 1}


def test_whoever_is_signed_out_is_told_where_to_sign_in(client: Client, operation: Operation) -> None:
    answer = client.post(f"/sample/desk/reports/{report(operation).ref}/reject/", {"reason": "x"}, headers=KEY)
    assert answer.status_code == 401
    assert answer.json()["sign_in"].startswith("/accounts/login/")
    assert books(operation) == {"waiting": 1}
