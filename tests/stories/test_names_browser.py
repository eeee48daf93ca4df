"""A name that the gazetteer lacks is added in Chromium where its place is set, and taken away again on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from rapport.accounts.models import Person
from rapport.desk.naming import names
from rapport.operations.models import Operation, Place
from rapport.values import Precision, Spot
from tests.stories.test_desk_browser import Desk
from tests.web.desk import report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


def test_an_unknown_name_is_set_on_the_map_and_remembered(
    chromium: Browser, live_server: Any, volunteer: Person, operation: Operation
) -> None:
    told = report(operation, "Pa gen dlo nan Kafou Feray", categories_said=["2b"])
    desk = Desk(chromium, live_server.url, volunteer)
    page = desk.open(f"/sample/desk/reports/{told.ref}/")
    page.get_by_label("Name of the place").press_sequentially("Kafou Feray")
    expect(page.get_by_text("No place found").first).to_contain_text("Remember this name")
    page.keyboard.press("Escape")
    page.locator(".desk-map").click()
    expect(page.get_by_label("Latitude")).not_to_have_value("")
    page.get_by_label("Remember this name for this operation").check()
    page.get_by_role("button", name="Accept & publish").click()
    expect(page.get_by_text("Published: Water shortage, Kafou Feray.").first).to_be_visible()
    page.context.close()
    assert Place.objects.get(name="Kafou Feray").origin == "desk"
    assert desk.wrong == []


def test_on_a_phone_without_script_a_name_is_taken_away_and_brought_back(
    chromium: Browser, live_server: Any, volunteer: Person, operation: Operation
) -> None:
    wide = "Kafou" + "feray" * 10
    names.remember(volunteer, operation, Spot(-72.4, 18.5, Precision.LOCALITY, 1000, wide))
    small = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}
    page = Desk(chromium, live_server.url, volunteer, **small).open("/sample/desk/names/")
    box = page.get_by_role("button", name="This is no place").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    page.get_by_role("button", name="This is no place").click()
    expect(page.get_by_role("heading", name="No places, and not learned again")).to_be_visible()
    assert not Place.objects.filter(name=wide).exists()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("button", name="This is no place")).to_be_visible()
    page.context.close()


def test_on_a_phone_long_names_do_not_widen_the_page(
    chromium: Browser, live_server: Any, volunteer: Person, operation: Operation
) -> None:
    for name in ("Kafou" + "feray" * 11, "קריית המעבר", "Site Lalin"):
        names.remember(volunteer, operation, Spot(-72.4, 18.5, Precision.LOCALITY, 1000, name))
    names.no_place(volunteer, operation, "Kafou" + "feray" * 11)
    desk = Desk(chromium, live_server.url, volunteer, viewport={"width": 390, "height": 844})
    page = desk.open("/sample/desk/names/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()
    assert desk.wrong == []
