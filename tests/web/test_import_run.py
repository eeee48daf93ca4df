"""A file comes in as one step: every row has its verdict, a crash loses and doubles nothing, twice is once."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.intake.imports import failed, life, mappings, run, store
from rapport.intake.imports import verdicts as verdicts_module
from rapport.intake.imports.plan import Plan
from rapport.intake.models import Import, ImportVerdict
from rapport.operations.models import Operation
from rapport.reports.models import Report
from tests.web.importing import counts, files, good, rest, sent, table, taken_in


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BATCH", 7)


def test_nothing_comes_in_before_somebody_confirms(operation: Operation) -> None:
    one = rest(sent(operation, table(*good(range(5)), "5,,18.5,-72.3,")))
    assert (one.state, counts(one), Report.objects.count()) == ("ready", (5, 0, 0, 1), 0)
    verdict = ImportVerdict.objects.get()
    assert (verdict.dry, verdict.row, verdict.field, verdict.reason) == (True, 7, "text", "empty")
    assert verdict.cells == ["5", "", "18.5", "-72.3", ""]


def test_rows_in_are_the_sum_of_the_verdicts(operation: Operation, small: None) -> None:
    taken_in(operation, table(*good(range(5))))
    bad = ["x,,18.5,-72.3,", "91,dlo,95,-72.3,", "92,dlo,18.5", ",dlo,18.5,-72.3,"]
    one = taken_in(operation, table(*good(range(5, 25)), *bad, *good(range(5))))
    assert (one.state, counts(one)) == ("done", (20, 5, 0, 4))
    assert Report.objects.filter(import_no=one.pk).count() == 20
    assert [v.row for v in one.verdicts.order_by("row")] == [22, 23, 24, 25]
    assert one.done_rows == one.total_rows == 30


def test_the_dry_run_says_what_the_import_then_does(operation: Operation, small: None) -> None:
    taken_in(operation, table(*good(range(10))))
    content = table(*good(range(5, 15)), "3,Other words,18.5,-72.3,n3", *good(range(14, 18)), "99,,1,1,")
    one = rest(sent(operation, content))
    looked = counts(one)
    life.start(None, one)
    assert counts(rest(one)) == looked == (8, 6, 1, 1)


def test_the_same_file_again_brings_nothing(operation: Operation, small: None) -> None:
    content = table(*good(range(30)))
    taken_in(operation, content)
    again = taken_in(operation, content)
    assert counts(again) == (0, 30, 0, 0)
    seen = store.seen_before(again)
    assert seen is not None
    assert seen.pk == again.pk - 1


def test_a_row_that_says_something_else_is_listed_and_changes_nothing(operation: Operation) -> None:
    taken_in(operation, table("1,Nou bezwen dlo,18.5,-72.3,a"))
    one = taken_in(operation, table("1,Nou bezwen manje,18.5,-72.3,a"))
    assert counts(one) == (0, 0, 1, 0)
    assert [(v.field, v.reason) for v in one.verdicts.all()] == [("text", "other_text")]
    moved = taken_in(operation, table("1,Nou bezwen dlo,18.6,-72.3,a"))
    assert [(v.field, v.reason) for v in moved.verdicts.all()] == [("lat", "other_place")]
    assert Report.objects.get().text == "Nou bezwen dlo"


def test_a_table_without_ids_knows_its_rows_by_what_they_say(operation: Operation) -> None:
    content = table("dlo,a", "manje,b", header="text,note")
    assert counts(taken_in(operation, content)) == (2, 0, 0, 0)
    longer = table("dlo,a", "manje,b", "tant,c", "dlo,other", header="text,note")
    assert counts(taken_in(operation, longer)) == (2, 2, 0, 0)


class Killed(BaseException):
    """What kill -9 does to a process: nothing runs after it."""


@pytest.mark.parametrize("seed", range(4))
def test_stopped_anywhere_it_goes_on_where_it_was(
    seed: int, operation: Operation, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dies at random points, before, within and after the transaction of a batch; each time another process goes on."""
    rows = [row if n % 10 else f"{n},,18.5,-72.3,n{n}" for n, row in enumerate(good(range(100)))]
    one = rest(sent(operation, table(*rows)))
    life.start(None, one)
    chance = random.Random(seed)
    before_write, after_write = verdicts_module.settle, run._advance

    def dying(action: Callable[..., Any]) -> Callable[..., Any]:
        def act(*args: Any, **more: Any) -> Any:
            if chance.random() < 0.3:
                raise Killed
            done = action(*args, **more)
            if chance.random() < 0.3:
                raise Killed
            return done

        return act

    monkeypatch.setattr(run, "settle", dying(before_write))
    monkeypatch.setattr(run, "_advance", dying(after_write))
    deaths = 0
    for process in itertools.count():
        monkeypatch.setattr(run, "_me", lambda process=process: f"process {process}")
        run._walks.clear()
        Import.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
        try:
            while one.state == "running":
                assert run.claim(one)
                run.work(one)
                one.refresh_from_db()
            break
        except Killed:
            deaths += 1
            one.refresh_from_db()
    assert deaths > 0
    assert counts(one) == (90, 0, 0, 10)
    assert Report.objects.count() == 90
    assert sorted(one.verdicts.values_list("row", flat=True)) == [n + 2 for n in range(0, 100, 10)]


