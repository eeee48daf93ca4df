"""A report becomes suggestions with their reasons, and an event only by a person or an order that a person signed."""

from __future__ import annotations

import logging
from datetime import timedelta

import polars as pl
import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from rapport.accounts.models import Person
from rapport.desk.orders import sign
from rapport.events.models import Event
from rapport.intake import understand as worker
from rapport.intake.keep import keep
from rapport.intake.understand import understand, waiting
from rapport.operations.models import Operation, Source, StandingOrder
from rapport.reports.models import Report, Suggestion
from rapport.text.chain import Knowledge
from rapport.values import GivenPlace, Json, Message

LONG = "Nou se 40 moun nan lari a depi samdi, nou bezwen dlo ak manje pou timoun yo tanpri voye ede nou"


def send(operation: Operation, text: str, place: GivenPlace | None = None, **fields: Json) -> Report:
    source = Source.objects.select_related("operation").get(operation=operation, slug="api")
    (kept,) = keep(source, [Message(text, place=place, fields=fields)])
    return Report.objects.get(ref=kept.ref)


def suggested(report: Report, kind: str) -> list[Suggestion]:
    return list(report.suggestions.filter(kind=kind).order_by("id"))


def test_a_place_named_in_the_text_is_suggested_with_the_words_that_named_it(operation: Operation) -> None:
    report = send(operation, "Nou bezwen dlo nan leogane, anpil moun blese")
    assert understand() == 1
    (place,) = suggested(report, "place")
    assert (place.value["name"], place.value["pcode"]) == ("Léogâne", "HT0121")
    assert "leogane" in place.reasons[0]
    assert suggested(report, "language")[0].value == {"code": "ht"}


def test_the_same_words_again_are_put_beside_each_other(operation: Operation) -> None:
    first = send(operation, LONG + " nan Jacmel")
    understand()
    again = send(operation, LONG + " nan Jacmel!! mèsi")
    understand()
    (near,) = suggested(again, "near_duplicate")
    assert near.value["report"] == first.pk
    assert near.reasons


def test_near_duplicates_are_found_after_a_restart(operation: Operation) -> None:
    first = send(operation, LONG)
    understand()
    worker.forget()
    again = send(operation, LONG + " mèsi")
    understand()
    assert [near.value["report"] for near in suggested(again, "near_duplicate")] == [first.pk]


def test_swapped_coordinates_are_seen_and_said(operation: Operation) -> None:
    report = send(operation, "dlo", GivenPlace(lon=18.5, lat=-72.3))
    understand()
    place = suggested(report, "place")[0]
    assert (place.value["lon"], place.value["lat"]) == (-72.3, 18.5)
    assert "exchanged" in place.reasons[0]


def test_zero_zero_is_no_place(operation: Operation) -> None:
    report = send(operation, "dlo", GivenPlace(lon=0, lat=0))
    understand()
    assert suggested(report, "place") == []


def test_each_report_is_worked_through_once(operation: Operation) -> None:
    for n in range(7):
        send(operation, f"dlo nan Jacmel {n}")
    assert [understand(3), understand(3), understand(3), understand(3)] == [3, 3, 1, 0]
    assert waiting() == 0
    assert Suggestion.objects.filter(kind="place").count() == 7


# --- what goes wrong -----------------------------------------------------------------------------------------------


def hostile(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    """Every text that says BAD brings this fault about, as one would that no test thought of."""
    honest = worker.chain.analyse

    def analyse(batch: pl.DataFrame, knowledge: Knowledge) -> pl.DataFrame:
        if any("BAD" in text for text in batch["text"]):
            raise fault
        return honest(batch, knowledge)

    monkeypatch.setattr(worker.chain, "analyse", analyse)


def test_a_report_that_cannot_be_read_holds_up_no_other(
    operation: Operation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before, bad, after = (send(operation, f"{word} dlo nan Jacmel") for word in ("one", "BAD", "two"))
    hostile(monkeypatch, ZeroDivisionError("dlo nan Jacmel"))
    with caplog.at_level(logging.ERROR):
        assert understand() == 3
    assert waiting() == 0
    assert [len(suggested(report, "place")) for report in (before, after)] == [1, 1]
    assert not bad.suggestions.exists()
    assert Report.objects.get(pk=bad.pk).standing == "waiting"
    assert bad.ref in caplog.text
    assert "Jacmel" not in caplog.text
    assert [near.value["report"] for near in suggested(before, "near_duplicate")] == []
    assert [near.value["report"] for near in suggested(after, "near_duplicate")] == [before.pk]


def test_a_database_that_is_away_is_no_reports_fault(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    send(operation, "BAD")
    hostile(monkeypatch, OperationalError("database is locked"))
    with pytest.raises(OperationalError):
        understand()
    assert waiting() == 1


def test_a_flood_of_one_text_asks_the_database_no_more_than_a_few_reports_do(
    operation: Operation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(60):
        send(operation, f"{LONG} {n}")
    with django_assert_max_num_queries(20):
        assert understand() == 60


def test_what_is_old_is_forgotten(operation: Operation) -> None:
    send(operation, LONG)
    understand()
    memory = worker._memories[operation.pk]
    assert len(memory.index) == 1
    memory.forget_before(timezone.now() + timedelta(seconds=1))
    assert len(memory.index) == len(memory.arrived) == 0
    again = send(operation, LONG)
    understand()
    assert suggested(again, "near_duplicate") == []


# --- standing orders -----------------------------------------------------------------------------------------------


def order(operation: Operation) -> StandingOrder:
    rule: dict[str, Json] = {
        "source": "api",
        "when": [{"field": "OK", "is": "YES"}, {"inside": "operation"}],
        "then": [{"accept": {"precision": "locality"}}, {"publish": True}],
        "also": [],
    }
    return StandingOrder.objects.create(operation=operation, slug="trusted", text="Publish what is OK.", rule=rule)


def test_an_unsigned_order_does_nothing(operation: Operation) -> None:
    order(operation)
    send(operation, "dlo", GivenPlace(-72.3, 18.5), OK="YES")
    understand()
    assert not Event.objects.exists()


def test_a_signed_order_publishes_what_it_says_and_nothing_else(operation: Operation, lead: Person) -> None:
    sign(lead, order(operation))
    inside = send(operation, "dlo", GivenPlace(-72.3, 18.5), OK="YES")
    send(operation, "manje", GivenPlace(-72.3, 18.5), OK="NO")
    send(operation, "tant", GivenPlace(2.3, 48.8), OK="YES")
    understand()
    event = Event.objects.get()
    assert (event.publication, event.links.get().report_id) == ("published", inside.pk)
    assert Report.objects.filter(standing="waiting").count() == 2
