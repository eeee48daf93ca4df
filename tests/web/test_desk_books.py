"""Whatever people do on the desk, in whatever order: the books balance and no report's content changes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.books import independent_senders
from rapport.desk.draft import EventDraft
from rapport.desk.undo import undo
from rapport.errors import Conflict
from rapport.events.models import Event, EventReport
from rapport.operations.models import Category, Operation, Source
from rapport.oversight.models import Decision
from rapport.reports.models import Report
from rapport.values import Publication, Status
from tests.web.desk import DELMAS, books, report

REPORTS = 5
numbers = st.integers(0, REPORTS - 1)


class Desk(RuleBasedStateMachine):
    """Five reports of three senders, and one person who may do everything."""

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()  # each sequence starts from an empty database
        self.example.__enter__()
        self.operation = Operation.objects.create(
            slug="desk", kind="crisis", time_zone="UTC", west=-75, south=17, east=-71, north=21, languages=["ht", "en"]
        )
        Source.objects.create(operation=self.operation, slug="sms", channel="smssync")
        Category.objects.create(operation=self.operation, code="2b", names={"en": "Water"})
        self.person = Person.objects.create_user("lea", password="a long enough password")
        Membership.objects.create(person=self.person, operation=self.operation, role=Role.LEAD)
        self.reports = [report(self.operation, f"Dlo {n}", number=f"+5095550000{n % 3}") for n in range(REPORTS)]
        self.content = list(self._content())

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def _content(self) -> list[tuple[object, ...]]:
        content = ("text", "sender_id", "received_at", "fields", "lon", "lat", "ref")
        return list(Report.objects.order_by("pk").values_list(*content))

    def _try(self, action: Callable[[], object]) -> None:
        """What is not possible now is a Conflict and changes nothing; the invariants look."""
        with suppress(Conflict):
            action()

    def _event(self, number: int) -> Event | None:
        return Event.objects.order_by("pk")[number:].first()

    @rule(number=numbers, publish=st.booleans(), placed=st.booleans())
    def accept(self, number: int, publish: bool, placed: bool) -> None:
        draft = EventDraft("Dlo", "", ("2b",), DELMAS if placed else None)
        self._try(lambda: actions.accept(self.person, self.reports[number], draft, publish))

    @rule(number=numbers, which=st.integers(0, 3))
    def attach(self, number: int, which: int) -> None:
        if event := self._event(which):
            self._try(lambda: actions.attach(self.person, self.reports[number], event))

    @rule(number=numbers)
    def reject(self, number: int) -> None:
        self._try(lambda: actions.reject(self.person, self.reports[number], "Not for us."))

    @rule(which=st.integers(0, 3), publication=st.sampled_from(Publication))
    def publish(self, which: int, publication: Publication) -> None:
        if event := self._event(which):
            self._try(lambda: actions.publish(self.person, event, publication, "Because."))

    @rule(which=st.integers(0, 3), status=st.sampled_from(Status))
    def status(self, which: int, status: Status) -> None:
        if event := self._event(which):
            self._try(lambda: actions.set_status(self.person, event, status, "Because.", "A call."))

    @rule(which=st.integers(0, 3), title=st.sampled_from(["One", "Two", ""]))
    def edit(self, which: int, title: str) -> None:
        if event := self._event(which):
            self._try(lambda: actions.edit(self.person, event, EventDraft(title)))

    @rule(back=st.integers(0, 8))
    def undo(self, back: int) -> None:
        if decision := Decision.objects.order_by("-pk")[back:].first():
            self._try(lambda: undo(self.person, decision))

    @invariant()
    def books_balance(self) -> None:
        assert books(self.operation).total() == REPORTS

    @invariant()
    def content_is_as_it_came(self) -> None:
        assert self._content() == self.content

    @invariant()
    def readers_get_only_what_reports_stand_behind(self) -> None:
        shown = Event.objects.filter(publication=Publication.PUBLISHED.value)
        assert all(EventReport.objects.filter(event=event).exists() for event in shown)

    @invariant()
    def corroborated_means_two_senders(self) -> None:
        for event in Event.objects.filter(status=Status.CORROBORATED.value):
            assert independent_senders(event.pk) >= 2


@pytest.mark.django_db
def test_the_books_balance_whatever_people_do() -> None:
    run_state_machine_as_test(Desk, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))
