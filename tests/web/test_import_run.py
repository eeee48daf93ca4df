"""A file comes in as one step: every row has its verdict, a crash loses and doubles nothing, twice is once."""

from __future__ import annotations

import io
import itertools
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import xlsxwriter
from django.db import OperationalError
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.errors import Conflict, NotAllowed, Refused
from rapport.intake.imports import failed, life, mappings, run, store
from rapport.intake.imports import verdicts as verdicts_module
from rapport.intake.imports.plan import Plan
from rapport.intake.models import Import, ImportVerdict
from rapport.operations.models import Operation, Source
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


def test_a_small_file_does_not_wait_for_a_large_one(operation: Operation, small: None) -> None:
    large, little = (sent(operation, table(*good(rows))) for rows in (range(700), range(700, 705)))
    done = [run.step() for _ in range(8)]
    little.refresh_from_db()
    large.refresh_from_db()
    assert (little.state, large.state) == ("ready", "read"), done
    assert large.read_rows > 7, "the large one went on meanwhile"
    while run.step():
        pass
    large.refresh_from_db()
    assert counts(large) == (700, 0, 0, 0), "taking turns it counted every row once"
    life.start(None, large)
    life.start(None, little)
    for _ in range(4):
        run.step()
    little.refresh_from_db()
    large.refresh_from_db()
    assert (little.state, large.state) == ("done", "running")
    while run.step():
        pass
    assert Report.objects.count() == 705


def test_many_imports_at_a_time_have_few_files_open(operation: Operation, small: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(run, "TOGETHER", 2)
    sent_in = [sent(operation, table(*good(range(20 * n, 20 * n + 20)))) for n in range(5)]
    open_at_once = []
    while run.step():
        open_at_once.append(len(run._walks))
    assert max(open_at_once) == 2
    for one in sent_in:
        one.refresh_from_db()
        assert (one.state, counts(one)) == ("ready", (20, 0, 0, 0))


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


def test_a_paused_import_does_not_go_on_by_a_source_that_was_paused(operation: Operation, small: None) -> None:
    one = rest(sent(operation, table(*good(range(30)))))
    life.start(None, one)
    run.step()
    life.pause(None, one)
    operation.sources.filter(slug="partner").update(active=False)
    with pytest.raises(Refused, match="is paused"):
        life.go_on(None, one)
    assert (run.step(), Report.objects.count()) == (0, 7)


def test_a_process_that_lost_a_dry_run_takes_nothing_of_it_away(operation: Operation, lead: Person) -> None:
    one = rest(sent(operation, table(*good(range(3)), "9,,18.5,-72.3,")))
    life.look_again(lead, one, Plan.from_json(one.plan))
    assert run.claim(one)
    Import.objects.update(claim="another process", read_rows=5, refused=1)
    told = ImportVerdict.objects.create(of=one, dry=True, row=5, verdict="refused", reason="empty", remedy="Write.")
    run.work(one)
    one.refresh_from_db()
    assert (one.state, one.read_rows, one.refused, list(one.verdicts.all())) == ("read", 5, 1, [told])


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


def workbook(operation: Operation) -> Import:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        for name in ("first", "second"):
            sheet = book.add_worksheet(name)
            for row in range(200):
                sheet.write_row(row, 0, [f"{name} {row}", "Nou bezwen dlo", ""])
    return sent(operation, made.getvalue(), "book.xlsx")


def test_a_workbook_that_two_processes_open_at_once_is_whole_for_both(operation: Operation) -> None:
    """The command and the worker of a server, both of which find an import that has just come in."""
    one = workbook(operation)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: len(store.readable(one).read_bytes().splitlines()), range(4)))
    assert found == [201] * 4
    assert sorted(path.name for path in store.folder().iterdir()) == sorted([one.stored, f"{one.stored}.rows"])


def test_the_rows_of_a_workbook_are_of_the_sheet_that_is_asked_for(operation: Operation) -> None:
    one = workbook(operation)
    for sheet in ("", "second", "first", "second"):
        assert f'"{sheet or "first"} 7"' in store.readable(one, sheet).read_text()


def test_what_a_killed_process_left_half_written_is_taken_away_in_time(operation: Operation) -> None:
    left, fresh = store.folder() / ".coming-left", store.folder() / ".coming-fresh"
    for path in (left, fresh):
        path.write_bytes(b"half of it")
    os.utime(left, (0, 0))
    store.readable(workbook(operation))
    assert (left.exists(), fresh.exists()) == (False, True)


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


