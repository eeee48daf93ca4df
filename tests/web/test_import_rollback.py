"""An import is taken back as a whole: every count is as before, what people decided stays, and it can come again."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.desk import actions, withdraw
from rapport.desk.models import Lease
from rapport.desk.queue import leases, priority
from rapport.desk.record.undo import undo
from rapport.desk.standing_orders import orders
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.events import live
from rapport.events.filters import Filters
from rapport.events.models import Event
from rapport.intake import memory, understand
from rapport.intake.imports import life, rollback, run
from rapport.intake.imports.plan import Plan
from rapport.intake.keep import keep
from rapport.intake.models import Import
from rapport.operations.models import Operation, StandingOrder
from rapport.oversight.models import Decision
from rapport.reports.models import LeftOut, Report, Signature, Suggestion
from rapport.sharing.models import ReleaseEntry
from rapport.values import PUBLIC, Message, Publication
from tests.web.desk import DRAFT, books
from tests.web.importing import counts, figures, files, good, rest, sent, table, taken_in


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(run, "BATCH", 7)
    monkeypatch.setattr(withdraw, "TOGETHER", 5)


@pytest.fixture
def publishing(operation: Operation, lead: Person) -> StandingOrder:
    """A signed order that publishes whatever the partner sends with a place."""
    order = StandingOrder.objects.create(
        operation=operation, slug="partner", text="Publish what the partner sends.",
        rule={"source": "partner", "when": [{"inside": "operation"}],
              "then": [{"accept": {"precision": "locality"}}, {"publish": True}],
              "also": []},
    )  # fmt: skip
    files(operation)
    return order


def roll_back(one: Import, person: Person, reason: str = "Wrong file.") -> Import:
    rollback.begin(person, one, reason)
    return rest(one)


def understood() -> None:
    while understand.understand():
        pass


def on_the_map(operation: Operation) -> int:
    live.forget()
    return live.view(operation, PUBLIC).select(Filters()).total


def test_every_count_is_as_before(operation: Operation, lead: Person) -> None:
    taken_in(operation, table(*good(range(100, 110))))
    understood()
    actions.accept(lead, Report.objects.all()[0], DRAFT)
    before = figures(operation), books(operation), on_the_map(operation)
    one = taken_in(operation, table(*good(range(30))))
    understood()
    assert figures(operation) != before[0]
    roll_back(one, lead)
    assert (one.state, one.withdrawn, one.left) == ("rolled_back", 30, 0)
    standing = books(operation)
    assert standing.pop("withdrawn") == 30
    assert (figures(operation), standing, on_the_map(operation)) == before
    assert not Suggestion.objects.filter(report__standing="withdrawn").exists()
    assert not Signature.objects.filter(report__standing="withdrawn").exists()
    (decision,) = Decision.objects.filter(kind="withdraw")
    assert (decision.person, decision.reason, decision.after["import"]) == (lead, "Wrong file.", one.pk)


def test_it_says_beforehand_what_it_does(operation: Operation, lead: Person) -> None:
    one = taken_in(operation, table(*good(range(12))))
    actions.accept(lead, Report.objects.order_by("pk")[4], DRAFT)
    seen = rollback.preview(one)
    assert (seen.withdraw, seen.events, seen.left_count) == (11, 0, 1)
    roll_back(one, lead)
    assert (one.withdrawn, one.left) == (11, 1)


def test_a_large_import_is_previewed_at_once(
    operation: Operation, lead: Person, django_assert_max_num_queries: Any
) -> None:
    """Reports that nobody decided about are counted, not gone through."""
    one = taken_in(operation, table(*good(range(1_200))))
    for report in Report.objects.filter(import_no=one.pk)[:2]:
        actions.reject(lead, report, "Not ours.")
    with django_assert_max_num_queries(8):
        preview = rollback.preview(one)
    assert (preview.withdraw, preview.left_count, len(preview.left)) == (1_198, 2, 2)


def test_what_people_decided_by_hand_is_left_alone_and_named(operation: Operation, lead: Person) -> None:
    one = taken_in(operation, table(*good(range(12))))
    first, second, third, fourth, *_ = Report.objects.order_by("pk")
    event = actions.accept(lead, first, DRAFT)
    actions.attach(lead, second, event)
    actions.reject(lead, third, "An advertisement.")
    actions.translate(lead, fourth, "en", "We need water")
    with timezone.override(ZoneInfo(operation.time_zone)):
        said_before = {left.ref: left.why for left in rollback.preview(one).left}
    roll_back(one, lead)
    assert (one.withdrawn, one.left) == (8, 4)
    left = {verdict.field: verdict.remedy for verdict in one.verdicts.filter(verdict="left")}
    assert set(left) == {first.ref, second.ref, third.ref, fourth.ref}
    assert "lea rejected" in left[third.ref]
    assert left == said_before, "in the operation's time, as the preview"
    assert Event.objects.get().publication == "published"
    assert books(operation) == {"withdrawn": 8, "in_event": 2, "rejected": 1, "waiting": 1}


def test_what_a_person_took_back_does_not_hold_a_report(operation: Operation, lead: Person) -> None:
    one = taken_in(operation, table(*good(range(3))))
    report = Report.objects.all()[0]
    actions.reject(lead, report, "An advertisement.")
    undo(lead, Decision.objects.get(kind="reject"))
    roll_back(one, lead)
    assert (one.withdrawn, one.left) == (3, 0)


def test_a_report_somebody_holds_is_taken_from_them(operation: Operation, lead: Person, volunteer: Person) -> None:
    one = taken_in(operation, table(*good(range(3))))
    held = leases.next_report(operation, volunteer)
    assert held is not None
    roll_back(one, lead)
    assert not Lease.objects.exists()
    with pytest.raises(Conflict, match="not waiting any more"):
        actions.accept(volunteer, Report.objects.get(pk=held.pk), DRAFT)
    assert leases.next_report(operation, volunteer) is None


def test_events_of_a_standing_order_go_and_readers_are_told(
    operation: Operation, lead: Person, publishing: StandingOrder
) -> None:
    orders.sign(lead, publishing)
    before = figures(operation), on_the_map(operation)
    one = taken_in(operation, table(*good(range(12))))
    understood()
    assert on_the_map(operation) == 12
    kept = Event.objects.order_by("pk")[3]
    actions.publish(lead, kept, Publication.DRAFT, "Not sure.")
    assert rollback.preview(one).events == 11
    roll_back(one, lead)
    assert (one.withdrawn, one.left) == (11, 1)
    books(operation)
    assert on_the_map(operation) == before[1] == 0
    assert Event.objects.exclude(publication="withdrawn").get() == kept
    retracted = ReleaseEntry.objects.filter(retracted=True, audience="public")
    assert retracted.values("event_id").distinct().count() == 12
    undone = Decision.objects.filter(kind="undo", batch_id=one.rollback_id)
    assert undone.count() == 11
    assert {decision.undoes.order_id for decision in undone if decision.undoes} == {publishing.pk}


def test_what_comes_back_with_another_import_is_heard_once(operation: Operation, lead: Person) -> None:
    one = taken_in(operation, table(*good(range(3))))
    understood()
    Report.objects.update(urgency_heard=3)
    LeftOut.objects.create(report=Report.objects.all()[0])
    roll_back(one, lead)
    assert not LeftOut.objects.exists()
    again = rest(life.repeat(lead, one))
    life.start(lead, again)
    rest(again)
    understood()
    for told in Report.objects.all():
        assert told.rank == pytest.approx(priority.rank({}, told.received_at, told.urgency, heard=told.urgency_heard))


def test_the_same_file_again_brings_the_same_reports_back(
    operation: Operation, lead: Person, publishing: StandingOrder
) -> None:
    orders.sign(lead, publishing)
    one = taken_in(operation, table(*good(range(12))))
    understood()
    after = figures(operation)
    refs = set(Report.objects.values_list("ref", flat=True))
    roll_back(one, lead)
    again = rest(life.repeat(lead, one))
    life.start(lead, again)
    rest(again)
    assert counts(again) == (12, 0, 0, 0)
    assert set(Report.objects.values_list("ref", flat=True)) == refs
    assert not Report.objects.filter(understood=True).exists()
    understood()
    assert figures(operation) == after
    assert on_the_map(operation) == 12
    roll_back(again, lead)
    assert figures(operation) == {"reports": {}, "events": {}}


def test_a_gateways_repeat_brings_nothing_back(operation: Operation, lead: Person) -> None:
    one = taken_in(operation, table(*good(range(2))))
    roll_back(one, lead)
    (kept,) = keep(files(operation), [Message("Nou bezwen dlo nan kan 1", gateway_id="1")])
    assert not kept.new
    assert books(operation) == {"withdrawn": 2}


def test_a_file_read_wrongly_comes_in_rightly_after_a_rollback(operation: Operation, lead: Person) -> None:
    """Mostly why one rolls back: the same ids, and the rows say something else now. Back and forth, one of them
    counts."""
    content = table("1,05/02/2010,dlo", "2,05/02/2010,manje", header="id,date,text")

    def read_as(order: str) -> Import:
        one = rest(sent(operation, content))
        life.look_again(lead, one, Plan.from_json(one.plan).changed(date_order=order, date_format=""))
        rest(one)
        life.start(lead, one)
        return rest(one)

    wrong = read_as("MDY")
    assert counts(wrong) == (2, 0, 0, 0)
    assert counts(read_as("DMY")) == (0, 0, 2, 0)
    for order, month in (("DMY", 2), ("MDY", 5), ("DMY", 2)):
        roll_back(wrong, lead)
        wrong = read_as(order)
        assert counts(wrong) == (2, 0, 0, 0)
        assert counts(read_as(order)) == (0, 2, 0, 0)
        live_ones = Report.objects.exclude(standing="withdrawn")
        assert {report.sent_at.month for report in live_ones if report.sent_at} == {month}
        assert live_ones.count() == 2
    assert Report.objects.count() == 4


def test_a_withdrawn_report_is_nobodys_near_duplicate(operation: Operation, lead: Person) -> None:
    words = "Nou bezwen dlo ak manje nan kan Delmas 33 tout moun grangou anpil"
    one = taken_in(operation, table(f"1,{words},18.5,-72.3,"))
    understood()
    roll_back(one, lead)
    keep(files(operation), [Message(words, gateway_id="other")])
    understood()
    assert not Suggestion.objects.filter(kind="near_duplicate").exists()
    memory.forget()
    keep(files(operation), [Message(words + " anpil", gateway_id="third")])
    understood()
    (suggestion,) = Suggestion.objects.filter(kind="near_duplicate")
    assert Report.objects.get(pk=suggestion.value["report"]).standing == "waiting"


class Killed(BaseException):
    """What kill -9 does to a process."""


@pytest.mark.parametrize("seed", range(3))
def test_killed_anywhere_a_rollback_goes_on(
    seed: int, operation: Operation, lead: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = taken_in(operation, table(*good(range(40))))
    for report in list(Report.objects.order_by("pk")[3:40:9]):
        actions.reject(lead, report, "An advertisement.")
    rollback.begin(lead, one, "Wrong file.")
    chance, whole = random.Random(seed), withdraw.withdraw

    def dying(*args: Any) -> Any:
        done = whole(*args)
        if chance.random() < 0.4:
            raise Killed
        return done

    monkeypatch.setattr(withdraw, "withdraw", dying)
    process = 0
    while one.state == "rolling_back":
        process += 1
        monkeypatch.setattr(run, "_me", lambda process=process: f"process {process}")
        Import.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
        try:
            assert run.claim(one)
            run.work(one)
        except Killed:
            pass
        one.refresh_from_db()
    assert (one.withdrawn, one.left) == (35, 5)
    assert books(operation) == {"withdrawn": 35, "rejected": 5}


def test_only_who_may_and_only_with_a_reason(operation: Operation, lead: Person, volunteer: Person) -> None:
    one = taken_in(operation, table(*good(range(3))))
    with pytest.raises(NotAllowed, match="intake:import:run"):
        rollback.begin(volunteer, one, "Wrong file.")
    with pytest.raises(Refused):
        rollback.begin(lead, one, "  ")
    roll_back(one, lead)
    with pytest.raises(Conflict):
        rollback.begin(lead, one, "Again.")
    with pytest.raises(Conflict, match="import the file again"):
        undo(lead, Decision.objects.get(kind="withdraw"))
    assert Decision.objects.filter(kind="withdraw").count() == 1


def test_a_paused_import_is_taken_back_as_far_as_it_came(operation: Operation, lead: Person) -> None:
    one = rest(sent(operation, table(*good(range(30)))))
    life.start(None, one)
    run.step()
    with pytest.raises(Conflict):
        rollback.begin(lead, one, "Wrong file.")
    life.pause(None, one)
    roll_back(one, lead)
    assert (one.withdrawn, figures(operation)) == (7, {"reports": {}, "events": {}})
