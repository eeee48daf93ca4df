"""Models that learn from the desk's decisions: what counts, what is set apart, and who says which one works."""

from __future__ import annotations

import csv
import io
import json
import logging
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from rapport.accounts.models import Person
from rapport.cli.main import run
from rapport.cli.text_training import check_name
from rapport.desk import actions, many
from rapport.desk.draft import EventDraft
from rapport.desk.learning.agreement import agreement
from rapport.desk.learning.readings import _is_apart, by_hand, readings
from rapport.desk.record.undo import undo
from rapport.desk.standing_orders import orders
from rapport.errors import Conflict, NotAllowed, RapportError, Refused
from rapport.intake.understand import understand
from rapport.operations import gazetteer, model
from rapport.operations.models import Category, Operation, StandingOrder
from rapport.oversight.models import Decision, DecisionKind
from rapport.reports.models import Report, Standing, Suggestion, SuggestionKind
from rapport.text.evaluation.messages import FOLDER
from rapport.text.labels import shelf
from rapport.text.labels.model import SHIPPED, loaded
from rapport.upkeep.doctor import setting_up
from rapport.upkeep.doctor.finding import Level
from tests.pure.test_label_readings import PEOPLE, shelved
from tests.pure.test_orders import RULE
from tests.web.desk import report

FOOD, WATER = EventDraft(categories=("2a",)), EventDraft(categories=("2b",))
PLACES = ("Delmas", "Jacmel", "Leogane", "Carrefour", "Gonaives", "Mirebalais", "Petionville", "Hinche", "Cabaret")


@pytest.fixture
def tagged(operation: Operation) -> Operation:
    """The sample operation, where two categories say by their tags what they are."""
    Category.objects.filter(operation=operation, code="2a").update(hxl="#need+food")
    Category.objects.filter(operation=operation, code="2b").update(hxl="#need +water")
    return operation


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of models, empty."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(model, "folder", lambda: folder)
    return folder


def said(operation: Operation) -> dict[str, dict[str, bool]]:
    """Text → what people said of its labels."""
    return {one.texts[0]: one.said for one in readings(operation)}


# --- what counts as a reading ----------------------------------------------------------------------------------------


def test_the_categories_a_person_chose_are_yes_and_those_left_out_no(tagged: Operation, volunteer: Person) -> None:
    actions.accept(volunteer, report(tagged, "Nou bezwen dlo"), WATER)
    assert said(tagged) == {"Nou bezwen dlo": {"water": True, "food": False}}


def test_an_undone_decision_does_not_count(tagged: Operation, volunteer: Person) -> None:
    actions.accept(volunteer, report(tagged), WATER)
    undo(volunteer, Decision.objects.get(kind=DecisionKind.ACCEPT))
    assert said(tagged) == {}


def test_an_undone_change_leaves_what_was_said_before(tagged: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(tagged, "Nou grangou"), WATER)
    actions.edit(volunteer, event, FOOD)
    assert said(tagged) == {"Nou grangou": {"water": False, "food": True}}
    undo(volunteer, Decision.objects.get(kind=DecisionKind.EDIT))
    assert said(tagged) == {"Nou grangou": {"water": True, "food": False}}


def test_a_change_of_an_event_with_several_reports_says_nothing_of_any_one(
    tagged: Operation, volunteer: Person
) -> None:
    event = actions.accept(volunteer, report(tagged, "Nou bezwen dlo"), WATER)
    actions.attach(volunteer, report(tagged, "Manje"), event)
    actions.edit(volunteer, event, EventDraft(categories=("2a", "2b")))
    assert said(tagged) == {"Nou bezwen dlo": {"water": True, "food": False}}


def test_rejecting_or_accepting_many_together_says_nothing_of_the_words(tagged: Operation, volunteer: Person) -> None:
    actions.reject(volunteer, report(tagged, "dlo"), "Too vague")
    several = [report(tagged, f"{place} has no water") for place in PLACES[:3]]
    many.together(volunteer, tagged, [one.ref for one in several], WATER, True)
    assert said(tagged) == {}


