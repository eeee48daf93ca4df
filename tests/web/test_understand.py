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
from rapport.desk.standing_orders.orders import sign
from rapport.events.models import Event
from rapport.intake import memory, overload
from rapport.intake.fresh import waiting
from rapport.intake.keep import keep
from rapport.intake.understand import understand
from rapport.operations.models import Operation, Source, StandingOrder
from rapport.reports.models import LeftOut, Overload, Report, Suggestion
from rapport.text import chain
from rapport.text.chain import Batch
from rapport.text.knowledge import Knowledge
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


def test_what_the_words_speak_of_is_suggested_as_the_category_with_that_tag_and_says_how_sure(
    operation: Operation,
) -> None:
    operation.categories.filter(code="2b").update(hxl="#need+water")
    report = send(operation, "We need water please, there is no water here at all")
    understand()
    (category,) = suggested(report, "category")
    assert category.value == {"code": "2b"}
    assert category.reasons[0].startswith("its words speak of water: ")
    assert category.function.startswith("crisis-1 ")
    assert not Event.objects.exists()


def test_where_no_category_has_such_a_tag_none_is_suggested(operation: Operation) -> None:
    operation.categories.update(hxl="")
    report = send(operation, "We need water please, there is no water here at all")
    understand()
    assert suggested(report, "category") == []


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
    memory.forget()
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
    honest = chain.analyse

    def analyse(batch: pl.DataFrame, knowledge: Knowledge, read: Batch | None = None) -> pl.DataFrame:
        if any("BAD" in text for text in batch["text"]):
            raise fault
        return honest(batch, knowledge, read)

    monkeypatch.setattr(chain, "analyse", analyse)


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


