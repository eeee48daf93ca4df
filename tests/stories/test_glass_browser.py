"""Broken glass and “Why do I see this?” in Chromium, wide and on a phone, with and without script."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.desk import actions
from rapport.desk.glass import breaking
from rapport.events.models import Event
from rapport.operations.models import Operation
from rapport.oversight.models import Glass
from rapport.sharing import activation
from tests.stories.test_desk_browser import Desk
from tests.web.desk import DRAFT, report
from tests.web.test_why_shared import AGREED

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
NUMBER = "+50937461928"
REASON = "People are under the rubble and the rescue team needs the number"
SHOTS = os.environ.get("SCREENSHOTS", "")


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def sound(page: Page) -> None:
    """No barrier that a checker finds, and nothing scrolls sideways."""
    page.wait_for_load_state("load")
    assert [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page)["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.fixture
def custodian(someone: Callable[..., Person]) -> Person:
    return someone("carol", Role.CUSTODIAN)


@pytest.fixture
def event(operation: Operation, verifier: Person) -> Event:
    made = actions.accept(verifier, report(operation, number=NUMBER), DRAFT)
    actions.attach(verifier, report(operation, "Dlo", number="+50938552047"), made)
    return made


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])
def test_a_custodian_breaks_the_glass_and_the_lead_ends_it(
    width: int, chromium: Browser, live_server: Any, operation: Operation, custodian: Person, lead: Person
) -> None:
    told = report(operation, number=NUMBER)
    size: dict[str, Any] = {"viewport": {"width": width, "height": 844}, "bypass_csp": True}
    carol, lea = (Desk(chromium, live_server.url, who, **size) for who in (custodian, lead))
    watching = lea.open("/sample/desk/")
    expect(watching.get_by_text("Somebody has just broken the glass.")).to_be_hidden()
    page = carol.open(f"/sample/desk/reports/{told.ref}/")
    assert NUMBER not in page.content()
    page.get_by_text("Break the glass: how can the sender be reached?").click()
    page.get_by_label("For how long").select_option("2")
    page.get_by_label("Why", exact=True).fill(REASON)
    sound(page)
    page.locator("#glass").scroll_into_view_if_needed()
    shot(page, f"glass-form-{width}")
    page.get_by_role("button", name="Break the glass").click()
    expect(page.get_by_role("link", name=NUMBER)).to_have_attribute("href", f"tel:{NUMBER}")
    sound(page)
    shot(page, f"glass-open-{width}")
    expect(watching.get_by_text("Somebody has just broken the glass.")).to_be_visible()
    watching.get_by_role("link", name="See who, for what, and why").click()
    expect(watching.get_by_text(REASON).first).to_be_visible()
    sound(watching)
    shot(watching, f"glass-list-{width}")
    lea.open("/sample/desk/")
    shot(watching, f"glass-notice-{width}")
    sound(watching)
    watching.get_by_role("button", name="I have seen it").click()
    expect(watching.locator("[data-glass-notice]")).to_have_count(0)
    lea.open("/sample/desk/glass/").get_by_role("button", name="End it").click()
    expect(watching.get_by_text("ended by lea")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Break the glass: how can the sender be reached?")).to_be_visible()
    assert NUMBER not in page.content()
    assert Glass.objects.get().looks >= 1
    for desk in (carol, lea):
        desk.page.context.close()
        assert desk.wrong == []


def test_without_script_on_a_phone_an_events_senders_are_reached(
    chromium: Browser, live_server: Any, event: Event, custodian: Person, lead: Person
) -> None:
    size: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}
    carol = Desk(chromium, live_server.url, custodian, **size)
    page = carol.open(f"/sample/desk/events/{event.ref}/")
    page.get_by_text("Break the glass: how can the senders be reached?").click()
    page.get_by_label("Why", exact=True).fill("now")
    page.get_by_role("button", name="Break the glass").click()
    expect(page.get_by_text("Say why in at least 3 words")).to_be_visible()
    breaking.break_glass(custodian, event, REASON)
    carol.open(f"/sample/desk/events/{event.ref}/")
    expect(page.get_by_role("link", name=NUMBER)).to_be_visible()
    shot(page, "glass-event-390")
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_text("Nothing more is shown.")).to_be_visible()
    assert NUMBER not in page.content()
    page.context.close()


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])
def test_a_reader_and_the_team_ask_why(
    width: int,
    chromium: Browser,
    live_server: Any,
    operation: Operation,
    event: Event,
    lead: Person,
    custodian: Person,
    verifier: Person,
) -> None:
    activation.activate(custodian, activation.propose(lead, operation, AGREED.replace("delay_hours = 2\n", ""), ""), "")
    size: dict[str, Any] = {"viewport": {"width": width, "height": 844}, "bypass_csp": True}
    stranger = chromium.new_context(**size).new_page()
    stranger.goto(f"{live_server.url}/sample/events/{event.ref}/")
    stranger.get_by_role("link", name="Why do I see this?").click()
    expect(stranger.get_by_role("heading", name="Why do I see this?")).to_be_visible()
    expect(stranger.get_by_text("agreed, version 3")).to_be_visible()
    expect(stranger.get_by_text("Signed by")).to_have_count(0)
    sound(stranger)
    shot(stranger, f"why-public-{width}")
    stranger.context.close()
    desk = Desk(chromium, live_server.url, verifier, **size)
    page = desk.open(f"/sample/events/{event.ref}/why/")
    expect(page.get_by_text("proposed by lea, activated by carol")).to_be_visible()
    expect(page.locator("tr[data-audience=public]")).to_contain_text("The place is given by commune, or coarser.")
    sound(page)
    shot(page, f"why-team-{width}")
    page.context.close()
    assert desk.wrong == []