def test_two_workers_never_do_the_same_import(operation: Operation, small: None, monkeypatch: Any) -> None:
    one = rest(sent(operation, table(*good(range(30)))))
    life.start(None, one)
    assert run.step()
    monkeypatch.setattr(run, "_me", lambda: "another process")
    assert run.step() == 0
    Import.objects.update(claimed_at=timezone.now() - timedelta(seconds=61))
    assert run.step(), "a claim that nobody renewed is taken over"


def test_who_was_taken_for_dead_and_wakes_up_writes_nothing(
    operation: Operation, small: None, monkeypatch: Any
) -> None:
    one = rest(sent(operation, table(*good(range(30)))))
    life.start(None, one)
    assert run.claim(one)
    run.work(one)
    one.refresh_from_db()
    Import.objects.update(claim="another process", done_rows=15, new=14)
    run.work(one)
    assert Report.objects.count() == 7
    one.refresh_from_db()
    assert (one.done_rows, one.new) == (15, 14)


def test_a_paused_import_goes_on_behind_what_is_in(operation: Operation, small: None) -> None:
    one = rest(sent(operation, table(*good(range(30)))))
    life.start(None, one)
    run.step()
    life.pause(None, one)
    assert run.step() == 0
    assert (one.state, Report.objects.count()) == ("paused", 7)
    life.go_on(None, one)
    assert counts(rest(one)) == (30, 0, 0, 0)


def test_a_database_that_is_busy_loses_no_row(operation: Operation, small: None, monkeypatch: Any) -> None:
    one = rest(sent(operation, table(*good(range(30)))))
    life.start(None, one)
    whole = run._advance
    monkeypatch.setattr(run, "_advance", lambda *a, **k: (_ for _ in ()).throw(OperationalError("database is locked")))
    assert run.claim(one)
    with pytest.raises(OperationalError):
        run.work(one)
    monkeypatch.setattr(run, "_advance", whole)
    assert counts(rest(one)) == (30, 0, 0, 0)


def test_what_is_wrong_with_the_whole_file_is_said_and_nothing_comes_in(operation: Operation) -> None:
    one = rest(sent(operation, b"<html><table><tr><td>dlo</td></tr></table></html>"))
    assert one.state == "failed"
    assert one.problem
    assert not Report.objects.exists()
    life.discard(None, one)
    assert not list(store.folder().iterdir())


def test_nothing_comes_in_from_a_source_that_was_paused_meanwhile(operation: Operation) -> None:
    one = rest(sent(operation, table(*good(range(3)))))
    operation.sources.filter(slug="partner").update(active=False)
    with pytest.raises(Refused, match="is paused"):
        life.start(None, one)
    one.refresh_from_db()
    assert one.state == "ready"


def test_who_came_second_is_told(operation: Operation) -> None:
    one = rest(sent(operation, table(*good(range(3)))))
    second = Import.objects.get(pk=one.pk)
    life.start(None, one)
    with pytest.raises(Conflict, match="coming in"):
        life.start(None, second)
    rest(one)
    for action in (life.start, life.pause, life.go_on, life.discard):
        with pytest.raises(Conflict):
            action(None, second)
    assert Report.objects.count() == 3


def test_only_who_may_import_does(operation: Operation, volunteer: Person) -> None:
    with pytest.raises(NotAllowed, match="intake:import:run"):
        store.add(volunteer, operation, files(operation), "a.csv", [b"text\ndlo\n"])
    one = rest(sent(operation, table(*good(range(3)))))
    for action in (life.start, life.pause, life.discard):
        with pytest.raises(NotAllowed):
            action(volunteer, one)
    assert not Report.objects.exists()


def test_too_much_is_refused_and_nothing_stays_of_it(operation: Operation) -> None:
    with pytest.raises(Refused, match="larger than"):
        store.add(None, operation, files(operation), "a.csv", [b"x" * 600] * 3, most=1024)
    with pytest.raises(Refused, match="empty"):
        store.add(None, operation, files(operation), "a.csv", [])
    assert (list(store.folder().iterdir()), Import.objects.count()) == ([], 0)


# --- rows to mend --------------------------------------------------------------------------------------------------


