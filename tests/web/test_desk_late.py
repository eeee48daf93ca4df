"""Where more came in than could be read, the desk says so: few suggestions are never taken for calm."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.desk.queue import late
from rapport.operations.models import Operation
from rapport.reports.models import LeftOut, Overload, Report
from tests.web.desk import report


@pytest.fixture
def vero(volunteer: Person) -> Client:
    client = Client()
    client.force_login(volunteer)
    return client


def page(vero: Client, where: str = "") -> str:
    """What somebody reads there."""
    answer = vero.get(f"/sample/desk/{where}").content.decode()
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer)))


def overload(operation: Operation, hours_ago: int, language: str, **counted: int) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_ago)
    Overload.objects.create(operation=operation, hour=hour, language=language, **counted)


def test_nothing_is_said_when_it_was_calm(vero: Client, operation: Operation) -> None:
    report(operation)
    overload(operation, 25, "ht", late=40, longest_s=70)
    overload(operation, 2, "ht", repeated=3)
    assert "more came in than" not in page(vero).lower()
    assert "more came in than" not in page(vero, "hand-over/").lower()


@pytest.mark.parametrize("where", ["", "hand-over/"])
def test_what_came_late_is_told_by_language_with_what_was_left(vero: Client, operation: Operation, where: str) -> None:
    overload(operation, 3, "ht", late=1_000, longest_s=62, left_out=2)
    overload(operation, 1, "ht", late=204, longest_s=175, left_out=330, repeated=40)
    overload(operation, 1, "en", late=30, longest_s=15)
    overload(operation, 0, "", late=1, longest_s=12)
    for _ in range(12):
        LeftOut.objects.create(report=report(operation, understood=True))
    told = page(vero, where)
    assert (
        "more came in than could be read at once: of messages in Kreyòl 1,204 got their suggestions up to 3 min late, "
        "in English 30 up to 15 s late, in an unsure language 1 up to 12 s late; "
        "320 repeats were looked at later, 12 still are to be. "
        "Few suggestions then do not mean that it was calm."
    ) in told.replace("Kreyòl ayisyen", "Kreyòl")
    made = late.notice(operation)
    assert made is not None
    assert [(line.language, line.late, line.left_out) for line in made.lines] == [
        ("", 1, 0), ("ht", 204, 330), ("en", 30, 0), ("ht", 1_000, 2),
    ]  # fmt: skip


def test_another_operations_overload_is_not_told_here(operation: Operation) -> None:
    other = Operation.objects.get(pk=operation.pk)
    other.pk, other.slug = None, "other"
    other.save()
    overload(other, 1, "ht", late=1_000, longest_s=62)
    assert late.notice(operation) is None


def test_what_waits_for_its_suggestions_is_counted_while_it_waits(
    vero: Client, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late, "MANY", 3)
    for seconds in (170, 20, 10):
        report(operation, received_at=timezone.now() - timedelta(seconds=seconds))
    assert late.notice(operation) is None
    report(operation)
    assert "4 messages wait for their suggestions now, the oldest for 3 min." in page(vero)
    monkeypatch.setattr(late, "COUNTED", 3)
    assert "More than 3 messages wait" in page(vero)
    Report.objects.update(understood=True)
    assert late.notice(operation) is None


def test_what_waits_is_counted_by_the_index_of_what_waits(
    operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late, "MANY", 0)
    report(operation)
    with CaptureQueriesContext(connection) as asked:
        assert late.notice(operation)
    wanted = [query["sql"] for query in asked if "understood" in query["sql"] and query["sql"].startswith("SELECT")]
    assert len(wanted) == 3
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for sql in wanted:
                cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"))
                plan = " ".join(str(row[-1]) for row in cursor.fetchall())
                assert "report_new" in plan
                assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (99, "99 s"), (100, "2 min"), (181, "4 min"), (7_200, "2 h"), (7_100, "119 min")],
)
def test_how_long_is_never_told_as_shorter_than_it_was(seconds: float, words: str) -> None:
    assert late.in_words(seconds) == words
