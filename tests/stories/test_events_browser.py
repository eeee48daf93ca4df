"""Events in Chromium: merged and taken apart again, many decided at once, at a desk and on a phone."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rapport.accounts.models import Person
from rapport.desk import actions
from rapport.events.models import Event
from rapport.operations.models import Operation
from tests.stories.test_desk_browser import Desk, desk
from tests.web.desk import DRAFT, books, report

__all__ = ["desk"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
#: A folder for pictures of these pages, if somebody wants to look at them.
PICTURES = os.environ.get("PICTURES_OF_TESTS", "")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def narrow(page: Page) -> bool:
    """Nothing on the page is wider than the screen."""
    page.wait_for_load_state("load")
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def two(operation: Operation, volunteer: Person) -> tuple[Event, Event]:
    first = actions.accept(volunteer, report(operation, "Ponp lan kraze nan Delmas 33", number="+50955500001"), DRAFT)
    actions.attach(volunteer, report(operation, "Pa gen dlo depi maten", number="+50955500002"), first)
    return first, actions.accept(volunteer, report(operation, "Nou swaf", number="+50955500003"), DRAFT)


def test_two_events_become_one_and_two_again(desk: Desk, operation: Operation, volunteer: Person) -> None:
    kept, other = two(operation, volunteer)
    page = desk.open(f"/sample/desk/events/{kept.ref}/")
    picture(page, "event")
    page.get_by_role("link", name="Merge with …").click()
    picture(page, "merge")
    page.get_by_role("region", name="May be the same").get_by_role("link").click()
    picture(page, "merge-preview")
    page.get_by_role("button", name="Merge them").click()
    expect(page.get_by_role("heading", name="Reports in it (3, 3 independent senders)")).to_be_visible()
    page.goto(f"{desk.url}/sample/events/{other.ref}/")
    expect(page).to_have_url(re.compile(rf"/sample/events/{kept.ref}/$"))
    page.goto(f"{desk.url}/sample/desk/events/{kept.ref}/")
    page.get_by_role("button", name=re.compile("vero merged two events")).click()
    expect(page.get_by_role("heading", name="Reports in it (2, 2 independent senders)")).to_be_visible()
    page.get_by_role("checkbox", name="Choose report").first.check()
    page.get_by_role("button", name="Split off those checked …").click()
    picture(page, "split")
    page.get_by_role("button", name="Split off & publish").click()
    expect(page.get_by_role("heading", name="Reports in it (1, 1 independent sender)")).to_be_visible()
    picture(page, "split-done")


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])
def test_many_are_decided_at_once_and_taken_back(
    desk: Desk, operation: Operation, volunteer: Person, width: int
) -> None:
    page = desk.page
    page.set_viewport_size({"width": width, "height": 850})
    kept, _ = two(operation, volunteer)
    for number in range(4):
        report(operation, f"Vann machin {number}")
    desk.open()
    picture(page, f"queue-{width}")
    page.get_by_role("checkbox", name="Choose report").first.check()
    page.get_by_role("button", name="… about all 4").click()
    expect(page.get_by_role("heading", name="4 reports chosen")).to_be_visible()
    assert narrow(page)
    picture(page, f"selection-{width}")
    page.get_by_label("Why no event is made of any of them").fill("Advertisement")
    page.get_by_role("button", name="Reject 4").click()
    expect(page.get_by_text("Rejected 4 reports.")).to_be_visible()
    assert books(operation)["rejected"] == 4
    desk.open("/sample/desk/decisions/")
    picture(page, f"decisions-{width}")
    page.get_by_role("button", name=re.compile("^Undo.*: vero rejected 4 reports")).click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    assert books(operation)["waiting"] == 4
    desk.open("/sample/desk/events/")
    assert narrow(page)
    picture(page, f"events-{width}")
    page.get_by_role("button", name="… about all 2").click()
    expect(page.get_by_label("What is being done")).to_be_visible()
    assert narrow(page)
    picture(page, f"events-selection-{width}")
    page.get_by_label("What is being done").select_option("done")
    page.get_by_role("button", name="Set it for 2").click()
    expect(page.get_by_text("Response done for 2 events.")).to_be_visible()
    desk.open(f"/sample/desk/events/{kept.ref}/")
    assert narrow(page)
    picture(page, f"event-{width}")
