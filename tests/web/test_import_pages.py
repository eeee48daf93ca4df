"""The pages of imports: a lead sends a file, sees what it says, corrects, confirms, and takes it back."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rapport.accounts.models import Person
from rapport.errors import Refused
from rapport.intake.imports import run, store
from rapport.intake.models import Import
from rapport.operations import fields
from rapport.operations.fields import Field, FieldChoice
from rapport.operations.models import Operation, Source
from rapport.oversight.models import Decision
from rapport.reports.models import Report
from tests.web.importing import files, good, rest, sent, table, taken_in


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def lea(lead: Person, client: Client) -> Client:
    client.force_login(lead)
    return client


def upload(client: Client, content: bytes, name: str = "reports.csv", **more: str) -> Any:
    return client.post("/sample/imports/", {"file": SimpleUploadedFile(name, content), **more})


def page(client: Client, one: Import, more: str = "") -> str:
    answer = client.get(f"/sample/imports/{one.pk}/{more}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_from_a_file_to_reports_and_back_without_script(operation: Operation, lea: Client) -> None:
    answer = upload(lea, table(*good(range(5)), "9,,18.5,-72.3,"), new_source="Red Cross, Jacmel")
    one = Import.objects.get()
    assert answer.headers["Location"] == f"/sample/imports/{one.pk}/"
    assert one.source == Source.objects.get(slug="red-cross-jacmel", channel="file")
    assert 'http-equiv="refresh"' in page(lea, one)
    rest(one)
    ready = page(lea, one)
    assert "Take 5 reports in" in ready
    assert "A report needs a text." in ready
    assert "refresh" not in ready
    lea.post(f"/sample/imports/{one.pk}/start/")
    one.refresh_from_db()
    assert one.state == "running"
    rest(one)
    assert "came in as new reports" in page(lea, one)
    preview = page(lea, one, "rollback/")
    assert re.search(r"<dt>5</dt><dd>reports withdrawn", preview)
    assert lea.post(f"/sample/imports/{one.pk}/rollback/", {"reason": ""}).status_code == 400
    lea.post(f"/sample/imports/{one.pk}/rollback/", {"reason": "Another file was meant."})
    one.refresh_from_db()
    rest(one)
    assert "5 reports withdrawn: kept, and counted nowhere" in page(lea, one)
    assert not Report.objects.exclude(standing="withdrawn").exists()
    assert "rolled an import back" in lea.get("/sample/desk/decisions/").content.decode()
    assert Decision.objects.get(kind="withdraw").reason == "Another file was meant."


def test_a_refused_source_does_not_cost_the_file(operation: Operation, lea: Client, lead: Person) -> None:
    content = table(*good(range(5)))
    refused = upload(lea, content, "big.csv", new_source="!!!")
    assert refused.status_code == 400
    body = refused.content.decode()
    assert "Another file than <bdi>big.csv</bdi>, which is here already" in body
    assert 'name="file" required' not in body
    word = re.search(r'name="kept" value="([^"]+)"', body)
    assert word
    once_more = lea.post("/sample/imports/", {"kept": word[1], "new_source": "???"})
    assert f'value="{word[1]}"' in once_more.content.decode(), "refused again, it is still here"
    assert not Import.objects.exists()
    answer = lea.post("/sample/imports/", {"kept": word[1], "new_source": "Red Cross"})
    one = Import.objects.get()
    assert answer.headers["Location"] == f"/sample/imports/{one.pk}/"
    assert (one.file_name, one.size, store.path_of(one).read_bytes()) == ("big.csv", len(content), content)
    assert [file.name for file in store.folder().iterdir()] == [one.stored]
    gone = lea.post("/sample/imports/", {"kept": word[1], "new_source": "Red Cross"})
    assert (gone.status_code, Import.objects.count()) == (400, 1)
    assert "The file is not here any more: choose it again." in gone.content.decode()


def test_a_kept_file_is_for_whoever_sent_it(operation: Operation, lea: Client, lead: Person) -> None:
    body = upload(lea, table(*good(range(5))), new_source="!!!").content.decode()
    word = re.search(r'name="kept" value="([^"]+)"', body)
    assert word
    other = Person(pk=lead.pk + 1)
    with pytest.raises(Refused, match="choose it again"):
        store.kept_for(other, operation, word[1])
    with pytest.raises(Refused, match="choose it again"):
        store.kept_for(lead, operation, word[1] + "x")
    assert store.kept_for(lead, operation, word[1])[1] == "reports.csv"


def test_what_came_in_is_found_on_the_desk_and_a_paused_import_says_how_far_it_came(
    operation: Operation, lea: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "BATCH", 3)
    one = rest(sent(operation, table(*good(range(7)))))
    lea.post(f"/sample/imports/{one.pk}/start/")
    assert run.step()
    lea.post(f"/sample/imports/{one.pk}/pause/")
    body = page(lea, one)
    assert "3 of 7 rows" in body
    assert 'href="/sample/desk/?source=partner"' in body
    assert "Nou bezwen dlo nan kan 2" in lea.get("/sample/desk/?source=partner").content.decode()


def test_a_dry_run_from_before_a_rollback_is_stale_and_looked_at_again_with_one_click(
    operation: Operation, lea: Client
) -> None:
    content = table(*good(range(5)))
    first = taken_in(operation, content)
    second = rest(sent(operation, content))
    before = page(lea, second)
    assert "Take 0 reports in" in before
    assert "stale" not in before
    lea.post(f"/sample/imports/{first.pk}/rollback/", {"reason": "Too early."})
    assert "is being rolled back" in page(lea, second)
    first.refresh_from_db()
    rest(first)
    told = page(lea, second)
    assert "These figures are stale" in told
    assert "was rolled back since" in told
    action = re.search(r'action="([^"]+)"><input[^>]+><button class="button primary">Look again', told)
    assert action
    assert lea.get(action[1]).status_code == 405
    lea.post(action[1])
    second.refresh_from_db()
    after = page(lea, rest(second))
    assert "Take 5 reports in" in after
    assert "stale" not in after


def test_a_file_that_waits_for_another_says_so(
    operation: Operation, lea: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "BATCH", 3)
    first = sent(operation, table(*good(range(30))))
    assert "turn" not in lea.get(f"/sample/imports/{first.pk}/progress").json()["said"]
    run.step()
    run.step()
    second = sent(operation, table(*good(range(30, 60))))
    assert "0 rows looked through so far. It waits for its turn: 1 other import is being worked on." in page(
        lea, second
    )
    told = lea.get(f"/sample/imports/{first.pk}/progress").json()["said"]
    assert told == "4 rows looked through so far. It takes turns: 1 other import is being worked on too."
    rest(second)
    assert "turn" not in lea.get(f"/sample/imports/{first.pk}/progress").json()["said"]


def test_confirming_twice_has_the_effect_of_once(operation: Operation, lea: Client) -> None:
    one = rest(sent(operation, table(*good(range(3)))))
    for _ in range(2):
        lea.post(f"/sample/imports/{one.pk}/start/")
    rest(Import.objects.get())
    again = lea.post(f"/sample/imports/{one.pk}/start/", follow=True)
    assert "does not work any more: the import is in now" in again.content.decode()
    assert Report.objects.count() == 3


def test_every_choice_can_be_corrected(operation: Operation, lea: Client) -> None:
    content = table("a,Nou bezwen dlo,05/02/2010,vant", "b,Nou grangou,06/02/2010,tèt", header="k,words,when,label")
    one = rest(sent(operation, content))
    columns = {name: f"role-{at}" for at, name in enumerate(one.plan["columns"])}
    lea.post(
        f"/sample/imports/{one.pk}/plan/",
        {columns["k"]: "id", columns["words"]: "text", columns["when"]: "date", columns["label"]: "categories",
         "date_order": "MDY", "zone": "UTC", "decimal": ",", "category_separator": ";"},
    )  # fmt: skip
    one = rest(Import.objects.get())
    assert one.state == "ready"
    assert one.plan["roles"] == {"k": "id", "words": "text", "when": "date", "label": "categories"}
    assert (one.plan["date_order"], one.plan["zone"], one.plan["decimal"]) == ("MDY", "UTC", ",")
    body = page(lea, one)
    assert "2010-05-02" in body or "2 May 2010" in body, "the samples show what the correction did"


ROAD = Field(
    "road", "choice", {"ht": "Wout la", "fr": "La route"}, several=True,
    choices=(
        FieldChoice("open", {"ht": "Wout louvri", "fr": "Route ouverte"}), FieldChoice("cut", {"fr": "Route coupée"}),
        FieldChoice("flooded", {}),
    ),
)  # fmt: skip


@pytest.fixture
def asking(operation: Operation) -> Operation:
    """An operation in Haitian Creole that asks for the state of the road."""
    operation.languages, operation.extra_fields = ["ht", "fr"], [fields.to_json(ROAD)]
    operation.save()
    return operation


def test_what_was_understood_is_said_by_name_in_the_readers_language(asking: Operation, lea: Client) -> None:
    categories = list(asking.categories.all()[:2])
    categories[0].names = {"fr": "Manque d'eau", "ht": "Pa gen dlo"}
    categories[0].save()
    cells = f'{categories[0].code},"open, cut"'
    one = rest(sent(asking, table(f"a,Nou bezwen dlo,{cells}", "b,Wout,,closed", header="id,text,category,road")))
    for language, words in {
        "fr": ("Manque d&#x27;eau", "La route", "Route ouverte, Route coupée"),
        "en": ("Pa gen dlo", "Wout la", "Wout louvri, Route coupée"),
    }.items():
        lea.cookies["django_language"] = language
        body = page(lea, one)
        category, field, choices = words
        assert f"<dt>categories</dt><dd><bdi>{category}</bdi></dd>" in body
        assert f"<dt>{field}</dt><dd><bdi>{choices}</bdi></dd>" in body
        assert f'<option value="extra:road" selected>{field}</option>' in body
        assert "<dt>extra:" not in body
    assert "the field “Wout la” by its name" in body
    refused = one.verdicts.get()
    assert refused.remedy == (
        "closed is not in the list. Choose one of: Wout louvri (open), Route coupée (cut), flooded."
    )


def test_what_stands_around_texts_can_be_chosen(operation: Operation, lea: Client) -> None:
    one = rest(sent(operation, table("a,'Nou bezwen dlo'", "b,Nou grangou", "c,Nou bezwen tant", header="id,text")))
    assert """<option value="&quot;" selected>quotation marks &quot;</option>""" in page(lea, one)
    assert "&#x27;Nou bezwen dlo&#x27;" in page(lea, one)
    lea.post(f"/sample/imports/{one.pk}/plan/", {"quote": "'"})
    body = page(lea, rest(Import.objects.get()))
    assert "<bdi>Nou bezwen dlo</bdi>" in body
    assert lea.post(f"/sample/imports/{one.pk}/plan/", {"quote": "x"}).status_code == 400


def test_labels_of_a_field_of_choices_can_be_given_one(asking: Operation, lea: Client) -> None:
    rows = ("a,Nou bezwen dlo,closed", "b,Wout,closed; open", "c,Wout,open", "d,Wout,mud", "e,Wout,-")
    one = rest(sent(asking, table(*rows, header="id,text,road")))
    assert (one.new, one.refused) == (2, 3)
    body = page(lea, one)
    assert "What the file names under “<bdi>Wout la</bdi>”" in body
    assert '<bdi>closed</bdi> <span class="count">2</span>' in body
    assert '<option value="cut">Route coupée (cut)</option>' in body
    lea.post(f"/sample/imports/{one.pk}/plan/", {"choice-road-0": "cut", "choice-road-1": "no such"})
    one = rest(Import.objects.get())
    assert (one.plan["choices"], one.new, one.refused) == ({"road": {"closed": "cut"}}, 4, 1)
    assert '<option value="cut" selected>' in page(lea, one), "it can be given another"
    lea.post(f"/sample/imports/{one.pk}/mapping/", {"name": "roads"})
    lea.post(f"/sample/imports/{one.pk}/start/")
    rest(Import.objects.get())
    kept = sorted(str(report.extra.get("road")) for report in Report.objects.all())
    assert kept == ["None", "['cut']", "['open', 'cut']", "['open']"]
    again = rest(sent(asking, table("f,Wout,closed", header="id,text,road")))
    assert (again.new, again.refused) == (1, 0), "the saved mapping knows the label"
    asking.extra_fields = [fields.to_json(replace(ROAD, choices=ROAD.choices[:1]))]
    asking.save()
    told = lea.post(f"/sample/imports/{again.pk}/start/", follow=True).content.decode()
    assert "“closed” stands for the choice cut, which the field road has no more" in told


def test_labels_of_a_column_that_a_person_says_holds_categories_can_be_given_one(
    operation: Operation, lea: Client
) -> None:
    rows = ("a,Nou bezwen dlo,Rivyè", "b,Nou bezwen dlo pwòp,Rivyè", "c,Nou grangou,Bouch")
    one = rest(sent(operation, table(*rows, header="id,text,Sorte")))
    assert "Categories that the file names" not in page(lea, one)
    lea.post(f"/sample/imports/{one.pk}/plan/", {"role-2": "categories"})
    body = page(lea, rest(Import.objects.get()))
    assert '<bdi>Rivyè</bdi> <span class="count">2</span>' in body
    code = operation.categories.all()[0].code
    lea.post(f"/sample/imports/{one.pk}/plan/", {"label-0": code})
    one = rest(Import.objects.get())
    assert one.plan["categories"] == {"Rivyè": code}
    assert "<bdi>Bouch</bdi>" in page(lea, one), "the others are still offered"


def test_a_category_that_left_the_operation_since_is_asked_about(operation: Operation, lea: Client) -> None:
    from rapport.operations.models import Category

    gone = Category.objects.create(operation=operation, code="gone", names={"en": "Gone"}, order=99)
    one = rest(sent(operation, table("a,Nou bezwen dlo,Rivyè", header="id,text,type")))
    lea.post(f"/sample/imports/{one.pk}/plan/", {"label-0": "gone"})
    one = rest(Import.objects.get())
    gone.delete()
    answer = lea.post(f"/sample/imports/{one.pk}/start/", follow=True)
    assert "“Rivyè” stands for the category gone, which this operation has no more" in answer.content.decode()
    one.refresh_from_db()
    assert (one.state, Report.objects.count()) == ("ready", 0)
    lea.post(f"/sample/imports/{one.pk}/plan/", {"label-0": ""})
    rest(Import.objects.get())
    lea.post(f"/sample/imports/{one.pk}/start/")
    assert rest(Import.objects.get()).new == 1


def test_a_correction_that_cannot_be_is_said_and_changes_nothing(operation: Operation, lea: Client) -> None:
    one = rest(sent(operation, table(*good(range(3)))))
    before = one.plan
    for wrong, said in (
        ({"zone": "Port-au-Prince"}, "no time zone"),
        ({"role-2": "place", "role-4": "place"}, "Only one column can be"),
        ({"role-1": "ignore"}, "holds the text"),
        ({"header_row": "first"}, "number of its row"),
        ({"encoding": "klingon"}, "one of the encodings"),
        ({"sheet": "none such"}, "one of the workbook"),
    ):
        answer = lea.post(f"/sample/imports/{one.pk}/plan/", wrong)
        assert answer.status_code == 400
        assert said in answer.content.decode()
    one.refresh_from_db()
    assert (one.state, one.plan) == ("ready", before)


def test_another_header_row_is_read_anew(operation: Operation, lea: Client) -> None:
    content = b"id,text\r\nfoo,words\r\n1,dlo\r\n"
    one = rest(sent(operation, content))
    lea.post(f"/sample/imports/{one.pk}/plan/", {"header_row": "2", "header_rows": "1"})
    one = rest(Import.objects.get())
    assert (one.state, one.plan["columns"], one.plan["header_row"]) == ("ready", ["foo", "words"], 2)


def test_what_was_corrected_first_holds_when_something_else_is_corrected(operation: Operation, lea: Client) -> None:
    content = "a title,\r\nid,text\r\n1,dlo nan kan Léogâne\r\n".encode("mac-roman")
    one = rest(sent(operation, content))
    assert (one.plan["encoding"], one.plan["header_row"]) != ("cp850", 2)
    lea.post(f"/sample/imports/{one.pk}/plan/", {"encoding": "cp850"})
    one = rest(Import.objects.get())
    lea.post(f"/sample/imports/{one.pk}/plan/", {"header_row": "1", "header_rows": "1"})
    one = rest(Import.objects.get())
    assert (one.plan["encoding"], one.plan["header_row"]) == ("cp850", 1)


def test_a_workbook_comes_in_too(operation: Operation, lea: Client) -> None:
    import xlsxwriter

    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        for name in ("first", "second"):
            sheet = book.add_worksheet(name)
            for row, cells in enumerate([["id", "text"], [f"{name} 1", f"Nou bezwen dlo {name}"]]):
                sheet.write_row(row, 0, cells)
    files(operation)
    upload(lea, made.getvalue(), "book.xlsx", source="partner")
    one = rest(Import.objects.get())
    assert (one.state, one.new, one.plan["sheet"]) == ("ready", 1, "first")
    lea.post(f"/sample/imports/{one.pk}/plan/", {"sheet": "second"})
    one = rest(Import.objects.get())
    assert one.plan["sheet"] == "second"
    lea.post(f"/sample/imports/{one.pk}/plan/", {"header_row": "0", "header_rows": "1"})
    one = rest(Import.objects.get())
    assert (one.plan["sheet"], one.new) == ("second", 2)
    lea.post(f"/sample/imports/{one.pk}/plan/", {"header_row": "1", "header_rows": "1"})
    rest(Import.objects.get())
    lea.post(f"/sample/imports/{one.pk}/start/")
    one = rest(Import.objects.get())
    assert Report.objects.get().text == "Nou bezwen dlo second"
    assert not store.rows_path(one).exists(), "what was written down to read it is not kept"


def test_refused_rows_come_back_as_a_file(operation: Operation, lea: Client) -> None:
    one = taken_in(operation, table(*good(range(3)), '7,,18.5,-72.3,"=1+1"'))
    answer = lea.get(f"/sample/imports/{one.pk}/to-mend.csv")
    content = b"".join(answer).decode("utf-8-sig")  # type: ignore[arg-type]
    (row,) = csv.DictReader(io.StringIO(content))
    assert (row["id"], row["note"], row["row"], row["field"]) == ("7", "'=1+1", "5", "text")
    assert not b"".join(lea.get(f"/sample/imports/{one.pk}/to-mend.csv?bom=0")).startswith(b"\xef")  # type: ignore[arg-type]


def test_what_is_too_large_or_no_file_is_said(operation: Operation, lea: Client, monkeypatch: Any) -> None:
    files(operation)
    assert "Choose a file first." in lea.post("/sample/imports/", {"source": "partner"}).content.decode()
    assert "is empty" in upload(lea, b"", source="partner").content.decode()
    monkeypatch.setattr(store, "MOST_BYTES_BY_PAGE", 1000)
    for size in (3000, 200_000):  # found while it arrives, and by its announced length
        answer = upload(lea, b"x" * size, source="partner")
        assert answer.status_code == 413
        assert "larger than" in answer.content.decode()
    assert not Import.objects.exists()
    assert list(store.folder().iterdir()) == []


def test_a_file_is_not_taken_without_proof_that_our_page_sent_it(operation: Operation, lead: Person) -> None:
    files(operation)
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(lead)
    assert upload(forged, table(*good(range(3))), source="partner").status_code == 403
    assert not Import.objects.exists()


def test_another_operations_import_is_nowhere(operation: Operation, lea: Client) -> None:
    one = sent(operation, table(*good(range(3))))
    other = Operation.objects.get(pk=operation.pk)
    other.pk, other.slug = None, "other"  # type: ignore[assignment]
    other.save()
    assert lea.get(f"/other/imports/{one.pk}/").status_code == 403
    assert lea.get("/sample/imports/99999/").status_code == 404


def test_the_list_says_what_came_in_and_an_empty_one_what_to_do(operation: Operation, lea: Client) -> None:
    assert "No file has come in yet." in lea.get("/sample/imports/").content.decode()
    taken_in(operation, table(*good(range(3))))
    listed = lea.get("/sample/imports/").content.decode()
    assert "reports.csv" in listed
    assert "3 new" in listed
    assert "/sample/imports/" in lea.get("/sample/desk/").content.decode()


def test_a_file_seen_before_says_so(operation: Operation, lea: Client) -> None:
    content = table(*good(range(3)))
    first = taken_in(operation, content)
    second = rest(sent(operation, content))
    body = page(lea, second)
    assert "This very file was sent before" in body
    assert f"/sample/imports/{first.pk}/" in body
    assert "Take 0 reports in" in body
    other = store.new_source(None, operation, "Somebody else")
    third = rest(store.add(None, operation, other, "reports.csv", [content]))
    body = page(lea, third)
    assert "Take 3 reports in" in body
    assert "they would all come in a second time" in body


def test_no_source_is_chosen_for_a_person(operation: Operation, lea: Client) -> None:
    """A stranger's file under a source that is there would come under its standing orders: they act by themselves."""
    files(operation)
    assert '<option value="">Choose' in lea.get("/sample/imports/").content.decode()
    answer = upload(lea, table(*good(range(3))), source="")
    assert (answer.status_code, Import.objects.count()) == (400, 0)