def test_a_withdrawn_report_is_not_learnt_from(tagged: Operation, volunteer: Person) -> None:
    one = report(tagged)
    actions.accept(volunteer, one, WATER)
    Report.objects.filter(pk=one.pk).update(standing=Standing.WITHDRAWN)
    assert said(tagged) == {}


def test_what_a_standing_order_did_is_nobodys_reading(tagged: Operation, lead: Person) -> None:
    order = StandingOrder.objects.create(operation=tagged, slug="all", text="All.", rule={**RULE, "source": "sms"})
    signed = orders.sign(lead, order)
    fields = {"APPROVED": "YES", "VERIFIED": "NO", "INCIDENT TITLE": "Water"}
    one = report(tagged, "dlo", categories_said=["2b"], fields=fields, lon=-72.3, lat=18.54, place_said="Delmas 33")
    assert orders.apply([signed], [one]) == 1
    assert by_hand(tagged) == {}


def test_a_translation_is_a_further_text_of_the_same_report(tagged: Operation, volunteer: Person) -> None:
    one = report(tagged, "Nou bezwen dlo tanpri")
    actions.translate(volunteer, one, "en", "We need watre")
    actions.translate(volunteer, one, "en", "We need water please")
    actions.accept(volunteer, one, WATER)
    (read,) = readings(tagged)
    assert read.texts == ("Nou bezwen dlo tanpri", "We need water please")
    assert read.languages == ("ht", "en")


# --- what is set apart -----------------------------------------------------------------------------------------------


def test_what_is_set_apart_stays_so_when_more_comes_and_reposts_go_with_the_first(
    tagged: Operation, volunteer: Person
) -> None:
    texts = [f"The pump of {place} gives no water since day {day}" for place in PLACES for day in range(1, 6)]
    for number, text in enumerate(texts):
        actions.accept(volunteer, report(tagged, f"{text} {number * 7919}"), WATER)
    before = {one.texts[0]: one.apart for one in readings(tagged)}
    firsts = {one.group for one in readings(tagged)}
    for text in list(before):
        actions.accept(volunteer, report(tagged, f"RT @somebody: {text}"), WATER)
    after = readings(tagged)
    assert {one.texts[0]: one.apart for one in after if one.texts[0] in before} == before
    assert {one.group for one in after} == firsts  # no repost began a group of its own
    for group in firsts:
        assert len({one.apart for one in after if one.group == group}) == 1


def test_about_a_fifth_is_set_apart(tagged: Operation) -> None:
    share = sum(_is_apart(tagged, f"ref{number}") for number in range(2_000)) / 2_000
    assert 0.17 < share < 0.23


# --- learning --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one message in nineteen of those that come with rapport."""
    folder = tmp_path_factory.mktemp("few")
    for name in ("messages.csv", "categories.csv"):
        with zipfile.ZipFile(FOLDER / f"{name}.zip") as archive:
            rows = list(csv.reader(io.TextIOWrapper(archive.open(name), "utf-8", newline="")))
        kept = io.StringIO(newline="")
        csv.writer(kept).writerows([rows[0], *(row for row in rows[1:] if int(row[0]) % 19 == 0)])
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            archive.writestr(name, kept.getvalue())
    return folder


