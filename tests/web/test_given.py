"""What went to named readers is written down, stands in the ledger, and is told to the person whom it concerns."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from rapport.accounts.models import Organisation, Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.record.undo import undo
from rapport.events.models import Event
from rapport.events.releases import releases
from rapport.operations.models import Operation, Source
from rapport.oversight.models import Decision, EntryKind, LedgerEntry
from rapport.sharing import activation
from rapport.sharing.models import NamedRelease
from rapport.sharing.protocol.library import text_of
from rapport.values import PUBLIC, Publication, Purpose, Reader
from tests.web.desk import DRAFT, report
from tests.web.test_desk_pages import enter, text

__all__ = ["enter"]
WITH_PARTNERS = text_of("house").replace('name = "house"', 'name = "sample"').replace(
    '[[audience]]\nname = "public"',
    '[[audience]]\nname = "partners"\ntitle = "Partners"\nkinds = ["un"]\n\n[[audience]]\nname = "public"',
) + """
[[grant]]
name = "partners-all"
to = ["partners"]
why = "Agreed with partners."
"""  # fmt: skip
PARTNER = Reader(organisation="who", organisation_kind="un", person_id=7, agreed=frozenset(Purpose))


@pytest.fixture
def event(operation: Operation, volunteer: Person, someone: Callable[..., Person]) -> Event:
    """Told through the web form, and published under a protocol that gives partners more."""
    lead, custodian = someone("lea", Role.LEAD), someone("carol", Role.CUSTODIAN)
    activation.activate(custodian, activation.propose(lead, operation, WITH_PARTNERS, "agreed"), "agreed")
    Organisation.objects.create(slug="who", name="World Health Organization")
    web = Source.objects.get(operation=operation, slug="web")
    return actions.accept(volunteer, report(operation, number="+50955500001", source=web), DRAFT)


def in_ledger() -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in LedgerEntry.objects.filter(kind=EntryKind.RELEASE).order_by("pk")]


def test_a_partner_s_reading_is_written_down_and_entered_once(operation: Operation, event: Event) -> None:
    for _ in range(2):
        assert releases(operation, PARTNER, Purpose.VIEW, [event.pk])
    row = NamedRelease.objects.get()
    assert (row.item_id, row.organisation, row.audience, row.purpose) == (event.pk, "who", "partners", "view")
    assert row.left["precision"] == DRAFT.spot.precision if DRAFT.spot else False
    number = Organisation.objects.get().pk
    assert [(one["count"], one["reader"]) for one in in_ledger()] == [(1, f"organisation {number}, person 7")]
    assert DRAFT.title not in LedgerEntry.objects.latest("pk").body

    releases(operation, PARTNER, Purpose.EXPORT, [event.pk])
    Event.objects.update(title="")
    releases(operation, PARTNER, Purpose.VIEW, [event.pk])
    assert NamedRelease.objects.count() == 3  # another purpose, and another measure


def test_what_everybody_gets_and_the_desk_reads_is_not(operation: Operation, event: Event) -> None:
    stranger = Reader(
        organisation="paper", organisation_kind="media", agreed=frozenset(Purpose)
    )  # reads what everybody reads
    for who in (PUBLIC, stranger, Reader(team=True, person_id=1)):
        assert releases(operation, who, Purpose.VIEW, [event.pk])
    assert not NamedRelease.objects.exists()
    assert in_ledger() == []


def test_who_sent_a_report_is_told_with_whom_it_was_shared(
    operation: Operation, event: Event, volunteer: Person, client: Client
) -> None:
    ref = event.links.get().report.ref
    releases(operation, PARTNER, Purpose.EXPORT, [event.pk])
    actions.publish(volunteer, event, Publication.WITHDRAWN, "a slip")
    page = text(client.get(f"/sample/report/sent/{ref}/shared/"))
    assert "World Health Organization" in page
    assert "Everybody" in page
    assert "when it was taken back" in page
    assert DRAFT.title not in page  # what happened is not told, only with whom it was shared


def test_of_a_report_that_nobody_shared_it_says_so(operation: Operation, client: Client) -> None:
    web = Source.objects.get(operation=operation, slug="web")
    page = text(client.get(f"/sample/report/sent/{report(operation, source=web).ref}/shared/"))
    assert "Nothing so far" in page
    assert client.get("/sample/report/sent/nothing/shared/").status_code == 404


def test_who_answers_for_the_operation_looks_it_up_by_address_and_keeps_it_nowhere(
    operation: Operation, event: Event, someone: Callable[..., Person], enter: Any
) -> None:
    releases(operation, PARTNER, Purpose.VIEW, [event.pk])
    carol = Person.objects.get(username="carol")
    desk = enter(carol)
    at = "/sample/desk/retention/shared/"
    page = text(desk.post(at, {"address": "+509 5550 0001"}))
    assert "World Health Organization" in page
    assert "5550" not in page
    assert "Nobody here is known" in desk.post(at, {"address": "+1 212 555 0100"}).content.decode()


def test_a_volunteer_may_not(enter: Any, volunteer: Person) -> None:
    assert enter(volunteer).get("/sample/desk/retention/shared/").status_code == 403


def test_who_sent_a_report_learns_nothing_of_the_time_before_and_after_it_was_part_of_an_event(
    operation: Operation, event: Event, volunteer: Person, client: Client
) -> None:
    releases(operation, PARTNER, Purpose.VIEW, [event.pk])
    late = report(operation, source=Source.objects.get(operation=operation, slug="web"))
    actions.attach(volunteer, late, event)
    page = text(client.get(f"/sample/report/sent/{late.ref}/shared/"))
    assert "World Health Organization" not in page  # it read before
    undo(volunteer, Decision.objects.get(kind="attach"))
    releases(operation, PARTNER, Purpose.EXPORT, [event.pk])
    page = text(client.get(f"/sample/report/sent/{late.ref}/shared/"))
    assert "World Health Organization" not in page  # it read afterwards