def test_which_degree_comes_first_in_a_cell_can_be_corrected(operation: Operation, lea: Client) -> None:
    one = rest(sent(operation, table("Nou bezwen dlo,10.5 12.5", header="message,gps")))
    assert one.plan["pair_order"] == "lat_lon"
    assert 'name="pair_order"' in page(lea, one)
    lea.post(f"/sample/imports/{one.pk}/plan/", {"pair_order": "lon_lat"})
    one = rest(Import.objects.get())
    assert one.plan["pair_order"] == "lon_lat"
    assert "12.5, 10.5" in page(lea, one)


def test_what_a_person_corrected_is_not_explained_by_what_was_guessed(operation: Operation, lea: Client) -> None:
    one = rest(sent(operation, table("Nou bezwen dlo,03/04/2010,x", header="message,date,place")))
    assert "say whether the day or the month is first" in page(lea, one)
    lea.post(f"/sample/imports/{one.pk}/plan/", {"date_order": "DMY", "role-2": "ignore"})
    body = page(lea, rest(Import.objects.get()))
    assert "say whether the day or the month is first" not in body
    assert "date order as a person said" in body
    assert "<strong>place</strong>: as a person said" in body
    assert "<strong>message</strong>: text by its name" in body
    assert "no column is an id" in body
    lea.post(f"/sample/imports/{one.pk}/plan/", {"role-2": "id"})
    body = page(lea, rest(Import.objects.get()))
    assert "no column is an id" not in body


