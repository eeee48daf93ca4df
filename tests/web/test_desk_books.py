"""Whatever people do on the desk, in whatever order: the books balance and no report's content changes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import transaction
from django.db.models import Count
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from rapport.accounts.models import Membership, Person
from rapport.accounts.permissions import Role
from rapport.desk import actions, many
from rapport.desk.books import independent_senders
from rapport.desk.draft import EventDraft
from rapport.desk.event import merging, responding
from rapport.desk.record import placement
from rapport.desk.record.undo import undo
from rapport.errors import Conflict, Refused
from rapport.events.models import Event, EventReport
from rapport.operations.models import Category, Operation, Source
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report
from rapport.sharing.models import ReleaseEntry
from rapport.values import Publication, Response, Status
from tests.web.desk import DELMAS, books, report

REPORTS = 7
BULKS = ("reject", "together", "attach", "withdraw", "respond", "merge")


class Books:
    """Seven reports of four senders, one person who may do everything, and what must hold after each step."""

    def __init__(self) -> None:
        self.operation = Operation.objects.create(
            slug="desk", kind="crisis", time_zone="UTC", west=-75, south=17, east=-71, north=21, languages=["ht", "en"]
        )
        Source.objects.create(operation=self.operation, slug="sms", channel="smssync")
        Category.objects.create(operation=self.operation, code="2b", names={"en": "Water"})
        self.person = Person.objects.create_user("lea", password="a long enough password")
        Membership.objects.create(person=self.person, operation=self.operation, role=Role.LEAD)
        self.reports = [report(self.operation, f"Dlo {n}", number=f"+5095550000{n % 4}") for n in range(REPORTS)]
        self.content = self._content()
        self.done: Counter[str] = Counter()

    def _content(self) -> list[tuple[object, ...]]:
        content = ("text", "sender_id", "received_at", "fields", "lon", "lat", "ref")
        return list(Report.objects.order_by("pk").values_list(*content))

    def attempt(self, name: str, action: Callable[[], object]) -> bool:
        """What is not possible now is a Conflict, or Refused, and changes nothing; `check` looks."""
        with suppress(Conflict, Refused):
            action()
            self.done[name] += 1
            return True
        return False

    def event(self, number: int) -> Event | None:
        """Those with many reports first; behind them what is empty, and what is part of another."""
        events = Event.objects.annotate(held=Count("links")).order_by("merged_into", "-held", "pk")
        return events[number : number + 1].first()

    def accept(self, number: int, publish: bool, placed: bool = True) -> None:
        draft = EventDraft("Dlo", "", ("2b",), DELMAS if placed else None)
        self.attempt("accept", lambda: actions.accept(self.person, self.reports[number], draft, publish))

    def attach(self, number: int, which: int) -> None:
        if event := self.event(which):
            self.attempt("attach", lambda: actions.attach(self.person, self.reports[number], event))

    def reject(self, number: int) -> None:
        self.attempt("reject", lambda: actions.reject(self.person, self.reports[number], "Not for us."))

    def bulk(self, numbers: set[int], which: int, how: str) -> None:
        refs, event = [self.reports[number].ref for number in sorted(numbers)], self.event(which)
        shown = [event.ref for event in Event.objects.all()]
        draft = EventDraft("Dlo", "", ("2b",), DELMAS)
        act: dict[str, Callable[[], object]] = {
            "reject": lambda: many.reject(self.person, self.operation, refs, "Not for us."),
            "together": lambda: many.together(self.person, self.operation, refs, draft, True),
            "attach": lambda: event and many.attach(self.person, self.operation, refs, event),
            "withdraw": lambda: many.publish(self.person, self.operation, shown, Publication.WITHDRAWN, "Because."),
            "respond": lambda: many.respond(self.person, self.operation, shown, Response.DONE, "The water team"),
            "merge": lambda: event and many.merge(self.person, self.operation, shown, event),
        }
        self.attempt(f"bulk {how}", act[how])

    def merge(self, which: int, other: int) -> None:
        event, part = self.event(which), self.event(other)
        if event and part:
            self.attempt("merge", lambda: merging.merge(self.person, event, part))

    def split(self, which: int, numbers: set[int], publish: bool) -> None:
        if event := self.event(which):
            there = list(EventReport.objects.filter(event=event).order_by("pk").values_list("report_id", flat=True))
            going = [pk for place, pk in enumerate(there) if place in numbers]
            draft = EventDraft("Manje", "", ("2b",), DELMAS)
            self.attempt("split", lambda: merging.split(self.person, event, going, draft, publish))

    def publish(self, which: int, publication: Publication) -> None:
        if event := self.event(which):
            self.attempt("publish", lambda: actions.publish(self.person, event, publication, "Because."))

    def status(self, which: int, status: Status) -> None:
        if event := self.event(which):
            self.attempt("verify", lambda: actions.set_status(self.person, event, status, "Because.", "A call."))

    def respond(self, which: int, response: Response) -> None:
        if event := self.event(which):
            self.attempt("respond", lambda: responding.respond(self.person, event, response, "The water team"))

    def edit(self, which: int, title: str) -> None:
        if event := self.event(which):
            self.attempt("edit", lambda: actions.edit(self.person, event, EventDraft(title)))

    def undo(self, back: int, *kinds: DecisionKind) -> None:
        standing = Decision.objects.exclude(kind=DecisionKind.UNDO).filter(undone_by__isnull=True)
        if kinds:
            standing = standing.filter(kind__in=kinds)
        if decision := standing.order_by("-pk")[back : back + 1].first():
            self.attempt(f"undo {decision.kind}", lambda: undo(self.person, decision))

    def undo_everything(self) -> None:
        """Pass after pass, the newest first, until nothing stands."""
        for bulk in Decision.objects.filter(kind=DecisionKind.BULK, undone_by__isnull=True).order_by("-pk"):
            self.attempt("undo bulk at the end", lambda one=bulk: undo(self.person, one))
            self.check()
        lines = (DecisionKind.UNDO, DecisionKind.BULK)
        standing = Decision.objects.exclude(kind__in=lines).filter(undone_by__isnull=True).order_by("-pk")
        while left := list(standing.all()):
            tried = [self.attempt("undo at the end", lambda one=one: undo(self.person, one)) for one in left]
            assert any(tried), f"nothing more can be undone of {[(one.pk, one.kind) for one in left]}"
            self.check()
        assert books(self.operation) == {"waiting": REPORTS}
        assert not Event.objects.filter(publication="published").exists()
        assert not Event.objects.filter(merged_into__isnull=False).exists()

    def check(self) -> None:
        assert books(self.operation).total() == REPORTS
        assert self._content() == self.content
        shown = set(Event.objects.filter(publication=Publication.PUBLISHED.value).values_list("pk", flat=True))
        links = dict(EventReport.objects.values_list("report_id", "event_id"))
        assert shown <= set(links.values()), "readers get only what reports stand behind"
        merged = dict(Event.objects.filter(merged_into__isnull=False).values_list("pk", "merged_into_id"))
        assert not set(merged) & set(links.values()), "what is part of another holds nothing itself"
        for event in Event.objects.filter(status=Status.CORROBORATED.value, pk__in=set(links.values())):
            assert independent_senders(event.pk) >= 2
        record = placement.read(Event.objects.values_list("pk", flat=True))
        found = record.placement()
        assert (dict(found.event_of), dict(found.merged_into)) == (links, merged), "as the standing decisions say"
        publications = dict(Event.objects.values_list("pk", "publication"))
        assert found.publications(record.born) == publications
        log = ReleaseEntry.objects.filter(audience="public").order_by("seq")
        last = dict(log.values_list("event_id", "retracted"))
        assert {event for event, retracted in last.items() if not retracted} == shown, "readers were told"


numbers = st.integers(0, REPORTS - 1)
events = st.integers(0, 4)


class Desk(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()  # each sequence starts from an empty database
        self.example.__enter__()
        self.books = Books()

    def teardown(self) -> None:
        try:
            self.books.undo_everything()
        finally:
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)

    @rule(number=numbers, publish=st.booleans(), placed=st.booleans())
    def accept(self, number: int, publish: bool, placed: bool) -> None:
        self.books.accept(number, publish, placed)

    @rule(number=numbers, which=events)
    def attach(self, number: int, which: int) -> None:
        self.books.attach(number, which)

    @rule(number=numbers)
    def reject(self, number: int) -> None:
        self.books.reject(number)

    @rule(chosen=st.sets(numbers, min_size=1), which=events, how=st.sampled_from(BULKS))
    def bulk(self, chosen: set[int], which: int, how: str) -> None:
        self.books.bulk(chosen, which, how)

    @rule(which=events, other=events)
    def merge(self, which: int, other: int) -> None:
        self.books.merge(which, other)

    @rule(which=events, chosen=st.sets(st.integers(0, 4), min_size=1), publish=st.booleans())
    def split(self, which: int, chosen: set[int], publish: bool) -> None:
        self.books.split(which, chosen, publish)

    @rule(which=events, publication=st.sampled_from(Publication))
    def publish(self, which: int, publication: Publication) -> None:
        self.books.publish(which, publication)

    @rule(which=events, status=st.sampled_from(Status))
    def status(self, which: int, status: Status) -> None:
        self.books.status(which, status)

    @rule(which=events, response=st.sampled_from(Response))
    def respond(self, which: int, response: Response) -> None:
        self.books.respond(which, response)

    @rule(which=events, title=st.sampled_from(["One", "Two", ""]))
    def edit(self, which: int, title: str) -> None:
        self.books.edit(which, title)

    @rule(back=st.integers(0, 12))
    def undo(self, back: int) -> None:
        self.books.undo(back)

    @invariant()
    def balanced(self) -> None:
        self.books.check()


@pytest.mark.django_db
def test_the_books_balance_whatever_people_do() -> None:
    run_state_machine_as_test(Desk, settings=settings(max_examples=12, stateful_step_count=25))


def walk(desk: Books, chance: random.Random, steps: int) -> None:
    """A desk at work: more is undone, merged and split than in life."""
    number, which = lambda: chance.randrange(REPORTS), lambda: chance.randrange(5)
    todo: list[tuple[int, Callable[[], None]]] = [
        (6, lambda: desk.accept(number(), chance.random() < 0.7)),
        (6, lambda: desk.attach(number(), which())),
        (1, lambda: desk.reject(number())),
        (3, lambda: desk.bulk({number(), number(), number()}, which(), chance.choice(BULKS))),
        (5, lambda: desk.merge(which(), which())),
        (5, lambda: desk.split(chance.randrange(2), {chance.randrange(3), chance.randrange(4)}, chance.random() < 0.7)),
        (2, lambda: desk.publish(which(), chance.choice(list(Publication)))),
        (3, lambda: desk.status(which(), chance.choice([*Status, Status.CORROBORATED]))),
        (1, lambda: desk.respond(which(), chance.choice(list(Response)))),
        (1, lambda: desk.edit(which(), chance.choice(["One", "Two"]))),
        (4, lambda: desk.undo(chance.randrange(15))),
        (2, lambda: desk.undo(chance.randrange(4), DecisionKind.MERGE, DecisionKind.SPLIT)),
    ]
    weights = [weight for weight, _ in todo]
    for _ in range(steps):
        chance.choices(todo, weights)[0][1]()
        desk.check()


def walks(seeds: range, steps: int) -> Counter[str]:
    done: Counter[str] = Counter()
    for seed in seeds:
        with transaction.atomic():
            desk = Books()
            walk(desk, random.Random(seed), steps)
            desk.undo_everything()
            done += desk.done
            transaction.set_rollback(True)
    return done


@pytest.mark.django_db
def test_a_desk_at_work_stays_balanced_and_comes_back_to_its_start() -> None:
    done = walks(range(2), 90)
    assert {"accept", "attach", "merge", "split", "undo merge", "undo split"} <= set(done), done


@pytest.mark.soak
@pytest.mark.django_db
def test_ten_thousand_steps(capsys: pytest.CaptureFixture[str]) -> None:
    done = walks(range(1_000, 1_100), 100)
    with capsys.disabled():
        print(f"\n10,000 steps tried; {done.total():,} decisions and undos made: {dict(done.most_common())}")  # noqa: T201
