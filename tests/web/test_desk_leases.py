"""Nobody is given a report that somebody else holds, and nobody holds one for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.models import Lease
from rapport.desk.queue import leases
from rapport.desk.queue.leases import DeskFilters, next_report
from rapport.errors import Conflict, NotAllowed
from rapport.operations.models import Operation, Source
from rapport.reports.models import Suggestion
from tests.together import at_once
from tests.web.desk import DRAFT, report


def lapse() -> None:
    Lease.objects.update(until=timezone.now() - timedelta(seconds=1))


def test_the_oldest_report_comes_first_and_is_held(operation: Operation, volunteer: Person) -> None:
    oldest, _ = report(operation), report(operation)
    assert next_report(operation, volunteer) == oldest
    held = leases.holder(oldest)
    assert held is not None
    assert timedelta(minutes=9) < held.until - timezone.now() <= timedelta(minutes=10)


def test_two_people_get_two_reports(operation: Operation, volunteer: Person, verifier: Person) -> None:
    reports = {report(operation), report(operation)}
    assert {next_report(operation, volunteer), next_report(operation, verifier)} == reports
    third = next_report(operation, verifier, after=next_report(operation, verifier))
    assert third is None


def test_a_person_who_asks_again_goes_on_with_the_same_one(operation: Operation, volunteer: Person) -> None:
    report(operation), report(operation)
    assert next_report(operation, volunteer) == next_report(operation, volunteer)


def test_passing_by_goes_to_the_next_and_round_again(operation: Operation, volunteer: Person) -> None:
    first, second = report(operation), report(operation)
    assert next_report(operation, volunteer, after=first) == second
    assert next_report(operation, volunteer, after=second) == first
    assert leases.holder(second) is None


def test_a_lease_ends_by_itself_and_the_first_is_told(
    operation: Operation, volunteer: Person, verifier: Person
) -> None:
    told = report(operation)
    leases.take(volunteer, told)
    with pytest.raises(Conflict, match="vero works on this report until"):
        leases.take(verifier, told)
    lapse()
    leases.take(verifier, told)
    with pytest.raises(Conflict, match="vincent works on this report until"):
        leases.take(volunteer, told)


def test_what_is_decided_is_held_by_nobody(operation: Operation, volunteer: Person, verifier: Person) -> None:
    told = report(operation)
    leases.take(volunteer, told)
    actions.accept(volunteer, told, DRAFT)
    assert leases.holder(told) is None
    with pytest.raises(Conflict, match="vero accepted"):
        leases.take(verifier, told)


def test_what_somebody_holds_is_decided_by_nobody_else(
    operation: Operation, volunteer: Person, verifier: Person
) -> None:
    event = actions.accept(verifier, report(operation), DRAFT)
    told = report(operation)
    leases.take(volunteer, told)
    for action in (
        lambda: actions.accept(verifier, told, DRAFT),
        lambda: actions.attach(verifier, told, event),
        lambda: actions.reject(verifier, told, "A test."),
    ):
        with pytest.raises(Conflict, match="vero works on this report until"):
            action()
    assert leases.holder(told) is not None
    lapse()
    actions.reject(verifier, told, "A test.")


def test_released_it_goes_to_the_next_person(operation: Operation, volunteer: Person, verifier: Person) -> None:
    told = report(operation)
    leases.take(volunteer, told)
    leases.release(verifier, told)  # not theirs: nothing happens
    assert next_report(operation, verifier) is None
    leases.release(volunteer, told)
    assert next_report(operation, verifier) == told


def test_filters_choose_a_part_of_the_queue(operation: Operation, volunteer: Person) -> None:
    web = report(operation, "Water is needed", source=Source.objects.get(slug="web", operation=operation))
    said = report(operation, "Bezwen manje", language_said="ht")
    guessed = report(operation, "Nou bezwen dlo")
    Suggestion.objects.create(report=guessed, kind="language", value={"code": "ht"}, score=0.9, function="test 1")

    def found(filters: DeskFilters) -> list[int]:
        return list(leases.waiting(operation, filters).values_list("pk", flat=True))

    assert found(DeskFilters(source="web")) == [web.pk]
    assert found(DeskFilters(language="ht")) == [said.pk, guessed.pk]
    assert found(DeskFilters(text="NEEDED")) == [web.pk]
    assert found(DeskFilters(text=said.ref)) == [said.pk]
    assert next_report(operation, volunteer, DeskFilters(language="ht")) == said


def test_who_may_not_decide_holds_nothing(operation: Operation, outsider: Person) -> None:
    told = report(operation)
    with pytest.raises(NotAllowed):
        leases.take(outsider, told)
    with pytest.raises(NotAllowed):
        next_report(operation, outsider)


@pytest.mark.django_db(transaction=True)
def test_ten_who_ask_at_once_get_ten_reports(operation: Operation, someone: Callable[..., Person]) -> None:
    people = [someone(f"person{number}", Role.VOLUNTEER) for number in range(10)]
    for _ in people:
        report(operation)
    given: list[int] = []

    def ask(person: Person) -> None:
        found = next_report(operation, person)
        given.append(found.pk if found else 0)

    assert at_once(*(partial(ask, person) for person in people)) == []
    assert len(set(given)) == len(people)
    assert 0 not in given
