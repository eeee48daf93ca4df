"""Break the glass: one custodian sees how a sender can be reached, for a time; leads and the ledger know at once."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.glass import breaking
from rapport.desk.retention import asking
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.ledger import checking, seal
from rapport.oversight.models import Decision, DecisionKind, EntryKind, Glass, LedgerEntry, Stage
from rapport.oversight.retention import run as retention
from rapport.reports.models import Report
from tests.web.desk import DRAFT, report

NUMBER, OTHER = "+50937461928", "+50938552047"
SIGNS = re.compile(r"3746\W?1928|3855\W?2047")
REASON = "People are under the rubble and the team needs the number"


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Role.CUSTODIAN)


@pytest.fixture
def told(operation: Operation) -> Report:
    return report(operation, number=NUMBER)


@pytest.fixture
def event(operation: Operation, verifier: Person, told: Report) -> Event:
    made = actions.accept(verifier, told, DRAFT)
    actions.attach(verifier, report(operation, "Dlo", number=OTHER), made)
    actions.attach(verifier, report(operation, "Dlo ankò", number=OTHER), made)
    return made


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def entered() -> list[dict[str, Any]]:
    found = LedgerEntry.objects.filter(kind=EntryKind.GLASS).order_by("pk")
    return [json.loads(one.body) for one in found]


def test_only_the_custodian_who_broke_it_sees_the_number_and_each_look_is_recorded(
    operation: Operation, told: Report, custodian: Person, someone: Callable[..., Person], lead: Person
) -> None:
    path = f"/sample/desk/reports/{told.ref}/"
    carol, others = as_(custodian), [as_(lead), as_(someone("colin", Role.CUSTODIAN)), as_(someone("v", Role.VERIFIER))]
    assert "Break the glass" in page(carol, path)
    assert not SIGNS.search(page(carol, path))
    answer = carol.post(f"{path}glass/", {"reason": REASON, "hours": "1"})
    assert answer.headers["Location"] == f"{path}#glass"
    for _ in range(2):
        shown = carol.get(path)
        assert NUMBER in shown.content.decode()
        assert "no-store" in shown.headers["Cache-Control"]
    for other in others:
        assert not SIGNS.search(page(other, path))
    glass = Glass.objects.get()
    assert (glass.looks, glass.person, glass.report_id) == (2, custodian, told.pk)
    assert [one["became"] for one in entered()] == ["broken", "looked", "looked"]
    assert {one["person"] for one in entered()} == {custodian.pk}
    decision = Decision.objects.get(kind=DecisionKind.BREAK_GLASS)
    assert (decision.reason, decision.report_id, decision.person) == (REASON, told.pk, custodian)


def test_on_an_event_every_sender_is_shown_once_and_on_its_reports_too(
    operation: Operation, event: Event, told: Report, custodian: Person
) -> None:
    carol, path = as_(custodian), f"/sample/desk/events/{event.ref}/"
    carol.post(f"{path}glass/", {"reason": REASON, "hours": "2"})
    text = page(carol, path)
    assert text.count(f"<bdi>{NUMBER}</bdi>") == text.count(f"<bdi>{OTHER}</bdi>") == 1
    assert NUMBER in page(carol, f"/sample/desk/reports/{told.ref}/")
    assert not SIGNS.search(page(carol, f"/sample/desk/reports/{report(operation, number='+50911112222').ref}/"))
    assert [one.get("senders") for one in entered()] == [None, 2, 1]


def test_who_is_attached_to_an_event_afterwards_is_not_behind_its_glass(
    operation: Operation, event: Event, custodian: Person, verifier: Person
) -> None:
    """Else one glass, broken for one sender, would open the addresses of many."""
    breaking.break_glass(custodian, event, REASON)
    later = report(operation, "Later", number="+50911112222")
    actions.attach(verifier, later, event)
    found = breaking.look(custodian, event)
    assert found is not None
    assert {one.address.value for one in found.reached if one.address} == {NUMBER, OTHER}
    assert breaking.look(custodian, later) is None
    breaking.break_glass(custodian, later, REASON)
    assert breaking.look(custodian, later) is not None


def test_a_glass_widened_in_the_database_is_found(operation: Operation, told: Report, custodian: Person) -> None:
    breaking.break_glass(custodian, told, REASON)
    assert checking.verify().faults == []
    Glass.objects.update(reports=[told.pk, report(operation, number=OTHER).pk])
    assert ["reports" in fault.said for fault in checking.verify().faults] == [True]


def test_after_its_time_or_once_it_is_ended_nothing_more_is_shown(
    told: Report, custodian: Person, lead: Person, volunteer: Person
) -> None:
    carol, path = as_(custodian), f"/sample/desk/reports/{told.ref}/"
    first = breaking.break_glass(custodian, told, REASON)
    assert SIGNS.search(page(carol, path))
    Glass.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert not SIGNS.search(page(carol, path))
    second = breaking.break_glass(custodian, told, REASON, 24)
    assert as_(volunteer).post(f"/sample/desk/glass/{second.pk}/end/").status_code == 403
    as_(lead).post(f"/sample/desk/glass/{second.pk}/end/")
    assert not SIGNS.search(page(carol, path))
    assert Glass.objects.get(pk=second.pk).ended_by == lead
    with pytest.raises(Conflict):
        breaking.end(custodian, first)
    assert [one["became"] for one in entered()] == ["broken", "looked", "broken", "ended"]


def test_who_is_custodian_no_more_sees_nothing_more(told: Report, custodian: Person) -> None:
    breaking.break_glass(custodian, told, REASON)
    custodian.memberships.update(role=Role.VERIFIER.value)
    assert not SIGNS.search(page(as_(custodian), f"/sample/desk/reports/{told.ref}/"))


def test_it_takes_a_reason_a_limit_and_a_custodian(told: Report, custodian: Person, lead: Person) -> None:
    for reason, hours in (("", 1), ("needed now", 1), (REASON, 25), (REASON, 0)):
        with pytest.raises(Refused):
            breaking.break_glass(custodian, told, reason, hours)
    with pytest.raises(NotAllowed):
        breaking.break_glass(lead, told, REASON)
    breaking.break_glass(custodian, told, REASON)
    with pytest.raises(Conflict):
        breaking.break_glass(custodian, told, REASON)
    assert Glass.objects.count() == 1
    assert Decision.objects.filter(kind=DecisionKind.BREAK_GLASS).count() == 1


def test_leads_and_other_custodians_see_it_on_every_page_until_they_say_so(
    told: Report, custodian: Person, lead: Person, verifier: Person, someone: Callable[..., Person]
) -> None:
    lea, colin = as_(lead), as_(someone("colin", Role.CUSTODIAN))
    pages = ("/sample/desk/", "/sample/desk/events/", "/sample/outbox/", "/sample/desk/ledger/", "/sample/desk/glass/")
    assert not any("data-glass-notice" in page(lea, path) for path in pages)
    assert "Nobody has broken the glass" in page(lea, "/sample/desk/glass/")
    breaking.break_glass(custodian, told, REASON)
    for path in pages:
        for client in (lea, colin):
            assert "data-glass-notice" in page(client, path), path
            assert REASON in page(client, path), path
    assert "data-glass-notice" not in page(as_(custodian), "/sample/desk/")
    assert "data-glass-notice" not in page(as_(verifier), "/sample/desk/")
    glass = Glass.objects.get()
    assert lea.post(f"/sample/desk/glass/{glass.pk}/seen/", {"back": "/sample/desk/"}).headers["Location"] == (
        "/sample/desk/"
    )
    assert "data-glass-notice" not in page(lea, "/sample/desk/")
    listed = page(lea, "/sample/desk/glass/")
    assert "Never looked" in listed
    assert re.search(r"Know of it: lea .*Not seen yet by colin", listed)
    assert colin.get("/sample/desk/pulse").json()["glass"] == glass.pk, "so that pages that are open can tell it"
    assert lea.get("/sample/desk/pulse").json()["glass"] == 0
    assert "glass" not in as_(verifier).get("/sample/desk/pulse").json()
    late = as_(someone("later", Role.LEAD))
    assert "data-glass-notice" in page(late, "/sample/desk/")
    Glass.objects.update(until=timezone.now() - timedelta(days=9))
    assert "data-glass-notice" not in page(late, "/sample/desk/"), "it was over before they could know"
    assert "(over now)" in page(colin, "/sample/desk/"), "who was to be told is told still"


def test_no_number_stands_in_the_ledger_the_record_or_the_log(
    told: Report, custodian: Person, lead: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    breaking.break_glass(custodian, told, REASON)
    assert SIGNS.search(page(as_(custodian), f"/sample/desk/reports/{told.ref}/"))
    lea = as_(lead)
    seal.seal()
    said = [page(lea, path) for path in ("/sample/desk/ledger/", "/sample/desk/decisions/", "/sample/desk/glass/")]
    said += ["".join(checking.exported()), caplog.text, repr(breaking.look(custodian, told))]
    assert not SIGNS.search("".join(said))
    assert "carol broke glass" in said[0]
    assert "carol looked through glass" in said[0]
    assert REASON not in said[3]
    assert checking.verify().faults == []


def test_of_a_destroyed_sender_nothing_is_there_and_the_reason_goes_with_them(
    operation: Operation, told: Report, event: Event, custodian: Person
) -> None:
    """Also where the glass was broken for an event that their report is in; the ledger still holds."""
    breaking.break_glass(custodian, told, REASON)
    about_event = breaking.break_glass(custodian, event, REASON)
    assert told.sender is not None
    run = asking.destroy(custodian, [told.sender], "They asked for it.")
    while run.stage == Stage.DESTROYING:
        retention.step(run)
    text = page(as_(custodian), f"/sample/desk/reports/{told.ref}/")
    assert "nothing is there any more" in text
    assert not SIGNS.search(text)
    assert OTHER in page(as_(custodian), f"/sample/desk/events/{event.ref}/")
    assert set(Decision.objects.filter(kind=DecisionKind.BREAK_GLASS).values_list("reason", flat=True)) == {""}
    assert checking.verify().faults == []
    breaking.end(custodian, about_event)
    breaking.end(custodian, Glass.objects.get(report_id=told.pk))
    told.refresh_from_db()
    with pytest.raises(Conflict):
        breaking.break_glass(custodian, Report.objects.get(pk=told.pk), REASON)


def test_signing_in_as_a_custodian_stands_in_the_ledger(custodian: Person, operation: Operation) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": "carol", "password": "a long enough password"})
    found = LedgerEntry.objects.filter(kind=EntryKind.SIGN_IN, operation=operation)
    assert [json.loads(one.body) for one in found] == [{"person": custodian.pk, "roles": ["custodian"]}]
