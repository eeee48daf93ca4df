"""A message that was passed on, once with another number, worked through in Chromium: wide and narrow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from rapport.desk import actions
from rapport.events.models import Event
from rapport.intake.understand import understand
from rapport.operations.models import Operation
from rapport.reports.models import Report
from tests.stories.test_desk_browser import Desk
from tests.web.desk import DRAFT, books, report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
SAID = "Three people are trapped under the school of Delmas 31, please send help and water"
WIDTHS = pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])


@pytest.fixture
def told(operation: Operation) -> list[Report]:
    """By five people: twice to the letter, once passed on, once of five people, once of another town."""
    texts = (SAID, SAID, f"RT @somebody: {SAID}!!", SAID.replace("Three", "Five"), SAID.replace("Delmas", "Jacmel"))
    made = [report(operation, said, number=f"+5095550{n:04}") for n, said in enumerate(texts)]
    while understand():
        pass
    return made


def fits(page: Page) -> None:
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing runs out of the page"


@WIDTHS
def test_one_decision_covers_the_copies_and_leaves_what_differs(
    chromium: Browser, live_server: Any, volunteer: Person, operation: Operation, told: list[Report], width: int
) -> None:
    desk = Desk(chromium, live_server.url, volunteer, viewport={"width": width, "height": 900})
    page = desk.open(f"/sample/desk/reports/{told[0].ref}/")
    fits(page)
    expect(page.get_by_text("Not the same: number: three → against five")).to_have_count(1)
    page.get_by_role("button", name="4 more say nearly the same: decide about all 5").click()

    expect(page.get_by_role("heading", name="3 reports chosen")).to_be_visible()
    expect(page.get_by_role("heading", name="2 say something else")).to_be_visible()
    fits(page)
    differing = page.get_by_role("checkbox", name="number: three against five")
    expect(differing).not_to_be_checked()
    expect(page.locator("mark", has_text="Five")).to_be_visible()
    differing.focus()
    page.keyboard.press("Space")
    expect(differing).to_be_checked()
    page.get_by_role("button", name="Take those ticked along").press("Enter")

    expect(page.get_by_role("heading", name="4 reports chosen")).to_be_visible()
    expect(page.get_by_role("checkbox", name="number: three against five")).to_be_checked()
    expect(page.get_by_role("checkbox", name="place: delmas against jacmel")).not_to_be_checked()
    page.get_by_label("Why no event is made of any of them").fill("Told on the phone already")
    page.get_by_role("button", name="Reject 4").click()
    expect(page.get_by_text("Rejected 4 reports.")).to_be_visible()
    expect(page.get_by_text("It differs: place: delmas → jacmel. It was not ticked.")).to_be_visible()
    assert books(operation) == {"rejected": 4, "waiting": 1}

    page.goto(f"{live_server.url}/sample/desk/decisions/")
    expect(page.get_by_text("Ticked, though it differs")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("Undone.", exact=True)).to_be_visible()
    assert books(operation) == {"waiting": 5}
    page.context.close()
    assert desk.wrong == []


@WIDTHS
def test_a_report_is_added_to_the_likeliest_event_by_one_key(
    chromium: Browser, live_server: Any, volunteer: Person, operation: Operation, told: list[Report], width: int
) -> None:
    event = actions.accept(volunteer, told[0], replace(DRAFT, title="People under the school"))
    actions.attach(volunteer, told[1], event)
    actions.accept(volunteer, report(operation, "Wout la bloke nan Jacmel"), replace(DRAFT, title="Road blocked"))
    here = report(
        operation, "Lekòl la nan Delmas 31: people trapped under the school still call", number="+50955509999"
    )
    understand()
    desk = Desk(chromium, live_server.url, volunteer, viewport={"width": width, "height": 900})
    page = desk.open(f"/sample/desk/reports/{here.ref}/")
    fits(page)
    offered = page.get_by_role("region", name="Which event?")
    expect(offered.get_by_role("listitem").first).to_contain_text("People under the school")
    expect(offered.get_by_role("listitem").first).to_contain_text("told by 1 independent sender")
    page.keyboard.press("s")
    expect(page.get_by_text("Attached to: People under the school.")).to_be_visible()
    assert Event.objects.get(links__report=here) == event
    page.context.close()
    assert desk.wrong == []