def test_what_people_decided_is_learnt_compared_and_stands_in_no_file(
    tagged: Operation, lead: Person, models: Path, few: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Over the command: people call a word water that nobody knew, and the reports set apart show that it is."""
    for number, (place, who) in enumerate((place, who) for place in PLACES for who in PEOPLE * 2):
        word, draft = ("zorbo", WATER) if number % 2 else ("radios", EventDraft(categories=("1a",)))
        text = f"{who} in {place} asks {number * 7919} times for {word}"
        actions.accept(lead, report(tagged, text), draft)
    said = main_json(capsys, "text", "train", "--operation", "sample", "--data", str(few), "--json")
    learnt, apart = said["operation"]["learnt_from"], said["operation"]["set_apart"]
    assert learnt + apart == len(PLACES) * len(PEOPLE) * 2
    assert apart > 0
    assert said["operation"]["in_use"]["labels"]["water"]["yes"] == said["operation"]["new"]["labels"]["water"]["yes"]
    found = model.choose(lead, tagged, said["id"])
    assert found.path == models / "sample-1.npz"
    assert b"zorbo" not in found.path.read_bytes()
    assert "zorbo" not in found.card
    assert f"{learnt:,} reports for which a person chose" in found.card
    gazetteer.forget()
    one = report(tagged, "The school of Cabaret asks for zorbo again")
    while understand():
        pass
    assert [s.value for s in one.suggestions.filter(kind=SuggestionKind.CATEGORY)] == [{"code": "2b"}]


def main_json(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert run(list(words)) == 0
    return json.loads(capsys.readouterr().out)


# --- a person says which model works ---------------------------------------------------------------------------------


def test_a_switch_is_recorded_with_before_and_after_and_can_be_switched_back(
    tagged: Operation, lead: Person, models: Path
) -> None:
    ours = loaded(shelved(models)).id
    model.choose(lead, tagged, ours)
    gazetteer.forget()
    assert gazetteer.knowledge(tagged).model.id == ours
    made = Decision.objects.get(kind=DecisionKind.MODEL)
    shipped = loaded(SHIPPED).id
    assert (made.person, made.before, made.after) == (lead, {"model": shipped}, {"model": ours})
    chosen = model.chosen(tagged)
    assert (chosen.id, chosen.by, chosen.problem) == (ours, lead, "")
    model.choose(lead, tagged, shipped)
    gazetteer.forget()
    assert gazetteer.knowledge(tagged).model.id == shipped
    with pytest.raises(Conflict, match="in use already"):
        model.choose(lead, tagged, shipped)


def test_who_may_not_choose_changes_nothing(tagged: Operation, volunteer: Person, models: Path) -> None:
    shelved(models)
    with pytest.raises(NotAllowed, match="operations:model:choose"):
        model.choose(volunteer, tagged, "ours-1")
    assert not Decision.objects.filter(kind=DecisionKind.MODEL).exists()


def test_an_unknown_or_altered_model_is_refused(tagged: Operation, lead: Person, models: Path) -> None:
    with pytest.raises(Refused, match="There is no model ours-1"):
        model.choose(lead, tagged, "ours-1")
    shelved(models, card="# ours-1 0123456789ab\n")
    with pytest.raises(Refused, match="was not written for"):
        model.choose(lead, tagged, "ours-1")
    with pytest.raises(Refused, match="was not written for"):
        model.choose(lead, tagged, "ours-1 0123456789ab")


def test_the_worker_takes_the_operations_model_and_names_it_beside_what_it_suggests(
    tagged: Operation, lead: Person, models: Path
) -> None:
    ours = loaded(shelved(models)).id
    report(tagged, "Nou bezwen dlo tanpri ede nou")
    understand()
    model.choose(lead, tagged, ours)
    gazetteer._known[tagged.pk] = _stale(gazetteer._known[tagged.pk])
    report(tagged, "Nou bezwen dlo nan Jacmel")
    understand()
    made = Suggestion.objects.filter(kind=SuggestionKind.CATEGORY).order_by("report")
    assert list(made.values_list("function", flat=True)) == [loaded(SHIPPED).id, ours]


def _stale(known: Any) -> Any:
    """As it is two seconds later."""
    return replace(known, good_until=0.0)


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"PK\x03\x04 broken")])
def test_without_its_model_the_worker_goes_on_with_the_shipped_one_and_the_doctor_says_so(
    tagged: Operation,
    lead: Person,
    models: Path,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], object],
) -> None:
    path = shelved(models)
    model.choose(lead, tagged, "ours-1")
    (fine,) = setting_up.models()
    assert fine.level is Level.FINE
    report(tagged, "Nou bezwen dlo tanpri ede nou")
    understand()
    spoil(path)
    gazetteer._known[tagged.pk] = _stale(gazetteer._known[tagged.pk])
    report(tagged, "Nou bezwen dlo nan Jacmel")
    with caplog.at_level(logging.ERROR):
        understand()
    last = Suggestion.objects.filter(kind=SuggestionKind.CATEGORY).order_by("report").last()
    assert last
    assert last.function == loaded(SHIPPED).id
    assert "stands in for it" in caplog.text
    (finding,) = setting_up.models()
    assert finding.level is Level.WRONG
    assert "ours-1" in finding.said
    assert "text use" in finding.remedy
    assert run(["text", "models", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["in_use"] for one in listed] == [["sample"], []][: len(listed)], "the shipped one stands in"
    client.force_login(lead)
    page = client.get("/sample/desk/model/").content.decode()
    assert "stands in for the one that was chosen" in page
    assert "In use" not in page


def test_a_new_model_takes_no_others_place(tmp_path: Path) -> None:
    check_name(tmp_path / "ours-1.npz")
    (tmp_path / "ours-1.npz").write_bytes(b"")
    for name, says in (("ours-1.npz", "there already"), ("our model.npz", "letters"), ("ours.zip", "letters")):
        with pytest.raises(RapportError, match=says):
            check_name(tmp_path / name)


# --- how often people agreed, and the page ---------------------------------------------------------------------------


def decided(operation: Operation, person: Person, text: str, suggested: str, draft: EventDraft) -> None:
    one = report(operation, text)
    Suggestion.objects.create(report=one, kind=SuggestionKind.LANGUAGE, value={"code": "ht"}, score=1.0, function="t")
    Suggestion.objects.create(
        report=one, kind=SuggestionKind.CATEGORY, value={"code": suggested}, score=0.9, function=loaded(SHIPPED).id
    )
    actions.accept(person, one, draft)


def test_agreement_counts_what_people_kept_left_out_and_added(tagged: Operation, volunteer: Person) -> None:
    decided(tagged, volunteer, "dlo", "2b", WATER)
    decided(tagged, volunteer, "manje", "2b", FOOD)
    decided(tagged, volunteer, "liy", "2", FOOD)  # a kind of what was suggested
    (found,) = agreement(tagged)[loaded(SHIPPED).id]
    assert (found.language, found.reports, found.kept, found.left_out, found.added) == ("ht", 3, 2, 1, 1)
    assert found.percent_kept is None


def test_from_twenty_suggestions_on_a_share_is_said(tagged: Operation, volunteer: Person) -> None:
    for number in range(20):
        decided(tagged, volunteer, f"dlo {number}", "2b", WATER if number % 4 else FOOD)
    (found,) = agreement(tagged)[loaded(SHIPPED).id]
    assert found.percent_kept == 75


def test_the_page_says_which_model_works_and_a_lead_changes_it(
    tagged: Operation, lead: Person, volunteer: Person, models: Path, client: Client
) -> None:
    shelved(models, card=None)
    found = loaded(models / "ours-1.npz").id
    shelf.card_of(models / "ours-1.npz").write_text(
        f"# {found}\n\n## On the reports of sample that are set apart\n\n"
        "| figure | in use |\n|---|---|\n| <b>F1</b> | 1 |\n"
    )
    decided(tagged, volunteer, "dlo", "2b", WATER)
    client.force_login(lead)
    page = client.get("/sample/desk/model/").content.decode()
    assert "nobody has chosen another" in page
    assert "too few to say" in page
    assert "&lt;b&gt;F1&lt;/b&gt;" in page
    answer = client.post("/sample/desk/model/use/", {"model": found}, follow=True).content.decode()
    assert f"{found} suggests categories" in answer
    assert "chosen by" in answer
    record = client.get("/sample/desk/decisions/").content.decode()
    assert "chose a model" in record
    assert found in record
    again = client.post("/sample/desk/model/use/", {"model": "nothing"}, follow=True).content.decode()
    assert "There is no model nothing here" in again


def test_a_volunteer_sees_the_page_without_its_buttons(
    tagged: Operation, volunteer: Person, models: Path, client: Client
) -> None:
    shelved(models)
    client.force_login(volunteer)
    assert "Use this model" not in client.get("/sample/desk/model/").content.decode()
    assert client.post("/sample/desk/model/use/", {"model": "ours-1"}).status_code == 403
