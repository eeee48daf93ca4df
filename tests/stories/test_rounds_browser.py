"""A questionnaire is filled in without a line and from paper, in Chromium; two waves show what changed between them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from rapport.accounts.models import Person
from rapport.operations.models import Operation
from rapport.registry.models import Round, Sheet
from rapport.registry.rounds import running
from tests.stories.test_alerts_browser import sound
from tests.stories.test_desk_browser import Desk
from tests.web.registry import watch
from tests.web.test_rounds import FIRST, STOCK, levels, stocktaking

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
SECOND = STOCK.sections[1]


def link_of(page: Page) -> str:
    return page.locator("code.address").first.inner_text()


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])
def test_a_round_is_answered_offline_and_on_paper_and_its_waves_are_compared(
    width: int, chromium: Browser, live_server: Any, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    first = stocktaking(operation, lead, "Wave of 2024")
    levels(lead, first, "Agency", (0, 1, 1, 2, 3))
    running.close(lead, first)
    running.publish_results(lead, first)
    size: dict[str, Any] = {"viewport": {"width": width, "height": 844}, "bypass_csp": True}
    desk = Desk(chromium, live_server.url, lead, **size)

    # A lead opens the second wave and makes links.
    page = desk.open("/sample/desk/registry/rounds/")
    page.get_by_label("What is asked").select_option("questionnaire:crisis-information")
    page.get_by_label("Title of the round").fill("Wave of 2026")
    sound(page, f"rounds-desk-{width}")
    page.get_by_role("button", name="Open the round").click()
    page.get_by_label("or somebody new").fill("Agency")
    page.get_by_role("button", name="Make the links").click()
    expect(page.get_by_role("heading", name="Links, shown only now")).to_be_visible()
    sound(page, f"round-links-{width}")
    address = link_of(page)
    page.get_by_label("Who it is about").select_option("agency")
    page.get_by_role("button", name="Make the links").click()
    expect(page.locator("code.address")).to_have_count(1)
    one = Round.objects.get(title="Wave of 2026")

    # A respondent begins, loses the line, fills in two sections, and has the line back.
    context = chromium.new_context(locale="en", **size)
    sheet = context.new_page()
    sheet.goto(address)
    sound(sheet, f"sheet-begin-{width}")
    sheet.get_by_role("button", name="Begin, with a link of my own").click()
    expect(sheet.get_by_text("This is your own link now")).to_be_visible()
    sound(sheet, f"sheet-{width}")
    sheet.get_by_role("link", name="The whole form on one page").click()
    context.set_offline(True)
    sheet.locator(f"input[name='{FIRST}'][value='4']").check()
    sheet.locator(f"input[name='{SECOND.questions[0].code}'][value='2']").check()
    sheet.locator("form[data-section]").first.get_by_role("button", name="Save").click()
    expect(sheet.get_by_text("No line: what you type is kept")).to_be_visible()
    sound(sheet, f"sheet-offline-{width}")
    mine = Sheet.objects.filter(round=one, begun_at__isnull=False).get()
    assert mine.answers == {}
    context.set_offline(False)
    expect(sheet.get_by_text("Saved.")).to_be_visible()
    expect(sheet.get_by_text("Results, without small groups, are for: everybody.")).to_be_visible()
    sheet.get_by_role("button", name="Hand in").click()
    expect(sheet.get_by_text("This sheet is handed in.")).to_be_visible()
    mine.refresh_from_db()
    assert mine.answers == {FIRST: 4, SECOND.questions[0].code: 2}
    sound(sheet, f"sheet-handed-in-{width}")

    # Another came on paper and is typed in.
    paper = Sheet.objects.get(round=one, begun_at=None)
    page = desk.open(f"/sample/desk/registry/rounds/{one.ref}/empty/")
    expect(page.get_by_role("heading", name=STOCK.title)).to_be_visible()
    sound(page, f"paper-{width}")
    page = desk.open(f"/sample/desk/registry/rounds/{one.ref}/sheets/{paper.ref}/")
    page.locator(f"input[name='{FIRST}'][value='3']").check()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    sound(page, f"paper-typed-{width}")
    page.get_by_role("button", name="Hand it in").click()
    expect(page.get_by_text("Handed in.", exact=True)).to_be_visible()
    expect(page.get_by_text("typed in from paper by")).to_be_visible()

    # Three more; the round is closed and its results are published beside those of the wave before.
    levels(lead, one, "Agency", (2, 3, 3))
    page = desk.open(f"/sample/desk/registry/rounds/{one.ref}/")
    page.get_by_role("button", name="Close the round").click()
    page.get_by_role("link", name="Results").click()
    sound(page, f"results-desk-{width}")
    page = desk.open(f"/sample/desk/registry/rounds/{one.ref}/")
    page.get_by_role("button", name="Publish the results").click()
    reader = chromium.new_context(locale="en", **size).new_page()
    reader.goto(f"{live_server.url}/sample/registry/rounds/")
    sound(reader, f"rounds-{width}")
    reader.get_by_role("link", name="Wave of 2026").click()
    result = reader.locator("article.result", has_text=FIRST)
    expect(result).to_contain_text("1.0 → 3.0")  # 0 1 1 2 3, then 2 3 3 3 4
    expect(result).to_contain_text("3 → 2")
    sound(reader, f"results-{width}")


def test_without_script_a_sheet_is_answered_section_by_section(
    chromium: Browser, live_server: Any, operation: Operation, lead: Person
) -> None:
    one = stocktaking(watch(operation, lead), lead)
    desk = Desk(chromium, live_server.url, lead, java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = desk.open(f"/sample/desk/registry/rounds/{one.ref}/")
    page.get_by_label("or somebody new").fill("Agency")
    page.get_by_role("button", name="Make the links").click()
    address = link_of(page)
    sheet = chromium.new_context(locale="en", java_script_enabled=False).new_page()
    sheet.goto(address)
    sheet.get_by_role("button", name="Begin").click()
    expect(sheet.get_by_role("link", name="The whole form on one page")).to_have_count(0)
    sheet.locator(f"input[name='{FIRST}'][value='1']").check()
    sheet.get_by_role("button", name="Save and go on to:").click()
    expect(sheet.get_by_role("heading", name=SECOND.title)).to_be_visible()
    assert Sheet.objects.get().answers == {FIRST: 1}


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])
def test_the_registrys_pages_have_no_barriers(
    width: int, chromium: Browser, live_server: Any, operation: Operation, lead: Person
) -> None:
    watch(operation, lead)
    size: dict[str, Any] = {"viewport": {"width": width, "height": 844}, "bypass_csp": True}
    page = chromium.new_context(locale="en", **size).new_page()
    for name, path in {
        "overview": "", "norms": "norms/un-norms/", "norm": "norms/un-norms/N-f/", "timeline": "processes/",
        "dialogues": "dialogues/", "differences": "differences/", "data": "data/", "actors": "actors/",
    }.items():  # fmt: skip
        page.goto(f"{live_server.url}/sample/registry/{path}")
        sound(page, f"registry-{name}-{width}")
    page.goto(f"{live_server.url}/sample/registry/processes/")
    page.locator("svg.over-time a").first.click()
    expect(page).to_have_url(f"{live_server.url}/sample/registry/processes/#e-1")
    sound(Desk(chromium, live_server.url, lead, **size).open("/sample/desk/registry/"), f"registry-desk-{width}")