def test_a_report_that_cannot_be_read_ahead_holds_up_no_other(
    operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = [send(operation, f"{word} dlo nan Jacmel") for word in ("one", "two", "BAD", "three", "four")]
    hostile(monkeypatch, ZeroDivisionError("dlo nan Jacmel"))
    assert [understand(2), understand(2), understand(2), understand(2)] == [2, 2, 1, 0]
    assert [len(suggested(report, "place")) for report in reports] == [1, 1, 0, 1, 1]


def test_a_report_that_is_withdrawn_or_done_elsewhere_meanwhile_is_not_done_twice(operation: Operation) -> None:
    reports = [send(operation, f"dlo nan Jacmel {n}") for n in range(6)]
    assert understand(2) == 2  # and looked at the next two already
    Report.objects.filter(pk=reports[2].pk).update(understood=True)
    assert [understand(2), understand(2), understand(2)] == [2, 1, 0]
    assert [report.suggestions.filter(kind="place").count() for report in reports] == [1, 1, 0, 1, 1, 1]


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
    with django_assert_max_num_queries(25):
        assert understand() == 60


def test_what_is_old_is_forgotten(operation: Operation) -> None:
    send(operation, LONG)
    understand()
    known = memory.memory(operation.pk)
    assert len(known.index) == 1
    known.forget_before(timezone.now() + timedelta(seconds=1))
    assert len(known.index) == len(known.arrived) == 0
    again = send(operation, LONG)
    understand()
    assert suggested(again, "near_duplicate") == []


# --- more than can be looked through ---------------------------------------------------------------------------------


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever waits has waited too long."""
    monkeypatch.setattr(overload, "BEHIND", timedelta(seconds=-1))


@pytest.fixture
def much_too_late(late: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overload, "FAR_BEHIND", timedelta(seconds=-1))


def flood(operation: Operation, count: int) -> list[Report]:
    """So many messages in the same words, and one of another kind behind them."""
    source = Source.objects.select_related("operation").get(operation=operation, slug="api")
    texts = [*(f"RT @u{n}: {LONG} nan Jacmel" for n in range(count)), "Pont an kraze nan Léogâne, pa gen wout"]
    kept = keep(source, [Message(text, fields={"n": n}) for n, text in enumerate(texts)])
    return list(Report.objects.filter(ref__in=[one.ref for one in kept]).order_by("id"))


def calm(limit: int) -> int:
    """Works until nothing waits; how many pieces that took."""
    pieces = 0
    while understand(limit):
        pieces += 1
    return pieces


def test_whoever_keeps_up_leaves_no_record(operation: Operation) -> None:
    flood(operation, 40)
    calm(41)
    assert not Overload.objects.exists()
    assert not LeftOut.objects.exists()


def test_behind_each_wording_is_read_once_and_the_record_says_so(operation: Operation, late: None) -> None:
    reports = flood(operation, 40)
    calm(500)
    assert [len(suggested(report, "place")) for report in reports] == [1] * 41
    record = Overload.objects.get(language="ht")
    assert (record.late, record.repeated, record.left_out) == (41, 39, 0)


def test_what_an_old_archive_brings_is_late_for_nobody(operation: Operation, late: None) -> None:
    source = Source.objects.select_related("operation").get(operation=operation, slug="api")
    keep(source, [Message(LONG, sent_at=timezone.now() - timedelta(days=3000), fields={"n": n}) for n in range(3)])
    calm(500)
    assert not Overload.objects.exists()


def test_a_place_named_again_and_again_does_not_hide_another_one(operation: Operation) -> None:
    report = send(operation, "Leogane, Leogane, Leogane, Leogane, Leogane, Leogane: nou nan Jacmel, bezwen dlo")
    understand()
    assert {place.value["name"] for place in suggested(report, "place")} >= {"Léogâne", "Jacmel"}


def test_far_behind_large_groups_are_sampled_and_gone_over_when_it_is_calm(
    operation: Operation, much_too_late: None
) -> None:
    reports = flood(operation, 100)
    assert understand(101) == 101
    assert waiting() == 0
    left = set(LeftOut.objects.values_list("report_id", flat=True))
    assert left == {
        report.pk for n, report in enumerate(reports[:100], 1) if n > overload.LARGE and n % overload.ONE_IN
    }
    assert all(suggested(report, "near_duplicate") for report in reports if report.pk in left)
    assert not Suggestion.objects.filter(report_id__in=left, kind="place").exists()
    assert suggested(reports[-1], "place")  # what is said only once is read at once
    record = Overload.objects.get(language="ht")
    assert (record.late, record.left_out) == (101 - len(left), len(left))
    assert calm(30) == 3
    assert not LeftOut.objects.exists()
    assert [len(suggested(report, "place")) for report in reports] == [1] * 101
    assert [len(suggested(report, "near_duplicate")) for report in reports[5:100]] == [5] * 95


def test_what_came_with_a_place_is_read_at_once(operation: Operation, much_too_late: None) -> None:
    reports = [send(operation, f"RT @u{n}: {LONG}", GivenPlace(-72.3, 18.5)) for n in range(30)]
    assert understand(30) == 30
    assert not LeftOut.objects.exists()
    assert all(suggested(report, "place") for report in reports)


def test_one_that_cannot_be_gone_over_holds_up_no_other(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = flood(operation, 40)
    understand(41)
    ids = list(LeftOut.objects.order_by("pk").values_list("pk", flat=True))
    bad = send(operation, "BAD")
    understand()
    LeftOut.objects.create(report=bad)
    hostile(monkeypatch, ZeroDivisionError("dlo nan Jacmel"))
    calm(500)
    assert not LeftOut.objects.exists()
    assert all(suggested(report, "place") for report in reports if report.pk in ids)


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


def test_an_order_acts_on_what_was_left_out_too_once_it_is_calm(
    operation: Operation, lead: Person, much_too_late: None
) -> None:
    made = order(operation)
    made.rule = {**made.rule, "when": [{"field": "OK", "is": "YES"}]}
    made.save()
    sign(lead, made)
    for n in range(40):
        send(operation, f"RT @u{n}: {LONG}", OK="YES")
    understand(40)
    assert LeftOut.objects.exists()
    calm(500)
    assert set(Report.objects.values_list("standing", flat=True)) == {"in_event"}
