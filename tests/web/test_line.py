"""A form of the desk that is sent again, because its answer was lost, has its effect once."""

from __future__ import annotations

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.desk import undo
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
