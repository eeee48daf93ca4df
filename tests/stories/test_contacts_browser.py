"""In Chromium: an office is nominated by one person, approved by another, and found at night, on a phone."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role as Held
from rapport.operations.models import Operation
from tests.stories.test_desk_browser import Desk
from tests.web.contacts import network, officer, state

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
SHOTS = os.environ.get("SCREENSHOTS", "")


def sound(page: Page, name: str) -> None:
    """No barrier that a checker finds, and nothing scrolls sideways."""
    page.wait_for_load_state("load")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page)["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def fill_in(page: Page) -> None:
    """The form as somebody fills it in who has the note beside it."""
    page.get_by_label("Name of the office").fill("National cyber desk")
    page.locator("[id='channels.0.means']").select_option("phone")
    page.locator("[id='channels.0.value']").fill("+254 20 700 0100")
    for number, post in enumerate(("Head of desk", "Deputy", "Watch officer")):
        page.locator(f"[id='posts.{number}.title']").fill(post)
        page.locator(f"[id='posts.{number}.channels.0.means']").select_option("phone")
        page.locator(f"[id='posts.{number}.channels.0.value']").fill(f"00254 700 000 20{number}")
    page.locator("#languages").fill("en, sw")
    page.locator("#hours").fill("mon-fri 08:00-17:00")
    page.locator("#time_zone").fill("Africa/Nairobi")
    page.get_by_label("What it may decide by itself").fill("Exchanges technical facts.")
    page.get_by_label("The note that nominates it").fill("Note 12/2026 of 3 March 2026")
    page.get_by_label("Why now").fill("First nomination")


@pytest.mark.parametrize("width", [1280, 390])
def test_an_office_is_nominated_approved_and_found(
    width: int,
    chromium: Browser,
    live_server: Any,
    operation: Operation,
    lead: Person,
    someone: Callable[..., Person],
) -> None:
    network(operation, lead, someone("carol", Held.CUSTODIAN))
    kenya, peru = state(operation, lead, "Kenya"), state(operation, lead, "Peru")
    amina, pedro = officer(kenya, "amina"), officer(peru, "pedro")
    size = {"width": width, "height": 844}

    there = Desk(chromium, live_server.url, amina, viewport=size).page
    there.goto(f"{live_server.url}/sample/contacts/")
    sound(there, f"directory-own-{width}")
    there.get_by_role("link", name="Kenya: nominate an office, technical").click()
    there.get_by_label("Why now").fill("First nomination")
    there.get_by_role("button", name="Nominate").click()
    expect(there.get_by_role("alert")).to_contain_text("at least 2 who answer in their place")
    sound(there, f"nominate-wrong-{width}")
    fill_in(there)
    there.get_by_role("button", name="Nominate").click()
    expect(there.get_by_text("another person decides about it")).to_be_visible()
    sound(there, f"nominated-{width}")

    team = Desk(chromium, live_server.url, lead, viewport=size).page
    team.goto(f"{live_server.url}/sample/contacts/")
    team.get_by_role("link", name="Nominations (1)").click()
    team.get_by_role("link", name="Kenya, technical").click()
    expect(team.get_by_text("phone +254700000201")).to_be_visible()
    team.get_by_role("button", name="Approve").click()
    expect(team.get_by_text("Approved: it counts from now on.")).to_be_visible()
    sound(team, f"approved-{width}")

    night = Desk(chromium, live_server.url, pedro, viewport=size).page
    night.goto(f"{live_server.url}/sample/contacts/")
    night.get_by_label("State or organisation").fill("ken")
    night.keyboard.press("Enter")
    night.wait_for_url("**q=ken**")
    sound(night, f"directory-{width}")
    night.get_by_role("link", name="Kenya, technical: reach").click()
    first = night.locator(".tries li").first
    expect(first).to_contain_text("+254 207 000 100")
    expect(first.get_by_role("link")).to_have_attribute("href", "tel:+254207000100")
    expect(night.get_by_text("This look is noted, and the office sees it.")).to_be_visible()
    sound(night, f"office-{width}")