@pytest.mark.parametrize("own", ["problem", "row", "field"])
def test_a_file_with_a_column_named_as_ours_comes_back_mended_too(own: str, operation: Operation) -> None:
    header = f"when,place,{own}"
    bad = table("2010-02-20,Jacmel,No water for three days", "2010-02-30,Delmas,Bridge is out since morning",
                "2010-02-31,Carrefour,=URGENT need tents here", header=header)  # fmt: skip
    one = taken_in(operation, bad)
    assert counts(one) == (1, 0, 0, 2)
    back = b"".join(failed.write(one)).decode("utf-8-sig")
    mended = rest(
        sent(operation, back.replace("2010-02-30", "2010-02-20").replace("2010-02-31", "2010-02-21").encode())
    )
    assert f"import {one.pk}" in mended.evidence["agreed"]
    life.start(None, mended)
    assert counts(rest(mended)) == (2, 0, 0, 0)
    report = Report.objects.get(text__contains="URGENT")
    assert (report.text, set(report.fields)) == ("=URGENT need tents here", {"when", "place"})
    whole = bad.replace(b"2010-02-30", b"2010-02-20").replace(b"2010-02-31", b"2010-02-21")
    assert counts(taken_in(operation, whole)) == (0, 3, 0, 0)


def test_nothing_of_a_refused_row_is_missing_from_the_file_to_mend(operation: Operation) -> None:
    one = taken_in(operation, table(*good(range(5)), "5,dlo, manje, tant,18.5,-72.3,n"))
    back = b"".join(failed.write(one)).decode("utf-8-sig")
    assert counts(one) == (5, 0, 0, 1)
    assert '5,dlo, manje, tant,"18.5,-72.3,n",7,' in back
    lines = [*(f'{{"id": "2{n}", "text": "Nou bezwen dlo"}}' for n in range(3)), '{"id": "3", "text": "Kay kraze']
    two = taken_in(operation, "\n".join(lines).encode(), name="reports.ndjson")
    assert counts(two) == (3, 0, 0, 1)
    assert "Kay kraze" in b"".join(failed.write(two)).decode()


def test_rows_that_a_dry_run_refused_are_whole_in_the_file_to_mend(operation: Operation) -> None:
    long = "Nou bezwen dlo. " * 500
    one = rest(sent(operation, table(f"1,{long},95,-72.3,n")))
    assert (one.state, one.refused) == ("ready", 1)
    assert long in b"".join(failed.write(one)).decode()


def test_a_batch_of_huge_rows_is_cut_short_and_every_row_comes_in(
    operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHARACTERS", 1_000)
    one = rest(sent(operation, table(*(f"{n},{'dlo ' * 100},18.5,-72.3,n" for n in range(20)))))
    life.start(None, one)
    assert run.step() == 3
    assert counts(rest(one)) == (20, 0, 0, 0)


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


# --- sources -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [("Zone 1.2", "Zone 12"), ("Team A (Мариуполь)", "Team A (Харьков)"), ("الهلال الأحمر", "Червоний Хрест"),
     ("x" * 90, "x" * 89 + "y")],
)  # fmt: skip
def test_another_name_is_another_source_in_any_script(one: str, other: str, operation: Operation) -> None:
    """Rows are known again within one source: two partners in one would take each other's rows for their own."""
    first, second = store.new_source(None, operation, one), store.new_source(None, operation, other)
    assert first != second
    assert first.slug != second.slug
    assert [store.new_source(None, operation, name) for name in (one, other)] == [first, second]
    assert store.new_source(None, operation, f" {one.upper()} ") == first, "capitals and spaces are no other name"
    assert store.new_source(None, operation, second.slug) == second
    assert (first.names, first.channel) == ({operation.language: one}, "file")


def test_a_name_that_says_nothing_or_is_of_another_kind_is_refused(operation: Operation) -> None:
    Source.objects.create(operation=operation, slug="sms-in", channel="web", names={"en": "Короткий номер"})
    for name in ("!!!", "–", "a\0b", "a\ud800", "x" * 101, "sms-in", "короткий номер"):
        with pytest.raises(Refused):
            store.new_source(None, operation, name)


def test_a_source_named_for_a_file_that_was_put_away_goes_with_it(operation: Operation, lead: Person) -> None:
    named = store.new_source(None, operation, "A partner of the day")
    one = store.add(None, operation, named, "r.csv", [table(*good(range(3)))])
    other = store.add(None, operation, named, "s.csv", [table(*good(range(3)))])
    life.discard(lead, one)
    assert Source.objects.filter(pk=named.pk).exists(), "the other file is from it"
    mappings.save(lead, rest(other), "theirs")
    life.discard(lead, other)
    assert Source.objects.filter(pk=named.pk).exists(), "a mapping is kept for it"
    mappings.delete(lead, operation.import_mappings.get())
    life.discard(lead, store.add(None, operation, named, "t.csv", [table(*good(range(3)))]))
    assert not Source.objects.filter(pk=named.pk).exists()


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


