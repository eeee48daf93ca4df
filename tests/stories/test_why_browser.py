"""“Why?” in Chromium: a text with its reasons marked in place, by keyboard, on a phone, and in another direction."""

from __future__ import annotations

import os
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from rapport.intake.understand import understand
from rapport.operations.models import Operation, Place, PlaceName
from rapport.reports.models import Report
from tests.stories.test_desk_browser import Desk
from tests.web.desk import report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]

KREYOL = (
    "Mwen kwense anba beton nan Delmas ak 3 timoun, nou pa gen dlo ni manje depi madi. Frè m nan okay. "
    "Tanpri voye ede nou, rele m nan 3456 7890"
)
ARABIC = "نحن محاصرون تحت الأنقاض قرب المدرسة، لا يوجد ماء منذ 3 أيام، اتصل على 3456 7890"
SHOTS = os.environ.get("SCREENSHOTS", "")


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=False)


def sound(page: Page) -> None:
    """No barrier that a checker finds, and nothing scrolls sideways."""
    page.wait_for_load_state("load")
    found = Axe().run(page)["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.fixture
def told(operation: Operation) -> dict[str, Report]:
    """Reports in Kreyòl and Arabic, and the first one again with another number."""
    operation.languages = ["ht", "fr", "en", "ar"]
    operation.save()
    operation.categories.filter(code="2b").update(hxl="#need+water")
    operation.categories.filter(code="2a").update(hxl="#need+food")
    cayes = Place.objects.create(
        operation=operation, name="Les Cayes", pcode="HT0711", lon=-73.75, lat=18.192, radius_m=6000, precision=5,
        origin="pcodes",
    )  # fmt: skip
    PlaceName.objects.create(place=cayes, name="Okay")
    made = {
        "kreyol": report(operation, KREYOL),
        "again": report(operation, KREYOL.replace("ak 3 timoun", "ak 5 timoun")),
        "arabic": report(operation, ARABIC),
        "disguised": report(operation, "No wаter here, no f\u200bo\u200bo\u200bd. S e n d  w a t e r to Delmas"),
    }
    understand()
    return made


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])
def test_a_volunteer_sees_by_which_words_each_suggestion_was_made(
    width: int, chromium: Browser, live_server: Any, volunteer: Person, told: dict[str, Report]
) -> None:
    desk = Desk(chromium, live_server.url, volunteer, viewport={"width": width, "height": 900})
    page = desk.open(f"/sample/desk/reports/{told['kreyol'].ref}/")
    expect(page.get_by_text("This message describes a person at risk (somebody is trapped")).to_be_visible()
    sound(page)
    shot(page, f"page-{width}")

    page.get_by_role("link", name="Why? Water shortage is suggested").click()
    expect(page.get_by_role("heading", name="Why: Water shortage")).to_be_focused()
    expect(page.locator("[data-original]")).to_be_hidden()
    expect(page.locator("mark[data-kind=for][data-strength='3']", has_text="dlo")).to_be_visible()
    page.get_by_text("Each mark in words").click()
    expect(page.get_by_text("dlo: for: odds ×")).to_be_visible()
    sound(page)
    shot(page, f"category-{width}")

    page.get_by_role("link", name="Why? Les Cayes is suggested").click()
    expect(page.locator(".marked mark[data-kind=question]")).to_contain_text("okay")
    sound(page)
    shot(page, f"question-{width}")

    page.get_by_role("link", name="Back to the report").click()
    expect(page.locator("[data-original]")).to_be_visible()
    expect(page.get_by_role("link", name="Why? Les Cayes is suggested")).to_be_focused()

    desk.open(f"/sample/desk/reports/{told['again'].ref}/")
    page.get_by_role("link", name="Why? It is nearly the same").click()
    expect(page.locator(".marked mark[data-kind=different]")).to_have_count(2)
    sound(page)
    shot(page, f"near-{width}")

    desk.open(f"/sample/desk/reports/{told['disguised'].ref}/")
    page.get_by_role("link", name="Mark what is read otherwise").click()
    expect(page.get_by_text("U+200B", exact=True).first).to_be_visible()
    sound(page)
    shot(page, f"undone-{width}")

    desk.open(f"/sample/desk/reports/{told['arabic'].ref}/")
    page.get_by_role("link", name="Mark personal data (1)").click()
    expect(page.locator("mark[data-kind=personal]").first).to_contain_text("3456 7890")
    expect(page.locator(".marked")).to_have_css("direction", "rtl")
    sound(page)
    shot(page, f"arabic-{width}")
    page.context.close()
    assert desk.wrong == []


def test_the_reasons_are_gone_through_by_one_key(
    chromium: Browser, live_server: Any, volunteer: Person, told: dict[str, Report]
) -> None:
    desk = Desk(chromium, live_server.url, volunteer)
    page = desk.open(f"/sample/desk/reports/{told['kreyol'].ref}/")
    page.wait_for_load_state("load")
    page.keyboard.press("y")
    expect(page.get_by_role("heading", name="Why: personal data")).to_be_focused()
    page.keyboard.press("y")
    expect(page.get_by_role("heading", name="Why: the language")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-original]")).to_be_visible()
    expect(page.locator("#why")).to_be_hidden()
    page.context.close()
    assert desk.wrong == []


def test_without_script_the_reasons_are_a_page_of_their_own(
    chromium: Browser, live_server: Any, volunteer: Person, told: dict[str, Report]
) -> None:
    desk = Desk(chromium, live_server.url, volunteer, java_script_enabled=False)
    page = desk.open(f"/sample/desk/reports/{told['kreyol'].ref}/")
    page.get_by_role("link", name="Why? Water shortage is suggested").click()
    expect(page.locator("mark[data-kind=for]", has_text="dlo").first).to_be_visible()
    page.get_by_role("link", name="Back to the report").click()
    expect(page.locator("[data-original]")).to_be_visible()
    page.context.close()