def test_mending_only_the_refused_rows_completes_the_job(operation: Operation) -> None:
    rows = [*good(range(8)), '8,=HYPERLINK("x"),18.5,-720,"a,b"', '9,+509 5550,18.5,-72.3,"a\nb"', "10,dlo,18,,-"]
    one = taken_in(operation, table(*rows))
    assert counts(one) == (9, 0, 0, 2)
    back = b"".join(failed.write(one)).decode("utf-8-sig")
    lines = back.splitlines()
    assert lines[0] == "id,text,lat,lon,note,row,field,problem"
    assert lines[1].startswith("""8,"'=HYPERLINK(""x"")",18.5,-720,"a,b",10,lon,""")
    mended = back.replace("-720", "-72.0").replace("10,dlo,18,,", "10,dlo,18,-72,")
    again = taken_in(operation, b"\xef\xbb\xbf" + mended.encode())
    assert counts(again) == (2, 0, 0, 0)
    assert Report.objects.get(import_no=again.pk, lon=-72.0, lat=18.5).text == '=HYPERLINK("x")'
    assert not Report.objects.filter(fields__has_key="problem").exists()
    assert counts(taken_in(operation, b"\xef\xbb\xbf" + mended.encode())) == (0, 2, 0, 0)


def test_unmended_rows_of_a_table_without_ids_keep_their_keys(operation: Operation) -> None:
    """The columns behind them, and the apostrophes in front, do not make other rows of them."""
    whole = ["=a,18.5,-72.3", "-b,18.5,-72.3", "@c,18.5,-720"]
    one = taken_in(operation, table(*whole, header="text,lat,lon"))
    assert counts(one) == (2, 0, 0, 1)
    columns = "text,lat,lon,row,field,problem"
    again = taken_in(operation, table("'=a,18.5,-72.3,2,,", "'-b,18.5,-72.3,3,,", header=columns))
    assert counts(again) == (0, 2, 0, 0)


def test_nothing_of_a_refused_row_is_missing_from_the_file_to_mend(operation: Operation) -> None:
    one = taken_in(operation, table(*good(range(5)), "5,dlo, manje, tant,18.5,-72.3,n"))
    back = b"".join(failed.write(one)).decode("utf-8-sig")
    assert counts(one) == (5, 0, 0, 1)
    assert '5,dlo, manje, tant,"18.5,-72.3,n",7,' in back
    lines = [*(f'{{"id": "2{n}", "text": "Nou bezwen dlo"}}' for n in range(3)), '{"id": "3", "text": "Kay kraze']
    two = taken_in(operation, "\n".join(lines).encode(), name="reports.ndjson")
    assert counts(two) == (3, 0, 0, 1)
    assert "Kay kraze" in b"".join(failed.write(two)).decode()


def test_mended_rows_are_read_as_the_import_was_they_come_from(operation: Operation, lead: Person) -> None:
    """What a person had corrected need not be said a second time."""
    content = table("dlo nan kan 1,zzz,03/04/2010", "dlo nan kan 2,zzz,03/05/2010", ",zzz,03/06/2010", header="a,b,c")
    one = rest(sent(operation, content))
    plan = Plan.from_json(one.plan).changed(roles={"a": "text", "b": "place", "c": "date"}, date_order="DMY")
    life.look_again(lead, rest(one), plan)
    life.start(lead, rest(one))
    assert counts(rest(one)) == (2, 0, 0, 1)
    mended = b"".join(failed.write(one)).decode("utf-8-sig").replace(",zzz", "dlo nan kan 3,zzz")
    again = taken_in(operation, mended.encode())
    assert counts(again) == (1, 0, 0, 0)
    report = Report.objects.get(import_no=again.pk)
    assert report.sent_at is not None
    assert (report.place_said, f"{report.sent_at:%d %B}") == ("zzz", "03 June")
    assert f"import {one.pk}" in again.evidence["agreed"]


# --- mappings ------------------------------------------------------------------------------------------------------


def test_a_mapping_is_proposed_again_for_the_same_columns(operation: Operation, lead: Person) -> None:
    content = table("1,Nou bezwen dlo,pou kounye a", header="a,b,c")
    one = rest(sent(operation, content))
    plan = Plan.from_json(one.plan).changed(roles={"a": "id", "b": "text", "c": "ignore"})
    life.look_again(lead, one, plan)
    mappings.save(lead, rest(one), "partner's")
    other = rest(sent(operation, table("2,Nou grangou,x", header="a,b,c")))
    assert other.plan["roles"] == {"a": "id", "b": "text", "c": "ignore"}
    assert "partner's" in other.evidence["agreed"]
    (mapping,) = operation.import_mappings.all()
    mappings.rename(lead, mapping, "another name")
    mappings.delete(lead, operation.import_mappings.get(name="another name"))
    assert rest(sent(operation, table("3,x,y", header="a,b,c"))).evidence["agreed"] == ""


def test_a_corrected_plan_is_looked_through_again(operation: Operation, lead: Person) -> None:
    one = rest(sent(operation, table("1,dlo,,", "2,manje,,", header="id,text,note,x")))
    assert counts(one) == (2, 0, 0, 0)
    plan = Plan.from_json(one.plan)
    life.look_again(lead, one, plan.changed(roles={**plan.roles, "text": "ignore", "x": "text"}))
    rest(one)
    assert (one.state, counts(one)) == ("ready", (0, 0, 0, 2))