def test_next_weeks_file_with_a_column_more_or_renamed_is_read_as_the_mapping_says(
    operation: Operation, lead: Person
) -> None:
    one = rest(sent(operation, table("1,Nou bezwen dlo,03/04/2010,A", header="Kod,Sa yo di,Jou,Sorte")))
    roles = {"Kod": "id", "Sa yo di": "text", "Jou": "date", "Sorte": "categories"}
    plan = Plan.from_json(one.plan).changed(roles=roles, date_order="DMY", categories={"A": "water"})
    life.look_again(lead, one, plan)
    mappings.save(lead, rest(one), "weekly")
    more = rest(sent(operation, table("2,Red Cross,Nou grangou,04/04/2010,A", header="Kod,Org,Sa yo di,Jou,Sorte")))
    assert more.plan["roles"] == {**roles, "Org": "ignore"}
    assert (more.plan["date_order"], more.plan["categories"]) == ("DMY", {"A": "water"})
    told = [(line["column"], line["said"]) for line in more.evidence["evidence"]]
    assert ("Org", "a new column: kept with the report, not read") in told
    assert any("as the mapping “weekly” says" in said for _, said in told)
    renamed = rest(sent(operation, table("3,Nou bezwen tant,05/04/2010,A", header="Kod,Mesaj la,Jou,Sorte")))
    assert renamed.plan["roles"] == {"Kod": "id", "Mesaj la": "text", "Jou": "date", "Sorte": "categories"}
    told = [(line["column"], line["said"]) for line in renamed.evidence["evidence"]]
    assert ("Mesaj la", "text, in place of “Sa yo di”: look whether it is") in told
    assert {more.evidence["agreed"], renamed.evidence["agreed"]} == {""}, "nobody has said this: it is looked at first"
    other = rest(sent(operation, table("4,Lòt bagay nèt isit la", header="Kod,message")))
    assert not any("weekly" in line["said"] for line in other.evidence["evidence"])


def test_a_new_column_is_what_it_was_found_to_be_where_the_mapping_has_none_for_that(
    operation: Operation, lead: Person
) -> None:
    one = rest(sent(operation, table("1,Nou bezwen dlo,13.4.2010,n1", header="id,text,date,note")))
    mappings.save(lead, one, "without places")
    rows = [f"{n},Nou bezwen dlo nan kan {n},15.4.2010,18.5{n},-72.3{n}" for n in range(3, 9)]
    more = rest(sent(operation, table(*rows, header="id,text,date,lat,lon")))
    assert not any("as the mapping" in line["said"] for line in more.evidence["evidence"]), "half the columns"
    rows = [f"{row},n" for row in rows]
    more = rest(sent(operation, table(*rows, header="id,text,date,lat,lon,note")))
    assert more.plan["roles"] == {"id": "id", "text": "text", "date": "date", "lat": "lat", "lon": "lon",
                                  "note": "ignore"}  # fmt: skip
    told = [(line["column"], line["said"]) for line in more.evidence["evidence"]]
    assert ("lat", "a new column, found to be lat: look whether it is") in told
    life.start(lead, more)
    rest(more)
    assert Report.objects.filter(import_no=more.pk).exclude(lat=None).count() == len(rows)


def test_how_a_new_columns_cells_are_written_is_what_was_found_and_not_what_the_mapping_says_of_others(
    operation: Operation, lead: Person
) -> None:
    one = rest(sent(operation, table("1,Nou bezwen dlo,n1,x", header="id,text,note,x")))
    mappings.save(lead, one, "without places")
    rows = [f"{n};Nou bezwen dlo nan kan {n};n;x;18,5{n};-72,3{n}" for n in range(3, 9)]
    more = rest(sent(operation, table(*rows, header="id;text;note;x;lat;lon")))
    assert (more.plan["roles"]["lat"], more.plan["decimal"]) == ("lat", ",")
    assert counts(more) == (len(rows), 0, 0, 0)


def test_a_corrected_plan_is_looked_through_again(operation: Operation, lead: Person) -> None:
    one = rest(sent(operation, table("1,dlo,,", "2,manje,,", header="id,text,note,x")))
    assert counts(one) == (2, 0, 0, 0)
    plan = Plan.from_json(one.plan)
    life.look_again(lead, one, plan.changed(roles={**plan.roles, "text": "ignore", "x": "text"}))
    rest(one)
    assert (one.state, counts(one)) == ("ready", (0, 0, 0, 2))
