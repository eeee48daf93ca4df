"""“Why?” on the desk: what speaks for a suggestion, marked in the words of the report, for whoever may read it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rapport.accounts.models import Person
from rapport.intake.understand import understand
from rapport.operations import gazetteer, model
from rapport.operations.models import Operation, Place, PlaceName
from rapport.reports.models import Report, Suggestion
from rapport.text import chain
from rapport.text.labels.model import SHIPPED, loaded
from tests.pure.test_label_readings import shelved
from tests.web.desk import report

HOSTILE = '<script>alert("1")</script> dlo & "dlo" \u202edlo\u202c <b onmouseover=x>3456 7890</b>'


@pytest.fixture
def vero(volunteer: Person) -> Client:
    client = Client()
    client.force_login(volunteer)
    return client


def understood(operation: Operation, text: str, **more: Any) -> Report:
    told = report(operation, text, **more)
    understand()
    return told


def address(told: Report, of: object = "") -> str:
    return f"/sample/desk/reports/{told.ref}/why/?of={of}"


def why(client: Client, told: Report, of: object, **headers: str) -> str:
    answer = client.get(address(told, of), headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def marks(page: str) -> dict[str, str]:
    """What is marked in the text, and as what."""
    found = re.findall(r'<mark data-kind="(\w+)"[^>]*><span[^>]*>[^<]*</span>([^<]*)', page)
    return {unescape(text): kind for kind, text in found}


def words(page: str) -> str:
    """The text as a browser shows it, without what is said of the marks."""
    (shown,) = re.findall(r'<p class="marked"[^>]*>(.*?)</p>', page, re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", "", re.sub(r"<span.*?</span>", "", shown, flags=re.DOTALL)))


def suggestion(told: Report, kind: str) -> Suggestion:
    return told.suggestions.filter(kind=kind).order_by("-score", "id")[0]


# --- a category ------------------------------------------------------------------------------------------------------


def test_the_words_that_made_a_category_are_marked(vero: Client, operation: Operation) -> None:
    operation.categories.filter(code="2b").update(hxl="#need+water")
    told = understood(operation, "Pa gen dlo nan Delmas, tanpri voye dlo")
    category = suggestion(told, "category")
    page = vero.get(f"/sample/desk/reports/{told.ref}/").content.decode()
    assert address(told, category.pk) in page
    shown = why(vero, told, category.pk)
    assert marks(shown)["dlo"] == "for"
    assert "Why: Water shortage" in shown
    assert "odds ×" in shown
    assert words(shown) == told.text


def test_the_words_that_made_an_urgency_are_marked(vero: Client, operation: Operation) -> None:
    told = understood(operation, "Please help us, people are trapped under the house and we need rescue")
    urgency = suggestion(told, "urgency")
    assert address(told, urgency.pk) in vero.get(f"/sample/desk/reports/{told.ref}/").content.decode()
    shown = why(vero, told, urgency.pk)
    assert marks(shown)["trapped"] == "for"
    assert "Why: urgency 3" in shown
    assert words(shown) == told.text
    Suggestion.objects.filter(pk=urgency.pk).update(value={"level": 1, "else": "<b>"}, function="crisis-0 000")
    assert "crisis-0 000” suggested this" in unescape(why(vero, told, urgency.pk))


def test_the_words_for_a_person_at_risk_are_marked_where_they_made_the_urgency(
    vero: Client, operation: Operation
) -> None:
    told = understood(operation, "People trapped under Hotel Montana, can hear voices")
    urgency = suggestion(told, "urgency")
    shown = why(vero, told, urgency.pk)
    assert marks(shown) == {"trapped": "for"}
    assert "Why: urgency 3" in shown
    assert "its words say that somebody is trapped" in unescape(shown)
    Suggestion.objects.filter(pk=urgency.pk).update(function="text-chain 0")
    assert "“text-chain 0” suggested this" in unescape(why(vero, told, urgency.pk))


def test_a_model_that_is_not_in_use_any_more_is_not_explained_by_another(vero: Client, operation: Operation) -> None:
    told = report(operation, "Pa gen dlo")
    old = Suggestion.objects.create(
        report=told, kind="category", value={"code": "2b"}, score=0.8, reasons=["water: 80 %"], function="crisis-0 abc"
    )
    shown = unescape(why(vero, told, old.pk))
    assert "“crisis-0 abc” suggested this, and “crisis-1 " in shown
    assert "water: 80 %" in shown
    assert marks(shown) == {}


def test_after_a_switch_what_the_former_model_suggested_is_still_explained_by_it(
    vero: Client, operation: Operation, lead: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "folder", lambda: tmp_path)
    operation.categories.filter(code="2b").update(hxl="#need+water")
    ours, shipped = loaded(shelved(tmp_path)).id, loaded(SHIPPED).id

    def switch(to: str) -> None:
        model.choose(lead, operation, to)
        gazetteer.forget()

    thirsty = understood(operation, "Pa gen dlo nan Delmas, tanpri voye dlo")
    switch(ours)
    shown = unescape(why(vero, thirsty, suggestion(thirsty, "category").pk))
    assert marks(shown)["dlo"] == "for"
    assert f"“{shipped}” suggested this and is explained here; “{ours}” is in use today." in shown
    trapped = understood(operation, "Please help us, people are trapped under the house and we need rescue")
    urgency = suggestion(trapped, "urgency")
    assert "is explained here" not in unescape(why(vero, trapped, urgency.pk))
    switch(shipped)
    shown = unescape(why(vero, trapped, urgency.pk))
    assert marks(shown)["trapped"] == "for"
    assert f"“{ours}” suggested this and is explained here" in shown
    (tmp_path / "ours-1.npz").unlink()
    shown = unescape(why(vero, trapped, urgency.pk))
    assert marks(shown) == {}
    assert f"“{ours}” suggested this, and “{shipped}” is in use today. By which words" in shown


def test_a_category_that_is_judged_otherwise_today_says_so(vero: Client, operation: Operation) -> None:
    operation.categories.filter(code="2b").update(hxl="#need+water")
    told = understood(operation, "Pa gen dlo nan Delmas, tanpri voye dlo")
    category = suggestion(told, "category")
    said = "has changed since"
    assert said not in why(vero, told, category.pk)
    category.score -= 0.1
    category.save()
    assert said in why(vero, told, category.pk)


# --- a place ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def cayes(operation: Operation) -> Place:
    made = Place.objects.create(
        operation=operation, name="Les Cayes", pcode="HT0711", lon=-73.75, lat=18.192, radius_m=6000, precision=5,
        origin="pcodes",
    )  # fmt: skip
    PlaceName.objects.create(place=made, name="Okay")
    return made


def test_okay_or_the_word_stays_a_question_and_is_not_filled_in(
    vero: Client, operation: Operation, cayes: Place
) -> None:
    told = understood(operation, "Mwen nan okay, mwen bezwen dlo")
    place = suggestion(told, "place")
    assert place.reasons[0].startswith("a question: “okay” may be Les Cayes, HT0711 or the word (")
    page = vero.get(f"/sample/desk/reports/{told.ref}/").content.decode()
    assert "Les Cayes?" in page
    assert "<strong>A question:</strong>" in page
    assert not re.search(r'name="lat" value', page), "a question is answered by a person"
    shown = why(vero, told, place.pk)
    assert marks(shown) == {"okay": "question"}
    assert "also called Okay" in shown
    assert "Against: written small" in shown


def test_a_sure_place_comes_first_and_is_filled_in(vero: Client, operation: Operation, cayes: Place) -> None:
    told = understood(operation, "Jacmel: moun soti nan okay")
    page = vero.get(f"/sample/desk/reports/{told.ref}/").content.decode()
    assert page.index(">Jacmel<span") < page.index("Les Cayes?")
    assert 'value="18.234"' in page


def test_a_place_that_came_beside_the_text_marks_nothing_in_it(vero: Client, operation: Operation) -> None:
    told = understood(operation, "Pa gen dlo", place_said="Jacmel")
    assert "came beside the text" in why(vero, told, suggestion(told, "place").pk)


def test_a_place_that_is_gone_from_the_gazetteer_is_not_explained_by_another(
    vero: Client, operation: Operation
) -> None:
    told = report(operation, "Pa gen dlo nan Delmas")
    gone = Suggestion.objects.create(
        report=told, kind="place", value={"lon": -72, "lat": 18.2, "name": "Delma", "precision": 3}, score=0.6,
        reasons=["its name"], function=chain.FUNCTION,
    )  # fmt: skip
    shown = why(vero, told, gone.pk)
    assert "have changed since" in shown
    assert marks(shown) == {}


# --- near-duplicates, and what holds for the whole text --------------------------------------------------------------

APPEAL = "{} moun kwense anba lekol la nan Delmas 33, tanpri voye ede yo kounye a"


def test_the_number_that_differs_is_marked_in_both_reports(vero: Client, operation: Operation) -> None:
    understood(operation, APPEAL.format(3), received_at=timezone.now())
    told = understood(operation, APPEAL.format(5))
    shown = why(vero, told, suggestion(told, "near_duplicate").pk)
    assert marks(shown)["5"] == marks(shown)["3"] == "different"
    assert "moun kwense anba lekol la" in " ".join(text for text, kind in marks(shown).items() if kind == "same")


def test_the_language_says_which_or_between_which_it_is_unsure(vero: Client, operation: Operation) -> None:
    told = understood(operation, "Mwen bezwen dlo ak manje pou timoun yo")
    assert "100 %." in why(vero, told, "language")
    told.suggestions.filter(kind="language").update(function="text-chain 0", value={"code": "fr"})
    assert "“text-chain 0” suggested Français." in why(vero, told, "language")


def test_personal_data_is_marked_and_a_person_at_risk_is_named_above_the_draft(
    vero: Client, operation: Operation
) -> None:
    told = understood(operation, "Mwen kwense anba beton, rele m nan 3456 7890")
    page = vero.get(f"/sample/desk/reports/{told.ref}/").content.decode()
    notice = "This message describes a person at risk (somebody is trapped): its words should not be published"
    assert notice in page
    assert page.index(notice) < page.index('id="decide"')
    assert "Mark personal data (1)" in page
    assert marks(why(vero, told, "personal")) == {"3456 7890": "personal"}
    calm = understood(operation, "Lekol la louvri jodi a")
    assert "person at risk" not in vero.get(f"/sample/desk/reports/{calm.ref}/").content.decode()


def test_hidden_marks_are_shown_by_their_code(vero: Client, operation: Operation) -> None:
    told = understood(operation, "wa\u200bter and wаter")
    shown = why(vero, told, "undone")
    assert "U+200B</span>" in shown
    assert marks(shown)["wаter"] == "undone"


# --- whose words, and for whom ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["personal", "undone", "language"])
@pytest.mark.parametrize("headers", [{}, {"X-Part": "1"}])
def test_hostile_words_stay_words(vero: Client, operation: Operation, of: str, headers: dict[str, str]) -> None:
    told = understood(operation, HOSTILE)
    shown = why(vero, told, of, **headers)
    assert words(shown) == HOSTILE
    assert "<script>alert" not in shown
    assert "<b onmouseover" not in shown


def test_the_script_gets_the_part_alone(vero: Client, operation: Operation) -> None:
    told = understood(operation, "Pa gen dlo")
    assert "<html" in why(vero, told, "language")
    part = why(vero, told, "language", **{"X-Part": "1"})
    assert "<html" not in part
    assert part.strip().startswith('<section id="why"')


def test_only_who_reads_the_desk_may_ask(operation: Operation, outsider: Person) -> None:
    told = report(operation, "Pa gen dlo")
    stranger = Client()
    assert stranger.get(address(told, "personal")).status_code == 302
    stranger.force_login(outsider)
    assert stranger.get(address(told, "personal")).status_code == 403


def test_another_operations_report_and_another_reports_suggestion_are_not_found(
    vero: Client, operation: Operation
) -> None:
    elsewhere = Operation.objects.create(
        slug="other", kind="crisis", names={"en": "Other"}, time_zone="UTC", west=0, south=0, east=1, north=1,
        countries=["HTI"], languages=["en"], definition_hash="",
    )  # fmt: skip
    told, other = report(operation, "Pa gen dlo"), report(operation, "Pa gen manje")
    theirs = Suggestion.objects.create(
        report=other, kind="category", value={"code": "2b"}, score=0.8, reasons=[], function="x 1"
    )
    assert vero.get(address(told, theirs.pk)).status_code == 404
    assert vero.get(address(told, "nothing")).status_code == 404
    Report.objects.filter(pk=told.pk).update(understood=True)
    assert vero.get(f"/sample/desk/reports/{'0' * 26}/why/?of=personal").status_code == 404
    foreign = report(elsewhere, "x", source=operation.sources.get(slug="sms"))
    assert vero.get(address(foreign, "personal")).status_code == 404
