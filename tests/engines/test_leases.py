"""Two volunteers ask for the next report at the same moment, again and again: nobody is given what another holds, and
whatever was left lying comes back. On whichever database the tests run on."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk.models import Lease
from rapport.desk.queue import leases
from rapport.operations.models import Operation, Source
from rapport.reports.models import Report, Standing
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def fill(operation: Operation, many: int) -> None:
    source, now = Source.objects.get(operation=operation, slug="sms"), timezone.now()
    Report.objects.bulk_create(
        [
            Report(operation=operation, source=source, ref=secrets.token_hex(13), received_at=now, text="x", rank=-n)
            for n in range(many)
        ],
        batch_size=2_000,
    )


def ask_at_once(operation: Operation, people: list[Person], times: int) -> tuple[list[int], list[tuple[int, datetime]]]:
    """Each person takes `times` reports, every time at the same moment as the others. What was given, and the reports
    held by two at a time."""
    start = threading.Barrier(len(people))
    given: list[int] = []
    faults: list[tuple[int, datetime]] = []

    def work(person: Person) -> None:
        last: Report | None = None
        for _ in range(times):
            start.wait(timeout=60)
            found = leases.next_report(operation, person, after=last)
            if found is None:
                faults.append((0, timezone.now()))
                continue
            given.append(found.pk)
            # Decided, as far as the queue is concerned: it must be given to nobody again.
            Report.objects.filter(pk=found.pk, standing=Standing.WAITING).update(standing=Standing.REJECTED)
            last = found

    assert at_once(*(partial(work, person) for person in people)) == []
    return given, faults


@pytest.mark.parametrize("times", [250, pytest.param(10_000, marks=pytest.mark.soak)])
def test_two_who_ask_at_once_are_never_given_the_same(
    operation: Operation, someone: Callable[..., Person], times: int
) -> None:
    people = [someone(f"person{number}", Role.VOLUNTEER) for number in range(2)]
    fill(operation, 2 * times)
    given, faults = ask_at_once(operation, people, times)
    twice = [pk for pk, count in Counter(given).items() if count > 1]
    print(f"asked {2 * times} times, given twice {len(twice)}, left without {len(faults)}")  # noqa: T201
    assert (twice, faults) == ([], [])
    assert len(given) == 2 * times


@pytest.mark.parametrize("many", [20, pytest.param(2_000, marks=pytest.mark.soak)])
def test_what_was_left_lying_is_given_again_each_once(
    operation: Operation, someone: Callable[..., Person], many: int
) -> None:
    gone = someone("gone", Role.VOLUNTEER)
    fill(operation, many)
    for report in Report.objects.all():
        leases.take(gone, report)
    assert leases.next_report(operation, someone("early", Role.VOLUNTEER)) is None
    Lease.objects.update(until=timezone.now() - timedelta(seconds=1))
    people = [someone(f"person{number}", Role.VOLUNTEER) for number in range(2)]
    given, faults = ask_at_once(operation, people, many // 2)
    print(f"{many} leases ended, {len(set(given))} reports given again, twice {len(given) - len(set(given))}")  # noqa: T201
    assert faults == []
    assert sorted(given) == sorted(Report.objects.values_list("pk", flat=True))