def test_a_date_is_shown_as_the_clocks_of_the_file_had_it(operation: Operation, lea: Client) -> None:
    one = rest(sent(operation, table("Nou bezwen dlo,2010-01-14 08:30", header="message,date")))
    lea.post(f"/sample/imports/{one.pk}/plan/", {"zone": "America/Port-au-Prince"})
    assert "2010-01-14 08:30 America/Port-au-Prince" in page(lea, rest(Import.objects.get()))


def test_the_chooser_offers_every_kind_of_file_that_is_read(operation: Operation, lea: Client) -> None:
    body = lea.get("/sample/imports/").content.decode()
    offered = body.partition('accept="')[2].partition('"')[0].split(",")
    assert set(offered) >= {".csv", ".tsv", ".txt", ".xlsx", ".xlsb", ".xls", ".ods", ".ndjson"}


def test_mappings_are_kept_renamed_and_forgotten(operation: Operation, lea: Client) -> None:
    one = rest(sent(operation, table(*good(range(3)))))
    lea.post(f"/sample/imports/{one.pk}/mapping/", {"name": "partner weekly"})
    (mapping,) = operation.import_mappings.all()
    assert "partner weekly" in lea.get("/sample/imports/mappings/").content.decode()
    lea.post(f"/sample/imports/mappings/{mapping.pk}/rename/", {"name": "weekly"})
    files(operation)
    upload(lea, table(*good(range(4))), source="partner", mapping=str(mapping.pk))
    second = rest(Import.objects.latest("pk"))
    assert "weekly" in page(lea, second)
    lea.post(f"/sample/imports/mappings/{mapping.pk}/delete/")
    assert "No mapping is kept yet" in lea.get("/sample/imports/mappings/").content.decode()


def test_rows_that_do_not_come_in_are_in_pages_and_by_reason(operation: Operation, lea: Client) -> None:
    rows = [f"{n},,18.5,-72.3," for n in range(60)] + [f"x{n},dlo,95,-72.3," for n in range(3)]
    one = rest(sent(operation, table(*good(range(100, 103)), *rows)))
    body = page(lea, one)
    assert "Page 1 of 2" in body
    reason = one.verdicts.order_by("-row")[0].reason
    assert "Page" not in page(lea, one, f"?reason={reason}")


def test_progress_is_told_to_the_script(operation: Operation, lea: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(run, "BATCH", 2)
    one = rest(sent(operation, table(*good(range(5)))))
    lea.post(f"/sample/imports/{one.pk}/start/")
    run.step()
    told = lea.get(f"/sample/imports/{one.pk}/progress").json()
    assert told == {"state": "running", "done": 3, "total": 6, "said": "Row 3 of 6: 2 new, 0 there already, 0 refused."}
    lea.post(f"/sample/imports/{one.pk}/pause/")
    assert "Go on" in page(lea, one)
    lea.post(f"/sample/imports/{one.pk}/resume/")
    assert rest(Import.objects.get()).new == 5
