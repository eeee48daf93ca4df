"""The desk in Chromium: by keyboard, on a phone, with two people, and while reports arrive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Route, expect

from rapport.accounts.models import Person
from rapport.desk import actions
from rapport.desk.models import Lease
from rapport.desk.queue import leases
from rapport.events.models import Event
from rapport.operations.models import Category, Operation
from rapport.oversight.models import Decision
from rapport.reports.models import Report, Suggestion
from tests.stories.waiting import still, wait_for
from tests.web.desk import DRAFT, books, report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


class Desk:
    """A person at a browser; collects what the page complained about and whom it asked."""

    def __init__(self, browser: Browser, url: str, person: Person, **options: Any) -> None:
        client = Client()
        client.force_login(person)
        self.url = url
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
        self.page: Page = context.new_page()
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("request", lambda asked: None if asked.url.startswith(url) else self.wrong.append(asked.url))

    def open(self, where: str = "/sample/desk/") -> Page:
        self.page.goto(self.url + where)
        return self.page


def shows(page: Page, text: str) -> None:
    """The report is there, and its keys work."""
    expect(page.locator("blockquote")).to_have_text(text)
    page.wait_for_load_state("load")


@pytest.fixture
def desk(chromium: Browser, live_server: Any, volunteer: Person) -> Iterator[Desk]:
    made = Desk(chromium, live_server.url, volunteer)
    yield made
    made.page.context.close()
    assert made.wrong == []


def test_a_backlog_is_worked_through_by_keyboard(desk: Desk, operation: Operation, volunteer: Person) -> None:
    event = actions.accept(volunteer, report(operation, "Dlo"), DRAFT)
    first = report(operation, "Pa gen dlo nan Delmas 33", categories_said=["2b"])
    Suggestion.objects.create(
        report=first, kind="place", value={"lon": -72.303, "lat": 18.545, "name": "Delmas 33", "precision": 3},
        score=0.9, reasons=["its name"], function="test 1",
    )  # fmt: skip
    for words in ("Vann machin", "Toujou pa gen dlo", "Nou grangou"):
        report(operation, words)
    page = desk.open()
    page.keyboard.press("n")
    shows(page, "Pa gen dlo nan Delmas 33")
    expect(page.get_by_role("button", name="Accept & publish").locator("kbd")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_text("Published: Water shortage, Delmas 33.")).to_be_visible()
    made = Event.objects.latest("id")
    assert (made.place_name, made.publication) == ("Delmas 33", "published")
    assert Decision.objects.latest("id").suggestion_id is not None, "the place is as it was suggested"

    shows(page, "Vann machin")
    page.keyboard.press("r")
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.type("Advertisement, nothing else")
    page.keyboard.press("Control+Enter")

    shows(page, "Toujou pa gen dlo")
    page.keyboard.press("t")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type(event.ref)
    page.keyboard.press("Enter")

    shows(page, "Nou grangou")
    page.locator("#id_title").fill("Hungry")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.get_by_text("Saved as a draft: Hungry.")).to_be_visible()
    assert books(operation) == {"in_event": 4, "rejected": 1}

    page.wait_for_load_state("load")
    page.keyboard.press("u")
    expect(page.get_by_text("Undone.", exact=True)).to_be_visible()
    assert books(operation) == {"in_event": 3, "rejected": 1, "waiting": 1}


def test_the_undo_key_takes_back_what_was_decided_last_on_this_very_page(desk: Desk, operation: Operation) -> None:
    told = [report(operation, words) for words in ("Dlo", "Nou grangou")]
    for one in told:
        page = desk.open(f"/sample/desk/reports/{one.ref}/")
        page.wait_for_load_state("load")
        page.keyboard.press("w")
        page.keyboard.press("3")
        expect(page.locator("#decided")).to_contain_text(f"report {one.ref[:6]}")
    page.keyboard.press("u")
    expect(page.get_by_text("Undone.", exact=True)).to_be_visible()
    assert [Report.objects.get(pk=one.pk).urgency for one in told] == [3, 0]


def test_what_is_wrong_is_said_where_the_page_begins(desk: Desk, operation: Operation) -> None:
    page = desk.open(f"/sample/desk/reports/{report(operation).ref}/")
    page.locator("#id_title").fill("No water")
    page.locator("#id_affected_low").fill("40")
    page.locator("#id_affected_high").fill("4")
    page.get_by_role("button", name="Accept & publish").click()
    said = page.get_by_role("alert").filter(has_text="Write the lower number first")
    expect(said).to_be_in_viewport()
    expect(said).to_be_focused()
    said.get_by_role("link", name="People affected, at least").click()
    expect(page.locator("#id_affected_low")).to_be_in_viewport()
    page.keyboard.press("Tab")  # from where the link led
    expect(page.locator(":focus")).to_have_id(re.compile("^id_affected_(low|high)$"))
    assert all("400" in complaint for complaint in desk.wrong)
    desk.wrong.clear()


def test_letters_typed_into_a_field_decide_nothing(desk: Desk, operation: Operation) -> None:
    told = report(operation)
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    page.locator("#id_summary").fill("")
    page.locator("#id_summary").type("an uncle and a dog, return at 7?")
    page.locator("#id_place_name").type("nada")
    page.locator("select#id_precision").press("a")
    assert not Decision.objects.exists()
    assert "reports" in page.url


def test_the_help_card_opens_and_closes(desk: Desk, operation: Operation) -> None:
    desk.page.set_viewport_size({"width": 1280, "height": 500})
    page = desk.open()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys on the desk")).to_be_in_viewport()
    page.keyboard.press("n")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Keys on the desk")).to_be_hidden()
    assert not Lease.objects.exists()


def test_a_click_on_the_map_sets_the_place(desk: Desk, operation: Operation) -> None:
    told = report(operation, categories_said=["2b"])
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    page.locator("[data-map]").click(position={"x": 300, "y": 120})
    expect(page.locator("#id_lat")).not_to_have_value("")
    lat = float(page.locator("#id_lat").input_value())
    lon = float(page.locator("#id_lon").input_value())
    assert operation.box.holds(lon, lat)
    page.locator("#id_precision").select_option("4")
    expect(page.locator("#id_radius_m")).to_have_value("5000")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Accept & publish").click()
    page.wait_for_url(re.compile(r"/sample/desk/$"))
    event = Event.objects.get()
    assert (event.lon, event.lat, event.precision, event.radius_m) == (lon, lat, 4, 5000)


def test_a_point_set_elsewhere_does_not_keep_the_name_of_the_place_before(desk: Desk, operation: Operation) -> None:
    told = report(operation, categories_said=["2b"])
    Suggestion.objects.create(
        report=told, kind="place", value={"lon": -72.303, "lat": 18.545, "name": "Delmas 33", "precision": 3},
        score=0.9, reasons=["its name"], function="test 1",
    )  # fmt: skip
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    named, world = page.locator("#id_place_name"), page.locator("[data-map]")
    world.scroll_into_view_if_needed()
    size = world.bounding_box() or {"width": 0, "height": 0}
    page.wait_for_timeout(400)
    world.click(position={"x": size["width"] / 2 + 4, "y": size["height"] / 2})
    expect(named).to_have_value("Delmas 33")  # a little beside it is still there
    world.click(position={"x": size["width"] - 20, "y": 20})
    expect(named).to_have_value("")
    page.get_by_role("button", name="Accept & publish").click()
    expect(page.get_by_text("Published: Water shortage.")).to_be_visible()
    assert Event.objects.get().place_name == ""


def test_a_name_typed_moves_the_map_there(desk: Desk, operation: Operation) -> None:
    told = report(operation)
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    page.locator("#id_place_name").type("leogane")
    page.locator("#id_place_name").press("Enter")
    expect(page.locator("#id_lat")).to_have_value("18.511")
    expect(page.locator("#id_place_name")).to_have_value("Léogâne")


def test_new_reports_are_counted_without_reloading(desk: Desk, operation: Operation) -> None:
    report(operation)
    page = desk.open()
    expect(page.locator("[data-waiting]")).to_have_text("1")
    report(operation)
    expect(page.locator("[data-waiting]")).to_have_text("2")
    expect(page.get_by_text("New reports have come")).to_be_visible()


def test_who_lost_a_report_is_warned_before_writing_on(
    desk: Desk, operation: Operation, volunteer: Person, verifier: Person
) -> None:
    told = report(operation)
    leases.take(volunteer, told)
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    page.locator("#id_summary").fill("Twenty families")
    Lease.objects.all().delete()
    leases.take(verifier, told)
    expect(page.get_by_role("alert")).to_contain_text("vincent took this report over")
    expect(page.locator("#id_summary")).to_have_value("Twenty families")


def test_a_double_click_makes_one_event(desk: Desk, operation: Operation) -> None:
    told = report(operation, categories_said=["2b"])
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    page.get_by_role("button", name="Accept & publish").dblclick()
    page.wait_for_url(re.compile(r"/sample/desk/$"))
    assert Event.objects.count() == 1


def test_on_a_phone_nothing_is_cut_off_and_the_buttons_are_at_hand(
    chromium: Browser, live_server: Any, volunteer: Person, operation: Operation
) -> None:
    told = report(operation, "Pa gen dlo " * 40, place_said="x" * 120, categories_said=["2b"])
    phone = Desk(chromium, live_server.url, volunteer, viewport={"width": 390, "height": 844}, has_touch=True)
    for where in ("", f"reports/{told.ref}/", "decisions/", "orders/"):
        page = phone.open(f"/sample/desk/{where}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page = phone.open(f"/sample/desk/reports/{told.ref}/")
    expect(page.get_by_role("button", name="Accept & publish")).to_be_in_viewport()
    page.get_by_role("button", name="Accept & publish").tap()
    page.wait_for_url(re.compile(r"/sample/desk/$"))
    page.context.close()
    assert Event.objects.count() == 1
    assert phone.wrong == []


@pytest.mark.parametrize("width", [390, 1280])
def test_a_suggested_category_is_in_sight_wherever_the_taxonomy_has_it(
    desk: Desk, operation: Operation, width: int
) -> None:
    first = operation.categories.get(code="2b")
    for n in range(80):
        Category.objects.create(
            operation=operation, code=f"late-{n}", names={"en": f"A late category {n}"}, parent=first, order=1000 + n
        )
    told = report(operation)
    for code, score in (("late-60", 0.7), ("late-79", 0.9)):
        Suggestion.objects.create(
            report=told, kind="category", value={"code": code}, score=score, reasons=["“dlo”"], function="test 1"
        )
    desk.page.set_viewport_size({"width": width, "height": 844})
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    suggested = page.get_by_role("group", name="Suggested").get_by_role("checkbox")
    expect(suggested).to_have_count(2)
    assert [box.get_attribute("value") for box in suggested.all()] == ["late-79", "late-60"]
    assert page.locator("input[name=categories][value=late-79]").count() == 1
    right = [box.evaluate("box => box.getBoundingClientRect().right") for box in suggested.all()]
    assert all(0 < edge <= width for edge in right)


def test_on_a_phone_a_very_long_report_does_not_push_the_form_away(
    chromium: Browser, live_server: Any, volunteer: Person, operation: Operation
) -> None:
    told = report(operation, "Nou bezwen dlo nan Jacmel. " * 2000)
    phone = Desk(chromium, live_server.url, volunteer, viewport={"width": 390, "height": 844})
    page = phone.open(f"/sample/desk/reports/{told.ref}/")
    form = page.get_by_label("Name of the place").bounding_box()
    page.context.close()
    assert form is not None
    assert form["y"] < 4 * 844


def test_a_translator_writes_at_once_and_on_a_phone_reads_first(
    chromium: Browser, live_server: Any, volunteer: Person, operation: Operation
) -> None:
    told = report(operation, "Nou grangou", language_said="ht")
    where = f"/sample/desk/reports/{told.ref}/?from=translators"
    wide = Desk(chromium, live_server.url, volunteer).open(where)
    expect(wide.get_by_label("Text", exact=True)).to_be_focused()
    wide.context.close()
    small = {"viewport": {"width": 390, "height": 400}, "has_touch": True, "is_mobile": True}
    page = Desk(chromium, live_server.url, volunteer, **small).open(where)
    page.wait_for_load_state("load")
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    expect(page.get_by_label("Text", exact=True)).not_to_be_focused()
    page.context.close()


def test_without_script_a_report_becomes_an_event(
    chromium: Browser, live_server: Any, volunteer: Person, operation: Operation
) -> None:
    report(operation, "Pa gen dlo nan Jacmel")
    plain = Desk(chromium, live_server.url, volunteer, java_script_enabled=False)
    page = plain.open()
    page.get_by_role("button", name="Next report").click()
    expect(page.locator("kbd:visible")).to_have_count(0)  # they would do nothing
    page.get_by_label("Name of the place").fill("jacm")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name="Jacmel").click()
    expect(page.get_by_label("Name of the place")).to_have_value("Jacmel")
    page.get_by_label("Water shortage").check()
    page.get_by_role("button", name="Accept & publish").click()
    expect(page.get_by_text("Published: Water shortage, Jacmel.")).to_be_visible()
    page.context.close()
    assert Event.objects.get().pcode == "HT0211"


def test_categories_places_and_events_are_chosen_by_a_few_keys(
    desk: Desk, operation: Operation, volunteer: Person
) -> None:
    event = actions.accept(volunteer, report(operation, "Dlo"), DRAFT)
    first = report(operation, "Pa gen manje")
    report(operation, "Toujou pa gen dlo")
    for score, name in ((0.9, "Delmas 33"), (0.5, "Delmas 40")):
        Suggestion.objects.create(
            report=first, kind="place", value={"lon": -72.3 - score / 100, "lat": 18.5, "name": name, "precision": 3},
            score=score, reasons=["its name"], function="test 1",
        )  # fmt: skip
    page = desk.open()
    page.keyboard.press("n")
    shows(page, "Pa gen manje")
    page.keyboard.press("c")
    expect(page.locator("#category-name")).to_be_focused()
    page.keyboard.type("foo")
    page.keyboard.press("Enter")
    expect(page.locator("input[value='2a']")).to_be_checked()
    page.keyboard.press("3")  # the third of the usual ones, in the taxonomy's order
    expect(page.locator("input[value='1a']")).to_be_checked()
    page.keyboard.press("3")
    expect(page.locator("input[value='1a']")).not_to_be_checked()
    page.keyboard.press("o")
    expect(page.locator("#id_place_name")).to_have_value("Delmas 40")
    page.keyboard.press("p")
    expect(page.locator("#id_place_name")).to_be_focused()
    page.keyboard.type("jacm")
    page.keyboard.press("Enter")
    expect(page.locator("#id_place_name")).to_have_value("Jacmel")
    expect(page.locator("body")).to_be_focused()
    page.keyboard.press("a")
    expect(page.get_by_text("Published: Food shortage, Jacmel.")).to_be_visible()
    shows(page, "Toujou pa gen dlo")
    page.keyboard.press("t")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("no water")
    expect(page.get_by_role("option", name="No water at Delmas 33")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Attached to: No water at Delmas 33.")).to_be_visible()
    assert event.links.count() == 2


def test_small_forms_change_their_part_of_the_page_and_keep_the_rest(desk: Desk, operation: Operation) -> None:
    told = report(operation, number="50937001122")
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    page.locator("#id_summary").fill("Twenty families")
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    page.keyboard.press("2")
    expect(page.locator("#priority")).to_contain_text("urgency 2 × 24")
    page.keyboard.press("l")
    expect(page.locator("#translation")).to_be_focused()
    page.keyboard.type("No water in Delmas 33")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#translations .card")).to_have_text(re.compile("No water in Delmas 33"))
    page.keyboard.press("k")
    expect(page.locator("#conversation textarea")).to_be_focused()
    page.keyboard.type("Konbyen moun? ê")
    expect(page.locator("#question-count")).to_contain_text(
        "15 of 160 characters, 1 SMS (“ê” makes an SMS hold 70 only)"
    )
    page.keyboard.press("Control+Enter")
    expect(page.locator("#conversation .ours")).to_contain_text("Konbyen moun? ê")
    expect(page.locator("#id_summary")).to_have_value("Twenty families")
    assert [decision.kind for decision in Decision.objects.order_by("id")] == ["prioritise", "translate", "ask"]


def test_after_a_small_form_the_keyboard_goes_on_where_it_was(desk: Desk, operation: Operation) -> None:
    page = desk.open(f"/sample/desk/reports/{report(operation).ref}/")
    page.keyboard.press("w")
    page.keyboard.press("2")
    expect(page.locator("#priority")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Why is this one next?")).to_be_focused()
    page.keyboard.press("l")
    expect(page.locator("#translation")).to_be_focused()
    page.keyboard.type("No water")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#translations")).to_be_focused()
    page.keyboard.press("w")  # letters are keys again
    expect(page.get_by_role("button", name="0 none")).to_be_focused()


def test_a_question_to_nobody_decides_nothing(desk: Desk, operation: Operation) -> None:
    told = report(operation, categories_said=["2b"])
    still(desk.page)
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    page.keyboard.press("k")
    expect(page.locator("#conversation").get_by_text("there is nobody to ask")).to_be_focused()
    page.keyboard.type("Where exactly are you? Ki kote")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="there is nobody to ask")).to_be_visible()
    assert not Decision.objects.exists()
    page.clock.run_for(2100)
    page.keyboard.type("Ha")  # no key, and a letter of the same word
    expect(page.get_by_role("status").filter(has_text="“H” means nothing here")).to_be_visible()
    assert not Decision.objects.exists()
    page.clock.run_for(2100)
    page.keyboard.press("a")
    expect(page.get_by_text("Published: Water shortage")).to_be_visible()


def test_rejected_by_one_key_and_taken_back_by_another_it_is_open_again(desk: Desk, operation: Operation) -> None:
    told = report(operation, "Vann machin")
    report(operation, "Nou grangou")
    page = desk.open()
    page.keyboard.press("n")
    shows(page, "Vann machin")
    page.keyboard.press("r")
    expect(page.get_by_role("option", name="Advertisement")).to_be_visible()
    page.keyboard.press("4")
    shows(page, "Nou grangou")
    expect(page.get_by_role("button", name="Reject: Advertisement")).to_be_visible()
    page.keyboard.press("u")
    shows(page, "Vann machin")
    page.keyboard.press("x")
    shows(page, "Nou grangou")
    told.refresh_from_db()
    assert told.standing == "rejected"


def test_a_word_begun_before_the_page_was_ready_commands_nothing(desk: Desk, operation: Operation) -> None:
    told = report(operation, categories_said=["2b"])
    page = desk.page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    still(page)
    held: list[Route] = []
    page.route("**/desk.js", lambda route: held.append(route))
    page.goto(f"{desk.url}/sample/desk/reports/{told.ref}/", wait_until="commit")
    page.wait_for_selector("blockquote")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-typed-at", re.compile(r"\d"))
    wait_for(page, lambda: held)
    held[0].continue_()
    page.wait_for_load_state("load")
    page.unroute("**/desk.js")  # the next page gets it at once: nothing is on its way when the test ends
    page.keyboard.type("a road near the market")
    page.evaluate("fetch('/healthz')")  # what was sent before it is known by now
    assert sent == []
    page.clock.run_for(700)
    page.clock.resume()
    page.keyboard.press("a")
    expect(page.get_by_text("Published: Water shortage")).to_be_visible()


def test_a_search_that_finds_nothing_says_so(desk: Desk, operation: Operation, volunteer: Person) -> None:
    actions.accept(volunteer, report(operation, "Dlo"), DRAFT)
    told = report(operation, "Pa gen manje")
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    for key, none in (("t", "No event found"), ("p", "No place found")):
        page.keyboard.press(key)
        page.keyboard.type("zzz")
        expect(page.get_by_role("status").filter(has_text=none)).to_be_visible()
        for _ in "zzz":
            page.keyboard.press("Backspace")
        page.keyboard.type("delmas")
        expect(page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
        expect(page.get_by_text(none)).to_have_count(0)
        page.keyboard.press("Escape")


def test_who_came_second_reads_on_at_what_stands_in_the_way(
    desk: Desk, operation: Operation, volunteer: Person, verifier: Person
) -> None:
    told = report(operation, "Pa gen manje")
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    actions.reject(verifier, told, "A test.")
    page.locator("#id_title").fill("No food")
    page.get_by_role("button", name="Save as draft").click()
    note = page.get_by_text("This report is not waiting any more: vincent rejected")
    expect(note).to_be_focused()
    event = actions.accept(volunteer, report(operation, "Dlo"), DRAFT)
    desk.open(f"/sample/desk/events/{event.ref}/")
    page.locator("#id_title").fill("No water at all")
    actions.edit(verifier, event, replace(DRAFT, summary="Three pumps are broken."))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The event changed while you were writing")).to_be_focused()
    desk.wrong = [said for said in desk.wrong if "409" not in said]  # the browser reports the status that is meant


def painted(before: bytes, after: bytes) -> int:
    """How many points of two pictures of the same size differ clearly: more than the edges of a box drawn anew."""
    one, other = (Image.open(BytesIO(shot)).convert("L") for shot in (before, after))
    assert one.size == other.size
    return sum(ImageChops.difference(one, other).histogram()[64:])


def test_stacked_marks_stay_in_their_row(desk: Desk, operation: Operation, volunteer: Person) -> None:
    """A letter with thousands of marks on it is taller than the window: it paints over nobody else's words."""
    marks = "a" + "\u0300" * 3_000
    told = report(operation, f"Dlo {marks}", number="+50955500001")
    report(operation, f"Manje {marks}", number="+50955500001")
    event = actions.accept(volunteer, report(operation, marks), replace(DRAFT, title=f"Dlo {marks}"[:300]))
    plain = (
        "for (const walk = document.createTreeWalker(document.body, 4); walk.nextNode();)"
        " walk.currentNode.data = walk.currentNode.data.replace(/\\u0300+/g, '')"
    )
    for where, other in (
        ("/sample/desk/", ".heading"),
        ("/sample/desk/", ".filters"),
        (f"/sample/desk/reports/{told.ref}/", ".heading"),
        (f"/sample/desk/reports/{told.ref}/", "#conversation-title"),
        (f"/sample/desk/events/{event.ref}/", "#status"),
        ("/sample/desk/events/", ".filters"),
        ("/sample/", ".top"),
        (f"/sample/events/{event.ref}/", ".top"),
    ):
        page = desk.open(where)
        page.wait_for_load_state("networkidle")
        before = page.locator(other).first.screenshot()
        page.evaluate(plain)
        assert painted(before, page.locator(other).first.screenshot()) < 20, f"{other} of {where}"
